"""What the bank does: open a page, take a decision, verify, give back. Each act is one transaction of its books."""

import sqlite3
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec

from marketplace.foundation import clock
from marketplace.foundation.money import Money
from web.bank import rules
from web.bank.papers import Manner, Merchant, Order, OwnManner, Payment
from web.bank.rules import Decision, Faults, PaymentState
from web.bank.store import Store


class OrderTaken(Exception):
    """The merchant used this order number for another amount before."""


class NotThere(Exception):
    """No such payment, merchant or account."""


class Bank:
    """The counter. Knows its merchants by their secrets; keeps everything in its store."""

    def __init__(self, database: Path, *, zone: ZoneInfo) -> None:
        self.store = Store(database)
        self.zone = zone
        self._manners: dict[str, Manner] = {}

    def now(self) -> datetime:
        """The bank's own clock, which may be ahead of ours."""
        with self.store.act() as books:
            ahead = books.execute("SELECT ahead_seconds FROM clock").fetchone()[0]
        return clock.now() + timedelta(seconds=ahead)

    def move_clock(self, seconds: float) -> None:
        with self.store.act() as books:
            books.execute("UPDATE clock SET ahead_seconds = ahead_seconds + ?", (seconds,))

    def open_contract(self, id: str, *, name: str, secret: str, terminal: str, manner: Manner | None = None) -> None:
        """Take on a merchant, or give it a new secret."""
        self._manners[id] = manner or OwnManner()
        with self.store.act() as books:
            books.execute(
                "INSERT INTO merchant (id, name, secret, terminal) VALUES (?, ?, ?, ?)"
                " ON CONFLICT (id) DO UPDATE SET name = excluded.name, secret = excluded.secret",
                (id, name, secret, terminal),
            )

    def merchant(self, id: str) -> Merchant:
        """Raises NotThere."""
        with self.store.act() as books:
            row = books.execute("SELECT * FROM merchant WHERE id = ?", (id,)).fetchone()
        if row is None:
            raise NotThere
        return self._merchant(row)

    def set_faults(self, merchant: str, faults: Faults) -> None:
        with self.store.act() as books:
            text = msgspec.json.encode(faults).decode()
            books.execute("UPDATE merchant SET faults = ? WHERE id = ?", (text, merchant))

    def request(self, merchant: Merchant, order: Order) -> Payment:
        """Open a page for an order; the same order again is the same page. Raises OrderTaken."""
        now = self.now()
        with self.store.act() as books:
            known = _by_reference(books, merchant.id, order.reference)
            if known is None:
                token = _insert(books, merchant.id, order, now)
                if merchant.faults.forged:
                    self._ring(books, token, "paid", now, forged=True)
                known = _by_reference(books, merchant.id, order.reference)
        payment = self._payment(known, now)
        if payment.amount != order.amount:
            raise OrderTaken
        return payment

    def look(self, token: str) -> Payment:
        """A payment by its page. Raises NotThere."""
        now = self.now()
        with self.store.act() as books:
            row = books.execute("SELECT * FROM payment WHERE token = ?", (token,)).fetchone()
        if row is None:
            raise NotThere
        return self._payment(row, now)

    def decide(self, token: str, decision: Decision, account: str) -> Payment:
        """What the payer chose on the page. Only an open page takes a decision; a second one changes nothing."""
        now, payment = self.now(), self.look(token)
        chosen = next((each for each in rules.ACCOUNTS if each.id == account), None)
        if chosen is None:
            raise NotThere
        if payment.state != "open" or decision == "close":
            return payment
        with self.store.act() as books:
            if decision == "pay_late":
                at = max(payment.expires_at, now) + timedelta(seconds=1)
                books.execute(
                    "UPDATE payment SET pays_at = ?, account = ? WHERE token = ? AND state = 'open'",
                    (at.isoformat(), account, token),
                )
            elif decision in {"pay", "pay_and_close"} and chosen.has_money:
                self._take(books, token, account, now)
            else:
                self._refuse(books, token, "cancelled" if decision == "cancel" else "declined", now)
        return self.look(token)

    def take_late_payments(self) -> int:
        """Money of payers who chose to pay late; returns how many paid now."""
        now = self.now()
        due = "SELECT token, account FROM payment WHERE state = 'open' AND pays_at <= ?"
        with self.store.act() as books:
            rows = books.execute(due, (now.isoformat(),)).fetchall()
            for row in rows:
                self._take(books, row["token"], row["account"], now)
        return len(rows)

    def find(self, merchant: Merchant, *, token: str, reference: str) -> Payment | None:
        """A merchant's payment by page or by order number; None when the bank never heard of it."""
        now = self.now()
        with self.store.act() as books:
            row = _by_reference(books, merchant.id, reference)
            if token:
                by_page = "SELECT * FROM payment WHERE merchant = ? AND token = ?"
                row = books.execute(by_page, (merchant.id, token)).fetchone()
        return None if row is None else self._payment(row, now)

    def verify(self, payment: Payment, amount: int) -> tuple[Payment, bool]:
        """Commit a paid payment; without this its money goes back after a day. Says whether it was the first time.

        An amount that is not the payment's commits nothing.
        """
        if payment.state != "paid" or amount != payment.amount.minor:
            return payment, False
        now = self.now()
        with self.store.act() as books:
            first = books.execute(
                "UPDATE payment SET verified_at = ?, day = ?, fee = ?"
                " WHERE token = ? AND state = 'paid' AND verified_at IS NULL",
                (
                    now.isoformat(),
                    rules.financial_day(now, self.zone).isoformat(),
                    rules.fee_of(payment.amount).minor,
                    payment.token,
                ),
            ).rowcount
        return self.look(payment.token), first == 1

    def unverified(self, merchant: Merchant) -> list[Payment]:
        """Paid, but never asked about."""
        now = self.now()
        held = "SELECT * FROM payment WHERE merchant = ? AND state = 'paid' AND verified_at IS NULL ORDER BY paid_at"
        with self.store.act() as books:
            found = [self._payment(row, now) for row in books.execute(held, (merchant.id,))]
        return [payment for payment in found if payment.state == "paid"][-100:]

    def by_number(self, merchant: Merchant, number: str) -> Payment | None:
        """A merchant's paid payment by its transaction number."""
        with self.store.act() as books:
            row = books.execute(
                "SELECT * FROM payment WHERE merchant = ? AND number = ?", (merchant.id, number)
            ).fetchone()
        return None if row is None else self._payment(row, self.now())

    def another(self, payment: Payment) -> Payment | None:
        """Some other verified payment of the same merchant: a genuine reference that belongs elsewhere."""
        other = (
            "SELECT * FROM payment WHERE merchant = ? AND token <> ? AND verified_at IS NOT NULL"
            " ORDER BY verified_at LIMIT 1"
        )
        with self.store.act() as books:
            row = books.execute(other, (payment.merchant, payment.token)).fetchone()
        return None if row is None else self._payment(row, self.now())

    def refund(self, payment: Payment, *, key: str, amount: int) -> bool:
        """Give money back; the same key is the same refund. False when more than was paid would go."""
        now = self.now()
        with self.store.act() as books:
            if books.execute("SELECT 1 FROM refund WHERE key = ?", (key,)).fetchone():
                return True
            changed = books.execute(
                "UPDATE payment SET refunded = refunded + ?,"
                " state = CASE WHEN refunded + ? = amount THEN 'refunded' ELSE state END"
                " WHERE token = ? AND state = 'paid' AND verified_at IS NOT NULL AND refunded + ? <= amount",
                (amount, amount, payment.token, amount),
            ).rowcount
            if changed:
                number = books.execute("SELECT count(*) FROM refund WHERE token = ?", (payment.token,)).fetchone()[0]
                day = rules.financial_day(now, self.zone).isoformat()
                books.execute(
                    "INSERT INTO refund (key, merchant, token, amount, line, day) VALUES (?, ?, ?, ?, ?, ?)",
                    (key, payment.merchant, payment.token, amount, f"{payment.number}-R{number + 1}", day),
                )
        return bool(changed)

    def refund_line(self, merchant: Merchant, *, key: str = "", line: str = "") -> str | None:
        """The line of a refund in the reports, by its key or by itself."""
        found = "SELECT line FROM refund WHERE merchant = ? AND (key = ? OR line = ?)"
        with self.store.act() as books:
            row = books.execute(found, (merchant.id, key, line)).fetchone()
        return None if row is None else str(row["line"])

    def _take(self, books: sqlite3.Connection, token: str, account: str, now: datetime) -> None:
        books.execute(
            "UPDATE payment SET state = 'paid', account = ?, paid_at = ?, number = ?, tracking = ?, trace = ?"
            " WHERE token = ? AND state = 'open'",
            (
                account,
                now.isoformat(),
                rules.new_transaction_number(),
                rules.new_tracking_number(),
                rules.new_trace(),
                token,
            ),
        )
        self._ring(books, token, "paid", now)

    def _refuse(self, books: sqlite3.Connection, token: str, state: PaymentState, now: datetime) -> None:
        books.execute("UPDATE payment SET state = ? WHERE token = ? AND state = 'open'", (state, token))
        self._ring(books, token, state, now)

    def _ring(self, books: sqlite3.Connection, token: str, claim: str, now: datetime, *, forged: bool = False) -> None:
        """Put the merchant's notice into the post, as its faults would have it."""
        row = books.execute("SELECT * FROM payment WHERE token = ?", (token,)).fetchone()
        merchant = self._merchant(books.execute("SELECT * FROM merchant WHERE id = ?", (row["merchant"],)).fetchone())
        if forged:
            merchant = replace(merchant, secret=rules.FORGER)
        elif merchant.faults.lost:
            return
        body = merchant.manner.notice(self._payment(row, now), merchant, claim)
        if body is None:
            return
        copies = 1 if forged else merchant.faults.duplicate
        due_at = now if forged else now + timedelta(seconds=merchant.faults.late_seconds)
        books.execute(
            "INSERT INTO bell (token, url, body, secret, copies, due_at) VALUES (?, ?, ?, ?, ?, ?)",
            (token, row["notify_url"], body, merchant.secret, copies, due_at.isoformat()),
        )

    def _merchant(self, row: sqlite3.Row) -> Merchant:
        faults = msgspec.json.decode(row["faults"], type=Faults)
        return Merchant(row["id"], row["name"], row["secret"], row["terminal"], faults, self._manner(row["id"]))

    def _manner(self, merchant: str) -> Manner:
        return self._manners.get(merchant) or OwnManner()

    def _payment(self, row: sqlite3.Row | None, now: datetime) -> Payment:
        assert row is not None
        state: PaymentState = row["state"]
        paid_at = rules.utc(row["paid_at"]) if row["paid_at"] else None
        expires_at = rules.utc(row["expires_at"])
        if state == "open" and now > expires_at:
            state = "expired"
        kept = row["verified_at"] is not None or not self._manner(row["merchant"]).gives_back
        if state == "paid" and not kept and paid_at and now > paid_at + rules.VERIFY_WITHIN:
            state = "reversed"
        return Payment(
            token=row["token"],
            merchant=row["merchant"],
            reference=row["reference"],
            amount=Money(row["amount"], row["currency"]),
            label=row["label"],
            return_url=row["return_url"],
            notify_url=row["notify_url"],
            expires_at=expires_at,
            state=state,
            number=row["number"],
            tracking=row["tracking"],
            trace=row["trace"],
            paid_at=paid_at,
            verified=row["verified_at"] is not None,
            day=row["day"],
            fee=Money(row["fee"], row["currency"]) if row["fee"] is not None else None,
        )


def _insert(books: sqlite3.Connection, merchant: str, order: Order, now: datetime) -> str:
    token = rules.new_token()
    books.execute(
        "INSERT INTO payment (token, merchant, reference, amount, currency, label, return_url, notify_url,"
        " created_at, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            token,
            merchant,
            order.reference,
            order.amount.minor,
            order.amount.currency,
            order.label,
            order.return_url,
            order.notify_url,
            now.isoformat(),
            order.expires_at.isoformat(),
        ),
    )
    return token


def _by_reference(books: sqlite3.Connection, merchant: str, reference: str) -> sqlite3.Row | None:
    found: sqlite3.Row | None = books.execute(
        "SELECT * FROM payment WHERE merchant = ? AND reference = ?", (merchant, reference)
    ).fetchone()
    return found
