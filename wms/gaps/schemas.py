"""What comes in from the page and the API of gaps, and how a gap goes out."""

from marshmallow import fields

from wms.gaps.models import GapState
from wms.gaps.rules.kinds import GapKind, Stage
from wms.web.api import ListQuery
from wms.web.forms import Choice, Id, In, Instant, Line, Note, Out


class GapsIn(In):
    """Which gaps to list."""

    state = fields.Enum(GapState, by_value=True, load_default=GapState.OPEN)
    stage = fields.Enum(Stage, by_value=True, load_default=None)
    kind = fields.Enum(GapKind, by_value=True, load_default=None)
    mine = Line(max_length=1, load_default="")
    cursor = Line(max_length=200, load_default="")
    done = Line(max_length=20, load_default="")


class GapsQuery(ListQuery):
    """Which gaps to list."""

    state = Choice(GapState, load_default=None, allow_none=False)
    stage = Choice(Stage, load_default=None, allow_none=False)
    kind = Choice(GapKind, load_default=None, allow_none=False)
    owner_id = Id(load_default=None, allow_none=False)
    lot_id = Id(load_default=None, allow_none=False)


class AcceptGapIn(In):
    """Why a gap is left as it is."""

    reason = Note(required=True, max_length=500)


class GapOwnerIn(In):
    """Who takes care of a gap; none: the role of its stage."""

    owner_id = Id(load_default=None, allow_none=True)


class GapOut(Out):
    """A gap in the chain of lots: what is missing where, since when, whose it is, and how it stands."""

    id = Id()
    kind = fields.Enum(GapKind, by_value=True)
    stage = fields.Enum(Stage, by_value=True)
    state = fields.Enum(GapState, by_value=True)
    subject_kind = fields.String()
    subject_id = Id()
    lot_id = Id(allow_none=True)
    name = fields.String(metadata={"description": "What people call the subject: item and lot, or a paper's number."})
    data = fields.Dict(metadata={"description": "The values of its sentence."})
    first_seen_at = Instant()
    last_seen_at = Instant()
    owner_role = fields.String()
    owner_id = Id(allow_none=True)
    owner = fields.String(attribute="owner.full_name", allow_none=True, dump_default=None)
    accepted_by = fields.String(attribute="acceptor.full_name", allow_none=True, dump_default=None)
    accepted_at = Instant(allow_none=True)
    accept_reason = fields.String()
    mended_at = Instant(allow_none=True)


class GapsLookedOut(Out):
    """What a look came to, in numbers of gaps."""

    found = fields.Integer()
    new = fields.Integer()
    mended = fields.Integer()
