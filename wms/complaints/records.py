"""What stands under the signature of one who closes a corrective action."""

from __future__ import annotations

from typing import Any

from wms.complaints.models import Capa

CAPA = "capa"


def of_capa(capa: Capa) -> dict[str, Any]:
    """A corrective action as it is closed: problem, cause, each step with its evidence, each check with its result."""
    return {
        "number": capa.number, "origin": f"{capa.origin_kind} {capa.origin_number}".strip(), "problem": capa.problem,
        "cause": capa.cause, "cause_method": capa.cause_method, "owner_id": capa.owner_id, "round": capa.round,
        "actions": [
            {
                "line": one.line, "round": one.round, "kind": one.kind, "what": one.what, "owner_id": one.owner_id,
                "due_on": one.due_on, "done_by": one.done_by, "done_at": one.done_at, "evidence": one.evidence,
            }
            for one in capa.actions
        ],
        "checks": [
            {
                "round": one.round, "criterion": one.criterion, "due_on": one.due_on, "checked_by": one.checked_by,
                "checked_at": one.checked_at, "is_effective": one.is_effective, "result": one.result,
            }
            for one in capa.checks
        ],
        "closing": capa.closing,
    }  # fmt: skip
