"""Patterns of own fields: they say what regular expressions say, and no text and no pattern makes them slow."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wms.fields.rules.patterns import PATTERN_LENGTH_MAX, BadPattern, read_pattern


@pytest.mark.parametrize(
    ("pattern", "right", "wrong"),
    [
        ("[A-Z]{2}[0-9]{4}", ["AB0012"], ["ab0012", "AB001", "AB00123", " AB0012"]),
        ("^[A-Z]+$", ["ABC"], ["", "A1"]),
        (r"HALAL-\d{3,5}|NONE", ["HALAL-123", "HALAL-12345", "NONE"], ["HALAL-12", "HALAL-123456", "NONE "]),
        ("(ab|cd)*e?", ["", "abcd", "cdabe"], ["abc", "ee"]),
        (r"[^\d]-[-a]", ["x-a", "x--"], ["1-a"]),
        ("批[一二三]号", ["批二号"], ["批四号"]),
        (r"\w+\.\w+", ["a_1.b"], ["a-1.b", "ä.b"]),
        ("a{2,}", ["aa", "aaaa"], ["a"]),
        ("a.c", ["abc", "a\U0001f600c"], ["ac", "a\nc"]),
        ("(a*)*b", ["aaab", "b"], ["aaa"]),
    ],
)
def test_a_pattern_matches_the_whole_text(pattern: str, right: list[str], wrong: list[str]) -> None:
    assert [text for text in right if not read_pattern(pattern).matches(text)] == []
    assert [text for text in wrong if read_pattern(pattern).matches(text)] == []


@pytest.mark.parametrize(
    "pattern",
    [
        "(", ")", "a)", "[", "[]", "*a", "a**", "a{", "a{x}", "a{3,2}", "a{501}", "(?i)a", "(?=a)", r"(a)\1", r"\b",
        "[z-a]", "a" * (PATTERN_LENGTH_MAX + 1), "(a{90}){90}", "(" * 30 + "a" + ")" * 30, "\\", "a+?", r"[\D]", "a$b",
    ],
)  # fmt: skip
def test_what_is_no_pattern_of_ours_is_refused(pattern: str) -> None:
    with pytest.raises(BadPattern):
        read_pattern(pattern)


def test_a_pattern_that_ruins_other_matchers_is_work_as_any() -> None:
    # Each of these takes a backtracking matcher longer than anybody waits; here the steps are bounded by construction.
    for pattern in ("(a+)+b", "(a|a)*b", "(a|aa)+b", "a*" * 60 + "b", "([a-z]+)*[0-9]"):
        read = read_pattern(pattern)
        assert len(read.steps) <= 1000
        assert not read.matches("a" * 200)


_atoms = st.sampled_from(["a", "b", "1", "[ab]", "[^a]", ".", r"\d", r"\w", "-"])
_patterns = st.recursive(
    _atoms,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map("".join),
        st.tuples(inner, inner).map(lambda two: f"({two[0]}|{two[1]})"),
        st.tuples(inner, st.sampled_from(["?", "*", "+", "{2}", "{1,3}", "{0,2}"])).map(
            lambda two: f"({two[0]}){two[1]}"
        ),
    ),
    max_leaves=8,
)


@settings(max_examples=150)
@given(_patterns, st.text(alphabet="ab1-_é", max_size=8))
def test_it_says_what_the_regular_expressions_of_python_say(pattern: str, text: str) -> None:
    assert read_pattern(pattern).matches(text) == bool(re.fullmatch(pattern, text, re.ASCII))
