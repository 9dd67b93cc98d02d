"""What may come in, as tables: one row a case, on TODAY = 2026-11-22."""

from dataclasses import replace
from datetime import date

import pytest

from wms.core.errors import (
    ExpiryContradicts,
    LifeTooShort,
    LotExpired,
    LotTypedTwiceDiffers,
    MissingField,
    OverReceipt,
    QuestionNeeded,
    WrongItemScanned,
)
from wms.core.quantity import Quantity
from wms.receiving.rules.intake import (
    Came,
    ExpectedLine,
    ItemFacts,
    KnownLot,
    Situation,
    check_typed_lot,
    is_near,
    judge,
    with_tolerance,
)

TODAY = date(2026, 11, 22)
GOOD = date(2027, 6, 30)


def q(units: int) -> Quantity:
    return Quantity.of(units)


def line(
    number: int = 1,
    *,
    lot: str = "",
    quantity: int = 100,
    received: int = 0,
    sku: str = "MILK",
    expires: date | None = None,
) -> ExpectedLine:
    return ExpectedLine(
        line_id=number, sku=sku, quantity=q(quantity), received=q(received), lot_number=lot, expires_on=expires
    )


MILK = ItemFacts(sku="MILK", shelf_life_days=365)
CAME = Came(quantity=q(10), lot_number="L1", expires_on=GOOD)


def situation(**changes: object) -> Situation:
    base = Situation(item=MILK, came=CAME, on=TODAY, expected=[line()])
    return replace(base, **changes)  # type: ignore[arg-type]


def test_goods_that_fit_are_let_in_on_their_line() -> None:
    accepted = judge(situation(expected=[line(1, lot="L0"), line(2, lot="L1"), line(3)]))
    assert (accepted.lot_number, accepted.expires_on, accepted.line_id) == ("L1", GOOD, 2)


def test_a_blind_receipt_asks_for_no_line() -> None:
    assert judge(situation(expected=None)).line_id is None


REFUSED = [
    ("an item that is not on the paper", {"expected": [line(sku="TEA")]}, WrongItemScanned, {"needed": "TEA", "scanned": "MILK"}),
    ("no lot", {"came": replace(CAME, lot_number=None)}, MissingField, {"field": "lot"}),
    ("no date", {"came": replace(CAME, expires_on=None)}, MissingField, {"field": "expiry"}),
    ("expired yesterday", {"came": replace(CAME, expires_on=date(2026, 11, 21))}, LotExpired, {"expires_on": "2026-11-21"}),
    (
        "its last day, where the item is not usable on it",
        {"came": replace(CAME, expires_on=TODAY), "item": replace(MILK, usable_on_expiry_day=False)},
        LotExpired,
        {},
    ),
    (
        "one day short of the days asked for",
        {"item": replace(MILK, receipt_life_days_min=30), "came": replace(CAME, expires_on=date(2026, 12, 21))},
        LifeTooShort,
        {"needed_on": "2026-12-22"},
    ),
    (
        "short of the percent asked for (a third of 365 days is 122, rounded up)",
        {"item": replace(MILK, receipt_life_percent_min=33), "came": replace(CAME, expires_on=date(2027, 3, 22))},
        LifeTooShort,
        {"needed_on": "2027-03-23"},
    ),
    (
        "a known lot with another expiry",
        {"known": KnownLot(number="L1", expires_on=date(2027, 5, 31))},
        ExpiryContradicts,
        {"known": "2027-05-31", "came": "2027-06-30"},
    ),
    (
        "a known lot with another best-before date",
        {
            "item": replace(MILK, date_basis="best_before"),
            "came": replace(CAME, expires_on=None, best_before_on=GOOD),
            "known": KnownLot(number="L1", best_before_on=date(2027, 5, 31)),
        },
        ExpiryContradicts,
        {},
    ),
    ("one more than ordered", {"came": replace(CAME, quantity=q(101))}, OverReceipt, {"expected": "100", "received": "101"}),
    ("one more than is left", {"expected": [line(received=95)], "came": replace(CAME, quantity=q(6))}, OverReceipt, {}),
    (
        "one over the tolerance",
        {"item": replace(MILK, over_receipt_percent=5), "came": replace(CAME, quantity=q(106))},
        OverReceipt,
        {"tolerance": "5%"},
    ),
    (
        "over-receipt that a question must not hide",
        {"came": replace(CAME, quantity=q(101)), "near": ["l1"]},
        OverReceipt,
        {},
    ),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "error", "data"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_refused(changes: dict, error: type, data: dict) -> None:
    with pytest.raises(error) as refused:
        judge(situation(**changes))
    assert refused.value.data | data == refused.value.data
    with pytest.raises(error):
        judge(situation(**changes, answers=frozenset({"lot_nearly_known", "lot_not_announced"})))


ALLOWED = [
    ("its last day", {"came": replace(CAME, expires_on=TODAY)}),
    ("just the days asked for", {"item": replace(MILK, receipt_life_days_min=30), "came": replace(CAME, expires_on=date(2026, 12, 22))}),
    ("just the tolerance", {"item": replace(MILK, over_receipt_percent=5), "came": replace(CAME, quantity=q(105))}),
    ("a known lot whose label says no date", {"came": replace(CAME, expires_on=None), "known": KnownLot(number="L1", expires_on=GOOD)}),
    ("a known lot whose label names the month", {
        "came": replace(CAME, expires_on=date(2027, 5, 31), precision="month"),
        "known": KnownLot(number="L1", expires_on=date(2027, 5, 14)),
    }),
    ("no date where none decides", {"item": replace(MILK, date_basis="none"), "came": replace(CAME, expires_on=None)}),
    ("an expired date where none decides", {"item": replace(MILK, date_basis="none"), "came": replace(CAME, expires_on=date(2020, 1, 1))}),
    ("an expiry where best before decides", {"item": replace(MILK, date_basis="best_before")}),
    ("percent of a life nobody knows", {"item": replace(MILK, receipt_life_percent_min=90, shelf_life_days=None)}),
]  # fmt: skip


@pytest.mark.parametrize("changes", [row[1] for row in ALLOWED], ids=[row[0] for row in ALLOWED])
def test_allowed(changes: dict) -> None:
    assert judge(situation(**changes)).line_id == 1


ASKED = [
    ("a lot that differs from a known one by letter case", {"near": ["l1"]}, "lot_nearly_known"),
    ("a lot that the ASN does not name", {"expected": [line(1, lot="L8"), line(2, lot="L9")]}, "lot_not_announced"),
    ("an expiry other than announced", {"expected": [line(1, lot="L1", expires=date(2027, 7, 1))]}, "expiry_differs_from_asn"),
    ("only a best-before date", {"came": replace(CAME, expires_on=None, best_before_on=GOOD)}, "best_before_not_expiry"),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "question"), [row[1:] for row in ASKED], ids=[row[0] for row in ASKED])
def test_asked_and_let_in_after_a_yes(changes: dict, question: str) -> None:
    with pytest.raises(QuestionNeeded) as asked:
        judge(situation(**changes))
    assert asked.value.data["question"] == question
    assert judge(situation(**changes, answers=frozenset({question})))


def test_the_known_date_stands_where_the_label_says_only_the_month() -> None:
    known = KnownLot(number="L1", expires_on=date(2027, 5, 14))
    accepted = judge(situation(came=replace(CAME, expires_on=date(2027, 5, 31), precision="month"), known=known))
    assert accepted.expires_on == date(2027, 5, 14)


def test_an_exact_day_against_a_known_month_is_refused() -> None:
    with pytest.raises(ExpiryContradicts):
        judge(
            situation(
                came=replace(CAME, expires_on=date(2027, 5, 14)),
                known=KnownLot(number="L1", expires_on=date(2027, 5, 31)),
            )
        )


def test_an_item_without_lots_comes_in_under_its_standing_lot() -> None:
    plain = replace(MILK, is_lot_tracked=False)
    assert judge(situation(item=plain, came=Came(quantity=q(1)))).lot_number == "-"


def test_a_line_with_room_is_filled_before_one_that_is_full() -> None:
    lines = [line(1, lot="L1", quantity=10, received=10), line(2, lot="L1", quantity=10)]
    assert judge(situation(expected=lines)).line_id == 2


@pytest.mark.parametrize(
    ("one", "other", "near"),
    [
        ("A12", "a12", True), ("0012", "12", True), ("A 12", "A12", True), ("A12", "A12", False), ("A12", "A13", False),
        ("O12", "012", False),
    ],
)  # fmt: skip
def test_near_numbers(one: str, other: str, near: bool) -> None:
    assert is_near(one, other) is near


@pytest.mark.parametrize(
    ("policy", "again", "photo", "outcome"),
    [
        ("twice", "L1", False, "typed_twice"),
        ("twice", None, True, MissingField),
        ("twice", "l1", False, LotTypedTwiceDiffers),
        ("twice", "L1 ", False, LotTypedTwiceDiffers),
        ("photo", None, True, "photo"),
        ("photo", "L1", False, MissingField),
        ("free", None, False, "typed"),
    ],
)
def test_a_typed_lot(policy: str, again: str | None, photo: bool, outcome: object) -> None:
    if isinstance(outcome, str):
        assert check_typed_lot(policy, first="L1", again=again, has_photo=photo) == outcome
    else:
        with pytest.raises(outcome):  # type: ignore[call-overload]
            check_typed_lot(policy, first="L1", again=again, has_photo=photo)


def test_tolerance_is_exact() -> None:
    assert with_tolerance(Quantity.parse("0.3"), 10) == Quantity.parse("0.33")
    assert with_tolerance(q(7), 0) == q(7)
