"""What the bank does: open a page, take a decision, verify, give back. Each act is one transaction of its books."""

import json
import sqlite3
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec

from marketplace.foundation import clock
from marketplace.foundation.money import Money
from web.bank import rules
from web.bank.rules import Decision, Faults, PaymentState
from web.bank.store import Store


class OrderTaken(Exception):
    """The merchant used this order number for another amount before."""


class NotThere(Exception):
    """No such payment, merchant or account."""


@dataclass(frozen=True, slots=True)
class Merchant:
    """A shop that has a contract with the bank."""

    id: str
    name: str
    secret: str
    terminal: str
    faults: Faults


@dataclass(frozen=True, slots=True)
class Payment:
    """A payment as the bank's books have it."""

    token: str
    merchant: str
    reference: str
    amount: Money
    label: str
    return_url: str
    notify_url: str
    expires_at: datetime
    state: PaymentState
    number: str | None
    tracking: str | None
    trace: str | None
    paid_at: datetime | None
    verified: bool
    day: str | None
    fee: Money | None


@dataclass(frozen=True, slots=True)
class Order:
    """What a merchant asks the bank to take."""

    reference: str
    amount: Money
    label: str
    return_url: str
    notify_url: str
    expires_at: datetime


class Bank:
    """The counter. Knows its merchants by their secrets; keeps everything in its store."""

    def __init__(self, database: Path, *, zone: ZoneInfo) -> None:
        self.store = Store(database)
        self.zone = zone

    def now(self) -> datetime:
        """The bank's own clock, which may be ahead of ours."""
        with self.store.act() as books:
            ahead = books.execute("SELECT ahead_seconds FROM clock").fetchone()[0]
        return clock.now() + timedelta(seconds=ahead)

    def move_clock(self, seconds: float) -> None:
        with self.store.act() as books:
            books.execute("UPDATE clock SET ahead_seconds = ahead_seconds + ?", (seconds,))

    def open_contract(self, id: str, *, name: str, secret: str, terminal: str) -> None:
        """Take on a merchant, or give it a new secret."""
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
        faults = msgspec.json.decode(row["faults"], type=Faults)
        return Merchant(row["id"], row["name"], row["secret"], row["terminal"], faults)

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
                    _ring(books, token, "paid", secret=rules.FORGER, copies=1, due_at=now)
                known = _by_reference(books, merchant.id, order.reference)
        payment = _payment(known, now)
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
        return _payment(row, now)

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
        return None if row is None else _payment(row, now)

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
            found = [_payment(row, now) for row in books.execute(held, (merchant.id,))]
        return [payment for payment in found if payment.state == "paid"][-100:]

    def another(self, payment: Payment) -> Payment | None:
        """Some other verified payment of the same merchant: a genuine reference that belongs elsewhere."""
        other = (
            "SELECT * FROM payment WHERE merchant = ? AND token <> ? AND verified_at IS NOT NULL"
            " ORDER BY verified_at LIMIT 1"
        )
        with self.store.act() as books:
            row = books.execute(other, (payment.merchant, payment.token)).fetchone()
        return None if row is None else _payment(row, self.now())

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
        _tell(books, token, "paid", now)

    @staticmethod
    def _refuse(books: sqlite3.Connection, token: str, state: PaymentState, now: datetime) -> None:
        books.execute("UPDATE payment SET state = ? WHERE token = ? AND state = 'open'", (state, token))
        _tell(books, token, state, now)


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


def _tell(books: sqlite3.Connection, token: str, claim: str, now: datetime) -> None:
    """Put the merchant's notice into the post, as its faults would have it."""
    row = books.execute(
        "SELECT secret, faults FROM merchant JOIN payment ON payment.merchant = merchant.id WHERE token = ?", (token,)
    ).fetchone()
    faults = msgspec.json.decode(row["faults"], type=Faults)
    if not faults.lost:
        due_at = now + timedelta(seconds=faults.late_seconds)
        _ring(books, token, claim, secret=row["secret"], copies=faults.duplicate, due_at=due_at)


def _ring(books: sqlite3.Connection, token: str, claim: str, *, secret: str, copies: int, due_at: datetime) -> None:
    row = books.execute(
        "SELECT payment.*, terminal, faults FROM payment JOIN merchant ON merchant.id = merchant WHERE token = ?",
        (token,),
    ).fetchone()
    body = {
        "delivery": rules.new_delivery(),
        "token": token,
        "order": row["reference"],
        "claim": claim,
        "transaction": row["number"] or "",
        "tracking": row["tracking"] or "",
        "trace": row["trace"] or "",
        "terminal": row["terminal"],
    }
    if msgspec.json.decode(row["faults"], type=Faults).extra_card_fields:
        body |= {"card_number": rules.CARD_LIKE, "masked_pan": "411111******1111", "holder": "R KHATUN"}
    books.execute(
        "INSERT INTO bell (token, url, body, secret, copies, due_at) VALUES (?, ?, ?, ?, ?, ?)",
        (token, row["notify_url"], json.dumps(body), secret, copies, due_at.isoformat()),
    )


def _payment(row: sqlite3.Row | None, now: datetime) -> Payment:
    assert row is not None
    state: PaymentState = row["state"]
    paid_at = rules.utc(row["paid_at"]) if row["paid_at"] else None
    expires_at = rules.utc(row["expires_at"])
    if state == "open" and now > expires_at:
        state = "expired"
    if state == "paid" and row["verified_at"] is None and paid_at and now > paid_at + rules.VERIFY_WITHIN:
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
