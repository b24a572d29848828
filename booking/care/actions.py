"""Rate a job; open its ratings."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from booking.care import queries
from booking.care.rules import Marks, NotToBeRated, RatedAlready, Rating, Side, check, check_time
from booking.care.tables import RatingRow
from booking.jobs import queries as jobs
from booking.jobs.crew_queries import crew_of
from booking.jobs.rules import JobNotFound
from booking.jobs.words import State
from marketplace.foundation import outbox, vault
from marketplace.foundation.ids import JobId, PersonId, derived
from marketplace.specialists import actions as specialists

RATEABLE = frozenset({State.APPROVED, State.CLOSED})


def rate(
    session: Session,
    *,
    job: JobId,
    by: PersonId,
    marks: Marks,
    text: str | None,
    mates: Mapping[PersonId, Marks] | None = None,
    now: datetime,
) -> Rating:
    """Give the one rating of the job by this person, its customer or its specialist. The same again changes nothing.

    Of a crew, the customer rates who led it, and in the same breath those of the others whom they like to: `mates`.
    When it is the second of the two sides, all open at once. Refuses JobNotFound for anybody else and for mates who
    were not there, MarkOutOfRange, RatingTextNotAllowed, NotToBeRated, RatingOver, RatedAlready.
    """
    words, others = _checked(marks, text, mates or {})
    rated = jobs.for_finance(session, job)
    if rated.customer is None or rated.specialist is None or by not in (rated.customer, rated.specialist):
        raise JobNotFound()
    if rated.state not in RATEABLE:
        raise NotToBeRated(job)
    opens_at = check_time(job, rated.approved_at, now=now)
    side = Side.CUSTOMER if by == rated.customer else Side.SPECIALIST
    about = rated.specialist if side is Side.CUSTOMER else rated.customer
    if others and (side is Side.SPECIALIST or not set(others) <= _mates(session, job, lead=rated.specialist)):
        raise JobNotFound()
    # Both sides at one moment wait for each other here, so that the later of them sees both and opens them.
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"rating:{job}", 0))))
    mine = [each for each in queries.of_job(session, job, reader=by) if each.by == by]
    if mine:
        if (mine[0].marks, mine[0].text, {each.about: each.marks for each in mine[1:]}) != (marks, words, others):
            raise RatedAlready(mine[0].given_at)
        return mine[0]
    everybody = {about: marks, **others}
    session.execute(insert(RatingRow).values(_rows(job, side, by, everybody, words, now=now)))
    outbox.enqueue(session, "care.open_ratings", due_at=opens_at, key=derived("open_ratings", job), id=job)
    sides = select(func.count(RatingRow.side.distinct())).where(RatingRow.job_id == job)
    if session.scalar(sides) == len(Side):
        open_ratings(session, job, now=now)
    return next(each for each in queries.of_job(session, job, reader=by) if each.by == by)


def _checked(
    marks: Marks, text: str | None, mates: Mapping[PersonId, Marks]
) -> tuple[str | None, dict[PersonId, Marks]]:
    words = (text or "").strip() or None
    check(marks, words)
    for each in mates.values():
        check(each, None)
    return words, dict(mates)


def _rows(
    job: JobId, side: Side, by: PersonId, everybody: Mapping[PersonId, Marks], words: str | None, *, now: datetime
) -> list[dict[str, object]]:
    """The first of them has the words."""
    first = queries.first_rating(job, side)
    rows: list[dict[str, object]] = []
    for who, marks in everybody.items():
        id = first if not rows else derived(first, who)
        said = words if not rows else None
        rows.append({
            "id": id, "job_id": job, "by_id": by, "about_id": who, "side": side, "matter": marks.matter,
            "manner": marks.manner, "given_at": now,
            "words": None if said is None else vault.seal(by, queries.words_place(id), said),
        })  # fmt: skip
    return rows


def _mates(session: Session, job: JobId, *, lead: PersonId) -> set[PersonId]:
    crew = crew_of(session, job)
    return {each.specialist for each in crew.seats if each.specialist not in (None, lead)} if crew else set()


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
