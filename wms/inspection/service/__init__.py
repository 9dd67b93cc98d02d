"""Verbs of inspection: open, work, close; plans; samples; how a supplier's item is sampled. None releases goods."""

from wms.inspection.service.opening import (
    OpenInspection,
    cancel,
    open_by_hand,
    open_for_receipt,
    split_tranche,
    withdraw_receipt,
)
from wms.inspection.service.plans import activate, change_draft, create_plan, new_version, retire
from wms.inspection.service.samples import DrawSample, destroy, draw_sample, retained_due, use_up
from wms.inspection.service.switching import allow_reduced, lift_stop
from wms.inspection.service.work import Entry, close, conform_the_rest, enter_results, set_own_fields, sort_whole, start

__all__ = [
    "DrawSample", "Entry", "OpenInspection", "activate", "allow_reduced", "cancel", "change_draft", "close",
    "conform_the_rest", "create_plan", "destroy", "draw_sample", "enter_results", "lift_stop", "new_version",
    "open_by_hand", "open_for_receipt", "retained_due", "retire", "set_own_fields", "sort_whole", "split_tranche", "start", "use_up",
    "withdraw_receipt",
]  # fmt: skip
