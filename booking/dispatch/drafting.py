"""A new version of the rules: drafted, tried on what was really decided, published by somebody who says why."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from booking.availability.windows import day_period, local_day
from booking.dispatch import versions
from booking.dispatch.decisions import MATCHING
from booking.dispatch.rules import NoDraft, NothingChanged, NotTried, policy_of
from booking.dispatch.tables import DecisionRow, RulesRow
from booking.dispatch.trying import BY_RULE, tried
from booking.dispatch.versions import Trial, Version
from marketplace.foundation import audit
from marketplace.foundation.ids import OrganizationId, PersonId, uuid7
from marketplace.organizations.queries import home

TRIED_MOST = 5_000


def begin(session: Session, organization: OrganizationId, *, by: PersonId, now: datetime) -> UUID:
    """Draft the next version, from what is in force; a house has one draft at a time, and gets the one it has."""
    content = versions.in_force(session, organization).policy.numbers()
    row = {
        "id": uuid7(), "organization_id": organization, "state": "draft", "content": content, "changed_at": now,
        "changed_by": by,
    }  # fmt: skip
    session.execute(insert(RulesRow).values(row).on_conflict_do_nothing())
    return _locked(session, organization).id


def change(
    session: Session, organization: OrganizationId, numbers: Mapping[str, int], *, by: PersonId, now: datetime
) -> None:
    """Write numbers into the draft; what its last dry run said counts no more. Refuses NoDraft, WeightOutOfRange."""
    row = _locked(session, organization)
    content = policy_of({**row.content, **numbers}).numbers()
    if content != row.content:
        row.content, row.trial = content, None
    row.changed_at, row.changed_by = now, by
    session.flush()


def try_out(session: Session, organization: OrganizationId, *, now: datetime) -> Trial:
    """Replay what was decided yesterday and today under the draft's numbers, and keep what came out with it.

    Writes nothing else, asks nobody. At most the newest 5,000 decisions. Refuses NoDraft.
    """
    row = _locked(session, organization)
    zone = home(session).time_zone
    since = day_period(local_day(now, zone) - timedelta(days=1), zone).start
    asked = (
        select(DecisionRow)
        .where(DecisionRow.at >= since, DecisionRow.at <= now, DecisionRow.kind.in_([MATCHING, *BY_RULE]))
        .order_by(DecisionRow.at.desc(), DecisionRow.id)
        .limit(TRIED_MOST)
    )
    found = tried(session.scalars(asked).all(), policy_of(row.content), since=since, until=now)
    row.trial = msgspec.to_builtins(found)
    session.flush()
    return found


def publish(
    session: Session, organization: OrganizationId, *, seen: Mapping[str, int], words: str, by: PersonId, now: datetime
) -> Version:
    """Put the draft into force, for every decision from now on; the journal keeps who, when and the words why.

    `seen` are the numbers that the publisher saw with their dry run. Refuses NoDraft, NothingChanged, and NotTried when
    there was no dry run of exactly these numbers.
    """
    row = _locked(session, organization)
    if row.content == versions.in_force(session, organization).policy.numbers():
        raise NothingChanged()
    if row.trial is None or row.content != dict(seen):
        raise NotTried()
    last = session.scalar(select(func.max(RulesRow.number)).where(RulesRow.organization_id == organization))
    row.state, row.number = "published", (last or 0) + 1
    row.published_at, row.published_by = now, by
    session.flush()
    audit.record(
        session, action="dispatch.rules_published", actor=by, subject=None, reason=words, now=now, rules=row.id,
        number=row.number,
    )  # fmt: skip
    return versions.version(row)


def drop(session: Session, organization: OrganizationId, *, by: PersonId, now: datetime) -> None:
    """Throw the draft away. Refuses NoDraft."""
    row = _locked(session, organization)
    audit.record(session, action="dispatch.rules_dropped", actor=by, subject=None, reason=None, now=now, rules=row.id)
    session.delete(row)
    session.flush()


def _locked(session: Session, organization: OrganizationId) -> RulesRow:
    asked = select(RulesRow).where(RulesRow.organization_id == organization, RulesRow.state == "draft")
    row = session.scalars(asked.with_for_update().execution_options(populate_existing=True)).one_or_none()
    if row is None:
        raise NoDraft()
    return row
