"""The journal: who did what, when and why; a row cannot be changed, removed or slipped in unnoticed.

Rows are inserted as they come and chained afterwards: `seal_journal` walks the rows of transactions that can no
longer change (below the transaction horizon), gives each the next number and the hash of it and everything before.
Chaining inside the business transaction would make every writer wait for every other.

A reason in words is encrypted before it is hashed, so the chain still verifies when its writer has been erased.
"""

import hashlib
import json
import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, Identity, Index, LargeBinary, Text, func, or_, select, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, Session, mapped_column

from marketplace.foundation import vault
from marketplace.foundation.database import Table
from marketplace.foundation.ids import KARIGAR, uuid7
from marketplace.foundation.registry import SYSTEM, field
from marketplace.foundation.sealed import Sealed, SealedText

Fact = str | int | bool | UUID | None
SYSTEM_WRITER = KARIGAR  # reasons given by no person lie under this key
FIRST = b"\0" * 32
_LOCK = 7602116
_CODE = re.compile(r"[A-Za-z0-9_.:/+-]{0,120}")
_PHONE_LIKE = re.compile(r"\+?\d{9,}")


class Journal(Table):
    """One act. `facts` holds ids, codes and integers; words of a person stand in `reason` only, sealed."""

    __tablename__ = "journal"
    id: Mapped[UUID] = mapped_column(primary_key=True, info=SYSTEM)
    number: Mapped[int] = mapped_column(BigInteger, Identity(always=True), unique=True, info=SYSTEM)
    transaction_number: Mapped[int] = mapped_column(
        BigInteger, server_default=text("(pg_current_xact_id()::text)::bigint"), info=SYSTEM
    )
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), info=SYSTEM)
    action: Mapped[str] = mapped_column(Text, info=SYSTEM)
    actor_id: Mapped[UUID | None] = mapped_column(
        info=field("user.account.id", use=("protect", "legal"), source="system", retention="forever")
    )
    subject_id: Mapped[UUID | None] = mapped_column(
        info=field("user.account.id", use=("protect", "legal"), source="system", retention="forever")
    )
    reason_by: Mapped[UUID | None] = mapped_column(
        info=field("user.account.id", use=("protect",), source="system", retention="forever")
    )
    reason: Mapped[Sealed | None] = mapped_column(
        SealedText,
        info=field(
            "user.content.reason",
            use=("protect", "legal"),
            subject="reason_by",
            retention="forever",
            crypt="subject",
            export="reason",
        ),
    )
    facts: Mapped[dict[str, str | int | bool | None]] = mapped_column(JSONB, info=SYSTEM)
    __table_args__ = (Index(None, "subject_id", "at"), Index(None, "actor_id", "at"))


class Seal(Table):
    """The place of one row in the chain."""

    __tablename__ = "journal_seal"
    number: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False, info=SYSTEM)
    journal_id: Mapped[UUID] = mapped_column(unique=True, info=SYSTEM)
    hash: Mapped[bytes] = mapped_column(LargeBinary, info=SYSTEM)


@dataclass(frozen=True)
class Entry:
    """One act as its readers get it; `reason` is opened with `reason_of`."""

    id: UUID
    at: datetime
    action: str
    actor: UUID | None
    subject: UUID | None
    reason: Sealed | None
    reason_by: UUID | None
    facts: dict[str, str | int | bool | None]


def record(
    session: Session,
    *,
    action: str,
    actor: UUID | None,
    subject: UUID | None,
    reason: str | None,
    now: datetime,
    **facts: Fact,
) -> UUID:
    """Write one act into the journal, in the transaction of the act itself. Returns the row's id.

    `action` is a word of ours such as "people.role_granted". Facts are ids, codes and integers: a text with blanks
    or a long number raises ValueError, since words about people belong into `reason`, which is sealed.
    """
    id = uuid7()
    writer = (actor or subject or SYSTEM_WRITER) if reason else None
    session.add(
        Journal(
            id=id,
            at=now,
            action=action,
            actor_id=actor,
            subject_id=subject,
            reason_by=writer,
            reason=vault.seal(writer, _reason_place(id), reason) if writer and reason else None,
            facts={name: _plain(name, value) for name, value in facts.items()},
        )
    )
    session.flush()
    return id


def _plain(name: str, value: Fact) -> str | int | bool | None:
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, str) and (not _CODE.fullmatch(value) or _PHONE_LIKE.fullmatch(value)):
        raise ValueError(f"the fact {name} is neither a code nor an id: words of people go into the reason")
    if value is not None and not isinstance(value, str | int):
        raise ValueError(f"the fact {name} is neither an id, a code nor an integer")
    return value


def _reason_place(id: UUID) -> str:
    return vault.place("journal", "reason", id)


def seal_journal(session: Session, *, limit: int = 10_000) -> int:
    """Chain up to `limit` rows that can no longer change. Returns how many; safe to run anywhere at any time.

    A row is final when every transaction as old as its own has ended. A row whose transaction number this server
    has not reached yet came with a restored dump, and is final too.
    """
    session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    last = session.execute(select(Seal.number, Seal.hash).order_by(Seal.number.desc()).limit(1)).first()
    number, running = (last.number, last.hash) if last else (0, FIRST)
    horizon = text("journal.transaction_number < (pg_snapshot_xmin(pg_current_snapshot())::text)::bigint")
    restored = text(
        "(journal.transaction_number >= (pg_snapshot_xmax(pg_current_snapshot())::text)::bigint"
        " and journal.transaction_number is distinct from (pg_current_xact_id_if_assigned()::text)::bigint)"
    )
    unsealed = (
        select(Journal)
        .outerjoin(Seal, Seal.journal_id == Journal.id)
        .where(Seal.number.is_(None), or_(horizon, restored))
        .order_by(Journal.transaction_number, Journal.number)
        .limit(limit)
    )
    rows = session.scalars(unsealed).all()
    for row in rows:
        number += 1
        running = _chained(running, row)
        session.add(Seal(number=number, journal_id=row.id, hash=running))
    session.flush()
    return len(rows)


def verify_journal(session: Session) -> int:
    """How many links of the chain are broken: altered, removed or reordered rows, and missing numbers. 0 is right.

    Rows not sealed yet are not looked at. Cutting off the newest rows together with their seals shows only against
    a `head` kept elsewhere.
    """
    faults, expected, running = 0, 1, FIRST
    chain = select(Seal, Journal).outerjoin(Journal, Journal.id == Seal.journal_id).order_by(Seal.number)
    fresh = chain.execution_options(yield_per=1_000, populate_existing=True)
    for link, row in session.execute(fresh):
        faults += link.number != expected or not _holds(link, row, running)
        expected, running = link.number + 1, link.hash
    return faults


def _holds(link: Seal, row: Journal | None, before: bytes) -> bool:
    return row is not None and _chained(before, row) == link.hash


def head(session: Session) -> tuple[int, str]:
    """The newest link: its number and hash, to be written down outside the database."""
    last = session.execute(select(Seal.number, Seal.hash).order_by(Seal.number.desc()).limit(1)).first()
    return (last.number, last.hash.hex()) if last else (0, FIRST.hex())


def _chained(before: bytes, row: Journal) -> bytes:
    said = {
        "id": str(row.id),
        "at": row.at.astimezone(UTC).isoformat(),
        "action": row.action,
        "actor": str(row.actor_id),
        "subject": str(row.subject_id),
        "reason_by": str(row.reason_by),
        "reason": row.reason.ciphertext.hex() if row.reason else None,
        "facts": row.facts,
    }
    canonical = json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(before + canonical.encode()).digest()


def entries(
    session: Session, *, subject: UUID | None = None, actor: UUID | None = None, action: str | None = None,
    areas: Collection[str] = (), before: datetime | None = None, limit: int = 100,
) -> list[Entry]:  # fmt: skip
    """The newest acts, narrowed to whom they concern, who did them, what they were, or the first word of that."""
    wanted = select(Journal).order_by(Journal.number.desc()).limit(limit)
    if areas:
        wanted = wanted.where(or_(*(Journal.action.startswith(f"{area}.", autoescape=True) for area in areas)))
    if before is not None:
        wanted = wanted.where(Journal.at < before)
    for column, value in ((Journal.subject_id, subject), (Journal.actor_id, actor), (Journal.action, action)):
        if value is not None:
            wanted = wanted.where(column == value)
    return [
        Entry(row.id, row.at, row.action, row.actor_id, row.subject_id, row.reason, row.reason_by, row.facts)
        for row in session.scalars(wanted)
    ]


def reason_of(entry: Entry) -> str | None:
    """The reason in words; None when there was none, or when its writer has been erased."""
    if entry.reason is None or entry.reason_by is None:
        return None
    try:
        return vault.unseal(entry.reason_by, _reason_place(entry.id), entry.reason)
    except vault.Erased:
        return None


def unsealed(session: Session) -> int:
    """How many rows wait for their link; grows only when nobody seals."""
    waiting = select(func.count()).select_from(Journal).outerjoin(Seal, Seal.journal_id == Journal.id)
    return session.scalars(waiting.where(Seal.number.is_(None))).one()
