"""A person attaches a certificate in a real browser; what is too large is told before it is sent."""

from typing import Any

from flask import Flask

from tests import given
from tests.processes import LiveServer
from tests.unit.files.test_types_of_files import PDF
from tests.web.desk_client import PASSWORD


def test_a_certificate_is_chosen_and_hangs_on_the_lot(live_app: Flask, live_server: LiveServer, page: Any) -> None:
    with live_app.app_context():
        site = given.warehouse("W1")
        given.user("quality", "quality", site=site)
        lot = given.lot(given.item("MILK"), "L-1").id
    page.goto(f"{live_server.url}/login")
    page.fill("[name=login]", "quality")
    page.fill("[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_load_state("networkidle")
    page.goto(f"{live_server.url}/lots/{lot}")
    page.get_by_text("Attach file").first.click()
    chooser = page.locator("#f-file")
    chooser.set_input_files({"name": "large.pdf", "mimeType": "application/pdf", "buffer": b"x" * (16 * 1024 * 1024)})
    page.get_by_role("button", name="Attach file").click()
    page.get_by_text("too large together. Send at most 15 MB at once.").wait_for()
    chooser.set_input_files({"name": "page.pdf", "mimeType": "application/pdf", "buffer": b"<html></html>"})
    page.get_by_role("button", name="Attach file").click()
    page.get_by_text("“page.pdf” cannot be attached").wait_for()
    chooser.set_input_files({"name": "COA.pdf", "mimeType": "application/pdf", "buffer": PDF})
    page.get_by_label("Valid until").fill("2027-01-31")
    page.get_by_role("button", name="Attach file").click()
    page.get_by_role("link", name="COA.pdf").wait_for()
    assert "2027-01-31" in page.get_by_role("table", name="Attachments").inner_text()
    page.get_by_role("link", name="Verify").click()
    page.get_by_text("they are those that were attached").wait_for()
