"""Days whose books are closed: the two steps of a signature, opening again, and what the bank said (payments.md §3.7).

`account` is an account's id (of its first stripe), or `EVERY_ACCOUNT`; `through` the last moment of the period. From
`close` on, once committed, the door records nothing with a date in the period. `passed` tells, in a later transaction,
whether everybody who could still have seen the period open is done; only then `sign`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session
from sqlalchemy.types import BigInteger

from marketplace.foundation.money import Money
from payments.ledger.refusals import refusing

EVERY_ACCOUNT: Final = 0

_CLOSE = text("SELECT ledger.close_period(:account, :through)")
_SIGN = text("SELECT ledger.sign_period(:account, :through, CAST(:by AS uuid), :digest)")
_REOPEN = text("SELECT ledger.reopen_period(:account, :through)")
_EXPECT = text("SELECT ledger.expect_balance(:account, :at, :expected, :source, CAST(:file AS uuid))")
_PASSED = text("""
    SELECT p.closing_xid IS NOT NULL AND pg_snapshot_xmin(pg_current_snapshot()) >= p.closing_xid
      FROM ledger.period p WHERE p.account_group = :account AND p.locked_through = :through""")
_LOCKED = text("""
    SELECT max(p.locked_through) FROM ledger.period p
     WHERE p.account_group = ANY (CAST(:accounts AS bigint[]) || 0::bigint) AND p.state <> 'open'""").bindparams(
    bindparam("accounts", type_=ARRAY(BigInteger))
)
_AT_DATE = text("""
    SELECT CAST(coalesce(sum(e.d_posted), 0) AS bigint) FROM ledger.account a
      JOIN ledger.entry e ON e.account_id = a.id JOIN ledger.transfer t ON t.id = e.transfer_id
     WHERE a.group_id = :account AND t.effective_at <= :at""")
_SAID = text("""
    SELECT b.at, b.expected, b.source, b.line_id, a.currency FROM ledger.balance_check b
      JOIN ledger.account a ON a.id = b.account_id
     WHERE b.account_id = :account ORDER BY b.at DESC LIMIT :limit""")
_SAID_AT = text("SELECT b.expected FROM ledger.balance_check b WHERE b.account_id = :account AND b.at = :at")


@dataclass(frozen=True, slots=True)
class Said:
    """What was said of an account at the end of a day, with the ledger's sign; `source` is `statement` or `hand`."""

    at: datetime
    expected: Money
    source: str
    file: UUID | None


def close(session: Session, account: int, through: datetime) -> None:
    """First step: the door is shut for the period from COMMIT on."""
    session.execute(_CLOSE, {"account": account, "through": through})


def passed(session: Session, account: int, through: datetime, *, by: UUID) -> bool:
    """Whether nobody is left who saw the period open; the first call, in its own transaction, notes who they are."""
    facts = {"account": account, "through": through}
    if session.execute(_PASSED, facts).scalar_one():
        return True
    noted = text("""SELECT p.closing_xid IS NOT NULL FROM ledger.period p
                     WHERE p.account_group = :account AND p.locked_through = :through""")
    if not session.execute(noted, facts).scalar_one():
        session.execute(_SIGN, facts | {"by": by, "digest": None})
    return False


def sign(session: Session, account: int, through: datetime, *, by: UUID, digest: bytes) -> bool:
    """Second step, after `passed`; False when it has not."""
    facts = {"account": account, "through": through, "by": by, "digest": digest}
    with refusing():
        return bool(session.execute(_SIGN, facts).scalar_one())


def reopen(session: Session, account: int, through: datetime) -> None:
    """The door is open for the period again."""
    session.execute(_REOPEN, {"account": account, "through": through})


def locked_through(session: Session, accounts: Sequence[int]) -> datetime | None:
    """The last moment that is locked for any of these accounts; nothing may be dated up to it."""
    found: datetime | None = session.execute(_LOCKED, {"accounts": list(accounts)}).scalar_one()
    return found


def balance_at_date(session: Session, account: int, at: datetime) -> int:
    """What the account held at a moment by the dates of its transfers, in minor units; it sums, so not for pages."""
    return int(session.execute(_AT_DATE, {"account": account, "at": at}).scalar_one())


def expect(
    session: Session, account: int, at: datetime, expected: Money, *, source: str, file: UUID | None = None
) -> None:
    """Every audit from now on asks that the account held this at that moment. Said again it changes nothing."""
    facts = {"account": account, "at": at, "expected": expected.minor, "source": source, "file": file}
    session.execute(_EXPECT, facts)


def said(session: Session, account: int, *, limit: int = 20) -> tuple[Said, ...]:
    """What was said of the account, newest first."""
    return tuple(
        Said(at, Money(expected, currency), source, file)
        for at, expected, source, file, currency in session.execute(_SAID, {"account": account, "limit": limit})
    )


def said_at(session: Session, account: int, at: datetime) -> int | None:
    """What was said of the account at this very moment, in minor units; None when nobody said anything."""
    found: int | None = session.execute(_SAID_AT, {"account": account, "at": at}).scalar_one_or_none()
    return found
