"""The bank says paid, but of another amount, currency or payment: nobody is credited, and it is told apart."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select

from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from marketplace.foundation.money import Money
from payments.gateways.protocol import Refs, Verdict
from payments.gateways.rules import Outcome
from payments.topups import actions, queries
from payments.topups.tables import TopUpAttempt
from tests.payments.topups.looking import differences, enqueued, in_books
from tests.payments.topups.people import AMOUNT, Payer, ask_now
from tests.web.bank.running import RunningBank


@pytest.mark.parametrize("off", [1, -1, AMOUNT * 9])
def test_an_amount_that_is_off_is_a_mismatch_and_stands_in_suspense(payer: Payer, bank: RunningBank, off: int) -> None:
    bank.faults(amount_off=off)
    payer.starts().decides("pay")
    ask_now(payer.attempt)
    ask_now(payer.attempt)
    assert (payer.state, payer.balance, differences(payer)) == ("mismatch", 0, ["amount"])
    assert in_books("suspense") == AMOUNT + off
    assert in_books("clearing") == -(AMOUNT + off)
    assert enqueued("topups.credited") == []


def test_another_currency_is_a_mismatch(payer: Payer, bank: RunningBank) -> None:
    bank.faults(currency="USD")
    payer.starts().decides("pay")
    ask_now(payer.attempt)
    assert (payer.state, payer.balance, differences(payer)) == ("mismatch", 0, ["currency"])


def test_a_payment_in_live_mode_is_not_ours(payer: Payer, bank: RunningBank) -> None:
    bank.faults(live=True)
    payer.starts().decides("pay")
    ask_now(payer.attempt)
    assert (payer.state, differences(payer), in_books("suspense")) == ("mismatch", ["live"], 0)


@pytest.mark.parametrize(("fault", "difference"), [("numbers", "reference"), ("order", "ours")])
def test_the_genuine_reference_of_another_payment_credits_nothing(
    payer: Payer, another: Payer, bank: RunningBank, fault: str, difference: str
) -> None:
    another.starts().decides("pay")
    ask_now(another.attempt)
    # The bank answers with the oldest payment of its books: that one must be known to us for its number to be taken.
    with transaction() as session:
        held = session.scalar(select(func.count()).select_from(TopUpAttempt).where(TopUpAttempt.txn.is_not(None)))
    assert held == 1
    payer.starts().decides("pay")
    genuine = another.view.attempts[0]
    _answer_with(bank, payer, genuine, fault)
    assert (payer.state, payer.balance, differences(payer)) == ("mismatch", 0, [difference])
    assert (another.state, another.balance) == ("paid", AMOUNT)
    assert in_books("suspense") == 0


def _answer_with(bank: RunningBank, payer: Payer, genuine: queries.AttemptView, fault: str) -> None:
    """What the bank says of the payer's attempt, but with the genuine references of somebody else's."""
    with transaction() as session:
        mine = queries.question(session, payer.attempt)
        theirs = queries.question(session, genuine.id)
    refs = theirs.refs if fault == "order" else type(theirs.refs)(mine.refs.ours, mine.refs.page, *_numbers(theirs))
    verdict = Verdict(
        Outcome.PAID, refs, amount=Money(AMOUNT, "BDT"), at=clock.now(), financial_day=genuine.financial_day, final=True
    )
    with transaction() as session:
        actions.apply_verdict(session, payer.attempt, verdict, now=clock.now())


def _numbers(found: queries.Question) -> tuple[str | None, str | None, str | None, str | None]:
    return found.refs.txn, found.refs.bank, found.refs.trace, found.refs.terminal


def test_a_bank_that_gives_two_payments_one_number_has_one_of_them_credited(
    payer: Payer, another: Payer, third: Payer, bank: RunningBank
) -> None:
    another.starts().decides("pay")
    ask_now(another.attempt)  # so that the bank has a genuine number to give away
    before = another.balance
    payer.starts().decides("pay")
    third.starts().decides("pay")
    bank.faults(foreign="numbers")
    with ThreadPoolExecutor(2) as crowd:
        list(crowd.map(ask_now, [payer.attempt, third.attempt]))
    credited = [each for each in (another, payer, third) if each.balance]
    assert before == AMOUNT
    assert "mismatch" in {payer.state, third.state}
    with transaction() as session:
        numbers = session.scalars(select(TopUpAttempt.txn).where(TopUpAttempt.state == "paid")).all()
    assert len(numbers) == len(set(numbers)) == len(credited)
    assert in_books("suspense") == 0


@pytest.mark.parametrize("shared", ["txn", "bank"])
def test_each_of_the_two_numbers_alone_belongs_to_one_attempt(payer: Payer, another: Payer, shared: str) -> None:
    """Either unique constraint is enough by itself: the other number of the second verdict is new."""
    day = clock.now().date()
    for person, txn, tracking in (
        (another, "SBAAAAAAAAAA", "123456789012"),
        (
            payer,
            "SBAAAAAAAAAA" if shared == "txn" else "SBBBBBBBBBBB",
            "123456789012" if shared == "bank" else "210987654321",
        ),
    ):
        person.starts()
        with transaction() as session:
            ours = queries.question(session, person.attempt).refs.ours
            refs = Refs(ours, txn=txn, bank=tracking, terminal="T1000001")
            verdict = Verdict(
                Outcome.PAID, refs, amount=Money(AMOUNT, "BDT"), at=clock.now(), financial_day=day, final=True
            )
            actions.apply_verdict(session, person.attempt, verdict, now=clock.now())
    assert (another.state, another.balance) == ("paid", AMOUNT)
    assert (payer.state, payer.balance, differences(payer)) == ("mismatch", 0, ["reference"])
