"""Somebody new, a handheld by its link; a handheld is lost, somebody leaves: both end at the next request."""

from __future__ import annotations

import re

from wms.demo.people import PIN
from wms.tour.people import Desk, Hand
from wms.tour.report import fail, ms, must, same
from wms.tour.tale import Tale

_LOGIN, _OWN = "newcomer", "a word of my own 77"
_DEVICE = "HH-TOUR"


def play(tale: Tale) -> None:
    """All of it by the administrator's pages."""
    newcomer = _hire(tale)
    hand = _set_up_handheld(tale)
    _lose_handheld(tale, hand)
    _leave(tale, newcomer)


def _hire(tale: Tale) -> Desk:
    admin = tale.desk("admin")
    admin.open("/setup/users/new")
    admin.act("/setup/users/new", login=_LOGIN, full_name="Nora New")
    password = _shown_once(admin)
    admin.open(_page_of(tale))
    must(password not in admin.at.html, "a password for once must be shown once")
    admin.act("/roles", roles=[f"supervisor:{tale.site}"])
    desk = Desk(tale.stage.url)
    desk.log_in(_LOGIN, password)
    must(
        desk.at.url.endswith("/me/new-password"), f"the first login must ask for a password, it stands at {desk.at.url}"
    )
    desk.open("/stock")
    must(desk.at.url.endswith("/me/new-password"), "nothing else opens before")
    desk.open("/me/new-password")
    desk.act("/me/new-password", password=_OWN, again=_OWN)
    desk.open("/stock")
    same((desk.at.status, desk.at.url.endswith("/stock")), (200, True), "the stock page of the newcomer")
    tale.report.step(
        f"{_LOGIN} is made: a password shown once, changed at the first login before anything opens",
        ms(desk.at.seconds),
    )
    return desk


def _page_of(tale: Tale) -> str:
    return f"/setup/users/{tale.reads.value('SELECT id FROM user_account WHERE login = ?', _LOGIN)}"


def _shown_once(desk: Desk) -> str:
    found = desk.at.page.first("p", class_="secret")
    return found.text if found else fail(f"a secret must be shown: {desk.at.page.text[:300]}")


def _set_up_handheld(tale: Tale) -> Hand:
    admin = tale.desk("admin")
    admin.open("/setup/devices")
    admin.act("/setup/devices", name=_DEVICE, warehouse_id=str(tale.site))
    link = _shown_once(admin)
    must(admin.at.page.all("svg", class_="set-up-code"), "the link must be shown as a QR code too")
    hand = Hand(tale.stage.url)
    hand.open(link)
    must(hand.at.url.endswith("/m/login"), f"the link must end at the log-in by badge, it ended at {hand.at.url}")
    hand.log_in("BDGCOUNTER", PIN)
    hand.open("/m/count")
    same(hand.at.step, "bin", "the step of the counter on the new handheld")
    tale.report.step(
        f"handheld {_DEVICE} is set up by the link of a QR code; counter logs in by badge", ms(hand.at.seconds)
    )
    other = Hand(tale.stage.url)
    other.open(link)
    same(other.at.status, 404, "the second use of a set-up link")
    tale.report.step("refused: the same link in a second browser", ms(other.at.seconds))
    other.open("/m/login")
    return hand


def _lose_handheld(tale: Tale, hand: Hand) -> None:
    admin = tale.desk("admin")
    device = tale.reads.value("SELECT id FROM device WHERE name = ?", _DEVICE)
    admin.open("/setup/devices")
    admin.act(f"/setup/devices/{device}/revoke", reason="left in the taxi")
    hand.scan("B:A-01-1-1")
    must(
        "/login" in hand.at.url or hand.at.status == 401,
        f"a revoked handheld must not go on: {hand.at.status} {hand.at.url}",
    )
    hand.open("/m/count")
    must("/m/login" in hand.at.url, f"a revoked handheld must stand at the log-in, it stands at {hand.at.url}")
    tale.report.step(
        "the handheld is lost and revoked: its next scan is not taken, its session is over", ms(hand.at.seconds)
    )


def _leave(tale: Tale, leaver: Desk) -> None:
    admin = tale.desk("admin")
    leaver.open("/stock")
    same(leaver.at.status, 200, "the leaver's page before")
    admin.open(_page_of(tale))
    admin.act("/deactivate")
    leaver.open("/stock")
    must(re.search(r"/login(\?|$)", leaver.at.url), f"a leaver must stand at the log-in, stands at {leaver.at.url}")
    tale.report.step(
        f"{_LOGIN} leaves: the access is closed, and the open session ends at its next request", ms(leaver.at.seconds)
    )
