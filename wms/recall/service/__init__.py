"""The verbs of recalls, one file a part: opening, stopping, scoping, goods, ending."""

from wms.recall.service.ending import (
    CheckParty,
    alert_overdue,
    check_party,
    close_recall,
    prepare_close,
    report,
    set_check_level,
    set_class,
    sign_check_level,
)
from wms.recall.service.goods import (
    ConfirmOutside,
    DestroyHeld,
    NoteOutcome,
    ReceiveReturn,
    confirm_outside,
    destroy_held,
    note_destroyed,
    note_outcome,
    receive_return,
    void_confirmation,
)
from wms.recall.service.opening import (
    OpenRecall,
    approve_recall,
    cancel_recall,
    note_step,
    open_recall,
    reply_nil,
)
from wms.recall.service.scoping import (
    FreezeScope,
    Frozen,
    NarrowScope,
    Placed,
    PlaceScope,
    freeze_scope,
    narrow_scope,
    place_scope,
)
from wms.recall.service.stopping import Stopped, answer_truck, stop_shipping

__all__ = [
    "CheckParty", "ConfirmOutside", "DestroyHeld", "FreezeScope", "Frozen", "NarrowScope", "NoteOutcome", "OpenRecall",
    "PlaceScope", "Placed", "ReceiveReturn", "Stopped", "alert_overdue", "answer_truck", "approve_recall",
    "cancel_recall", "check_party", "close_recall", "confirm_outside", "destroy_held", "freeze_scope", "narrow_scope",
    "note_destroyed", "note_outcome", "note_step", "open_recall", "place_scope", "prepare_close", "receive_return",
    "reply_nil", "report", "set_check_level", "set_class", "sign_check_level", "stop_shipping", "void_confirmation",
]  # fmt: skip
