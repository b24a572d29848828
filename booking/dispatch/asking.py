"""Offers as they are made and as they run out, whichever rung of the ladder makes them.

The caller holds the lock of the job.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from booking.dispatch import candidates
from booking.dispatch.candidates import Search
from booking.dispatch.rules import ANSWER_GRACE, LIVE, OfferState, Ranked, Rung, is_over
from booking.dispatch.tables import Offer
from booking.jobs import actions as jobs
from booking.jobs import queries
from booking.jobs.rules import SYSTEM
from booking.jobs.tables import Job
from booking.jobs.words import Event, State
from marketplace.foundation.ids import PersonId, derived
from marketplace.foundation.news import announce
from marketplace.foundation.outbox import enqueue
from marketplace.notices import actions as notices

MOMENT = timedelta(seconds=1)


def offer_to(
    session: Session,
    row: Job,
    ranked: Iterable[tuple[int, Ranked]],
    rung: Rung,
    *,
    round: int,
    most: int,
    decision_id: UUID,
    now: datetime,
    seat: int = 1,
) -> list[UUID]:
    """Offer an open job, or one seat of its crew, to the first `most` of these who have no exclusive offer on their
    screen; each with the place they have in the ranking."""
    made: list[UUID] = []
    for rank, each in ranked:
        if len(made) == most:
            break
        of_seat = () if seat == 1 else (seat,)
        id = derived("offer", row.id, round, each.specialist_id, *of_seat)
        if _insert(session, id, row, each, rung, round=round, rank=rank, decision_id=decision_id, now=now, seat=seat):
            _tell(session, row, id, PersonId(each.specialist_id), rung, now=now)
            made.append(id)
    return made


def end_overdue(session: Session, row: Job, *, now: datetime) -> None:
    """Offers of this job whose time is over are over."""
    live = select(Offer).where(Offer.job_id == row.id, Offer.state.in_(LIVE)).order_by(Offer.id).with_for_update()
    for offer in session.scalars(live.execution_options(populate_existing=True)).all():
        if is_over(offer.expires_at, now):
            expired(session, row, offer, now=now)


def expired(session: Session, row: Job, offer: Offer, *, now: datetime) -> None:
    """This locked offer ran out."""
    offer.state, offer.answered_at = OfferState.EXPIRED.value, now
    session.flush()
    announce(session, "offers", offer.specialist_id)
    if row.state == State.OPEN:
        jobs.carry_out(
            session, row, Event.EXPIRE_OFFER, actor=SYSTEM, command_id=derived("offer_expired", offer.id), now=now,
            facts={"offer_id": offer.id, "specialist_id": offer.specialist_id},
        )  # fmt: skip


def asked(session: Session, job_id: UUID, round: int, *, seat: int = 1) -> tuple[int, int]:
    """How many offers of this round are live, and how many were made."""
    counted = select(func.count().filter(Offer.state.in_(LIVE)), func.count()).where(
        Offer.job_id == job_id, Offer.round == round, Offer.seat == seat
    )
    live, made = session.execute(counted).one()
    return live, made


def search_for(session: Session, row: Job, *, now: datetime, seat: int | None = None) -> Search:
    """The job, or one seat of its crew, as a question to people's days."""
    job = queries.for_desk(session, row.id, SYSTEM, now=now)
    return candidates.search_of(session, job, row.minutes or 0, now=now, seat=seat)


def _insert(
    session: Session,
    id: UUID,
    row: Job,
    each: Ranked,
    rung: Rung,
    *,
    round: int,
    rank: int,
    decision_id: UUID,
    now: datetime,
    seat: int,
) -> bool:
    """One offer; not written when the person has another exclusive offer meanwhile, or was asked in this round."""
    values = {
        "id": id,
        "job_id": row.id,
        "seat": seat,
        "round": round,
        "specialist_id": each.specialist_id,
        "decision_id": decision_id,
        "mode": rung.mode.value,
        "rank": rank,
        "exclusive": rung.exclusive,
        "state": OfferState.SENT.value,
        "reasons": msgspec.to_builtins(each.terms),
        "score_hundredths": each.score_hundredths,
        "created_at": now,
        "sent_at": now,
        "expires_at": now + timedelta(seconds=rung.seconds),
    }
    written = session.scalar(insert(Offer).values(values).on_conflict_do_nothing().returning(Offer.id))
    return written is not None


def _tell(session: Session, row: Job, offer_id: UUID, specialist: PersonId, rung: Rung, *, now: datetime) -> None:
    if row.state == State.OPEN:
        jobs.carry_out(
            session, row, Event.OFFER, actor=SYSTEM, command_id=derived("offer_event", offer_id), now=now,
            facts={"offer_id": offer_id, "specialist_id": specialist},
        )  # fmt: skip
    notices.send(session, to=specialist, letter="offer", key=offer_id, now=now, job=row.id, offer=offer_id)
    announce(session, "offers", specialist)
    due = now + timedelta(seconds=rung.seconds) + ANSWER_GRACE + MOMENT
    enqueue(session, "dispatch.expire_offer", due_at=due, key=derived("expire", offer_id), id=offer_id)
