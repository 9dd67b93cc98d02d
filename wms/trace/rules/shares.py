"""Shares: how quantities travel along the links of a genealogy, exact. Pure; docs/decisions/0038 says why it is so.

A lot is one mass: whatever leaves it has in it of everything that ever came to be of it, in proportion. So the start's goods
that leave a lot by a link are (goods in the lot) x (what the link took) / (all that came to be of the lot).

Lots on a cycle (goods reworked back into a lot that is there) would feed themselves. They are unrolled by the ledger: their
links and whatever else came or went are played in order, and what leaves has in it of what stood there at that moment.

Backward is forward on the mirrored world: links turned round, and time too.

All amounts are millionths of base units. Along the links they are pairs of whole numbers, and sums are made over one common
denominator: a Fraction is reduced at every step, which costs most of the time. Only what is asked for becomes one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from math import gcd, lcm
from typing import NamedTuple

from wms.core.ids import LotId
from wms.trace.rules.graph import Direction, Ratio

#: A common denominator of more bits than this is given up: thousands of lots of odd weights mixed into each other again
#: and again. What people ask for has some hundred bits.
BITS_MOST = 60_000

_NONE: Ratio = (0, 1)


class Flow(NamedTuple):
    """So much of one lot became so much of another, at its place in the order of the world (before the ledger: below 0)."""

    source: LotId
    target: LotId
    taken: Ratio
    given: Ratio
    order: int


@dataclass(frozen=True, slots=True)
class Passing:
    """So much came into a lot of a cycle (amount > 0) or left it (< 0) by no link between the lots looked at."""

    lot: LotId
    order: int
    amount: int | Fraction


@dataclass(frozen=True, slots=True)
class Back:
    """So much of what left a lot at `out` is what came into it again at `back`: a customer's return."""

    lot: LotId
    out: int
    back: int
    amount: int


class TooDeep(Exception):
    """The numbers grow beyond all use; shares cannot be told. Reach is not touched by it."""


@dataclass
class Shares:
    """What work_out found; ask `share`, `part` and `line`."""

    #: The quantity asked about, in millionths: goods that are in several lots of the start are counted once.
    total: Fraction
    #: How much of it is in each lot; and which part of the lot that is. Numerator and denominator: many are never asked for.
    _amount: dict[LotId, Ratio]
    _part: dict[LotId, Ratio]
    _whole: Mapping[LotId, int | Fraction]
    #: For lots on cycles, at each moment: how much of the start is in one unit, and which part of it.
    _marks: dict[tuple[LotId, int | None], tuple[Fraction, Fraction]] = field(default_factory=dict)

    def share(self, lot: LotId) -> Fraction:
        """The part of the quantity asked about that is in (or came from) the lot."""
        n, d = self._amount.get(lot, _NONE)
        return Fraction(n * self.total.denominator, d * self.total.numerator) if self.total else Fraction(0)

    def part(self, lot: LotId) -> Fraction:
        """The part of the lot that came from (or went into) the start."""
        return Fraction(*self._part.get(lot, _NONE))

    def line(self, lot: LotId, amount: int, order: int | None = None) -> tuple[Fraction, Fraction]:
        """Share and part of some goods of the lot that left (or came) at this place in the order; None: that stand now."""
        if not self.total:
            return Fraction(0), Fraction(0)
        mark = self._marks.get((lot, order)) or self._marks.get((lot, None))
        if mark is not None:
            return mark[0] * amount / self.total, mark[1]
        whole = self._whole.get(lot)
        if not whole:
            return Fraction(0), self.part(lot)
        n, d = self._amount.get(lot, _NONE)
        share = Fraction(
            n * amount * self.total.denominator * whole.denominator, d * self.total.numerator * whole.numerator
        )
        return share, self.part(lot)


def cycles_of(flows: Iterable[Flow]) -> set[LotId]:
    """The lots that lie on a way that leads back to themselves; what carries no quantity makes no cycle."""
    return {lot for group in groups_of(flows) if len(group) > 1 for lot in group}


def groups_of(flows: Iterable[Flow]) -> list[list[LotId]]:
    """The lots in an order in which each stands before those it flows into; those of one cycle together."""
    return _groups(_outs(flows))


def work_out(
    direction: Direction,
    starts: Mapping[LotId, int | None],
    flows: Sequence[Flow],
    came: Mapping[LotId, int | Fraction],
    *,
    passings: Sequence[Passing] = (),
    backs: Sequence[Back] = (),
    groups: Sequence[Sequence[LotId]] | None = None,
) -> Shares:
    """The shares of every lot. `starts` gives how much of each lot is meant (None: all), `came` all that came to be of each.

    `passings` and `backs` are asked for the lots of cycles_of(flows) alone, and are all that came or went there beside the
    `flows` given. `groups` is groups_of(flows), where the caller has it already. Raises TooDeep.
    """
    whole = _whole(flows, came)
    groups = groups_of(flows) if groups is None else groups
    inside = {lot for group in groups if len(group) > 1 for lot in group}
    first = _first_standing(inside, flows, whole, passings, backs)
    if direction is Direction.BACKWARD:
        first = _last_standing(first, flows, passings)
        flows = [Flow(f.target, f.source, f.given, f.taken, -f.order) for f in flows]
        passings = [Passing(p.lot, -p.order, -p.amount) for p in passings]
        backs = [Back(b.lot, -b.back, -b.out, b.amount) for b in backs]
        groups = groups[::-1]
    meant = {
        lot: Fraction(1) if some is None or not whole[lot] else min(Fraction(some) / whole[lot], Fraction(1))
        for lot, some in starts.items()
    }
    found = _run(meant, groups, flows, whole, first, passings, backs)
    if direction is Direction.BACKWARD:
        found._marks = {(lot, None if o is None else -o): mark for (lot, o), mark in found._marks.items()}
    return found


def _whole(flows: Sequence[Flow], came: Mapping[LotId, int | Fraction]) -> dict[LotId, int | Fraction]:
    """All that came to be of each lot; never less than its links say went in or out, so that no share is above 1."""
    into: dict[LotId, Ratio] = {}
    out: dict[LotId, Ratio] = {}
    for source, target, taken, given, _ in flows:
        out[source] = _plus(out[source], taken) if source in out else taken
        into[target] = _plus(into[target], given) if target in into else given
    whole: dict[LotId, int | Fraction] = dict(came)
    for sums in (into, out):
        for lot, (n, d) in sums.items():
            known = whole.get(lot, 0)
            if n > known * d:
                whole[lot] = n if d == 1 else Fraction(n, d)
            elif lot not in whole:
                whole[lot] = 0
    return whole


def _first_standing(
    inside: set[LotId],
    flows: Sequence[Flow],
    whole: Mapping[LotId, int | Fraction],
    passings: Sequence[Passing],
    backs: Sequence[Back],
) -> dict[LotId, Fraction]:
    """What lots on cycles had before anything that has a place in the order: opening stock, the word of files."""
    timed: dict[LotId, int | Fraction] = defaultdict(int)
    for flow in flows:
        if flow.target in inside:
            timed[flow.target] += Fraction(*flow.given)
    for passing in passings:
        if passing.amount > 0:
            timed[passing.lot] += passing.amount
    for back in backs:
        timed[back.lot] -= back.amount
    return {lot: max(Fraction(whole[lot] - timed[lot]), Fraction(0)) for lot in inside}


def _last_standing(
    first: Mapping[LotId, Fraction], flows: Sequence[Flow], passings: Sequence[Passing]
) -> dict[LotId, Fraction]:
    stands = dict(first)
    for flow in flows:
        if flow.target in stands:
            stands[flow.target] += Fraction(*flow.given)
        if flow.source in stands:
            stands[flow.source] -= Fraction(*flow.taken)
    for passing in passings:
        stands[passing.lot] += passing.amount
    return {lot: max(amount, Fraction(0)) for lot, amount in stands.items()}


# -- the run, always forward --------------------------------------------------------------------------------------------
def _run(
    meant: Mapping[LotId, Fraction],
    groups: Sequence[Sequence[LotId]],
    flows: Sequence[Flow],
    whole: Mapping[LotId, int | Fraction],
    first: Mapping[LotId, Fraction],
    passings: Sequence[Passing],
    backs: Sequence[Back],
) -> Shares:
    outs = _outs(flows)
    groups = [*([lot] for lot in meant if lot not in outs), *groups]
    #: For each lot, what came in of the start's goods and of its own units, as terms of a sum.
    goods_in: dict[LotId, list[Ratio]] = defaultdict(list)
    units_in: dict[LotId, list[Ratio]] = defaultdict(list)
    #: Into lots on cycles each flow comes at its own time.
    carried: dict[int, tuple[Fraction, Fraction]] = {}
    shares = Shares(total=Fraction(0), _amount={}, _part={}, _whole=whole)
    new: list[Ratio] = []
    on_cycle = first.keys()
    by_lot: dict[LotId, list[Passing]] = defaultdict(list)
    for passing in passings:
        by_lot[passing.lot].append(passing)
    touching: dict[LotId, list[Flow]] = defaultdict(list)
    for flow in flows if on_cycle else ():
        for end in (flow.source, flow.target):
            if end in on_cycle:
                touching[end].append(flow)
    back_of: dict[tuple[LotId, int], list[Back]] = defaultdict(list)
    for back in backs:
        back_of[(back.lot, back.back)].append(back)
    for group in groups:
        if len(group) > 1:
            cycle = _Cycle(group, meant, first, by_lot, back_of, shares)
            for ratio, part, flow in cycle.play(touching, carried):
                goods = ratio * Fraction(*flow.taken)
                if flow.target in on_cycle:
                    carried[id(flow)] = (goods, part)
                else:
                    goods_in[flow.target].append(goods.as_integer_ratio())
                    units_in[flow.target].append((part * Fraction(*flow.given)).as_integer_ratio())
            new.append(cycle.new.as_integer_ratio())
            continue
        (lot,) = group
        all_of = whole.get(lot, 0)
        in_it, units = _sum(goods_in.pop(lot, ())), _sum(units_in.pop(lot, ()))
        mark = meant.get(lot)
        if mark is not None:
            # What is meant of it, but for what is counted already since it came from the start.
            own = (mark * (all_of - Fraction(*units))).as_integer_ratio()
            new.append(own)
            in_it, units = _sum((in_it, own)), _sum((units, own))
        shares._amount[lot] = in_it
        if not all_of:
            shares._part[lot] = (1, 1) if mark else _NONE
            continue
        # For one unit of the lot. Not reduced: the sums are, and that is enough.
        wn, wd = all_of.numerator, all_of.denominator
        rn, rd = in_it[0] * wd, in_it[1] * wn
        pn, pd = units[0] * wd, units[1] * wn
        shares._part[lot] = pn, pd
        if not rn and not pn:
            continue
        for flow in outs.get(lot, ()):
            _, target, (tn, td), (gn, gd), _ = flow
            if target in on_cycle:
                carried[id(flow)] = (Fraction(rn * tn, rd * td), Fraction(pn, pd))
                continue
            goods_in[target].append((rn * tn, rd * td))
            units_in[target].append((pn * gn, pd * gd))
    shares.total = Fraction(*_sum(new))
    return shares


class _Cycle:
    """The lots of one cycle, played in the order of the ledger. `new` is what began here of the quantity asked about."""

    def __init__(
        self,
        lots: Sequence[LotId],
        meant: Mapping[LotId, Fraction],
        first: Mapping[LotId, Fraction],
        passings: Mapping[LotId, Sequence[Passing]],
        back_of: Mapping[tuple[LotId, int], Sequence[Back]],
        shares: Shares,
    ) -> None:
        self.lots = lots
        self.meant = {lot: meant.get(lot, Fraction(0)) for lot in lots}
        self.passings = passings
        self.back_of = back_of
        self.shares = shares
        self.new = Fraction(0)
        zero = Fraction(0)
        #: What stands there now: all of it, the start's goods in it, the units that came from the start.
        self.stands = dict.fromkeys(lots, zero)
        self.goods = dict.fromkeys(lots, zero)
        self.units = dict.fromkeys(lots, zero)
        #: What left for good, and all that left.
        self.gone = {lot: [zero, zero, zero] for lot in lots}
        self.left = {lot: [zero, zero] for lot in lots}
        self.last = {lot: (zero, zero) for lot in lots}
        for lot in lots:
            self._arrive(lot, first[lot], zero, zero)

    def play(
        self, touching: Mapping[LotId, Sequence[Flow]], carried: dict[int, tuple[Fraction, Fraction]]
    ) -> list[tuple[Fraction, Fraction, Flow]]:
        """Play all; gives each flow that leaves the cycle with what one unit of its lot held at that moment."""
        members = set(self.lots)
        steps: dict[int, tuple[list[Flow | Passing], list[Flow | Passing]]] = defaultdict(lambda: ([], []))
        for lot in self.lots:
            for flow in touching.get(lot, ()):
                steps[flow.order][flow.target == lot].append(flow)
            for passing in self.passings.get(lot, ()):
                steps[passing.order][passing.amount > 0].append(passing)
        leaving: list[tuple[Fraction, Fraction, Flow]] = []
        for order in sorted(steps):
            going, coming = steps[order]
            # All that goes in one step has in it what stood there before the step; only then comes what comes.
            for step in going:
                lot = step.lot if isinstance(step, Passing) else step.source
                amount = Fraction(-step.amount) if isinstance(step, Passing) else Fraction(*step.taken)
                ratio, part = self._holds(lot)
                self.shares._marks[(lot, order)] = (ratio, part)
                is_for_good = isinstance(step, Passing) or step.target not in members
                self._leave(lot, amount, ratio, part, is_for_good=is_for_good)
                if isinstance(step, Flow):
                    if step.target in members:
                        carried[id(step)] = (ratio * amount, part)
                    else:
                        leaving.append((ratio, part, step))
            for step in coming:
                if isinstance(step, Flow):
                    goods, part = carried.get(id(step), (Fraction(0), Fraction(0)))
                    self._arrive(step.target, Fraction(*step.given), goods, part)
                else:
                    self._pass_in(step)
        self._end()
        return leaving

    def _holds(self, lot: LotId) -> tuple[Fraction, Fraction]:
        stands = self.stands[lot]
        if stands > 0:
            self.last[lot] = (self.goods[lot] / stands, self.units[lot] / stands)
            if self.last[lot][0].denominator.bit_length() > BITS_MOST:
                raise TooDeep
        return self.last[lot] if stands > 0 else (Fraction(0), Fraction(0))

    def _leave(self, lot: LotId, amount: Fraction, ratio: Fraction, part: Fraction, *, is_for_good: bool) -> None:
        # A file may say that more went than there was; more than what stands cannot be taken out of it.
        amount = min(amount, self.stands[lot])
        self.stands[lot] -= amount
        self.goods[lot] -= ratio * amount
        self.units[lot] -= part * amount
        self.left[lot][0] += amount
        self.left[lot][1] += part * amount
        if is_for_good:
            gone = self.gone[lot]
            gone[0] += amount
            gone[1] += ratio * amount
            gone[2] += part * amount

    def _arrive(self, lot: LotId, amount: Fraction, goods: Fraction, part: Fraction) -> None:
        own = self.meant[lot] * amount * (1 - part)
        self.new += own
        self.stands[lot] += amount
        self.goods[lot] += goods + own
        self.units[lot] += amount * part + own

    def _pass_in(self, passing: Passing) -> None:
        lot, fresh = passing.lot, Fraction(passing.amount)
        for back in self.back_of.get((lot, passing.order), ()):
            ratio, part = self.shares._marks.get((lot, back.out), (Fraction(0), Fraction(0)))
            some = min(Fraction(back.amount), fresh)
            fresh -= some
            self.stands[lot] += some
            self.goods[lot] += ratio * some
            self.units[lot] += part * some
            gone = self.gone[lot]
            gone[0] -= some
            gone[1] -= ratio * some
            gone[2] -= part * some
        self._arrive(lot, fresh, Fraction(0), Fraction(0))

    def _end(self) -> None:
        for lot in self.lots:
            self.shares._marks[(lot, None)] = self._holds(lot)
            all_, goods, units = (a + b for a, b in zip(
                self.gone[lot], (self.stands[lot], self.goods[lot], self.units[lot]), strict=True
            ))  # fmt: skip
            self.shares._amount[lot] = goods.as_integer_ratio()
            if all_ > 0:
                self.shares._part[lot] = (units / all_).as_integer_ratio()
            else:
                left, of_start = self.left[lot]
                self.shares._part[lot] = (of_start / left).as_integer_ratio() if left else _NONE


# -- sums and order -----------------------------------------------------------------------------------------------------
def _plus(one: Ratio, other: Ratio) -> Ratio:
    """The sum of two; reduced only where their denominators differ, which amounts of one report's links do not."""
    return (one[0] + other[0], one[1]) if one[1] == other[1] else _sum((one, other))


def _sum(terms: Sequence[Ratio]) -> Ratio:
    """The sum of fractions, over their common denominator, reduced once."""
    if not terms:
        return _NONE
    if len(terms) == 1:
        n, d = terms[0]
    else:
        n, d = _over_one(terms)
    if d.bit_length() > BITS_MOST:
        raise TooDeep
    common = gcd(n, d)
    return n // common, d // common


def _over_one(terms: Sequence[Ratio]) -> Ratio:
    """The same, not reduced."""
    denominators = {d for _, d in terms}
    if len(denominators) == 1:
        return sum(n for n, _ in terms), denominators.pop()
    d = lcm(*denominators)
    return sum(n * (d // of) for n, of in terms), d


def _outs(flows: Iterable[Flow]) -> dict[LotId, list[Flow]]:
    """The flows by where they begin; every lot has its row. What carries nothing is left out: it changes no share."""
    outs: dict[LotId, list[Flow]] = {}
    for flow in flows:
        row = outs.setdefault(flow.source, [])
        outs.setdefault(flow.target, [])
        if flow.taken[0] or flow.given[0]:
            row.append(flow)
    return outs


def _groups(outs: Mapping[LotId, Sequence[Flow]]) -> list[list[LotId]]:
    """The strongly connected lots, each group before those it leads to."""
    return _plain_order(outs) or _tarjan(outs)


def _plain_order(outs: Mapping[LotId, Sequence[Flow]]) -> list[list[LotId]] | None:
    """The order where there is no cycle, which is nearly always: lot by lot, as soon as all it is made of stand before it."""
    waits = dict.fromkeys(outs, 0)
    for row in outs.values():
        for flow in row:
            waits[flow.target] += 1
    ready = [lot for lot, count in waits.items() if not count]
    for lot in ready:  # it grows as we go
        for flow in outs[lot]:
            waits[flow.target] -= 1
            if not waits[flow.target]:
                ready.append(flow.target)
    return [[lot] for lot in ready] if len(ready) == len(outs) else None


def _tarjan(outs: Mapping[LotId, Sequence[Flow]]) -> list[list[LotId]]:
    """The same with cycles, without recursion."""
    index: dict[LotId, int] = {}
    low: dict[LotId, int] = {}
    on_stack: set[LotId] = set()
    stack: list[LotId] = []
    groups: list[list[LotId]] = []
    for root in outs:
        if root in index:
            continue
        index[root] = low[root] = len(index)
        stack.append(root)
        on_stack.add(root)
        work = [(root, iter(outs[root]))]
        while work:
            lot, ahead = work[-1]
            for flow in ahead:
                target = flow.target
                if target not in index:
                    index[target] = low[target] = len(index)
                    stack.append(target)
                    on_stack.add(target)
                    work.append((target, iter(outs[target])))
                    break
                if target in on_stack and index[target] < low[lot]:
                    low[lot] = index[target]
            else:
                work.pop()
                if work and low[lot] < low[work[-1][0]]:
                    low[work[-1][0]] = low[lot]
                if low[lot] == index[lot]:
                    group: list[LotId] = []
                    while True:
                        member = stack.pop()
                        on_stack.discard(member)
                        group.append(member)
                        if member == lot:
                            break
                    groups.append(group)
    groups.reverse()
    return groups
