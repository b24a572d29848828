"""A job as its customer is told of it: how far it is, what comes next and when, who comes, what it cost."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Literal
from uuid import UUID

from sqlalchemy.orm import Session

from booking.care import queries as care
from booking.care.region import MoneyRegion, money_region
from booking.care.rules import Rating, Side, closes_at
from booking.jobs import queries, timers
from booking.jobs.actions import time_rules
from booking.jobs.crew_queries import CrewView, crew_of
from booking.jobs.queries import CustomerJob, Happened
from booking.jobs.rules import Actor, TimeRules
from booking.jobs.words import Event, Method, Role, State
from booking.plans import proposing
from marketplace.catalogue import queries as catalogue
from marketplace.catalogue.rules import Texts, UnknownService, UnknownZone
from marketplace.foundation.ids import PersonId, ServiceId
from marketplace.foundation.money import Money
from marketplace.foundation.vault import Erased
from marketplace.privacy import actions as privacy
from marketplace.privacy.actions import Reader
from marketplace.privacy.queries import Disclosure, disclosures_of
from marketplace.privacy.rules import BudgetSpent, ContactExpired, NothingGiven, NotReleased
from marketplace.specialists import queries as specialists
from web.pages.customer import follows
from web.pages.customer.follows import Follows

COURSE = ("booked", "accepted", "on_the_way", "at_the_door", "working", "finished", "agreed")
REACHED = {
    State.REQUESTED: 0, State.QUOTING: 0, State.OPEN: 0, State.ASSIGNED: 1, State.EN_ROUTE: 2, State.ON_SITE: 3,
    State.IN_PROGRESS: 4, State.COMPLETED: 5, State.APPROVED: 6, State.CLOSED: 6,
}  # fmt: skip
MARKS = {
    Event.FUND: 0, Event.ACCEPT: 1, Event.ASSIGN: 1, Event.REASSIGN: 1, Event.DEPART: 2, Event.ARRIVE: 3,
    Event.START: 4, Event.COMPLETE: 5, Event.CONFIRM: 6, Event.AUTO_ACCEPT: 6,
}  # fmt: skip
STARTS_OVER = frozenset({Event.CANCEL_BY_WORKER, Event.NO_SHOW_WORKER})


@dataclass(frozen=True)
class Milestone:
    """One step of a job's course; `code` is one of COURSE."""

    code: str
    state: Literal["done", "now", "next", "missed"]
    at: datetime | None


@dataclass(frozen=True)
class Somebody:
    """The specialist who comes, as the customer may see them. `name` is None when it is no longer theirs to see."""

    id: PersonId
    name: str | None
    rating: Decimal | None
    count: int


@dataclass(frozen=True)
class Next:
    """What is expected next: a code that the page has words for, and the moment it speaks of."""

    code: str
    at: datetime | None = None


@dataclass(frozen=True)
class Told:
    """Everything the job's own page shows."""

    mine: CustomerJob
    service: Texts | None
    zone: Texts | None
    course: tuple[Milestone, ...]
    happened: tuple[Happened, ...]
    next: Next
    somebody: Somebody | None
    code: str | None
    looks: tuple[Disclosure, ...]
    rating: Rating | None
    rate_until: datetime | None
    is_late: bool
    money: MoneyRegion
    follows: Follows
    crew: CrewView | None  # of what several people do together
    others: tuple[Somebody, ...]  # of the crew, beside who leads it
    may_come_back: bool  # whether a plan can be made of this work

    @property
    def id(self) -> UUID:
        return self.mine.id

    @property
    def state(self) -> State:
        return self.mine.job.state

    @property
    def price(self) -> Money | None:
        """What is paid: the final amount, or the agreed one while the work is not done."""
        return self.mine.job.final or self.mine.job.price

    @property
    def in_cash(self) -> bool:
        return self.mine.job.method is Method.CASH

    def may(self, event: str) -> bool:
        return Event(event) in self.mine.may


def tell(session: Session, id: UUID, reader: Reader, *, now: datetime, shows_name: bool = True) -> Told:
    """The job for its customer; with `shows_name` the name of who comes, and each look at that is written down.

    Refuses JobNotFound.
    """
    customer = reader.person_id
    mine = queries.for_customer(session, id, customer, now=now)
    happened = queries.timeline(session, id, Actor(Role.CUSTOMER, customer))
    times = time_rules(session)
    ratings = care.of_job(session, mine.id, reader=customer)
    around, crew = follows.of(session, id, now=now), crew_of(session, id)
    approved = mine.job.approved_at
    return Told(
        mine=mine,
        service=title_of(session, mine.service, now=now),
        zone=_zone(session, mine),
        course=_course(mine, happened),
        happened=happened,
        next=_next_quote(around) if mine.job.state is State.QUOTING else _next(mine, happened, times, now=now),
        somebody=_somebody(session, mine, reader, now=now) if shows_name else None,
        code=queries.start_code(session, id, customer),
        looks=tuple(each for each in disclosures_of(session, customer, now=now) if each.job_id == mine.id),
        rating=next((each for each in ratings if each.side is Side.CUSTOMER), None),
        rate_until=closes_at(approved) if approved is not None and now < closes_at(approved) else None,
        is_late=_is_late(mine, times, now=now),
        money=money_region(session, id),
        follows=around,
        crew=crew,
        others=_others(session, mine, crew, reader, now=now) if shows_name else (),
        may_come_back=proposing.may_come_back(session, mine.service, now=now),
    )


def title_of(session: Session, service: ServiceId, *, now: datetime) -> Texts | None:
    """What a service is called; None when it is offered no more."""
    try:
        return catalogue.service(session, service, now=now).title
    except UnknownService:
        return None


def _zone(session: Session, mine: CustomerJob) -> Texts | None:
    try:
        return None if mine.zone is None else catalogue.zone(session, mine.zone).name
    except UnknownZone:
        return None


def _course(mine: CustomerJob, happened: tuple[Happened, ...]) -> tuple[Milestone, ...]:
    """The way of a job; when its specialist gave up, the way begins anew after the booking."""
    moments: dict[int, datetime] = {}
    for each in happened:
        if each.event in STARTS_OVER:
            moments = {place: at for place, at in moments.items() if place == 0}
        if each.event in MARKS:
            moments[MARKS[each.event]] = each.at
    ended = mine.job.state not in REACHED and mine.job.state is not State.DELAYED
    reached = max(moments, default=-1) if ended else REACHED.get(mine.job.stage, 0)
    steps = []
    for place, code in enumerate(COURSE):
        state: Literal["done", "now", "next", "missed"] = "done"
        if place > reached:
            state = "missed" if ended else "next"
        elif place == reached and not ended and place < len(COURSE) - 1:
            state = "now"
        steps.append(Milestone(code, state, moments.get(place)))
    return tuple(steps)


def _next(mine: CustomerJob, happened: tuple[Happened, ...], times: TimeRules, *, now: datetime) -> Next:
    job, state = mine.job, mine.job.state
    if state in (State.DRAFT, State.REQUESTED, State.QUOTING, State.OPEN):
        return _before_crew(mine, times)
    if state in (State.COMPLETED, State.APPROVED, State.CLOSED):
        return _after_work(mine, times, now=now)
    if _is_late(mine, times, now=now):
        return Next("late", job.window.end if job.window else None)
    starts_at = job.window.start if job.window else None
    match state:
        case State.ASSIGNED:
            return Next("comes", starts_at)
        case State.EN_ROUTE:
            return Next("arrives", job.window.end if job.window else None)
        case State.ON_SITE:
            return Next("say_code")
        case State.IN_PROGRESS:
            return Next("works")
        case State.DELAYED:
            return Next("new_time", starts_at)
    return Next("ended", happened[-1].at if happened else None)


def _before_crew(mine: CustomerJob, times: TimeRules) -> Next:
    if mine.job.state is State.DRAFT:
        return Next("unsent")
    if mine.job.state is State.OPEN:
        return Next("looking", timers.expires_at(mine.job, times, submitted_at=None))
    if mine.job.funded:
        return Next("asking_soon")
    if mine.job.window is None:
        return Next("choose_time")
    return Next("unpaid", mine.slot_until if mine.job.slot_held else None)


def _next_quote(around: Follows) -> Next:
    """Work by estimate has no price yet: its quote is written, or waits for the customer's word."""
    return Next("quoting") if around.waiting is None else Next("quote", around.waiting.valid_until)


def _after_work(mine: CustomerJob, times: TimeRules, *, now: datetime) -> Next:
    if mine.job.state is not State.COMPLETED:
        return Next("thanks")
    if mine.job.open_cases:
        return Next("case")
    done = mine.job.completed_at or now
    return Next("please_confirm", done + timedelta(hours=times.auto_accept_hours))


def _is_late(mine: CustomerJob, times: TimeRules, *, now: datetime) -> bool:
    """Whether the promised time is over by so much that the customer may say that nobody came."""
    window = mine.job.window
    waits = mine.job.state in (State.ASSIGNED, State.EN_ROUTE)
    return waits and window is not None and now >= window.end + timedelta(minutes=times.late_minutes)


def _somebody(session: Session, mine: CustomerJob, reader: Reader, *, now: datetime) -> Somebody | None:
    if mine.specialist is None:
        return None
    return _who(session, mine, mine.specialist, reader, now=now)


def _others(
    session: Session, mine: CustomerJob, crew: CrewView | None, reader: Reader, *, now: datetime
) -> tuple[Somebody, ...]:
    if crew is None or mine.specialist is None:
        return ()
    seated = [each.specialist for each in crew.seats if each.specialist is not None]
    return tuple(_who(session, mine, each, reader, now=now) for each in seated if each != mine.specialist)


def _who(session: Session, mine: CustomerJob, who: PersonId, reader: Reader, *, now: datetime) -> Somebody:
    known = specialists.specialist(session, who, on=now.date())
    stars = None if known.rating_hundredths is None else Decimal(known.rating_hundredths) / 100
    return Somebody(who, name_of(session, mine, who, reader, now=now), stars, known.rating_count)


def name_of(session: Session, mine: CustomerJob, specialist: PersonId, reader: Reader, *, now: datetime) -> str | None:
    """The name of the specialist while the job lets its customer see it; the look is written down."""
    try:
        return privacy.reveal(
            session, subject=specialist, field="name", reader=reader, purpose="provide", job=mine.id, now=now
        )
    except (NotReleased, ContactExpired, NothingGiven, BudgetSpent, Erased):
        return None
