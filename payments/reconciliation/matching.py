"""One run of all passes over what has no partner (payments.md §8.3), and what it posts; the ledger is called last.

Only new files and what is open are looked at, so that a day's file costs the same beside a million matched lines.
Start with `gateway_passes.py` (report and ledger), then `bank_passes.py` (batch and deposit), `suggesting.py` (what a
person decides), `opening.py` (what is left over) and `booking.py` (what moves).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from marketplace.foundation.ids import derived, uuid7
from marketplace.foundation.money import Money
from marketplace.foundation.outbox import enqueue
from payments.ledger.rules import AccountName, Posting
from payments.reconciliation import bank_passes, booking, gateway_passes, opening, suggesting
from payments.reconciliation.bank_passes import SeenPayout
from payments.reconciliation.booking import Accounts
from payments.reconciliation.gateway_passes import MANY_LINES
from payments.topups import actions as topups
from payments.wallets import chargebacks
from payments.wallets.chargebacks import Disputed
from payments.wallets.rules import clearing_of

ASKED_AT_ONCE: Final = 20


@dataclass(frozen=True, slots=True)
class Matched:
    """How many lines found their partner now, how many suggestions wait, and how many exceptions stand open."""

    lines: int
    exceptions: int
    suggestions: int = 0


_SEEN = text("""
    INSERT INTO matched_file (file, matched_at, new_lines)
    SELECT f.id, :now, coalesce((SELECT sum(t.lines) FROM statement_total t WHERE t.file = f.id), 0)
      FROM statement_file f WHERE f.id = ANY(:files)""")
_LEFT = text("SELECT count(*) FROM recon_exception WHERE closed_at IS NULL")
_FEES = text("""
    SELECT id, currency, fees, booked FROM rc_exact
     UNION ALL
    SELECT id, currency, fees, last_on FROM rc_sure_set WHERE code <> 'exact_chargeback' ORDER BY 1""")
_CASES: Final = text("""
    SELECT c.id, c.attempt, u.owner, u.wallet, c.fee, c.currency
      FROM rc_sure s JOIN topup_case c ON c.id = s.chargeback JOIN topup_attempt a ON a.id = c.attempt
      JOIN topup u ON u.id = a.topup WHERE s.fee <> 0 ORDER BY c.id""")


def run(session: Session, *, gateway: str, by: UUID, now: datetime, whole: bool = False) -> Matched:
    """Every pass over what has no partner yet, in one transaction.

    `whole`: look also at days that were reported before, for top-ups that were credited since. `by` owns what is
    opened. Repeating it changes nothing.
    """
    new = gateway_passes.new_files(session, gateway)
    files, many = [each.id for each in new], sum(each.lines for each in new) > MANY_LINES
    gateway_passes.begin(session, many=many)
    opening.stage_days(session, gateway, files, whole=whole, now=now)
    gateway_passes.pair(session, gateway, files, many=many)
    gateway_passes.look_up(session, gateway)
    opening.stage_alone(session, gateway, many=many)
    found = gateway_passes.keep_pairs(session, gateway, now, many=many)
    gateway_passes.stage_open(session)
    bank_passes.stage(session, gateway, files)
    found += gateway_passes.keep_sure(session, gateway, now)
    fresh, deposited, paid_out = (
        bank_passes.fresh(session),
        bank_passes.deposited(session),
        bank_passes.paid_out(session),
    )
    bank_passes.forget_sure(session)
    opening.leave_alone(session)
    suggesting.find(session, gateway)
    waiting = suggesting.keep(session, gateway, now)
    forgotten = opening.tell(session, gateway, owner=by, now=now, many=many)
    suggesting.point(session, gateway)
    session.execute(_SEEN, {"files": files, "now": now})
    topups.wake(session, gateway=gateway, ours=forgotten[:ASKED_AT_ONCE], now=now)  # before a person looks
    if forgotten[ASKED_AT_ONCE:]:
        enqueue(session, "reconciliation.ask", key=derived("reconciliation", gateway, uuid7()), gateway=gateway)
    _tell_payouts(session, paid_out)
    left = int(session.scalar(_LEFT) or 0)
    accounts = Accounts(session)
    kept = session.execute(_FEES).all()
    postings = [
        *booking.came_in(accounts, fresh),
        *booking.fees(
            accounts,
            gateway,
            [(id, currency, minor) for id, currency, minor, _ in kept],
            days={id: day for id, _, _, day in kept},
        ),
        *_case_fees(session, accounts, gateway),
        *booking.cleared(accounts, gateway, deposited),
    ]
    booking.post(session, postings, now=now)
    return Matched(lines=found, exceptions=left, suggestions=waiting)


_ONLY = text("DELETE FROM rc_rule WHERE id <> :rule")
_THAT = text("INSERT INTO rc_rule SELECT * FROM match_rule WHERE id = :rule AND id NOT IN (SELECT id FROM rc_rule)")
_OPEN_LINES = text("SELECT (SELECT count(*) FROM rc_open) + (SELECT count(*) FROM rc_bank)")
_WOULD = text("""
    SELECT count(*), coalesce(sum(abs(l.net)), 0)::bigint
      FROM (SELECT line FROM rc_sure WHERE code = :code
             UNION SELECT unnest(lines) FROM rc_suggested WHERE code = :code) x
      JOIN statement_line l ON l.id = x.line""")


def trial(session: Session, code: str, rule: UUID, *, gateway: str, now: datetime) -> tuple[int, int, int]:
    """What one version of one rule finds among the open lines: how many, worth how much, of how many that are open.

    Writes nothing but temporary tables; whoever asks rolls back to a savepoint.
    """
    gateway_passes.begin(session, many=False)
    session.execute(_THAT, {"rule": rule})
    session.execute(_ONLY, {"rule": rule})
    opening.stage_days(session, gateway, [], whole=True, now=now)
    gateway_passes.pair(session, gateway, [], many=False)
    gateway_passes.look_up(session, gateway)
    gateway_passes.stage_open(session)
    bank_passes.stage(session, gateway, [])
    still = int(session.scalar(_OPEN_LINES) or 0)
    opening.stage_alone(session, gateway, many=False)
    opening.leave_alone(session)
    suggesting.find(session, gateway)
    found, value = session.execute(_WOULD, {"code": code}).one()
    return int(found), int(value), still


def _case_fees(session: Session, accounts: Accounts, gateway: str) -> list[Posting]:
    """A case's fee has one key, whoever hears of it first: the decision of the case, or its line in the report."""
    return [
        chargebacks.fee_between(
            accounts.id(AccountName("gateway_fees", currency)),
            accounts.id(clearing_of(gateway, currency)),
            Disputed(id, attempt, owner, "specialist" if wallet == "specialist" else "customer", gateway),
            Money(fee, currency),
        )
        for id, attempt, owner, wallet, fee, currency in session.execute(_CASES)
    ]


def _tell_payouts(session: Session, seen: Sequence[SeenPayout]) -> None:
    """By the outbox: each of them posts, and a transaction calls the ledger once."""
    for each in seen:
        task = "payouts.seen_on_statement" if each.net < 0 else "payouts.returned_on_statement"
        enqueue(
            session, task, key=derived("line", each.line, "payout"), reference=each.reference, minor=abs(each.net),
            currency=each.currency, bank=derived("bank", each.account), in_suspense="yes",
        )  # fmt: skip
