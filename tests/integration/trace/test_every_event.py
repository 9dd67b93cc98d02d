"""One lot walks through the house, and its history tells each event once, with its person and its paper."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

from flask import Flask

from config import Config
from tests import given
from tests.given import NOW, q
from tests.integration.counting.test_record_count import _count_of
from tests.integration.inspection.test_inspections import inspect, plan
from tests.integration.recall.test_recalls import _open, _scope
from wms.complaints import service as complaints
from wms.complaints.rules.states import Channel, Severity
from wms.core.clock import now
from wms.core.ids import LotId, UserId, new_id
from wms.counting import service as counting
from wms.db import db as database
from wms.db import run_in_transaction
from wms.disposition import service as disposition
from wms.disposition.service import CarryOut, DestroyLine, OrderDestruction
from wms.files import service as files
from wms.files.models import FileKind
from wms.gaps.models import Gap, GapState
from wms.gaps.rules.kinds import GapKind, Stage
from wms.inspection import service as inspection
from wms.inspection.models import SampleKind
from wms.inspection.models import Stage as InspectionStage
from wms.passport import service as passports
from wms.printing import service as printing
from wms.printing.models import LabelKind
from wms.printing.service import PrinterPlan
from wms.production.service import corrections, issuing, line_stock, vessels
from wms.production.service.issuing import IssueGoods, ReturnGoods
from wms.production.service.reporting import InputLine, OutputLine, ReportProduction, report
from wms.quality.handling import MoveGoods, move_goods
from wms.quality.service import LiftHold, PlaceHold, lift_hold, place_hold
from wms.recall import notice_drawing, notice_letters, notices
from wms.recall import service as recalls
from wms.recall.models import OutsideFate
from wms.recall.notice_models import NoticeWay
from wms.recall.notices import RecordReply, ReplyLine, SendNotices, Whom
from wms.stock import pegs
from wms.stock import queries as stock
from wms.stock.models import HoldReason, HoldScope, PastKind
from wms.stock.past import PastEvent, record_past
from wms.trace import history


class Walk:
    """100 of a lot of flour by a receipt, and who has to do with it."""

    def __init__(self) -> None:
        self.site = given.warehouse("WALK")
        self.item = given.item("FLOUR-1")
        self.supplier, self.customer = given.partner("MILL"), given.partner("SHOP", email="qa@shop.example")
        self.lot = given.received(self.site, self.item, "F-1", 100, supplier=self.supplier)
        self.anna = given.user("anna", "quality", "supervisor")
        self.ben = given.user("ben", "quality", "supervisor")
        self.clock = NOW
        carry = MoveGoods(
            key="m", warehouse=self.site.id, balance=self.balance("DOCK").id, quantity=q(100), target=self.site["A-01"]
        )
        self.do(move_goods, carry)

    def do(self, verb: Any, *args: Any, by: UserId | None = None, **more: Any) -> Any:
        self.clock += timedelta(minutes=1)
        return run_in_transaction(verb, *args, actor=by or self.anna, at=self.clock, **more)

    def balance(self, bin_code: str) -> Any:
        rows = [row for row in stock.find_balances(lot=self.lot) if row.bin == self.site[bin_code]]
        database.session.rollback()
        return rows[0]

    def events(self) -> list[history.Event]:
        return history.all_events(self.lot, warehouses=[self.site.id], until=now() + timedelta(days=400))


def _papers_and_labels(walk: Walk, config: Config) -> None:
    content = b"%PDF-1.4\n%%EOF\n"
    kept = files.keep_file(content, name="coa.pdf", data_dir=Path(config.data_dir), bytes_max=1000)
    walk.do(files.attach, kept, subject_kind="lot", subject_id=int(walk.lot), name="coa.pdf", kind=FileKind.CERTIFICATE)
    printer = run_in_transaction(
        printing.make_printer, PrinterPlan(code="P1", host="127.0.0.1", port=9), warehouse=walk.site.id, at=NOW
    )
    label = {
        "warehouse": walk.site.id, "printer": printer.id, "kind": LabelKind.LOT, "subject": walk.lot, "title": "F-1",
        "body": "^XA^XZ",
    }  # fmt: skip
    walk.do(printing.queue, printing.QueueLabel(key="l1", **label))
    walk.do(printing.queue, printing.QueueLabel(key="l2", reason="torn", **label))
    secret = "s" * 40
    walk.do(passports.make, walk.lot, secret=secret)
    walk.do(passports.revoke, walk.lot, reason="wrong address")
    past = PastEvent(kind=PastKind.RECEIPT, lot=walk.lot, quantity=q(3), on=given.day(-400), row=2, document="OLD-1")
    walk.do(record_past, [past], source_sha256="c" * 64, run=1)


def _quality(walk: Walk) -> None:
    plan(walk.item, stage=InspectionStage.RETEST)
    opened = walk.do(
        inspection.open_by_hand,
        inspection.OpenInspection(warehouse=walk.site.id, stage=InspectionStage.RETEST, lot=walk.lot),
    )
    inspect(opened)
    walk.do(
        inspection.draw_sample,
        inspection.DrawSample(
            key="s1", warehouse=walk.site.id, kind=SampleKind.TEST, balance=walk.balance("A-01").id, quantity=q(2)
        ),
    )
    placed = walk.do(
        place_hold, PlaceHold(key="h1", scope=HoldScope.LOT, lot=walk.lot, reason=HoldReason.SUSPECT, note="smells")
    )
    walk.do(lift_hold, LiftHold(hold=placed.hold, reason="does not"), by=walk.ben)
    for counted, why in ((98, ""), (97, "one was broken")):
        task = _count_of(walk.site, stock.get_lot(walk.lot))
        cmd = counting.RecordCount(
            task=task, bin=walk.site["A-01"], bin_code="A-01", counted=q(counted), key=f"c{counted}", reason=why
        )
        walk.do(counting.record_count, cmd)


def _production(walk: Walk) -> LotId:
    line, bread = given.line(walk.site, "OVEN"), given.item("BREAD-1")
    given.bom(bread, [(walk.item, 1)])
    order = given.work_order(walk.site, bread, 20, line, released=True)
    component = order.components[0].id
    goods = {"warehouse": walk.site.id, "work_order": order.id, "component": component, "lot": walk.lot}
    walk.do(issuing.issue, IssueGoods(key="i1", bin=walk.site["A-01"], quantity=q(20), **goods))
    opened = walk.do(line_stock.open_lot, line.id, walk.item.id, walk.lot, warehouse=walk.site.id)
    walk.do(line_stock.close_lot, opened.id, warehouse=walk.site.id)
    walk.do(issuing.return_, ReturnGoods(key="r1", bin=walk.site["A-01"], quantity=q(5), **goods))
    done = walk.do(
        report,
        ReportProduction(
            key="p1", warehouse=walk.site.id, work_order=order.id, operation=10,
            inputs=(InputLine(lot=walk.lot, quantity=q(10)),), outputs=(OutputLine(quantity=q(10)),),
        ),
    )  # fmt: skip
    walk.do(
        corrections.take_back,
        corrections.TakeBack(key="t1", warehouse=walk.site.id, report=done.report, reason="never happened"),
    )
    tank = given.vessel(walk.site, "TANK")
    walk.do(
        vessels.fill,
        vessels.FillVessel(
            key="v1", warehouse=walk.site.id, vessel=tank.id, lot=walk.lot, bin=walk.site["A-01"], quantity=q(5)
        ),
    )
    return LotId(done.lots[0][0])


def _shipping_and_recall(walk: Walk, config: Config) -> None:
    given.shipped(walk.site, [(walk.item, 12)], customer=walk.customer, at=NOW + timedelta(hours=1))
    told = walk.do(
        complaints.record,
        complaints.RecordComplaint(
            key="k", warehouse=walk.site.id, customer=walk.customer.id, language="en", channel=Channel.PHONE,
            told="F-1", lot=walk.lot, what="Glass", severity=Severity.CRITICAL, owner=walk.anna,
        ),
    )  # fmt: skip
    walk.do(
        complaints.open_capa,
        complaints.OpenCapa(
            key="ca", warehouse=walk.site.id, problem="Glass in flour", owner=walk.anna, due_on=given.day(30),
            origin_kind="complaint", origin_id=int(told),
        ),
    )  # fmt: skip
    walk.do(
        complaints.answer,
        complaints.AnswerComplaint(complaint=told, warehouse=walk.site.id, text="We look", subject="Your complaint"),
    )
    walk.do(complaints.close, told, warehouse=walk.site.id, closing="recalled")
    recall = _open(walk.anna, walk.site, stock.get_lot(walk.lot))
    walk.do(recalls.stop_shipping, recall)
    _scope(recall, walk.anna, place=True)
    cmd = SendNotices(key="n", recall=recall, who=Whom.UNTOLD)
    walk.do(notices.send_notices, cmd, notice_letters.drafts_for(cmd, at=NOW))
    notice_drawing.draw_due(config=config)
    from wms.recall.notice_queries import parties_of

    (view,) = parties_of(recall)
    party = view.party.id
    database.session.rollback()
    walk.do(
        notices.record_reply,
        RecordReply(
            key="a", recall=recall, party=party, way=NoticeWay.PHONE, contact="Ms Li", received_at=None,
            lines=(ReplyLine(lot=walk.lot, on_hand=q(4), to_return=q(4)),),
        ),
    )  # fmt: skip
    walk.do(
        recalls.confirm_outside,
        recalls.ConfirmOutside(key="c", recall=recall, party=party, lot=walk.lot, fate=OutsideFate.USED, quantity=q(8)),
    )
    walk.do(
        recalls.receive_return,
        recalls.ReceiveReturn(
            key="b", recall=recall, warehouse=walk.site.id, party=party, lot=walk.lot, quantity=q(4),
            bin=walk.site["CAGE"],
        ),
    )  # fmt: skip
    order = walk.do(
        disposition.order_destruction,
        OrderDestruction(
            key="d", warehouse=walk.site.id, reason="glass",
            lines=(DestroyLine(balance=walk.balance("CAGE").id, quantity=q(4)),),
        ),
    )  # fmt: skip
    third = given.user("cleo", "quality", "supervisor")
    walk.do(disposition.approve_destruction, order, warehouse=walk.site.id, reason="yes", by=walk.ben)
    walk.do(disposition.approve_destruction, order, warehouse=walk.site.id, reason="yes", by=third)
    how = CarryOut(destruction=order, warehouse=walk.site.id, method="incinerated", place="city plant")
    walk.do(disposition.carry_out, how)
    walk.do(disposition.witness, order, warehouse=walk.site.id, reason="four", by=given.user("dora", "picker"))


def test_every_event_of_a_lot_is_told_once_with_its_person_and_its_paper(db: Any, app: Flask, config: Config) -> None:
    walk = Walk()
    _papers_and_labels(walk, config)
    _quality(walk)
    made = _production(walk)
    walk.do(pegs.peg_lot, walk.lot, demand_kind="order_line", demand_id=7, made_for="SO-7")
    walk.do(pegs.free_lot, walk.lot, reason="cancelled")
    _shipping_and_recall(walk, config)
    given.keep(
        Gap(
            id=new_id(), warehouse_id=walk.site.id, kind=next(iter(GapKind)), stage=next(iter(Stage)), state=GapState.OPEN,
            subject_kind="lot", subject_id=int(walk.lot), lot_id=walk.lot, name="F-1", data={}, first_seen_at=NOW,
            last_seen_at=NOW, owner_role="quality",
        )
    )  # fmt: skip

    events = walk.events()
    told = Counter(f"{one.kind} {one.code}".strip() if one.kind not in _BY_KIND else one.kind for one in events)
    assert dict(told) == _EXPECTED
    assert len({one.key for one in events}) == len(events), "each event stands once"
    # A gap is found by the nightly look, and the test itself wrote the record.
    assert {one.kind for one in events if not one.person} == {"gap", "record"}
    unnamed = {
        one.kind for one in events if one.document_kind and one.document_kind not in _UNNUMBERED and not one.document
    }
    assert not unnamed, unnamed
    assert next(one for one in events if one.kind == "report_undone").note == "never happened"
    assert [one.other_lot for one in events if one.kind == "link_voided"] == [made]
    given.ledger_is_whole()


#: Kinds that are counted without what of their kind it was.
_BY_KIND = {
    "hold_placed", "hold_lifted", "inspection_opened", "inspection_closed", "sample_drawn", "destruction_ordered",
    "destruction_witnessed", "counted", "file_attached", "label_printed", "used_by_report", "report_undone", "issued",
    "became", "link_voided", "imported",
}  # fmt: skip
#: Papers that people do not call by a number.
_UNNUMBERED = {"hold", "file", "task", "pick_list"}
#: The suspect's hold and the recall's; a count that agreed and one that did not; the issue and the return; a label and
#: its reprint; a hold moves each place where goods stand.
_EXPECTED = {
    "became": 1, "capa opened": 1, "closed_at_line": 1, "complaint answered": 1, "complaint closed": 1,
    "complaint recorded": 1, "counted": 2, "destruction_ordered": 1, "destruction_witnessed": 1, "file_attached": 1,
    "gap found": 1, "hold_lifted": 1, "hold_placed": 2, "imported": 1, "inspection_closed": 1, "inspection_opened": 1,
    "issued": 2, "label_printed": 2, "link_voided": 1, "move consume": 1, "move count": 1, "move customer_return": 1,
    "move hold": 6, "move issue": 1, "move issue_return": 1, "move lift": 2, "move move": 2, "move pick": 1,
    "move receive": 1, "move reversal": 1, "move sample": 1, "move scrap": 1, "move ship": 1, "opened_at_line": 1,
    "passport_made": 1, "passport_revoked": 1, "pegged": 1, "recall answered": 1, "recall frozen": 1,
    "recall held": 1, "recall inside_destroyed": 1, "recall returned": 1, "recall told": 1, "recall used": 1, "record created": 1,
    "report_undone": 1, "sample_drawn": 1, "signature approved": 2, "signature disposed": 1, "signature initiated": 1,
    "signature lifted": 1, "signature witnessed": 1, "unpegged": 1, "used_by_report": 1,
}  # fmt: skip
