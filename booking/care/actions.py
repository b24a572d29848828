"""Rate a job; open its ratings."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from booking.care import queries
from booking.care.rules import Marks, NotToBeRated, RatedAlready, Rating, Side, check, check_time
from booking.care.tables import RatingRow
from booking.jobs import queries as jobs
from booking.jobs.rules import JobNotFound
from booking.jobs.words import State
from marketplace.foundation import outbox, vault
from marketplace.foundation.ids import JobId, PersonId, derived
from marketplace.specialists import actions as specialists

RATEABLE = frozenset({State.APPROVED, State.CLOSED})


def rate(session: Session, *, job: JobId, by: PersonId, marks: Marks, text: str | None, now: datetime) -> Rating:
    """Give the one rating of the job by this person, its customer or its specialist. The same again changes nothing.

    When it is the second of the two, both open at once. Refuses JobNotFound for anybody else, MarkOutOfRange,
    RatingTextNotAllowed, NotToBeRated, RatingOver, RatedAlready.
    """
    words = (text or "").strip() or None
    check(marks, words)
    rated = jobs.for_finance(session, job)
    if rated.customer is None or rated.specialist is None or by not in (rated.customer, rated.specialist):
        raise JobNotFound()
    if rated.state not in RATEABLE:
        raise NotToBeRated(job)
    opens_at = check_time(job, rated.approved_at, now=now)
    side = Side.CUSTOMER if by == rated.customer else Side.SPECIALIST
    id = derived("rating", job, side)
    row = {
        "id": id,
        "job_id": job,
        "by_id": by,
        "about_id": rated.specialist if side is Side.CUSTOMER else rated.customer,
        "side": side,
        "matter": marks.matter,
        "manner": marks.manner,
        "words": None if words is None else vault.seal(by, queries.words_place(id), words),
        "given_at": now,
    }
    # Both sides at one moment wait for each other here, so that the later of them sees both and opens them.
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"rating:{job}", 0))))
    written = session.scalar(insert(RatingRow).values(row).on_conflict_do_nothing().returning(RatingRow.id))
    mine = next(each for each in queries.of_job(session, job, reader=by) if each.by == by)
    if written is None:
        if (mine.marks, mine.text) != (marks, words):
            raise RatedAlready(mine.given_at)
        return mine
    outbox.enqueue(session, "care.open_ratings", due_at=opens_at, key=derived("open_ratings", job), id=job)
    if session.scalar(select(func.count()).where(RatingRow.job_id == job)) == len(Side):
        open_ratings(session, job, now=now)
    return next(each for each in queries.of_job(session, job, reader=by) if each.by == by)


def open_ratings(session: Session, job: UUID, *, now: datetime) -> int:
    """Let each side see what the other gave, and let it count. Twice is once. Returns how many were opened."""
    closed = update(RatingRow).where(RatingRow.job_id == job, RatingRow.opened_at.is_(None))
    opened = session.execute(
        closed.values(opened_at=now).returning(RatingRow.about_id, RatingRow.side, RatingRow.matter, RatingRow.manner)
    ).all()
    for about, side, matter, manner in opened:
        if side == Side.CUSTOMER:
            specialists.count_rating(session, PersonId(about), Marks(matter, manner).stars)
    return len(opened)
