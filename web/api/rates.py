"""Finance: the commission's rule that counts, every version, and what a rule would have made of past jobs."""

from datetime import datetime, timedelta
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import JSONBody
from sqlalchemy.orm import Session

from marketplace.foundation import audit, clock
from marketplace.foundation.database import transaction
from marketplace.foundation.repeats import Answer
from payments.rates import actions, queries
from payments.rates.actions import MOST_TAX
from payments.rates.rules import CommissionLine, CommissionRule, TaxRate, check_rule, digest
from payments.wallets.rules import TAX_CODE
from web.api.amounts import Amount, In, Out, amount
from web.api.commands import carry_out, done
from web.home import home
from web.identity import Req

WEEKS = 8


class RuleLine(In, frozen=True, kw_only=True):
    """`percent`: basis points of the price; `fixed`: minor units for each job; `tier`: basis points of what passes."""

    kind: Literal["percent", "fixed", "tier"]
    basis_points: int = 0
    minor: int = 0


class NewRule(In, frozen=True, kw_only=True):
    """A rule in minor units of the town's currency. `seen`: the digest that its simulation answered with."""

    lines: list[RuleLine]
    at_least: int = 0
    at_most: int | None = None
    seen: str = ""


class NewTax(In, frozen=True, kw_only=True):
    """The tax on the commission, in basis points of it."""

    basis_points: Annotated[int, msgspec.Meta(ge=0, le=MOST_TAX)]


class TaxView(Out, frozen=True, kw_only=True):
    """A rate, in [since, until)."""

    code: str
    basis_points: int
    since: datetime
    until: datetime | None


class RuleView(Out, frozen=True, kw_only=True):
    number: int
    currency: str
    lines: list[RuleLine]
    at_least: int
    at_most: int | None
    valid_from: datetime | None


class Simulation(Out, frozen=True, kw_only=True):
    """Beside what was taken of the jobs of the last eight weeks."""

    seen: str
    jobs: int
    commission_was: Amount
    commission: Amount
    net_was: Amount
    net: Amount
    dearer: int
    cheaper: int


@get("/api/v1/finance/commission", opt={"policy": "finance.read"}, tags=["finance"], sync_to_thread=True)
def versions() -> list[RuleView]:
    """Every version, the newest first."""
    with transaction() as session:
        return [_view(rule, since) for rule, since in queries.published(session, home().currency)]


@post(
    "/api/v1/finance/commission/simulation", opt={"policy": "finance.read"}, status_code=200, tags=["finance"],
    sync_to_thread=True,
)  # fmt: skip
def simulate(data: JSONBody[NewRule]) -> Simulation:
    """Try a rule on past jobs; nothing is published. Refuses RuleImpossible."""
    rule, now, here = _rule(data), clock.now(), home()
    check_rule(rule)
    with transaction() as session:
        rate = queries.tax_in_force(session, TAX_CODE, at=now)
        tax = here.settings["tax_basis_points"] if rate is None else rate.basis_points
        found = queries.simulate(session, rule, tax_basis_points=tax, since=now - timedelta(weeks=WEEKS))
    return Simulation(
        seen=digest(rule), jobs=found.jobs, commission_was=amount(found.commission_was),
        commission=amount(found.commission), net_was=amount(found.net_was), net=amount(found.net), dearer=found.dearer,
        cheaper=found.cheaper,
    )  # fmt: skip


@post(
    "/api/v1/finance/commission", opt={"policy": "finance.write"}, status_code=201, tags=["finance"],
    sync_to_thread=True,
)  # fmt: skip
def publish(request: Req, data: JSONBody[NewRule]) -> Response[RuleView]:
    """Publish the rule whose simulation was seen; it counts from now on."""

    def work(session: Session, _: UUID) -> Answer:
        now, me = clock.now(), request.user.person_id
        made = actions.publish_rule(session, _rule(data), seen=data.seen, valid_from=now, by=me, now=now)
        audit.record(
            session, action="finance.commission_published", actor=me, subject=None, reason=None, now=now,
            number=made.number,
        )  # fmt: skip
        return done(_view(made, now), 201)

    return carry_out(request, data, work, RuleView)


@get("/api/v1/finance/commission/tax", opt={"policy": "finance.read"}, tags=["finance"], sync_to_thread=True)
def taxes() -> list[TaxView]:
    """Every rate of the tax on the commission, the newest first."""
    with transaction() as session:
        return [_tax_view(each) for each in queries.taxes(session)]


@post(
    "/api/v1/finance/commission/tax", opt={"policy": "finance.write"}, status_code=201, tags=["finance"],
    sync_to_thread=True,
)  # fmt: skip
def publish_tax(request: Req, data: JSONBody[NewTax]) -> Response[TaxView]:
    """The next rate, from now on; the one before ends where it begins. Refuses RateInThePast."""

    def work(session: Session, _: UUID) -> Answer:
        now, me = clock.now(), request.user.person_id
        actions.publish_tax(session, code=TAX_CODE, basis_points=data.basis_points, valid_from=now, by=me, now=now)
        audit.record(
            session, action="finance.tax_published", actor=me, subject=None, reason=None, now=now,
            basis_points=data.basis_points,
        )  # fmt: skip
        return done(TaxView(code=TAX_CODE, basis_points=data.basis_points, since=now, until=None), 201)

    return carry_out(request, data, work, TaxView)


routes = [versions, simulate, publish, taxes, publish_tax]


def _tax_view(rate: TaxRate) -> TaxView:
    return TaxView(code=rate.code, basis_points=rate.basis_points, since=rate.since, until=rate.until)


def _rule(data: NewRule) -> CommissionRule:
    lines = tuple(CommissionLine(each.kind, each.basis_points, each.minor) for each in data.lines)
    return CommissionRule(home().currency, lines, data.at_least, data.at_most)


def _view(rule: CommissionRule, since: datetime) -> RuleView:
    lines = [RuleLine(kind=each.kind, basis_points=each.basis_points, minor=each.minor) for each in rule.lines]
    return RuleView(
        number=rule.number, currency=rule.currency, lines=lines, at_least=rule.at_least, at_most=rule.at_most,
        valid_from=since,
    )  # fmt: skip
