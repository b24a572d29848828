"""The windows through which a crew and a customer see each other (lifecycle.md E.5)."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ColumnElement, case, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from marketplace.foundation.ids import AddressId, JobId, PersonId, uuid7
from marketplace.privacy.tables import DisclosureRow, Window

CONTACT = ("name", "phone", "address")  # exactly three fields (promises.md M15)


def open_window(
    session: Session,
    *,
    subject: PersonId,
    reader: PersonId,
    job: JobId,
    until: datetime | None,
    now: datetime,
    fields: Collection[str] = CONTACT,
    address: AddressId | None = None,
    opens_at: datetime | None = None,
) -> None:
    """Let a reader see fields of a subject for one job, from `opens_at` (or now) until `until`.

    Asking again for the same three replaces what the open window allows, but looks that were rightly taken stay inside
    a window: one that has begun stays begun, or is closed and followed by another when the new one opens later.
    `address` says which address of the subject is the job's; without it the only one in use is shown, and of several
    none.
    """
    opens_at = opens_at or now
    if opens_at > now:
        theirs = (Window.job_id == job, Window.subject_id == subject, Window.reader_id == reader)
        _close(session, *theirs, Window.opens_at <= now, now=now)
    allowed = {
        "fields": sorted(fields), "address_id": address, "opens_at": opens_at, "until": until, "opened_at": now,
    }  # fmt: skip
    row = insert(Window).values(id=uuid7(), job_id=job, subject_id=subject, reader_id=reader, **allowed)
    replaced = {**allowed, "opens_at": case((Window.opens_at <= now, Window.opens_at), else_=opens_at)}
    one_open = [Window.job_id, Window.subject_id, Window.reader_id]
    session.execute(
        row.on_conflict_do_update(index_elements=one_open, index_where=text("closed_at is null"), set_=replaced)
    )


def set_window_end(session: Session, *, job: JobId, until: datetime | None, now: datetime) -> None:
    """Move the end of this job's open windows; one whose old end has passed without being closed opens again."""
    del now
    session.execute(update(Window).where(Window.job_id == job, Window.closed_at.is_(None)).values(until=until))


def close_windows(session: Session, *, job: JobId, now: datetime, reader: PersonId | None = None) -> None:
    """Close this job's windows at once, or one reader's. A look that is being written down right now is waited for.

    Such a look may be some milliseconds younger than `now`: then the window closes at its moment, for it was open.
    """
    _close(session, Window.job_id == job, *([] if reader is None else [Window.reader_id == reader]), now=now)


def _close(session: Session, *which: ColumnElement[bool], now: datetime) -> None:
    mine = (*which, Window.closed_at.is_(None))
    session.execute(select(Window.id).where(*mine).order_by(Window.id).with_for_update())
    last_look = select(func.max(DisclosureRow.at)).where(
        DisclosureRow.job_id == Window.job_id,
        DisclosureRow.reader_id == Window.reader_id,
        DisclosureRow.subject_id == Window.subject_id,
    )
    closing = update(Window).where(*mine).values(closed_at=func.greatest(now, last_look.scalar_subquery()))
    session.execute(closing.execution_options(synchronize_session=False))
