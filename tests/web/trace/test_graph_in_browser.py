"""The graph of a trace in a real browser: its lines, its keys, unfolding and searching without leaving the page."""

from typing import Any

from flask import Flask

from tests import given
from tests.processes import LiveServer
from tests.web.desk_client import PASSWORD
from tests.web.trace.test_trace_pages import link


def test_the_graph_is_walked_unfolded_and_searched(live_app: Flask, live_server: LiveServer, page: Any) -> None:
    from playwright.sync_api import expect

    with live_app.app_context():
        site = given.warehouse("W1")
        given.user("quinn", "quality", site=site)
        flour, dough = given.lot(given.item("FLOUR"), "F1"), given.item("DOUGH")
        doughs = [given.lot(dough, f"D-{place:02}") for place in range(1, 31)]
        given.keep(*(link(flour, one, 1) for one in doughs))
        lot = flour.id
    page.goto(f"{live_server.url}/login")
    page.fill("[name=login]", "quinn")
    page.fill("[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_load_state("networkidle")
    page.goto(f"{live_server.url}/trace?lot={lot}")
    expect(page.locator(".graph-lines path")).to_have_count(10)

    page.locator(".graph-card").first.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.querySelector('.code').textContent") == "D-02"
    expect(page.locator(".graph-lines path.is-on")).to_have_count(1)
    page.keyboard.press("ArrowLeft")
    assert page.evaluate("document.activeElement.querySelector('.code').textContent") == "F1"

    page.get_by_text("+20 more").click()
    expect(page.locator(".graph-lines path")).to_have_count(30)
    page.goto(f"{live_server.url}/trace?lot={lot}")
    page.get_by_label("Find lot or item in the graph").fill("d-27")
    page.locator(".graph-card.is-found", has_text="D-27").wait_for()
    expect(page.locator(".graph-lines path")).to_have_count(10)
