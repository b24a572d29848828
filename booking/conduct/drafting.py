"""A new version of the rules of conduct: drafted, tried on what really happened, published by another, told to all."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from booking.conduct import counting, versions
from booking.conduct.charter import BOUNDS, NOTICE, TRIED_BACK, charter_of, would_open
from booking.conduct.rules import (
    ConductNotTried,
    ConductUnchanged,
    NoConductDraft,
    NothingInTheRules,
    OutageTimes,
    OwnDraft,
)
from booking.conduct.tables import ConductOutage, ConductRules
from booking.conduct.versions import Trial, Version
from marketplace.foundation import audit, outbox
from marketplace.foundation.ids import OrganizationId, PersonId, derived, uuid7

OUTAGE_DAYS_MOST = 7


def begin(session: Session, organization: OrganizationId, *, by: PersonId, now: datetime) -> UUID:
    """Draft the next version, from the newest published one; a house has one draft at a time."""
    row = {
        "id": uuid7(), "organization_id": organization, "state": "draft",
        "content": versions.newest_numbers(session, organization), "changed_at": now, "changed_by": by,
    }  # fmt: skip
    session.execute(insert(ConductRules).values(row).on_conflict_do_nothing())
    return _locked(session, organization).id


def change(
    session: Session, organization: OrganizationId, numbers: Mapping[str, int], *, by: PersonId, now: datetime
) -> None:
    """Write numbers into the draft; its last dry run counts no more.

    Refuses NoConductDraft, ConductNumberOutOfRange.
    """
    row = _locked(session, organization)
    content = {**row.content, **{name: value for name, value in numbers.items() if name in BOUNDS}}
    charter_of(content)
    if content != row.content:
        row.content, row.trial = content, None
        row.changed_at, row.changed_by = now, by
    session.flush()


def try_out(session: Session, organization: OrganizationId, *, now: datetime) -> Trial:
    """What the draft would have opened in the last 90 days, for whom, and how much the published rules would have.

    Writes nothing else and tells nobody.

    Refuses NoConductDraft.
    """
    row = _locked(session, organization)
    since = now - TRIED_BACK
    found = counting.happened(session, organization, since=since, until=now)
    out = counting.outages(session, organization, since=since)
    would = would_open(charter_of(row.content), found, out)
    before = would_open(charter_of(versions.newest_numbers(session, organization)), found, out)
    trial = Trial(since, now, len(found), len({each.specialist for each in would}), would, len(before))
    row.trial = msgspec.to_builtins(trial)
    session.flush()
    return trial


def publish(
    session: Session, organization: OrganizationId, *, seen: Mapping[str, int], words: str, by: PersonId, now: datetime
) -> Version:
    """Publish the draft; it counts after the notice, and every specialist is told now. `seen`: the numbers shown.

    Refuses NoConductDraft, OwnDraft for who wrote it last, ConductUnchanged, NothingInTheRules, and ConductNotTried
    without a dry run of exactly these numbers.
    """
    row = _locked(session, organization)
    if by == row.changed_by:
        raise OwnDraft()
    newest, charter = next(iter(versions.all_of(session, organization)), None), charter_of(row.content)
    if newest is None and not charter.rules:
        raise NothingInTheRules()
    if newest is not None and newest.charter == charter:
        raise ConductUnchanged()
    if row.trial is None or row.content != dict(seen):
        raise ConductNotTried()
    last = session.scalar(select(func.max(ConductRules.number)).where(ConductRules.organization_id == organization))
    row.state, row.number = "published", (last or 0) + 1
    row.published_at, row.published_by, row.in_force_from = now, by, now + NOTICE
    session.flush()
    audit.record(
        session, action="conduct.rules_published", actor=by, subject=None, reason=words, now=now, rules=row.id,
        number=row.number,
    )  # fmt: skip
    outbox.enqueue(session, "conduct.tell_rules", due_at=now, key=derived("conduct.tell_rules", row.id), id=row.id)
    return versions.version(row)


def drop(session: Session, organization: OrganizationId, *, by: PersonId, now: datetime) -> None:
    """Throw the draft away. Refuses NoConductDraft."""
    row = _locked(session, organization)
    audit.record(session, action="conduct.rules_dropped", actor=by, subject=None, reason=None, now=now, rules=row.id)
    session.delete(row)
    session.flush()


def record_outage(
    session: Session,
    organization: OrganizationId,
    starts_at: datetime,
    ends_at: datetime,
    *,
    words: str,
    by: PersonId,
    now: datetime,
) -> UUID:
    """Something of ours did not work: nothing that happened then counts any more, in proceedings that go on neither.

    Refuses OutageTimes.
    """
    if not starts_at < ends_at <= now or ends_at - starts_at > timedelta(days=OUTAGE_DAYS_MOST):
        raise OutageTimes(OUTAGE_DAYS_MOST)
    id = derived("outage", organization, int(starts_at.timestamp()), int(ends_at.timestamp()))
    row = {
        "id": id, "organization_id": organization, "starts_at": starts_at, "ends_at": ends_at,
        "recorded_by": by, "recorded_at": now,
    }  # fmt: skip
    made = insert(ConductOutage).values(row).on_conflict_do_nothing().returning(ConductOutage.id)
    if session.scalar(made) is not None:
        audit.record(
            session, action="conduct.outage_recorded", actor=by, subject=None, reason=words, now=now, outage=id
        )
        outbox.enqueue(session, "conduct.outage", due_at=now, key=derived("conduct.outage", id), id=id)
    return id


def _locked(session: Session, organization: OrganizationId) -> ConductRules:
    asked = select(ConductRules).where(ConductRules.organization_id == organization, ConductRules.state == "draft")
    row = session.scalars(asked.with_for_update().execution_options(populate_existing=True)).one_or_none()
    if row is None:
        raise NoConductDraft()
    return row
