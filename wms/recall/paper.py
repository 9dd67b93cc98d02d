"""Reports of a recall on paper (召回报告): figures, steps with their hours, lots, customers, signatures; PDF in both scripts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask import Response
from flask_babel import get_locale, gettext

from wms.core.errors import NotFound
from wms.recall import edge, words
from wms.recall.models import LotRole, Recall, ReportKind
from wms.recall.queries import recalls, whole
from wms.recall.rules.steps import RecallStep
from wms.signing import words as signing_words
from wms.trace.paper import Column, Document
from wms.web.i18n import with_chinese
from wms.web.units import unit_word
from wms.web.views import local_time


def answer(recall: Recall, number: int, *, at: datetime) -> Response:
    """A report as it was signed; number 0: as the recall stands now, unsigned. Raises NotFound."""
    found = next((one for one in recalls.reports_of(recall.id) if one.number == number), None)
    if number and found is None:
        raise NotFound(kind="report", text=str(number))
    figures = found.figures if found else whole.figures_of(recall, at=at)
    kind = words.REPORTS[found.kind] if found else gettext("Report, as it stands now, not signed")
    name = f"{recall.number}-{number or 'now'}.pdf"
    content = draw(recall, figures, kind=str(kind), note=found.note if found else "", printed_at=at,
                   is_last=bool(found and found.kind is ReportKind.CLOSING))  # fmt: skip
    return Response(content, mimetype="application/pdf", headers={"Content-Disposition": f'inline; filename="{name}"'})


def draw(
    recall: Recall, figures: Mapping[str, Any], *, kind: str, note: str, printed_at: datetime, is_last: bool
) -> bytes:
    """Draw a report from its figures."""
    title = with_chinese(gettext("Recall report"), "召回报告")
    if recall.is_mock:
        title = "◆ " + with_chinese(gettext("DRILL, nothing of this is real"), "模拟召回") + " ◆ " + title
    paper = Document(title, f"{recall.number} · {kind}", traditional="Hant" in str(get_locale() or ""))
    chosen = recalls.classes().get(recall.class_code)
    paper.facts([
        (gettext("Class"), f"{chosen.name_en} {chosen.name_zh}" if chosen else recall.class_code),
        (gettext("Reason"), recall.reason),
        (gettext("Opened"), f"{local_time(recall.opened_at, 'zone')} · {recall.opener.full_name}"),
        (gettext("Approved"), _who(recall.approver, recall.approved_at)),
        (gettext("Closed"), _who(recall.closer, recall.closed_at) if is_last else "–"),
        (gettext("Note"), note),
    ])  # fmt: skip
    if figures.get("nil_stock"):
        paper.note(gettext("Nil stock: nothing of what the supplier recalls is here, was used, or left."))
        _signatures(paper, recall)
        return paper.finish()
    paper.facts([
        (gettext("Accounted for"), f"{figures['progress_percent']} %"),
        (gettext("Mass balance"), f"{figures['balance_percent']} %"),
        (gettext("Effectiveness checks"), _checks(figures)),
        *((str(label), figures["result"][name]) for name, label in _result().items() if name in figures["result"]),
    ])  # fmt: skip
    paper.heading(gettext("Steps"))
    paper.table(
        [Column(heading=gettext("Step"), width=60), Column(heading=gettext("Due"), width=40),
         Column(heading=gettext("Done"), width=40), Column(heading=gettext("Hours from the opening"), width=30, is_figure=True)],
        [[str(words.STEPS[RecallStep(one["step"])]), _time(one["due_at"]), _time(one["done_at"]), one["hours"]]
         for one in figures["steps"]],
    )  # fmt: skip
    paper.heading(gettext("Outside: shipped = recovered + used or destroyed + outstanding"))
    heads = [
        gettext("Shipped"), gettext("Recovered"), gettext("Used"), gettext("Destroyed"), gettext("Outstanding"),
        gettext("More than shipped"), "%",
    ]  # fmt: skip
    sums = [Column(heading=text, width=20, is_figure=True) for text in heads]
    rows = [[gettext("All"), "", *_sums(one)] for one in figures["outside"]]
    for party in figures["parties"]:
        for one in party["sums"]:
            rows.append([f"{party['name_en']} {party['name_zh']}", ", ".join(party["documents"]), *_sums(one)])
    paper.table(
        [Column(heading=gettext("Customer"), width=55), Column(heading=gettext("Shipments"), width=50), *sums], rows
    )
    paper.heading(gettext("Inside"))
    paper.table(
        [Column(heading=gettext("Lot"), width=50), Column(heading=gettext("Item"), width=40),
         Column(heading=gettext("Why"), width=30), Column(heading=gettext("On hand"), width=25, is_figure=True),
         Column(heading=gettext("Held"), width=25, is_figure=True)],
        [[number, sku, str(words.ROLES[LotRole(role)]), f"{on_hand} {unit_word(unit)}", f"{held} {unit_word(unit)}"]
         for number, sku, role, on_hand, held, unit in figures["lots"]],
    )  # fmt: skip
    if figures["outcomes"]:
        paper.heading(gettext("What became of it"))
        fates = {fate.value: str(text) for fate, text in words.INSIDE_FATES.items()}
        paper.table(
            [Column(heading=gettext("Lot"), width=50), Column(heading=gettext("Outcome"), width=40),
             Column(heading=gettext("Quantity"), width=25, is_figure=True), Column(heading=gettext("Note"), width=80)],
            [[number, fates.get(fate, fate), amount, text] for number, fate, amount, text in figures["outcomes"]],
        )  # fmt: skip
    if figures["unexplained"]:
        paper.heading(gettext("Unexplained"))
        paper.table(
            [Column(heading=gettext("Lot"), width=50), Column(heading=gettext("Item"), width=40),
             Column(heading=gettext("Quantity"), width=30, is_figure=True)],
            [[number, sku, f"{amount} {unit_word(unit)}"] for number, sku, amount, unit in figures["unexplained"]],
        )  # fmt: skip
    paper.heading(gettext("Versions of the scope"))
    changes = {one.value: str(text) for one, text in words.CHANGES.items()}
    paper.table(
        [Column(heading="#", width=8), Column(heading=gettext("Kind of change"), width=25), Column(heading=gettext("Reason"), width=80),
         Column(heading=gettext("Frozen on"), width=35), Column(heading=gettext("Placed"), width=35),
         Column(heading="SHA-256", width=60)],
        [[str(one["number"]), changes[one["change"]], one["reason"], _time(one["made_at"]), _time(one["placed_at"]),
          one["lots_sha256"]] for one in figures["versions"]],
    )  # fmt: skip
    _signatures(paper, recall)
    paper.note(gettext("Printed %(at)s", at=local_time(printed_at, "zone")))
    return paper.finish()


def _result() -> dict[str, str]:
    return {
        "scope_seconds": gettext("Seconds to the scope"), "whole_seconds": gettext("Seconds to the whole"),
        "balance_percent": gettext("Mass balance, percent"),
    }  # fmt: skip


def _signatures(paper: Document, recall: Recall) -> None:
    paper.heading(gettext("Signatures"))
    paper.table(
        [Column(heading=gettext("Full name"), width=50), Column(heading=gettext("Meaning"), width=30),
         Column(heading=gettext("When"), width=60), Column(heading=gettext("Reason"), width=80),
         Column(heading=gettext("State"), width=30)],
        [
            [
                f"{one.row.full_name} ({one.row.login})", signing_words.meaning(one.row.meaning), one.row.signed_on,
                one.row.reason, gettext("Genuine") if one.row.is_genuine else gettext("Signature not genuine"),
            ]
            for one in edge.signed(recall)
        ],
    )  # fmt: skip


def _checks(figures: Mapping[str, Any]) -> str:
    checks = figures["checks"]
    return gettext(
        "Level %(level)s, done %(done)s, still to do %(missing)s", level=checks["level"].upper(), done=checks["done"],
        missing=checks["missing"],
    )  # fmt: skip


def _sums(one: Mapping[str, str]) -> list[str]:
    unit = unit_word(one["unit"])
    names = ("shipped", "recovered", "used", "destroyed", "outstanding", "over")
    return [*(f"{one[name]} {unit}" for name in names), one["progress_percent"]]


def _time(text: str) -> str:
    return local_time(datetime.fromisoformat(text)) if text else "–"


def _who(person: object, at: datetime | None) -> str:
    return f"{local_time(at, 'zone')} · {getattr(person, 'full_name', '–')}" if person is not None else "–"


__all__ = ["answer", "draw"]
