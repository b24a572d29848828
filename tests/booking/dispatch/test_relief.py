"""One next job for who is about to finish; and when the job before takes longer, others are asked in time."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from booking.availability import queries as availability
from booking.dispatch import actions, candidates, queries, relief, replaying
from booking.dispatch.asking import search_for
from booking.dispatch.rules import Mode, OfferGone, OfferState, Steps, obstacle, round_of
from booking.dispatch.tables import DecisionRow
from booking.jobs import queries as jobs
from booking.jobs.tables import Job
from booking.jobs.words import Event, State
from marketplace.foundation.ids import JobId
from marketplace.notices.tables import DeliveryRow
from tests.booking.jobs.town import Somebody, Town

MONEY = 10_000_000
SOON = Steps()


def begins(session: Session, town: Town, job: UUID, who: Somebody) -> None:
    town.fire(session, job, "arrive", who.specialist, reason="by_hand")
    town.fire(session, job, "start", who.specialist, waiver="no_phone")


def has_next(session: Session, town: Town) -> tuple[Somebody, UUID, UUID]:
    """Karim, who began a visit at two o'clock the next day, and his next one, promised until four."""
    karim, promised = town.craftsman(session), town.tomorrow
    both = [town.assigned(session, town.customer(session, money=MONEY), karim) for _ in range(2)]
    running, waiting = sorted(both, key=lambda job: availability.visits_of_job(session, JobId(job))[0].starts_at)
    town.now = promised.start
    begins(session, town, running, karim)
    return karim, running, waiting


def holder(session: Session, town: Town, job: UUID) -> object:
    return jobs.for_desk(session, job, town.dispatcher, now=town.now).specialist


def letters(session: Session, job: UUID) -> list[tuple[str, UUID]]:
    found = (
        select(DeliveryRow.letter, DeliveryRow.person_id).where(DeliveryRow.ids["job"].astext == str(job)).distinct()
    )
    return [(letter, person) for letter, person in session.execute(found) if letter in ("relief", "specialist_found")]


def test_who_is_about_to_finish_may_hold_one_next_job_and_no_second(town: Town, session: Session) -> None:
    karim, promised = town.craftsman(session), town.tomorrow
    both = [town.opened(session, town.customer(session, money=MONEY)) for _ in range(2)]
    running, one = sorted(both, key=lambda job: availability.visits_of_job(session, JobId(job))[0].starts_at)
    town.fire(session, running, Event.ACCEPT, karim.specialist, offer_id=uuid4())
    town.craftsman(session)
    two = town.opened(session, town.customer(session, money=MONEY))
    session.execute(update(Job).where(Job.id == two).values(window_end=promised.end + timedelta(hours=3)))
    town.now = promised.start
    begins(session, town, running, karim)
    town.later(minutes=30)

    def asked(job: UUID, steps: Steps = SOON) -> tuple[str | None, int]:
        search = search_for(session, session.get_one(Job, job), now=town.now)
        people = candidates.near(session, search, round=round_of(0, Mode.BATCH), steps=steps, now=town.now)
        (found,) = (each for each in people if each.specialist_id == karim.id)
        return obstacle(found), found.free_in_minutes

    rule, free_in = asked(one)
    assert rule is None
    assert 0 < free_in <= 40
    assert asked(one, Steps(soon_free_minutes=5)) == ("late", free_in)
    town.fire(session, one, Event.ACCEPT, karim.specialist, offer_id=uuid4())
    assert asked(two)[0] == "late"


def test_others_are_asked_before_the_promise_breaks_and_the_job_goes_over_in_one_step(
    town: Town, session: Session
) -> None:
    karim, running, waiting = has_next(session, town)
    jamal = town.craftsman(session)
    assert relief.relieve(session, now=town.later(minutes=40)) == []
    (offer,) = relief.relieve(session, now=town.later(minutes=60))
    assert relief.relieve(session, now=town.now) == []
    assert holder(session, town, waiting) == karim.id
    assert letters(session, waiting).count(("relief", karim.id)) == 1
    answer = actions.accept(session, offer, specialist=jamal.id, command_id=uuid4(), now=town.now)
    assert answer.state == OfferState.ACCEPTED
    assert holder(session, town, waiting) == jamal.id
    assert jobs.for_desk(session, waiting, town.dispatcher, now=town.now).job.state is State.ASSIGNED
    assert holder(session, town, running) == karim.id
    (row,) = session.scalars(select(DecisionRow).where(DecisionRow.kind == "relief")).all()
    assert replaying.differing(session, [row]) == []
    customer = jobs.for_desk(session, waiting, town.dispatcher, now=town.now).customer
    assert ("specialist_found", customer) in letters(session, waiting)
    assert actions.accept(session, offer, specialist=jamal.id, command_id=uuid4(), now=town.now).again


def test_nobody_is_asked_where_nobody_else_could_come(town: Town, session: Session) -> None:
    karim, _, waiting = has_next(session, town)
    assert relief.relieve(session, now=town.later(minutes=100)) == []
    assert holder(session, town, waiting) == karim.id


def test_who_finishes_after_all_keeps_the_job_and_the_offer_goes(town: Town, session: Session) -> None:
    karim, running, waiting = has_next(session, town)
    jamal = town.craftsman(session)
    (offer,) = relief.relieve(session, now=town.later(minutes=100))
    town.fire(session, running, "complete", karim.specialist)
    town.fire(session, waiting, "depart", karim.specialist)
    with pytest.raises(OfferGone):
        actions.accept(session, offer, specialist=jamal.id, command_id=uuid4(), now=town.now)
    assert holder(session, town, waiting) == karim.id
    assert queries.offers_for(session, waiting)[-1].mode == "relief"
