"""Cases: a customer opens one about a visit; finance or a manager decides, alone or by two, and gives money back."""

from datetime import datetime
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath, JSONBody
from sqlalchemy.orm import Session

from booking.care import cases
from booking.care.queries import Case, cases_of_job, open_cases
from booking.care.rules import Ground, Matter
from booking.jobs import queries as jobs
from booking.jobs.rules import Actor
from booking.jobs.words import Role
from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from marketplace.foundation.money import Money
from marketplace.foundation.repeats import Answer
from web.api.amounts import Amount, In, Out, Words, amount, maybe_amount
from web.api.commands import carry_out, done
from web.home import home
from web.identity import Req

READ, WRITE = {"policy": "case.read"}, {"policy": "case.write"}


class CaseView(Out, frozen=True, kw_only=True):
    """A case. `back` is what the customer gets: proposed, or decided."""

    id: UUID
    job: UUID
    number: str
    side: str
    matter: str
    disputed: Amount
    state: str
    back: Amount | None
    ground: str | None
    opened_at: datetime
    decided_at: datetime | None


class NewCase(In, frozen=True, kw_only=True):
    """What it is about, and how much of the price is in dispute (nothing where it is not about money)."""

    matter: Matter
    disputed: Amount | None = None
    text: Words | None = None


class Decision(In, frozen=True, kw_only=True):
    """So much back to the customer, and why."""

    back: Amount
    ground: Ground


class Refund(In, frozen=True, kw_only=True):
    amount: Amount
    ground: Ground


@get("/api/v1/jobs/{id:uuid}/cases", opt={"policy": "job.own.read"}, tags=["jobs"], sync_to_thread=True)
def mine(request: Req, id: FromPath[UUID]) -> list[CaseView]:
    """One's own cases about a visit, and what the house gave back."""
    with transaction() as session:
        jobs.for_customer(session, id, request.user.person_id, now=clock.now())
        found = cases_of_job(session, id, sides=("customer", "house"))
    return [view(each) for each in found]


@post(
    "/api/v1/jobs/{id:uuid}/cases", opt={"policy": "job.own.write"}, status_code=201, tags=["jobs"], sync_to_thread=True
)
def begin(request: Req, id: FromPath[UUID], data: JSONBody[NewCase]) -> Response[CaseView]:
    """Open a case: exactly the disputed amount is kept back until it is decided."""
    currency = home().currency
    disputed = Money.zero(currency) if data.disputed is None else data.disputed.money(currency)

    def work(session: Session, command: UUID) -> Answer:
        made = cases.open_case(
            session, id, actor=Actor(Role.CUSTOMER, request.user.person_id), matter=data.matter, disputed=disputed,
            text=data.text, command_id=command, now=clock.now(),
        )  # fmt: skip
        return done(view(made), 201)

    return carry_out(request, data, work, CaseView)


@get("/api/v1/finance/cases", opt=READ, tags=["finance"], sync_to_thread=True)
def waiting() -> list[CaseView]:
    """What waits for a decision, oldest first."""
    with transaction() as session:
        return [view(each) for each in open_cases(session)]


@post("/api/v1/finance/cases/{id:uuid}/decision", opt=WRITE, status_code=200, tags=["finance"], sync_to_thread=True)
def decide(request: Req, id: FromPath[UUID], data: JSONBody[Decision]) -> Response[CaseView]:
    """Decide a case; beyond the house's limit the first word proposes and another person's decides."""
    back = data.back.money(home().currency)

    def work(session: Session, command: UUID) -> Answer:
        made = cases.decide(
            session, id, actor=_actor(request), back=back, ground=data.ground, command_id=command, now=clock.now()
        )
        return done(view(made))

    return carry_out(request, data, work, CaseView)


@post("/api/v1/finance/cases/{id:uuid}/reopening", opt=WRITE, status_code=200, tags=["finance"], sync_to_thread=True)
def reopen(request: Req, id: FromPath[UUID]) -> Response[CaseView]:
    """Take a proposal back: the case is open as before. Refuses CaseDecided."""

    def work(session: Session, _: UUID) -> Answer:
        return done(view(cases.take_proposal_back(session, id, actor=_actor(request))))

    return carry_out(request, None, work, CaseView)


@post("/api/v1/finance/jobs/{id:uuid}/refunds", opt=WRITE, status_code=201, tags=["finance"], sync_to_thread=True)
def give_back(request: Req, id: FromPath[UUID], data: JSONBody[Refund]) -> Response[CaseView]:
    """Give so much of a paid job back to its customer's wallet, by those who got it."""
    wanted = data.amount.money(home().currency)

    def work(session: Session, command: UUID) -> Answer:
        made = cases.give_back(
            session, id, actor=_actor(request), amount=wanted, matter=Matter.OTHER, ground=data.ground,
            command_id=command, now=clock.now(),
        )  # fmt: skip
        return done(view(made), 201)

    return carry_out(request, data, work, CaseView)


routes = [mine, begin, waiting, decide, reopen, give_back]


def view(case: Case) -> CaseView:
    """A case as the API says it; its words stay with those who decide."""
    return CaseView(
        id=case.id, job=case.job, number=case.number, side=case.side, matter=case.matter.value,
        disputed=amount(case.disputed), state=case.state.value, back=maybe_amount(case.back),
        ground=None if case.ground is None else case.ground.value, opened_at=case.opened_at, decided_at=case.decided_at,
    )  # fmt: skip


def _actor(request: Req) -> Actor:
    role = Role.FINANCE if "finance" in request.user.roles else Role.MANAGER
    return Actor(role, request.user.person_id)
