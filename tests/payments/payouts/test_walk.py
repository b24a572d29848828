"""Whatever is tried in whatever order, wallets, transit and items say the same; and whoever comes second is told."""

import random
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from marketplace.foundation.database import transaction
from marketplace.foundation.errors import Refused
from marketplace.foundation.ids import uuid7
from payments.ledger import actions as ledger
from payments.ledger import queries as books
from payments.ledger.rules import AccountName, Leg
from payments.payouts import actions, queries
from payments.payouts.rules import HELD, SENT, BatchState, Facts, Form, Reason, State
from payments.wallets.rules import receivable_of, wallet_of
from tests.payments.payouts.house import House, bdt, terms

Verb = Callable[[Session], object]
STEPS, LOOK_EVERY = 180, 45
PEOPLE, START = 5, 20_000


class Walk:
    """Random verbs on a few earners; the model is one number each: what they must have, and what must be held."""

    def __init__(self, house: House, seed: int) -> None:
        self.house, self.chance = house, random.Random(seed)
        self.owners = [house.earner(START, number=n + 1) for n in range(PEOPLE)]
        self.payouts: list[UUID] = []
        self.batches: list[UUID] = []
        self.done: Counter[str] = Counter()

    def step(self) -> None:
        verb = self.chance.choice(
            (self.ask, self.ask, self.prepare, self.approve, self.approve, self.file, self.over, self.outcome,
             self.outcome, self.seen, self.back, self.cancel, self.refuse, self.freeze, self.wait, self.back,
             self.forward, self.forward, self.forward)
        )  # fmt: skip
        try:
            with self.house.session.begin_nested():
                verb()
        except Refused as refused:
            self.done[type(refused).__name__] += 1
        else:
            self.done[verb.__name__] += 1

    def ask(self) -> None:
        minor = self.chance.choice((0, 1, 700, 3_000, 9_000, 30_000))
        self.payouts.append(self.house.ask(self.chance.choice(self.owners), minor))

    def a_batch(self) -> UUID:
        """Mostly the newest, so that something comes of it."""
        if not self.batches:
            return uuid7()
        return self.batches[-1] if self.chance.random() < 0.8 else self.chance.choice(self.batches)

    def prepare(self) -> None:
        self.batches.append(self.house.prepare(form=self.chance.choice(list(Form))))

    def forward(self) -> None:
        """The newest batch comes one step further, so that something comes of the walk."""
        batch = queries.batch(self.house.session, self.batches[-1] if self.batches else uuid7())
        match batch.state:
            case BatchState.DRAFT:
                self.house.approve(batch.id)
                self.house.approve(batch.id, by=self.house.cem)
            case BatchState.APPROVED:
                self.house.make_file(batch.id)
            case BatchState.BATCHED:
                self.house.hand_over(batch.id)
            case _:
                self.house.outcome(batch.id, State.ACCEPTED)

    def approve(self) -> None:
        who = self.chance.choice((self.house.ann, self.house.bea, self.house.cem))
        self.house.approve(self.a_batch(), by=who)

    def file(self) -> None:
        self.house.make_file(self.a_batch())

    def over(self) -> None:
        self.house.hand_over(self.a_batch())

    def outcome(self) -> None:
        batch = self.a_batch()
        some = [each.id for each in queries.items_of(self.house.session, batch) if self.chance.random() < 0.6]
        outcome = self.chance.choice((*actions.OUTCOMES, State.ACCEPTED, State.ACCEPTED))
        self.house.outcome(batch, outcome, *some, reason=Reason.OTHER)

    def seen(self) -> None:
        if self.payouts:
            self.house.seen(self.chance.choice(self.payouts), minor=self.chance.choice((None, None, 1)))

    def back(self) -> None:
        gone = [each for each in self.payouts if self.house.state(each) in SENT]
        payout = self.chance.choice(gone or self.payouts or [uuid7()])
        actions.returned(self.house.session, payout, reason=Reason.OTHER, now=self.house.now)
        actions.find_sound(
            self.house.session, queries.payout(self.house.session, payout).destination, now=self.house.now
        )

    def cancel(self) -> None:
        payout = self.chance.choice(self.payouts or [uuid7()])
        owner = queries.payout(self.house.session, payout).owner
        actions.cancel(self.house.session, payout, owner=owner, now=self.house.now)

    def refuse(self) -> None:
        payout = self.chance.choice(self.payouts or [uuid7()])
        actions.refuse(self.house.session, payout, by=self.house.ann, reason=Reason.OTHER, now=self.house.now)

    def freeze(self) -> None:
        owner = self.chance.choice(self.owners)
        self.house.facts[owner] = Facts(frozen=self.chance.random() < 0.1)

    def wait(self) -> None:
        self.house.now += timedelta(hours=self.chance.choice((1, 30)))
        actions.give_up_waiting(self.house.session, now=self.house.now)

    def agrees(self) -> None:
        on_its_way = 0
        for owner in self.owners:
            mine = queries.of_owner(self.house.session, owner=owner, owner_kind="specialist", limit=1_000)
            sent = sum(each.amount.minor for each in mine if each.state in SENT)
            held = sum(each.amount.minor for each in mine if each.state in HELD)
            on_its_way += sum(each.amount.minor for each in mine if each.state is State.ACCEPTED)
            assert self.house.cells(owner) == (START - sent, held)
            assert sum(each.state in HELD for each in mine) <= 1
        lines = books.trial_balance(self.house.session, "BDT")
        assert sum(line.posted.minor for line in lines if line.kind == "payouts_in_transit") == on_its_way
        assert self.house.faults() == {}


@pytest.mark.parametrize("seed", [11, 12])
def test_a_random_walk_keeps_items_and_ledger_together(keys: str, session: Session, seed: int) -> None:
    del keys
    walk = Walk(House(session, terms=terms(second=12_000, most_a_day=15_000)), seed)
    for n in range(STEPS):
        walk.step()
        if n % LOOK_EVERY == 0:
            walk.agrees()
    walk.agrees()
    assert walk.done.total() == STEPS


def race(verbs: Sequence[Verb]) -> list[str]:
    """Each verb in a thread and a transaction of its own, all at once; what became of each."""
    gate = threading.Barrier(len(verbs))

    def run(verb: Verb) -> str:
        gate.wait()
        try:
            with transaction() as session:
                return str(verb(session))
        except Refused as refused:
            return type(refused).__name__

    with ThreadPoolExecutor(len(verbs)) as threads:
        return list(threads.map(run, verbs))


def test_at_once(database: Engine) -> None:
    """Two who approve, two who hand over, two who write outcomes down, ten who ask, one chargeback: one of each."""
    del database
    with transaction() as session:
        house = House(session)
        karim, rafiq = house.earner(9_000, number=1), house.earner(9_000, number=2)

    def at(session: Session) -> House:
        return House(session, ann=house.ann, bea=house.bea, cem=house.cem)

    command = uuid4()
    found = race([lambda session: at(session).ask(karim, 5_000, command=command)] * 5)
    assert len(set(found)) == 1
    found = race([lambda session: at(session).ask(rafiq, 5_000)] * 5)
    assert sorted(Counter(found).values()) == [1, 4]
    assert "PayoutOpen" in found
    with transaction() as session:
        batch = at(session).prepare()
        seen = queries.batch(session, batch).digest
    approvers = (house.bea, house.cem)

    def approval(by: UUID) -> Verb:
        return lambda session: at(session).approve(batch, by=by, digest=seen)

    found = race([approval(by) for by in approvers])
    assert sorted(found) == ["AlreadyApproved", "approved"]
    race([lambda session: at(session).make_file(batch)] * 4)
    race([lambda session: at(session).hand_over(batch)] * 4)
    found = race([lambda session: at(session).outcome(batch, State.ACCEPTED)] * 4)
    assert sorted(found) == ["0", "0", "0", "2"]
    with transaction() as session:
        one = queries.items_of(session, batch)[0].id
    found = race(
        [
            lambda session: actions.returned(session, one, reason=Reason.OTHER, now=house.now),
            lambda session: actions.returned(session, one, reason=Reason.OTHER, now=house.now),
            lambda session: at(session).seen(one),
        ]
    )
    assert found.count("True") == 1
    with transaction() as session:
        assert at(session).faults() == {}
        assert at(session).state(one) is State.RETURNED


def test_a_request_and_a_chargeback_at_once_share_what_is_there(database: Engine) -> None:
    del database
    with transaction() as session:
        owners = [House(session).earner(9_000, number=n + 1) for n in range(4)]
        names = {
            each: (wallet_of(each, "specialist", "BDT"), receivable_of(each, "specialist", "BDT")) for each in owners
        }
        clearing = ledger.open_account(session, AccountName("clearing", "BDT", "gateway", uuid7()))

    def taken_back(session: Session, owner: UUID) -> str:
        wallet, debt = (ledger.open_account(session, name) for name in names[owner])
        legs = [Leg(wallet, bdt(-8_000), spill=debt), Leg(clearing, bdt(8_000))]
        ledger.post(session, uuid7(), "chargeback", legs, now=House(session).now)
        return "taken"

    def both(owner: UUID) -> tuple[Verb, Verb]:
        return (lambda session: House(session).ask(owner, 5_000)), (lambda session: taken_back(session, owner))

    found = race([verb for owner in owners for verb in both(owner)])
    assert set(found[1::2]) == {"taken"}
    with transaction() as session:
        house = House(session)
        for owner, outcome in zip(owners, found[::2], strict=True):
            expected = (1_000, 0) if outcome == "NotEnoughToPayOut" else (5_000, 5_000)
            assert house.cells(owner) == expected, outcome
        assert house.faults() == {}
