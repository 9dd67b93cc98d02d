"""Plants with known truth done in a real ledger, on both engines: trace, shares and mass balance say what is true."""

from __future__ import annotations

import random
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

import pytest

from tests import genealogy_plants as plants
from tests import given
from tests.genealogy_shares import shares
from wms.core.ids import SYSTEM_USER, LotId, new_id
from wms.core.quantity import Quantity
from wms.db import db as database_of
from wms.db import run_in_transaction
from wms.stock import ledger
from wms.stock.ledger import Document, Move, Place, Reason
from wms.stock.models import LinkKind, Lot, LotLink
from wms.trace.balance import LINES_IN, LINES_OUT, mass_balances
from wms.trace.queries import closure, trace
from wms.trace.rules.graph import Direction
from wms.trace.starts import start_of

OUTSIDE = {
    "receive": ("SUPPLIER", Reason.RECEIVE), "gain": ("ADJUST", Reason.COUNT), "return": ("CUSTOMER", Reason.CUSTOMER_RETURN),
    "ship": ("CUSTOMER", Reason.SHIP), "lose": ("ADJUST", Reason.COUNT), "destroy": ("SCRAP", Reason.SCRAP),
    "supplier": ("SUPPLIER", Reason.SUPPLIER_RETURN), "sample": ("CONSUMED", Reason.SAMPLE),
}  # fmt: skip
KINDS = {"split": LinkKind.SPLIT, "merge": LinkKind.MERGE, "relabel": LinkKind.RELABEL, "report": LinkKind.PRODUCTION}
IN = {
    "receive": "received", "gain": "count_gains", "return": "returned", "report": "produced", "split": "split_in",
    "merge": "merged_in", "relabel": "relabelled_in",
}  # fmt: skip
OUT = {
    "ship": "shipped", "lose": "count_losses", "destroy": "destroyed", "supplier": "to_supplier", "sample": "sampled",
    "report": "consumed", "split": "split_out", "merge": "merged_out", "relabel": "relabelled_out",
}  # fmt: skip


@dataclass
class Done:
    """A plant in the ledger: its lots' ids, and after each step the posting and what every lot's balance was."""

    plant: plants.Plant
    lots: dict[int, LotId]
    papers: dict[int, int] = field(default_factory=dict)
    moments: list[tuple[int, datetime, dict[int, dict[str, int]]]] = field(default_factory=list)


def do(plant: plants.Plant, site: given.Site, item: Any) -> Done:
    """Do all steps in one transaction, a minute apart."""
    lots = {
        lot: Lot(id=new_id(), item_id=item.id, number=f"P{new_id()}-{lot}", fefo_on=given.day(90), created_at=given.NOW)
        for lot in plant.lots
    }
    given.keep(*lots.values())
    done = Done(plant, {lot: row.id for lot, row in lots.items()})
    run_in_transaction(_do_all, done, site)
    return done


def _do_all(done: Done, site: given.Site) -> None:
    tally: dict[int, dict[str, int]] = {lot: defaultdict(int) for lot in done.lots}
    for step in done.plant.steps:
        at = given.NOW + timedelta(minutes=step.seq)
        seq = _do(done, step, site, at)
        if not step.is_undone:
            for lot, amount in step.out:
                tally[lot][OUT[step.kind]] += amount
                tally[lot]["on_hand"] -= amount
            for lot, amount in step.into:
                tally[lot][IN[step.kind]] += amount
                tally[lot]["on_hand"] += amount
            if step.kind in {"gain", "lose"} and step.seq % 2:
                for lot, amount in (*step.out, *step.into):
                    tally[lot]["unexplained_gains" if step.kind == "gain" else "unexplained_losses"] += amount
        done.moments.append((seq, at, {lot: dict(of) for lot, of in tally.items()}))


def _do(done: Done, step: plants.Step, site: given.Site, at: datetime) -> int:
    def goods(lot: int) -> ledger.StockKey:
        return given.key(LotLike(done.lots[lot]), site, "A-01")

    def post(out: bool, into: bool, outside: str, reason: Reason, document: Document, note: str = "") -> int:
        place = Place(bin=site[outside])
        moves = [
            Move(quantity=Quantity(a), source=goods(lot), target=goods(lot).at(place)) for lot, a in step.out if out
        ]
        moves += [
            Move(quantity=Quantity(a), source=goods(lot).at(place), target=goods(lot)) for lot, a in step.into if into
        ]
        return ledger.post(
            moves, key=f"plant-{new_id()}", reason=reason, document=document, actor=SYSTEM_USER, at=at, note=note
        ).seq

    if step.kind in OUTSIDE:
        outside, reason = OUTSIDE[step.kind]
        paper = done.papers.setdefault(step.of or step.seq, new_id())
        note = "" if step.seq % 2 else "bags torn"
        return post(True, True, outside, reason, Document(kind="shipment", id=paper), note)
    if step.kind == "report":
        document = Document(kind="production_report", id=new_id())
        used = post(True, False, "CONSUMED", Reason.CONSUME, document)
        seq = post(False, True, "CONSUMED", Reason.OUTPUT, document)
    else:
        document = Document(kind="lot", id=done.lots[step.into[0][0]])
        seq = post(True, True, "CONSUMED", Reason(step.kind), document)
    links = _links(done, step, seq, document, at)
    database_of.session.add_all(links)
    if step.is_undone:
        back = [ledger.reverse(one, key=f"undo-{one}", actor=SYSTEM_USER, at=at).seq for one in (seq, used)]
        for link in links:
            link.voided_seq = back[0]
        seq = back[-1]
    return seq


class LotLike:
    """As much of a lot as given.key asks."""

    def __init__(self, id_: LotId) -> None:
        self.id = id_


def _links(done: Done, step: plants.Step, seq: int, document: Document, at: datetime) -> list[LotLink]:
    win, wout = step.weights
    return [
        LotLink(
            id=new_id(), kind=KINDS[step.kind], source_lot_id=done.lots[source], target_lot_id=done.lots[target],
            source_quantity=Quantity(q * wo // sum(wout)), target_quantity=Quantity(r * wi // sum(win)),
            source_total=Quantity(q), source_part=wo, source_parts=sum(wout), target_total=Quantity(r), target_part=wi,
            target_parts=sum(win), posting_seq=seq, document_kind=document.kind, document_id=document.id,
            made_by=SYSTEM_USER, made_at=at,
        )
        for (source, q), wi in zip(step.out, win, strict=True)
        for (target, r), wo in zip(step.into, wout, strict=True)
    ]  # fmt: skip


@pytest.fixture
def site(db: Any) -> given.Site:
    found = given.warehouse()
    given.line(found)
    return found


def test_two_dozen_plants_in_the_ledger_are_traced_and_balanced_as_they_truly_were(site: given.Site) -> None:
    item = given.item()
    for seed in range(2000, 2024):
        done = do(plants.grow(seed, steps=10 + seed % 9), site, item)
        _check_forward(done, seed)
        _check_backward(done, seed)
        _check_balances(done, seed)
    given.ledger_is_whole()


def _check_forward(done: Done, seed: int) -> None:
    plant = done.plant
    starts = {plant.lots[seed % len(plant.lots)], plant.lots[(seed * 7) % len(plant.lots)]}
    known = plants.truth(plant, starts)
    found = trace(start_of([done.lots[lot] for lot in starts]), Direction.FORWARD)
    reach = set(starts)
    ahead = list(starts)
    while ahead:
        for further in plant.ways[ahead.pop()] - reach:
            reach.add(further)
            ahead.append(further)
    assert set(found.lots) == {done.lots[lot] for lot in reach} == closure(found.start.ids, Direction.FORWARD), seed
    name = {id_: lot for lot, id_ in done.lots.items()}
    total = known.total or 1
    whole = Fraction(0)
    for line in found.stock:
        part, goods = known.stands[name[line.lot]]
        assert (line.share, line.part) == (goods / total, part), (seed, line)
        assert line.quantity == Quantity(plant.stands[name[line.lot]])
        assert line.goods == part * Fraction(line.quantity.millionths, 1_000_000)
        whole += line.share or 0
    step_of = {paper: step for step, paper in done.papers.items()}
    by_lot: dict[LotId, Fraction] = defaultdict(Fraction)
    for sent in found.shipments:
        assert sent.share is not None
        by_lot[sent.lot] += sent.share
        whole += sent.share
    expected: dict[LotId, Fraction] = defaultdict(Fraction)
    for (step, lot), (_, goods) in known.left.items():
        if plant.steps[step - 1].kind == "ship" and lot in reach:
            expected[done.lots[lot]] += goods / total
        elif lot in reach:
            whole += goods / total  # thrown away, sent back, lost, drawn: told by the balance
    assert by_lot == expected, (seed, step_of)
    assert whole == (known.total > 0), seed


def _check_backward(done: Done, seed: int) -> None:
    plant = done.plant
    end = plant.lots[-1 - seed % 3]
    found = trace(start_of([done.lots[end]]), Direction.BACKWARD)
    expected = shares(plant, Direction.BACKWARD, {end: None})
    name = {id_: lot for lot, id_ in done.lots.items()}
    for node in found.nodes:
        lot = LotId(name[node.lot])
        assert (node.share, node.part) == (expected.share(lot), expected.part(lot)), (seed, node)


def _check_balances(done: Done, seed: int) -> None:
    name = {id_: lot for lot, id_ in done.lots.items()}
    chance = random.Random(seed)
    moments = [(None, done.moments[-1][2])]
    for seq, at, tally in chance.sample(done.moments, 3):
        moments += [(seq, tally), (at, tally)]
    for as_of, tally in moments:
        found = mass_balances(list(name), as_of=as_of)
        for id_, balance in found.items():
            expected = {line: amount for line, amount in tally[name[id_]].items() if amount}
            lines = (*LINES_IN, *LINES_OUT, "unexplained_gains", "unexplained_losses", "yield_shortfall")
            came_out = {line: getattr(balance, line).millionths for line in lines if getattr(balance, line)}
            assert came_out == expected, (seed, as_of, name[id_])
            assert balance.is_balanced, (seed, as_of, balance)
