"""The one writer of pauses to a specialist's standing; how a pause begins and ends, and what a lost day is paid by."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.availability.windows import local_day
from booking.conduct.queries import pause_of, safety_of
from booking.conduct.rules import PAID_FROM_LAST, daily_minor
from booking.conduct.tables import Proceeding
from marketplace.foundation.ids import PersonId, derived
from marketplace.foundation.outbox import enqueue
from marketplace.foundation.periods import Period
from marketplace.organizations.queries import home
from marketplace.specialists import actions as specialists
from marketplace.specialists import queries as known
from marketplace.specialists.rules import Standing, SuspensionReason
from payments.wallets import queries as wallets

DAY = timedelta(days=1)


def settle(session: Session, row: Proceeding, *, by: PersonId | None, now: datetime) -> None:
    """Make the standing of its specialist what their proceedings say: suspended exactly while a pause holds.

    A person who stopped by their own wish, has left, or never began is left as they are. Without `by` it was the clock.
    """
    session.flush()
    who = PersonId(row.specialist_id)
    specialists.lock(session, who)
    asked = select(Proceeding).where(Proceeding.specialist_id == who).execution_options(populate_existing=True)
    rows = session.scalars(asked.order_by(Proceeding.opened_at)).all()
    held = any(pause.holds(now) for each in rows for pause in (safety_of(each), pause_of(each)))
    now_is, cause = known.standing(session, who), known.suspended_by(session, who)
    if held and now_is is Standing.GOOD:
        reason = SuspensionReason.SAFETY if safety_of(row).holds(now) else SuspensionReason.DECIDED
        specialists.suspend(session, who, reason, by=by, now=now, proceeding=row.id)
    if not held and now_is is Standing.SUSPENDED and cause is not None:
        specialists.reinstate(session, who, by=by, reason="pause_over", now=now, proceeding=row.id)


def end_safety(session: Session, row: Proceeding, *, at: datetime) -> None:
    """The pause for safety is over; its working days are paid, whatever was decided."""
    if row.safety_until is not None and row.safety_ended_at is None:
        row.safety_ended_at = at
        pay_later(session, row, "safety_pay")


def end_pause(row: Proceeding, *, at: datetime) -> None:
    """The decided pause is over."""
    if row.pause_begun_at is not None and row.pause_ended_at is None:
        row.pause_ended_at = at


def pay_later(session: Session, row: Proceeding, kind: str) -> None:
    """Money moves after this has committed, each kind once: one transfer in a transaction."""
    enqueue(session, "conduct.money", key=derived("conduct", row.id, kind, "task"), id=row.id, kind=kind)


def day_minor(session: Session, specialist: PersonId, *, now: datetime) -> int:
    """What a working day of the last thirty brought on the mean, net, in minor units."""
    here = home(session)
    since = now - PAID_FROM_LAST
    total = wallets.earned(session, specialist=specialist, currency=here.currency, since=since, until=now)
    return daily_minor(total.net.minor, days=working_days(session, specialist, Period(since, now)))


def working_days(session: Session, specialist: PersonId, during: Period) -> int:
    """The local days of that stretch on which they had planned to work."""
    zone = home(session).time_zone
    first, last = local_day(during.start, zone), local_day(during.end, zone) + DAY
    planned = known.planned_periods(session, specialist, first, last, zone)
    return len({local_day(each.start, zone) for each in planned if each.overlaps(during)})


def proceeding_locked(session: Session, id: UUID) -> Proceeding | None:
    asked = select(Proceeding).where(Proceeding.id == id).with_for_update()
    return session.scalars(asked.execution_options(populate_existing=True)).one_or_none()
