"""What the documents say is so: commands exist, settings are all there, dependencies have a reason, pages are linked."""

import dataclasses
import re
from pathlib import Path

import pytest

from config import BadConfig, Config
from wms.cli import verbs

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
DECISIONS = ROOT / "docs" / "decisions"
PINNED = re.compile(r"^([a-z0-9][a-z0-9._-]*)(?:\[[a-z0-9,]+\])?(?:==(\S+))?", re.I | re.M)


def _code_of(document: Path) -> str:
    """Give what a document shows as code: fenced, indented, or between backticks."""
    text = document.read_text(encoding="utf-8")
    return "\n".join(found[0] for found in re.finditer(r"```.*?```|`[^`\n]+`|^ {4,}\S.*$", text, re.S | re.M))


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_command_in_a_document_exists(document: Path) -> None:
    targets = set(re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text(), re.M))
    code = _code_of(document)
    assert set(re.findall(r"\bmake ([a-z][a-z-]*)", code)) <= targets
    assert set(re.findall(r"\brun\.py ([a-z][a-z-]*)", code)) <= set(verbs.commands)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_inside_the_tree_leads_somewhere(document: Path) -> None:
    links = re.findall(r"\]\((?!https?:|mailto:|#)([^)#]+)", document.read_text(encoding="utf-8"))
    assert not [link for link in links if not (document.parent / link).exists()]


def test_make_help_tells_every_target() -> None:
    text = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z][a-z-]*):", text, re.M))
    told = set(re.findall(r"^([a-z-]+):.*## ", text, re.M))
    assert targets == told


def test_every_setting_is_documented_with_its_default() -> None:
    rows = dict(re.findall(r"^\| `(WMS_\w+)` \| (.+?) \|", (ROOT / "docs" / "settings.md").read_text(), re.M))
    assert set(rows) == {f"WMS_{part.name.upper()}" for part in dataclasses.fields(Config)}
    for part in dataclasses.fields(Config):
        if part.default in ("", dataclasses.MISSING):
            continue
        shown = str(int(part.default)) if isinstance(part.default, bool) else str(part.default)
        assert rows[f"WMS_{part.name.upper()}"] == f"`{shown}`", part.name


def test_a_wrong_set_of_settings_is_reported_whole() -> None:
    wrong = {"WMS_PORT": "0", "WMS_DATABASE_URL": "mysql://x", "WMS_COLOUR": "red", "WMS_SECRET_KEY": "short"}
    with pytest.raises(BadConfig) as refused:
        Config.from_env(wrong)
    assert all(name in str(refused.value) for name in wrong)


def _direct(name: str) -> dict[str, str]:
    lines = [line for line in (ROOT / name).read_text().splitlines() if line and line[0] not in "#-"]
    return {match[1].lower(): match[2] or "" for line in lines if (match := PINNED.match(line))}


@pytest.mark.parametrize("name", ["requirements", "requirements-dev"])
def test_every_dependency_is_pinned_with_hashes_and_has_its_reason(name: str) -> None:
    text = (ROOT / f"{name}.txt").read_text()
    assert "://" not in text
    blocks = re.split(r"\n(?=[a-z0-9])", text)
    pinned = {}
    for block in blocks:
        if match := PINNED.match(block):
            assert "--hash=sha256:" in block, match[1]
            pinned[match[1].lower()] = match[2]
    table = (DECISIONS / "0017-dependencies.md").read_text()
    reasons = {
        word.strip().split("[")[0] for cell in re.findall(r"^\| (.+?) \|", table, re.M) for word in cell.split(",")
    }
    for package, version in _direct(f"{name}.in").items():
        assert pinned[package] == version or not version, package
        assert package in reasons, f"{package} has no line of reason"


def test_the_gateway_needs_nothing_the_product_does_not_pin() -> None:
    product = dict(re.findall(r"^([a-z0-9._-]+)==(\S+)", (ROOT / "requirements.txt").read_text(), re.M))
    gateway = dict(re.findall(r"^([a-z0-9._-]+)==(\S+)", (ROOT / "requirements-gateway.txt").read_text(), re.M))
    assert gateway and gateway.items() <= product.items()


def test_every_decision_is_listed_and_every_one_that_code_names_exists() -> None:
    pages = {path.name for path in DECISIONS.glob("[0-9]*.md")}
    listed = set(re.findall(r"\]\((\d{4}-[a-z0-9-]+\.md)\)", (DECISIONS / "README.md").read_text()))
    assert pages == listed
    numbers = {page[:4] for page in pages}
    for path in [ROOT / "config.py", *(ROOT / "wms").rglob("*.py")]:
        named = set(re.findall(r"docs/decisions/(\d{4})", path.read_text(encoding="utf-8")))
        assert named <= numbers, path


def test_a_decision_has_its_three_parts_and_fits_a_page() -> None:
    for path in DECISIONS.glob("[0-9]*.md"):
        text = path.read_text()
        parts = [text.find(f"\n## {part}\n") for part in ("Context", "Decision", "Consequences")]
        assert -1 not in parts and parts == sorted(parts), path.name
        assert len(text.splitlines()) <= 90, path.name
