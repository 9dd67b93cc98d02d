"""Flow tables: what each step of a handheld task takes, and where it leads. Data, and the checks of it; pure.

FLOW = Flow(
    task="move",
    title=messages.MOVE,
    carries=("bin_id", "lot_id", "quantity"),
    steps=(
        FlowStep("source", accepts=(BIN,), next="lot", prompt=messages.SCAN_SOURCE_BIN),
        FlowStep("lot", accepts=(ITEM, LOT, LPN), next="quantity", prompt=messages.SCAN_ITEM_OR_LOT, events={"back": "source"}),
        FlowStep("quantity", accepts=(NUMBER,), next="target", prompt=messages.ENTER_QUANTITY),
        FlowStep("target", accepts=(BIN,), next="source", prompt=messages.SCAN_TARGET_BIN),
    ),
)
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from wms.scans.kinds import ALL_KINDS, BIN, EPC, FOUND_KINDS, ITEM, LOT, LPN, ORDER
from wms.stock.captures import NOTHING, Captured

__all__ = [
    "BIN", "DAY", "EPC", "FOUND_KINDS", "ITEM", "LOT", "LPN", "NUMBER", "ORDER", "TEXT", "TYPED_KINDS", "Flow", "FlowStep",
    "Message", "Operation", "Tone", "Turn", "alarm", "ask", "yes",
]  # fmt: skip

# What a step may take beside the kinds that are scanned and found in the database: what is typed or chosen.
NUMBER: Final = "number"
DAY: Final = "day"
TEXT: Final = "text"

TYPED_KINDS: Final = (NUMBER, DAY, TEXT)


class Tone(StrEnum):
    """How a message sounds and looks: yes, no, no that must be acknowledged, kept for later, a question."""

    YES = "yes"
    NO = "no"
    ALARM = "alarm"
    NOTED = "noted"
    ASK = "ask"


@dataclass(frozen=True)
class Message:
    """One sentence for the person, and its tone."""

    tone: Tone
    text: str


@dataclass(frozen=True)
class FlowStep:
    """One question, one answer. `accepts` lists the kinds; `events` maps each button to the step it leads to.

    `new_kinds` may be unknown to us yet (a lot or LPN at receipt); `item_in` names the carried value that holds the id
    of the item a bare lot number must belong to; `needs` names the carried values without which its page shows nothing: a
    step reached without one of them (a page put together by hand, an old one) is refused. `finds_all` hands over every
    record the text may name (wms.scans), and not one of `accepts` or a refusal; `types_lot` says that a text which no
    label explains is a lot typed by hand, with its right and reason.
    """

    name: str
    accepts: tuple[str, ...]
    next: str
    prompt: Any
    events: Mapping[str, str] = field(default_factory=dict)
    new_kinds: tuple[str, ...] = ()
    item_in: str = ""
    needs: tuple[str, ...] = ()
    finds_all: bool = False
    types_lot: bool = False


@dataclass(frozen=True)
class Flow:
    """A task as a table. `carries` names the values that travel from step to step in the form.

    `carries_long` may be longer than a line. `asks_typed`: a lot typed at a step asks for its right and its reason; a
    task that only looks asks nothing.
    """

    task: str
    title: Any
    steps: tuple[FlowStep, ...]
    carries: tuple[str, ...] = ()
    carries_long: tuple[str, ...] = ()
    asks_typed: bool = True

    def __post_init__(self) -> None:
        names = [step.name for step in self.steps]
        targets = [step.next for step in self.steps] + [t for step in self.steps for t in step.events.values()]
        kinds = {kind for step in self.steps for kind in step.accepts}
        if len(set(names)) != len(names) or not set(targets) <= set(names):
            raise ValueError(f"flow {self.task}: a step stands twice or leads nowhere")
        whole = {kind for step in self.steps if step.finds_all for kind in step.accepts if kind in ALL_KINDS}
        if not kinds <= {*FOUND_KINDS, *TYPED_KINDS, *whole}:
            raise ValueError(f"flow {self.task}: unknown kind {sorted(kinds)}")
        if not {name for step in self.steps for name in step.needs} <= {*self.carries, *self.carries_long}:
            raise ValueError(f"flow {self.task}: a step needs what is not carried")

    @property
    def first(self) -> FlowStep:
        """Give the step a task starts with."""
        return self.steps[0]

    def step(self, name: str) -> FlowStep | None:
        """Give the step of this name, None when there is none."""
        return next((step for step in self.steps if step.name == name), None)


@dataclass(frozen=True)
class Operation:
    """One thing a person did: a scan (`found` holds the record, number, day or text) or a button (`event`).

    `key` was made on the device when it happened; give it to the ledger as the posting's key, so that a repeat after a
    lost answer changes nothing. `form` holds every other posted field. `via` says how the text came into the field: scan,
    typed, button, or nothing where the page could not tell; `captured` how the goods of this task were.
    """

    step: FlowStep
    event: str
    scan: str
    found: Any
    state: Mapping[str, str]
    key: str
    form: Mapping[str, str]
    via: str = ""
    captured: Captured = NOTHING

    @property
    def is_scan(self) -> bool:
        """Say whether it was a scan (or typed value) and not a button."""
        return self.event == "scan"


@dataclass(frozen=True)
class Turn:
    """What a task answers: the next step, the values that travel on, one message."""

    step: str
    state: Mapping[str, Any] = field(default_factory=dict)
    message: Message | None = None


def yes(text: Any) -> Message:
    """Say that it was done: green, high tone, short buzz."""
    return Message(tone=Tone.YES, text=str(text))


def ask(text: Any) -> Message:
    """Put a question: amber."""
    return Message(tone=Tone.ASK, text=str(text))


def alarm(text: Any) -> Message:
    """Say a no that must be acknowledged by hand before anything else."""
    return Message(tone=Tone.ALARM, text=str(text))
