"""The handheld's script in a real browser against a real server: nothing lost, nothing twice, no no overlooked."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

import jinja2
import pytest
from flask import Flask
from werkzeug.serving import make_server

from tests import given, processes
from tests.conftest import PATIENCE_MS
from wms.core.errors import LotOnHold, Unavailable
from wms.core.quantity import Quantity
from wms.mobile import messages, screen
from wms.mobile.flow import BIN, NUMBER, Flow, FlowStep, Operation, Turn, yes
from wms.web.auth import signed_in

PASSWORD = "correct horse battery"
FLOW = Flow(
    task="trial",
    title=messages.COUNT,
    carries=("seen",),
    steps=(
        FlowStep(
            "bin", accepts=(BIN,), next="bin", prompt=messages.SCAN_BIN, events={"held": "bin", "number": "number"}
        ),
        FlowStep("number", accepts=(NUMBER,), next="bin", prompt=messages.ENTER_QUANTITY),
    ),
)
PAGE = """{% extends "mobile/base.html" %}{% import "mobile/_macros.html" as hand with context %}
{% block where %}{{ seen }}{% endblock %}
{% block actions %}{{ hand.event("held", "Held") }}{{ hand.event("number", "Number") }}{% endblock %}"""


@dataclass
class Trial:
    """A task that counts bin scans, on a server that answers while `is_answering` is set."""

    url: str = ""
    taken: list[Operation] = field(default_factory=list)
    is_answering: threading.Event = field(default_factory=threading.Event)
    troubles: list[Exception] = field(default_factory=list)

    def take(self, op: Operation) -> Turn:
        assert self.is_answering.wait(processes.PATIENCE_SECONDS)
        if self.troubles:
            raise self.troubles[0]
        if op.event == "held":
            raise LotOnHold(lot="L1", reason="suspect")
        if op.event == "number":
            return Turn(step="number", state=op.state)
        if op.key not in {other.key for other in self.taken}:
            self.taken.append(op)
        if op.step.name == "number":
            return Turn(step="bin", state=op.state, message=yes(f"Got {op.found}"))
        return Turn(step="bin", state={"seen": len(self.taken)}, message=yes("Seen"))


@pytest.fixture
def trial(live_app: Flask) -> Iterator[Trial]:
    known = Trial()
    known.is_answering.set()
    with live_app.app_context():
        site = given.warehouse("W1")
        given.user("li", "picker", site=site, password=PASSWORD)
    show = lambda step, state: {"seen": state.get("seen", "0"), "scan_value": "6" if step == "number" else ""}  # noqa: E731
    live_app.add_url_rule(
        "/m/trial", "trial", signed_in(lambda: screen.run(FLOW, show=show, take=known.take)), methods=["GET", "POST"]
    )
    pages = jinja2.DictLoader({"mobile/trial/bin.html": PAGE, "mobile/trial/number.html": PAGE})
    usual = live_app.jinja_env.loader
    assert usual is not None
    live_app.jinja_env.loader = jinja2.ChoiceLoader([pages, usual])

    server = make_server("127.0.0.1", 0, live_app, threaded=True)
    known.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield known
    server.shutdown()
    thread.join()
    server.server_close()


def _enter(page: Any, trial: Trial) -> None:
    page.goto(f"{trial.url}/m/login?next=/m/trial")
    page.fill("#login", "li")
    page.fill("#password", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_selector("html.has-script [data-step=bin]")
    page.wait_for_load_state("networkidle")


def _scan(page: Any, text: str) -> None:
    page.keyboard.type(text)
    page.keyboard.press("Enter")


def test_twenty_fast_scans_over_a_slow_server_are_all_taken_once_in_order(trial: Trial, handheld: Any) -> None:
    _enter(handheld, trial)
    trial.is_answering.clear()
    codes = [f"A-0{1 + number % 4}" for number in range(20)]
    for code in codes:
        _scan(handheld, code)
    assert "20 waiting" in handheld.inner_text("#waiting"), "the queue is shown"
    trial.is_answering.set()
    handheld.wait_for_selector(".where:text-is('20')")
    assert [op.scan for op in trial.taken] == codes
    assert len({op.key for op in trial.taken}) == 20
    assert "0 waiting" in handheld.inner_text("#waiting")
    assert handheld.evaluate("document.activeElement.id") == "scan"


def test_a_lost_answer_is_asked_for_again_with_the_same_key(trial: Trial, handheld: Any) -> None:
    _enter(handheld, trial)
    posted: list[str] = []

    def lose_the_first_answer(route: Any) -> None:
        if route.request.method != "POST":
            route.continue_()
            return
        posted.append(parse_qs(route.request.post_data)["key"][0])
        if len(posted) == 1:
            route.fetch()  # the server has done it
            route.abort()  # and nobody hears of it
        else:
            route.continue_()

    handheld.route("**/m/trial", lose_the_first_answer)
    _scan(handheld, "A-01")
    handheld.wait_for_selector(".where:text-is('1')")
    assert len(trial.taken) == 1 and len(posted) == 2 and len(set(posted)) == 1


def test_a_server_that_cannot_save_is_told_and_the_scan_is_kept_and_sent_again(trial: Trial, handheld: Any) -> None:
    _enter(handheld, trial)
    trial.troubles = [Unavailable(what="the disk is full")]
    with handheld.expect_response("**/m/trial") as refused:
        _scan(handheld, "A-01")
    handheld.wait_for_selector("#frame.frame-noted")
    told = handheld.inner_text("#message")
    assert refused.value.status == 503 and refused.value.headers["x-request-id"] in told
    assert "cannot save" in told and "kept" in told and "1 waiting" in handheld.inner_text("#waiting")
    _scan(handheld, "A-02")
    assert "2 waiting" in handheld.inner_text("#waiting") and not trial.taken
    trial.troubles = []
    handheld.wait_for_selector(".where:text-is('2')")
    assert [op.scan for op in trial.taken] == ["A-01", "A-02"]
    assert "0 waiting" in handheld.inner_text("#waiting") and "kept" not in handheld.inner_text("#frame")


def test_a_server_out_of_reach_is_told_in_words(trial: Trial, handheld: Any) -> None:
    _enter(handheld, trial)
    handheld.route("**/m/trial", lambda route: route.abort())
    _scan(handheld, "A-01")
    handheld.wait_for_selector("#message:has-text('cannot be reached')")
    assert "1 waiting" in handheld.inner_text("#waiting")
    handheld.unroute("**/m/trial")
    handheld.wait_for_selector(".where:text-is('1')")
    assert len(trial.taken) == 1


def test_a_fault_of_ours_shows_its_number_in_red_and_the_step_stays(trial: Trial, handheld: Any) -> None:
    _enter(handheld, trial)
    trial.troubles = [RuntimeError("the secret inside")]
    with handheld.expect_response("**/m/trial") as broken:
        _scan(handheld, "A-01")
    handheld.wait_for_selector("#frame.frame-no")
    told = handheld.inner_text("#message")
    assert broken.value.status == 500 and broken.value.headers["x-request-id"] in told
    assert "fault of ours" in told and "secret" not in told
    assert handheld.get_attribute("#frame", "data-step") == "bin" and "0 waiting" in handheld.inner_text("#waiting")
    trial.troubles = []
    _scan(handheld, "A-01")
    handheld.wait_for_selector(".where:text-is('1')")


def test_a_no_stays_in_red_until_the_right_scan(trial: Trial, handheld: Any) -> None:
    handheld.clock.install()
    _enter(handheld, trial)
    handheld.clock.pause_at(datetime.now() + timedelta(seconds=30))  # no moment passes, however slow the machine
    _scan(handheld, "NOWHERE")
    handheld.wait_for_selector("#frame.frame-no [role=alert]")
    assert "NOWHERE" in handheld.inner_text("#message")
    _scan(handheld, "A-01")  # within the first moment: it was made before the no was seen
    assert "0 waiting" in handheld.inner_text("#waiting") and not trial.taken
    handheld.clock.run_for(800)
    _scan(handheld, "A-01")
    handheld.wait_for_selector("#frame.frame-yes")
    assert len(trial.taken) == 1


def test_an_alarm_is_passed_by_a_tap_and_by_no_scan(trial: Trial, handheld: Any) -> None:
    _enter(handheld, trial)
    handheld.click("text=Held")
    handheld.wait_for_selector("#frame.frame-alarm")
    handheld.wait_for_timeout(800)
    _scan(handheld, "A-01")
    handheld.wait_for_selector("#message:has-text('Tap the red button first')")
    assert not trial.taken and handheld.is_visible("#frame.frame-alarm")
    handheld.click("text=Understood")
    _scan(handheld, "A-01")
    handheld.wait_for_selector("#frame.frame-yes")


def test_the_soft_keyboard_stays_away_and_focus_comes_back(trial: Trial, handheld: Any) -> None:
    _enter(handheld, trial)
    assert handheld.get_attribute("#scan", "inputmode") == "none"
    handheld.tap(".content")
    handheld.wait_for_selector("#scan:focus")
    handheld.evaluate("document.activeElement.blur()")
    _scan(handheld, "A-02")
    handheld.wait_for_selector("#frame.frame-yes")
    handheld.tap("[data-type]")
    assert handheld.get_attribute("#scan", "inputmode") == "text"


def test_a_quantity_is_asked_on_our_own_keys_without_scrolling(trial: Trial, handheld: Any) -> None:
    _enter(handheld, trial)
    handheld.click("text=Number")
    handheld.wait_for_selector("[data-step=number]")
    assert handheld.input_value("#scan") == "6"
    for digit in "12":
        handheld.click(f"[data-digit='{digit}']")
    assert handheld.input_value("#scan") == "12", "the first digit replaces the proposal"
    assert handheld.evaluate("document.documentElement.scrollHeight <= innerHeight + 1")
    handheld.click("text=Send")
    handheld.wait_for_selector("text=Got 12")
    assert trial.taken[-1].found == Quantity.of(12)


def test_a_separator_typed_as_control_bracket_arrives_as_gs(trial: Trial, handheld: Any) -> None:
    handheld.goto(f"{trial.url}/m/scanner-test")
    handheld.wait_for_selector("html.has-script")
    handheld.keyboard.type("10AB")
    handheld.keyboard.press("Control+BracketRight")
    handheld.keyboard.type("17")
    handheld.keyboard.press("Enter")
    assert handheld.inner_text("#probe-signs") == "31 30 41 42 1d 31 37"


def test_a_page_works_without_script(trial: Trial, browser: Any) -> None:
    context = browser.new_context(viewport={"width": 360, "height": 640}, java_script_enabled=False)
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    page.goto(f"{trial.url}/m/login?next=/m/trial")
    page.fill("#login", "li")
    page.fill("#password", PASSWORD)
    page.click("details[open] button")
    page.fill("#scan", "A-01")
    page.click("text=Send")
    page.wait_for_selector("#frame.frame-yes")
    assert len(trial.taken) == 1
    context.close()


def test_targets_are_large_enough_for_a_glove(trial: Trial, handheld: Any) -> None:
    _enter(handheld, trial)
    for path in ("/m/trial", "/m/"):
        handheld.goto(trial.url + path)
        small = handheld.evaluate(
            "[...document.querySelectorAll('button, a, input:not([type=hidden]), select')]"
            ".filter(e => e.offsetParent && (e.offsetHeight < 48 || e.offsetWidth < 48)).map(e => e.outerHTML.slice(0, 120))"
        )
        assert small == []
        assert handheld.evaluate("document.documentElement.scrollWidth <= innerWidth"), path


def test_an_ended_session_asks_for_login_and_comes_back(trial: Trial, handheld: Any) -> None:
    _enter(handheld, trial)
    handheld.context.clear_cookies()
    _scan(handheld, "A-01")
    handheld.wait_for_selector("#password")
    assert not trial.taken
    handheld.fill("#login", "li")
    handheld.fill("#password", PASSWORD)
    handheld.keyboard.press("Enter")
    handheld.wait_for_selector("[data-step=bin]")
