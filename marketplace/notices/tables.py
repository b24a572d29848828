"""What is remembered: wishes, deliveries without their text, and in demos the letters themselves, sealed."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Boolean, CheckConstraint, DateTime, ForeignKey, Index, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.foundation.database import Table
from marketplace.foundation.registry import SYSTEM, field
from marketplace.foundation.sealed import Sealed, SealedText
from marketplace.notices.rules import CHANNELS, STATES

Moment = DateTime(timezone=True)
OWNER = field("user.account.id", use=("contact",), subject="person_id", source="system", retention="log")
WISH = field("user.preferences.notices", use=("contact",), subject="person_id", export="wanted notices")


def _one_of(column: str, words: tuple[str, ...]) -> str:
    return f"{column} in ({', '.join(repr(word) for word in words)})"


class Preference(Table):
    """A wish about one optional letter on one channel; no row: it is wanted."""

    __tablename__ = "preference"
    person_id: Mapped[UUID] = mapped_column(
        ForeignKey("person.id"), primary_key=True, info=field("user.account.id", subject="person_id", source="system")
    )
    letter: Mapped[str] = mapped_column(Text, primary_key=True, info=WISH)
    channel: Mapped[str] = mapped_column(Text, primary_key=True, info=WISH)
    wanted: Mapped[bool] = mapped_column(Boolean, info=WISH)
    changed_at: Mapped[datetime] = mapped_column(Moment, info=SYSTEM)
    __table_args__ = (CheckConstraint(_one_of("channel", CHANNELS), name="channel"),)


class DeliveryRow(Table):
    """One notice: the letter by name, what it speaks of by ids, the contact it goes to by id. `sending` is written
    before the outside world is called: whoever finds it later knows that the message may be out, and sends no other.
    """

    __tablename__ = "delivery"
    id: Mapped[UUID] = mapped_column(primary_key=True, info=SYSTEM)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), info=OWNER)
    contact_id: Mapped[UUID | None] = mapped_column(ForeignKey("contact.id"), info=SYSTEM)
    key: Mapped[UUID] = mapped_column(info=SYSTEM)
    letter: Mapped[str] = mapped_column(
        Text,
        info=field("user.behavior.notices", use=("contact",), subject="person_id", source="system", retention="log",
                   export="notice"),
    )  # fmt: skip
    channel: Mapped[str] = mapped_column(Text, info=SYSTEM)
    ids: Mapped[dict[str, str]] = mapped_column(JSONB, info=SYSTEM)
    state: Mapped[str] = mapped_column(Text, info=SYSTEM)
    problem: Mapped[str | None] = mapped_column(Text, info=SYSTEM)  # a code of ours, never what a vendor said
    queued_at: Mapped[datetime] = mapped_column(
        Moment,
        info=field("user.behavior.times", use=("contact",), subject="person_id", source="system", retention="log",
                   export="notice at"),
    )  # fmt: skip
    settled_at: Mapped[datetime | None] = mapped_column(Moment, info=SYSTEM)
    __table_args__ = (
        UniqueConstraint("person_id", "channel", "key"),
        Index(None, "queued_at"),
        CheckConstraint("channel in ('sms', 'email', 'none')", name="channel"),
        CheckConstraint(_one_of("state", STATES), name="state"),
        CheckConstraint("(state in ('queued', 'sending')) = (settled_at is null)", name="settled"),
        CheckConstraint("contact_id is not null or state = 'failed'", name="contact"),
    )


class LetterCopy(Table):
    """The letter as it would have gone out, where no channel is set up: demos and development only."""

    __tablename__ = "letter_copy"
    delivery_id: Mapped[UUID] = mapped_column(
        ForeignKey("delivery.id", ondelete="CASCADE"), primary_key=True, info=SYSTEM
    )
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), info=OWNER)
    content: Mapped[Sealed] = mapped_column(
        SealedText,
        info=field("user.content.letter", use=("contact",), subject="person_id", source="system", retention="log",
                   crypt="subject", export="letter"),
    )  # fmt: skip
    kept_at: Mapped[datetime] = mapped_column(Moment, info=SYSTEM)
