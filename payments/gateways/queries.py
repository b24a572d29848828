"""Questions about the inbox."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from payments.gateways.tables import GatewayNotice


@dataclass(frozen=True, slots=True)
class InboxCount:
    """How many notices of a gateway came since a moment, and how many of them nobody had signed."""

    gateway: str
    notices: int
    forged: int
    open: int


def last_notices(session: Session) -> dict[str, datetime]:
    """When each gateway was last heard with a notice that it had signed."""
    newest = select(GatewayNotice.gateway, func.max(GatewayNotice.received_at)).where(GatewayNotice.authentic)
    return {row[0]: row[1] for row in session.execute(newest.group_by(GatewayNotice.gateway))}


def inbox(session: Session, *, since: datetime) -> list[InboxCount]:
    """The inbox of each gateway since a moment, by name."""
    waiting = GatewayNotice.authentic & GatewayNotice.settled_by.is_(None)
    counted = (
        select(
            GatewayNotice.gateway,
            func.count(),
            func.count().filter(~GatewayNotice.authentic),
            func.count().filter(waiting),
        )
        .where(GatewayNotice.received_at >= since)
        .group_by(GatewayNotice.gateway)
        .order_by(GatewayNotice.gateway)
    )
    return [InboxCount(*row) for row in session.execute(counted)]
