"""Each audit is shown the fault it is there for: planted as superuser, with the guards switched off."""

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from marketplace.foundation.ids import uuid7
from payments import audits
from payments.invoices import actions as invoices
from payments.invoices.rules import Issuer, Reason
from payments.ledger import actions
from payments.ledger.example import EXAMPLE, Act, Place
from payments.ledger.rules import Leg
from payments.topups.tables import UNIQUE_NUMBER
from payments.wallets import actions as wallets
from payments.wallets.rules import split, split_fee
from tests.payments.ledger.books import NOW, bdt, open_books, perform, top_up

Books = dict[Place, int]


@pytest.fixture
def books(session: Session) -> Books:
    """Books with the whole worked example, a job of the wallets' own, a reversal and a seal: everything in order."""
    books = open_books(session)
    for event in EXAMPLE:
        for act in event.acts:
            perform(session, act, books)
    _a_job(session)
    _a_fee_that_was_partly_given_back(session)
    topped = top_up(session, books, 700)
    actions.reverse(session, uuid7(), topped.transfer, reason="a test", now=NOW)
    perform(session, Act("hold", "hold", {"W:s": 50}, subject="kept"), books)
    as_superuser(session, SEAL_NOW)
    return books


def _a_job(session: Session) -> None:
    customer, specialist, job = uuid7(), uuid7(), uuid7()
    wallets.credit_topup(
        session, attempt=uuid7(), owner=customer, owner_kind="customer", gateway="sandbox", amount=bdt(9_000), now=NOW
    )
    wallets.hold_for_job(session, job=job, customer=customer, amount=bdt(5_000), now=NOW)
    wallets.capture_job(
        session, job=job, customer=customer, specialist=specialist, warranty_until=NOW + timedelta(days=7), now=NOW,
        share=split(bdt(5_000), commission_basis_points=1_500, tax_basis_points=1_000),
    )  # fmt: skip


def _a_fee_that_was_partly_given_back(session: Session) -> None:
    customer, job = uuid7(), uuid7()
    issuer = Issuer(uuid7(), {"en": "Karigar"}, "BD", "Asia/Dhaka")
    wallets.credit_topup(
        session, attempt=uuid7(), owner=customer, owner_kind="customer", gateway="sandbox", amount=bdt(900), now=NOW
    )
    wallets.hold_for_job(session, job=job, customer=customer, amount=bdt(900), now=NOW)
    share = split_fee(bdt(500), specialist_basis_points=0, tax_basis_points=1_000)
    fee = wallets.charge_cancellation(session, job=job, customer=customer, specialist=None, share=share, now=NOW)
    (document,) = invoices.issue_for(session, fee.transfer, issuer=issuer, about=None, now=NOW)
    invoices.give_back(
        session, document, amount=bdt(100), alone_up_to=bdt(500), reason=Reason.MISTAKE, by=uuid7(), issuer=issuer,
        command=uuid7(), now=NOW,
    )  # fmt: skip


# The transfers of a test are not committed, so they are above every horizon; a seal over them is laid by hand.
SEAL_NOW = """
    INSERT INTO ledger.seal (no, incarnation, from_xid, to_xid, count, prev_hash, hash)
    SELECT 1, 1, min(t.xid::text::numeric)::text::xid8, max(t.xid::text::numeric)::text::xid8, count(*), sha256(''),
           (ledger._link(sha256(''), 1::smallint, '0'::xid8, max(t.xid::text::numeric)::text::xid8)).hash
      FROM ledger.transfer t WHERE t.incarnation = 1;
"""


def as_superuser(session: Session, sql: str) -> None:
    """Run as the server's own user, with every trigger off: what the guards would stop must be seen all the same."""
    session.execute(text("SET LOCAL ROLE NONE"))
    for table in ("transfer", "entry", "hold", "account", "seal"):
        session.execute(text(f"ALTER TABLE ledger.{table} DISABLE TRIGGER USER"))
    session.connection().exec_driver_sql(sql)
    for table in ("transfer", "entry", "hold", "account", "seal"):
        for event in ("update", "delete", "truncate"):
            if table not in {"hold", "account"}:
                session.execute(text(f"ALTER TABLE ledger.{table} ENABLE ALWAYS TRIGGER {table}_no_{event}"))
    session.execute(text("SET LOCAL ROLE karigar_app"))


def drop_check(table: str, *names: str) -> str:
    return "".join(f"ALTER TABLE ledger.{table} DROP CONSTRAINT {table}_{name}_check;" for name in names)


LAST = "(SELECT max(version) FROM ledger.entry x WHERE x.account_id = e.account_id)"
WALLET = "(SELECT id FROM ledger.account WHERE kind = 'wallet' AND owner_kind = 'specialist' AND version > 5)"
TRANSFER = """INSERT INTO ledger.transfer (id, kind, fingerprint, effective_at, incarnation{columns})
              SELECT gen_random_uuid(), t.kind, t.fingerprint, t.effective_at, 1{values} FROM ledger.transfer t """

DOCUMENTS = "".join(f"ALTER TABLE {it} DISABLE TRIGGER USER;" for it in ("document", "document_line"))

AN_ACCEPTED_PAYOUT = (
    "INSERT INTO payout_destination (id, owner, owner_kind, country, account, holder, last4, bank, branch, blind,"
    " made_at, usable_from)"
    " VALUES (gen_random_uuid(), gen_random_uuid(), 'specialist', 'BD', '', '', '0001', '', '', '',"
    " now(), now());"
    "INSERT INTO payout_batch (id, reference, currency, form, state, count, total, digest, made_by, made_at)"
    " VALUES (gen_random_uuid(), 'POB', 'BDT', 'csv', 'draft', 0, 0, '', gen_random_uuid(), now());"
    "INSERT INTO payout (id, reference, owner, owner_kind, amount, currency, destination, because, state, findings,"
    " passed, batch, requested_at) SELECT gen_random_uuid(), 'POA', d.owner, 'specialist', 100, 'BDT', d.id, 'asked',"
    " 'accepted', '{}', '{}', b.id, now() FROM payout_destination d, payout_batch b"
)

A_REFUND = (
    "INSERT INTO topup (id, owner, wallet, amount, currency, state, created_at, paid_at, expires_at)"
    " VALUES (gen_random_uuid(), gen_random_uuid(), 'customer', 100, 'BDT', 'paid', now(), now(), now());"
    "INSERT INTO topup_attempt (id, topup, gateway, state, txn, started_at, paid_at)"
    " SELECT gen_random_uuid(), id, 'sandbox', 'paid', 'RF1', now(), now() FROM topup WHERE amount = 100;"
    "INSERT INTO refund (id, attempt, owner, wallet, amount, currency, reason, state, asked_by, asked_at)"
    " SELECT gen_random_uuid(), a.id, u.owner, 'customer', {amount}, 'BDT', 'other', '{state}', gen_random_uuid(),"
    " now()"
    " FROM topup_attempt a JOIN topup u ON u.id = a.topup WHERE a.txn = 'RF1'"
)

A_LINE_OF_THE_BANK = (
    "INSERT INTO statement_file (id, source, gateway, digest, section, imported_at, imported_by, lines)"
    " VALUES (gen_random_uuid(), 'statement', 'sandbox', 'x', 0, now(), gen_random_uuid(), 1);"
    "INSERT INTO statement_line (id, file, source, gateway, scope, line_key, digest, kind, account, reversal, currency,"
    " gross, fee, net, booked) SELECT gen_random_uuid(), id, 'statement', 'sandbox', 'A', 'L', 'x', 'deposit', 'A',"
    " false, 'BDT', 70, 0, 70, '2026-11-21' FROM statement_file;"
    "INSERT INTO matched_file (file, matched_at, new_lines) SELECT id, now(), 1 FROM statement_file"
)

FAULTS: dict[str, str] = {
    "16_fees_unlike_their_matches": "INSERT INTO match_set (id, gateway, rule, pass_no, made_at, items, lines, value,"
    " last_on, currency, fees) SELECT gen_random_uuid(), 'sandbox', id, 1, now(), 1, 1, 100, now(), 'BDT', 5"
    " FROM match_rule WHERE code = 'exact_transaction'",
    "16_clearing_unlike_its_items": "INSERT INTO settlement_batch (gateway, batch, currency, lines, gross, fees, net,"
    " first_on, last_on) VALUES ('sandbox', 'B', 'BDT', 0, 0, 0, 0, now(), now())",
    "16_suspense_unlike_its_items": A_LINE_OF_THE_BANK,
    "17_lines_unlike_the_bank_account": A_LINE_OF_THE_BANK,
    "30_lines_without_partner_or_owner": A_LINE_OF_THE_BANK,
    "30_totals_unlike_their_lines": f"{A_LINE_OF_THE_BANK}; INSERT INTO statement_total (file, batch, currency, booked,"
    " lines, gross, fees, net, value) SELECT id, '', 'BDT', '2026-11-21', 1, 1, 0, 1, 1 FROM statement_file",
    "30_matches_or_exceptions_of_nothing": "INSERT INTO recon_exception (kind, gateway, line, owner, currency, value,"
    " opened_at) SELECT 'foreign', 'sandbox', x, x, 'BDT', 1, now() FROM gen_random_uuid() x",
    "08_more_given_back_than_was_paid": "UPDATE job_payment SET refunded = refunded + 1",
    "08_more_sent_back_than_was_topped_up": A_REFUND.format(amount=101, state="asked"),
    "15_refunds_unlike_their_hold": A_REFUND.format(amount=100, state="reserved"),
    "01_unbalanced_transfers": "DELETE FROM ledger.entry e USING ledger.transfer t"
    " WHERE t.id = e.transfer_id AND t.kind = 'bank_deposit' AND e.d_posted > 0",
    "01_entries_without_transfer": "UPDATE ledger.entry e SET transfer_id = gen_random_uuid() WHERE version = 1",
    "02_currencies_not_summing_to_zero": f"UPDATE ledger.account SET posted = posted + 1 WHERE id = {WALLET}",
    "03_accounts_unlike_their_last_entry": f"UPDATE ledger.account SET posted = posted + 1 WHERE id = {WALLET}",
    "03_accounts_unlike_the_sum_of_their_entries": f"DELETE FROM ledger.entry WHERE version = 2"
    f" AND account_id = {WALLET}",
    "04_breaks_in_running_balances": f"UPDATE ledger.entry e SET version = version + 2 WHERE version = {LAST}",
    "05_entries_beyond_floor_or_ceiling": f"UPDATE ledger.entry SET posted = -1 WHERE version = 2"
    f" AND account_id = {WALLET}",
    "05_accounts_without_their_floor_or_ceiling": f"UPDATE ledger.account SET floor = NULL WHERE id = {WALLET}",
    "06_held_unlike_open_holds": f"UPDATE ledger.account SET held = held + 1 WHERE id = {WALLET}",
    "06_holds_without_their_entry": "INSERT INTO ledger.hold (id, account_id, amount, purpose, subject, made_by)"
    f" SELECT gen_random_uuid(), {WALLET}, 5, 'job', gen_random_uuid(), id FROM ledger.transfer"
    " WHERE kind = 'bank_deposit'",
    "07_holds_overdrawn_or_half_closed": drop_check("hold", "captured", "closed")
    + "UPDATE ledger.hold SET captured = captured + 1 WHERE state = 'captured'",
    "07_holds_closed_by_no_entry": "UPDATE ledger.hold h SET closed_by ="
    " (SELECT id FROM ledger.transfer WHERE kind = 'bank_deposit') WHERE state = 'captured'",
    "07_holds_past_their_time": "UPDATE ledger.hold SET expires_at = now() - interval '1 day' WHERE purpose = 'job';"
    f"INSERT INTO ledger.hold (id, account_id, amount, purpose, subject, made_by, expires_at) SELECT gen_random_uuid(),"
    f" {WALLET}, 5, 'job', gen_random_uuid(), id, now() - interval '1 day' FROM ledger.transfer LIMIT 1",
    "08_transfers_reversed_twice": "DROP INDEX ledger.transfer_reverses_key;"
    + TRANSFER.format(columns=", reverses", values=", t.reverses")
    + "WHERE reverses IS NOT NULL",
    "08_reversals_that_do_not_mirror": "UPDATE ledger.entry e SET d_posted = d_posted + 1 FROM ledger.transfer t"
    " WHERE t.id = e.transfer_id AND t.kind = 'reversal'",
    "10_transfers_of_two_currencies": f"UPDATE ledger.account SET currency = 'QAR' WHERE id = {WALLET}",
    "11_entries_recorded_out_of_order": f"UPDATE ledger.entry SET recorded_at = recorded_at - interval '1 hour'"
    f" WHERE version = 3 AND account_id = {WALLET}",
    "12_transfers_behind_a_signature": "INSERT INTO ledger.period (account_group, locked_through, state, signed_by,"
    " signed_at) VALUES (0, now() + interval '1 day', 'signed', gen_random_uuid(), now() - interval '1 day')",
    "12_balances_unlike_their_signature": "INSERT INTO sign_off (id, account_group, account_kind, currency, day,"
    " locked_through, begun_by, begun_at) SELECT gen_random_uuid(), id, kind, currency, now()::date, now() +"
    " interval '1 day', gen_random_uuid(), now() FROM ledger.account WHERE kind = 'bank';"
    "INSERT INTO signature (sign_off, signed_by, signed_at, opening, closing, hanging, lines, lines_matched, matched,"
    " digest) SELECT s.id, s.begun_by, now(), 0, a.posted + 1, 0, 0, 0, '', '' FROM sign_off s"
    " JOIN ledger.account a ON a.id = s.account_group",
    "13_paid_attempts_without_their_one_credit": "INSERT INTO topup (id, owner, wallet, amount, currency, state,"
    " created_at, paid_at, expires_at) VALUES (gen_random_uuid(), gen_random_uuid(), 'customer', 100, 'BDT', 'paid',"
    " now(), now(), now());"
    "INSERT INTO topup_attempt (id, topup, gateway, state, txn, started_at, paid_at)"
    " SELECT gen_random_uuid(), id, 'sandbox', 'paid', 'T1', now(), now() FROM topup",
    "13_topups_unlike_their_attempts": "INSERT INTO topup (id, owner, wallet, amount, currency, state, created_at,"
    " paid_at, expires_at) VALUES (gen_random_uuid(), gen_random_uuid(), 'customer', 100, 'BDT', 'paid', now(), now(),"
    " now())",
    "13_subjects_credited_twice": TRANSFER.format(columns=", subject", values=", t.subject")
    + "WHERE kind = 'topup' AND subject IS NOT NULL",
    "14_transaction_numbers_missing_or_twice": f"ALTER TABLE topup_attempt DROP CONSTRAINT {UNIQUE_NUMBER};"
    "INSERT INTO topup (id, owner, wallet, amount, currency, state, created_at, expires_at) VALUES"
    " (gen_random_uuid(), gen_random_uuid(), 'customer', 100, 'BDT', 'failed', now(), now());"
    "INSERT INTO topup_attempt (id, topup, gateway, state, txn, started_at)"
    " SELECT gen_random_uuid(), id, 'sandbox', 'failed', 'T1', now() FROM topup, generate_series(1, 2)",
    "15_payouts_not_held_sent_or_released_once": AN_ACCEPTED_PAYOUT,
    "16_payouts_in_transit_unlike_their_items": AN_ACCEPTED_PAYOUT,
    "17_balances_unlike_the_bank": "INSERT INTO ledger.balance_check (account_id, at, expected, source)"
    " SELECT id, now() + interval '1 day', posted + 1, 'statement' FROM ledger.account WHERE kind = 'bank'",
    "18_broken_seals": f"UPDATE ledger.entry SET d_posted = d_posted + 1 WHERE version = 1 AND account_id = {WALLET}",
    "19_earnings_unlike_their_transfer": "UPDATE earning SET net = net + 1, tax = tax - 1",
    "20_as_of_now_unlike_current": "UPDATE ledger.entry e SET recorded_at = clock_timestamp() + interval '1 hour'"
    f" WHERE version = {LAST} AND account_id = {WALLET}",
    "27_debts_beside_money": "",
    "28_document_numbers_with_gaps": DOCUMENTS + "UPDATE document SET number = number + 1",
    "28_documents_unlike_the_ledger": DOCUMENTS + "UPDATE document_line SET amount = amount + 1;"
    "UPDATE document SET total = total + 1 WHERE kind <> 'credit_note'",
    "28_credit_notes_beyond_their_document": DOCUMENTS + "UPDATE document SET total = total + 5000"
    " WHERE kind = 'credit_note'",
    "28_documents_altered": DOCUMENTS + "UPDATE document SET issued_at = issued_at - interval '1 day'",
    "29_ledger_tables_the_application_may_write": "GRANT UPDATE (posted) ON ledger.account TO karigar_app",
    "29_append_only_triggers_missing": "DROP TRIGGER transfer_no_truncate ON ledger.transfer",
    "30_open_attempts_without_a_due_time": "INSERT INTO topup (id, owner, wallet, amount, currency, state, created_at,"
    " expires_at) VALUES (gen_random_uuid(), gen_random_uuid(), 'customer', 100, 'BDT', 'pending', now(), now());"
    "INSERT INTO topup_attempt (id, topup, gateway, state, started_at)"
    " SELECT gen_random_uuid(), id, 'sandbox', 'pending', now() FROM topup",
}


def test_sound_books_have_no_fault(session: Session, books: Books) -> None:
    assert {name: found for name, found in audits.figures(session, now=NOW).items() if found} == {}


def test_there_is_a_planted_fault_for_every_audit() -> None:
    assert set(FAULTS) == set(audits.NAMES)


@pytest.mark.parametrize("name", sorted(FAULTS))
def test_a_planted_fault_is_counted(session: Session, books: Books, name: str) -> None:
    if name == "27_debts_beside_money":
        _debt_beside_money(session, books)
    elif name == "29_append_only_triggers_missing":
        _alone(session, FAULTS[name])
    else:
        as_superuser(session, FAULTS[name])
    later = NOW + timedelta(days=2)
    found = audits.figures(session, now=later if name.startswith("27") else None)
    assert found[name] > 0


def _alone(session: Session, sql: str) -> None:
    session.execute(text("SET LOCAL ROLE NONE"))
    session.execute(text(sql))
    session.execute(text("SET LOCAL ROLE karigar_app"))


def _debt_beside_money(session: Session, books: Books) -> None:
    legs = [Leg(books["receivable:s"], bdt(-90)), Leg(books["fee_income"], bdt(90))]
    actions.post(session, uuid7(), "penalty", legs, now=NOW)


def test_audits_write_nothing(session: Session, books: Books) -> None:
    session.execute(text("SET TRANSACTION READ ONLY"))
    assert len(audits.figures(session)) == len(audits.NAMES)
