"""A top-up against the real bank: one credit or none, whatever the bank, the browser and the network do."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import Engine, func, inspect, select, text

from marketplace.foundation import clock
from marketplace.foundation.database import Table, transaction
from marketplace.foundation.ids import uuid7
from marketplace.foundation.money import Money
from marketplace.foundation.outbox import Outbox
from payments.gateways.protocol import Refs, Verdict
from payments.gateways.rules import Outcome
from payments.gateways.sandbox import Sandbox
from payments.gateways.tables import GatewayNotice
from payments.ledger import queries as ledger
from payments.topups import actions, queries
from payments.topups import tasks as topup_tasks
from payments.topups.rules import TopUpAlreadyPaid, TopUpDayLimitReached, TopUpDiffers, TopUpNotFound
from payments.topups.tables import TopUp, TopUpAttempt, TopUpEvent
from tests.payments.topups.people import Payer, ask_now, later, wait_for_notices, work
from tests.web.bank.running import RunningBank

AMOUNT = 150_000


def enqueued(task: str) -> list[dict[str, str]]:
    with transaction() as session:
        return list(session.scalars(select(Outbox.arguments).where(Outbox.task == task)))


def happened(payer: Payer) -> list[str]:
    with transaction() as session:
        return [event.what for event in queries.history(session, payer.attempt)]


def differences(payer: Payer) -> list[str]:
    with transaction() as session:
        return [event.difference for event in queries.history(session, payer.attempt) if event.difference]


def in_books(kind: str) -> int:
    with transaction() as session:
        return next((line.posted.minor for line in ledger.trial_balance(session, "BDT") if line.kind == kind), 0)


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
    assert happened(payer)[-1] == "changed_nothing"


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


def test_planted_card_fields_are_found_nowhere_in_the_database(
    database: Engine, payer: Payer, bank: RunningBank
) -> None:
    bank.faults(extra_card_fields=True, duplicate=3)
    payer.starts().decides("pay")
    wait_for_notices(3)
    ask_now(payer.attempt)
    topup_tasks.sweep()
    assert (payer.state, payer.balance) == ("paid", AMOUNT)
    for marker in ("4111111111111111", "411111******1111", "R KHATUN", "c" * 64):
        assert where_is(database, marker) == []


def where_is(engine: Engine, marker: str) -> list[str]:
    """Every table of every schema that holds the marker in any column."""
    found = []
    with engine.connect() as connection:
        for schema in inspect(engine).get_schema_names():
            if schema in {"information_schema", "pg_catalog"}:
                continue
            for table in inspect(engine).get_table_names(schema):
                query = text(f'SELECT count(*) FROM "{schema}"."{table}" AS r WHERE strpos(r::text, :marker) > 0')
                if connection.scalar(query, {"marker": marker}):
                    found.append(f"{schema}.{table}")
    return found


def test_the_search_for_markers_can_find_one(database: Engine, payer: Payer) -> None:
    payer.starts()
    assert "public.topup" in where_is(database, str(payer.topup))


@pytest.mark.parametrize(
    ("table", "columns"),
    [
        (
            TopUp,
            "id owner wallet amount currency state created_at paid_at expires_at late subject",
        ),
        (
            TopUpAttempt,
            "id topup gateway state txn bank started_at paid_at ours page trace terminal financial_day",
        ),
        (TopUpEvent, "id attempt at what by outcome difference"),
        (
            GatewayNotice,
            "id gateway delivery_key received_at authentic claimed ours page txn bank trace terminal settled_by",
        ),
    ],
)
def test_what_is_stored_of_a_payment_is_a_closed_list(table: type[Table], columns: str) -> None:
    assert [column.name for column in table.__table__.columns] == columns.split()
