"""One question to many days at once says what the arithmetic of a single day says, and what is remembered is true."""

from datetime import timedelta
from uuid import UUID, uuid4

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from booking.availability import actions, queries
from booking.availability.openings import Outlook, Span, Ways, cheapest, openings
from booking.availability.pace import CITY
from booking.availability.route import Leg, Minute, Route, Stop, fits, gaps, is_feasible
from booking.availability.rules import Kind
from marketplace.foundation.database import new_session, transaction
from marketplace.foundation.ids import PersonId
from marketplace.foundation.periods import Period
from marketplace.foundation.places import Point
from tests.booking.availability.people import (
    DHANMONDI,
    GULSHAN,
    MINUTE,
    MONDAY,
    NOW,
    POLICY,
    UTTARA,
    at_work,
    exactly,
    hold,
    local,
    somebody,
    span,
    windows,
)

PLACES = [Point(90.36 + 0.02 * n, 23.71 + 0.02 * (n * 3 % 7)) for n in range(8)]
place = st.sampled_from(PLACES)


@st.composite
def routes(draw: st.DrawFn) -> Route:
    """A day of one or two legs with visits and breaks in it, whether it works out or not."""
    legs = (Leg(Minute(480), Minute(780)), Leg(Minute(840), Minute(1200))) if draw(st.booleans()) else ()
    stops = []
    for number in range(draw(st.integers(0, 5))):
        opens = draw(st.integers(470, 1150))
        pause = draw(st.integers(0, 4)) == 0
        closes = opens if pause else opens + draw(st.integers(0, 240))
        where, minutes, speed = draw(place), draw(st.integers(5, 90)), draw(st.sampled_from([11, 17]))
        starts = Minute(draw(st.integers(opens, closes)))
        stop = Stop(UUID(int=number), where, Minute(opens), Minute(closes), minutes, starts, speed)
        stops.append(Stop(stop.visit, None, stop.opens, stop.closes, minutes, starts, speed) if pause else stop)
    ordered = tuple(sorted(stops, key=lambda each: each.starts))
    return Route(draw(st.none() | place), legs or (Leg(Minute(480), Minute(1200)),), ordered)


@given(st.lists(routes(), min_size=1, max_size=4), place, st.integers(5, 120), st.data())
def test_many_days_at_once_are_asked_as_each_by_itself(
    days: list[Route], where: Point, minutes: int, data: st.DataObject
) -> None:
    ways = Ways(CITY)
    spans = [
        Span(opens, opens + data.draw(st.sampled_from([0, 60, 240])), data.draw(st.sampled_from([11, 14, 20])))
        for opens in data.draw(st.lists(st.integers(460, 1190), min_size=1, max_size=4))
    ]
    people = [PersonId(UUID(int=number)) for number in range(len(days))]
    seen = [Outlook(who, who.int, openings(day, ways)) for who, day in zip(people, days, strict=True)]
    found = cheapest(seen, where, minutes, spans, ways)
    for each, best in zip(spans, found, strict=True):
        opens, closes = Minute(each.opens), Minute(each.closes)
        alone = [
            (fit.extra, who.int, who)
            for who, day in zip(people, days, strict=True)
            if (
                fit := fits(
                    gaps(day, where, ways.travel),
                    where,
                    opens=opens,
                    closes=closes,
                    minutes=minutes,
                    speed=each.speed,
                    travel=ways.travel,
                )
            )
        ]
        assert (None if best is None else (best.extra, best.order, best.specialist)) == min(alone, default=None)


@given(routes())
def test_a_day_that_does_not_work_out_takes_nothing_more(day: Route) -> None:
    ways = Ways(CITY)
    assert is_feasible(day, ways.travel) or openings(day, ways) == ()


def test_what_others_change_is_seen_at_once(database: Engine) -> None:
    with transaction() as session:
        who = [at_work(session, somebody())]
    with new_session() as one, new_session() as two:
        assert "10" in windows(one, who, minutes=300)
        with transaction() as session:
            visit = hold(session, who, exactly(10), point=UTTARA, minutes=400).visit
        assert windows(two, who, minutes=300) == windows(one, who, minutes=300) == []
        with transaction() as session:
            actions.release(session, visit, now=NOW, policy=POLICY)
        assert "10" in windows(two, who, minutes=300)


def test_what_is_never_committed_is_never_remembered(database: Engine) -> None:
    with transaction() as session:
        who = [at_work(session, somebody())]
    with new_session() as writer, new_session() as reader:
        before = windows(reader, who, minutes=300)
        hold(writer, who, exactly(10), point=UTTARA, minutes=400)
        assert windows(writer, who, minutes=300) == []
        assert windows(reader, who, minutes=300) == before
        writer.rollback()
        assert windows(reader, who, minutes=300) == before


def test_a_change_that_commits_late_is_not_missed(database: Engine) -> None:
    """A transaction that began before the last look, and ends after it."""
    with transaction() as session:
        who, other = [at_work(session, somebody())], [at_work(session, somebody())]
    with new_session() as late, new_session() as reader:
        hold(late, who, exactly(10), point=UTTARA, minutes=400)
        with transaction() as session:
            hold(session, other, exactly(10), point=UTTARA, minutes=400)
        assert windows(reader, who, minutes=300) != []
        reader.rollback()
        late.commit()
        assert windows(reader, who, minutes=300) == windows(reader, other, minutes=300) == []


def test_a_hold_that_runs_out_gives_its_time_back_without_being_touched(database: Engine) -> None:
    with transaction() as session:
        who = [at_work(session, somebody())]
        hold(session, who, exactly(10), point=UTTARA, minutes=400)
    later = NOW + POLICY.hold_for
    with new_session() as session:
        assert windows(session, who, minutes=300) == []
        assert windows(session, who, minutes=300, now=later) != []
        assert windows(session, who, minutes=300) == []  # and a clock may be moved back


def test_a_leave_given_back_frees_every_day_of_it(database: Engine) -> None:
    tomorrow = MONDAY + timedelta(days=1)
    with transaction() as session:
        who = [at_work(session, somebody(), [span(8, 20), span(8, 20, tomorrow)])]
        away = actions.block(
            session, command=uuid4(), specialist=who[0].specialist, kind=Kind.LEAVE,
            period=Period(local(0), local(23, tomorrow)), now=NOW, policy=POLICY,
        )  # fmt: skip
    with new_session() as session:
        assert windows(session, who, on_day=tomorrow) == []
        session.rollback()
        with transaction() as other:
            actions.release(other, away.visit, now=NOW, policy=POLICY)
        assert windows(session, who, on_day=tomorrow) != []


def test_time_that_goes_by_lets_less_be_moved(session: Session) -> None:
    who = [at_work(session, somebody())]
    held = hold(session, who, span(10, 15), point=DHANMONDI)
    actions.consume(session, held.visit, now=NOW, policy=POLICY)
    assert held.starts_at == local(10)
    assert "10" in windows(session, who, point=GULSHAN)
    assert "10" not in windows(session, who, point=GULSHAN, now=local(9, minute=31))
    assert queries.visit(session, held.visit).starts_at - held.departs_at > MINUTE


def test_a_day_of_which_nothing_is_left_is_asked_in_vain() -> None:
    here, ways = PLACES[0], Ways(CITY)
    free = openings(Route(here, (Leg(Minute(0), Minute(600)),), ()), ways)
    assert free
    assert cheapest([Outlook(PersonId(uuid4()), 0, free)], here, 60, [], ways) == []
