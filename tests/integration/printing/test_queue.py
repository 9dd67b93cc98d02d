"""Labels reach a printer on a real port, and each job says no more than is known."""

import socket
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from tests import given
from wms.core.clock import now
from wms.core.errors import KeyReused, MissingField, NotFound, WrongState
from wms.core.ids import PrinterId, UserId
from wms.db import run_in_transaction
from wms.printing import queries, sender, service
from wms.printing.emulator import EmulatedPrinter as Listener
from wms.printing.emulator import listening
from wms.printing.models import LabelKind, PrintJob, PrintJobState
from wms.printing.service import PrinterPlan, QueueLabel

ZPL = "^XA^FO8,8^A0N,20,20^FDLOT 1^FS^PQ1^XZ\n"


class Bench:
    """A warehouse with a printer and a person."""

    def __init__(self, port: int, **fields: Any) -> None:
        self.site = given.warehouse()
        self.actor = given.user("packer", "picker")
        plan = PrinterPlan(code="P1", host="127.0.0.1", port=port, **fields)
        self.printer = run_in_transaction(service.make_printer, plan, warehouse=self.site.id, at=now()).id

    def queue(self, key: str = "k1", subject: int = 7, **more: Any) -> PrintJob:
        """Ask for a label of a plate."""
        cmd = QueueLabel(
            key=key, warehouse=self.site.id, printer=self.printer, kind=LabelKind.LPN, subject=subject, title="00123",
            body=ZPL, **more,
        )  # fmt: skip
        return run_in_transaction(service.queue, cmd, actor=self.actor, at=now())

    def state(self, job: PrintJob) -> tuple[PrintJobState, str]:
        """Where a job stands, and its fault."""
        found = queries.get_job(job.id)
        return found.state, found.fault


@pytest.fixture
def printer() -> Any:
    with listening() as one:
        yield one


def test_a_label_is_sent_byte_for_byte_and_is_no_more_than_sent(db: Any, printer: Listener) -> None:
    bench = Bench(printer.port)
    job = bench.queue()
    assert queries.printers_with_work(now()) == [bench.printer]
    assert sender.serve_printer(bench.printer) == 1
    assert printer.came.wait(5) and printer.received == [ZPL.encode()]
    assert bench.state(job) == (PrintJobState.SENT, "")
    assert queries.printers_with_work(now()) == []
    assert queries.get_printer(bench.printer).last_sent_at is not None


def test_a_printer_that_answers_is_asked_before_and_says_when_it_is_done(db: Any, printer: Listener) -> None:
    bench = Bench(printer.port, answers_status=True)
    job = bench.queue()
    printer.is_paper_out = True
    assert sender.serve_printer(bench.printer) == 0
    assert bench.state(job) == (PrintJobState.QUEUED, "paper_out") and printer.received == []
    assert queries.get_printer(bench.printer).fault == "paper_out"
    printer.is_paper_out, printer.busy_answers = False, 2
    _due_now(job)
    assert sender.serve_printer(bench.printer) == 1
    assert bench.state(job) == (PrintJobState.PRINTED, "") and queries.get_printer(bench.printer).fault == ""


def test_a_line_that_breaks_leaves_the_job_uncertain_and_a_person_settles_it(db: Any, printer: Listener) -> None:
    bench = Bench(printer.port, answers_status=True)
    job = bench.queue()
    printer.breaks_after = 8
    assert sender.serve_printer(bench.printer) == 0
    assert bench.state(job)[0] is PrintJobState.UNCERTAIN
    run_in_transaction(service.say_printed, job.id, actor=bench.actor, at=now())
    assert bench.state(job) == (PrintJobState.PRINTED, "") and queries.get_job(job.id).settled_by == bench.actor
    with pytest.raises(WrongState):
        run_in_transaction(service.cancel, job.id, actor=bench.actor, at=now())


def test_a_printer_that_is_off_keeps_its_jobs_in_order_and_they_come_when_it_is_back(db: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    bench = Bench(port)
    jobs = [bench.queue(f"k{n}", subject=n) for n in (1, 2)]
    assert sender.serve_printer(bench.printer) == 0
    assert [bench.state(job) for job in jobs] == [(PrintJobState.QUEUED, "not_reached"), (PrintJobState.QUEUED, "")]
    assert [row.code for row in queries.stuck_printers(before=now() + timedelta(seconds=1))] == ["P1"]
    run_in_transaction(service.cancel, jobs[1].id, actor=bench.actor, at=now())
    assert bench.state(jobs[1])[0] is PrintJobState.CANCELLED


def test_a_plate_printed_again_needs_a_reason_that_is_kept(db: Any, printer: Listener) -> None:
    bench = Bench(printer.port)
    assert not bench.queue("k1").is_reprint
    assert bench.queue("k1").key == "k1"  # the same call again is the same job
    with pytest.raises(KeyReused):
        bench.queue("k1", subject=8)
    with pytest.raises(MissingField) as refused:
        bench.queue("k2")
    assert refused.value.data == {"field": "reprint_reason"}
    again = bench.queue("k3", reason="torn at the corner")
    assert (again.is_reprint, again.reason) == (True, "torn at the corner")


def test_what_a_dead_process_had_in_hand_is_uncertain_after_its_lease(db: Any, printer: Listener) -> None:
    bench = Bench(printer.port)
    job = bench.queue()
    taken = run_in_transaction(service.take_next, bench.printer, at=now())
    assert taken is not None and bench.state(job)[0] is PrintJobState.SENDING
    assert run_in_transaction(service.take_next, bench.printer, at=now()) is None  # another process leaves it alone
    later = now() + service.LEASE + timedelta(seconds=1)
    assert queries.printers_with_work(later) == [bench.printer]
    assert run_in_transaction(service.take_next, bench.printer, at=later) is None
    assert bench.state(job) == (PrintJobState.UNCERTAIN, "broken_off")
    with pytest.raises(WrongState):  # the dead process wakes: it is too late for its word
        run_in_transaction(service.settle, taken, "taken", at=later)


def test_the_printer_of_a_station_is_the_handhelds_then_the_persons_then_the_warehouses(db: Any) -> None:
    bench = Bench(9100)
    other = run_in_transaction(
        service.make_printer, PrinterPlan(code="P2", host="10.0.0.2"), warehouse=bench.site.id, at=now()
    ).id

    def mine(device: int | None = None, user: UserId = bench.actor) -> PrinterId | None:
        found = queries.default_printer(bench.site.id, device=device, user=user)  # type: ignore[arg-type]
        return found.id if found else None

    assert mine() is None
    _default(bench, bench.printer)
    assert mine() == bench.printer == mine(device=5)
    _default(bench, other, user=bench.actor)
    assert mine() == other and mine(user=UserId(1)) == bench.printer
    _default(bench, bench.printer, device=5)
    assert mine(device=5) == bench.printer and mine() == other
    with pytest.raises(NotFound):
        run_in_transaction(service.set_default, warehouse=given.warehouse().id, printer=other)


def _default(bench: Bench, printer: PrinterId, **station: Any) -> None:
    run_in_transaction(service.set_default, warehouse=bench.site.id, printer=printer, **station)


def _due_now(job: PrintJob) -> None:
    def back() -> None:
        queries.get_job(job.id).next_try_at = now()

    run: Callable[..., None] = run_in_transaction
    run(back)
