"""Ratings are double-blind, given once, and count when they open."""

import threading
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from booking.care import actions, queries
from booking.care.rules import (
    RATE_WITHIN,
    MarkOutOfRange,
    Marks,
    NotToBeRated,
    RatedAlready,
    Rating,
    RatingOver,
    RatingTextNotAllowed,
    averages,
)
from booking.jobs.queries import start_code
from booking.jobs.rules import JobNotFound
from marketplace.foundation import vault
from marketplace.foundation.database import transaction
from marketplace.foundation.ids import JobId, PersonId
from marketplace.foundation.outbox import Outbox
from marketplace.specialists import queries as specialists
from tests.booking.jobs.crew_town import complete, for_three, people
from tests.booking.jobs.town import Somebody, Town

GOOD, BAD = Marks(5, 4), Marks(1, 2)


def approved(town: Town, session: Session) -> tuple[JobId, Somebody, Somebody]:
    rahima, karim = town.customer(session, money=1_000_000), town.craftsman(session)
    job = town.assigned(session, rahima, karim)
    town.later(hours=26)
    town.fire(session, job, "depart", karim.specialist)
    town.fire(session, job, "arrive", karim.specialist, reason="by_hand")
    town.fire(session, job, "start", karim.specialist, start_code=start_code(session, job, rahima.id))
    town.fire(session, job, "complete", karim.specialist)
    town.fire(session, job, "confirm", rahima.customer)
    return JobId(job), rahima, karim


def rate(  # noqa: PLR0917  the words of a sentence: who rates which job how
    session: Session, town: Town, job: JobId, who: Somebody, marks: Marks = GOOD, text: str | None = None
) -> Rating:
    return actions.rate(session, job=job, by=who.id, marks=marks, text=text, now=town.now)


def test_nobody_sees_the_others_words_before_both_have_rated(town: Town, session: Session) -> None:
    job, rahima, karim = approved(town, session)
    rate(session, town, job, rahima, BAD, "He came late.")
    assert queries.of_job(session, job, reader=karim.id) == ()
    assert queries.averages(session, karim.id).count == 0
    rate(session, town, job, karim)
    seen = {each.by: each for each in queries.of_job(session, job, reader=karim.id)}
    assert (seen[rahima.id].marks, seen[rahima.id].text) == (BAD, "He came late.")
    assert len(queries.of_job(session, job, reader=rahima.id)) == 2


def test_a_rating_that_stays_alone_opens_after_seven_days(town: Town, session: Session) -> None:
    job, rahima, karim = approved(town, session)
    rate(session, town, job, rahima)
    due = session.query(Outbox).filter_by(task="care.open_ratings").one().due_at
    assert due == town.now + RATE_WITHIN
    assert actions.open_ratings(session, job, now=due) == 1
    assert actions.open_ratings(session, job, now=due) == 0
    assert len(queries.of_job(session, job, reader=karim.id)) == 1


def test_an_open_rating_cannot_be_answered_with_another(town: Town, session: Session) -> None:
    job, rahima, karim = approved(town, session)
    rate(session, town, job, rahima, BAD)
    town.later(hours=7 * 24)
    with pytest.raises(RatingOver):
        rate(session, town, job, karim, BAD)


def test_a_rating_counts_for_the_specialist_once_it_is_open(town: Town, session: Session) -> None:
    job, rahima, karim = approved(town, session)
    rate(session, town, job, rahima, GOOD)
    assert specialists.specialist(session, karim.id, on=town.now.date()).rating_count == 0
    rate(session, town, job, karim)
    found = specialists.specialist(session, karim.id, on=town.now.date())
    assert (found.rating_count, found.rating_hundredths) == (1, 500)


def test_the_same_rating_again_changes_nothing_and_another_is_refused(town: Town, session: Session) -> None:
    job, rahima, _ = approved(town, session)
    first = rate(session, town, job, rahima, GOOD, "Thank you")
    assert rate(session, town, job, rahima, GOOD, " Thank you ") == first
    with pytest.raises(RatedAlready):
        rate(session, town, job, rahima, BAD)


def test_a_customer_rates_each_of_a_crew_for_themselves(town: Town, session: Session) -> None:
    for_three(session, town)
    rahima, crew = town.customer(session, money=1_000_000), people(session, town)
    job = JobId(town.opened(session, rahima))
    lead, second, third = complete(session, town, job)
    town.later(hours=25)
    for event, facts in (("arrive", {"reason": "by_hand"}), ("start", {"waiver": "no_phone"}), ("complete", {})):
        town.fire(session, job, event, crew[0].specialist, **facts)
    town.fire(session, job, "confirm", rahima.customer)

    def give(mates: dict[PersonId, Marks]) -> Rating:
        return actions.rate(session, job=job, by=rahima.id, marks=GOOD, text=None, mates=mates, now=town.now)

    for stranger in (lead, rahima.id):
        with pytest.raises(JobNotFound):
            give({stranger: BAD})
    with pytest.raises(JobNotFound):
        rate(session, town, job, crew[1])
    given = give({third: BAD})
    assert (given.about, give({third: BAD})) == (lead, given)
    for other in ({}, {third: GOOD}, {second: GOOD, third: BAD}):
        with pytest.raises(RatedAlready):
            give(other)
    assert queries.of_job(session, job, reader=third) == ()
    rate(session, town, job, crew[0])
    (told,) = queries.of_job(session, job, reader=third)
    assert (told.about, told.marks) == (third, BAD)
    assert [queries.averages(session, each).count for each in (lead, second, third)] == [1, 0, 1]


def test_a_stranger_cannot_rate_and_learns_nothing(town: Town, session: Session) -> None:
    job, rahima, _ = approved(town, session)
    stranger = town.customer(session)
    rate(session, town, job, rahima)
    with pytest.raises(JobNotFound):
        rate(session, town, job, stranger)
    assert queries.of_job(session, job, reader=stranger.id) == ()


def test_only_work_that_was_approved_is_rated(town: Town, session: Session) -> None:
    rahima, karim = town.customer(session, money=1_000_000), town.craftsman(session)
    job = JobId(town.assigned(session, rahima, karim))
    with pytest.raises(NotToBeRated):
        rate(session, town, job, rahima)


def test_marks_and_words_have_bounds(town: Town, session: Session) -> None:
    job, rahima, _ = approved(town, session)
    with pytest.raises(MarkOutOfRange):
        rate(session, town, job, rahima, Marks(0, 3))
    with pytest.raises(RatingTextNotAllowed):
        rate(session, town, job, rahima, GOOD, "x" * 501)
    with pytest.raises(RatingTextNotAllowed):
        rate(session, town, job, rahima, GOOD, "my card is 4242 4242 4242 4242")


def test_erasing_the_writer_takes_the_words_and_leaves_the_marks(town: Town, session: Session) -> None:
    job, rahima, karim = approved(town, session)
    rate(session, town, job, rahima, GOOD, "Thank you")
    rate(session, town, job, karim)
    vault.destroy(rahima.id)
    left = next(each for each in queries.of_job(session, job, reader=karim.id) if each.by == rahima.id)
    assert (left.marks, left.text) == (GOOD, None)


def test_both_rating_at_one_moment_open_both(busy_town: Town) -> None:
    with transaction() as session:
        job, rahima, karim = approved(busy_town, session)
    barrier = threading.Barrier(2)

    def one(who: Somebody) -> UUID:
        barrier.wait()
        with transaction() as session:
            return rate(session, busy_town, job, who).by

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(one, (rahima, karim)))
    with transaction() as session:
        assert len(queries.of_job(session, job, reader=karim.id)) == 2
        assert specialists.specialist(session, karim.id, on=busy_town.now.date()).rating_count == 1


def test_an_average_of_fewer_than_three_is_not_told() -> None:
    assert averages(2, 10, 10).matter_hundredths is None
    assert averages(3, 13, 15).matter_hundredths == 433


@given(st.lists(st.integers(1, 5), min_size=3, max_size=200))
def test_an_average_lies_between_the_lowest_and_the_highest_mark(marks: list[int]) -> None:
    found = averages(len(marks), sum(marks), sum(marks)).matter_hundredths
    assert found is not None
    assert 100 * min(marks) <= found <= 100 * max(marks)
