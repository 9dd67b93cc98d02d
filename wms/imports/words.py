"""What was judged, in the reader's language: one sentence for each reason, question and kind; pages, exports, command line."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from typing import Any, Final

from flask_babel import get_locale, gettext, lazy_gettext

from wms.imports.models import ImportRun
from wms.imports.rules.words import KINDS, field_of
from wms.web import sentences

_ = lazy_gettext

KIND_WORDS: Final[dict[str, Any]] = {
    "items": _("Items"),
    "partners": _("Partners"),
    "bins": _("Bins"),
    "lots": _("Lots and opening stock"),
    "orders": _("Orders"),
    "history": _("What was before this system"),
}
KIND_HINTS: Final[dict[str, Any]] = {
    "items": _("Units, GTIN and shelf life come with them."),
    "partners": _("Suppliers, makers and customers."),
    "bins": _("Of this warehouse, into zones that are there."),
    "lots": _("Lots with their days, and what of them stands in which bin."),
    "orders": _("One row a line; the rows of one number are one order."),
    "history": _("Past receipts, consumption and shipments, so that a recall finds them. No stock moves."),
}
VERDICTS: Final[dict[str, Any]] = {"accept": _("accepted"), "refuse": _("refused"), "ask": _("question")}

#: What accepting a row does.
DEEDS: Final[dict[str, Any]] = {
    "new": _("New."),
    "same": _("Known as it is: nothing changes."),
    "changed": _("Known; it is changed as you said."),
    "quantity_changed": _("Came in before with another quantity; the difference is taken over as you said."),
}

REASONS: Final[dict[str, Any]] = {
    # the cell
    "cell_too_long": _("%(field)s “%(text)s …” is too long: at most %(most)s characters."),
    "cell_unprintable": _("%(field)s “%(text)s” holds signs that cannot be printed."),
    "code_became_date": _(
        "%(field)s: the spreadsheet turned this into the day %(text)s. Write it as text, in a cell formatted as text."
    ),
    "cell_error": _("%(field)s: the spreadsheet shows an error (%(text)s) here. Mend the sheet."),
    "cell_formula": _(
        "%(field)s: a formula that was never computed stands here. Open the file in a spreadsheet program and save it."
    ),
    "cell_gtin": _("%(field)s “%(text)s” is not a GTIN: 8, 12, 13 or 14 digits with a right check digit are needed."),
    "cell_email": _("%(field)s “%(text)s” is not an e-mail address, such as quality@example.com."),
    "cell_gln": _("%(field)s “%(text)s” is not a GLN: 13 digits with a right check digit are needed."),
    "cell_number": _("%(field)s “%(text)s” is not a quantity that can be kept."),
    "cell_negative": _("%(field)s “%(text)s” is below zero."),
    "cell_zero": _("%(field)s is zero; more is needed here."),
    "cell_whole": _("%(field)s “%(text)s” is not a whole number from %(low)s to %(high)s."),
    "cell_life": _("%(field)s “%(text)s” is not a span of days, weeks, months or years."),
    "cell_unit": _("%(field)s “%(text)s” is not a unit that can be kept. Use a known word, or letters and digits."),
    "cell_day": _("%(field)s “%(text)s” is not a day. Write it as 2026-03-05."),
    "cell_month": _("%(field)s “%(text)s” names a month only; the day is needed."),
    "field_missing": _("%(field)s is missing."),
    "other_warehouse": _("The row is for warehouse “%(text)s”; this import is for %(known)s."),
    # what it names
    "item_unknown": _("Item “%(text)s” %(name)s is not known.%(like)s"),
    "item_name_twice": _("Several items are called “%(text)s”: %(like)s. Give the SKU."),
    "item_not_in_use": _("Item %(text)s is no longer in use."),
    "partner_unknown": _("%(field)s “%(text)s” is not known.%(like)s"),
    "partner_name_twice": _("Several partners are called “%(text)s”: %(like)s. Give the code."),
    "partner_role": _("Partner %(text)s is no %(role)s. Give the partner that role first."),
    "partner_not_in_use": _("Partner %(text)s is no longer in use."),
    "unit_unknown": _("The item does not come in “%(text)s”. Its units: %(units)s."),
    "units_differ": _("Two units stand in the row: %(first)s and %(second)s."),
    "bin_unknown": _("There is no bin “%(text)s” in this warehouse.%(like)s"),
    "bin_outside": _("Bin %(text)s is outside the walls: no stock stands there."),
    "bin_is_blocked": _("Bin %(text)s is blocked."),
    "zone_unknown": _("There is no zone “%(text)s” in this warehouse.%(like)s"),
    "lot_unknown": _("Lot “%(text)s” of this item is not known.%(like)s"),
    # what it says
    "twice_in_file": _("“%(text)s” stands in row %(row)s already."),
    "gtin_used": _("GTIN %(text)s belongs to item %(sku)s."),
    "fixed_differs": _("%(field)s is %(known)s and is kept for good; the file says %(came)s."),
    "unit_differs": _("A %(unit)s of this item holds %(known)s; the file says %(came)s."),
    "unit_is_base": _("The pack unit %(unit)s is the base unit too."),
    "code_form": _("“%(text)s” is not a code: letters, digits, dots and dashes, beginning with a letter or digit."),
    "bin_form": _("“%(text)s” is not a bin code: letters, digits and - . _ / without blanks, at most 32."),
    "bin_differs": _("Bin %(text)s is there already, with another %(field)s. Bins are not changed by an import."),
    "lot_form": _("“%(text)s” is not a lot number: 1 to 40 printable characters."),
    "lot_differs": _("Lot %(lot)s is known with %(field)s %(known)s; the file says %(came)s."),
    "lot_differs_in_file": _("Row %(row)s gives lot %(lot)s %(field)s %(known)s; this row says %(came)s."),
    "no_day": _(
        "Lot %(lot)s needs its last good day: the item goes by it, and it cannot be computed without a day of making "
        "and a shelf life."
    ),
    "days_crossed": _("Made on %(made)s and good until %(expires)s: that cannot be."),
    "sscc_form": _("“%(text)s” is not an SSCC: 18 digits with a right check digit."),
    "order_head_differs": _("Order %(number)s has another customer or day in row %(row)s."),
    "order_too_long": _("Order %(number)s has more than %(most)s lines."),
    "order_number_used": _("Order %(number)s is there already, of another customer or warehouse."),
    "order_lacks_line": _("Order %(number)s is there already, without such a line. Lines are not added by an import."),
    "order_not_new": _("Order %(number)s is %(state)s: its quantities are no longer changed."),
    "order_incomplete": _("Order %(number)s does not come in without its row %(row)s, which is refused."),
    "event_missing": _("It is not said whether this is a receipt, a consumption or a shipment."),
    "day_to_come": _("%(on)s has not come yet: this is no past event."),
    "checked_to_come": _("%(field)s: %(on)s has not come yet. Give the day on which somebody checked the contact."),
    "made_of_itself": _("Lot %(lot)s cannot be made of itself."),
    "past_differs": _(
        "It came in before with %(known)s %(unit)s; the file says %(came)s. What was kept is never made less."
    ),
    "answered_no": _("You answered no: %(question)s"),
    "changed_meanwhile": _("Somebody changed this at the same time. Judge the file again."),
}

QUESTIONS: Final[dict[str, Any]] = {
    "code_cut": _("%(field)s “%(text)s”: a spreadsheet may have cut off digits here. Is it right as it stands?"),
    "code_is_number": _("%(field)s: the cell holds the number %(text)s; leading zeros may be lost. Is it “%(text)s”?"),
    "word_unknown": _("%(field)s: the word “%(text)s” is not known. Leave this value out?"),
    "language_unknown": _(
        "%(field)s: “%(text)s” is none of the languages that letters are written in (English, 简体中文, 繁體中文). Leave this "
        "value out?"
    ),
    "number_two_ways": _("%(field)s “%(text)s”: is it %(large)s? (Other: %(small)s.)"),
    "day_two_ways": _("%(field)s “%(text)s”: is it %(first)s? (Other: %(second)s.)"),
    "taken_from_above": _("%(field)s is empty; the row above says “%(text)s”. Does it hold here too?"),
    "would_change": _("%(text)s is known with other values: %(changes)s. Change it?"),
    "role_missing": _("It is not said what the partner is. Make it supplier and customer?"),
    "lot_near": _("Lot %(came)s is new, but %(known)s looks the same. Is it really another lot?"),
    "day_computed": _(
        "No last good day is given. Made on %(made)s with a shelf life of %(days)s days: good until %(last)s. Take that?"
    ),
    "comes_in_pending": _(
        "The file says released, but item %(text)s waits for quality on receipt. Let it come in pending?"
    ),
    "other_quantity": _("It came in before with %(known)s %(unit)s; the file says %(came)s. Take the difference over?"),
    "stock_there": _("In bin %(bin)s, %(known)s %(unit)s of this lot stand already. Add %(came)s?"),
    "bin_odd": _(
        "Goods that are %(states)s do not belong into bin %(bin)s (%(kind)s). Do they stand there all the same?"
    ),
    "twice_in_file_too": _("The same stands in row %(row)s. Take both?"),
    "order_waits": _("The order waits for the answer to its row %(row)s."),
}
#: Questions with a second reading.
TWO_WAYS: Final = frozenset({"number_two_ways", "day_two_ways"})
#: Not answered by themselves.
WAITING: Final = frozenset({"order_waits"})

SKIPPED: Final[dict[str, Any]] = {
    "total": _("a row of sums"),
    "note": _("a note"),
    "heading_again": _("the heading once more"),
}


def field_word(kind: str, name: str) -> str:
    """Give the word of a field: the heading of the template in the reader's language."""
    try:
        return field_of(kind, name).heading(str(get_locale() or "en"))
    except KeyError:
        return sentences.word(name)


def reason_text(kind: str, verdict: str, reason: str, facts: Mapping[str, Any]) -> str:
    """Say why a row has its verdict."""
    if verdict == "accept":
        return str(DEEDS.get(reason or "new", DEEDS["new"]))
    said = _values(kind, facts)
    if reason.endswith("_name_twice"):
        said["like"] = ", ".join(facts.get("like", ()))
    if reason == "answered_no":
        return str(REASONS[reason]) % {"question": str(QUESTIONS.get(str(facts.get("question")), "")) % said}
    template = REASONS.get(reason) or QUESTIONS.get(reason)
    if template is not None:
        return str(template) % said
    return error_text(reason, facts)


def error_text(code: str, data: Mapping[str, Any]) -> str:
    """Say a refusal of a verb that was kept by its code."""
    template = sentences.SENTENCES.get(code)
    if template is None:
        return gettext("This is not possible now; nothing was changed. (%(code)s)", code=code)
    values: dict[str, Any] = defaultdict(lambda: "–")
    values |= {name: sentences.word(value) for name, value in data.items()}
    return str(template) % values


def fault_text(run: ImportRun) -> str:
    """Say what stopped a run, "" for nothing."""
    if not run.fault:
        return ""
    said = json.loads(run.fault)
    if said["code"] in REASONS:
        return str(REASONS[said["code"]]) % defaultdict(lambda: "–")
    return error_text(said["code"], said["data"]) if said["code"] != "fault" else gettext("A fault of ours. Nothing of the unfinished part was kept.")  # fmt: skip


def _values(kind: str, facts: Mapping[str, Any]) -> dict[str, str]:
    made: dict[str, str] = defaultdict(str)
    for name, value in facts.items():
        if name == "field":
            made[name] = field_word(kind, str(value))
        elif name == "like":
            made[name] = " " + gettext("Did you mean %(codes)s?", codes=", ".join(value)) if value else ""
        elif name == "changes":
            made[name] = "; ".join(
                f"{field_word(kind, one)} {before or '–'} → {after or '–'}" for one, before, after in value
            )
        elif isinstance(value, list):
            made[name] = ", ".join(sentences.word(part) for part in value)
        elif name in {"text", "came", "lot", "number", "sku", "bin"} and isinstance(value, str):
            made[name] = value
        else:
            made[name] = sentences.word(value)
    return made


def kinds() -> list[tuple[str, Any]]:
    """List the kinds with their words."""
    return [(kind, KIND_WORDS[kind]) for kind in KINDS]
