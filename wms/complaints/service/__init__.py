"""The verbs of complaints (complaints.py), of corrective actions (capas.py) and of their clocks (clocks.py)."""

from wms.complaints.service.capas import (
    CheckCapa,
    FindCause,
    OpenCapa,
    PlanAction,
    PlanCheck,
    check_capa,
    close_capa,
    find_cause,
    finish_action,
    open_capa,
    plan_action,
    plan_check,
)
from wms.complaints.service.clocks import set_clock, warn_of_answers, warn_of_capas
from wms.complaints.service.complaints import (
    AnswerComplaint,
    HoldGoods,
    Investigate,
    RecordComplaint,
    answer,
    assess,
    close,
    hold_goods,
    investigate,
    name_goods,
    note_link,
    record,
    reopen,
)

__all__ = [
    "AnswerComplaint", "CheckCapa", "FindCause", "HoldGoods", "Investigate", "OpenCapa", "PlanAction", "PlanCheck",
    "RecordComplaint", "answer", "assess", "check_capa", "close", "close_capa", "find_cause", "finish_action",
    "hold_goods", "investigate", "name_goods", "note_link", "open_capa", "plan_action", "plan_check", "record", "reopen",
    "set_clock", "warn_of_answers", "warn_of_capas",
]  # fmt: skip
