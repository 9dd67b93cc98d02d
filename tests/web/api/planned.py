"""What a house of the API's tests has of planning: a line, a recipe nobody used, orders in each state, a lot made for an order."""

from __future__ import annotations

from tests import given
from tests.given import NOW
from wms.core.ids import SYSTEM_USER
from wms.db import db, run_in_transaction


def build(site: given.Site, name: str) -> tuple[dict[str, int], dict[str, str]]:
    """Make one of each; their ids by the names of the paths, and the codes that calls send."""
    from wms.picking.queries import lines_of
    from wms.production.service import clearance, orders
    from wms.production.service.clearance import POINTS, ClearLine
    from wms.production.service.planning import Pegged

    line = given.line(site, f"WL-{name}")
    part, other, whole = given.item(f"WPART-{name}"), given.item(f"WALT-{name}"), given.item(f"WHOLE2-{name}")
    bom = given.bom(whole, [(part, 1)])
    given.alternate(bom, 1, other)
    unused = given.bom(given.item(f"UNUSED-{name}"), [(part, 1)])
    lot = given.lot(part, f"WLOT-{name}", expires_in=500)
    given.stock(lot, site, "A-02", 10)
    planned, withdrawn, cancelled, cleared = (given.work_order(site, whole, 1, line) for _ in range(4))
    bound = given.work_order(site, whole, 30, line, released=True)
    started, completed, released = (given.work_order(site, whole, 1, line, released=True) for _ in range(3))

    def go_on() -> None:
        for order in (started, completed):
            orders.note_started(order.id, actor=SYSTEM_USER, at=NOW)
        orders.complete_order(completed.id, actor=SYSTEM_USER, at=NOW)
        orders.unbind(bound.id, actor=SYSTEM_USER, at=NOW)
        clear = ClearLine(key=f"clear-{name}", order=cleared.id, warehouse=site.id, points=POINTS)
        clearance.clear_line(clear, actor=SYSTEM_USER, at=NOW)

    run_in_transaction(go_on)
    customer_order = given.order(site, [(whole, 5)], number=f"SO-MADE-{name}")
    demand = lines_of(customer_order, at=NOW)[0].id
    db.session.rollback()
    made_for = given.work_order(site, whole, 5, line, pegged=Pegged(kind="order_line", id=demand))
    made = given.lot(whole, f"MADE-{name}")
    given.stock(made, site, "A-03", 5)
    run_in_transaction(orders.peg_output, made_for, made.id, actor=SYSTEM_USER, at=NOW)
    free = given.lot(whole, f"FREE-{name}")
    given.stock(free, site, "A-04", 2)
    keeping = given.order(site, [(whole, 2)], number=f"SO-KEEP-{name}")
    kept_line = lines_of(keeping, at=NOW)[0].id
    db.session.rollback()
    found = {
        "line_id": line.id, "team_id": given.team(site, f"WT-{name}").id,
        "machine_id": given.machine(site, f"WM-{name}").id, "bom_id": unused.id, "work_order_id": planned.id,
        "released_order": released.id, "to_cancel": cancelled.id, "to_release": withdrawn.id, "bound_order": bound.id,
        "component_id": bound.components[0].id, "started_order": started.id, "completed_order": completed.id,
        "cleared_order": cleared.id, "bindable_lot": lot.id, "pegged_lot": made.id,
        "free_made_lot": free.id, "keeping_order": keeping, "kept_line": kept_line,
    }  # fmt: skip
    db.session.rollback()
    return found, {
        "made_sku": whole.sku,
        "part_sku": part.sku,
        "alternate_sku": other.sku,
        "unused_sku": f"UNUSED-{name}",
    }
