"""Every sentence is translated into simplified and traditional Chinese, with the same placeholders; none is left over."""

import re
from functools import cache
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po

from wms.web import catalogues

ROOT = Path(__file__).resolve().parents[2]
LOCALES = ("zh_Hans_CN", "zh_Hant_TW")
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd]")
#: Words of the mainland that Taiwan's warehouses do not use, in traditional characters too.
NOT_IN_TAIWAN = ("托盤", "拣", "质", "軟件", "默認", "用戶")


@cache
def _sentences() -> frozenset[object]:
    with (ROOT / "babel.cfg").open(encoding="utf-8") as file:
        methods, options = parse_mapping_cfg(file)
    keywords = DEFAULT_KEYWORDS | {"lazy_gettext": None, "_l": None}
    skip = re.compile(r"(^|/)(\.|tests/|node_modules|var/)")
    found = extract_from_dir(
        str(ROOT), methods, options, keywords, directory_filter=lambda path: not skip.search(Path(path).name + "/")
    )
    return frozenset(message for _, _, message, _, _ in found)


@cache
def _catalogue(locale: str) -> Catalog:
    with (ROOT / "wms" / "translations" / locale / "LC_MESSAGES" / "messages.po").open("rb") as file:
        return read_po(file, locale=locale, abort_invalid=True)


def test_sentences_are_found() -> None:
    assert len(_sentences()) > 50


@pytest.mark.parametrize("locale", LOCALES)
def test_every_sentence_is_translated(locale: str) -> None:
    catalogue = _catalogue(locale)
    missing = []
    for sentence in _sentences():
        entry = catalogue.get(sentence[0] if isinstance(sentence, tuple) else sentence)
        texts = [] if entry is None else ([entry.string] if isinstance(entry.string, str) else list(entry.string))
        if not texts or not all(texts) or (entry is not None and entry.fuzzy):
            missing.append(sentence)
    assert not missing, f"{len(missing)} are missing: " + "; ".join(str(one) for one in sorted(missing, key=str)[:40])


@pytest.mark.parametrize("locale", LOCALES)
def test_a_translation_has_the_placeholders_of_its_sentence(locale: str) -> None:
    wrong = []
    for entry in _catalogue(locale):
        if not entry.id or not entry.string:
            continue
        source = entry.id if isinstance(entry.id, str) else entry.id[-1]
        texts = [entry.string] if isinstance(entry.string, str) else entry.string
        wrong += [source for text in texts if set(PLACEHOLDER.findall(text)) != set(PLACEHOLDER.findall(source))]
    assert not wrong


def test_traditional_chinese_has_its_own_words() -> None:
    wrong = [
        f"{entry.id}: {entry.string}"
        for entry in _catalogue("zh_Hant_TW")
        if entry.id and any(word in str(entry.string) for word in NOT_IN_TAIWAN)
    ]
    assert not wrong


def test_a_catalogue_with_a_wrong_placeholder_is_not_compiled(tmp_path: Path) -> None:
    folder = tmp_path / "zh_Hans_CN" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    head = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\n#, python-format\n'
    (folder / "messages.po").write_text(head + 'msgid "lot %(lot)s"\nmsgstr "批号 %(lto)s"\n', encoding="utf-8")
    assert len(catalogues.compile_stale(tmp_path)) == 1
    assert not (folder / "messages.mo").exists()
    (folder / "messages.po").write_text(head + 'msgid "lot %(lot)s"\nmsgstr "批号 %(lot)s"\n', encoding="utf-8")
    assert catalogues.compile_stale(tmp_path) == []
    assert (folder / "messages.mo").exists()
