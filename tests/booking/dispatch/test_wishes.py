"""The person a customer had last time: asked first and alone, and nobody is kept waiting when they cannot come."""

from uuid import UUID, uuid4

import pytest
from sqlalchemy import insert
from sqlalchemy.orm import Session

from booking.dispatch import actions, matching, queries, wishes
from booking.dispatch.rules import NobodyToAskAgain, OfferState
from booking.jobs.rules import Actor, JobNotFound
from booking.jobs.words import Event, Role
from marketplace.specialists.tables import Block
from tests.booking.jobs.town import Somebody, Town

MONEY = 10_000_000


def knows(session: Session, town: Town) -> tuple[Somebody, Somebody]:
    """A customer for whom a specialist has done work to the end."""
    rahima, karim = town.customer(session, money=MONEY), town.craftsman(session)
    job, began = town.assigned(session, rahima, karim), town.now
    town.later(hours=26)
    town.fire(session, job, "arrive", karim.specialist, reason="by_hand")
    town.fire(session, job, "start", karim.specialist, waiver="no_phone")
    town.fire(session, job, "complete", karim.specialist)
    town.fire(session, job, "confirm", rahima.customer)
    town.now = began
    return rahima, karim


def wished_job(session: Session, town: Town, rahima: Somebody) -> UUID:
    job = town.held(session, rahima).job_id
    for _ in range(2):
        wishes.wish(session, job, customer=rahima.id, wanted=True, now=town.now)
    town.fire(session, job, Event.FUND, rahima.customer)
    town.fire(session, job, Event.PUBLISH, Actor(Role.SYSTEM))
    return job


def asked(session: Session, job: UUID) -> list[tuple[str, UUID, OfferState]]:
    return [(line.mode, line.specialist, line.state) for line in queries.offers_for(session, job)]


def test_who_came_last_is_asked_alone_for_ten_minutes_and_others_after_their_no(town: Town, session: Session) -> None:
    rahima, karim = knows(session, town)
    others = [town.craftsman(session) for _ in range(2)]
    job = wished_job(session, town, rahima)
    (offer,) = matching.match(session, job, now=town.now)
    assert asked(session, job) == [("chosen", karim.id, OfferState.SENT)]
    assert not matching.expire_offer(session, offer, now=town.later(minutes=10))
    assert "same_person" in {term.term for term in queries.offers_for(session, job)[0].reasons}
    actions.decline(session, offer, specialist=karim.id, command_id=uuid4(), now=town.now)
    matching.match(session, job, now=town.now)
    mode, who, _ = asked(session, job)[0]
    assert mode == "sequential"
    assert who in {each.id for each in others}


def test_when_they_cannot_come_the_search_goes_on_at_once(town: Town, session: Session) -> None:
    rahima, karim = knows(session, town)
    other = town.craftsman(session)
    job = wished_job(session, town, rahima)
    session.execute(
        insert(Block).values(customer_id=rahima.id, specialist_id=karim.id, wanted_by="specialist", since=town.now)
    )
    matching.match(session, job, now=town.now)
    assert asked(session, job) == [("sequential", other.id, OfferState.SENT)]


def test_a_wish_needs_somebody_ones_own_job_and_time(town: Town, session: Session) -> None:
    rahima, _ = knows(session, town)
    stranger = town.customer(session, money=MONEY)
    job = town.held(session, stranger).job_id
    with pytest.raises(NobodyToAskAgain):
        wishes.wish(session, job, customer=stranger.id, wanted=True, now=town.now)
    with pytest.raises(JobNotFound):
        wishes.wish(session, job, customer=rahima.id, wanted=True, now=town.now)
    mine = wished_job(session, town, rahima)
    with pytest.raises(NobodyToAskAgain):
        wishes.wish(session, mine, customer=rahima.id, wanted=False, now=town.now)


def test_a_wish_is_taken_back(town: Town, session: Session) -> None:
    rahima, karim = knows(session, town)
    job = town.held(session, rahima).job_id
    assert wishes.who_came_last(session, rahima.id, town.service) == karim.id
    wishes.wish(session, job, customer=rahima.id, wanted=True, now=town.now)
    assert wishes.wished(session, job) == karim.id
    wishes.wish(session, job, customer=rahima.id, wanted=False, now=town.now)
    assert wishes.wished(session, job) is None
