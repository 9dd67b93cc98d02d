"""Sealing on both engines: one spelling, nothing sealed twice, late commits not lost, the anchor written, restores told."""

import json
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from tests import given
from tests.given import NOW
from tests.integration.evidence.sealing import conclude, extend, members, seal, seal_once
from wms.core.errors import AnchorFaulty, DatabaseBehindAnchor, NotBehindAnchor
from wms.core.ids import SYSTEM_USER
from wms.db import run_in_transaction
from wms.evidence import anchor, queries, rules, service, verifying

NASTY = 'quote " back \\ tab \t line \n del \x7f bell \x07 中文 😀 \u2028 é'


def test_an_engine_spells_a_record_as_the_rules_say(db: Any) -> None:
    actor = given.user("wang")
    run_in_transaction(
        lambda: db.session.execute(
            text(
                "INSERT INTO audit_entry (at, actor_id, device_id, entity, entity_id, action, changes, reason) VALUES"
                " (:at, :actor, NULL, 'item', 7, 'changed', :changes, :reason)"
            ),
            {"at": _bound(db), "actor": actor, "changes": '{"name": ["é", null]}', "reason": NASTY},
        )
    )
    last = queries.new_records(rules.BY_NAME["audit"], beyond=0, most=100)[-1]
    assert json.loads(last.line)["reason"] == NASTY
    assert last.line == rules.spelled(
        {
            "seq": last.id, "at": NOW, "actor_id": actor, "device_id": None, "entity": "item", "entity_id": 7,
            "action": "changed", "changes": '{"name": ["é", null]}', "reason": NASTY,
        }
    )  # fmt: skip


def _bound(db: Any) -> Any:
    return NOW if db.engine.dialect.name == "postgresql" else NOW.strftime("%Y-%m-%d %H:%M:%S.%f")


def test_a_posting_is_spelled_with_its_moves(db: Any) -> None:
    conclude()
    (posting,) = queries.new_records(rules.BY_NAME["posting"], beyond=0, most=5)
    said = json.loads(posting.line)
    assert [move["quantity"] for move in said["moves"]] == [10_000_000]
    assert said["recorded_at"].endswith("Z") and rules.spelled(said) == posting.line


def test_everything_is_sealed_once_and_the_anchor_knows_the_head(db: Any) -> None:
    conclude()
    assert seal() > 0
    assert seal() == 0
    extend()
    seal()
    found = verifying.verify(at=NOW)
    assert found.is_whole and found.waiting == 0 and found.blocks == found.head == 2
    standing = rules.standing(anchor.read().lines)
    head = queries.last_block()
    assert head is not None and standing[2].hash == head.hash and standing[2].total == len(members())


def test_all_streams_can_be_read_on_this_engine(db: Any) -> None:
    for stream in rules.STREAMS:
        assert queries.new_records(stream, beyond=0, most=1) is not None
        assert queries.never_sealed(stream, until=1, most=1) == []
        assert list(queries.Reader().sealed_lines(stream, first=1, last=1)) == []


def test_every_column_of_a_sealed_table_is_in_its_spelling_or_left_out_by_name(db: Any) -> None:
    left_out = {
        "lot_link": {"voided_seq"}, "work_order_issue": {"reversed_seq"},
        "stock_move": {"posting_seq"}, "report_input": {"report_id"}, "report_output": {"report_id"},
        "report_defect": {"report_id"}, "report_stop": {"report_id"}, "recall_lot": {"version_id"},
        "recall_reply_line": {"reply_id"}, "capa_action": {"capa_id"},
        # worked on until the paper is over, and then signed or written down in the audit trail
        "capa": {"fingerprint"}, "recall_notice": {"fault", "tries", "leased_until_at"}, "recall_reply": {"fingerprint"},
        "complaint": {
            "state", "told", "lot_id", "unit_id", "lpn_id", "order_id", "shipment_id", "quantity", "severity", "due_at",
            "warn_at", "owner_id", "finding", "is_justified", "answer", "answered_by", "answered_at", "closing", "closed_by",
            "closed_at", "fingerprint",
        },
        "lot_passport": {"key_sealed"},
    }  # fmt: skip
    there: dict[str, set[str]] = {}
    for stream in rules.STREAMS:
        there.setdefault(stream.table, set()).update(stream.columns)
        for child in stream.children:
            there.setdefault(child.table, set()).update(child.columns)
    for table, columns in there.items():
        wanted = {column.name for column in db.metadata.tables[table].columns}
        assert columns | left_out.get(table, set()) == wanted, table


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_transaction_that_commits_after_a_higher_number_was_sealed_is_sealed_later(db: Any) -> None:
    conclude()
    seal()
    slow = db.engine.connect()
    slow.begin()
    low = slow.execute(text(_ENTRY)).scalar_one()
    high = run_in_transaction(lambda: db.session.execute(text(_ENTRY)).scalar_one())
    assert low < high
    seal()
    assert ("audit", high) in members() and ("audit", low) not in members()
    slow.commit()
    slow.close()
    seal()
    assert ("audit", low) in members()
    assert verifying.verify(at=NOW).is_whole


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_record_that_comes_with_a_lower_number_is_sealed_within_a_day(db: Any) -> None:
    # SQLite numbers and commits in one order; a gap that is filled stands for another process with an older id.
    _put_in(db, 900)
    seal()
    _put_in(db, 800)
    seal()
    assert {("audit", 900), ("audit", 800)} <= set(members())
    assert verifying.verify(at=NOW).is_whole


_ENTRY = (
    "INSERT INTO audit_entry (at, entity, entity_id, action, changes, reason)"
    " VALUES (CURRENT_TIMESTAMP, 'item', 1, 'changed', '{}', '') RETURNING seq"
)


def _put_in(db: Any, seq: int) -> None:
    entry = _ENTRY.replace("(at", "(seq, at").replace("(CURR", f"({seq}, CURR")
    run_in_transaction(lambda: db.session.execute(text(entry)).scalar_one())


def test_a_million_would_go_in_batches(db: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "BATCH", 3)
    conclude()
    seal()
    blocks = queries.get_blocks(1, 100)
    assert len(blocks) > 2 and all(one.block.records <= 3 for one in blocks)
    assert verifying.verify(at=NOW).is_whole


def test_a_voided_link_is_sealed_again_as_voided(db: Any) -> None:
    link, seq = extend()
    seal()
    run_in_transaction(
        lambda: db.session.execute(
            text("UPDATE lot_link SET voided_seq = :seq WHERE id = :id"), {"seq": seq, "id": link}
        )
    )
    seal()
    assert {("link", link), ("link_voided", link)} <= set(members())
    assert verifying.verify(at=NOW).is_whole


def test_a_block_reaches_the_anchor_only_when_it_is_committed(db: Any) -> None:
    conclude()
    seal_once(NOW)
    assert anchor.read().lines == []
    seal_once(NOW)
    assert [line.seq for line in anchor.read().lines] == [1]


def test_a_line_that_was_cut_by_a_lost_power_is_written_again(db: Any) -> None:
    conclude()
    seal()
    file = anchor.path()
    with file.open("ab") as opened:
        opened.write(b'{"line": {"blo')
    assert verifying.verify(at=NOW).is_whole
    extend()
    seal()
    assert [line.seq for line in anchor.read().lines] == [1, 2]


def test_a_restored_database_seals_on_once_the_restore_is_told(db: Any) -> None:
    conclude()
    seal()
    extend()
    seal()
    # What a restore of the backup from before the second block leaves: the old database, the anchor of today.
    with pytest.raises(NotBehindAnchor):
        run_in_transaction(service.note_restore, "no", actor=SYSTEM_USER, at=NOW)
    _forget_block(db, 2)
    assert [fault.what for fault in verifying.verify(at=NOW).faults] == ["cut"]
    with pytest.raises(DatabaseBehindAnchor):
        seal()
    assert run_in_transaction(service.note_restore, "the disk broke", actor=SYSTEM_USER, at=NOW) == 1
    seal()
    assert verifying.verify(at=NOW).is_whole
    assert [line.restored for line in anchor.read().lines] == ["", "", "the disk broke", ""]


def _forget_block(db: Any, seq: int) -> None:
    from tests.integration.evidence.sealing import tamper

    tamper(db, f"DELETE FROM seal_member WHERE block_seq = {seq}", f"DELETE FROM seal_block WHERE seq = {seq}")


def test_the_anchor_of_another_chain_is_refused(db: Any) -> None:
    conclude()
    seal()
    line = anchor.read().lines[0]
    anchor.path().unlink()
    run_in_transaction(service._append, [(1, "f" * 64, line.total, NOW, "")], NOW)
    with pytest.raises(AnchorFaulty):
        extend()
        seal()


def test_what_lies_below_yesterdays_head_is_not_sealed_any_more(db: Any) -> None:
    _put_in(db, 900)
    seal(NOW)
    _put_in(db, 800)
    later = NOW + timedelta(hours=25)
    seal(later)
    found = verifying.verify(at=later)
    assert [(fault.stream, fault.record, fault.what) for fault in found.faults] == [("audit", 800, "inserted")]
