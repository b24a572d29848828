"""How well batches matched: the last ones, each with its gap, and what is usual (features.md D7)."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import Integer, func, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from booking.dispatch.decisions import MATCHING
from booking.dispatch.tables import DecisionRow, RulesRow


@dataclass(frozen=True, slots=True)
class BatchLine:
    """One batch: how many jobs it had and placed, what that cost, the least that anything could have cost (both in
    hundredths of a minute), and how many percent lie between. `exact`: the bound is an optimum, not a relaxation."""

    id: UUID
    at: datetime
    size: int
    placed: int
    value: int
    bound: int
    gap_percent: Decimal
    exact: bool
    version: int


@dataclass(frozen=True, slots=True)
class Gaps:
    """The batches of a stretch of time; median and worst in percent, none without a batch.

    `spread`: how many had no gap, one of up to 1 percent, of up to 5, and a larger one.
    """

    batches: int
    jobs: int
    placed: int
    median: Decimal | None
    worst: Decimal | None
    spread: tuple[int, int, int, int]


def last_batches(session: Session, *, limit: int = 30) -> list[BatchLine]:
    """The newest batches first."""
    placed = func.jsonb_array_length(DecisionRow.result["chosen"], type_=Integer)
    asked = (
        select(DecisionRow, placed, func.coalesce(RulesRow.number, 0))
        .outerjoin(RulesRow, RulesRow.id == DecisionRow.rules_id)
        .where(DecisionRow.kind == MATCHING)
        .order_by(DecisionRow.at.desc(), DecisionRow.id.desc())
        .limit(limit)
    )
    return [
        BatchLine(
            id=row.id, at=row.at, size=row.size or 0, placed=number, value=row.value or 0, bound=row.bound or 0,
            gap_percent=row.gap_percent or Decimal(0), exact=bool(row.result["exact"]), version=version,
        )
        for row, number, version in session.execute(asked)
    ]  # fmt: skip


def gaps(session: Session, *, since: datetime) -> Gaps:
    """How the batches since then did."""
    chosen = func.jsonb_array_length(DecisionRow.result["chosen"].cast(JSONB), type_=Integer)
    gap = DecisionRow.gap_percent
    bands = (gap == 0, (gap > 0) & (gap <= 1), (gap > 1) & (gap <= 5), gap > 5)
    asked = select(
        func.count(),
        func.coalesce(func.sum(DecisionRow.size), 0),
        func.coalesce(func.sum(chosen), 0),
        func.percentile_disc(0.5).within_group(gap),
        func.max(gap),
        *(func.count().filter(band) for band in bands),
    ).where(DecisionRow.kind == MATCHING, DecisionRow.at >= since)
    batches, jobs, placed, median, worst, *spread = session.execute(asked).one()
    none, small, middling, large = spread
    return Gaps(batches, jobs, placed, median, worst, (none, small, middling, large))
