"""Found an organization, change what it has set, and form its teams."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from marketplace.foundation import audit
from marketplace.foundation.ids import OrganizationId, PersonId, derived, uuid7
from marketplace.foundation.outbox import enqueue
from marketplace.organizations.queries import TIERS
from marketplace.organizations.rules import (
    CANCELLATION,
    AlreadyFounded,
    CancellationTier,
    check_cancellation,
    check_setting,
)
from marketplace.organizations.site_rules import NotInTeam, TeamNotFound, clean_name
from marketplace.organizations.tables import OrganizationRow, SettingRow, StoredTier, Team, TeamMember


def found(
    session: Session,
    *,
    town: str,
    name: Mapping[str, str],
    region: str,
    currency: str,
    time_zone: str,
    language: str,
    calendar: str,
    weekend: Sequence[int],
    phone: str,
    settings: Mapping[str, int],
    cancellation: Sequence[CancellationTier] = CANCELLATION,
    now: datetime,
) -> OrganizationId:
    """Found the organization of a town with what it sets from the first day.

    `phone` is E.164; `weekend` holds ISO weekdays. Refuses AlreadyFounded, UnknownSetting, SettingOutOfBounds and
    CancellationPolicyImpossible.
    """
    for key, value in settings.items():
        check_setting(key, value)
    check_cancellation(cancellation)
    id = derived("organization", town)
    row = {
        "id": id, "town": town, "name": dict(name), "region": region, "currency": currency, "time_zone": time_zone,
        "language": language, "calendar": calendar, "weekend": list(weekend), "phone": phone, "founded_at": now,
    }  # fmt: skip
    made = session.scalar(insert(OrganizationRow).values(row).on_conflict_do_nothing().returning(OrganizationRow.id))
    if made is None:
        raise AlreadyFounded(town)
    for key, value in settings.items():
        _write(session, id, "", key, value, by=None, now=now)
    _write(session, id, "", TIERS, _stored(cancellation), by=None, now=now)
    audit.record(session, action="organization.founded", actor=None, subject=None, reason=None, now=now, town=town)
    return OrganizationId(id)


def change_setting(
    session: Session,
    organization: OrganizationId,
    key: str,
    value: int,
    *,
    by: PersonId,
    reason: str,
    now: datetime,
    service: str = "",
) -> None:
    """Set one value, for the organization or for one service, and journal who, when, why, from and to.

    Refuses UnknownSetting and SettingOutOfBounds. Jobs keep the terms they were quoted (lifecycle.md E.4 #2).
    """
    check_setting(key, value)
    before = _write(session, organization, service, key, value, by=by, now=now)
    audit.record(
        session, action="organization.setting_changed", actor=by, subject=None, reason=reason, now=now,
        key=key, service=service, before=before if isinstance(before, int) else None, after=value,
    )  # fmt: skip


def change_cancellation(
    session: Session,
    organization: OrganizationId,
    tiers: Sequence[CancellationTier],
    *,
    by: PersonId,
    reason: str,
    now: datetime,
    service: str = "",
) -> None:
    """Replace the tiers of the cancellation policy. Refuses CancellationPolicyImpossible."""
    check_cancellation(tiers)
    before = _write(session, organization, service, TIERS, _stored(tiers), by=by, now=now)
    audit.record(
        session, action="organization.cancellation_changed", actor=by, subject=None, reason=reason, now=now,
        service=service, tiers=len(tiers), tiers_before=len(before) if isinstance(before, list) else 0,
    )  # fmt: skip


def form_team(
    session: Session,
    organization: OrganizationId,
    *,
    key: str,
    name: Mapping[str, str],
    by: PersonId | None = None,
    now: datetime,
) -> UUID:
    """Form a team; the same key again is the same team. Refuses SiteNameRefused."""
    id = derived("team", organization, key)
    texts = {language: clean_name(text) for language, text in name.items()}
    row = {"id": id, "organization_id": organization, "key": key, "name": texts, "formed_at": now}
    made = session.scalar(insert(Team).values(row).on_conflict_do_nothing().returning(Team.id))
    if made is not None:
        audit.record(
            session, action="team.formed", actor=by, subject=None, reason=None, now=now, team=id,
            organization=organization,
        )  # fmt: skip
    return id


def join_team(session: Session, team: UUID, person: PersonId, *, by: PersonId | None, now: datetime) -> None:
    """Put a person into a team, and journal who did it; joining twice is joining once. Refuses TeamNotFound."""
    if session.get(Team, team) is None:
        raise TeamNotFound()
    row = {"id": uuid7(), "team_id": team, "person_id": person, "joined_at": now}
    joined = session.scalar(insert(TeamMember).values(row).on_conflict_do_nothing().returning(TeamMember.id))
    if joined is not None:
        audit.record(session, action="team.joined", actor=by, subject=person, reason=None, now=now, team=team)


def leave_team(session: Session, team: UUID, person: PersonId, *, by: PersonId | None, now: datetime) -> None:
    """End a person's time in a team from this moment on, and journal who did it; what they had taken goes back.

    Refuses NotInTeam.
    """
    membership = (TeamMember.team_id == team, TeamMember.person_id == person, TeamMember.left_at.is_(None))
    left_at = func.greatest(TeamMember.joined_at, now)  # two machines' clocks differ a little
    left = session.scalar(update(TeamMember).where(*membership).values(left_at=left_at).returning(TeamMember.id))
    if left is None:
        raise NotInTeam()
    audit.record(session, action="team.left", actor=by, subject=person, reason=None, now=now, team=team)
    enqueue(session, "tickets.member_left", due_at=now, team=team, person=person)


def _stored(tiers: Sequence[CancellationTier]) -> list[StoredTier]:
    return [
        {
            "code": tier.code, "stage": tier.stage, "minutes_before_start": tier.minutes_before_start,
            "fee_basis_points": tier.fee_basis_points, "fee_at_least": tier.fee_at_least,
            "fee_at_most": tier.fee_at_most,
        }
        for tier in tiers
    ]  # fmt: skip


def _write(
    session: Session,
    organization: UUID,
    scope: str,
    key: str,
    value: int | list[StoredTier],
    *,
    by: PersonId | None,
    now: datetime,
) -> object:
    """Store the value; what stood there before, or None."""
    place = {"organization_id": organization, "scope": scope, "key": key}
    stored = select(SettingRow.value).filter_by(**place).with_for_update(key_share=True)
    before = session.scalar(stored)
    change = {"value": value, "changed_at": now, "changed_by": by}
    written = insert(SettingRow).values(**place, **change)
    session.execute(written.on_conflict_do_update(index_elements=list(place), set_=change))
    return before
