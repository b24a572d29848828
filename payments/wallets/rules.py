"""How an amount is split: commission and tax of a job, the fee of a cancellation, what a cash job owes. Pure.

Half-even everywhere; the remainder is the specialist's. The preview and the act call these same functions
(payments.md §1.9). Rates are basis points: 1 500 is 15 %.
"""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from marketplace.foundation.errors import Refused
from marketplace.foundation.ids import derived
from marketplace.foundation.money import BASIS_POINTS, Money
from payments.ledger.rules import AccountName

Owner = Literal["customer", "specialist"]
Kind = Literal["job", "cancellation", "cash", "tip", "refund"]

TAX_CODE = "standard"


@dataclass(frozen=True, slots=True)
class Share:
    """What becomes of a job's price: gross = net + commission + tax, to the unit. Raises ValueError otherwise."""

    gross: Money
    commission: Money
    tax: Money
    net: Money

    def __post_init__(self) -> None:
        if self.net + self.commission + self.tax != self.gross:
            raise ValueError("net, commission and tax make up the price")
        if len({part.minor > 0 for part in (self.net, self.commission, self.tax) if part}) > 1:
            raise ValueError("the parts of a price have one sign")

    @classmethod
    def whole(cls, amount: Money) -> "Share":
        """Nothing is taken off: a tip, the specialist's part of a fee."""
        nothing = Money.zero(amount.currency)
        return cls(amount, nothing, nothing, amount)

    @property
    def negated(self) -> "Share":
        """The same, given back."""
        return Share(-self.gross, -self.commission, -self.tax, -self.net)


@dataclass(frozen=True, slots=True)
class Part:
    """What one of several people gets of a job's price."""

    specialist: UUID
    seat: int
    share: Share


@dataclass(frozen=True, slots=True)
class FeeShare:
    """What becomes of a fee: fee = specialist_share + house_share + tax, to the unit. Raises ValueError otherwise."""

    fee: Money
    specialist_share: Money
    house_share: Money
    tax: Money

    def __post_init__(self) -> None:
        if self.specialist_share + self.house_share + self.tax != self.fee:
            raise ValueError("the shares make up the fee")


def split(gross: Money, *, commission_basis_points: int, tax_basis_points: int) -> Share:
    """A job's price into commission, the tax on it, and the specialist's net, who bears the tax and has the remainder.

    11 500 at 15 % and 10 %: commission 1 725, tax 172 (172.5 to even), net 9 603 (payments.md §2.2 row 4).
    """
    commission = gross.percent(commission_basis_points)
    tax = commission.percent(tax_basis_points)
    return Share(gross, commission, tax, gross - commission - tax)


def split_fee(fee: Money, *, specialist_basis_points: int, tax_basis_points: int) -> FeeShare:
    """A fee into the specialist's share and the house's, whose part contains its tax.

    500 with 60 % to the specialist and 10 % tax: 300, 182 and 18 (payments.md §2.2 row 6).
    """
    share = fee.percent(specialist_basis_points)
    house = fee - share
    tax = tax_within(house, tax_basis_points)
    return FeeShare(fee, share, house - tax, tax)


def tax_within(amount: Money, basis_points: int) -> Money:
    """The tax inside an amount that contains it, half to even: 200 at 10 % holds 18."""
    whole = BASIS_POINTS + basis_points
    exact, rest = divmod(amount.minor * basis_points, whole)
    up = 2 * rest > whole or (2 * rest == whole and exact % 2 == 1)
    return Money(exact + int(up), amount.currency)


def split_refund(amount: Money, share: Share) -> Share:
    """A part of a job's price, given back by those who got it, in their proportion; the remainder is the specialist's.

    1 000 of 11 500: commission 150, tax 15, net 835 (payments.md §2.2 row 7).
    """
    if share.gross.is_zero or amount > share.gross:
        raise ValueError("no more is given back than was paid")
    taken_off = share.commission + share.tax
    house = _part(amount, taken_off, share.gross)
    commission = house if taken_off.is_zero else _part(house, share.commission, taken_off)
    return Share(amount, commission, house - commission, amount - house)


def split_next_refund(amount: Money, share: Share, *, before: Money) -> Share:
    """As `split_refund`, when `before` has gone back already: the parts of all refunds together stay in proportion,

    and a job given back whole, in whatever pieces, leaves nothing with anybody.
    """
    last, so_far = split_refund(before, share), split_refund(before + amount, share)
    return Share(amount, so_far.commission - last.commission, so_far.tax - last.tax, so_far.net - last.net)


def promotion_part(amount: Money, promotion: Money, gross: Money, *, before: Money) -> Money:
    """How much of what goes back is the house's, which had paid `promotion` of the price."""
    if promotion.is_zero:
        return promotion
    return _part(before + amount, promotion, gross) - _part(before, promotion, gross)


def _part(amount: Money, of: Money, whole: Money) -> Money:
    exact, rest = divmod(amount.minor * of.minor, whole.minor)
    up = 2 * rest > whole.minor or (2 * rest == whole.minor and exact % 2 == 1)
    return Money(exact + int(up), amount.currency)


@dataclass(frozen=True)
class GivenBackTooMuch(Refused):
    """No more goes back than was paid for the job, all refunds together."""

    left: Money


@dataclass(frozen=True)
class NothingPaid(Refused):
    """Nothing has been paid for this job, so nothing can go back."""


def cash_due(share: Share) -> Money:
    """What a specialist owes the house of a job paid in cash: commission and tax (payments.md §2.1)."""
    return share.commission + share.tax


def wallet_of(owner: UUID, owner_kind: Owner, currency: str) -> AccountName:
    """The name of a customer's or a specialist's wallet."""
    return AccountName("wallet", currency, owner_kind, owner)


def receivable_of(owner: UUID, owner_kind: Owner, currency: str) -> AccountName:
    """The name of the account of what a customer or a specialist owes."""
    return AccountName("receivable", currency, owner_kind, owner)


def clearing_of(gateway: str, currency: str) -> AccountName:
    """The name of the account of what a gateway owes us; it returns to zero with each settled batch."""
    return AccountName("clearing", currency, "gateway", derived("gateway", gateway))


def tax_of(currency: str, code: str = TAX_CODE) -> AccountName:
    """The name of the account of the tax that we owe, one for each rate code."""
    return AccountName("tax", currency, "tax", derived("tax", code))
