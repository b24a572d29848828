"""Roles: given and taken by a named person, in the journal, and felt at once."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from marketplace.foundation import audit
from marketplace.foundation.ids import OrganizationId, PersonId, uuid7
from marketplace.people.actions.accounts import lock_person
from marketplace.people.actions.sessions import end_sessions
from marketplace.people.rules import STAFF, NoSuchRole, NotOnYourself, check_giver, check_role
from marketplace.people.tables import RoleGrant


def grant_role(
    session: Session,
    *,
    person: PersonId,
    role: str,
    by: PersonId | None,
    now: datetime,
    organization: OrganizationId | None = None,
    until: datetime | None = None,
    reason: str | None = None,
    enrolled: bool = False,
) -> None:
    """Give a role, everywhere or in one organization; giving it twice changes nothing.

    A staff role ends the person's sessions: they sign in anew, under its shorter life. `by` is None for the
    installation itself. `enrolled` says that the person stands in the list of specialists, without which a named
    person may not make one. Refuses NoSuchRole, NotOnYourself, NotEnrolled, TooYoung and AgeNotStated (working roles
    are for adults), NoSuchPerson.
    """
    row = lock_person(session, person)
    check_role(role, age=row.stated_age)
    check_giver(role, person=person, by=by, enrolled=enrolled)
    grant = insert(RoleGrant).values(
        id=uuid7(),
        person_id=person,
        role=role,
        organization_id=organization,
        granted_at=now,
        granted_by=by,
        until=until,
    )
    if session.scalar(grant.on_conflict_do_nothing().returning(RoleGrant.id)) is None:
        return
    if role in STAFF:
        end_sessions(session, person, because="role_granted", now=now)
    audit.record(
        session, action="people.role_granted", actor=by, subject=person, reason=reason, now=now, role=role,
        organization=organization,
    )  # fmt: skip


def end_role(
    session: Session,
    *,
    person: PersonId,
    role: str,
    by: PersonId | None,
    now: datetime,
    organization: OrganizationId | None = None,
    reason: str | None = None,
) -> None:
    """Take a role back; the person's sessions end at once (O43).

    Refuses NotOnYourself, and NoSuchRole when it is not held.
    """
    if person == by:
        raise NotOnYourself
    row = session.scalar(
        select(RoleGrant)
        .where(
            RoleGrant.person_id == person,
            RoleGrant.role == role,
            RoleGrant.organization_id.is_not_distinct_from(organization),
            RoleGrant.ended_at.is_(None),
        )
        .with_for_update()
    )
    if row is None:
        raise NoSuchRole(role)
    row.ended_at = now
    session.flush()
    end_sessions(session, person, because="role_ended", now=now)
    audit.record(
        session, action="people.role_ended", actor=by, subject=person, reason=reason, now=now, role=role,
        organization=organization,
    )  # fmt: skip
