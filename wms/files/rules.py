"""What a file is by its content, and what it may be called. Pure: bytes in, words out; nothing is unpacked.

A workbook or document is a ZIP archive. Of one only the list of its parts is looked at, and its part of content types,
each within a bound, so that an archive that would unpack to gigabytes costs nothing (docs/decisions/0026).
"""

from __future__ import annotations

import io
import re
import struct
import unicodedata
import warnings
import zipfile
import zlib
from enum import StrEnum
from typing import Final

from PIL import Image

MAX_PIXELS: Final = 64_000_000
NAME_LENGTH_MAX: Final = 120
MB: Final = 1024 * 1024
#: The list of parts of an archive, and its part of content types: real ones have some kilobytes.
_DIRECTORY_BYTES_MAX: Final = 512 * 1024
_CONTENT_TYPES_BYTES_MAX: Final = 256 * 1024
_PARTS_MAX: Final = 4000
_END_OF_DIRECTORY: Final = b"PK\x05\x06"
_OFFICE: Final = "application/vnd.openxmlformats-officedocument."


class ContentType(StrEnum):
    """The kinds of files we take."""

    JPEG = "image/jpeg"
    PNG = "image/png"
    WEBP = "image/webp"
    PDF = "application/pdf"
    XLSX = _OFFICE + "spreadsheetml.sheet"
    DOCX = _OFFICE + "wordprocessingml.document"
    CSV = "text/csv"
    TEXT = "text/plain"


IMAGES: Final = frozenset({ContentType.JPEG, ContentType.PNG, ContentType.WEBP})
ALL: Final = frozenset(ContentType)
_BY_PILLOW: Final = {"JPEG": ContentType.JPEG, "PNG": ContentType.PNG, "WEBP": ContentType.WEBP}
#: The endings a name may have for each kind; the first is given to a name without one.
_ENDINGS: Final[dict[ContentType, tuple[str, ...]]] = {
    ContentType.JPEG: ("jpg", "jpeg", "jpe", "jfif"),
    ContentType.PNG: ("png",),
    ContentType.WEBP: ("webp",),
    ContentType.PDF: ("pdf",),
    ContentType.XLSX: ("xlsx",),
    ContentType.DOCX: ("docx",),
    ContentType.CSV: ("csv",),
    ContentType.TEXT: ("txt",),
}
_OUR_ENDINGS: Final = {ending: kind for kind, endings in _ENDINGS.items() for ending in endings}


class NotTaken(ValueError):
    """The file is not taken; its text says why: empty, not_a_kind, not_as_named, broken, too_large."""


def type_of(content: bytes, name: str = "") -> ContentType:
    """Say what a file is, by its content; NotTaken when it is nothing we take, or not what its name says.

    Only between CSV and plain text, which look alike, the name decides. A photo may bear another photo's ending.
    """
    if not content:
        raise NotTaken("empty")
    ending = name.rpartition(".")[2].lower() if "." in name else ""
    if content.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")) or (
        content[:4] == b"RIFF" and content[8:12] == b"WEBP"
    ):
        found = _image(content)
    elif content.startswith(b"%PDF-"):
        found = _pdf(content)
    elif content.startswith(b"PK\x03\x04"):
        found = _office(content)
    else:
        found = _text(content, ending)
    named = _OUR_ENDINGS.get(ending)
    if named is not None and named is not found and not {named, found} <= IMAGES:
        raise NotTaken("not_as_named")
    return found


def clean_name(name: str, kind: ContentType) -> str:
    """Give the name to keep: without folders, signs that cannot be seen or that file systems refuse, with a fitting ending."""
    text = unicodedata.normalize("NFC", name.replace("\\", "/").rpartition("/")[2])
    text = "".join(" " if unicodedata.category(s) in {"Zs", "Zl", "Zp", "Cc"} else s for s in text)
    text = "".join(sign for sign in text if unicodedata.category(sign)[0] != "C")
    text = re.sub(r"\s+", " ", re.sub(r'[<>:"|?*%]', "_", text)).strip(" .")
    stem, dot, ending = text.rpartition(".")
    if not dot or ending.lower() not in _ENDINGS[kind]:
        stem = stem if dot and _OUR_ENDINGS.get(ending.lower()) in IMAGES else text
        ending = _ENDINGS[kind][0]
    stem = stem[: NAME_LENGTH_MAX - len(ending) - 1].strip(" .") or "file"
    return f"{stem}.{ending}"


def image_type(content: bytes) -> ContentType:
    """Say which kind of photo it is; NotTaken (not_a_kind, too_large) otherwise. Pixels are not unpacked."""
    return _image(content)


def _image(content: bytes) -> ContentType:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content), formats=tuple(_BY_PILLOW)) as image:
                kind, size = image.format or "", image.size
                if size[0] * size[1] > MAX_PIXELS:
                    raise NotTaken("too_large")
                image.verify()
    except Image.DecompressionBombError:
        raise NotTaken("too_large") from None
    except NotTaken:
        raise
    except (OSError, SyntaxError, ValueError) as broken:
        raise NotTaken("not_a_kind") from broken
    return _BY_PILLOW[kind]


def _pdf(content: bytes) -> ContentType:
    if not re.match(rb"%PDF-[12]\.[0-9]", content) or b"%%EOF" not in content[-2048:]:
        raise NotTaken("broken")
    return ContentType.PDF


def _office(content: bytes) -> ContentType:
    """A workbook or a document without macros, by the part that says what its other parts are."""
    _bound_directory(content)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
            names = {part.filename for part in parts}
            if len(parts) > _PARTS_MAX or "[Content_Types].xml" not in names:
                raise NotTaken("not_a_kind")
            told = archive.getinfo("[Content_Types].xml")
            if told.flag_bits & 1:
                raise NotTaken("broken")
            if told.file_size > _CONTENT_TYPES_BYTES_MAX or told.compress_type not in (0, zipfile.ZIP_DEFLATED):
                raise NotTaken("not_a_kind")
            with archive.open(told) as part:
                text = part.read(_CONTENT_TYPES_BYTES_MAX + 1).decode("utf-8", "replace")
    except (zipfile.BadZipFile, EOFError, OSError, RuntimeError, ValueError, zlib.error) as broken:
        if isinstance(broken, NotTaken):
            raise
        raise NotTaken("broken") from broken
    has_macros = "macroEnabled" in text or any(name.lower().endswith("vbaproject.bin") for name in names)
    for kind, main, folder in (
        (ContentType.XLSX, "spreadsheetml.sheet.main+xml", "xl/"),
        (ContentType.DOCX, "wordprocessingml.document.main+xml", "word/"),
    ):
        if _OFFICE + main in text and not has_macros and any(name.startswith(folder) for name in names):
            return kind
    raise NotTaken("not_a_kind")


def _bound_directory(content: bytes) -> None:
    """Look at the end of an archive before anything reads its list of parts: how long it says to be."""
    at = content.rfind(_END_OF_DIRECTORY, max(0, len(content) - 65_557))
    if at < 0 or at + 22 > len(content):
        raise NotTaken("broken")
    count, size = struct.unpack_from("<HL", content, at + 10)
    if count > _PARTS_MAX or size > _DIRECTORY_BYTES_MAX:  # 0xFFFF and 0xFFFFFFFF, of the large form, are beyond too
        raise NotTaken("not_a_kind")


def _text(content: bytes, ending: str) -> ContentType:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise NotTaken("not_a_kind") from None
    if any(sign < " " and sign not in "\t\r\n\f" for sign in set(text)) or "\x7f" in text:
        raise NotTaken("not_a_kind")
    named = _OUR_ENDINGS.get(ending)
    if named is not None and named not in (ContentType.CSV, ContentType.TEXT):
        raise NotTaken("not_as_named")
    if text.lstrip().startswith("<") or (ending and named is None):  # markup, or a script by its name
        raise NotTaken("not_a_kind")
    return ContentType.CSV if named is ContentType.CSV else ContentType.TEXT
