"""Attachments at the desk: taken by content, given back safely, hashed into the record, told when their bytes changed."""

import io
from typing import Any

import pytest
from flask import Flask
from PIL import Image

from config import Config
from tests import given
from tests.unit.files.test_types_of_files import PDF, office
from tests.web.desk_client import Desk
from wms.core.ids import LotId
from wms.files import queries
from wms.files.models import StoredFile
from wms.files.service import path_of

#: The rows are plain; one engine is enough.
pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def _picture() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (12, 8), "red").save(out, "PNG")
    return out.getvalue()


class Scene:
    """A lot, an item and a receipt in W1, another receipt in W2, and people."""

    def __init__(self, app: Flask) -> None:
        from wms.core.ids import SYSTEM_USER
        from wms.db import run_in_transaction
        from wms.receiving import service as receiving
        from wms.receiving.rules.commands import OpenReceipt

        self.app = app
        with app.app_context():
            site, far = given.warehouse("W1"), given.warehouse("W2")
            given.user("quality", "quality", site=site)
            given.user("picker", "picker", site=site)
            given.user("far", "receiver", site=far)
            given.user("auditor", "auditor", site=site)
            milk = given.item("MILK")
            lot = given.lot(milk, "L-1")
            given.stock(lot, site, "A-01")
            supplier = given.partner("SUP").id
            self.item, self.lot = milk.id, lot.id
            self.receipt, self.far_receipt = (
                run_in_transaction(
                    receiving.open_receipt,
                    OpenReceipt(warehouse=one.id, supplier=supplier),
                    actor=SYSTEM_USER,
                    at=given.NOW,
                )
                for one in (site, far)
            )

    def files(self, kind: str = "lot", record: int | None = None) -> list[StoredFile]:
        with self.app.app_context():
            return queries.files_of(kind, [record or self.lot])


@pytest.fixture
def scene(app: Flask) -> Scene:
    return Scene(app)


def _send(desk: Desk, path: str, *files: tuple[bytes, str], kind: str = "certificate", **more: str) -> str:
    desk.get("/alerts")
    parts = [(io.BytesIO(content), name) for content, name in files]
    return desk.post(path, file=parts, kind=kind, **more)


def _lot(scene: Scene) -> str:
    return f"/attachments/lot/{scene.lot}"


def test_a_certificate_hangs_on_a_lot_with_its_hash_and_comes_back_as_a_file(app: Flask, scene: Scene) -> None:
    quality = Desk.of(app, "quality")
    assert "No file is attached." in quality.get(f"/lots/{scene.lot}")
    _send(quality, _lot(scene), (PDF, "..\\检验报告 12.pdf"), expires_on="2027-01-31")
    assert quality.status == 302 and quality.location.endswith(f"/lots/{scene.lot}"), quality.words
    (file,) = scene.files()
    assert (file.name, file.content_type, file.size_bytes) == ("检验报告 12.pdf", "application/pdf", len(PDF))
    page = quality.get(f"/lots/{scene.lot}")
    assert file.sha256[:12] in page and "2027-01-31" in page and "Certificate (COA)" in page and "Quality" in page
    got = quality.client.get(f"/attachments/{file.id}/content")
    assert got.data == PDF and got.headers["Content-Type"] == "application/pdf"
    assert got.headers["Content-Disposition"].startswith("attachment;")
    assert "filename*=UTF-8''%E6%A3%80" in got.headers["Content-Disposition"]
    assert got.headers["X-Content-Type-Options"] == "nosniff"
    assert (
        "sandbox" in got.headers["Content-Security-Policy"] and "script" not in got.headers["Content-Security-Policy"]
    )
    assert "no-store" in got.headers["Cache-Control"] or "no-cache" in got.headers["Cache-Control"]
    with app.app_context():
        certificates = queries.certificates_of(LotId(scene.lot), on=given.TODAY)
        assert [one.id for one in certificates] == [file.id]
        assert queries.certificates_of(LotId(scene.lot), on=given.day(100)) == []


def test_several_files_at_once_and_the_same_again_hang_once(app: Flask, scene: Scene) -> None:
    quality = Desk.of(app, "quality")
    files = [(_picture(), "box.png"), (office(), "list.xlsx"), (b"a;b\r\n1;2\r\n", "data.csv"), (b"note", "note.txt")]
    for _time in range(2):
        _send(quality, f"/attachments/item/{scene.item}", *files, kind="other")
        assert quality.status == 302, quality.words
    kept = scene.files("item", scene.item)
    assert [file.name for file in kept] == ["box.png", "list.xlsx", "data.csv", "note.txt"]
    image, _sheet, table, _note = (quality.client.get(f"/attachments/{file.id}/content") for file in kept)
    assert image.headers["Content-Disposition"].startswith("inline")
    assert table.headers["Content-Disposition"].startswith("attachment")
    assert table.headers["Content-Type"] == "text/csv; charset=utf-8"


@pytest.mark.parametrize(
    ("content", "name", "why"),
    [
        (b"", "a.pdf", "it is empty"),
        (b"<html><script>alert(1)</script></html>", "coa.pdf", "its content is not what its name says"),
        (b"<script>alert(1)</script>", "coa.html", "its content is of none of these kinds"),
        (b"\x89PNG\r\n\x1a\n<script>", "x.png", "its content is of none of these kinds"),
        (office("spreadsheetml.sheet.macroEnabled.main+xml"), "x.xlsx", "its content is of none of these kinds"),
        (PDF, "x.jpg", "its content is not what its name says"),
        (b"%PDF-1.7 cut", "x.pdf", "it is damaged"),
    ],
)
def test_a_file_that_is_not_taken_is_refused_in_one_sentence(
    app: Flask, scene: Scene, content: bytes, name: str, why: str
) -> None:
    quality = Desk.of(app, "quality")
    _send(quality, _lot(scene), (PDF, "good.pdf"), (content, name))
    assert quality.status == 422, quality.words
    assert f"“{name}” cannot be attached: {why}" in quality.words and "at most 15 MB" in quality.words
    assert scene.files() == [], "none of the files, not half of them"


def test_a_photo_with_a_page_behind_it_is_given_as_a_photo_in_a_box(app: Flask, scene: Scene) -> None:
    quality = Desk.of(app, "quality")
    _send(quality, _lot(scene), (_picture() + b"<script>alert(1)</script>", "x.png"), kind="photo")
    (file,) = scene.files()
    got = quality.client.get(f"/attachments/{file.id}/content")
    assert got.headers["Content-Type"] == "image/png" and got.headers["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'none'" in got.headers["Content-Security-Policy"]


@pytest.mark.own_app
def test_what_is_too_large_is_refused_in_words(app: Flask, scene: Scene, config: Config) -> None:
    from dataclasses import replace

    app.config["WMS"] = replace(config, file_mb_max=1)
    quality = Desk.of(app, "quality")
    large = PDF[:-6] + b" " * (1024 * 1024) + b"\n%%EOF"
    _send(quality, _lot(scene), (large, "large.pdf"))
    assert quality.status == 422 and "it is too large" in quality.words and "at most 1 MB" in quality.words
    _send(quality, _lot(scene), (large + b" " * 200_000, "larger.pdf"))
    assert quality.status == 413 and "Send at most 1 MB at once." in quality.words
    more = {f"more{number}": "x" for number in range(40)} | {"csrf_token": quality.token}
    many = quality.client.post(_lot(scene), data=more, content_type="multipart/form-data")
    assert many.status_code == 413
    _send(quality, _lot(scene), *[(b"x", f"{number}.txt") for number in range(11)])
    assert quality.status == 422 and "1 to 10 files are attached at once" in quality.words
    assert scene.files() == []


def test_what_the_form_says_is_judged_too(app: Flask, scene: Scene) -> None:
    quality = Desk.of(app, "quality")
    for more in ({"kind": "passport"}, {"expires_on": "31.1.2027"}, {"colour": "red"}):
        _send(quality, _lot(scene), (PDF, "good.pdf"), **more)
        assert quality.status == 422, more
    _send(quality, _lot(scene))
    assert quality.status == 422 and "1 to 10 files" in quality.words
    for path in ("/attachments/lot/12", "/attachments/user/1"):
        _send(quality, path, (PDF, "good.pdf"))
        assert quality.status == 404, path
    assert scene.files() == []


def test_files_are_seen_and_attached_by_who_may_for_their_record(app: Flask, scene: Scene) -> None:
    quality = Desk.of(app, "quality")
    _send(quality, _lot(scene), (PDF, "coa.pdf"))
    (file,) = scene.files()
    picker = Desk.of(app, "picker")
    assert picker.client.get(f"/attachments/{file.id}/content").status_code == 200
    assert "Attach file" not in picker.get(f"/lots/{scene.lot}") and "coa.pdf" in picker.text
    _send(picker, _lot(scene), (PDF, "mine.pdf"))
    assert picker.status == 403
    picker.get(f"/attachments/{file.id}")
    assert picker.status == 200 and "Withdraw file" not in picker.text
    picker.post(f"/attachments/{file.id}/withdraw", reason="x")
    assert picker.status == 403
    # A receipt belongs to its warehouse: neither its files nor the way to attach one are there for another.
    far = Desk.of(app, "far")
    _send(far, f"/attachments/receipt/{scene.far_receipt}", (PDF, "note.pdf"), kind="delivery_note")
    assert far.status == 302, far.words
    (note,) = scene.files("receipt", scene.far_receipt)
    for path in (f"/attachments/{note.id}", f"/attachments/{note.id}/content"):
        assert quality.client.get(path).status_code == 404 and far.client.get(path).status_code == 200
    _send(quality, f"/attachments/receipt/{scene.far_receipt}", (PDF, "x.pdf"))
    assert quality.status == 404
    assert app.test_client().get(f"/attachments/{file.id}/content").status_code == 302, "the login"


def test_a_file_attached_by_mistake_is_withdrawn_with_a_reason_and_counts_no_more(app: Flask, scene: Scene) -> None:
    quality = Desk.of(app, "quality")
    _send(quality, _lot(scene), (PDF, "coa.pdf"))
    (file,) = scene.files()
    quality.get(f"/attachments/{file.id}")
    quality.post(f"/attachments/{file.id}/withdraw", reason=" ")
    assert quality.status == 422
    quality.post(f"/attachments/{file.id}/withdraw", reason="wrong lot")
    assert quality.status == 302
    assert "wrong lot" in quality.get(f"/attachments/{file.id}") and "withdrawn" in quality.get(f"/lots/{scene.lot}")
    with app.app_context():
        assert queries.certificates_of(LotId(scene.lot)) == []
    quality.post(f"/attachments/{file.id}/withdraw", reason="again")
    assert quality.status == 409
    _send(quality, _lot(scene), (PDF, "coa.pdf"))
    assert len(scene.files()) == 2


def test_bytes_that_changed_on_disk_are_told_and_not_given(app: Flask, scene: Scene, config: Config) -> None:
    quality = Desk.of(app, "quality")
    _send(quality, _lot(scene), (PDF, "coa.pdf"))
    (file,) = scene.files()
    assert "they are those that were attached" in quality.get(f"/attachments/{file.id}")
    path = path_of(file.sha256, data_dir=config.data_dir)
    path.write_bytes(PDF.replace(b"1.7", b"1.6"))
    assert (
        "are not those that were attached" in quality.get(f"/attachments/{file.id}") and "on disk now" in quality.text
    )
    got = quality.client.get(f"/attachments/{file.id}/content")
    assert got.status_code == 409 and b"%PDF" not in got.data
    assert _verify(app) == (1, f"{file.sha256} changed")
    path.unlink()
    assert "The bytes are gone" in quality.get(f"/attachments/{file.id}")
    assert quality.client.get(f"/attachments/{file.id}/content").status_code == 409
    assert _verify(app) == (1, f"{file.sha256} gone")
    _send(quality, f"/attachments/item/{scene.item}", (PDF, "coa.pdf"))
    assert _verify(app)[0] == 0, "the same bytes, sent again, lie there again"


def _verify(app: Flask) -> tuple[int, str]:
    from click.testing import CliRunner

    from wms.cli import verbs

    result = CliRunner().invoke(verbs, ["files", "verify"], obj=lambda _config: app)
    return result.exit_code, " ".join(result.output.replace(",", "").replace(":", "").split()[:2])


def test_the_panel_of_a_lot_costs_one_statement_however_many_files(app: Flask, scene: Scene) -> None:
    quality = Desk.of(app, "quality")
    _send(quality, _lot(scene), (b"0", "0.txt"))
    quality.get(f"/lots/{scene.lot}")
    few = len(quality.statements)
    _send(quality, _lot(scene), *[(str(number).encode(), f"{number}.txt") for number in range(1, 9)])
    quality.get(f"/lots/{scene.lot}")
    assert len(quality.statements) == few and "8.txt" in quality.text


def test_the_file_stands_in_the_audit_with_its_hash(app: Flask, scene: Scene) -> None:
    from wms.audit import queries as audit

    quality = Desk.of(app, "quality")
    _send(quality, _lot(scene), (PDF, "coa.pdf"))
    (file,) = scene.files()
    with app.app_context():
        (entry,) = audit.history("stored_file", file.id)
        changes: Any = entry.entry.changes
    assert changes["sha256"] == [None, file.sha256] and changes["kind"] == [None, "certificate"]
