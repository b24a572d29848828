"""What can be wrong with a line, how urgent that is, what a contract lets a gateway keep, and which parts make a sum.

Pure. Amounts are minor units.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum

from marketplace.foundation.errors import Refused
from marketplace.foundation.money import Money


class Kind(StrEnum):
    """What is the matter with a line, an attempt or a batch (payments.md §8.3, pass 6)."""

    PAID_NOT_CREDITED = "paid_not_credited"  # the report has it, no wallet has
    CREDITED_NOT_PAID = "credited_not_paid"  # a wallet has it, the report of its day has not
    AMOUNT = "amount"  # the right reference with another amount or currency
    DUPLICATE = "duplicate"  # the same payment, or the same deposit, once more
    LATE = "late"  # credited, and its report is overdue
    UNKNOWN_FEE = "unknown_fee"  # a fee that no contract explains
    REVERSED = "reversed"  # taken or given back, and our books know of no such case
    MISSING_BATCH = "missing_batch"  # a batch without its deposit, or a deposit without its batch
    FOREIGN = "foreign"  # names nothing of ours


class How(StrEnum):
    """The rules of matching by their names."""

    TRANSACTION = "exact_transaction"  # 1: the gateway's transaction number, amount, currency
    TRACKING = "exact_tracking"  # 1: the bank's tracking number, where one attempt of those days has it
    ORDER = "exact_order"  # 1: our own order number
    REFUND = "exact_refund"  # 1: a refund of the payment that the line names
    CHARGEBACK = "exact_chargeback"  # 1: a case of the payment that the line names
    UNDONE = "undone"  # 1: a payment and its reversal, neither of which was credited
    PAYOUT = "exact_payout"  # 1: a payout by its reference on the bank's statement
    AMOUNT_AND_DATE = "amount_and_date"  # 3
    BATCH_NET = "batch_net"  # 4: the batch that the deposit names, to the unit
    BATCH_BY_DAY = "batch_by_day"  # 5: a deposit that names none
    PARTS = "parts"  # 5: parts that make the whole, inside one reference or batch
    BY_HAND = "by_hand"  # 0


CONFIRMING = frozenset(
    {How.TRANSACTION, How.TRACKING, How.ORDER, How.REFUND, How.CHARGEBACK, How.UNDONE, How.PAYOUT, How.BATCH_NET}
)


class Proposal(StrEnum):
    """Where a suggestion stands."""

    OPEN = "open"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    STALE = "stale"  # one of its things found another partner


class Why(StrEnum):
    """Why something is suggested."""

    SAME_AMOUNT_NEAR_DAY = "same_amount_near_day"
    PARTS_OF_ONE_PAYMENT = "parts_of_one_payment"
    SEVERAL_PAYMENTS_IN_ONE = "several_payments_in_one"
    PARTS_OF_ONE_BATCH = "parts_of_one_batch"
    SEVERAL_BATCHES_IN_ONE = "several_batches_in_one"
    SAME_NET_NEAR_DAY = "same_net_near_day"


class What(StrEnum):
    """What a line of an exception's history says."""

    CHANGED = "changed"
    CLOSED = "closed"
    OPENED_AGAIN = "opened_again"
    ASSIGNED = "assigned"
    NOTED = "noted"
    ASKED_GATEWAY = "asked_gateway"
    PROPOSED = "proposed"
    WITHDRAWN = "withdrawn"
    SOLVED = "solved"
    UNMATCHED = "unmatched"
    ATTACHED = "attached"
    DETACHED = "detached"


class Solution(StrEnum):
    """How money that hangs on an exception is moved."""

    CREDIT = "credit"  # to the wallet of whoever paid
    RETURN = "return"  # set apart until the gateway, or the bank, has given it back to the payer
    WRITE_OFF = "write_off"  # the house takes the loss, or keeps what nobody claims
    ACCEPT = "accept"  # nothing moves: the difference is as it should be


@dataclass(frozen=True)
class ExceptionNotFound(Refused):
    """No such exception."""


@dataclass(frozen=True)
class ExceptionClosed(Refused):
    """It has been settled already."""


@dataclass(frozen=True)
class NotOfFinance(Refused):
    """An exception is given to somebody who works for finance, and to nobody else."""


@dataclass(frozen=True)
class CannotBeSolvedSo(Refused):
    """This is no way out of an exception of this kind."""


@dataclass(frozen=True)
class SolutionWaits(Refused):
    """Somebody has proposed a way out, and a second person has to agree or to refuse first."""


@dataclass(frozen=True)
class NothingProposed(Refused):
    """No proposal waits for a second person here."""


@dataclass(frozen=True)
class SuggestionOver(Refused):
    """The suggestion was decided, or one of its lines has found another partner meanwhile."""


@dataclass(frozen=True)
class SuggestionNotFound(Refused):
    """No such suggestion."""


@dataclass(frozen=True)
class Uneven(Refused):
    """Two sides that do not come to the same are not matched."""

    ours: Money
    theirs: Money


@dataclass(frozen=True)
class NotMatchedAlone(Refused):
    """A match names at least one open line, and something of ours, in one currency."""


@dataclass(frozen=True)
class MatchNotFound(Refused):
    """No such match, or it was undone before."""


@dataclass(frozen=True)
class ReasonMissing(Refused):
    """Whoever undoes a match or moves money says why."""


@dataclass(frozen=True)
class RuleNotAllowed(Refused):
    """A rule outside its limits, or one that would confirm by itself what only a person may."""


@dataclass(frozen=True)
class TermsImpossible(Refused):
    """Terms that begin on a day that has terms, or with figures out of range."""


BUCKETS = ((1, "0-1"), (3, "2-3"), (7, "4-7"), (30, "8-30"))
OLDEST = "over 30"
MILLION = 1_000_000
MOST_ITEMS = 20


def age_bucket(opened_at: datetime, now: datetime) -> str:
    """How old an exception is, in days, as finance groups them (payments.md §8.4)."""
    days = (now - opened_at) // timedelta(days=1)
    return next((name for most, name in BUCKETS if days <= most), OLDEST)


def urgency(value: Money, opened_at: datetime, now: datetime) -> int:
    """Money × age, to sort by: minor units times the days of the calendar (of UTC) that it has been open on."""
    return abs(value.minor) * max((now.astimezone(UTC).date() - opened_at.astimezone(UTC).date()).days + 1, 1)


def contract_fee(gross: int, parts_per_million: int, fixed: int) -> int:
    """What a contract lets a gateway keep of a payment: its share, half to even, and the fixed amount on top."""
    whole, rest = divmod(abs(gross) * parts_per_million, MILLION)
    if rest * 2 > MILLION or (rest * 2 == MILLION and whole % 2):
        whole += 1
    return whole + fixed


def parts_of(target: int, amounts: Sequence[int]) -> tuple[int, ...] | None:
    """The places of the one choice of amounts that makes the target; None when there is none, or more than one.

    Looks at no more than twenty amounts: both halves are summed up on their own, so that it takes thousands of steps
    and not a million.
    """
    if not amounts or len(amounts) > MOST_ITEMS:
        return None
    half = len(amounts) // 2
    right = _sums(amounts[half:])
    found: int | None = None
    for total, chosen in ((total, each) for total, many in _sums(amounts[:half]).items() for each in many):
        for other in right.get(target - total, ()):
            mask = chosen | other << half
            if mask == 0:
                continue
            if found is not None:
                return None
            found = mask
    return None if found is None else tuple(place for place in range(len(amounts)) if found >> place & 1)


def _sums(amounts: Sequence[int]) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {0: [0]}
    for place, amount in enumerate(amounts):
        for total, many in [(total, tuple(masks)) for total, masks in found.items()]:
            found.setdefault(total + amount, []).extend([mask | 1 << place for mask in many])
    return found


def noon(day: date) -> datetime:
    """The moment of a bank's day at which its lines count in the books, wherever the reader's midnight is."""
    return datetime.combine(day, time(12), UTC)
