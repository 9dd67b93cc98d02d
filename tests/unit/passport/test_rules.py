"""Keys, addresses and the public state of a lot."""

import secrets
from datetime import date, timedelta

import pytest

from wms.gs1.scan import read
from wms.passport import rules, sealing
from wms.passport.rules import PublicState

ON = date(2026, 11, 22)


def test_a_key_holds_128_bits_and_its_hash_tells_nothing_of_it() -> None:
    key = rules.key_text(secrets.token_bytes(rules.KEY_BYTES))
    assert len(key) == 22
    assert key not in rules.hash_of(key)
    assert rules.hash_of(key) == rules.hash_of(key) != rules.hash_of("A" * 22)


@pytest.mark.parametrize(
    "text", ["", "a", "x" * 21, "x" * 23, "ä" * 22, "x" * 21 + "\n", "x" * 21 + "=", "9" * 100_000]
)
def test_a_text_that_is_no_key_is_looked_up_as_the_key_of_nothing(text: str) -> None:
    assert rules.hash_of(text) == rules.hash_of("")


def test_a_digital_link_says_gtin_and_lot_to_every_scanner() -> None:
    link = rules.address("https://lots.example/", "k" * 22, gtin="09506000134352", lot_number="A/1-2", names_lot=True)
    scan = read(link)
    assert (str(scan.gtin), str(scan.lot)) == ("09506000134352", "A/1-2")


@pytest.mark.parametrize(
    ("gtin", "number", "names_lot"),
    [(None, "A1", True), ("09506000134352", "批号一", True), ("09506000134352", "X" * 21, True),
     ("09506000134352", "A1", False)],
)  # fmt: skip
def test_where_gs1_cannot_say_the_lot_or_the_policy_hides_it_the_address_is_short(
    gtin: str | None, number: str, names_lot: bool
) -> None:
    link = rules.address("https://lots.example", "k" * 22, gtin=gtin, lot_number=number, names_lot=names_lot)
    assert link == "https://lots.example/p/" + "k" * 22


@pytest.mark.parametrize(
    ("facts", "state"),
    [
        ({}, PublicState.RELEASED),
        ({"qualities": ["pending"]}, PublicState.BEING_CHECKED),
        ({"qualities": ["pending", "released"]}, PublicState.RELEASED),
        ({"qualities": ["rejected"]}, PublicState.REJECTED),
        ({"last_good_on": ON}, PublicState.RELEASED),
        ({"last_good_on": ON - timedelta(days=1)}, PublicState.EXPIRED),
        ({"is_held": True, "last_good_on": ON - timedelta(days=1)}, PublicState.STOPPED),
        ({"is_recalled": True, "is_held": True}, PublicState.RECALLED),
    ],
)
def test_the_public_is_told_the_state_that_matters_most(facts: dict[str, object], state: PublicState) -> None:
    known = {"is_recalled": False, "is_held": False, "qualities": ["released"], "last_good_on": None, "on": ON}
    assert rules.state_of(**(known | facts)) is state  # type: ignore[arg-type]


def test_a_sealed_key_opens_under_the_same_secret_for_the_same_passport_alone() -> None:
    sealed = sealing.seal("k" * 22, secret="s" * 32, about=7)
    assert sealing.unseal(sealed, secret="s" * 32, about=7) == "k" * 22
    assert sealing.unseal(sealed, secret="t" * 32, about=7) is None
    assert sealing.unseal(sealed, secret="s" * 32, about=8) is None
    assert sealing.unseal("nothing", secret="s" * 32, about=7) is None
