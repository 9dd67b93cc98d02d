"""The public page of a lot. One answer for everybody without a right key, whatever is wrong with what they sent."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, current_app, make_response, render_template, request
from flask_babel import force_locale

from wms.core.clock import now
from wms.core.errors import TooManyCalls, WmsError
from wms.db import let_go
from wms.files.serving import give
from wms.passport import queries, words
from wms.web import i18n
from wms.web.auth import public
from wms.web.limits import count_address

bp = Blueprint("passport_page", __name__)


@bp.get("/p/<path:rest>")
@public
def short(rest: str) -> Any:
    """Show the passport behind a key: /p/<key>, its certificates under /p/<key>/certificate/<number>."""
    key, slash, further = rest.partition("/")
    return _answer(key, further=further if slash else None)


@bp.get("/01/<path:rest>")
@public
def digital_link(rest: str) -> Any:
    """Show the passport behind a GS1 Digital Link: /01/<gtin>/10/<lot>?k=<key>."""
    gtin, _, after = rest.partition("/")
    qualifier, slash, number = after.partition("/")
    is_formed = qualifier == "10" and slash and number
    gtin = gtin.zfill(14) if gtin.isascii() and gtin.isdigit() and len(gtin) in (8, 12, 13, 14) else "-"
    # A wrong form asks for a key that is none, so that it takes as long as a wrong key.
    return _answer(request.args.get("k", "") if is_formed else "", gtin=gtin, number=number or "-")


def _answer(key: str, *, gtin: str | None = None, number: str | None = None, further: str | None = None) -> Response:
    count_address("passport", per_minute=current_app.config["WMS"].passport_per_minute)
    with force_locale(i18n.first_match(request.accept_languages.values()) or i18n.ENGLISH):
        lot = queries.find_lot(key, gtin=gtin, lot_number=number)
        if lot is None:
            return _nothing()
        view = queries.view_of(lot, on=queries.day_of(lot.id, at=now()))
        if further is not None:
            return _certificate(view, further)
        links = [
            f"/p/{key}/certificate/{place}" for place, _file in enumerate(view.certificates, start=1)
        ]  # fmt: skip
        page = render_template(
            "passport/public.html",
            view=view,
            links=links,
            words=words,
            is_chinese=i18n.html_language().startswith("zh"),
        )
        return _closed(make_response(page))


def _certificate(view: queries.PublicView, further: str) -> Response:
    kind, _, place = further.partition("/")
    numbers = {str(at): file for at, file in enumerate(view.certificates, start=1)}
    if kind != "certificate" or place not in numbers:
        return _nothing()
    try:
        return _closed(give(numbers[place]))
    except WmsError:  # its bytes are not those that were attached: nobody outside is told more
        return _nothing()


def _nothing() -> Response:
    """The one answer to everybody without a right key: unknown, revoked, wrong form, it is all the same."""
    return _closed(make_response(render_template("passport/nothing.html"), 404))


def _closed(response: Response) -> Response:
    """Keep it out of caches, of search engines, and out of the addresses that other sites are told."""
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Vary"] = "Accept-Language"
    return response


@bp.errorhandler(WmsError)
def _refuse(error: WmsError) -> Any:
    """On the public page every refusal is the same answer, but for one who asks too often."""
    let_go()
    with force_locale(i18n.first_match(request.accept_languages.values()) or i18n.ENGLISH):
        if isinstance(error, TooManyCalls):
            response = _closed(make_response(render_template("passport/too_often.html"), 429))
            response.headers["Retry-After"] = str(error.data["seconds"])
            return response
        if error.status >= 500:  # the database is away, say
            return _closed(make_response(render_template("passport/later.html"), 503))
        return _nothing()
