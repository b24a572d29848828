"""What a resident reports reaches the team on duty, is done by one of them, and is seen by nobody else."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from booking.care import actions as care
from booking.care.rules import Marks
from booking.jobs import actions as jobs
from booking.jobs import lists
from booking.jobs import queries as job_queries
from booking.jobs.rules import (
    SYSTEM,
    Actor,
    CandidateNeeded,
    CommandReused,
    IllegalTransition,
    JobNotFound,
    ReasonNeeded,
    SeatTaken,
    StaleVersion,
    WorkHasBegun,
)
from booking.jobs.tables import Job
from booking.jobs.words import Event, Role, State, TicketStatus
from booking.tickets import actions, queries
from booking.tickets.actions import Wish
from booking.tickets.rules import (
    CardNumberInWords,
    NobodyOnDuty,
    NotOfTheTeam,
    NotYourUnit,
    TooManyOpen,
    Urgency,
    WordsMissing,
    WordsTooLong,
)
from booking.tickets.tables import TeamLook, Ticket
from booking.tickets.tasks import member_left
from marketplace.catalogue.rules import UnknownService
from marketplace.foundation import clock
from marketplace.foundation.errors import Refused
from marketplace.foundation.ids import JobId, PersonId, ServiceId, uuid7
from marketplace.foundation.outbox import Outbox
from marketplace.notices.tables import DeliveryRow
from marketplace.organizations import actions as organizations
from marketplace.organizations import site_actions
from marketplace.organizations.site_rules import CompoundNotFound, TeamNotFound
from marketplace.people import actions as people
from marketplace.privacy import actions as privacy
from marketplace.privacy.actions import Reader
from marketplace.privacy.rules import ContactExpired, NotReleased
from tests.booking.tickets.compound import NAME, Compound
from web import invariants

HOUR = timedelta(hours=1)


def on_queue(session: Session, compound: Compound, team: UUID, who: PersonId) -> list[UUID]:
    return [each.job for each in queries.queue(session, who, team=team, at=compound.town.now)]


def phone(session: Session, compound: Compound, job: UUID, reader: PersonId) -> str:
    return privacy.reveal(
        session, subject=compound.rahima.id, field="phone", reader=Reader(reader, "specialist"), purpose="provide",
        job=JobId(job), now=compound.town.now,
    )  # fmt: skip


def test_it_is_on_the_queue_of_the_one_team_on_duty_in_the_order_of_urgency_then_due(
    session: Session, compound: Compound
) -> None:
    calm = compound.reported(session, urgency=Urgency.NORMAL)
    first = compound.reported(session, urgency=Urgency.SOON)
    compound.town.later(minutes=5)
    burst, later = (compound.reported(session, urgency=each) for each in (Urgency.URGENT, Urgency.SOON))
    light = compound.reported(session, service="fault")
    assert on_queue(session, compound, compound.wet, compound.karim) == [burst, first, later, calm]
    assert on_queue(session, compound, compound.live, compound.rafiq) == [light]
    for who, team in ((compound.rafiq, compound.wet), (compound.rahima.id, compound.wet), (compound.karim, uuid7())):
        with pytest.raises(TeamNotFound):
            queries.queue(session, who, team=team, at=compound.town.now)


def test_it_is_due_by_the_settings_of_its_compound(session: Session, compound: Compound) -> None:
    organizations.change_setting(
        session, compound.id, "ticket_urgent_hours", 2, by=compound.town.manager, reason="a promise",
        now=compound.town.now,
    )  # fmt: skip
    jobs_by = {each: compound.reported(session, urgency=each) for each in Urgency}
    due = {each: session.get_one(Ticket, job).due_at - compound.town.now for each, job in jobs_by.items()}
    assert due == {Urgency.URGENT: 2 * HOUR, Urgency.SOON: 24 * HOUR, Urgency.NORMAL: 72 * HOUR}


def test_a_resident_has_so_many_unfinished_ones_and_no_more(
    session: Session, compound: Compound, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(actions, "OPEN_MOST", 2)
    first, _ = (compound.reported(session) for _ in range(2))
    with pytest.raises(TooManyOpen):
        compound.reported(session)
    actions.cancel(session, first, by=compound.rahima.id, command_id=uuid4(), now=compound.town.now)
    compound.reported(session)


def test_what_is_not_taken_in_is_refused_in_words_and_leaves_nothing(session: Session, compound: Compound) -> None:
    wish, stranger = compound.wish(session), compound.town.customer(session)
    refused: list[tuple[Wish, type[Refused]]] = [
        (Wish(wish.unit, wish.service, "  \n", wish.urgency), WordsMissing),
        (Wish(wish.unit, wish.service, "x" * 1_001, wish.urgency), WordsTooLong),
        (Wish(wish.unit, wish.service, "pay with 4111 1111 1111 1111", wish.urgency), CardNumberInWords),
        (Wish(uuid7(), wish.service, "It leaks", wish.urgency), NotYourUnit),
        (Wish(wish.unit, ServiceId(uuid7()), "It leaks", wish.urgency), UnknownService),
        (compound.wish(session, service="ac_service"), NobodyOnDuty),
    ]
    for each, refusal in refused:
        with pytest.raises(refusal):
            actions.submit(session, each, actor=compound.rahima.customer, command_id=uuid4(), now=compound.town.now)
    for actor in (stranger.customer, Actor(Role.AGENT, compound.town.manager, compound.rahima.id)):
        with pytest.raises(NotYourUnit):
            actions.submit(session, wish, actor=actor, command_id=uuid4(), now=compound.town.now)
    site_actions.move_out(
        session, compound.id, compound.unit, compound.rahima.id, by=compound.town.manager, now=compound.town.now
    )
    with pytest.raises(NotYourUnit):
        compound.reported(session)
    assert session.scalar(select(func.count()).select_from(Ticket)) == 0
    assert session.scalar(select(func.count()).select_from(Job)) == 0


def test_its_life_is_one_journal_that_resident_and_team_read_alike(session: Session, compound: Compound) -> None:
    town, karim = compound.town, compound.karim
    job = compound.begun(session)
    start, end = town.now + 20 * HOUR, town.now + 22 * HOUR
    with pytest.raises(ReasonNeeded):
        actions.delay(session, job, by=karim, reason="", start=start, end=end, command_id=uuid4(), now=town.now)
    actions.delay(session, job, by=karim, reason="parts", start=start, end=end, command_id=uuid4(), now=town.now)
    waiting = queries.read_by_resident(session, job, compound.rahima.id, at=town.now)
    assert (waiting.status, waiting.delay_reason, waiting.delayed_until) == (TicketStatus.DELAYED, "parts", end)
    town.later(hours=20)
    actions.resume(session, job, by=karim, command_id=uuid4(), now=town.now)
    actions.complete(session, job, by=karim, command_id=uuid4(), now=town.now)
    assert on_queue(session, compound, compound.wet, karim) == []
    actions.confirm(session, job, by=compound.rahima.id, command_id=uuid4(), now=town.now)
    hers = queries.read_by_resident(session, job, compound.rahima.id, at=town.now)
    theirs = queries.read_by_team(session, job, compound.jamal, at=town.now)
    assert hers.steps == theirs.steps
    assert [each.event.value for each in hers.steps] == [
        "submit", "publish", "accept", "start", "delay", "resume", "complete", "confirm",
    ]  # fmt: skip
    assert (hers.words, hers.status, hers.delayed_until) == ("Water under the sink", TicketStatus.COMPLETED, None)
    assert job_queries.chain_is_whole(session, job)
    row = session.get_one(Job, job)
    assert (row.window_start, row.occupation_id, row.price_minor, row.start_code) == (None, None, None, None)
    town.later(days=4)
    jobs.fire(session, job, Event.RELEASE, actor=SYSTEM, command_id=uuid4(), now=town.now)
    assert session.get_one(Job, job, populate_existing=True).state == State.CLOSED
    sent = select(DeliveryRow.letter).where(DeliveryRow.person_id == compound.rahima.id)
    assert list(session.scalars(sent)) == ["ticket_news"] * 3  # taken, delayed, done


def test_silence_counts_as_yes(session: Session, compound: Compound) -> None:
    job = compound.begun(session)
    actions.complete(session, job, by=compound.karim, command_id=uuid4(), now=compound.town.now)
    tasks = set(session.scalars(select(Outbox.task).where(Outbox.arguments["id"].astext == str(job))))
    assert tasks == {"jobs.auto_accept", "jobs.close_contact"}
    later = compound.town.later(hours=25)
    done = jobs.fire(session, job, Event.AUTO_ACCEPT, actor=SYSTEM, command_id=uuid4(), now=later)
    assert done.state is State.APPROVED


def test_one_of_the_team_has_it_and_gives_it_back_before_work_begins(session: Session, compound: Compound) -> None:
    town, job, command = compound.town, compound.reported(session), uuid4()
    taken = actions.take(session, job, by=compound.karim, command_id=command, now=town.now)
    again = actions.take(session, job, by=compound.karim, command_id=command, now=town.now)
    assert (taken.again, again.again, again.version) == (False, True, taken.version)
    with pytest.raises(CommandReused):
        actions.start(session, job, by=compound.karim, command_id=command, now=town.now)
    for act in (actions.take, actions.start, actions.complete):
        with pytest.raises(SeatTaken):
            act(session, job, by=compound.jamal, command_id=uuid4(), now=town.now)
        with pytest.raises(JobNotFound):
            act(session, job, by=compound.rafiq, command_id=uuid4(), now=town.now)
    back = uuid4()
    for _ in range(2):
        actions.give_back(session, job, by=compound.karim, reason="family", command_id=back, now=town.now)
    with pytest.raises(IllegalTransition):
        actions.start(session, job, by=compound.karim, command_id=uuid4(), now=town.now)
    assert session.get_one(Ticket, job).team_id is None
    actions.take(session, job, by=compound.jamal, command_id=uuid4(), now=town.now)
    actions.start(session, job, by=compound.jamal, command_id=uuid4(), now=town.now)
    with pytest.raises((WorkHasBegun, IllegalTransition)):
        actions.give_back(session, job, by=compound.jamal, reason="family", command_id=uuid4(), now=town.now)
    actions.fail(session, job, by=compound.jamal, reason="parts", command_id=uuid4(), now=town.now)
    assert queries.mine(session, compound.rahima.id)[0].status is TicketStatus.CANCELLED


def test_the_resident_calls_it_off_before_work_begins_and_nobody_elses(session: Session, compound: Compound) -> None:
    town, stranger = compound.town, compound.town.customer(session)
    for job in (compound.reported(session), compound.taken(session)):
        with pytest.raises(JobNotFound):
            actions.cancel(session, job, by=stranger.id, command_id=uuid4(), now=town.now)
        actions.cancel(session, job, by=compound.rahima.id, command_id=uuid4(), now=town.now, reason="other")
    begun = compound.begun(session)
    with pytest.raises(IllegalTransition):
        actions.cancel(session, begun, by=compound.rahima.id, command_id=uuid4(), now=town.now)
    with pytest.raises(JobNotFound):
        queries.read_by_resident(session, begun, stranger.id, at=town.now)
    assert queries.mine(session, stranger.id) == []


def test_a_duty_that_moves_takes_along_what_nobody_has_taken(session: Session, compound: Compound) -> None:
    town = compound.town
    waiting, taken = compound.reported(session), compound.taken(session)
    site_actions.give_duty(
        session, compound.id, building=compound.building, trade="plumber", team=compound.live, by=town.manager,
        now=town.now,
    )  # fmt: skip
    assert on_queue(session, compound, compound.wet, compound.karim) == [taken]
    assert on_queue(session, compound, compound.live, compound.rafiq) == [waiting]
    with pytest.raises(JobNotFound):
        queries.read_by_team(session, waiting, compound.karim, at=town.now)
    actions.give_back(session, taken, by=compound.karim, reason="other", command_id=uuid4(), now=town.now)
    assert set(on_queue(session, compound, compound.live, compound.rafiq)) == {waiting, taken}


def test_membership_is_the_right_and_every_look_is_written_down(session: Session, compound: Compound) -> None:
    town, job = compound.town, compound.reported(session)
    assert on_queue(session, compound, compound.wet, compound.karim) == [job]
    queries.read_by_team(session, job, compound.karim, at=town.now)
    queries.read_by_team(session, job, compound.jamal, at=town.later(minutes=1))
    looked = [(each.person, each.whole) for each in queries.looks(session, job)]
    assert looked[0] == (compound.jamal, True)
    assert sorted(looked[1:]) == sorted([(compound.karim, True), (compound.karim, False)])
    town.later(minutes=1)
    compound.leaves(session, compound.karim)
    for call in (
        lambda: on_queue(session, compound, compound.wet, compound.karim),
        lambda: queries.read_by_team(session, job, compound.karim, at=town.now),
        lambda: queries.admit(session, job, compound.karim, at=town.now),
        lambda: actions.take(session, job, by=compound.karim, command_id=uuid4(), now=town.now),
    ):
        with pytest.raises((TeamNotFound, JobNotFound)):
            call()
    assert len(queries.looks(session, job)) == 3
    with pytest.raises(DBAPIError, match="append-only"), session.begin_nested():
        session.execute(text("UPDATE team_look SET looked_at = looked_at"))
    with pytest.raises(DBAPIError, match="append-only"), session.begin_nested():
        session.execute(text("DELETE FROM team_look"))
    assert session.scalar(select(func.count()).select_from(TeamLook)) == 3


def test_who_leaves_leaves_what_they_had_even_work_that_has_begun(session: Session, compound: Compound) -> None:
    town, begun, taken = compound.town, compound.begun(session), compound.taken(session)
    done = compound.begun(session)
    actions.complete(session, done, by=compound.karim, command_id=uuid4(), now=town.now)
    compound.leaves(session, compound.karim)
    assert session.scalar(select(func.count()).where(Outbox.task == "tickets.member_left")) == 1
    clock.travel_to(town.later(minutes=1))
    for _ in range(2):
        member_left(session, team=str(compound.wet), person=str(compound.karim))
    assert set(on_queue(session, compound, compound.wet, compound.jamal)) == {begun, taken}
    town.later(minutes=1)
    with pytest.raises((ContactExpired, NotReleased)):
        phone(session, compound, begun, compound.karim)
    last = queries.read_by_resident(session, begun, compound.rahima.id, at=town.now).steps[-1]
    assert (last.event, last.role, last.reason) == (Event.CANCEL_BY_WORKER, Role.SYSTEM, "left_team")
    assert session.get_one(Ticket, done).team_id == compound.wet


def test_contact_is_for_whoever_took_it_until_it_is_done_and_the_grace_after(
    session: Session, compound: Compound
) -> None:
    town, job = compound.town, compound.reported(session)
    with pytest.raises(NotReleased):
        phone(session, compound, job, compound.karim)
    actions.take(session, job, by=compound.karim, command_id=uuid4(), now=town.now)
    assert phone(session, compound, job, compound.karim)
    with pytest.raises(NotReleased):
        phone(session, compound, job, compound.jamal)
    seen = privacy.reveal(
        session, subject=compound.karim, field="name", reader=Reader(compound.rahima.id, "customer"),
        purpose="provide", job=JobId(job), now=town.now,
    )  # fmt: skip
    assert seen == "Karim"
    town.later(days=40)  # however long it takes
    assert phone(session, compound, job, compound.karim)
    actions.start(session, job, by=compound.karim, command_id=uuid4(), now=town.now)
    actions.complete(session, job, by=compound.karim, command_id=uuid4(), now=town.now)
    town.later(hours=23)
    assert phone(session, compound, job, compound.karim)
    town.later(hours=2)
    with pytest.raises((ContactExpired, NotReleased)):
        phone(session, compound, job, compound.karim)


def test_whoever_manages_the_compound_gives_it_to_one_of_the_team_or_calls_it_off(
    session: Session, compound: Compound
) -> None:
    town, job = compound.town, compound.reported(session)
    manager, other = Actor(Role.MANAGER, town.manager), Actor(Role.MANAGER, compound.jamal)
    people.grant_role(session, person=town.manager, role="manager", by=None, now=town.now, organization=compound.id)

    def give(to: PersonId, actor: Actor = manager, why: str | None = None, command: UUID | None = None) -> State:
        return actions.assign(
            session, job, to=to, compound=compound.id, actor=actor, command_id=command or uuid4(), now=town.now,
            reason=why,
        ).state  # fmt: skip

    for actor in (other, SYSTEM):
        with pytest.raises((JobNotFound, CompoundNotFound)):
            give(compound.karim, actor)
    with pytest.raises(NotOfTheTeam):
        give(compound.rafiq)
    with pytest.raises(IllegalTransition):
        give(compound.karim, why="illness")  # nobody has it
    first = uuid4()
    assert give(compound.karim, command=first) is State.ASSIGNED
    with pytest.raises(SeatTaken):
        give(compound.jamal)
    with pytest.raises(CandidateNeeded):
        give(compound.karim, why="illness")
    for wrong in ("", "mood"):
        with pytest.raises(ReasonNeeded):
            give(compound.jamal, why=wrong)
    again = uuid4()
    for _ in range(2):
        give(compound.jamal, why="illness", command=again)
    assert give(compound.karim, command=first) is State.ASSIGNED  # told again, not done again
    assert session.get_one(Job, job).specialist_id == compound.jamal
    with pytest.raises(ContactExpired):
        phone(session, compound, job, compound.karim)
    assert phone(session, compound, job, compound.jamal)
    version = session.get_one(Job, job).version

    def withdraw(reason: str, seen: int) -> State:
        return actions.withdraw(
            session, job, compound=compound.id, actor=manager, reason=reason, command_id=uuid4(), now=town.now,
            seen=seen,
        ).state  # fmt: skip

    with pytest.raises(ReasonNeeded):
        withdraw("", version)
    with pytest.raises(StaleVersion):
        withdraw("duplicate", version - 1)
    assert withdraw("duplicate", version) is State.CANCELLED


def test_where_only_bookings_belong_there_is_no_ticket(session: Session, compound: Compound) -> None:
    town, rahima, karim = compound.town, compound.rahima, compound.karim
    job, desk = compound.begun(session), Actor(Role.MANAGER, compound.town.manager)
    number = session.get_one(Job, job).number
    actions.complete(session, job, by=karim, command_id=uuid4(), now=town.now)
    actions.confirm(session, job, by=rahima.id, command_id=uuid4(), now=town.now)
    for read in (
        lambda: job_queries.for_customer(session, job, rahima.id, now=town.now),
        lambda: job_queries.for_crew(session, job, karim, now=town.now),
        lambda: job_queries.past_of(session, job, karim),
        lambda: job_queries.for_desk(session, job, desk, now=town.now),
        lambda: job_queries.by_number(session, number, desk, now=town.now),
        lambda: job_queries.for_finance(session, job),
        lambda: jobs.fire(session, job, Event.TIP, actor=rahima.customer, command_id=uuid4(), now=town.now),
        lambda: jobs.fire(session, job, Event.CONFIRM, actor=desk, command_id=uuid4(), now=town.now),
        lambda: care.rate(session, job=JobId(job), by=rahima.id, marks=Marks(5, 5), text=None, now=town.now),
    ):
        with pytest.raises(JobNotFound):
            read()
    assert lists.of_customer(session, rahima.id) == []
    assert lists.past_of_specialist(session, karim) == []
    assert lists.for_desk(session, desk, now=town.now) == []
    assert lists.counts(session) == {}
    assert {name for name, number in invariants.figures(session).items() if number} == set()


def test_a_compound_beside_it_knows_nothing_of_it(session: Session, compound: Compound) -> None:
    other = Compound.build(session, compound.town, key="green_park")
    job, theirs = compound.reported(session), other.reported(session)
    assert on_queue(session, other, other.wet, other.karim) == [theirs]
    for act in (actions.take, actions.start):
        with pytest.raises(JobNotFound):
            act(session, job, by=other.karim, command_id=uuid4(), now=compound.town.now)
    with pytest.raises(JobNotFound):
        queries.read_by_team(session, job, other.karim, at=compound.town.now)
    with pytest.raises(TeamNotFound):
        queries.queue(session, other.karim, team=compound.wet, at=compound.town.now)
    assert (
        NAME["en"]
        == queries.read_by_resident(session, job, compound.rahima.id, at=compound.town.now).compound_name["en"]
    )
