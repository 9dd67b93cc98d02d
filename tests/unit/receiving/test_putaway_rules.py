"""Where goods may go and where they go best."""

from dataclasses import replace

import pytest

from wms.core.errors import BinBlocked, BinUnsuitable, QuestionNeeded
from wms.receiving.rules.putaway import BinState, Load, check_bin, reason_for, suggest_bin, why_not_bin

LOAD = Load(item=1, lots=frozenset({11}), storage_class="ambient", quality="released")


def bin_(code: str, **changes: object) -> BinState:
    base = BinState(id=hash(code) % 10_000, code=code, kind="storage", storage_class="ambient")
    return replace(base, **changes)  # type: ignore[arg-type]


SAME_LOT = bin_("S-LOT", lots=frozenset({11}), items=frozenset({1}), has_loose=True, walk_sequence=9)
SAME_ITEM = bin_("S-ITEM", lots=frozenset({12}), items=frozenset({1}), has_loose=True, walk_sequence=8)
EMPTY = bin_("S-EMPTY", walk_sequence=7)
OTHER = bin_("S-OTHER", lots=frozenset({99}), items=frozenset({9}), lpn_count=1, walk_sequence=1)


@pytest.mark.parametrize(
    ("bins", "code", "reason"),
    [
        ([OTHER, EMPTY, SAME_ITEM, SAME_LOT], "S-LOT", "same_lot"),
        ([OTHER, EMPTY, SAME_ITEM], "S-ITEM", "same_item"),
        ([OTHER, EMPTY], "S-EMPTY", "empty_bin"),
        ([OTHER], "S-OTHER", "has_room"),
        ([replace(SAME_LOT, capacity_lpns=0), EMPTY], "S-EMPTY", "empty_bin"),
        ([replace(SAME_ITEM, takes_mixed_lots=False), EMPTY], "S-EMPTY", "empty_bin"),
        ([bin_("B", walk_sequence=2), bin_("A", walk_sequence=2), bin_("C", walk_sequence=1)], "C", "empty_bin"),
        ([bin_("STORE"), bin_("FACE", kind="pick_face", walk_sequence=5)], "FACE", "empty_bin"),
    ],
)
def test_the_best_bin(bins: list[BinState], code: str, reason: str) -> None:
    found = suggest_bin(LOAD, bins)
    assert found is not None and (found.code, found.reason) == (code, reason)


def test_a_pallet_goes_to_storage_before_a_pick_face() -> None:
    found = suggest_bin(replace(LOAD, is_on_lpn=True), [bin_("FACE", kind="pick_face"), bin_("STORE", walk_sequence=5)])
    assert found is not None and found.code == "STORE"


def test_no_bin_no_suggestion() -> None:
    assert suggest_bin(LOAD, []) is None
    assert suggest_bin(LOAD, [bin_("COLD", storage_class="cold")]) is None


NOT = [
    ("blocked", LOAD, bin_("X", is_blocked=True), "blocked"),
    ("a staging bin", LOAD, bin_("X", kind="staging"), "bin_kind"),
    ("a quarantine bin for good goods", LOAD, bin_("X", kind="quarantine"), "bin_kind"),
    ("another temperature", LOAD, bin_("X", storage_class="cold"), "storage_class"),
    ("a bin without a zone", LOAD, bin_("X", storage_class=None), "storage_class"),
    ("another lot where none may mix", LOAD, replace(OTHER, takes_mixed_lots=False), "other_lot"),
    ("full of pallets", replace(LOAD, is_on_lpn=True), bin_("X", lpn_count=2, capacity_lpns=2), "bin_full"),
    ("rejected goods in storage", replace(LOAD, quality="rejected"), bin_("X"), "bin_kind"),
]


@pytest.mark.parametrize(("load", "where", "why"), [row[1:] for row in NOT], ids=[row[0] for row in NOT])
def test_a_bin_that_may_not(load: Load, where: BinState, why: str) -> None:
    refusal = why_not_bin(load, where)
    assert isinstance(refusal, BinBlocked | BinUnsuitable) and refusal.data["why"] == why
    with pytest.raises(type(refusal)):
        check_bin(load, where, suggested="S-LOT", answers=frozenset({"another_bin"}))


MAY = [
    ("pending goods in storage", replace(LOAD, quality="pending"), bin_("X")),
    ("rejected goods in the cage, whatever its temperature", replace(LOAD, quality="rejected"), bin_("X", kind="reject_cage", storage_class="cold")),
    ("the same lot where none may mix", LOAD, replace(SAME_LOT, takes_mixed_lots=False)),
    ("loose goods beside loose goods of a full bin's last place", LOAD, replace(SAME_LOT, capacity_lpns=2)),
    ("the last place", replace(LOAD, is_on_lpn=True), bin_("X", lpn_count=1, capacity_lpns=2)),
]  # fmt: skip


@pytest.mark.parametrize(("load", "where"), [row[1:] for row in MAY], ids=[row[0] for row in MAY])
def test_a_bin_that_may(load: Load, where: BinState) -> None:
    assert why_not_bin(load, where) is None


def test_another_bin_than_suggested_is_asked_once() -> None:
    with pytest.raises(QuestionNeeded) as asked:
        check_bin(LOAD, EMPTY, suggested="S-LOT", answers=frozenset())
    assert asked.value.data == {"question": "another_bin", "needed": "S-LOT", "scanned": "S-EMPTY"}
    check_bin(LOAD, EMPTY, suggested="S-LOT", answers=frozenset({"another_bin"}))
    check_bin(LOAD, SAME_LOT, suggested="S-LOT", answers=frozenset())
    check_bin(LOAD, EMPTY, suggested=None, answers=frozenset())


def test_reasons_are_told_apart() -> None:
    assert [reason_for(LOAD, b) for b in (SAME_LOT, SAME_ITEM, EMPTY, OTHER)] == [
        "same_lot", "same_item", "empty_bin", "has_room",
    ]  # fmt: skip
