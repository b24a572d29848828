"""The real ledger against a model of it in plain Python: thousands of random acts, the same answers and balances."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Literal
from uuid import UUID

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from marketplace.foundation.errors import Refused
from marketplace.foundation.ids import uuid7
from payments import audits
from payments.ledger import actions, queries
from payments.ledger.example import Place
from payments.ledger.rules import Leg, Posted
from tests.payments.ledger.books import NAMES, NOW, bdt, open_books

amounts = st.integers(min_value=1, max_value=400)
wallets = st.sampled_from(["W:c", "W:s"])
LIMIT = 5_000


@dataclass
class Hold:
    """A hold of the model."""

    place: Place
    rest: int


@dataclass
class Model:
    """What the ledger should be: numbers, and nothing else."""

    posted: dict[Place, int]
    holds: dict[UUID, list[Hold]] = field(default_factory=dict)

    def held(self, place: Place) -> int:
        return sum(hold.rest for holds in self.holds.values() for hold in holds if hold.place == place)

    def free(self, place: Place) -> int:
        return self.posted[place] - self.held(place)


@dataclass(frozen=True)
class Ask:
    """One call of the door, to be made again later."""

    verb: Literal["post", "hold", "capture", "release"]
    args: tuple[object, ...]
    facts: Mapping[str, object] = field(default_factory=dict)
    key: UUID = field(default_factory=uuid7)


class Books(RuleBasedStateMachine):
    """Random acts on both; each answer must be the one the model gives."""

    engine: ClassVar[Engine]
    done = Bundle("done")
    subjects = Bundle("subjects")

    @initialize()
    def begin(self) -> None:
        self.connection = self.engine.connect()
        self.outer = self.connection.begin()
        self.session = Session(self.connection, join_transaction_mode="create_savepoint")
        self.books = open_books(self.session)
        self.model = Model(dict.fromkeys(self.books, 0))

    def teardown(self) -> None:
        if hasattr(self, "session"):
            faults = audits.figures(self.session, now=NOW)
            faults.pop("27_debts_beside_money")  # the rule `offset` comes when it comes
            faults.pop("15_payouts_not_held_sent_or_released_once")  # no payout stands behind holds of this purpose
            faults.pop("16_payouts_in_transit_unlike_their_items")
            assert not any(faults.values()), {name: count for name, count in faults.items() if count}
            self.session.close()
            self.outer.rollback()
            self.connection.close()

    def ask(self, ask: Ask) -> Posted | str:
        verb: Callable[..., Posted] = getattr(actions, ask.verb)
        try:
            with self.session.begin_nested():
                return verb(self.session, ask.key, *ask.args, now=NOW, **ask.facts)
        except Refused as refused:
            return type(refused).__name__

    def check(self, ask: Ask, expected: str) -> None:
        answer = self.ask(ask)
        told = answer if isinstance(answer, str) else "replayed" if answer.replayed else "applied"
        assert told == expected, (ask, told, expected)

    @rule(target=done, place=wallets, amount=amounts)
    def top_up(self, place: Place, amount: int) -> Ask:
        legs = [Leg(self.books["clearing"], bdt(-amount)), Leg(self.books[place], bdt(amount))]
        ask = Ask("post", ("topup", legs))
        self.check(ask, "applied")
        self.model.posted["clearing"] -= amount
        self.model.posted[place] += amount
        return ask

    @rule(target=done, giver=wallets, amount=amounts)
    def tip(self, giver: Place, amount: int) -> Ask | object:
        taker: Place = "W:s" if giver == "W:c" else "W:c"
        legs = [Leg(self.books[giver], bdt(-amount)), Leg(self.books[taker], bdt(amount))]
        ask = Ask("post", ("tip", legs))
        enough = self.model.free(giver) >= amount
        self.check(ask, "applied" if enough else "InsufficientFunds")
        if enough:
            self.model.posted[giver] -= amount
            self.model.posted[taker] += amount
            return ask
        return None

    @rule(target=subjects, place=wallets, amount=amounts)
    def hold(self, place: Place, amount: int) -> UUID:
        subject = uuid7()
        self._hold(subject, place, amount)
        return subject

    @rule(subject=subjects, amount=amounts)
    def hold_more(self, subject: UUID, amount: int) -> None:
        place: Place = next((hold.place for hold in self.model.holds.get(subject, [])), "W:c")
        self._hold(subject, place, amount)

    def _hold(self, subject: UUID, place: Place, amount: int) -> None:
        facts = {"purpose": "job", "subject": subject}
        enough = self.model.free(place) >= amount
        ask = Ask("hold", (Leg(self.books[place], bdt(amount)),), facts)
        self.check(ask, "applied" if enough else "InsufficientFunds")
        if enough:
            self.model.holds.setdefault(subject, []).append(Hold(place, amount))

    @rule(amount=amounts)
    def hold_with_debt(self, amount: int) -> None:
        """A promise beyond the wallet: the rest is held on the receivable, down to its limit."""
        leg = Leg(self.books["W:s"], bdt(amount), spill=self.books["receivable:s"])
        subject, own = uuid7(), min(amount, self.model.free("W:s"))
        enough = self.model.free("receivable:s") - (amount - own) >= -LIMIT or own == amount
        ask = Ask("hold", (leg,), {"purpose": "commission", "subject": subject})
        self.check(ask, "applied" if enough else "DebtLimitReached")
        if enough:
            kept = [Hold("W:s", own), Hold("receivable:s", amount - own)]
            self.model.holds[subject] = [hold for hold in kept if hold.rest]

    @rule(target=done, subject=subjects, amount=amounts)
    def capture(self, subject: UUID, amount: int) -> Ask | object:
        holds = self.model.holds.get(subject, [])
        place: Place = holds[0].place if holds else "W:c"
        taker: Place = "W:s" if place == "W:c" else "W:c"
        legs = [Leg(self.books[place], bdt(-amount)), Leg(self.books[taker], bdt(amount))]
        ask = Ask("capture", ("capture", legs), {"subject": subject, "closes": "job"})
        rest = sum(hold.rest for hold in holds)
        expected = "HoldClosed" if not holds else "HoldTooSmall" if rest < amount else "applied"
        self.check(ask, expected)
        if expected != "applied":
            return None
        self.model.posted[place] -= amount
        self.model.posted[taker] += amount
        self.model.holds.pop(subject)
        return ask

    @rule(target=done, subject=consumes(subjects))
    def release(self, subject: UUID) -> Ask | object:
        ask = Ask("release", (), {"subject": subject, "closes": "job"})
        there = subject in self.model.holds
        self.check(ask, "applied" if there else "HoldClosed")
        self.model.holds.pop(subject, None)
        return ask if there else None

    @rule(target=done, amount=amounts)
    def charge_back(self, amount: int) -> Ask:
        legs = [
            Leg(self.books["W:c"], bdt(-amount), spill=self.books["receivable:c"]),
            Leg(self.books["clearing"], bdt(amount)),
        ]
        ask = Ask("post", ("chargeback", legs))
        self.check(ask, "applied")
        own = min(amount, self.model.free("W:c"))
        self.model.posted["W:c"] -= own
        self.model.posted["receivable:c"] -= amount - own
        self.model.posted["clearing"] += amount
        return ask

    @rule()
    def offset(self) -> None:
        wallet, debt = self.books["W:c"], self.books["receivable:c"]
        part = min(self.model.free("W:c"), -self.model.posted["receivable:c"])
        paid = actions.offset(self.session, uuid7(), wallet=wallet, receivable=debt, currency="BDT", now=NOW)
        assert (paid is not None) == (part > 0)
        if part > 0:
            self.model.posted["W:c"] -= part
            self.model.posted["receivable:c"] += part

    @rule(ask=done)
    def repeat(self, ask: Ask | None) -> None:
        """Anything that was done, asked for again however much later, is replayed and changes nothing."""
        if ask is not None:
            self.check(ask, "replayed")

    @invariant()
    def balances_agree(self) -> None:
        if not hasattr(self, "books"):
            return
        found = {(line.kind, line.owner_kind): line for line in queries.trial_balance(self.session, "BDT")}
        for place, name in NAMES.items():
            line = found.get((name.kind, name.owner_kind))
            posted, held = (line.posted.minor, line.held.minor) if line else (0, 0)
            assert (posted, held) == (self.model.posted[place], self.model.held(place)), place


def test_the_ledger_answers_as_the_model_does_for_thousands_of_steps(database: Engine) -> None:
    Books.engine = database
    steps = settings(
        max_examples=40, stateful_step_count=50, deadline=None, suppress_health_check=list(HealthCheck)
    )  # fmt: skip
    run_state_machine_as_test(Books, settings=steps)
