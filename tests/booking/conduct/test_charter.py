"""The rules of conduct: what they count, what they never see, and what they would have opened."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from booking.conduct.charter import (
    BOUNDS,
    EVENTS,
    FIRST_NUMBERS,
    Charter,
    Counted,
    Happened,
    charter_of,
    standing_count,
    would_open,
)
from booking.conduct.rules import (
    BeyondTheRule,
    ConductNumberOutOfRange,
    Consequence,
    Most,
    NotLess,
    Pause,
    Sentence,
    check_less,
    check_sentence,
    daily_minor,
    lost,
)
from booking.jobs.words import Event
from marketplace.foundation.periods import Period

NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
KARIM = uuid4()


def charter(**numbers: int) -> Charter:
    return charter_of({**FIRST_NUMBERS, **numbers})


def back(days: int, *, who: UUID = KARIM, minutes_before: int = 60, reason: str = "vehicle") -> Happened:
    at = NOW - timedelta(days=days)
    near = (at, at + timedelta(minutes=minutes_before))
    return Happened(uuid4(), uuid4(), "K-AAAAA", who, Counted.GIVEN_BACK, at, near, minutes_before, reason)


def test_what_never_counts_has_no_word_to_be_counted_by() -> None:
    assert set(EVENTS) == {Event.CANCEL_BY_WORKER, Event.NO_SHOW_WORKER, Event.DECIDE_CASE}
    assert set(EVENTS.values()) | {Counted.SAFETY} == set(Counted)


def test_a_new_house_counts_nothing_and_every_number_has_its_bounds() -> None:
    assert charter().rules == ()
    for name, (least, most) in BOUNDS.items():
        for value in (least - 1, most + 1):
            with pytest.raises(ConductNumberOutOfRange, match=name):
                charter_of({name: value})
    with pytest.raises(ConductNumberOutOfRange):
        charter(answer_days=6)


def test_a_job_given_back_counts_only_late_recent_without_danger_and_while_we_worked() -> None:
    rule = charter(given_back_times=2, given_back_within_days=30, given_back_hours_before=24).rule(Counted.GIVEN_BACK)
    assert rule is not None
    late, early = back(1), back(2, minutes_before=24 * 60)
    old, danger, after = back(30), back(3, reason="safety"), back(4, minutes_before=-5)
    everything = [late, early, old, danger, after]
    assert standing_count(rule, everything, [], now=NOW) == (after, late)
    down = Period(late.at - timedelta(minutes=1), late.at + timedelta(minutes=1))
    assert standing_count(rule, everything, [down], now=NOW) == (after,)
    at_the_door = Period(after.near[1] - timedelta(seconds=1), after.near[1] + timedelta(minutes=1))
    assert standing_count(rule, [after], [at_the_door], now=NOW) == ()


def test_the_dry_run_uses_each_event_once_and_keeps_people_apart() -> None:
    numbers = charter(given_back_times=2, given_back_within_days=7, given_back_hours_before=24)
    jamal = uuid4()
    mine = [back(days) for days in (40, 36, 35, 20, 12)]
    found = would_open(numbers, [*mine, back(3, who=jamal)], [])
    assert [(each.specialist, each.at, each.events) for each in found] == [(KARIM, mine[1].at, 2)]


def test_a_decision_stays_within_the_rule_and_a_verdict_only_lessens() -> None:
    most = Most(pause_days=5, fee_minor=0, may_end=False)
    assert check_sentence(Sentence(Consequence.TALK, 3, 7), most, currency="BDT") == Sentence(Consequence.TALK)
    for wrong in (
        Sentence(Consequence.PAUSE, 6), Sentence(Consequence.PAUSE, 0), Sentence(Consequence.PAUSE, -1),
        Sentence(Consequence.FEE, fee_minor=1), Sentence(Consequence.FEE), Sentence(Consequence.END),
    ):  # fmt: skip
        with pytest.raises(BeyondTheRule):
            check_sentence(wrong, most, currency="BDT")
    pause = Sentence(Consequence.PAUSE, 5)
    check_less(pause, Sentence(Consequence.PAUSE, 4))
    check_less(Sentence(Consequence.END), pause)
    for lesser in (pause, Sentence(Consequence.PAUSE, 6), Sentence(Consequence.FEE, 0, 5), Sentence(Consequence.END)):
        with pytest.raises(NotLess):
            check_less(pause, lesser)


def test_what_was_lost_and_what_a_day_is_paid_by() -> None:
    pause = Pause(NOW, NOW + timedelta(days=5), NOW + timedelta(days=3))
    assert lost(pause, right_until=NOW) == Period(NOW, NOW + timedelta(days=3))
    assert lost(pause, right_until=NOW + timedelta(days=1)) == Period(NOW + timedelta(days=1), NOW + timedelta(days=3))
    assert lost(pause, right_until=NOW + timedelta(days=4)) is None
    assert (daily_minor(1_001, days=10), daily_minor(-5, days=3), daily_minor(7, days=0)) == (101, 0, 0)
    assert pause.holds(NOW) is False
    assert Pause(NOW, None, None).holds(NOW + timedelta(days=900))
