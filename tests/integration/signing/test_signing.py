"""Signatures on both engines: what they keep, that nothing changes them, what an edit afterwards shows, and the keys."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from config import Config
from tests import given
from wms.core.errors import SignerNotPerson, SigningKeyFaulty
from wms.core.ids import SYSTEM_USER, SignatureId, UserId
from wms.db import run_in_transaction
from wms.signing import keys, queries, service
from wms.signing.rules import Meaning

RECORD = {"lot": "0012", "quantity": given.q("12.5"), "expires_on": given.day(100)}


def _sign(actor: UserId, record: Any = RECORD, **more: Any) -> SignatureId:
    values = {"subject_kind": "lot", "subject_id": 7, "meaning": Meaning.RELEASED, "at": given.NOW, "reason": "fits"}
    return run_in_transaction(service.sign, record=record, actor=actor, **(values | more))


def test_a_signature_keeps_who_when_with_zone_and_in_which_sense(db: Any) -> None:
    site = given.warehouse()
    signer = given.user("wang", "quality", site=site)
    _sign(signer, warehouse=site.id)
    (row,) = queries.signatures_of("lot", 7)
    assert (row.login, row.meaning, row.reason, row.user) == ("wang", Meaning.RELEASED, "fits", signer)
    assert row.full_name and row.role == "quality"
    assert row.signed_on == "2026-11-22 12:00:00 +08:00 Asia/Shanghai"
    assert queries.verify(row) and queries.is_unchanged(row, RECORD)
    assert queries.signers_of("lot", 7) == {Meaning.RELEASED: {signer}}


def test_a_name_that_changes_later_stays_as_it_was_signed(db: Any) -> None:
    signer = given.user("li", "quality")
    _sign(signer)
    before = queries.signatures_of("lot", 7)[0].full_name
    run_in_transaction(
        lambda: db.session.execute(
            text("UPDATE user_account SET full_name = 'Another Name' WHERE id = :id"), {"id": signer}
        )
    )
    db.session.expire_all()
    (row,) = queries.signatures_of("lot", 7)
    assert row.full_name == before and row.is_genuine


def test_a_field_edited_afterwards_shows_as_changed_after_signing(db: Any) -> None:
    _sign(given.user("wang", "quality"))
    (seen,) = queries.beside(RECORD, queries.signatures_of("lot", 7))
    assert seen.is_unchanged
    (seen,) = queries.beside(RECORD | {"quantity": given.q(13)}, queries.signatures_of("lot", 7))
    assert not seen.is_unchanged and seen.changed == ("quantity",)


@pytest.mark.parametrize(
    "change", ["UPDATE signature SET reason = 'x'", "DELETE FROM signature", "DELETE FROM signing_key"]
)
def test_nothing_changes_or_deletes_a_signature_or_a_key(db: Any, change: str) -> None:
    _sign(given.user("wang", "quality"))
    with pytest.raises(DBAPIError, match="append-only"):
        run_in_transaction(lambda: db.session.execute(text(change)))


def test_a_signature_that_was_forged_past_the_fences_is_not_genuine(db: Any) -> None:
    _sign(given.user("wang", "quality"))

    def forge() -> None:
        if db.engine.dialect.name == "sqlite":
            db.session.execute(text("DROP TRIGGER signature_no_update"))
        else:
            db.session.execute(text("ALTER TABLE signature DISABLE TRIGGER signature_no_change"))
        db.session.execute(text("UPDATE signature SET full_name = 'Somebody Else'"))

    run_in_transaction(forge)
    db.session.expire_all()
    (row,) = queries.signatures_of("lot", 7)
    assert not row.is_genuine


def test_machines_and_closed_accesses_cannot_sign(db: Any) -> None:
    machine, gone = given.user("erp", "quality"), given.user("gone", "quality")
    run_in_transaction(
        lambda: db.session.execute(text("UPDATE user_account SET is_service = true WHERE id = :id"), {"id": machine})
    )
    run_in_transaction(
        lambda: db.session.execute(text("UPDATE user_account SET is_active = false WHERE id = :id"), {"id": gone})
    )
    for actor in (machine, gone, SYSTEM_USER):
        with pytest.raises(SignerNotPerson):
            _sign(actor)
    assert not queries.signatures_of("lot", 7)


def test_the_private_key_is_its_owners_alone_and_a_new_one_leaves_old_signatures_genuine(
    db: Any, config: Config
) -> None:
    signer = given.user("wang", "quality")
    _sign(signer)
    path = config.data_dir / keys.FILE
    assert path.stat().st_mode & 0o777 == 0o600
    aside = keys.rotate(given.NOW + timedelta(days=1))
    assert aside is not None and aside.exists() and path.stat().st_mode & 0o777 == 0o600
    _sign(signer)
    first, second = queries.signatures_of("lot", 7)
    assert first.key != second.key and first.is_genuine and second.is_genuine
    assert len(queries.list_keys()) == 2


def test_without_the_key_file_a_new_key_is_made_and_old_signatures_stay_genuine(db: Any, config: Config) -> None:
    signer = given.user("wang", "quality")
    _sign(signer)
    (config.data_dir / keys.FILE).unlink()
    _sign(signer)
    assert all(row.is_genuine for row in queries.signatures_of("lot", 7))


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_broken_key_file_signs_nothing_and_says_so(db: Any, config: Config) -> None:
    signer = given.user("wang", "quality")
    config.data_dir.mkdir(parents=True, exist_ok=True)
    (config.data_dir / keys.FILE).write_text("no key")
    with pytest.raises(SigningKeyFaulty):
        _sign(signer)
    assert not queries.signatures_of("lot", 7)
