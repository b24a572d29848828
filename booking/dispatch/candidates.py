"""What is known of the people who could do a job: the facts that the hard rules and the score are told."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from types import MappingProxyType
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.availability import queries as availability
from booking.availability.actions import at_once
from booking.availability.days import Day, best_offers, without
from booking.availability.pace import slowest, travel_minutes, way_minutes
from booking.availability.rules import Somebody, TimePolicy, Window
from booking.availability.windows import day_period, local_day
from booking.dispatch import standing
from booking.dispatch.eligible import Near, nearest
from booking.dispatch.rules import LIVE, ROUNDS_OF_A_SEARCH, Candidate, OfferState, Steps
from booking.dispatch.soon_free import free_in_hundredths, may_hold_next
from booking.dispatch.standing import Busy
from booking.dispatch.tables import Offer, Wish
from booking.jobs import crews
from booking.jobs import queries as jobs
from booking.jobs.queries import DeskJob
from booking.jobs.words import Method
from marketplace.catalogue import queries as catalogue
from marketplace.catalogue.rules import Seat
from marketplace.foundation.ids import OccupationId, PersonId, ZoneId
from marketplace.foundation.money import Money
from marketplace.foundation.periods import Period
from marketplace.foundation.places import Point, cell_centre
from marketplace.organizations.queries import home
from marketplace.specialists import queries as specialists
from marketplace.specialists.rules import Standing
from payments.wallets import queries as wallets

REACH_KM = 40
NOWHERE: Mapping[UUID, Near] = MappingProxyType({})
LOOKED_AT = 2  # so many times what a batch takes: the rest says how much the cut costs


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
    wished: PersonId | None = None  # whom the customer asked for
    seat: int = 1
    kept: tuple[UUID, ...] = ()  # visits of this job that nobody has accepted: no obstacle to whoever they are kept for


def search_of(session: Session, job: DeskJob, minutes: int, *, now: datetime, seat: int | None = None) -> Search:
    """Everything about the job that the search needs; its place is no finer than its cell.

    Of a crew it is one seat that somebody is looked for: the one named, else the first that is free.
    """
    if job.zone is None or job.job.window is None:
        raise ValueError("a published job has a zone and a window")
    service = catalogue.service(session, job.service, now=now)
    place = cell_centre(job.cell) if job.cell else catalogue.zone(session, job.zone).centre
    # The customer was promised this window already: no notice is asked for any more.
    policy = replace(availability.policy(session), notice=timedelta(0))
    wished = session.scalar(select(Wish.specialist_id).where(Wish.job_id == job.id))
    wish = None if wished is None else PersonId(wished)
    kept = () if job.occupation is None else (job.occupation,)
    found = Search(job, job.zone, job.job.window, minutes, place, service.skills, policy, wish, kept=kept)
    return found if job.job.seats == 1 else _for_seat(session, found, service.crew, seat)


def _for_seat(session: Session, search: Search, crew: Sequence[Seat], number: int | None) -> Search:
    seats = crews.seats(session, search.job.id)
    free = [each for each in seats if each.specialist_id is None]
    seat = next((each for each in seats if each.seat == number), (free or seats)[0])
    if seat.meets_at is None:
        raise ValueError("a published job has a time")
    needs = crew[seat.seat - 1].needs if seat.seat <= len(crew) else ()
    planned = None if seat.planned_id is None else PersonId(seat.planned_id)
    visit = None if seat.visit_id is None else OccupationId(seat.visit_id)
    return replace(
        search,
        job=replace(search.job, planned=planned, occupation=visit),
        window=at_once(seat.meets_at),
        skills=(*search.skills, *needs),
        wished=search.wished if seat.seat == 1 else None,
        seat=seat.seat,
        kept=tuple(each.visit_id for each in free if each.visit_id is not None),
    )


def eligible(
    session: Session,
    search: Search,
    *,
    round: int,
    ask_again: bool,
    now: datetime,
    soon: Steps | None = None,
    only: Sequence[PersonId] | None = None,
    places: Mapping[UUID, Near] = NOWHERE,
) -> list[Candidate]:
    """Everybody of the trade who stands well and serves the zone, with what the further rules need to know.

    With `soon` the job begins soon: who is at work now holds it as their next job, or not at all. `places`: from where
    they would come, where that is known; their planned day says it of everybody else.
    """
    day = local_day(search.window.start, search.policy.time_zone)
    found = specialists.candidates(session, skills=search.skills, zone_id=search.zone, on=day, only=only)
    known = [Somebody(each.specialist, each.base) for each in found]
    plain = [
        Candidate(each.specialist, rating_hundredths=each.rating_hundredths, rating_count=each.rating_count)
        for each in found
    ]
    with_offers = _with_offers(session, search, plain, round=round, ask_again=ask_again)
    people = _with_days(session, search, known, with_offers, now=now, soon=soon)
    placed = [_placed(each, places[each.specialist_id], search, now=now) if each.specialist_id in places else each
              for each in people]  # fmt: skip
    return _with_answers(session, placed, now=now)


def near(session: Session, search: Search, *, round: int, steps: Steps, now: datetime) -> list[Candidate]:
    """Those who may be asked for a job that begins soon, with the way from where they are.

    In a full city the nearest are enough; where these are few, everybody of the trade is looked at. Whoever has an
    offer on the screen is among them, excluded by that alone: somebody may be free in a moment.
    """
    begins = max(search.window.start, now)
    found = nearest(
        session, skill_no=catalogue.skills(session)[search.skills[0]].number, point=search.place,
        span=Period(begins, begins + timedelta(minutes=search.minutes)),
        soon=begins + timedelta(minutes=steps.soon_free_minutes), customer=search.job.customer or search.job.id,
        job=search.job.id, round=round, km=REACH_KM, most=LOOKED_AT * steps.candidates_most, exclusive=False,
        ask_again=False, now=now,
    )  # fmt: skip
    enough = len(found) >= LOOKED_AT * steps.candidates_most
    # Whose day was planned around the visit has kept that time for it, however far they are just now.
    planned = [] if search.job.planned is None else [search.job.planned]
    only = [*(PersonId(each.specialist) for each in found), *planned] if enough else None
    places = {each.specialist: each for each in found}
    return eligible(
        session, search, round=round, ask_again=False, now=now, soon=steps, only=only, places=places
    )  # fmt: skip


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
    people = _with_days(session, search, [Somebody(specialist, known.base)], with_offers, now=now)
    return _with_answers(session, people, now=now)[0]


def _placed(one: Candidate, place: Near, search: Search, *, now: datetime) -> Candidate:
    """With the way from where they are, or will be when they are free."""
    speed = slowest(search.policy.pace, now, search.window.end, search.policy.time_zone)
    minutes = way_minutes(place.metres, speed=speed, pace=search.policy.pace)
    return replace(one, basis=place.basis.value, travel_minutes=minutes)


def _with_answers(session: Session, people: Sequence[Candidate], *, now: datetime) -> list[Candidate]:
    answers = standing.acceptance(session, {each.specialist_id: each.travel_minutes for each in people}, now=now)
    return [replace(each, accept_permille=answers.get(each.specialist_id)) for each in people]


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
    blocked = specialists.blocked(session, search.job.customer, ids)
    return [
        replace(
            each,
            asked_before=each.specialist_id in asked,
            asked_elsewhere=each.specialist_id in elsewhere,
            blocked=each.specialist_id in blocked,
            planned=each.specialist_id == search.job.planned,
            wished_for=each.specialist_id == search.wished,
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
    session: Session,
    search: Search,
    known: Sequence[Somebody],
    people: Sequence[Candidate],
    *,
    now: datetime,
    soon: Steps | None = None,
) -> list[Candidate]:
    days: dict[UUID, list[Day]] = {}
    for day in availability.days_of(session, known, search.window, now=now):
        days.setdefault(day.specialist, []).append(day)
    of_day = day_period(local_day(search.window.start, search.policy.time_zone), search.policy.time_zone)
    ids = [each.specialist_id for each in people]
    amounts = standing.income(session, ids, within=of_day)
    busy = {} if soon is None else standing.busy(session, days, soon=search.window.end, now=now)
    made = []
    for each in people:
        mine = days.get(each.specialist_id, [])
        travel = [way for day in mine if (way := _travel(search, day, now=now)) is not None]
        with_day = replace(
            each,
            on_shift=bool(mine),
            free=bool(travel),
            travel_minutes=min(travel, default=0),
            amount_today=amounts.get(each.specialist_id, 0),
            active_minutes=standing.active_minutes(mine, now=now),
        )
        at_work = busy.get(each.specialist_id)
        made.append(
            with_day if at_work is None or soon is None else _next_job(search, with_day, at_work, soon, now=now)
        )
    return made


def _next_job(search: Search, one: Candidate, at_work: Busy, steps: Steps, *, now: datetime) -> Candidate:
    """Somebody at work, for whom this would be the next job."""
    begins = max(search.window.start, now)
    speed = slowest(search.policy.pace, now, search.window.end, search.policy.time_zone)
    way = timedelta(minutes=travel_minutes(at_work.place, search.place, speed=speed, pace=search.policy.pace))
    return replace(
        one,
        free_in_minutes=-(-free_in_hundredths(at_work.running, now=begins) // 100),
        in_time=may_hold_next(
            at_work.running, travel=way, promised_until=search.window.end, now=begins,
            soon_minutes=steps.soon_free_minutes,
        ),
    )  # fmt: skip


def _travel(search: Search, day: Day, *, now: datetime) -> int | None:
    """The minutes of travel that the visit adds to this day; None when it does not fit. Its own hold is no obstacle."""
    for visit in search.kept:
        day = without(day, visit)
    window = Window("asked", day.on_day, search.window)
    offers = best_offers([day], [window], search.place, search.minutes, now=now, policy=search.policy)
    return offers[0].extra_minutes if offers else None
