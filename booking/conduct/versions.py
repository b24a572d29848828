"""The published versions of an organization's rules of conduct, as they are read. What was published never changes."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from booking.conduct.charter import FIRST_NUMBERS, Charter, Would, charter_of
from booking.conduct.tables import ConductRules
from marketplace.foundation.ids import PersonId


@dataclass(frozen=True, slots=True)
class Version:
    """A published version: in force from that moment until the next one is."""

    id: UUID
    number: int
    charter: Charter
    written_by: PersonId
    published_by: PersonId
    published_at: datetime
    in_force_from: datetime


@dataclass(frozen=True, slots=True)
class Trial:
    """What a draft would have opened in that time, had it been in force through all of it."""

    since: datetime
    until: datetime
    looked_at: int
    people: int
    would: tuple[Would, ...]
    before: int | None = None  # how many the newest published rules would have opened in the same time


@dataclass(frozen=True, slots=True)
class Draft:
    """A version in the making; `numbers` as typed, `trial` the dry run of exactly these."""

    id: UUID
    numbers: dict[str, int]
    charter: Charter
    changed_at: datetime
    changed_by: PersonId
    trial: Trial | None


def in_force(session: Session, organization: UUID, *, at: datetime) -> Version | None:
    """The version that counts at that moment; None before the first one does."""
    asked = _published(organization).where(ConductRules.in_force_from <= at)
    row = session.scalars(asked.order_by(ConductRules.number.desc()).limit(1)).one_or_none()
    return None if row is None else version(row)


def all_of(session: Session, organization: UUID) -> list[Version]:
    """Every published version, newest first."""
    return [version(row) for row in session.scalars(_published(organization).order_by(ConductRules.number.desc()))]


def coming(session: Session, organization: UUID, *, at: datetime) -> Version | None:
    """The newest version, when it is published and not in force yet."""
    newest = next(iter(all_of(session, organization)), None)
    return newest if newest is not None and newest.in_force_from > at else None


def of_id(session: Session, id: UUID) -> Version:
    return version(session.get_one(ConductRules, id))


def draft(session: Session, organization: UUID) -> Draft | None:
    """The version in the making, if there is one."""
    asked = select(ConductRules).where(ConductRules.organization_id == organization, ConductRules.state == "draft")
    row = session.scalars(asked.execution_options(populate_existing=True)).one_or_none()
    if row is None:
        return None
    trial = None if row.trial is None else msgspec.convert(row.trial, Trial)
    return Draft(row.id, dict(row.content), charter_of(row.content), row.changed_at, PersonId(row.changed_by), trial)


def newest_numbers(session: Session, organization: UUID) -> dict[str, int]:
    """The numbers of the newest published version; before the first, those with which no rule is in use."""
    asked = _published(organization).order_by(ConductRules.number.desc()).limit(1)
    row = session.scalars(asked).one_or_none()
    return {**FIRST_NUMBERS, **({} if row is None else row.content)}


def version(row: ConductRules) -> Version:
    if row.number is None or row.published_by is None or row.published_at is None or row.in_force_from is None:
        raise ValueError("a draft is no version")
    return Version(
        row.id, row.number, charter_of(row.content), PersonId(row.changed_by), PersonId(row.published_by),
        row.published_at, row.in_force_from,
    )  # fmt: skip


def _published(organization: UUID) -> Select[ConductRules]:
    return select(ConductRules).where(ConductRules.organization_id == organization, ConductRules.state == "published")
