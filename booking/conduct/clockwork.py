"""What the clock does to proceedings: it ends, it restores, and it never decides against anybody."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from booking.conduct import actions, standing
from booking.conduct.queries import pause_of
from booking.conduct.rules import Result, State
from booking.conduct.tables import Proceeding


def due(session: Session, id: UUID, *, now: datetime) -> None:
    """Do what has become due by the proceeding's own times; early, late or again it does no more than that."""
    row = standing.proceeding_locked(session, id)
    if row is None:
        return
    pause = pause_of(row)
    if pause.begun_at is not None and pause.ended_at is None and pause.until is not None and now >= pause.until:
        standing.end_pause(row, at=pause.until)
        standing.settle(session, row, by=None, now=now)
    result = _result(row, now)
    if result is not None:
        actions.close(session, row, result, by=None, now=now)


def _result(row: Proceeding, now: datetime) -> Result | None:
    ends = {
        State.OPEN: (row.decide_until, Result.NOT_DECIDED),
        State.DECIDED: (row.appeal_until, Result.STANDS),
        State.APPEALED: (row.hear_until, Result.NOT_HEARD),
    }
    until, result = ends.get(State(row.state), (None, Result.STANDS))
    return result if until is not None and now >= until else None
