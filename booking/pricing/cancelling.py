"""What calling off a job costs, and who gets it. The preview and the act call the same function with the same policy.

`held` is what the customer has set aside for the job (or already paid for it). A fee is never more than that: what
was not set aside is not charged afterwards (payments.md §4).
"""

from dataclasses import dataclass
from datetime import datetime

from booking.pricing.policy import STAGES, CancellationPolicy, Fee, Stage, Tier
from marketplace.foundation.money import Money
from payments.wallets.rules import split_fee


@dataclass(frozen=True, slots=True)
class Split:
    """fee + back = what was held; specialist_share + house_share + tax = fee, to the unit.

    `reason` names the rule that decided: the code of a tier, `grace`, `free`, `no_show`, `failed_visit` or `ours`.
    """

    fee: Money
    back: Money
    specialist_share: Money
    house_share: Money
    tax: Money
    reason: str


@dataclass(frozen=True, slots=True)
class FeeStep:
    """A row of the table "if you cancel now / after acceptance / within two hours"."""

    stage: Stage
    from_at: datetime | None
    split: Split


def on_cancelling(
    held: Money,
    *,
    starts_at: datetime,
    assigned: bool,
    en_route: bool,
    now: datetime,
    policy: CancellationPolicy,
    on_site: bool = False,
    price: Money | None = None,
    booked_at: datetime | None = None,
) -> Split:
    """What the customer who calls off now loses and gets back (lifecycle.md E.4 #28).

    `starts_at` is the first time that was promised: a visit moved away to dodge the fee keeps its clock (#15).
    `price` is what rates are taken of, `held` where it is not known. Never cheaper later, nor at a later stage.
    """
    stage = _stage(assigned=assigned, en_route=en_route, on_site=on_site)
    if booked_at is not None and now - booked_at <= policy.grace and stage in (Stage.UNASSIGNED, Stage.ASSIGNED):
        return _split(held, Money.zero(held.currency), policy, assigned=assigned, reason="grace")
    due, reason = Money.zero(held.currency), "free"
    for tier in policy.tiers:
        fee = _amount(tier.fee, price or held)
        if _applies(tier, stage, starts_at=starts_at, now=now) and fee > due:
            due, reason = fee, tier.code
    return _split(held, due, policy, assigned=stage is not Stage.UNASSIGNED, reason=reason)


def on_no_show(held: Money, *, policy: CancellationPolicy, price: Money | None = None) -> Split:
    """What is kept when nobody opened and the wait was proven (lifecycle.md E.4 #31)."""
    return _split(held, _amount(policy.no_show, price or held), policy, assigned=True, reason="no_show")


def on_failing(held: Money, *, policy: CancellationPolicy, price: Money | None = None) -> Split:
    """What is kept when somebody came and the work could not be done (lifecycle.md E.4 #34)."""
    return _split(held, _amount(policy.failed_visit, price or held), policy, assigned=True, reason="failed_visit")


def on_our_side(held: Money, *, policy: CancellationPolicy) -> Split:
    """Everything goes back: nobody was found, the specialist gave up, or we called off (#29, #30, #33)."""
    return _split(held, Money.zero(held.currency), policy, assigned=False, reason="ours")


def fee_table(
    held: Money, *, starts_at: datetime, now: datetime, policy: CancellationPolicy, price: Money | None = None
) -> tuple[FeeStep, ...]:
    """The whole rule as the customer reads it before booking: each step that changes the fee, in order.

    The first step is the present moment with nobody assigned; `from_at` is None for a step that begins with an event
    (somebody accepts, sets out, arrives) and not at a time.
    """
    moments = sorted(
        {starts_at - t.within for t in policy.tiers if t.within is not None and starts_at - t.within > now}
    )
    steps: list[FeeStep] = []
    for stage in STAGES:
        for at in (None, *moments):
            split = on_cancelling(
                held,
                starts_at=starts_at,
                assigned=stage is not Stage.UNASSIGNED,
                en_route=stage in (Stage.EN_ROUTE, Stage.ON_SITE),
                on_site=stage is Stage.ON_SITE,
                now=at or now,
                policy=policy,
                price=price,
            )
            if not steps or split.fee != steps[-1].split.fee:
                steps.append(FeeStep(stage, at, split))
    return tuple(steps)


def _stage(*, assigned: bool, en_route: bool, on_site: bool) -> Stage:
    if on_site:
        return Stage.ON_SITE
    if en_route:
        return Stage.EN_ROUTE
    return Stage.ASSIGNED if assigned else Stage.UNASSIGNED


def _applies(tier: Tier, stage: Stage, *, starts_at: datetime, now: datetime) -> bool:
    if STAGES.index(stage) < STAGES.index(tier.stage):
        return False
    return tier.within is None or starts_at - now <= tier.within


def _amount(fee: Fee, price: Money) -> Money:
    due = price.percent(fee.basis_points)
    if fee.at_least is not None:
        due = max(due, fee.at_least)
    return due if fee.at_most is None else min(due, fee.at_most)


def _split(held: Money, due: Money, policy: CancellationPolicy, *, assigned: bool, reason: str) -> Split:
    fee = min(due, held)
    share = split_fee(
        fee,
        specialist_basis_points=policy.specialist_basis_points if assigned else 0,
        tax_basis_points=policy.tax_basis_points,
    )
    return Split(fee, held - fee, share.specialist_share, share.house_share, share.tax, reason)
