"""The words of the ledger: account names, legs, transfers, and every way in which the door says no. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal
from uuid import UUID

from marketplace.foundation.errors import Refused
from marketplace.foundation.money import Money

HOUSE = UUID(int=0)  # the owner of what belongs to the company itself

AccountKind = Literal[
    "wallet", "receivable", "clearing", "bank", "payouts_in_transit", "suspense", "commission", "fee_income", "tax",
    "gateway_fees", "promo", "goodwill", "labour", "rounding", "write_off", "opening",
]  # fmt: skip
OwnerKind = Literal["customer", "specialist", "unit", "gateway", "bank", "house", "tax"]
Purpose = Literal["job", "warranty", "commission", "refund", "payout", "dispute"]

TransferCode = Literal[
    "topup", "gateway_fee", "bank_deposit", "bank_suspense", "suspense_cleared", "hold", "release", "expire", "capture",
    "cancellation", "cash_commission", "unit_job", "piece_rate", "tip", "penalty", "refund_to_wallet", "refund_to_card",
    "goodwill", "debt_offset", "payout_sent", "payout_confirmed", "payout_returned", "chargeback",
    "chargeback_won", "reversal", "rounding", "write_off", "correction", "opening",
    "difference", "gateway_fee_back",
]  # fmt: skip
"""What each may touch is data: table `ledger.transfer_kind`, filled by after_ledger_kinds.sql."""


@dataclass(frozen=True, slots=True)
class AccountName:
    """Which account is meant: its kind, whose it is, and its currency. Opened once, found by this for ever."""

    kind: AccountKind
    currency: str
    owner_kind: OwnerKind = "house"
    owner: UUID = HOUSE


@dataclass(frozen=True, slots=True)
class Leg:
    """One side of a transfer: `amount` is added to `account` (an account's id), so what is taken is negative.

    `spill`: where the rest goes when the account cannot give, or hold, all of it; how much that is, the door decides
    under its locks. `keep`: so much of the account becomes held in the same transfer (`capture` only).
    """

    account: int
    amount: Money
    spill: int | None = None
    keep: Money | None = None


@dataclass(frozen=True, slots=True)
class Posting:
    """A transfer as asked for, for `actions.post_many`; the meaning of each field is that of `actions.post`."""

    key: UUID
    kind: TransferCode
    legs: tuple[Leg, ...]
    subject: UUID | None = None
    reason: str | None = None
    actor: UUID | None = None
    approver: UUID | None = None
    effective_at: datetime | None = None
    meta: Mapping[str, str] = field(default_factory=dict)
    closes: Purpose | None = None
    holds: tuple[UUID, ...] | None = None
    keeps_as: Purpose | None = None
    last: bool = True


@dataclass(frozen=True, slots=True)
class Posted:
    """What became of a request. `replayed`: it had been done before, and nothing changed now."""

    transfer: UUID
    replayed: bool


# What the door refuses -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class InsufficientFunds(Refused):
    """The account does not hold so much that is free."""

    available: Money
    needed: Money


@dataclass(frozen=True)
class DebtLimitReached(Refused):
    """A promise would take what is owed to us past its limit."""

    available: Money
    needed: Money


@dataclass(frozen=True)
class OverRepaid(Refused):
    """More would be paid back on a receivable than is owed."""

    available: Money
    needed: Money


@dataclass(frozen=True)
class HoldTooSmall(Refused):
    """A capture asks for more than was set aside."""

    available: Money
    needed: Money


@dataclass(frozen=True)
class KeyReused(Refused):
    """The key belongs to another transfer; `field` says in what the two differ."""

    field: str


@dataclass(frozen=True)
class HoldClosed(Refused):
    """What was set aside has been taken or given back already, or never was."""


@dataclass(frozen=True)
class AccountClosed(Refused):
    """An account of this transfer has been closed."""


@dataclass(frozen=True)
class CurrencyDiffers(Refused):
    """An account of this transfer is in another currency than the amount."""


@dataclass(frozen=True)
class PeriodLocked(Refused):
    """The books of that day have been signed."""


@dataclass(frozen=True)
class AlreadyReversed(Refused):
    """A transfer is reversed at most once."""


@dataclass(frozen=True)
class SecondPersonNeeded(Refused):
    """This kind of transfer needs a reason, and an approver who is not the one who asks."""


@dataclass(frozen=True)
class AccountNotEmpty(Refused):
    """An account with money in it, or held, or owed, cannot be closed."""


class Unbalanced(Exception):
    """The legs do not sum to zero, or there are too few: a mistake of ours, so a 500 and a report."""


class KindForbids(Exception):
    """The kind of transfer does not allow these legs or holds: a mistake of ours, so a 500 and a report."""


def one_currency(legs: Sequence[Leg]) -> str | None:
    """The currency of all legs; None without legs. Two of them in one transfer are a mistake of ours."""
    found = {leg.amount.currency for leg in legs} | {leg.keep.currency for leg in legs if leg.keep is not None}
    if len(found) > 1:
        raise Unbalanced(f"two currencies in one transfer: {sorted(found)}")
    return found.pop() if found else None
