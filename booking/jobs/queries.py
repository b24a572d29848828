"""What each reader may see of one job: the scope stands in the WHERE, the fields in the dataclass.

A job that is not the reader's does not exist for them (JobNotFound). Names and addresses are `privacy.reveal`'s.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from booking.jobs import crews, record, terms
from booking.jobs.crew_queries import part_for, theirs
from booking.jobs.rules import Actor, JobNotFound, Standing
from booking.jobs.tables import Job, JobEvent
from booking.jobs.terms import Terms
from booking.jobs.transitions import possible
from booking.jobs.words import CREW_AT_WORK, Event, Kind, Role, State, Status
from booking.pricing.awarding import as_accepted
from booking.pricing.policy import PricePolicy
from booking.pricing.rules import Pay
from marketplace.catalogue import queries as catalogue
from marketplace.catalogue.rules import Answer, QuestionKind
from marketplace.foundation import vault
from marketplace.foundation.ids import AddressId, JobId, OccupationId, PersonId, ServiceId, ZoneId
from marketplace.foundation.money import Money

INTERNAL = frozenset({Event.OFFER, Event.SEEN, Event.DECLINE, Event.EXPIRE_OFFER, Event.WRONG_CODE})


@dataclass(frozen=True, slots=True)
class CustomerJob:
    """A job as its customer sees it. `answers` and `place` are their own words; `may` lists what they can do now."""

    id: JobId
    number: str
    version: int
    job: Standing
    status: Status
    service: ServiceId
    zone: ZoneId | None
    cell: str | None
    address: AddressId | None
    answers: Mapping[str, Answer]
    place: Mapping[str, Answer]
    terms: Terms | None
    specialist: PersonId | None
    slot_until: datetime | None
    minutes: int | None
    may: tuple[Event, ...]


@dataclass(frozen=True, slots=True)
class OfferedJob:
    """All that is told before acceptance: where roughly, when, what, and for how much. No personal field (E.4 #9)."""

    id: JobId
    service: ServiceId
    zone: ZoneId
    cell: str | None
    window_start: datetime
    window_end: datetime
    minutes: int
    method: str
    pay: Pay
    work: Mapping[str, Answer]  # what was chosen or counted; nothing that somebody wrote


@dataclass(frozen=True, slots=True)
class CrewJob:
    """A job as the specialist who has it sees it; contact is asked of `privacy.reveal`, with `id` and `customer`."""

    id: JobId
    number: str
    version: int
    job: Standing
    status: Status
    service: ServiceId
    zone: ZoneId | None
    cell: str | None
    address: AddressId | None
    customer: PersonId
    answers: Mapping[str, Answer]
    minutes: int
    pay: Pay
    terms: Terms
    code_tries: int
    may: tuple[Event, ...]


@dataclass(frozen=True, slots=True)
class PastJob:
    """What remains with a specialist afterwards: area, date, amount."""

    id: JobId
    number: str
    service: ServiceId
    zone: ZoneId | None
    on: datetime | None
    state: State
    pay: Pay
    rates: PricePolicy


@dataclass(frozen=True, slots=True)
class DeskJob:
    """A job for the desk (agents, dispatchers, managers): everything but personal values; names need a reason."""

    id: JobId
    number: str
    version: int
    job: Standing
    status: Status
    service: ServiceId
    zone: ZoneId | None
    cell: str | None
    customer: PersonId | None
    specialist: PersonId | None
    planned: PersonId | None
    occupation: OccupationId | None
    entered_by: PersonId | None
    created_at: datetime
    may: tuple[Event, ...]


@dataclass(frozen=True, slots=True)
class FinanceJob:
    """The money side of a job, by opaque ids; the wallets' own tables hold what moved."""

    id: JobId
    number: str
    state: State
    method: str
    service: ServiceId
    customer: PersonId | None
    specialist: PersonId | None
    price: Money | None
    final: Money | None
    cash_declared: Money | None
    quote_hash: str | None
    pay: Pay | None
    funded_at: datetime | None
    approved_at: datetime | None
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class Happened:
    """One line of a job's timeline; `device_at` is what the phone said, `at` is ours."""

    place: int
    event: Event
    role: Role
    from_state: State | None
    to_state: State
    at: datetime
    device_at: datetime | None
    reason: str | None
    actor: PersonId | None


def for_customer(session: Session, job_id: UUID, customer: PersonId, *, now: datetime) -> CustomerJob:
    """The customer's own job, drafts too. Refuses JobNotFound."""
    row = _one(session, Job.id == job_id, Job.customer_id == customer)
    return _customer_job(row, Actor(Role.CUSTOMER, customer), now=now)


def for_visitor(session: Session, job_id: UUID, session_hash: bytes, *, now: datetime) -> CustomerJob:
    """A visitor's own draft (`drafts.session_hash` of their session's token). Refuses JobNotFound."""
    row = _one(session, Job.id == job_id, Job.session_hash == session_hash, Job.state == State.DRAFT)
    return _customer_job(row, Actor(Role.VISITOR), now=now)


def start_code(session: Session, job_id: UUID, customer: PersonId) -> str | None:
    """The four digits that the customer reads out at the door; None when nobody is coming. Refuses JobNotFound."""
    row = _one(session, Job.id == job_id, Job.customer_id == customer)
    if row.start_code is None or row.started_at is not None or row.ended_at is not None:
        return None
    return vault.unseal(row.holder_id, vault.place("job", "start_code", row.id), row.start_code)


def as_offered(session: Session, job_id: UUID) -> OfferedJob:
    """What an offer shows; who may ask is `dispatch`'s to know. Refuses JobNotFound.

    Once somebody has the job its pay is what everybody was offered, and not what a round of bids made of it.
    """
    row = _one(session, Job.id == job_id)
    if row.zone_id is None or row.window_start is None or row.window_end is None:
        raise JobNotFound()
    return OfferedJob(
        id=JobId(row.id),
        service=ServiceId(row.service_id),
        zone=ZoneId(row.zone_id),
        cell=row.cell,
        window_start=row.window_start,
        window_end=row.window_end,
        minutes=row.minutes or 0,
        method=row.method,
        pay=_pay(row, as_offered=row.state != State.OPEN),
        work=_chosen(session, row),
    )


def for_crew(session: Session, job_id: UUID, specialist: PersonId, *, now: datetime) -> CrewJob:
    """The job of the specialist who has it now, alone or with others, until it is approved. Refuses JobNotFound."""
    states = [*CREW_AT_WORK, State.COMPLETED, State.OPEN]  # open: while others of the crew are looked for
    row = _one(session, Job.id == job_id, theirs(specialist), Job.state.in_(states))
    if row.customer_id is None or row.quote is None:
        raise JobNotFound()
    job = record.standing(row, now=now, crew=crews.members(session, row))
    return CrewJob(
        id=JobId(row.id),
        number=row.number,
        version=row.version,
        job=job,
        status=job.status,
        service=ServiceId(row.service_id),
        zone=_zone(row),
        cell=row.cell,
        address=None if row.address_id is None else AddressId(row.address_id),
        customer=PersonId(row.customer_id),
        answers=_chosen(session, row) if row.state == State.OPEN else record.opened(row, "answers"),
        minutes=row.minutes or 0,
        pay=part_for(session, row, _pay(row), specialist),
        terms=terms.from_document(row.quote),
        code_tries=row.code_tries,
        may=tuple(possible(job, Actor(Role.SPECIALIST, specialist))),
    )


def past_of(session: Session, job_id: UUID, specialist: PersonId) -> PastJob:
    """A visit of the past as its specialist may still see it. Refuses JobNotFound."""
    row = _one(session, Job.id == job_id, theirs(specialist))
    return replace(past(row), pay=part_for(session, row, _pay(row), specialist))


def past(row: Job) -> PastJob:
    pay, rates = _pay(row), terms.from_document(row.quote or {}).price
    service, zone = ServiceId(row.service_id), _zone(row)
    return PastJob(JobId(row.id), row.number, service, zone, row.window_start, State(row.state), pay, rates)


def for_desk(session: Session, job_id: UUID, reader: Actor, *, now: datetime) -> DeskJob:
    """Any job of the house, without personal values; `reader` decides what they may do. Refuses JobNotFound."""
    return desk_job(_one(session, Job.id == job_id), reader, now=now)


def by_number(session: Session, number: str, reader: Actor, *, now: datetime) -> DeskJob:
    """The job whose number a caller reads out; small letters and a missing K- are understood. Refuses JobNotFound."""
    said = number.strip().upper().removeprefix("K-").removeprefix("K ")
    return desk_job(_one(session, Job.number == f"K-{said}"), reader, now=now)


def for_finance(session: Session, job_id: UUID) -> FinanceJob:
    """Refuses JobNotFound."""
    row = _one(session, Job.id == job_id)
    return FinanceJob(
        id=JobId(row.id),
        number=row.number,
        state=State(row.state),
        method=row.method,
        service=ServiceId(row.service_id),
        customer=None if row.customer_id is None else PersonId(row.customer_id),
        specialist=None if row.specialist_id is None else PersonId(row.specialist_id),
        price=_money(row, row.price_minor),
        final=_money(row, row.final_minor),
        cash_declared=_money(row, row.cash_declared_minor),
        quote_hash=row.quote_hash,
        pay=_pay(row) if row.quote else None,
        funded_at=row.funded_at,
        approved_at=row.approved_at,
        ended_at=row.ended_at,
    )


def timeline(session: Session, job_id: UUID, reader: Actor) -> tuple[Happened, ...]:
    """What happened to a job, in order. Customer and specialist see their own job, without who else was asked.

    Refuses JobNotFound.
    """
    row = _one(session, Job.id == job_id, *_scope(reader), tickets=True)
    asked = select(JobEvent).where(JobEvent.job_id == row.id).order_by(JobEvent.place)
    if reader.role in (Role.CUSTOMER, Role.SPECIALIST):
        asked = asked.where(JobEvent.event.not_in(INTERNAL))
    return tuple(_happened(each) for each in session.scalars(asked))


def chain_is_whole(session: Session, job_id: UUID) -> bool:
    """Whether the job's journal is complete and unaltered: every place there, every hash right (E.8-6)."""
    previous, place = record.FIRST, 0
    for each in session.scalars(select(JobEvent).where(JobEvent.job_id == job_id).order_by(JobEvent.place)):
        place += 1
        if each.place != place or bytes(each.previous_hash) != previous or record.link(each) != bytes(each.hash):
            return False
        previous = bytes(each.hash)
    return place > 0


def desk_job(row: Job, reader: Actor, *, now: datetime) -> DeskJob:
    job = record.standing(row, now=now)
    return DeskJob(
        id=JobId(row.id),
        number=row.number,
        version=row.version,
        job=job,
        status=job.status,
        service=ServiceId(row.service_id),
        zone=_zone(row),
        cell=row.cell,
        customer=_person(row.customer_id),
        specialist=_person(row.specialist_id),
        planned=_person(row.planned_specialist_id),
        occupation=None if row.occupation_id is None else OccupationId(row.occupation_id),
        entered_by=_person(row.entered_by),
        created_at=row.created_at,
        may=tuple(possible(job, reader)),
    )


def _customer_job(row: Job, reader: Actor, *, now: datetime) -> CustomerJob:
    job = record.standing(row, now=now)
    return CustomerJob(
        id=JobId(row.id),
        number=row.number,
        version=row.version,
        job=job,
        status=job.status,
        service=ServiceId(row.service_id),
        zone=_zone(row),
        cell=row.cell,
        address=None if row.address_id is None else AddressId(row.address_id),
        answers=record.opened(row, "answers"),
        place=record.opened(row, "place"),
        terms=terms.from_document(row.quote) if row.quote else None,
        specialist=_person(row.specialist_id),
        slot_until=row.slot_until,
        minutes=row.minutes,
        may=tuple(possible(job, reader)),
    )


def _one(session: Session, *conditions: ColumnElement[bool], tickets: bool = False) -> Job:
    asked = select(Job).where(*conditions, *([] if tickets else [Job.kind != Kind.TICKET]))
    row = session.scalars(asked.execution_options(populate_existing=True)).one_or_none()
    if row is None:
        raise JobNotFound()
    return row


def _scope(reader: Actor) -> list[ColumnElement[bool]]:
    if reader.role is Role.CUSTOMER:
        return [Job.customer_id == reader.person_id]
    if reader.role is Role.SPECIALIST:
        return [theirs(reader.person_id)] if reader.person_id else []
    return []


def _happened(each: JobEvent) -> Happened:
    return Happened(
        place=each.place,
        event=Event(each.event),
        role=Role(each.role),
        from_state=State(each.from_state) if each.from_state else None,
        to_state=State(each.to_state),
        at=each.recorded_at,
        device_at=each.device_at,
        reason=each.reason,
        actor=_person(each.actor_id),
    )


def _chosen(session: Session, row: Job) -> dict[str, Answer]:
    """The answers that carry no personal value, while the job looks for somebody (E.4 #9)."""
    if row.state != State.OPEN:
        return {}
    asked = catalogue.questions(session, ServiceId(row.service_id))
    plain = {question.key for question in asked if question.kind is not QuestionKind.TEXT}
    return {key: answer for key, answer in record.opened(row, "answers").items() if key in plain}


def _pay(row: Job, *, as_offered: bool = False) -> Pay:
    if row.quote is None or row.price_minor is None:
        raise JobNotFound()
    made = terms.from_document(row.quote)
    final = row.price_minor if row.final_minor is None else row.final_minor
    return terms.net_pay(made, as_accepted(made.quote) if as_offered else Money(final, row.currency))


def _money(row: Job, minor: int | None) -> Money | None:
    return None if minor is None else Money(minor, row.currency)


def _zone(row: Job) -> ZoneId | None:
    return None if row.zone_id is None else ZoneId(row.zone_id)


def _person(id: UUID | None) -> PersonId | None:
    return None if id is None else PersonId(id)
