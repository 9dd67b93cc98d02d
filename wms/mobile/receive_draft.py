"""What is known so far of goods being received: it travels from step to step as text, and is checked again each time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Final

from wms.core.errors import BadInput, BadScan, WmsError
from wms.core.ids import ItemId, ReceiptId, WarehouseId
from wms.core.quantity import SCALE, Quantity
from wms.gs1 import scan as gs1
from wms.gs1.codes import LotNumber
from wms.gs1.sscc import Sscc
from wms.mobile.resolve import FoundItem, FoundLot
from wms.receiving.rules.commands import ReceiveLine, TypedLot

#: The values that travel. `scans` holds the labels read, one a line; `asks` the question that is open.
CARRIES: Final = (
    "receipt", "item", "unit", "factor", "lot", "again", "photo", "expires", "best_before", "made", "expiry_text", "precision",
    "sscc", "quantity", "scans", "answers", "asks", "question", "each", "check", "part", "kind",
)  # fmt: skip
_TEXTS: Final = (
    "unit",
    "again",
    "photo",
    "expiry_text",
    "precision",
    "scans",
    "asks",
    "question",
    "check",
    "part",
    "kind",
)
_DATES: Final = ("expires", "best_before", "made")
_LABELS_LENGTH: Final = 300
_ONE: Final = Quantity(SCALE)


@dataclass(frozen=True, kw_only=True)
class Draft:
    """One load on its way in. `factor` base units are in one `unit`; `each`: every scan counts one of that unit."""

    receipt: ReceiptId
    item: ItemId | None = None
    unit: str = ""
    factor: Quantity = _ONE
    lot: LotNumber | None = None
    again: str = ""
    photo: str = ""
    expires: date | None = None
    best_before: date | None = None
    made: date | None = None
    expiry_text: str = ""
    precision: str = "day"
    sscc: Sscc | None = None
    quantity: Quantity | None = None
    scans: str = ""
    answers: frozenset[str] = field(default_factory=frozenset)
    asks: str = ""
    question: str = ""
    each: bool = False
    #: Of a pallet that is looked at: the check, the part that differs, how it differs.
    check: str = ""
    part: str = ""
    kind: str = ""

    @classmethod
    def read(cls, state: Mapping[str, str]) -> Draft:
        """Read the carried values; BadInput, BadCode or BadQuantity when they were tampered with."""
        days: dict[str, Any] = {name: _day(state[name]) for name in _DATES if state.get(name)}
        if "receipt" not in state or state.get("precision", "day") not in {"day", "month"}:
            raise BadInput()
        texts: dict[str, Any] = {name: state[name] for name in _TEXTS if state.get(name)}
        if "scans" in texts:
            texts["scans"] = texts["scans"].replace("\r\n", "\n")  # as browsers send a line break
        return cls(
            receipt=ReceiptId(number(state["receipt"])),
            item=ItemId(number(state["item"])) if state.get("item") else None,
            factor=Quantity.parse(state["factor"]) if state.get("factor") else _ONE,
            lot=LotNumber.parse(state["lot"]) if state.get("lot") else None,
            sscc=Sscc.parse(state["sscc"]) if state.get("sscc") else None,
            quantity=Quantity.parse(state["quantity"]) if state.get("quantity") else None,
            answers=frozenset(part for part in state.get("answers", "").split(",") if part),
            each=state.get("each") == "1",
            **texts,
            **days,
        )  # fmt: skip

    @property
    def state(self) -> dict[str, str]:
        """The values as text, blanks left out."""
        values: dict[str, Any] = {name: getattr(self, name) for name in CARRIES}
        values |= {name: day.isoformat() for name in _DATES if (day := getattr(self, name))}
        values["answers"] = ",".join(sorted(self.answers))
        values["each"] = "1" if self.each else ""
        values["question"] = self.question[:_LABELS_LENGTH]
        return {name: str(value) for name, value in values.items() if value not in (None, "")}

    @property
    def fresh(self) -> Draft:
        """The draft for the next scan on the same receipt."""
        return Draft(receipt=self.receipt, each=self.each)

    @property
    def is_typed(self) -> bool:
        """Whether the lot stands on none of the labels that were read."""
        if self.lot is None or str(self.lot) in self.scans.split("\n"):  # a barcode of the lot number alone
            return False
        return self.lot not in {scan.lot for scan in self._labels()}

    def with_label(self, found: FoundItem | FoundLot) -> Draft:
        """Add what a label says of the goods."""
        item = found if isinstance(found, FoundItem) else found.item
        scan = found.scan
        said = replace(
            self,
            item=item.id,
            unit=self.unit if self.unit and item.unit == item.base_unit else item.unit,
            factor=self.factor if self.unit and item.unit == item.base_unit else item.factor,
            lot=LotNumber.parse(found.number) if isinstance(found, FoundLot) else self.lot,
        )
        amount = _amount(scan, item)
        return said.with_facts(scan, quantity=amount)

    def with_facts(self, scan: gs1.Scan, *, quantity: Quantity | None = None) -> Draft:
        """Add dates, SSCC and the raw text of a label."""
        lines = [line for line in self.scans.split("\n") if line]
        if scan.text not in lines:
            lines.append(scan.text)
        return replace(
            self,
            lot=scan.lot or self.lot,
            expires=scan.expires_on or self.expires,
            best_before=scan.best_before_on or self.best_before,
            made=scan.manufactured_on or self.made,
            precision="month" if _names_month(scan) else self.precision,
            expiry_text=_date_text(scan) or self.expiry_text,
            sscc=scan.sscc or self.sscc,
            quantity=quantity or self.quantity,
            scans="\n".join(lines)[:_LABELS_LENGTH],
        )

    def command(self, *, key: str, warehouse: WarehouseId, on_new_lpn: bool, has_photo: bool) -> ReceiveLine:
        """The command for the verb, once item and quantity are known."""
        if self.item is None or self.quantity is None:
            raise BadInput()
        return ReceiveLine(
            warehouse=warehouse,
            receipt=self.receipt,
            item=self.item,
            quantity=self.quantity,
            key=key,
            lot=self.lot,
            expires_on=self.expires,
            best_before_on=self.best_before,
            manufactured_on=self.made,
            expiry_text=self.expiry_text,
            expiry_precision=self.precision,
            sscc=self.sscc,
            on_new_lpn=on_new_lpn,
            typed=TypedLot(again=self.again or None, has_photo=has_photo) if self.is_typed else None,
            raw_scan=self.scans,
            answers=self.answers,
        )

    def _labels(self) -> list[gs1.Scan]:
        """The labels as read again; what the browser sent back may be anything."""
        found = []
        for line in self.scans.split("\n"):
            try:
                found.append(gs1.read(line))
            except WmsError:
                continue
        return found


def scan_question(scan: gs1.Scan) -> str | None:
    """The question a label itself leaves open and that a person must settle before the goods come in."""
    return "lot_may_hold_date" if scan.question == "lot_may_hold_date" else None


def _amount(scan: gs1.Scan, item: FoundItem) -> Quantity | None:
    """What the label says of the amount, in base units: a count of the item, or the net weight where that is the unit."""
    if scan.quantity is not None and scan.quantity:
        whole, rest = divmod(scan.quantity.millionths, SCALE)
        if rest:
            raise BadScan(text=scan.text[:60], why="quantity")
        return item.factor * whole
    if scan.net_weight_kg is not None and item.base_unit == "kg":
        return scan.net_weight_kg
    return None


def _names_month(scan: gs1.Scan) -> bool:
    return any(e.ai in {"17", "15"} and e.value[4:6] == "00" for e in scan.elements)


def _date_text(scan: gs1.Scan) -> str:
    return next((f"({e.ai}){e.value}" for ai in ("7003", "17", "15") for e in scan.elements if e.ai == ai), "")


def number(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 19 or int(text) > 2**63 - 1:
        raise BadInput()
    return int(text)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise BadInput() from None
