"""The mass balance of a lot: every way in against every way out, in whole millionths, at any moment."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from wms.core.ids import LotId, PostingSeq
from wms.core.quantity import ZERO, Quantity


@dataclass(frozen=True, kw_only=True)
class MassBalance:
    """What came to be of one lot, and where it is, in its base unit. In = out, always, in a sound ledger."""

    lot: LotId
    number: str
    sku: str
    unit: str
    # -- in
    #: From suppliers, what was taken back left out.
    received: Quantity = ZERO
    produced: Quantity = ZERO
    #: By customers.
    returned: Quantity = ZERO
    merged_in: Quantity = ZERO
    split_in: Quantity = ZERO
    relabelled_in: Quantity = ZERO
    count_gains: Quantity = ZERO
    #: Stock that an import brought in at the start.
    opening: Quantity = ZERO
    # -- out
    #: In every bin and state, at lines, in vessels and staged, but not in transit and not kept as a sample.
    on_hand: Quantity = ZERO
    in_transit: Quantity = ZERO
    shipped: Quantity = ZERO
    consumed: Quantity = ZERO
    to_supplier: Quantity = ZERO
    destroyed: Quantity = ZERO
    #: Drawn as samples: those that are kept and those that tests used up.
    sampled: Quantity = ZERO
    merged_out: Quantity = ZERO
    split_out: Quantity = ZERO
    relabelled_out: Quantity = ZERO
    count_losses: Quantity = ZERO
    # -- unexplained, in red
    #: Differences of counts that nobody gave a cause for, gains and losses both.
    unexplained_gains: Quantity = ZERO
    unexplained_losses: Quantity = ZERO
    #: Made less than the product's least yield of the plan, by orders that are completed or closed.
    yield_shortfall: Quantity = ZERO
    # -- before this system, as files say; beside the equation
    past_received: Quantity = ZERO
    past_produced: Quantity = ZERO
    past_consumed: Quantity = ZERO
    past_shipped: Quantity = ZERO
    #: On hand by the balances, for a look at now; None at a past moment.
    by_balances: Quantity | None = None

    @property
    def total_in(self) -> Quantity:
        """All that came in."""
        raise NotImplementedError

    @property
    def total_out(self) -> Quantity:
        """All that is here, and all that went."""
        raise NotImplementedError

    @property
    def unexplained(self) -> Quantity:
        """The unexplained line: differences of counts without a cause, plus yield variance beyond tolerance."""
        raise NotImplementedError

    @property
    def is_balanced(self) -> bool:
        """Whether in and out agree to the millionth, and (now) the balances with the moves."""
        raise NotImplementedError


def mass_balance(lot: LotId, *, as_of: PostingSeq | datetime | None = None) -> MassBalance:
    """The balance of one lot, now, after a posting, or at an instant (what was recorded until then). Raises NotFound."""
    raise NotImplementedError


def mass_balances(lots: Collection[LotId], *, as_of: PostingSeq | datetime | None = None) -> dict[LotId, MassBalance]:
    """The balances of many lots, in a few statements however many they are."""
    raise NotImplementedError


def total(balances: Collection[MassBalance]) -> MassBalance:
    """The sum of balances of lots of one base unit, line by line (`lot` 0, `number` blank)."""
    raise NotImplementedError
