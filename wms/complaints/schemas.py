"""What comes in from the pages of complaints and the API, and how complaints and corrective actions go out."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from marshmallow import ValidationError, fields, validate

from wms.complaints.rules.states import (
    ActionKind,
    CapaState,
    CauseMethod,
    Channel,
    ComplaintState,
    LinkKind,
    Severity,
)
from wms.disposition.schemas import SignatureOut
from wms.mail.rules import ADDRESS_LENGTH_MAX, is_address
from wms.web.api import ListQuery
from wms.web.forms import (
    Answers,
    Choice,
    Day,
    Flag,
    Id,
    In,
    Instant,
    Line,
    Note,
    Out,
    QuantityField,
    Secret,
    Tick,
    Whole,
)
from wms.web.i18n import LANGUAGES

_ORIGINS = ["", "complaint", "nonconformance", "recall"]


class Mailbox(Line):
    """An e-mail address; blank is none."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=ADDRESS_LENGTH_MAX, **({"load_default": ""} | kwargs))

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = str(super()._deserialize(value, attr, data, **kwargs))
        if text and not is_address(text):
            raise ValidationError("bad_address")
        return text


_MINUTE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}")


class LocalMinute(fields.Field[datetime]):
    """A minute by the clock of the warehouse, as a browser's field sends it: 2026-11-22T14:30; blank is None."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if value == "" and self.allow_none:
            return None
        try:
            minute = datetime.fromisoformat(str(value)) if _MINUTE.fullmatch(str(value)) else None
        except ValueError:
            minute = None
        if minute is None or not 1990 <= minute.year <= 2199:
            raise ValidationError("bad_minute")
        return minute


def _language(**kwargs: Any) -> Line:
    return Line(max_length=12, validate=validate.OneOf(list(LANGUAGES), error="not_a_choice"), **kwargs)


# -- pages ------------------------------------------------------------------------------------------------------------
class ComplaintsIn(In):
    """The filters of the list."""

    state = Line(load_default="undone", max_length=20)
    severity = Choice(Severity, load_default=None, allow_none=True)
    lot = Id(load_default=None, allow_none=True)
    whose = Line(load_default="", max_length=10)
    cursor = Line(load_default="", max_length=500)


class GoodsQuery(In):
    """What was told of the goods, to be looked up before the form."""

    goods = Line(load_default="", max_length=512)
    lot = Id(load_default=None, allow_none=True)


class RecordIn(In):
    """Take a complaint down."""

    key = Line(required=True, max_length=64)
    customer = Line(load_default="", max_length=30)
    customer_told = Line(load_default="", max_length=160)
    contact_name = Line(load_default="", max_length=160)
    contact_email = Mailbox()
    contact_phone = Line(load_default="", max_length=40)
    language = _language(load_default="en")
    channel = Choice(Channel, required=True)
    received_at = LocalMinute(load_default=None, allow_none=True)
    goods = Line(load_default="", max_length=512)
    lot = Id(load_default=None, allow_none=True)
    quantity = QuantityField(load_default=None, allow_none=True)
    what = Note(required=True, max_length=2000)
    severity = Choice(Severity, required=True)
    owner = Line(load_default="", max_length=80)
    agreed = Tick()


class GoodsIn(In):
    """What the goods are."""

    goods = Line(load_default="", max_length=512)
    lot = Id(load_default=None, allow_none=True)
    quantity = QuantityField(load_default=None, allow_none=True)


class AssessIn(In):
    """How bad it is, and who sees to it."""

    severity = Choice(Severity, required=True)
    owner = Line(required=True, max_length=80)
    agreed = Tick()


class InvestigateIn(In):
    """What was found."""

    finding = Note(required=True, max_length=2000)
    is_justified = Line(load_default="", validate=validate.OneOf(["", "yes", "no"], error="not_a_choice"))


class HoldIn(In):
    """Hold the lot, here or everywhere."""

    everywhere = Tick()


class AnswerIn(In):
    """The answer to the customer."""

    text = Note(required=True, max_length=4000)
    email = Tick()


class ClosingIn(In):
    """What came of it."""

    closing = Note(required=True, max_length=1000)


class ReopenIn(In):
    """Why it is taken up again."""

    reason = Note(required=True, max_length=500)


class ClockIn(In):
    """How long an answer may take."""

    answer_hours = Whole(1, 8760, required=True)
    warn_hours = Whole(0, 8760, required=True)


class SeverityClockIn(ClockIn):
    """How long an answer to a complaint of a severity may take."""

    severity = Choice(Severity, required=True)


class CapasIn(In):
    """The filters of the list of corrective actions."""

    state = Line(load_default="undone", max_length=20)
    whose = Line(load_default="", max_length=10)
    cursor = Line(load_default="", max_length=500)


class NewCapaIn(In):
    """What a new one comes from."""

    origin = Line(load_default="", max_length=24, validate=validate.OneOf(_ORIGINS, error="not_a_choice"))
    origin_id = Id(load_default=None, allow_none=True)
    number = Line(load_default="", max_length=40)


class OpenCapaIn(NewCapaIn):
    """Open a corrective action."""

    key = Line(required=True, max_length=64)
    problem = Note(required=True, max_length=1000)
    owner = Line(load_default="", max_length=80)
    due_on = Day(required=True)


class CauseIn(In):
    """The root cause."""

    cause = Note(required=True, max_length=2000)
    method = Choice(CauseMethod, required=True)


class ActionIn(In):
    """A step."""

    kind = Choice(ActionKind, required=True)
    what = Note(required=True, max_length=1000)
    owner = Line(load_default="", max_length=80)
    due_on = Day(required=True)


class DoneIn(In):
    """The evidence of a step."""

    evidence = Note(required=True, max_length=1000)


class PlanCheckIn(In):
    """The effectiveness check."""

    criterion = Note(required=True, max_length=1000)
    due_on = Day(required=True)
    checker = Line(required=True, max_length=80)


class CheckIn(In):
    """What the check showed."""

    is_effective = Line(required=True, validate=validate.OneOf(["yes", "no"], error="not_a_choice"))
    result = Note(required=True, max_length=1000)


class CloseCapaIn(In):
    """Close, signed."""

    closing = Note(required=True, max_length=1000)
    password = Secret(required=True)


# -- for machines: in -------------------------------------------------------------------------------------------------
class ComplaintsQuery(ListQuery):
    """Which complaints."""

    state = Choice(ComplaintState, load_default=None, allow_none=False)
    severity = Choice(Severity, load_default=None, allow_none=False)
    lot_id = Id(load_default=None, allow_none=False)
    customer_id = Id(load_default=None, allow_none=False)
    is_late = Tick(metadata={"description": "Only those whose answer is overdue."})


class CapasQuery(ListQuery):
    """Which corrective actions."""

    state = Choice(CapaState, load_default=None, allow_none=False)


class RecordComplaintIn(In):
    """A complaint. Name the customer by code, or as told. `told`: a scan or number of a lot, unit, LPN, order or shipment."""

    customer_code = Line(load_default="", max_length=30)
    customer_told = Line(load_default="", max_length=160)
    contact_name = Line(load_default="", max_length=160)
    contact_email = Mailbox()
    contact_phone = Line(load_default="", max_length=40)
    language = _language(load_default="en")
    channel = Choice(Channel, required=True)
    received_at = Instant(load_default=None, allow_none=True)
    told = Line(load_default="", max_length=512)
    lot_id = Id(load_default=None, allow_none=True)
    quantity = QuantityField(load_default=None, allow_none=True)
    what = Note(required=True, max_length=2000)
    severity = Choice(Severity, required=True)
    owner_login = Line(load_default="", max_length=80)
    answers = Answers()


class NameGoodsIn(In):
    """What the goods are: as told, the lot where it may be several, how many."""

    told = Line(load_default="", max_length=512)
    lot_id = Id(load_default=None, allow_none=True)
    quantity = QuantityField(load_default=None, allow_none=True)


class AssessComplaintIn(In):
    """How bad it is, and who sees to it."""

    severity = Choice(Severity, required=True)
    owner_login = Line(required=True, max_length=80)
    answers = Answers()


class InvestigateComplaintIn(In):
    """What was found; is the customer right (null: not known yet)?"""

    finding = Note(required=True, max_length=2000)
    is_justified = Flag(load_default=None, allow_none=True)


class HoldGoodsIn(In):
    """Hold the lot in this warehouse, or in all."""

    everywhere = Flag(load_default=False)


class AnswerComplaintIn(In):
    """The answer, as the letter says it; with `email` it also leaves to the contact's address."""

    text = Note(required=True, max_length=4000)
    email = Flag(load_default=False)


class OpenCapaJsonIn(In):
    """A corrective action, from a complaint, a non-conformance, a recall, or by itself."""

    problem = Note(required=True, max_length=1000)
    owner_login = Line(load_default="", max_length=80)
    due_on = Day(required=True)
    origin_kind = Line(load_default="", max_length=24, validate=validate.OneOf(_ORIGINS, error="not_a_choice"))
    origin_id = Id(load_default=None, allow_none=True)


class PlanActionIn(In):
    """A step of a corrective action."""

    kind = Choice(ActionKind, required=True)
    what = Note(required=True, max_length=1000)
    owner_login = Line(load_default="", max_length=80)
    due_on = Day(required=True)


class PlanCapaCheckIn(In):
    """How, when and by whom the effect is checked; never by the owner."""

    criterion = Note(required=True, max_length=1000)
    due_on = Day(required=True)
    checker_login = Line(required=True, max_length=80)


class CheckCapaIn(In):
    """What the check showed; `is_effective` false opens it again."""

    is_effective = Flag(required=True)
    result = Note(required=True, max_length=1000)


# -- for machines: out ------------------------------------------------------------------------------------------------
class ComplaintOut(Out):
    """A complaint as it stands. `told` is what was said of the goods, the ids what it was found to be."""

    id = Id()
    number = fields.String()
    state = fields.Enum(ComplaintState, by_value=True)
    warehouse_id = Id()
    customer_id = Id(allow_none=True)
    customer_code = fields.Function(
        lambda paper: paper.customer.code if paper.customer else None, metadata={"type": ["string", "null"]}
    )
    customer_told = fields.String()
    contact_name = fields.String()
    contact_email = fields.String()
    contact_phone = fields.String()
    language = fields.String()
    channel = fields.Enum(Channel, by_value=True)
    received_at = Instant()
    told = fields.String()
    lot_id = Id(allow_none=True)
    lot_number = fields.Function(
        lambda paper: paper.lot.number if paper.lot else None, metadata={"type": ["string", "null"]}
    )
    sku = fields.Function(
        lambda paper: paper.lot.item.sku if paper.lot else None, metadata={"type": ["string", "null"]}
    )
    unit_id = Id(allow_none=True)
    lpn_id = Id(allow_none=True)
    order_id = Id(allow_none=True)
    shipment_id = Id(allow_none=True)
    quantity = QuantityField(allow_none=True)
    what = fields.String()
    severity = fields.Enum(Severity, by_value=True)
    due_at = Instant()
    owner_login = fields.String(attribute="owner.login")
    finding = fields.String()
    is_justified = fields.Boolean(allow_none=True)
    answer = fields.String()
    answered_at = Instant(allow_none=True)
    closing = fields.String()
    closed_at = Instant(allow_none=True)
    recorded_at = Instant()


class ComplaintLinkOut(Out):
    """What came of a complaint."""

    kind = fields.Enum(LinkKind, by_value=True)
    target_id = Id()
    number = fields.String()
    made_at = Instant()


class OtherComplaintOut(Out):
    """Another complaint about the same lot, in short."""

    id = Id()
    number = fields.String()
    state = fields.Enum(ComplaintState, by_value=True)
    severity = fields.Enum(Severity, by_value=True)
    received_at = Instant()
    what = fields.String()


class ComplaintViewOut(Out):
    """A complaint with all that came of it, and the others about its lot."""

    complaint = fields.Nested(ComplaintOut())
    on_lot = fields.Integer()
    links = fields.List(fields.Nested(ComplaintLinkOut()))
    beside = fields.List(fields.Nested(OtherComplaintOut()))


class ComplaintRowOut(Out):
    """A complaint in a list, with how many there are about its lot."""

    complaint = fields.Nested(ComplaintOut())
    on_lot = fields.Integer()


class ClockOut(Out):
    """How long the answer to a complaint of a severity may take."""

    severity = fields.Enum(Severity, by_value=True)
    answer_hours = fields.Integer()
    warn_hours = fields.Integer()


class CapaActionOut(Out):
    """A step."""

    line = fields.Integer()
    round = fields.Integer()
    kind = fields.Enum(ActionKind, by_value=True)
    what = fields.String()
    owner_login = fields.String(attribute="owner.login")
    due_on = Day()
    done_at = Instant(allow_none=True)
    evidence = fields.String()


class CapaCheckOut(Out):
    """An effectiveness check."""

    round = fields.Integer()
    criterion = fields.String()
    due_on = Day()
    checker_login = fields.String(attribute="checker.login")
    is_effective = fields.Boolean(allow_none=True)
    result = fields.String()
    checked_at = Instant(allow_none=True)


class CapaOut(Out):
    """A corrective action."""

    id = Id()
    number = fields.String()
    state = fields.Enum(CapaState, by_value=True)
    warehouse_id = Id()
    origin_kind = fields.String()
    origin_id = Id(allow_none=True)
    origin_number = fields.String()
    problem = fields.String()
    owner_login = fields.String(attribute="owner.login")
    due_on = Day()
    cause = fields.String()
    cause_method = fields.Enum(CauseMethod, by_value=True, allow_none=True)
    round = fields.Integer()
    opened_at = Instant()
    closing = fields.String()
    closed_at = Instant(allow_none=True)
    actions = fields.List(fields.Nested(CapaActionOut()))
    checks = fields.List(fields.Nested(CapaCheckOut()))


class CapaViewOut(Out):
    """A corrective action with its signatures beside the record of today."""

    capa = fields.Nested(CapaOut())
    signatures = fields.List(fields.Nested(SignatureOut()))
