"""The tree speaks of the product alone: no paths of a machine, no unfinished places, no words the trade does not use."""

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TEXT = {".py", ".html", ".js", ".css", ".md", ".toml", ".txt", ".in", ".cfg", ".ini", ".po", ".json", ".sh", ""}
PATHS = re.compile(r"(?<![A-Za-z0-9_.])/(?:work|farm|root|home)/\w")
#: Put together from halves, so that this file does not find itself.
MARKS = "|".join(first + second for first, second in (("TO", "DO"), ("FIX", "ME"), ("XX", "X"), ("HA", "CK")))
UNFINISHED = re.compile(rf"\b(?:{MARKS})\b|raise NotImplemented(?:Error)|pytest\.mark\.(?:skip|xfail)\b")
SYNONYMS = re.compile(r"\bqty\b|\bstocktake\b|\bset_trace\(|\bbreakpoint\(")


def _files(*suffixes: str) -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    paths = [ROOT / name for name in listed.split("\0") if name]
    return [p for p in paths if p.suffix in suffixes and "vendor" not in p.parts and p.exists() and p != Path(__file__)]


def _found(pattern: re.Pattern[str], *suffixes: str) -> list[str]:
    return [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()[:100]}"
        for path in _files(*suffixes)
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if pattern.search(line)
    ]


def test_no_path_of_a_machine_stands_in_the_tree() -> None:
    assert not _found(PATHS, *TEXT)


def test_nothing_is_left_unfinished_or_skipped() -> None:
    assert not _found(UNFINISHED, ".py", ".js", ".html")


def test_the_code_uses_the_words_of_the_trade() -> None:
    assert not _found(SYNONYMS, ".py")
