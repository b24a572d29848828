"""The price and cancellation policies: data with a version, kept beside the job that was made under them.

`document` and `from_document` turn a cancellation policy into plain JSON values and back without loss, so that a job
stores the very policy its customer was shown and a later change of the policy touches later jobs only.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

import msgspec

from marketplace.foundation.money import Money

WHOLE = 10_000  # basis points of the whole


@dataclass(frozen=True, slots=True)
class DepositPolicy:
    """How much is set aside when the customer confirms.

    `basis_points` of the total, but `at_least` (when the total reaches it), and everything when the total is no more
    than `whole_up_to`. 10 000 basis points, the default, is the full price.
    """

    basis_points: int = WHOLE
    at_least: Money | None = None
    whole_up_to: Money | None = None


@dataclass(frozen=True, slots=True)
class PricePolicy:
    """Everything about a price that is not in the price book. Rates in basis points (1 500 = 15 %).

    `tax_basis_points` is the tax on the commission, contained in the price and borne by the specialist
    (payments.md §2.2). Surcharges and discounts of a window are cut off at `most_up` and `most_down`.
    """

    version: str
    commission_basis_points: int = 1_500
    tax_basis_points: int = 1_000
    deposit: DepositPolicy = DepositPolicy()
    valid_for: timedelta = timedelta(hours=24)
    most_up_basis_points: int = 2_500
    most_down_basis_points: int = 2_500


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


def usual(currency: str, *, version: str, visit: Money, late: Money) -> CancellationPolicy:
    """The policy a new marketplace starts with: free until three hours before, then `late`, then the way there.

    `late` is due from three hours before the start once somebody is assigned; `visit`, or more for a dear job, once
    that person has set out; a locked door costs the same as a visit.
    """
    if visit.currency != currency or late.currency != currency:
        raise ValueError("a policy speaks one currency")
    return CancellationPolicy(
        version=version,
        tiers=(
            Tier("late", Stage.ASSIGNED, timedelta(hours=3), Fee(at_least=late)),
            Tier("en_route", Stage.EN_ROUTE, None, Fee(basis_points=2_000, at_least=visit, at_most=visit * 3)),
            Tier("on_site", Stage.ON_SITE, None, Fee(basis_points=3_000, at_least=visit, at_most=visit * 4)),
        ),
        grace=timedelta(minutes=5),
        no_show=Fee(basis_points=3_000, at_least=visit, at_most=visit * 4),
        failed_visit=Fee(at_least=visit),
    )


def document(policy: CancellationPolicy) -> Mapping[str, object]:
    """The policy as plain JSON values, for the job to keep; `from_document` gives the same policy back."""
    plain: Mapping[str, object] = msgspec.to_builtins(policy)
    return plain


def from_document(stored: Mapping[str, object]) -> CancellationPolicy:
    """The policy that `document` wrote; msgspec.ValidationError for anything else."""
    return msgspec.convert(stored, CancellationPolicy)
