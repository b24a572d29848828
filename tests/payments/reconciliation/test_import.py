"""The bank's two files of a day against our ledger: once, exactly, and nothing left without an owner."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest
from sqlalchemy import Engine, func, select, text

from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from marketplace.foundation.ids import uuid7
from marketplace.foundation.outbox import Outbox
from payments import audits
from payments.gateways.sandbox import Sandbox
from payments.ledger import queries as ledger
from payments.reconciliation import actions, queries
from payments.reconciliation.rules import Kind
from payments.reconciliation.tables import MatchItem, ReconException
from payments.statements import queries as statements
from payments.statements.rules import BalanceGap, FileNotUnderstood, LineChanged, Source
from payments.statements.tables import StatementLineRow
from tests.payments.gateways.reports import BATCH, settlement, statement
from tests.payments.topups.looking import where_is
from tests.payments.topups.people import Payer, ask_now
from tests.web.bank.running import RunningBank

FINANCE = uuid7()
AMOUNT, FEE = 150_000, 3_000


def settles(body: bytes) -> actions.Imported:
    with transaction() as session:
        return actions.import_settlement(session, gateway="sandbox", body=body, by=FINANCE, now=clock.now())


def states(body: bytes) -> actions.Imported:
    with transaction() as session:
        return actions.import_statement(session, gateway="sandbox", body=body, by=FINANCE, now=clock.now())


def in_books() -> dict[str, int]:
    with transaction() as session:
        found: dict[str, int] = {}
        for line in ledger.trial_balance(session, "BDT"):
            found[line.kind] = found.get(line.kind, 0) + line.posted.minor
    return {kind: minor for kind, minor in found.items() if minor}


def left() -> list[tuple[Kind, int]]:
    with transaction() as session:
        return sorted((each.kind, each.value.minor) for each in queries.left_over(session, now=clock.now()))


def paid(payer: Payer) -> date:
    payer.starts(AMOUNT).decides("pay")
    ask_now(payer.attempt)
    day = payer.view.attempts[0].financial_day
    assert day is not None
    return day


def test_a_settled_day_brings_the_clearing_account_to_zero(payer: Payer, another: Payer, gateway: Sandbox) -> None:
    paid(payer)
    day = paid(another)
    report = settles(gateway.settlement_of(day))
    assert (report.lines, report.new_lines, report.matched, report.exceptions) == (2, 2, 2, 0)
    assert in_books() == {"clearing": -2 * (AMOUNT - FEE), "gateway_fees": -2 * FEE, "wallet": 2 * AMOUNT}
    stated = states(gateway.statement_of(day, "BDT"))
    assert (stated.lines, stated.matched, stated.exceptions) == (1, 1, 0)
    assert in_books() == {"bank": -2 * (AMOUNT - FEE), "gateway_fees": -2 * FEE, "wallet": 2 * AMOUNT}
    with transaction() as session:
        explained = queries.explained(session, gateway="sandbox", currency="BDT")
        matched = queries.matched_of(session, [payer.attempt, another.attempt])
    assert (explained.lines, explained.matched, explained.clearing.minor) == (3, 3, 0)
    assert set(matched.values()) == {(True, True)}


def test_importing_twice_changes_nothing(payer: Payer, gateway: Sandbox) -> None:
    day = paid(payer)
    files = gateway.settlement_of(day), gateway.statement_of(day, "BDT")
    settles(files[0])
    states(files[1])
    before = in_books(), left()
    assert settles(files[0]).again
    assert states(files[1]).again
    assert (in_books(), left()) == before
    with transaction() as session:
        assert session.scalar(select(func.count()).select_from(StatementLineRow)) == 2


def test_the_same_lines_in_another_file_change_nothing(payer: Payer, gateway: Sandbox) -> None:
    body = gateway.settlement_of(paid(payer))
    settles(body)
    before = in_books()
    found = settles(body + b"\r\n")
    assert (found.again, found.new_lines, in_books()) == (False, 0, before)


def test_two_people_who_import_one_file_at_once_import_it_once(payer: Payer, gateway: Sandbox) -> None:
    body = gateway.settlement_of(paid(payer))
    with ThreadPoolExecutor(6) as crowd:
        found = list(crowd.map(settles, [body] * 6))
    assert [each.again for each in found].count(False) == 1
    assert in_books()["gateway_fees"] == -FEE


def test_a_statement_before_its_report_stands_in_suspense_and_is_cleared(payer: Payer, gateway: Sandbox) -> None:
    day = paid(payer)
    states(gateway.statement_of(day, "BDT"))
    assert in_books()["suspense"] == AMOUNT - FEE
    assert left() == [(Kind.MISSING_BATCH, AMOUNT - FEE)]
    settles(gateway.settlement_of(day))
    assert in_books() == {"bank": -(AMOUNT - FEE), "gateway_fees": -FEE, "wallet": AMOUNT}
    assert left() == []


def test_paid_at_the_bank_and_not_credited_is_asked_about_first(
    payer: Payer, bank: RunningBank, gateway: Sandbox
) -> None:
    payer.starts(AMOUNT).decides("pay")
    with transaction() as session:
        reference = session.scalar(text("SELECT ours FROM topup_attempt"))
    told = bank.tell("/pay/verify", {"order": reference, "amount": AMOUNT}).json()  # verified, but we never heard it
    settles(gateway.settlement_of(date.fromisoformat(told["financial_day"])))
    assert left() == [(Kind.PAID_NOT_CREDITED, AMOUNT - FEE)]
    with transaction() as session:
        woken = session.scalars(select(Outbox.arguments).where(Outbox.task == "topups.verify")).all()
    assert str(payer.attempt) in {each["id"] for each in woken}
    ask_now(payer.attempt)
    with transaction() as session:
        actions.match(session, gateway="sandbox", by=FINANCE, now=clock.now())
    assert (payer.balance, left()) == (AMOUNT, [])


def test_credited_and_not_in_the_report_is_an_exception(payer: Payer, another: Payer, gateway: Sandbox) -> None:
    paid(payer)
    day = paid(another)
    found = another.view.attempts[0]
    assert found.txn is not None
    settles(settlement((found.txn, AMOUNT)).replace(b"2026-11-21", day.isoformat().encode()))
    assert left() == [(Kind.CREDITED_NOT_PAID, AMOUNT)]


def test_an_amount_that_is_off_by_one_is_never_matched(payer: Payer) -> None:
    day = paid(payer)
    number = payer.view.attempts[0].txn
    assert number is not None
    settles(settlement((number, AMOUNT + 1)).replace(b"2026-11-21", day.isoformat().encode()))
    assert (Kind.AMOUNT, AMOUNT + 1 - FEE) in left()
    assert "gateway_fees" not in in_books()


def test_a_line_that_is_nobodys_is_foreign_and_has_an_owner(database: Engine, gateway: Sandbox) -> None:
    settles(settlement(("SBAAAAAAAAAA", AMOUNT)))
    with transaction() as session:
        found = queries.left_over(session, kind=Kind.FOREIGN, now=clock.now() + timedelta(days=5))
    assert [(each.owner, each.age, each.txn) for each in found] == [(FINANCE, "4-7", "SBAAAAAAAAAA")]


def test_a_deposit_that_is_not_the_net_of_its_batch_is_not_matched(database: Engine, gateway: Sandbox) -> None:
    settles(settlement(("SBAAAAAAAAAA", AMOUNT)))
    states(statement(("BK-1-1", AMOUNT - FEE - 1, BATCH)))
    assert in_books() == {"bank": -(AMOUNT - FEE - 1), "suspense": AMOUNT - FEE - 1}


def test_a_file_that_does_not_add_up_leaves_nothing_behind(database: Engine, gateway: Sandbox) -> None:
    with pytest.raises(FileNotUnderstood):
        settles(settlement(("SBAAAAAAAAAA", AMOUNT), total_off=1))
    with pytest.raises(FileNotUnderstood):
        states(statement(("BK-1-1", 100, BATCH), closing_off=1))
    with transaction() as session:
        assert session.scalar(select(func.count()).select_from(StatementLineRow)) == 0


def test_a_line_that_changed_since_is_refused(database: Engine, gateway: Sandbox) -> None:
    settles(settlement(("SBAAAAAAAAAA", AMOUNT)))
    with pytest.raises(LineChanged):
        settles(settlement(("SBAAAAAAAAAA", AMOUNT + 100)))


def test_a_missing_statement_shows_at_once(database: Engine, gateway: Sandbox) -> None:
    states(statement(("BK-1-1", 100, "x")))
    later = statement(("BK-2-1", 100, "x"), opening=200).replace(b"2026-11-21", b"2026-11-23")
    with pytest.raises(BalanceGap):
        states(later)
    states(statement(("BK-3-1", 100, "x"), opening=100).replace(b"2026-11-21", b"2026-11-22"))
    states(later)


def test_every_line_is_matched_or_an_exception(payer: Payer, gateway: Sandbox) -> None:
    settles(gateway.settlement_of(paid(payer)))
    settles(settlement(("SBAAAAAAAAAA", AMOUNT), ("SBBBBBBBBBBB", 70_000)))
    states(statement(("BK-1-1", 100, "x")))
    with transaction() as session:
        matched = set(session.scalars(select(MatchItem.line).where(MatchItem.line.is_not(None))))
        still_open = ReconException.closed_at.is_(None), ReconException.line.is_not(None)
        waiting = set(session.scalars(select(ReconException.line).where(*still_open)))
        every = set(session.scalars(select(StatementLineRow.id)))
    assert matched | waiting == every
    assert not matched & waiting


def test_card_columns_of_a_report_are_found_nowhere_afterwards(
    database: Engine, payer: Payer, bank: RunningBank, gateway: Sandbox
) -> None:
    day = paid(payer)
    bank.faults(extra_card_fields=True)
    body = gateway.settlement_of(day)
    assert b"4111111111111111" in body
    assert settles(body).matched == 1
    assert where_is(database, "4111111111111111") == where_is(database, "411111******1111") == []


def test_a_preview_keeps_nothing(database: Engine, gateway: Sandbox) -> None:
    found = statements.preview(gateway="sandbox", source=Source.SETTLEMENT, body=settlement(("SBAAAAAAAAAA", AMOUNT)))
    assert (found.lines, [total.minor for total in found.totals]) == (1, [AMOUNT - FEE])
    with transaction() as session:
        assert queries.files(session) == []


def test_the_books_are_sound_after_all_of_it(payer: Payer, another: Payer, gateway: Sandbox) -> None:
    paid(payer)
    day = paid(another)
    settles(gateway.settlement_of(day))
    states(gateway.statement_of(day, "BDT"))
    settles(settlement(("SBAAAAAAAAAA", AMOUNT)))
    with transaction() as session:
        faults = audits.figures(session, now=clock.now())
        shown = queries.files(session)
    assert {name: number for name, number in faults.items() if number} == {}
    assert [each.source for each in shown] == [Source.SETTLEMENT, Source.STATEMENT, Source.SETTLEMENT]
