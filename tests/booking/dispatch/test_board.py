"""The board's day as it is read, and its verbs with the engine's rules: given, handed over, moved, refused."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy.orm import Session

from booking.availability.rules import Kind
from booking.availability.windows import local_day
from booking.dispatch import board, board_actions, matching
from booking.dispatch.board import Asked, Because
from booking.dispatch.board_actions import Given
from booking.dispatch.board_rules import HasItAlready, OutsideThePromise
from booking.dispatch.rules import NotACandidate
from booking.jobs.rules import IllegalTransition, ReasonNeeded, StaleVersion
from booking.jobs.words import State
from marketplace.foundation.ids import PersonId
from marketplace.foundation.periods import Period
from marketplace.specialists import actions as specialists
from marketplace.specialists.rules import SuspensionReason
from tests.booking.jobs.town import Town

MONEY = 10_000_000


def asked(town: Town, **narrowed: Any) -> Asked:
    return Asked(local_day(town.tomorrow.start, "Asia/Dhaka"), "Asia/Dhaka", **narrowed)


def give(session: Session, town: Town, job: UUID, to: PersonId, **more: Any) -> Given:
    told: dict[str, Any] = {"actor": town.dispatcher, "command_id": uuid4(), "now": town.now} | more
    return board_actions.give(session, job, to, **told)


def test_a_day_is_read_as_it_stands_and_told_what_changed(town: Town, session: Session) -> None:
    rahima = town.customer(session, money=MONEY)
    karim, jamal = (town.craftsman(session) for _ in range(2))
    job = town.opened(session, rahima)
    day = board.read(session, asked(town), now=town.now)
    assert {person.id for person in day.people} == {karim.id, jamal.id}
    assert all(person.shifts[0].length == timedelta(hours=12) for person in day.people)
    (planned,) = (time for person in day.people for time in person.times)
    assert (planned.kind, planned.planned, planned.job.id if planned.job else None) == (Kind.VISIT, True, job)
    (listed,) = day.jobs
    assert (listed.job.id, listed.because, listed.job.window) == (job, Because.NOT_ASKED, town.tomorrow)
    assert str(rahima.id) not in str(day)

    matching.match(session, job, now=town.now)
    (listed,) = board.listed(session, asked(town), only=[job])
    assert (listed.because, listed.live) == (Because.ASKING, 1)
    given = give(session, town, job, karim.id)
    assert (given.state, given.specialist, given.starts_at is not None) == (State.ASSIGNED, karim.id, True)
    assert board.listed(session, asked(town)) == ()
    (time,) = (
        time for person in board.people(session, asked(town), now=town.now, only=[karim.id]) for time in person.times
    )
    assert (time.planned, time.job.crew if time.job else None) == (False, karim.id)
    assert board.holders(session, [job]) == [karim.id]
    seen, changed = board.changed(session, asked(town), since=0)
    assert karim.id in changed
    assert seen > 0
    assert board.changed(session, asked(town), since=None)[1] == []

    assert board.counts(session, asked(town)) == {State.ASSIGNED: 1}
    places = board.places(session, asked(town))
    assert (places.visits, places.people[town.zone], dict(places.cells)) == ({town.zone: 1}, 2, {})
    assert len(board.read(session, asked(town, zone=town.zone, service=town.service), now=town.now).people) == 2
    assert board.read(session, asked(town, zone=uuid4()), now=town.now).people == ()
    assert [each.job.id for each in board.listed(session, asked(town, state=State.ASSIGNED))] == [job]


def test_the_boards_verbs_have_the_rules_of_the_engine(town: Town, session: Session) -> None:
    rahima = town.customer(session, money=MONEY)
    karim, jamal, salam = (town.craftsman(session) for _ in range(3))
    job, end = town.opened(session, rahima), town.tomorrow.end
    with pytest.raises(StaleVersion):
        give(session, town, job, karim.id, expected_version=1)
    with pytest.raises(OutsideThePromise):
        give(session, town, job, karim.id, at=end)
    specialists.suspend(session, salam.id, SuspensionReason.OWN_WISH, by=salam.id, now=town.now)
    with pytest.raises(NotACandidate, match="standing"):
        give(session, town, job, salam.id, reason="other")  # no reason sets a hard rule aside
    specialists.serve_zones(session, jamal.id, [])
    with pytest.raises(NotACandidate, match="area"):
        give(session, town, job, jamal.id)
    command = uuid4()
    first = give(session, town, job, jamal.id, reason="customer_wish", command_id=command)
    assert give(session, town, job, jamal.id, reason="customer_wish", command_id=command, expected_version=1) == first
    with pytest.raises(HasItAlready):
        give(session, town, job, jamal.id)
    with pytest.raises(ReasonNeeded):
        give(session, town, job, karim.id)
    with pytest.raises(IllegalTransition):
        give(session, town, job, jamal.id, at=end)  # another time has its own form
    later = Period(*(each + timedelta(days=1) for each in (town.tomorrow.start, end)))
    moved = board_actions.move(session, job, later, actor=town.dispatcher, command_id=uuid4(), now=town.now)
    assert moved.starts_at is not None
    assert later.start <= moved.starts_at < later.end

    second = town.opened(session, rahima)
    with pytest.raises(IllegalTransition):
        board_actions.move(session, second, later, actor=town.dispatcher, command_id=uuid4(), now=town.now)
    matching.match(session, second, now=town.now)
    board_actions.withdraw(session, second, actor=town.dispatcher, now=town.now)
    (listed,) = board.listed(session, asked(town), only=[second])
    assert (listed.live, listed.because) == (0, Because.NO_ANSWER)
    board_actions.search_on(session, second, actor=town.dispatcher, command_id=uuid4(), now=town.now)
    best = board_actions.ranking(session, second, actor=town.dispatcher, now=town.now).ranked[0].specialist_id
    told = board_actions.give_to_best(session, second, actor=town.dispatcher, command_id=uuid4(), now=town.now)
    assert told.specialist == best
    with pytest.raises(IllegalTransition):
        board_actions.withdraw(session, second, actor=town.dispatcher, now=town.now)
