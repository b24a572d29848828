"""A dry run: other weights on decisions that were really taken. Pure: stored inputs in, what would have changed out."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import msgspec

from booking.dispatch import decisions
from booking.dispatch.batch import Batch
from booking.dispatch.rules import Decision, Mode, Policy, Ranked
from booking.dispatch.tables import DecisionRow
from booking.dispatch.versions import Moved, Trial

BY_RULE = (Mode.BATCH.value, Mode.SEQUENTIAL.value, Mode.BROADCAST.value)  # where nobody's wish decided
MOVED_MOST = 20


@dataclass(frozen=True, slots=True)
class First:
    """Whom a decision put first: somebody, or in a batch perhaps nobody."""

    before: Ranked | None
    after: Ranked | None


def tried(rows: Sequence[DecisionRow], policy: Policy, *, since: datetime, until: datetime) -> Trial:
    """What this policy would have made of these decisions and matchings.

    A first choice is who was matched with the job, or else who stood first in its ranking.
    """
    firsts = [first for first in _firsts(rows, policy) if first.before or first.after]
    before = Counter(each.before.specialist_id for each in firsts if each.before)
    after = Counter(each.after.specialist_id for each in firsts if each.after)
    moved = [Moved(one, before[one], after[one]) for one in {*before, *after} if before[one] != after[one]]
    moved.sort(key=lambda each: (-abs(each.after - each.before), each.specialist))
    return Trial(
        since=since,
        until=until,
        decisions=len(firsts),
        changed=sum(_who(each.before) != _who(each.after) for each in firsts),
        moved=tuple(moved[:MOVED_MOST]),
        terms=_terms(firsts),
    )


def _firsts(rows: Sequence[DecisionRow], policy: Policy) -> Iterable[First]:
    own = {row.id: row for row in rows if row.job_id is not None and row.kind in BY_RULE}
    matched: set[UUID] = set()
    for row in rows:
        if row.kind == decisions.MATCHING:
            jobs = [own[each] for each in _entrants(row) if each in own]
            if len(jobs) == row.size:
                matched |= {each.id for each in jobs}
                yield from _of_matching(row, jobs, policy)
    for row in own.values():
        if row.id not in matched and row.batch_id is None:
            yield First(_best(_stored(row)), _best(decisions.again(row, policy.weights)))


def _of_matching(row: DecisionRow, jobs: Sequence[DecisionRow], policy: Policy) -> Iterable[First]:
    before = {each.job_id: _stored(each) for each in jobs if each.job_id}
    after = {each.job_id: decisions.again(each, policy.weights) for each in jobs if each.job_id}
    chosen = _chosen(msgspec.convert(row.result, Batch))
    instead = _chosen(decisions.matching_again(row, after, policy.steps))
    for job, stored in before.items():
        yield First(_of(stored, chosen.get(job)), _of(after[job], instead.get(job)))


def _entrants(row: DecisionRow) -> list[UUID]:
    return [each.decision_id for each in msgspec.convert(row.inputs, decisions.Together).entrants]


def _stored(row: DecisionRow) -> Decision:
    return msgspec.convert(row.result, Decision)


def _chosen(batch: Batch) -> Mapping[UUID, UUID]:
    return {pair.job: pair.specialist for pair in batch.chosen}


def _best(decision: Decision) -> Ranked | None:
    return decision.ranked[0] if decision.ranked else None


def _of(decision: Decision, specialist: UUID | None) -> Ranked | None:
    return next((each for each in decision.ranked if each.specialist_id == specialist), None)


def _who(ranked: Ranked | None) -> UUID | None:
    return None if ranked is None else ranked.specialist_id


def _terms(firsts: Iterable[First]) -> dict[str, tuple[int, int]]:
    sums: dict[str, list[int]] = {}
    for first in firsts:
        for side, ranked in enumerate((first.before, first.after)):
            for term in ranked.terms if ranked else ():
                sums.setdefault(term.term, [0, 0])[side] += term.hundredths
    return {name: (before, after) for name, (before, after) in sorted(sums.items())}
