"""How far a refund has come, who may let it go on, and when a gateway is asked again. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from marketplace.foundation.errors import Refused
from marketplace.foundation.money import Money
from payments.gateways.protocol import RefundKey, Verdict
from payments.gateways.rules import Outcome


class RefundState(StrEnum):
    ASKED = "asked"  # waits for a second person
    RESERVED = "reserved"  # set aside; the gateway is being asked
    UNKNOWN = "unknown"  # set aside; no clear answer
    DONE = "done"
    REFUSED = "refused"  # the gateway said no; free again
    WITHDRAWN = "withdrawn"


class RefundReason(StrEnum):
    CUSTOMER_WISH = "customer_wish"
    PAID_TWICE = "paid_twice"
    MISTAKE = "mistake"
    ACCOUNT_CLOSING = "account_closing"
    OTHER = "other"


IN_FLIGHT = frozenset({RefundState.RESERVED, RefundState.UNKNOWN})
COUNTS = frozenset({RefundState.ASKED, RefundState.RESERVED, RefundState.UNKNOWN, RefundState.DONE})
SCHEDULE = (timedelta(minutes=1), timedelta(minutes=3), timedelta(minutes=10), timedelta(minutes=30))
THEN_EVERY, GIVE_UP_AFTER = timedelta(hours=1), timedelta(hours=24)


@dataclass(frozen=True)
class RefundNotFound(Refused):
    """No such refund."""


@dataclass(frozen=True)
class NotToBeRefunded(Refused):
    """Only a top-up that was paid, and is not with the payer's bank, goes back."""


@dataclass(frozen=True)
class RefundTooMuch(Refused):
    """No more goes back than the top-up brought, all refunds together."""

    left: Money


@dataclass(frozen=True)
class OnlyWhole(Refused):
    """This gateway gives a payment back whole or not at all."""

    whole: Money


@dataclass(frozen=True)
class RefundTooLate(Refused):
    """This gateway gave a payment back until `until`, and gives none back any more."""

    until: datetime


@dataclass(frozen=True)
class RefundDiffers(Refused):
    """This form was sent before with another amount."""

    amount: Money


@dataclass(frozen=True)
class RefundMoved(Refused):
    """The refund does not stand where this could happen to it."""

    state: str


def check_amount(amount: Money, *, whole: Money, taken: Money, partial: bool) -> None:
    """Refuse RefundTooMuch, OnlyWhole. `taken`: what refunds of this top-up have taken or wait to take."""
    left = whole - taken
    if amount.minor <= 0 or amount > left:
        raise RefundTooMuch(left)
    if not partial and amount != whole:
        raise OnlyWhole(whole)


def check_time(paid_at: datetime | None, *, within: timedelta | None, now: datetime) -> None:
    """Refuse RefundTooLate."""
    if paid_at is not None and within is not None and now >= paid_at + within:
        raise RefundTooLate(paid_at + within)


def may_send(key: RefundKey, *, tries: int, answered: bool, reference: str | None) -> bool:
    """Whether asking the gateway cannot send the money twice.

    The first time; where a repeat is the same refund; where the refund has a number to be asked about; and where the
    adapter asks before it sends and has said so (`answered`: it answered before that asking again is harmless).
    """
    if tries == 0 or key is RefundKey.NATIVE or reference is not None:
        return True
    return key is RefundKey.QUERY_FIRST and answered


def outcome_of(verdict: Verdict, amount: Money) -> RefundState:
    """What a gateway's answer means for a refund. Another amount than ours is no clear answer."""
    if verdict.outcome in {Outcome.REFUNDED, Outcome.REVERSED}:
        return RefundState.DONE if verdict.amount in (None, amount) else RefundState.UNKNOWN
    return RefundState.REFUSED if verdict.outcome is Outcome.FAILED and verdict.final else RefundState.UNKNOWN


def next_try(asked_at: datetime, *, tries: int, now: datetime) -> datetime | None:
    """When an unknown outcome is asked about next: 1, 3, 10, 30 minutes after, then hourly for a day, then never."""
    if now >= asked_at + GIVE_UP_AFTER:
        return None
    return now + (SCHEDULE[tries - 1] if 0 < tries <= len(SCHEDULE) else THEN_EVERY)
