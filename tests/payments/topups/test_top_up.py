"""A top-up against the real bank: one credit or none, whatever the bank, the browser and the network do."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import Engine, func, select

from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from marketplace.foundation.ids import uuid7
from marketplace.foundation.money import Money
from payments.gateways.protocol import Verdict
from payments.gateways.rules import Outcome
from payments.gateways.sandbox import Sandbox
from payments.gateways.tables import GatewayNotice
from payments.topups import actions, queries
from payments.topups import tasks as topup_tasks
from payments.topups.rules import TopUpAlreadyPaid, TopUpDayLimitReached, TopUpDiffers, TopUpNotFound
from tests.payments.topups.looking import enqueued, happened
from tests.payments.topups.people import AMOUNT, Payer, ask_now, later, wait_for_notices, work
from tests.web.bank.running import RunningBank


def test_a_paid_top_up_is_credited_with_both_numbers(payer: Payer) -> None:
    payer.starts().decides("pay")
    assert payer.balance == 0
    ask_now(payer.attempt)
    view = payer.view
    assert (payer.state, payer.balance, view.late) == ("paid", AMOUNT, False)
    assert view.attempts[0].txn
    assert view.attempts[0].bank
    assert [each["id"] for each in enqueued("topups.credited")] == [str(payer.topup)]


def test_a_specialist_tops_up_the_same_way(
    database: Engine, bank: RunningBank, gateway: Sandbox, notify_url: str
) -> None:
    specialist = Payer(bank, gateway, notify_url, wallet="specialist").starts().decides("pay")
    ask_now(specialist.attempt)
    assert (specialist.state, specialist.balance) == ("paid", AMOUNT)


def test_a_waiting_job_is_funded_by_its_own_task(payer: Payer) -> None:
    job = uuid7()
    payer.starts(subject=job).decides("pay")
    ask_now(payer.attempt)
    assert [each["id"] for each in enqueued("jobs.fund")] == [str(job)]


@pytest.mark.parametrize("decision", ["decline", "cancel"])
def test_what_was_not_paid_is_not_credited(payer: Payer, decision: str) -> None:
    payer.starts().decides(decision)
    ask_now(payer.attempt)
    assert (payer.state, payer.balance) == ("failed", 0)
    assert enqueued("topups.credited") == []


def test_a_returning_browser_credits_nothing(payer: Payer) -> None:
    payer.starts().returns()
    assert (payer.state, payer.balance) == ("pending", 0)
    ask_now(payer.attempt)
    assert (payer.state, payer.balance) == ("pending", 0)


def test_the_browser_that_never_returns_loses_nothing(payer: Payer, bank: RunningBank) -> None:
    bank.faults(lost=True)
    payer.starts().decides("pay_and_close")
    later(1.1)
    work()
    assert (payer.state, payer.balance) == ("paid", AMOUNT)


@pytest.mark.parametrize("copies", [1, 2, 10, 50])
def test_so_many_notices_at_once_make_one_credit(payer: Payer, bank: RunningBank, copies: int) -> None:
    bank.faults(duplicate=copies)
    payer.starts().decides("pay")
    wait_for_notices(copies)
    with transaction() as session:
        assert session.scalar(select(func.count()).select_from(GatewayNotice)) == 1
    ask_now(payer.attempt, times=min(copies, 24))
    assert (payer.state, payer.balance) == ("paid", AMOUNT)
    assert happened(payer).count("paid") == 1
    assert len(enqueued("topups.credited")) == 1
    with transaction() as session:
        assert session.scalars(select(GatewayNotice.settled_by)).one() is not None


def test_fifty_verdicts_at_once_make_one_credit(payer: Payer, gateway: Sandbox) -> None:
    payer.starts().decides("pay")
    with transaction() as session:
        asked = queries.question(session, payer.attempt)
    verdict = gateway.verify(asked.ask, asked.refs)
    gate = threading.Barrier(25)

    def apply() -> None:
        gate.wait()
        for _ in range(2):
            with transaction() as session:
                actions.apply_verdict(session, payer.attempt, verdict, now=clock.now())

    with ThreadPoolExecutor(25) as crowd:
        for each in [crowd.submit(apply) for _ in range(25)]:
            each.result()
    assert (payer.state, payer.balance) == ("paid", AMOUNT)
    assert happened(payer).count("paid") == 1


def test_a_forged_notice_is_kept_as_forged_and_wakes_nobody(payer: Payer, bank: RunningBank) -> None:
    bank.faults(forged=True, lost=True)
    payer.starts()
    pause = threading.Event()
    for _ in range(100):
        with transaction() as session:
            found = session.scalars(select(GatewayNotice)).all()
        if found:
            break
        pause.wait(0.05)
    assert [(notice.authentic, notice.claimed) for notice in found] == [(False, None)]
    assert (payer.state, payer.balance) == ("started", 0)
    assert "noticed" not in happened(payer)


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_verify_that_times_out_is_unknown_and_credited_once_when_known(
    payer: Payer, bank: RunningBank, moment: str
) -> None:
    payer.starts().decides("pay")
    bank.faults(timeout=moment, hang_seconds=4, only="verify")
    ask_now(payer.attempt)
    assert (payer.state, payer.balance) == ("unknown", 0)
    bank.faults()
    later(1.1)
    work()
    assert (payer.state, payer.balance) == ("paid", AMOUNT)


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_start_that_times_out_is_asked_about_by_our_own_number(payer: Payer, bank: RunningBank, moment: str) -> None:
    bank.faults(timeout=moment, hang_seconds=4, only="request")
    payer.starts()
    assert (payer.url, payer.state, payer.balance) == ("", "unknown", 0)
    bank.faults()
    later(1.1)
    work()
    assert payer.state == ("pending" if moment == "after" else "unknown")
    assert payer.balance == 0


def test_money_that_comes_after_the_page_has_closed_is_credited_and_marked_late(payer: Payer) -> None:
    payer.starts().decides("pay")
    with transaction() as session:
        expired = Verdict(Outcome.EXPIRED, queries.question(session, payer.attempt).refs, final=True)
        actions.apply_verdict(session, payer.attempt, expired, now=clock.now())
    assert payer.state == "expired"
    ask_now(payer.attempt)
    assert (payer.state, payer.balance, payer.view.late) == ("paid", AMOUNT, True)
    assert "late" in happened(payer)


def test_two_paid_attempts_of_one_top_up_are_two_credits_and_marked(payer: Payer) -> None:
    payer.starts().decides("pay")
    first = payer.attempt
    payer.tries_again().decides("pay")
    ask_now(payer.attempt)
    ask_now(first)
    assert (payer.state, payer.balance) == ("paid", 2 * AMOUNT)
    assert {each.id: each.double_pay for each in payer.view.attempts} == {first: True, payer.attempt: False}


def test_a_late_failure_of_the_first_attempt_does_not_undo_the_second(payer: Payer) -> None:
    payer.starts()
    first = payer.attempt
    payer.decides("decline")
    payer.tries_again().decides("pay")
    ask_now(payer.attempt)
    ask_now(first)
    assert (payer.state, payer.balance) == ("paid", AMOUNT)


def test_a_verdict_of_failure_after_the_credit_changes_nothing(payer: Payer) -> None:
    payer.starts().decides("pay")
    ask_now(payer.attempt)
    with transaction() as session:
        refs = queries.question(session, payer.attempt).refs
        actions.apply_verdict(session, payer.attempt, Verdict(Outcome.FAILED, refs, final=True), now=clock.now())
    assert (payer.state, payer.balance) == ("paid", AMOUNT)
    assert "changed_nothing" in happened(payer)  # the bank's own notice may come after it


def test_an_attempt_nobody_could_tell_about_expires_after_the_window(payer: Payer, bank: RunningBank) -> None:
    payer.starts()
    bank.faults(timeout="before", hang_seconds=0, only="verify")
    for _ in range(40):
        later(60)
        work()
    assert (payer.state, payer.balance) == ("expired", 0)
    with transaction() as session:
        assert queries.oldest_open(session) == []


def test_the_sweep_finds_what_no_notice_and_no_browser_told(payer: Payer, bank: RunningBank) -> None:
    bank.faults(lost=True)
    payer.starts().decides("pay_and_close")
    topup_tasks.sweep()
    topup_tasks.sweep()
    woken = [each["id"] for each in enqueued("topups.verify")]
    assert woken.count(str(payer.attempt)) == 2  # the plan's, and the sweep's: once, though it swept twice
    ask_now(payer.attempt)
    assert (payer.state, payer.balance) == ("paid", AMOUNT)


def test_while_one_asks_another_does_not_and_asks_after(payer: Payer) -> None:
    payer.starts().decides("pay")
    with transaction() as session:
        assert actions.claim(session, payer.attempt, now=clock.now()) is not None
    with transaction() as session:
        assert actions.claim(session, payer.attempt, now=clock.now()) is None
    with transaction() as session:
        assert actions.claim(session, payer.attempt, now=clock.now() + timedelta(seconds=31)) is not None


def test_the_same_form_sent_twice_is_one_top_up(payer: Payer) -> None:
    command = uuid7()
    first = payer.starts(command=command).topup
    assert payer.starts(command=command).topup == first
    with pytest.raises(TopUpDiffers):
        payer.starts(AMOUNT + 1, command=command)


def test_two_forms_at_once_keep_to_the_limit_of_the_day(payer: Payer) -> None:
    def starts(_: int) -> bool:
        try:
            with transaction() as session:
                actions.start(
                    session,
                    owner=payer.id,
                    wallet="customer",
                    amount=Money(40_000_00, "BDT"),
                    gateway="sandbox",
                    command=uuid7(),
                    now=clock.now(),
                )
        except TopUpDayLimitReached:
            return False
        return True

    with ThreadPoolExecutor(8) as crowd:
        assert sum(crowd.map(starts, range(8))) == 2


def test_a_paid_top_up_is_not_tried_again_and_a_strangers_is_not_found(payer: Payer, another: Payer) -> None:
    payer.starts().decides("pay")
    ask_now(payer.attempt)
    with pytest.raises(TopUpAlreadyPaid):
        payer.tries_again()
    with pytest.raises(TopUpNotFound), transaction() as session:
        queries.top_up(session, payer.topup, owner=another.id)


def test_finance_finds_a_payment_by_either_number(payer: Payer) -> None:
    payer.starts().decides("pay")
    ask_now(payer.attempt)
    found = payer.view.attempts[0]
    with transaction() as session:
        by_number = queries.all_attempts(session, number=found.txn)
        by_tracking = queries.all_attempts(session, number=found.bank)
    assert [each.id for each in by_number] == [each.id for each in by_tracking] == [found.id]
