"""The house's verbs for a round of bids: announce, open, close, award, take back.

One lock order: the job's row, the round's, its bids, people's days, wallets. An award runs the steps of an acceptance
(dispatch.md §6, §7): `jobs` moves by the event of an assignment, at the price that was bid.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from booking.dispatch import asking, bid_people, bid_rules
from booking.dispatch.actions import note_given_back, withdraw_others
from booking.dispatch.bid_awards import Outcome, announced_of, award_by, bids_of, destroy_key, end_void, outcome
from booking.dispatch.bid_rules import (
    CLOSES_AFTER,
    SHORTEST,
    STANDING,
    UNFINISHED,
    Announced,
    BidState,
    Entry,
    JobHasARound,
    JobNotOpen,
    NoBidsForCrews,
    NobodyMayBid,
    NoTimeForBids,
    RoundClosed,
    RoundNotFound,
    RoundOver,
    RoundState,
    StillOpen,
    Void,
)
from booking.dispatch.bid_tables import Bid, BidInvited, BidRound
from booking.dispatch.bidding import sealed_place
from booking.jobs import actions as jobs
from booking.jobs import record, terms, timers
from booking.jobs.rules import SYSTEM, Actor
from booking.jobs.tables import Job
from booking.jobs.words import State
from marketplace.foundation import audit, vault
from marketplace.foundation.ids import PersonId, derived
from marketplace.foundation.money import Money
from marketplace.foundation.news import announce as tell
from marketplace.foundation.outbox import enqueue
from marketplace.notices import actions as notices


def announce(session: Session, job_id: UUID, announced: Announced, *, actor: Actor, now: datetime) -> UUID:
    """Announce a round for an open job, and open it when its time has come; the search of others rests meanwhile.

    Refuses JobNotFound, JobNotOpen, NoBidsForCrews, JobHasARound, NoTimeForBids, RoundTimes, RoundNumbers,
    NobodyMayBid.
    """
    row = record.locked(session, job_id)
    if row.state != State.OPEN or row.specialist_id is not None or row.quote is None or row.price_minor is None:
        raise JobNotOpen()
    if row.seats > 1:
        raise NoBidsForCrews(row.seats)
    going_on = select(BidRound.id).where(BidRound.job_id == job_id, BidRound.state.in_(UNFINISHED))
    if session.scalar(going_on) is not None:
        raise JobHasARound()
    _check(session, row, announced, now=now)
    number = session.scalar(select(func.count()).where(BidRound.job_id == job_id)) or 0
    made = BidRound(
        id=derived("bid_round", job_id, number), job_id=job_id, made_by=actor.person_id, made_at=now,
        least_minor=_least(row), most_minor=row.price_minor, currency=row.currency,
        eligibility=bid_people.question(asking.search_for(session, row, now=now)), state=RoundState.SCHEDULED.value,
        **asdict(announced),
    )  # fmt: skip
    session.add(made)
    session.flush()
    note_given_back(session, job_id)
    withdraw_others(session, job_id, but=None, now=now, reason="bids")
    audit.record(
        session, action="dispatch.round_announced", actor=actor.person_id, subject=None, reason=None, now=now,
        round=made.id, job=job_id, sealed=made.sealed, may_deviate=made.may_deviate,
    )  # fmt: skip
    enqueue(
        session, "dispatch.close_round", due_at=made.closes_at + CLOSES_AFTER, key=derived("close_round", made.id),
        id=made.id,
    )  # fmt: skip
    if announced.opens_at > now:
        enqueue(session, "dispatch.open_round", due_at=made.opens_at, key=derived("open_round", made.id), id=made.id)
    elif not _open(session, row, made, now=now):
        raise NobodyMayBid()
    return made.id


def open_round(session: Session, round_id: UUID, *, now: datetime) -> Outcome:
    """The time to open has come: who may bid is asked now, and told. Harmless to repeat, and before its time."""
    job, row = _locked(session, round_id)
    if row.state != RoundState.SCHEDULED or now < row.opens_at:
        return outcome(row, again=True)
    if job.state != State.OPEN:
        end_void(session, job, row, Void.CALLED_OFF, now=now)
    elif not _open(session, job, row, now=now):
        end_void(session, job, row, Void.NONE_VALID, now=now)
    return outcome(row)


def close(session: Session, round_id: UUID, *, now: datetime) -> Outcome:
    """Bidding is over: amounts are opened, bids are ranked, and where the rule decides the job is awarded.

    Harmless to repeat. Refuses RoundNotFound, StillOpen before the moment that was announced.
    """
    job, row = _locked(session, round_id)
    if row.state not in (RoundState.SCHEDULED, RoundState.OPEN):
        return outcome(row, again=True)
    if now < row.closes_at:
        raise StillOpen(row.closes_at)
    if job.state != State.OPEN:
        end_void(session, job, row, Void.CALLED_OFF, now=now)
        return outcome(row)
    row.state, row.closed_at = RoundState.CLOSED.value, now
    ranked = _rank(session, job, row, _released(session, row), now=now)
    if ranked < row.minimum_bids:
        end_void(session, job, row, Void.TOO_FEW if ranked else Void.NONE_VALID, now=now)
    elif announced_of(row).may_deviate:
        until = announced_of(row).decides_until
        enqueue(session, "dispatch.decide_round", due_at=until, key=derived("decide_round", row.id), id=row.id)
        for each in bids_of(session, row.id):
            tell(session, "offers", each.specialist_id)
    else:
        award_by(session, job, row, actor=SYSTEM, command_id=derived("award", row.id), now=now)
    return outcome(row)


def award(
    session: Session,
    round_id: UUID,
    *,
    actor: Actor,
    command_id: UUID,
    now: datetime,
    bid_id: UUID | None = None,
    words: str | None = None,
) -> Outcome:
    """Give the job to the first of the ranking, or to `bid_id` with a reason in words where the round allows that.

    If their time is gone, the next of the ranking has it, and both are told. Twice is once. Refuses RoundNotFound,
    StillOpen, RoundOver (void, or awarded to another than was asked for), BidNotFound, MayNotDeviate,
    AwardNeedsReason.
    """
    job, row = _locked(session, round_id)
    if row.state == RoundState.AWARDED and bid_id in (None, row.awarded_bid_id):
        return outcome(row, again=True)
    if row.state in (RoundState.AWARDED, RoundState.VOID):
        raise RoundOver()
    if row.state != RoundState.CLOSED:
        raise StillOpen(row.closes_at)
    if job.state != State.OPEN:
        end_void(session, job, row, Void.CALLED_OFF, now=now)
        return outcome(row)
    ranked = [each.id for each in bids_of(session, row.id) if each.state in STANDING]
    if bid_rules.check_choice(announced_of(row), ranked, bid_id, words):
        row.deviation_id = audit.record(
            session, action="dispatch.award_deviates", actor=actor.person_id, subject=None, reason=words, now=now,
            round=row.id, bid=bid_id,
        )  # fmt: skip
    award_by(session, job, row, actor=actor, command_id=command_id, now=now, chosen=bid_id)
    return outcome(row)


def decide(session: Session, round_id: UUID, *, now: datetime) -> Outcome:
    """Nobody has decided in the time that was announced, so the rule does. Harmless to repeat, and before its time."""
    _, row = _locked(session, round_id)
    if row.state != RoundState.CLOSED or now < announced_of(row).decides_until:
        return outcome(row, again=True)
    return award(session, round_id, actor=SYSTEM, command_id=derived("award", round_id), now=now)


def stop(session: Session, round_id: UUID, *, actor: Actor, now: datetime) -> Outcome:
    """Take a round back before it closes; the search goes on, and who has bid is told. Twice is once.

    Refuses RoundNotFound, RoundClosed once what was bid stands.
    """
    job, row = _locked(session, round_id)
    if row.state == RoundState.VOID and row.void_reason == Void.STOPPED:
        return outcome(row, again=True)
    if row.state not in (RoundState.SCHEDULED, RoundState.OPEN) or now >= row.closes_at:
        raise RoundClosed()
    audit.record(
        session, action="dispatch.round_stopped", actor=actor.person_id, subject=None, reason=None, now=now,
        round=row.id,
    )  # fmt: skip
    end_void(session, job, row, Void.STOPPED, now=now)
    return outcome(row)


def call_off(session: Session, job_id: UUID, *, now: datetime) -> None:
    """The job no longer looks for anybody: a round that is under way is over, and who has bid is told."""
    going_on = select(BidRound.id).where(BidRound.job_id == job_id, BidRound.state.in_(UNFINISHED))
    round_id = session.scalar(going_on)
    if round_id is None:
        return
    job, row = _locked(session, round_id)
    if row.state in UNFINISHED and job.state != State.OPEN:
        end_void(session, job, row, Void.CALLED_OFF, now=now)


def _locked(session: Session, round_id: UUID) -> tuple[Job, BidRound]:
    """The job and the round, both ours until the transaction ends, the job first."""
    job_id = session.scalar(select(BidRound.job_id).where(BidRound.id == round_id))
    if job_id is None:
        raise RoundNotFound()
    job = record.locked(session, job_id)
    asked = select(BidRound).where(BidRound.id == round_id).with_for_update()
    return job, session.scalars(asked.execution_options(populate_existing=True)).one()


def _check(session: Session, row: Job, announced: Announced, *, now: datetime) -> None:
    standing = record.standing(row, now=now)
    ends = timers.expires_at(standing, jobs.time_rules(session), submitted_at=row.submitted_at)
    if ends is None:
        raise JobNotOpen()
    if ends < now + 2 * SHORTEST:
        raise NoTimeForBids(ends)
    bid_rules.check(announced, ends=ends, now=now)


def _least(row: Job) -> int:
    """The smallest bid that the house's promise and the commission leave something of for the bidder."""
    price, made = row.price_minor or 0, terms.from_document(row.quote or {})
    brings = bisect_left(
        range(1, price + 1), 1, key=lambda minor: terms.net_pay(made, Money(minor, row.currency)).net.minor
    )
    return max(brings + 1, (row.promo_minor or 0) + 1)


def _open(session: Session, job: Job, row: BidRound, *, now: datetime) -> bool:
    """Ask the announced question, keep its answers, tell them. False when nobody may bid."""
    people = bid_people.allowed(session, asking.search_for(session, job, now=now))
    if not people:
        return False
    row.state, row.opened_at = RoundState.OPEN.value, now
    session.add_all(BidInvited(round_id=row.id, specialist_id=each) for each in people)
    session.flush()
    for each in people:
        notices.send(
            session, to=each, letter="bids_opened", key=derived("letter", "bids_opened", row.id, each), now=now,
            round=row.id,
        )  # fmt: skip
        tell(session, "offers", each)
    return True


def _released(session: Session, row: BidRound) -> Sequence[Bid]:
    """The bids that stand, with their amounts: the round's key opens them now, and is destroyed afterwards."""
    standing = [each for each in bids_of(session, row.id) if each.state in STANDING]
    for each in standing:
        if each.sealed_amount is not None:
            each.amount_minor = int(vault.unseal(row.id, sealed_place(each.id), each.sealed_amount))
            each.sealed_amount = None
    destroy_key(session, row)
    return standing


def _rank(session: Session, job: Job, row: BidRound, bids: Sequence[Bid], *, now: datetime) -> int:
    """Rank the valid bids, and store what they were ranked from; those of whoever may bid no longer are rejected."""
    search = asking.search_for(session, job, now=now)
    people = bid_people.allowed(session, search, only=[each.specialist_id for each in bids])
    out = [each for each in bids if each.specialist_id not in people]
    why = bid_people.reasons(session, search, [each.specialist_id for each in out], now=now)
    for each in out:
        each.state, each.lost_because, each.ended_at = BidState.REJECTED.value, why[each.specialist_id], now
    entries = []
    for each in bids:
        who = people.get(PersonId(each.specialist_id))
        if who is not None and each.amount_minor is not None:
            entries.append(
                Entry(each.id, each.amount_minor, each.travel_minutes, who.rating_hundredths, who.rating_count,
                      each.final_at)
            )  # fmt: skip
    ranked = bid_rules.rank(entries, value_of_minute=row.value_of_minute, quality_hundredths=row.quality_hundredths)
    row.ranking = {"entries": _plain(entries), "ranked": _plain(ranked)}
    by_id = {each.id: each for each in bids}
    for place, found in enumerate(ranked, start=1):
        mine = by_id[found.bid_id]
        mine.rank, mine.score_hundredths, mine.terms = place, found.score_hundredths, _plain(found.terms)
    session.flush()
    return len(ranked)


def _plain(content: object) -> list[Any]:
    """As the database gives it back."""
    values: list[Any] = msgspec.json.decode(msgspec.json.encode(content))
    return values
