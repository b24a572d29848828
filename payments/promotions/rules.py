"""What a promotion takes off, and when it is refused. Pure; told the time."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from marketplace.foundation.errors import Refused
from marketplace.foundation.money import BASIS_POINTS, Money
from marketplace.foundation.scripts import ascii_digits

LONGEST_CODE = 20


class UseState(StrEnum):
    TAKEN = "taken"  # promised to a job
    SPENT = "spent"  # paid with it
    FREED = "freed"  # the job came to nothing


@dataclass(frozen=True, slots=True)
class Promotion:
    """A code. Either `amount` or `basis_points` of the price, the latter `at_most`; valid in [from, until)."""

    id: UUID
    code: str
    currency: str
    amount: Money | None
    basis_points: int | None
    at_most: Money | None
    valid_from: datetime
    valid_until: datetime
    uses_max: int
    uses: int
    ended_at: datetime | None


@dataclass(frozen=True)
class PromotionUnknown(Refused):
    """There is no such code."""


@dataclass(frozen=True)
class PromotionOver(Refused):
    """The code is not valid now."""


@dataclass(frozen=True)
class PromotionUsedUp(Refused):
    """The code has been used as often as it may be."""


@dataclass(frozen=True)
class PromotionUsedBefore(Refused):
    """This customer has used the code for another job."""


@dataclass(frozen=True)
class PromotionImpossible(Refused):
    """A code needs signs, something to take off, uses, and an end after its beginning."""


@dataclass(frozen=True)
class PromotionExists(Refused):
    """There is such a code already."""


def plain_code(text: str) -> str:
    """A code as it is stored: capital letters and digits, whatever was typed between them."""
    return "".join(each for each in ascii_digits(text).upper() if each.isascii() and each.isalnum())[:LONGEST_CODE]


def discount(promotion: Promotion, price: Money) -> Money:
    """What the house pays of this price: never all of it, so that a job always has a payer."""
    off = promotion.amount or price.percent(promotion.basis_points or 0)
    if promotion.at_most is not None:
        off = min(off, promotion.at_most)
    return max(min(off, price - Money(1, price.currency)), Money.zero(price.currency))


def spent_on(final: Money, promised: Money) -> Money:
    """How much of a promised discount the final price leaves room for."""
    return max(min(promised, final - Money(1, final.currency)), Money.zero(final.currency))


def check(promotion: Promotion, *, used: int, elsewhere: bool, currency: str, now: datetime) -> None:
    """Refuse PromotionOver, PromotionUsedUp, PromotionUsedBefore."""
    ended = promotion.ended_at is not None and promotion.ended_at <= now
    if ended or not promotion.valid_from <= now < promotion.valid_until or promotion.currency != currency:
        raise PromotionOver()
    if elsewhere:
        raise PromotionUsedBefore()
    if used >= promotion.uses_max:
        raise PromotionUsedUp()


def check_new(
    code: str, *, amount: Money | None, basis_points: int | None, uses_max: int, since: datetime, until: datetime
) -> None:
    """Refuse PromotionImpossible."""
    one_way = (amount is None) != (basis_points is None)
    sound = (amount is None or amount.minor > 0) and (basis_points is None or 0 < basis_points < BASIS_POINTS)
    if not (len(code) >= 3 and one_way and sound and uses_max > 0 and since < until):
        raise PromotionImpossible()
