"""The customers of a recall are told in their language, their answers count, and nothing is ever sent for a drill."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import event

from config import Config
from tests import given
from tests.fakes.mailbox import mail_server
from tests.given import NOW, q
from tests.integration.recall.test_recalls import _do, _open, _scope
from wms.alerts.models import Alert, AlertKind, AlertState
from wms.core.errors import FieldErrors, KeyReused, MissingField, NotShippedTo, RecallIsDrill, WrongState
from wms.core.ids import SYSTEM_USER, RecallId
from wms.db import run_in_transaction
from wms.files import service as files
from wms.labels.letter import draw_letter, unpacked
from wms.mail import sender
from wms.mail.models import Mail
from wms.recall import notice_drawing, notice_letters, notice_queries, notices, service
from wms.recall.models import OutsideFate, Recall
from wms.recall.notice_models import NoticeState, NoticeWay
from wms.recall.notices import RecordReply, ReplyLine, SendNotices, Whom
from wms.recall.queries import outside, recalls
from wms.recall.rules.steps import RecallStep
from wms.stock.models import Lot

on_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


class Bench:
    """A recall of a lot that went to two customers: one with an e-mail address, one of whom nothing is known."""

    def __init__(self, *, is_mock: bool = False, is_held: bool = True) -> None:
        self.person = given.user(None, "quality")
        self.site, self.item = given.warehouse(), given.item()
        self.lot = given.lot(self.item)
        given.stock(self.lot, self.site, "A-01", 100)
        self.known = given.partner(email="qa@buyer.example", language="zh_Hant_TW", recall_contact="李小姐")
        self.unknown = given.partner()
        for customer, amount in ((self.known, 30), (self.unknown, 20)):
            given.shipped(self.site, [(self.item, amount)], customer=customer, at=NOW - timedelta(days=9))
        self.recall: RecallId = _open(self.person, self.site, self.lot, is_mock=is_mock)
        if is_held:
            self.do(service.stop_shipping, self.recall)
            _scope(self.recall, self.person, place=True)

    def do(self, verb: Callable[..., Any], *args: Any, **more: Any) -> Any:
        return _do(verb, *args, by=self.person, **more)

    def views(self) -> dict[Any, Any]:
        return {one.party.partner_id: one for one in notice_queries.parties_of(self.recall)}

    def order(self, *partners: Any, key: str = "", **more: Any) -> SendNotices:
        """The order to tell these, or whom `who` says."""
        parties = tuple(self.views()[one.id].party.id for one in partners)
        return SendNotices(key=key or uuid4().hex, recall=self.recall, parties=parties, **more)

    def write(self, cmd: SendNotices) -> Any:
        """Write the notices; their letters wait."""
        return self.do(notices.send_notices, cmd, notice_letters.drafts_for(cmd, at=NOW))

    def send(self, config: Config, *partners: Any, **more: Any) -> Any:
        """Tell them: write, then draw."""
        made = self.write(self.order(*partners, **more))
        notice_drawing.draw_due(config=config)
        return made


def test_customers_are_told_and_the_clock_stops_when_all_were(
    db: Any, app: Flask, config: Config, tmp_path: Path
) -> None:
    bench = Bench()
    views = bench.views()
    assert [views[one.id].lacks_contact for one in (bench.known, bench.unknown)] == [False, True]
    bench.send(config, bench.known)
    assert RecallStep.NOTIFY not in recalls.done_steps(bench.recall)
    bench.write(bench.order(who=Whom.UNTOLD))
    assert RecallStep.NOTIFY not in recalls.done_steps(bench.recall), "its letter is not drawn yet"
    notice_drawing.draw_due(config=config)
    assert RecallStep.NOTIFY in recalls.done_steps(bench.recall)
    (notice,) = bench.views()[bench.known.id].notices
    assert (notice.way, notice.language, notice.sent_to) == (NoticeWay.EMAIL, "zh_Hant_TW", "qa@buyer.example")
    (letter,) = bench.views()[bench.unknown.id].notices
    assert (letter.way, letter.mail_id) == (NoticeWay.LETTER, None)
    mail = db.session.get_one(Mail, notice.mail_id)
    assert (mail.subject_kind, mail.subject_id) == ("recall_notice", notice.id)
    with mail_server(tmp_path) as box:
        setting = dataclasses.replace(
            config, smtp_host="127.0.0.1", smtp_port=box.port, smtp_security="plain", mail_from="wms@plant.example"
        )
        assert sender.deliver_due(config=setting)["sent"] == 1
        message = box.taken[0].message
        (part,) = message.iter_attachments()
        assert part.get_content_type() == "application/pdf" and part.get_content()[:5] == b"%PDF-"
        body = message.get_body(("plain",))
        assert body is not None and bench.lot.number in body.get_content()


def test_who_has_not_answered_is_told_again_and_answers_count(db: Any, config: Config) -> None:
    bench = Bench()
    bench.send(config, bench.known, bench.unknown)
    bench.send(config, bench.known)
    assert [one.round for one in bench.views()[bench.known.id].notices] == [1, 2]
    party = bench.views()[bench.known.id].party
    cmd = RecordReply(
        key="r", recall=bench.recall, party=party.id, way=NoticeWay.PHONE, contact="Ms Li", received_at=NOW,
        lines=(ReplyLine(lot=bench.lot.id, on_hand=q(5), used=q(11), destroyed=q(4), to_return=q(15)),),
    )  # fmt: skip
    made = bench.do(notices.record_reply, cmd)
    assert bench.do(notices.record_reply, cmd) == made
    line = cmd.lines[0]
    for other in (
        {"party": bench.views()[bench.unknown.id].party.id}, {"contact": "Mr Li"}, {"note": "by fax"}, {"way": NoticeWay.VISIT},
        {"lines": ()}, {"lines": (dataclasses.replace(line, used=q(12)),)}, {"received_at": NOW - timedelta(hours=1)},
    ):  # fmt: skip
        with pytest.raises(KeyReused):
            bench.do(notices.record_reply, dataclasses.replace(cmd, **other))
    confirmed = {one.fate: one.quantity for one in outside.confirmations_of(bench.recall)}
    assert confirmed == {OutsideFate.USED: q(11), OutsideFate.DESTROYED: q(4)}
    reply = bench.views()[bench.known.id].reply
    assert reply.contact == "Ms Li" and reply.lines[0].to_return == q(15)
    with pytest.raises(FieldErrors):
        bench.do(
            notices.record_reply,
            dataclasses.replace(cmd, key="more", lines=(ReplyLine(lot=bench.lot.id, used=q(16)),)),
        )
    with pytest.raises(NotShippedTo):
        other = given.lot(bench.item)
        bench.do(notices.record_reply, dataclasses.replace(cmd, key="other", lines=(ReplyLine(lot=other.id),)))
    assert len(notice_queries.replies_of(bench.recall)) == 1


@on_sqlite
def test_a_letter_says_what_stands_on_the_pack_and_where_to_answer(db: Any) -> None:
    bench = Bench()
    lot = db.session.get_one(Lot, bench.lot.id)
    lot.manufactured_on, lot.expires_on = date(2026, 1, 5), date(2027, 3, 9)
    db.session.commit()
    cmd = bench.order(bench.unknown)
    (draft,) = notice_letters.drafts_for(cmd, at=NOW, answer_to="recall@plant.example")
    letter = unpacked(draft.letter)
    assert letter.table is not None and "recall@plant.example" in letter.sender and "recall@plant.example" in draft.body
    (row,) = letter.table.rows
    assert dict(zip(letter.table.heading, row, strict=True))["Made, last good day"] == "2026-01-05 / 2027-03-09"
    assert "Made on 2026-01-05, Last good day 2027-03-09" in draft.body and draw_letter(letter)[:5] == b"%PDF-"


@on_sqlite
def test_a_drill_writes_to_nobody_but_has_its_list(db: Any, app: Flask) -> None:
    bench = Bench(is_mock=True)
    with pytest.raises(RecallIsDrill):
        bench.write(bench.order(bench.known))
    assert db.session.query(Mail).count() == 0
    recall = db.session.get_one(Recall, bench.recall)
    assert {row[6] for row in notice_letters.rows(recall)} == {bench.lot.number}
    assert notice_letters.list_pdf(recall, at=NOW)[:5] == b"%PDF-"


@on_sqlite
def test_nobody_is_told_before_the_goods_are_held_and_an_address_is_set_right_first(db: Any, config: Config) -> None:
    early = Bench(is_held=False)
    with pytest.raises(WrongState):
        early.do(notices.send_notices, SendNotices(key="early", recall=early.recall), [])
    bench = Bench()
    party = bench.views()[bench.unknown.id].party.id
    cmd = bench.order(bench.unknown)
    (draft,) = notice_letters.drafts_for(cmd, at=NOW)
    with pytest.raises(MissingField):
        bench.do(notices.send_notices, cmd, [dataclasses.replace(draft, way=NoticeWay.EMAIL)])
    contact = {"phone": "", "contact": "", "language": "en"}
    with pytest.raises(FieldErrors):
        bench.do(notices.set_contact, bench.recall, party, email="x@y.example\nBcc: z", **contact)
    bench.do(notices.set_contact, bench.recall, party, email="new@buyer.example", **contact)
    bench.send(config, bench.unknown, language="zh_Hans_CN")
    assert bench.views()[bench.unknown.id].notices[0].sent_to == "new@buyer.example"


def test_letters_are_drawn_behind_the_request_once_each_and_the_mail_leaves_with_its_letter(
    db: Any, config: Config
) -> None:
    bench = Bench()
    cmd = bench.order(key="once", who=Whom.UNTOLD)
    drafts = notice_letters.drafts_for(cmd, at=NOW)
    made = bench.do(notices.send_notices, cmd, drafts)
    assert len(made) == 2 and bench.do(notices.send_notices, cmd, drafts) == made, "a repeat writes nothing"
    with pytest.raises(KeyReused):
        bench.do(notices.send_notices, dataclasses.replace(cmd, instructions="Burn it"), drafts)
    with pytest.raises(FieldErrors):  # two persons press the same button
        bench.do(notices.send_notices, dataclasses.replace(cmd, key="other"), drafts)
    assert notice_queries.drawing_of(bench.recall) == notice_queries.Drawing(total=2)
    assert db.session.query(Mail).count() == 0
    view = bench.views()[bench.known.id]
    assert (view.is_written, view.is_told, view.notices[0].state) == (True, False, NoticeState.WAITING)
    assert notice_drawing.draw_due(config=config) == {"drawn": 2, "failed": 0}
    assert notice_drawing.draw_due(config=config) == {"drawn": 0, "failed": 0}
    assert notice_queries.drawing_of(bench.recall) == notice_queries.Drawing(total=2, drawn=2)
    assert db.session.query(Mail).count() == 1 and len(notice_queries.letters_of(bench.recall)) == 2


def test_what_a_process_took_and_did_not_finish_is_taken_again_and_never_kept_twice(db: Any, config: Config) -> None:
    bench = Bench()
    bench.write(bench.order(bench.known))
    (first,) = run_in_transaction(notices.take_undrawn, limit=10, at=NOW)
    assert run_in_transaction(notices.take_undrawn, limit=10, at=NOW) == [], "one process has it"
    later = NOW + notices.LEASE
    (again,) = run_in_transaction(notices.take_undrawn, limit=10, at=later)
    assert again == first
    data_dir = Path(config.data_dir)
    kept = [
        files.keep_file(draw_letter(unpacked(one.letter)), name="a.pdf", data_dir=data_dir, bytes_max=10**7)
        for one in (first, again)
    ]
    assert run_in_transaction(notices.note_drawn, first.notice, kept[0], at=later)
    assert not run_in_transaction(notices.note_drawn, again.notice, kept[1], at=later), (
        "the other came back from the dead"
    )
    assert db.session.query(Mail).count() == 1 and len(notice_queries.letters_of(bench.recall)) == 1
    assert run_in_transaction(notices.take_undrawn, limit=10, at=later + notices.LEASE) == []


def test_a_letter_that_cannot_be_drawn_stops_no_other_and_is_told_of(db: Any, config: Config) -> None:
    bench = Bench()
    cmd = bench.order(who=Whom.UNTOLD)
    broken, whole = notice_letters.drafts_for(cmd, at=NOW)
    made = bench.do(notices.send_notices, cmd, [dataclasses.replace(broken, letter="{}"), whole])
    assert notice_drawing.draw_due(config=config) == {"drawn": 1, "failed": 1}
    assert notice_queries.drawing_of(bench.recall) == notice_queries.Drawing(total=2, drawn=1, failed=1)
    (failed,) = notice_queries.failed_notices(bench.recall)
    assert failed.id == made[0] and "KeyError" in failed.fault
    assert RecallStep.NOTIFY not in recalls.done_steps(bench.recall)
    run_in_transaction(notice_drawing.warn_of_letters, found={}, config=config, actor=SYSTEM_USER, at=NOW)
    alert = db.session.query(Alert).filter(Alert.kind == AlertKind.MAIL_FAILED).one()
    assert (alert.subject_id, alert.state) == (bench.recall, AlertState.OPEN)


def test_letters_are_tried_again_when_a_person_says_so_and_what_hindered_them_is_gone(db: Any, config: Config) -> None:
    bench = Bench()
    bench.write(bench.order(who=Whom.UNTOLD))
    shelf = Path(config.data_dir) / "files"
    shelf.parent.mkdir(parents=True, exist_ok=True)
    if shelf.exists():
        shelf.rename(shelf.with_name("away"))
    shelf.write_text("a file stands where the folder should")
    assert notice_drawing.draw_due(config=config) == {"drawn": 0, "failed": 2}
    assert notice_drawing.draw_due(config=config) == {"drawn": 0, "failed": 0}, "not by itself"
    shelf.unlink()
    run_in_transaction(notice_drawing.warn_of_letters, found={}, config=config, actor=SYSTEM_USER, at=NOW)
    (first, _second) = notice_queries.failed_notices(bench.recall)
    assert bench.do(notices.draw_again, bench.recall, [int(first.id)]) == 1
    assert bench.do(notices.draw_again, bench.recall) == 1
    with pytest.raises(WrongState):
        bench.do(notices.draw_again, bench.recall)
    assert notice_drawing.draw_due(config=config) == {"drawn": 2, "failed": 0}
    assert RecallStep.NOTIFY in recalls.done_steps(bench.recall)
    run_in_transaction(notice_drawing.warn_of_letters, found={}, config=config, actor=SYSTEM_USER, at=NOW)
    assert db.session.query(Alert).filter(Alert.kind == AlertKind.MAIL_FAILED).one().state is AlertState.RESOLVED


@on_sqlite
def test_a_letter_whose_process_dies_each_time_is_given_up_with_a_reason(db: Any) -> None:
    bench = Bench()
    bench.write(bench.order(bench.known))
    at = NOW
    for _ in range(notices.TRIES_MAX):
        assert len(run_in_transaction(notices.take_undrawn, limit=10, at=at)) == 1
        at += notices.LEASE
    assert run_in_transaction(notices.take_undrawn, limit=10, at=at) == []
    (failed,) = notice_queries.failed_notices(bench.recall)
    assert failed.fault == notices.INTERRUPTED


@on_sqlite
def test_telling_many_customers_asks_the_database_no_more_than_telling_few(db: Any) -> None:
    bench = Bench()

    def statements(customers: int) -> int:
        site, item = bench.site, given.item()
        lot = given.lot(item)
        given.stock(lot, site, "A-01", 100)
        for _ in range(customers):
            given.shipped(
                site, [(item, 1)], customer=given.partner(email="qa@buyer.example"), at=NOW - timedelta(days=9)
            )
        recall = _open(bench.person, site, lot)
        bench.do(service.stop_shipping, recall)
        _scope(recall, bench.person, place=True)
        cmd = SendNotices(key=uuid4().hex, recall=recall, who=Whom.UNTOLD)
        asked: list[str] = []

        def note(_c: Any, _cur: Any, statement: str, *_rest: Any) -> None:
            asked.append(statement)

        event.listen(db.engine, "before_cursor_execute", note)
        drafts = notice_letters.drafts_for(cmd, at=NOW)
        bench.do(notices.send_notices, cmd, drafts)
        event.remove(db.engine, "before_cursor_execute", note)
        assert len(drafts) == customers
        return len(asked)

    assert statements(2) == statements(20)
