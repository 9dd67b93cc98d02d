"""Every template compiles, stands on templates that exist, and needs nothing that the content policy forbids."""

import re
from pathlib import Path

import pytest
from flask import Flask
from jinja2 import meta

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = sorted(
    [path.relative_to(ROOT / "wms" / "templates").as_posix() for path in (ROOT / "wms" / "templates").rglob("*.html")]
    + [
        "mobile/" + path.relative_to(ROOT / "mobile_templates").as_posix()
        for path in (ROOT / "mobile_templates").rglob("*.html")
    ]
)
FORBIDDEN = {
    "an inline script": re.compile(r"<script(?![^>]*\bsrc=)[^>]*>", re.I),
    "an inline style": re.compile(r"<style|\sstyle\s*=", re.I),
    "an inline event handler": re.compile(r"<[^>]*\son[a-z]+\s*=", re.I),
    "a javascript: link": re.compile(r"javascript:", re.I),
    "a file from another host": re.compile(r"""(?:src|href)\s*=\s*["'](?:https?:)?//""", re.I),
}
COMMENT = re.compile(r"\{#.*?#\}|<!--.*?-->", re.S)

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def test_every_template_compiles_and_what_it_stands_on_exists(app: Flask) -> None:
    assert TEMPLATES
    faults = []
    for name in TEMPLATES:
        assert app.jinja_env.loader is not None
        source = app.jinja_env.loader.get_source(app.jinja_env, name)[0]
        app.jinja_env.get_template(name)
        for used in meta.find_referenced_templates(app.jinja_env.parse(source)):
            if used is not None and used not in app.jinja_env.list_templates():
                faults.append(f"{name} stands on {used}, which does not exist")
    assert not faults


def test_every_template_named_in_the_code_exists(app: Flask) -> None:
    there = set(app.jinja_env.list_templates())
    missing = set()
    for path in (ROOT / "wms").rglob("*.py"):
        for name in re.findall(r"""render_template\(\s*["']([^"']+)["']""", path.read_text(encoding="utf-8")):
            if name not in there:
                missing.add(f"{path.relative_to(ROOT)}: {name}")
    assert not missing


def test_no_template_needs_what_the_content_policy_forbids(app: Flask) -> None:
    faults = []
    for name in TEMPLATES:
        assert app.jinja_env.loader is not None
        source = COMMENT.sub("", app.jinja_env.loader.get_source(app.jinja_env, name)[0])
        faults += [f"{name}: {what}" for what, pattern in FORBIDDEN.items() if pattern.search(source)]
    assert not faults


def test_no_script_of_ours_writes_code_or_inline_styles(app: Flask) -> None:
    forbidden = re.compile(
        r"\beval\(|new Function\(|\.setAttribute\(\s*[\"']style|innerHTML\s*=|https?://(?!www\.w3\.org)"
    )
    faults = []
    for path in (ROOT / "wms" / "static" / "js").rglob("*.js"):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if forbidden.search(line):
                faults.append(f"{path.name}:{number}: {line.strip()[:80]}")
    assert not faults
