"""Who is asking, where they stand, and what they may: marks on routes, and the one guard that reads them.

Every view carries exactly one mark: `@requires("permission", ...)`, `@signed_in` or `@public`. The mark does nothing by
itself; `guard` runs before each request and refuses a view without one (deny by default), and the factory refuses to start
over one (`setup.check_every_route_is_marked`). Permissions are held by warehouse. The people themselves live in
wms.accounts, a floor above, which hands over a `Directory`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final, TypeVar, cast

from flask import current_app, g, has_request_context, request, session
from flask_login import current_user

from wms.audit.context import Acting
from wms.core.clock import local_day, now
from wms.core.errors import ChangeNeeded, FieldErrors, LoginFailed, NotAllowed, NotFound
from wms.core.ids import DeviceId, UserId, WarehouseId
from wms.web import metrics

View = TypeVar("View", bound=Callable[..., Any])
Rights = Mapping[WarehouseId | None, frozenset[str]]
UNMARKED: Final = "unmarked"
#: Where a person chooses a password or PIN of their own in place of one given for once.
CHANGE_PAGES: Final = frozenset(
    {"accounts.new_password", "accounts.set_new_password", "mobile.new_secret", "mobile.set_new_secret"}
)


@dataclass(frozen=True)
class Mark:
    """What a view asks for: nothing (public), a signed-in person, or any one of `permissions`."""

    permissions: tuple[str, ...] = ()
    is_public: bool = False
    everywhere: bool = False
    anywhere: bool = False


@dataclass(frozen=True)
class Site:
    """A warehouse as the pages need it."""

    id: WarehouseId
    code: str
    name_en: str
    name_zh: str
    timezone: str


@dataclass(frozen=True)
class Person:
    """The signed-in person. `rights` maps a warehouse to permissions; the key None holds those for every warehouse."""

    id: UserId
    login: str
    full_name: str
    language: str | None
    session_token: str
    rights: Rights
    is_machine: bool = False
    key_id: int | None = None
    must_change: str = ""  # "password" or "pin": one that was given for once, and opens nothing until it is changed
    is_authenticated: bool = True
    is_active: bool = True
    is_anonymous: bool = False

    def get_id(self) -> str:
        """Name the session for Flask-Login: a new session token makes every old one invalid."""
        return f"{self.id}:{self.session_token}"

    def may(self, permission: str, warehouse_id: WarehouseId | None) -> bool:
        """Say whether this person holds `permission` in the warehouse; None asks for every warehouse."""
        if permission in self.rights.get(None, frozenset()):
            return True
        return warehouse_id is not None and permission in self.rights.get(warehouse_id, frozenset())

    def stands_in(self, warehouse_id: WarehouseId) -> bool:
        """Say whether this person has any right in the warehouse."""
        return bool(self.rights.get(None)) or bool(self.rights.get(warehouse_id))


@dataclass(frozen=True)
class Directory:
    """How this floor asks the floor above about people, tokens and warehouses."""

    load_person: Callable[[UserId, str, DeviceId | None], Person | None]
    load_machine: Callable[[str, datetime], Person | None]
    confirm: Callable[[str, str], Person]
    list_sites: Callable[[], Sequence[Site]]


@dataclass
class _Seen:
    """What one request has already looked up."""

    person: Person | None = None
    is_person_known: bool = False
    sites: Sequence[Site] | None = None
    warehouse_id: WarehouseId | None = None
    is_warehouse_known: bool = False
    extra: dict[str, Any] = field(default_factory=dict)


# -- marks ------------------------------------------------------------------------------------------------------------
def requires(*permissions: str, everywhere: bool = False, anywhere: bool = False) -> Callable[[View], View]:
    """Mark a view: the person needs one of `permissions` in the current warehouse.

    `everywhere`: in all warehouses. `anywhere`: in any one; the view itself knows which it is about.
    """
    if not permissions:
        raise ValueError("requires() wants a permission; use @signed_in for any signed-in person")
    return _marker(Mark(permissions=permissions, everywhere=everywhere, anywhere=anywhere))


def public(view: View) -> View:
    """Mark a view that anybody may see: login, health, static files."""
    return _marker(Mark(is_public=True))(view)


def signed_in(view: View) -> View:
    """Mark a view for every signed-in person, whatever their role: menu, today, log out."""
    return _marker(Mark())(view)


def _marker(mark: Mark) -> Callable[[View], View]:
    def set_mark(view: View) -> View:
        if hasattr(view, "wms_mark"):
            raise ValueError(f"{view!r} is marked twice")
        view.wms_mark = mark  # type: ignore[attr-defined]
        return view

    return set_mark


def mark_of(view: Any) -> Mark | None:
    """Read the mark of a view function, None when it has none."""
    return cast(Mark | None, getattr(view, "wms_mark", None))


# -- who --------------------------------------------------------------------------------------------------------------
def current_person() -> Person | None:
    """Say who asks: on /api/ the machine behind the bearer token, elsewhere the signed-in person; None for nobody."""
    if not has_request_context():
        return None
    seen = _seen()
    if not seen.is_person_known:
        if not request.path.startswith("/api/"):
            seen.person = _signed_in_person()
        elif bearer_token():
            seen.person = _machine()
        seen.is_person_known = True
    return seen.person


def known_person() -> Person | None:
    """Give the person this request knows already, without looking anybody up."""
    if (seen := _seen()).is_person_known:
        return seen.person
    loaded = g.get("_login_user")
    return cast(Person, loaded) if loaded is not None and loaded.is_authenticated else None


def known_warehouse() -> WarehouseId | None:
    """Give the warehouse this request knows already, without looking it up."""
    return _seen().warehouse_id


def ask_no_more() -> None:
    """From here on this request looks nothing up: the page that tells of a lost database must not ask it again."""
    seen = _seen()
    seen.person, seen.is_person_known = known_person(), True
    seen.sites = seen.sites or []
    seen.is_warehouse_known = True
    if "_login_user" not in g:
        g._login_user = current_app.login_manager.anonymous_user()  # type: ignore[attr-defined]


def who_acts() -> Acting:
    """Tell the audit who acts, from what this request knows already: at a flush nothing may be looked up."""
    if not has_request_context() or not (seen := _seen()).is_person_known or seen.person is None:
        return Acting()
    device = None if seen.person.is_machine else session.get("device_id")
    return Acting(actor=seen.person.id, device=DeviceId(device) if device else None)


def actor_id() -> UserId:
    """Give the id that a verb records as its actor; for a machine, of the person who made its token."""
    person = current_person()
    if person is None:
        raise LoginFailed()
    return person.id


def sign(login: str, password: str) -> Person:
    """Give the person behind login and password, for a signature inside a call. Raises PasswordWrong, LockedOut.

    A wrong try is counted as at a login; so it is called before the transaction that the signature is for.
    """
    return directory().confirm(login, password)


def current_mark() -> Mark | None:
    """Give the mark of the view that answers this request."""
    return mark_of(current_app.view_functions[request.endpoint]) if request.endpoint else None


def bearer_token() -> str | None:
    """Give the bearer token of a request to /api/, None without one. Tokens count nowhere else."""
    if not request.path.startswith("/api/"):
        return None
    scheme, _, value = request.headers.get("Authorization", "").partition(" ")
    return value.strip() if scheme.lower() == "bearer" else None


def forget_request() -> None:
    """Forget what this request looked up; called when somebody logs in or out, or changes the warehouse."""
    g.pop("wms_seen", None)


# -- where ------------------------------------------------------------------------------------------------------------
def permitted_sites() -> list[Site]:
    """List the warehouses in which the person has any right, by code."""
    person = current_person()
    if person is None:
        return []
    seen = _seen()
    if seen.sites is None:
        seen.sites = [site for site in directory().list_sites() if person.stands_in(site.id)]
    return list(seen.sites)


def sites_with(permission: str) -> list[Site]:
    """List the warehouses in which the person holds one permission, by code."""
    return [site for site in permitted_sites() if permitted(permission, site.id)]


def current_warehouse() -> WarehouseId:
    """Give the warehouse chosen in the session, or the first permitted one; NotAllowed when there is none."""
    warehouse_id = _warehouse_or_none()
    if warehouse_id is None:
        raise NotAllowed(permission="any warehouse")
    return warehouse_id


def current_site() -> Site:
    """Give the current warehouse with its code, name and time zone."""
    warehouse_id = current_warehouse()
    for site in permitted_sites():
        if site.id == warehouse_id:
            return site
    raise NotAllowed(permission="any warehouse")


def today() -> date:
    """Say which day it is now in the current warehouse."""
    return local_day(now(), current_site().timezone)


def choose_warehouse(warehouse_id: WarehouseId) -> None:
    """Make this the warehouse of the session; NotAllowed without a right there."""
    if warehouse_id not in {site.id for site in permitted_sites()}:
        raise NotAllowed(permission="this warehouse")
    session["warehouse_id"] = warehouse_id
    forget_request()


# -- may --------------------------------------------------------------------------------------------------------------
def permitted(permission: str, warehouse_id: WarehouseId | None = None) -> bool:
    """Say whether the person holds `permission` in this warehouse, by default the current one."""
    person = current_person()
    if person is None:
        return False
    return person.may(permission, _warehouse_or_none() if warehouse_id is None else warehouse_id)


def demand(permission: str, warehouse_id: WarehouseId | None = None) -> None:
    """Raise NotAllowed unless `permitted`: for a record whose warehouse is known only after it is loaded."""
    if not permitted(permission, warehouse_id):
        raise NotAllowed(permission=permission)


def demand_at(permission: str, warehouse_id: WarehouseId | None) -> None:
    """Raise NotAllowed unless the person holds `permission` where a record belongs; one of no warehouse asks for all."""
    person = current_person()
    if person is None or not person.may(permission, warehouse_id):
        raise NotAllowed(permission=permission)


def satisfies(mark: Mark) -> bool:
    """Say whether the one who asks may enter a view with this mark."""
    if mark.is_public:
        return True
    person = current_person()
    if person is None:
        return False
    if not mark.permissions:
        return not person.is_machine
    if mark.everywhere:
        return any(person.may(permission, None) for permission in mark.permissions)
    if mark.anywhere:
        return any(permission in rights for permission in mark.permissions for rights in person.rights.values())
    return any(permitted(permission) for permission in mark.permissions)


def guard() -> None:
    """Refuse the request unless its view is marked and the person satisfies the mark. Runs before every request."""
    if request.endpoint is None:
        return  # no such URL or method: the 404 or 405 follows
    mark = mark_of(current_app.view_functions[request.endpoint])
    if mark is None:
        raise NotAllowed(permission=UNMARKED)
    person = current_person()
    if person is not None and person.is_machine and mark.permissions and not (mark.everywhere or mark.anywhere):
        _demand_named_warehouse()
    if person is not None and person.must_change and not mark.is_public and request.endpoint not in CHANGE_PAGES:
        raise ChangeNeeded(what=person.must_change)
    if satisfies(mark):
        return
    if person is None:
        raise LoginFailed()
    raise NotAllowed(permission=mark.permissions[0] if mark.permissions else "a person")


# -- inside -----------------------------------------------------------------------------------------------------------
def directory() -> Directory:
    """Give the directory that wms.accounts handed over."""
    return cast(Directory, current_app.extensions["wms_directory"])


def _seen() -> _Seen:
    if "wms_seen" not in g:
        g.wms_seen = _Seen()
    return cast(_Seen, g.wms_seen)


def _machine() -> Person | None:
    machine = directory().load_machine(bearer_token() or "", now())
    if machine is None:
        metrics.count_login_failure("key")
    return machine


def _signed_in_person() -> Person | None:
    return cast(Person, current_user._get_current_object()) if current_user.is_authenticated else None


def _warehouse_or_none() -> WarehouseId | None:
    seen = _seen()
    if not seen.is_warehouse_known:
        seen.warehouse_id = _find_warehouse()
        seen.is_warehouse_known = True
    return seen.warehouse_id


def _demand_named_warehouse() -> None:
    """A machine that may act in several warehouses says in which: nothing lands in one by chance."""
    if _warehouse_or_none() is None and len(permitted_sites()) > 1:
        raise FieldErrors(errors={"warehouse": ["blank"]})


def _named_warehouse() -> WarehouseId | None:
    """The warehouse a machine names in ?warehouse=, or the only one it may act in."""
    sites = permitted_sites()
    code = request.args.get("warehouse")
    if code is None:
        return sites[0].id if len(sites) == 1 else None
    for site in sites:
        if site.code == code:
            return site.id
    raise NotFound(kind="warehouse", text=code[:40])


def _find_warehouse() -> WarehouseId | None:
    person = current_person()
    if person is None:
        return None
    if person.is_machine:
        return _named_warehouse()
    chosen = session.get("warehouse_id")
    if isinstance(chosen, int) and person.stands_in(WarehouseId(chosen)):
        return WarehouseId(chosen)
    own = sorted(key for key in person.rights if key is not None)
    if own and not person.rights.get(None):
        return own[0]
    sites = permitted_sites()
    return sites[0].id if sites else None
