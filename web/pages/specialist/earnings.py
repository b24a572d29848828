"""A specialist's money: what is free, what is pending until when, what cash jobs owe; each deduction by its rule."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from litestar import Response, get, post
from litestar.response import Redirect
from sqlalchemy.orm import Session

from booking.jobs import lists
from booking.jobs.queries import PastJob
from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from marketplace.foundation.errors import Refused
from marketplace.foundation.ids import PersonId
from marketplace.foundation.money import Money
from marketplace.organizations.queries import Organization
from payments.gateways import directory
from payments.topups import actions as topups
from payments.topups import queries as topup_queries
from payments.topups.queries import TopUpView
from payments.topups.rules import LIMITS
from payments.wallets import actions as wallet_actions
from payments.wallets import queries as wallets
from payments.wallets.queries import EarningLine, WalletPage
from web import once
from web.forms import FormBody
from web.forms.fields import Fields
from web.home import home
from web.identity import Req
from web.pages.specialist import words
from web.pages.specialist.acts import filled, worst
from web.pages.specialist.names import Names, read_names
from web.parts import Filled
from web.paying import open_page
from web.payout_words import STATES_OWN
from web.respond import page, see_other
from web.withdrawing import mine_of

LINES = 50


@dataclass(frozen=True)
class Account:
    """What the page shows."""

    wallet: WalletPage
    lines: tuple[EarningLine, ...]
    jobs: Mapping[UUID, PastJob]
    checked: tuple[TopUpView, ...]
    names: Names


@get("/work/earnings", opt={"policy": "specialist.read"}, sync_to_thread=True)
def earnings(request: Req) -> Response[str]:
    """Balance, pending, debt, and the earnings newest first."""
    return _page(request)


@post("/work/earnings/top-ups", opt={"policy": "specialist.write"}, sync_to_thread=True)
def top_up(request: Req, data: FormBody) -> Response[str] | Redirect:
    """Put money into the wallet through the bank's own page, so that cash jobs can be promised again."""
    here, command = home(), once.command_id(request, data)
    fields = Fields(data, request.user.language)
    amount = fields.money("amount", here.currency)
    gateway = fields.choice("gateway", directory.offered(here.currency), required=False)
    gateway = gateway or next(iter(directory.offered(here.currency)), "")
    if fields.errors:
        return _page(request, form=filled(request, fields), status=422)
    try:
        with transaction() as session:
            _open_wallet(session, request.user.person_id, here)
            started = topups.start(
                session, owner=request.user.person_id, wallet="specialist", amount=amount, gateway=gateway,
                command=command, now=clock.now(),
            )  # fmt: skip
    except Refused as refusal:
        fields.refuse("amount", refusal)
        return _page(request, form=filled(request, fields), status=worst(request, fields))
    opened = open_page(started, request.app.state.settings, gateway=gateway, label=here.name[request.user.language])
    return see_other(opened.go.url if opened.go else f"/wallet/top-ups/{opened.topup}")


@get("/work/earnings/top-ups", opt={"policy": "specialist.read"}, sync_to_thread=False)
def back_to_earnings() -> Redirect:
    """The answer to the form, reloaded or read in another language."""
    return see_other("/work/earnings")


def _open_wallet(session: Session, me: PersonId, here: Organization) -> None:
    limit = Money(here.settings["cash_debt_limit"], here.currency)
    wallet_actions.open_wallet(session, owner=me, owner_kind="specialist", currency=here.currency, limit=limit)


def _page(request: Req, *, form: Filled | None = None, status: int = 200) -> Response[str]:
    here, now = home(), clock.now()
    with transaction() as session:
        found = _read(session, request.user.person_id, here, now=now)
    limits, mine = LIMITS[here.currency], mine_of(request.user.person_id, "specialist")
    return page(
        request,
        "pages/specialist/earnings.html",
        status_code=status,
        found=found,
        names=found.names,
        wallet=found.wallet,
        pending=[each for each in found.wallet.holds if each.purpose == "warranty"],
        mine=mine,
        payout_states=STATES_OWN,
        kinds=words.EARNED,
        least=Money(limits.least, here.currency),
        most=Money(limits.most, here.currency),
        gateways=directory.offered(here.currency),
        form=form or Filled(),
    )


def _read(session: Session, me: PersonId, here: Organization, *, now: datetime) -> Account:
    lines = wallets.earnings(session, specialist=me, currency=here.currency, limit=LINES)
    tried = topup_queries.top_ups_of(session, me, limit=10)
    return Account(
        wallet=wallets.wallet_page(session, owner=me, owner_kind="specialist", currency=here.currency, limit=1),
        lines=lines,
        jobs=lists.visits_by_id(session, me, {each.subject for each in lines}),
        checked=tuple(each for each in tried if each.wallet == "specialist" and each.being_checked),
        names=read_names(session, here.id, now=now),
    )


routes = [earnings, top_up, back_to_earnings]
