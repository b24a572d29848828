"""Promotion codes as finance publishes them; who uses one does so at their job (`jobs.promote`)."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, JSONBody
from sqlalchemy.orm import Session

from marketplace.foundation import audit, clock
from marketplace.foundation.database import transaction
from marketplace.foundation.repeats import Answer
from payments.promotions import actions, queries
from payments.promotions.rules import LONGEST_CODE, Promotion
from web.api.amounts import Amount, In, Moment, Out, maybe_amount
from web.api.commands import carry_out, done
from web.home import home
from web.identity import Req

READ, WRITE = {"policy": "finance.read"}, {"policy": "finance.write"}
MOST_USES = 1_000_000


class NewCode(In, frozen=True, kw_only=True):
    """Either `amount`, or `basis_points` of the price and `at_most` so much; from now to `until`."""

    code: Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST_CODE)]
    amount: Amount | None = None
    basis_points: Annotated[int, msgspec.Meta(ge=1, le=9_900)] | None = None
    at_most: Amount | None = None
    uses: Annotated[int, msgspec.Meta(ge=1, le=MOST_USES)]
    until: Moment


class CodeRow(Out, frozen=True, kw_only=True):
    """A code, and how many of its uses are taken or spent."""

    id: UUID
    code: str
    amount: Amount | None
    basis_points: int | None
    at_most: Amount | None
    valid_from: datetime
    valid_until: datetime
    uses_max: int
    uses: int
    ended_at: datetime | None


class Made(Out, frozen=True, kw_only=True):
    id: UUID


@get("/api/v1/finance/promotions", opt=READ, tags=["finance"], sync_to_thread=True)
def listed() -> list[CodeRow]:
    """The last hundred codes, the newest first."""
    with transaction() as session:
        return [view(each) for each in queries.promotions(session)]


@post("/api/v1/finance/promotions", opt=WRITE, status_code=201, tags=["finance"], sync_to_thread=True)
def publish(request: Req, data: JSONBody[NewCode]) -> Response[Made]:
    """A new code; the house pays for what it takes off. Refuses PromotionExists, PromotionImpossible."""
    currency, me = home().currency, request.user.person_id
    off = None if data.amount is None else data.amount.money(currency)
    most = None if data.at_most is None else data.at_most.money(currency)

    def work(session: Session, _: UUID) -> Answer:
        now = clock.now()
        made = actions.publish(
            session, code=data.code, currency=currency, amount=off, basis_points=data.basis_points, at_most=most,
            uses_max=data.uses, since=now, until=data.until, by=me, now=now,
        )  # fmt: skip
        audit.record(
            session, action="finance.promotion_published", actor=me, subject=None, reason=None, now=now, promotion=made
        )
        return done(Made(id=made), 201)

    return carry_out(request, data, work, Made)


@post("/api/v1/finance/promotions/{id:uuid}/end", opt=WRITE, status_code=200, tags=["finance"], sync_to_thread=True)
def end(request: Req, id: FromPath[UUID]) -> Response[Made]:
    """Nobody takes it from now on; ending twice is ending once."""

    def work(session: Session, _: UUID) -> Answer:
        actions.end(session, id, now=clock.now())
        return done(Made(id=id))

    return carry_out(request, None, work, Made)


routes = [listed, publish, end]


def view(found: Promotion) -> CodeRow:
    """A code as the API says it."""
    return CodeRow(
        id=found.id, code=found.code, amount=maybe_amount(found.amount), basis_points=found.basis_points,
        at_most=maybe_amount(found.at_most), valid_from=found.valid_from, valid_until=found.valid_until,
        uses_max=found.uses_max, uses=found.uses, ended_at=found.ended_at,
    )  # fmt: skip
