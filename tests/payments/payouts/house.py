"""A small house that pays out: earners with money and accounts, three of finance, and the bank's answers."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace.foundation.ids import uuid7
from marketplace.foundation.money import Money
from marketplace.foundation.outbox import Outbox
from payments import audits
from payments.ledger import queries as books
from payments.ledger.rules import AccountName
from payments.payouts import actions, queries
from payments.payouts.account_numbers import read_account
from payments.payouts.rules import Facts, Finding, Form, HouseAccount, Reason, State, Terms
from payments.wallets import actions as wallets
from payments.wallets import queries as wallet_queries
from payments.wallets.rules import Owner

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
WAIT = timedelta(hours=72)
BANK = AccountName("bank", "BDT", "bank", UUID(int=77))
HOUSE = HouseAccount("Karigar", "1501200000001", "060")
BRANCH = "060270426"


def bdt(minor: int) -> Money:
    return Money(minor, "BDT")


def terms(*, least: int = 0, most_a_day: int = 0, second: int = 0) -> Terms:
    return Terms(bdt(least), bdt(most_a_day), bdt(second), WAIT)


def account(number: int) -> str:
    return f"15012{number:08d}"


@dataclass
class House:
    """Verbs with the usual facts filled in; `now` is the house's clock."""

    session: Session
    now: datetime = NOW
    terms: Terms = field(default_factory=terms)
    facts: dict[UUID, Facts] = field(default_factory=dict)
    ann: UUID = field(default_factory=uuid7)
    bea: UUID = field(default_factory=uuid7)
    cem: UUID = field(default_factory=uuid7)

    def earner(self, minor: int, *, kind: Owner = "specialist", number: int = 0, matches: bool | None = True) -> UUID:
        """Somebody with so much in the wallet and, unless the number is zero, an account."""
        owner = uuid7()
        wallets.open_wallet(self.session, owner=owner, owner_kind=kind, currency="BDT", limit=bdt(5_000))
        if minor:
            wallets.credit_topup(
                self.session, attempt=uuid7(), owner=owner, owner_kind=kind, gateway="sandbox", amount=bdt(minor),
                now=self.now,
            )  # fmt: skip
        if number:
            self.account(owner, number, kind=kind, matches=matches)
        return owner

    def account(self, owner: UUID, number: int, *, kind: Owner = "specialist", matches: bool | None = True) -> UUID:
        return actions.set_destination(
            self.session, owner=owner, owner_kind=kind, number=read_account("BD", account(number), BRANCH),
            holder="Karim Uddin", name_matches=matches, wait=WAIT, now=self.now,
        )  # fmt: skip

    def facts_of(self, owner: UUID, _: Owner) -> Facts:
        return self.facts.get(owner, Facts())

    def ask(self, owner: UUID, minor: int, *, kind: Owner = "specialist", command: UUID | None = None) -> UUID:
        return actions.request(
            self.session, owner=owner, owner_kind=kind, amount=bdt(minor), command=command or uuid4(),
            terms=self.terms, facts=self.facts_of(owner, kind), now=self.now,
        )  # fmt: skip

    def check(self, payout: UUID, *passing: Finding) -> tuple[Finding, ...]:
        view = queries.payout(self.session, payout)
        return actions.check(
            self.session, payout, facts=self.facts_of(view.owner, view.owner_kind), terms=self.terms, now=self.now,
            by=self.ann, passing=frozenset(passing),
        )  # fmt: skip

    def prepare(self, *payouts: UUID, form: Form = Form.CSV, command: UUID | None = None) -> UUID:
        return actions.prepare(
            self.session, currency="BDT", form=form, by=self.ann, command=command or uuid4(), terms=self.terms,
            facts_of=self.facts_of, payouts=payouts or None, now=self.now,
        )  # fmt: skip

    def approve(self, batch: UUID, *, by: UUID | None = None, digest: str | None = None) -> str:
        seen = digest or queries.batch(self.session, batch).digest
        return actions.approve(
            self.session, batch, by=by or self.bea, digest=seen, terms=self.terms, facts_of=self.facts_of, now=self.now
        )

    def make_file(self, batch: UUID) -> None:
        actions.make_file(
            self.session, batch, house=HOUSE, by=self.ann, terms=self.terms, facts_of=self.facts_of, now=self.now
        )

    def hand_over(self, batch: UUID) -> None:
        actions.hand_over(self.session, batch, by=self.ann, now=self.now)

    def sent(self, *payouts: UUID, form: Form = Form.CSV) -> UUID:
        """All the way to the bank."""
        batch = self.prepare(*payouts, form=form)
        self.approve(batch)
        if self.terms.second_person_above and queries.batch(self.session, batch).state == "draft":
            self.approve(batch, by=self.cem)
        self.make_file(batch)
        self.hand_over(batch)
        return batch

    def outcome(self, batch: UUID, outcome: actions.Outcome, *payouts: UUID, reason: Reason | None = None) -> int:
        return actions.record_outcomes(self.session, batch, payouts, outcome, by=self.ann, reason=reason, now=self.now)

    def seen(self, payout: UUID, *, minor: int | None = None) -> str:
        view = queries.payout(self.session, payout)
        amount = view.amount if minor is None else bdt(minor)
        return actions.seen_on_statement(self.session, view.reference, amount, bank=BANK, now=self.now)

    def state(self, payout: UUID) -> State:
        return queries.payout(self.session, payout).state

    def cells(self, owner: UUID, kind: Owner = "specialist") -> tuple[int, int]:
        found = wallet_queries.balance(self.session, owner=owner, owner_kind=kind, currency="BDT")
        return found.posted.minor, found.held.minor

    def faults(self) -> dict[str, int]:
        return {name: count for name, count in audits.figures(self.session, now=self.now).items() if count}


def transit(house: House) -> int:
    found = books.trial_balance(house.session, "BDT")
    return sum(line.posted.minor for line in found if line.kind == "payouts_in_transit")


def tasks_of(house: House) -> list[str]:
    return list(house.session.scalars(select(Outbox.task).where(Outbox.task.like("payouts.%"))))
