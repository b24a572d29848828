"""Back to the source: set aside first, out on the gateway's word, never twice, never more than came."""

import threading
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine

from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from marketplace.foundation.errors import Refused
from marketplace.foundation.money import Money
from payments import audits
from payments.gateways import directory
from payments.gateways.protocol import RefundKey
from payments.gateways.rules import Outcome
from payments.ledger.rules import InsufficientFunds, SecondPersonNeeded
from payments.refunds import actions, queries
from payments.refunds import tasks as refund_tasks
from payments.refunds.queries import RefundView
from payments.refunds.rules import (
    NotToBeRefunded,
    OnlyWhole,
    RefundDiffers,
    RefundMoved,
    RefundNotFound,
    RefundReason,
    RefundState,
    RefundTooLate,
    RefundTooMuch,
)
from payments.wallets import actions as wallets
from tests.payments.refunds.conftest import AMOUNT, Paid, Scripted, said, topped_up, work

SHIRIN, MINA = uuid4(), uuid4()


def ask(
    paid: Paid, minor: int = AMOUNT, *, by: UUID = SHIRIN, above: int = 10**9, command: UUID | None = None
) -> RefundView:
    with transaction() as session:
        return actions.ask(
            session, paid.attempt, amount=Money(minor, "BDT"), reason=RefundReason.CUSTOMER_WISH, by=by,
            second_above=above, command_id=command or uuid4(), now=clock.now(),
        )  # fmt: skip


def look(refund: RefundView) -> RefundView:
    with transaction() as session:
        return queries.refund(session, refund.id)


def refused(kind: type[Refused], act: Callable[[], object]) -> None:
    with pytest.raises(kind):
        act()


def sound() -> None:
    with transaction() as session:
        found = audits.figures(session)
    assert not {name: count for name, count in found.items() if count}


def test_in_pieces_until_all_is_back_and_no_further(paid: Paid) -> None:
    command = uuid4()
    first = ask(paid, 50_000, command=command)
    assert ask(paid, 50_000, command=command) == first
    refused(RefundDiffers, lambda: ask(paid, 50_001, command=command))
    assert (paid.balance(), first.state) == ((AMOUNT, 50_000), RefundState.RESERVED)
    work()
    assert (paid.balance(), paid.state()) == ((100_000, 0), "partly_refunded")
    for minor in (0, -1, 100_001):
        refused(RefundTooMuch, lambda m=minor: ask(paid, m))  # type: ignore[misc]  # one of each
    ask(paid, 100_000)
    for _ in range(2):
        refund_tasks.send(str(first.id))
    work()
    assert (paid.balance(), paid.state()) == ((0, 0), "refunded")
    assert len({each for each, _, _ in paid.gateway.asked}) == len(paid.gateway.asked) == 2
    refused(NotToBeRefunded, lambda: ask(paid, 1))
    sound()


def test_the_gateways_no_frees_the_money(paid: Paid) -> None:
    paid.gateway.answers = [said(Outcome.FAILED)]
    refund = ask(paid)
    work()
    assert (look(refund).state, paid.balance(), paid.state()) == (RefundState.REFUSED, (AMOUNT, 0), "paid")
    sound()


def test_money_that_was_spent_cannot_go_back(paid: Paid) -> None:
    with transaction() as session:
        wallets.hold_for_job(session, job=uuid4(), customer=paid.owner, amount=Money(1, "BDT"), now=clock.now())
    refused(InsufficientFunds, lambda: ask(paid))
    with transaction() as session:
        assert queries.open_refunds(session) == []


def test_an_unknown_outcome_stays_set_aside_and_the_same_refund_is_asked_for_again(paid: Paid) -> None:
    paid.gateway.answers = [said(Outcome.UNKNOWN, final=False), said(Outcome.REFUNDED, amount=AMOUNT)]
    refund = ask(paid)
    work()
    assert (look(refund).state, paid.balance()) == (RefundState.UNKNOWN, (AMOUNT, AMOUNT))
    clock.move(timedelta(minutes=2))
    work()
    assert (look(refund).state, paid.balance()) == (RefundState.DONE, (0, 0))
    assert [each for each, _, _ in paid.gateway.asked] == [refund.id, refund.id]


@pytest.mark.parametrize("sent", [True, False])
def test_where_a_repeat_could_pay_twice_a_person_decides_and_not_the_one_who_asked(
    paid: Paid, sent: bool
) -> None:  # both words
    paid.gateway.key = RefundKey.NONE
    paid.gateway.answers = [said(Outcome.UNKNOWN, final=False)]
    refund = ask(paid)
    work()
    clock.move(timedelta(hours=30))
    work()
    assert (len(paid.gateway.asked), look(refund).needs_person) == (1, True)

    def decided(by: UUID, *, went: bool) -> RefundView:
        with transaction() as session:
            return actions.decide(session, refund.id, sent=went, by=by, now=clock.now())

    refused(SecondPersonNeeded, lambda: decided(SHIRIN, went=sent))
    for _ in range(2):
        decided(MINA, went=sent)
    refused(RefundMoved, lambda: decided(MINA, went=not sent))
    assert paid.balance() == ((0, 0) if sent else (AMOUNT, 0))
    sound()


def test_with_the_gateways_own_number_it_is_asked_about_and_not_sent(paid: Paid) -> None:
    paid.gateway.key = RefundKey.NONE
    paid.gateway.answers = [said(Outcome.UNKNOWN, final=False, trace="R123"), said(Outcome.REFUNDED)]
    refund = ask(paid)
    work()
    clock.move(timedelta(minutes=2))
    work()
    assert [trace for _, _, trace in paid.gateway.asked] == [None, "R123"]
    assert look(refund).state is RefundState.DONE


def test_after_a_crash_nothing_is_sent_again_where_that_could_pay_twice(paid: Paid) -> None:
    paid.gateway.key = RefundKey.QUERY_FIRST
    refund = ask(paid)
    with transaction() as session:
        assert actions.claim(session, refund.id, now=clock.now()) is not None
    clock.move(timedelta(minutes=1))
    refund_tasks.send(str(refund.id))
    assert (paid.gateway.asked, look(refund).needs_person) == ([], True)


def test_whoever_comes_while_another_asks_looks_again_when_that_one_has_died(paid: Paid) -> None:
    refund = ask(paid)
    with transaction() as session:  # killed before the answer; its message comes again at once
        assert actions.claim(session, refund.id, now=clock.now()) is not None
    work()
    assert (paid.gateway.asked, look(refund).state) == ([], RefundState.RESERVED)
    clock.move(timedelta(minutes=1))
    work()
    assert look(refund).state is RefundState.DONE
    assert len(paid.gateway.asked) == 1


def test_an_answer_about_another_amount_is_no_answer(paid: Paid) -> None:
    paid.gateway.answers = [said(Outcome.REFUNDED, amount=AMOUNT - 1)]
    refund = ask(paid)
    work()
    assert (look(refund).state, paid.balance()) == (RefundState.UNKNOWN, (AMOUNT, AMOUNT))


def test_a_gateway_that_gives_back_whole_only(paid: Paid) -> None:
    paid.gateway.partial = False
    refused(OnlyWhole, lambda: ask(paid, 1))
    assert ask(paid).state is RefundState.RESERVED


def test_a_large_refund_needs_two_people(paid: Paid) -> None:
    refund = ask(paid, above=1_000)
    assert (refund.state, paid.balance()) == (RefundState.ASKED, (AMOUNT, 0))
    refused(RefundTooMuch, lambda: ask(paid, 1, by=MINA))

    def approve(by: UUID) -> RefundView:
        with transaction() as session:
            return actions.approve(session, refund.id, by=by, now=clock.now())

    refused(SecondPersonNeeded, lambda: approve(SHIRIN))
    for _ in range(2):
        approve(MINA)
    work()
    assert (paid.balance(), look(refund).approved_by) == ((0, 0), MINA)
    refused(RefundMoved, lambda: approve(uuid4()))
    with transaction() as session, pytest.raises(RefundNotFound):
        actions.withdraw(session, uuid4())


def test_two_of_finance_at_once_make_one_refund(paid: Paid) -> None:
    told: list[str] = []
    ready = threading.Barrier(2)

    def wants(by: UUID) -> None:
        ready.wait()
        try:
            ask(paid, by=by)
            told.append("done")
        except RefundTooMuch:
            told.append("refused")

    threads = [threading.Thread(target=wants, args=[by]) for by in (SHIRIN, MINA)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    work()
    assert (sorted(told), paid.balance(), len(paid.gateway.asked)) == (["done", "refused"], (0, 0), 1)


def test_a_gateway_that_gives_back_for_a_while_is_not_asked_after_it(database: Engine) -> None:
    late = topped_up(uuid4(), Scripted(answers=[said(Outcome.REFUNDED)], within=timedelta(minutes=30)))
    waiting = ask(late, 50_000, above=0)
    clock.move(timedelta(minutes=31))
    refused(RefundTooLate, lambda: ask(late, 50_000))

    def agree() -> None:
        with transaction() as session:
            actions.approve(session, waiting.id, by=MINA, now=clock.now())

    refused(RefundTooLate, agree)
    assert (late.balance(), late.gateway.asked) == ((AMOUNT, 0), [])
    directory.connect()
