"""Desk pages of the doors: the list, the live wall, passages, tags; and the set-up of gateways, readers and doors."""

from __future__ import annotations

import hashlib
from typing import Any

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request, url_for
from flask.blueprints import BlueprintSetupState
from flask_babel import gettext, lazy_gettext
from marshmallow import ValidationError

from wms.core.clock import now
from wms.core.errors import FieldErrors, NotFound
from wms.core.ids import BinId, GatewayId, PassageId, PortalId, ReaderId, ShipmentId, TagId
from wms.db import run_in_transaction
from wms.rfid import schemas, service
from wms.rfid.models import PassageDecision
from wms.rfid.papers import papers
from wms.rfid.queries import doors as queries
from wms.rfid.queries import lists
from wms.rfid.rules.passage import PassageParameters
from wms.shipping.doors import list_doors_with
from wms.stock.service import find_open_lpn
from wms.trace import history
from wms.web import auth
from wms.web.auth import actor_id, current_warehouse, requires
from wms.web.forms import parse_form, parse_query

bp = Blueprint("rfid", __name__)
_ = lazy_gettext

#: Stands in the fragment for its own fingerprint, which the next request carries back.
_MARK = "wall-mark-of-this-answer"
#: How many antennas a reader's form offers.
ANTENNAS = 8

DECISIONS = {
    "arrived": _("arrived"),
    "loaded": _("loaded"),
    "alarm": _("alarm"),
    "logged": _("logged"),
    "unknown_tag": _("unknown tag"),
    "review": _("look at it"),
}
#: The colour and shape of a decision, as a state the chips know.
LOOKS = {"arrived": "arrived", "loaded": "done", "alarm": "alarm", "review": "held", "unknown_tag": "unknown"}
DIRECTIONS = {"in": _("in"), "out": _("out"), "stray": _("stood near"), "review": _("not sure")}
USES = {"inbound": _("inbound"), "outbound": _("outbound"), "both": _("both ways")}
STATES = {
    "up": _("readers up"),
    "part": _("some readers down"),
    "down": _("readers down"),
    "silent": _("gateway silent"),
    "none": _("no reader"),
}
STATE_LOOKS = {"up": "connected", "part": "held", "down": "failed", "silent": "silent", "none": "unknown"}
#: Why a passage was decided so, in words for the wall.
WHY = {
    "held": _("On hold: it must not leave"),
    "recalled": _("Recalled: it must not leave"),
    "expired": _("Expired: it must not leave"),
    "not_released": _("Not released by quality"),
    "life_too_short": _("Too short a life for this customer"),
    "not_allocated": _("Not allocated to any shipment"),
    "made_for_other": _("Made for another order"),
    "other_shipment": _("Belongs to a shipment at another door"),
    "unexpected": _("Not expected at this door"),
    "unknown": _("Nothing is known of it"),
    "unknown_tag": _("Tag is not known"),
    "wrong_door": _("Wrong door for this"),
    "came_back": _("Came back in"),
    "not_announced": _("Came in unannounced"),
    "not_received": _("Went out before it was received"),
    "empty": _("Nothing stands on it"),
    "with_load": _("Goes with the load"),
    "stray": _("Stood near the door"),
    "unsure": _("Not sure what it did"),
}


@bp.record_once
def _tell_of_passages(_state: BlueprintSetupState) -> None:
    """A lot's history stands floors below, and is told of the doors it passed."""
    history.tell_of("passage", papers)


@bp.record_once
def _hand_over_doors(_state: BlueprintSetupState) -> None:
    """Shipping stands below and offers the doors that only up here are known."""
    list_doors_with(lists.outbound_doors)


@bp.context_processor
def _words() -> dict[str, Any]:
    return {
        "decisions": DECISIONS,
        "decision_looks": LOOKS,
        "directions": DIRECTIONS,
        "uses": USES,
        "door_states": STATES,
        "door_looks": STATE_LOOKS,
        "why_words": WHY,
    }


# -- doors ------------------------------------------------------------------------------------------------------------
@bp.get("/doors")
@requires("door.view")
def doors() -> Any:
    """List the doors and how their readers stand; give shipments their doors."""
    warehouse = current_warehouse()
    may_assign = auth.permitted("ship") or auth.permitted("door.settle")
    return render_template(
        "rfid/doors.html",
        rows=queries.list_doors(warehouse, at=now()),
        shipments=lists.open_shipments(warehouse) if may_assign else (),
        may_assign=may_assign,
    )


@bp.get("/doors/<int:portal_id>")
@requires("door.view")
def door(portal_id: int) -> Any:
    """Show the live wall of a door."""
    html, _mark = _wall(PortalId(portal_id))
    return render_template("rfid/wall_page.html", fragment=html, portal_id=portal_id)


@bp.get("/doors/<int:portal_id>/wall")
@requires("door.view")
def wall(portal_id: int) -> Any:
    """Give the wall's fragment, or 204 when it is what the screen shows already."""
    html, mark = _wall(PortalId(portal_id))
    if request.args.get("mark") == mark:
        return Response(status=204)
    return make_response(html)


def _wall(portal: PortalId) -> tuple[str, str]:
    shown = queries.wall(portal, warehouse=current_warehouse(), at=now())
    html = render_template("rfid/_wall.html", wall=shown, mark=_MARK)
    mark = hashlib.blake2s(html.encode(), digest_size=8).hexdigest()
    return html.replace(_MARK, mark), mark


@bp.post("/doors/<int:portal_id>/shipment")
@requires("ship", "door.settle")
def assign(portal_id: int) -> Any:
    """Load a shipment through this door, or take it away from it."""
    form = parse_form(schemas.AssignIn())
    cmd = service.AssignShipment(
        shipment=ShipmentId(form["shipment_id"]),
        portal=None if form["is_leaving"] else PortalId(portal_id),
        warehouse=current_warehouse(),
    )
    run_in_transaction(service.assign_shipment, cmd, actor=actor_id(), at=now())
    flash(gettext("The shipment has its door.") if cmd.portal else gettext("The shipment has no door now."))
    return redirect(url_for("rfid.doors"))


# -- passages ---------------------------------------------------------------------------------------------------------
@bp.get("/doors/passages")
@requires("door.view")
def passages() -> Any:
    """List the passages, with filters."""
    wanted = parse_query(schemas.PassagesQuery())
    warehouse = current_warehouse()
    page = lists.page_of_passages(
        warehouse,
        door=wanted["door"],
        decision=wanted["decision"],
        search=wanted["q"],
        unsettled=bool(wanted["unsettled"]),
        cursor=wanted["cursor"] or None,
    )
    return render_template(
        "rfid/passages.html",
        page=page,
        door_choices=[(code, code) for _id, code in lists.door_codes(warehouse)],
        decision_choices=[(d.value, DECISIONS[d.value]) for d in PassageDecision],
    )


@bp.get("/doors/passages/<int:passage_id>")
@requires("door.view")
def passage(passage_id: int) -> Any:
    """Show a passage with what it was judged by; settle it."""
    row, record = lists.get_passage(PassageId(passage_id), warehouse=current_warehouse())
    can_settle = (
        auth.permitted("door.settle")
        and record.settled_at is None
        and record.decision.value in ("alarm", "review", "unknown_tag")
    )
    return render_template(
        "rfid/passage.html", row=row, record=record, can_settle=can_settle, back=request.args.get("back", "")[:30]
    )


@bp.post("/doors/passages/<int:passage_id>/settle")
@requires("door.settle")
def settle(passage_id: int) -> Any:
    """Settle an alarm or a doubtful passage with what was done; back to the wall when one came from there."""
    form = parse_form(schemas.SettleIn())
    cmd = service.SettlePassage(passage=PassageId(passage_id), warehouse=current_warehouse(), note=form["note"])
    run_in_transaction(service.settle_passage, cmd, actor=actor_id(), at=now())
    if form["back"].isascii() and form["back"].isdigit():
        return redirect(url_for("rfid.door", portal_id=int(form["back"]) % 2**63))
    flash(gettext("The passage is settled."))
    return redirect(url_for("rfid.passage", passage_id=passage_id))


# -- tags -------------------------------------------------------------------------------------------------------------
@bp.get("/doors/tags")
@requires("door.view")
def tags() -> Any:
    """List the tags that passed here and stand for nothing we know, or, asked so, those that do."""
    wanted = parse_query(schemas.TagsQuery())
    page = lists.page_of_tags(
        current_warehouse(), search=wanted["q"], is_known=bool(wanted["known"]), cursor=wanted["cursor"] or None
    )
    return render_template("rfid/tags.html", page=page)


@bp.get("/doors/tags/<int:tag_id>")
@requires("door.view")
def tag(tag_id: int) -> Any:
    """Show a tag: what its EPC says, what it stands for, where it passed."""
    row = lists.get_tag(TagId(tag_id), warehouse=current_warehouse())
    page = lists.page_of_passages(
        current_warehouse(), door="", decision="", search=row.tag.epc, unsettled=False, cursor=None
    )
    return render_template("rfid/tag.html", row=row, passages=page.rows[:20])


@bp.post("/doors/tags/<int:tag_id>/lpn")
@requires("door.settle")
def tie_tag(tag_id: int) -> Any:
    """Say which LPN a tag stands for; blank unties it."""
    form = parse_form(schemas.AssociateIn())
    row = lists.get_tag(TagId(tag_id), warehouse=current_warehouse())
    plate = find_open_lpn(form["lpn"]) if form["lpn"] else None
    if form["lpn"] and plate is None:
        raise NotFound(kind="lpn", text=form["lpn"])
    cmd = service.AssociateTag(tag=row.tag.id, lpn=plate.id if plate else None, warehouse=current_warehouse())
    run_in_transaction(service.associate_tag, cmd, actor=actor_id(), at=now())
    flash(gettext("The tag stands for %(lpn)s now.", lpn=plate.code) if plate else gettext("The tag is untied."))
    return redirect(url_for("rfid.tag", tag_id=tag_id))


# -- set-up -----------------------------------------------------------------------------------------------------------
@bp.get("/setup/gateways")
@requires("rfid.setup")
def gateways() -> Any:
    """List the gateways; add one."""
    warehouse = current_warehouse()
    return render_template(
        "rfid/gateways.html", rows=lists.list_gateways(warehouse), tokens=lists.gateway_tokens(warehouse), at=now()
    )


@bp.post("/setup/gateways", defaults={"gateway_id": None})
@bp.post("/setup/gateways/<int:gateway_id>")
@requires("rfid.setup")
def save_gateway(gateway_id: int | None) -> Any:
    """Make or change a gateway."""
    form = parse_form(schemas.GatewayIn())
    cmd = service.SaveGateway(
        id=None if gateway_id is None else GatewayId(gateway_id),
        code=form["code"],
        warehouse=current_warehouse(),
        api_token=form["api_token_id"],
        is_active=form["is_active"] or gateway_id is None,
    )
    if cmd.api_token is not None and cmd.api_token not in {t.id for t in lists.gateway_tokens(cmd.warehouse)}:
        raise NotFound(kind="token", text=str(cmd.api_token))
    run_in_transaction(service.save_gateway, cmd)
    flash(gettext("The gateway is saved; it takes the change up by itself."))
    return redirect(url_for("rfid.gateways"))


@bp.get("/setup/portals")
@requires("rfid.setup")
def portals() -> Any:
    """List the doors for set-up."""
    return render_template("rfid/portals.html", rows=lists.list_portals(current_warehouse()))


@bp.get("/setup/portals/new", defaults={"portal_id": None})
@bp.get("/setup/portals/<int:portal_id>")
@requires("rfid.setup")
def portal_form(portal_id: int | None) -> Any:
    """Show the form of a door."""
    warehouse = current_warehouse()
    found = queries.get_portal(PortalId(portal_id), warehouse=warehouse) if portal_id is not None else None
    return render_template(
        "rfid/portal.html", portal=found, bins=lists.dock_bins(warehouse), parameters=PassageParameters()
    )


@bp.post("/setup/portals/new", defaults={"portal_id": None})
@bp.post("/setup/portals/<int:portal_id>")
@requires("rfid.setup")
def save_portal(portal_id: int | None) -> Any:
    """Make or change a door."""
    rules = _parameters()
    form = _load(schemas.PortalIn(), without=schemas.PARAMETERS)
    cmd = service.SavePortal(
        id=None if portal_id is None else PortalId(portal_id),
        warehouse=current_warehouse(),
        code=form["code"],
        name_en=form["name_en"],
        name_zh=form["name_zh"],
        use=form["use"],
        bin=None if form["bin_id"] is None else BinId(form["bin_id"]),
        rules=rules,
        is_active=form["is_active"] or portal_id is None,
    )
    run_in_transaction(service.save_portal, cmd)
    flash(gettext("The door is saved; its gateway takes the change up by itself."))
    return redirect(url_for("rfid.portals"))


@bp.get("/setup/readers")
@requires("rfid.setup")
def readers() -> Any:
    """List the readers for set-up."""
    return render_template(
        "rfid/readers.html", rows=lists.list_readers(current_warehouse()), at=now(), silent=queries.SILENT_AFTER
    )


@bp.get("/setup/readers/new", defaults={"reader_id": None})
@bp.get("/setup/readers/<int:reader_id>")
@requires("rfid.setup")
def reader_form(reader_id: int | None) -> Any:
    """Show the form of a reader and its antennas."""
    warehouse = current_warehouse()
    found, antennas = (
        lists.get_reader(ReaderId(reader_id), warehouse=warehouse) if reader_id is not None else (None, [])
    )
    return render_template(
        "rfid/reader.html",
        reader=found,
        antennas={a.number: a for a in antennas},
        numbers=range(1, ANTENNAS + 1),
        gateways=lists.list_gateways(warehouse),
        doors=lists.door_codes(warehouse),
    )


@bp.post("/setup/readers/new", defaults={"reader_id": None})
@bp.post("/setup/readers/<int:reader_id>")
@requires("rfid.setup")
def save_reader(reader_id: int | None) -> Any:
    """Make or change a reader with its antennas."""
    names = [f"antenna_{n}" for n in range(1, ANTENNAS + 1)]
    antennas = {n: _antenna(name) for n, name in enumerate(names, start=1) if request.form.get(name)}
    form = _load(schemas.ReaderIn(), without=names)
    settings = {name: form[name] for name in ("tx_power_dbm", "session", "tag_population") if form[name] is not None}
    cmd = service.SaveReader(
        id=None if reader_id is None else ReaderId(reader_id),
        code=form["code"],
        gateway=GatewayId(form["gateway_id"]),
        host=form["host"],
        port=form["port"],
        settings=settings,
        alarm_gpo_port=form["alarm_gpo_port"],
        alarm_seconds=form["alarm_seconds"],
        is_active=form["is_active"] or reader_id is None,
        antennas=antennas,
    )
    run_in_transaction(service.save_reader, cmd, warehouse=current_warehouse())
    flash(gettext("The reader is saved; its gateway takes the change up by itself."))
    return redirect(url_for("rfid.readers"))


def _load(schema: Any, *, without: Any) -> dict[str, Any]:
    """Read the form through a schema, but for the fields that are read apart; a blank number is none."""
    left_out = {*without, "csrf_token", "lang"}
    values: dict[str, str | None] = {name: text for name, text in request.form.items() if name not in left_out}
    blanks = {name for name, kind in schema.fields.items() if kind.allow_none}
    values = {name: None if text == "" and name in blanks else text for name, text in values.items()}
    try:
        loaded: dict[str, Any] = schema.load(values)
        return loaded
    except ValidationError as wrong:
        raise FieldErrors(errors=wrong.normalized_messages()) from None


def _parameters() -> dict[str, float]:
    try:
        return schemas.read_parameters(request.form.to_dict())
    except ValidationError as wrong:
        raise FieldErrors(errors=wrong.normalized_messages()) from None


def _antenna(name: str) -> tuple[PortalId, str]:
    """Read "door:side" of one antenna."""
    portal, _, side = request.form[name].partition(":")
    if not (portal.isascii() and portal.isdigit() and len(portal) < 20) or side not in ("inside", "outside"):
        raise FieldErrors(errors={name: ["not_a_choice"]})
    return PortalId(int(portal) % 2**63), side
