"""From one stored episode to a passage: join, identify, decide, act, all in the caller's transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import case, insert, select, update

from wms.alerts.models import AlertKind, Severity
from wms.alerts.service import raise_alert
from wms.core.clock import local_day
from wms.core.ids import SYSTEM_USER, AlertId, AsnId, LotId, LpnId, PassageId, ShipmentId, TagId, new_id
from wms.db import db
from wms.events.catalog import DoorAlarmRaised, PassageLogged
from wms.events.outbox import emit
from wms.receiving import service as receiving
from wms.rfid.models import Direction, Episode, GpoCommand, Passage, PassageDecision, Tag
from wms.rfid.queries import identity, loads
from wms.rfid.queries.gateway import DockFacts, DoorFacts
from wms.rfid.queries.identity import Identity
from wms.rfid.rules import decision as rules
from wms.rfid.rules import passage as edge
from wms.rfid.rules.decision import Decision, Kind, Outcome, Standing
from wms.rfid.rules.merging import JOIN_SECONDS, Trip, join
from wms.rfid.rules.passage import Verdict
from wms.rfid.service.commands import EpisodeItem
from wms.shipping import service as shipping

#: What was acted on is only made longer by a later piece, never decided again.
SETTLED_OUTCOMES = frozenset({PassageDecision.ARRIVED, PassageDecision.LOADED, PassageDecision.ALARM})


@dataclass(frozen=True, kw_only=True)
class SeenTag:
    """A tag as stored: what it was tied to."""

    id: TagId
    lpn: LpnId | None
    lot: LotId | None


def log_episode(item: EpisodeItem, *, door: DoorFacts, dock: DockFacts, at: datetime) -> PassageId:
    """Join an episode to the trip it belongs to, or make one, and do what follows from it."""
    tag = _see_tag(item)
    known = _near_passage(item, tag.id)
    pieces = [_piece(item)] if known is None else [*_pieces_of(known.id), _piece(item)]
    if known is not None and known.decision in SETTLED_OUTCOMES:
        _lengthen(known, join(pieces, door.parameters))
        return known.id
    today = local_day(at, dock.timezone)
    if tag.lpn is not None and join(pieces, door.parameters, is_expected=True).verdict is Verdict.STRAY:
        what = Identity(kind=Kind.LPN, lpn=tag.lpn)  # a known plate that stood near: nothing more needs to be known
    else:
        what = identity.identify(
            item.epc, lpn=tag.lpn, lot=tag.lot, warehouse=dock.warehouse, company_prefix=dock.company_prefix, on=today
        )
    trip = _judged(pieces, door, what, today)
    passage = known.id if known is not None else PassageId(new_id())
    standing, shipment = _standing(what, door, trip.verdict, today)
    decided = rules.decide(trip.verdict, door.use, standing)
    made = _Made(passage=passage, tag=tag, item=item, door=door, dock=dock, trip=trip, what=what, at=at, on=today)
    acted = _act(made, decided, shipment)
    if known is None:
        db.session.execute(insert(Passage).values(id=passage, portal_id=door.id, tag_id=tag.id, **acted))
    else:
        db.session.execute(
            update(Passage).where(Passage.id == passage).values(**acted).execution_options(synchronize_session=False)
        )
    if what.lpn is not None and what.lpn != tag.lpn:
        db.session.execute(
            update(Tag).where(Tag.id == tag.id).values(lpn_id=what.lpn).execution_options(synchronize_session=False)
        )
    is_news = known is None or known.decision.value != decided.outcome.value
    if is_news and trip.verdict is not Verdict.STRAY:
        _tell(made, acted)
    return passage


@dataclass(frozen=True, kw_only=True)
class _Made:
    """All that is known of one passage in the making."""

    passage: PassageId
    tag: SeenTag
    item: EpisodeItem
    door: DoorFacts
    dock: DockFacts
    trip: Trip
    what: Identity
    at: datetime
    on: date


def _see_tag(item: EpisodeItem) -> SeenTag:
    """Note the tag, in one statement; an unknown one is kept with what its EPC says."""
    said = identity.decoded(item.epc)
    made = _insert().values(
        id=new_id(), epc=item.epc, scheme=said.scheme if said else "",
        digital_link=(said.digital_link or said.uri or "")[:300] if said else "",
        first_seen_at=item.started_at, last_seen_at=item.ended_at,
    )  # fmt: skip
    later = case((Tag.last_seen_at < made.excluded.last_seen_at, made.excluded.last_seen_at), else_=Tag.last_seen_at)
    row = db.session.execute(
        made.on_conflict_do_update(index_elements=["epc"], set_={"last_seen_at": later}).returning(
            Tag.id, Tag.lpn_id, Tag.lot_id
        )
    ).one()
    return SeenTag(id=row.id, lpn=row.lpn_id, lot=row.lot_id)


def _insert() -> Any:
    if db.session.get_bind().dialect.name == "sqlite":
        from sqlalchemy.dialects.sqlite import insert as upsert
    else:
        from sqlalchemy.dialects.postgresql import insert as upsert  # type: ignore[assignment]
    return upsert(Tag)


# -- one trip ---------------------------------------------------------------------------------------------------------
def _near_passage(item: EpisodeItem, tag: TagId) -> Any:
    """The passage of this tag at this door that lies closer than JOIN_SECONDS, the earliest of them."""
    near = timedelta(seconds=JOIN_SECONDS)
    return db.session.execute(
        select(Passage.id, Passage.decision)
        .where(
            Passage.tag_id == tag, Passage.portal_id == item.portal,
            Passage.ended_at > item.started_at - near, Passage.started_at < item.ended_at + near,
        )
        .order_by(Passage.started_at, Passage.id)
        .limit(1)
    ).one_or_none()  # fmt: skip


def _pieces_of(passage: PassageId) -> list[edge.Episode]:
    rows = db.session.execute(select(Episode.content).where(Episode.passage_id == passage)).scalars()
    return [_piece_of_content(content) for content in rows]


def _piece(item: EpisodeItem) -> edge.Episode:
    return _piece_of_content(item.content)


def _piece_of_content(content: dict[str, Any]) -> edge.Episode:
    antennas = tuple(edge.AntennaSum(**one) for one in content["antennas"])
    names = (
        "epc", "portal", "reader", "reads", "peak_rssi_dbm", "door_share", "prominence_db", "direction_seconds",
        "is_parked",
    )  # fmt: skip
    return edge.Episode(
        started_at=datetime.fromisoformat(content["started_at"]).timestamp(),
        ended_at=datetime.fromisoformat(content["ended_at"]).timestamp(),
        antennas=antennas,
        **{name: content[name] for name in names},
    )


def _judged(pieces: Sequence[edge.Episode], door: DoorFacts, what: Identity, on: date) -> Trip:
    """Judge a trip; only where the lower bar of an expected tag would change it is asked whether it is expected."""
    plain = join(pieces, door.parameters)
    if plain.verdict not in (Verdict.STRAY, Verdict.REVIEW):
        return plain
    lower = join(pieces, door.parameters, is_expected=True)
    if lower.verdict is plain.verdict:
        return plain
    going_in = lower.verdict is Verdict.IN and what.asn is not None and door.use != "outbound"
    going_out = (
        lower.verdict is Verdict.OUT
        and what.lpn is not None
        and door.use != "inbound"
        and shipping.check_load(what.lpn, portal=door.id, on=on).may_pass
    )
    return lower if going_in or going_out else plain


def _lengthen(known: Any, trip: Trip) -> None:
    db.session.execute(
        update(Passage)
        .where(Passage.id == known.id)
        .values(started_at=_time(trip.started_at), ended_at=_time(trip.ended_at), reads=trip.reads,
                peak_rssi_dbm=trip.peak_rssi_dbm)
        .execution_options(synchronize_session=False)
    )  # fmt: skip


# -- what it stands for at this door --------------------------------------------------------------------------------------
def _standing(what: Identity, door: DoorFacts, verdict: Verdict, on: date) -> tuple[Standing, ShipmentId | None]:
    """Ask shipping what goes out; give the shipment the goods belong to or the one that is loaded here."""
    standing = Standing(kind=what.kind, stop=what.stop, is_announced=what.asn is not None, is_empty=what.is_empty)
    if verdict is Verdict.IN:
        loaded = identity.loaded_on(what.lpn) if what.lpn is not None else None
        return replace(standing, is_loaded=loaded is not None), loaded
    if verdict is Verdict.STRAY or door.use == "inbound":
        return standing, None
    here = loads.standing_at(door.id, what.lots)
    if what.kind is Kind.LPN and what.lpn is not None:
        found = shipping.check_load(what.lpn, portal=door.id, on=on)
        mine = ShipmentId(found.shipment) if found.shipment is not None else None
        if found.may_pass:  # also stopped goods, where the order's purpose takes them (destruction, return)
            return replace(standing, stop=""), mine
        # What stands on plates on this plate is not shipping's to see: their goods may be stopped all the same.
        stop = str(found.verdict)
        if stop == "empty":
            stop = what.stop or ("made_for_other" if here.is_made_for_others else stop)
        return replace(standing, stop=stop), here.shipment or mine
    if what.kind is Kind.LOT and what.lot is not None:
        found = shipping.check_lot(what.lot, portal=door.id, on=on)
        stop = "" if found.may_pass else what.stop or str(found.verdict)
        return replace(standing, stop=stop), here.shipment
    if what.kind is Kind.ITEM and what.item is not None:
        return replace(standing, stop="" if loads.is_item_wanted(what.item, door.id) else "unexpected"), here.shipment
    return standing, here.shipment


# -- doing ------------------------------------------------------------------------------------------------------------
def _act(made: _Made, decided: Decision, shipment: ShipmentId | None) -> dict[str, Any]:
    """Do what follows; the columns of the passage."""
    asn: AsnId | None = None
    alert: AlertId | None = None
    outcome, why = decided.outcome, decided.why
    if outcome is Outcome.ARRIVED:
        asn = receiving.confirm_arrival(
            passage=made.passage, at=made.at, sscc=made.what.code if made.what.kind is Kind.ANNOUNCED else None,
            lpn=made.what.lpn, portal=made.door.id, warehouse=made.dock.warehouse, actor=SYSTEM_USER,
        )  # fmt: skip
    elif outcome is Outcome.LOADED and made.what.lpn is not None:
        verdict = shipping.confirm_load(
            lpn=made.what.lpn, portal=made.door.id, actor=None, at=made.at, on=made.on, passage=made.passage
        )
        shipment = ShipmentId(verdict.shipment) if verdict.shipment is not None else shipment
    elif outcome is Outcome.ALARM:
        alert = _alarm(made, why, shipment)
    elif outcome is Outcome.UNKNOWN_TAG and made.door.use == "inbound" and _is_sscc(made.what):
        receiving.note_unknown_plate(
            sscc=made.what.code, passage=made.passage, warehouse=made.dock.warehouse, at=made.at
        )  # fmt: skip
    features = {**made.trip.features, "code": made.what.code, "kind": made.what.kind.value}
    return {
        "direction": Direction(made.trip.verdict.value), "decision": PassageDecision(outcome.value), "why": why,
        "started_at": _time(made.trip.started_at), "ended_at": _time(made.trip.ended_at), "recorded_at": made.at,
        "reads": made.trip.reads, "peak_rssi_dbm": made.trip.peak_rssi_dbm,
        "features": features | {"goods": made.what.goods.plain}, "lpn_id": made.what.lpn,
        "asn_id": asn, "shipment_id": shipment, "alert_id": alert, "settlement": "",
    }  # fmt: skip


def _is_sscc(what: Identity) -> bool:
    """Whether it is somebody else's plate: of such a one something was delivered, and a person is to say what."""
    return what.kind is Kind.FOREIGN and len(what.code) == 18 and what.code.isdigit()


def _alarm(made: _Made, why: str, shipment: ShipmentId | None) -> AlertId:
    """Raise the alert that blocks the shipment at this door, and switch the lights on (not for old news)."""
    goods = made.what.goods
    alert = raise_alert(
        kind=AlertKind.DOOR_ALARM,
        severity=Severity.CRITICAL,
        warehouse=made.dock.warehouse,
        subject_key=f"door:{made.door.id}:{made.tag.id}",
        subject_kind="passage",
        subject_id=made.passage,
        data={
            "door": made.door.code, "why": why, "epc": made.item.epc, "code": made.what.code or made.item.epc,
            "lot": goods.lot, "sku": goods.sku,
        },
        blocks_shipment=shipment,
        at=made.at,
    )  # fmt: skip
    if not made.item.is_late:
        for gateway, reader, port, seconds in made.door.lights:
            db.session.execute(
                insert(GpoCommand).values(
                    id=new_id(), gateway_id=gateway, reader_id=reader, port=port, seconds=seconds, is_on=True,
                    made_at=made.at,
                )
            )  # fmt: skip
    return alert


def _tell(made: _Made, acted: dict[str, Any]) -> None:
    emit(
        PassageLogged(
            passage=made.passage, portal=made.door.id, direction=acted["direction"].value, lpn=acted["lpn_id"],
            asn=acted["asn_id"], shipment=acted["shipment_id"],
        ),
        actor=None,
        at=made.at,
    )  # fmt: skip
    if acted["alert_id"] is not None:
        emit(
            DoorAlarmRaised(passage=made.passage, portal=made.door.id, alert=acted["alert_id"], why=acted["why"]),
            actor=None,
            at=made.at,
        )


def _time(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
