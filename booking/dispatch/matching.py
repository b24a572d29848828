"""The search for somebody: climb the ladder rung by rung, ask the best who have not been asked, give up at its end."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from booking.dispatch import candidates, decisions
from booking.dispatch.actions import note_given_back
from booking.dispatch.candidates import Search
from booking.dispatch.rules import ANSWER_GRACE, LIVE, OfferState, Ranked, Rung, is_over, ladder, round_of
from booking.dispatch.tables import Offer
from booking.jobs import actions as jobs
from booking.jobs import queries, record
from booking.jobs.rules import SYSTEM
from booking.jobs.tables import Job
from booking.jobs.words import Event, State
from marketplace.foundation.ids import PersonId, derived
from marketplace.foundation.news import announce
from marketplace.foundation.outbox import enqueue
from marketplace.notices import actions as notices
from marketplace.organizations.queries import home

MOMENT = timedelta(seconds=1)


def match(session: Session, job_id: UUID, *, now: datetime) -> list[UUID]:
    """Ask whom the ladder says, as long as the job is open; gives the new offers.

    While an offer of the present rung is live nobody else is asked beyond what the rung allows. When every rung has
    nobody left and no offer is live, the job expires and everything is given back (E.4 #33). Harmless to repeat.
    """
    row = record.locked(session, job_id)
    if row.state != State.OPEN or row.specialist_id is not None:
        return []
    note_given_back(session, row.id)
    _end_overdue(session, row, now=now)
    search = _search(session, row, now=now)
    for number, rung in enumerate(ladder(home(session).settings), start=1):
        round = round_of(row.crews, number)
        live, asked = _asked(session, row.id, round)
        wanted = min(rung.at_once - live, rung.asks_most - asked)
        made = _ask(session, row, search, rung, round=round, most=wanted, now=now) if wanted > 0 else []
        if made or live:
            return made
    _give_up(session, row, now=now)
    return []


def ask(session: Session, job_id: UUID, rung: Rung, *, round: int, now: datetime) -> list[UUID]:
    """Offer an open job to as many as this one rung asks at once: a round of a dispatcher's own making."""
    row = record.locked(session, job_id)
    if row.state != State.OPEN or row.specialist_id is not None:
        return []
    return _ask(session, row, _search(session, row, now=now), rung, round=round, most=rung.at_once, now=now)


def expire_offer(session: Session, offer_id: UUID, *, now: datetime) -> bool:
    """An offer's time is over: it is honoured a moment longer, then the next is asked. False when it was not over."""
    job_id = session.scalar(select(Offer.job_id).where(Offer.id == offer_id))
    if job_id is None:
        return False
    row = record.locked(session, job_id)
    offer = session.get_one(Offer, offer_id, with_for_update=True, populate_existing=True)
    if offer.state not in LIVE or not is_over(offer.expires_at, now):
        return False
    _expired(session, row, offer, now=now)
    enqueue(session, "dispatch.match", key=derived("match_after", offer.id), id=row.id)
    return True


def offer_to(
    session: Session,
    row: Job,
    ranked: Sequence[Ranked],
    rung: Rung,
    *,
    round: int,
    most: int,
    decision_id: UUID,
    now: datetime,
) -> list[UUID]:
    """Offer a locked, open job to the first `most` of these who have no exclusive offer on their screen."""
    made: list[UUID] = []
    for rank, each in enumerate(ranked, start=1):
        if len(made) == most:
            break
        id = derived("offer", row.id, round, each.specialist_id)
        if _insert(session, id, row, each, rung, round=round, rank=rank, decision_id=decision_id, now=now):
            _tell(session, row, id, PersonId(each.specialist_id), rung, now=now)
            made.append(id)
    return made


def _ask(session: Session, row: Job, search: Search, rung: Rung, *, round: int, most: int, now: datetime) -> list[UUID]:
    people = candidates.eligible(session, search, round=round, ask_again=rung.ask_again, now=now)
    if not people:
        return []
    id, decision = decisions.made(session, row.id, rung.mode.value, people, exclusive=rung.exclusive, now=now)
    return offer_to(session, row, decision.ranked, rung, round=round, most=most, decision_id=id, now=now)


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
) -> bool:
    """One offer; not written when the person has another exclusive offer meanwhile, or was asked in this round."""
    values = {
        "id": id,
        "job_id": row.id,
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
    jobs.carry_out(
        session, row, Event.OFFER, actor=SYSTEM, command_id=derived("offer_event", offer_id), now=now,
        facts={"offer_id": offer_id, "specialist_id": specialist},
    )  # fmt: skip
    notices.send(session, to=specialist, letter="offer", key=offer_id, now=now, job=row.id, offer=offer_id)
    announce(session, "offers", specialist)
    due = now + timedelta(seconds=rung.seconds) + ANSWER_GRACE + MOMENT
    enqueue(session, "dispatch.expire_offer", due_at=due, key=derived("expire", offer_id), id=offer_id)


def _end_overdue(session: Session, row: Job, *, now: datetime) -> None:
    live = select(Offer).where(Offer.job_id == row.id, Offer.state.in_(LIVE)).order_by(Offer.id).with_for_update()
    for offer in session.scalars(live.execution_options(populate_existing=True)).all():
        if is_over(offer.expires_at, now):
            _expired(session, row, offer, now=now)


def _expired(session: Session, row: Job, offer: Offer, *, now: datetime) -> None:
    offer.state, offer.answered_at = OfferState.EXPIRED.value, now
    session.flush()
    announce(session, "offers", offer.specialist_id)
    if row.state == State.OPEN:
        jobs.carry_out(
            session, row, Event.EXPIRE_OFFER, actor=SYSTEM, command_id=derived("offer_expired", offer.id), now=now,
            facts={"offer_id": offer.id, "specialist_id": offer.specialist_id},
        )  # fmt: skip


def _give_up(session: Session, row: Job, *, now: datetime) -> None:
    jobs.carry_out(
        session, row, Event.EXPIRE, actor=SYSTEM, command_id=derived("job", row.id, "expire"), now=now,
        facts={"reason": "nobody_found"},
    )  # fmt: skip


def _search(session: Session, row: Job, *, now: datetime) -> Search:
    job = queries.for_desk(session, row.id, SYSTEM, now=now)
    return candidates.search_of(session, job, row.minutes or 0, now=now)


def _asked(session: Session, job_id: UUID, round: int) -> tuple[int, int]:
    """How many offers of this round are live, and how many were made."""
    counted = select(func.count().filter(Offer.state.in_(LIVE)), func.count()).where(
        Offer.job_id == job_id, Offer.round == round
    )
    live, made = session.execute(counted).one()
    return live, made
