"""The rail, the set-up list and the alert badge: which pages a person is shown. A page without a route yet is left out.

What a person may see is read from the mark of the page itself, so the rail and the door can never disagree.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from flask import current_app, request
from flask_babel import lazy_gettext
from werkzeug.exceptions import HTTPException

from wms.core.ids import WarehouseId
from wms.web import auth

_ = lazy_gettext


@dataclass(frozen=True)
class Entry:
    """One entry: its words, its path, its sign in icons.svg."""

    label: Any
    path: str
    icon: str = ""
    #: Where other pages of it stand.
    also: str = ""


#: The rail, in the order of the day.
RAIL: Final = (
    Entry(_("Today"), "/today", "today"),
    Entry(_("Receive"), "/receiving", "receive"),
    Entry(_("Stock"), "/stock", "stock"),
    Entry(_("Orders"), "/orders", "orders"),
    Entry(_("Shipping"), "/shipments", "ship"),
    Entry(_("Doors"), "/doors", "doors"),
    Entry(_("Quality"), "/quality", "quality"),
    Entry(_("Inspections"), "/inspections", "inquiry"),
    Entry(_("Complaints"), "/complaints", "complaint", also="/capas"),
    Entry(_("Production"), "/work-orders", "issue", also="/production"),
    Entry(_("Counting"), "/counting", "count"),
    Entry(_("Problems"), "/problems", "problem"),
    Entry(_("Trace"), "/trace", "trace"),
    Entry(_("Alerts"), "/alerts", "alerts"),
    Entry(_("Items"), "/items", "items"),
    Entry(_("Reports"), "/reports", "reports"),
    Entry(_("Evidence"), "/evidence", "seal"),
    Entry(_("For inspectors"), "/inspector", "inspector"),
    Entry(_("Setup"), "/setup", "setup"),
)

#: Pages under Setup, in the order a new site needs them: place, goods, people, labels, doors, the machine.
SETUP: Final = (
    Entry(_("Warehouses"), "/setup/warehouses"),
    Entry(_("Bins"), "/setup/bins"),
    Entry(_("Items"), "/setup/items"),
    Entry(_("Partners"), "/setup/partners"),
    Entry(_("Production lines"), "/setup/production"),
    Entry(_("Lot numbers"), "/setup/lot-numbers"),
    Entry(_("Own fields"), "/setup/own-fields"),
    Entry(_("Import"), "/setup/import"),
    Entry(_("Users"), "/setup/users"),
    Entry(_("Roles"), "/setup/roles"),
    Entry(_("Devices"), "/setup/devices"),
    Entry(_("API keys"), "/setup/tokens"),
    Entry(_("Recall classes"), "/setup/recall-classes"),
    Entry(_("Labels"), "/setup/labels"),
    Entry(_("Printers"), "/setup/printers"),
    Entry(_("Portals"), "/setup/portals"),
    Entry(_("Readers"), "/setup/readers"),
    Entry(_("Gateways"), "/setup/gateways"),
    Entry(_("Time to answer complaints"), "/setup/complaints"),
    Entry(_("E-mail"), "/setup/mail"),
    Entry(_("Jobs"), "/setup/jobs"),
    Entry(_("System"), "/setup/system"),
)

_alert_counter: list[Callable[[WarehouseId], int]] = []


def count_alerts_with(counter: Callable[[WarehouseId], int]) -> None:
    """Hand over the query that counts the open alerts of a warehouse, for the badge in the header."""
    _alert_counter[:] = [counter]


def open_alerts() -> int:
    """Count the open alerts of the current warehouse; 0 for one who may not see alerts."""
    if not _alert_counter or not auth.permitted("alert.view"):
        return 0
    return _alert_counter[0](auth.current_warehouse())


def rail() -> list[Entry]:
    """List the rail's entries for the person who asks; an inspector has one."""
    if auth.permitted("inspector"):
        return [entry for entry in RAIL if entry.path == "/inspector"]
    return [entry for entry in RAIL if may_open(entry.path) and (entry.path != "/setup" or setup_pages())]


def setup_pages() -> list[Entry]:
    """List the set-up pages for the person who asks."""
    return [entry for entry in SETUP if may_open(entry.path)]


def is_here(entry: Entry) -> bool:
    """Say whether the page of this request stands under `entry`."""
    paths = (entry.path, entry.also) if entry.also else (entry.path,)
    return any(request.path == path or request.path.startswith(path + "/") for path in paths)


def may_open(path: str) -> bool:
    """Say whether there is a page at `path` and the person may open it."""
    view = _view_at(path)
    mark = auth.mark_of(view) if view else None
    return mark is not None and auth.satisfies(mark)


def _view_at(path: str) -> Any:
    """Find the view of a path once per application; a redirect to the path with a slash counts as found."""
    known: dict[str, Any] = current_app.extensions.setdefault("wms_paths", {})
    if path not in known:
        adapter = current_app.url_map.bind("localhost")
        known[path] = None
        for candidate in (path, path + "/"):
            try:
                endpoint, _values = adapter.match(candidate, method="GET")
            except HTTPException:
                continue
            known[path] = current_app.view_functions[endpoint]
            break
    return known[path]
