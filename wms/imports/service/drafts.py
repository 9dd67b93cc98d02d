"""One row being judged: its cells read as fields, its questions answered or open, its verdict."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Final

from wms.core.ids import WarehouseId
from wms.core.quantity import Quantity
from wms.imports.rules import table, values
from wms.imports.rules.values import Reading, Style, Written
from wms.imports.rules.words import KINDS, Field, squeezed, unit_code

ACCEPT, REFUSE, ASK = "accept", "refuse", "ask"
#: So many unknown codes get a suggestion by likeness; more would take longer than it helps.
_SUGGESTIONS: Final = 40
_LENGTHS: Final[Mapping[str, int]] = {
    "sku": 40, "output_sku": 40, "lot": 40, "output_lot": 40, "maker_lot": 60, "code": 30, "number": 40, "document": 60,
    "bin": 32, "kind": 40, "lpn": 30, "name_en": 160, "name_zh": 160, "item_name": 160, "specification": 160,
    "registrant": 160, "approval_number": 60, "allergen": 120, "hazard": 120, "food_traceability_category": 120, "gln": 13, "address": 300, "phone": 40,
    "licence_number": 60, "licence_scope": 300, "recall_contact": 160, "email": 254, "note": 500, "zone": 20, "warehouse": 120,
}  # fmt: skip
_COUNTRIES: Final = {
    squeezed(word): code
    for code, words in {
        "CN": "中国 中國 china chn 国产", "DE": "德国 德國 deutschland germany deu", "US": "美国 美國 usa unitedstates vereinigtestaaten", "JP": "日本 japan",
        "KR": "韩国 韓國 korea südkorea", "TW": "台湾 台灣 臺灣 taiwan", "HK": "香港 hongkong", "FR": "法国 法國 france frankreich", "IT": "意大利 義大利 italy italien",
        "GB": "英国 英國 uk unitedkingdom großbritannien", "NL": "荷兰 荷蘭 netherlands niederlande", "IN": "印度 india indien", "VN": "越南 vietnam",
        "TH": "泰国 泰國 thailand", "AU": "澳大利亚 澳洲 australia australien", "NZ": "新西兰 紐西蘭 newzealand neuseeland", "CH": "瑞士 switzerland schweiz",
        "AT": "奥地利 austria österreich", "ES": "西班牙 spain spanien", "DK": "丹麦 丹麥 denmark dänemark", "BR": "巴西 brazil brasilien",
    }.items()
    for word in words.split()
}  # fmt: skip


class Refuse(Exception):
    """The row is not taken: why, and what the sentence needs."""

    def __init__(self, reason: str, **facts: Any) -> None:
        self.reason, self.facts = reason, facts
        super().__init__(reason)


@dataclass
class Draft:
    """A row on its way to a verdict. `values` are what its cells mean, `said` the same as people read it."""

    row: int
    cells: list[Any]
    #: Answers for this row over those for all rows.
    answers: Mapping[str, str]
    values: dict[str, Any] = field(default_factory=dict)
    said: dict[str, Any] = field(default_factory=dict)
    open: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    verdict: str = ""
    reason: str = ""
    facts: dict[str, Any] = field(default_factory=dict)
    #: What applying it does; None for a row that changes nothing.
    plan: Any = None

    def get(self, name: str) -> Any:
        """The value of a field, None where none stands."""
        return self.values.get(name)

    def ask(self, question: str, **facts: Any) -> str:
        """Give the answer to a question; without one it stays open. A no refuses the row."""
        said = self.answers.get(question, "")
        if said == "no":
            raise Refuse("answered_no", question=question, **facts)
        if not said:
            self.open.append((question, facts))
        return said

    def refuse(self, reason: str, **facts: Any) -> None:
        """Settle the verdict as refused."""
        self.verdict, self.reason, self.facts, self.plan = REFUSE, reason, facts, None

    def settle(self) -> None:
        """Settle the verdict of a row that no rule refused; `reason` says what accepting it does."""
        if self.open:
            (self.reason, self.facts), self.verdict = self.open[0], ASK
        else:
            self.verdict = ACCEPT


@dataclass(frozen=True, kw_only=True)
class Frame:
    """What all rows of a run share."""

    kind: str
    warehouse: WarehouseId
    warehouse_names: Collection[str]
    columns: Sequence[str]
    words: Sequence[str]
    hints: Mapping[str, str]
    answers: Mapping[str, str]
    today: date
    delimiter: str = ""
    may_release: bool = False


def read_rows(frame: Frame, rows: Sequence[tuple[int, list[Any], Mapping[str, str]]]) -> list[Draft]:
    """Read the cells of all rows; a draft whose cell cannot be read is refused already."""
    fields = {f.name: f for f in KINDS[frame.kind]}
    places = [(place, fields[name]) for place, name in enumerate(frame.columns) if name in fields]
    cells = [row[1] for row in rows]
    styles = {
        place: values.style_of(values.evened(cells, place), form=f.form, delimiter=frame.delimiter)
        for place, f in places
    }
    drafts = []
    above: dict[str, Any] = {}
    for number, row_cells, answers in rows:
        draft = Draft(row=number, cells=row_cells, answers={**frame.answers, **answers})
        try:
            _read_row(draft, places, styles, above, frame.kind)
            _demand(draft, frame)
        except Refuse as no:
            draft.refuse(no.reason, **no.facts)
        drafts.append(draft)
    return drafts


#: What may be left out in the rows below one that says it, as in a sheet whose cells were merged.
_TAKEN_FROM_ABOVE: Final[Mapping[str, tuple[str, ...]]] = {
    "orders": ("number", "customer", "ship_on"),
    "lots": ("sku",),
    "history": ("event", "document", "happened_on"),
}


def _read_row(
    draft: Draft, places: Sequence[tuple[int, Field]], styles: Mapping[int, Style], above: dict[str, Any], kind: str
) -> None:
    for place, one in places:
        cell = draft.cells[place] if place < len(draft.cells) else None
        if values.is_blank(cell):
            if isinstance(cell, list):  # an error of the spreadsheet without a value
                raise Refuse("cell_error", field=one.name, text="#")
            if (
                one.name in _TAKEN_FROM_ABOVE.get(kind, ())
                and one.name in above
                and draft.ask("taken_from_above", field=one.name, text=str(above[one.name][1])) in {"yes", ""}
            ):
                draft.values[one.name], draft.said[one.name] = above[one.name]
            continue
        made = _read(one, cell, styles[place])
        if made.fault:
            raise Refuse(made.fault, field=one.name, **made.facts)
        for question, facts in made.asks:
            said = draft.ask(question, field=one.name, **facts)
            if said == "other":
                made.value = _other(made.value, facts)
        if made.value is None or made.value == "":
            continue
        draft.values[one.name] = made.value
        draft.said[one.name] = shown(made.value)
        if one.name in _TAKEN_FROM_ABOVE.get(kind, ()):
            above[one.name] = (draft.values[one.name], draft.said[one.name])


def _other(value: Any, facts: Mapping[str, Any]) -> Any:
    """The second reading of what could be read in two ways."""
    if isinstance(value, tuple):
        return (Decimal(facts["small"]), value[1])
    if isinstance(value, Written):
        return values.read_day(facts["second"], form="last_day").value
    return value


def _read(one: Field, cell: Any, style: Style) -> Reading:
    form, most = one.form, _LENGTHS.get(one.name, 160)
    if form == "lot":
        return values.read_code(cell, most=most, style=style, is_new=True)
    if form in {"code", "bin", "partner"}:
        return values.read_code(cell, most=most, style=style)
    if form == "quantity":
        return values.read_amount(cell, style=style)
    if form == "unit":
        return values.read_unit(cell)
    if form == "whole":
        return values.read_whole(cell, style=style, low=0, high=10**9)
    if form == "percent":
        return values.read_percent(cell, style=style)
    if form == "life":
        return values.read_life(cell, style=style)
    if form == "gtin":
        return values.read_gtin(cell)
    if form in {"day", "last_day", "first_day"}:
        return values.read_day(cell, form=form, style=style)
    if form == "role":
        return values.read_roles(cell)
    if form == "language":
        return values.read_language(cell)
    if form == "country":
        return _read_country(cell)
    if form == "line":
        return values.read_line(cell, most=most)
    return values.read_choice(cell, form=form)


def _read_country(cell: Any) -> Reading:
    text = values.text_of(cell)
    if len(text) == 2 and text.isascii() and text.isalpha():
        return Reading(text.upper())
    code = _COUNTRIES.get(squeezed(text))
    return Reading(code) if code else Reading(None, asks=[("word_unknown", {"text": text[:40]})])


def _demand(draft: Draft, frame: Frame) -> None:
    """Refuse a row that lacks what it needs, or names another warehouse."""
    missing = table.missing_fields(list(draft.values), frame.kind)
    if missing:
        raise Refuse("field_missing", field=missing[0])
    named = draft.get("warehouse")
    if named and squeezed(named) not in {squeezed(name) for name in frame.warehouse_names}:
        raise Refuse("other_warehouse", text=named, known=next(iter(frame.warehouse_names)))


def shown(value: Any) -> Any:
    """A value as JSON and people have it."""
    if isinstance(value, Written):
        return value.on.isoformat()
    if isinstance(value, tuple) and len(value) == 2 and isinstance(value[0], Decimal):
        return f"{value[0]:f} {value[1]}".strip()
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, Quantity):
        return str(value)
    if isinstance(value, date):
        return value.isoformat()
    return value


# -- likeness ---------------------------------------------------------------------------------------------------------
_LOOKALIKES: Final = str.maketrans({"o": "0", "i": "1", "l": "1"})


def _bare(code: str) -> str:
    return squeezed(code).translate(_LOOKALIKES).lstrip("0")


class Likeness:
    """Suggests known codes that look like an unknown one; for the first unknown ones only."""

    def __init__(self, codes: Iterable[str]) -> None:
        self.codes = list(dict.fromkeys(codes))
        self.by_bare: dict[str, list[str]] = {}
        for code in self.codes:
            self.by_bare.setdefault(_bare(code), []).append(code)
        self.given: dict[str, list[str]] = {}

    def of(self, text: str) -> list[str]:
        """Up to three codes that look like `text`, the likeliest first."""
        if text not in self.given:
            found = self.by_bare.get(_bare(text), [])
            if not found and len(self.given) < _SUGGESTIONS:
                found = difflib.get_close_matches(text, self.codes[:20_000], n=3, cutoff=0.75)
            self.given[text] = found[:3]
        return self.given[text]


def base_quantity(draft: Draft, amount: tuple[Decimal, str], unit: str | None, hint: str, known: Any, *, field_name: str = "quantity") -> Quantity:  # fmt: skip
    """An amount in the item's base unit: by the unit beside the number, the unit column, the heading, or the base unit."""
    number, beside = amount
    code = unit_code(beside) if beside else ""
    if beside and not code:
        raise Refuse("unit_unknown", text=beside, units=sorted(known.units), field=field_name)
    if code and unit and code != unit:
        raise Refuse("units_differ", first=beside, second=unit)
    wanted = code or unit or ""
    if not wanted and hint and unit_code(hint) in known.units:
        wanted = unit_code(hint)
    wanted = wanted or known.base_unit
    factor = known.units.get(wanted)
    if factor is None:
        raise Refuse("unit_unknown", text=beside or wanted, units=sorted(known.units), field=field_name)
    exact = number * Decimal(factor.millionths)
    if exact != exact.to_integral_value() or exact > 9 * 10**15:
        raise Refuse("cell_number", field=field_name, text=f"{number:f} {wanted}")
    return Quantity(int(exact))
