"""Jobs that take several people: windows for all of them at once, a seat for each, contact when everybody is found."""

from collections import deque
from datetime import timedelta
from functools import partial
from uuid import UUID

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from booking.availability import queries as availability
from booking.availability.rules import SlotTaken
from booking.dispatch import manual, matching, standing
from booking.dispatch.rules import NotACandidate, OfferGone
from booking.jobs import crews, queries, requests
from booking.jobs.rules import CashForOneOnly, InCrewAlready, LeadOnly, TooEarly
from booking.jobs.tables import CrewSeat, Job
from booking.jobs.words import Event, Method, State
from marketplace.catalogue import queries as catalogue
from marketplace.foundation.ids import JobId, uuid7
from marketplace.foundation.periods import Period
from marketplace.notices import queries as notices
from marketplace.notices.tables import DeliveryRow
from marketplace.privacy.tables import DisclosureRow, Window
from tests.booking.jobs.crew_town import accept, complete, driver, for_three, holders, offers_of, people
from tests.booking.jobs.town import GULSHAN, Somebody, Town
from web import invariants
from web.letters import crew_loaders
from web.letters.facts import Facts, check_facts

MONEY = 1_000_000


def readers(session: Session, job: object) -> set[object]:
    found = select(Window.reader_id).where(Window.job_id == job, Window.closed_at.is_(None))
    return set(session.scalars(found))


def letters_of_the_crew(session: Session, job: object, town: Town) -> dict[UUID, Facts]:
    """What each of a crew that is complete is told."""
    asked = select(DeliveryRow).where(DeliveryRow.letter == "crew_complete")
    rows = [row for row in session.scalars(asked) if row.ids["job"] == str(job)]
    told = {row.person_id: crew_loaders.complete(session, notices.card(row), town.now) for row in rows}
    for facts in told.values():
        check_facts("crew_complete", facts)
    return told


def test_a_window_is_promised_when_all_seats_can_be_filled_at_once(session: Session, town: Town) -> None:
    for_three(session, town)
    service = catalogue.service(session, town.service, now=town.now)
    day = town.tomorrow.start.date()

    def free() -> int:
        found = requests.windows_on(
            session, service, town.zone, GULSHAN, minutes=60, days=[day], people_on=day, now=town.now
        )
        return len(found)

    for _ in range(3):
        town.craftsman(session)
    assert free() == 0  # nobody has a van
    driver(session, town)
    assert free() > 5
    rahima = town.customer(session, money=MONEY)
    job = town.held(session, rahima).job_id
    seats = crews.seats(session, job)
    assert len({each.planned_id for each in seats}) == 3
    assert len({each.meets_at for each in seats}) == 1
    visits = availability.visits_of_job(session, JobId(job))
    assert {each.starts_at for each in visits} == {seats[0].meets_at}
    others = [town.customer(session, money=MONEY) for _ in range(6)]
    with pytest.raises(SlotTaken):  # the van can begin a few times in that window, and no more often
        deque(map(partial(town.held, session), others))
    town.later(minutes=20)
    requests.let_slot_go(session, job, now=town.now)
    assert availability.visits_of_job(session, JobId(job)) == ()


def test_contact_is_released_to_all_when_the_last_seat_is_taken(session: Session, town: Town) -> None:
    for_three(session, town)
    crew = people(session, town)
    rahima = town.customer(session, money=MONEY)
    job = town.opened(session, rahima)
    matching.match(session, job, now=town.now)
    asked = offers_of(session, job)
    assert {seat: len(each) for seat, each in asked.items()} == {1: 1, 2: 1, 3: 1}
    assert asked[1][0][1] == crew[0].id
    assert len({each[0][1] for each in asked.values()}) == 3
    for seat in (2, 3):
        accept(session, town, *asked[seat][0])
        assert queries.for_desk(session, job, town.dispatcher, now=town.now).job.state is State.OPEN
        assert readers(session, job) == set()
    again = accept(session, town, *asked[2][0])
    assert again.again
    accept(session, town, *asked[1][0])
    now = queries.for_desk(session, job, town.dispatcher, now=town.now)
    assert (now.job.state, now.specialist) == (State.ASSIGNED, crew[0].id)
    day = Period(town.now, town.now + timedelta(days=2))
    whole = now.job.price.minor if now.job.price else 0
    earns = standing.income(session, holders(session, job), within=day)
    assert [earns[who] for who in holders(session, job)] == [int(whole * part / 100) for part in (40, 30, 30)]
    assert readers(session, job) == {rahima.id, *(each.id for each in crew)}
    assert queries.chain_is_whole(session, job)
    told = letters_of_the_crew(session, job, town)
    assert {*told} == {each.id for each in crew}
    assert all(told[each.id]["leads"] == (each is crew[0]) for each in crew)
    assert told[crew[0].id]["leader"] == ""
    assert {bool(told[each.id]["leader"] and told[each.id]["mates"]) for each in crew[1:]} == {True}
    looks = select(DisclosureRow.reader_id, DisclosureRow.subject_id).where(DisclosureRow.job_id == job)
    assert len(session.execute(looks).all()) == 6  # each saw the names of two others, and nobody the customer
    second = next(each for each in crew if each.id == asked[2][0][1])
    with pytest.raises(LeadOnly):
        town.fire(session, job, Event.DEPART, second.specialist)
    with pytest.raises(TooEarly):
        town.fire(session, job, Event.ATTEND, second.specialist)
    town.later(hours=25)
    town.fire(session, job, Event.ATTEND, second.specialist)
    assert [each.present_at is not None for each in crews.seats(session, job)] == [False, True, False]


def test_a_seat_given_back_is_searched_for_again_and_the_others_keep_theirs(session: Session, town: Town) -> None:
    for_three(session, town)
    crew = people(session, town, others=3)
    rahima = town.customer(session, money=MONEY)
    job = town.opened(session, rahima)
    first = complete(session, town, job)
    gone = next(each for each in crew if each.id == first[1])
    town.fire(session, job, Event.CANCEL_BY_WORKER, gone.specialist, reason="illness")
    assert readers(session, job) == set()
    assert holders(session, job) == [first[0], first[2]]
    matching.match(session, job, now=town.now)
    asked = offers_of(session, job)
    assert list(asked) == [2]
    assert asked[2][0][1] not in first
    accept(session, town, *asked[2][0])
    row = session.get_one(Job, job)
    assert (row.state, row.specialist_id) == (State.ASSIGNED, first[0])
    assert readers(session, job) == {rahima.id, *holders(session, job)}
    # the lead gives theirs back: nobody else has a van, so there is no crew, and the money goes back
    town.fire(session, job, Event.CANCEL_BY_WORKER, crew[0].specialist, reason="vehicle")
    matching.match(session, job, now=town.now)
    assert session.get_one(Job, job, populate_existing=True).state == State.EXPIRED
    assert availability.visits_of_job(session, JobId(job)) == ()


def test_whoever_has_a_seat_may_leave_it_before_the_crew_is_whole(session: Session, town: Town) -> None:
    for_three(session, town)
    crew = people(session, town, others=3)
    job = town.opened(session, town.customer(session, money=MONEY))
    matching.match(session, job, now=town.now)
    offer, who = offers_of(session, job)[2][0]
    accept(session, town, offer, who)
    gone = next(each for each in crew if each.id == who)
    town.fire(session, job, Event.LEAVE_SEAT, gone.specialist, reason="family")
    matching.match(session, job, now=town.now)
    assert offers_of(session, job)[2][0][1] != who
    with pytest.raises(OfferGone):
        accept(session, town, offer, who)


def test_a_dispatcher_fills_and_changes_seats_one_by_one(session: Session, town: Town) -> None:
    for_three(session, town)
    lead, second, third, spare = people(session, town, others=3)
    job = town.opened(session, town.customer(session, money=MONEY))

    def give(who: Somebody, seat: int | None = None, reason: str | None = None) -> Event:
        fired = manual.assign(
            session, job, who.id, actor=town.dispatcher, command_id=uuid7(), now=town.now, seat=seat, reason=reason
        )
        return fired.event

    with pytest.raises(NotACandidate):  # no van
        give(second, seat=1)
    assert [give(second, seat=2), give(lead, seat=1)] == [Event.TAKE_SEAT] * 2
    with pytest.raises(InCrewAlready):
        give(second)
    assert give(third) is Event.ASSIGN
    assert give(spare, seat=3, reason="illness") is Event.REASSIGN
    assert holders(session, job) == [lead.id, second.id, spare.id]
    assert third.id not in readers(session, job)


def test_a_crew_is_not_paid_in_cash(session: Session, town: Town) -> None:
    for_three(session, town)
    people(session, town)
    rahima = town.customer(session)
    job = town.held(session, rahima, method=Method.CASH).job_id
    with pytest.raises(CashForOneOnly):
        town.fire(session, job, Event.FUND, rahima.customer)


def test_another_time_is_another_time_for_all(session: Session, town: Town) -> None:
    for_three(session, town)
    people(session, town)
    rahima = town.customer(session, money=MONEY)
    job = town.opened(session, rahima)
    complete(session, town, job)
    new = town.tomorrow.start + timedelta(hours=2)
    town.fire(
        session, job, Event.RESCHEDULE, rahima.customer, promised_start=new, promised_end=new + timedelta(hours=2)
    )
    visits = availability.visits_of_job(session, JobId(job))
    assert len(visits) == 3
    assert len({each.starts_at for each in visits}) == 1
    assert {each.specialist for each in visits} == set(holders(session, job))


def test_verify_counts_a_crew_that_is_not_what_the_job_takes(session: Session, town: Town) -> None:
    for_three(session, town)
    people(session, town)
    job = town.opened(session, town.customer(session, money=MONEY))
    complete(session, town, job)
    session.flush()
    broken = {name for name, count in counted(session, town).items() if count}
    assert broken == set()
    seat = session.get_one(CrewSeat, (job, 3))
    for fault in ({"specialist_id": None, "taken_at": None}, {"visit_id": uuid7()}, {"specialist_id": uuid7()}):
        with session.begin_nested() as savepoint:
            for name, value in fault.items():
                setattr(seat, name, value)
            session.flush()
            assert counted(session, town)["crews_unlike_what_the_job_takes"] == 1
            savepoint.rollback()


def counted(session: Session, town: Town) -> dict[str, int]:
    names = ("crews_unlike_what_the_job_takes", "crews_without_their_time", "windows_of_strangers",
             "windows_before_acceptance_or_after_the_end", "accepted_offers_of_another_crew")  # fmt: skip
    return {name: session.scalar(text(invariants.COUNTS[name]), {"now": town.now}) or 0 for name in names}
