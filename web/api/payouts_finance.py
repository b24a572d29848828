"""Payouts as finance sends them: batches, approvals, the bank's file, and what the bank said."""

from datetime import datetime
from typing import Annotated, Literal, cast
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, JSONBody, QueryParameter
from sqlalchemy.orm import Session

from marketplace.foundation import audit, clock
from marketplace.foundation.database import transaction
from marketplace.foundation.ids import fingerprint
from marketplace.foundation.repeats import Answer
from marketplace.privacy.actions import Reader
from payments.payouts import actions, queries
from payments.payouts.bank_files import MEDIA_TYPE, SUFFIX
from payments.payouts.queries import BatchView
from payments.payouts.rules import MOST_ITEMS, Form, Reason, State
from web.api.amounts import Amount, In, Out, amount
from web.api.commands import carry_out, done
from web.api.payouts import PayoutLine, payout_line
from web.home import home
from web.identity import Req
from web.paying_out import ConfirmFirst, facts_here, fetched, house_account, terms_of

READ, WRITE = {"policy": "finance.read"}, {"policy": "finance.write"}
Ids = Annotated[list[UUID], msgspec.Meta(max_length=MOST_ITEMS)]


class NewBatch(In, frozen=True, kw_only=True):
    """Which checked items, or all of them; and in which form the bank takes it."""

    form: Form
    payouts: Ids = []


class NewApproval(In, frozen=True, kw_only=True):
    """The digest of the batch that the approver has seen."""

    digest: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]


class NewOutcome(In, frozen=True, kw_only=True):
    """What the bank said of these items, or of all that wait for it; `reason` of a rejection."""

    outcome: Literal["accepted", "rejected", "unknown"]
    payouts: Ids = []
    reason: Reason | None = None


class BatchLine(Out, frozen=True, kw_only=True):
    """A batch with its sums, who stands for it, and how many items are where."""

    id: UUID
    reference: str
    form: str
    state: str
    count: int
    total: Amount
    digest: str
    made_by: UUID
    made_at: datetime
    approved_by: list[UUID]
    sent_at: datetime | None
    states: dict[str, int]


class Whole(Out, frozen=True, kw_only=True):
    batch: BatchLine
    items: list[PayoutLine]


class Stands(Out, frozen=True, kw_only=True):
    id: UUID
    state: str


@get("/api/v1/finance/payouts", opt=READ, tags=["finance"], sync_to_thread=True)
def every(
    wanted: Annotated[State | None, QueryParameter(name="state")] = None,
    reference: Annotated[str | None, QueryParameter(max_length=40)] = None,
    before: Annotated[datetime | None, QueryParameter()] = None,
) -> list[PayoutLine]:
    """Fifty items, newest first; `reference` finds what stands on a bank's statement."""
    with transaction() as session:
        found = queries.everybody(session, state=wanted, reference=reference, before=before)
    return [payout_line(each) for each in found]


@post("/api/v1/finance/payouts/batches", opt=WRITE, status_code=201, tags=["finance"], sync_to_thread=True)
def prepare(request: Req, data: JSONBody[NewBatch]) -> Response[Stands]:
    """Collect checked items into a batch; whoever does so does not approve it."""
    here = home()

    def work(session: Session, command: UUID) -> Answer:
        id = actions.prepare(
            session, currency=here.currency, form=data.form, by=request.user.person_id, command=command,
            terms=terms_of(here), facts_of=facts_here(session, here.currency), payouts=data.payouts or None,
            now=clock.now(),
        )  # fmt: skip
        _note(session, request, "prepared", id)
        return done(Stands(id=id, state="draft"), 201)

    return carry_out(request, data, work, Stands)


@get("/api/v1/finance/payouts/batches/{id:uuid}", opt=READ, tags=["finance"], sync_to_thread=True)
def batch(id: FromPath[UUID]) -> Whole:
    """One batch with its items."""
    with transaction() as session:
        found, items = queries.batch(session, id), queries.items_of(session, id)
    return Whole(batch=_batch(found), items=[payout_line(each) for each in items])


@post(
    "/api/v1/finance/payouts/batches/{id:uuid}/approvals", opt=WRITE, status_code=200, tags=["finance"],
    sync_to_thread=True,
)  # fmt: skip
def approve(request: Req, id: FromPath[UUID], data: JSONBody[NewApproval]) -> Response[Stands]:
    """One's yes to the batch of this digest. Needs a session that was confirmed a moment ago."""
    if not request.user.stepped_up:
        raise ConfirmFirst
    here = home()

    def work(session: Session, _: UUID) -> Answer:
        state = actions.approve(
            session, id, by=request.user.person_id, digest=data.digest, terms=terms_of(here),
            facts_of=facts_here(session, here.currency), now=clock.now(),
        )  # fmt: skip
        _note(session, request, "approved", id, digest=fingerprint(data.digest))
        return done(Stands(id=id, state=state.value))

    return carry_out(request, data, work, Stands)


@post(
    "/api/v1/finance/payouts/batches/{id:uuid}/review", opt=WRITE, status_code=200, tags=["finance"],
    sync_to_thread=True,
)  # fmt: skip
def review(request: Req, id: FromPath[UUID]) -> Response[Stands]:
    """Take out every item that something has come to stand against; the rest can be approved again."""
    here = home()

    def work(session: Session, _: UUID) -> Answer:
        actions.look_again(
            session, id, terms=terms_of(here), facts_of=facts_here(session, here.currency), now=clock.now()
        )
        return done(Stands(id=id, state=queries.batch(session, id).state.value))

    return carry_out(request, None, work, Stands)


@post(
    "/api/v1/finance/payouts/batches/{id:uuid}/file", opt=WRITE, status_code=200, tags=["finance"], sync_to_thread=True
)
def make_file(request: Req, id: FromPath[UUID]) -> Response[Stands]:
    """Make the bank's file, once. Refuses NotApproved, BatchChanged, NoHouseAccount, BatchMoved."""
    here = home()

    def work(session: Session, _: UUID) -> Answer:
        actions.make_file(
            session, id, house=house_account(request.app.state.settings, here), by=request.user.person_id,
            terms=terms_of(here), facts_of=facts_here(session, here.currency), now=clock.now(),
        )  # fmt: skip
        _note(session, request, "filed", id)
        return done(Stands(id=id, state=queries.batch(session, id).state.value))

    return carry_out(request, None, work, Stands)


@post(
    "/api/v1/finance/payouts/batches/{id:uuid}/handover", opt=WRITE, status_code=200, tags=["finance"],
    sync_to_thread=True,
)  # fmt: skip
def hand_over(request: Req, id: FromPath[UUID]) -> Response[Stands]:
    """Write down that the file leaves the house; from here on it can be fetched. Needs a fresh confirmation."""
    if not request.user.stepped_up:
        raise ConfirmFirst

    def work(session: Session, _: UUID) -> Answer:
        actions.hand_over(session, id, by=request.user.person_id, now=clock.now())
        _note(session, request, "handed_over", id)
        return done(Stands(id=id, state=queries.batch(session, id).state.value))

    return carry_out(request, None, work, Stands)


@get("/api/v1/finance/payouts/batches/{id:uuid}/file", opt=WRITE, tags=["finance"], sync_to_thread=True)
def file(request: Req, id: FromPath[UUID]) -> Response[bytes]:
    """The file, pain.001 or CSV, the same byte for byte for ever. Refuses NotHandedOver, ConfirmFirst."""
    if not request.user.stepped_up:
        raise ConfirmFirst
    reader = Reader(request.user.person_id, "finance", device=request.user.session)
    with transaction() as session:
        found, content = fetched(session, id, reader=reader, now=clock.now())
    named = {"content-disposition": f'attachment; filename="{found.reference}.{SUFFIX[found.form]}"'}
    return Response(content, media_type=MEDIA_TYPE[found.form], headers=named)


@post(
    "/api/v1/finance/payouts/batches/{id:uuid}/outcomes", opt=WRITE, status_code=200, tags=["finance"],
    sync_to_thread=True,
)  # fmt: skip
def outcome(request: Req, id: FromPath[UUID], data: JSONBody[NewOutcome]) -> Response[Stands]:
    """Write down what the bank said; all of it or nothing."""

    def work(session: Session, _: UUID) -> Answer:
        actions.record_outcomes(
            session, id, data.payouts, cast("actions.Outcome", State(data.outcome)), by=request.user.person_id,
            reason=data.reason, now=clock.now(),
        )  # fmt: skip
        _note(session, request, "outcome", id, outcome=data.outcome)
        return done(Stands(id=id, state=queries.batch(session, id).state.value))

    return carry_out(request, data, work, Stands)


routes = [every, prepare, batch, approve, review, make_file, hand_over, file, outcome]


def _note(session: Session, request: Req, what: str, batch: UUID, **facts: str) -> None:
    audit.record(
        session, action=f"finance.payout_batch_{what}", actor=request.user.person_id, subject=None, reason=None,
        now=clock.now(), batch=batch, **facts,
    )  # fmt: skip


def _batch(found: BatchView) -> BatchLine:
    return BatchLine(
        id=found.id, reference=found.reference, form=found.form.value, state=found.state.value, count=found.count,
        total=amount(found.total), digest=found.digest, made_by=found.made_by, made_at=found.made_at,
        approved_by=[person for person, _ in found.approvals], sent_at=found.sent_at,
        states={state.value: count for state, count in found.states.items()},
    )  # fmt: skip
