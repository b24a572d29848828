"""Decisions as they are stored: inputs and result as plain values, and the same result again from them."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.dispatch.batch import Batch, Pair, assign
from booking.dispatch.peers import Peers
from booking.dispatch.rules import POLICY_VERSION, Candidate, Decision, Steps, decide
from booking.dispatch.scoring import TermName, Weights
from booking.dispatch.tables import DecisionRow
from booking.dispatch.versions import Version
from marketplace.foundation.ids import uuid7

MATCHING = "matching"
MANUAL = "manual"
GAP_MOST = Decimal(10_000)


class Inputs(msgspec.Struct, frozen=True):
    """Everything that a decision about one job was made from."""

    candidates: tuple[Candidate, ...]
    exclusive: bool
    group_rate: int | None = None  # of the people of this trade on shift in this zone; at first: of who may be asked
    group: int | None = None  # so many


class Entrant(msgspec.Struct, frozen=True):
    """A job of a batch: its own decision, and what leaving it for the next batch would cost."""

    job_id: UUID
    decision_id: UUID
    nobody_hundredths: int


class Together(msgspec.Struct, frozen=True):
    """Everything that a matching was made from; the scores stand in the decisions of its jobs."""

    entrants: tuple[Entrant, ...]
    candidates_most: int


def made(
    session: Session,
    job_id: UUID,
    kind: str,
    candidates: Sequence[Candidate],
    *,
    exclusive: bool,
    version: Version,
    now: datetime,
    peers: Peers | None = None,
    batch_id: UUID | None = None,
    chosen_id: UUID | None = None,
    deviation: str | None = None,
) -> tuple[UUID, Decision]:
    """Decide about a job, and store the decision with its inputs. The seed is drawn from the decision's own id.

    `peers` are those with whom the candidates are compared. `chosen_id` and `deviation`: whom a dispatcher took instead
    of the first, and why. For a job that waits from batch to batch the same inputs are the same decision, and not
    another row.
    """
    beside = (None, None) if peers is None else (peers.rate, peers.people)
    inputs = Inputs(tuple(sorted(candidates, key=lambda each: each.specialist_id)), exclusive, *beside)
    if batch_id is not None and (stands := _as_before(session, job_id, kind, inputs, version)) is not None:
        return stands
    id = uuid7()
    seed = id.int & 0x7FFFFFFF
    decision = _decided(inputs, seed, version.policy.weights)
    told = plain(inputs)
    session.add(
        DecisionRow(
            id=id, job_id=job_id, batch_id=batch_id, kind=kind, at=now, rules_id=version.id,
            policy_version=POLICY_VERSION, seed=seed, inputs=told, result=plain(decision), inputs_hash=hash_of(told),
            chosen_id=chosen_id, deviation=deviation,
        )
    )  # fmt: skip
    session.flush()
    return id, decision


def _as_before(
    session: Session, job_id: UUID, kind: str, inputs: Inputs, version: Version
) -> tuple[UUID, Decision] | None:
    newest = (
        select(DecisionRow).where(DecisionRow.job_id == job_id).order_by(DecisionRow.at.desc(), DecisionRow.id.desc())
    )
    row = session.scalars(newest.limit(1)).one_or_none()
    if row is None or (row.kind, row.rules_id, row.inputs_hash) != (kind, version.id, hash_of(plain(inputs))):
        return None
    return row.id, msgspec.convert(row.result, Decision)


def matched(
    session: Session,
    id: UUID,
    entrants: Mapping[UUID, tuple[UUID, Decision]],
    *,
    nobody_of: Mapping[UUID, int],
    version: Version,
    now: datetime,
) -> Batch:
    """Match the jobs of a batch, given each with its stored decision, and store the matching under `id`."""
    jobs = tuple(Entrant(job, entrants[job][0], nobody_of[job]) for job in sorted(entrants))
    together = Together(jobs, kept(version.policy.steps, len(jobs)))
    seed = id.int & 0x7FFFFFFF
    batch = matching_of(together, {job: decision for job, (_, decision) in entrants.items()}, seed=seed)
    told = plain(together)
    session.add(
        DecisionRow(
            id=id, job_id=None, kind=MATCHING, at=now, rules_id=version.id, policy_version=POLICY_VERSION, seed=seed,
            inputs=told, result=plain(batch), inputs_hash=hash_of(told), size=len(jobs),
            value=batch.value_hundredths, bound=batch.bound_hundredths, gap_percent=gap_of(batch),
        )
    )  # fmt: skip
    session.flush()
    return batch


def kept(steps: Steps, jobs: int) -> int:
    """How many of each ranking enter a matching. With as many as there are jobs nothing is lost: whatever the others
    take, one of a job's first so many is left for it."""
    return max(steps.candidates_most, jobs)


def matching_of(together: Together, decisions: Mapping[UUID, Decision], *, seed: int) -> Batch:
    """The matching of these jobs by the scores of their decisions. Pure.

    Each job brings the first `candidates_most` of its ranking; the rest serves the bound alone.
    """
    near: list[Pair] = []
    far: list[Pair] = []
    for entrant in together.entrants:
        for place, each in enumerate(decisions[entrant.job_id].ranked):
            pair = Pair(entrant.job_id, each.specialist_id, each.score_hundredths)
            (near if place < together.candidates_most else far).append(pair)
    worth = {entrant.job_id: entrant.nobody_hundredths for entrant in together.entrants}
    return assign(near, seed=seed, jobs=worth, nobody_of=worth, wider=far)


def gap_of(batch: Batch) -> Decimal:
    """The gap as it is stored: a bound next to nothing would make any difference look endless."""
    return min(batch.gap_percent, GAP_MOST)


def again(row: DecisionRow, weights: Weights) -> Decision:
    """The decision about a job as its stored inputs and these weights give it."""
    return _decided(msgspec.convert(row.inputs, Inputs), row.seed, weights)


def _decided(inputs: Inputs, seed: int, weights: Weights) -> Decision:
    return decide(
        inputs.candidates, seed=seed, exclusive=inputs.exclusive, weights=weights, group_rate=inputs.group_rate
    )


def matching_again(row: DecisionRow, decisions: Mapping[UUID, Decision], steps: Steps | None = None) -> Batch:
    """The matching as its stored inputs and these decisions give it; `steps` to try others than were in force."""
    together = msgspec.convert(row.inputs, Together)
    if steps is not None:
        together = Together(together.entrants, kept(steps, len(together.entrants)))
    return matching_of(together, decisions, seed=row.seed)


def is_the_same(row: DecisionRow, found: Decision | Batch) -> bool:
    """Whether this is the stored result: every rank, every term."""
    return plain(found) == _without_empty_terms(row.result)


def adds_up(row: DecisionRow) -> bool:
    """Whether the stored terms of everybody ranked sum to their score."""
    return all(
        sum(term["hundredths"] for term in each["terms"]) == each["score_hundredths"]
        for each in row.result.get("ranked", ())
    )


def hash_of(inputs: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(inputs, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def plain(content: Inputs | Decision | Together | Batch) -> dict[str, Any]:
    """As the database gives it back: lists, texts, numbers."""
    values: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(content))
    return values


def _without_empty_terms(result: dict[str, Any]) -> dict[str, Any]:
    """Decisions of the first rules wrote a term of nothing out; now it is left out, but for the way."""

    def says_something(term: dict[str, Any]) -> bool:
        return bool(term["hundredths"]) or term["term"] == TermName.TRAVEL

    if "ranked" not in result:
        return result
    ranked = [{**each, "terms": [term for term in each["terms"] if says_something(term)]} for each in result["ranked"]]
    return {**result, "ranked": ranked}
