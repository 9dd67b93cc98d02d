"""The demo's own fields and documents: what this group wants to know of items and lots, and certificates of its lots."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from fpdf import FPDF

from wms.demo.papers import Day
from wms.demo.stock import Article, LotPlan
from wms.fields import service as fields
from wms.fields.rules.values import Choice, FieldType
from wms.files import service as files
from wms.files.models import FileKind
from wms.files.rules import MB
from wms.stock.ledger import Quality

_GRADES: Final = (
    Choice(code="special", name_en="Special grade", name_zh="特级"),
    Choice(code="first", name_en="First grade", name_zh="一级"),
    Choice(code="second", name_en="Second grade", name_zh="二级"),
)
_FIELDS: Final[tuple[dict[str, Any], ...]] = (
    {"record_kind": "item", "code": "halal_number", "name_en": "Halal number", "name_zh": "清真证号",
     "type": FieldType.TEXT, "pattern": "HALAL-[0-9]{6}"},
    {"record_kind": "lot", "code": "grade", "name_en": "Grade", "name_zh": "等级", "type": FieldType.CHOICE,
     "choices": _GRADES, "position": 1},
    {"record_kind": "lot", "code": "moisture", "name_en": "Moisture", "name_zh": "水分", "type": FieldType.DECIMAL,
     "unit": "%", "minimum": "0", "maximum": "100", "position": 2},
    {"record_kind": "receipt", "code": "truck_is_clean", "name_en": "Truck is clean", "name_zh": "车厢清洁",
     "type": FieldType.YES_NO},
)  # fmt: skip
_HALAL_ITEMS: Final = 8
_GRADED_LOTS: Final = 60
_CERTIFIED_LOTS: Final = 5


def add(articles: list[Article], plans: list[LotPlan], day: Day, *, data_dir: Path) -> int:
    """Define own fields and fill some in, and hang a certificate on some lots; the number of certificates."""
    for values in _FIELDS:
        fields.define(values)
    for number, article in enumerate(articles[:_HALAL_ITEMS]):
        fields.set_values("item", article.item.id, {"halal_number": f"HALAL-{260100 + number:06}"})
    good = [plan for plan in plans if plan.quality is Quality.RELEASED and plan.lot.fefo_on > day.on]
    for number, plan in enumerate(good[:_GRADED_LOTS]):
        grade = _GRADES[number % len(_GRADES)].code
        fields.set_values("lot", plan.lot.id, {"grade": grade, "moisture": f"{4 + number % 7}.{number % 10}"})
    for plan in good[:_CERTIFIED_LOTS]:
        name = f"COA {plan.lot.number}.pdf"
        kept = files.keep_file(_certificate(plan, day), name=name, data_dir=data_dir, bytes_max=MB)
        files.attach(
            kept, subject_kind="lot", subject_id=plan.lot.id, actor=day.people["quality"], at=day.at,
            kind=FileKind.CERTIFICATE, expires_on=day.on + timedelta(days=365),
        )  # fmt: skip
    return min(_CERTIFIED_LOTS, len(good))


def _certificate(plan: LotPlan, day: Day) -> bytes:
    """A page as a laboratory sends it; the same bytes each time."""
    page = FPDF()
    page.set_creation_date(day.at)
    page.add_page()
    page.set_font("Helvetica", "B", 18)
    page.cell(0, 12, "Certificate of Analysis", new_x="LMARGIN", new_y="NEXT")
    page.set_font("Helvetica", "", 12)
    lot = plan.lot
    for words in (
        f"Lot {lot.number}", f"Good until {lot.expires_on or lot.best_before_on or '-'}", "Appearance: passes",
        "Moisture: passes", "Total plate count: below 1,000 CFU/g", "Result: conforms to the specification",
    ):  # fmt: skip
        page.cell(0, 8, words.encode("latin-1", "replace").decode("latin-1"), new_x="LMARGIN", new_y="NEXT")
    return bytes(page.output())
