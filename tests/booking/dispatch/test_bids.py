"""Rounds of bids and all around them: sealed until the close, late, withdrawn, awarded, void; money and time."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import inspect, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from booking.availability import actions as availability
from booking.availability import queries as days
from booking.availability.rules import Kind
from booking.dispatch import bid_queries, bid_rounds, bidding, manual, matching, queries
from booking.dispatch.bid_awards import Outcome
from booking.dispatch.bid_queries import MyBid, MyRound
from booking.dispatch.bid_rules import (
    Announced,
    AwardNeedsReason,
    BidOutOfBounds,
    BidState,
    BidTooLate,
    BidWithdrawn,
    JobHasARound,
    Lost,
    NextStep,
    NotOpenYet,
    RoundClosed,
    RoundNotFound,
    RoundOver,
    RoundState,
    StillOpen,
    Void,
)
from booking.dispatch.bid_tables import BidRound
from booking.jobs import queries as jobs
from booking.jobs.tables import Job
from booking.jobs.words import Method, State
from marketplace.foundation.money import Money
from marketplace.foundation.outbox import Outbox
from marketplace.foundation.periods import Period
from marketplace.foundation.reading import OtherCurrency
from marketplace.notices.tables import DeliveryRow
from marketplace.specialists.tables import Block
from payments.wallets import actions as purses
from payments.wallets import queries as wallets
from tests.booking.jobs.town import Somebody, Town

MONEY = 10_000_000
LASTS = timedelta(minutes=30)
WORDS = "They did this roof before."


def announced(town: Town, **said: Any) -> Announced:
    facts: dict[str, Any] = {
        "sealed": True, "opens_at": town.now, "closes_at": town.now + LASTS, "minimum_bids": 1, "value_of_minute": 0,
        "quality_hundredths": 0, "may_deviate": False,
    }  # fmt: skip
    return Announced(**(facts | said))


class Bids:
    """An open job with a round of bids, and the verbs of those who bid."""

    def __init__(self, town: Town, session: Session, *, people: int = 2, method: Method = Method.WALLET, **said: Any):
        self.town, self.session = town, session
        self.rahima = town.customer(session, money=MONEY)
        self.people = [town.craftsman(session) for _ in range(people)]
        self.job = town.opened(session, self.rahima, method=method)
        self.price = jobs.as_offered(session, self.job).pay.gross
        self.round = bid_rounds.announce(
            session, self.job, announced(town, **said), actor=town.dispatcher, now=town.now
        )

    def bids(self, who: Somebody, below: int, **more: Any) -> bidding.Placed:
        facts: dict[str, Any] = {"command_id": uuid4(), "now": self.town.now} | more
        amount = self.price - Money(below, "BDT")
        return bidding.bid(self.session, self.round, amount, specialist=who.id, **facts)

    def closes(self) -> Outcome:
        self.town.now += LASTS
        return bid_rounds.close(self.session, self.round, now=self.town.now)

    def awards(self, **said: Any) -> Outcome:
        facts: dict[str, Any] = {"actor": self.town.dispatcher, "command_id": uuid4(), "now": self.town.now} | said
        return bid_rounds.award(self.session, self.round, **facts)

    def seen_by(self, who: Somebody) -> MyRound:
        return bid_queries.one_for_bidder(self.session, self.round, who.id)

    def own(self, who: Somebody) -> MyBid:
        mine = self.seen_by(who).mine
        assert mine is not None
        return mine

    def letters(self, who: Somebody) -> list[str]:
        asked = select(DeliveryRow.letter).where(DeliveryRow.person_id == who.id).order_by(DeliveryRow.queued_at)
        return [each for each in self.session.scalars(asked) if each.startswith("bid")]

    def job_state(self) -> State:
        return jobs.for_desk(self.session, self.job, self.town.dispatcher, now=self.town.now).job.state


def everything(session: Session) -> Iterator[tuple[str, str]]:
    """Every row of every table of ours as text, the outbox and the journal among them."""
    for table in inspect(session.connection()).get_table_names():
        for row in session.scalars(text(f'SELECT t::text FROM "{table}" t')):
            yield table, row


def test_a_sealed_amount_is_nowhere_until_the_close_and_then_the_lowest_has_the_job(
    town: Town, session: Session
) -> None:
    made = Bids(town, session, people=3)
    karim, salma, jamal = made.people
    before = made.bids(karim, 7_777)
    assert (before.state, before.again) == (BidState.SUBMITTED, False)
    made.bids(salma, 12_345, note="My own ladder.")
    made.bids(jamal, 555)
    secret = str(made.price.minor - 12_345)
    in_clear = re.compile(rf"(?<![0-9A-Za-z]){secret}(?![0-9A-Za-z])|{secret.encode().hex()}")  # not within an id
    assert [table for table, row in everything(session) if in_clear.search(row)] == []
    house = bid_queries.round(session, made.round)
    assert (house.standing, house.lines, house.state) == (3, (), RoundState.OPEN)
    assert not in_clear.search(str(made.seen_by(karim)) + str(bid_queries.rounds(session)))
    assert (made.seen_by(karim).bids, made.seen_by(karim).amounts) == (None, ())
    assert made.own(salma).amount == made.price - Money(12_345, "BDT")

    assert made.closes().state is RoundState.AWARDED
    house = bid_queries.round(session, made.round)
    assert [(line.specialist, line.rank, line.note) for line in house.lines] == [
        (salma.id, 1, "My own ladder."), (karim.id, 2, ""), (jamal.id, 3, ""),
    ]  # fmt: skip
    lost = made.seen_by(karim)
    assert lost.mine is not None
    assert (lost.mine.state, lost.mine.rank, lost.bids, lost.mine.lost_because) == (
        BidState.REJECTED, 2, 3, Lost.OUTRANKED,
    )  # fmt: skip
    assert not in_clear.search(str(lost))
    assert str(salma.id) not in str(lost)
    assert bid_queries.ranking_again(session, made.round)
    assert session.scalar(select(Outbox.task).where(Outbox.task == "dispatch.destroy_round_key")) is not None
    assert made.letters(salma) == ["bids_opened", "bid_awarded"]
    assert made.letters(karim) == ["bids_opened", "bid_not_awarded"]


def test_the_job_is_the_winners_at_the_price_of_the_bid_and_the_rest_goes_back(town: Town, session: Session) -> None:
    made = Bids(town, session)
    karim, salma = made.people
    made.bids(karim, 10_000)
    made.bids(salma, 20_000)
    made.closes()
    agreed = made.price - Money(20_000, "BDT")
    crew = jobs.for_crew(session, made.job, salma.id, now=town.now)
    assert (crew.job.state, crew.pay.gross) == (State.ASSIGNED, agreed)
    assert jobs.as_offered(session, made.job).pay.gross == made.price  # what others were offered says nothing
    assert [each.specialist for each in days.visits_of_job(session, crew.id)] == [salma.id]
    assert jobs.chain_is_whole(session, made.job)
    town.later(hours=26)
    town.fire(session, made.job, "arrive", salma.specialist, reason="by_hand")
    town.fire(session, made.job, "start", salma.specialist, waiver="no_phone")
    town.fire(session, made.job, "complete", salma.specialist)
    town.fire(session, made.job, "confirm", made.rahima.customer)
    balance = wallets.balance(session, owner=made.rahima.id, owner_kind="customer", currency="BDT")
    assert (balance.held.minor, balance.posted.minor) == (0, MONEY - agreed.minor)


def test_saying_it_twice_changes_nothing_and_revising_counts_from_the_last(town: Town, session: Session) -> None:
    made = Bids(town, session)
    karim, salma = made.people
    command = uuid4()
    first = made.bids(karim, 5_000, command_id=command)
    town.later(minutes=1)
    assert made.bids(karim, 9_999, command_id=command).again  # the same command, whatever it says now
    assert made.bids(karim, 5_000).again
    assert made.own(karim).final_at == first.final_at
    made.bids(salma, 5_000)
    town.later(minutes=1)
    made.bids(karim, 4_000)
    revised = made.bids(karim, 5_000)
    assert (revised.state, revised.revisions) == (BidState.REVISED, 2)
    town.now -= timedelta(minutes=2)
    made.closes()
    assert made.own(salma).rank == 1  # equal amounts: the earlier final revision


def test_late_is_refused_by_our_clock_and_nothing_changes(town: Town, session: Session) -> None:
    made = Bids(town, session, may_deviate=True)
    karim, salma = made.people
    made.bids(karim, 5_000, now=town.now + LASTS - timedelta(milliseconds=1))
    for now in (town.now + LASTS, town.now + LASTS + timedelta(seconds=3)):
        with pytest.raises(BidTooLate):
            made.bids(salma, 6_000, now=now)
        with pytest.raises(BidTooLate):
            bidding.withdraw(session, made.round, specialist=karim.id, command_id=uuid4(), now=now)
    with pytest.raises(StillOpen):
        bid_rounds.close(session, made.round, now=town.now + LASTS - timedelta(seconds=1))
    made.closes()
    with pytest.raises(BidTooLate):
        made.bids(salma, 6_000, now=town.now - timedelta(seconds=1))  # waited for the close
    assert made.seen_by(salma).mine is None
    assert made.own(karim).amount == made.price - Money(5_000, "BDT")


def test_a_withdrawn_bid_is_over_and_counts_for_nothing(town: Town, session: Session) -> None:
    made = Bids(town, session)
    karim, salma = made.people
    made.bids(karim, 20_000)
    made.bids(salma, 1_000)
    gone = [
        bidding.withdraw(session, made.round, specialist=karim.id, command_id=uuid4(), now=town.now).again
        for _ in range(2)
    ]
    assert gone == [False, True]
    with pytest.raises(BidWithdrawn):
        made.bids(karim, 30_000)
    made.closes()
    assert (made.own(salma).rank, made.own(karim).rank) == (1, None)
    assert jobs.for_crew(session, made.job, salma.id, now=town.now).job.state is State.ASSIGNED


def test_only_who_may_bid_does_and_within_the_bounds(town: Town, session: Session) -> None:
    made = Bids(town, session)
    stranger = town.craftsman(session)  # came after the round had opened
    for verb in (lambda: made.bids(stranger, 100), lambda: made.seen_by(stranger)):
        with pytest.raises(RoundNotFound):
            verb()
    with pytest.raises(RoundNotFound):
        made.bids(made.rahima, 100)
    for below in (-1, made.price.minor, made.price.minor + 5):
        with pytest.raises(BidOutOfBounds):
            made.bids(made.people[0], below)
    with pytest.raises(OtherCurrency):
        bidding.bid(
            session, made.round, Money(100, "IRR"), specialist=made.people[0].id, command_id=uuid4(), now=town.now
        )
    assert made.seen_by(made.people[0]).mine is None


def test_nobody_else_is_asked_while_a_round_is_under_way_and_too_few_bids_void_it(town: Town, session: Session) -> None:
    made = Bids(town, session, minimum_bids=2)
    assert matching.match(session, made.job, now=town.now) == []
    assert queries.offers_for(session, made.job) == []
    with pytest.raises(JobHasARound):
        bid_rounds.announce(session, made.job, announced(town), actor=town.dispatcher, now=town.now)
    made.bids(made.people[0], 1_000)
    over = made.closes()
    assert (over.state, over.void) == (RoundState.VOID, Void.TOO_FEW)
    assert bid_rounds.close(session, made.round, now=town.now).again
    assert made.own(made.people[0]).state is BidState.EXPIRED
    assert made.seen_by(made.people[0]).next_step is NextStep.SEARCH
    assert made.letters(made.people[0])[-1] == "bids_void"
    assert made.job_state() is State.OPEN
    assert len(matching.match(session, made.job, now=town.now)) == 1
    assert bid_rounds.announce(session, made.job, announced(town), actor=town.dispatcher, now=town.now) != made.round
    assert queries.offers_for(session, made.job)[0].reason_code == "bids"


def test_a_person_may_choose_another_with_words_if_that_was_announced(town: Town, session: Session) -> None:
    made = Bids(town, session, may_deviate=True)
    karim, salma = made.people
    made.bids(karim, 10_000)
    made.bids(salma, 20_000)
    with pytest.raises(StillOpen):
        made.awards()
    assert made.closes().state is RoundState.CLOSED
    with pytest.raises(RoundClosed):
        bid_rounds.stop(session, made.round, actor=town.dispatcher, now=town.now)
    second = made.own(karim).id
    with pytest.raises(AwardNeedsReason):
        made.awards(bid_id=second)
    assert made.awards(bid_id=second, words=WORDS).bid_id == second
    assert made.awards(bid_id=second).again
    with pytest.raises(RoundOver):
        made.awards(bid_id=made.own(salma).id, words=WORDS)
    assert made.own(salma).lost_because == Lost.CHOSEN_OTHER
    house = bid_queries.round(session, made.round)
    assert (house.words, house.awarded_by) == (WORDS, town.manager)
    assert WORDS not in str(made.seen_by(salma))


def test_the_rule_decides_where_nobody_has_in_time_and_where_it_was_to(town: Town, session: Session) -> None:
    made = Bids(town, session, may_deviate=True)
    made.bids(made.people[0], 10_000)
    made.closes()
    assert bid_rounds.decide(session, made.round, now=town.now + timedelta(minutes=29)).state is RoundState.CLOSED
    assert bid_rounds.decide(session, made.round, now=town.now + timedelta(minutes=30)).state is RoundState.AWARDED
    assert bid_queries.round(session, made.round).awarded_by is None


def take_the_day(town: Town, session: Session, who: Somebody) -> None:
    day = Period(town.tomorrow.start - timedelta(hours=2), town.tomorrow.end + timedelta(hours=2))
    availability.block(
        session, command=uuid4(), specialist=who.id, kind=Kind.LEAVE, period=day, now=town.now,
        policy=days.policy(session),
    )  # fmt: skip


def test_if_the_winners_time_is_gone_the_next_has_it_and_both_read_why(town: Town, session: Session) -> None:
    made = Bids(town, session, people=3)
    planned = jobs.for_desk(session, made.job, town.dispatcher, now=town.now).planned
    karim, salma = [one for one in made.people if one.id != planned][:2]
    made.bids(karim, 20_000)
    made.bids(salma, 10_000)
    take_the_day(town, session, karim)
    assert made.closes().state is RoundState.AWARDED
    assert (made.own(karim).state, made.own(karim).lost_because) == (BidState.REJECTED, Lost.OVERLAP)
    assert (made.own(salma).state, made.own(salma).rank) == (BidState.AWARDED, 2)
    assert jobs.for_crew(session, made.job, salma.id, now=town.now).pay.gross == made.price - Money(10_000, "BDT")
    assert made.letters(karim)[-1] == "bid_not_awarded"


def test_who_owes_too_much_or_may_come_no_longer_is_passed_over(town: Town, session: Session) -> None:
    made = Bids(town, session, people=3, method=Method.CASH)
    karim, salma, jamal = made.people
    for who, below in ((karim, 30_000), (salma, 20_000), (jamal, 10_000)):
        made.bids(who, below)
    purses.set_debt_limit(session, specialist=karim.id, limit=Money(0, "BDT"))
    session.add(Block(customer_id=made.rahima.id, specialist_id=salma.id, wanted_by="customer", since=town.now))
    session.flush()
    made.closes()
    assert (made.own(karim).rank, made.own(karim).lost_because) == (1, Lost.CASH_DEBT)
    assert (made.own(salma).rank, made.own(salma).lost_because) == (None, "block")
    assert made.own(jamal).state is BidState.AWARDED
    assert made.letters(salma)[-1] == "bid_not_awarded"
    none = Bids(town, session, people=1, method=Method.CASH)
    none.bids(none.people[0], 1_000)
    purses.set_debt_limit(session, specialist=none.people[0].id, limit=Money(0, "BDT"))
    assert none.closes().void is Void.NOBODY_FREE
    assert (none.own(none.people[0]).state, none.job_state()) == (BidState.REJECTED, State.OPEN)


def test_a_round_whose_job_is_gone_or_that_is_taken_back_is_void_and_says_so(town: Town, session: Session) -> None:
    made = Bids(town, session)
    karim, salma = made.people
    made.bids(karim, 1_000)
    manual.assign(session, made.job, salma.id, actor=town.dispatcher, command_id=uuid4(), now=town.now)
    assert not made.seen_by(karim).may_bid(town.now)
    over = made.closes()
    assert (over.void, made.seen_by(karim).next_step) == (Void.CALLED_OFF, NextStep.NONE)
    assert bid_queries.round(session, made.round).lines == ()  # never released
    gone = Bids(town, session, people=1)
    gone.bids(gone.people[0], 1_000)
    town.fire(session, gone.job, "cancel_by_customer", gone.rahima.customer)
    for _ in range(2):
        bid_rounds.call_off(session, gone.job, now=town.now)
    assert gone.seen_by(gone.people[0]).void is Void.CALLED_OFF
    assert gone.letters(gone.people[0])[-1] == "bids_void"
    again = Bids(town, session)
    again.bids(again.people[0], 1_000)
    for _ in range(2):
        stopped = bid_rounds.stop(session, again.round, actor=town.dispatcher, now=town.now)
        assert stopped.void is Void.STOPPED
    with pytest.raises(RoundOver):
        again.bids(again.people[1], 1_000)


def test_a_round_that_begins_later_takes_no_bid_before_and_asks_who_may_then(town: Town, session: Session) -> None:
    begins = town.now + timedelta(minutes=10)
    made = Bids(town, session, opens_at=begins)
    late = town.craftsman(session)
    with pytest.raises(RoundNotFound):
        made.bids(made.people[0], 1_000)
    assert bid_rounds.open_round(session, made.round, now=town.now).state is RoundState.SCHEDULED
    town.now = begins
    assert bid_rounds.open_round(session, made.round, now=town.now).state is RoundState.OPEN
    made.bids(late, 1_000)
    session.get_one(BidRound, made.round).state = "scheduled"
    session.flush()
    with pytest.raises(NotOpenYet):
        made.bids(late, 2_000)


def test_what_was_announced_is_never_changed(town: Town, session: Session) -> None:
    made = Bids(town, session)
    with pytest.raises(IntegrityError, match="append-only"), session.begin_nested():
        session.execute(text("UPDATE bid_round SET closes_at = closes_at + interval '1 hour'"))
    assert session.get_one(Job, made.job).state == State.OPEN


def test_in_an_open_round_amounts_are_seen_and_names_are_not(town: Town, session: Session) -> None:
    made = Bids(town, session, sealed=False)
    karim, salma = made.people
    made.bids(karim, 5_000)
    made.bids(salma, 9_000)
    seen = made.seen_by(karim)
    assert [each.minor for each in seen.amounts] == [made.price.minor - 9_000, made.price.minor - 5_000]
    assert str(salma.id) not in str(seen)
    assert [line.amount for line in bid_queries.round(session, made.round).lines] == [
        made.price - Money(5_000, "BDT"), made.price - Money(9_000, "BDT"),
    ]  # fmt: skip
