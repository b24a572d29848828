"""Jobs that begin soon: matched together, a lone one at once, one batch at a time, everything stored and replayed."""

from dataclasses import replace
from datetime import timedelta
from threading import Barrier, Thread
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from booking.dispatch import (
    actions,
    asking,
    batches,
    candidates,
    decisions,
    matching,
    presence,
    queries,
    replaying,
    versions,
)
from booking.dispatch.rules import Candidate, OfferState, Steps
from booking.dispatch.tables import DecisionRow, Offer
from booking.jobs.tables import Job
from booking.jobs.words import State
from marketplace.foundation.database import transaction
from marketplace.foundation.outbox import Outbox
from marketplace.foundation.places import Point
from tests.booking.jobs.town import GULSHAN, Somebody, Town

MONEY = 10_000_000
NORTH = Point(GULSHAN.longitude, GULSHAN.latitude + 0.05)


def soon(session: Session, town: Town, jobs: int, crew: int = 1, *, at: Point = GULSHAN) -> list[UUID]:
    """So many open jobs of one customer each, half an hour before their window begins."""
    for _ in range(crew):
        town.craftsman(session, at=at)
    made = [town.opened(session, town.customer(session, money=MONEY)) for _ in range(jobs)]
    town.now = town.tomorrow.start - timedelta(minutes=30)
    return made


def modes(session: Session, job: UUID) -> list[tuple[str, OfferState]]:
    return [(line.mode, line.state) for line in queries.offers_for(session, job)]


def ticks(session: Session) -> int:
    return session.scalar(select(func.count()).where(Outbox.task == "dispatch.batch", Outbox.state == "ready")) or 0


def test_a_lone_job_does_not_wait_for_the_batch(town: Town, session: Session) -> None:
    (job,) = soon(session, town, 1, crew=2)
    assert len(matching.match(session, job, now=town.now)) == 1
    assert modes(session, job) == [("batch", OfferState.SENT)]
    row = session.scalars(select(DecisionRow).where(DecisionRow.kind == "matching")).one()
    assert (row.size, row.job_id, row.value) == (1, None, row.bound)
    assert row.gap_percent == 0
    assert (ticks(session), queries.decisions_replay(session, job)) == (0, True)


def test_jobs_that_compete_wait_for_one_batch_and_each_gets_another_person(town: Town, session: Session) -> None:
    jobs = soon(session, town, 3, crew=4)
    assert [matching.match(session, job, now=town.now) for job in jobs] == [[], [], []]
    assert ticks(session) == 1
    assert batches.run(session, now=town.now) is not None
    asked = {line.specialist for job in jobs for line in queries.offers_for(session, job)}
    assert len(asked) == 3
    assert [modes(session, job) for job in jobs] == [[("batch", OfferState.SENT)]] * 3
    row = session.scalars(select(DecisionRow).where(DecisionRow.kind == "matching")).one()
    assert row.size == 3
    assert row.gap_percent == 0
    own = session.scalars(select(DecisionRow).where(DecisionRow.batch_id == row.id)).all()
    assert {each.job_id for each in own} == set(jobs)
    assert replaying.differing(session, [row, *own]) == []
    assert batches.run(session, now=town.now) is None  # everybody has an offer now


def test_who_goes_without_waits_for_a_no_and_is_not_shown_to_somebody_who_reads_another(
    town: Town, session: Session
) -> None:
    jobs = soon(session, town, 2, crew=1)
    for job in jobs:
        matching.match(session, job, now=town.now)
    batches.run(session, now=town.now)
    ((first, offer),) = session.execute(select(Offer.job_id, Offer.id).where(Offer.state == "sent")).all()
    (second,) = set(jobs) - {first}
    assert matching.match(session, second, now=town.now) == []
    assert modes(session, second) == []
    karim = town.specialists[0]
    actions.decline(session, offer, specialist=karim.id, command_id=uuid4(), now=town.now)
    batches.run(session, now=town.later(seconds=10))
    assert modes(session, second) == [("batch", OfferState.SENT)]
    assert modes(session, first) == [("batch", OfferState.DECLINED)]


def test_a_job_that_waits_from_batch_to_batch_is_decided_about_once_while_nothing_changes(
    town: Town, session: Session
) -> None:
    version = versions.in_force(session, town.organization)
    people = [Candidate(uuid4(), travel_minutes=9)]
    job, first, second = uuid4(), uuid4(), uuid4()
    rows = [
        decisions.made(session, job, "batch", people, exclusive=True, version=version, now=town.now, batch_id=batch)
        for batch in (first, second)
    ]
    assert rows[0] == rows[1]
    later = [replace(people[0], travel_minutes=10)]
    anew, _ = decisions.made(
        session, job, "batch", later, exclusive=True, version=version, now=town.now, batch_id=second
    )
    assert anew != rows[0][0]


def test_whoever_stands_where_the_town_knows_is_asked_from_there(town: Town, session: Session) -> None:
    (job,) = soon(session, town, 1, crew=1)
    far = town.craftsman(session, at=NORTH)
    presence.refresh(session, [each.id for each in town.specialists], now=town.now)
    matching.match(session, job, now=town.now)
    row = session.scalars(select(DecisionRow).where(DecisionRow.kind == "batch")).one()
    known = {each["specialist_id"]: each for each in row.inputs["candidates"]}
    assert {each["basis"] for each in known.values()} == {"base"}
    assert known[str(far.id)]["travel_minutes"] > 25
    terms = {term["term"] for each in row.result["ranked"] for term in each["terms"]}
    assert terms >= {"travel", "position"}
    assert queries.decisions_replay(session, job)


def test_what_no_batch_can_place_is_asked_of_several_at_once_by_a_search_of_its_own(
    town: Town, session: Session
) -> None:
    (job,) = soon(session, town, 1, crew=1)
    (offer,) = matching.match(session, job, now=town.now)
    matching.expire_offer(session, offer, now=town.later(seconds=40))
    assert batches.run(session, now=town.now) is None
    beyond = select(func.count()).where(Outbox.task == "dispatch.match", Outbox.state == "ready")
    assert (session.scalar(beyond) or 0) >= 2
    (again,) = matching.match(session, job, now=town.now)
    assert again != offer
    assert modes(session, job) == [("broadcast", OfferState.SENT), ("batch", OfferState.EXPIRED)]


def test_the_sum_of_the_ways_is_least_and_not_the_way_of_who_asked_first(town: Town, session: Session) -> None:
    near, far = town.craftsman(session), town.craftsman(session, at=NORTH)
    jobs = soon(session, town, 2, crew=0)
    batches.run(session, now=town.now)
    rows = session.scalars(select(DecisionRow).where(DecisionRow.kind == "matching")).all()
    assert len(rows) == 1
    first = sum(each["hundredths"] for each in rows[0].result["chosen"])
    assert rows[0].value == first == rows[0].bound
    assert {line.specialist for job in jobs for line in queries.offers_for(session, job)} == {near.id, far.id}


def test_only_one_batch_of_a_market_is_at_work(busy_town: Town) -> None:
    with transaction() as session:
        jobs = soon(session, busy_town, 4, crew=4)
    together, found = Barrier(3), []

    def tick() -> None:
        together.wait()
        with transaction() as session:
            found.append(batches.run(session, now=busy_town.now))

    threads = [Thread(target=tick) for _ in range(3)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    with transaction() as session:
        offers = session.execute(select(Offer.job_id, Offer.specialist_id)).all()
        assert sum(each is not None for each in found) == 1
        assert sorted(job for job, _ in offers) == sorted(jobs)
        assert len({specialist for _, specialist in offers}) == 4


def test_accepting_while_a_batch_runs_leaves_one_truth(busy_town: Town) -> None:
    with transaction() as session:
        jobs = soon(session, busy_town, 3, crew=2)
        batches.run(session, now=busy_town.now)
        offers = session.execute(select(Offer.id, Offer.specialist_id)).all()
    together = Barrier(len(offers) + 1)

    def accepts(offer: UUID, who: Somebody) -> None:
        together.wait()
        with transaction() as session:
            actions.accept(session, offer, specialist=who.id, command_id=uuid4(), now=busy_town.now)

    def tick() -> None:
        together.wait()
        with transaction() as session:
            batches.run(session, now=busy_town.now)

    people: dict[UUID, Somebody] = {each.id: each for each in busy_town.specialists}
    threads = [Thread(target=accepts, args=(offer, people[who])) for offer, who in offers] + [Thread(target=tick)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    with transaction() as session:
        states = dict(session.execute(select(Job.id, Job.state).where(Job.id.in_(jobs))).all())
        assert sorted(states.values()) == [State.ASSIGNED, State.ASSIGNED, State.OPEN]
        assert session.scalar(text("select count(*) from offer where exclusive and state in ('sent', 'seen')")) <= 1


def test_in_a_full_city_the_nearest_are_looked_at_and_whose_day_was_planned(
    town: Town, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    planned = town.craftsman(session, at=NORTH)
    (job,) = soon(session, town, 1, crew=0)
    near = [town.craftsman(session) for _ in range(3)]
    presence.refresh(session, [each.id for each in town.specialists], now=town.now)
    monkeypatch.setattr(candidates, "LOOKED_AT", 1)
    search = asking.search_for(session, session.get_one(Job, job), now=town.now)
    people = candidates.near(session, search, round=3, steps=Steps(candidates_most=2), now=town.now)
    ids = {each.specialist_id for each in people}
    assert planned.id in ids
    assert len(ids & {each.id for each in near}) == 2


def test_more_jobs_than_one_batch_takes_are_looked_at_by_the_next_at_once(
    town: Town, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches, "JOBS_MOST", 2)
    jobs = soon(session, town, 5, crew=5)
    going_on = select(Outbox.arguments["after"].astext).where(Outbox.arguments.has_key("after"))
    known: set[str] = set()
    after: UUID | None = None
    looked_at: list[UUID | None] = []
    for _ in range(3):
        batch = batches.run(session, after=after, now=town.now)
        looked_at += session.scalars(select(DecisionRow.job_id).where(DecisionRow.batch_id == batch)).all()
        fresh = set(session.scalars(going_on)) - known
        known |= fresh
        after = UUID(fresh.pop()) if fresh else None
    assert sorted(str(each) for each in looked_at) == sorted(str(each) for each in jobs)
    assert (len(known), after) == (2, None)
