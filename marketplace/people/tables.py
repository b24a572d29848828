"""What is remembered of people: everything personal sealed, and found by its blind index alone."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKey,
    Index,
    LargeBinary,
    SmallInteger,
    Text,
    UniqueConstraint,
    text,
)  # fmt: skip
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.foundation.database import Table
from marketplace.foundation.registry import SYSTEM, field
from marketplace.foundation.sealed import Sealed, SealedText
from marketplace.people.rules import CODE_PURPOSES, LANGUAGES, ROLES

Moment = DateTime(timezone=True)
NEEDED = ("provide", "contact", "pay", "quality", "support", "security", "protect", "legal")
OWNER = field("user.account.id", use=("provide", "security"), subject="person_id", source="system")


def _one_of(column: str, words: tuple[str, ...]) -> str:
    return f"{column} in ({', '.join(repr(word) for word in words)})"


def _sealed(cat: str, export: str, *, subject: str = "person_id", use: tuple[str, ...] = NEEDED) -> dict[str, object]:
    return field(cat, use=use, subject=subject, crypt="subject", export=export)


class PersonRow(Table):
    """One account. `stated_age` is the least age that is known, in years; the birth date only where a rule needs it."""

    __tablename__ = "person"
    id: Mapped[UUID] = mapped_column(primary_key=True, info=field("user.account.id", subject="id", source="system"))
    name: Mapped[Sealed | None] = mapped_column(
        SealedText, info=_sealed("user.name", "name", subject="id", use=(*NEEDED, "manage_requests"))
    )
    born_on: Mapped[Sealed | None] = mapped_column(
        SealedText,
        info=_sealed("user.demographic.date_of_birth", "birth date", subject="id", use=("provide", "legal", "protect")),
    )
    stated_age: Mapped[int] = mapped_column(
        SmallInteger,
        info=field("user.demographic.age_range", use=("provide", "legal"), subject="id", export="stated age"),
    )
    username: Mapped[Sealed | None] = mapped_column(
        SealedText, info=_sealed("user.account.username", "user name", subject="id")
    )
    username_blind: Mapped[bytes | None] = mapped_column(
        LargeBinary, info=field("user.account.username", use=("provide",), subject="id", crypt="hash", index="blind")
    )
    password_hash: Mapped[str | None] = mapped_column(
        Text, info=field("user.authorization.credentials", use=("security",), subject="id", crypt="hash")
    )
    password_set_at: Mapped[datetime | None] = mapped_column(
        Moment, info=field("user.authorization.times", use=("security",), subject="id", export="password set at")
    )
    language: Mapped[str] = mapped_column(
        Text, info=field("user.preferences.language", use=("provide", "contact"), subject="id", export="language")
    )
    created_at: Mapped[datetime] = mapped_column(
        Moment,
        info=field("user.account.times", use=("provide",), subject="id", source="system", export="account since"),
    )
    entered_by: Mapped[UUID | None] = mapped_column(info=SYSTEM)  # the agent, when the person telephoned
    disabled_at: Mapped[datetime | None] = mapped_column(Moment, info=SYSTEM)
    erased_at: Mapped[datetime | None] = mapped_column(Moment, info=SYSTEM)
    __table_args__ = (
        UniqueConstraint("username_blind"),
        CheckConstraint(_one_of("language", LANGUAGES), name="language"),
        CheckConstraint("octet_length(username_blind) = 32", name="username_blind"),
        CheckConstraint("erased_at is null or coalesce(name, username, username_blind) is null", name="erased"),
    )


class Contact(Table):
    """A phone or an e-mail. `is_active`: this account is found by it; added ones become so once they are proved."""

    __tablename__ = "contact"
    id: Mapped[UUID] = mapped_column(primary_key=True, info=SYSTEM)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), info=OWNER)
    kind: Mapped[str] = mapped_column(Text, info=SYSTEM)
    value: Mapped[Sealed | None] = mapped_column(SealedText, info=_sealed("user.contact", "phone or e-mail"))
    blind: Mapped[bytes | None] = mapped_column(
        LargeBinary, info=field("user.contact", use=("provide",), subject="person_id", crypt="hash", index="blind")
    )
    last4_blind: Mapped[bytes | None] = mapped_column(
        LargeBinary,
        info=field("user.contact.phone_number", use=("support",), subject="person_id", crypt="hash", index="blind"),
    )
    is_active: Mapped[bool] = mapped_column(info=SYSTEM)
    added_at: Mapped[datetime] = mapped_column(Moment, info=SYSTEM)
    verified_at: Mapped[datetime | None] = mapped_column(
        Moment,
        info=field("user.account.times", use=("security",), subject="person_id", source="system", export="proved at"),
    )
    ended_at: Mapped[datetime | None] = mapped_column(Moment, info=SYSTEM)
    __table_args__ = (
        Index("contact_once", "blind", unique=True, postgresql_where=text("is_active")),
        Index(None, "last4_blind"),
        Index(None, "person_id"),
        CheckConstraint("kind in ('phone', 'email')", name="kind"),
        CheckConstraint("not is_active or (ended_at is null and blind is not null)", name="active"),
    )  # fmt: skip


class RoleGrant(Table):
    """A role that a person holds, everywhere or in one organization, until it ends."""

    __tablename__ = "role_grant"
    id: Mapped[UUID] = mapped_column(primary_key=True, info=SYSTEM)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), info=OWNER)
    role: Mapped[str] = mapped_column(
        Text,
        info=field(
            "user.account.role", use=("provide", "security"), subject="person_id", source="company", export="role"
        ),
    )
    organization_id: Mapped[UUID | None] = mapped_column(info=SYSTEM)
    granted_at: Mapped[datetime] = mapped_column(Moment, info=SYSTEM)
    granted_by: Mapped[UUID | None] = mapped_column(info=SYSTEM)
    until: Mapped[datetime | None] = mapped_column(Moment, info=SYSTEM)
    ended_at: Mapped[datetime | None] = mapped_column(Moment, info=SYSTEM)
    __table_args__ = (
        Index(
            "role_grant_once", "person_id", "role", "organization_id", unique=True,
            postgresql_where=text("ended_at is null"), postgresql_nulls_not_distinct=True,
        ),
        Index(None, "role"),
        CheckConstraint(_one_of("role", ROLES), name="role"),
    )  # fmt: skip


class WebSession(Table):
    """A browser that is signed in, or a visitor's; the cookie's token is kept as its SHA-256 only."""

    __tablename__ = "web_session"
    id: Mapped[UUID] = mapped_column(primary_key=True, info=SYSTEM)
    token_hash: Mapped[bytes] = mapped_column(
        LargeBinary,
        unique=True,
        info=field(
            "user.authorization.credentials", use=("security",), subject="person_id", retention="session", crypt="hash"
        ),
    )
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"), info=OWNER)
    device: Mapped[Sealed | None] = mapped_column(
        SealedText,
        info=field(
            "user.device",
            use=("security",),
            subject="person_id",
            source="device",
            retention="device",
            crypt="subject",
            export="device",
        ),
    )
    started_at: Mapped[datetime] = mapped_column(
        Moment,
        info=field(
            "user.device.times",
            use=("security",),
            subject="person_id",
            source="device",
            retention="device",
            export="session started at",
        ),
    )
    last_seen_at: Mapped[datetime] = mapped_column(
        Moment,
        info=field(
            "user.device.times",
            use=("security",),
            subject="person_id",
            source="device",
            retention="device",
            export="session last seen at",
        ),
    )
    second_factor_at: Mapped[datetime | None] = mapped_column(Moment, info=SYSTEM)
    confirmed_at: Mapped[datetime | None] = mapped_column(Moment, info=SYSTEM)  # the last step-up
    ended_at: Mapped[datetime | None] = mapped_column(Moment, info=SYSTEM)
    ended_because: Mapped[str | None] = mapped_column(Text, info=SYSTEM)
    __table_args__ = (Index(None, "person_id"),)  # fmt: skip


class OneTimeCode(Table):
    """A code that was asked for. The code itself is nowhere: it is the HMAC of this row's nonce (see actions/codes)."""

    __tablename__ = "one_time_code"
    id: Mapped[UUID] = mapped_column(primary_key=True, info=SYSTEM)
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"), info=OWNER)  # None: nobody has this contact
    contact_id: Mapped[UUID | None] = mapped_column(ForeignKey("contact.id"), info=SYSTEM)
    purpose: Mapped[str] = mapped_column(Text, info=SYSTEM)
    bound_to: Mapped[UUID] = mapped_column(info=SYSTEM)  # the session that asked
    nonce: Mapped[bytes] = mapped_column(LargeBinary, info=SYSTEM)
    asked_at: Mapped[datetime] = mapped_column(Moment, info=SYSTEM)
    expires_at: Mapped[datetime] = mapped_column(Moment, info=SYSTEM)
    tries: Mapped[int] = mapped_column(SmallInteger, server_default="0", info=SYSTEM)
    used_at: Mapped[datetime | None] = mapped_column(Moment, info=SYSTEM)
    voided_at: Mapped[datetime | None] = mapped_column(Moment, info=SYSTEM)
    __table_args__ = (
        Index(None, "contact_id", "purpose"),
        Index(None, "expires_at"),
        CheckConstraint(_one_of("purpose", CODE_PURPOSES), name="purpose"),
        CheckConstraint("tries between 0 and 5", name="tries"),
    )


class ResetLink(Table):
    """A link to a new password; its token is the HMAC of the nonce, and only its SHA-256 is kept."""

    __tablename__ = "reset_link"
    id: Mapped[UUID] = mapped_column(primary_key=True, info=SYSTEM)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), info=OWNER)
    contact_id: Mapped[UUID] = mapped_column(ForeignKey("contact.id"), info=SYSTEM)
    nonce: Mapped[bytes] = mapped_column(LargeBinary, info=SYSTEM)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True, info=SYSTEM)
    asked_at: Mapped[datetime] = mapped_column(Moment, info=SYSTEM)
    expires_at: Mapped[datetime] = mapped_column(Moment, info=SYSTEM)
    used_at: Mapped[datetime | None] = mapped_column(Moment, info=SYSTEM)
    voided_at: Mapped[datetime | None] = mapped_column(Moment, info=SYSTEM)
    __table_args__ = (Index(None, "person_id"), Index(None, "expires_at"))


class Attempt(Table):
    """One try of something that may be tried so often: whose, by a blind key, and when."""

    __tablename__ = "attempt"
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, info=SYSTEM)
    kind: Mapped[str] = mapped_column(Text, info=SYSTEM)
    key: Mapped[bytes] = mapped_column(
        LargeBinary,
        info=field("user.device.ip_address", use=("security",), source="device", retention="code", crypt="hash"),
    )
    at: Mapped[datetime] = mapped_column(Moment, info=SYSTEM)
    __table_args__ = (Index(None, "kind", "key", "at"), Index(None, "at"))  # fmt: skip


class Totp(Table):
    """The secret of an authenticator, and the last step that was used."""

    __tablename__ = "totp"
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), primary_key=True, info=OWNER)
    secret: Mapped[Sealed] = mapped_column(
        SealedText,
        info=field(
            "user.authorization.credentials", use=("security",), subject="person_id", source="system", crypt="subject"
        ),
    )
    begun_at: Mapped[datetime] = mapped_column(Moment, info=SYSTEM)
    enabled_at: Mapped[datetime | None] = mapped_column(
        Moment,
        info=field(
            "user.authorization.times",
            use=("security",),
            subject="person_id",
            source="system",
            export="second factor since",
        ),
    )
    last_step: Mapped[int] = mapped_column(BigInteger, server_default="0", info=SYSTEM)
    __table_args__ = ()  # fmt: skip


class RecoveryCode(Table):
    """One of ten ways back in when the authenticator is lost; kept as a keyed digest, used once."""

    __tablename__ = "recovery_code"
    id: Mapped[UUID] = mapped_column(primary_key=True, info=SYSTEM)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), info=OWNER)
    digest: Mapped[bytes] = mapped_column(
        LargeBinary,
        info=field(
            "user.authorization.credentials", use=("security",), subject="person_id", source="system", crypt="hash"
        ),
    )
    used_at: Mapped[datetime | None] = mapped_column(Moment, info=SYSTEM)
    __table_args__ = (UniqueConstraint("person_id", "digest"),)  # fmt: skip


class Address(Table):
    """A place of a customer: its words and pin sealed; zone and coarse cell in clear, as dispatch needs them (M6)."""

    __tablename__ = "address"
    id: Mapped[UUID] = mapped_column(primary_key=True, info=SYSTEM)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), info=OWNER)
    label: Mapped[Sealed | None] = mapped_column(SealedText, info=_sealed("user.contact.address", "address label"))
    line: Mapped[Sealed | None] = mapped_column(SealedText, info=_sealed("user.contact.address", "address"))
    unit: Mapped[Sealed | None] = mapped_column(SealedText, info=_sealed("user.contact.address", "floor and unit"))
    directions: Mapped[Sealed | None] = mapped_column(SealedText, info=_sealed("user.contact.address", "directions"))
    pin: Mapped[Sealed | None] = mapped_column(SealedText, info=_sealed("user.location.precise", "pin"))
    zone_id: Mapped[UUID | None] = mapped_column(
        info=field("user.location.imprecise", use=("provide",), subject="person_id", export="zone")
    )
    cell: Mapped[str | None] = mapped_column(
        Text, info=field("user.location.imprecise", use=("provide",), subject="person_id", export="area")
    )
    added_at: Mapped[datetime] = mapped_column(Moment, info=SYSTEM)
    ended_at: Mapped[datetime | None] = mapped_column(Moment, info=SYSTEM)
    __table_args__ = (Index(None, "person_id"),)
