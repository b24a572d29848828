"""A gateway that answers a refund as each test says, and somebody who has topped up."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine, select

from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from marketplace.foundation.ids import AttemptId
from marketplace.foundation.money import Money
from marketplace.foundation.outbox import Outbox
from payments.gateways import directory
from payments.gateways.protocol import Abilities, Refs, RefundKey, Verdict
from payments.gateways.rules import Outcome
from payments.refunds import tasks
from payments.topups import actions as topups
from payments.topups import queries as topup_queries
from payments.wallets import queries as wallets

AMOUNT = 150_000


@dataclass
class Scripted:
    """Answers in order; the last for ever. `asked` counts refunds by their id."""

    name: str = "scripted"
    key: RefundKey = RefundKey.NATIVE
    partial: bool = True
    within: timedelta | None = None
    answers: list[Verdict] = field(default_factory=list)
    asked: list[tuple[UUID, Money, str | None]] = field(default_factory=list)

    @property
    def can(self) -> Abilities:
        return Abilities(
            currencies=frozenset({"BDT"}), live=False, verify_within=timedelta(hours=1), reverse_within=None,
            partial_refund=self.partial, refund_key=self.key, signed_notice=False, sweep=False, lines=False,
            settles_in=timedelta(days=1), refund_within=self.within,
        )  # fmt: skip

    def refund(self, id: UUID, amount: Money, refs: Refs) -> Verdict:
        self.asked.append((id, amount, refs.trace))
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


def said(outcome: Outcome, *, final: bool = True, amount: int | None = None, trace: str | None = None) -> Verdict:
    return Verdict(
        outcome, Refs("ours", trace=trace), amount=None if amount is None else Money(amount, "BDT"), final=final
    )


@dataclass
class Paid:
    """Somebody whose top-up was paid."""

    owner: UUID
    attempt: AttemptId
    gateway: Scripted

    def balance(self) -> tuple[int, int]:
        with transaction() as session:
            found = wallets.balance(session, owner=self.owner, owner_kind="customer", currency="BDT")
        return found.posted.minor, found.held.minor

    def state(self) -> str:
        with transaction() as session:
            found = topup_queries.state_of(session, self.attempt)
        return "" if found is None else found.value


def work() -> None:
    """Every question about a refund that is due."""
    with transaction() as session:
        due = select(Outbox.arguments).where(Outbox.task == "refunds.send", Outbox.due_at <= clock.now())
        ids = [each["id"] for each in session.scalars(due)]
    for id in ids:
        tasks.send(id)


def topped_up(owner: UUID, gateway: Scripted, *, review: bool = False) -> Paid:
    """A top-up of this owner that was paid through this gateway, which is connected from now on.

    `review`: its gateway finds it risky.
    """
    directory.connect(gateway)  # type: ignore[arg-type]  # it does no more than refunds need
    now = clock.now()
    with transaction() as session:
        made = topups.start(
            session, owner=owner, wallet="customer", amount=Money(AMOUNT, "BDT"), gateway="scripted", command=uuid4(),
            now=now,
        )  # fmt: skip
        topups.record_not_started(session, made.attempt, now=now)
    with transaction() as session:
        ours = topup_queries.question(session, made.attempt).refs.ours
        refs = Refs(ours, txn="SC0000000001", bank="120000000001")
        verdict = Verdict(Outcome.PAID, refs, amount=Money(AMOUNT, "BDT"), at=now, final=True, review=review)
        topups.apply_verdict(session, made.attempt, verdict, now=now)
    return Paid(owner, made.attempt, gateway)


@pytest.fixture
def paid(database: Engine) -> Iterator[Paid]:
    yield topped_up(uuid4(), Scripted(answers=[said(Outcome.REFUNDED)]))
    directory.connect()
