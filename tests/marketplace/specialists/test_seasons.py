"""Seasons: other hours for a while, for all or for those who choose; a promise is never cancelled by one."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from marketplace.foundation.ids import PersonId
from marketplace.foundation.periods import Period
from marketplace.specialists import queries, seasons
from marketplace.specialists.rules import (
    HoursException,
    HoursOverlap,
    Season,
    SeasonBackwards,
    SeasonForAll,
    SeasonTooLong,
    UnknownSeason,
    WeeklyHours,
    check_season,
    expand,
)
from tests.marketplace.specialists.people import somebody_at_work

TEHRAN = "Asia/Tehran"
NOW = datetime(2026, 2, 1, 6, tzinfo=UTC)
RAMADAN = Season(
    uuid4(), "Ramadan hours", date(2026, 2, 19), date(2026, 3, 20), ((time(9), time(15)), (time(20), time(23))), True
)
WEEK = [WeeklyHours(day, time(8), time(18)) for day in (6, 7, 1, 2, 3, 4)]  # off on Fridays


def hours_on(day: date, *seasons: Season, apart: tuple[HoursException, ...] = ()) -> list[tuple[int, int]]:
    """Local hours of work on that day in a zone without daylight saving."""
    found = expand(WEEK, apart, from_day=day, to_day=day + timedelta(days=1), time_zone="Asia/Dhaka", seasons=seasons)
    return [((each.start.hour + 6) % 24, (each.end.hour + 6) % 24) for each in found]


def test_a_season_takes_the_place_of_the_week_from_its_first_to_its_last_day() -> None:
    assert hours_on(date(2026, 2, 18), RAMADAN) == [(8, 18)]
    assert hours_on(date(2026, 2, 19), RAMADAN) == hours_on(date(2026, 3, 19), RAMADAN) == [(9, 15), (20, 23)]
    assert hours_on(date(2026, 3, 21), RAMADAN) == [(8, 18)]


def test_a_day_off_stays_one_and_a_day_set_apart_comes_first() -> None:
    friday, monday = date(2026, 2, 20), date(2026, 2, 23)
    assert hours_on(friday, RAMADAN) == []
    assert hours_on(monday, RAMADAN, apart=(HoursException(monday, time(7), time(8)),)) == [(7, 8)]
    assert hours_on(monday, RAMADAN, apart=(HoursException(monday, None, None),)) == []


def test_a_holiday_inside_a_season_is_the_more_special() -> None:
    eid = Season(uuid4(), "Eid", date(2026, 3, 18), date(2026, 3, 19), (), True)
    assert hours_on(date(2026, 3, 17), RAMADAN, eid) == [(9, 15), (20, 23)]
    assert hours_on(date(2026, 3, 18), eid, RAMADAN) == hours_on(date(2026, 3, 19), RAMADAN, eid) == []


@given(st.dates(date(2020, 1, 1), date(2030, 1, 1)), st.sampled_from([TEHRAN, "Europe/Berlin", "Africa/Cairo"]))
def test_a_season_keeps_the_wall_time_on_days_of_23_and_25_hours(day: date, zone: str) -> None:
    weekly = [WeeklyHours(each, time(8), time(18)) for each in range(1, 8)]
    season = replace(RAMADAN, first_day=day, last_day=day, stretches=((time(9), time(15)),))
    [period] = expand(weekly, [], from_day=day, to_day=day + timedelta(days=1), time_zone=zone, seasons=[season])
    usual = [WeeklyHours(each, time(9), time(15)) for each in range(1, 8)]
    assert [period] == expand(usual, [], from_day=day, to_day=day + timedelta(days=1), time_zone=zone)


def test_iran_keeps_one_clock_all_the_year_since_2022() -> None:
    summer, winter = date(2026, 7, 6), date(2026, 12, 7)
    of = [
        expand(WEEK, [], from_day=day, to_day=day + timedelta(days=1), time_zone=TEHRAN)[0].start
        for day in (summer, winter)
    ]
    assert [each.time() for each in of] == [time(4, 30), time(4, 30)]


def test_what_is_no_season_is_refused() -> None:
    check_season(RAMADAN)
    with pytest.raises(SeasonBackwards):
        check_season(replace(RAMADAN, last_day=RAMADAN.first_day - timedelta(days=1)))
    with pytest.raises(SeasonTooLong):
        check_season(replace(RAMADAN, last_day=RAMADAN.first_day + timedelta(days=120)))
    with pytest.raises(HoursOverlap):
        check_season(replace(RAMADAN, stretches=((time(8), time(12)), (time(11), time(15)))))


def worked(session: Session, who: PersonId) -> list[Period]:
    return queries.working_periods(session, who, RAMADAN.first_day, RAMADAN.first_day + timedelta(days=1), "Asia/Dhaka")


def test_a_season_holds_for_all_until_it_is_taken_back(session: Session) -> None:
    who, house = somebody_at_work(session, WEEK, now=NOW)
    by, season = PersonId(uuid4()), replace(RAMADAN, id=uuid4())
    assert len(worked(session, who)) == 1
    for _ in range(2):
        seasons.make(session, house, season, by=by, now=NOW)
    assert len(worked(session, who)) == 2
    with pytest.raises(SeasonForAll):
        seasons.choose(session, who, season.id, wanted=False, now=NOW)
    for _ in range(2):
        seasons.end(session, house, season.id, by=by, now=NOW)
    assert len(worked(session, who)) == 1
    with pytest.raises(UnknownSeason):
        seasons.end(session, house, uuid4(), by=by, now=NOW)


def test_a_season_to_choose_holds_for_those_who_chose_it(session: Session) -> None:
    who, house = somebody_at_work(session, WEEK, now=NOW)
    season = replace(RAMADAN, id=uuid4(), for_all=False)
    seasons.make(session, house, season, by=PersonId(uuid4()), now=NOW)
    assert len(worked(session, who)) == 1
    seasons.choose(session, who, season.id, wanted=True, now=NOW)
    assert (len(worked(session, who)), seasons.chosen_by(session, who)) == (2, frozenset({season.id}))
    seasons.choose(session, who, season.id, wanted=False, now=NOW)
    assert len(worked(session, who)) == 1
    with pytest.raises(UnknownSeason):
        seasons.choose(session, who, uuid4(), wanted=True, now=NOW)
