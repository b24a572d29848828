"""The money of a proceeding: the fee of a published rule, what goes back, and pay for days without work.

One transfer in a transaction, each kind once for a proceeding; asked again, nothing moves.
"""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.conduct import queries, standing
from booking.conduct.rules import GIVEN_UP, Result, Verdict, lost
from booking.conduct.tables import ConductMoney, Proceeding
from marketplace.foundation.ids import PersonId, derived
from marketplace.foundation.money import Money
from marketplace.foundation.periods import Period
from payments.wallets import actions as wallets
from payments.wallets import penalties


def move(session: Session, id: UUID, kind: str, *, now: datetime) -> bool:
    """Move what this proceeding's state says is due of that kind. False when nothing is, or it has moved before."""
    row = standing.proceeding_locked(session, id)
    if row is None or _moved(session, id, kind) is not None:
        return False
    match kind:
        case "fee":
            return _charge(session, row, kind, row.fee_minor, now=now) if not _undone(row) else False
        case "lesser_fee":
            return _charge(session, row, kind, row.lesser_minor, now=now)
        case "fee_back":
            return _give_back(session, row, now=now)
        case "safety_pay":
            pause = queries.safety_of(row)
            whole = None if pause.begun_at is None else lost(pause, right_until=pause.begun_at)
            return _pay(session, row, kind, whole, now=now)
        case "lost_pay":
            return _pay(session, row, kind, _lost(row), now=now)
    return False


def _undone(row: Proceeding) -> bool:
    return row.result in GIVEN_UP or row.verdict == Verdict.LESSENED


def _lost(row: Proceeding) -> Period | None:
    """What of the decided pause was wrong: all of it, or from where the lesser one would have ended."""
    pause = queries.pause_of(row)
    if pause.begun_at is None:
        return None
    shorter = pause.begun_at
    if row.result == Result.LESSENED:
        shorter += timedelta(days=row.lesser_days or 0)
    return lost(pause, right_until=shorter)


def _charge(session: Session, row: Proceeding, kind: str, minor: int | None, *, now: datetime) -> bool:
    if not minor:
        return False
    key = derived("conduct", row.id, kind)
    _write(session, row, key, kind, minor, now=now)
    by = row.decided_by if kind == "fee" else row.heard_by
    penalties.charge(
        session, key=key, specialist=row.specialist_id, amount=Money(minor, row.currency), proceeding=row.id,
        reason=row.what, actor=by, now=now,
    )  # fmt: skip
    return True


def _give_back(session: Session, row: Proceeding, *, now: datetime) -> bool:
    taken = _moved(session, row.id, "fee")
    if row.lesser_minor:
        standing.pay_later(session, row, "lesser_fee")
    if taken is None:
        return False
    key = derived("conduct", row.id, "fee_back")
    _write(session, row, key, "fee_back", taken.minor, now=now)
    penalties.give_back(
        session, key=key, charged=taken.id, specialist=row.specialist_id, currency=row.currency, reason=row.what,
        actor=row.heard_by, now=now,
    )  # fmt: skip
    return True


def _pay(session: Session, row: Proceeding, kind: str, during: Period | None, *, now: datetime) -> bool:
    days = 0 if during is None else standing.working_days(session, PersonId(row.specialist_id), during)
    minor = days * (row.day_minor or 0)
    if not minor:
        return False
    key = derived("conduct", row.id, kind)
    _write(session, row, key, kind, minor, now=now, days=days)
    wallets.goodwill(
        session, key=key, owner=row.specialist_id, owner_kind="specialist", amount=Money(minor, row.currency),
        reason=kind, actor=row.heard_by or row.decided_by or row.opened_by, now=now,
    )  # fmt: skip
    return True


def _moved(session: Session, id: UUID, kind: str) -> ConductMoney | None:
    asked = select(ConductMoney).where(ConductMoney.proceeding_id == id, ConductMoney.kind == kind)
    return session.scalars(asked).one_or_none()


def _write(
    session: Session, row: Proceeding, key: UUID, kind: str, minor: int, *, now: datetime, days: int | None = None
) -> None:
    session.add(
        ConductMoney(
            id=key, proceeding_id=row.id, specialist_id=row.specialist_id, kind=kind, minor=minor, days=days, at=now
        )
    )
    session.flush()
