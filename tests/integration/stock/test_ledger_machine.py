"""Any sequence of the verbs, by Hypothesis over the real services: the ledger stays whole after every one.

The model knows only sums: what came in, what went out, what was promised. Every step ends with the ledger's own checks
on the lots it touched being true, and a replay of any earlier operation changes nothing. About 5,000 steps on SQLite and
1,000 on PostgreSQL.
"""

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests import given
from tests.given import NOW, q
from wms.core.errors import Refused
from wms.core.ids import NO_HOLDS, SYSTEM_USER, UserId, new_id
from wms.core.quantity import Quantity
from wms.db import run_in_transaction
from wms.stock import ledger
from wms.stock.ledger import ClaimRequest, ClaimUse, Move, Place, Quality, Reason, StockKey
from wms.stock.ledger.tables import StockBalance, StockClaim
from wms.stock.models import HoldReason, HoldScope

BINS = ("DOCK", "A-01", "A-02", "FACE", "STAGE", "QUAR")
amounts = st.integers(1, 12)
lots = st.integers(0, 2)
picks = st.integers(0, 10**6)


class LedgerMachine(RuleBasedStateMachine):
    """Three lots of one item in six bins; people receive, move, promise, pick, ship, hold, lift, count, undo, repeat."""

    @initialize()
    def set_up(self) -> None:
        self.site = given.warehouse()
        self.item = given.item()
        self.lots = [given.lot(self.item, expires_in=days) for days in (5, 40, 400)]
        self.inside = dict.fromkeys((lot.id for lot in self.lots), Quantity(0))
        self.posted: list[tuple[list[Move], str, Reason]] = []
        self.done_seqs: list[tuple[int, bool, Quantity, int]] = []
        self.holds: list[int] = []
        self.lifter = given.user()

    # -- what the machine does it all with ------------------------------------------------------------------------
    def post(self, moves: list[Move], reason: Reason, *, at_key: str | None = None) -> ledger.Posted | None:
        key = at_key or f"m-{new_id()}"
        try:
            posted = run_in_transaction(ledger.post, moves, key=key, reason=reason, actor=SYSTEM_USER, at=NOW)
        except Refused:
            return None
        if at_key is None:
            self.posted.append((moves, key, reason))
        return posted

    def balances(self, **wanted: object) -> list[StockBalance]:
        from wms.db import db

        rows = list(
            db.session.execute(
                db.select(StockBalance)
                .where(StockBalance.on_hand > Quantity(0), StockBalance.warehouse_id == self.site.id)
                .order_by(StockBalance.id)
            ).scalars()
        )
        db.session.commit()
        return [r for r in rows if all(getattr(r, name) == value for name, value in wanted.items())]

    @staticmethod
    def key_of(row: StockBalance) -> StockKey:
        return StockKey(
            lot=row.lot_id, owner=row.owner_id, place=Place(bin=row.bin_id, lpn=row.lpn_id), quality=row.quality,
            hold_set=row.hold_set_id,
        )  # fmt: skip

    # -- the verbs ------------------------------------------------------------------------------------------------
    @rule(lot=lots, amount=amounts, pending=st.booleans())
    def receive(self, lot: int, amount: int, pending: bool) -> None:
        quality = Quality.PENDING if pending else Quality.RELEASED
        target = given.key(self.lots[lot], self.site, "DOCK", quality=quality)
        source = target.at(Place(bin=self.site["SUPPLIER"]))
        posted = self.post([Move(quantity=q(amount), source=source, target=target)], Reason.RECEIVE)
        assert posted, "nothing may stop a receipt here"
        self.inside[target.lot] += q(amount)
        self.done_seqs.append((posted.seq, True, q(amount), target.lot))

    @rule(pick=picks, amount=amounts, to=st.sampled_from(BINS))
    def move(self, pick: int, amount: int, to: str) -> None:
        if rows := self.balances():
            key = self.key_of(rows[pick % len(rows)])
            if key.place.bin != self.site[to]:
                self.post([Move(quantity=q(amount), source=key, target=key.at(Place(bin=self.site[to])))], Reason.MOVE)

    @rule(pick=picks)
    def put_all_away(self, pick: int) -> None:
        for row in self.balances(bin_id=self.site["DOCK"]):
            key = self.key_of(row)
            free = row.on_hand - row.allocated
            if free:
                self.post(
                    [Move(quantity=free, source=key, target=key.at(Place(bin=self.site["A-01"])))], Reason.PUTAWAY
                )

    @rule(amount=st.integers(1, 30), policy=st.sampled_from(["fefo", "fifo", "lifo"]))
    def claim(self, amount: int, policy: str) -> None:
        request = ClaimRequest(
            demand_kind="order_line", demand_id=7, item=self.item.id, quantity=q(amount), warehouse=self.site.id,
            owner=1, policy=policy, good_until=given.TODAY,
        )  # fmt: skip
        free = sum(
            (r.on_hand - r.allocated).millionths
            for r in self.balances(quality=Quality.RELEASED, hold_set_id=NO_HOLDS)
            if r.bin_id in {self.site["A-01"], self.site["A-02"], self.site["FACE"]}
        )
        made = run_in_transaction(ledger.claim, [request], actor=SYSTEM_USER, at=NOW)
        assert sum(c.quantity.millionths for c in made) == min(free, q(amount).millionths)

    def claims(self) -> list[tuple[StockClaim, StockBalance]]:
        from wms.db import db

        rows = db.session.execute(
            db.select(StockClaim, StockBalance)
            .join(StockBalance, StockBalance.id == StockClaim.balance_id)
            .where(StockBalance.warehouse_id == self.site.id)
            .order_by(StockClaim.id)
        ).all()
        db.session.commit()
        return [(row[0], row[1]) for row in rows]

    @rule(pick=picks)
    def release(self, pick: int) -> None:
        if rows := self.claims():
            claim = rows[pick % len(rows)][0]
            assert run_in_transaction(ledger.release, [claim.id], actor=SYSTEM_USER, at=NOW) == claim.quantity

    @rule(pick=picks, part=st.booleans())
    def pick_goods(self, pick: int, part: bool) -> None:
        rows = [(c, b) for c, b in self.claims() if b.bin_id != self.site["STAGE"]]
        if rows:
            claim, balance = rows[pick % len(rows)]
            amount = q(1) if part and claim.quantity > q(1) else claim.quantity
            key = self.key_of(balance)
            use = ClaimUse(claim=claim.id, demand_kind="order_line", demand_id=7, carried=True)
            target = key.at(Place(bin=self.site["STAGE"]))
            assert self.post([Move(quantity=amount, source=key, target=target, claim=use)], Reason.PICK)

    @rule(pick=picks)
    def ship(self, pick: int) -> None:
        rows = [(c, b) for c, b in self.claims() if b.bin_id == self.site["STAGE"]]
        if rows:
            claim, balance = rows[pick % len(rows)]
            key = self.key_of(balance)
            use = ClaimUse(claim=claim.id, demand_kind="order_line", demand_id=7)
            target = key.at(Place(bin=self.site["CUSTOMER"]))
            posted = self.post([Move(quantity=claim.quantity, source=key, target=target, claim=use)], Reason.SHIP)
            assert posted, "promised, released and unheld goods ship"
            self.inside[key.lot] -= claim.quantity

    @rule(pick=picks, amount=amounts)
    def scrap(self, pick: int, amount: int) -> None:
        if rows := self.balances():
            key = self.key_of(rows[pick % len(rows)])
            target = key.at(Place(bin=self.site["SCRAP"]))
            if self.post([Move(quantity=q(amount), source=key, target=target)], Reason.SCRAP):
                self.inside[key.lot] -= q(amount)

    @rule(pick=picks)
    def release_quality(self, pick: int) -> None:
        if rows := self.balances(quality=Quality.PENDING):
            row = rows[pick % len(rows)]
            key = self.key_of(row)
            target = StockKey(
                lot=key.lot, owner=key.owner, place=key.place, quality=Quality.RELEASED, hold_set=key.hold_set
            )
            assert self.post([Move(quantity=row.on_hand, source=key, target=target)], Reason.DISPOSITION)

    @rule(lot=lots, scope=st.sampled_from([HoldScope.LOT, HoldScope.BIN]), pick=picks)
    def hold(self, lot: int, scope: HoldScope, pick: int) -> None:
        from wms.quality.service import PlaceHold, place_hold

        where: dict[str, object] = {}
        if scope is HoldScope.BIN:
            rows = self.balances(lot_id=self.lots[lot].id)
            if not rows:
                return
            where = {"bin": rows[pick % len(rows)].bin_id, "warehouse": self.site.id}
        command = PlaceHold(
            scope=scope, lot=self.lots[lot].id, reason=HoldReason.SUSPECT, note="", key=f"h-{new_id()}", **where
        )
        self.holds.append(run_in_transaction(place_hold, command, actor=SYSTEM_USER, at=NOW).hold)

    @precondition(lambda self: self.holds)
    @rule(pick=picks)
    def lift(self, pick: int) -> None:
        from wms.quality.service import LiftHold, lift_hold

        hold = self.holds.pop(pick % len(self.holds))
        command = LiftHold(hold=hold, reason="cleared")
        run_in_transaction(lift_hold, command, actor=UserId(self.lifter), at=NOW)

    @precondition(lambda self: self.posted)
    @rule(pick=picks)
    def repeat_an_earlier_operation(self, pick: int) -> None:
        moves, key, reason = self.posted[pick % len(self.posted)]
        posted = self.post(moves, reason, at_key=key)
        assert posted and posted.is_repeat

    @precondition(lambda self: self.done_seqs)
    @rule(pick=picks)
    def undo_a_receipt(self, pick: int) -> None:
        seq, _, amount, lot = self.done_seqs[pick % len(self.done_seqs)]
        try:
            run_in_transaction(ledger.reverse, seq, key=f"u-{seq}", actor=SYSTEM_USER, at=NOW)
        except Refused:
            return
        self.done_seqs = [done for done in self.done_seqs if done[0] != seq]
        self.inside[lot] -= amount

    # -- what must always be true -----------------------------------------------------------------------------------
    @invariant()
    def sums_agree(self) -> None:
        if hasattr(self, "inside"):
            found = dict.fromkeys(self.inside, Quantity(0))
            for row in self.balances():
                found[row.lot_id] += row.on_hand
            assert found == self.inside

    def teardown(self) -> None:
        if hasattr(self, "inside"):
            given.ledger_is_whole()


def test_any_sequence_of_verbs_leaves_the_ledger_whole(db):
    examples = 100 if db.engine.dialect.name == "sqlite" else 20
    run_state_machine_as_test(
        LedgerMachine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=50,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            print_blob=True,
        ),
    )
