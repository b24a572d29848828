"""The terms a job is made under: the organization's settings as price and cancellation policies, kept with the job.

What was shown is what holds: a job stores its quote, and the policies it was made under, in `quote`; a setting changed
tomorrow touches the jobs of tomorrow (E.8-11).
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec

from booking.jobs.rules import Standing
from booking.jobs.words import Method, State
from booking.pricing import cancelling
from booking.pricing.cancelling import Split
from booking.pricing.estimating import AGREED
from booking.pricing.policy import CancellationPolicy, DepositPolicy, Fee, PricePolicy, Stage, Tier
from booking.pricing.rules import Pay, Quote
from booking.pricing.rules import net_pay as share_of
from marketplace.catalogue.rules import Seat
from marketplace.foundation.money import Money
from marketplace.organizations.rules import OUTCOMES, STAGES, CancellationTier
from payments.rates.rules import CommissionRule, TaxRate

CUSTOMERS_OWN = frozenset({"access", "safety"})  # delays whose owner is the customer (E.1)
_STAGE_OF = {State.ASSIGNED: Stage.ASSIGNED, State.EN_ROUTE: Stage.EN_ROUTE, State.ON_SITE: Stage.ON_SITE}


@dataclass(frozen=True, slots=True)
class Terms:
    """What a job costs and by which rules; stored as one document in the job's `quote`."""

    quote: Quote
    price: PricePolicy
    cancellation: CancellationPolicy
    crew: tuple[Seat, ...] = ()  # of work that takes several people

    @property
    def is_agreed(self) -> bool:
        """Whether it was agreed after an estimate, or is nothing under warranty: no answer and no window moves it."""
        return self.quote.book_version == AGREED


def price_policy(
    settings: Mapping[str, int], *, commission: CommissionRule | None = None, tax: TaxRate | None = None
) -> PricePolicy:
    """The organization's rates, or the published rule and rate where there are any; the version names their content."""
    used: dict[str, int] = {name: settings[name] for name in sorted(settings) if name.endswith("basis_points")}
    if tax is not None:
        used["tax_basis_points"] = tax.basis_points
    if commission is not None:
        used["commission_rule"] = commission.number
    return PricePolicy(
        version=_version(used),
        commission_basis_points=settings["commission_basis_points"],
        tax_basis_points=used["tax_basis_points"],
        commission=commission,
        deposit=DepositPolicy(settings["deposit_basis_points"]),
        valid_for=timedelta(hours=settings["quote_expiry_hours"]),
        most_up_basis_points=settings["surcharge_basis_points_max"],
        most_down_basis_points=settings["discount_basis_points_max"],
    )


def cancellation_policy(
    tiers: Sequence[CancellationTier], settings: Mapping[str, int], *, currency: str
) -> CancellationPolicy:
    """The organization's published tiers, as pricing reads them."""
    share, tax = settings["cancellation_specialist_basis_points"], settings["tax_basis_points"]
    grace = settings["cancellation_grace_minutes"]
    plain = [msgspec.to_builtins(tier) for tier in tiers]
    outcomes = {tier.stage: _fee(tier, currency) for tier in tiers if tier.stage in OUTCOMES}
    return CancellationPolicy(
        version=_version({"tiers": plain, "share": share, "tax": tax, "grace": grace}),
        tiers=tuple(_tier(tier, currency) for tier in tiers if tier.stage in STAGES),
        grace=timedelta(minutes=grace),
        no_show=outcomes.get("no_show", Fee()),
        failed_visit=outcomes.get("failed_visit", Fee()),
        specialist_basis_points=share,
        tax_basis_points=tax,
    )


def document(terms: Terms) -> dict[str, object]:
    plain: dict[str, object] = msgspec.to_builtins(terms)
    return plain


def from_document(stored: Mapping[str, object]) -> Terms:
    return msgspec.convert(stored, Terms)


def net_pay(terms: Terms, final: Money) -> Pay:
    """What each gets of the final amount: the split that the offer showed and the capture posts."""
    return share_of(final, terms.price)


def percents(terms: Terms) -> tuple[int, ...]:
    """How the pay is shared, seat by seat; all of it is the one person's where there is no crew."""
    return tuple(seat.percent for seat in terms.crew) or (100,)


def shared(terms: Terms, pay: Pay) -> tuple[Pay, ...]:
    """What each seat gets of it, the lead's first: every part by itself in proportion, to the unit."""
    weights = percents(terms)
    parts = zip(pay.commission.share(weights), pay.tax.share(weights), pay.net.share(weights), strict=True)
    return tuple(Pay(commission + tax + net, commission, tax, net) for commission, tax, net in parts)


def on_cancelling(job: Standing, terms: Terms, *, now: datetime) -> Split:
    """What the customer who calls off now loses and gets back: the preview and the act both ask this (E.4 #28).

    Cash jobs and unfunded ones hold nothing, so nothing is charged. A delayed job counts as where it was delayed; one
    that we delayed costs nothing, for the promise was not kept.
    """
    held = held_money(job, terms)
    if job.window is None or job.committed_start is None or _promise_was_broken(job):
        return cancelling.on_our_side(held, policy=terms.cancellation)
    stage = _STAGE_OF.get(job.stage, Stage.UNASSIGNED)
    return cancelling.on_cancelling(
        held,
        starts_at=job.committed_start,
        assigned=stage is not Stage.UNASSIGNED,
        en_route=stage in (Stage.EN_ROUTE, Stage.ON_SITE),
        on_site=stage is Stage.ON_SITE,
        now=now,
        policy=terms.cancellation,
        price=job.price,
        booked_at=job.booked_at,
    )


def on_no_show(job: Standing, terms: Terms) -> Split:
    """What is kept when nobody opened (E.4 #31)."""
    return cancelling.on_no_show(held_money(job, terms), policy=terms.cancellation, price=job.price)


def on_failing(job: Standing, terms: Terms) -> Split:
    """What is kept when somebody came and the work turned out impossible (E.4 #34)."""
    return cancelling.on_failing(held_money(job, terms), policy=terms.cancellation, price=job.price)


def held_money(job: Standing, terms: Terms) -> Money:
    """What the customer has set aside, approved changes with it; nothing for cash or before funding."""
    if job.funded and job.method is Method.WALLET:
        return deposit(terms, job.promotion) + ((job.price or terms.quote.total) - terms.quote.total)
    return Money.zero(terms.quote.total.currency)


def deposit(terms: Terms, promotion: Money | None) -> Money:
    """What is set aside on confirming: the agreed part of the price, less what the house pays of it."""
    whole = terms.quote.deposit
    return whole if promotion is None else max(whole - promotion, Money.zero(whole.currency))


def _promise_was_broken(job: Standing) -> bool:
    return job.state is State.DELAYED and job.delay_reason not in CUSTOMERS_OWN


def _tier(tier: CancellationTier, currency: str) -> Tier:
    within = None if tier.minutes_before_start is None else timedelta(minutes=tier.minutes_before_start)
    return Tier(tier.code, Stage(tier.stage), within, _fee(tier, currency))


def _fee(tier: CancellationTier, currency: str) -> Fee:
    at_most = None if tier.fee_at_most is None else Money(tier.fee_at_most, currency)
    return Fee(tier.fee_basis_points, Money(tier.fee_at_least, currency), at_most)


def _version(content: object) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:12]
