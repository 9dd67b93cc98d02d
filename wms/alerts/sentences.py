"""What an alert says, in the reader's language, from its kind and data; and where it is settled."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from flask import current_app, url_for
from flask_babel import get_locale, lazy_gettext

from wms.alerts.models import Alert, AlertKind, AlertState, Severity
from wms.web import auth
from wms.web.sentences import word
from wms.web.units import unit_word
from wms.web.views import local_time

_ = lazy_gettext

KIND_WORDS: Final[Mapping[AlertKind, Any]] = {
    AlertKind.EXPIRY_NEAR: _("Expires soon"),
    AlertKind.EXPIRED_HELD: _("Expired, held"),
    AlertKind.QUARANTINE_OLD: _("Long in quarantine"),
    AlertKind.READER_SILENT: _("Reader silent"),
    AlertKind.LEDGER_BROKEN: _("Ledger"),
    AlertKind.DOOR_ALARM: _("Door alarm"),
    AlertKind.HOLD_STOPPED_ORDERS: _("Orders stopped"),
    AlertKind.SHORT_PICK: _("Short pick"),
    AlertKind.JOB_FAILED: _("Scheduled work failed"),
    AlertKind.RETEST_DUE: _("Retest due"),
    AlertKind.SUPPLIER_STOPPED: _("Supplier stopped"),
    AlertKind.PRINTER_FAILED: _("Printer failed"),
    AlertKind.LICENCE_EXPIRED: _("Licence ran out"),
    AlertKind.LABEL_DIFFERS: _("Label differs from record"),
    AlertKind.PROBLEM_REPORTED: _("Problem reported"),
    AlertKind.UNIT_SEEN_TWICE: _("Unit seen twice"),
    AlertKind.GAP_FOUND: _("Gap in the chain"),
    AlertKind.COMPLAINT_DUE: _("Complaint waits for its answer"),
    AlertKind.CAPA_DUE: _("Corrective action due"),
    AlertKind.RECALL_DUE: _("Recall behind its clock"),
    AlertKind.MAIL_FAILED: _("E-mail not delivered"),
    AlertKind.RECORDS_BROKEN: _("Sealed records broken"),
    AlertKind.RECALL_STOP: _("Stopped by a recall"),
    AlertKind.PEG_TOOK_GOODS: _("Goods kept for another order"),
}

STATE_WORDS: Final[Mapping[AlertState, Any]] = {
    AlertState.OPEN: _("Open"),
    AlertState.ACKNOWLEDGED: _("Acknowledged"),
    AlertState.RESOLVED: _("Resolved"),
}

SEVERITY_WORDS: Final[Mapping[Severity, Any]] = {
    Severity.INFO: _("note"),
    Severity.WARNING: _("warning"),
    Severity.CRITICAL: _("critical"),
}

#: One sentence for each kind; the names in it are those of the alert's data.
SENTENCES: Final[Mapping[AlertKind, Any]] = {
    AlertKind.EXPIRY_NEAR: _(
        "Lot %(lot)s of %(sku)s %(item)s is good until %(expires_on)s; %(quantity)s %(unit)s stand here."
    ),
    AlertKind.EXPIRED_HELD: _(
        "Lot %(lot)s of %(sku)s %(item)s expired: its last good day was %(expires_on)s. %(quantity)s %(unit)s are on hold."
    ),
    AlertKind.QUARANTINE_OLD: _(
        "Lot %(lot)s of %(sku)s %(item)s has waited %(days)s days, on hold or pending, with %(quantity)s %(unit)s."
    ),
    AlertKind.READER_SILENT: _("The %(machine)s %(code)s has said nothing since %(since)s."),
    AlertKind.LEDGER_BROKEN: _("The ledger has faults: %(faults)s. The first: %(first)s"),
    AlertKind.DOOR_ALARM: _("%(code)s passed door %(door)s and must not: %(why)s. Lot %(lot)s, item %(sku)s."),
    AlertKind.HOLD_STOPPED_ORDERS: _(
        "The hold on lot %(lot)s (%(reason)s) stopped %(count)s orders: %(orders)s. Find other stock for them."
    ),
    AlertKind.SHORT_PICK: _(
        "Order %(order)s is short of %(missing)s %(unit)s of %(sku)s: bin %(bin)s did not hold enough of lot %(lot)s."
    ),
    AlertKind.JOB_FAILED: _("The scheduled work “%(job)s” failed: %(error)s"),
    AlertKind.RETEST_DUE: _(
        "Lot %(lot)s of %(sku)s %(item)s is to be tested again by %(retest_on)s; %(quantity)s %(unit)s stand here."
    ),
    AlertKind.SUPPLIER_STOPPED: _(
        "Five inspections of %(supplier)s failed under tightened sampling: %(sku)s is not accepted until quality lifts it."
    ),
    AlertKind.PRINTER_FAILED: _("Printer %(printer)s did not take a job: %(error)s. %(count)s wait."),
    AlertKind.LICENCE_EXPIRED: _("The licence %(licence)s of %(partner)s ran out on %(expires_on)s."),
    AlertKind.LABEL_DIFFERS: _("In bin %(bin)s the label says %(label)s, the record %(record)s."),
    AlertKind.PROBLEM_REPORTED: _("%(person)s reports from bin %(bin)s: %(problem)s. Lot %(lot)s of %(sku)s."),
    AlertKind.UNIT_SEEN_TWICE: _(
        "Unit %(unit_id)s of %(sku)s was seen a second time: %(where)s. It was known as %(known)s."
    ),
    AlertKind.GAP_FOUND: _("%(count)s new gaps in the chain of lots at the stage %(stage)s; the first: %(first)s."),
    AlertKind.COMPLAINT_DUE: _("Complaint %(number)s of %(customer)s is to be answered by %(due)s."),
    AlertKind.CAPA_DUE: _("Corrective action %(number)s (%(what)s) is due on %(due)s."),
    AlertKind.RECALL_DUE: _("Recall %(number)s: %(step)s was due at %(due)s."),
    AlertKind.MAIL_FAILED: _("The e-mail “%(subject)s” to %(recipient)s was not delivered: %(error)s"),
    AlertKind.RECORDS_BROKEN: _("The sealed records do not agree with their seals: %(first)s."),
    AlertKind.RECALL_STOP: _("Shipment %(shipment)s may not leave: recall %(number)s may reach goods of it."),
    AlertKind.PEG_TOOK_GOODS: _(
        "%(order)s is short of %(missing)s: lot %(lot)s is kept for order %(made_for)s now. Find other goods for it."
    ),
}

#: The page where a subject is settled: (endpoint, name of its id). One that is not there yet gives no link.
_PAGES: Final[Mapping[str, tuple[str, str]]] = {
    "lot": ("desk.lot", "lot_id"),
    "partner": ("catalog.partner", "partner_id"),
    "hold_case": ("holds.case", "case_id"),
    "problem": ("problems.problem", "problem_id"),
    "label_check": ("label_checks.label_checks", ""),
    "order": ("picking.order", "order_id"),
    "work_order": ("production.order", "order_id"),
    "passage": ("rfid.passage", "passage_id"),
    "shipment": ("shipping.shipment", "shipment_id"),
    "reader": ("rfid.readers", ""),
    "gateway": ("rfid.readers", ""),
    "job": ("jobs.jobs", ""),
    "supplier": ("inspection.supplier", "supplier_id"),
    "printer": ("printing.jobs", "printer"),
    "unit": ("units.unit", "unit_id"),
    "gap": ("gaps.gaps", ""),
    "complaint": ("complaints.complaint", "complaint_id"),
    "capa": ("complaints.capa", "capa_id"),
    "recall": ("recall.recall", "recall_id"),
    "mail": ("mail.messages", ""),
    "seal": ("evidence.seals", ""),
}


def sentence(alert: Alert) -> str:
    """Say an alert; what its data lack shows as a dash."""
    values: dict[str, str] = defaultdict(lambda: "–")
    for name, value in alert.data.items():
        if value not in (None, "", []):
            values[name] = ", ".join(map(str, value)) if isinstance(value, list) else word(value)
    chinese = str(get_locale() or "en").startswith("zh")
    values["item"] = str((alert.data.get("item_zh") if chinese else None) or alert.data.get("item_en") or "")
    values["unit"] = unit_word(str(alert.data.get("unit") or "–"))
    if "since" in alert.data:
        values["since"] = local_time(datetime.fromisoformat(str(alert.data["since"])))
    return str(SENTENCES[alert.kind]) % values


def link(alert: Alert) -> str | None:
    """Give the address of the page where an alert is settled, None when there is none or the reader may not open it."""
    endpoint, name = _PAGES.get(alert.subject_kind, ("", ""))
    view = current_app.view_functions.get(endpoint)
    if view is None or (name and alert.subject_id is None):
        return None
    mark = auth.mark_of(view)
    if mark is None or not auth.satisfies(mark):
        return None
    values: dict[str, Any] = {name: alert.subject_id} if name else {}
    return url_for(endpoint, **values)
