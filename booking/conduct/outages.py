"""Outages that are written down later: what they explain is taken out of proceedings that go on.

What no longer reaches the limit of its rule is withdrawn, whatever was decided meanwhile, and put back as it was. Where
enough is left, the proceeding goes on with that, and each piece that counts no more says so.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.conduct import actions, queries, standing, versions
from booking.conduct.charter import BY_MACHINE, Counted
from booking.conduct.rules import Result, State
from booking.conduct.tables import ConductOutage, Proceeding
from marketplace.foundation import audit
from marketplace.foundation.ids import derived
from marketplace.foundation.outbox import enqueue


def look_through(session: Session, outage: UUID, *, now: datetime) -> None:
    """Look at every proceeding that goes on, each in a transaction of its own: an outage was written down."""
    row = session.get_one(ConductOutage, outage)
    counted = [what.value for what in BY_MACHINE]
    asked = select(Proceeding.id).where(
        Proceeding.organization_id == row.organization_id, Proceeding.state != State.CLOSED,
        Proceeding.what.in_(counted), Proceeding.opened_at >= row.starts_at,
    )  # fmt: skip
    for id in session.scalars(asked.order_by(Proceeding.id)):
        enqueue(session, "conduct.reconsider", due_at=now, key=derived("conduct.reconsider", id, outage), id=id)


def reconsider(session: Session, id: UUID, *, now: datetime) -> bool:
    """Withdraw this proceeding if what still counts of it is less than its rule asks for. False when it goes on."""
    row = standing.proceeding_locked(session, id)
    if row is None or row.state == State.CLOSED or row.rules_id is None or Counted(row.what) not in BY_MACHINE:
        return False
    rule = versions.of_id(session, row.rules_id).charter.rule(Counted(row.what))
    left = [each for each in queries.evidence_of(session, [id]).get(id, []) if not each.excused]
    if rule is None or len(left) >= rule.times:
        return False
    actions.close(session, row, Result.WITHDRAWN, by=None, now=now)
    audit.record(
        session, action="conduct.withdrawn", actor=None, subject=row.specialist_id, reason="outage", now=now,
        proceeding=id,
    )  # fmt: skip
    return True
