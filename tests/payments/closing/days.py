"""Two days of a small house in Dhaka: top-ups, a fee, a deposit; and lines of files as the desk finds them."""

import time
from datetime import UTC, date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlalchemy.orm import Session

from marketplace.foundation.database import transaction
from marketplace.foundation.ids import derived, uuid7
from marketplace.foundation.money import Money
from payments.closing import actions
from payments.closing.rules import Outcome
from payments.ledger import actions as ledger
from payments.ledger.rules import AccountName, Leg, TransferCode

ZONE = ZoneInfo("Asia/Dhaka")
MONDAY, TUESDAY = date(2026, 11, 16), date(2026, 11, 17)
NOW = datetime(2026, 11, 18, 5, 0, tzinfo=UTC)
FINANCE, COLLEAGUE, MANAGER = uuid7(), uuid7(), uuid7()
NUMBER = "BD-0001"


def bdt(minor: int) -> Money:
    return Money(minor, "BDT")


def noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 6, tzinfo=UTC)


def account(session: Session, kind: str) -> int:
    names = {
        "bank": AccountName("bank", "BDT", "bank", derived("bank", NUMBER)),
        "clearing": AccountName("clearing", "BDT", "gateway", derived("gateway", "sandbox")),
        "wallet": AccountName("wallet", "BDT", "customer", derived("test", "customer")),
        "fees": AccountName("gateway_fees", "BDT"),
        "goodwill": AccountName("goodwill", "BDT"),
    }
    return ledger.open_account(session, names[kind])


def moves(session: Session, kind: TransferCode, giver: str, taker: str, minor: int, *, day: date) -> None:
    """So much goes from the one account to the other, dated at noon of the day."""
    legs = (Leg(account(session, giver), bdt(-minor)), Leg(account(session, taker), bdt(minor)))
    ledger.post(session, uuid7(), kind, legs, now=NOW, effective_at=noon(day))


def live_through() -> tuple[int, int]:
    """Monday: 20 000 topped up, 400 of fee, 19 600 at the bank. Tuesday: 5 000 more hang at the gateway.

    Gives the ids of the bank's and the gateway's account.
    """
    lived: tuple[tuple[TransferCode, str, str, int, date], ...] = (
        ("topup", "clearing", "wallet", 20_000, MONDAY), ("gateway_fee", "fees", "clearing", 400, MONDAY),
        ("bank_deposit", "bank", "clearing", 19_600, MONDAY), ("topup", "clearing", "wallet", 5_000, TUESDAY),
    )  # fmt: skip
    for kind, giver, taker, minor, day in lived:
        with transaction() as session:
            moves(session, kind, giver, taker, minor, day=day)
    with transaction() as session:
        has_file(session)
        return account(session, "bank"), account(session, "clearing")


def has_file(session: Session) -> UUID:
    """A file whose totals nobody has checked: it names the account, and its gateway."""
    found = uuid7()
    session.execute(
        text("INSERT INTO statement_file (id, source, gateway, digest, section, imported_at, imported_by, lines,"
             " account, currency, opening, closing, first_on, last_on) VALUES (:id, 'statement', 'sandbox', :digest, 0,"
             " :now, :by, 0, :number, 'BDT', 0, 19600, :day, :day)"),
        {"id": found, "digest": found.bytes, "now": NOW, "by": FINANCE, "number": NUMBER, "day": MONDAY},
    )  # fmt: skip
    return found


def has_line(session: Session, *, day: date, key: str, owner: UUID | None = None, minor: int = 700) -> UUID:
    """A line of the gateway's report that found no partner; with an owner it is an exception."""
    found = uuid7()
    session.execute(
        text("INSERT INTO statement_line (id, file, source, gateway, scope, line_key, digest, kind, currency,"
             " gross, fee, net, booked, reversal) SELECT :id, f.id, 'settlement', 'sandbox', 'sandbox', :key, :digest,"
             " 'payment', 'BDT', :minor, 0, :minor, :day, false FROM statement_file f LIMIT 1"),
        {"id": found, "key": key, "digest": found.bytes, "minor": minor, "day": day},
    )  # fmt: skip
    if owner is not None:
        is_exception(session, found, owner, minor=minor)
    return found


def is_exception(session: Session, line: UUID, owner: UUID, *, minor: int = 700) -> None:
    session.execute(
        text("INSERT INTO recon_exception (id, kind, gateway, line, owner, currency, value, opened_at)"
             " VALUES (:id, 'foreign', 'sandbox', :line, :owner, 'BDT', :minor, :now)"),
        {"id": uuid7(), "line": line, "owner": owner, "minor": minor, "now": NOW},
    )  # fmt: skip


def begins(account: int, day: date = MONDAY, by: UUID = FINANCE, now: datetime = NOW) -> UUID:
    with transaction() as session:
        return actions.begin(session, account=account, currency="BDT", day=day, zone=ZONE, by=by, now=now)


def tries(id: UUID) -> Outcome:
    with transaction() as session:
        return actions.finish(session, id, now=NOW)


def finishes(id: UUID) -> Outcome:
    """What becomes of it; the horizon is the whole server's, and other tests have writers open as well."""
    deadline = time.monotonic() + 30
    while (outcome := tries(id)) is Outcome.WAITS:
        assert time.monotonic() < deadline, "the day is never signed"
        time.sleep(0.05)
    return outcome


def signs(account: int, day: date = MONDAY, by: UUID = FINANCE) -> UUID:
    found = begins(account, day, by)
    assert finishes(found) is Outcome.SIGNED
    return found


def a_day_after(day: date) -> datetime:
    return noon(day) + timedelta(days=1)
