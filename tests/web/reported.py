"""What a house of the hostile tests and of the API's has of production reports and vessels: an order at work, a report, a tank with goods, an empty one."""

from __future__ import annotations

from tests import given
from tests.given import NOW
from wms.core.ids import SYSTEM_USER
from wms.db import db, run_in_transaction


def build(site: given.Site, name: str) -> dict[str, int]:
    """Make one of each; their ids by the names of the paths, and some by what they are."""
    from wms.production.service import closing, orders, reopening, vessels
    from wms.production.service.reporting import InputLine, OutputLine, ReportProduction, report

    line = given.line(site, f"PL-{name}")
    part, whole = given.item(f"PART-{name}"), given.item(f"WHOLE-{name}")
    given.bom(whole, [(part, 1)])
    used, other, spare = (given.lot(part, f"{kind}-{name}") for kind in ("USED", "OTHER", "SPARE"))
    for lot in (used, other):
        given.stock(lot, site, line.code, 50)
    order = given.work_order(site, whole, 50, line, released=True)
    cmd = ReportProduction(
        key=f"reported-{name}", warehouse=site.id, work_order=order.id,
        inputs=(InputLine(lot=used.id, quantity=given.q(5)),), outputs=(OutputLine(quantity=given.q(5)),),
    )  # fmt: skip
    done = run_in_transaction(report, cmd, actor=SYSTEM_USER, at=NOW)

    def closed() -> int:
        """An order that was reported and is closed; its report."""
        again = given.work_order(site, whole, 5, line, released=True)
        one = ReportProduction(
            key=f"closed-{again.id}", warehouse=site.id, work_order=again.id,
            inputs=(InputLine(lot=used.id, quantity=given.q(5)),), outputs=(OutputLine(quantity=given.q(5)),),
        )  # fmt: skip
        told = run_in_transaction(report, one, actor=boss, at=NOW)
        run_in_transaction(orders.complete_order, again.id, actor=boss, at=NOW)
        shut = closing.CloseOrder(work_order=again.id, warehouse=site.id, is_signed=True, reason="off the shelf")
        run_in_transaction(closing.close, shut, actor=boss, at=NOW)
        return told.report

    boss = given.user(f"reports.{name.lower()}", "supervisor", site=site)
    closed_report, asked_report = closed(), closed()
    asking = reopening.AskCorrection(
        key=f"asked-{name}", warehouse=site.id, report=asked_report, reason="wrong label"
    )  # fmt: skip
    run_in_transaction(reopening.ask_correction, asking, actor=boss, at=NOW)
    given.stock(spare, site, "A-04", 50)  # nobody is promised any of it
    tank, empty = given.vessel(site, f"T1-{name}"), given.vessel(site, f"T2-{name}")
    fill = vessels.FillVessel(
        key=f"filled-{name}", warehouse=site.id, vessel=tank.id, lot=spare.id, bin=site["A-04"], quantity=given.q(20)
    )
    run_in_transaction(vessels.fill, fill, actor=SYSTEM_USER, at=NOW)
    found = {
        "closed_report": closed_report, "asked_report": asked_report, "report_id": done.report, "reported_order": order.id, "used_lot": used.id, "other_lot": other.id,
        "spare_lot": spare.id, "vessel_id": tank.id, "filled_vessel": tank.id, "empty_vessel": empty.id,
    }  # fmt: skip
    db.session.rollback()
    return found
