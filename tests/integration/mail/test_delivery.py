"""Messages leave with the commit, arrive at a real mail server, and are never lost; what cannot arrive is told aloud."""

from __future__ import annotations

import dataclasses
import hashlib
import os
import socket
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from config import Config
from tests import given
from tests.fakes.mailbox import PASSWORD, USER, Mailbox, mail_server
from tests.processes import free_port
from wms.alerts.models import Alert, AlertKind, AlertState
from wms.core.clock import now
from wms.core.errors import FieldErrors, KeyReused, ProgrammingError, WrongState
from wms.core.ids import MailId, UserId
from wms.db import run_in_transaction
from wms.jobs import mailing
from wms.mail import queries, rules, sender, service
from wms.mail.models import Mail, MailTry, RecipientState, TryOutcome
from wms.mail.service import Address, Attached

on_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Mailbox]:
    with mail_server(tmp_path) as one:
        yield one


def settings(config: Config, box: Mailbox, **more: Any) -> Config:
    """The settings of an installation that sends by this server."""
    said: dict[str, Any] = {
        "smtp_port": box.port,
        "smtp_security": "plain",
        "smtp_wait_seconds": 5,
        "mail_tries": 3,
    } | more
    return dataclasses.replace(
        config,
        smtp_host="127.0.0.1",
        mail_from="wms@plant.example",
        mail_from_name="Plant 一厂",
        **said,
    )


def queue(to: Any = "qa@buyer.example", **more: Any) -> MailId:
    """Write a message, and commit."""
    said: dict[str, Any] = {
        "subject": "Recall of lot 24-07 批次召回", "body": "Stop selling.\n请立即停止销售。\n請立即停止銷售。\n",
        "subject_kind": "recall_notice", "subject_id": 7, "language": "zh_Hans_CN", "actor": None, "at": now(),
    } | more  # fmt: skip
    return run_in_transaction(service.queue_mail, to, said.pop("subject"), said.pop("body"), **said)


def states(db: Any, mail: MailId) -> dict[str, RecipientState]:
    db.session.expire_all()
    return {one.address: one.state for one in db.session.get_one(Mail, mail).recipients}


def make_due(db: Any, mail: MailId) -> None:
    """Let the time of the next try, and of any lease, have come."""

    def do() -> None:
        row = db.session.get_one(Mail, mail, populate_existing=True)
        row.leased_until_at = None
        for one in row.recipients:
            one.next_at = now() - timedelta(seconds=1)

    run_in_transaction(do)


def alerts_of(db: Any) -> list[Alert]:
    return list(
        db.session.query(Alert).filter(Alert.kind == AlertKind.MAIL_FAILED, Alert.state != AlertState.RESOLVED).all()
    )


def warn(found: dict[str, int], config: Config, at: Any = None) -> dict[str, int]:
    return run_in_transaction(mailing.warn_of_mail, found=found, config=config, actor=UserId(1), at=at or now())


def test_a_message_arrives_whole_with_its_letter_and_three_languages(db: Any, config: Config, box: Mailbox) -> None:
    letter = b"%PDF-1.7 a letter"
    digest = hashlib.sha256(letter).hexdigest()
    path = config.data_dir / "files" / digest[:2] / digest
    path.parent.mkdir(parents=True)
    path.write_bytes(letter)
    attached = Attached(sha256=digest, content_type="application/pdf", size_bytes=len(letter), name="召回通知 R-1.pdf")
    mail = queue([Address("qa@buyer.example", "质量部"), "boss@buyer.example"], attachments=[attached])
    assert sender.deliver_due(config=settings(config, box)) == {"sent": 2, "put_off": 0, "given_up": 0}
    (came,) = box.taken
    assert came.sender == "wms@plant.example" and came.to == ("qa@buyer.example", "boss@buyer.example")
    message = came.message
    assert message["Subject"] == "Recall of lot 24-07 批次召回"
    assert str(message["From"]) == "Plant 一厂 <wms@plant.example>" and "质量部" in str(message["To"])
    body = message.get_body(("plain",))
    assert (
        body is not None
        and body.get_content().replace("\r\n", "\n") == "Stop selling.\n请立即停止销售。\n請立即停止銷售。\n"
    )
    (part,) = message.iter_attachments()
    assert part.get_filename() == "召回通知 R-1.pdf" and part.get_content() == letter
    kept = db.session.get_one(Mail, mail, populate_existing=True)
    assert message["Message-ID"] == f"<{kept.message_id}>" and kept.message_id.endswith("@plant.example")
    assert set(states(db, mail).values()) == {RecipientState.SENT}
    assert sender.deliver_due(config=settings(config, box)) == {"sent": 0, "put_off": 0, "given_up": 0}
    assert len(box.taken) == 1


def test_what_is_rolled_back_was_never_written(db: Any, config: Config, box: Mailbox) -> None:
    def write_and_fail() -> None:
        service.queue_mail(
            "qa@buyer.example", "s", "b", subject_kind="test", subject_id=None, language="en", actor=None, at=now()
        )
        raise WrongState(subject="x", state="y", event="z", needed=[])

    with pytest.raises(WrongState):
        run_in_transaction(write_and_fail)
    assert sender.deliver_due(config=settings(config, box))["sent"] == 0 and box.taken == []
    with pytest.raises(ProgrammingError):
        service.queue_mail(
            "qa@buyer.example", "s", "b", subject_kind="test", subject_id=None, language="en", actor=None, at=now()
        )


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_another_message_under_the_same_key_is_refused_whatever_differs(db: Any) -> None:
    paper = service.Attached(sha256="a" * 64, content_type="application/pdf", size_bytes=9, name="a.pdf")

    def write(to: Any = "qa@buyer.example", *, body: str = "b", **more: Any) -> Any:
        said: dict[str, Any] = {
            "subject_kind": "test",
            "subject_id": None,
            "language": "en",
            "attachments": [paper],
        } | more
        return run_in_transaction(service.queue_mail, to, "s", body, key="k", actor=None, at=now(), **said)

    made = write()
    assert write() == made
    for other in (
        {"to": "else@buyer.example"}, {"to": ["qa@buyer.example", "two@buyer.example"]}, {"body": "c"}, {"language": "zh_Hans_CN"},
        {"attachments": []}, {"attachments": [dataclasses.replace(paper, sha256="b" * 64)]}, {"subject_id": 5},
    ):  # fmt: skip
        with pytest.raises(KeyReused):
            write(**other)
    assert db.session.query(Mail).count() == 1


def test_each_address_stands_by_itself_one_taken_one_later_one_never(db: Any, config: Config, box: Mailbox) -> None:
    box.answers["full@buyer.example"].extend(["452 box full", "452 box full"])
    box.answers["gone@buyer.example"].append("550 no such person")
    mail = queue(["qa@buyer.example", "full@buyer.example", "gone@buyer.example"])
    setting = settings(config, box)
    assert sender.deliver_due(config=setting) == {"sent": 1, "put_off": 1, "given_up": 1}
    assert states(db, mail) == {
        "qa@buyer.example": RecipientState.SENT,
        "full@buyer.example": RecipientState.WAITING,
        "gone@buyer.example": RecipientState.FAILED,
    }
    assert sender.deliver_due(config=setting)["put_off"] == 0, "the next try is not due yet"
    make_due(db, mail)
    assert sender.deliver_due(config=setting) == {"sent": 0, "put_off": 1, "given_up": 0}
    make_due(db, mail)
    assert sender.deliver_due(config=setting) == {"sent": 1, "put_off": 0, "given_up": 0}
    assert [one.to for one in box.taken] == [("qa@buyer.example",), ("full@buyer.example",)]
    assert box.taken[0].message["Message-ID"] == box.taken[1].message["Message-ID"]
    told = [row.tried.answer for row in queries.tries_of(mail)]
    assert "550 no such person" in told and told.count("452 box full") == 2


@on_sqlite
def test_an_address_given_up_rings_until_it_is_sent_again_or_cancelled(db: Any, config: Config, box: Mailbox) -> None:
    setting, person = settings(config, box), given.user("clerk", "quality")
    box.answers["gone@buyer.example"].append("550 no such person")
    mail, other = queue("gone@buyer.example"), queue("late@buyer.example")
    box.answers["late@buyer.example"].extend(["451 later"] * 3)
    warn(sender.deliver_due(config=setting), setting)
    (alert,) = alerts_of(db)
    assert alert.subject_id == mail and alert.data["recipient"] == "gone@buyer.example"
    assert alert.data["error"] == "550 no such person"
    for _ in range(2):
        make_due(db, other)
        warn(sender.deliver_due(config=setting), setting)
    assert {one.subject_id for one in alerts_of(db)} == {mail, other}, "after so many tries the address is given up"
    run_in_transaction(service.send_again, mail, address="new@buyer.example", actor=person, at=now())
    run_in_transaction(service.cancel, other, actor=person, at=now())
    warn(sender.deliver_due(config=setting), setting)
    assert alerts_of(db) == [] and states(db, mail) == {"new@buyer.example": RecipientState.SENT}
    assert states(db, other) == {"late@buyer.example": RecipientState.CANCELLED}
    outcomes = [row.tried.outcome for row in queries.tries_of(mail)]
    assert outcomes == [TryOutcome.ACCEPTED, TryOutcome.RENEWED, TryOutcome.REFUSED]
    with pytest.raises(WrongState):
        run_in_transaction(service.send_again, mail, actor=person, at=now())
    with pytest.raises(WrongState):
        run_in_transaction(service.cancel, mail, actor=person, at=now())


@on_sqlite
def test_a_server_that_takes_nothing_for_long_is_told_of_before_messages_are_given_up(
    db: Any, config: Config, box: Mailbox
) -> None:
    setting = settings(config, box, smtp_port=free_port())
    for number in range(3):
        queue(key=f"k{number}", at=now() - timedelta(minutes=40))
    found = sender.deliver_due(config=setting)
    assert found == {"sent": 0, "put_off": 1, "given_up": 0}, "one knock at a closed door is enough for a run"
    assert warn(found, setting)["late"] == 1
    (alert,) = alerts_of(db)
    assert "Connection refused" in alert.data["error"]
    for mail in db.session.query(Mail).all():
        make_due(db, mail.id)
    warn(sender.deliver_due(config=settings(config, box)), setting)
    assert alerts_of(db) == [] and len(box.taken) == 3


@on_sqlite
def test_a_line_that_breaks_in_the_middle_puts_off_and_the_repeat_is_known_for_one(
    db: Any, config: Config, box: Mailbox
) -> None:
    setting = settings(config, box)
    box.at_data.append(box.dies)
    first, second = queue(key="a"), queue("second@buyer.example", key="b")
    assert sender.deliver_due(config=setting) == {"sent": 1, "put_off": 1, "given_up": 0}
    assert states(db, first) == {"qa@buyer.example": RecipientState.WAITING}
    assert states(db, second) == {"second@buyer.example": RecipientState.SENT}, "the next goes by a fresh line"
    make_due(db, first)
    box.at_data.append(lambda _server: "554 refused for its content")
    assert sender.deliver_due(config=setting)["given_up"] == 1
    answers = [row.tried.answer for row in queries.tries_of(first)]
    assert answers[0] == "554 refused for its content"


@on_sqlite
def test_a_server_that_says_nothing_is_left_when_the_patience_ends(db: Any, config: Config) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        setting = settings(config, Mailbox(port=silent.getsockname()[1]), smtp_wait_seconds=1)
        mail = queue()
        assert sender.deliver_due(config=setting) == {"sent": 0, "put_off": 1, "given_up": 0}
    assert [row.tried.answer for row in queries.tries_of(mail)] == ["no answer in time"]


def _deliver(config: Config) -> Any:
    return sender.deliver_due(config=config)


def test_a_process_killed_after_the_server_took_it_sends_it_again_with_the_same_message_id(
    db: Any, config: Config, box: Mailbox, run_at_once: Callable[..., Any]
) -> None:
    setting = settings(config, box)
    mail = queue()
    pids: list[int] = []

    def find_child() -> int:
        pids.append(_pid_of_peer(box.port))
        return pids[-1]

    box.at_data.append(box.kills(find_child))
    db.session.remove()
    with pytest.raises(RuntimeError, match="-9"):
        run_at_once(_deliver, [(setting,)])
    assert pids and pids[0] != os.getpid() and len(box.taken) == 1
    assert sender.deliver_due(config=setting)["sent"] == 0, "the lease of the dead process stands"
    with pytest.raises(WrongState):
        run_in_transaction(service.cancel, mail, actor=UserId(1), at=now())
    make_due(db, mail)
    assert sender.deliver_due(config=setting) == {"sent": 1, "put_off": 0, "given_up": 0}
    assert len({one.message["Message-ID"] for one in box.taken}) == 1 and len(box.taken) == 2
    assert set(states(db, mail).values()) == {RecipientState.SENT}


def _pid_of_peer(port: int) -> int:
    """Find the process at the other end of a connection to a port of this machine, by the tables of the system."""
    wanted = f":{port:04X}"
    inodes = {
        fields[9]
        for line in Path("/proc/net/tcp").read_text().splitlines()[1:]
        if (fields := line.split())[2].endswith(wanted) and fields[3] == "01"
    }
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            links = {os.readlink(one) for one in (folder / "fd").iterdir()}
        except OSError:
            continue
        if links & {f"socket:[{inode}]" for inode in inodes}:
            return int(folder.name)
    raise AssertionError("nobody is connected")


def test_two_processes_deliver_each_message_once(
    db: Any, config: Config, box: Mailbox, run_at_once: Callable[..., Any]
) -> None:
    setting = settings(config, box)
    for number in range(12):
        queue(key=f"k{number}")
    db.session.remove()
    outcomes = run_at_once(_deliver, [(setting,), (setting,)])
    assert sum(one.value["sent"] for one in outcomes) == 12
    assert len({one.message["Message-ID"] for one in box.taken}) == len(box.taken) == 12


@on_sqlite
@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_log_in_goes_over_an_encrypted_line_alone_and_the_certificate_is_checked(
    db: Any, config: Config, tmp_path: Path, security: str
) -> None:
    with mail_server(tmp_path, security=security, needs_login=security == "starttls") as box:
        login = {"smtp_user": USER, "smtp_password": PASSWORD} if security == "starttls" else {}
        queue()
        stranger = settings(config, box, smtp_security=security, **login)
        assert sender.deliver_due(config=stranger)["put_off"] == 1 and box.taken == []
        for mail in db.session.query(Mail).all():
            make_due(db, mail.id)
        good = dataclasses.replace(stranger, smtp_ca=box.ca)
        if login:
            wrong = dataclasses.replace(good, smtp_password="not it")
            assert sender.deliver_due(config=wrong)["put_off"] == 1 and box.taken == []
            told = str(db.session.query(MailTry.answer).all())
            assert "log-in refused: 535" in told and "not it" not in told
            for mail in db.session.query(Mail).all():
                make_due(db, mail.id)
        assert sender.deliver_due(config=good)["sent"] == 1 and len(box.taken) == 1


@on_sqlite
def test_a_letter_that_was_changed_on_disk_does_not_leave(db: Any, config: Config, box: Mailbox) -> None:
    digest = hashlib.sha256(b"as it was kept").hexdigest()
    path = config.data_dir / "files" / digest[:2] / digest
    path.parent.mkdir(parents=True)
    path.write_bytes(b"something else")
    mail = queue(
        attachments=[Attached(sha256=digest, content_type="application/pdf", size_bytes=14, name="letter.pdf")]
    )
    assert sender.deliver_due(config=settings(config, box))["given_up"] == 1 and box.taken == []
    assert "letter.pdf" in queries.tries_of(mail)[0].tried.answer


@on_sqlite
@pytest.mark.parametrize(
    ("to", "subject", "body"),
    [
        ("qa@buyer.example\r\nBcc: all@world.example", "s", "b"),
        ("qa@buyer.example", "Recall\r\nBcc: all@world.example", "b"),
        ("qa@buyer.example", "Recall\nX: y", "b"),
        ("qa@buyer.example", "Recall\u2028X: y", "b"),
        ("qa@buyer.example", "s", "b\x00"),
        (Address("qa@buyer.example", "QA\r\nBcc: all@world.example"), "s", "b"),
        ("qa@buyer", "s", "b"),
        ("<qa@buyer.example>", "s", "b"),
        ("qa..b@buyer.example", "s", "b"),
        ("质量@buyer.example", "s", "b"),
        ([], "s", "b"),
        ("qa@buyer.example", " ", "b"),
        ("qa@buyer.example", "s" * 201, "b"),
    ],
)  # fmt: skip
def test_nothing_can_be_slipped_into_a_header(db: Any, to: Any, subject: str, body: str) -> None:
    with pytest.raises(FieldErrors):
        queue(to, subject=subject, body=body)
    assert db.session.query(Mail).count() == 0


@on_sqlite
def test_a_message_with_a_key_is_written_once(db: Any) -> None:
    assert queue(key="k") == queue(key="k")
    with pytest.raises(KeyReused):
        queue(key="k", subject="another")


def test_the_delay_grows_to_four_hours() -> None:
    minutes = [int(rules.delay(tries).total_seconds() // 60) for tries in range(1, 12)]
    assert minutes == [1, 2, 4, 8, 16, 32, 64, 128, 240, 240, 240]
