"""What may become of a payout, what is looked at before money leaves, and every way in which it is refused. Pure."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Literal
from uuid import UUID

from marketplace.foundation.errors import Refused
from marketplace.foundation.money import Money


class State(StrEnum):
    """Where an item stands (payments.md §7)."""

    REQUESTED = "requested"
    CHECKED = "checked"
    APPROVED = "approved"
    BATCHED = "batched"
    SENDING = "sending"
    UNKNOWN = "unknown"
    ACCEPTED = "accepted"
    ON_STATEMENT = "on_statement"
    REJECTED = "rejected"
    CANCELLED = "cancelled"
    RETURNED = "returned"


HELD: Final = frozenset({State.REQUESTED, State.CHECKED, State.APPROVED, State.BATCHED, State.SENDING, State.UNKNOWN})
SENT: Final = frozenset({State.ACCEPTED, State.ON_STATEMENT})
RELEASED: Final = frozenset({State.REJECTED, State.CANCELLED, State.RETURNED})
AT_THE_BANK: Final = frozenset({State.SENDING, State.UNKNOWN})  # only a person, or the bank's statement, ends these
STILL_HERE: Final = frozenset({State.REQUESTED, State.CHECKED, State.APPROVED})  # no file names them yet

MOVES: Final[dict[State, frozenset[State]]] = {
    State.REQUESTED: frozenset({State.CHECKED, State.CANCELLED, State.REJECTED}),
    State.CHECKED: frozenset({State.APPROVED, State.REQUESTED, State.CANCELLED, State.REJECTED}),
    State.APPROVED: frozenset({State.BATCHED, State.CHECKED, State.REQUESTED, State.CANCELLED, State.REJECTED}),
    State.BATCHED: frozenset({State.SENDING}),
    State.SENDING: frozenset({State.ACCEPTED, State.REJECTED, State.UNKNOWN}),
    State.UNKNOWN: frozenset({State.ACCEPTED, State.REJECTED}),
    State.ACCEPTED: frozenset({State.ON_STATEMENT, State.RETURNED}),
    State.ON_STATEMENT: frozenset({State.RETURNED}),
    State.REJECTED: frozenset(),
    State.CANCELLED: frozenset(),
    State.RETURNED: frozenset(),
}


class BatchState(StrEnum):
    """A batch is collected, approved, given its file, handed to the bank; an emptied one is dissolved."""

    DRAFT = "draft"
    APPROVED = "approved"
    BATCHED = "batched"
    SENDING = "sending"
    DISSOLVED = "dissolved"


class Form(StrEnum):
    """How the bank takes a batch: a batch has one file in one form, so that nobody can bring two of them."""

    PAIN_001 = "pain.001"
    CSV = "csv"


class Finding(StrEnum):
    """What stands against sending an item now."""

    FROZEN = "frozen"
    CASE_OPEN = "case_open"
    DEBT = "debt"
    DAY_LIMIT = "day_limit"
    WAITS = "destination_waits"
    BLOCKED = "destination_blocked"
    NAME = "name_differs"
    SHARED = "account_shared"
    IDENTITY = "identity"


A_PERSON_MAY_PASS: Final = frozenset({Finding.NAME, Finding.SHARED, Finding.IDENTITY})


class Reason(StrEnum):
    """Why an item was refused, or came back; words of ours, for the owner to read."""

    ACCOUNT_CLOSED = "account_closed"
    ACCOUNT_WRONG = "account_wrong"
    NAME_DIFFERS = "name_differs"
    BANK_LIMIT = "bank_limit"
    CASE = "case"
    OTHER = "other"


class Seen(StrEnum):
    """What a line of the bank's statement meant for payouts."""

    CONFIRMED = "confirmed"
    RETURNED = "returned"
    ALREADY = "already"
    STRANGER = "stranger"
    DIFFERS = "differs"
    NOT_SENT = "not_sent"


Because = Literal["asked", "schedule"]
DAY: Final = timedelta(hours=24)
ANSWER_WITHIN: Final = timedelta(days=3)  # a bank that says nothing for so long leaves the outcome unknown
MOST_ITEMS: Final = 1_000


@dataclass(frozen=True, slots=True)
class Terms:
    """The organization's rules for payouts of one currency.

    `least` and `most_a_day` bound what one wallet pays out; `second_person_above`: a batch of more needs two who
    approve; `wait`: how long a changed account rests before money goes there. Zero for an amount: no such bound.
    """

    least: Money
    most_a_day: Money
    second_person_above: Money
    wait: timedelta


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known above about an owner: payouts frozen, a case open on this money, identity proved."""

    frozen: bool = False
    case_open: bool = False
    identity_proved: bool = True


@dataclass(frozen=True, slots=True)
class HouseAccount:
    """The account that money leaves from: the company's name, its number there, and the bank's code if it has one."""

    name: str
    account: str
    bank: str = ""


@dataclass(frozen=True, slots=True)
class Circumstances:
    """Everything that is looked at before an item may go on. `owed` is what the wallet's free money cannot cover."""

    facts: Facts
    owed: Money
    taken_today: Money
    usable_from: datetime
    blocked: bool
    name_matches: bool | None
    shared: bool


@dataclass(frozen=True, slots=True)
class Item:
    """What a batch promises of one item; its digest is over these."""

    payout: UUID
    amount: Money
    destination: UUID


@dataclass(frozen=True)
class NoDestination(Refused):
    """Nobody knows yet where the money should go."""


@dataclass(frozen=True)
class DestinationWaits(Refused):
    """The account was changed lately; until then nothing is sent there."""

    until: datetime


@dataclass(frozen=True)
class DestinationBlocked(Refused):
    """Money came back from this account; it is looked at before any is sent there again."""


@dataclass(frozen=True)
class PayoutsFrozen(Refused):
    """Payouts of this wallet are stopped while something is looked into."""


@dataclass(frozen=True)
class PayoutOpen(Refused):
    """One payout of this wallet is under way; the next can be asked for when that one is through."""

    amount: Money


@dataclass(frozen=True)
class PayoutTooSmall(Refused):
    """Less than one payout is at least."""

    least: Money


@dataclass(frozen=True)
class NotEnoughToPayOut(Refused):
    """More than is free, less what is owed."""

    payable: Money
    owed: Money


@dataclass(frozen=True)
class PayoutDayLimitReached(Refused):
    """With this one the last twenty-four hours would hold more than they may."""

    most: Money
    left: Money


@dataclass(frozen=True)
class PayoutDiffers(Refused):
    """The same form was sent before with another amount."""

    amount: Money


@dataclass(frozen=True)
class PayoutNotFound(Refused):
    """No such payout, or not this person's."""


@dataclass(frozen=True)
class PayoutMoved(Refused):
    """The item is past the point at which this can be done."""

    state: str


@dataclass(frozen=True)
class CannotBePassed(Refused):
    """What stands against this item is nothing that a person may wave through."""

    finding: str


@dataclass(frozen=True)
class BatchNotFound(Refused):
    """No such batch."""


@dataclass(frozen=True)
class NothingToSend(Refused):
    """None of the chosen items can go into a batch now."""


@dataclass(frozen=True)
class BatchChanged(Refused):
    """The batch is not what the approver saw: what changed after it was shown, or approved, is to be looked at."""


@dataclass(frozen=True)
class BatchMoved(Refused):
    """The batch is past the point at which this can be done."""

    state: str


@dataclass(frozen=True)
class AlreadyApproved(Refused):
    """Somebody else has just approved the batch; it needs no more."""

    at: datetime


@dataclass(frozen=True)
class MakerCannotApprove(Refused):
    """Whoever prepared a batch, or is paid by it, does not approve it."""


@dataclass(frozen=True)
class NotApproved(Refused):
    """A file is made of a batch that enough people have approved."""

    needed: int


@dataclass(frozen=True)
class NoHouseAccount(Refused):
    """Nobody has said from which account payouts leave."""


@dataclass(frozen=True)
class NotHandedOver(Refused):
    """The file is given out once the batch is marked as on its way to the bank."""


def check_amount(amount: Money, *, terms: Terms, free: Money, owed: Money, taken_today: Money) -> None:
    """Refuse what a wallet may not pay out now. `free` is what is available, `owed` what its owner owes us.

    Raises PayoutTooSmall, NotEnoughToPayOut, PayoutDayLimitReached.
    """
    zero = Money.zero(amount.currency)
    least = max(terms.least, Money(1, amount.currency))
    if amount < least:
        raise PayoutTooSmall(least)
    payable = max(free - owed, zero)
    if amount > payable:
        raise NotEnoughToPayOut(payable=payable, owed=owed)
    if terms.most_a_day and taken_today + amount > terms.most_a_day:
        raise PayoutDayLimitReached(most=terms.most_a_day, left=max(terms.most_a_day - taken_today, zero))


def findings(amount: Money, seen: Circumstances, *, terms: Terms, now: datetime) -> tuple[Finding, ...]:
    """Everything that stands against sending this amount now; nothing when it may go on."""
    against = (
        (Finding.FROZEN, seen.facts.frozen),
        (Finding.CASE_OPEN, seen.facts.case_open),
        (Finding.DEBT, bool(seen.owed)),
        (Finding.DAY_LIMIT, bool(terms.most_a_day) and seen.taken_today + amount > terms.most_a_day),
        (Finding.WAITS, now < seen.usable_from),
        (Finding.BLOCKED, seen.blocked),
        (Finding.NAME, seen.name_matches is False),
        (Finding.SHARED, seen.shared),
        (Finding.IDENTITY, not seen.facts.identity_proved),
    )
    return tuple(finding for finding, stands in against if stands)


def approvals_needed(total: Money, terms: Terms) -> int:
    """One who approves beside the one who prepared; two when the batch is above the limit."""
    return 2 if terms.second_person_above and total > terms.second_person_above else 1


def digest_of(items: Iterable[Item]) -> str:
    """What a batch is: any other item, amount or account gives another digest (SHA-256, hexadecimal)."""
    lines = sorted(f"{each.payout}|{each.amount.minor}|{each.amount.currency}|{each.destination}" for each in items)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def total_of(items: Sequence[Item], currency: str) -> Money:
    """What the items come to."""
    return sum((each.amount for each in items), Money.zero(currency))
