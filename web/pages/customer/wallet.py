"""The wallet: what is there, what is set aside for which visit, every movement with its reason and what was left."""

from dataclasses import dataclass
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromQuery

from booking.jobs import lists
from booking.jobs.lists import JobCard
from marketplace.catalogue import queries as catalogue
from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from marketplace.foundation.money import Money
from payments.gateways import directory
from payments.gateways.rules import GatewayNotOffered
from payments.ledger.queries import Line
from payments.payouts import queries as payouts
from payments.topups import actions as topups
from payments.topups import queries as topup_queries
from payments.topups.rules import LIMITS, TopUpDayLimitReached, TopUpDiffers, TopUpTooLarge, TopUpTooSmall
from payments.wallets import queries as wallets
from web import answers, once
from web.forms import FormBody
from web.forms.fields import Fields
from web.home import home
from web.identity import Req
from web.parts import Filled
from web.paying import open_page
from web.respond import page, see_other

JOBS_LOOKED_AT = 200
SHOWN_AGAIN = (TopUpTooSmall, TopUpTooLarge, TopUpDayLimitReached, TopUpDiffers, GatewayNotOffered)


@dataclass(frozen=True)
class Movement:
    """One line of the statement as its owner reads it: what changed of the available money, and what was left."""

    line: Line
    change: Money
    left: Money
    job: JobCard | None


@get("/wallet", opt={"policy": "wallet.own.read"}, sync_to_thread=True)
def look(request: Req, before: FromQuery[int] = 0) -> Response[str]:
    """Balance, what is set aside, movements, top-ups."""
    return _page(request, Filled(), before=before)


@post("/wallet/top-ups", opt={"policy": "wallet.own.write"}, sync_to_thread=True)
def top_up(request: Req, data: FormBody) -> Response[str] | Response[None]:
    """To the bank with an amount; the same form sent twice is one top-up."""
    here, fields = home(), Fields(data, request.user.language)
    amount = fields.money("amount", here.currency)
    gateway = fields.choice("gateway", directory.offered(here.currency))
    values = {name: fields.raw(name) for name in ("amount", "gateway")}
    if fields.errors:
        return _page(request, Filled(values, answers.beside(fields.errors, request)), status=422)
    try:
        with transaction() as session:
            started = topups.start(
                session, owner=request.user.person_id, wallet="customer", amount=amount, gateway=gateway,
                command=once.command_id(request, data), now=clock.now(),
            )  # fmt: skip
    except SHOWN_AGAIN as refusal:
        said = answers.answer(refusal, request)
        return _page(request, Filled(values, {"amount": said.sentence}), status=said.status)
    label = here.name[request.user.language]
    opened = open_page(started, request.app.state.settings, gateway=gateway, label=label)
    return see_other(opened.go.url if opened.go else f"/wallet/top-ups/{opened.topup}")


@get("/wallet/top-ups", opt={"policy": "wallet.own.read"}, sync_to_thread=False)
def back_to_the_wallet() -> Response[None]:
    """The answer to the form, reloaded or read in another language."""
    return see_other("/wallet")


routes = [look, back_to_the_wallet, top_up]


def _page(request: Req, form: Filled, *, before: int = 0, status: int = 200) -> Response[str]:
    here, now, person = home(), clock.now(), request.user.person_id
    first = None if before <= 0 else before
    with transaction() as session:
        wallet = wallets.wallet_page(
            session, owner=person, owner_kind="customer", currency=here.currency, before=first, limit=30
        )
        jobs: dict[UUID, JobCard] = {each.id: each for each in lists.of_customer(session, person, limit=JOBS_LOOKED_AT)}
        paid_out = {each.id for each in payouts.of_owner(session, owner=person, owner_kind="customer", limit=200)}
        tried = topup_queries.top_ups_of(session, person, limit=10)
        offered = [each for category in catalogue.categories(session, now=now) for each in category.services]
    limits = LIMITS[here.currency]
    return page(
        request, "pages/customer/wallet.html", status_code=status, wallet=wallet, jobs=jobs,
        titles={each.id: each.title for each in offered},
        movements=[_movement(each, jobs) for each in wallet.lines], tried=tried, form=form, currency=here.currency,
        paid_out=paid_out,
        gateways=directory.offered(here.currency), least=Money(limits.least, here.currency),
        most=Money(limits.most, here.currency), now_at=now, before=before,
    )  # fmt: skip


def _movement(line: Line, jobs: dict[UUID, JobCard]) -> Movement:
    job = None if line.subject is None else jobs.get(line.subject)
    return Movement(line, line.posted - line.held, line.posted_after - line.held_after, job)
