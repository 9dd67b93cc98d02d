"""The handheld edge at /m: one module a task, each a flow table and its answers; login by badge and PIN; the menu.

The conventions for a task stand in docs/scan-flows.md; the pages in mobile_templates/<task>/<step>.html. A task answers
through `screen.run` and decides nothing of the trade: it resolves scans and calls one verb of a feature's service.
"""

import importlib
import importlib.util

from flask import Blueprint

bp = Blueprint("mobile", __name__, url_prefix="/m")

#: The task modules; each adds its routes to `bp`.
TASKS = (
    "receive", "receive_arrival", "receive_refuse", "supplier_return", "recall_return", "putaway", "pick", "move", "count", "issue", "inquiry", "labels", "problem",
)  # fmt: skip

from wms.mobile import entry  # noqa: E402,F401  (its routes need bp)

for _task in TASKS:
    if importlib.util.find_spec(f"wms.mobile.{_task}") is not None:
        importlib.import_module(f"wms.mobile.{_task}")
