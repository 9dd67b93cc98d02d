"""What the tests of seals share: records to seal, the job's loop, and a hand that goes past the fences."""

from datetime import datetime
from typing import Any

from sqlalchemy import text

from tests import given
from tests.given import NOW
from wms.core.ids import SYSTEM_USER, new_id
from wms.db import db, run_in_transaction
from wms.evidence import queries, service
from wms.signing import service as signing
from wms.signing.rules import Meaning
from wms.stock.models import LinkKind, LotLink


def conclude() -> int:
    """Leave a posting, audit entries and a signature behind; the signer."""
    site = given.warehouse()
    given.stock(given.lot(given.item()), site, "A-01", 10)
    signer = given.user("wang", "quality", site=site)
    run_in_transaction(
        signing.sign,
        subject_kind="lot",
        subject_id=7,
        meaning=Meaning.RELEASED,
        record={"lot": "7"},
        actor=signer,
        at=NOW,
    )
    return int(signer)


def extend() -> tuple[int, int]:
    """Leave another posting and a link behind: (link, posting)."""
    site = given.warehouse()
    item = given.item()
    one, other = given.lot(item), given.lot(item)
    given.stock(one, site, "A-01", 5)
    seq = db.session.execute(text("SELECT max(seq) FROM stock_posting")).scalar_one()
    link = new_id()
    given.keep(
        LotLink(
            id=link, kind=LinkKind.SPLIT, source_lot_id=one.id, target_lot_id=other.id, source_quantity=given.q(2),
            target_quantity=given.q(2), posting_seq=seq, reason="", made_by=SYSTEM_USER, made_at=NOW,
        )
    )  # fmt: skip
    return link, int(seq)


def seal_once(at: datetime) -> dict[str, int]:
    """One step of the job."""
    return run_in_transaction(service.seal_next, actor=SYSTEM_USER, at=at)


def seal(at: datetime = NOW) -> int:
    """The whole job: how many records it sealed."""
    found = queries.late_records(at)
    db.session.commit()
    sealed = 0
    while any((step := run_in_transaction(service.seal_next, actor=SYSTEM_USER, at=at, found=found)).values()):
        sealed += step["records"]
    return sealed


def members() -> list[tuple[str, int]]:
    """Every sealed record."""
    rows = db.session.execute(text("SELECT stream, record_id FROM seal_member ORDER BY 1, 2")).all()
    db.session.commit()
    return [(row[0], row[1]) for row in rows]


def tamper(extension: Any, *statements: str) -> None:
    """Do what somebody with the file, or with the rights of the server, can do: no trigger, no foreign key."""
    extension.session.commit()
    if extension.engine.dialect.name == "postgresql":
        with extension.engine.begin() as connection:
            connection.execute(text("SET session_replication_role = replica"))
            for statement in statements:
                connection.execute(text(statement))
        extension.engine.dispose()
        return
    raw = extension.engine.raw_connection()
    try:
        cursor = raw.cursor()
        cursor.execute("PRAGMA foreign_keys = OFF")
        triggers = cursor.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").fetchall()
        for name, _sql in triggers:
            cursor.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            cursor.execute(statement)
        for _name, sql in triggers:
            cursor.execute(sql)
        cursor.execute("PRAGMA foreign_keys = ON")
    finally:
        raw.close()
