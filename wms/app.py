"""The factory: one application for the web, the jobs and the command line, from one Config."""

import importlib
from pathlib import Path
from typing import Any

from flask import Flask
from jinja2 import ChoiceLoader, FileSystemLoader, PrefixLoader, StrictUndefined

from config import Config
from wms.db import db, engine_options

#: Every package with pages, API or handheld tasks: (module, attribute of its blueprint).
BLUEPRINTS = (
    ("wms.web.routes", "bp"),
    ("wms.certificates.routes", "bp"),
    ("wms.fields.routes", "bp"),
    ("wms.fields.api", "bp"),
    ("wms.files.routes", "bp"),
    ("wms.files.api", "bp"),
    ("wms.mail.routes", "bp"),
    ("wms.mail.api", "bp"),
    ("wms.accounts.routes", "bp"),
    ("wms.accounts.api", "bp"),
    ("wms.catalog.routes", "bp"),
    ("wms.catalog.api", "bp"),
    ("wms.sites.routes", "bp"),
    ("wms.sites.api", "bp"),
    ("wms.printing.routes", "bp"),
    ("wms.printing.api", "bp"),
    ("wms.alerts.routes", "bp"),
    ("wms.alerts.api", "bp"),
    ("wms.numbering.routes", "bp"),
    ("wms.numbering.api", "bp"),
    ("wms.stock.routes", "bp"),
    ("wms.stock.api", "bp"),
    ("wms.tasks.api", "bp"),
    ("wms.units.routes", "bp"),
    ("wms.units.api", "bp"),
    ("wms.quality.routes", "bp"),
    ("wms.quality.api", "bp"),
    ("wms.quality.case_routes", "bp"),
    ("wms.quality.case_api", "bp"),
    ("wms.disposition.routes", "bp"),
    ("wms.disposition.api", "bp"),
    ("wms.production.issue_routes", "bp"),
    ("wms.production.issue_api", "bp"),
    ("wms.production.report_routes", "bp"),
    ("wms.production.report_api", "bp"),
    ("wms.inspection.routes", "bp"),
    ("wms.inspection.api", "bp"),
    ("wms.production.routes", "bp"),
    ("wms.production.api", "bp"),
    ("wms.returns.routes", "bp"),
    ("wms.returns.api", "bp"),
    ("wms.receiving.routes", "bp"),
    ("wms.receiving.api", "bp"),
    ("wms.counting.api", "bp"),
    ("wms.problems.routes", "bp"),
    ("wms.problems.api", "bp"),
    ("wms.label_checks.routes", "bp"),
    ("wms.label_checks.api", "bp"),
    ("wms.picking.routes", "bp"),
    ("wms.picking.api", "bp"),
    ("wms.shipping.routes", "bp"),
    ("wms.shipping.api", "bp"),
    ("wms.trace.routes", "bp"),
    ("wms.trace.api", "bp"),
    ("wms.passport.public_routes", "bp"),
    ("wms.passport.routes", "bp"),
    ("wms.passport.api", "bp"),
    ("wms.complaints.capa_routes", "bp"),
    ("wms.complaints.api", "bp"),
    ("wms.recall.routes", "bp"),
    ("wms.recall.api", "bp"),
    ("wms.recall.notice_routes", "bp"),
    ("wms.recall.notice_api", "bp"),
    ("wms.rfid.routes", "bp"),
    ("wms.rfid.api", "bp"),
    ("wms.scans.routes", "bp"),
    ("wms.scans.api", "bp"),
    ("wms.mobile", "bp"),
    ("wms.mobile.api", "bp"),
    ("wms.inspector.routes", "bp"),
    ("wms.inspector.api", "bp"),
    ("wms.gaps.routes", "bp"),
    ("wms.gaps.api", "bp"),
    ("wms.reports.routes", "bp"),
    ("wms.evidence.routes", "bp"),
    ("wms.evidence.api", "bp"),
    ("wms.regulatory.routes", "bp"),
    ("wms.regulatory.api", "bp"),
    ("wms.imports.routes", "bp"),
    ("wms.imports.api", "bp"),
    ("wms.desk.routes", "bp"),
    ("wms.desk.api", "bp"),
    ("wms.jobs.routes", "bp"),
    ("wms.jobs.api", "bp"),
    ("wms.watch.routes", "bp"),
)

#: Every package with tables, in the order of the floors.
MODELS = (
    "wms.events.models",
    "wms.audit.models",
    "wms.web.models",
    "wms.files.models",
    "wms.fields.models",
    "wms.mail.models",
    "wms.sites.models",
    "wms.accounts.models",
    "wms.signing.models",
    "wms.catalog.models",
    "wms.printing.models",
    "wms.alerts.models",
    "wms.numbering.models",
    "wms.stock.models",
    "wms.stock.ledger.tables",
    "wms.tasks.models",
    "wms.units.models",
    "wms.inspection.models",
    "wms.returns.models",
    "wms.disposition.models",
    "wms.production.models",
    "wms.gaps.models",
    "wms.receiving.models",
    "wms.picking.models",
    "wms.problems.models",
    "wms.label_checks.models",
    "wms.shipping.models",
    "wms.complaints.models",
    "wms.recall.models",
    "wms.recall.notice_models",
    "wms.passport.models",
    "wms.rfid.models",
    "wms.evidence.models",
    "wms.imports.models",
    "wms.backup.models",
    "wms.jobs.models",
    "wms.inspector.models",
)


def load_models() -> None:
    """Import every table, so that the metadata is whole."""
    for module in MODELS:
        importlib.import_module(module)


def create_app(config: Config | None = None) -> Flask:
    """Build the application; raises BadConfig when a setting is wrong."""
    config = config or Config.from_env()
    app = Flask("wms", root_path=str(Path(__file__).parent))
    app.config.update(
        SECRET_KEY=config.secret_key,
        SQLALCHEMY_DATABASE_URI=_driver_url(config.database_url),
        SQLALCHEMY_ENGINE_OPTIONS=engine_options(config.database_url, sqlite_wait_seconds=config.sqlite_wait_seconds),
        WMS=config,
        MAX_CONTENT_LENGTH=16 * 1024 * 1024,
        MAX_FORM_MEMORY_SIZE=1024 * 1024,
    )
    db.init_app(app)
    load_models()
    _set_up_templates(app)
    from wms.signing import keys, words
    from wms.web import setup

    keys.keep_in(app, config.data_dir)
    app.jinja_env.filters["signature_meaning"] = words.meaning

    setup.init_app(app, config)
    for module, attribute in BLUEPRINTS:
        app.register_blueprint(getattr(importlib.import_module(module), attribute))
    setup.check_every_route_is_marked(app)
    _tell_of_work()
    return app


def _tell_of_work() -> None:
    """Name the kinds of work a person may have in hand, for when they leave."""
    from flask_babel import lazy_gettext as _

    from wms.accounts import work
    from wms.complaints import goods
    from wms.disposition import arrivals
    from wms.picking import queries as picking
    from wms.picking.service import OrderLines, give_back_lists, promise_kept
    from wms.production import beyond
    from wms.production.queries import orders as work_orders
    from wms.production.queries.stopped import stopped_work
    from wms.production.service import line_stock, vessels
    from wms.quality import queries as quality
    from wms.recall.queries.corrected import recalls_touched
    from wms.receiving.queries.arrivals import temperatures_of
    from wms.scans.queries import find_all
    from wms.shipping.deliveries import deliveries_of_lots
    from wms.stock import demands, followers
    from wms.stock.lots import follow_with
    from wms.stock.unit_edge import named_by_request
    from wms.tasks import queries as tasks
    from wms.tasks.service import follow_lots, give_back_tasks
    from wms.units.service import follow as follow_units

    follow_with(follow_lots)
    followers.follow_with(follow_units)
    followers.guard_with(vessels.guard, line_stock.guard)
    followers.ask_with(named_by_request)
    demands.tell_of(picking.LINE, picking.tell_of_lines)
    demands.tell_of(work_orders.COMPONENT, work_orders.tell_of_components)
    demands.serve_with(picking.LINE, OrderLines())
    demands.promise_with(promise_kept)
    quality.read_work_with(stopped_work)
    beyond.tell_of_deliveries(deliveries_of_lots)
    beyond.tell_of_recalls(recalls_touched)
    arrivals.ask(temperatures_of)
    goods.read_with(find_all)
    work.tell_of("task", work.WorkInHand(_("tasks"), tasks.count_taken, give_back_tasks))
    work.tell_of("pick_list", work.WorkInHand(_("pick lists"), picking.count_taken_lists, give_back_lists))


def _set_up_templates(app: Flask) -> None:
    """Desktop pages by their name, handheld pages under mobile/, an undefined name is an error."""
    root = app.root_path
    options: dict[str, Any] = dict(app.jinja_options)
    options["undefined"] = StrictUndefined
    app.jinja_options = options
    app.jinja_loader = ChoiceLoader(
        [
            PrefixLoader({"mobile": FileSystemLoader(f"{root}/../mobile_templates")}),
            FileSystemLoader(f"{root}/templates"),
        ]
    )


def _driver_url(url: str) -> str:
    """Name the psycopg 3 driver, and anchor a relative SQLite path at the working directory."""
    if url.startswith("postgresql://"):
        return url.replace("postgresql://", "postgresql+psycopg://", 1)
    if url.startswith("sqlite:///") and not url.startswith("sqlite:////") and url != "sqlite:///:memory:":
        path = Path(url.removeprefix("sqlite:///")).absolute()
        path.parent.mkdir(parents=True, exist_ok=True)
        return f"sqlite:///{path}"
    return url
