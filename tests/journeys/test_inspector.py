"""An inspector at the demo, played in a browser: one menu, everything in at most three clicks, and nothing that can be changed."""

from dataclasses import dataclass, field
from typing import Any

import pytest
from sqlalchemy import text

from tests.journeys import looks
from tests.journeys.conftest import DemoSite

pytestmark = pytest.mark.browser

CLICKS_MOST = 3
LOT = "MF-0711"
#: What a form of a page may send: to go out, to read another language, to look at another warehouse.
_HARMLESS = ("/logout", "/language", "/warehouse")


@dataclass
class Inspector:
    """A person who clicks; `clicks` since the menu, `seen` the addresses."""

    page: Any
    url: str
    clicks: int = 0
    seen: list[str] = field(default_factory=list)
    changing: list[str] = field(default_factory=list)

    def begin(self) -> None:
        """Go to the menu by its entry in the rail."""
        self.page.click(".rail li a")
        self.page.wait_for_url("**/inspector")
        self.clicks = 0
        self._look()

    def click(self, selector: str, *, shows: str) -> None:
        """Click once, and wait for the heading of the page that comes."""
        self.page.click(selector)
        self.clicks += 1
        self.sees(shows, where="h1")
        self._look()

    def choose(self, words: str, *, shows: str = "") -> None:
        """Click what a tile of the menu says."""
        self.click(f".inspector-tiles h2 a:text-is('{words}')", shows=shows or words)

    def ask(self, lot: str) -> None:
        """Type a lot into the menu's field: one click of the button."""
        self.page.fill("#lot-asked", lot)
        self.click("main form button", shows=f"Lot {lot}")

    def reached(self, what: str) -> None:
        """Count what it took."""
        assert self.clicks <= CLICKS_MOST, f"{what} took {self.clicks} clicks"
        self.seen.append(what)

    def sees(self, words: str, *, where: str = "main") -> None:
        """Wait until the words stand there."""
        self.page.locator(where, has_text=words).first.wait_for(state="visible")

    def _look(self) -> None:
        self.page.wait_for_load_state("load")
        self.changing += [
            f"{self.page.url}: {action}"
            for action in self.page.eval_on_selector_all(
                "form", "all => all.filter(f => f.method === 'post').map(f => new URL(f.action).pathname)"
            )
            if not any(word in action for word in _HARMLESS)
        ]


def test_an_inspector_reaches_everything_in_three_clicks_and_changes_nothing(page: Any, demo_site: DemoSite) -> None:
    said = looks.Complaints(page)
    before = ledger_of(demo_site)
    demo_site.log_in(page, "inspector")
    page.wait_for_url("**/inspector")
    assert page.locator(".rail li a").all_inner_texts() == ["For inspectors"], "one menu"
    inspector = Inspector(page, demo_site.url)
    look_at_a_lot(inspector)
    look_at_the_warehouse(inspector)
    look_at_a_work_order(inspector)
    look_at_a_recall(inspector)
    look_at_the_proofs(inspector)
    look_beside_a_field(inspector, order_on_its_way(demo_site))
    assert inspector.seen == [
        "lot card", "mass balance", "shipments of a lot", "history", "stock as of", "quarantine age", "work order genealogy",
        "recall report", "audit", "role matrix", "backup proof", "audit beside a field",
    ]  # fmt: skip
    assert not inspector.changing, "\n".join(dict.fromkeys(inspector.changing))
    assert ledger_of(demo_site) == before
    assert not said.take()


def ledger_of(demo_site: DemoSite) -> tuple[Any, ...]:
    """How far the ledger and the audit trail are."""
    from wms.db import db

    with demo_site.app.app_context():
        found = db.session.execute(
            text("SELECT (SELECT max(seq) FROM stock_posting), (SELECT count(*) FROM lot), (SELECT count(*) FROM hold)")
        ).one()
        db.session.rollback()
    return tuple(found)


def order_on_its_way(demo_site: DemoSite) -> str:
    """An order whose state was changed since it came."""
    from wms.db import db

    with demo_site.app.app_context():
        number = db.session.execute(
            text("SELECT number FROM customer_order WHERE id = (SELECT min(order_id) FROM pick_list)")
        ).scalar_one()
        db.session.rollback()
    return str(number)


def look_at_a_lot(inspector: Inspector) -> None:
    """The card of a lot carries its balance and its deliveries; the history is one click on."""
    inspector.begin()
    inspector.ask(LOT)
    for words, what in (
        ("Traceability lot code", "lot card"), ("Mass balance", "mass balance"), ("To whom it went", "shipments of a lot"),
    ):  # fmt: skip
        inspector.sees(words)
        inspector.reached(what)
    inspector.sees("balanced", where="main .chip")
    inspector.click("a:text-is('History')", shows=LOT)
    inspector.reached("history")


def look_at_the_warehouse(inspector: Inspector) -> None:
    """What stood where at a past moment; what is kept from use, and since when."""
    inspector.begin()
    inspector.choose("Stock as of")
    inspector.page.locator("main tbody tr").first.wait_for(state="visible")
    inspector.reached("stock as of")
    inspector.begin()
    inspector.choose("Quarantine by age")
    inspector.sees("Days here", where="main th")
    inspector.reached("quarantine age")


def look_at_a_work_order(inspector: Inspector) -> None:
    """From the list to an order, and on to all that went into it and became of it."""
    inspector.begin()
    inspector.choose("Work orders")
    inspector.click("main td a.code:has-text('WO-B') >> nth=0", shows="Work order WO-B")
    inspector.click("a[href*='kind=work_order']", shows="Trace of")
    inspector.page.locator(".trace-figures").wait_for(state="visible")
    inspector.reached("work order genealogy")


def look_at_a_recall(inspector: Inspector) -> None:
    """The report of a recall is a PDF, one click from its page."""
    inspector.begin()
    inspector.choose("Recalls and drills", shows="Recalls")
    inspector.click("main td a.code >> nth=0", shows="Drill")
    paper = inspector.page.get_attribute("a:text-is('PDF') >> nth=0", "href")
    answer = inspector.page.request.get(inspector.url + paper)
    inspector.clicks += 1
    assert answer.status == 200 and answer.body().startswith(b"%PDF")
    inspector.reached("recall report")


def look_at_the_proofs(inspector: Inspector) -> None:
    """Who changed what; who may do what; when a backup was made and how far it was tried."""
    for tile, what in (("Audit trail", "audit"), ("Role matrix", "role matrix"), ("Backups", "backup proof")):
        inspector.begin()
        inspector.choose(tile, shows="Roles" if tile == "Role matrix" else tile)
        inspector.reached(what)


def look_beside_a_field(inspector: Inspector, order: str) -> None:
    """On the page of an order the pencil beside its state opens who changed it, when and from what."""
    inspector.begin()
    inspector.page.fill("#q", order)
    inspector.page.keyboard.press("Enter")
    inspector.clicks += 1
    inspector.sees(f"Order {order}", where="h1")
    inspector.page.click("main .past > summary >> nth=0")
    inspector.clicks += 1
    inspector.page.locator("main .past[open] > :not(summary)").first.wait_for(state="visible")
    inspector.reached("audit beside a field")
