"""Decisions of inspection that a person signs, with what stands under the signature."""

from __future__ import annotations

from datetime import datetime

from wms.core.ids import UserId
from wms.inspection import queries, service
from wms.signing.rules import Meaning
from wms.signing.service import sign


def lift_stop(state_id: int, *, reason: str, actor: UserId, at: datetime) -> None:
    """Lift the stop of a supplier's item and keep the signature; the edge asked for the password. Raises WrongState."""
    state = queries.get_state(state_id)
    record = {
        "supplier": state.supplier.code if state.supplier else "",
        "sku": state.item.sku,
        "stage": state.stage.value,
        "severity": state.severity.value,
        "failures": int(state.memory.get("tightened_failures", 0)),
        "reason": reason,
    }
    service.lift_stop(state_id, reason=reason, actor=actor, at=at)
    sign(
        subject_kind="sampling_state", subject_id=state_id, meaning=Meaning.LIFTED, record=record, actor=actor, at=at,
        reason=reason,
    )  # fmt: skip
