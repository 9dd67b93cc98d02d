"""What roles may do, when a login is locked, what a password and a PIN must be. Pure.

Segregation of duties stands in the table: the administrator has people and settings but no stock or quality right;
only quality releases and lifts holds; the auditor sees and exports, and changes nothing; a gateway's user delivers what
readers saw, and nothing else.
"""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Final

from wms.core.ids import WarehouseId


class Role(StrEnum):
    """The roles of a user, each given in one warehouse or in all."""

    RECEIVER = "receiver"
    PICKER = "picker"
    COUNTER = "counter"
    DOCK = "dock"
    SHIPPING = "shipping"
    PRODUCTION = "production"
    QUALITY = "quality"
    SUPERVISOR = "supervisor"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"
    GATEWAY = "gateway"
    INSPECTOR = "inspector"


#: Every permission a route may ask for.
PERMISSIONS: Final = frozenset(
    {
        "stock.view", "stock.export", "stock.move", "receive", "putaway", "pick", "pick.override", "order.view",
        "order.edit", "order.allocate", "ship", "hold.place", "hold.lift", "quality.release", "count", "door.view",
        "door.settle", "rfid.setup", "rfid.gateway", "alert.view", "alert.settle", "label.print", "catalog.view",
        "catalog.edit", "user.edit", "settings.edit", "audit.view", "task.view", "lot.type", "metrics.view",
        "import.run", "problem.report",
        "lot.edit", "numbering.edit", "disposition.approve", "inspect", "plan.edit",
        "field.edit", "file.attach",
        "production.view", "production.plan", "production.issue", "production.report", "production.correct", "gap.settle",
        "trace.view", "recall.view", "recall.edit", "complaint.edit", "passport.edit", "evidence.view", "inspector",
        "receive.reverse", "receive.refuse", "receive.accept", "return.edit", "return.held", "return.carry",
    }
)  # fmt: skip

_FLOOR: Final = {"stock.view", "catalog.view", "task.view", "alert.view", "label.print", "problem.report"}

ROLES: Final[Mapping[Role, frozenset[str]]] = {
    Role.RECEIVER: frozenset(
        _FLOOR
        | {
            "file.attach",
            "receive",
            "putaway",
            "stock.move",
            "lot.type",
            "door.view",
            "receive.refuse",
            "receive.accept",
            "return.carry",
        }
    ),
    Role.PICKER: frozenset(_FLOOR | {"pick", "stock.move", "order.view", "production.issue"}),
    Role.COUNTER: frozenset(_FLOOR | {"count"}),
    Role.DOCK: frozenset(_FLOOR | {"door.view", "door.settle", "receive", "receive.refuse", "order.view"}),
    Role.SHIPPING: frozenset(
        _FLOOR | {"recall.view", "ship", "order.view", "order.allocate", "door.view", "stock.move", "return.carry"}
    ),
    Role.PRODUCTION: frozenset(
        _FLOOR | {"stock.move", "order.view", "production.view", "production.issue", "production.report"}
    ),
    Role.QUALITY: frozenset(
        _FLOOR
        | {
            "production.view",
            "production.correct",
            "gap.settle",
            "trace.view",
            "recall.view",
            "recall.edit",
            "complaint.edit",
            "passport.edit",
            "evidence.view",
            "file.attach",
            "hold.place",
            "hold.lift",
            "inspect",
            "plan.edit",
            "lot.edit",
            "disposition.approve",
            "quality.release",
            "stock.export",
            "order.view",
            "door.view",
            "alert.settle",
            "receive.accept",
            "receive.refuse",
            "return.edit",
            "return.held",
            "return.carry",
        }
    ),
    Role.SUPERVISOR: frozenset(
        _FLOOR
        | {
            "production.view",
            "production.plan",
            "production.issue",
            "production.report",
            "production.correct",
            "gap.settle",
            "trace.view",
            "recall.view",
            "complaint.edit",
            "stock.export",
            "stock.move",
            "receive",
            "putaway",
            "pick",
            "pick.override",
            "order.view",
            "order.edit",
            "order.allocate",
            "ship",
            "hold.place",
            "count",
            "door.view",
            "door.settle",
            "alert.settle",
            "catalog.edit",
            "file.attach",
            "lot.edit",
            "disposition.approve",
            "numbering.edit",
            "lot.type",
            "import.run",
            "receive.reverse",
            "receive.refuse",
            "receive.accept",
            "return.edit",
            "return.carry",
        }
    ),
    Role.AUDITOR: frozenset(
        {
            "production.view",
            "trace.view",
            "recall.view",
            "evidence.view",
            "stock.view",
            "stock.export",
            "order.view",
            "door.view",
            "alert.view",
            "catalog.view",
            "audit.view",
            "task.view",
        }
    ),
    Role.ADMINISTRATOR: frozenset(
        {
            "field.edit",
            "numbering.edit",
            "user.edit",
            "settings.edit",
            "rfid.setup",
            "audit.view",
            "alert.view",
            "door.view",
            "metrics.view",
            "import.run",
        }
    ),
    Role.GATEWAY: frozenset({"rfid.gateway"}),
    #: Somebody from outside who looks at everything and changes nothing: one menu (wms/inspector).
    Role.INSPECTOR: frozenset(
        {
            "stock.view",
            "stock.export",
            "order.view",
            "catalog.view",
            "audit.view",
            "production.view",
            "trace.view",
            "recall.view",
            "evidence.view",
            "inspector",
        }
    ),
}

#: The permission that opens nothing: whoever has it has one menu, and each look is kept.
INSPECTOR_MARK: Final = "inspector"

TRIES_BEFORE_LOCK: Final = 5
DEVICE_TRIES_BEFORE_LOCK: Final = 10
FIRST_LOCK: Final = timedelta(minutes=15)
LONGEST_LOCK: Final = timedelta(hours=24)
PASSWORD_LENGTH_MIN: Final = 12
#: How long a password or PIN that another person set is good for.
ONE_TIME: Final = timedelta(hours=24)
#: How long the set-up link of a handheld is good for.
SETUP_TIME: Final = timedelta(minutes=15)
#: A device in use is noted as seen this often.
SEEN_STEP: Final = timedelta(minutes=5)

_COMMON_PASSWORDS: Final = frozenset(
    {
        "passwordpassword",
        "password1234",
        "123456789012",
        "qwertyuiopas",
        "administrator",
        "1234567890ab",
        "letmeinletmein",
    }
)


def permissions_of(role: str) -> frozenset[str]:
    """Give the permissions of a role by its name; none for a role that no longer exists."""
    return ROLES.get(Role(role), frozenset()) if role in set(Role) else frozenset()


def key_rights(
    scopes: frozenset[str],
    held: Mapping[WarehouseId | None, frozenset[str]],
    *,
    only: WarehouseId | None = None,
) -> dict[WarehouseId | None, frozenset[str]]:
    """Say what an API key may do: its scopes as far as the user it acts for holds them, by warehouse (None: in all).

    `only` ties the key to one warehouse. That its user is an inspector goes with it unasked: what it reads is written down.
    """
    scopes = scopes | {INSPECTOR_MARK}
    everywhere = held.get(None, frozenset())
    sites = [only] if only is not None else [site for site in held if site is not None]
    bounded: dict[WarehouseId | None, frozenset[str]] = {
        site: scopes & (everywhere | held.get(site, frozenset())) for site in sites
    }
    if only is None:
        bounded[None] = scopes & everywhere
    return {site: rights for site, rights in bounded.items() if rights - {INSPECTOR_MARK}}


def lock_until(*, failed_count: int, at: datetime, tries: int = TRIES_BEFORE_LOCK) -> datetime | None:
    """Say until when a login is locked after its `failed_count`-th wrong try in a row: 15 minutes, then twice as long each."""
    if failed_count < tries:
        return None
    return at + min(FIRST_LOCK * (1 << min(failed_count - tries, 10)), LONGEST_LOCK)


def password_fault(password: str, *, login: str) -> str | None:
    """Say what is wrong with a new password (a code of web/sentences.FAULTS), None when it will do.

    Length and a list of the worst, no rules of composition (NIST SP 800-63B-4, 3.1.1.2).
    """
    if len(password) < PASSWORD_LENGTH_MIN:
        return "password_short"
    folded = password.casefold()
    if folded in _COMMON_PASSWORDS or len(set(folded)) < 4:
        return "password_common"
    if len(login) > 3 and login.casefold() in folded:
        return "password_like_login"
    return None


def pin_fault(pin: str) -> str | None:
    """Say what is wrong with a new PIN: 6 to 12 digits, not one digit over and over, not a plain run."""
    if not re.fullmatch(r"[0-9]{6,12}", pin):
        return "pin_form"
    steps = {(int(b) - int(a)) % 10 for a, b in pairwise(pin)}
    return "pin_easy" if steps <= {0} or steps <= {1} or steps <= {9} else None


def login_fault(login: str) -> str | None:
    """Say what is wrong with a login name: 2 to 40 of a-z, 0-9, dot, dash, starting with a letter or digit."""
    return None if re.fullmatch(r"[a-z0-9][a-z0-9.\-]{1,39}", login) else "login_form"
