"""The published versions of an organization's rules of dispatch, as they are read. What was published never changes."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from booking.dispatch.rules import FIRST_POLICIES, FIRST_POLICY, Policy, policy_of
from booking.dispatch.tables import DecisionRow, RulesRow
from marketplace.foundation.ids import OrganizationId, PersonId


@dataclass(frozen=True, slots=True)
class Version:
    """A version in force, or that was: `number` 0 and no id are the rules that every house begins with."""

    id: UUID | None = None
    number: int = 0
    policy: Policy = FIRST_POLICY
    published_at: datetime | None = None
    published_by: PersonId | None = None


@dataclass(frozen=True, slots=True)
class Moved:
    """Somebody who would have stood first more, or less, often."""

    specialist: UUID
    before: int
    after: int


@dataclass(frozen=True, slots=True)
class Trial:
    """What a draft would have made of decisions that were really taken: their stored inputs, other weights.

    `terms` holds, for each part of the score, its sum over the first choices before and after, in hundredths of a
    minute, each weighed as the rules of that side weigh it; `travel` is therefore comparable, others show the shift.
    """

    since: datetime
    until: datetime
    decisions: int
    changed: int
    moved: tuple[Moved, ...]
    terms: dict[str, tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Draft:
    """A version in the making; `trial` is what the dry run of exactly these numbers said."""

    id: UUID
    policy: Policy
    changed_at: datetime
    changed_by: PersonId
    trial: Trial | None


FIRST = Version()


def in_force(session: Session, organization: OrganizationId) -> Version:
    """The version that decides now."""
    newest = published(organization).order_by(RulesRow.number.desc()).limit(1)
    row = session.scalars(newest).one_or_none()
    return FIRST if row is None else version(row)


def all_of(session: Session, organization: OrganizationId) -> list[Version]:
    """Every version, newest first; the last is the one that every house begins with."""
    rows = session.scalars(published(organization).order_by(RulesRow.number.desc()))
    return [*(version(row) for row in rows), FIRST]


def of_decision(session: Session, row: DecisionRow) -> Version:
    """The version under which something was decided; before anything was published, what the code began with then."""
    if row.rules_id is None:
        return Version(policy=FIRST_POLICIES.get(row.policy_version, FIRST_POLICY))
    return version(session.get_one(RulesRow, row.rules_id))


def draft(session: Session, organization: OrganizationId) -> Draft | None:
    """The version in the making, if there is one."""
    asked = select(RulesRow).where(RulesRow.organization_id == organization, RulesRow.state == "draft")
    row = session.scalars(asked.execution_options(populate_existing=True)).one_or_none()
    if row is None:
        return None
    trial = None if row.trial is None else msgspec.convert(row.trial, Trial)
    return Draft(row.id, policy_of(row.content), row.changed_at, PersonId(row.changed_by), trial)


def published(organization: OrganizationId) -> Select[RulesRow]:
    return select(RulesRow).where(RulesRow.organization_id == organization, RulesRow.state == "published")


def version(row: RulesRow) -> Version:
    return Version(
        id=row.id,
        number=row.number or 0,
        policy=policy_of(row.content),
        published_at=row.published_at,
        published_by=None if row.published_by is None else PersonId(row.published_by),
    )
