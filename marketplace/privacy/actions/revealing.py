"""The one way to a person's plaintext: no row, no value."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from marketplace.foundation import logs, vault
from marketplace.foundation.ids import AddressId, JobId, PersonId, uuid7
from marketplace.foundation.registry import Field, columns
from marketplace.people import queries as people
from marketplace.privacy.queries import has_consent, spans
from marketplace.privacy.rules import (
    AMONG_THE_NEAREST,
    IN_FILES,
    OF_A_COMPOUND,
    OPTIONAL_PURPOSES,
    Access,
    CaseNeeded,
    Needs,
    NoConsent,
    NothingGiven,
    PurposeNotAllowed,
    check_budget,
    check_purpose,
    check_window,
)
from marketplace.privacy.tables import DisclosureRow, PolicyVersionRow, Window

COLUMN_OF = {
    "name": ("person", "name"), "born_on": ("person", "born_on"), "username": ("person", "username"),
    "phone": ("contact", "value"), "email": ("contact", "value"), "address": ("address", "line"),
    "pin": ("address", "pin"),
}  # fmt: skip


@dataclass(frozen=True)
class Reader:
    """Who looks, and as what. `device` is the session; an agent who acts for a customer is two principals."""

    person_id: PersonId
    role: str
    device: UUID | None = None
    on_behalf_of: PersonId | None = None


def reveal(
    session: Session,
    *,
    subject: PersonId,
    field: str,
    reader: Reader,
    purpose: str,
    now: datetime,
    job: JobId | None = None,
    case: UUID | None = None,
    address: AddressId | None = None,
    channel: str = "page",
    secret_until: datetime | None = None,
) -> str:
    """The plaintext of one field of a person, and in the same transaction the row that says who saw it.

    Fields: name, phone (E.164), email, address (lines), pin ("longitude,latitude"), born_on (ISO), username.
    `secret_until` seals the row under a judge's order. Refuses PurposeNotAllowed, NotReleased, ContactExpired,
    CaseNeeded, NoConsent, BudgetSpent, NothingGiven, Erased.
    """
    try:
        access = check_purpose(reader.role, field, purpose, registered=_purposes_of(field))
    except PurposeNotAllowed:
        logs.get().warning("privacy.purpose_refused", role=reader.role, kind=field if field in COLUMN_OF else "unknown")
        raise
    if access.needs is Needs.CASE and case is None:
        raise CaseNeeded()
    if access.needs is Needs.WINDOW:
        released = _check_window(session, subject, field, reader=reader, job=job, now=now)
        address = released or address
    if purpose in OPTIONAL_PURPOSES and not has_consent(session, subject, purpose):
        raise NoConsent(purpose)
    _check_budget(session, subject, reader, now)
    value = _open(session, subject, field, address)
    session.add(
        DisclosureRow(
            id=uuid7(), subject_id=subject, reader_id=reader.person_id, on_behalf_of=reader.on_behalf_of,
            role=reader.role, field=field, purpose=purpose, job_id=job, case_id=case, device_id=reader.device,
            channel=channel, policy_id=_policy(session, now), at=now, secret_until=secret_until,
        )
    )  # fmt: skip
    session.flush()
    return value


def reveal_card(
    session: Session,
    *,
    subject: PersonId,
    fields: Collection[str],
    reader: Reader,
    purpose: str,
    now: datetime,
    job: JobId | None = None,
    case: UUID | None = None,
    channel: str = "page",
) -> dict[str, str]:
    """Several fields at once, a row for each; fields that the person never gave are left out. Refuses as `reveal`."""
    found = {}
    for field in fields:
        try:
            found[field] = reveal(
                session, subject=subject, field=field, reader=reader, purpose=purpose, now=now, job=job, case=case,
                channel=channel,
            )  # fmt: skip
        except NothingGiven:
            continue
    return found


def note_file(
    session: Session, *, subjects: Collection[PersonId], field: str, reader: Reader, purpose: str, now: datetime
) -> None:
    """A file with this field of these people is fetched by `reader`: a row for each of them, in this transaction.

    The value itself is sealed and handed out by the floor that keeps it. Refuses PurposeNotAllowed.
    """
    looks = [(each, None) for each in set(subjects)]
    _note(session, looks, field, reader, purpose=purpose, allowed=IN_FILES, channel="export", now=now)


def note_places(
    session: Session, *, subjects: Collection[PersonId], reader: Reader, purpose: str, now: datetime
) -> None:
    """`reader` is shown where these people on duty are: a row for each of them, in this transaction.

    The places themselves are kept, and forgotten, by the floor that found these people to be the nearest to somewhere.
    Refuses PurposeNotAllowed.
    """
    looks = [(each, None) for each in set(subjects)]
    _note(session, looks, "position", reader, purpose=purpose, allowed=AMONG_THE_NEAREST, channel="page", now=now)


def note_reports(
    session: Session, *, jobs: Mapping[JobId, PersonId], reader: Reader, purpose: str, now: datetime
) -> None:
    """`reader` is shown what these residents have reported, for the compound that they manage: a row for each report.

    Whether they manage it is asked by the floor that keeps the reports. Refuses PurposeNotAllowed.
    """
    looks = [(subject, job) for job, subject in jobs.items()]
    _note(session, looks, "report", reader, purpose=purpose, allowed=OF_A_COMPOUND, channel="page", now=now)


def _note(
    session: Session,
    looks: Iterable[tuple[PersonId, JobId | None]],
    field: str,
    reader: Reader,
    *,
    purpose: str,
    allowed: Mapping[str, Mapping[str, Access]],
    channel: str,
    now: datetime,
) -> None:
    """A row for each look at what another floor hands out."""
    access = allowed.get(reader.role, {}).get(purpose)
    if access is None or field not in access.fields:
        raise PurposeNotAllowed(field, purpose)
    policy = _policy(session, now)
    for subject, job in sorted(looks, key=str):
        session.add(
            DisclosureRow(
                id=uuid7(), subject_id=subject, reader_id=reader.person_id, on_behalf_of=reader.on_behalf_of,
                role=reader.role, field=field, purpose=purpose, job_id=job, case_id=None, device_id=reader.device,
                channel=channel, policy_id=policy, at=now, secret_until=None,
            )
        )  # fmt: skip
    session.flush()


def own(session: Session, *, person: PersonId, field: str, address: AddressId | None = None) -> str | None:
    """A person's own value for themselves, or for a letter to themselves; None where they gave none.

    Writes no row: nobody else has seen it. The caller is sure that `person` is who asks.
    """
    try:
        return _open(session, person, field, address)
    except NothingGiven:
        return None


def own_address(session: Session, *, person: PersonId, address: AddressId) -> dict[str, str]:
    """The parts of one's own address for its form: line, unit, directions, label, pin; empty parts are left out.

    Refuses NoSuchAddress.
    """
    parts = people.sealed_parts(session, person, address)
    return {name: vault.unseal(each.person_id, each.place, each.value) for name, each in parts.items()}


def own_contact(session: Session, *, person: PersonId, contact: UUID) -> str | None:
    """One contact of a person by its id, proved or not: where a code goes. None when it is not theirs, or gone."""
    found = people.sealed_contact(session, contact)
    if found is None or found.person_id != person:
        return None
    return vault.unseal(found.person_id, found.place, found.value)


def _purposes_of(field: str) -> Collection[str]:
    wanted = COLUMN_OF.get(field)
    meaning: Field | None = next((each.field for each in columns() if (each.table, each.name) == wanted), None)
    return meaning.use if meaning else ()


def _check_window(
    session: Session, subject: PersonId, field: str, *, reader: Reader, job: JobId | None, now: datetime
) -> AddressId | None:
    """Locks the windows, so that closing one waits for the row of this look. Returns the job's address."""
    rows = session.scalars(
        select(Window)
        .where(Window.subject_id == subject, Window.reader_id == reader.person_id, Window.job_id == job)
        .order_by(Window.opened_at.desc(), Window.id.desc())
        .with_for_update(read=True)
        .execution_options(populate_existing=True)
    ).all()
    check_window(spans(rows), field, now=now)
    named = next((row.address_id for row in rows if row.closed_at is None), None)
    return None if named is None else AddressId(named)


def _check_budget(session: Session, subject: PersonId, reader: Reader, now: datetime) -> None:
    lock = int.from_bytes(reader.person_id.bytes[:8], signed=True)
    session.execute(select(func.pg_advisory_xact_lock(lock)))  # the same reader on two screens counts once
    mine = DisclosureRow.reader_id == reader.person_id, DisclosureRow.at > now - timedelta(days=1)
    latest = select(DisclosureRow.subject_id, func.max(DisclosureRow.at)).where(*mine)
    rows = session.execute(latest.group_by(DisclosureRow.subject_id))
    seen: dict[object, datetime] = {row[0]: row[1] for row in rows}
    if subject not in seen:
        check_budget(reader.role, seen, now=now)


def _open(session: Session, subject: PersonId, field: str, address: AddressId | None) -> str:
    stored = people.sealed_values(session, subject, field, address=address)
    if not stored:
        raise NothingGiven(field)
    return "\n".join(vault.unseal(each.person_id, each.place, each.value) for each in stored)


def _policy(session: Session, now: datetime) -> UUID | None:
    in_force = select(PolicyVersionRow.id).where(PolicyVersionRow.effective_at <= now)
    return session.scalar(in_force.order_by(PolicyVersionRow.number.desc()).limit(1))
