"""Working hours as they will be: the weekly plan and its exceptions, expanded day by day."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from booking.availability import queries
from booking.availability.actions.day_plans import take_day
from booking.availability.rules import Conflict, Shift, TimePolicy
from booking.availability.tables import ShiftRow
from booking.availability.windows import shifts_of
from marketplace.foundation.ids import PersonId
from marketplace.foundation.periods import Period


def expand(
    session: Session,
    specialist: PersonId,
    periods: Sequence[Period],
    *,
    from_day: date,
    to_day: date,
    now: datetime,
    policy: TimePolicy,
) -> tuple[Conflict, ...]:
    """Let `periods` be the working time on the local days `[from_day, to_day)`, in place of what was there.

    Cancels nothing: returns the promises to come that no longer lie in working time, to be asked about (dispatch.md
    §3). Days that stay the same are not touched.
    """
    wanted = {shift for shift in shifts_of(periods, policy.time_zone) if from_day <= shift.on_day < to_day}
    rows = select(ShiftRow.on_day, ShiftRow.starts_at, ShiftRow.ends_at).where(
        ShiftRow.specialist_id == specialist, ShiftRow.on_day >= from_day, ShiftRow.on_day < to_day
    )
    present = {Shift(on_day, Period(start, end)) for on_day, start, end in session.execute(rows)}
    changed = sorted({shift.on_day for shift in wanted ^ present})
    for on_day in changed:
        take_day(session, specialist, on_day)  # whoever is booking that day computes anew
    if changed:
        gone = delete(ShiftRow).where(ShiftRow.specialist_id == specialist, ShiftRow.on_day.in_(changed))
        session.execute(gone)
    anew = [
        {
            "specialist_id": specialist,
            "on_day": shift.on_day,
            "starts_at": shift.period.start,
            "ends_at": shift.period.end,
        }
        for shift in wanted
        if shift.on_day in set(changed)
    ]
    if anew:
        session.execute(insert(ShiftRow), anew)
    return queries.conflicts(session, specialist, now=now)
