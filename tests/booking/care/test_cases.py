"""Cases: what is disputed is frozen and no more, a decision is made once, and a large one by two."""

import threading
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy.orm import Session

from booking.care import cases
from booking.care.queries import Case
from booking.care.rules import (
    CaseDecided,
    CaseNotFound,
    CaseOpenAlready,
    CaseState,
    CaseWindowOver,
    CaseWordsNotAllowed,
    Ground,
    Matter,
    NothingGivenBack,
    NotInDispute,
    ProposalDiffers,
)
from booking.jobs import queries, tasks
from booking.jobs.rules import Actor, DisputedTooMuch, JobNotFound, NotYourAct
from booking.jobs.words import Method, Role, State
from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from marketplace.foundation.errors import Refused
from marketplace.organizations import actions as organizations
from payments.ledger.rules import SecondPersonNeeded
from payments.wallets.rules import GivenBackTooMuch
from tests.booking.jobs.test_money import MONEY, at_work, held, price, taka, wallet
from tests.booking.jobs.town import Somebody, Town, register
from web import invariants

SMALL = 20_000


def done(town: Town, session: Session, *, method: Method = Method.WALLET) -> tuple[UUID, Somebody, Somebody]:
    rahima, karim = town.customer(session, money=MONEY), town.craftsman(session)
    job = at_work(town, session, rahima, karim, method=method)
    town.fire(session, job, "complete", karim.specialist)
    return job, rahima, karim


def paid(town: Town, session: Session) -> tuple[UUID, Somebody, Somebody]:
    job, rahima, karim = done(town, session)
    town.fire(session, job, "confirm", rahima.customer)
    return job, rahima, karim


def dispute(
    town: Town, session: Session, job: UUID, actor: Actor, minor: int, *, command: UUID | None = None, text: str = ""
) -> Case:
    return cases.open_case(
        session, job, actor=actor, matter=Matter.NOT_DONE, disputed=taka(minor), text=text,
        command_id=command or uuid4(), now=town.now,
    )  # fmt: skip


def decided(town: Town, session: Session, case: Case, actor: Actor, minor: int) -> Case:
    return cases.decide(
        session, case.id, actor=actor, back=taka(minor), ground=Ground.WORK_UNDONE, command_id=uuid4(), now=town.now
    )


def finance(town: Town, session: Session, name: str = "Shirin Akter") -> Actor:
    return Actor(Role.FINANCE, register(session, name, town.now))


def refused(session: Session, kind: type[Refused], act: Callable[[], object]) -> None:
    with pytest.raises(kind), session.begin_nested():
        act()
    session.expire_all()


def test_a_case_after_payment_freezes_a_part_and_the_rest_is_released_in_time(town: Town, session: Session) -> None:
    job, rahima, karim = paid(town, session)
    net, total = wallet(session, karim, "specialist")[0], price(session, job).minor
    command = uuid4()
    case = dispute(town, session, job, rahima.customer, SMALL, command=command, text="the tap still drips")
    assert dispute(town, session, job, rahima.customer, SMALL, command=command, text="the tap still drips") == case
    assert (case.text, case.state) == ("the tap still drips", CaseState.OPEN)
    assert wallet(session, karim, "specialist") == (net, net)
    town.later(days=3, minutes=1)
    clock.move(town.now - clock.now())
    tasks.release(session, id=str(job))
    frozen = wallet(session, karim, "specialist")[1]
    assert 0 < frozen < SMALL
    assert queries.for_finance(session, job).state is State.APPROVED
    decided(town, session, case, finance(town, session), SMALL)
    assert wallet(session, karim, "specialist") == (net - frozen, 0)
    assert wallet(session, rahima) == (MONEY - total + SMALL, 0)
    tasks.release(session, id=str(job))
    assert queries.for_finance(session, job).state is State.CLOSED
    assert not {name: found for name, found in invariants.figures(session).items() if found}


def test_before_confirmation_a_decision_lowers_what_is_captured(town: Town, session: Session) -> None:
    job, rahima, karim = done(town, session)
    total = price(session, job).minor
    case = dispute(town, session, job, rahima.customer, total)
    assert held(session, job) == total
    decided(town, session, case, finance(town, session), SMALL)
    town.fire(session, job, "confirm", rahima.customer)
    assert wallet(session, rahima) == (MONEY - total + SMALL, 0)
    assert wallet(session, karim, "specialist")[0] == queries.past_of(session, job, karim.id).pay.net.minor


def test_in_cash_a_decided_case_says_what_was_paid(town: Town, session: Session) -> None:
    job, rahima, karim = done(town, session, method=Method.CASH)
    total = price(session, job).minor
    town.fire(session, job, "declare_cash", karim.specialist, cash_minor=total)
    case = dispute(town, session, job, rahima.customer, SMALL)
    decided(town, session, case, finance(town, session), SMALL)
    town.fire(session, job, "confirm", rahima.customer, cash_minor=total - SMALL)
    assert queries.for_finance(session, job).final == taka(total - SMALL)


def test_who_may_open_a_case_and_when(town: Town, session: Session) -> None:
    job, rahima, _ = paid(town, session)
    stranger = town.customer(session)
    refused(session, JobNotFound, lambda: dispute(town, session, job, stranger.customer, SMALL))
    refused(session, NotYourAct, lambda: dispute(town, session, job, Actor(Role.COMPLIANCE, uuid4()), SMALL))
    for minor in (-1, price(session, job).minor + 1):
        refused(session, DisputedTooMuch, lambda m=minor: dispute(town, session, job, rahima.customer, m))  # type: ignore[misc]  # one of each
    card = "4111 1111 1111 1111"
    refused(session, CaseWordsNotAllowed, lambda: dispute(town, session, job, rahima.customer, 1, text=card))
    dispute(town, session, job, rahima.customer, SMALL)
    refused(session, CaseOpenAlready, lambda: dispute(town, session, job, rahima.customer, SMALL))


def test_a_case_comes_too_late_after_the_warranty(town: Town, session: Session) -> None:
    job, rahima, _ = paid(town, session)
    town.later(days=8)
    refused(session, CaseWindowOver, lambda: dispute(town, session, job, rahima.customer, SMALL))


def test_a_decision_is_made_once_within_what_was_disputed_and_by_whoever_may(town: Town, session: Session) -> None:
    job, rahima, karim = paid(town, session)
    case, shirin = dispute(town, session, job, rahima.customer, SMALL), finance(town, session)
    refused(session, NotInDispute, lambda: decided(town, session, case, shirin, SMALL + 1))
    refused(session, NotYourAct, lambda: decided(town, session, case, rahima.customer, SMALL))
    refused(session, NotYourAct, lambda: decided(town, session, case, karim.specialist, 0))
    decided(town, session, case, shirin, 0)
    assert decided(town, session, case, shirin, 0).state is CaseState.DECIDED
    refused(session, CaseDecided, lambda: decided(town, session, case, shirin, SMALL))
    with pytest.raises(CaseNotFound):
        cases.take_proposal_back(session, uuid4(), actor=shirin)


def test_a_large_decision_needs_two_people_of_one_mind(town: Town, session: Session) -> None:
    job, rahima, _ = paid(town, session)
    total = price(session, job).minor
    organizations.change_setting(
        session, town.organization, "second_person_above", 1_000, by=town.manager, reason="test", now=town.now
    )
    shirin, mina = finance(town, session), finance(town, session, "Mina Das")
    case = dispute(town, session, job, rahima.customer, total)
    assert decided(town, session, case, shirin, total).state is CaseState.PROPOSED
    assert wallet(session, rahima)[0] == MONEY - total
    refused(session, SecondPersonNeeded, lambda: decided(town, session, case, shirin, total))
    refused(session, ProposalDiffers, lambda: decided(town, session, case, mina, total - 1))
    cases.take_proposal_back(session, case.id, actor=mina)
    decided(town, session, case, mina, total)
    made = decided(town, session, case, shirin, total)
    assert (made.state, made.proposed_by, made.decided_by) == (CaseState.DECIDED, mina.person_id, shirin.person_id)
    assert wallet(session, rahima) == (MONEY, 0)


def test_finance_gives_back_pieces_and_never_more_than_was_paid(town: Town, session: Session) -> None:
    job, rahima, _ = paid(town, session)
    total, shirin, command = price(session, job).minor, finance(town, session), uuid4()

    def give(minor: int, command_id: UUID) -> Case:
        return cases.give_back(
            session, job, actor=shirin, amount=taka(minor), matter=Matter.OVERCHARGED, ground=Ground.OUR_MISTAKE,
            command_id=command_id, now=town.now,
        )  # fmt: skip

    for _ in range(2):
        give(SMALL, command)
    assert wallet(session, rahima) == (MONEY - total + SMALL, 0)
    refused(session, GivenBackTooMuch, lambda: give(total - SMALL + 1, uuid4()))
    refused(session, NothingGivenBack, lambda: give(0, uuid4()))
    refused(session, NothingGivenBack, lambda: give(-5, uuid4()))
    give(total - SMALL, uuid4())
    assert wallet(session, rahima) == (MONEY, 0)
    assert not {name: found for name, found in invariants.figures(session).items() if found}


def test_two_who_give_back_at_once_give_back_once(busy_town: Town) -> None:
    town = busy_town
    with transaction() as session:
        job, rahima, _ = paid(town, session)
        people = [finance(town, session), finance(town, session, "Mina Das")]
        total = price(session, job).minor
    told: list[str] = []
    ready = threading.Barrier(2)

    def give(who: Actor) -> None:
        ready.wait()
        try:
            with transaction() as session:
                cases.give_back(
                    session, job, actor=who, amount=taka(total), matter=Matter.OTHER, ground=Ground.AGREED,
                    command_id=uuid4(), now=town.now + timedelta(minutes=1),
                )  # fmt: skip
            told.append("done")
        except GivenBackTooMuch:
            told.append("refused")

    threads = [threading.Thread(target=give, args=[who]) for who in people]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(told) == ["done", "refused"]
    with transaction() as session:
        assert wallet(session, rahima) == (MONEY, 0)
