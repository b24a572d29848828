"""Ratings as their readers may see them, and averages."""

from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from booking.care.rules import Averages, Marks, Rating, Side
from booking.care.rules import averages as averages_of
from booking.care.tables import RatingRow
from marketplace.foundation import vault
from marketplace.foundation.ids import JobId, PersonId


def of_job(session: Session, job: JobId, *, reader: PersonId) -> tuple[Rating, ...]:
    """The reader's own rating of the job, and the other side's once it is open. Nothing for anybody else."""
    rows = select(RatingRow).where(RatingRow.job_id == job).order_by(RatingRow.side)
    found = session.scalars(rows.execution_options(populate_existing=True))
    return tuple(rating(row) for row in found if _may_see(row, reader))


def averages(session: Session, about: PersonId) -> Averages:
    """The means of all open ratings of a person."""
    sums = select(func.count(), func.sum(RatingRow.matter), func.sum(RatingRow.manner))
    count, matter, manner = session.execute(
        sums.where(RatingRow.about_id == about, RatingRow.opened_at.is_not(None))
    ).one()
    return averages_of(count, matter or 0, manner or 0)


def rating(row: RatingRow) -> Rating:
    return Rating(
        job=JobId(row.job_id),
        by=PersonId(row.by_id),
        about=PersonId(row.about_id),
        side=Side(row.side),
        marks=Marks(row.matter, row.manner),
        text=_words(row),
        given_at=row.given_at,
        opened_at=row.opened_at,
    )


def words_place(id: UUID) -> str:
    """Where the words of a rating are sealed for."""
    return vault.place("rating", "words", id)


def _words(row: RatingRow) -> str | None:
    if row.words is None:
        return None
    try:
        return vault.unseal(row.by_id, words_place(row.id), row.words)
    except vault.Erased:
        return None  # the marks remain, the words went with their writer


def _may_see(row: RatingRow, reader: PersonId) -> bool:
    return row.by_id == reader or (row.about_id == reader and row.opened_at is not None)
