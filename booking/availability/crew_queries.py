"""Which windows can be promised when several people have to come at once, and who they would be."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy.orm import Session

from booking.availability import queries
from booking.availability.crews import Together, together
from booking.availability.days import NOBODY, ask, coarse
from booking.availability.openings import Span, ways_of
from booking.availability.rules import Booked, Candidate, TimePolicy, Window, WindowOffer
from marketplace.foundation.ids import PersonId
from marketplace.foundation.periods import Period
from marketplace.foundation.places import Point

CrewSeats = Sequence[Sequence[Candidate]]  # for each seat, the lead's first, everybody who may do its work


def windows_for_crew(
    session: Session,
    *,
    seats: CrewSeats,
    point: Point,
    minutes: int,
    days: Sequence[date],
    now: datetime,
    policy: TimePolicy,
) -> tuple[WindowOffer, ...]:
    """As `queries.windows_at`, where a window counts only if all seats can be filled at one moment in it, by as many
    people. `specialist` of an offer is who would lead."""
    if not days or not all(seats):
        return ()
    span, windows = queries.ahead(days, now=now, policy=policy)
    found = _crews(
        session,
        seats,
        windows,
        span,
        point=point,
        minutes=minutes,
        not_before=now + policy.notice,
        now=now,
        policy=policy,
    )
    return tuple(
        WindowOffer(window, crew.people[0], crew.extra)
        for window, crew in zip(windows, found, strict=True)
        if crew is not None
    )


def crew_for(
    session: Session,
    seats: CrewSeats,
    point: Point,
    minutes: int,
    window: Period,
    *,
    not_before: datetime,
    now: datetime,
    policy: TimePolicy,
) -> Together | None:
    """Who would come in this window, and when all of them would begin; None when no crew can."""
    if not all(seats):
        return None
    asked = Window("asked", window.start.date(), window)
    return _crews(
        session, seats, [asked], window, point=point, minutes=minutes, not_before=not_before, now=now, policy=policy
    )[0]


def in_order(session: Session, visits: Sequence[UUID]) -> list[Booked]:
    """These visits in the order in which their days are locked: by person, then by day."""
    found = [queries.visit(session, each) for each in visits]
    return sorted(found, key=lambda booked: (booked.specialist, booked.on_day))


def _crews(
    session: Session,
    seats: CrewSeats,
    windows: Sequence[Window],
    span: Period,
    *,
    point: Point,
    minutes: int,
    not_before: datetime,
    now: datetime,
    policy: TimePolicy,
) -> list[Together | None]:
    people: dict[PersonId, Candidate] = {each.specialist: each for seat in seats for each in seat}
    outlooks = queries.outlooks_of(session, list(people.values()), span, now=now, policy=policy)
    asks = [ask(NOBODY, point, minutes, each.period, not_before=not_before, policy=policy) for each in windows]
    spans = [Span(each.opens, each.closes, each.speed) for each in asks]
    able = [frozenset(each.specialist for each in seat) for seat in seats]
    return together(outlooks, coarse(point), minutes, spans, ways=ways_of(policy.pace), seats=able)
