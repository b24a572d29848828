"""The card of one job as its specialist sees it: its steps, what can be done now, and its contact behind a tap."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from litestar import Response
from sqlalchemy.orm import Session

from booking.dispatch import queries as dispatch
from booking.jobs import contact as contact_log
from booking.jobs import queries as jobs
from booking.jobs import visits, warranty
from booking.jobs.crew_queries import crew_of
from booking.jobs.queries import CrewJob, Happened
from booking.jobs.rules import Actor, JobNotFound, TimeRules
from booking.jobs.visit_rules import Relation
from booking.jobs.words import Event, Method, Role, State
from marketplace.catalogue import queries as catalogue
from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from marketplace.foundation.errors import Refused
from marketplace.foundation.ids import OrganizationId, PersonId
from marketplace.privacy import queries as privacy
from marketplace.privacy.queries import OpenWindow
from web import answers
from web.home import home
from web.identity import Req
from web.pages.specialist import words
from web.pages.specialist.names import Names, Told, read_names, told
from web.parts import Filled
from web.respond import page

NEXT = {
    State.ASSIGNED: Event.DEPART, State.EN_ROUTE: Event.ARRIVE, State.ON_SITE: Event.START,
    State.IN_PROGRESS: Event.COMPLETE, State.DELAYED: Event.RESUME,
}  # fmt: skip
_TAKEN = frozenset({Event.ACCEPT, Event.ASSIGN, Event.REASSIGN})
_STEPS = frozenset({Event.DEPART, Event.ARRIVE, Event.START, Event.COMPLETE})


@dataclass(frozen=True)
class Mate:
    """Somebody else of the crew: who, whether they lead, and since when they are there."""

    id: PersonId
    leads: bool
    present_at: datetime | None


@dataclass(frozen=True)
class Crew:
    """The crew as one of it sees it."""

    found: int
    seats: int
    meets_at: datetime | None
    leads: bool
    is_there: bool
    mates: tuple[Mate, ...]

    @property
    def is_whole(self) -> bool:
        return self.found == self.seats


@dataclass(frozen=True)
class Card:
    """Everything that a card shows, but for the contact, which only a look opens."""

    job: CrewJob
    names: Names
    work: tuple[Told, ...]
    reached: Mapping[Event, datetime]  # accept stands for however the job came to this specialist
    window: OpenWindow | None  # the contact may be looked at now
    crew: Crew | None  # those with whom the job is done
    attempts: tuple[datetime, ...]  # to reach the customer, since the arrival
    relation: Relation | None  # an estimate, or a visit under warranty
    defect: str | None  # what its customer says is wrong


Tell = Callable[[Card, datetime], Mapping[str, object]]


@dataclass(frozen=True)
class Contact:
    """What a look has opened; `mates`: the first names of the others of the crew."""

    name: str
    phone: str
    address: str
    mates: Mapping[PersonId, str] = field(default_factory=dict)


def actor_of(request: Req) -> Actor:
    """The specialist who fires an event."""
    return Actor(Role.SPECIALIST, request.user.person_id)


def next_event(job: CrewJob) -> Event | None:
    """The one act that a job waits for from its specialist; None while it waits for the customer."""
    if job.job.state is State.COMPLETED and job.job.method is Method.CASH and job.job.cash_declared is None:
        return Event.DECLARE_CASH
    act = NEXT.get(job.job.state)
    if act is not None and act not in job.may:  # another of the crew leads
        return None
    return act


def read(session: Session, request: Req, job_id: UUID, organization: OrganizationId, *, now: datetime) -> Card:
    """The card of a job that this specialist has now. Refuses JobNotFound."""
    me = request.user.person_id
    job = jobs.for_crew(session, job_id, me, now=now)
    happened = jobs.timeline(session, job_id, actor_of(request))
    since = job.job.arrived_at if job.job.stage is State.ON_SITE else None
    windows = privacy.open_windows(session, reader=me, now=now, job=job_id)
    crew = _crew(session, job_id, me)
    relation = visits.relation_of(session, job_id)
    return Card(
        job=job,
        names=read_names(session, organization, now=now),
        work=told(catalogue.questions(session, job.service), job.answers),
        reached=_reached(happened),
        window=next((each for each in windows if each.subject_id == job.customer), None),
        crew=crew,
        attempts=() if since is None else contact_log.attempts(session, job.id, me, since=since),
        relation=relation,
        defect=warranty.view(session, job_id).words if relation is Relation.WARRANTY_OF else None,
    )


def show(
    request: Req,
    job_id: UUID,
    *,
    template: str = "job",
    act: Event | None = None,
    tell: Tell | None = None,
    refusal: Refused | None = None,
    form: Filled | None = None,
    contact: Contact | None = None,
    status: int = 200,
) -> Response[str]:
    """A page about one job: its card, or the page of one `act`, with what `tell` adds to it.

    The page of an act that is not possible now is the card. What was refused stands on top. A visit that is over is
    answered 410 with what remains of it; a job that was never this specialist's is not found (JobNotFound).
    """
    organization, now = home(), clock.now()
    rules = TimeRules.of(organization.settings)
    try:
        with transaction() as session:
            card = read(session, request, job_id, organization.id, now=now)
    except JobNotFound:
        return over(request, job_id)
    if act is not None and not _is_possible(card.job, act):
        template, tell = "job", None
    said = answers.answer(refusal, request) if refusal else None
    status = said.status if said else status
    return page(
        request,
        f"pages/specialist/{template}.html",
        status_code=status,
        headers=None,
        card=card,
        job=card.job,
        names=card.names,
        next_event=next_event(card.job),
        contact=contact,
        said=said,
        form=form or Filled(),
        rules=rules,
        waivers=words.choices(request, words.WAIVERS),
        **_times(card, rules, now=now),
        **(tell(card, now) if tell else {}),
    )


def over(request: Req, job_id: UUID) -> Response[str]:
    """410 for a visit of one's own that is over or has gone to somebody else. Refuses JobNotFound for any other."""
    organization, now, past = home().id, clock.now(), None
    with transaction() as session:
        try:
            past = jobs.past_of(session, job_id, request.user.person_id)
        except JobNotFound:
            if not dispatch.once_had(session, job_id, request.user.person_id):
                raise
        names = read_names(session, organization, now=now)
        estimate = past is not None and visits.relation_of(session, job_id) is Relation.ESTIMATE_OF
    return page(request, "pages/specialist/past.html", status_code=410, past=past, names=names, estimate=estimate)


def _is_possible(job: CrewJob, act: Event) -> bool:
    if act is Event.CANCEL_BY_WORKER and Event.LEAVE_SEAT in job.may:
        return True
    return act in job.may and (act is not Event.DECLARE_CASH or next_event(job) is act)


def _times(card: Card, rules: TimeRules, *, now: datetime) -> dict[str, object]:
    window = card.job.job.window
    start = window.start if window else now
    depart_from = start - timedelta(minutes=rules.depart_early_minutes)
    contact_from = start - timedelta(hours=rules.contact_lead_hours)
    return {
        "depart_from": depart_from if depart_from > now else None,
        "contact_from": contact_from if contact_from > now else None,
        "tries_left": max(0, rules.start_code_tries - card.job.code_tries),
    }


def _reached(happened: tuple[Happened, ...]) -> dict[Event, datetime]:
    """When each step was reached, since the job came to this specialist for the last time."""
    reached: dict[Event, datetime] = {}
    for each in happened:
        if each.event in _TAKEN:
            reached = {Event.ACCEPT: each.at}
        elif each.event in _STEPS:
            reached[each.event] = each.at
    return reached


def _crew(session: Session, job_id: UUID, me: PersonId) -> Crew | None:
    found = crew_of(session, job_id)
    mine = None if found is None else found.of(me)
    if found is None or mine is None:
        return None
    mates = tuple(
        Mate(each.specialist, each.leads, each.present_at)
        for each in found.seats
        if each.specialist is not None and each.specialist != me
    )
    return Crew(found.found, len(found.seats), found.meets_at, mine.leads, mine.present_at is not None, mates)
