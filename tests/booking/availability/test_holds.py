"""Setting a time aside, keeping it, and letting it go."""

import itertools
from dataclasses import replace
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from booking.availability import actions, queries
from booking.availability.rules import ExtendedAlready, HoldOver, SlotTaken, Status, TooManyHolds, UnknownVisit
from marketplace.foundation.ids import JobId
from marketplace.foundation.outbox import Outbox
from marketplace.foundation.places import Point, cell_centre
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


def test_a_window_is_offered_only_inside_working_hours(session: Session) -> None:
    who = [at_work(session, somebody(), [span(9, 13)])]
    assert windows(session, who) == ["morning", "09", "10", "11", "noon", "12"]
    assert windows(session, who, minutes=300) == []


def test_a_hold_takes_the_way_there_and_the_visit(session: Session) -> None:
    who = [at_work(session, somebody())]
    booked = hold(session, who, span(10, 11), point=DHANMONDI)
    assert booked.status is Status.HELD
    assert local(10) <= booked.starts_at <= local(11)
    assert booked.ends_at == booked.starts_at + 60 * MINUTE
    assert booked.starts_at - booked.departs_at > 8 * MINUTE
    assert booked.expires_at == NOW + POLICY.hold_for


def test_the_exact_place_is_not_kept(session: Session) -> None:
    who = [at_work(session, somebody())]
    hold(session, who, span(10, 11), point=DHANMONDI)
    kept = session.execute(text("SELECT cell FROM occupation")).scalar_one()
    assert cell_centre(kept) != DHANMONDI


def test_the_same_command_again_gives_the_first_answer(session: Session) -> None:
    who = [at_work(session, somebody())]
    command, customer = uuid4(), somebody()
    first = hold(session, who, span(10, 11), command=command, customer=customer)
    again = hold(session, who, span(10, 11), command=command, customer=customer, now=NOW + MINUTE)
    assert again == first
    assert len(queries.live_holds(session, customer, now=NOW)) == 1


def test_a_taken_time_is_refused_with_the_next_best(session: Session) -> None:
    who = [at_work(session, somebody())]
    hold(session, who, exactly(10))
    with pytest.raises(SlotTaken) as refused:
        hold(session, who, exactly(10))
    assert [offer.window.code for offer in refused.value.instead] == ["08", "11", "12"]


def test_the_person_next_door_is_preferred(session: Session) -> None:
    near, far = at_work(session, somebody()), at_work(session, somebody())
    hold(session, [near], exactly(10), point=UTTARA)
    booked = hold(session, [near, far], span(11, 13), point=UTTARA)
    assert booked.specialist == near.specialist


def test_two_visits_across_the_town_leave_time_for_the_way(session: Session) -> None:
    who = [at_work(session, somebody())]
    first = hold(session, who, exactly(10), point=UTTARA)
    with pytest.raises(SlotTaken):
        hold(session, who, exactly(12), point=DHANMONDI)
    second = hold(session, who, exactly(13), point=DHANMONDI)
    assert second.departs_at >= first.ends_at
    assert second.starts_at - second.departs_at > 40 * MINUTE


def test_a_customer_sets_aside_two_times_at_most(session: Session) -> None:
    who, customer = [at_work(session, somebody())], somebody()
    first = hold(session, who, exactly(9), customer=customer)
    hold(session, who, exactly(12), customer=customer, now=NOW + MINUTE)
    with pytest.raises(TooManyHolds) as refused:
        hold(session, who, exactly(15), customer=customer, now=NOW + 2 * MINUTE)
    assert refused.value.first_ends_at == first.expires_at
    actions.release(session, first.visit, now=NOW, policy=POLICY)
    assert hold(session, who, exactly(15), customer=customer).holds


def test_a_hold_that_ran_out_is_free_for_the_next_although_nobody_swept(session: Session) -> None:
    who = [at_work(session, somebody())]
    first = hold(session, who, exactly(10))
    later = NOW + POLICY.hold_for
    with pytest.raises(SlotTaken):
        hold(session, who, exactly(10), now=later - MINUTE)
    second = hold(session, who, exactly(10), now=later)
    assert queries.visit(session, first.visit).status is Status.LAPSED
    assert second.starts_at == first.starts_at


def test_paying_in_time_keeps_the_time(session: Session) -> None:
    who, job = [at_work(session, somebody())], JobId(uuid4())
    held = hold(session, who, exactly(10))
    kept = actions.consume(session, held.visit, now=NOW + MINUTE, policy=POLICY, job=job)
    assert (kept.status, kept.expires_at, kept.job) == (Status.CONFIRMED, None, job)
    assert actions.consume(session, held.visit, now=NOW + 90 * MINUTE, policy=POLICY) == kept
    assert queries.visits_of_job(session, job) == (kept,)


@pytest.mark.parametrize("swept", [False, True])
def test_paying_late_keeps_a_time_that_is_still_free(session: Session, swept: bool) -> None:
    who = [at_work(session, somebody())]
    held = hold(session, who, exactly(10))
    later = NOW + POLICY.hold_for + MINUTE
    if swept:
        assert actions.lapse(session, now=later, policy=POLICY) == [held.visit]
    kept = actions.consume(session, held.visit, now=later, policy=POLICY)
    assert (kept.status, kept.starts_at, kept.window) == (Status.CONFIRMED, held.starts_at, held.window)


def test_paying_late_for_a_time_that_is_gone_is_told_before_money_is_taken(session: Session) -> None:
    who = [at_work(session, somebody())]
    held = hold(session, who, exactly(10))
    later = NOW + POLICY.hold_for
    hold(session, who, exactly(10), now=later)
    with pytest.raises(HoldOver) as refused:
        actions.consume(session, held.visit, now=later, policy=POLICY)
    assert refused.value.instead


def test_a_hold_is_extended_once_while_a_payment_is_under_way(session: Session) -> None:
    held = hold(session, [at_work(session, somebody())], exactly(10))
    assert held.expires_at is not None
    longer = actions.extend(session, held.visit, now=NOW, policy=POLICY)
    assert longer.expires_at == held.expires_at + POLICY.extend_by
    with pytest.raises(ExtendedAlready):
        actions.extend(session, held.visit, now=NOW, policy=POLICY)
    with pytest.raises(HoldOver):
        actions.extend(session, held.visit, now=longer.expires_at, policy=POLICY)


def test_the_timer_of_a_hold_spares_what_was_extended_or_paid(session: Session) -> None:
    who = [at_work(session, somebody())]
    extended, paid, left = (hold(session, who, exactly(hour)) for hour in (9, 12, 15))
    actions.extend(session, extended.visit, now=NOW, policy=POLICY)
    actions.consume(session, paid.visit, now=NOW, policy=POLICY)
    later = NOW + POLICY.hold_for
    ended = [actions.lapse_one(session, each.visit, now=later, policy=POLICY) for each in (extended, paid, left)]
    assert ended == [False, False, True]
    due = {row.due_at for row in session.query(Outbox).filter_by(task="availability.lapse")}
    assert due == {later, later + POLICY.extend_by}


def test_giving_a_time_back_frees_it_once(session: Session) -> None:
    who = [at_work(session, somebody())]
    held = hold(session, who, exactly(10))
    assert actions.release(session, held.visit, now=NOW, policy=POLICY).status is Status.RELEASED
    assert actions.release(session, held.visit, now=NOW, policy=POLICY).status is Status.RELEASED
    assert hold(session, who, exactly(10)).holds
    with pytest.raises(UnknownVisit):
        actions.release(session, uuid4(), now=NOW, policy=POLICY)


def test_the_database_itself_refuses_two_live_rows_of_one_person_at_once(session: Session) -> None:
    held = hold(session, [at_work(session, somebody())], exactly(10))
    copy = text(
        """INSERT INTO occupation (id, visit_id, specialist_id, kind, status, on_day, during, starts_at, minutes,
                                   written_at)
           SELECT gen_random_uuid(), gen_random_uuid(), specialist_id, kind, 'confirmed', on_day, during, starts_at,
                  minutes, written_at FROM occupation WHERE visit_id = :v"""
    )
    with pytest.raises(IntegrityError, match="nobody_is_double_booked"):
        session.execute(copy, {"v": held.visit})


places = st.sampled_from([GULSHAN, DHANMONDI, UTTARA, Point(90.43, 23.75), Point(90.35, 23.81)])
wishes = st.lists(
    st.tuples(places, st.sampled_from([30, 45, 60, 90, 150]), st.integers(8, 20), st.integers(1, 4)), max_size=9
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(wishes, places, st.sampled_from([30, 60, 120]), st.booleans())
def test_every_window_that_is_offered_can_be_held(
    session: Session, wanted: list[tuple[Point, int, int, int]], point: Point, minutes: int, shared: bool
) -> None:
    undone = session.begin_nested()
    who = [at_work(session, somebody(), [span(8, 13), span(14, 21)]), at_work(session, somebody(), [span(7, 16)])]
    for place, length, hour, hours in wanted:
        try:
            hold(session, who if shared else who[:1], span(hour, hour + hours), point=place, minutes=length)
        except SlotTaken:
            continue
    offers = queries.windows_at(
        session, specialists=who, point=point, minutes=minutes, days=[MONDAY], now=NOW, policy=POLICY
    )
    assert offers == tuple(sorted(offers, key=lambda each: each.window.period.start))
    for offer in offers:
        trial = session.begin_nested()
        booked = hold(session, who, offer.window.period, point=point, minutes=minutes)
        assert booked.specialist == offer.specialist
        assert offer.window.period.start <= booked.starts_at <= offer.window.period.end
        for someone in who:
            plan = queries.plan_of(session, someone.specialist, within=span(0, 24))
            assert all(one.ends_at <= two.departs_at for one, two in itertools.pairwise(plan))
            assert all(each.window and each.window.start <= each.starts_at <= each.window.end for each in plan)
        trial.rollback()
    undone.rollback()


def test_no_window_begins_sooner_than_the_notice_allows(session: Session) -> None:
    who = [at_work(session, somebody())]
    now = local(14, minute=20)
    offers = queries.windows_at(
        session,
        specialists=who,
        point=GULSHAN,
        minutes=60,
        days=[MONDAY],
        now=now,
        policy=replace(POLICY, notice=MINUTE * 60),
    )
    assert [offer.window.code for offer in offers] == ["afternoon", "15", "16", "17", "evening", "18", "19"]
