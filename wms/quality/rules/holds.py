"""What a hold takes from which balance, who may lift it, what a verdict may change. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from wms.core.errors import FieldErrors, SecondPersonNeeded, WrongState
from wms.core.quantity import ZERO, Quantity

#: What each scope of a hold must name.
NEEDED_BY_SCOPE: Mapping[str, tuple[str, ...]] = {
    "lot": (),
    "bin": ("bin",),
    "lpn": ("lpn",),
    "quantity": ("bin", "quantity"),
}


@dataclass(frozen=True, kw_only=True)
class Promise:
    """One claim on a balance."""

    claim: int
    quantity: Quantity


@dataclass(frozen=True, kw_only=True)
class Piece:
    """One balance within a hold's scope, with its promises, newest first."""

    balance: int
    on_hand: Quantity
    is_held: bool
    promises: tuple[Promise, ...] = ()

    @property
    def free(self) -> Quantity:
        """What nobody was promised."""
        return Quantity(self.on_hand.millionths - sum(p.quantity.millionths for p in self.promises))


@dataclass(frozen=True, kw_only=True)
class Take:
    """How much a hold takes of one balance, and which promises it breaks for that."""

    balance: int
    quantity: Quantity
    broken: tuple[Promise, ...] = ()


def check_scope(scope: str, given: Mapping[str, object]) -> None:
    """Raise FieldErrors when the hold does not name what its scope needs."""
    for field in NEEDED_BY_SCOPE[scope]:
        if given.get(field) is None:
            raise FieldErrors(errors={field: ["required"]})


def plan_hold(pieces: Sequence[Piece], quantity: Quantity | None) -> list[Take]:
    """Say what a hold takes: all of every piece, or of a loose quantity first what is free, then what is promised.

    Goods that another hold stops already are counted last. Promises break newest first and whole. The sum of the takes
    may be less than `quantity`: the caller refuses then.
    """
    if quantity is None:
        return [Take(balance=p.balance, quantity=p.on_hand, broken=p.promises) for p in pieces if p.on_hand > ZERO]
    left = quantity
    taken: dict[int, Quantity] = {}
    broken: dict[int, list[Promise]] = {}
    for pieces_of_kind in ([p for p in pieces if not p.is_held], [p for p in pieces if p.is_held]):
        for piece in pieces_of_kind:
            amount = min(left, piece.free)
            if amount > ZERO:
                taken[piece.balance] = amount
                left = left - amount
        for piece in pieces_of_kind:
            freed = piece.free
            for promise in piece.promises:
                if left <= ZERO:
                    break
                broken.setdefault(piece.balance, []).append(promise)
                freed = freed + promise.quantity
                already = taken.get(piece.balance, ZERO)
                amount = min(left, freed - already)
                taken[piece.balance] = already + amount
                left = left - amount
    return [Take(balance=b, quantity=amount, broken=tuple(broken.get(b, ()))) for b, amount in taken.items()]


def check_lifter(*, placed_by: int, placed_by_name: str, actor: int) -> None:
    """Raise SecondPersonNeeded when the one who placed the hold wants to lift it (segregation of duties)."""
    if placed_by == actor:
        raise SecondPersonNeeded(placed_by=placed_by_name)


#: From which quality a verdict may lead where.
_VERDICTS: Mapping[tuple[str, str], str] = {
    ("pending", "released"): "release",
    ("pending", "rejected"): "reject",
}


def check_verdict(source: str, target: str) -> None:
    """Raise WrongState when quality may not go from `source` to `target`."""
    if (source, target) not in _VERDICTS:
        raise WrongState(subject="lot", state=source, event=target, needed=["pending"])
