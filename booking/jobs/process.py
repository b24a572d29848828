"""What a process is made of: for each event one row, with its effects on money, contact and people's time.

One row per event: where it may happen, where it leads, who may fire it, which guards must be silent, and which effect
it has. `to` is None when the event is only recorded; `resume` leads back to the state that the delay interrupted.
"""

from dataclasses import dataclass
from enum import StrEnum

from booking.jobs.words import Event, Role, State

CU, SP, AG, MG, DI = Role.CUSTOMER, Role.SPECIALIST, Role.AGENT, Role.MANAGER, Role.DISPATCHER
FI, AD, VI, SYS = Role.FINANCE, Role.ADMINISTRATOR, Role.VISITOR, Role.SYSTEM
BEFORE_WORK = (State.ASSIGNED, State.EN_ROUTE, State.ON_SITE)
BEFORE_CREW = (State.REQUESTED, State.QUOTING, State.OPEN)


class MoneyEffect(StrEnum):
    """What an event does to money; `money.py` carries it out, by the job's method of payment."""

    HOLD = "hold"  # the price set aside in the customer's wallet, or cash agreed
    RESERVE = "reserve"  # cash: the commission set aside at the specialist's
    MOVE_RESERVE = "move_reserve"  # the old crew's freed, the new crew's set aside
    FREE_RESERVE = "free_reserve"
    CAPTURE = "capture"  # to the specialist (pending), commission and tax
    GIVE = "give"  # pending becomes the specialist's own
    RETURN = "return"  # everything back
    SPLIT = "split"  # by the published cancellation policy
    RAISE = "raise"  # an approved change: so much more set aside
    TIP = "tip"  # from the customer's wallet, all of it the specialist's
    GIVE_REST = "give_rest"  # pending becomes the specialist's own, but for what a case holds
    FREEZE = "freeze"  # the disputed amount, and no more
    SETTLE = "settle"  # as the case was decided


class ContactEffect(StrEnum):
    OPEN = "open"  # for the crew and the window as they are now
    CLOSE = "close"
    SWAP = "swap"  # old crew closed, new crew opened
    GRACE = "grace"  # closes by itself after the grace
    MOVE = "move"  # a new promise moves the end


class SlotEffect(StrEnum):
    HOLD = "hold"
    CONSUME = "consume"
    TAKE = "take"  # the crew's time, whoever was planned before
    MOVE = "move"  # the crew's time in the new window, or no new window
    FOLLOW = "follow"  # the same where there is room; the new promise holds in any case
    START = "start"
    FINISH = "finish"
    FREE = "free"


@dataclass(frozen=True, slots=True)
class Transition:
    number: str  # the row of lifecycle.md E.4
    event: Event
    origins: frozenset[State | None]
    to: State | None
    by: frozenset[Role]
    guards: tuple[str, ...] = ()
    money: MoneyEffect | None = None
    contact: ContactEffect | None = None
    slot: SlotEffect | None = None


def step(
    number: str,
    event: Event,
    origins: tuple[State | None, ...],
    to: State | None,
    by: tuple[Role, ...],
    *guards: str,
    money: MoneyEffect | None = None,
    contact: ContactEffect | None = None,
    slot: SlotEffect | None = None,
) -> Transition:
    return Transition(number, event, frozenset(origins), to, frozenset(by), guards, money, contact, slot)
