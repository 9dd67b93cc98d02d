"""What a house of the API's tests has of recalls: one just opened, one frozen, one held with a customer, a supplier's."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from tests import given
from tests.given import NOW, q
from wms.db import db, run_in_transaction
from wms.recall import notice_letters, notices, service
from wms.recall.models import CheckLevel, OutsideFate, RecallOrigin, RecallTruck
from wms.recall.notices import SendNotices
from wms.recall.queries import outside
from wms.recall.rules.steps import RecallStep


def build(site: given.Site, name: str, *, supplier: Any) -> dict[str, int]:
    """Make one of each; their ids by the names of the paths."""
    person = given.user(f"recaller.{name.lower()}", "quality", site=site)
    item = given.item(f"REC-{name}")
    customer = given.partner(f"RCUS-{name}", name_en=f"Buyer {name}", is_customer=True)
    lots = {kind: given.lot(item, f"{kind}-{name}", expires_in=50) for kind in ("RONE", "RTWO")}
    given.stock(lots["RONE"], site, "A-01", 9)
    given.shipped(site, [(item, 4)], customer=customer)
    given.stock(lots["RONE"], site, "CAGE", 1)
    given.stock(lots["RTWO"], site, "A-01", 9)

    def do(verb: Any, *arguments: Any, **more: Any) -> Any:
        return run_in_transaction(verb, *arguments, actor=person, at=NOW, **more)

    def opened(kind: str, lot: Any, **more: Any) -> Any:
        cmd = service.OpenRecall(
            **{
                "key": f"{kind}-{name}", "warehouse": site.id, "class_code": "food", "reason": kind,
                "lots": (lot.id,), **more,
            }
        )  # fmt: skip
        return do(service.open_recall, cmd)

    fresh, frozen, done = opened("fresh", lots["RTWO"]), opened("frozen", lots["RTWO"]), opened("done", lots["RONE"])
    stopped = opened("stopped", lots["RTWO"])
    closing = opened("closing", lots["RTWO"], is_mock=True)
    nil = opened(
        "nil", lots["RONE"], lots=(), start_text=f"NEVER-{name}", origin=RecallOrigin.SUPPLIER, supplier=supplier
    )
    for recall in (frozen, done, stopped, closing):
        do(service.stop_shipping, recall)
    for recall in (frozen, done, closing):
        named = (lots["RTWO"].id,) if recall == done else ()
        do(service.freeze_scope, service.FreezeScope(recall=recall, reason="made of it"))
        if named:
            do(service.freeze_scope, service.FreezeScope(recall=recall, reason="same box", after=1, named=named))
    do(service.place_scope, service.PlaceScope(recall=done, version=2))
    do(service.place_scope, service.PlaceScope(recall=closing, version=1))
    do(service.note_step, done, RecallStep.NOTIFY, note="by telephone")
    do(service.report, done, note="day one")
    ready = opened("ready", lots["RTWO"])
    do(service.stop_shipping, ready)
    do(service.freeze_scope, service.FreezeScope(recall=ready, reason="made of it"))
    do(service.place_scope, service.PlaceScope(recall=ready, version=1))
    do(service.note_step, ready, RecallStep.NOTIFY, note="nobody had any")
    do(service.report, ready, note="day one")
    second = given.user(f"approver.{name.lower()}", "quality", site=site)
    run_in_transaction(service.approve_recall, ready, reason="yes", actor=second, at=NOW)
    asked = do(service.set_check_level, ready, CheckLevel.B, reason="nobody had any")
    (line,) = [one for one in outside.outside_lines(done) if one.lot == lots["RONE"].id]
    said = service.ConfirmOutside(
        key=f"said-{name}", recall=done, party=line.party, lot=lots["RONE"].id, fate=OutsideFate.USED, quantity=q(1)
    )
    confirmation = do(service.confirm_outside, said)
    told = SendNotices(key=f"told-{name}", recall=done, parties=(line.party,))
    (notice,) = do(notices.send_notices, told, notice_letters.drafts_for(told, at=NOW))
    run_in_transaction(notices.note_fault, notice, "the disk was full", at=NOW)
    truck = db.session.execute(select(RecallTruck.id).where(RecallTruck.recall_id == done)).scalar_one()
    db.session.rollback()
    return {
        "recall_id": done, "fresh_recall": fresh, "frozen_recall": frozen, "stopped_recall": stopped,
        "nil_recall": nil, "closing_recall": closing, "recall_party": line.party, "party_id": line.party,
        "recall_lot": lots["RONE"].id, "narrowed_lot": lots["RTWO"].id, "confirmation_id": confirmation,
        "ready_recall": ready, "asked_level": asked, "change_id": asked, "truck_id": truck, "number": 1,
    }  # fmt: skip
