"""Which records are sealed, how each is spelled, and how a block says what it holds. Pure.

A record is one line of JSON: sorted names, UTF-8 without escapes beyond those JSON asks for, no blanks, quantities in
millionths of the base unit, instants in UTC with microseconds. Both engines spell it themselves (`spelling`), so that half
a million records are read in seconds; `spelled` says the same in Python and is what the tests hold them against.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Final

#: What is sealed and how it is spelled. Another stream, another column or another spelling is a new form; old blocks keep
#: theirs. Form 2 has the papers of production and of recalls beside what form 1 had, and spells that as form 1 did.
FORM: Final = 2
FORMS: Final = frozenset({1, 2})
#: What the head of a block is called in its first word.
BLOCK_VERSION: Final = "wms-seal-1"
ANCHOR_VERSION: Final = "wms-anchor-1"
#: What stands before the first block.
NOTHING: Final = "0" * 64


@dataclass(frozen=True, kw_only=True)
class Child:
    """Rows that belong to a record for ever and are spelled inside it: the moves of a posting, the lines of a report."""

    name: str
    table: str
    parent: str
    order: str
    columns: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Stream:
    """Records of one kind. `columns` says of each what it holds: int, text, time, day, bool, json (kept as its own text).

    `order` is the column that grows with time, where that is not the key: a number, or an instant, which then counts as its
    microseconds since 1970. `when` names the rows that are records. `since` is the form of blocks that first had it.
    """

    name: str
    table: str
    columns: Mapping[str, str]
    key: str = "id"
    order: str = ""
    when: str = ""
    children: Sequence[Child] = ()
    since: int = 1
    #: A value of another table that goes with each record: (name, table, its key, our column).
    joined: tuple[str, str, str, str] | None = None

    def sorted_by(self, engine: str) -> str:
        """What grows with time, as a number the engine gives of `t`."""
        column = f"t.{self.order or self.key}"
        if self.columns.get(self.order) != "time":
            return column
        return _MICROSECONDS[engine].format(column)


def _columns(**kinds: str) -> dict[str, str]:
    """Name columns by kind: int="a b", text="c"."""
    return {name: kind for kind, names in kinds.items() for name in names.split()}


def _lines(name: str, table: str, parent: str, order: str, **kinds: str) -> Child:
    return Child(name=name, table=table, parent=parent, order=order, columns=_columns(**kinds))


_LINK = _columns(
    int="id source_lot_id target_lot_id source_quantity target_quantity source_total source_part source_parts"
    " target_total target_part target_parts posting_seq document_id made_by",
    text="kind document_kind reason",
    time="made_at",
)
_ISSUE = _columns(
    int="id work_order_id component_id lot_id instead_of_lot_id quantity bin_id posting_seq issued_by approved_by",
    text="key kind reason capture",
    time="issued_at",
)

STREAMS: Final[Sequence[Stream]] = (
    Stream(
        name="posting",
        table="stock_posting",
        key="seq",
        columns=_columns(
            int="seq document_id actor_id device_id reverses_seq",
            text="key fingerprint reason document_kind note capture raw_scan typed_reason typed_note",
            time="occurred_at recorded_at",
        ),
        children=(Child(
            name="moves",
            table="stock_move",
            parent="posting_seq",
            order="line",
            columns=_columns(
                int="line warehouse_id lot_id owner_id quantity source_bin_id source_lpn_id source_hold_set_id"
                " target_bin_id target_lpn_id target_hold_set_id demand_id",
                text="source_quality target_quality demand_kind",
            ),
        ),),
    ),
    Stream(
        name="audit",
        table="audit_entry",
        key="seq",
        columns=_columns(
            int="seq actor_id device_id entity_id", text="entity action reason", time="at", json="changes"
        ),
    ),
    Stream(
        name="signature",
        table="signature",
        columns=_columns(
            int="id subject_id user_id",
            text="subject_kind meaning reason full_name login role timezone content sha256 key_id signature app_version",
            time="signed_at",
        ),
        joined=("public_key", "signing_key", "id", "key_id"),
    ),
    Stream(name="link", table="lot_link", columns=_LINK),
    Stream(
        name="link_voided",
        table="lot_link",
        columns=_columns(int="id voided_seq"),
        order="voided_seq",
        when="t.voided_seq IS NOT NULL",
    ),
    Stream(
        name="imported",
        table="imported_event",
        columns=_columns(
            int="id lot_id output_lot_id output_quantity partner_id warehouse_id quantity lot_link_id source_row made_by",
            text="kind document source_sha256",
            day="happened_on",
            time="made_at",
        ),
    ),
    Stream(
        name="release",
        table="release_decision",
        columns=_columns(
            int="id warehouse_id lot_id bin_id lpn_id part_quantity quantity decided_by",
            text="key verdict scope reason",
            time="decided_at",
            json="checklist",
        ),
    ),
    Stream(
        name="approval",
        table="approval",
        columns=_columns(
            int="id subject_id round user_id signature_id",
            text="subject_kind",
            bool="is_of_quality",
            time="approved_at",
        ),
    ),
    Stream(
        name="cleaning",
        table="vessel_cleaning",
        columns=_columns(int="id vessel_id ledger_seq cleaned_by", text="key method note", time="cleaned_at"),
    ),
    Stream(name="issue", table="work_order_issue", columns=_ISSUE),
    Stream(
        name="issue_undone",
        table="work_order_issue",
        columns=_columns(int="id reversed_seq"),
        order="reversed_seq",
        when="t.reversed_seq IS NOT NULL",
    ),
    Stream(
        name="sampling",
        table="sampling_change",
        columns=_columns(int="id state_id inspection_id made_by", text="what note", time="made_at"),
    ),
    Stream(
        name="unit",
        table="unit_event",
        columns=_columns(
            int="id unit_id posting_seq from_lot_id from_bin_id from_lpn_id from_parent_id to_bin_id to_lpn_id"
            " document_id by",
            text="kind document_kind raw_scan",
            time="at",
        ),
    ),
    Stream(
        name="snapshot",
        table="stock_snapshot",
        columns=_columns(int="id ledger_seq line_count", text="sha256", day="before_on", time="reaches_at taken_at"),
    ),
    # -- from form 2 on: papers of production
    Stream(
        name="report",
        table="production_report",
        since=2,
        columns=_columns(
            int="id warehouse_id work_order_id operation_sequence line_id team_id machine_id operator_id consume_seq output_seq"
            " reported_by corrects_id",
            text="number key note",
            time="started_at ended_at reported_at",
            json="parameters",
        ),
        children=(
            _lines(
                "inputs", "report_input", "report_id", "line",
                int="id line component_id item_id lot_id quantity weight bin_id vessel_id", text="source reason",
            ),
            _lines(
                "outputs", "report_output", "report_id", "line",
                int="id line item_id lot_id quantity weight bin_id lpn_id", text="kind",
            ),
            _lines("defects", "report_defect", "report_id", "line", int="id line quantity", text="code note"),
            _lines("stops", "report_stop", "report_id", "line", int="id line minutes", text="reason"),
        ),
    ),
    Stream(
        name="report_void",
        table="production_report",
        since=2,
        columns=_columns(int="id reversed_by", text="reverse_reason", time="reversed_at"),
        order="reversed_at",
        when="t.reversed_at IS NOT NULL",
    ),
    Stream(
        name="clearance",
        table="line_clearance",
        since=2,
        columns=_columns(int="id line_id work_order_id cleared_by", text="key note", time="cleared_at", json="points"),
    ),
    Stream(
        name="clear_check",
        table="line_clearance",
        since=2,
        columns=_columns(int="id checked_by", time="checked_at"),
        order="checked_at",
        when="t.checked_at IS NOT NULL",
    ),
    Stream(
        name="reopening",
        table="work_order_correction",
        since=2,
        columns=_columns(
            int="id work_order_id report_id asked_by", text="key reason", time="asked_at", json="closing_before"
        ),
    ),
    Stream(
        name="reopened",
        table="work_order_correction",
        since=2,
        columns=_columns(int="id opened_by signature_id", time="opened_at"),
        order="opened_at",
        when="t.opened_at IS NOT NULL",
    ),
    Stream(
        name="reclosed",
        table="work_order_correction",
        since=2,
        columns=_columns(int="id closed_by closing_signature_id", time="closed_at"),
        order="closed_at",
        when="t.closed_at IS NOT NULL",
    ),
    # -- papers of recalls
    Stream(
        name="scope",
        table="recall_version",
        since=2,
        columns=_columns(
            int="id recall_id number as_of_seq made_by signature_id", text="change reason lots_digest", time="made_at",
            json="starts figures",
        ),
        children=(_lines("lots", "recall_lot", "version_id", "lot_id", int="lot_id level", text="role why share"),),
    ),
    Stream(
        name="scope_placed",
        table="recall_version",
        since=2,
        columns=_columns(int="id placed_by case_id", time="placed_at"),
        order="placed_at",
        when="t.placed_at IS NOT NULL",
    ),
    Stream(
        name="notice",
        table="recall_notice",
        since=2,
        columns=_columns(
            int="id recall_id version_id party_id round sending_id made_by",
            text="way language sent_to subject body letter",
            time="reply_by_at made_at",
        ),
    ),
    Stream(
        name="notice_drawn",
        table="recall_notice",
        since=2,
        columns=_columns(int="id mail_id", text="letter_sha256", time="drawn_at"),
        order="drawn_at",
        when="t.drawn_at IS NOT NULL",
    ),
    Stream(
        name="reply",
        table="recall_reply",
        since=2,
        columns=_columns(
            int="id recall_id party_id recorded_by", text="key way contact note", time="received_at recorded_at"
        ),
        children=(
            _lines(
                "lines", "recall_reply_line", "reply_id", "lot_id", int="id lot_id on_hand used destroyed to_return"
            ),
        ),
    ),
    Stream(
        name="came_back",
        table="recall_return",
        since=2,
        columns=_columns(
            int="id recall_id party_id lot_id warehouse_id shipment_id quantity bin_id lpn_id posting_seq received_by",
            text="key document over_reason",
            time="received_at",
        ),
    ),
    Stream(
        name="confirmed",
        table="recall_confirmation",
        since=2,
        columns=_columns(
            int="id recall_id party_id lot_id quantity recorded_by", text="key fate said_by document", time="recorded_at"
        ),
    ),
    Stream(
        name="unconfirmed",
        table="recall_confirmation",
        since=2,
        columns=_columns(int="id voided_by", text="void_reason", time="voided_at"),
        order="voided_at",
        when="t.voided_at IS NOT NULL",
    ),
    Stream(
        name="outcome",
        table="recall_outcome",
        since=2,
        columns=_columns(
            int="id recall_id lot_id quantity document_id recorded_by", text="fate document_kind note", time="recorded_at"
        ),
    ),
    Stream(
        name="effect",
        table="effectiveness_check",
        since=2,
        columns=_columns(
            int="id recall_id party_id checked_by", text="result method spoke_with note", time="checked_at"
        ),
    ),
    Stream(
        name="recall_paper",
        table="recall_report",
        since=2,
        columns=_columns(
            int="id recall_id number signature_id made_by", text="kind note", time="made_at", json="figures"
        ),
    ),
    Stream(
        name="recall",
        table="recall",
        since=2,
        columns=_columns(
            int="id warehouse_id origin_id supplier_id opened_by",
            text="number key class_code reason origin origin_kind supplier_reference",
            bool="is_mock",
            time="opened_at",
            json="asked",
        ),
    ),
    Stream(
        name="recall_end",
        table="recall",
        since=2,
        columns=_columns(
            int="id approved_by closed_by", text="state check_level close_reason", time="approved_at closed_at", json="result"
        ),
        order="closed_at",
        when="t.closed_at IS NOT NULL",
    ),
    Stream(
        name="level",
        table="recall_level_change",
        since=2,
        columns=_columns(int="id recall_id asked_by", text="level_before level reason", time="asked_at"),
    ),
    Stream(
        name="level_signed",
        table="recall_level_change",
        since=2,
        columns=_columns(int="id signed_by signature_id", time="signed_at"),
        order="signed_at",
        when="t.signed_at IS NOT NULL",
    ),
    # -- complaints and gaps, who may look at a lot, and who looked
    Stream(
        name="complaint",
        table="complaint",
        since=2,
        columns=_columns(
            int="id warehouse_id customer_id recorded_by",
            text="number key customer_told contact_name contact_email contact_phone language channel what",
            time="received_at recorded_at",
        ),
    ),
    Stream(
        name="comp_link",
        table="complaint_link",
        since=2,
        columns=_columns(int="id complaint_id target_id made_by", text="kind number", time="made_at"),
    ),
    Stream(
        name="capa_check",
        table="capa_check",
        since=2,
        columns=_columns(
            int="id capa_id round checker_id checked_by", text="criterion result", day="due_on", time="checked_at",
            bool="is_effective",
        ),
        order="checked_at",
        when="t.checked_at IS NOT NULL",
    ),
    Stream(
        name="capa_closed",
        table="capa",
        since=2,
        columns=_columns(
            int="id warehouse_id origin_id owner_id cause_by round opened_by closed_by",
            text="number key state origin_kind origin_number problem cause cause_method closing",
            day="due_on",
            time="cause_at opened_at closed_at",
        ),
        order="closed_at",
        when="t.closed_at IS NOT NULL",
        children=(
            _lines(
                "actions", "capa_action", "capa_id", "line", int="id line round owner_id done_by", text="kind what evidence",
                day="due_on", time="done_at",
            ),
        ),
    ),
    Stream(
        name="gap",
        table="gap",
        since=2,
        columns=_columns(
            int="id warehouse_id subject_id lot_id", text="kind stage subject_kind name owner_role", time="first_seen_at",
            json="data",
        ),
    ),
    Stream(
        name="gap_mended",
        table="gap",
        since=2,
        columns=_columns(
            int="id owner_id accepted_by", text="state accept_reason", time="last_seen_at accepted_at mended_at"
        ),
        order="mended_at",
        when="t.mended_at IS NOT NULL",
    ),
    Stream(
        name="passport",
        table="lot_passport",
        since=2,
        columns=_columns(int="id lot_id made_by", text="key_hash", time="made_at"),
    ),
    Stream(
        name="passport_end",
        table="lot_passport",
        since=2,
        columns=_columns(int="id revoked_by", text="revoke_reason", time="revoked_at"),
        order="revoked_at",
        when="t.revoked_at IS NOT NULL",
    ),
    Stream(
        name="look",
        table="inspector_look",
        since=2,
        columns=_columns(int="id user_id", text="path query", time="at"),
    ),
)  # fmt: skip
BY_NAME: Final = {stream.name: stream for stream in STREAMS}


# -- spelling ---------------------------------------------------------------------------------------------------------
def spelled(values: Mapping[str, Any]) -> str:
    """Spell a record as one line; its values are plain, as the database holds them (quantities as millionths)."""
    return json.dumps(
        {name: _plain(value) for name, value in values.items()},
        sort_keys=True,
        ensure_ascii=False,
        separators=(",", ":"),
    )


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list):
        return [{name: _plain(one) for name, one in row.items()} for row in value]
    return value


def spelling(stream: Stream, engine: str) -> str:
    """Give the expression by which an engine spells a record of `t` (and, where it has one, of `j`)."""
    parts = {name: _value(f"t.{name}", kind, engine) for name, kind in stream.columns.items()}
    for child in stream.children:
        parts[child.name] = _children(stream, child, engine)
    if stream.joined is not None:
        parts[stream.joined[0]] = _value(f"j.{stream.joined[0]}", "text", engine)
    return _object(parts, engine)


def joined_tables(stream: Stream) -> str:
    """Give the join that `spelling` asks for beside the stream's own table."""
    if stream.joined is None:
        return ""
    _name, table, key, column = stream.joined
    return f" LEFT JOIN {table} j ON j.{key} = t.{column}"


def _object(parts: Mapping[str, str], engine: str) -> str:
    if engine == "sqlite":  # one call: so many texts put together one by one take a third longer
        form = ",".join(f'"{name}":%s' for name in sorted(parts))
        return f"printf('{{{form}}}', {', '.join(parts[name] for name in sorted(parts))})"
    pieces: list[str] = []
    for number, name in enumerate(sorted(parts)):
        pieces += [f"'{'{' if not number else ','}\"{name}\":'", parts[name]]
    return " || ".join([*pieces, "'}'"])


def _children(stream: Stream, child: Child, engine: str) -> str:
    line = _object({name: _value(f"c.{name}", kind, engine) for name, kind in child.columns.items()}, engine)
    where = f"FROM {child.table} c WHERE c.{child.parent} = t.{stream.key}"
    if engine == "sqlite":
        rows = f"(SELECT group_concat(x, ',') FROM (SELECT {line} AS x {where} ORDER BY c.{child.order}))"
    else:
        rows = f"(SELECT string_agg({line}, ',' ORDER BY c.{child.order}) {where})"
    return f"'[' || coalesce({rows}, '') || ']'"


def _value(column: str, kind: str, engine: str) -> str:
    """One value in JSON, said by the engine; NULL is null."""
    is_sqlite = engine == "sqlite"
    if kind == "int":
        return f"coalesce({column}, 'null')" if is_sqlite else f"coalesce({column}::text, 'null')"
    if kind == "bool":
        said = f"CASE {column} WHEN 1 THEN 'true' WHEN 0 THEN 'false' ELSE coalesce(json_quote({column}), 'null') END"
        return said if is_sqlite else f"CASE WHEN {column} THEN 'true' WHEN NOT {column} THEN 'false' ELSE 'null' END"
    if kind == "time":
        text = f"replace({column}, ' ', 'T') || 'Z'" if is_sqlite else _PG_INSTANT.format(column)
    elif kind == "day":
        text = column if is_sqlite else f"to_char({column}, 'YYYY-MM-DD')"
    else:
        text = column if is_sqlite else f"{column}::text"
    if kind in ("time", "day") and not is_sqlite:  # of its own type there: no sign in it needs another spelling
        return f"coalesce('\"' || {text} || '\"', 'null')"
    return f"coalesce(json_quote({text}), 'null')" if is_sqlite else f"coalesce(to_json({text})::text, 'null')"


#: An instant as a whole number; both are exact.
_MICROSECONDS: Final = {
    "sqlite": "(CAST(strftime('%s', {0}) AS INTEGER) * 1000000 + CAST(substr({0}, 21) AS INTEGER))",
    "postgresql": "CAST(EXTRACT(EPOCH FROM {0}) * 1000000 AS BIGINT)",
}
_PG_INSTANT: Final = "to_char({} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')"


# -- blocks -----------------------------------------------------------------------------------------------------------
def hash_of(text: str) -> str:
    """Give the SHA-256 of a line in hex."""
    return hashlib.sha256(text.encode()).hexdigest()


def content_of(members: Iterable[tuple[str, int, str]]) -> str:
    """Hash the members of a block (stream, record, hash of its line) in their order: by stream, then by record."""
    whole = hashlib.sha256()
    for stream, record, sha256 in members:
        whole.update(f"{stream} {record} {sha256}\n".encode())
    return whole.hexdigest()


@dataclass(frozen=True, kw_only=True)
class Block:
    """What a block says: its place in the chain, the records in it, and whose key signs it."""

    seq: int
    previous: str
    sealed_at: datetime
    form: int
    records: int
    #: Records in all blocks so far.
    total: int
    content: str
    #: By stream, how far its order column has come: what lies below and is in no block came afterwards.
    heads: Mapping[str, int]
    public_key: str

    @property
    def line(self) -> str:
        """The block as one line: these bytes are hashed and signed."""
        return spelled(
            {
                "block": self.seq, "content": self.content, "form": self.form, "heads": dict(self.heads),
                "previous": self.previous, "public_key": self.public_key, "records": self.records,
                "sealed_at": self.sealed_at, "total": self.total, "v": BLOCK_VERSION,
            }
        )  # fmt: skip

    @property
    def hash(self) -> str:
        """What the next block names as its previous."""
        return hash_of(self.line)


# -- the anchor -------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, kw_only=True)
class AnchorLine:
    """One line outside the database: a block that was sealed, or a restore from which the chain goes on anew."""

    seq: int
    hash: str
    total: int
    sealed_at: str
    public_key: str
    #: Why blocks after `seq` that stand above in the file are not in the database any more; blank for a block.
    restored: str = ""

    @property
    def line(self) -> str:
        """What is signed."""
        return spelled(
            {
                "block": self.seq, "hash": self.hash, "public_key": self.public_key, "restored": self.restored,
                "sealed_at": self.sealed_at, "total": self.total, "v": ANCHOR_VERSION,
            }
        )  # fmt: skip


def standing(lines: Sequence[AnchorLine]) -> dict[int, AnchorLine]:
    """Give what the anchor holds now, by block: a restore takes what stood above it and is beyond it away."""
    found: dict[int, AnchorLine] = {}
    for line in lines:
        if line.restored:
            found = {seq: kept for seq, kept in found.items() if seq <= line.seq}
        else:
            found[line.seq] = line
    return found
