"""Tickets under real connections: one has it, whoever has left has nothing, and one command is one ticket."""

from collections.abc import Callable
from uuid import UUID, uuid4

from booking.jobs import queries as jobs
from booking.jobs.actions import Fired
from booking.jobs.rules import Actor, JobNotFound, SeatTaken
from booking.jobs.words import Event, Role, State
from booking.tickets import actions, queries
from booking.tickets.actions import Wish
from marketplace.foundation.database import transaction
from marketplace.foundation.ids import PersonId
from marketplace.people import actions as people
from tests.booking.dispatch.test_races import at_once
from tests.booking.jobs.town import Town
from tests.booking.tickets.compound import Compound

ROUNDS = 3
Act = Callable[..., Fired]


def does(act: Act, job: UUID, who: PersonId, compound: Compound) -> Callable[[], Fired]:
    def verb() -> Fired:
        with transaction() as session:
            return act(session, job, by=who, command_id=uuid4(), now=compound.town.now)

    return verb


def test_of_all_that_happens_at_once_one_thing_is_true(busy_town: Town) -> None:
    with transaction() as session:
        compound = Compound.build(session, busy_town)
        wish = compound.wish(session)
    for _ in range(ROUNDS):
        _submitted_twice(compound, wish)
        job = _taken_by_one(compound)
        _done_and_confirmed(compound, job)
    _given_by_two(compound)
    _taken_while_leaving(compound)


def _submitted_twice(compound: Compound, wish: Wish) -> None:
    command = uuid4()

    def submit() -> Fired:
        with transaction() as session:
            return actions.submit(
                session, wish, actor=compound.rahima.customer, command_id=command, now=compound.town.now
            )

    one, two = at_once([submit, submit])
    assert isinstance(one, Fired)
    assert isinstance(two, Fired)
    assert (one.job_id, one.state, one.again ^ two.again) == (two.job_id, State.OPEN, True)


def _taken_by_one(compound: Compound) -> UUID:
    with transaction() as session:
        job = compound.reported(session)
    people = [compound.karim, compound.jamal]
    told = at_once([does(actions.take, job, who, compound) for who in people])
    assert sorted(type(each).__name__ for each in told) == ["Fired", "SeatTaken"]
    if isinstance(told[0], SeatTaken):
        people.reverse()
    does(actions.start, job, people[0], compound)()
    compound.karim, compound.jamal = people[0], people[1]  # who has it is called Karim from here on
    return job


def _done_and_confirmed(compound: Compound, job: UUID) -> None:
    done, confirmed = at_once(
        [
            does(actions.complete, job, compound.karim, compound),
            does(actions.confirm, job, compound.rahima.id, compound),
        ]
    )
    assert isinstance(done, Fired)
    with transaction() as session:
        view = queries.read_by_resident(session, job, compound.rahima.id, at=compound.town.now)
        assert view.state is (State.APPROVED if isinstance(confirmed, Fired) else State.COMPLETED)
        assert jobs.chain_is_whole(session, job)


def _given_by_two(compound: Compound) -> None:
    """Of two of the management who give it at once, one has given it, and the other is told; so with taking it away."""
    with transaction() as session:
        by, now = compound.town.manager, compound.town.now
        people.grant_role(session, person=by, role="manager", by=None, now=now, organization=compound.id)
        job = compound.reported(session)

    def giving(to: PersonId, reason: str | None, seen: int | None) -> Callable[[], Fired]:
        def verb() -> Fired:
            with transaction() as session:
                return actions.assign(
                    session, job, to=to, compound=compound.id, actor=Actor(Role.MANAGER, by), command_id=uuid4(),
                    now=now, reason=reason, seen=seen,
                )  # fmt: skip

        return verb

    told = at_once([giving(compound.karim, None, None), giving(compound.jamal, None, None)])
    assert sorted(type(each).__name__ for each in told) == ["Fired", "SeatTaken"]
    (given,) = [each for each in told if isinstance(each, Fired)]
    other = compound.jamal if given is told[0] else compound.karim
    told = at_once([giving(other, "illness", given.version)] * 2)
    assert sorted(type(each).__name__ for each in told) == ["Fired", "StaleVersion"]


def _taken_while_leaving(compound: Compound) -> None:
    """Either they had it before they left, and then it goes back; or they had left, and never had it."""
    with transaction() as session:
        waiting = [compound.reported(session) for _ in range(ROUNDS)]

    def leave() -> None:
        with transaction() as session:
            compound.leaves(session, compound.karim)

    told = at_once([leave, *(does(actions.take, job, compound.karim, compound) for job in waiting)])
    assert all(isinstance(each, Fired | JobNotFound) for each in told[1:])
    had = [job for job, each in zip(waiting, told[1:], strict=True) if isinstance(each, Fired)]
    for job in waiting:
        with transaction() as session:
            left = actions.leave(session, job, person=compound.karim, now=compound.town.now)
        assert (left is not None) == (job in had)
    (refused,) = at_once([does(actions.take, waiting[0], compound.karim, compound)])
    assert isinstance(refused, JobNotFound)
    with transaction() as session:
        now, rahima = compound.town.now, compound.rahima.id
        seen = {each.job for each in queries.queue(session, compound.jamal, team=compound.wet, at=now)}
        views = [queries.read_by_resident(session, job, rahima, at=now) for job in waiting]
    assert set(waiting) <= seen
    for view in views:
        steps = [each.event for each in view.steps]
        assert steps.count(Event.ACCEPT) == steps.count(Event.CANCEL_BY_WORKER)
