"""What a house of the API's tests has of issues and gaps: an order to feed, one that is fed, one to close, an open lot, gaps."""

from __future__ import annotations

from tests import given
from tests.given import NOW
from wms.core.ids import SYSTEM_USER, new_id
from wms.db import db, run_in_transaction


def build(site: given.Site, name: str) -> tuple[dict[str, int], dict[str, str]]:
    """Make one of each; their ids by what they are called in the calls."""
    from wms.production.service import issuing
    from wms.production.service.issuing import IssueGoods
    from wms.production.service.orders import complete_order, unbind

    person = given.user(f"feeder.{name.lower()}", "production", site=site)
    line = given.line(site, f"FL-{name}")
    part, whole = given.item(f"FED-{name}"), given.item(f"EATEN-{name}")
    given.bom(whole, [(part, 1)])
    first, other = given.lot(part, f"FED1-{name}", expires_in=500), given.lot(part, f"FED2-{name}", expires_in=600)
    given.stock(first, site, "A-01", 60)
    given.stock(other, site, "A-02", 60)
    orders = [given.work_order(site, whole, 20, line, released=True) for _ in range(3)]

    def bring(order: object, quantity: int, key: str) -> issuing.Issued:
        cmd = IssueGoods(
            key=f"{key}-{name}",
            warehouse=site.id,
            work_order=order.id,  # type: ignore[attr-defined]
            component=order.components[0].id,
            lot=first.id,
            bin=site["A-01"],
            quantity=given.q(quantity),  # type: ignore[attr-defined]
        )
        return run_in_transaction(issuing.issue, cmd, actor=person, at=NOW)

    bring(orders[1], 10, "fed")
    undone = bring(orders[1], 2, "fed-2")
    bring(orders[2], 5, "closing")
    run_in_transaction(unbind, orders[2].id, actor=person, at=NOW)
    run_in_transaction(complete_order, orders[2].id, actor=person, at=NOW)
    opened = run_in_transaction(issuing.open_lot, line.id, part.id, first.id, warehouse=site.id, actor=person, at=NOW)
    found = {
        "fed_order": orders[0].id, "fed_component": orders[0].components[0].id, "fed_lot": first.id,
        "other_fed_lot": other.id, "line_order": orders[1].id, "line_component": orders[1].components[0].id,
        "closing_order": orders[2].id, "issue_id": undone.issue, "open_lot_id": opened.id, "fed_line": line.id,
        **_gaps(site, name), "feeder": person,
    }  # fmt: skip
    db.session.rollback()
    return found, {}


def _gaps(site: given.Site, name: str) -> dict[str, int]:
    """An open gap and an accepted one."""
    from wms.gaps.models import Gap, GapState
    from wms.gaps.rules.kinds import GapKind, Stage

    lot = given.lot(given.item(f"GAP-{name}"), f"GAP-{name}")
    gaps = []
    for kind, state in ((GapKind.STOCK_WITHOUT_SOURCE, GapState.OPEN), (GapKind.LOT_TWICE, GapState.ACCEPTED)):
        is_accepted = state is GapState.ACCEPTED
        gaps.append(
            Gap(
                id=new_id(), warehouse_id=site.id, kind=kind, stage=Stage.STOCK, state=state, subject_kind="lot",
                subject_id=lot.id, lot_id=lot.id, name=f"GAP-{name}", data={}, first_seen_at=NOW, last_seen_at=NOW,
                owner_role="supervisor", accepted_by=SYSTEM_USER if is_accepted else None,
                accepted_at=NOW if is_accepted else None, accept_reason="known" if is_accepted else "",
            )
        )  # fmt: skip
    given.keep(*gaps)
    found = {"gap_id": gaps[0].id, "accepted_gap": gaps[1].id}
    db.session.rollback()
    return found
