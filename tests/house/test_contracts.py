"""Imports go downhill only; and the fences of import-linter really stand."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LINTER = Path(sys.executable).with_name("lint-imports")


def test_every_import_contract_is_kept() -> None:
    done = subprocess.run([LINTER, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]


def test_every_package_has_a_docstring_that_says_what_it_is() -> None:
    bare = []
    for package in sorted((ROOT / "wms").glob("**/__init__.py")):
        text = package.read_text(encoding="utf-8").strip()
        if not text.startswith('"""') or len(text) < 30:
            bare.append(str(package.relative_to(ROOT)))
    assert not bare


def test_no_module_is_named_after_nothing() -> None:
    empty_names = {"utils", "util", "helpers", "helper", "manager", "handler", "misc", "common", "data", "info"}
    assert not [str(path) for path in (ROOT / "wms").rglob("*.py") if path.stem in empty_names]
