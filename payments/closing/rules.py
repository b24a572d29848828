"""When a day may be signed, by which names its movements are summed up, and what is refused. Pure."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import StrEnum
from typing import Final
from uuid import UUID

from marketplace.foundation.errors import Refused
from marketplace.foundation.money import Money

KINDS: Final = ("bank", "clearing", "suspense", "payouts_in_transit")
"""The accounts that are signed one by one; all others together, as `EVERY`, after these."""
EVERY: Final = "every"
OURS_BELOW_ZERO: Final = frozenset({"bank", "clearing"})
"""Accounts of what we own: the ledger has it below zero, people above."""


class Why(StrEnum):
    """Why a signed day is opened again. Words of a closed list: no free text stands in the books."""

    LATE_LINE = "late_line"
    WRONG_POSTING = "wrong_posting"
    WRONG_STATEMENT = "wrong_statement"
    AUDITOR = "auditor"


class What(StrEnum):
    """Under which name a movement stands in a day's totals."""

    CREDITED = "credited"
    FEES = "fees"
    REFUNDS = "refunds"
    CHARGEBACKS = "chargebacks"
    DEPOSITS = "deposits"
    PAYOUTS = "payouts"
    STATED = "stated"
    EXPLAINED = "explained"
    WRITTEN_OFF = "written_off"
    OTHER = "other"


MOVEMENTS: Final[Mapping[str, What]] = {
    "topup": What.CREDITED, "gateway_fee": What.FEES, "gateway_fee_back": What.FEES, "refund_to_card": What.REFUNDS,
    "chargeback": What.CHARGEBACKS, "chargeback_won": What.CHARGEBACKS, "bank_deposit": What.DEPOSITS,
    "payout_sent": What.PAYOUTS, "payout_confirmed": What.PAYOUTS, "payout_returned": What.PAYOUTS,
    "bank_suspense": What.STATED, "suspense_cleared": What.EXPLAINED,
    "difference": What.WRITTEN_OFF, "write_off": What.WRITTEN_OFF,
}  # fmt: skip


OF_GATEWAYS: Final[Mapping[str, What]] = {"suspense_cleared": What.DEPOSITS}
"""A line of the bank that found its batch is, for the gateway, the deposit."""


class End(StrEnum):
    """How an act of signing ended that did not stay signed."""

    GIVEN_UP = "given_up"
    REOPENED = "reopened"


class Outcome(StrEnum):
    """What became of a signature that was asked for: it waits for writers, stands, or was given up."""

    WAITS = "waits"
    SIGNED = "signed"
    ENDED = "ended"


@dataclass(frozen=True)
class SignOffNotFound(Refused):
    """There is no such signature, or no such account."""


@dataclass(frozen=True)
class DayNotOver(Refused):
    """A day can be signed when it is over."""

    day: date


@dataclass(frozen=True)
class DaySigned(Refused):
    """This day of the account is signed, or somebody is signing it."""

    day: date


@dataclass(frozen=True)
class OwnerMissing(Refused):
    """Exceptions of the day belong to nobody."""

    count: int


@dataclass(frozen=True)
class NotLookedAt(Refused):
    """Lines of the day have neither a partner nor an exception."""

    count: int


@dataclass(frozen=True)
class BankSilent(Refused):
    """No statement and no person says what the bank account held at the end of the day."""

    day: date


@dataclass(frozen=True)
class BankDiffers(Refused):
    """The bank says something else than the books, of the end of a day."""

    day: date
    bank: Money
    books: Money


@dataclass(frozen=True)
class SaidOtherwise(Refused):
    """Of this day the bank has said another balance already."""

    day: date
    bank: Money


@dataclass(frozen=True)
class SignTheOthersFirst(Refused):
    """All books of a day are signed after its bank accounts, gateways and accounts in between."""

    count: int


@dataclass(frozen=True)
class NotSigned(Refused):
    """Only what is signed can be opened again."""


@dataclass(frozen=True)
class LaterSigned(Refused):
    """A later day of the account, or all books of the day, are signed: they are opened first."""

    day: date


@dataclass(frozen=True)
class SignerAlone(Refused):
    """Whoever signed a day does not open it again; another person does."""


@dataclass(frozen=True, slots=True)
class Total:
    """What one kind of movement came to, with the ledger's sign, and how many there were."""

    what: What
    minor: int
    count: int


@dataclass(frozen=True, slots=True)
class Carried:
    """An exception that was open when the day was signed."""

    exception: UUID
    kind: str
    owner: UUID
    value: Money
    opened_at: datetime


def end_of(day: date, zone: tzinfo) -> datetime:
    """The last moment of a day where the house stands."""
    after = datetime.combine(day + timedelta(days=1), time(), zone)
    return after.astimezone(UTC) - timedelta(microseconds=1)


def day_of(moment: datetime, zone: tzinfo) -> date:
    """The day that a moment belongs to where the house stands."""
    return moment.astimezone(zone).date()


def check_day(day: date, zone: tzinfo, now: datetime) -> datetime:
    """The last moment of the day. Refuses DayNotOver."""
    through = end_of(day, zone)
    if through >= now:
        raise DayNotOver(day)
    return through


def check_lines(*, ownerless: int, unseen: int) -> None:
    """Refuses OwnerMissing, NotLookedAt."""
    if unseen:
        raise NotLookedAt(unseen)
    if ownerless:
        raise OwnerMissing(ownerless)


def check_bank(day: date, *, bank: Money | None, books: Money) -> None:
    """Both with the sign that people use. Refuses BankSilent, BankDiffers."""
    if bank is None:
        raise BankSilent(day)
    if bank != books:
        raise BankDiffers(day, bank=bank, books=books)


def check_reopening(*, signer: UUID, by: UUID) -> None:
    """Refuses SignerAlone."""
    if signer == by:
        raise SignerAlone


def totals_of(account: str, moved: Iterable[tuple[str, int, int]]) -> tuple[Total, ...]:
    """Sums of transfer kinds, as (kind, minor, count), under the names of a day's totals; in the order of `What`.

    `account`: the kind of the account.
    """
    names = {**MOVEMENTS, **OF_GATEWAYS} if account == "clearing" else MOVEMENTS
    found: dict[What, tuple[int, int]] = {}
    for kind, minor, count in moved:
        what = names.get(kind, What.OTHER)
        before = found.get(what, (0, 0))
        found[what] = (before[0] + minor, before[1] + count)
    return tuple(Total(what, *found[what]) for what in What if what in found)


def digest_of(head: Sequence[object], totals: Iterable[Total], carried: Iterable[Carried], matched: bytes) -> bytes:
    """One hash over all that a signature says: anybody can compute it again from the rows that are kept."""
    lines = ["|".join(str(each) for each in head)]
    lines += [f"{total.what}|{total.minor}|{total.count}" for total in totals]
    lines += [
        f"{each.exception}|{each.kind}|{each.owner}|{each.value.minor}|{each.value.currency}"
        for each in sorted(carried, key=lambda each: each.exception)
    ]
    return hashlib.sha256("\n".join([*lines, matched.hex()]).encode()).digest()
