"""The price and cancellation policies: data with a version, kept beside the job that was made under them.

A job stores the very policies its customer was shown (msgspec turns them into JSON and back without loss), so a later
change of a policy touches later jobs only.
"""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from marketplace.foundation.money import BASIS_POINTS, Money
from payments.rates.rules import CommissionRule
from payments.wallets.rules import TAX_CODE


@dataclass(frozen=True, slots=True)
class DepositPolicy:
    """How much is set aside when the customer confirms.

    `basis_points` of the total, but `at_least` (when the total reaches it), and everything when the total is no more
    than `whole_up_to`. 10 000 basis points, the default, is the full price.
    """

    basis_points: int = BASIS_POINTS
    at_least: Money | None = None
    whole_up_to: Money | None = None


@dataclass(frozen=True, slots=True)
class PricePolicy:
    """Everything about a price that is not in the price book. Rates in basis points (1 500 = 15 %).

    `tax_basis_points` is the tax on the commission, contained in the price and borne by the specialist
    (payments.md §2.2). Where `commission` is there, it takes the place of `commission_basis_points`. Surcharges and
    discounts of a window are cut off at `most_up` and `most_down`.
    """

    version: str
    commission_basis_points: int = 1_500
    tax_basis_points: int = 1_000
    deposit: DepositPolicy = DepositPolicy()
    valid_for: timedelta = timedelta(hours=24)
    most_up_basis_points: int = 2_500
    most_down_basis_points: int = 2_500
    commission: CommissionRule | None = None
    tax_code: str = TAX_CODE


class Stage(StrEnum):
    """How far a job has come when it is called off; each stage includes those before it."""

    UNASSIGNED = "unassigned"
    ASSIGNED = "assigned"
    EN_ROUTE = "en_route"
    ON_SITE = "on_site"


STAGES = tuple(Stage)


@dataclass(frozen=True, slots=True)
class Fee:
    """A part of the price, but no less than `at_least` and no more than `at_most`; never more than what is held."""

    basis_points: int = 0
    at_least: Money | None = None
    at_most: Money | None = None


@dataclass(frozen=True, slots=True)
class Tier:
    """A fee that is due from `stage` on, once the visit is no more than `within` away (None: however far away)."""

    code: str
    stage: Stage
    within: timedelta | None
    fee: Fee


@dataclass(frozen=True, slots=True)
class CancellationPolicy:
    """What calling off costs. Of all tiers that apply the dearest counts, so waiting never makes it cheaper.

    Nothing is due before somebody is assigned, unless a tier says so, and nothing in the first `grace` after booking
    as long as nobody has set out. `specialist_basis_points` of each fee go to the specialist; the rest is the
    house's, with `tax_basis_points` contained in it (payments.md §2.2 row 6).
    """

    version: str
    tiers: tuple[Tier, ...]
    grace: timedelta
    no_show: Fee
    failed_visit: Fee
    specialist_basis_points: int = 6_000
    tax_basis_points: int = 1_000
