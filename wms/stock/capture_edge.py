"""How goods were captured, at the edges: what a machine says of it, and what holds where nobody says anything."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any, Final

from flask import has_request_context, request

from wms.stock import captures
from wms.stock.captures import NOTE_LENGTH, NOTHING, RAW_LENGTH, Captured, TypedReason
from wms.stock.models import Capture
from wms.stock.unit_edge import UnitsIn
from wms.web import auth
from wms.web.api import PREFIX
from wms.web.forms import Choice, Exact, Line

_SYSTEM: Final = Captured(capture=Capture.SYSTEM)
_AT_A_DESK: Final = Captured(capture=Capture.TYPED)


class CapturedIn(UnitsIn):
    """How the goods were captured; without a word it counts as sent by a system."""

    capture = Choice(
        Capture, load_default=None, allow_none=False,
        metadata={"description": "`scan`, `rfid`, `typed` ... `typed` needs the right `lot.type` and `typed_reason`."},
    )  # fmt: skip
    raw_scan = Exact(
        load_default="", max_length=RAW_LENGTH, metadata={"description": "What was read, as the scanner sent it."}
    )
    typed_reason = Choice(TypedReason, load_default=None, allow_none=False)
    typed_note = Line(
        load_default="", max_length=NOTE_LENGTH, metadata={"description": "In words, for the reason `other`."}
    )


def told(values: Mapping[str, Any]) -> AbstractContextManager[None]:
    """Take what a call said of the capture (CapturedIn) for the verb it runs; a typed one needs its right and reason."""
    capture = values["capture"]
    if capture is Capture.TYPED:
        auth.demand("lot.type")
        captures.check_typed(values["typed_reason"], values["typed_note"])
    is_typed = capture is Capture.TYPED
    return captures.captured(
        Captured(
            capture=capture or Capture.SYSTEM, raw_scan=values["raw_scan"],
            typed_reason=values["typed_reason"] if is_typed else None, typed_note=values["typed_note"] if is_typed else "",
        )
    )  # fmt: skip


def of_request() -> Captured:
    """What holds where nobody says it: a call of the API and a job are a system, a page at a desk is typed."""
    if not has_request_context() or request.path.startswith(PREFIX):
        return _SYSTEM
    return NOTHING if request.path.startswith("/m/") else _AT_A_DESK
