"""Today: the next act of the present job, the visits in the order of the day with the ways between, and the pay."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from litestar import Response, get
from sqlalchemy.orm import Session

from booking.availability import queries as availability
from booking.availability.rules import Booked
from booking.availability.windows import day_period, local_day
from booking.dispatch import queries as dispatch
from booking.jobs import lists, queries, visits
from booking.jobs.lists import JobCard
from booking.jobs.queries import CrewJob
from booking.jobs.rules import JobNotFound, TimeRules
from booking.jobs.words import State
from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from marketplace.foundation.ids import JobId, PersonId
from marketplace.foundation.periods import Period
from marketplace.organizations import teams
from marketplace.organizations.queries import Organization
from marketplace.organizations.teams import TeamView
from payments.wallets import queries as wallets
from payments.wallets.queries import EarningsTotal
from web.home import home
from web.identity import Req
from web.pages.specialist.cards import next_event
from web.pages.specialist.names import Names, read_names
from web.respond import fragment, page

LOOK_BACK, LOOK_AHEAD = timedelta(days=30), timedelta(days=14)
# Which job is the present one: work that has begun before work to come, and what waits for the customer last.
ORDER = (State.IN_PROGRESS, State.ON_SITE, State.EN_ROUTE, State.DELAYED, State.ASSIGNED, State.COMPLETED)


@dataclass(frozen=True)
class Stop:
    """One visit on the rail; `leaves` and `starts` are the plan inside the promised window."""

    card: JobCard
    leaves: datetime | None
    starts: datetime | None


@dataclass(frozen=True)
class Day:
    """The visits of one local day, in order."""

    on: date
    stops: tuple[Stop, ...]


@dataclass(frozen=True)
class Today:
    """What the page shows."""

    current: CrewJob | None
    open_offers: int
    days: tuple[Day, ...]
    earned: EarningsTotal
    names: Names
    quotes: int  # estimates after which a quote is waited for
    teams: list[TeamView]  # of compounds, whose queues this specialist works on


@get("/work", opt={"policy": "specialist.read"}, sync_to_thread=True)
def today(request: Req) -> Response[str]:
    """The day of a specialist; its live part alone when the page asks for it again."""
    organization, now = home(), clock.now()
    with transaction() as session:
        found = _read(session, request.user.person_id, organization, now=now)
    current = found.current
    start = current.job.window.start if current and current.job.window else now
    first = start - timedelta(minutes=TimeRules.of(organization.settings).depart_early_minutes)
    facts: dict[str, object] = {
        "today": found,
        "names": found.names,
        "open_offers": found.open_offers,
        "job": current,
        "next_event": next_event(current) if current else None,
        "depart_from": first if first > now else None,
        "day": local_day(now, organization.time_zone),
    }
    if request.headers.get("hx-request") == "true":
        return fragment(request, "pages/specialist/today.html", "live", **facts)
    return page(request, "pages/specialist/today.html", status_code=200, headers=None, **facts)


def _read(session: Session, me: PersonId, organization: Organization, *, now: datetime) -> Today:
    within = Period(now - LOOK_BACK, now + LOOK_AHEAD)
    cards = lists.of_specialist(session, me, within=within)
    planned = {each.job: each for each in availability.plan_of(session, me, within=within) if each.job is not None}
    whole_day = day_period(local_day(now, organization.time_zone), organization.time_zone)
    return Today(
        current=_current(session, me, cards, now=now),
        open_offers=len(dispatch.offers_of(session, me, now=now)),
        days=_days(cards, planned, organization.time_zone, now=now),
        earned=wallets.earned(
            session, specialist=me, currency=organization.currency, since=whole_day.start, until=whole_day.end
        ),
        names=read_names(session, organization.id, now=now),
        quotes=len(visits.estimates_of(session, me)),
        teams=teams.own_teams(session, me, at=now),
    )


def _current(session: Session, me: PersonId, cards: Sequence[JobCard], *, now: datetime) -> CrewJob | None:
    """The first job that waits for an act of this specialist's."""
    for card in sorted(cards, key=lambda each: ORDER.index(each.state)):
        try:
            job = queries.for_crew(session, card.id, me, now=now)
        except JobNotFound:
            continue  # it has left this specialist between the two questions
        if next_event(job) is not None:
            return job
    return None


def _days(
    cards: Sequence[JobCard], planned: Mapping[JobId, Booked], time_zone: str, *, now: datetime
) -> tuple[Day, ...]:
    """The visits by day. What is left over from days before stands under today."""
    days: dict[date, list[Stop]] = {}
    for card in cards:
        if card.window is not None:
            plan = planned.get(card.id)
            stop = Stop(card, plan.departs_at if plan else None, plan.starts_at if plan else None)
            on = max(local_day(card.window.start, time_zone), local_day(now, time_zone))
            days.setdefault(on, []).append(stop)
    return tuple(Day(on, tuple(stops)) for on, stops in sorted(days.items()))


routes = [today]
