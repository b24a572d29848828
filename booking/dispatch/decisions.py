"""Decisions as they are stored: inputs and result as plain values, and the same result again from them."""

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy.orm import Session

from booking.dispatch.rules import POLICY_VERSION, Candidate, Decision, decide
from booking.dispatch.tables import DecisionRow
from marketplace.foundation.ids import uuid7


class Inputs(msgspec.Struct, frozen=True):
    """Everything that a decision was made from."""

    candidates: tuple[Candidate, ...]
    exclusive: bool


def made(
    session: Session, job_id: UUID, kind: str, candidates: Sequence[Candidate], *, exclusive: bool, now: datetime
) -> tuple[UUID, Decision]:
    """Decide, and store the decision with its inputs. The seed is drawn from the decision's own id."""
    id = uuid7()
    seed = id.int & 0x7FFFFFFF
    inputs = Inputs(tuple(sorted(candidates, key=lambda each: each.specialist_id)), exclusive)
    decision = decide(inputs.candidates, seed=seed, exclusive=exclusive)
    told = plain(inputs)
    session.add(
        DecisionRow(
            id=id, job_id=job_id, kind=kind, at=now, policy_version=POLICY_VERSION, seed=seed, inputs=told,
            result=plain(decision), inputs_hash=hash_of(told),
        )
    )  # fmt: skip
    session.flush()
    return id, decision


def replays(row: DecisionRow) -> bool:
    """Whether the stored inputs are unaltered and give the stored result again (dispatch.md §1.3)."""
    if hash_of(row.inputs) != row.inputs_hash:
        return False
    inputs = msgspec.convert(row.inputs, Inputs)
    again = decide(inputs.candidates, seed=row.seed, exclusive=inputs.exclusive)
    return plain(again) == row.result


def hash_of(inputs: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(inputs, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def plain(content: Inputs | Decision) -> dict[str, Any]:
    """As the database gives it back: lists, texts, numbers."""
    values: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(content))
    return values
