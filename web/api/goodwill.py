"""Goodwill: what the house gives and does not owe, with a name under it; beyond the limit by two."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath, JSONBody
from sqlalchemy.orm import Session

from booking.jobs import queries as jobs
from booking.jobs.rules import Actor, JobNotFound
from booking.jobs.words import Role
from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from marketplace.foundation.repeats import Answer
from payments.wallets import gifts
from payments.wallets.gifts import GiftReason, GiftView
from web.api.amounts import Amount, In, Out, Words, amount
from web.api.commands import carry_out, done
from web.home import home
from web.identity import Req

READ, WRITE = {"policy": "finance.read"}, {"policy": "finance.write"}


class NewGift(In, frozen=True, kw_only=True):
    """To the customer or the specialist of the job with this number."""

    number: Words
    who: Literal["customer", "specialist"]
    amount: Amount
    reason: GiftReason


class GiftRow(Out, frozen=True, kw_only=True):
    """A gift. `asked` waits for a second person; `job` is the job it is about."""

    id: UUID
    wallet: str
    owner: UUID
    amount: Amount
    reason: str
    job: UUID | None
    state: str
    asked_at: datetime
    given_at: datetime | None


@get("/api/v1/finance/goodwill", opt=READ, tags=["finance"], sync_to_thread=True)
def listed() -> list[GiftRow]:
    """The last fifty gifts, those that wait for a second person first."""
    with transaction() as session:
        return [view(each) for each in gifts.gifts(session)]


@post("/api/v1/finance/goodwill", opt=WRITE, status_code=201, tags=["finance"], sync_to_thread=True)
def give(request: Req, data: JSONBody[NewGift]) -> Response[GiftRow]:
    """Give at once or, beyond the house's limit, once another person agrees. Refuses JobNotFound, GiftTooSmall."""
    here, me = home(), request.user.person_id
    wanted = data.amount.money(here.currency)

    def work(session: Session, command: UUID) -> Answer:
        now = clock.now()
        job = jobs.by_number(session, data.number, Actor(Role.FINANCE, me), now=now)
        owner = job.customer if data.who == "customer" else job.specialist
        if owner is None:
            raise JobNotFound()
        made = gifts.give(
            session, owner=owner, owner_kind=data.who, amount=wanted, reason=data.reason, subject=job.id, by=me,
            second_above=here.settings["second_person_above"], command_id=command, now=now,
        )  # fmt: skip
        return done(view(made), 201)

    return carry_out(request, data, work, GiftRow)


@post("/api/v1/finance/goodwill/{id:uuid}/approval", opt=WRITE, status_code=200, tags=["finance"], sync_to_thread=True)
def approve(request: Req, id: FromPath[UUID]) -> Response[GiftRow]:
    """The second person agrees, and it is given. Refuses SecondPersonNeeded to the one who asked."""

    def work(session: Session, _: UUID) -> Answer:
        return done(view(gifts.approve(session, id, by=request.user.person_id, now=clock.now())))

    return carry_out(request, None, work, GiftRow)


@post(
    "/api/v1/finance/goodwill/{id:uuid}/withdrawal", opt=WRITE, status_code=200, tags=["finance"], sync_to_thread=True
)
def withdraw(request: Req, id: FromPath[UUID]) -> Response[GiftRow]:
    """It is not given. Refuses GiftOver for what was given."""

    def work(session: Session, _: UUID) -> Answer:
        return done(view(gifts.withdraw(session, id)))

    return carry_out(request, None, work, GiftRow)


routes = [listed, give, approve, withdraw]


def view(gift: GiftView) -> GiftRow:
    """A gift as the API says it."""
    return GiftRow(
        id=gift.id, wallet=gift.owner_kind, owner=gift.owner, amount=amount(gift.amount), reason=gift.reason.value,
        job=gift.subject, state=gift.state.value, asked_at=gift.asked_at, given_at=gift.given_at,
    )  # fmt: skip
