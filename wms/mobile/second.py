"""A second person at somebody else's handheld: badge and PIN, or login and password, for one thing that needs their right."""

from __future__ import annotations

from wms.accounts import queries as accounts
from wms.accounts import service as people
from wms.accounts import sessions
from wms.core.clock import now
from wms.core.errors import LockedOut, MissingField, PasswordWrong
from wms.core.ids import UserId
from wms.db import run_in_transaction
from wms.mobile import messages
from wms.mobile.flow import Operation
from wms.web import auth, views


def prove_supervisor(op: Operation) -> tuple[UserId, bool]:
    """Check badge and PIN or login and password of another person; count the try. Raises PasswordWrong, LockedOut."""
    name, secret = op.form.get("supervisor", "").strip(), op.form.get("secret", "")
    if not name or not secret:
        raise MissingField(field=str(messages.SCAN_BADGE))
    by_badge = people.check_badge(name, secret, device_secret=sessions.device_secret())
    attempt = by_badge if by_badge.is_right else people.check_password(name, secret)
    outcome = run_in_transaction(people.settle_login, attempt, at=now(), is_signature=True)
    if outcome.locked_until is not None:
        raise LockedOut(until=views.local_time(outcome.locked_until))
    if outcome.user_id is None:
        raise PasswordWrong()
    account = accounts.load_account(outcome.user_id, outcome.session_token, None)
    rights = account.rights if account else {}
    here = rights.get(None, frozenset()) | rights.get(auth.current_warehouse(), frozenset())
    return outcome.user_id, "pick.override" in here
