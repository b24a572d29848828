"""Rounds with real threads and real commits: one bid for each person, one award, and a close that loses nothing."""

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import func, select

from booking.dispatch import bid_queries, bid_rounds, bidding
from booking.dispatch.bid_rules import Announced, BidState, BidTooLate, RoundOver, RoundState
from booking.dispatch.bid_tables import Bid
from booking.jobs import queries as jobs
from booking.jobs.words import Event, State
from marketplace.foundation.database import transaction
from marketplace.foundation.ids import PersonId
from marketplace.foundation.money import Money
from tests.booking.dispatch.test_races import MONEY, at_once
from tests.booking.jobs.town import Somebody, Town

LASTS = timedelta(minutes=30)
PRICE = 40_000


def announced(town: Town, people: int) -> tuple[UUID, UUID, list[Somebody]]:
    with transaction() as session:
        rahima = town.customer(session, money=MONEY)
        crew = [town.craftsman(session) for _ in range(people)]
        job = town.opened(session, rahima)
        said = Announced(True, town.now, town.now + LASTS, 1, 0, 0, may_deviate=True)
        return job, bid_rounds.announce(session, job, said, actor=town.dispatcher, now=town.now), crew


def bids(round: UUID, who: PersonId, minor: int, now: datetime) -> Callable[[], object]:
    def verb() -> object:
        with transaction() as session:
            return bidding.bid(session, round, Money(minor, "BDT"), specialist=who, command_id=uuid4(), now=now)

    return verb


def test_one_bid_each_and_one_award_however_many_come_at_once(busy_town: Town) -> None:
    town = busy_town
    job, round, crew = announced(town, 4)
    karim = crew[0]
    told = at_once([bids(round, karim.id, PRICE + number, town.now) for number in range(6)])
    assert {type(each).__name__ for each in told} == {"Placed"}
    with transaction() as session:
        assert session.scalar(select(func.count()).where(Bid.round_id == round)) == 1

    def closes() -> object:
        with transaction() as session:
            return bid_rounds.close(session, round, now=town.now + LASTS)

    # In the last second, and as the round closes: each bid is in the ranking, or its bidder was told that it is not.
    last = town.now + LASTS - timedelta(milliseconds=1)
    rest = [one.id for one in crew[1:]]
    told = at_once([closes, closes, *(bids(round, who, PRICE - 1, last) for who in rest)])
    with transaction() as session:
        seen = bid_queries.round(session, round)
    ranked = {line.specialist for line in seen.lines if line.rank is not None}
    assert seen.state is RoundState.CLOSED
    for who, answer in zip(rest, told[2:], strict=True):
        assert isinstance(answer, BidTooLate) is (who not in ranked)
    assert karim.id in ranked

    def awards(bid: UUID) -> Callable[[], object]:
        def verb() -> object:
            with transaction() as session:
                return bid_rounds.award(
                    session, round, actor=town.dispatcher, command_id=uuid4(), now=town.now + LASTS, bid_id=bid,
                    words="They know the house.",
                )  # fmt: skip

        return verb

    chosen = [line.id for line in seen.lines if line.rank is not None]
    told = at_once([awards(each) for each in chosen * 2])
    with transaction() as session:
        states = Counter(session.scalars(select(Bid.state).where(Bid.round_id == round)))
        winner = jobs.for_desk(session, job, town.dispatcher, now=town.now).specialist
        events = [each.event for each in jobs.timeline(session, job, town.dispatcher)]
        awarded = session.scalar(select(Bid.specialist_id).where(Bid.round_id == round, Bid.state == "awarded"))
    assert states[BidState.AWARDED] == events.count(Event.ASSIGN) == 1
    assert winner == awarded
    assert Counter(type(each).__name__ for each in told) == {"Outcome": 2, RoundOver.__name__: 2 * len(chosen) - 2} or (
        len(chosen) == 1
    )
    with transaction() as session:
        assert jobs.for_desk(session, job, town.dispatcher, now=town.now).job.state is State.ASSIGNED
        assert jobs.chain_is_whole(session, job)
