"""Offers as their readers may see them, and why somebody was asked or was not."""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from booking.dispatch import candidates, peers, replaying, versions
from booking.dispatch.rules import (
    ANSWER_GRACE,
    GIVEN_BACK,
    LIVE,
    OfferNotFound,
    OfferState,
    decide,
    is_over,
    obstacle,
)
from booking.dispatch.scoring import Term
from booking.dispatch.tables import DecisionRow, Offer
from booking.jobs import queries as jobs
from booking.jobs.crew_queries import CrewView, crew_of, part_of
from booking.jobs.queries import OfferedJob
from booking.jobs.rules import SYSTEM
from marketplace.foundation.ids import JobId, OfferId, PersonId
from marketplace.organizations.queries import home


@dataclass(frozen=True, slots=True)
class OfferView:
    """An offer on the screen of the person it was made to: area, time, work, pay, and why they are asked."""

    id: OfferId
    job: OfferedJob
    state: OfferState
    mode: str
    rank: int
    reasons: tuple[Term, ...]
    sent_at: datetime | None
    expires_at: datetime
    answered_at: datetime | None
    reason_code: str | None  # why it is over: taken, called_off, overlap, cash_debt, or their own reason to decline
    won: bool
    seat: int = 1
    crew: CrewView | None = None  # of a job that takes several people; the pay is this seat's

    def is_open(self, now: datetime) -> bool:
        """Whether it can still be answered."""
        return self.state in LIVE and not is_over(self.expires_at, now)


@dataclass(frozen=True, slots=True)
class OfferLine:
    """An offer as the desk sees it."""

    id: OfferId
    specialist: PersonId
    seat: int
    round: int
    rank: int
    mode: str
    state: OfferState
    score_hundredths: int
    reasons: tuple[Term, ...]
    sent_at: datetime | None
    seen_at: datetime | None
    answered_at: datetime | None
    reason_code: str | None


@dataclass(frozen=True, slots=True)
class Why:
    """Why somebody stands where they stand for a job: the rule that excludes them, or the terms of their score."""

    specialist: PersonId
    excluded_by: str | None
    terms: tuple[Term, ...]


def offers_of(session: Session, specialist: PersonId, *, now: datetime) -> list[OfferView]:
    """What somebody may answer now, the soonest to end first. The truth at any time, also after a lost reply."""
    asked = select(Offer).where(
        Offer.specialist_id == specialist, Offer.state.in_(LIVE), Offer.expires_at > now - ANSWER_GRACE
    )
    return [_view(session, row) for row in session.scalars(asked.order_by(Offer.expires_at))]


def offer(session: Session, offer_id: UUID, specialist: PersonId) -> OfferView:
    """One offer of one's own, whatever became of it. Refuses OfferNotFound."""
    row = session.scalars(select(Offer).where(Offer.id == offer_id, Offer.specialist_id == specialist)).one_or_none()
    if row is None:
        raise OfferNotFound()
    return _view(session, row)


def past_offers(session: Session, specialist: PersonId, *, now: datetime, limit: int = 30) -> list[OfferView]:
    """What somebody was offered and is over, newest first, with the reasons for which they were asked."""
    asked = select(Offer).where(
        Offer.specialist_id == specialist, or_(Offer.state.not_in(LIVE), Offer.expires_at <= now - ANSWER_GRACE)
    )
    rows = session.scalars(asked.order_by(Offer.created_at.desc(), Offer.id).limit(limit))
    return [_view(session, row) for row in rows]


def once_had(session: Session, job_id: UUID, specialist: PersonId) -> bool:
    """Whether this person accepted this job at some time, whoever has it now."""
    mine = select(Offer.id).where(
        Offer.job_id == job_id,
        Offer.specialist_id == specialist,
        or_(Offer.state == OfferState.ACCEPTED, Offer.reason_code == GIVEN_BACK),
    )
    return session.scalar(mine.limit(1)) is not None


def offers_for(session: Session, job_id: UUID) -> list[OfferLine]:
    """Everybody who was asked for a job, in the order of asking; for the desk."""
    rows = session.scalars(select(Offer).where(Offer.job_id == job_id).order_by(Offer.round, Offer.rank, Offer.id))
    return [
        OfferLine(
            id=OfferId(row.id),
            specialist=PersonId(row.specialist_id),
            seat=row.seat,
            round=row.round,
            rank=row.rank,
            mode=row.mode,
            state=OfferState(row.state),
            score_hundredths=row.score_hundredths,
            reasons=_terms(row),
            sent_at=row.sent_at,
            seen_at=row.seen_at,
            answered_at=row.answered_at,
            reason_code=row.reason_code,
        )
        for row in rows
    ]


def why(session: Session, job_id: UUID, specialist: PersonId, *, now: datetime) -> Why:
    """The first hard rule that excludes somebody from a job, or else their score term by term (dispatch.md §4)."""
    job = jobs.for_desk(session, job_id, SYSTEM, now=now)
    minutes = jobs.as_offered(session, job_id).minutes
    search = candidates.search_of(session, job, minutes, now=now)
    facts = candidates.one(session, search, specialist, round=0, now=now)
    rule = obstacle(facts)
    if rule is not None:
        return Why(specialist, rule, ())
    weights = versions.in_force(session, home(session).id).policy.weights
    beside = peers.of(session, search, now=now).rate
    return Why(specialist, None, decide([facts], seed=0, weights=weights, group_rate=beside).ranked[0].terms)


def decisions_replay(session: Session, job_id: UUID) -> bool:
    """Whether every decision about a job gives its result again from what was stored."""
    rows = session.scalars(select(DecisionRow).where(DecisionRow.job_id == job_id)).all()
    return not replaying.differing(session, rows)


def open_searches(session: Session) -> list[JobId]:
    """Jobs somebody is being asked for right now."""
    return [JobId(id) for id in session.scalars(select(Offer.job_id).where(Offer.state.in_(LIVE)).distinct())]


def _view(session: Session, row: Offer) -> OfferView:
    job = jobs.as_offered(session, row.job_id)
    return OfferView(
        id=OfferId(row.id),
        job=replace(job, pay=part_of(session, row.job_id, job.pay, row.seat)),
        seat=row.seat,
        crew=crew_of(session, row.job_id),
        state=OfferState(row.state),
        mode=row.mode,
        rank=row.rank,
        reasons=_terms(row),
        sent_at=row.sent_at,
        expires_at=row.expires_at,
        answered_at=row.answered_at,
        reason_code=row.reason_code,
        won=row.state == OfferState.ACCEPTED,
    )


def _terms(row: Offer) -> tuple[Term, ...]:
    return tuple(msgspec.convert(each, Term) for each in row.reasons)
