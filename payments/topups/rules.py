"""What must be true of a top-up: its states, its limits, what a verdict is compared with, and when we ask again."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal
from uuid import UUID

from marketplace.foundation.errors import Refused
from marketplace.foundation.money import Money
from payments.gateways.protocol import Abilities, DisputeState, Verdict
from payments.gateways.rules import Outcome

Wallet = Literal["customer", "specialist"]


class State(StrEnum):
    """The life of an attempt, and of its top-up (payments.md §6.2). Forward only."""

    CREATED = "created"
    STARTED = "started"
    PENDING = "pending"
    UNKNOWN = "unknown"
    PAID = "paid"
    FAILED = "failed"
    EXPIRED = "expired"
    MISMATCH = "mismatch"
    PARTLY_REFUNDED = "partly_refunded"
    REFUNDED = "refunded"
    REVERSED = "reversed"


OPEN = frozenset({State.CREATED, State.STARTED, State.PENDING, State.UNKNOWN})
CREDITED = frozenset({State.PAID, State.PARTLY_REFUNDED, State.REFUNDED, State.REVERSED})
_ENDS = frozenset({State.PAID, State.FAILED, State.EXPIRED, State.MISMATCH})

MOVES: dict[State, frozenset[State]] = {
    State.CREATED: frozenset({State.STARTED, State.PENDING, State.UNKNOWN}) | _ENDS,
    State.STARTED: frozenset({State.PENDING, State.UNKNOWN}) | _ENDS,
    State.PENDING: frozenset({State.UNKNOWN}) | _ENDS,
    State.UNKNOWN: frozenset({State.PENDING}) | _ENDS,
    State.FAILED: frozenset({State.PAID, State.MISMATCH}),  # late: only the verdict is truth
    State.EXPIRED: frozenset({State.PAID, State.MISMATCH}),
    State.MISMATCH: frozenset({State.PAID, State.REFUNDED}),  # by a person
    State.PAID: frozenset({State.PARTLY_REFUNDED, State.REFUNDED, State.REVERSED}),
    State.PARTLY_REFUNDED: frozenset({State.REFUNDED, State.REVERSED}),
    State.REFUNDED: frozenset(),
    State.REVERSED: frozenset({State.PAID}),  # the bank decided for us after all
}

VERDICTS: dict[Outcome, State] = {
    Outcome.PAID: State.PAID,
    Outcome.FAILED: State.FAILED,
    Outcome.CANCELLED: State.FAILED,
    Outcome.PENDING: State.PENDING,
    Outcome.UNKNOWN: State.UNKNOWN,
    Outcome.EXPIRED: State.EXPIRED,
    Outcome.REVERSED: State.FAILED,  # given back before we ever credited it: never credited
    Outcome.REFUNDED: State.FAILED,
}


class What(StrEnum):
    """What an event says happened to an attempt."""

    CREATED = "created"
    STARTED = "started"
    NOT_STARTED = "not_started"
    RETURNED = "returned"
    NOTICED = "noticed"
    ANSWERED = "answered"
    PAID = "paid"
    LATE = "late"
    DOUBLE_PAY = "double_pay"
    MISMATCH = "mismatch"
    TAKEN_BACK = "taken_back"
    CAME_BACK = "came_back"
    REVIEWED = "reviewed"
    CHANGED_NOTHING = "changed_nothing"


class By(StrEnum):
    """Who made an event happen."""

    PAYER = "payer"
    GATEWAY = "gateway"
    SYSTEM = "system"
    FINANCE = "finance"


class Difference(StrEnum):
    """In what a paid verdict differs from what we asked for."""

    AMOUNT = "amount"
    CURRENCY = "currency"
    OURS = "ours"
    LIVE = "live"
    TERMINAL = "terminal"
    REFERENCE = "reference"


OUR_MONEY = frozenset({Difference.AMOUNT, Difference.CURRENCY})
"""With only these differences the money is ours and stands in suspense; with any other it is not ours to book."""


@dataclass(frozen=True)
class Limits:
    """How much one top-up may be, and all of a day together; in minor units."""

    least: int
    most: int
    most_a_day: int


LIMITS: dict[str, Limits] = {
    "BDT": Limits(50_00, 50_000_00, 100_000_00),
    "IRR": Limits(100_000, 500_000_000, 1_000_000_000),
    "QAR": Limits(10_00, 5_000_00, 10_000_00),
    "USD": Limits(1_00, 1_000_00, 2_000_00),
    "EUR": Limits(1_00, 1_000_00, 2_000_00),
    "KWD": Limits(1_000, 500_000, 1_000_000),
}
DAY = timedelta(hours=24)
PAGE_LIVES = timedelta(minutes=30)


@dataclass(frozen=True)
class TopUpTooSmall(Refused):
    """Less than one top-up may be."""

    least: Money


@dataclass(frozen=True)
class TopUpTooLarge(Refused):
    """More than one top-up may be."""

    most: Money


@dataclass(frozen=True)
class TopUpDayLimitReached(Refused):
    """With this top-up the last twenty-four hours would hold more than they may."""

    most: Money
    left: Money


@dataclass(frozen=True)
class TopUpNotFound(Refused):
    """No such top-up, or not this person's."""


@dataclass(frozen=True)
class TopUpAlreadyPaid(Refused):
    """A paid top-up is not tried again."""

    amount: Money


@dataclass(frozen=True)
class TopUpDiffers(Refused):
    """The same form was sent before with another amount."""

    amount: Money


def check_limits(amount: Money, *, taken: Money) -> None:
    """Refuse an amount outside its currency's limits. `taken`: the owner's top-ups of the last 24 hours.

    Raises TopUpTooSmall, TopUpTooLarge, TopUpDayLimitReached.
    """
    limits = LIMITS[amount.currency]
    if amount.minor < limits.least:
        raise TopUpTooSmall(least=Money(limits.least, amount.currency))
    if amount.minor > limits.most:
        raise TopUpTooLarge(most=Money(limits.most, amount.currency))
    most = Money(limits.most_a_day, amount.currency)
    if taken + amount > most:
        raise TopUpDayLimitReached(most=most, left=max(most - taken, Money.zero(amount.currency)))


@dataclass(frozen=True)
class Asked:
    """What an attempt asked its gateway for."""

    attempt: UUID
    amount: Money
    ours: str
    state: State
    expires_at: datetime


@dataclass(frozen=True)
class Decision:
    """What a verdict does to an attempt. `state` None: it changes nothing. `review`: credited, but held at once."""

    state: State | None
    what: What
    differences: tuple[Difference, ...] = ()
    credit: Money | None = None
    suspense: Money | None = None
    late: bool = False
    review: bool = False


def decide(asked: Asked, verdict: Verdict, can: Abilities, *, now: datetime) -> Decision:
    """What this verdict means for this attempt; forward only, everything compared (payments.md §5.2 #3, #4)."""
    outcome = verdict.outcome
    if outcome is Outcome.PAID and (verdict.refs.txn is None or verdict.amount is None):
        outcome = Outcome.UNKNOWN  # paid without its number or amount is an answer that we did not understand
    if asked.state in CREDITED:
        back = outcome in {Outcome.REVERSED, Outcome.REFUNDED}
        return Decision(None, What.TAKEN_BACK if back else What.CHANGED_NOTHING)
    state = VERDICTS[outcome]
    if state is State.PAID:
        return _decide_paid(asked, verdict, can, now)
    if state is asked.state:
        return Decision(None, What.ANSWERED)
    if state not in MOVES[asked.state]:
        return Decision(None, What.CHANGED_NOTHING)
    return Decision(state, What.ANSWERED)


def _decide_paid(asked: Asked, verdict: Verdict, can: Abilities, now: datetime) -> Decision:
    if asked.state is State.MISMATCH:
        return Decision(None, What.CHANGED_NOTHING)  # a person has it
    found = tuple(_differences(asked, verdict, can))
    if found:
        booked = verdict.amount if OUR_MONEY.issuperset(found) else None
        return Decision(State.MISMATCH, What.MISMATCH, differences=found, suspense=booked)
    late = asked.state in {State.FAILED, State.EXPIRED} or (verdict.at or now) > asked.expires_at
    return Decision(State.PAID, What.PAID, credit=asked.amount, late=late, review=verdict.review)


def _differences(asked: Asked, verdict: Verdict, can: Abilities) -> Iterable[Difference]:
    if verdict.amount is not None and verdict.amount.currency != asked.amount.currency:
        yield Difference.CURRENCY
    elif verdict.amount != asked.amount:
        yield Difference.AMOUNT
    if verdict.refs.ours != asked.ours:
        yield Difference.OURS
    if verdict.live != can.live:
        yield Difference.LIVE
    if can.terminal is not None and verdict.refs.terminal != can.terminal:
        yield Difference.TERMINAL


def is_away(state: DisputeState) -> bool:
    """Whether the money of a case is with the payer's bank now."""
    return state in {DisputeState.TAKEN, DisputeState.LOST}


DECIDED = frozenset({DisputeState.WON, DisputeState.LOST})
"""The payer's bank has spoken; what it keeps for the case stands."""


class ChargebackReason(StrEnum):
    """What the payer told the bank, as its letter says; the words that gateways use too."""

    FRAUDULENT = "fraudulent"
    UNRECOGNIZED = "unrecognized"
    DUPLICATE = "duplicate"
    NOT_RECEIVED = "product_not_received"
    UNACCEPTABLE = "product_unacceptable"
    NO_REFUND = "credit_not_processed"
    GENERAL = "general"


@dataclass(frozen=True)
class CaseTooMuch(Refused):
    """A bank takes back no more than was credited, all cases of the payment together."""

    left: Money


@dataclass(frozen=True)
class CaseEntered(Refused):
    """The bank's case has been written down for this payment already."""

    number: str


@dataclass(frozen=True)
class CaseOver(Refused):
    """Only an open case that a letter told of is decided by hand; a gateway tells of its own."""


@dataclass(frozen=True)
class CaseNumberImpossible(Refused):
    """A case has the number of the bank's letter: letters, digits and signs between them, no card number."""


@dataclass(frozen=True)
class CaseFeeImpossible(Refused):
    """What a bank charges for a case is nothing or more, and not above the payment."""

    most: Money


@dataclass(frozen=True)
class PaymentNotFound(Refused):
    """No credited payment, or more than one, has this number."""


@dataclass(frozen=True)
class NotUnderReview(Refused):
    """Nothing of this payment waits for a person's look."""


def check_case(amount: Money, *, left: Money) -> None:
    """Refuse CaseTooMuch. `left`: what of the payment no case has taken."""
    if amount.minor <= 0 or amount > left:
        raise CaseTooMuch(left)


def state_after_cases(state: State, amount: Money, taken: Money) -> State:
    """What a credited attempt is when its cases hold so much of it: taken back only when nothing of it is left."""
    if taken >= amount:
        return State.REVERSED
    return State.PAID if state is State.REVERSED else state


def state_of_top_up(attempts: Sequence[State]) -> State:
    """The top-up's state from its attempts', oldest first: paid if any attempt is, else what the last one says."""
    for credited in (State.PAID, State.PARTLY_REFUNDED, State.REFUNDED, State.REVERSED, State.MISMATCH):
        if credited in attempts:
            return credited
    still_open = [state for state in attempts if state in OPEN]
    return still_open[-1] if still_open else attempts[-1]


SCHEDULE = (timedelta(minutes=1), timedelta(minutes=3), timedelta(minutes=10), timedelta(minutes=30))
THEN_EVERY = timedelta(hours=1)
ALARM_AFTER = timedelta(days=1)


def next_question(started_at: datetime, *, asked: int, within: timedelta, now: datetime) -> datetime | None:
    """When to ask next: 1, 3, 10 and 30 minutes after the start, then hourly, once more after the window, then never.

    `asked`: how many planned questions were asked. `within`: how long the provider can be asked (payments.md §5.2 #7).
    """
    last = started_at + within
    if now > last:
        return None
    planned = started_at + SCHEDULE[asked] if asked < len(SCHEDULE) else now + THEN_EVERY
    due = max(planned, now + timedelta(seconds=20))
    return due if due <= last else last + timedelta(minutes=1)
