"""A walk over every page, on the demo warehouses: each in three widths and three languages; axe where it is English.

The pages come from the URL map: a new page is walked without a word here, unless its address has a part that GIVEN
does not know yet, which fails.
"""

import tempfile
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text
from werkzeug.routing import Rule

from config import Config
from tests.conftest import PATIENCE_MS
from tests.journeys import looks
from tests.journeys.conftest import EVERYONE, DemoSite
from wms.app import create_app

pytestmark = pytest.mark.browser

WIDTHS = {1280: 800, 480: 854, 360: 640}
AXE_WIDTHS = (1280, 360)
LANGUAGES = ("en", "zh_Hans_CN", "zh_Hant_TW")

#: A row of the demo for each part of an address, and for what must be asked beside it.
GIVEN = {
    "lot_id": "SELECT lot_id FROM stock_balance WHERE allocated > 0 ORDER BY id LIMIT 1",
    "pending_lot_id": "SELECT lot_id FROM stock_balance WHERE quality = 'pending' AND on_hand > 0 ORDER BY id LIMIT 1",
    "bin_id": "SELECT bin_id FROM stock_balance WHERE allocated > 0 ORDER BY id LIMIT 1",
    "lpn_id": "SELECT lpn_id FROM stock_balance WHERE on_hand > 0 AND lpn_id <> 0 ORDER BY id LIMIT 1",
    "hold_id": "SELECT id FROM hold WHERE lifted_at IS NULL ORDER BY id LIMIT 1",
    "user_id": "SELECT id FROM user_account WHERE login = 'picker'",
    "item_id": "SELECT id FROM item ORDER BY id LIMIT 1",
    "partner_id": "SELECT id FROM partner ORDER BY id LIMIT 1",
    "warehouse_id": "SELECT id FROM warehouse ORDER BY id LIMIT 1",
    "zone_id": "SELECT z.id FROM zone z JOIN warehouse w ON w.id = z.warehouse_id ORDER BY w.code, z.code LIMIT 1",
    "order_id": "SELECT order_id FROM pick_list ORDER BY id LIMIT 1",
    "order_line_id": "SELECT id FROM order_line WHERE order_id = (SELECT order_id FROM pick_list ORDER BY id LIMIT 1) LIMIT 1",
    "asn_id": "SELECT id FROM asn ORDER BY id LIMIT 1",
    "receipt_id": "SELECT r.id FROM receipt r JOIN warehouse w ON w.id = r.warehouse_id ORDER BY w.code, r.id DESC LIMIT 1",
    "purchase_order_id": "SELECT p.id FROM purchase_order p JOIN warehouse w ON w.id = p.warehouse_id ORDER BY w.code, p.id LIMIT 1",
    "shipment_id": "SELECT id FROM shipment ORDER BY id LIMIT 1",
    "pick_list_id": "SELECT id FROM pick_list ORDER BY id LIMIT 1",
    "portal_id": "SELECT id FROM portal ORDER BY id LIMIT 1",
    "reader_id": "SELECT id FROM reader ORDER BY id LIMIT 1",
    "gateway_id": "SELECT id FROM gateway ORDER BY id LIMIT 1",
    "passage_id": "SELECT id FROM passage WHERE decision = 'alarm' ORDER BY id LIMIT 1",
    "tag_id": "SELECT tag_id FROM passage WHERE lpn_id IS NULL ORDER BY id LIMIT 1",
    "alert_id": "SELECT id FROM alert ORDER BY id LIMIT 1",
    "task_id": "SELECT id FROM task ORDER BY id LIMIT 1",
    "paper_id": "SELECT id FROM nonconformance ORDER BY id LIMIT 1",
    "destruction_id": "SELECT id FROM destruction ORDER BY id LIMIT 1",
    "file_id": "SELECT id FROM stored_file WHERE kind = 'certificate' ORDER BY id LIMIT 1",
    "field_id": "SELECT id FROM own_field WHERE type = 'choice' ORDER BY id LIMIT 1",
    "inspection_id": "SELECT id FROM inspection WHERE state = 'open' ORDER BY id LIMIT 1",
    "number": "SELECT 1",
    "plan_id": "SELECT id FROM inspection_plan ORDER BY id LIMIT 1",
    "sample_id": "SELECT id FROM sample ORDER BY id LIMIT 1",
    "supplier_id": "SELECT supplier_id FROM sampling_state ORDER BY id LIMIT 1",
    "problem_id": "SELECT id FROM problem ORDER BY id LIMIT 1",
    "case_id": "SELECT id FROM hold_case ORDER BY id LIMIT 1",
    "retest_lot_id": "SELECT id FROM lot WHERE retest_on IS NOT NULL ORDER BY id LIMIT 1",
    "refusal_id": "SELECT id FROM refusal ORDER BY id LIMIT 1",
    "return_id": "SELECT id FROM supplier_return ORDER BY id LIMIT 1",
    "open_receipt_id": "SELECT r.id FROM receipt r JOIN warehouse w ON w.id = r.warehouse_id WHERE r.state = 'open' ORDER BY w.code, r.id LIMIT 1",
    "run_id": "SELECT id FROM import_run ORDER BY id LIMIT 1",
    "kind": "SELECT 'lots'",
    "pattern_id": "SELECT id FROM supplier_lot_pattern ORDER BY id LIMIT 1",
    "rule_id": "SELECT id FROM lot_number_rule ORDER BY id LIMIT 1",
    "printer_id": "SELECT id FROM printer ORDER BY id LIMIT 1",
    "complaint_id": "SELECT id FROM complaint ORDER BY id LIMIT 1",
    "capa_id": "SELECT id FROM capa ORDER BY id LIMIT 1",
    "mail_id": "SELECT id FROM mail_message ORDER BY id LIMIT 1",
    "recall_id": "SELECT recall_id FROM recall_version ORDER BY id LIMIT 1",
    "party_id": "SELECT id FROM recall_party WHERE recall_id = (SELECT recall_id FROM recall_version ORDER BY id LIMIT 1) ORDER BY id LIMIT 1",
    "unit_id": "SELECT id FROM unit ORDER BY id LIMIT 1",
    "bom_id": "SELECT id FROM bom ORDER BY id LIMIT 1",
    "line_id": "SELECT id FROM production_line ORDER BY id LIMIT 1",
    "team_id": "SELECT id FROM team ORDER BY id LIMIT 1",
    "machine_id": "SELECT id FROM machine ORDER BY id LIMIT 1",
    "vessel_id": "SELECT id FROM vessel ORDER BY id LIMIT 1",
    "work_order_id": "SELECT id FROM work_order ORDER BY id LIMIT 1",
    "report_id": "SELECT id FROM production_report WHERE reversed_at IS NULL ORDER BY id LIMIT 1",
    "started_order_id": "SELECT id FROM work_order WHERE state = 'started' ORDER BY id LIMIT 1",
    "planned_order_id": "SELECT id FROM work_order WHERE state = 'planned' ORDER BY id LIMIT 1",
    "unused_bom_id": "SELECT id FROM bom b WHERE NOT EXISTS (SELECT 1 FROM work_order w WHERE w.bom_id = b.id) ORDER BY id LIMIT 1",
    "lots_beginning": "SELECT 'MF-07'",
    "name": "SELECT 'retention'",
    "form": "SELECT 'png'",
}
#: What is asked beside an address, and the parts that one address means in another way.
ASKED = {
    "quality.new_hold": "lot={lot_id}&bin={bin_id}",
    "stock.sheet": "lot={lot_id}",
    "disposition.new_nonconformance": "lot={lot_id}",
    "disposition.new_destruction": "lot={lot_id}",
    "inspection.new_inspection": "lot={pending_lot_id}",
    "inspection.new_sample": "inspection={inspection_id}",
    "stock.print_labels": "lot={lot_id}",
    "mobile.receive_arrival": "receipt={open_receipt_id}",
    "holds.new_case": "look=1&item_class=food",
    "desk.find": "q=A",
    "inspector.find_lot": "q={lots_beginning}",
    "regulatory.fsma204": "code=MF-0711",
    "regulatory.fsma204_sheet": "code=MF-0711",
    "trace.trace": "lot={lot_id}",
    "trace.export": "lot={lot_id}",
    "production.new_rework": "lot={lot_id}",
    "sites.bin_labels": "q=A-01",
    "sites.racks": "zone={zone_id}&aisles=X-Z&bays=4&levels=3&positions=2&face_levels=1&is_serpentine=1",
}
MEANT = {
    "trace.export": {"form": "csv"},
    "trace.history_file": {"form": "csv"},
    "complaints.export": {"form": "csv"},
    "complaints.export_capas": {"form": "csv"},
    "gaps.export": {"form": "csv"},
    "regulatory.fsma204_sheet": {"form": "csv"},
    "recall_notices.list_file": {"form": "xlsx"},
    "receiving.purchase_order": {"order_id": "purchase_order_id"},
    "disposition.verdict": {"lot_id": "pending_lot_id"},
    "evidence.audit_sheet": {"form": "csv"},
    "evidence.stock_as_of_sheet": {"form": "csv"},
    "reports.stock": {"form": "csv"},
    "reports.holds": {"form": "csv"},
    "reports.items": {"form": "csv"},
    "reports.receipts": {"form": "csv"},
    "reports.nonconformances": {"form": "csv"},
    "reports.inspections": {"form": "csv"},
    "imports.verdicts": {"form": "csv"},
    "imports.template": {"form": "csv"},
    "holds.retest_of": {"lot_id": "retest_lot_id"},
    "disposition.destruction": {"paper_id": "destruction_id"},
    "production.edit_order": {"order_id": "planned_order_id"},
    "production.order": {"order_id": "work_order_id"},
    "production_issues.issues": {"order_id": "work_order_id"},
    "production_issues.closing": {"order_id": "started_order_id"},
    "production_reports.new_report": {"order_id": "started_order_id"},
}
#: No pages: parts of a page, files, what leaves at once, what the demo has none of; the document of the API, whose looks
#: are Swagger UI's own; and the doors, which are walked apart.
NOT_PAGES = {
    "passport_page.short",
    "passport_page.digital_link",
    "passport.label",
    "certificates.authority",
    "watch.scrape",
    "web.api_document",
    "rfid.wall",
    "receiving.photo",
    "receiving.item_choices",
    "imports.progress",
    "files.content",
    "disposition.destruction_record",
    "recall.report_pdf",
    "recall.report_xlsx",
    "recall_notices.drawing",
    "recall_notices.letters",
    "mobile.try_device",
    "mobile.set_up_device",
    "mobile.new_secret",
    "accounts.new_password",
    "static",
    "web.start",
    "web.health",
    "web.ready",
    "accounts.login",
    "mobile.login",
}


def walked(app: Flask) -> list[Rule]:
    """The addresses that answer a GET with a page."""
    return sorted(
        (
            rule
            for rule in app.url_map.iter_rules()
            if "GET" in (rule.methods or ()) and rule.endpoint not in NOT_PAGES and not rule.rule.startswith("/api/")
        ),
        key=lambda rule: rule.rule,
    )


_UNUSED = Config(database_url=f"sqlite:///{tempfile.gettempdir()}/wms-no-such.db", secret_key="x" * 32)
RULES = {rule.rule: rule for rule in walked(create_app(_UNUSED))}


@pytest.fixture(scope="module")
def known(demo_site: DemoSite) -> dict[str, Any]:
    """The row of the demo for each part of an address."""
    with demo_site.app.app_context():
        from wms.db import db

        found = {name: db.session.execute(text(query)).scalar() for name, query in GIVEN.items()}
        db.session.rollback()
    return found


@pytest.fixture(scope="module")
def tab(browser: Any, demo_site: DemoSite) -> Iterator[Any]:
    """One tab for the whole walk, with everyone's rights, on a registered handheld."""
    context = browser.new_context(viewport={"width": 1280, "height": 800}, locale="en", reduced_motion="reduce")
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    demo_site.register(page)
    demo_site.log_in(page, EVERYONE)
    yield page
    context.close()


@pytest.fixture(scope="module")
def complaints(tab: Any) -> looks.Complaints:
    """What the browser says against the pages of the tab."""
    return looks.Complaints(tab)


@pytest.mark.parametrize("path", RULES)
def test_page(path: str, tab: Any, complaints: looks.Complaints, demo_site: DemoSite, known: dict[str, Any]) -> None:
    """It opens, fits, cuts nothing, breaks no rule of the browser, and can be used by everybody."""
    rule = RULES[path]
    url = demo_site.url + address(rule, known)
    if "." in url.split("?")[0].rsplit("/", 1)[-1]:  # a file
        assert tab.request.get(url).status == 200, url
        return
    found = [f"{language}: {fault}" for language in LANGUAGES for fault in look(tab, complaints, url, language)]
    assert not found, "\n".join([url, *dict.fromkeys(found)])


def look(tab: Any, complaints: looks.Complaints, url: str, language: str) -> Iterator[str]:
    """Open a page in a language and tell its faults, width by width."""
    complaints.take()
    answer = tab.goto(f"{url}{'&' if '?' in url else '?'}lang={language}")
    if answer.status != 200:
        yield f"the answer is {answer.status}"
    if (said := tab.get_attribute("html", "lang")) != language.replace("_", "-"):
        yield f"the page says it is in {said}"
    if language == "en":
        looks.bring_axe(tab)
    for width, height in WIDTHS.items():
        tab.set_viewport_size({"width": width, "height": height})
        yield from (f"{width}: {fault}" for fault in looks.faults(tab))
        if language == "en" and width in AXE_WIDTHS:
            yield from (f"{width}: axe: {fault}" for fault in looks.axe_faults(tab))
    yield from complaints.take()


def address(rule: Rule, known: dict[str, Any]) -> str:
    """Fill the parts of an address with rows of the demo."""
    meant = MEANT.get(rule.endpoint, {})
    parts = {}
    for name in rule.arguments:
        value = meant.get(name, name)
        value = known.get(value, value if value != name else None)
        if value is None:
            pytest.fail(f"say in GIVEN which row of the demo stands for {name} in {rule.rule}")
        parts[name] = value
    built = rule.build(parts, append_unknown=False)
    assert built is not None, rule.rule
    asked = ASKED.get(rule.endpoint, "").format(**known)
    return built[1] + (f"?{asked}" if asked else "")


def test_login_pages(browser: Any, demo_site: DemoSite) -> None:
    """The two doors, before anybody is in: on a registered device and on a foreign one."""
    found: list[str] = []
    for is_registered in (True, False):
        context = browser.new_context(locale="en")
        context.set_default_timeout(PATIENCE_MS)
        page = context.new_page()
        if is_registered:
            demo_site.register(page)
        complaints = looks.Complaints(page)
        for path in ("/login", "/m/login"):
            for language in LANGUAGES:
                found += [f"{path} {language}: {f}" for f in look(page, complaints, demo_site.url + path, language)]
        context.close()
    assert not found, "\n".join(found)
