"""The history of a lot: every book that knows it, in order, page by page, and the same bytes each time."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import event

from tests import given
from tests.given import NOW
from wms.core.clock import now
from wms.core.errors import BadCode
from wms.core.ids import SYSTEM_USER, new_id
from wms.db import run_in_transaction
from wms.files.models import FileKind, StoredFile
from wms.stock import ledger
from wms.stock import queries as stock
from wms.stock.ledger import Move, Place, Reason
from wms.stock.models import Hold, HoldReason, HoldScope, ImportedEvent, LinkKind, LotLink, PastKind
from wms.trace import history


@pytest.fixture
def lot(db: Any) -> SimpleNamespace:
    """L1, received and moved about, held and lifted, linked, with a certificate and a past."""
    site = given.warehouse("HIST")
    item = given.item("HIST-1")
    one, other = given.lot(item, "L1"), given.lot(item, "L2")
    key = given.stock(one, site, quantity=30)
    for step in range(5):
        _carry(site, key, "A-01" if step % 2 else "A-02", step)
    base = {"lot_id": one.id, "made_by": SYSTEM_USER}
    given.keep(
        Hold(id=new_id(), scope=HoldScope.LOT, lot_id=one.id, reason=HoldReason.SUSPECT, note="smells", placed_by=SYSTEM_USER,
             placed_at=NOW, lifted_by=SYSTEM_USER, lifted_at=NOW + timedelta(hours=1), lift_reason="does not"),
        LotLink(id=new_id(), kind=LinkKind.SPLIT, source_lot_id=one.id, target_lot_id=other.id, source_quantity=given.q(3),
                target_quantity=given.q(3), made_by=SYSTEM_USER, made_at=NOW),
        StoredFile(id=new_id(), sha256="a" * 64, content_type="application/pdf", size_bytes=9, name="coa.pdf",
                   subject_kind="lot", subject_id=one.id, created_by=SYSTEM_USER, created_at=NOW, kind=FileKind.CERTIFICATE),
        ImportedEvent(id=new_id(), kind=PastKind.SHIPMENT, quantity=given.q(1), happened_on=given.day(-400), source_sha256="b" * 64,
                      source_row=2, made_at=NOW, document="OLD-1", **base),
    )  # fmt: skip
    return SimpleNamespace(id=one.id, site=site, key=key, other=other.id)


def _carry(site: given.Site, key: Any, to: str, step: int) -> None:
    """Take one piece from A-01 to A-02 and back in turn."""
    start, end = (key.at(Place(bin=site[code])) for code in (("A-02", "A-01") if to == "A-01" else ("A-01", "A-02")))
    run_in_transaction(
        ledger.post, [Move(quantity=given.q(1), source=start, target=end)], key=f"carry-{key.lot}-{step}", reason=Reason.MOVE,
        actor=SYSTEM_USER, at=NOW + timedelta(minutes=step),
    )  # fmt: skip


def _all(lot: Any, **more: Any) -> list[history.Event]:
    return history.all_events(lot.id, warehouses=[lot.site.id], until=more.get("until", now()))


def test_every_book_that_knows_the_lot_is_read_in_order(lot: Any) -> None:
    events = _all(lot)
    kinds = [event.kind for event in events]
    assert sorted(set(kinds)) == [
        "became", "file_attached", "hold_lifted", "hold_placed", "imported", "move", "record",
    ]  # fmt: skip
    assert kinds.count("move") == 6
    assert [event.key for event in events] == sorted(event.key for event in events)
    held = next(event for event in events if event.kind == "hold_placed")
    assert (held.code, held.note, held.person) == ("suspect", "smells", "System")
    became = next(event for event in events if event.kind == "became")
    assert (became.other_lot, became.other_number, str(became.quantity)) == (lot.other, "L2", "3")
    assert next(event for event in events if event.kind == "record").changes
    assert [event.kind for event in history.all_events(lot.other, warehouses=[lot.site.id], until=now())] == [
        "came_from", "record",
    ]  # fmt: skip


def test_pages_by_key_hold_each_event_once(lot: Any) -> None:
    whole = list(reversed(_all(lot)))
    for size in (1, 2, 5, 100):
        found, cursor = [], None
        while True:
            page = history.page_of_events(lot.id, warehouses=[lot.site.id], cursor=cursor, size=size)
            found += page.rows
            cursor = page.next_cursor
            if cursor is None:
                break
        assert found == whole


def test_the_number_of_statements_does_not_grow_with_the_events(lot: Any, db: Any) -> None:
    def count() -> int:
        asked: list[str] = []

        def note(_c: Any, _cur: Any, statement: str, *_rest: Any) -> None:
            asked.append(statement)

        event.listen(db.engine, "before_cursor_execute", note)
        _all(lot)
        history.page_of_events(lot.id, warehouses=[lot.site.id], cursor=None, size=50)
        event.remove(db.engine, "before_cursor_execute", note)
        return len([one for one in asked if one.lstrip().upper().startswith(("SELECT", "WITH"))])

    before = count()
    for step in range(5, 45):
        _carry(lot.site, lot.key, "A-01" if step % 2 else "A-02", step)
    assert count() == before <= 10


def test_what_happened_in_other_warehouses_is_left_out_and_said(lot: Any) -> None:
    other = given.warehouse("FAR")
    given.stock(stock.get_lot(lot.id), other)
    assert history.has_hidden_events(lot.id, warehouses=[lot.site.id])
    assert {event.warehouse for event in _all(lot)} <= {"HIST", ""}
    both = history.all_events(lot.id, warehouses=[lot.site.id, other.id], until=now())
    assert "FAR" in {event.warehouse for event in both}
    assert not history.has_hidden_events(lot.id, warehouses=[lot.site.id, other.id])


def test_the_canonical_content_is_the_same_bytes_for_the_same_instant(lot: Any) -> None:
    until = NOW + timedelta(minutes=30)
    whole = stock.get_whole_lot(lot.id)

    def content() -> bytes:
        return history.canonical(whole, _all(lot, until=until), warehouses=["HIST"], until=until)

    before = content()
    _carry(lot.site, lot.key, "A-01", 77)
    given.keep(
        Hold(
            id=new_id(),
            scope=HoldScope.LOT,
            lot_id=lot.id,
            reason=HoldReason.OTHER,
            placed_by=SYSTEM_USER,
            placed_at=now(),
        )
    )
    assert content() == before
    assert history.canonical(whole, _all(lot), warehouses=["HIST"], until=until) != before


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize("cursor", ["x", "W10", "WzEsMiwzLDRd", "WyJhIiwxLDEsMV0", "////", "[" * 3000])
def test_a_cursor_that_is_none_is_refused(lot: Any, cursor: str) -> None:
    with pytest.raises(BadCode):
        history.page_of_events(lot.id, warehouses=[lot.site.id], cursor=cursor, size=5)
