"""Rounds of bids as their readers may see them.

Before a sealed round closes, amounts are told to nobody but each bidder their own: the house sees how many have bid.
After it, the house sees every bid, and a bidder their rank, their own terms and the rule; never a name, and never
another's amount of a sealed round.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, exists, func, select
from sqlalchemy.orm import Session

from booking.dispatch.bid_awards import announced_of
from booking.dispatch.bid_rules import (
    STANDING,
    UNFINISHED,
    Announced,
    BidState,
    Entry,
    NextStep,
    RankedBid,
    RoundNotFound,
    RoundState,
    Void,
    rank,
)
from booking.dispatch.bid_tables import Bid, BidInvited, BidRound
from booking.dispatch.bidding import own_amount, own_note
from booking.dispatch.scoring import Term
from booking.jobs import queries as jobs
from booking.jobs import terms
from booking.jobs.tables import Job
from booking.jobs.words import State
from booking.pricing.rules import Pay
from marketplace.catalogue.rules import Answer
from marketplace.foundation import vault
from marketplace.foundation.audit import Journal
from marketplace.foundation.ids import JobId, PersonId, ServiceId, ZoneId
from marketplace.foundation.money import Money


@dataclass(frozen=True, slots=True)
class BidLine:
    """A bid as the house sees it: without its amount while a sealed round is open."""

    id: UUID
    specialist: PersonId
    state: BidState
    amount: Money | None
    rank: int | None
    terms: tuple[Term, ...]
    travel_minutes: int
    basis: str
    note: str
    lost_because: str | None
    final_at: datetime


@dataclass(frozen=True, slots=True)
class RoundView:
    """A round for dispatchers and managers. `lines` is empty while a sealed round is open."""

    id: UUID
    job: JobId
    number: str
    service: ServiceId
    zone: ZoneId | None
    window_start: datetime
    window_end: datetime
    state: RoundState
    announced: Announced
    least: Money
    most: Money
    invited: int
    standing: int
    lines: tuple[BidLine, ...]
    made_by: PersonId
    awarded: UUID | None
    awarded_by: PersonId | None
    words: str  # why another than the first was chosen
    void: Void | None
    next_step: NextStep | None


@dataclass(frozen=True, slots=True)
class MyBid:
    """One's own bid, and how it ended."""

    id: UUID
    state: BidState
    amount: Money
    pay: Pay
    note: str
    revisions: int
    final_at: datetime
    rank: int | None
    terms: tuple[Term, ...]
    lost_because: str | None


@dataclass(frozen=True, slots=True)
class MyRound:
    """A round that somebody may bid in: area, time, work and the rule; in an open one the amounts so far, nameless.

    The job's price is not here: once the job is awarded it would be the winner's bid.
    """

    id: UUID
    job: JobId
    service: ServiceId
    zone: ZoneId
    window_start: datetime
    window_end: datetime
    minutes: int
    method: str
    work: Mapping[str, Answer]
    state: RoundState
    announced: Announced
    least: Money
    most: Money
    pay_of_most: Pay
    looking: bool  # the job still looks for somebody
    bids: int | None  # how many stand; not told while a sealed round is open
    amounts: tuple[Money, ...]
    mine: MyBid | None
    void: Void | None
    next_step: NextStep | None

    def may_bid(self, now: datetime) -> bool:
        """Whether a bid that arrives now would be looked at."""
        withdrawn = self.mine is not None and self.mine.state is BidState.WITHDRAWN
        return self.state is RoundState.OPEN and self.looking and not withdrawn and now < self.announced.closes_at


def going_on() -> ColumnElement[bool]:
    """Whether a round of the job of a question is under way: nobody else is asked meanwhile."""
    return exists().where(BidRound.job_id == Job.id, BidRound.state.in_(UNFINISHED))


def has_round(session: Session, job_id: UUID) -> bool:
    """As `going_on`, for one job."""
    mine = select(BidRound.id).where(BidRound.job_id == job_id, BidRound.state.in_(UNFINISHED))
    return session.scalar(mine) is not None


def rounds(session: Session, *, limit: int = 50) -> list[RoundView]:
    """The house's rounds, newest first."""
    asked = select(BidRound).order_by(BidRound.made_at.desc(), BidRound.id).limit(limit)
    return [
        _view(session, row, whole=False) for row in session.scalars(asked.execution_options(populate_existing=True))
    ]


def round(session: Session, round_id: UUID) -> RoundView:
    """One round for the house. Refuses RoundNotFound."""
    return _view(session, _row(session, round_id), whole=True)


def of_job(session: Session, job_id: UUID) -> UUID | None:
    """The newest round of a job."""
    asked = select(BidRound.id).where(BidRound.job_id == job_id).order_by(BidRound.made_at.desc()).limit(1)
    return session.scalar(asked)


def for_bidder(session: Session, specialist: PersonId, *, limit: int = 50) -> list[MyRound]:
    """Every round that this person may bid in or might have: those that can be answered first, then the newest."""
    asked = (
        select(BidRound)
        .join(BidInvited, BidInvited.round_id == BidRound.id)
        .where(BidInvited.specialist_id == specialist)
        .order_by((BidRound.state != RoundState.OPEN.value), BidRound.closes_at.desc(), BidRound.id)
        .limit(limit)
    )
    rows = session.scalars(asked.execution_options(populate_existing=True)).all()
    return [_mine(session, row, specialist) for row in rows]


def one_for_bidder(session: Session, round_id: UUID, specialist: PersonId) -> MyRound:
    """One round of those. Refuses RoundNotFound to whoever may not bid in it."""
    invited = select(BidInvited.round_id).where(BidInvited.round_id == round_id, BidInvited.specialist_id == specialist)
    if session.scalar(invited) is None:
        raise RoundNotFound()
    return _mine(session, _row(session, round_id), specialist)


def waiting_for(session: Session, specialist: PersonId) -> int:
    """How many open rounds this person may bid in and has not."""
    bid_already = exists().where(Bid.round_id == BidRound.id, Bid.specialist_id == specialist)
    asked = (
        select(func.count())
        .select_from(BidRound)
        .join(BidInvited, BidInvited.round_id == BidRound.id)
        .where(BidInvited.specialist_id == specialist, BidRound.state == RoundState.OPEN, ~bid_already)
    )
    return session.scalar(asked) or 0


def ranking_again(session: Session, round_id: UUID) -> bool:
    """Whether the stored ranking comes out again from what was stored."""
    row = _row(session, round_id)
    if row.ranking is None:
        return True
    entries = msgspec.convert(row.ranking["entries"], tuple[Entry, ...])
    found = rank(entries, value_of_minute=row.value_of_minute, quality_hundredths=row.quality_hundredths)
    return found == msgspec.convert(row.ranking["ranked"], tuple[RankedBid, ...])


def _row(session: Session, round_id: UUID) -> BidRound:
    asked = select(BidRound).where(BidRound.id == round_id).execution_options(populate_existing=True)
    row = session.scalars(asked).one_or_none()
    if row is None:
        raise RoundNotFound()
    return row


def _bids(session: Session, row: BidRound) -> list[Bid]:
    asked = select(Bid).where(Bid.round_id == row.id).order_by(Bid.rank.nulls_last(), Bid.final_at, Bid.id)
    return list(session.scalars(asked.execution_options(populate_existing=True)))


def _view(session: Session, row: BidRound, *, whole: bool) -> RoundView:
    job = session.get_one(Job, row.job_id)
    bids = _bids(session, row)
    invited = session.scalar(select(func.count()).where(BidInvited.round_id == row.id)) or 0
    is_secret = row.sealed and row.closed_at is None
    if job.window_start is None or job.window_end is None:
        raise RoundNotFound()
    return RoundView(
        id=row.id,
        job=JobId(job.id),
        number=job.number,
        service=ServiceId(job.service_id),
        zone=None if job.zone_id is None else ZoneId(job.zone_id),
        window_start=job.window_start,
        window_end=job.window_end,
        state=RoundState(row.state),
        announced=announced_of(row),
        least=Money(row.least_minor, row.currency),
        most=Money(row.most_minor, row.currency),
        invited=invited,
        standing=sum(1 for each in bids if each.state in STANDING),
        lines=tuple(_line(row, each) for each in bids) if whole and not is_secret else (),
        made_by=PersonId(row.made_by),
        awarded=row.awarded_bid_id,
        awarded_by=None if row.awarded_by is None else PersonId(row.awarded_by),
        words=_words(session, row) if whole else "",
        void=None if row.void_reason is None else Void(row.void_reason),
        next_step=None if row.next_step is None else NextStep(row.next_step),
    )


def _line(row: BidRound, each: Bid) -> BidLine:
    return BidLine(
        id=each.id,
        specialist=PersonId(each.specialist_id),
        state=BidState(each.state),
        amount=None if each.amount_minor is None else Money(each.amount_minor, row.currency),
        rank=each.rank,
        terms=_terms(each),
        travel_minutes=each.travel_minutes,
        basis=each.basis,
        note="" if row.closed_at is None else _note(each),
        lost_because=each.lost_because,
        final_at=each.final_at,
    )


def _note(each: Bid) -> str:
    try:
        return own_note(each)
    except vault.Erased:
        return ""


def _words(session: Session, row: BidRound) -> str:
    entry = None if row.deviation_id is None else session.get(Journal, row.deviation_id)
    if entry is None or entry.reason is None or entry.reason_by is None:
        return ""
    try:
        return vault.unseal(entry.reason_by, vault.place("journal", "reason", entry.id), entry.reason)
    except vault.Erased:
        return ""


def _terms(each: Bid) -> tuple[Term, ...]:
    return tuple(msgspec.convert(term, Term) for term in each.terms or ())


def _mine(session: Session, row: BidRound, specialist: PersonId) -> MyRound:
    job = jobs.as_offered(session, row.job_id)
    known = session.get_one(Job, row.job_id)
    bids = _bids(session, row)
    own = next((each for each in bids if each.specialist_id == specialist), None)
    counted = [each for each in bids if each.state != BidState.WITHDRAWN]
    amounts = sorted(each.amount_minor for each in counted if each.amount_minor is not None)
    made = terms.from_document(known.quote or {})
    most = Money(row.most_minor, row.currency)
    return MyRound(
        id=row.id,
        job=job.id,
        service=job.service,
        zone=job.zone,
        window_start=job.window_start,
        window_end=job.window_end,
        minutes=job.minutes,
        method=job.method,
        work=job.work,
        state=RoundState(row.state),
        announced=announced_of(row),
        least=Money(row.least_minor, row.currency),
        most=most,
        pay_of_most=terms.net_pay(made, most),
        looking=known.state == State.OPEN,
        bids=None if row.sealed and row.closed_at is None else len(counted),
        amounts=() if row.sealed else tuple(Money(each, row.currency) for each in amounts),
        mine=None if own is None else _own(row, own, made),
        void=None if row.void_reason is None else Void(row.void_reason),
        next_step=None if row.next_step is None else NextStep(row.next_step),
    )


def _own(row: BidRound, mine: Bid, made: terms.Terms) -> MyBid:
    amount = Money(own_amount(mine), row.currency)
    return MyBid(
        id=mine.id,
        state=BidState(mine.state),
        amount=amount,
        pay=terms.net_pay(made, amount),
        note=own_note(mine),
        revisions=mine.revisions,
        final_at=mine.final_at,
        rank=mine.rank,
        terms=_terms(mine),
        lost_because=mine.lost_because,
    )
