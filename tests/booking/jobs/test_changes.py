"""More work than was booked, and tips: the customer's word first, the hold raised, all holds captured together."""

from uuid import UUID, uuid4

from sqlalchemy.orm import Session

from booking.jobs import actions, queries
from booking.jobs.rules import (
    SYSTEM,
    AboveApproved,
    ChangeDiffers,
    ChangeWaits,
    JobNotFound,
    NoChangeWaits,
    TipOutOfBounds,
)
from booking.jobs.words import Method, State
from payments import audits
from payments.ledger.rules import InsufficientFunds
from tests.booking.care.test_cases import refused
from tests.booking.jobs.test_money import MONEY, at_work, held, price, wallet
from tests.booking.jobs.town import Somebody, Town, top_up

PARTS, LABOUR = 30_000, 20_000
MORE = PARTS + LABOUR


def proposed(town: Town, session: Session) -> tuple[UUID, Somebody, Somebody, int]:
    rahima, karim = town.customer(session, money=MONEY), town.craftsman(session)
    job = at_work(town, session, rahima, karim)
    total = price(session, job).minor
    propose(town, session, job, karim)
    return job, rahima, karim, total


def propose(town: Town, session: Session, job: UUID, karim: Somebody) -> None:
    town.fire(
        session, job, "propose_change", karim.specialist, parts_minor=PARTS, labour_minor=LABOUR, reason="hidden_damage"
    )


def test_an_approved_change_raises_the_hold_and_everything_is_captured_at_once(town: Town, session: Session) -> None:
    job, rahima, karim, total = proposed(town, session)
    assert held(session, job) == total
    town.fire(session, job, "approve_change", rahima.customer, change_minor=MORE)
    assert (held(session, job), price(session, job).minor) == (total + MORE, total + MORE)
    propose(town, session, job, karim)
    town.fire(session, job, "approve_change", rahima.customer, change_minor=MORE)
    assert held(session, job) == total + 2 * MORE
    town.fire(session, job, "complete", karim.specialist, final_minor=total + MORE + 1)
    town.fire(session, job, "confirm", rahima.customer)
    assert wallet(session, rahima) == (MONEY - total - MORE - 1, 0)
    assert not {name: found for name, found in audits.figures(session, now=town.now).items() if found}


def test_a_change_waits_for_the_word_of_its_own_customer(town: Town, session: Session) -> None:
    job, rahima, karim, total = proposed(town, session)
    stranger = town.customer(session)
    refused(session, ChangeWaits, lambda: town.fire(session, job, "complete", karim.specialist))
    refused(session, ChangeWaits, lambda: propose(town, session, job, karim))
    refused(
        session, JobNotFound, lambda: town.fire(session, job, "approve_change", stranger.customer, change_minor=MORE)
    )
    refused(session, ChangeDiffers, lambda: town.fire(session, job, "approve_change", rahima.customer, change_minor=1))
    town.fire(session, job, "refuse_change", rahima.customer)
    refused(
        session, NoChangeWaits, lambda: town.fire(session, job, "approve_change", rahima.customer, change_minor=MORE)
    )
    refused(
        session, AboveApproved, lambda: town.fire(session, job, "complete", karim.specialist, final_minor=total + 1)
    )
    assert held(session, job) == total
    propose(town, session, job, karim)
    town.fire(session, job, "refuse_change", karim.specialist)
    assert town.fire(session, job, "complete", karim.specialist).state is State.COMPLETED


def test_without_the_money_the_change_waits_for_a_top_up(town: Town, session: Session) -> None:
    job, rahima, _, total = _short(town, session)
    refused(
        session,
        InsufficientFunds,
        lambda: town.fire(session, job, "approve_change", rahima.customer, change_minor=MORE),
    )
    assert held(session, job) == total
    top_up(session, rahima.id, MORE, now=town.now)
    town.fire(session, job, "approve_change", rahima.customer, change_minor=MORE)
    assert held(session, job) == total + MORE


def _short(town: Town, session: Session) -> tuple[UUID, Somebody, Somebody, int]:
    rahima, karim = town.customer(session), town.craftsman(session)
    draft = town.held(session, rahima).job_id
    top_up(session, rahima.id, price(session, draft).minor, now=town.now)
    return _on(town, session, draft, rahima, karim)


def _on(
    town: Town, session: Session, job: UUID, rahima: Somebody, karim: Somebody
) -> tuple[UUID, Somebody, Somebody, int]:
    town.fire(session, job, "fund", rahima.customer)
    town.fire(session, job, "publish", SYSTEM)
    town.fire(session, job, "accept", karim.specialist, offer_id=uuid4())
    town.later(hours=26)
    town.fire(session, job, "depart", karim.specialist)
    town.fire(session, job, "arrive", karim.specialist, reason="by_hand")
    town.fire(session, job, "start", karim.specialist, start_code=queries.start_code(session, job, rahima.id))
    propose(town, session, job, karim)
    return job, rahima, karim, price(session, job).minor


def test_a_tip_goes_whole_to_the_specialist_once_and_within_the_price(town: Town, session: Session) -> None:
    rahima, karim = town.customer(session, money=MONEY), town.craftsman(session)
    job = at_work(town, session, rahima, karim, method=Method.CASH)
    total, command = price(session, job).minor, uuid4()
    town.fire(session, job, "complete", karim.specialist)
    town.fire(session, job, "confirm", rahima.customer, cash_minor=total)
    owed = wallet(session, karim, "specialist")
    for _ in range(2):
        actions.fire(session, job, "tip", actor=rahima.customer, command_id=command, now=town.now, tip_minor=5_000)
    assert wallet(session, rahima) == (MONEY - 5_000, 0)
    assert wallet(session, karim, "specialist")[0] == owed[0] + 5_000
    for minor in (0, -1, total - 4_999):
        refused(session, TipOutOfBounds, lambda m=minor: town.fire(session, job, "tip", rahima.customer, tip_minor=m))  # type: ignore[misc]  # one of each
    refused(session, JobNotFound, lambda: town.fire(session, job, "tip", town.customer(session).customer, tip_minor=1))
    poor, jamal = town.customer(session), town.craftsman(session)
    other = at_work(town, session, poor, jamal, method=Method.CASH)
    town.fire(session, other, "complete", jamal.specialist)
    refused(session, InsufficientFunds, lambda: town.fire(session, other, "tip", poor.customer, tip_minor=100))
