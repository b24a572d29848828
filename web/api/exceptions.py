"""Finance: what found no partner, one by one or as a list; what is noted about it, and how it is settled."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, JSONBody, QueryParameter
from sqlalchemy.orm import Session

from marketplace.foundation import audit, clock
from marketplace.foundation.database import transaction
from marketplace.foundation.repeats import Answer
from payments.reconciliation import queries, solving
from payments.reconciliation.queries import ExceptionFacts, LeftOver, Place
from payments.reconciliation.rules import Kind, Solution
from web.api.amounts import Amount, In, Out, amount, maybe_amount
from web.api.commands import carry_out, done
from web.home import home
from web.identity import Req
from web.pages.finance.exceptions import PAGE, place_of, written

READ, WRITE = {"policy": "finance.read"}, {"policy": "finance.write"}
ROOT = "/api/v1/finance/exceptions"


class ExceptionLine(Out, frozen=True, kw_only=True):
    """An open exception. `value`: what is at risk; `waits`: a proposal waits for a second person."""

    id: UUID
    kind: str
    value: Amount
    owner: UUID
    opened_at: datetime
    age_in_days: str
    gateway: str
    transaction_number: str | None
    tracking_number: str | None
    batch: str | None
    booked: date | None
    suggestion: UUID | None
    waits: bool


class Exceptions(Out, frozen=True, kw_only=True):
    """The most money times age first. `next` is `after` of the page that follows; none follows the last."""

    exceptions: list[ExceptionLine]
    next: str | None


class SideLine(Out, frozen=True, kw_only=True):
    """What one source says of it."""

    id: UUID
    number: str | None
    amount: Amount
    fee: Amount | None
    on: date | None
    state: str


class HistoryLine(Out, frozen=True, kw_only=True):
    at: datetime
    what: str
    by: UUID | None
    fact: str | None
    note: str | None


class Proposal(Out, frozen=True, kw_only=True):
    """What somebody proposed, for another to agree to."""

    how: str
    amount: Amount
    reason: str
    asked_by: UUID
    asked_at: datetime


class WholeException(Out, frozen=True, kw_only=True):
    """The three sources side by side, what happened so far, and what waits for a second person."""

    about: ExceptionLine
    closed_at: datetime | None
    ledger: list[SideLine]
    report: list[SideLine]
    statement: list[SideLine]
    history: list[HistoryLine]
    proposal: Proposal | None


class NewNote(In, frozen=True, kw_only=True):
    note: Annotated[str, msgspec.Meta(min_length=1, max_length=500)]


class NewSolution(In, frozen=True, kw_only=True):
    """How it is settled, and why."""

    how: Solution
    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class NewApproval(In, frozen=True, kw_only=True):
    """The second person's yes or no; or the first takes the proposal back."""

    decision: Literal["approve", "withdraw"]


class Settled(Out, frozen=True, kw_only=True):
    """`done`: false while a second person has to agree."""

    id: UUID
    done: bool


@get(ROOT, opt=READ, tags=["finance"], sync_to_thread=True)
def every_one(
    kind: Annotated[Kind | None, QueryParameter()] = None,
    owner: Annotated[UUID | None, QueryParameter()] = None,
    gateway: Annotated[str | None, QueryParameter(max_length=40)] = None,
    after: Annotated[str, QueryParameter(max_length=120)] = "",
) -> Exceptions:
    """Fifty open exceptions, all or of one kind, owner or gateway."""
    now, place = clock.now(), place_of(after)
    with transaction() as session:
        rows = queries.left_over(
            session, now=now, kind=kind, owner=owner, gateway=gateway, after=place, limit=PAGE
        )  # fmt: skip
    last = rows[-1] if len(rows) == PAGE else None
    at = now if place is None else place.now
    return Exceptions(
        exceptions=[_line(row) for row in rows],
        next=None if last is None else written(Place(last.urgency, last.id, at)),
    )


@get(f"{ROOT}/{{id:uuid}}", opt=READ, tags=["finance"], sync_to_thread=True)
def one(id: FromPath[UUID]) -> WholeException:
    """One of them, open or settled."""
    with transaction() as session:
        return _whole(queries.facts_of(session, id, now=clock.now()))


@post(f"{ROOT}/{{id:uuid}}/notes", opt=WRITE, status_code=201, tags=["finance"], sync_to_thread=True)
def note(request: Req, id: FromPath[UUID], data: JSONBody[NewNote]) -> Response[Settled]:
    """Write something down about it, also when it is settled."""

    def act(session: Session, now: datetime) -> bool:
        solving.note(session, id, data.note, by=request.user.person_id, now=now)
        return queries.facts_of(session, id, now=now).closed_at is not None

    return _carried_out(request, data, id, "noted", act, status=201)


@post(f"{ROOT}/{{id:uuid}}/solutions", opt=WRITE, status_code=200, tags=["finance"], sync_to_thread=True)
def solve(request: Req, id: FromPath[UUID], data: JSONBody[NewSolution]) -> Response[Settled]:
    """Move the money that hangs on it, or propose to, above the limit of one person."""
    limit = int(home().settings["second_person_above"])

    def act(session: Session, now: datetime) -> bool:
        return solving.solve(
            session, id, data.how, reason=data.reason, by=request.user.person_id, second_above=limit, now=now
        )

    return _carried_out(request, data, id, "solved", act)


@post(f"{ROOT}/{{id:uuid}}/approval", opt=WRITE, status_code=200, tags=["finance"], sync_to_thread=True)
def approve(request: Req, id: FromPath[UUID], data: JSONBody[NewApproval]) -> Response[Settled]:
    """Agree to what another proposed, and it is done; or the proposal is off."""
    yes = data.decision == "approve"

    def act(session: Session, now: datetime) -> bool:
        say = solving.approve if yes else solving.withdraw
        say(session, id, by=request.user.person_id, now=now)
        return yes

    return _carried_out(request, data, id, "approved" if yes else "withdrawn", act)


routes = [every_one, one, note, solve, approve]


def _carried_out(
    request: Req, data: In, id: UUID, what: str, act: Callable[[Session, datetime], bool], *, status: int = 200
) -> Response[Settled]:
    """The act with its line in the journal, as the page writes it."""

    def work(session: Session, _: UUID) -> Answer:
        now = clock.now()
        audit.record(
            session, action=f"finance.exception_{what}", actor=request.user.person_id, subject=None, reason=None,
            now=now, exception=id,
        )  # fmt: skip
        return done(Settled(id=id, done=act(session, now)), status)

    return carry_out(request, data, work, Settled)


def _line(row: LeftOver) -> ExceptionLine:
    return ExceptionLine(
        id=row.id, kind=row.kind.value, value=amount(row.value), owner=row.owner, opened_at=row.opened_at,
        age_in_days=row.age, gateway=row.gateway, transaction_number=row.txn, tracking_number=row.bank,
        batch=row.batch, booked=row.booked, suggestion=row.suggestion, waits=row.waits,
    )  # fmt: skip


def _whole(found: ExceptionFacts) -> WholeException:
    sides = [
        [
            SideLine(id=each.id, number=each.reference, amount=amount(each.amount), fee=maybe_amount(each.fee),
                     on=each.on, state=each.state)
            for each in side
        ]
        for side in (found.ledger, found.report, found.statement)
    ]  # fmt: skip
    waits = found.waiting
    return WholeException(
        about=_line(found.about), closed_at=found.closed_at, ledger=sides[0], report=sides[1], statement=sides[2],
        history=[
            HistoryLine(at=each.at, what=each.what.value, by=each.by, fact=each.fact, note=each.note)
            for each in found.history
        ],
        proposal=None if waits is None else Proposal(
            how=waits.how.value, amount=amount(waits.amount), reason=waits.reason, asked_by=waits.asked_by,
            asked_at=waits.asked_at,
        ),
    )  # fmt: skip
