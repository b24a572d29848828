"""Top-ups: so much is wanted, the gateway's own page takes it; no card data passes here."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath, JSONBody

from booking.jobs import requests
from booking.jobs.queries import for_customer
from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from marketplace.foundation.ids import AttemptId, TopUpId
from marketplace.foundation.repeats import Answer
from payments.gateways import directory
from payments.topups import actions as topups
from payments.topups import queries
from payments.topups.actions import Started
from payments.topups.queries import AttemptView, TopUpView
from web import paying
from web.api.amounts import Amount, In, Out, Words, amount
from web.api.commands import done, told
from web.home import home
from web.identity import Req
from web.once import once


class NewTopUp(In, frozen=True, kw_only=True):
    """How much; by which gateway, if not the first; for which of one's jobs, if for one."""

    amount: Amount
    gateway: Words | None = None
    job: UUID | None = None


class NewTry(In, frozen=True, kw_only=True):
    """By which gateway, if not the first."""

    gateway: Words | None = None


class Begun(Out, frozen=True, kw_only=True):
    id: UUID
    attempt: UUID


class Opened(Out, frozen=True, kw_only=True):
    """Where to pay. `url` is None when the gateway did not answer: it will be asked what became of it."""

    id: UUID
    attempt: UUID
    method: Literal["GET", "POST"] | None
    url: str | None
    fields: dict[str, str]


class AttemptLine(Out, frozen=True, kw_only=True):
    """A try, with its transaction number and its tracking number once it is paid."""

    id: UUID
    gateway: str
    state: str
    transaction_number: str | None
    tracking_number: str | None
    paid_at: datetime | None


class TopUpLine(Out, frozen=True, kw_only=True):
    id: UUID
    amount: Amount
    state: str
    being_checked: bool
    created_at: datetime
    paid_at: datetime | None
    attempts: list[AttemptLine]


@post("/api/v1/top-ups", opt={"policy": "wallet.own.write"}, status_code=201, tags=["top-ups"], sync_to_thread=True)
def begin(request: Req, data: JSONBody[NewTopUp]) -> Response[Opened]:
    """Write down what is wanted, then ask the gateway for its page; the same key again leads to the same payment."""
    here, now = home(), clock.now()
    wanted = data.amount.money(here.currency)
    gateway = data.gateway or next(iter(directory.offered(here.currency)), "")

    def work(command: UUID) -> Answer:
        if data.job is not None:
            for_customer(session, data.job, request.user.person_id, now=now)
            requests.keep_slot(session, data.job, now=now)
        started = topups.start(
            session, owner=request.user.person_id, wallet="customer", amount=wanted, gateway=gateway, command=command,
            subject=data.job, now=now,
        )  # fmt: skip
        return done(Begun(id=started.topup, attempt=started.attempt), 201)

    with transaction() as session:
        kept = once(session, request, data, work)
    return _opened(request, told(kept, Begun).content, gateway)


@post(
    "/api/v1/top-ups/{id:uuid}/attempts", opt={"policy": "wallet.own.write"}, status_code=201, tags=["top-ups"],
    sync_to_thread=True,
)  # fmt: skip
def try_again(request: Req, id: FromPath[UUID], data: JSONBody[NewTry]) -> Response[Opened]:
    """To a gateway once more; the earlier try is still asked about. Refuses TopUpAlreadyPaid, GatewayNotOffered."""
    gateway = data.gateway or next(iter(directory.offered(home().currency)), "")

    def work(_: UUID) -> Answer:
        started = topups.try_again(session, TopUpId(id), owner=request.user.person_id, gateway=gateway, now=clock.now())
        return done(Begun(id=started.topup, attempt=started.attempt), 201)

    with transaction() as session:
        kept = once(session, request, data, work)
    return _opened(request, told(kept, Begun).content, gateway)


@get("/api/v1/gateways", opt={"policy": "wallet.own.read"}, tags=["top-ups"], sync_to_thread=True)
def gateways() -> list[str]:
    """The names of those that take the town's money now, the first choice first."""
    return directory.offered(home().currency)


@get("/api/v1/top-ups", opt={"policy": "wallet.own.read"}, tags=["top-ups"], sync_to_thread=True)
def listed(request: Req) -> list[TopUpLine]:
    """One's own top-ups, newest first."""
    with transaction() as session:
        found = queries.top_ups_of(session, request.user.person_id)
    return [top_up_line(each) for each in found]


@get("/api/v1/top-ups/{id:uuid}", opt={"policy": "wallet.own.read"}, tags=["top-ups"], sync_to_thread=True)
def one(request: Req, id: FromPath[UUID]) -> TopUpLine:
    """One of one's own top-ups, as the checking page shows it."""
    with transaction() as session:
        found = queries.top_up(session, TopUpId(id), owner=request.user.person_id)
    return top_up_line(found)


routes = [begin, try_again, gateways, listed, one]


def _opened(request: Req, begun: Begun, gateway: str) -> Response[Opened]:
    """Ask the gateway for its page, with no transaction open."""
    started, label = Started(TopUpId(begun.id), AttemptId(begun.attempt)), home().name[request.user.language]
    opened = paying.open_page(started, request.app.state.settings, gateway=gateway, label=label)
    go = opened.go
    return Response(
        Opened(
            id=opened.topup, attempt=opened.attempt, method=go.method if go else None, url=go.url if go else None,
            fields=dict(go.fields) if go else {},
        ),
        status_code=201,
    )  # fmt: skip


def top_up_line(found: TopUpView) -> TopUpLine:
    """A top-up for its owner."""
    return TopUpLine(
        id=found.id, amount=amount(found.amount), state=found.state.value, being_checked=found.being_checked,
        created_at=found.created_at, paid_at=found.paid_at, attempts=[attempt_line(each) for each in found.attempts],
    )  # fmt: skip


def attempt_line(each: AttemptView) -> AttemptLine:
    """A try with both numbers."""
    return AttemptLine(
        id=each.id, gateway=each.gateway, state=each.state.value, transaction_number=each.txn,
        tracking_number=each.bank, paid_at=each.paid_at,
    )  # fmt: skip
