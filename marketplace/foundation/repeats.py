"""The same command twice gives the same answer and one effect (reliability.md R2).

A command's id is claimed in the transaction of its effect, so that both stand or neither does. While the first is
still running the second waits for it, and then reads its answer.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import DateTime, LargeBinary, Text, delete, select, update
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from marketplace.foundation.database import Table
from marketplace.foundation.errors import Refused
from marketplace.foundation.registry import SYSTEM, field

KEPT = timedelta(days=30)  # a phone may be offline for long


@dataclass(frozen=True)
class KeyReusedForAnother(Refused):
    """The same command id came with another request."""


@dataclass(frozen=True)
class Answer:
    """What a command answered: a status and a body of ids and states, or the place it led to."""

    status: int
    body: dict[str, object]


class Command(Table):
    """A command that was carried out, by whom, and what it answered."""

    __tablename__ = "command"
    principal: Mapped[str] = mapped_column(Text, primary_key=True, info=field("user.reference", use=("security",)))
    command_id: Mapped[UUID] = mapped_column(primary_key=True, info=SYSTEM)
    route: Mapped[str] = mapped_column(Text, info=SYSTEM)
    body_hash: Mapped[bytes] = mapped_column(LargeBinary, info=SYSTEM)
    answer: Mapped[dict[str, object] | None] = mapped_column(JSONB, info=SYSTEM)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), info=SYSTEM)


def claim(
    session: Session, *, principal: str, command_id: UUID, route: str, body: bytes, now: datetime
) -> Answer | None:
    """Claim a command, or return the answer it got before.

    Refuses KeyReusedForAnother when the id was used for another route or body.
    """
    digest = hashlib.sha256(body).digest()
    row = {
        "principal": principal,
        "command_id": command_id,
        "route": route,
        "body_hash": digest,
        "created_at": now,
    }
    claimed = session.execute(insert(Command).values(row).on_conflict_do_nothing().returning(Command.command_id))
    if claimed.first() is not None:
        return None
    found = session.execute(
        select(Command.route, Command.body_hash, Command.answer).where(
            Command.principal == principal, Command.command_id == command_id
        )
    ).one()
    if (found.route, bytes(found.body_hash)) != (route, digest):
        raise KeyReusedForAnother
    stored = found.answer or {"status": 200, "body": {}}
    return Answer(int(str(stored["status"])), dict(stored["body"]))


def keep(session: Session, *, principal: str, command_id: UUID, answer: Answer) -> None:
    """Remember what the claimed command answered; in the same transaction."""
    chosen = update(Command).where(Command.principal == principal, Command.command_id == command_id)
    session.execute(chosen.values(answer={"status": answer.status, "body": answer.body}))


def forget_old(session: Session, *, now: datetime) -> None:
    """Drop what no one will repeat any more."""
    session.execute(delete(Command).where(Command.created_at < now - KEPT))
