"""Work asked for inside a transaction, done after it, once.

A row of the outbox commits together with the facts that caused it, or not at all. `take_due` claims due rows for a
broker, which carries their ids only; `tasks.run` does the work and marks the row done. A row that was sent but not
done becomes due again by itself, so a lost broker, a killed worker or a restart costs time, never work.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import CheckConstraint, ColumnElement, DateTime, Index, Text, and_, func, or_, select, text, update
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from marketplace.foundation import clock
from marketplace.foundation.database import Table
from marketplace.foundation.ids import uuid7
from marketplace.foundation.registry import SYSTEM

SEND_AGAIN_AFTER = timedelta(seconds=20)


class Outbox(Table):
    """One piece of later work: its task by name, its ids, and how far it has come. No personal value."""

    __tablename__ = "outbox"
    id: Mapped[UUID] = mapped_column(primary_key=True, info=SYSTEM)
    task: Mapped[str] = mapped_column(Text, info=SYSTEM)
    arguments: Mapped[dict[str, str]] = mapped_column(JSONB, info=SYSTEM)
    state: Mapped[str] = mapped_column(Text, server_default="ready", info=SYSTEM)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), info=SYSTEM)
    due_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), info=SYSTEM)
    done_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), info=SYSTEM)
    leased_until: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), info=SYSTEM)
    attempts: Mapped[int] = mapped_column(server_default="0", info=SYSTEM)
    crashes: Mapped[int] = mapped_column(server_default="0", info=SYSTEM)
    last_error: Mapped[str | None] = mapped_column(Text, info=SYSTEM)
    __table_args__ = (
        CheckConstraint("state in ('ready', 'sent', 'done', 'dead')", name="state"),
        Index(None, "due_at", postgresql_where=text("state in ('ready', 'sent')")),
    )


def enqueue(
    session: Session, task: str, *, due_at: datetime | None = None, key: UUID | None = None, **ids: UUID | str | int
) -> UUID:
    """Ask for a task to run once this transaction has committed, not before `due_at`; and never if it rolls back.

    Arguments are ids and words of ours, never a personal value. With a `key`, asking twice is asking once.
    """
    moment = clock.now()
    identity = key or uuid7()
    row = {
        "id": identity,
        "task": task,
        "arguments": {name: str(value) for name, value in ids.items()},
        "created_at": moment,
        "due_at": due_at or moment,
    }
    session.execute(insert(Outbox).values(row).on_conflict_do_nothing(index_elements=[Outbox.id]))
    return identity


def take_due(session: Session, *, limit: int = 100) -> list[UUID]:
    """Claim due rows for sending. Several relays may do this at once: each gets rows the others have not.

    A row whose task is running is locked, or leased, and is left alone.
    """
    moment = clock.now()
    due = (
        select(Outbox.id)
        .where(_open(moment), Outbox.due_at <= moment)
        .order_by(Outbox.due_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    ids = list(session.scalars(due))
    again = update(Outbox).where(Outbox.id.in_(ids)).values(state="sent", due_at=moment + SEND_AGAIN_AFTER)
    session.execute(again)
    return ids


def put_back(session: Session, ids: Sequence[UUID]) -> None:
    """The broker did not take these: they are due again in a moment."""
    still_open = update(Outbox).where(Outbox.id.in_(ids), Outbox.state == "sent")
    session.execute(still_open.values(state="ready", due_at=clock.now() + timedelta(seconds=5)))


def replay(session: Session, outbox_id: UUID) -> bool:
    """Give a dead row another life, at the word of an administrator. False when it is not dead."""
    dead = update(Outbox).where(Outbox.id == outbox_id, Outbox.state == "dead").returning(Outbox.id)
    revived = dead.values(state="ready", attempts=0, crashes=0, due_at=clock.now())
    return session.scalar(revived) is not None


def counts(session: Session) -> dict[str, int]:
    """How many rows stand in each state, and how many are overdue by more than a minute."""
    moment = clock.now()
    by_state = dict.fromkeys(("ready", "sent", "done", "dead"), 0)
    by_state.update(session.execute(select(Outbox.state, func.count()).group_by(Outbox.state)).all())
    late = and_(Outbox.state.in_(["ready", "sent"]), Outbox.due_at < moment - timedelta(minutes=1))
    by_state["overdue"] = session.scalar(select(func.count()).where(late)) or 0
    by_state["due"] = session.scalar(select(func.count()).where(_open(moment), Outbox.due_at <= moment)) or 0
    return by_state


def _open(moment: datetime) -> ColumnElement[bool]:
    return and_(Outbox.state.in_(["ready", "sent"]), or_(Outbox.leased_until.is_(None), Outbox.leased_until <= moment))
