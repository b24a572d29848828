"""A bidder's verbs: bid, revise, withdraw. The round's row is shared by all who bid, and the close waits for them.

`now` is the moment at which the request arrived by the database's clock (`database.moment`), for every deadline here.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from booking.availability.pace import slowest, travel_minutes
from booking.dispatch import asking, versions
from booking.dispatch.bid_rules import (
    BidNotFound,
    BidState,
    BidWithdrawn,
    JobNotOpen,
    NotOpenYet,
    RoundNotFound,
    RoundOver,
    RoundState,
    check_amount,
    check_arrival,
)
from booking.dispatch.bid_tables import Bid, BidInvited, BidRound
from booking.dispatch.rules import begins_soon
from booking.jobs.tables import Job
from booking.jobs.words import State
from booking.tracking import queries as tracking
from booking.tracking.rules import FRESH, Basis, Switch
from marketplace.foundation import vault
from marketplace.foundation.ids import PersonId, uuid7
from marketplace.foundation.money import Money
from marketplace.foundation.places import Point
from marketplace.foundation.reading import OtherCurrency
from marketplace.foundation.sealed import Sealed
from marketplace.organizations.queries import home
from marketplace.specialists import queries as specialists
from marketplace.specialists.queries import local_day

ENDED = (RoundState.AWARDED, RoundState.VOID)


@dataclass(frozen=True, slots=True)
class Placed:
    """What became of a bid; no amount stands here, for answers are kept. `again`: it had been so before."""

    bid_id: UUID
    round_id: UUID
    state: BidState
    revisions: int
    final_at: datetime
    again: bool = False


@dataclass(frozen=True, slots=True)
class _Way:
    minutes: int
    basis: Basis
    point: Point | None  # only where the person shares it


@dataclass(frozen=True, slots=True)
class _Said:
    """A bid as it arrived."""

    amount: Money
    note: str
    way: _Way
    command_id: UUID
    now: datetime
    device_at: datetime | None


def bid(
    session: Session,
    round_id: UUID,
    amount: Money,
    *,
    specialist: PersonId,
    command_id: UUID,
    now: datetime,
    note: str = "",
    device_at: datetime | None = None,
) -> Placed:
    """Bid, or revise one's bid: `amount` is the price of the work, commission not yet taken off.

    Saying the same again changes nothing, so that the earlier arrival still counts in a tie. Refuses RoundNotFound,
    NotOpenYet, BidTooLate and BidTooLateByDevice, RoundOver, JobNotOpen, BidWithdrawn, BidOutOfBounds, OtherCurrency.
    """
    row, mine = _locked(session, round_id, specialist)
    if mine is not None and mine.command_id == command_id:
        return _placed(mine, again=True)
    _check_open(session, row, now=now, device_at=device_at)
    if mine is not None and mine.state == BidState.WITHDRAWN:
        raise BidWithdrawn()
    if amount.currency != row.currency:
        raise OtherCurrency(expected=row.currency, typed=amount.currency)
    check_amount(amount, least=Money(row.least_minor, row.currency), most=Money(row.most_minor, row.currency))
    said = _Said(amount, note, _way(session, row, specialist, now=now), command_id, now, device_at)
    if mine is None:
        mine = _submit(session, row, specialist, said)
        if mine is not None:
            return _placed(mine)
        mine = _own(session, round_id, specialist)  # the same person was quicker by another way
    if mine is None:
        raise BidNotFound()
    return _revise(session, row, mine, said)


def withdraw(session: Session, round_id: UUID, *, specialist: PersonId, command_id: UUID, now: datetime) -> Placed:
    """Take one's bid back, until the close; that is its end. Twice is once.

    Refuses RoundNotFound, BidNotFound, BidTooLate, RoundOver.
    """
    row, mine = _locked(session, round_id, specialist)
    if mine is None:
        raise BidNotFound()
    if mine.state == BidState.WITHDRAWN:
        return _placed(mine, again=True)
    _check_open(session, row, now=now, device_at=None)
    mine.state, mine.ended_at, mine.command_id = BidState.WITHDRAWN.value, now, command_id
    session.flush()
    return _placed(mine)


def sealed_place(bid_id: UUID) -> str:
    """Where the amount under the round's key stands."""
    return vault.place("bid", "sealed_amount", bid_id)


def _locked(session: Session, round_id: UUID, specialist: PersonId) -> tuple[BidRound, Bid | None]:
    """The round, shared with other bidders and not with its close, and one's own bid in it."""
    invited = select(BidInvited.round_id).where(BidInvited.round_id == round_id, BidInvited.specialist_id == specialist)
    if session.scalar(invited) is None:
        raise RoundNotFound()
    asked = select(BidRound).where(BidRound.id == round_id).with_for_update(read=True)
    row = session.scalars(asked.execution_options(populate_existing=True)).one()
    return row, _own(session, round_id, specialist)


def _own(session: Session, round_id: UUID, specialist: PersonId) -> Bid | None:
    asked = select(Bid).where(Bid.round_id == round_id, Bid.specialist_id == specialist).with_for_update()
    return session.scalars(asked.execution_options(populate_existing=True)).one_or_none()


def _check_open(session: Session, row: BidRound, *, now: datetime, device_at: datetime | None) -> None:
    if row.state == RoundState.SCHEDULED:
        raise NotOpenYet(row.opens_at)
    if row.state in ENDED and row.closed_at is None:
        raise RoundOver()
    # What waited for the close was there before it, and is late all the same: the ranking is made.
    arrived = now if row.state == RoundState.OPEN else max(now, row.closes_at)
    check_arrival(row.closes_at, arrived=arrived, device_at=device_at)
    if session.scalar(select(Job.state).where(Job.id == row.job_id)) != State.OPEN:
        raise JobNotOpen()


def _submit(session: Session, row: BidRound, specialist: PersonId, said: _Said) -> Bid | None:
    """The first bid of this person; None when there is one meanwhile."""
    id = uuid7()
    values = _columns(row, id, specialist, said) | {
        "id": id, "round_id": row.id, "specialist_id": specialist, "state": BidState.SUBMITTED.value,
        "submitted_at": said.now,
    }  # fmt: skip
    written = session.scalar(insert(Bid).values(values).on_conflict_do_nothing().returning(Bid.id))
    return None if written is None else session.get_one(Bid, written)


def _revise(session: Session, row: BidRound, mine: Bid, said: _Said) -> Placed:
    if (own_amount(mine), own_note(mine)) == (said.amount.minor, said.note):
        return _placed(mine, again=True)
    new = _columns(row, mine.id, PersonId(mine.specialist_id), said)
    for name, value in (new | {"state": BidState.REVISED.value, "revisions": mine.revisions + 1}).items():
        setattr(mine, name, value)
    session.flush()
    return _placed(mine)


def own_amount(mine: Bid) -> int:
    """What somebody bid, as they alone may read it before the close: whoever asks has shown that it is theirs."""
    return int(vault.unseal(mine.specialist_id, vault.place("bid", "own_amount", mine.id), mine.own_amount))


def own_note(mine: Bid) -> str:
    """The words beside a bid: for the bidder, and for whoever awards once the round is closed."""
    if mine.note is None:
        return ""
    return vault.unseal(mine.specialist_id, vault.place("bid", "note", mine.id), mine.note)


def _columns(row: BidRound, id: UUID, specialist: PersonId, said: _Said) -> dict[str, object]:
    """In a sealed round the amount lies under the round's key, for the close alone; in an open one it is as it is."""
    digits, way = str(said.amount.minor), said.way
    there: Sealed | None = None
    if way.point is not None:
        place = f"{way.point.longitude:.5f},{way.point.latitude:.5f}"
        there = vault.seal(specialist, vault.place("bid", "point", id), place)
    return {
        "own_amount": vault.seal(specialist, vault.place("bid", "own_amount", id), digits),
        "sealed_amount": vault.seal(row.id, sealed_place(id), digits) if row.sealed else None,
        "amount_minor": None if row.sealed else said.amount.minor,
        "note": vault.seal(specialist, vault.place("bid", "note", id), said.note) if said.note else None,
        "travel_minutes": way.minutes,
        "basis": way.basis.value,
        "point": there,
        "final_at": said.now,
        "device_at": said.device_at,
        "command_id": said.command_id,
    }


def _way(session: Session, row: BidRound, specialist: PersonId, *, now: datetime) -> _Way:
    """From where they share that they are, if the work begins soon; else from their home area."""
    search = asking.search_for(session, session.get_one(Job, row.job_id), now=now)
    pace, zone = search.policy.pace, search.policy.time_zone
    speed = slowest(pace, search.window.start, search.window.end, zone)
    steps = versions.in_force(session, home(session).id).policy.steps
    point = None
    if begins_soon(search.window.start, steps, now=now):
        point = _shared_place(session, specialist, now=now)
    base = specialists.specialist(session, specialist, on=local_day(now, zone)).base
    minutes = travel_minutes(point or base, search.place, speed=speed, pace=pace)
    return _Way(minutes, Basis.BASE if point is None else Basis.LIVE, point)


def _shared_place(session: Session, specialist: PersonId, *, now: datetime) -> Point | None:
    if tracking.switch_of(session, specialist) is not Switch.SHARE:
        return None
    place = tracking.places_of(session, [specialist]).get(specialist)
    if place is None or place.basis is not Basis.LIVE or place.seen_at <= now - FRESH:
        return None
    return place.point


def _placed(mine: Bid, *, again: bool = False) -> Placed:
    return Placed(mine.id, mine.round_id, BidState(mine.state), mine.revisions, mine.final_at, again)
