"""Policies are posted, accepted; optional purposes are switched on and off."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from marketplace.foundation import audit
from marketplace.foundation.ids import PersonId, fingerprint, uuid7
from marketplace.privacy.page import hash_of, make_body, purposes_in_use
from marketplace.privacy.queries import PolicyVersion, current_policy, policy
from marketplace.privacy.rules import (
    OPTIONAL_PURPOSES,
    NoPolicy,
    NotAnOptionalPurpose,
    Slots,
    check_slots,
    in_force_from,
)
from marketplace.privacy.tables import Acceptance, Consent, PolicyVersionRow

_LOCK = 7602117


def publish(
    session: Session,
    *,
    slots: Slots,
    change: str,
    now: datetime,
    by: PersonId | None,
    profiles: Collection[str] = ("home_services",),
) -> PolicyVersion:
    """Post the next version, generated from the columns that are stored today and from the operator's slots.

    `change` is substantial, minor or narrowing; the first waits the strictest notice of the profiles, and the
    version before governs meanwhile. Refuses EmptySlot by the slot's name and language.
    """
    check_slots(slots)
    session.execute(select(func.pg_advisory_xact_lock(_LOCK)))
    number = (session.scalar(select(func.max(PolicyVersionRow.number))) or 0) + 1
    body = make_body(slots)
    row = PolicyVersionRow(
        id=uuid7(), number=number, profiles=sorted(profiles), change=change, posted_at=now,
        effective_at=in_force_from(change, profiles, posted_at=now), posted_by=by, purposes=purposes_in_use(),
        body=body, sha256=hash_of(body),
    )  # fmt: skip
    session.add(row)
    session.flush()
    audit.record(
        session, action="privacy.policy_posted", actor=by, subject=None, reason=None, now=now, number=number,
        sha256=fingerprint(row.sha256.hex()),
    )  # fmt: skip
    posted = policy(session, number)
    assert posted is not None
    return posted


def accept(
    session: Session,
    *,
    person: PersonId,
    language: str,
    now: datetime,
    channel: str = "page",
    read_out_by: PersonId | None = None,
) -> UUID:
    """The person accepts the version in force, with the purposes it lists now; accepting twice changes nothing.

    On the telephone an agent reads it out: `channel="call"`, `read_out_by` the agent. Returns the version's id.
    Refuses NoPolicy.
    """
    current = _current(session, now)
    row = insert(Acceptance).values(
        id=uuid7(), person_id=person, policy_id=current.id, purposes=list(current.purposes), accepted_at=now,
        language=language, channel=channel, read_out_by=read_out_by,
    )  # fmt: skip
    session.execute(row.on_conflict_do_nothing(index_elements=[Acceptance.person_id, Acceptance.policy_id]))
    return current.id


def grant_consent(
    session: Session, *, person: PersonId, purpose: str, language: str, now: datetime, method: str = "page"
) -> None:
    """Switch an optional purpose on; a receipt is kept. Refuses NotAnOptionalPurpose, NoPolicy."""
    _check_optional(purpose)
    row = insert(Consent).values(
        id=uuid7(), person_id=person, purpose=purpose, policy_id=_current(session, now).id, language=language,
        method=method, granted_at=now,
    )  # fmt: skip
    once = row.on_conflict_do_nothing(
        index_elements=[Consent.person_id, Consent.purpose], index_where=text("withdrawn_at is null")
    )
    session.execute(once)


def withdraw_consent(session: Session, *, person: PersonId, purpose: str, now: datetime) -> None:
    """Switch it off; the next statement that asks gets a no (T30). Harmless when it was off."""
    _check_optional(purpose)
    active = update(Consent).where(
        Consent.person_id == person, Consent.purpose == purpose, Consent.withdrawn_at.is_(None)
    )
    session.execute(active.values(withdrawn_at=now))


def _check_optional(purpose: str) -> None:
    if purpose not in OPTIONAL_PURPOSES:
        raise NotAnOptionalPurpose(purpose)


def _current(session: Session, now: datetime) -> PolicyVersion:
    current = current_policy(session, now=now)
    if current is None:
        raise NoPolicy()
    return current
