"""The verbs of disposition: release.py, nonconformance.py, destruction.py; what they share in papers.py.

Every verb that signs is called by an edge that asked for the password just before.
"""

from wms.disposition.service.destruction import (
    CarryOut,
    DestroyLine,
    OrderDestruction,
    approve_destruction,
    cancel_destruction,
    carry_out,
    object_to,
    order_destruction,
    witness,
)
from wms.disposition.service.nonconformance import (
    Propose,
    RecordNonconformance,
    Review,
    approve_disposition,
    finish,
    propose,
    record_nonconformance,
    refuse_disposition,
    review,
)
from wms.disposition.service.release import (
    Decided,
    DecideRelease,
    WaivePoint,
    decide_release,
    set_approval_policy,
    set_release_policy,
    waive_point,
    widen_scope,
)

__all__ = [
    "CarryOut", "DecideRelease", "Decided", "DestroyLine", "OrderDestruction", "Propose", "RecordNonconformance",
    "Review", "WaivePoint", "approve_destruction", "approve_disposition", "cancel_destruction", "carry_out",
    "decide_release", "finish", "object_to", "order_destruction", "propose", "record_nonconformance",
    "refuse_disposition", "review", "set_approval_policy", "set_release_policy", "waive_point", "widen_scope", "witness",
]  # fmt: skip
