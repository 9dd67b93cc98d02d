"""What a file is, by its content: whatever its name says, and whatever else is hidden in it."""

import io
import random
import struct
import zipfile

import pytest
from PIL import Image

from wms.files.rules import ContentType, NotTaken, clean_name, type_of

PDF = b"%PDF-1.7\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"


def _picture(kind: str) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (12, 8), "red").save(out, kind)
    return out.getvalue()


def office(
    main: str = "spreadsheetml.sheet.main+xml", folder: str = "xl", *, types: str | None = None, **parts: bytes
) -> bytes:
    """A workbook or document as small as can be."""
    text = types if types is not None else (
        '<Types><Override PartName="/x" ContentType="application/vnd.openxmlformats-officedocument.' + main + '"/></Types>'
    )  # fmt: skip
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", text)
        archive.writestr(f"{folder}/main.xml", "<x/>")
        for name, content in parts.items():
            archive.writestr(name, content)
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "name", "kind"),
    [
        (_picture("JPEG"), "a.jpg", ContentType.JPEG),
        (_picture("PNG"), "a.jpeg", ContentType.PNG),  # a phone's own mistake
        (_picture("WEBP"), "", ContentType.WEBP),
        (PDF, "COA 12.pdf", ContentType.PDF),
        (PDF, "Certificate v1.2", ContentType.PDF),
        (office(), "a.xlsx", ContentType.XLSX),
        (office("wordprocessingml.document.main+xml", "word"), "a.docx", ContentType.DOCX),
        ("\ufeff品名;批号\r\n茶;0012\r\n".encode(), "a.csv", ContentType.CSV),
        ("Zertifikat für Los 12\n".encode(), "a.txt", ContentType.TEXT),
        (b"plain", "readme", ContentType.TEXT),
    ],
)
def test_a_file_is_what_its_content_is(content: bytes, name: str, kind: ContentType) -> None:
    assert type_of(content, name) is kind


@pytest.mark.parametrize(
    ("content", "name", "why"),
    [
        (b"", "a.pdf", "empty"),
        (b"<html><script>alert(1)</script></html>", "a.pdf", "not_as_named"),
        (b"<html><script>alert(1)</script></html>", "a.txt", "not_a_kind"),
        (b"\xef\xbb\xbf  \n<svg onload=alert(1)>", "a.csv", "not_a_kind"),
        (b"alert(1)", "a.js", "not_a_kind"),
        (b"@echo off", "a.bat", "not_a_kind"),
        (PDF, "a.jpg", "not_as_named"),
        (PDF, "a.xlsx", "not_as_named"),
        (_picture("PNG"), "a.pdf", "not_as_named"),
        (b"%PDF-1.7\nnothing more", "a.pdf", "broken"),
        (b"%PDF-evil\n%%EOF", "a.pdf", "broken"),
        (_picture("PNG")[:40], "a.png", "not_a_kind"),
        (b"\xff\xd8\xff" + b"<script>alert(1)</script>", "a.jpg", "not_a_kind"),
        (b"GIF89a", "a.gif", "not_a_kind"),
        (b"MZ\x90\x00", "a.txt", "not_a_kind"),
        ("品名".encode("gbk"), "a.csv", "not_a_kind"),
        ("utf-16".encode("utf-16"), "a.txt", "not_a_kind"),
        (b"\x7fELF", "certificate", "not_a_kind"),
        (b"Rar!\x1a\x07\x00", "a.docx", "not_a_kind"),
        (office()[:-30], "a.xlsx", "broken"),
        (office(types="<Types/>"), "a.xlsx", "not_a_kind"),
        (office("spreadsheetml.sheet.macroEnabled.main+xml"), "a.xlsx", "not_a_kind"),
        (office(**{"xl/vbaProject.bin": b"x"}), "a.xlsx", "not_a_kind"),
        (office(folder="other"), "a.xlsx", "not_a_kind"),
        (office(types="x" * 300_000), "a.xlsx", "not_a_kind"),
        (b"PK\x03\x04" + b"\x00" * 80, "a.xlsx", "broken"),
    ],
)
def test_what_is_none_of_them_or_not_as_named_is_refused(content: bytes, name: str, why: str) -> None:
    with pytest.raises(NotTaken, match=f"^{why}$"):
        type_of(content, name)


def test_a_file_that_is_two_things_at_once_is_what_it_begins_as() -> None:
    both = PDF[:-6] + office() + b"\n%%EOF"
    assert type_of(both, "a.pdf") is ContentType.PDF
    with pytest.raises(NotTaken):
        type_of(both, "a.xlsx")
    assert type_of(_picture("JPEG") + b"<script>alert(1)</script>", "a.jpg") is ContentType.JPEG


def test_an_archive_that_unpacks_to_gigabytes_is_never_unpacked() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", b"\0" * 20_000_000)
        archive.writestr("xl/main.xml", "<x/>")
    with pytest.raises(NotTaken, match="not_a_kind"):
        type_of(out.getvalue(), "a.xlsx")
    # One that lies about it: the list of parts says 10 bytes.
    lying = bytearray(out.getvalue())
    at = lying.rfind(b"PK\x01\x02", 0, lying.rfind(b"PK\x01\x02"))
    struct.pack_into("<L", lying, at + 24, 10)
    with pytest.raises(NotTaken):
        type_of(bytes(lying), "a.xlsx")
    many = io.BytesIO()
    with zipfile.ZipFile(many, "w") as archive:
        for number in range(4500):
            archive.writestr(f"xl/{number}", "")
    with pytest.raises(NotTaken, match="not_a_kind"):
        type_of(many.getvalue(), "a.xlsx")


def test_no_bytes_at_all_bring_it_down() -> None:
    dice = random.Random(5)
    for start in (b"", b"%PDF-1.4", b"PK\x03\x04", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF\0\0\0\0WEBP"):
        for _time in range(60):
            content = (
                start + dice.randbytes(dice.randrange(0, 200)) + dice.choice([b"", b"PK\x05\x06" + dice.randbytes(18)])
            )
            try:
                type_of(content, "a")
            except NotTaken:
                pass


@pytest.mark.parametrize(
    ("name", "kind", "clean"),
    [
        ("../../etc/passwd", ContentType.TEXT, "passwd.txt"),
        ("C:\\Users\\me\\COA.pdf", ContentType.PDF, "COA.pdf"),
        ("检验报告 2026.pdf", ContentType.PDF, "检验报告 2026.pdf"),
        ("invoice\u202efdp.exe", ContentType.PDF, "invoicefdp.exe.pdf"),
        ("a\x00b\r\nSet-Cookie: x.pdf", ContentType.PDF, "a b Set-Cookie_ x.pdf"),
        (".htaccess", ContentType.TEXT, "htaccess.txt"),
        ("....", ContentType.PDF, "file.pdf"),
        ("", ContentType.JPEG, "file.jpg"),
        ("x" * 300 + ".pdf", ContentType.PDF, "x" * 116 + ".pdf"),
        ("photo.jpg", ContentType.PNG, "photo.png"),
        ("Cafe\u0301.pdf", ContentType.PDF, "Café.pdf"),
        ('a<b>"c"|d?.pdf', ContentType.PDF, "a_b__c__d_.pdf"),
    ],
)
def test_a_name_is_cleaned_and_has_a_fitting_ending(name: str, kind: ContentType, clean: str) -> None:
    assert clean_name(name, kind) == clean
