"""What comes in from pages and the API about unit ids, and how units go out."""

import csv
from typing import Final

from marshmallow import fields, validate

from wms.units.models import UnitEventKind, UnitScheme, UnitState
from wms.web.api import ListQuery
from wms.web.forms import Exact, Id, In, Instant, Line, Note, Out

#: What one file may hold.
LINES_MAX: Final = 20_000
FILE_BYTES_MAX: Final = 2_000_000
CODE_LENGTH: Final = 300
TEXT_LENGTH: Final = 900_000
ASSIGN_MAX: Final = 5_000


class UnitsFilterIn(In):
    """Which units the page lists."""

    q = Line(max_length=100, load_default="")
    lot = Line(max_length=60, load_default="")
    state = fields.Enum(UnitState, by_value=True, load_default=None, allow_none=True)
    cursor = Line(max_length=1000, load_default="")
    done = Line(max_length=20, load_default="")


class UnitIdsQuery(ListQuery):
    """Which units to list."""

    q = Exact(
        load_default="", max_length=CODE_LENGTH,
        metadata={"description": "A code as scanned, or what it begins with; of a GS1 label also the serial alone."},
    )  # fmt: skip
    lot_id = Id(load_default=None, allow_none=False)
    state = fields.Enum(
        UnitState, by_value=True, load_default=None, allow_none=False,
        metadata={"description": "By the bin: `here` inside the walls, else where it went."},
    )  # fmt: skip


class FileForm(In):
    """Unit ids from a file or pasted: of which item and lot, announced by which notice."""

    sku = Line(required=True, max_length=40)
    lot_number = Exact(load_default="", max_length=60)
    asn = Id(load_default=None, allow_none=True)
    text = Note(load_default="", max_length=TEXT_LENGTH)


class FileAskIn(In):
    """What the page of a file begins with."""

    item = Id(load_default=None, allow_none=True)
    asn = Id(load_default=None, allow_none=True)
    done = Line(max_length=20, load_default="")


class AssignForm(In):
    """Ids for pieces that stand in one place."""

    bin = Id(required=True)
    lpn = Id(load_default=0)
    codes = Note(required=True, max_length=TEXT_LENGTH)


class NoticeLineIn(In):
    """A code, and the code of the pack it is in."""

    code = Exact(required=True, max_length=CODE_LENGTH)
    parent_code = Exact(load_default="", max_length=CODE_LENGTH, metadata={"description": "Blank: it is in no pack."})


class NoticesIn(In):
    """The unit ids that a supplier announces for one item and lot."""

    sku = Line(required=True, max_length=40)
    lot_number = Exact(
        load_default="", max_length=60, metadata={"description": "Blank: whichever lot they come in with."}
    )
    asn_id = Id(load_default=None, allow_none=True)
    units = fields.List(
        fields.Nested(NoticeLineIn()), required=True, validate=validate.Length(1, 5000, error="line_count")
    )


class NoticesOut(Out):
    """How many codes were not announced before."""

    new = fields.Integer()


class AssignIn(In):
    """Ids for pieces that stand in one place without."""

    bin_code = Line(required=True, max_length=32)
    lpn_code = Line(load_default="", max_length=40, metadata={"description": "Blank: they stand there loose."})
    codes = fields.List(
        Exact(required=True, max_length=CODE_LENGTH), required=True,
        validate=validate.Length(1, ASSIGN_MAX, error="line_count"), metadata={"description": "Each as scanned."},
    )  # fmt: skip


class AssignedOut(Out):
    """How many pieces got their id."""

    assigned = fields.Integer()


class UnitIdOut(Out):
    """A piece, or a pack of pieces, with where it is now."""

    id = Id(attribute="unit.id")
    code = fields.String(attribute="unit.code")
    scheme = fields.Enum(UnitScheme, by_value=True, attribute="unit.scheme")
    level = fields.Integer(attribute="unit.level", metadata={"description": "0 is a piece, 1 and up a pack."})
    sku = fields.String()
    lot_id = Id(attribute="unit.lot_id")
    lot_number = fields.String()
    state = fields.Enum(UnitState, by_value=True)
    bin_id = Id(attribute="unit.bin_id")
    bin_code = fields.String(metadata={"description": "A bin outside the walls says where it went."})
    lpn_code = fields.String(allow_none=True)
    pack_id = Id(attribute="unit.parent_id", allow_none=True)
    pack_code = fields.String(attribute="parent_code")
    is_duplicate = fields.Boolean(
        attribute="unit.is_duplicate", metadata={"description": "true: its code came in while another had it."}
    )
    created_at = Instant(attribute="unit.created_at")


class UnitIdEventOut(Out):
    """What happened to a unit, and by which posting."""

    kind = fields.Enum(UnitEventKind, by_value=True, attribute="event.kind")
    at = Instant(attribute="event.at")
    by = fields.String()
    from_bin_code = fields.String(
        attribute="from_bin", metadata={"description": "Blank where it was not known before."}
    )
    to_bin_code = fields.String(attribute="to_bin")
    posting_seq = Id(attribute="event.posting_seq", allow_none=True)
    raw_scan = fields.String(attribute="event.raw_scan")


class UnitIdWholeOut(UnitIdOut):
    """A unit with what is in it and what happened to it, the newest first."""

    inside = fields.List(fields.Nested(UnitIdOut()), metadata={"description": "Of a pack: one level down."})
    events = fields.List(fields.Nested(UnitIdEventOut()))


def lines_of(text: str) -> list[list[str]]:
    """Cut what was pasted or sent into lines and cells; a comma, a semicolon or a tab parts the cells.

    A label in its bracket form holds commas only where it is in quotes.
    """
    sample = text[:4000]
    mark = "\t" if "\t" in sample else ";" if ";" in sample else ","
    rows = csv.reader((line for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")), delimiter=mark)
    return [cells for row in rows if any(cells := [cell.strip() for cell in row])]


def decode(content: bytes) -> str:
    """Read a file's text: UTF-8 with or without mark, else GB18030. Raises UnicodeDecodeError."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("gb18030")
