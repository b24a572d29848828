"""Many at once: each time is sold once, and nobody who paid loses it without being told."""

import random
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import pairwise
from uuid import uuid4

import pytest
from sqlalchemy import Engine, text

from booking.availability import actions, queries
from booking.availability.rules import Booked, HoldOver, SlotTaken, Somebody, Status, TooManyHolds
from marketplace.foundation.database import new_session, transaction
from tests.booking.availability.people import (
    DHANMONDI,
    GULSHAN,
    NOW,
    POLICY,
    UTTARA,
    at_work,
    exactly,
    hold,
    somebody,
    span,
)

THREADS = 28  # the pool of the fixture holds 32 connections


def together(count: int, act: Callable[[int], object]) -> list[object]:
    """Run `act` in so many threads that start at one moment; a refusal is an answer, everything else fails."""
    barrier = threading.Barrier(min(count, THREADS))

    def one(number: int) -> object:
        if number < THREADS:
            barrier.wait()
        try:
            return act(number)
        except (SlotTaken, HoldOver, TooManyHolds) as refused:
            return refused

    with ThreadPoolExecutor(min(count, THREADS)) as pool:
        return list(pool.map(one, range(count)))


def overlaps() -> int:
    with new_session() as session:
        found: int = session.scalars(
            text(
                """WITH live AS (SELECT * FROM occupation WHERE status IN ('held', 'confirmed', 'started'))
                   SELECT count(*) FROM live a JOIN live b
                   ON a.id < b.id AND a.specialist_id = b.specialist_id AND a.during && b.during"""
            )
        ).one()
    return found


def one_at_work() -> Somebody:
    with transaction() as session:
        return at_work(session, somebody(), [span(2, 24)])


def test_two_hundred_customers_and_twenty_times_sell_each_once(database: Engine) -> None:
    who = one_at_work()
    starts = [exactly(hour) for hour in range(3, 23)]
    random.Random(1).shuffle(starts)

    def buy(number: int) -> object:
        with transaction() as session:
            return hold(
                session, [who], starts[number % 20], minutes=52
            )  # 8 minutes around: one after the other all day

    answers = together(200, buy)
    sold = Counter(answer.starts_at for answer in answers if isinstance(answer, Booked))
    assert sold == Counter(window.start for window in starts)
    assert sum(isinstance(answer, SlotTaken) for answer in answers) == 180
    assert overlaps() == 0


def test_bookings_all_over_the_town_leave_everybody_time_for_the_way(database: Engine) -> None:
    people = [one_at_work() for _ in range(3)]
    places = [GULSHAN, DHANMONDI, UTTARA]

    def book(number: int) -> object:
        dice = random.Random(number)
        hour = dice.randrange(3, 22)
        with transaction() as session:
            return hold(
                session,
                dice.sample(people, dice.randint(1, 3)),
                span(hour, hour + dice.randint(1, 3)),
                point=dice.choice(places),
                minutes=dice.choice([30, 60, 90]),
            )

    answers = together(80, book)
    assert sum(not isinstance(answer, SlotTaken) for answer in answers) >= 20
    assert overlaps() == 0
    with transaction() as session:
        for each in people:
            plan = queries.plan_of(session, each.specialist, within=span(0, 24))
            assert all(one.ends_at <= two.departs_at for one, two in pairwise(plan))
            assert all(visit.window and visit.window.start <= visit.starts_at <= visit.window.end for visit in plan)


def test_one_command_sent_many_times_at_once_is_one_hold(database: Engine) -> None:
    who, command, customer = one_at_work(), uuid4(), somebody()

    def again(_: int) -> object:
        with transaction() as session:
            return hold(session, [who], exactly(10), command=command, customer=customer).visit

    assert len(set(together(20, again))) == 1
    with transaction() as session:
        assert len(queries.live_holds(session, customer, now=NOW)) == 1


def test_a_customer_with_many_windows_open_holds_two_times_and_no_more(database: Engine) -> None:
    who, customer = one_at_work(), somebody()

    def greedy(number: int) -> object:
        with transaction() as session:
            return hold(session, [who], exactly(3 + number), customer=customer)

    answers = together(15, greedy)
    assert sum(isinstance(answer, Booked) for answer in answers) == 2


@pytest.mark.parametrize("round_", range(8))
def test_paying_at_the_very_moment_a_hold_ends_has_one_outcome(database: Engine, round_: int) -> None:
    who = one_at_work()
    with transaction() as session:
        held = hold(session, [who], exactly(10))
    over = NOW + POLICY.hold_for

    def act(number: int) -> object:
        with transaction() as session:
            if number == 0:
                return actions.consume(session, held.visit, now=over - timedelta(microseconds=1), policy=POLICY)
            if number == 1:
                return actions.lapse(session, now=over, policy=POLICY)
            return hold(session, [who], exactly(10), now=over)

    paid, _, other = together(3, act)
    won = [not isinstance(paid, HoldOver), not isinstance(other, SlotTaken)]
    assert sum(won) == 1
    assert overlaps() == 0
    with transaction() as session:
        status = queries.visit(session, held.visit).status
    assert status is (Status.CONFIRMED if won[0] else Status.LAPSED)


def test_two_visits_that_change_places_do_not_deadlock(database: Engine) -> None:
    one, two = one_at_work(), one_at_work()
    with transaction() as session:
        visits = [hold(session, [who], exactly(10)).visit for who in (one, two)]

    def swap(number: int) -> object:
        visit, target = (visits[0], two) if number % 2 else (visits[1], one)
        with transaction() as session:
            return actions.move(
                session, visit, specialists=[target], window=exactly(14 if number % 2 else 15), now=NOW, policy=POLICY
            )

    assert not any(isinstance(answer, SlotTaken) for answer in together(12, swap))
    assert overlaps() == 0


def test_a_new_week_of_hours_while_people_book_loses_no_promise(database: Engine) -> None:
    who = one_at_work()

    def act(number: int) -> object:
        with transaction() as session:
            if number % 4 == 0:
                return at_work(session, who.specialist, [span(3, 20 + number % 3)])
            return hold(session, [who], span(3 + number % 18, 5 + number % 18))

    answers = together(40, act)
    booked = [answer for answer in answers if isinstance(answer, Booked)]
    assert booked
    assert overlaps() == 0
    with transaction() as session:
        assert all(queries.visit(session, each.visit).holds for each in booked)
