"""What edges say of unit ids: the codes that a form or a call names, and the questions about them answered with yes.

The pieces in a person's hand are named beside what the verb itself is told, so that every form and call that carries goods
can name them: a form in its field `units`, a code a line (and, where a handheld asks for them, the scan just made); a call in
its list `units`.
"""

from __future__ import annotations

from typing import Any, Final

from flask import has_request_context, request
from marshmallow import fields, post_load, validate

from wms.core.errors import BadInput
from wms.stock.followers import Named
from wms.web.forms import Exact, In

CODES_MAX: Final = 5000
CODE_LENGTH: Final = 300
#: A yes to a question about one code: `unit_yes:<question>:<code>`. A yes without a code holds for all.
YES: Final = "unit_yes:"
#: The mark of a page that asks for unit ids: its scan is one (a step that counts has a field `unit` of its own).
WAITS: Final = "unit_waits"


class UnitsIn(In):
    """Which pieces, where their item has unit ids."""

    units = fields.List(
        Exact(required=True, max_length=CODE_LENGTH), load_default=list, validate=validate.Length(max=CODES_MAX),
        metadata={"description": "Unit ids of the pieces, each as scanned; a pack's id names all that is in it. Needed"
                                 " only for items with unit ids, and of a part of what stands there (`units_needed`)."},
    )  # fmt: skip

    @post_load
    def _leave_to_ledger(self, values: dict[str, Any], **_: Any) -> dict[str, Any]:
        """The ledger's followers ask for them; no verb is told."""
        values.pop("units", None)
        return values


def named_by_request() -> Named:
    """Read the unit ids that this request names, and the questions about them that were answered with yes."""
    if not has_request_context() or request.method in ("GET", "HEAD"):
        return Named()
    if request.is_json:
        body = request.get_json(silent=True)
        if not isinstance(body, dict):
            return Named()
        codes, said = body.get("units"), body.get("answers")
        answers = [name for name, word in said.items() if word == "yes"] if isinstance(said, dict) else []
        return _named(codes if isinstance(codes, list) else [], answers)
    codes = request.form.get("units", "").split("\n")  # not splitlines: it would split at a GS inside a code
    answers = request.form.get("unit_answer", "").split("\n")
    event = request.form.get("event", "")
    if event.startswith(YES):
        answers.append(event.removeprefix(YES))
    elif asked := request.form.get("unit_asked", "").strip(" \t\r\n"):  # something else than yes: without that one
        codes = [code for code in codes if code.strip(" \t\r\n") != asked]
    if WAITS in request.form and event in ("", "scan"):
        codes.append(request.form.get("scan", ""))  # the page that asks for them, one a scan
    return _named(codes, [answer.strip(" \t\r\n") for answer in answers if answer.strip()])


def _named(codes: list[Any], answers: list[str]) -> Named:
    texts = [code.strip(" \t\r\n") for code in codes if isinstance(code, str) and code.strip()]
    if len(texts) > CODES_MAX or any(len(code) > CODE_LENGTH for code in texts):
        raise BadInput()
    return Named(codes=tuple(texts), answers=frozenset(answers))
