"""Events of Stripe in every order, many times, late or never: one end, one credit, and nothing on their word alone."""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from marketplace.foundation.ids import AttemptId, uuid7
from marketplace.foundation.money import Money
from marketplace.foundation.outbox import Outbox
from payments.gateways import directory
from payments.gateways.protocol import Ask, RawRequest, Refs, Verdict
from payments.gateways.stripe import Stripe
from payments.gateways.tables import GatewayNotice
from payments.ledger import queries as books
from payments.topups import actions, queries, returns, tasks
from payments.topups.tables import TopUp, TopUpCase
from tests.payments.gateways.kit import Door, Kit, World, open_door
from tests.payments.gateways.stripe_running import SECRET, RunningStripe
from web.bank.stripe_rules import DISPUTE_FEE, signature
from web.commands.gateways import listed

AMOUNT = Money(15_000, "QAR")
End = Literal["won", "lost"]
FIVE = (
    "payment_intent.succeeded",
    "checkout.session.completed",
    "charge.dispute.created",
    "charge.dispute.funds_withdrawn",
    "charge.dispute.closed",
)


@dataclass(frozen=True)
class Story:
    """One payment as Stripe lived it: its five events, and what it answered after each of them had happened."""

    ask: Ask
    refs: Refs
    events: tuple[bytes, ...]
    truths: tuple[Verdict, ...]


def told(stripe: RunningStripe, gateway: Stripe, ask: Ask, end: End) -> Story:
    """Live through the five events, asking after each."""
    go = gateway.start(ask)
    stripe.decide(go.url, "pay")
    paid = gateway.verify(ask, go.refs)
    case = stripe.pull("disputes", payment_intent=paid.refs.txn)
    taken = gateway.verify(ask, go.refs)
    stripe.pull("decisions", dispute=case["id"], won=end == "won")
    closed = gateway.verify(ask, go.refs)
    found = {each["type"]: each for each in stripe.listed("events") if _is_about(each, ask, paid.refs)}
    events = tuple(json.dumps(found[name]).encode() for name in FIVE)
    return Story(ask, go.refs, events, (paid, paid, taken, taken, closed))


def _is_about(event: dict[str, Any], ask: Ask, refs: Refs) -> bool:
    about = event["data"]["object"]
    return refs.txn in (about["id"], about.get("payment_intent"))


@dataclass
class Delivered:
    """Events at our door, one by one; what Stripe would answer is as old as the newest of them."""

    session: Session
    gateway: Stripe
    story: Story
    attempt: AttemptId
    newest: int = 0

    def rings(self, number: int) -> None:
        now, body = clock.now(), self.story.events[number]
        signed = {"stripe-signature": signature([SECRET], int(now.timestamp()), body)}
        notice = self.gateway.read(RawRequest(signed, body, now))
        assert notice.authentic
        self.newest = max(self.newest, number)
        actions.receive_notice(self.session, gateway="stripe", notice=notice, now=now)
        self.works()

    def works(self) -> None:
        """Whatever was asked for, as the worker does it: ask, apply, follow the cases."""
        while True:
            asked = select(Outbox).where(Outbox.task.in_(["topups.verify", "topups.look_again"]))
            waiting = self.session.scalars(asked.where(Outbox.due_at <= clock.now())).all()
            for row in waiting:
                self._asks(credited=row.task == "topups.look_again")
                self.session.delete(row)
            self.session.flush()
            if not waiting:
                return

    def _asks(self, *, credited: bool) -> None:
        now = clock.now()
        if actions.claim(self.session, self.attempt, now=now, also_credited=credited) is None:
            return
        verdict = self.story.truths[self.newest]
        actions.apply_verdict(self.session, self.attempt, verdict, now=now)
        while credited and returns.follow_case(self.session, self.attempt, verdict, now=now):
            pass

    def end(self) -> tuple[object, ...]:
        """Everything that anybody could tell two ends apart by."""
        topup = self.session.scalars(select(TopUp)).one()
        owner = topup.owner
        wallet = books.wallet(self.session, owner, "QAR", owner_kind="customer")
        sums = {line.kind: line.posted.minor for line in books.trial_balance(self.session, "QAR") if line.posted.minor}
        case = self.session.scalars(select(TopUpCase)).one()
        open_ones = select(func.count()).select_from(GatewayNotice).where(GatewayNotice.settled_by.is_(None))
        credits = [each.what for each in queries.history(self.session, self.attempt)].count("paid")
        return (
            topup.state, queries.state_of(self.session, self.attempt), wallet.posted.minor, wallet.held.minor,
            tuple(sorted(sums.items())), case.state, case.taken, credits, self.session.scalar(open_ones),
        )  # fmt: skip


@pytest.fixture
def begun(session: Session, stripe: RunningStripe, gateway: Stripe) -> Iterator[tuple[Session, AttemptId, Ask]]:
    directory.connect(gateway)
    started = actions.start(
        session, owner=uuid7(), wallet="customer", amount=AMOUNT, gateway="stripe", command=uuid7(), now=clock.now()
    )
    yield session, started.attempt, queries.question(session, started.attempt, return_url="http://127.0.0.1:9/").ask
    directory.connect()


LOST = ("reversed", "reversed", 0, 0, (("clearing", DISPUTE_FEE), ("gateway_fees", -DISPUTE_FEE)), "lost", 15_000, 1, 0)
WON = ("paid", "paid", 15_000, 0, (("clearing", -15_000), ("wallet", 15_000)), "won", 0, 1, 0)


@pytest.mark.slow
def test_all_120_orders_of_five_events_end_in_the_same_state(
    begun: tuple[Session, AttemptId, Ask], stripe: RunningStripe, gateway: Stripe
) -> None:
    session, attempt, ask = begun
    delivered = Delivered(session, gateway, told(stripe, gateway, ask, "lost"), attempt)
    assert list(each_order(delivered)) == [LOST] * 120


@pytest.mark.parametrize("order", [(0, 1, 2, 3, 4), (4, 3, 2, 1, 0), (1, 4, 0, 2, 3), (2, 0, 3, 4, 1)])
def test_a_case_that_is_won_leaves_the_money_where_it_was(
    begun: tuple[Session, AttemptId, Ask], stripe: RunningStripe, gateway: Stripe, order: tuple[int, ...]
) -> None:
    session, attempt, ask = begun
    delivered = Delivered(session, gateway, told(stripe, gateway, ask, "won"), attempt)
    for number in order:
        delivered.rings(number)
    assert delivered.end() == WON


def each_order(delivered: Delivered, before: tuple[int, ...] = ()) -> Iterator[tuple[object, ...]]:
    """The ends of all orders that begin so; orders share what they have in common, and undo the rest."""
    left = [number for number in range(len(FIVE)) if number not in before]
    if not left:
        yield delivered.end()
    for number in left:
        newest = delivered.newest
        with delivered.session.begin_nested() as undone:
            delivered.rings(number)
            yield from each_order(delivered, (*before, number))
            undone.rollback()
        delivered.newest = newest


class TestOverHttp:
    @pytest.fixture
    def world(self, database: Engine, stripe: RunningStripe, gateway: Stripe) -> Iterator[World]:
        with open_door() as door:
            directory.connect(gateway)
            stripe.tell("/-/account", endpoint=f"{door}/stripe/notices")
            stripe.switches(lost=True)
            kit = Kit(database, door)
            yield World(_Subject(stripe), database, f"{door}/stripe/notices", kit._figures)  # type: ignore[arg-type]
            directory.connect()

    def test_fifty_duplicates_at_once_are_one_credit(self, world: World, stripe: RunningStripe) -> None:
        payer = world.payer().starts().pays()
        event = next(each for each in stripe.listed("events") if each["type"] == "checkout.session.completed")
        stripe.switches(duplicate=50)
        stripe.pull("rings", events=[event["id"]])
        assert Door.heard[payer.refs.ours] == 50
        assert len(world.inbox(payer)) == 1
        world.ask(payer, times=8)
        assert (payer.state, payer.wallet, payer.history().count("paid")) == ("paid", (15_000, 0), 1)

    def test_without_any_event_the_schedule_credits_and_the_sweep_finds_the_dispute(
        self, world: World, stripe: RunningStripe
    ) -> None:
        payer, started = world.payer().starts().pays(), clock.now()
        world.later(1.1)
        world.work()
        assert payer.wallet == (15_000, 0)
        assert clock.now() - started < timedelta(minutes=2)
        case = stripe.pull("disputes", payment_intent=payer.refs.txn)
        tasks.sweep()
        assert _waiting() == 1
        tasks.look_again(id=str(payer.attempt))
        tasks.look_again(id=str(payer.attempt))
        assert (payer.state, payer.wallet) == ("reversed", (0, 0))
        stripe.pull("decisions", dispute=case["id"], won=True)
        tasks.look_again(id=str(payer.attempt))
        assert (payer.state, payer.wallet) == ("paid", (15_000, 0))
        assert payer.history().count("taken_back") == payer.history().count("came_back") == 1
        with transaction() as session:
            (known,) = queries.cases(session, topup=payer.topup)
        assert (known.number, known.state, known.away, known.amount) == (case["id"], "won", False, AMOUNT)

    def test_a_time_out_after_the_charge_is_unknown_and_then_one_credit(
        self, world: World, stripe: RunningStripe
    ) -> None:
        stripe.switches(lost=True, fault="cut_after", only="sessions.create")
        payer = world.payer().starts()
        assert payer.state == "unknown"
        told = next(row for row in listed() if row["gateway"] == "stripe")
        assert (told["state"], told["open"], told["abilities"]["sweep"]) == ("on", 1, True)
        assert told["oldest_unknown"] <= clock.now()
        json.dumps(told, default=str)
        url = next(each["url"] for each in stripe.listed("checkout/sessions") if each["status"] == "open")
        stripe.decide(url, "pay")
        stripe.switches(lost=True, fault="cut_after", only="sessions.retrieve", times=1)
        world.ask(payer)
        assert payer.state == "unknown"
        world.later(1.1)
        world.work()
        assert (payer.state, payer.wallet) == ("paid", (15_000, 0))
        assert not {"failed", "expired"} & set(payer.history())

    def test_four_workers_take_a_disputed_amount_back_once(self, world: World, stripe: RunningStripe) -> None:
        payer = world.payer().starts().pays()
        world.ask(payer)
        stripe.pull("disputes", payment_intent=payer.refs.txn)
        threads = [threading.Thread(target=tasks.look_again, kwargs={"id": str(payer.attempt)}) for _ in range(4)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
        assert payer.wallet == (0, 0)
        assert payer.history().count("taken_back") == 1


class _Subject:
    """What a payer needs of a subject."""

    name, amount = "stripe", AMOUNT

    def __init__(self, stripe: RunningStripe) -> None:
        self._stripe = stripe

    def decide(self, url: str, decision: str) -> None:
        self._stripe.decide(url, decision)


def _waiting() -> int:
    with transaction() as session:
        asked = select(func.count()).select_from(Outbox).where(Outbox.task == "topups.look_again")
        return session.scalar(asked) or 0
