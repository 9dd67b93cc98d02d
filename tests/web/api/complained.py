"""What a house of the API's tests has of complaints, corrective actions, messages, and the good calls of their operations."""

from __future__ import annotations

from typing import Any

from tests import given
from tests.given import NOW
from wms.complaints import service
from wms.complaints.rules.states import ActionKind, CauseMethod, Channel, Severity
from wms.core.clock import now
from wms.db import db, run_in_transaction
from wms.mail.models import MailRecipient, RecipientState
from wms.mail.service import queue_mail

LATER = "2027-03-01"


def build(site: given.Site, name: str) -> dict[str, int]:
    """Make one of each state; their ids by the names of the paths."""
    owner = given.user(f"owner.{name.lower()}", "quality", site=site)
    checker = given.user(f"checker.{name.lower()}", "quality", site=site)
    customer = given.partner(f"CCUS-{name}", is_customer=True)
    lot = given.lot(given.item(f"CMP-{name}"), f"CMP-{name}")
    given.stock(lot, site, "A-04", 3)

    def do(verb: Any, *arguments: Any, **more: Any) -> Any:
        return run_in_transaction(verb, *arguments, actor=owner, at=NOW, **more)

    def complain(kind: str) -> int:
        cmd = service.RecordComplaint(
            key=f"{kind}-{name}", warehouse=site.id, customer=customer.id, language="en", channel=Channel.PHONE,
            received_at=NOW, told=lot.number, what=kind, severity=Severity.MAJOR, owner=owner,
            contact_email=f"{kind}@{name.lower()}.example",
        )  # fmt: skip
        return int(do(service.record, cmd))

    def capa(kind: str, upto: int) -> int:
        made = do(
            service.open_capa,
            service.OpenCapa(key=f"{kind}-{name}", warehouse=site.id, problem=kind, owner=owner, due_on=given.day(90)),
        )
        here = {"capa": made, "warehouse": site.id}
        do(service.find_cause, service.FindCause(**here, cause="cold", method=CauseMethod.TEST))
        step = service.PlanAction(**here, kind=ActionKind.CORRECTIVE, what="heat", owner=owner, due_on=given.day(30))
        do(service.plan_action, step)
        if upto > 0:
            do(service.finish_action, made, 1, warehouse=site.id, evidence="photo")
        if upto > 1:
            plan = service.PlanCheck(**here, criterion="none", due_on=given.day(60), checker=checker)
            do(service.plan_check, plan)
        if upto > 2:
            check = service.CheckCapa(**here, is_effective=True, result="fine")
            run_in_transaction(service.check_capa, check, actor=checker, at=NOW)
        return int(made)

    answered, closed = complain("answered"), complain("closed")
    for one in (answered, closed):
        do(service.answer, service.AnswerComplaint(complaint=one, warehouse=site.id, text="sorry", subject="x"))
    do(service.close, closed, warehouse=site.id, closing="done")

    def message(kind: str) -> int:
        return int(
            run_in_transaction(
                queue_mail, f"{kind}@{name.lower()}.example", f"SO-{name}", "text", subject_kind="complaint",
                subject_id=answered, language="en", actor=owner, at=now(), warehouse=site.id,
            )
        )  # fmt: skip

    waiting, failed = message("waiting"), message("failed")

    def fail() -> None:
        row = db.session.query(MailRecipient).filter(MailRecipient.mail_id == failed).one()
        row.state, row.last_error = RecipientState.FAILED, "550 no"

    run_in_transaction(fail)
    return {
        "complaint_id": complain("new"), "answered_complaint": answered, "closed_complaint": closed,
        "capa_id": capa("open", 0), "ready_capa": capa("ready", 1), "checking_capa": capa("checking", 2),
        "effective_capa": capa("effective", 3), "mail_id": waiting, "failed_mail": failed, "line": 1,
    }  # fmt: skip
