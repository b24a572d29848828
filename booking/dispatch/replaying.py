"""Whether what was decided comes out again: stored inputs, the weights of their own version, every rank and term.

A decision that does not is a fault of the code or of the row, and either way nobody can be told why (dispatch.md §1.3).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
from sqlalchemy import Text, cast, func, select
from sqlalchemy.orm import Session

from booking.dispatch import decisions, versions
from booking.dispatch.rules import Decision
from booking.dispatch.tables import DecisionRow
from booking.dispatch.versions import Version
from booking.jobs.tables import Job
from marketplace.foundation import audit, logs
from marketplace.foundation.periods import Period

AT_ONCE = 500
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Replayed:
    """How many decisions were replayed, and which of them did not come out the same."""

    decisions: int
    differing: tuple[UUID, ...]


def nightly(session: Session, *, now: datetime) -> Replayed:
    """A hundredth of the last day's decisions and every disputed one; what was found goes to the journal."""
    found = sampled(session, within=Period(now - DAY, now), permille=10)
    audit.record(
        session, action="dispatch.decisions_replayed", actor=None, subject=None, reason=None, now=now,
        decisions=found.decisions, differing=len(found.differing), first=next(iter(found.differing), None),
    )  # fmt: skip
    if found.differing:
        logs.get().error("dispatch.decisions_differ", count=len(found.differing))
    return found


def sampled(session: Session, *, within: Period, permille: int) -> Replayed:
    """Replay that share of the decisions of a stretch of time: by a hash of their ids, so that the share is the same
    whoever asks; and every one about a job with an open case."""
    share = func.abs(func.hashtextextended(cast(DecisionRow.id, Text), 0) % 1_000) < permille
    disputed = DecisionRow.job_id.in_(select(Job.id).where(Job.open_cases > 0))
    in_time = (DecisionRow.at >= within.start) & (DecisionRow.at < within.end)
    chosen = select(DecisionRow.id).where((in_time & share) | disputed).order_by(DecisionRow.id)
    return of(session, session.scalars(chosen).all())


def newest(session: Session, *, most: int = 1_000) -> Replayed:
    """Replay the newest decisions: what `karigar verify` asks."""
    chosen = select(DecisionRow.id).order_by(DecisionRow.at.desc(), DecisionRow.id.desc()).limit(most)
    return of(session, session.scalars(chosen).all())


def of(session: Session, ids: Sequence[UUID]) -> Replayed:
    """Replay these decisions, some hundreds at a time."""
    wrong: list[UUID] = []
    for start in range(0, len(ids), AT_ONCE):
        some = ids[start : start + AT_ONCE]
        rows = session.scalars(select(DecisionRow).where(DecisionRow.id.in_(some)).order_by(DecisionRow.id)).all()
        wrong += differing(session, rows)
    return Replayed(len(ids), tuple(wrong))


def differing(session: Session, rows: Iterable[DecisionRow]) -> list[UUID]:
    """Those of these decisions that do not come out the same, or whose terms do not sum to the score."""
    known: dict[tuple[UUID | None, str], Version] = {}
    wrong = []
    for row in rows:
        made_by = row.rules_id, row.policy_version
        if made_by not in known:
            known[made_by] = versions.of_decision(session, row)
        if not _comes_out(session, row, known[made_by]):
            wrong.append(row.id)
    return wrong


def _comes_out(session: Session, row: DecisionRow, version: Version) -> bool:
    if decisions.hash_of(row.inputs) != row.inputs_hash:
        return False  # what it was made from was changed: it may not even be readable
    if row.kind != decisions.MATCHING:
        return decisions.adds_up(row) and decisions.is_the_same(row, decisions.again(row, version.policy.weights))
    together = msgspec.convert(row.inputs, decisions.Together)
    asked = select(DecisionRow).where(DecisionRow.id.in_([each.decision_id for each in together.entrants]))
    own: dict[UUID, Decision] = {
        each.job_id: decisions.again(each, version.policy.weights) for each in session.scalars(asked) if each.job_id
    }
    if own.keys() != {each.job_id for each in together.entrants}:
        return False
    batch = decisions.matching_again(row, own)
    stands = (row.value, row.bound, row.gap_percent) == (
        batch.value_hundredths, batch.bound_hundredths, decisions.gap_of(batch),
    )  # fmt: skip
    return stands and decisions.is_the_same(row, batch)
