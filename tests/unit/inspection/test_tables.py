"""ISO 2859-1, single sampling: rows of the standard, letter by letter, against the tables that are made from their structure."""

import pytest

from wms.core.errors import FieldErrors
from wms.inspection.rules import tables

#: A row of a master table with the arrows followed: letter, sample size, acceptance number, by AQL from 0.010 to 10.
ROWS = {
    ("normal", "A"): "Q1250:0 P800:0 N500:0 M315:0 L200:0 K125:0 J80:0 H50:0 G32:0 F20:0 E13:0 D8:0 C5:0 B3:0 A2:0 C5:1",
    ("normal", "F"): "Q1250:0 P800:0 N500:0 M315:0 L200:0 K125:0 J80:0 H50:0 G32:0 F20:0 E13:0 G32:1 F20:1 F20:2 F20:3 F20:5",
    ("normal", "J"): "Q1250:0 P800:0 N500:0 M315:0 L200:0 K125:0 J80:0 H50:0 K125:1 J80:1 J80:2 J80:3 J80:5 J80:7 J80:10 J80:14",
    ("normal", "K"): "Q1250:0 P800:0 N500:0 M315:0 L200:0 K125:0 J80:0 L200:1 K125:1 K125:2 K125:3 K125:5 K125:7 K125:10 K125:14 K125:21",
    ("normal", "P"): "Q1250:0 P800:0 N500:0 Q1250:1 P800:1 P800:2 P800:3 P800:5 P800:7 P800:10 P800:14 P800:21 N500:21 M315:21 L200:21 K125:21",
    ("normal", "R"): "Q1250:0 P800:0 R2000:1 R2000:2 R2000:3 R2000:5 R2000:7 R2000:10 R2000:14 R2000:21 Q1250:21 P800:21 N500:21 M315:21 L200:21 K125:21",
    ("tightened", "A"): "R2000:0 Q1250:0 P800:0 N500:0 M315:0 L200:0 K125:0 J80:0 H50:0 G32:0 F20:0 E13:0 D8:0 C5:0 B3:0 A2:0",
    ("tightened", "J"): "R2000:0 Q1250:0 P800:0 N500:0 M315:0 L200:0 K125:0 J80:0 L200:1 K125:1 J80:1 J80:2 J80:3 J80:5 J80:8 J80:12",
    ("tightened", "K"): "R2000:0 Q1250:0 P800:0 N500:0 M315:0 L200:0 K125:0 M315:1 L200:1 K125:1 K125:2 K125:3 K125:5 K125:8 K125:12 K125:18",
    ("tightened", "Q"): "R2000:0 Q1250:0 S3150:1 R2000:1 Q1250:1 Q1250:2 Q1250:3 Q1250:5 Q1250:8 Q1250:12 Q1250:18 P800:18 N500:18 M315:18 L200:18 K125:18",
    ("tightened", "R"): "R2000:0 Q1250:0 S3150:1 R2000:1 R2000:2 R2000:3 R2000:5 R2000:8 R2000:12 R2000:18 Q1250:18 P800:18 N500:18 M315:18 L200:18 K125:18",
    ("reduced", "A"): "Q500:0 P315:0 N200:0 M125:0 L80:0 K50:0 J32:0 H20:0 G13:0 F8:0 E5:0 D3:0 C2:0 B2:0 A2:0 D3:1",
    ("reduced", "C"): "Q500:0 P315:0 N200:0 M125:0 L80:0 K50:0 J32:0 H20:0 G13:0 F8:0 E5:0 D3:0 C2:0 B2:0 E5:1 D3:1",
    ("reduced", "J"): "Q500:0 P315:0 N200:0 M125:0 L80:0 K50:0 J32:0 H20:0 L80:1 K50:1 J32:1 J32:2 J32:3 J32:5 J32:6 J32:8",
    ("reduced", "K"): "Q500:0 P315:0 N200:0 M125:0 L80:0 K50:0 J32:0 M125:1 L80:1 K50:1 K50:2 K50:3 K50:5 K50:6 K50:8 K50:10",
    ("reduced", "Q"): "Q500:0 P315:0 N200:0 R800:1 Q500:1 Q500:2 Q500:3 Q500:5 Q500:6 Q500:8 Q500:10 P315:10 N200:10 M125:10 L80:10 K50:10",
}  # fmt: skip
#: The same, by AQL from 15 to 1000.
FAR = {
    ("normal", "A"): "B3:1 A2:1 A2:2 A2:3 A2:5 A2:7 A2:10 A2:14 A2:21 A2:30",
    ("normal", "C"): "C5:2 C5:3 C5:5 C5:7 C5:10 C5:14 C5:21 C5:30 C5:44 B3:44",
    ("normal", "F"): "F20:7 F20:10 F20:14 F20:21 E13:21 E13:30 E13:44 D8:44 C5:44 B3:44",
    ("tightened", "A"): "C5:1 B3:1 A2:1 A2:2 A2:3 A2:5 A2:8 A2:12 A2:18 A2:27",
    ("tightened", "E"): "E13:5 E13:8 E13:12 E13:18 E13:27 E13:41 D8:41 C5:41 B3:41",
    ("reduced", "A"): "C2:1 A2:1 A2:2 A2:3 A2:5 A2:7 A2:10 A2:14 A2:21 A2:30",
    ("reduced", "B"): "C2:1 B2:1 B2:2 B2:3 B2:5 B2:7 B2:10 B2:14 B2:21 B2:30",
    ("reduced", "D"): "D3:3 D3:5 D3:6 D3:8 D3:10 D3:14 D3:21 C2:21 B2:30",
}


def _row(severity: str, letter: str, aqls: tuple[str, ...]) -> str:
    plans = [tables.find_plan(letter, aql, severity) for aql in aqls]
    return " ".join(f"{p.letter}{p.size}:{p.accept}" for p in plans)


@pytest.mark.parametrize(("severity", "letter"), ROWS)
def test_a_row_of_the_master_table_is_as_printed(severity: str, letter: str) -> None:
    assert _row(severity, letter, tables.PERCENT_AQLS) == ROWS[severity, letter]


@pytest.mark.parametrize(("severity", "letter"), FAR)
def test_a_row_is_as_printed_for_nonconformities_per_hundred_units(severity: str, letter: str) -> None:
    row = FAR[severity, letter]
    beyond = tables.AQLS[-len(row.split()) :]
    assert _row(severity, letter, beyond) == row


def test_letter_j_at_aql_1_looks_at_80_accepts_2_and_rejects_3() -> None:
    plan = tables.find_plan("J", "1.0", "normal")
    assert (plan.letter, plan.size, plan.accept, plan.reject) == ("J", 80, 2, 3)


@pytest.mark.parametrize(
    ("lot_size", "letters"),
    [
        (2, "AAAAAAB"), (8, "AAAAAAB"), (9, "AAAAABC"), (25, "AABBBCD"), (26, "ABBCCDE"), (90, "BBCCCEF"),
        (150, "BBCDDFG"), (280, "BCDEEGH"), (500, "BCDEFHJ"), (501, "CCEFGJK"), (1200, "CCEFGJK"), (3200, "CDEGHKL"),
        (3201, "CDFGJLM"), (35_000, "CDFHKMN"), (150_000, "DEGJLNP"), (500_000, "DEGJMPQ"), (500_001, "DEHKNQR"),
    ],
)  # fmt: skip
def test_table_1_gives_the_code_letter_by_lot_size_and_level(lot_size: int, letters: str) -> None:
    assert "".join(tables.code_letter(lot_size, level) for level in tables.LEVELS) == letters


def test_every_cell_leads_to_a_plan_and_a_larger_aql_never_accepts_fewer() -> None:
    for severity in ("normal", "tightened", "reduced"):
        for letter in tables.LETTERS:
            accepts = [tables.find_plan(letter, aql, severity).accept for aql in tables.AQLS]
            assert accepts == sorted(accepts), (severity, letter)


def test_an_aql_is_read_as_people_write_it_and_no_other_is_taken() -> None:
    assert [tables.read_aql(text) for text in ("1", "1.0", "0.1", "10")] == ["1.0", "1.0", "0.10", "10"]
    for text in ("1.1", "", "15", "x", "-1", "NaN"):
        with pytest.raises(FieldErrors):
            tables.read_aql(text)
