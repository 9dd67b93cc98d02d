"""What a house of the API's tests has of receiving in depth: pallets to look at, deliveries of nobody known, refusals, returns."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from tests import given
from tests.given import NOW
from wms.core.ids import LOOSE, SYSTEM_USER
from wms.db import db, run_in_transaction
from wms.gs1.codes import LotNumber
from wms.gs1.sscc import Sscc
from wms.receiving import service
from wms.receiving.rules.commands import AnnouncedLine, AnnouncedLpn, CreateAsn, OpenReceipt, ReceiveLine, Refuse
from wms.returns import service as returns
from wms.returns.models import ReturnReason, SupplierReturnLine
from wms.stock import ledger
from wms.stock.ledger import Move, Place, Reason, StockKey
from wms.stock.ledger.tables import StockBalance
from wms.units import service as units
from wms.units.queries import find_units

#: Far beyond the days the tests run on.
_GOOD = NOW.date() + timedelta(days=400)
_ACTS = {"actor": SYSTEM_USER, "at": NOW}


def build(site: given.Site, name: str, *, supplier: int) -> tuple[dict[str, int], dict[str, str]]:
    """Make one of each; their ids by the names of the paths, and the codes that calls send."""
    number = int.from_bytes(name.encode()[:4], "big") % 10**5 * 100
    plates = [str(Sscc.make("6901234", 3, number + n)) for n in range(9)]
    item = given.item(f"DEEP-{name}")
    asn = run_in_transaction(
        service.create_asn,
        CreateAsn(
            warehouse=site.id, supplier=supplier, number=f"DEEP-{name}",  # type: ignore[arg-type]
            lines=tuple(
                AnnouncedLine(item=item.id, quantity=given.q(6), lot_number=f"D{n}-{name}", expires_on=_GOOD, sscc=_s(plates[n]))
                for n in (1, 2, 4, 5)
            ),
            lpns=tuple(
                AnnouncedLpn(sscc=_s(plates[n]), parent=_s(plates[under]) if under is not None else None)
                for n, under in ((0, None), (1, 0), (2, 0), (3, None), (4, 3), (5, 3))
            ),
        ),
        **_ACTS,
    )  # fmt: skip
    receipt = _open(OpenReceipt(warehouse=site.id, asn=asn))
    check = run_in_transaction(service.open_check, receipt, plates[0], warehouse=site.id, **_ACTS)
    provisional = run_in_transaction(service.open_provisional, sscc=plates[6], warehouse=site.id, **_ACTS)
    from wms.receiving.models import ReceiptPlate

    plate = db.session.execute(select(ReceiptPlate.lpn_id).where(ReceiptPlate.receipt_id == provisional)).scalar_one()
    db.session.rollback()
    finished = _open(OpenReceipt(warehouse=site.id, supplier=supplier, is_provisional=True))  # type: ignore[arg-type]
    _receive(site, finished, item.id, f"P-{name}", sscc=_s(plates[7]))
    blind = _open(OpenReceipt(warehouse=site.id))
    line = _receive(site, blind, item.id, f"B-{name}")
    accepted = given.item(f"TWICE-{name}", needs_second_acceptor=True)
    closed = _open(OpenReceipt(warehouse=site.id))
    _receive(site, closed, accepted.id, f"A-{name}")
    run_in_transaction(service.close_receipt, closed, warehouse=site.id, **_ACTS)
    refusal = run_in_transaction(
        service.refuse,
        Refuse(warehouse=site.id, reason="wet", key=f"refusal-{name}", description=f"wet {name}"),
        **_ACTS,
    )
    lot = given.lot(item, f"R-{name}")
    given.stock(lot, site, "A-04", 30)
    balance = db.session.execute(select(StockBalance.id).where(StockBalance.lot_id == lot.id)).scalar_one()
    db.session.rollback()
    paper = run_in_transaction(
        returns.open_return,
        returns.OpenReturn(
            key=f"return-{name}", warehouse=site.id, supplier=supplier, reason=ReturnReason.SURPLUS,  # type: ignore[arg-type]
            lines=(returns.GoingBack(balance=balance, quantity=given.q(3)),),
        ),
        **_ACTS,
    )  # fmt: skip
    return_line = db.session.execute(
        select(SupplierReturnLine.id).where(SupplierReturnLine.supplier_return_id == paper)
    ).scalar_one()
    db.session.rollback()
    device, named, unit = _units(site, name)
    ids = {
        "unit_lot": named, "unit_id": unit, "deep_receipt": receipt, "pallet_check_id": check, "provisional": provisional, "plate": plate, "finished": finished,
        "receipt_line_id": line, "closed": closed, "refusal_id": refusal, "return_id": paper,
        "return_line_id": return_line, "return_balance": balance,
    }  # fmt: skip
    codes = {"case": plates[1], "pallet": plates[3], "new_plate": plates[8], "device": device}
    return ids, codes


def _units(site: given.Site, name: str) -> tuple[str, int, int]:
    """Two pieces of an item with unit ids, one of them named: SKU, lot, the unit."""
    item = given.item(f"UNIT-{name}", has_unit_ids=True)
    lot = given.lot(item, f"U-{name}")
    item_id, lot_id = item.id, lot.id
    start, end = (StockKey(lot=lot.id, place=Place(bin=site[code])) for code in ("ADJUST", "A-04"))
    move = Move(quantity=given.q(2), source=start, target=end)
    run_in_transaction(ledger.post, [move], key=f"units-{name}", reason=Reason.COUNT, **_ACTS)
    run_in_transaction(units.assign, lot=lot.id, bin=site["A-04"], lpn=LOOSE, codes=[f"SN-{name}"], **_ACTS)
    unit = find_units(item_id, [f"SN-{name}"])[f"SN-{name}"].id
    db.session.rollback()
    return f"UNIT-{name}", lot_id, unit


def _s(text: str) -> Sscc:
    return Sscc.parse(text)


def _open(cmd: OpenReceipt) -> int:
    return run_in_transaction(service.open_receipt, cmd, **_ACTS)


def _receive(site: given.Site, receipt: int, item: int, lot: str, *, sscc: Sscc | None = None) -> int:
    cmd = ReceiveLine(
        warehouse=site.id, receipt=receipt, item=item, quantity=given.q(4), key=f"deep-{lot}",  # type: ignore[arg-type]
        lot=LotNumber.parse(lot), expires_on=_GOOD, sscc=sscc, answers=frozenset({"lot_code_unread"}),
    )  # fmt: skip
    return run_in_transaction(service.receive_line, cmd, **_ACTS).lines[0]
