"""How often an API key, or an address without one, may call: counted in this process, a moving minute.

Several web processes count each for themselves, so the bound of a site is the setting times their number: enough to
stop a client that runs wild, and no shared store is needed for it.
"""

import time
from typing import Final, cast

from flask import Flask, Response, current_app, g, request
from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from wms.core.errors import TooManyCalls
from wms.web import auth

#: Calls without a good key are guesses: fewer of them.
_GUESSES_PART: Final = 5


def init_app(app: Flask, *, per_minute: int) -> None:
    """Count the calls to the API; `per_minute` 0 sets no bound."""
    app.extensions["wms_limits"] = MovingWindowRateLimiter(MemoryStorage())
    if per_minute:
        app.before_request(lambda: _count(app, per_minute))
        app.after_request(_tell)


def _count(app: Flask, per_minute: int) -> None:
    if not request.path.startswith("/api/"):
        return
    limiter = cast(MovingWindowRateLimiter, app.extensions["wms_limits"])
    person = auth.current_person()
    if person is not None and person.key_id is not None:
        item, who = RateLimitItemPerMinute(per_minute), f"key {person.key_id}"
    else:
        item, who = RateLimitItemPerMinute(max(1, per_minute // _GUESSES_PART)), f"address {request.remote_addr}"
    is_in = limiter.hit(item, who)
    left = limiter.get_window_stats(item, who)
    seconds = max(1, int(left.reset_time - time.time()) + 1)
    g.api_limit = (item.amount, left.remaining, seconds)
    if not is_in:
        raise TooManyCalls(limit=item.amount, seconds=seconds)


def count_address(what: str, *, per_minute: int) -> None:
    """Count a call of this address to a public page; TooManyCalls beyond the bound, 0 sets none."""
    if not per_minute:
        return
    limiter = cast(MovingWindowRateLimiter, current_app.extensions["wms_limits"])
    item, who = RateLimitItemPerMinute(per_minute), f"{what} {request.remote_addr}"
    if not limiter.hit(item, who):
        left = limiter.get_window_stats(item, who)
        raise TooManyCalls(limit=per_minute, seconds=max(1, int(left.reset_time - time.time()) + 1))


def _tell(response: Response) -> Response:
    """Say how much is left (draft-ietf-httpapi-ratelimit-headers, the three headers that clients know)."""
    if (known := g.get("api_limit")) is not None:
        limit, remaining, seconds = known
        response.headers["RateLimit-Limit"] = str(limit)
        response.headers["RateLimit-Remaining"] = str(remaining)
        response.headers["RateLimit-Reset"] = str(seconds)
    return response
