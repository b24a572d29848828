"""The last page of a booking: the summary, and three ways to pay, each with a button that says what it does.

From the wallet when it holds enough; through the bank for what is missing, and the top-up pays for the job when it has
arrived (task `jobs.fund`); in cash after the work.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath
from sqlalchemy.orm import Session

from booking.dispatch import wishes
from booking.jobs import actions as jobs
from booking.jobs import requests
from booking.jobs.rules import AlreadyFunded, CashForOneOnly, IllegalTransition, SlotNotHeld, StaleVersion
from booking.jobs.terms import deposit
from booking.jobs.words import Event, Method
from booking.pricing.rules import QuoteChanged, QuoteExpired
from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from marketplace.foundation.errors import Refused
from marketplace.foundation.money import Money
from marketplace.privacy import actions as privacy
from payments.gateways import directory
from payments.gateways.rules import GatewayNotOffered
from payments.ledger.rules import InsufficientFunds
from payments.promotions import queries as promotions
from payments.topups import actions as topups
from payments.topups import queries as topup_queries
from payments.topups.queries import TopUpView
from payments.topups.rules import (
    LIMITS,
    TopUpDayLimitReached,
    TopUpDiffers,
    TopUpTooLarge,
    TopUpTooSmall,
)
from payments.wallets import queries as wallets
from web import answers, once
from web.forms import FormBody
from web.forms.fields import Fields, NotOffered
from web.home import home
from web.identity import Req
from web.pages.customer import drafts
from web.pages.customer.drafts import Asked
from web.paying import open_page
from web.respond import page, see_other

WAYS = ("wallet", "bank", "cash")
SHOWN_AGAIN = (
    StaleVersion, InsufficientFunds, SlotNotHeld, QuoteChanged, QuoteExpired, NotOffered, GatewayNotOffered,
    TopUpTooSmall, TopUpTooLarge, TopUpDayLimitReached, TopUpDiffers, CashForOneOnly,
)  # fmt: skip
OVER = (AlreadyFunded, IllegalTransition)  # done already, perhaps by the same form a moment ago


@dataclass(frozen=True)
class Bill:
    """What is to be set aside now, what the wallet has, and what the bank would be asked for."""

    due: Money
    total: Money
    available: Money
    at_bank: Money
    promotion: tuple[str, Money] | None
    running: TopUpView | None

    @property
    def missing(self) -> Money:
        return max(self.due - self.available, Money.zero(self.due.currency))


@get("/bookings/{id:uuid}/payment", opt={"policy": "job.own.read"}, sync_to_thread=True)
def ask(request: Req, id: FromPath[UUID]) -> Response[str] | Response[None]:
    """The summary and the ways to pay."""
    with transaction() as session:
        asked = drafts.look(session, request, id, now=clock.now())
    if drafts.next_page(asked.mine) != f"/bookings/{id}/payment":
        return see_other(drafts.next_page(asked.mine))
    return _page(request, asked)


@post("/bookings/{id:uuid}/payment", opt={"policy": "job.own.write"}, sync_to_thread=True)
def pay(request: Req, id: FromPath[UUID], data: FormBody) -> Response[str] | Response[None]:
    """Confirm: set the money aside, agree on cash, or go to the bank for what is missing."""
    fields, now = Fields(data, request.user.language), clock.now()
    with transaction() as session:
        asked = drafts.look(session, request, id, now=now)
    command, way = once.command_id(request, data), fields.raw("way")
    try:
        if way == "bank":
            return see_other(_to_bank(request, asked, fields, command))
        if way not in WAYS:
            raise NotOffered
        with transaction() as session:
            jobs.fire(
                session, id, Event.FUND, actor=drafts.actor_of(request), command_id=command, now=clock.now(),
                expected_version=_version(fields), method=Method(way).value,
            )  # fmt: skip
    except OVER:
        return see_other(f"/jobs/{id}")
    except SHOWN_AGAIN as refusal:
        return again(request, id, refusal)
    return see_other(f"/jobs/{id}")


routes = [ask, pay]


def _to_bank(request: Req, asked: Asked, fields: Fields, command: UUID) -> str:
    """The bank's page, or our checking page when the bank does not answer."""
    here, version = home(), _version(fields)
    if asked.mine.job.funded:
        raise AlreadyFunded
    if not asked.mine.job.slot_held:
        raise SlotNotHeld
    if version is not None and version != asked.mine.version:
        raise StaleVersion(version, asked.mine.version)
    gateway = fields.raw("gateway") or next(iter(directory.offered(here.currency)), "")
    with transaction() as session:
        bill = _bill(session, request, asked)
        requests.keep_slot(session, asked.id, now=clock.now())
        started = topups.start(
            session, owner=request.user.person_id, wallet="customer", amount=bill.at_bank, gateway=gateway,
            command=command, subject=asked.id, now=clock.now(),
        )  # fmt: skip
    label = here.name[request.user.language]
    opened = open_page(started, request.app.state.settings, gateway=gateway, label=label)
    return opened.go.url if opened.go else f"/wallet/top-ups/{opened.topup}"


def _version(fields: Fields) -> int | None:
    typed = fields.raw("version")
    return int(typed) if typed.isdecimal() and len(typed) < 10 else None


def _bill(session: Session, request: Req, asked: Asked) -> Bill:
    terms = asked.mine.terms
    assert terms is not None
    quote, person = terms.quote, request.user.person_id
    currency = quote.total.currency
    balance = wallets.balance(session, owner=person, owner_kind="customer", currency=currency)
    due = deposit(terms, asked.mine.job.promotion)
    missing = max(due - balance.available, Money.zero(currency))
    least = Money(LIMITS[currency].least, currency)
    tried = topup_queries.top_ups_of(session, person, limit=10)
    return Bill(
        due=due,
        total=quote.total,
        available=balance.available,
        at_bank=max(missing, least),
        promotion=promotions.promised(session, asked.id) if asked.mine.job.promotion else None,
        running=next((each for each in tried if each.subject == asked.id and each.being_checked), None),
    )


def again(request: Req, id: UUID, refusal: Refused, *, status: int | None = None) -> Response[str] | Response[None]:
    """The page as things stand now, with what was refused; where the time has run out, to choose another."""
    said = answers.answer(refusal, request)
    with transaction() as session:
        asked = drafts.look(session, request, id, now=clock.now())
    if drafts.next_page(asked.mine) == f"/bookings/{id}/payment":
        return _page(request, asked, said=said.sentence, status=status or said.status)
    return see_other(drafts.next_page(asked.mine))


def _page(request: Req, asked: Asked, *, said: str = "", status: int = 200) -> Response[str]:
    with transaction() as session:
        bill = _bill(session, request, asked)
        me, now = request.user.person_id, clock.now()
        same_person = wishes.who_came_last(session, me, asked.mine.service) is not None
        wished = wishes.wished(session, asked.id) is not None
        parts: dict[str, str] = {}
        if asked.mine.address is not None:
            parts = privacy.own_address(session, person=me, address=asked.mine.address)
    return page(
        request, "pages/customer/payment.html", status_code=status, asked=asked, bill=bill,
        gateways=directory.offered(bill.due.currency), parts=parts, said=said,
        course=drafts.course(request, 6), minutes_left=_minutes_left(asked, now=now),
        steps=request.query_params.get("steps", ""), same_person=same_person, wished=wished,
        alone_minutes=home().settings["same_person_minutes"],
    )  # fmt: skip


def _minutes_left(asked: Asked, *, now: datetime) -> int:
    until = asked.mine.slot_until
    return 0 if until is None else max(1, int((until - now).total_seconds()) // 60)
