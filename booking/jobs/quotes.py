"""Write a quote after an estimate visit, send it, answer it (lifecycle.md E.2 and E.4 #5, #6).

    draft → sent → approved | refused | expired | superseded

Each verb locks the work, then the quote. An approval names the hash that the customer was shown, so that a newer quote
sent in the same moment is never approved unread; whichever comes second reads what the first has done.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from booking.jobs import actions, quote_rules, record, requests, terms, visits
from booking.jobs.actions import Fired
from booking.jobs.changes import Columns
from booking.jobs.quote_rules import (
    Content,
    EstimateNotDone,
    NoQuoteWanted,
    QuoteDiffers,
    QuoteNotFound,
    QuoteOver,
    QuoteState,
    check_content,
    check_open,
    credit_of,
    total_of,
)
from booking.jobs.rules import SYSTEM, Actor, Facts, JobNotFound
from booking.jobs.tables import Job
from booking.jobs.terms import Terms
from booking.jobs.visit_rules import Relation
from booking.jobs.visit_tables import JobQuote
from booking.jobs.words import Event, Role, State
from booking.pricing import estimating
from booking.pricing.estimating import Part
from marketplace.catalogue import queries as catalogue
from marketplace.foundation import vault
from marketplace.foundation.ids import JobId, PersonId, ServiceId, derived, uuid7
from marketplace.foundation.money import Money
from marketplace.foundation.outbox import enqueue
from marketplace.notices import actions as notices

NO_QUOTE: Columns = {"minutes": None}  # how long the work takes, only a quote that waits or was approved says
PRICE_STANDS = timedelta(days=2)  # longer than an approved request may wait for its payment


@dataclass(frozen=True, slots=True)
class QuoteView:
    """A quote as its customer and its writer read it. `content` is None once the customer has been erased."""

    id: UUID
    job: JobId
    visit: JobId
    by: PersonId
    state: QuoteState
    content: Content | None
    work: Money
    credit: Money
    minutes: int
    valid_days: int
    valid_until: datetime | None
    hash: str
    reason: str | None
    written_at: datetime
    sent_at: datetime | None
    ended_at: datetime | None

    @property
    def total(self) -> Money:
        return self.work - self.credit

    @property
    def length(self) -> timedelta:
        """How long the work takes."""
        return timedelta(minutes=self.minutes)

    def waits(self, now: datetime) -> bool:
        """Whether the customer may answer it now."""
        return self.state is QuoteState.SENT and self.valid_until is not None and now < self.valid_until


def write(session: Session, visit: UUID, content: Content, *, by: PersonId, now: datetime) -> QuoteView:
    """Keep what has been written so far, as the one draft of this work. Writing the same again changes nothing.

    Refuses JobNotFound, NoQuoteWanted, and what `check_content` refuses.
    """
    seen, work = visits.own_visit(session, visit, by, Relation.ESTIMATE_OF)
    check_content(content, seen.currency)
    row = record.locked(session, work)
    if row.state != State.QUOTING:
        raise NoQuoteWanted()
    draft = session.scalar(_of(work, QuoteState.DRAFT).with_for_update())
    if draft is None:
        draft = JobQuote(id=uuid7(), job_id=work, visit_id=visit, holder_id=row.holder_id, by_id=by,
                         state=QuoteState.DRAFT.value, currency=row.currency)  # fmt: skip
    draft.by_id, draft.visit_id, draft.written_at = by, visit, now
    draft.content = vault.seal(row.holder_id, place(draft.id), quote_rules.written(content))
    draft.work_minor = total_of(content.lines, row.currency).minor
    draft.credit_minor = credit_of(_credit(session, seen, row, now=now), total_of(content.lines, row.currency)).minor
    draft.minutes, draft.valid_days = content.minutes, content.valid_days
    session.add(draft)
    session.flush()
    return view(draft)


def send(session: Session, visit: UUID, *, actor: Actor, shown: str, command_id: UUID, now: datetime) -> QuoteView:
    """Send the draft as it was shown to its writer; a quote that waits is superseded (E.4 #5).

    Refuses JobNotFound, EstimateNotDone, NoQuoteWanted, QuoteNotFound (nothing is written), QuoteDiffers (written anew
    since), and what `actions.fire` refuses. The same command again changes nothing.
    """
    if actor.person_id is None:
        raise JobNotFound()
    seen, work = visits.own_visit(session, visit, actor.person_id, Relation.ESTIMATE_OF)
    row = record.locked(session, work)
    told = record.told_before(session, work, Event.SEND_QUOTE, actor, command_id)
    if told is not None:
        return view(_one(session, work, UUID(str(told.facts["quote_id"]))))
    if State(seen.state) not in visits.DONE:
        raise EstimateNotDone()
    if row.state != State.QUOTING:
        raise NoQuoteWanted()
    draft = session.scalar(_of(work, QuoteState.DRAFT).with_for_update())
    if draft is None or draft.by_id != actor.person_id:
        raise QuoteNotFound()
    if view(draft).hash != shown:
        raise QuoteDiffers()
    before = session.scalar(_of(work, QuoteState.SENT).with_for_update())
    if before is not None:
        before.state, before.ended_at = QuoteState.SUPERSEDED.value, now
        session.flush()
    _seal_off(draft, _credit(session, seen, row, now=now), now=now)
    session.flush()
    facts: Facts = {"quote_id": draft.id, "quote_minor": draft.work_minor - draft.credit_minor}
    actions.carry_out(
        session, row, Event.SEND_QUOTE, actor=actor, command_id=command_id, now=now, facts=facts,
        columns={"minutes": draft.minutes},
    )  # fmt: skip
    enqueue(session, "jobs.expire_quote", due_at=draft.valid_until, key=derived("expire_quote", draft.id), id=draft.id)
    return view(draft)


def approve(session: Session, job: UUID, *, actor: Actor, shown: str, command_id: UUID, now: datetime) -> Fired:
    """Approve the quote with the hash that was shown: it becomes the price of the work (E.4 #6), whose time and payment
    come next.

    Refuses JobNotFound, QuoteNotFound (no quote of this work has that hash), QuoteOver with what became of it, and what
    `actions.fire` refuses. The same command again changes nothing.
    """
    row = _own(session, job, actor)
    told = record.told_before(session, job, Event.APPROVE_QUOTE, actor, command_id)
    columns: Columns = {}
    facts: Facts = {}
    if told is None:
        quote = _shown(session, job, shown, now=now)
        columns = _price(session, row, view(quote), now=now)
        facts = {"quote_id": quote.id, "quote_minor": quote.work_minor - quote.credit_minor}
        _end(session, quote, QuoteState.APPROVED, now=now)
        _tell_writer(session, quote, now=now)
    return actions.carry_out(
        session, row, Event.APPROVE_QUOTE, actor=actor, command_id=command_id, now=now, facts=facts, columns=columns
    )


def refuse(
    session: Session, job: UUID, *, actor: Actor, shown: str, reason: str | None, command_id: UUID, now: datetime
) -> Fired:
    """Refuse the quote that was shown; the request goes on waiting for another. Refuses as `approve` does."""
    row = _own(session, job, actor)
    facts: Facts = {} if reason is None else {"reason": reason}
    if record.told_before(session, job, Event.REFUSE_QUOTE, actor, command_id) is None:
        quote = _shown(session, job, shown, now=now)
        facts["quote_id"] = quote.id
        quote.reason = reason
        _end(session, quote, QuoteState.REFUSED, now=now)
        _tell_writer(session, quote, now=now)
    return actions.carry_out(
        session, row, Event.REFUSE_QUOTE, actor=actor, command_id=command_id, now=now, facts=facts, columns=NO_QUOTE
    )


def expire(session: Session, quote: UUID, *, now: datetime) -> None:
    """A quote that nobody answered has run out. Nothing happens to one that was answered or superseded."""
    job = session.scalar(select(JobQuote.job_id).where(JobQuote.id == quote))
    if job is None:
        return
    row = record.locked(session, job)
    found = _one(session, job, quote)
    if found.state != QuoteState.SENT or found.valid_until is None or now < found.valid_until:
        return
    _end(session, found, QuoteState.EXPIRED, now=now)
    if row.state == State.QUOTING:
        actions.carry_out(
            session, row, Event.EXPIRE_QUOTE, actor=SYSTEM, command_id=derived("job", quote, "expire_quote"), now=now,
            facts={"quote_id": quote}, columns=NO_QUOTE,
        )  # fmt: skip


def of_job(session: Session, job: UUID) -> list[QuoteView]:
    """Every quote that was sent for this work, the newest first."""
    sent = select(JobQuote).where(JobQuote.job_id == job, JobQuote.state != QuoteState.DRAFT)
    return [view(row) for row in session.scalars(sent.order_by(JobQuote.sent_at.desc(), JobQuote.id))]


def one(session: Session, quote: UUID) -> QuoteView:
    """One quote, for a letter about it. Refuses QuoteNotFound."""
    row = session.get(JobQuote, quote, populate_existing=True)
    if row is None:
        raise QuoteNotFound()
    return view(row)


def service_of(session: Session, job: UUID) -> ServiceId:
    """What kind of work a quote is for. Refuses QuoteNotFound."""
    found = session.scalar(select(Job.service_id).where(Job.id == job))
    if found is None:
        raise QuoteNotFound()
    return ServiceId(found)


def for_writer(session: Session, visit: UUID, specialist: PersonId) -> tuple[Job, list[QuoteView]]:
    """An estimate visit of this specialist's with what they wrote: a draft first, then what was sent, newest first.

    Refuses JobNotFound.
    """
    seen, work = visits.own_visit(session, visit, specialist, Relation.ESTIMATE_OF)
    mine = select(JobQuote).where(JobQuote.job_id == work, JobQuote.by_id == specialist)
    rows = session.scalars(mine.order_by(JobQuote.state != QuoteState.DRAFT, JobQuote.written_at.desc()))
    return seen, [view(row) for row in rows]


def wanted(session: Session, visit: UUID) -> bool:
    """Whether a quote is still waited for after this visit."""
    work = visits.work_of(session, visit, Relation.ESTIMATE_OF)
    return work is not None and session.scalar(select(Job.state).where(Job.id == work)) == State.QUOTING


def place(quote: UUID) -> str:
    """Where the content of a quote is sealed for."""
    return vault.place("job_quote", "content", quote)


def view(row: JobQuote) -> QuoteView:
    content, credit = _content(row), Money(row.credit_minor, row.currency)
    known = row.hash
    if known is None:
        known = "" if content is None else quote_rules.digest(
            row.id, row.job_id, content, credit=credit, valid_until=None
        )  # fmt: skip
    return QuoteView(
        id=row.id,
        job=JobId(row.job_id),
        visit=JobId(row.visit_id),
        by=PersonId(row.by_id),
        state=QuoteState(row.state),
        content=content,
        work=Money(row.work_minor, row.currency),
        credit=credit,
        minutes=row.minutes,
        valid_days=row.valid_days,
        valid_until=row.valid_until,
        hash=known,
        reason=row.reason,
        written_at=row.written_at,
        sent_at=row.sent_at,
        ended_at=row.ended_at,
    )


def _content(row: JobQuote) -> Content | None:
    try:
        text = vault.unseal(row.holder_id, place(row.id), row.content)
    except vault.Erased:
        return None  # the sum remains, the words went with the customer
    return quote_rules.read(text, minutes=row.minutes, valid_days=row.valid_days, currency=row.currency)


def _seal_off(draft: JobQuote, credit: Money, *, now: datetime) -> None:
    """From here on the quote says what it says."""
    content = _content(draft)
    if content is None:
        raise QuoteNotFound()
    draft.credit_minor = credit_of(credit, Money(draft.work_minor, draft.currency)).minor
    draft.valid_until = (now + timedelta(days=draft.valid_days)).replace(microsecond=0)
    draft.hash = quote_rules.digest(
        draft.id, draft.job_id, content, credit=Money(draft.credit_minor, draft.currency),
        valid_until=draft.valid_until,
    )  # fmt: skip
    draft.state, draft.sent_at = QuoteState.SENT.value, now


def _credit(session: Session, visit: Job, work: Job, *, now: datetime) -> Money:
    """What of the visit's price comes off the work's: all of it, where the service says so."""
    service = catalogue.service(session, ServiceId(work.service_id), now=now)
    paid = visit.final_minor if visit.final_minor is not None else visit.price_minor
    return Money(paid or 0, work.currency) if service.estimate_credited else Money.zero(work.currency)


def _price(session: Session, row: Job, quote: QuoteView, *, now: datetime) -> Columns:
    """The approved quote as the frozen price of the work, under the policies of the day."""
    if quote.content is None:
        raise QuoteNotFound()
    service = catalogue.service(session, ServiceId(row.service_id), now=now)
    price, cancellation = requests.policies(session, service, now=now)
    parts = [Part(line.sort.value, line.quantity, line.unit, line.amount) for line in quote.content.lines]
    agreed = estimating.agreed(
        parts, credit=quote.credit, service=service.key, policy=price, visit_fee=service.visit_fee,
        valid_until=now + PRICE_STANDS,
    )  # fmt: skip
    return {
        "quote": terms.document(Terms(agreed, price, cancellation)),
        "quote_hash": agreed.hash,
        "price_minor": agreed.total.minor,
        "minutes": quote.minutes,
    }


def _own(session: Session, job: UUID, actor: Actor) -> Job:
    """The work, for whoever may answer for it; another's is not there (404), whatever was shown."""
    row = record.locked(session, job)
    if actor.role is Role.CUSTOMER and row.customer_id != actor.person_id:
        raise JobNotFound()
    return row


def _shown(session: Session, job: UUID, shown: str, *, now: datetime) -> JobQuote:
    known = select(JobQuote).where(JobQuote.job_id == job, JobQuote.hash == shown, JobQuote.hash.is_not(None))
    found = session.scalar(known.with_for_update().execution_options(populate_existing=True))
    if found is None:
        raise QuoteNotFound()
    check_open(QuoteState(found.state), found.valid_until, now=now)
    if session.scalar(select(Job.state).where(Job.id == found.visit_id)) in visits.NO_LONGER:
        raise QuoteOver(QuoteState.EXPIRED.value)  # the visit was called off afterwards, and its fee given back
    return found


def _end(session: Session, quote: JobQuote, state: QuoteState, *, now: datetime) -> None:
    quote.state, quote.ended_at = state.value, now
    session.flush()


def _tell_writer(session: Session, quote: JobQuote, *, now: datetime) -> None:
    key = derived("letter", quote.id, "answered")
    notices.send(session, to=PersonId(quote.by_id), letter="quote_answered", key=key, now=now, quote=quote.id)


def _one(session: Session, job: UUID, quote: UUID) -> JobQuote:
    asked = select(JobQuote).where(JobQuote.id == quote, JobQuote.job_id == job).with_for_update()
    found = session.scalar(asked.execution_options(populate_existing=True))
    if found is None:
        raise QuoteNotFound()
    return found


def _of(job: UUID, state: QuoteState) -> Select[JobQuote]:
    asked = select(JobQuote).where(JobQuote.job_id == job, JobQuote.state == state)
    return asked.execution_options(populate_existing=True)
