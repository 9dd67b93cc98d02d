"""The customers of a recall are told in their language, their answers count, and nothing is ever sent for a drill."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from config import Config
from tests import given
from tests.fakes.mailbox import mail_server
from tests.given import NOW, q
from tests.integration.recall.test_recalls import _do, _open, _scope
from wms.core.errors import FieldErrors, KeyReused, MissingField, NotShippedTo, RecallIsDrill, WrongState
from wms.core.ids import RecallId
from wms.mail import sender
from wms.mail.models import Mail
from wms.recall import notice_letters, notice_queries, notices, service
from wms.recall.models import OutsideFate, Recall
from wms.recall.notice_models import NoticeWay
from wms.recall.notices import RecordReply, ReplyLine
from wms.recall.queries import outside, recalls
from wms.recall.rules.steps import RecallStep

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

    def drafts(self, db: Any, *partners: Any, language: str = "") -> list[Any]:
        recall = db.session.get_one(Recall, self.recall)
        views = self.views()
        return [
            notice_letters.draft(
                recall, views[one.id], language=language, at=NOW,
                way=NoticeWay.EMAIL if views[one.id].party.email else NoticeWay.LETTER,
            )
            for one in partners
        ]  # fmt: skip

    def send(self, db: Any, *partners: Any, **more: Any) -> Any:
        return self.do(notices.send_notices, self.recall, self.drafts(db, *partners, **more))


def test_customers_are_told_and_the_clock_stops_when_all_were(
    db: Any, app: Flask, config: Config, tmp_path: Path
) -> None:
    bench = Bench()
    views = bench.views()
    assert [views[one.id].lacks_contact for one in (bench.known, bench.unknown)] == [False, True]
    bench.send(db, bench.known)
    assert RecallStep.NOTIFY not in recalls.done_steps(bench.recall)
    bench.send(db, bench.unknown)
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


def test_who_has_not_answered_is_told_again_and_answers_count(db: Any) -> None:
    bench = Bench()
    bench.send(db, bench.known, bench.unknown)
    bench.send(db, bench.known)
    assert [one.round for one in bench.views()[bench.known.id].notices] == [1, 2]
    party = bench.views()[bench.known.id].party
    cmd = RecordReply(
        key="r", recall=bench.recall, party=party.id, way=NoticeWay.PHONE, contact="Ms Li", received_at=NOW,
        lines=(ReplyLine(lot=bench.lot.id, on_hand=q(5), used=q(11), destroyed=q(4), to_return=q(15)),),
    )  # fmt: skip
    made = bench.do(notices.record_reply, cmd)
    assert bench.do(notices.record_reply, cmd) == made
    with pytest.raises(KeyReused):
        bench.do(notices.record_reply, dataclasses.replace(cmd, party=bench.views()[bench.unknown.id].party.id))
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
def test_a_drill_writes_to_nobody_but_has_its_list(db: Any, app: Flask) -> None:
    bench = Bench(is_mock=True)
    drafts = bench.drafts(db, bench.known)
    with pytest.raises(RecallIsDrill):
        bench.do(notices.send_notices, bench.recall, drafts)
    assert db.session.query(Mail).count() == 0
    recall = db.session.get_one(Recall, bench.recall)
    assert {row[6] for row in notice_letters.rows(recall)} == {bench.lot.number}
    assert notice_letters.list_pdf(recall, at=NOW)[:5] == b"%PDF-"


@on_sqlite
def test_nobody_is_told_before_the_goods_are_held_and_an_address_is_set_right_first(db: Any) -> None:
    early = Bench(is_held=False)
    with pytest.raises(WrongState):
        early.do(notices.send_notices, early.recall, [])
    bench = Bench()
    party = bench.views()[bench.unknown.id].party.id
    (draft,) = bench.drafts(db, bench.unknown)
    with pytest.raises(MissingField):
        bench.do(notices.send_notices, bench.recall, [dataclasses.replace(draft, way=NoticeWay.EMAIL)])
    contact = {"phone": "", "contact": "", "language": "en"}
    with pytest.raises(FieldErrors):
        bench.do(notices.set_contact, bench.recall, party, email="x@y.example\nBcc: z", **contact)
    bench.do(notices.set_contact, bench.recall, party, email="new@buyer.example", **contact)
    bench.send(db, bench.unknown, language="zh_Hans_CN")
    assert bench.views()[bench.unknown.id].notices[0].sent_to == "new@buyer.example"
