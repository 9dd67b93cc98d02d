"""The page that tells how to trust this server's authority. Public, and of use over plain HTTP: that is where one begins."""

from __future__ import annotations

import ipaddress
import re
from typing import Any, Final

from cryptography.hazmat.primitives.serialization import Encoding
from flask import Blueprint, Response, current_app, render_template, request, url_for
from markupsafe import Markup

from config import Config
from wms.certificates import store
from wms.certificates.authority import fingerprint
from wms.core.errors import NotFound
from wms.labels.symbols import Symbol, qr
from wms.web.auth import public

bp = Blueprint("certificates", __name__)

#: What a browser says of its system: (sign in User-Agent, section of the page).
_SYSTEMS: Final = (("Android", "android"), ("iPhone", "ios"), ("iPad", "ios"), ("Windows", "windows"))


@bp.get("/trust")
@public
def trust() -> Any:
    """Tell how to trust the authority on each kind of device, with its certificate, fingerprint and a QR of this page."""
    authority = store.read_authority(_config().data_dir)
    address = _address()
    agent = request.user_agent.string
    return render_template(
        "certificates/trust.html",
        authority=authority,
        sha256=fingerprint(authority) if authority is not None else "",
        address=address,
        code=_drawn(qr(address)),
        system=next((section for sign, section in _SYSTEMS if sign in agent), ""),
    )


@bp.get("/trust/ca.crt")
@public
def authority() -> Response:
    """Give the authority's certificate, and nothing else that may stand in its file."""
    found = store.read_authority(_config().data_dir)
    if found is None:
        raise NotFound(kind="certificate", text="ca.crt")
    # Without Content-Disposition: Safari offers to install by the type alone, and saves an attachment unasked.
    return Response(found.public_bytes(Encoding.PEM), content_type="application/x-x509-ca-cert")


@bp.app_template_global()
def is_secure_context() -> bool:
    """Say whether the browser grants this page the camera and offline work, as far as the server can tell."""
    return request.is_secure or _is_this_machine(request.host)


def _address() -> str:
    """The address of this page as other devices open it: over HTTPS when this process serves it, never as localhost."""
    config = _config()
    here = url_for("certificates.trust", _external=True)
    if not _is_this_machine(request.host):
        return here
    server = store.read_certificate(config.data_dir / store.FOLDER / store.SERVER)
    name = store.public_name(server) if server is not None else ""
    if not name:
        return here
    return f"{'https' if config.tls_cert else 'http'}://{name}:{config.port}{url_for('certificates.trust')}"


def _is_this_machine(host: str) -> bool:
    bare = re.sub(r":\d*$", "", host).strip("[]").lower()
    if bare == "localhost" or bare.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(bare).is_loopback
    except ValueError:
        return False


def _drawn(symbol: Symbol) -> Markup:
    """Draw a code as SVG, its size left to the page."""
    path = "".join(f"M{column} {row}h{length}v1h-{length}z" for column, row, length in symbol.runs())
    side = symbol.width
    return Markup(
        '<svg class="qr" viewBox="0 0 {side} {side}" role="img" aria-label="QR" shape-rendering="crispEdges">'
        '<rect width="{side}" height="{side}" fill="#fff"/><path d="{path}" fill="#000"/></svg>'
    ).format(side=side, path=path)


def _config() -> Config:
    config: Config = current_app.config["WMS"]
    return config
