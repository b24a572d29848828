"""Finance: money back to where it came from, and what became of it."""

from datetime import datetime
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath, JSONBody
from sqlalchemy.orm import Session

from marketplace.foundation import audit, clock
from marketplace.foundation.database import transaction
from marketplace.foundation.ids import AttemptId
from marketplace.foundation.repeats import Answer
from payments.refunds import actions, queries
from payments.refunds.queries import RefundView
from payments.refunds.rules import RefundReason
from web.api.amounts import Amount, In, Out, amount
from web.api.commands import carry_out, done
from web.home import home
from web.identity import Req

READ, WRITE = {"policy": "finance.read"}, {"policy": "finance.write"}


class RefundRow(Out, frozen=True, kw_only=True):
    """A refund to the source. `needs_person`: no clear answer came, and nobody asks again by itself."""

    id: UUID
    attempt: UUID
    amount: Amount
    reason: str
    state: str
    tries: int
    needs_person: bool
    asked_at: datetime
    settled_at: datetime | None


class NewRefund(In, frozen=True, kw_only=True):
    amount: Amount
    reason: RefundReason


class Outcome(In, frozen=True, kw_only=True):
    """What the gateway's own record shows."""

    sent: bool


@get("/api/v1/finance/refunds", opt=READ, tags=["finance"], sync_to_thread=True)
def listed() -> list[RefundRow]:
    """What is not over yet, oldest first."""
    with transaction() as session:
        return [view(each) for each in queries.open_refunds(session)]


@post("/api/v1/finance/attempts/{id:uuid}/refunds", opt=WRITE, status_code=201, tags=["finance"], sync_to_thread=True)
def ask(request: Req, id: FromPath[UUID], data: JSONBody[NewRefund]) -> Response[RefundRow]:
    """Give so much of a paid try back; beyond the house's limit another person has to agree first."""
    here = home()
    wanted = data.amount.money(here.currency)

    def work(session: Session, command: UUID) -> Answer:
        made = actions.ask(
            session, AttemptId(id), amount=wanted, reason=data.reason, by=request.user.person_id,
            second_above=here.settings["second_person_above"], command_id=command, now=clock.now(),
        )  # fmt: skip
        return done(view(made), 201)

    return carry_out(request, data, work, RefundRow)


@post("/api/v1/finance/refunds/{id:uuid}/approval", opt=WRITE, status_code=200, tags=["finance"], sync_to_thread=True)
def approve(request: Req, id: FromPath[UUID]) -> Response[RefundRow]:
    """The second person agrees."""

    def work(session: Session, _: UUID) -> Answer:
        return done(view(actions.approve(session, id, by=request.user.person_id, now=clock.now())))

    return carry_out(request, None, work, RefundRow)


@post("/api/v1/finance/refunds/{id:uuid}/withdrawal", opt=WRITE, status_code=200, tags=["finance"], sync_to_thread=True)
def withdraw(request: Req, id: FromPath[UUID]) -> Response[RefundRow]:
    """What waits for a second person is not wanted any more. Refuses RefundMoved."""

    def work(session: Session, _: UUID) -> Answer:
        return done(view(actions.withdraw(session, id)))

    return carry_out(request, None, work, RefundRow)


@post("/api/v1/finance/refunds/{id:uuid}/outcome", opt=WRITE, status_code=200, tags=["finance"], sync_to_thread=True)
def decide(request: Req, id: FromPath[UUID], data: JSONBody[Outcome]) -> Response[RefundRow]:
    """Say what the gateway's record shows of a refund without an answer; not the one who asked for it."""

    def work(session: Session, _: UUID) -> Answer:
        me, now = request.user.person_id, clock.now()
        audit.record(
            session, action="finance.refund_decided", actor=me, subject=None, reason=None, now=now, refund=id,
            sent="yes" if data.sent else "no",
        )  # fmt: skip
        return done(view(actions.decide(session, id, sent=data.sent, by=me, now=now)))

    return carry_out(request, data, work, RefundRow)


routes = [listed, ask, approve, withdraw, decide]


def view(each: RefundView) -> RefundRow:
    """A refund as the API says it."""
    return RefundRow(
        id=each.id, attempt=each.attempt, amount=amount(each.amount), reason=each.reason.value, state=each.state.value,
        tries=each.tries, needs_person=each.needs_person, asked_at=each.asked_at, settled_at=each.settled_at,
    )  # fmt: skip
