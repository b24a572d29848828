"""The inbox: take a notice in once, settle it when its verdict is final, forget it after ninety days."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import and_, delete, or_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from marketplace.foundation.ids import uuid7
from payments.gateways.protocol import Notice
from payments.gateways.rules import Outcome
from payments.gateways.tables import GatewayNotice

KEPT = timedelta(days=90)


def take_in(session: Session, *, gateway: str, notice: Notice, now: datetime) -> bool:
    """Store a notice. False when this delivery was here before; a repeated delivery changes nothing."""
    refs = notice.refs
    row = {
        "id": uuid7(),
        "gateway": gateway,
        "delivery_key": notice.key,
        "received_at": now,
        "authentic": notice.authentic,
        "claimed": notice.claims,
        "ours": (refs and refs.ours) or None,
        "page": refs and refs.page,
        "txn": refs and refs.txn,
        "bank": refs and refs.bank,
        "trace": refs and refs.trace,
        "terminal": refs and refs.terminal,
    }
    once = (
        insert(GatewayNotice).values(row).on_conflict_do_nothing(constraint="gateway_notice_gateway_delivery_key_key")
    )
    return session.scalar(once.returning(GatewayNotice.id)) is not None


def settle(
    session: Session,
    *,
    gateway: str,
    ours: str,
    txn: str | None = None,
    event: UUID,
    but: frozenset[Outcome] = frozenset(),
) -> None:
    """The verdict that these notices asked for is final: name its event on each that is still open.

    `but`: notices that claim one of these stay open, since they ask for more.
    """
    waiting = update(GatewayNotice).where(
        GatewayNotice.gateway == gateway,
        or_(GatewayNotice.ours == ours, and_(GatewayNotice.ours.is_(None), GatewayNotice.txn == txn)),
        GatewayNotice.authentic,
        GatewayNotice.settled_by.is_(None),
    )
    if but:
        waiting = waiting.where(or_(GatewayNotice.claimed.is_(None), GatewayNotice.claimed.not_in(but)))
    session.execute(waiting.values(settled_by=event))


def forget_old(session: Session, *, now: datetime) -> int:
    """Delete notices older than ninety days; returns how many."""
    gone = delete(GatewayNotice).where(GatewayNotice.received_at < now - KEPT).returning(GatewayNotice.id)
    return len(session.scalars(gone).all())
