"""Rounds of bids, for who may bid: what is asked, one's own bid, and how it ended. Nobody else's name or amount."""

import hmac
from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, JSONBody
from sqlalchemy.orm import Session

from booking.dispatch import bid_queries, bidding
from booking.dispatch.bid_queries import MyBid, MyRound
from booking.dispatch.bid_rules import NOTE_LONGEST
from booking.dispatch.bidding import Placed
from marketplace.foundation import clock
from marketplace.foundation.cards import contains_card_number
from marketplace.foundation.database import moment, transaction
from marketplace.foundation.repeats import Answer
from web.api.amounts import Amount, Answers, In, Moment, Out, amount
from web.api.commands import carry_out, done
from web.api.offers import PayView, ReasonLine, pay_view
from web.forms.fields import CardNumberTyped
from web.home import home
from web.identity import Req


class BidView(Out, frozen=True, kw_only=True):
    """One's own bid. `why`: what counted, in hundredths of the smallest unit; the smallest sum comes first."""

    id: UUID
    state: str
    amount: Amount
    pay: PayView
    note: str
    revisions: int
    arrived_at: datetime
    rank: int | None
    why: list[ReasonLine]
    lost_because: str | None


class RoundView(Out, frozen=True, kw_only=True):
    """A round, with all that was announced before it opened. `is_open`: a bid that arrives now is looked at.

    A minute of the way adds `value_of_minute` minor units; five stars against one take off `quality_hundredths`
    hundredths of a minute. `amounts` of others are there in an open round only, without names.
    """

    id: UUID
    service: UUID
    zone: UUID
    window_start: datetime
    window_end: datetime
    minutes: int
    method: str
    work: Answers
    state: str
    is_open: bool
    sealed: bool
    opens_at: datetime
    closes_at: datetime
    decides_until: datetime
    minimum_bids: int
    value_of_minute: int
    quality_hundredths: int
    may_deviate: bool
    least: Amount
    most: Amount
    bids: int | None
    amounts: list[Amount]
    mine: BidView | None
    void: str | None
    next_step: str | None


class BidPlaced(Out, frozen=True, kw_only=True):
    """What became of the bid; the amount is not repeated, for answers are kept."""

    id: UUID
    round: UUID
    state: str
    revisions: int
    arrived_at: datetime


class Bidding(In, frozen=True, kw_only=True):
    """The price of the work, commission not yet taken off. `device_at` is what the device's clock says now."""

    amount: Amount
    note: Annotated[str, msgspec.Meta(max_length=NOTE_LONGEST)] = ""
    device_at: Moment | None = None


@get("/api/v1/bids", opt={"policy": "specialist.read"}, tags=["bids"], sync_to_thread=True)
def listed(request: Req) -> list[RoundView]:
    """Every round that one may bid in, or could have; those that are open first."""
    now = clock.now()
    with transaction() as session:
        found = bid_queries.for_bidder(session, request.user.person_id)
    return [_round(each, now=now) for each in found]


@get("/api/v1/bids/{round:uuid}", opt={"policy": "specialist.read"}, tags=["bids"], sync_to_thread=True)
def one(request: Req, round: FromPath[UUID]) -> RoundView:
    """One round with one's own bid in it."""
    now = clock.now()
    with transaction() as session:
        found = bid_queries.one_for_bidder(session, round, request.user.person_id)
    return _round(found, now=now)


@post(
    "/api/v1/bids/{round:uuid}/bid", opt={"policy": "specialist.write"}, status_code=200, tags=["bids"],
    sync_to_thread=True,
)  # fmt: skip
def bid(request: Req, round: FromPath[UUID], data: JSONBody[Bidding]) -> Response[BidPlaced]:
    """Bid, or change one's bid. What counts is when it reaches us, whatever `device_at` says."""
    amount, note = data.amount.money(home().currency), data.note.strip()
    if contains_card_number(note):
        raise CardNumberTyped

    def work(session: Session, command: UUID) -> Answer:
        placed = bidding.bid(
            session, round, amount, specialist=request.user.person_id, command_id=command, now=moment(session),
            note=note, device_at=data.device_at,
        )  # fmt: skip
        return _placed(placed)

    return carry_out(request, _unreadable(request, data), work, BidPlaced)


@post(
    "/api/v1/bids/{round:uuid}/withdrawal", opt={"policy": "specialist.write"}, status_code=200, tags=["bids"],
    sync_to_thread=True,
)  # fmt: skip
def withdraw(request: Req, round: FromPath[UUID]) -> Response[BidPlaced]:
    """Take one's bid back, until the close; that is its end."""

    def work(session: Session, command: UUID) -> Answer:
        who = request.user.person_id
        return _placed(bidding.withdraw(session, round, specialist=who, command_id=command, now=moment(session)))

    return carry_out(request, None, work, BidPlaced)


routes = [listed, one, bid, withdraw]


def _unreadable(request: Req, data: Bidding) -> str:
    """What the command is known again by: a bare digest of an amount could be guessed before a sealed round closes."""
    secret = request.app.state.settings.session_secret.encode()
    return hmac.digest(secret, msgspec.json.encode(data), "sha256").hex()


def _placed(placed: Placed) -> Answer:
    return done(
        BidPlaced(
            id=placed.bid_id, round=placed.round_id, state=placed.state.value, revisions=placed.revisions,
            arrived_at=placed.final_at,
        )
    )  # fmt: skip


def _round(each: MyRound, *, now: datetime) -> RoundView:
    said = each.announced
    return RoundView(
        id=each.id, service=each.service, zone=each.zone, window_start=each.window_start, window_end=each.window_end,
        minutes=each.minutes, method=each.method, work=dict(each.work), state=each.state.value,
        is_open=each.may_bid(now), sealed=said.sealed, opens_at=said.opens_at, closes_at=said.closes_at,
        decides_until=said.decides_until, minimum_bids=said.minimum_bids, value_of_minute=said.value_of_minute,
        quality_hundredths=said.quality_hundredths, may_deviate=said.may_deviate, least=amount(each.least),
        most=amount(each.most), bids=each.bids, amounts=[amount(other) for other in each.amounts],
        mine=None if each.mine is None else _mine(each.mine), void=each.void and each.void.value,
        next_step=each.next_step and each.next_step.value,
    )  # fmt: skip


def _mine(mine: MyBid) -> BidView:
    return BidView(
        id=mine.id, state=mine.state.value, amount=amount(mine.amount), pay=pay_view(mine.pay), note=mine.note,
        revisions=mine.revisions, arrived_at=mine.final_at, rank=mine.rank, lost_because=mine.lost_because,
        why=[ReasonLine(term=term.term, hundredths=term.hundredths) for term in mine.terms],
    )  # fmt: skip
