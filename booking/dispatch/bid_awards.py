"""The end of a round: the job given to one of the bidders, or to nobody; and everybody told how it ended for them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.availability.rules import HoldOver, SlotTaken
from booking.dispatch.bid_rules import (
    STANDING,
    Announced,
    BidState,
    Lost,
    NextStep,
    RoundState,
    Void,
    succession,
)
from booking.dispatch.bid_tables import Bid, BidRound
from booking.jobs import actions as jobs
from booking.jobs import terms
from booking.jobs.changes import Columns
from booking.jobs.rules import Actor
from booking.jobs.tables import Job
from booking.jobs.words import Event, State
from booking.pricing.awarding import agreed
from marketplace.foundation import audit
from marketplace.foundation.ids import PersonId, derived
from marketplace.foundation.money import Money
from marketplace.foundation.news import announce
from marketplace.foundation.outbox import enqueue
from marketplace.notices import actions as notices
from payments.ledger.rules import DebtLimitReached

LETTERS = {
    BidState.AWARDED: "bid_awarded",
    BidState.REJECTED: "bid_not_awarded",
    BidState.EXPIRED: "bids_void",
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a round stands after a verb; `again` when it stood so before."""

    round_id: UUID
    job_id: UUID
    state: RoundState
    bid_id: UUID | None = None
    void: Void | None = None
    again: bool = False


def award_by(
    session: Session,
    job: Job,
    row: BidRound,
    *,
    actor: Actor,
    command_id: UUID,
    now: datetime,
    chosen: UUID | None = None,
) -> None:
    """Give the job to who was chosen, or to the first; while their time is gone, to the next. Void when nobody is left.

    The caller holds the locks of the job and of the round.
    """
    bids = {each.id: each for each in bids_of(session, row.id) if each.state in STANDING}
    for id in succession(list(bids), chosen):
        lost = _assign(session, job, row, bids[id], actor=actor, command_id=command_id, now=now)
        if lost is None:
            _won(session, row, bids, id, actor=actor, deviates=id == chosen != next(iter(bids)), now=now)
            return
        _end(bids[id], BidState.REJECTED, now=now, because=lost)
    end_void(session, job, row, Void.NOBODY_FREE, now=now)


def end_void(session: Session, job: Job, row: BidRound, why: Void, *, now: datetime) -> None:
    """The round comes to nothing: bids expire, and an open job is looked after as it was before."""
    for each in bids_of(session, row.id):
        if each.state in STANDING:
            _end(each, BidState.EXPIRED, now=now)
            each.sealed_amount = None
    goes_on = job.state == State.OPEN
    row.state, row.void_reason, row.ended_at = RoundState.VOID.value, why.value, now
    row.next_step = (NextStep.SEARCH if goes_on else NextStep.NONE).value
    session.flush()
    if row.closed_at is None:
        destroy_key(session, row)
    audit.record(
        session, action="dispatch.round_void", actor=None, subject=None, reason=None, now=now, round=row.id,
        why=why.value, next=row.next_step,
    )  # fmt: skip
    if goes_on:
        enqueue(session, "dispatch.match", key=derived("match_after_round", row.id), id=job.id)
    _tell(session, row, now=now)


def destroy_key(session: Session, row: BidRound) -> None:
    """Nothing lies under the round's key any more: it is destroyed once this has committed."""
    if row.sealed:
        enqueue(session, "dispatch.destroy_round_key", key=derived("destroy_round_key", row.id), id=row.id)


def bids_of(session: Session, round_id: UUID) -> Sequence[Bid]:
    """The round's bids, locked; the ranked ones first, in their order."""
    asked = select(Bid).where(Bid.round_id == round_id).order_by(Bid.rank.nulls_last(), Bid.id).with_for_update()
    return session.scalars(asked.execution_options(populate_existing=True)).all()


def announced_of(row: BidRound) -> Announced:
    """What the round said before it opened."""
    return Announced(
        row.sealed, row.opens_at, row.closes_at, row.minimum_bids, row.value_of_minute, row.quality_hundredths,
        row.may_deviate,
    )  # fmt: skip


def outcome(row: BidRound, *, again: bool = False) -> Outcome:
    """How the round stands."""
    void = None if row.void_reason is None else Void(row.void_reason)
    return Outcome(row.id, row.job_id, RoundState(row.state), row.awarded_bid_id, void, again)


def _assign(
    session: Session, job: Job, row: BidRound, bid: Bid, *, actor: Actor, command_id: UUID, now: datetime
) -> Lost | None:
    """The job at the price that was bid, to the bidder, or why not: the same locks, days and wallets as any other."""
    made = terms.from_document(job.quote or {})
    price = Money(bid.amount_minor or 0, row.currency)
    quote = agreed(made.quote, price, made.price)
    columns: Columns = {
        "quote": terms.document(replace(made, quote=quote)), "quote_hash": quote.hash, "price_minor": price.minor,
    }  # fmt: skip
    try:
        with session.begin_nested():
            jobs.carry_out(
                session, job, Event.ASSIGN, actor=actor, command_id=command_id, now=now, columns=columns,
                facts={"specialist_id": bid.specialist_id, "award_minor": price.minor},
            )  # fmt: skip
    except (SlotTaken, HoldOver):
        lost = Lost.OVERLAP
    except DebtLimitReached:
        lost = Lost.CASH_DEBT
    else:
        return None
    session.refresh(job)
    session.refresh(row)
    return lost


def _won(
    session: Session,
    row: BidRound,
    bids: dict[UUID, Bid],
    winner: UUID,
    *,
    actor: Actor,
    deviates: bool,
    now: datetime,
) -> None:
    for id, each in bids.items():
        if id == winner:
            _end(each, BidState.AWARDED, now=now)
        elif each.state in STANDING:
            _end(each, BidState.REJECTED, now=now, because=Lost.CHOSEN_OTHER if deviates else Lost.OUTRANKED)
    row.state, row.awarded_bid_id, row.awarded_by, row.ended_at = (
        RoundState.AWARDED.value, winner, actor.person_id, now,
    )  # fmt: skip
    session.flush()
    audit.record(
        session, action="dispatch.round_awarded", actor=actor.person_id, subject=bids[winner].specialist_id,
        reason=None, now=now, round=row.id, bid=winner, rank=bids[winner].rank,
    )  # fmt: skip
    _tell(session, row, now=now)


def _end(bid: Bid, state: BidState, *, now: datetime, because: Lost | None = None) -> None:
    bid.state, bid.ended_at = state.value, now
    bid.lost_because = None if because is None else because.value


def _tell(session: Session, row: BidRound, *, now: datetime) -> None:
    """Everybody whose bid has ended with the round, by letter; open pages of it look again."""
    for each in bids_of(session, row.id):
        letter = LETTERS.get(BidState(each.state))
        who = PersonId(each.specialist_id)
        if letter is not None:
            key = derived("letter", letter, row.id, who)
            notices.send(session, to=who, letter=letter, key=key, now=now, round=row.id)
        announce(session, "offers", who)
