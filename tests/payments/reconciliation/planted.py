"""Attempts, reports and statements written straight into their tables, for what only matching looks at."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from marketplace.foundation.ids import derived, uuid7
from marketplace.foundation.money import Money
from payments.ledger import actions as ledger
from payments.ledger.rules import Leg, Posting
from payments.reconciliation import matching
from payments.statements.tables import StatementFileRow, StatementLineRow
from payments.wallets.rules import clearing_of, wallet_of

DAY = date(2026, 11, 2)
NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
FINANCE = derived("test", "finance")
SECOND = derived("test", "second")
GATEWAY = "planted"


@dataclass(frozen=True)
class Line:
    """A line as a report or a statement tells it."""

    key: str
    gross: int
    fee: int = 0
    kind: str = "payment"
    txn: str | None = None
    bank: str | None = None
    ours: str | None = None
    batch: str | None = None
    reversal: bool = False
    booked: date = DAY
    currency: str = "BDT"


@dataclass
class Book:
    """What a test has planted: attempts by their names."""

    session: Session
    attempts: dict[str, UUID] = field(default_factory=dict)
    files: int = 0

    def tops_up(self, name: str, minor: int, *, state: str = "paid", day: date = DAY, bank: str | None = None) -> UUID:
        """An attempt with the transaction number `name`, credited in the ledger when it is paid."""
        id, owner, paid = derived("test", name), derived("test", "owner", name), state == "paid"
        at = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
        self.session.execute(
            text("INSERT INTO topup (id, owner, wallet, amount, currency, state, created_at, paid_at, expires_at)"
                 " VALUES (:id, :owner, 'customer', :amount, 'BDT', :state, :at, :at, :at)"),
            {"id": id, "owner": owner, "amount": minor, "state": state, "at": at},
        )  # fmt: skip
        self.session.execute(
            text("INSERT INTO topup_attempt (id, topup, gateway, state, txn, bank, ours, started_at, paid_at,"
                 " financial_day, terminal)"
                 " VALUES (:id, :id, :gateway, :state, :txn, :bank, :ours, :at, :at, :day, :id)"),
            {"id": id, "gateway": GATEWAY, "state": state, "txn": name if paid else None, "bank": bank,
             "ours": f"ours-{name}", "at": at, "day": day},
        )  # fmt: skip
        self.attempts[name] = id
        if paid:
            owed = ledger.open_account(self.session, clearing_of(GATEWAY, "BDT"))
            wallet = ledger.open_account(self.session, wallet_of(owner, "customer", "BDT"))
            legs = (Leg(owed, Money(-minor, "BDT")), Leg(wallet, Money(minor, "BDT")))
            ledger.post_many(self.session, [Posting(derived("attempt", id, "credit"), "topup", legs, id)], now=NOW)
        return id

    def reports(self, *lines: Line, days: Sequence[date] = ()) -> matching.Matched:
        """A report of these lines, matched."""
        return self._takes("settlement", None, lines, days)

    def states(self, *lines: Line) -> matching.Matched:
        """A statement of the bank, matched."""
        found = [replace(each, kind="deposit" if each.gross > 0 else "payout") for each in lines]
        return self._takes("statement", "ACC-1", found, ())

    def runs(self, *, whole: bool = True) -> matching.Matched:
        """All passes once more."""
        return matching.run(self.session, gateway=GATEWAY, by=FINANCE, now=NOW, whole=whole)

    def _takes(self, source: str, account: str | None, lines: Sequence[Line], days: Sequence[date]) -> matching.Matched:
        self.files += 1
        id, spread = uuid7(), [each.booked for each in lines] + list(days)
        self.session.add(
            StatementFileRow(
                id=id, source=source, gateway=GATEWAY, digest=hashlib.sha256(f"{self.files}".encode()).digest(),
                section=0, imported_at=NOW, imported_by=FINANCE, lines=len(lines), account=account,
                first_on=min(spread, default=None), last_on=max(spread, default=None),
            )
        )  # fmt: skip
        self.session.flush()
        scope = account or GATEWAY
        rows = [
            {"id": derived("line", each.key), "file": id, "source": source, "gateway": GATEWAY, "scope": scope,
             "line_key": each.key, "digest": hashlib.sha256(repr(each).encode()).digest(), "kind": each.kind,
             "txn": each.txn, "bank": each.bank, "ours": each.ours, "account": account, "batch": each.batch,
             "reference": each.batch if account else None, "reversal": each.reversal, "currency": each.currency,
             "gross": each.gross, "fee": each.fee, "net": each.gross - each.fee, "booked": each.booked, "value": None}
            for each in lines
        ]  # fmt: skip
        if rows:
            self.session.execute(insert(StatementLineRow).on_conflict_do_nothing(), rows)
        return self.runs(whole=False)

    def kinds(self) -> list[tuple[str, str]]:
        """The open exceptions by what they are about: a line's key, an attempt's number, or a batch."""
        found = self.session.execute(
            text("SELECT e.kind, coalesce(l.line_key, a.txn, b.batch) FROM recon_exception e"
                 " LEFT JOIN statement_line l ON l.id = e.line LEFT JOIN topup_attempt a ON a.id = e.attempt"
                 " LEFT JOIN settlement_batch b ON b.id = e.batch WHERE e.closed_at IS NULL ORDER BY 1, 2"),
        )  # fmt: skip
        return [(kind, about) for kind, about in found]

    def exception(self, about: str) -> UUID:
        """The exception about a line, an attempt or a batch."""
        id: UUID = self.session.execute(
            text("SELECT e.id FROM recon_exception e LEFT JOIN statement_line l ON l.id = e.line"
                 " LEFT JOIN topup_attempt a ON a.id = e.attempt LEFT JOIN settlement_batch b ON b.id = e.batch"
                 " WHERE coalesce(l.line_key, a.txn, b.batch) = :about"), {"about": about},
        ).scalar_one()  # fmt: skip
        return id

    def balances(self) -> dict[str, int]:
        """What stands on accounts of each kind."""
        found = self.session.execute(text("SELECT kind, sum(posted)::bigint FROM ledger.account GROUP BY kind"))
        return {kind: minor for kind, minor in found if minor}

    def outcome(self) -> tuple[object, ...]:
        """What is matched with what, what is open, what is suggested, and the books.

        Two lines that tell the same of one payment are the same here: whichever came first is its partner.
        """
        pairs = self.session.execute(
            text("SELECT coalesce(l.txn, l.line_key, ''), coalesce(a.txn, b.batch, '') FROM match_item m"
                 " LEFT JOIN statement_line l ON l.id = m.line LEFT JOIN topup_attempt a ON a.id = m.attempt"
                 " LEFT JOIN settlement_batch b ON b.id = m.batch ORDER BY 1, 2"),
        ).all()  # fmt: skip
        still_open = self.session.execute(
            text("SELECT e.kind, coalesce(l.txn, l.line_key, a.txn, b.batch), e.value FROM recon_exception e"
                 " LEFT JOIN statement_line l ON l.id = e.line LEFT JOIN topup_attempt a ON a.id = e.attempt"
                 " LEFT JOIN settlement_batch b ON b.id = e.batch WHERE e.closed_at IS NULL ORDER BY 1, 2, 3"),
        ).all()  # fmt: skip
        suggested = self.session.execute(
            text("SELECT s.reason, s.lines, s.attempts, (SELECT array_agg(b.batch) FROM settlement_batch b"
                 " WHERE b.id = ANY(s.batches)) FROM match_suggestion s WHERE s.state = 'open' ORDER BY 1, 2"),
        ).all()  # fmt: skip
        found = [sorted(tuple(map(str, row)) for row in rows) for rows in (pairs, still_open, suggested)]
        return *found, self.balances()


def later(days: int) -> date:
    """So many days after the day of the payments."""
    return DAY + timedelta(days=days)
