"""A visit under warranty: asked for within it, without a price, with contact of its own, paid by the rule (E.4 #37)."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from booking.jobs import queries, visits, warranty
from booking.jobs.rules import SYSTEM, Actor, JobNotFound, NotYourAct
from booking.jobs.visit_rules import (
    DefectNeedsWords,
    NoWarranty,
    PayOutOfBounds,
    Relation,
    Verdict,
    VerdictStands,
    VisitNotDone,
    WarrantyAskedAlready,
    WarrantyOver,
)
from booking.jobs.words import Event, Role, State
from marketplace.foundation.database import transaction
from marketplace.foundation.ids import JobId
from marketplace.privacy import queries as privacy
from payments.ledger.rules import SecondPersonNeeded
from payments.wallets import gifts
from payments.wallets import queries as wallets
from tests.booking.jobs.town import Somebody, Town
from tests.booking.jobs.visits import MONEY, booked, done, estimated, taka, worked_off

WORDS = "It drips again under the sink"


def ask(session: Session, town: Town, job: UUID, by: Somebody, **how: object) -> JobId:
    words, command = str(how.get("words", WORDS)), how.get("command", uuid4())
    assert isinstance(command, UUID)
    return warranty.ask(session, job, actor=by.customer, words=words, command_id=command, now=town.now)


def settled(session: Session, town: Town, rahima: Somebody, karim: Somebody) -> UUID:
    job = done(session, town, rahima, karim)
    town.later(days=3)
    town.fire(session, job, Event.RELEASE, SYSTEM)
    return job


def test_a_visit_under_warranty_costs_nothing_and_opens_contact_for_itself_alone(town: Town, session: Session) -> None:
    rahima, karim = town.customer(session, money=MONEY), town.craftsman(session)
    job = settled(session, town, rahima, karim)
    before = [wallets.balance(session, owner=rahima.id, owner_kind="customer", currency="BDT")]
    before += [wallets.balance(session, owner=karim.id, owner_kind="specialist", currency="BDT")]
    visit = ask(session, town, job, rahima)
    (tie,) = visits.related(session, job)
    assert (tie.id, tie.relation, tie.is_work) == (visit, Relation.WARRANTY_OF, False)
    assert queries.for_customer(session, job, rahima.id, now=town.now).job.state is State.CLOSED
    booked(session, town, visit, rahima)
    town.fire(session, visit, Event.ACCEPT, karim.specialist, offer_id=uuid4())
    assert privacy.open_windows(session, reader=karim.id, now=town.now, job=visit)
    assert not privacy.open_windows(session, reader=karim.id, now=town.now, job=job)
    assert queries.for_crew(session, visit, karim.id, now=town.now).pay.gross == taka(0)
    town.fire(session, visit, Event.CANCEL_BY_WORKER, karim.specialist, reason="illness")
    assert not privacy.open_windows(session, reader=karim.id, now=town.now, job=visit)
    worked_off(session, town, visit, rahima, karim)
    town.later(days=3)
    town.fire(session, visit, Event.RELEASE, SYSTEM)
    after = [wallets.balance(session, owner=rahima.id, owner_kind="customer", currency="BDT")]
    after += [wallets.balance(session, owner=karim.id, owner_kind="specialist", currency="BDT")]
    assert [(each.posted, each.held) for each in after] == [(each.posted, each.held) for each in before]
    assert warranty.view(session, visit).words == WORDS


def test_it_is_asked_for_in_the_dispute_window_too_and_called_off_for_nothing(town: Town, session: Session) -> None:
    rahima, karim = town.customer(session, money=MONEY), town.craftsman(session)
    job = done(session, town, rahima, karim)
    visit = ask(session, town, job, rahima)
    booked(session, town, visit, rahima)
    town.later(days=3)
    town.fire(session, job, Event.RELEASE, SYSTEM)
    assert town.fire(session, visit, Event.CANCEL_BY_CUSTOMER, rahima.customer).state is State.CANCELLED
    assert ask(session, town, job, rahima) != visit


def test_one_visit_at_a_time_and_the_same_command_is_the_same_visit(town: Town, session: Session) -> None:
    rahima, karim = town.customer(session, money=MONEY), town.craftsman(session)
    job, command = settled(session, town, rahima, karim), uuid4()
    first = ask(session, town, job, rahima, command=command)
    assert ask(session, town, job, rahima, command=command) == first
    with pytest.raises(WarrantyAskedAlready):
        ask(session, town, job, rahima)
    told = warranty.of_job(session, job, now=town.now)
    assert told is not None
    assert (told.running, told.may_ask) == (first, False)


def test_to_the_last_moment_and_not_after_it_and_by_nobody_else(town: Town, session: Session) -> None:
    rahima, karim = town.customer(session, money=MONEY), town.craftsman(session)
    stranger = town.customer(session)
    job = settled(session, town, rahima, karim)
    for words in ("", "x" * 501, "pay 4242 4242 4242 4242"):
        with pytest.raises(DefectNeedsWords):
            ask(session, town, job, rahima, words=words)
    with pytest.raises(JobNotFound):
        ask(session, town, job, stranger)
    running = town.opened(session, rahima)
    assert warranty.of_job(session, running, now=town.now) is None
    told = warranty.of_job(session, job, now=town.now)
    assert told is not None
    town.now = told.until
    with pytest.raises(WarrantyOver):
        ask(session, town, job, rahima)
    town.now = told.until - timedelta(microseconds=1)
    visit = ask(session, town, job, rahima)
    assert warranty.of_job(session, visit, now=town.now) is None
    made = estimated(session, town)
    with pytest.raises(NoWarranty):
        ask(session, made.town, made.visit, made.rahima)


def test_an_agent_asks_for_a_caller_and_the_house_decides_who_pays(town: Town, session: Session) -> None:
    rahima, karim, other = town.customer(session, money=MONEY), town.craftsman(session), town.craftsman(session)
    job = settled(session, town, rahima, karim)
    agent = Actor(Role.AGENT, town.manager, rahima.id)
    visit = warranty.ask(session, job, actor=agent, words=WORDS, command_id=uuid4(), now=town.now)
    manager = Actor(Role.MANAGER, town.manager)

    def decide(by: Actor, verdict: Verdict, pay: int, ground: str) -> warranty.WarrantyView:
        return warranty.decide(
            session, visit, actor=by, verdict=verdict, pay=taka(pay), ground=ground, now=town.now
        )  # fmt: skip

    with pytest.raises(VisitNotDone):
        decide(manager, Verdict.OWN_DEFECT, 0, "own_work")
    booked(session, town, visit, rahima)
    worked_off(session, town, visit, rahima, other)
    told = warranty.view(session, visit)
    assert (told.usual, told.may_decide) == (Verdict.PAID, True)
    assert warranty.undecided(session) == [visit]
    with pytest.raises(NotYourAct):
        decide(rahima.customer, Verdict.OWN_DEFECT, 0, "own_work")
    with pytest.raises(PayOutOfBounds):
        decide(manager, Verdict.PAID, told.most.minor + 1, "other_specialist")
    for _ in range(2):
        decide(manager, Verdict.PAID, told.most.minor, "other_specialist")
    with pytest.raises(VerdictStands):
        decide(manager, Verdict.OWN_DEFECT, 0, "own_work")
    given = [each for each in gifts.gifts(session) if each.subject == visit]
    assert [(each.owner, each.amount, each.state.value) for each in given] == [(other.id, told.most, "given")]
    assert wallets.balance(session, owner=other.id, owner_kind="specialist", currency="BDT").posted == told.most
    with pytest.raises((SecondPersonNeeded, gifts.GiftOver)):
        gifts.approve(session, given[0].id, by=town.manager, now=town.now)


def test_asked_for_twice_at_once_it_is_one_visit(busy_town: Town) -> None:
    with transaction() as session:
        rahima, karim = busy_town.customer(session, money=MONEY), busy_town.craftsman(session)
        job = settled(session, busy_town, rahima, karim)

    def once(command: UUID) -> str:
        try:
            with transaction() as session:
                return str(ask(session, busy_town, job, rahima, command=command))
        except WarrantyAskedAlready as refusal:
            return refusal.number

    same = uuid4()
    with ThreadPoolExecutor(6) as several:
        told = list(several.map(once, [same, same, same, uuid4(), uuid4(), uuid4()]))
    with transaction() as session:
        (tie,) = visits.related(session, job)
        assert session.scalar(text("SELECT count(*) FROM warranty_visit")) == 1
    assert set(told) <= {str(tie.id), tie.number}
