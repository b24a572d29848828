"""The commission: the rule that counts, a new one first tried on the jobs of the last weeks, and the tax on it."""

from datetime import datetime, timedelta

from litestar import Response, get, post

from marketplace.foundation import audit, clock
from marketplace.foundation.database import transaction
from marketplace.foundation.money import Money
from payments.rates import actions, queries
from payments.rates.rules import (
    CommissionLine,
    CommissionRule,
    NotSimulated,
    RateInThePast,
    RuleImpossible,
    Simulated,
    check_rule,
    digest,
)
from payments.wallets.rules import TAX_CODE
from web import answers
from web.forms import FormBody
from web.forms.fields import Fields
from web.home import home
from web.identity import Req
from web.parts import Filled
from web.respond import page, see_other

WEEKS = 8
NAMES = ("percent", "fixed", "above", "above_percent", "at_least", "at_most")


@get("/finance/commission", opt={"policy": "finance.read"}, sync_to_thread=True)
def show(request: Req) -> Response[str]:
    """What counts now, what counted before, and the form for the next version."""
    return _page(request, Filled(), 200)


@post("/finance/commission/simulation", opt={"policy": "finance.read"}, status_code=200, sync_to_thread=True)
def simulate(request: Req, data: FormBody) -> Response[str]:
    """What this rule would have made of the jobs of the last weeks; nothing is published."""
    fields = Fields(data, request.user.language)
    rule = _rule(fields)
    if fields.errors:
        return _page(request, _filled(request, fields), 422)
    now = clock.now()
    with transaction() as session:
        tax = _tax(queries.tax_in_force(session, TAX_CODE, at=now))
        found = queries.simulate(session, rule, tax_basis_points=tax, since=now - timedelta(weeks=WEEKS))
    return _page(request, _filled(request, fields), 200, simulated=found, seen=digest(rule))


@post("/finance/commission", opt={"policy": "finance.write"}, sync_to_thread=True)
def publish(request: Req, data: FormBody) -> Response[str] | Response[None]:
    """Publish the rule whose simulation was seen; quotes from now on are made under it."""
    fields, now = Fields(data, request.user.language), clock.now()
    rule, me = _rule(fields), request.user.person_id
    if fields.errors:
        return _page(request, _filled(request, fields), 422)
    try:
        with transaction() as session:
            made = actions.publish_rule(session, rule, seen=fields.raw("seen"), valid_from=now, by=me, now=now)
            audit.record(
                session, action="finance.commission_published", actor=me, subject=None, reason=None, now=now,
                number=made.number,
            )  # fmt: skip
    except NotSimulated as refusal:
        fields.refuse("percent", refusal)
        return _page(request, _filled(request, fields), answers.answer(refusal, request).status)
    return see_other("/finance/commission")


@post("/finance/commission/tax", opt={"policy": "finance.write"}, sync_to_thread=True)
def publish_tax(request: Req, data: FormBody) -> Response[str] | Response[None]:
    """The next rate of the tax on the commission; the one before ends now."""
    fields, now = Fields(data, request.user.language), clock.now()
    percent, me = fields.whole("tax", least=0, most=100), request.user.person_id
    if fields.errors:
        return _page(request, _filled(request, fields), 422)
    try:
        with transaction() as session:
            actions.publish_tax(session, code=TAX_CODE, basis_points=percent * 100, valid_from=now, by=me, now=now)
            audit.record(
                session, action="finance.tax_published", actor=me, subject=None, reason=None, now=now,
                basis_points=percent * 100,
            )  # fmt: skip
    except (RateInThePast, RuleImpossible) as refusal:
        fields.refuse("tax", refusal)
        return _page(request, _filled(request, fields), answers.answer(refusal, request).status)
    return see_other("/finance/commission")


routes = [show, simulate, publish, publish_tax]


def _rule(fields: Fields) -> CommissionRule:
    """The lines that were filled in; a rule that cannot be is refused beside the first of them."""
    currency = home().currency
    lines = []
    if fields.raw("percent"):
        lines.append(CommissionLine("percent", 100 * fields.whole("percent", least=0, most=100)))
    if fields.raw("fixed"):
        lines.append(CommissionLine("fixed", minor=fields.money("fixed", currency).minor))
    if fields.raw("above") or fields.raw("above_percent"):
        points = 100 * fields.whole("above_percent", least=1, most=100)
        lines.append(CommissionLine("tier", points, fields.money("above", currency).minor))
    least = fields.money("at_least", currency).minor if fields.raw("at_least") else 0
    most = fields.money("at_most", currency).minor if fields.raw("at_most") else None
    rule = CommissionRule(currency, tuple(lines), least, most)
    if not fields.errors:
        try:
            check_rule(rule)
        except RuleImpossible as refusal:
            fields.refuse("percent", refusal)
    return rule


def _filled(request: Req, fields: Fields) -> Filled:
    values = {name: fields.raw(name) for name in (*NAMES, "tax")}
    return Filled(values, answers.beside(fields.errors, request))


def _tax(rate: object) -> int:
    points = getattr(rate, "basis_points", None)
    return home().settings["tax_basis_points"] if points is None else int(points)


def _page(
    request: Req, form: Filled, status: int, *, simulated: Simulated | None = None, seen: str = ""
) -> Response[str]:
    here, now = home(), clock.now()
    with transaction() as session:
        inside = queries.rule_in_force(session, here.currency, at=now)
        versions: list[tuple[CommissionRule, datetime]] = queries.published(session, here.currency)
        taxes = queries.taxes(session)
    return page(
        request, "pages/finance/commission.html", status_code=status, form=form, rule=inside, versions=versions,
        taxes=taxes, settings=here.settings, simulated=simulated, seen=seen, weeks=WEEKS, currency=here.currency,
        names=NAMES, minor=Money,
    )  # fmt: skip
