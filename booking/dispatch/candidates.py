"""What is known of the people who could do a job: the facts that the hard rules and the score are told."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.availability import queries as availability
from booking.availability.days import Day, best_offers, without
from booking.availability.rules import Somebody, TimePolicy, Window
from booking.availability.windows import day_period, local_day
from booking.dispatch.rules import LIVE, ROUNDS_OF_A_SEARCH, Candidate, OfferState
from booking.dispatch.tables import Offer
from booking.jobs import lists
from booking.jobs import queries as jobs
from booking.jobs.queries import DeskJob
from booking.jobs.words import Method
from marketplace.catalogue import queries as catalogue
from marketplace.foundation.ids import PersonId, ZoneId
from marketplace.foundation.money import Money
from marketplace.foundation.periods import Period
from marketplace.foundation.places import Point, cell_centre
from marketplace.organizations.queries import home
from marketplace.specialists import queries as specialists
from marketplace.specialists.rules import Standing
from payments.wallets import queries as wallets


@dataclass(frozen=True, slots=True)
class Search:
    """A job as a question to people's days."""

    job: DeskJob
    zone: ZoneId
    window: Period
    minutes: int
    place: Point
    skills: tuple[str, ...]
    policy: TimePolicy


def search_of(session: Session, job: DeskJob, minutes: int, *, now: datetime) -> Search:
    """Everything about the job that the search needs; its place is no finer than its cell."""
    if job.zone is None or job.job.window is None:
        raise ValueError("a published job has a zone and a window")
    service = catalogue.service(session, job.service, now=now)
    place = cell_centre(job.cell) if job.cell else catalogue.zone(session, job.zone).centre
    # The customer was promised this window already: no notice is asked for any more.
    policy = replace(availability.policy(session), notice=timedelta(0))
    return Search(job, job.zone, job.job.window, minutes, place, service.skills, policy)


def eligible(session: Session, search: Search, *, round: int, ask_again: bool, now: datetime) -> list[Candidate]:
    """Everybody of the trade who stands well and serves the zone, with what the further rules need to know."""
    day = local_day(search.window.start, search.policy.time_zone)
    found = specialists.candidates(session, skills=search.skills, zone_id=search.zone, on=day)
    known = [Somebody(each.specialist, each.base) for each in found]
    plain = [
        Candidate(each.specialist, rating_hundredths=each.rating_hundredths, rating_count=each.rating_count)
        for each in found
    ]
    with_offers = _with_offers(session, search, plain, round=round, ask_again=ask_again)
    return _with_days(session, search, known, with_offers, now=now)


def one(session: Session, search: Search, specialist: PersonId, *, round: int, now: datetime) -> Candidate:
    """The same facts about one person, whoever they are: for the question why. Refuses NotASpecialist."""
    day = local_day(search.window.start, search.policy.time_zone)
    known = specialists.specialist(session, specialist, on=day)
    plain = Candidate(
        specialist,
        skilled=set(search.skills) <= {grant.skill for grant in known.grants},
        in_good_standing=known.standing is Standing.GOOD,
        serves_area=search.zone in known.zones,
        rating_hundredths=known.rating_hundredths,
        rating_count=known.rating_count,
    )
    with_offers = _with_offers(session, search, [plain], round=round, ask_again=False)
    return _with_days(session, search, [Somebody(specialist, known.base)], with_offers, now=now)[0]


def _with_offers(
    session: Session, search: Search, people: Sequence[Candidate], *, round: int, ask_again: bool
) -> list[Candidate]:
    ids = [each.specialist_id for each in people]
    asked = _asked_before(session, search.job.id, round=round, ask_again=ask_again)
    busy = select(Offer.specialist_id).where(
        Offer.specialist_id.in_(ids), Offer.exclusive, Offer.state.in_(LIVE), Offer.job_id != search.job.id
    )
    elsewhere = set(session.scalars(busy))
    in_debt = _beyond_the_debt_limit(session, search, ids)
    return [
        replace(
            each,
            asked_before=each.specialist_id in asked,
            asked_elsewhere=each.specialist_id in elsewhere,
            planned=each.specialist_id == search.job.planned,
            cash_allowed=each.specialist_id not in in_debt,
        )
        for each in people
    ]


def _beyond_the_debt_limit(session: Session, search: Search, people: Sequence[UUID]) -> set[UUID]:
    """Who could not promise the commission of this cash job; the limit looks at the moment, so a top-up ends it."""
    if search.job.job.method is not Method.CASH or not people:
        return set()
    pay = jobs.as_offered(session, search.job.id).pay
    limit = Money(home(session).settings["cash_debt_limit"], pay.gross.currency)
    could = wallets.promisable(session, people, pay.gross.currency, limit=limit)
    return {each for each, most in could.items() if most < pay.commission + pay.tax}


def _asked_before(session: Session, job_id: UUID, *, round: int, ask_again: bool) -> set[UUID]:
    """Who is not asked (again): who said no, or had the job and gave it up; and, unless a rung asks again, everybody
    whose offer of this search ran out."""
    asked = set()
    for specialist_id, state, asked_in in session.execute(
        select(Offer.specialist_id, Offer.state, Offer.round).where(Offer.job_id == job_id)
    ):
        answered = state in (OfferState.DECLINED, OfferState.ACCEPTED) or state in LIVE
        this_search = asked_in // ROUNDS_OF_A_SEARCH == round // ROUNDS_OF_A_SEARCH
        if answered or asked_in == round or (this_search and not ask_again):
            asked.add(specialist_id)
    return asked


def _with_days(
    session: Session, search: Search, known: Sequence[Somebody], people: Sequence[Candidate], *, now: datetime
) -> list[Candidate]:
    days: dict[UUID, list[Day]] = {}
    for day in availability.days_of(session, known, search.window, now=now):
        days.setdefault(day.specialist, []).append(day)
    of_day = day_period(local_day(search.window.start, search.policy.time_zone), search.policy.time_zone)
    minutes = lists.minutes_promised(session, [each.specialist_id for each in people], within=of_day)
    made = []
    for each in people:
        mine = days.get(each.specialist_id, [])
        travel = [way for day in mine if (way := _travel(search, day, now=now)) is not None]
        made.append(
            replace(
                each,
                on_shift=bool(mine),
                free=bool(travel),
                travel_minutes=min(travel, default=0),
                minutes_today=minutes.get(each.specialist_id, 0),
            )
        )
    return made


def _travel(search: Search, day: Day, *, now: datetime) -> int | None:
    """The minutes of travel that the visit adds to this day; None when it does not fit. Its own hold is no obstacle."""
    if search.job.occupation is not None:
        day = without(day, search.job.occupation)
    window = Window("asked", day.on_day, search.window)
    offers = best_offers([day], [window], search.place, search.minutes, now=now, policy=search.policy)
    return offers[0].extra_minutes if offers else None
