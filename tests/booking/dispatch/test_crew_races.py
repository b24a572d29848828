"""Seats of a crew under real connections: one holder each, nobody twice, and one truth however acts fall together."""

from collections import Counter
from collections.abc import Callable
from typing import Unpack
from uuid import UUID, uuid4

import pytest

from booking.availability import queries as availability
from booking.dispatch import actions, asking, matching, versions
from booking.dispatch.actions import Answered
from booking.dispatch.rules import Mode, OfferGone, Rung
from booking.jobs import crews, queries
from booking.jobs.actions import Fired, fire
from booking.jobs.record import locked
from booking.jobs.rules import Facts
from booking.jobs.words import Event, State
from marketplace.foundation.database import transaction
from marketplace.foundation.errors import Refused
from marketplace.foundation.ids import JobId, PersonId
from payments.wallets import queries as wallets
from tests.booking.dispatch.test_races import at_once
from tests.booking.jobs.crew_town import accept, complete, driver, for_three, offers_of, people
from tests.booking.jobs.town import Somebody, Town

MONEY = 1_000_000
TOGETHER = Rung(Mode.BROADCAST, 9, 9, 600, exclusive=False, ask_again=True)
Verb = Callable[[], object]


def accepts(town: Town, offer: UUID, who: UUID, command: UUID | None = None) -> Verb:
    def verb() -> object:
        with transaction() as session:
            return actions.accept(
                session, offer, specialist=PersonId(who), command_id=command or uuid4(), now=town.now
            )  # fmt: skip

    return verb


def fires(town: Town, job: UUID, event: Event, who: Somebody, **facts: Unpack[Facts]) -> Verb:
    actor = who.customer if event is Event.CANCEL_BY_CUSTOMER else who.specialist

    def verb() -> object:
        with transaction() as session:
            return fire(session, job, event, actor=actor, command_id=uuid4(), now=town.now, **facts)

    return verb


def test_seats_are_taken_once_and_by_as_many_people(busy_town: Town) -> None:
    town = busy_town
    with transaction() as session:
        for_three(session, town)
        people(session, town, others=4)
        job = town.opened(session, town.customer(session, money=MONEY))
        for seat in (1, 2, 3):  # everybody is asked for a seat; for the second and third several are
            row = locked(session, job)
            search = asking.search_for(session, row, now=town.now, seat=seat)
            version = versions.in_force(session, town.organization)
            most = 1 if seat == 1 else 2
            matching._ask(session, row, search, TOGETHER, round=2, most=most, version=version, now=town.now)
        asked = offers_of(session, job)
    assert {seat: len(each) for seat, each in asked.items()} == {1: 1, 2: 2, 3: 2}
    verbs = [accepts(town, offer, who, uuid4()) for each in asked.values() for offer, who in each]
    told = Counter(type(answer).__name__ for answer in at_once(verbs * 2))
    assert told == {"Answered": 6, "OfferGone": 4}
    with transaction() as session:
        seats = crews.seats(session, job)
        visits = availability.visits_of_job(session, JobId(job))
        assert len({each.specialist_id for each in seats} - {None}) == 3
        assert {each.specialist_id for each in seats} == {each.specialist for each in visits}
        assert queries.for_desk(session, job, town.dispatcher, now=town.now).job.state is State.ASSIGNED
        assert queries.chain_is_whole(session, job)


def test_two_customers_who_want_the_same_crew_share_nobody(busy_town: Town) -> None:
    town = busy_town
    with transaction() as session:
        for_three(session, town)
        people(session, town)
        driver(session, town)
        them = [town.customer(session, money=MONEY) for _ in range(4)]

    def holds(who: Somebody) -> Verb:
        def verb() -> object:
            with transaction() as session:
                return town.held(session, who)

        return verb

    answers = at_once([holds(who) for who in them])
    assert {type(each).__name__ for each in answers} <= {"Fired", "SlotTaken"}
    assert any(not isinstance(each, Refused) for each in answers)
    with transaction() as session:
        held = [each for each in answers if isinstance(each, Fired)]
        for each in held:
            visits = availability.visits_of_job(session, JobId(each.job_id))
            assert len({visit.specialist for visit in visits}) == 3


@pytest.mark.parametrize("against", [Event.CANCEL_BY_CUSTOMER, Event.LEAVE_SEAT, Event.CANCEL_BY_WORKER])
def test_the_last_acceptance_and_what_undoes_the_crew_leave_one_truth(busy_town: Town, against: Event) -> None:
    town = busy_town
    with transaction() as session:
        for_three(session, town)
        crew = people(session, town, others=3)
        rahima = town.customer(session, money=MONEY)
        job = town.opened(session, rahima)
        if against is Event.CANCEL_BY_WORKER:
            complete(session, town, job)
            offer, who = None, None
        else:
            matching.match(session, job, now=town.now)
            asked = offers_of(session, job)
            for seat in (1, 2):
                accept(session, town, *asked[seat][0])
            offer, who = asked[3][0]
    if offer is None or who is None:
        verbs = [fires(town, job, against, each, reason="illness") for each in crew[:1]] * 2
    elif against is Event.LEAVE_SEAT:
        verbs = [accepts(town, offer, who), fires(town, job, against, crew[0], reason="illness")]
    else:
        verbs = [accepts(town, offer, who), fires(town, job, against, rahima)]
    answers = at_once(verbs)
    assert {type(each) for each in answers} & {Fired, Answered}
    assert all(isinstance(each, (Refused, Fired, Answered)) for each in answers)
    with transaction() as session:
        now = queries.for_desk(session, job, town.dispatcher, now=town.now)
        visits = availability.visits_of_job(session, JobId(job))
        taken = [each for each in crews.seats(session, job) if each.specialist_id is not None]
        if against is Event.CANCEL_BY_CUSTOMER:
            balance = wallets.balance(session, owner=rahima.id, owner_kind="customer", currency="BDT")
            assert (now.job.state, visits, balance.held.minor) == (State.CANCELLED, (), 0)
            assert not isinstance(answers[0], OfferGone) or answers[0].state == "withdrawn"
        else:
            assert (now.job.state is State.ASSIGNED) == (len(taken) == 3)
            assert len(visits) >= len(taken) >= 2
        assert queries.chain_is_whole(session, job)
