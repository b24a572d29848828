"""Ratings as their readers may see them, and averages; cases."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from booking.care.rules import Averages, CaseNotFound, CaseState, Ground, Marks, Matter, Rating, Side
from booking.care.rules import averages as averages_of
from booking.care.tables import CaseFile, RatingRow
from booking.jobs.tables import Job
from marketplace.foundation import vault
from marketplace.foundation.ids import JobId, PersonId, derived
from marketplace.foundation.money import Money


@dataclass(frozen=True, slots=True)
class Case:
    """A case. `back`: what the customer gets, proposed or decided. `text` is None when nothing was written, when its
    writer has been erased, and for readers who are not of this job."""

    id: UUID
    job: JobId
    number: str
    opened_by: PersonId
    side: str
    matter: Matter
    disputed: Money
    text: str | None
    opened_at: datetime
    state: CaseState
    back: Money | None
    ground: Ground | None
    proposed_by: PersonId | None
    decided_by: PersonId | None
    decided_at: datetime | None


_CASES = select(CaseFile, Job.number).join(Job, Job.id == CaseFile.job_id)


def case_of(session: Session, id: UUID) -> Case:
    """One case with its words. Refuses CaseNotFound."""
    found = session.execute(_CASES.where(CaseFile.id == id).execution_options(populate_existing=True)).one_or_none()
    if found is None:
        raise CaseNotFound()
    return _case(found.CaseFile, found.number, with_words=True)


def open_cases(session: Session, *, limit: int = 200) -> list[Case]:
    """What waits for a decision, oldest first, without words."""
    waiting = _CASES.where(CaseFile.state != CaseState.DECIDED).order_by(CaseFile.opened_at, CaseFile.id)
    return [_case(row, number) for row, number in session.execute(waiting.limit(limit))]


def open_cases_of(session: Session, person: UUID) -> list[Case]:
    """What waits for a decision about jobs in which this person is customer or specialist, without words."""
    theirs = (Job.customer_id == person) | (Job.specialist_id == person)
    return [
        _case(row, number) for row, number in session.execute(_CASES.where(CaseFile.state != CaseState.DECIDED, theirs))
    ]


def decided_cases(session: Session, *, limit: int = 100) -> list[Case]:
    """What was decided, newest first, without words."""
    done = _CASES.where(CaseFile.state == CaseState.DECIDED).order_by(CaseFile.decided_at.desc(), CaseFile.id)
    return [_case(row, number) for row, number in session.execute(done.limit(limit))]


def cases_of_job(session: Session, job: UUID, *, sides: Sequence[str] = ()) -> list[Case]:
    """The cases about a job, in order, without words; `sides`: only those that these sides opened."""
    wanted = _CASES.where(CaseFile.job_id == job).order_by(CaseFile.opened_at, CaseFile.id)
    if sides:
        wanted = wanted.where(CaseFile.side.in_(sides))
    return [_case(row, number) for row, number in session.execute(wanted)]


def case_words_place(id: UUID) -> str:
    """Where the words of a case are sealed for."""
    return vault.place("case_file", "words", id)


def _case(row: CaseFile, number: str, *, with_words: bool = False) -> Case:
    return Case(
        id=row.id,
        job=JobId(row.job_id),
        number=number,
        opened_by=PersonId(row.opened_by),
        side=row.side,
        matter=Matter(row.matter),
        disputed=Money(row.disputed_minor, row.currency),
        text=_case_words(row) if with_words else None,
        opened_at=row.opened_at,
        state=CaseState(row.state),
        back=None if row.back_minor is None else Money(row.back_minor, row.currency),
        ground=None if row.ground is None else Ground(row.ground),
        proposed_by=None if row.proposed_by is None else PersonId(row.proposed_by),
        decided_by=None if row.decided_by is None else PersonId(row.decided_by),
        decided_at=row.decided_at,
    )


def _case_words(row: CaseFile) -> str | None:
    if row.words is None:
        return None
    try:
        return vault.unseal(row.opened_by, case_words_place(row.id), row.words)
    except vault.Erased:
        return None  # the case remains, the words went with their writer


def of_job(session: Session, job: JobId, *, reader: PersonId) -> tuple[Rating, ...]:
    """The reader's own ratings of the job, and what is open of the other side's about them; of each side the one of
    or about who led the work first. Nothing for anybody else."""
    rows = select(RatingRow).where(RatingRow.job_id == job).order_by(RatingRow.side, RatingRow.about_id)
    found = session.scalars(rows.execution_options(populate_existing=True))
    seen = [rating(row) for row in sorted(found, key=_place) if _may_see(row, reader)]
    return tuple(seen)


def first_rating(job: UUID, side: str) -> UUID:
    """The id of the rating that each side gives of a job, and in a crew of or about who led it."""
    return derived("rating", job, side)


def _place(row: RatingRow) -> tuple[str, bool]:
    return row.side, row.id != first_rating(row.job_id, row.side)


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
