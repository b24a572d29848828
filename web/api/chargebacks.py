"""Finance: charge-backs told of by a letter of the bank, and payments under review."""

from datetime import datetime
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath, JSONBody
from sqlalchemy.orm import Session

from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from marketplace.foundation.ids import AttemptId
from marketplace.foundation.repeats import Answer
from payments.topups import by_letter, queries, reviews
from payments.topups.queries import CaseView
from payments.topups.reviews import Review, ReviewReason
from payments.topups.rules import ChargebackReason
from web.api.amounts import Amount, In, Out, Words, amount
from web.api.commands import carry_out, done
from web.home import home
from web.identity import Req

READ, WRITE = {"policy": "finance.read"}, {"policy": "finance.write"}


class CaseRow(Out, frozen=True, kw_only=True):
    """A case at a payer's bank. `away`: the money is there now. `by_letter`: no gateway tells of it."""

    id: UUID
    top_up: UUID
    attempt: UUID
    gateway: str
    number: str
    state: str
    reason: str
    amount: Amount
    fee: Amount
    away: bool
    by_letter: bool
    opened_at: datetime
    answer_by: datetime | None


class NewCase(In, frozen=True, kw_only=True):
    """What the letter says. `fee`: what the bank charges for the case; nothing unless said."""

    number: Words
    amount: Amount
    reason: ChargebackReason
    fee: Amount | None = None


class Decided(In, frozen=True, kw_only=True):
    """What the bank decided: the money came back, or it stays away."""

    won: bool


class ReviewRow(Out, frozen=True, kw_only=True):
    """A payment that its gateway found risky: `held` of it waits for a look."""

    attempt: UUID
    top_up: UUID
    gateway: str
    held: Amount
    transaction_number: str | None
    since: datetime


class Clearance(In, frozen=True, kw_only=True):
    """Why the money is free after all."""

    reason: ReviewReason


class Cleared(Out, frozen=True, kw_only=True):
    """The payment whose money is free now."""

    attempt: UUID


@get("/api/v1/finance/chargebacks", opt=READ, tags=["finance"], sync_to_thread=True)
def listed() -> list[CaseRow]:
    """A hundred cases, the last that changed first."""
    with transaction() as session:
        return [_row(each) for each in queries.cases(session, limit=queries.MOST_ROWS)]


@post(
    "/api/v1/finance/attempts/{id:uuid}/chargebacks", opt=WRITE, status_code=201, tags=["finance"], sync_to_thread=True
)
def enter(request: Req, id: FromPath[UUID], data: JSONBody[NewCase]) -> Response[CaseRow]:
    """Write down what a letter of the bank says: the wallet gives what is free, the rest is owed."""
    currency = home().currency
    taken = data.amount.money(currency)
    fee = (data.fee or Amount(0, currency)).money(currency)

    def work(session: Session, command: UUID) -> Answer:
        made = by_letter.enter(
            session, AttemptId(id), number=data.number, amount=taken, fee=fee, reason=data.reason,
            by=request.user.person_id, command=command, now=clock.now(),
        )  # fmt: skip
        return done(_row(made), 201)

    return carry_out(request, data, work, CaseRow)


@post(
    "/api/v1/finance/chargebacks/{id:uuid}/decision", opt=WRITE, status_code=200, tags=["finance"], sync_to_thread=True
)
def decide(request: Req, id: FromPath[UUID], data: JSONBody[Decided]) -> Response[CaseRow]:
    """Say what the bank decided of a case that a letter told of."""

    def work(session: Session, _: UUID) -> Answer:
        made = by_letter.decide(session, id, won=data.won, by=request.user.person_id, now=clock.now())
        return done(_row(made))

    return carry_out(request, data, work, CaseRow)


@get("/api/v1/finance/reviews", opt=READ, tags=["finance"], sync_to_thread=True)
def under_review() -> list[ReviewRow]:
    """What waits for a person's look, oldest first."""
    with transaction() as session:
        return [_review(each) for each in reviews.under_review(session)]


@post("/api/v1/finance/reviews/{id:uuid}/clearance", opt=WRITE, status_code=200, tags=["finance"], sync_to_thread=True)
def clear(request: Req, id: FromPath[UUID], data: JSONBody[Clearance]) -> Response[Cleared]:
    """Free what was set aside, with the reason."""

    def work(session: Session, _: UUID) -> Answer:
        reviews.clear(session, AttemptId(id), reason=data.reason, by=request.user.person_id, now=clock.now())
        return done(Cleared(attempt=id))

    return carry_out(request, data, work, Cleared)


routes = [listed, enter, decide, under_review, clear]


def _row(case: CaseView) -> CaseRow:
    return CaseRow(
        id=case.id, top_up=case.topup, attempt=case.attempt, gateway=case.gateway, number=case.number,
        state=case.state.value, reason=case.reason, amount=amount(case.amount), fee=amount(case.fee), away=case.away,
        by_letter=case.by_letter, opened_at=case.opened_at, answer_by=case.answer_by,
    )  # fmt: skip


def _review(each: Review) -> ReviewRow:
    return ReviewRow(
        attempt=each.attempt.id, top_up=each.attempt.topup, gateway=each.attempt.gateway, held=amount(each.held),
        transaction_number=each.attempt.txn, since=each.since,
    )  # fmt: skip
