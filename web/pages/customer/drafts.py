"""Whose draft a page is about, what it holds, how it is kept, and which page comes next."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from booking.jobs import drafts, queries
from booking.jobs.actions import Fired
from booking.jobs.drafts import Draft
from booking.jobs.queries import CustomerJob
from booking.jobs.requests import minutes_for
from booking.jobs.rules import Actor
from booking.jobs.words import Role, State
from marketplace.catalogue import queries as catalogue
from marketplace.catalogue.queries import Service, Zone
from marketplace.catalogue.rules import Answer, validate_answers
from marketplace.foundation.ids import PersonId, derived
from web.identity import Req

STEPS = 6  # questions, place, time, price, number, payment
STEPS_SIGNED_IN = 5  # whoever is signed in is not asked for a number


@dataclass(frozen=True)
class Course:
    """Which step a page is, of how many; somebody who had to give a number walks one step more."""

    step: int
    steps: int


def course(request: Req, step: int) -> Course:
    """The place of a page on this reader's way; `?steps=6` says that the number was asked for on the way."""
    if request.user.signed_in and request.query_params.get("steps") != str(STEPS):
        return Course(min(step, STEPS_SIGNED_IN), STEPS_SIGNED_IN)
    return Course(step, STEPS)


def actor_of(request: Req) -> Actor:
    """Who fires the draft's events: the customer, or a visitor."""
    if request.user.person is None:
        return Actor(Role.VISITOR)
    return Actor(Role.CUSTOMER, request.user.person)


def find(session: Session, request: Req, id: UUID, *, now: datetime) -> CustomerJob:
    """The reader's own draft or job. Refuses JobNotFound."""
    if request.user.person is not None:
        return queries.for_customer(session, id, request.user.person, now=now)
    return queries.for_visitor(session, id, drafts.session_hash(request.user.token), now=now)


def as_draft(mine: CustomerJob) -> Draft:
    """What has been filled in so far, to be changed and kept again."""
    return Draft(
        service=mine.service,
        answers=mine.answers,
        place={name: str(value) for name, value in mine.place.items()},
        address_id=mine.address,
        zone_id=mine.zone,
        cell=mine.cell,
        window=mine.job.window,
        method=mine.job.method,
    )


def begin(session: Session, request: Req, draft: Draft, *, command: UUID, now: datetime) -> UUID:
    """A new draft; the same form sent again, perhaps after a look back, changes the draft that it made.

    Refuses what `drafts.save_draft` refuses.
    """
    begun = drafts.save_draft(
        session, draft, actor=actor_of(request), command_id=command, now=now, token=request.user.token
    )
    if begun.again:
        mine = find(session, request, begun.job_id, now=now)
        keep(session, request, mine, replace(as_draft(mine), answers=draft.answers), command=command, now=now)
    return begun.job_id


def keep(session: Session, request: Req, mine: CustomerJob, draft: Draft, *, command: UUID, now: datetime) -> Fired:
    """Keep what was filled in on one page. Refuses what `drafts.save_draft` refuses."""
    # With the version in it, a form that is sent again after a look back and a change counts as a new one.
    chosen = derived("save", command, mine.version)
    return drafts.save_draft(
        session, draft, actor=actor_of(request), command_id=chosen, now=now, token=request.user.token, job_id=mine.id
    )


def keep_for(
    session: Session, customer: PersonId, mine: CustomerJob, draft: Draft, *, command: UUID, now: datetime
) -> Fired:
    """Keep a draft of somebody who has only just come in. Refuses what `drafts.save_draft` refuses."""
    return drafts.save_draft(
        session, draft, actor=Actor(Role.CUSTOMER, customer), command_id=command, now=now, job_id=mine.id
    )


def next_page(mine: CustomerJob) -> str:
    """The first page of the way that is not done yet; the job's own page when it is booked."""
    here = f"/bookings/{mine.id}"
    if mine.job.state is State.DRAFT:
        if not mine.address and not mine.place.get("line"):
            return f"{here}/place"
        return f"{here}/time" if mine.job.window is None else f"{here}/price"
    if mine.job.state is State.REQUESTED and not mine.job.funded:
        return f"{here}/payment" if mine.job.slot_held else f"{here}/time"
    return f"/jobs/{mine.id}"


def is_draft(mine: CustomerJob) -> bool:
    """Whether work and place may still be changed."""
    return mine.job.state is State.DRAFT


def is_open(mine: CustomerJob) -> bool:
    """Whether the time may still be chosen: a draft, or a request that nothing is set aside for."""
    return mine.job.state is State.DRAFT or (mine.job.state is State.REQUESTED and not mine.job.funded)


@dataclass(frozen=True)
class Asked:
    """What a page about a draft shows around its own question."""

    mine: CustomerJob
    service: Service
    answers: Mapping[str, Answer]
    zone: Zone | None
    minutes: int

    @property
    def id(self) -> UUID:
        return self.mine.id


def look(session: Session, request: Req, id: UUID, *, now: datetime) -> Asked:
    """The draft with its service, accepted answers and zone.

    Refuses JobNotFound, UnknownService, NoPriceBook, AnswersNotAccepted (the questions changed since).
    """
    return about(session, find(session, request, id, now=now), now=now)


def about(session: Session, mine: CustomerJob, *, now: datetime) -> Asked:
    """As `look`, for a job that has been found."""
    service = catalogue.service(session, mine.service, now=now)
    if mine.terms is not None and mine.terms.is_agreed:  # what was agreed hangs on no answer any more
        zone = None if mine.zone is None else catalogue.zone(session, mine.zone)
        return Asked(mine, service, mine.answers, zone, mine.minutes or service.minutes)
    answers = validate_answers(service.questions, mine.answers)
    zone = None if mine.zone is None else catalogue.zone(session, mine.zone)
    return Asked(mine, service, answers, zone, minutes_for(service, answers))
