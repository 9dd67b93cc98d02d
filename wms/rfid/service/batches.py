"""accept_batch: what a gateway sends, stored once, in the order of its sequence; the answer it waits for.

The gateway's row is locked first, so that two requests of one gateway follow each other; whatever stands at or below its
last sequence is a repeat. Each episode has a savepoint of its own: one that a rule refuses is kept as rejected, and the
rest go on.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import insert, select, update
from sqlalchemy.exc import DBAPIError

from wms.core.errors import NotFound, WmsError
from wms.core.ids import GatewayId, new_id
from wms.db import db
from wms.rfid.models import Episode, Gateway, GpoCommand, Reader
from wms.rfid.queries.gateway import DockFacts, dock_of
from wms.rfid.service.commands import AcceptBatch, Accepted, EpisodeItem, GpoOrder, ReaderStatus, StateItem
from wms.rfid.service.passages import log_episode

log = logging.getLogger(__name__)

#: A heartbeat is written down this often at most.
PULSE: Final = timedelta(seconds=5)
#: A light asked for longer ago than this is news no more.
LIGHT_FRESH: Final = timedelta(seconds=60)


def accept_batch(cmd: AcceptBatch, *, gateway: GatewayId, at: datetime) -> Accepted:
    """Store what is new of a batch and act on it: passages, arrivals, loads, alarms, states of readers.

    A repeat changes nothing. Gives what the gateway may forget and which lights it is to switch. Raises NotFound when
    there is no such gateway.
    """
    row = db.session.execute(
        select(Gateway).where(Gateway.id == gateway).with_for_update().execution_options(populate_existing=True)
    ).scalar_one_or_none()
    if row is None:
        raise NotFound(kind="gateway", text=str(gateway))
    fresh = sorted((i for i in cmd.items if i.sequence > row.last_sequence), key=lambda item: item.sequence)
    episodes = [item for item in fresh if isinstance(item, EpisodeItem)]
    if episodes:
        dock = dock_of(row.warehouse_id)
        for episode in episodes:
            _take(episode, gateway=gateway, dock=dock, at=at)
    for item in fresh:
        if isinstance(item, StateItem):
            _note_state(item, gateway=gateway)
    is_due = bool(fresh) or row.last_seen_at is None or at - row.last_seen_at >= PULSE
    if is_due:
        _note_readers(cmd.readers, gateway=gateway)
        last = fresh[-1].sequence if fresh else row.last_sequence
        db.session.execute(
            update(Gateway)
            .where(Gateway.id == gateway)
            .values(last_seen_at=at, last_sequence=last)
            .execution_options(synchronize_session="fetch")
        )
    return Accepted(stored=row.last_sequence or None, gpo=_lights(gateway, at), config_version=row.config_version)


def _take(item: EpisodeItem, *, gateway: GatewayId, dock: DockFacts, at: datetime) -> None:
    passage, content = None, item.content
    door = dock.doors.get(item.portal)
    if door is None:
        content["rejected"] = "portal"
    else:
        try:
            with db.session.begin_nested():
                passage = log_episode(item, door=door, dock=dock, at=at)
        except DBAPIError:
            raise  # the whole batch is run again, or refused for now
        except WmsError as refused:
            content["rejected"] = refused.code
        except Exception as fault:
            log.exception("episode %s of gateway %s could not be judged", item.sequence, gateway)
            content["rejected"] = type(fault).__name__
    db.session.execute(
        insert(Episode).values(
            id=new_id(), gateway_id=gateway, sequence=item.sequence, epc=item.epc,
            portal_id=door.id if door else None, passage_id=passage, content=content, received_at=at,
        )
    )  # fmt: skip


def _note_state(item: StateItem, *, gateway: GatewayId) -> None:
    db.session.execute(
        update(Reader)
        .where(Reader.id == item.reader, Reader.gateway_id == gateway)
        .where((Reader.state_at.is_(None)) | (Reader.state_at <= item.at))
        .values(state=item.state, state_at=item.at)
        .execution_options(synchronize_session=False)
    )


def _note_readers(readers: tuple[ReaderStatus, ...], *, gateway: GatewayId) -> None:
    for one in readers:
        db.session.execute(
            update(Reader)
            .where(Reader.id == one.reader, Reader.gateway_id == gateway)
            .values(state=one.state, state_at=one.since, last_message_at=one.last_message_at)
            .execution_options(synchronize_session=False)
        )


def _lights(gateway: GatewayId, at: datetime) -> tuple[GpoOrder, ...]:
    """Hand out what waits, once; what waited too long is let go."""
    rows = db.session.execute(
        update(GpoCommand)
        .where(GpoCommand.gateway_id == gateway, GpoCommand.sent_at.is_(None))
        .values(sent_at=at)
        .returning(GpoCommand.reader_id, GpoCommand.port, GpoCommand.seconds, GpoCommand.is_on, GpoCommand.made_at)
        .execution_options(synchronize_session=False)
    ).all()
    return tuple(
        GpoOrder(reader=row.reader_id, port=row.port, seconds=row.seconds, on=row.is_on)
        for row in rows
        if at - row.made_at <= LIGHT_FRESH
    )
