"""What quality has looked at in the demo: three plans, a supplier that came under tightened sampling, one inspection that waits,
and a retained sample."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from wms.catalog.models import Item
from wms.core.ids import InspectionId, LotId, PartnerId, UserId
from wms.core.quantity import ZERO, Quantity
from wms.db import db
from wms.demo.papers import Day
from wms.demo.sites import Site
from wms.demo.stock import LotPlan
from wms.inspection import queries, service
from wms.inspection.models import (
    CharacteristicKind,
    DefectClass,
    SampleKind,
    Sampling,
    Stage,
    Verdict,
)
from wms.receiving.models import Receipt, ReceiptLine
from wms.sites.models import BinKind
from wms.stock import queries as stock
from wms.stock.ledger import Quality

_LINE: dict[str, Any] = {
    "unit": "", "minimum": None, "target": None, "maximum": None, "choices": [], "accepted_choices": [], "method": "",
}  # fmt: skip
_SEAL = _LINE | {
    "name_en": "Package seal whole", "name_zh": "包装密封完好", "kind": CharacteristicKind.VISUAL,
    "defect_class": DefectClass.CRITICAL, "method": "by eye under the lamp, all four sides",
}  # fmt: skip
_PRINT = _LINE | {
    "name_en": "Print legible", "name_zh": "印字清晰", "kind": CharacteristicKind.VISUAL, "defect_class": DefectClass.MINOR,
}  # fmt: skip
_DENTS = _LINE | {
    "name_en": "Free of dents and stains", "name_zh": "无破损污渍", "kind": CharacteristicKind.VISUAL,
    "defect_class": DefectClass.MAJOR,
}  # fmt: skip
_WEIGHT = _LINE | {
    "name_en": "Weight of the box", "name_zh": "盒重", "kind": CharacteristicKind.MEASURE,
    "defect_class": DefectClass.MAJOR, "unit": "g", "minimum": Decimal("48.0"), "target": Decimal("50.0"),
    "maximum": Decimal("52.0"), "method": "balance 0.1 g",
}  # fmt: skip
_PAPER = _LINE | {
    "name_en": "Certificate of analysis", "name_zh": "检验报告书", "kind": CharacteristicKind.CERTIFICATE,
    "defect_class": DefectClass.CRITICAL,
}  # fmt: skip
_RETESTED = _LINE | {
    "name_en": "Colour of the contents", "name_zh": "内容物颜色", "kind": CharacteristicKind.CHOICE,
    "defect_class": DefectClass.MAJOR, "choices": ["white", "off-white", "yellow"],
    "accepted_choices": ["white", "off-white"],
}  # fmt: skip


#: How much of a lot is kept aside.
_KEPT = Quantity.of(4)


def look(plans: Iterable[LotPlan], house: Site, day: Day) -> str:
    """Make it all in one site; say what there is."""
    here = [plan for plan in plans if plan.site is house and plan.article.item.item_class.value in ("drug", "device")]
    item, supplier = _most_seen(here)
    waiting = next(
        (p for p in here if p.article.item.id != item.id and not _was_released(LotId(p.lot.id), house)), None
    )
    actor = day.people["quality"]
    _plan("IN", item, actor, day.at, (_DENTS, _PRINT, _PAPER), retained=_KEPT)
    _plan("RT", item, actor, day.at, (_RETESTED,), stage=Stage.RETEST, sampling=Sampling.SQUARE_ROOT)
    if waiting is not None:
        lines = (_SEAL, _WEIGHT, _PRINT, _PAPER)
        _plan("IN", waiting.article.item, actor, day.at, lines, aql_critical=Decimal("0.10"), retained=_KEPT)
    done = _history(item, supplier, house, inspector=actor)
    if waiting is not None:
        _open(waiting.article.item, house, lot=LotId(waiting.lot.id), actor=actor, at=day.at)
    _keep(item, house, actor=actor, at=day.at)
    return f"{3 if waiting else 2} inspection plans, {done} inspections done"


def _most_seen(here: list[LotPlan]) -> tuple[Item, PartnerId]:
    """The item of which one supplier sent the most lots."""
    counts = Counter(
        (p.article.item.id, p.supplier)
        for p in here
        if p.article.item.is_inspected_at_receipt and p.quality is not Quality.PENDING
    )
    item, supplier = counts.most_common(1)[0][0]
    return next(p.article.item for p in here if p.article.item.id == item), PartnerId(supplier)


def _plan(
    kind: str, item: Item, actor: UserId, at: datetime, lines: tuple[dict[str, Any], ...], *,
    stage: Stage = Stage.RECEIPT, sampling: Sampling = Sampling.ISO_2859_1, aql_critical: Decimal | None = None,
    retained: Quantity | None = None,
) -> None:  # fmt: skip
    plan = service.create_plan(
        code=f"{kind}-{item.sku}",
        values={
            "name_en": f"{item.name_en}: {'on receipt' if stage is Stage.RECEIPT else 'retest'}",
            "name_zh": f"{item.name_zh}{'进货检验' if stage is Stage.RECEIPT else '复检'}",
            "item_id": item.id, "supplier_id": None, "stage": stage, "sampling": sampling,
            "aql_critical": aql_critical, "aql_major": Decimal("1.0"), "aql_minor": Decimal("4.0"),
            "retained_quantity": retained or ZERO, "retained_months": 12, "due_hours": 48, "is_second_person": True,
        },
        characteristics=lines, actor=actor, at=at,
    )  # fmt: skip
    service.activate(plan.id, actor=actor, at=at)


def _history(item: Item, supplier: PartnerId, house: Site, *, inspector: UserId) -> int:
    """What came of the item before: the second and third lot of the supplier failed, so it is sampled tightened now."""
    number = done = 0
    for lines in _receipts(item, house):
        came = [_take(line, of, house) for line, of in lines]
        line, of = lines[-1]
        if came[-1] is None or not _was_released(LotId(line.lot_id), house):
            continue
        is_theirs = of.supplier_id == supplier
        number += is_theirs
        fails = is_theirs and number in (2, 3)
        _inspect(came[-1], fails=fails, actor=inspector, at=line.received_at + timedelta(hours=20))
        done += 1
    return done


def _receipts(item: Item, house: Site) -> list[list[tuple[ReceiptLine, Receipt]]]:
    """The receipt lines of an item, lot by lot, the oldest first."""
    rows = db.session.execute(
        select(ReceiptLine, Receipt)
        .join(Receipt, Receipt.id == ReceiptLine.receipt_id)
        .where(ReceiptLine.item_id == item.id, Receipt.warehouse_id == house.id)
        .order_by(ReceiptLine.received_at, ReceiptLine.id)
    )
    lots: dict[int, list[tuple[ReceiptLine, Receipt]]] = {}
    for line, receipt in rows:
        lots.setdefault(line.lot_id, []).append((line, receipt))
    return list(lots.values())


def _was_released(lot: LotId, house: Site) -> bool:
    return not stock.find_balances(lot=lot, warehouse=house.id, quality=Quality.PENDING)


def _take(line: ReceiptLine, receipt: Receipt, house: Site) -> InspectionId | None:
    return service.open_for_receipt(
        warehouse=house.id, receipt=receipt.id, receipt_line=line.id, item=line.item_id, lot=line.lot_id,
        supplier=receipt.supplier_id, quantity=line.quantity, actor=line.received_by, at=line.received_at,
    )  # fmt: skip


def _inspect(inspection: InspectionId, *, fails: bool, actor: UserId, at: datetime) -> None:
    """Look at the whole sample; a lot that fails has one unit more with dents than may be."""
    one = queries.get_inspection(inspection).inspection
    dents = next(c for c in one.sample["classes"] if c["class"] == DefectClass.MAJOR.value)
    bad = dents["reject"] if fails else 0
    entries = [service.Entry(characteristic=3, value="pass")]
    if bad:
        entries.append(service.Entry(characteristic=1, first=1, last=bad, value="fail", note="corners crushed"))
    service.enter_results(inspection, entries, actor=actor, at=at)
    service.conform_the_rest(inspection, actor=actor, at=at)
    to = Verdict.REJECTED if fails else Verdict.ACCEPTED
    service.close(
        inspection, to=to, note="corners crushed, sorted at the supplier's cost" if fails else "", actor=actor, at=at
    )


def _open(item: Item, house: Site, *, lot: LotId, actor: UserId, at: datetime) -> None:
    """One inspection that waits, begun: the first units were weighed."""
    for lines in _receipts(item, house):
        if lines[0][0].lot_id != lot:
            continue
        made = [_take(line, receipt, house) for line, receipt in lines][-1]
        assert made is not None
        weights = ["50.1", "49.8", "50.4", "49.9", "50.0"]
        entries = [service.Entry(characteristic=2, first=n, value=w) for n, w in enumerate(weights, start=1)]
        service.enter_results(made, entries, actor=actor, at=at)


def _keep(item: Item, house: Site, *, actor: UserId, at: datetime) -> None:
    """A retained sample of the newest lot that was released."""
    for lines in reversed(_receipts(item, house)):
        line = lines[0][0]
        inspection = queries.inspections_of(line.lot_id, house.id)
        rows = stock.find_balances(lot=line.lot_id, warehouse=house.id, quality=Quality.RELEASED)
        free = [row for row in rows if row.unpromised >= _KEPT and row.bin_kind is BinKind.STORAGE]
        if free and inspection:
            service.draw_sample(
                service.DrawSample(
                    key=f"demo-retained-{line.lot_id}", warehouse=house.id, kind=SampleKind.RETAINED,
                    balance=free[0].id, quantity=_KEPT, inspection=InspectionId(inspection[0].id),
                ),
                actor=actor, at=at,
            )  # fmt: skip
            return
