"""Questions about policies, consents, windows and looks; none of them opens a value of a person."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from marketplace.foundation.ids import JobId, PersonId
from marketplace.privacy.page import Page, inventory, read_page
from marketplace.privacy.rules import Span
from marketplace.privacy.tables import Acceptance, Consent, DisclosureRow, Erasure, PolicyVersionRow, Window


@dataclass(frozen=True)
class PolicyVersion:
    """One posted policy, and the page it shows."""

    id: UUID
    number: int
    profiles: tuple[str, ...]
    change: str
    posted_at: datetime
    effective_at: datetime
    purposes: tuple[str, ...]
    sha256: str
    page: Page


@dataclass(frozen=True)
class VersionCard:
    """A version in the list of all (permalinks)."""

    id: UUID
    number: int
    change: str
    posted_at: datetime
    effective_at: datetime
    sha256: str


@dataclass(frozen=True)
class Disclosure:
    """One look, as its subject reads it: who in which role, what, why, when, for which job, over which channel."""

    id: UUID
    reader_id: PersonId
    on_behalf_of: PersonId | None
    role: str
    field: str
    purpose: str
    job_id: JobId | None
    case_id: UUID | None
    channel: str
    at: datetime


@dataclass(frozen=True)
class ConsentReceipt:
    """A switch with its history."""

    id: UUID
    purpose: str
    policy_number: int
    language: str
    method: str
    granted_at: datetime
    withdrawn_at: datetime | None


@dataclass(frozen=True)
class OpenWindow:
    """What a reader may see of whom for a job, while it is open."""

    subject_id: PersonId
    reader_id: PersonId
    job_id: JobId
    fields: tuple[str, ...]
    opens_at: datetime
    until: datetime | None


def current_policy(session: Session, *, now: datetime) -> PolicyVersion | None:
    """The version in force: the newest that is effective; until then the one before governs (O48)."""
    in_force = select(PolicyVersionRow).where(PolicyVersionRow.effective_at <= now)
    return _version(session.scalar(in_force.order_by(PolicyVersionRow.number.desc()).limit(1)))


def policy_in_force(session: Session, *, now: datetime) -> UUID | None:
    """The id of the version in force, without its page, which is long: asked at every request of who is signed in."""
    in_force = select(PolicyVersionRow.id).where(PolicyVersionRow.effective_at <= now)
    return session.scalar(in_force.order_by(PolicyVersionRow.number.desc()).limit(1))


def policy(session: Session, number: int) -> PolicyVersion | None:
    """One version by its number, for its permalink."""
    return _version(session.scalar(select(PolicyVersionRow).where(PolicyVersionRow.number == number)))


def versions(session: Session) -> list[VersionCard]:
    """Every version ever posted, newest first."""
    rows = session.scalars(select(PolicyVersionRow).order_by(PolicyVersionRow.number.desc()))
    return [
        VersionCard(row.id, row.number, row.change, row.posted_at, row.effective_at, row.sha256.hex()) for row in rows
    ]


def _version(row: PolicyVersionRow | None) -> PolicyVersion | None:
    if row is None:
        return None
    return PolicyVersion(
        row.id, row.number, tuple(row.profiles), row.change, row.posted_at, row.effective_at, tuple(row.purposes),
        row.sha256.hex(), read_page(row.body),
    )  # fmt: skip


def undeclared(session: Session, *, now: datetime) -> set[str]:
    """Personal columns that the policy in force does not list, and listed ones that are gone: must be empty (T4)."""
    current = current_policy(session, now=now)
    listed = {f"{each.table}.{each.column}" for each in current.page.inventory} if current else set()
    stored = {f"{each.table}.{each.column}" for each in inventory()}
    return listed ^ stored


def must_accept(session: Session, person: UUID, *, now: datetime) -> PolicyVersion | None:
    """The version in force that this person has not accepted yet; None when all is well (O7)."""
    current = policy_in_force(session, now=now)
    if current is None:
        return None
    mine = select(func.count()).where(Acceptance.person_id == person, Acceptance.policy_id == current)
    return None if session.scalar(mine) else _version(session.get(PolicyVersionRow, current))


def consents_of(session: Session, person: UUID) -> list[ConsentReceipt]:
    """Every receipt of a person, newest first, withdrawn ones too."""
    wanted = (
        select(Consent, PolicyVersionRow.number)
        .join(PolicyVersionRow, PolicyVersionRow.id == Consent.policy_id)
        .where(Consent.person_id == person)
        .order_by(Consent.granted_at.desc())
    )
    return [
        ConsentReceipt(row.id, row.purpose, number, row.language, row.method, row.granted_at, row.withdrawn_at)
        for row, number in session.execute(wanted)
    ]


def has_consent(session: Session, person: UUID, purpose: str) -> bool:
    """Whether an optional purpose is switched on now; asked at the very statement that uses it (T30)."""
    asked = select(func.count()).where(
        Consent.person_id == person, Consent.purpose == purpose, Consent.withdrawn_at.is_(None)
    )
    return bool(session.scalar(asked))


def disclosures_of(
    session: Session, subject: UUID, *, now: datetime | None = None, limit: int = 100
) -> list[Disclosure]:
    """Who saw a person's data, newest first. Looks under a secrecy order are left out until its date.

    Without `now`, every such look is left out.
    """
    open_ones: ColumnElement[bool] = DisclosureRow.secret_until.is_(None)
    if now is not None:
        open_ones = or_(open_ones, DisclosureRow.secret_until <= now)
    return _looks(session, (DisclosureRow.subject_id == subject) & open_ones, limit)


def looks_of(session: Session, reader: UUID, *, since: datetime, limit: int = 1_000) -> list[Disclosure]:
    """What one reader looked at, for compliance."""
    return _looks(session, (DisclosureRow.reader_id == reader) & (DisclosureRow.at >= since), limit)


def busiest_readers(session: Session, *, since: datetime, limit: int = 20) -> list[tuple[PersonId, str, int]]:
    """Readers with the role they used, by how many people they looked at: where misuse shows first (O44)."""
    people = func.count(func.distinct(DisclosureRow.subject_id))
    grouped = (
        select(DisclosureRow.reader_id, DisclosureRow.role, people)
        .where(DisclosureRow.at >= since)
        .group_by(DisclosureRow.reader_id, DisclosureRow.role)
        .order_by(people.desc(), DisclosureRow.reader_id)
        .limit(limit)
    )
    return [(PersonId(reader), role, count) for reader, role, count in session.execute(grouped)]


def _looks(session: Session, which: ColumnElement[bool], limit: int) -> list[Disclosure]:
    rows = session.scalars(
        select(DisclosureRow).where(which).order_by(DisclosureRow.at.desc(), DisclosureRow.id.desc()).limit(limit)
    )
    return [
        Disclosure(
            row.id, PersonId(row.reader_id), None if row.on_behalf_of is None else PersonId(row.on_behalf_of), row.role,
            row.field, row.purpose, None if row.job_id is None else JobId(row.job_id), row.case_id, row.channel, row.at,
        )
        for row in rows
    ]  # fmt: skip


def open_windows(session: Session, *, reader: UUID, now: datetime, job: UUID | None = None) -> list[OpenWindow]:
    """The windows a reader has now: what a card may offer to show. Opening one is `actions.reveal`'s to decide."""
    wanted = select(Window).where(
        Window.reader_id == reader, Window.closed_at.is_(None), Window.opens_at <= now,
        or_(Window.until.is_(None), Window.until > now),
    )  # fmt: skip
    if job is not None:
        wanted = wanted.where(Window.job_id == job)
    return [
        OpenWindow(
            PersonId(row.subject_id), PersonId(row.reader_id), JobId(row.job_id), tuple(row.fields), row.opens_at,
            row.until,
        )
        for row in session.scalars(wanted.order_by(Window.opens_at))
    ]  # fmt: skip


def spans(rows: Sequence[Window]) -> list[Span]:
    """Windows as the rules see them."""
    return [Span(row.opens_at, row.until, row.closed_at, frozenset(row.fields)) for row in rows]


def erasures(session: Session) -> list[tuple[PersonId, datetime | None]]:
    """Everybody who was erased, and when the key went: a restored backup does it again before it opens."""
    rows = session.execute(select(Erasure.person_id, Erasure.shredded_at).order_by(Erasure.asked_at))
    return [(PersonId(person), shredded_at) for person, shredded_at in rows]
