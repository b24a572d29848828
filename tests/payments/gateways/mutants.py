"""Engines and adapters that are broken on purpose, and the cases that must tell each of them."""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine, create_engine, make_url, text
from sqlalchemy.orm import Session

from marketplace.foundation.database import driver_url
from marketplace.foundation.ids import AttemptId
from marketplace.foundation.money import Money
from payments.gateways.protocol import (
    Abilities,
    Ask,
    Gateway,
    Go,
    Line,
    Notice,
    RawRequest,
    Refs,
    StatementFile,
    Verdict,
)
from payments.gateways.rules import Outcome
from payments.topups import actions, queries, rows, rules
from payments.topups.rules import Difference, State
from payments.topups.tables import UNIQUE_NUMBER, UNIQUE_TRACKING

Breaks = Callable[[pytest.MonkeyPatch, Engine], None]
Disguise = Callable[[Gateway], Gateway]


@dataclass(frozen=True)
class Mutant:
    """One thing left out or done wrong, in the engine or in an adapter. `told_by`: the cases that must fail."""

    told_by: tuple[str, ...]
    breaks: Breaks = lambda patch, engine: None
    disguise: Disguise = lambda gateway: gateway


def _without(*left_out: Difference) -> Breaks:
    """The engine does not compare these."""
    kept = rules._differences

    def differences(asked: rules.Asked, verdict: Verdict, can: Abilities) -> Iterable[Difference]:
        return [each for each in kept(asked, verdict, can) if each not in left_out]

    return lambda patch, engine: patch.setattr(rules, "_differences", differences)


def no_reference_check(patch: pytest.MonkeyPatch, engine: Engine) -> None:
    """Neither our order number nor the provider's numbers are looked at."""
    _without(Difference.OURS, Difference.REFERENCE)(patch, engine)
    owner = create_engine(make_url(driver_url(os.environ["KARIGAR_TEST_URL"])).set(database=engine.url.database))
    with owner.begin() as connection:
        for name in (UNIQUE_NUMBER, UNIQUE_TRACKING):
            connection.execute(text(f"ALTER TABLE topup_attempt DROP CONSTRAINT {name}"))
    owner.dispose()


def believe_the_knock(patch: pytest.MonkeyPatch, engine: Engine) -> None:
    """A notice, or a browser that comes back, is taken for the provider's word."""
    received, returned = actions.receive_notice, actions.record_return

    def believe(session: Session, attempt: AttemptId, now: datetime) -> None:
        asked = queries.question(session, attempt)
        refs = replace(asked.refs, txn=f"BELIEVED{uuid4().hex[:8]}", terminal="T1000001")
        verdict = Verdict(Outcome.PAID, refs, amount=asked.ask.amount, final=True)
        actions.apply_verdict(session, attempt, verdict, now=now)

    def receive_notice(session: Session, *, gateway: str, notice: Notice, now: datetime) -> bool:
        attempt = notice.refs and queries.attempt_by_reference(session, gateway=gateway, ours=notice.refs.ours)
        if attempt:
            rows.lock(session, attempt)  # so that two of them at once are credited, and not only in each other's way
        is_new = received(session, gateway=gateway, notice=notice, now=now)
        if attempt and notice.claims is Outcome.PAID:
            believe(session, attempt, now)
        return is_new

    def record_return(session: Session, attempt: AttemptId, *, now: datetime) -> Any:
        topup = returned(session, attempt, now=now)
        believe(session, attempt, now)
        return topup

    patch.setattr(actions, "receive_notice", receive_notice)
    patch.setattr(actions, "record_return", record_return)


def unknown_is_failed(patch: pytest.MonkeyPatch, engine: Engine) -> None:
    """No answer is taken for a no."""
    patch.setitem(rules.VERDICTS, Outcome.UNKNOWN, State.FAILED)


def credit_what_is_claimed(patch: pytest.MonkeyPatch, engine: Engine) -> None:
    """The amount of the answer is credited, whatever was asked for."""
    decided = rules._decide_paid

    def decide(asked: rules.Asked, verdict: Verdict, can: Abilities, now: datetime) -> rules.Decision:
        said = verdict.amount
        amount = said if said and said.currency == asked.amount.currency else asked.amount
        return decided(replace(asked, amount=amount), verdict, can, now)

    patch.setattr(rules, "_decide_paid", decide)


class Disguised:
    """An adapter that does everything as the true one, for a mutant to change one thing."""

    def __init__(self, true: Gateway) -> None:
        self.true = true

    @property
    def name(self) -> str:
        return self.true.name

    @property
    def can(self) -> Abilities:
        return self.true.can

    def start(self, ask: Ask) -> Go:
        return self.true.start(ask)

    def read(self, raw: RawRequest) -> Notice:
        return self.true.read(raw)

    def verify(self, ask: Ask, refs: Refs) -> Verdict:
        return self.true.verify(ask, refs)

    def refund(self, id: UUID, amount: Money, refs: Refs) -> Verdict:
        return self.true.refund(id, amount, refs)

    def sweep(self, since: datetime, until: datetime) -> Iterator[Verdict]:
        return self.true.sweep(since, until)

    def lines(self, source: StatementFile) -> Iterable[Line]:
        return self.true.lines(source)


class SaysWhatWeAsked(Disguised):
    """Does not read the amount of the answer."""

    def verify(self, ask: Ask, refs: Refs) -> Verdict:
        told = self.true.verify(ask, refs)
        return replace(told, amount=ask.amount) if told.amount is not None else told


class AlreadyIsAnError(Disguised):
    """Takes "verified before" for a refusal."""

    def __init__(self, true: Gateway) -> None:
        super().__init__(true)
        self._before: set[str] = set()

    def verify(self, ask: Ask, refs: Refs) -> Verdict:
        told = self.true.verify(ask, refs)
        if told.outcome is not Outcome.PAID or refs.ours not in self._before:
            self._before |= {refs.ours} if told.outcome is Outcome.PAID else set()
            return told
        return Verdict(Outcome.FAILED, refs, live=told.live, final=True)


class NoAnswerIsFailed(Disguised):
    """Says FAILED where nobody knows."""

    def verify(self, ask: Ask, refs: Refs) -> Verdict:
        told = self.true.verify(ask, refs)
        return replace(told, outcome=Outcome.FAILED, final=True) if told.outcome is Outcome.UNKNOWN else told


class KeepsTheAnswer(Disguised):
    """Puts a field of the raw answer where a reference belongs."""

    marker = ""

    def verify(self, ask: Ask, refs: Refs) -> Verdict:
        told = self.true.verify(ask, refs)
        return (
            replace(told, refs=replace(told.refs, trace="4111111111111111")) if told.outcome is Outcome.PAID else told
        )


class BelievesForgers(Disguised):
    """Does not check a signature."""

    def read(self, raw: RawRequest) -> Notice:
        return replace(self.true.read(raw), authentic=True, reply=(200, b"ok"))


class RefundsUnderANewKey(Disguised):
    """Sends a repeated refund as another one."""

    def refund(self, id: UUID, amount: Money, refs: Refs) -> Verdict:
        return self.true.refund(uuid4(), amount, refs)


AMOUNT = ("another_amount_is_for_a_person_one_more",)
NO_ANSWER = ("a_verify_without_an_answer_is_unknown_and_asked_again_before",)

MUTANTS: Mapping[str, Mutant] = {
    "no amount check": Mutant(AMOUNT, _without(Difference.AMOUNT)),
    "no currency check": Mutant(
        ("another_currency_is_for_a_person",), _without(Difference.CURRENCY, Difference.AMOUNT)
    ),
    "no reference check": Mutant(
        ("a_strangers_genuine_number_is_not_credited_twice", "another_order_is_not_ours"), no_reference_check
    ),
    "no mode check": Mutant(("practice_money_is_no_money",), _without(Difference.LIVE)),
    "believe the knock": Mutant(
        ("a_returning_browser_credits_nothing", "a_true_notice_wakes_and_does_not_credit"), believe_the_knock
    ),
    "unknown is failed": Mutant(NO_ANSWER, unknown_is_failed),
    "credit what is claimed": Mutant(AMOUNT, credit_what_is_claimed),
    "adapter says what we asked": Mutant(AMOUNT, disguise=SaysWhatWeAsked),
    "adapter takes already for an error": Mutant(
        ("killed_after_the_commit_step_it_is_paid_once",), disguise=AlreadyIsAnError
    ),
    "adapter takes no answer for a no": Mutant(NO_ANSWER, disguise=NoAnswerIsFailed),
    "adapter keeps the answer": Mutant(
        ("card_numbers_in_answers_and_notices_are_kept_nowhere",), disguise=KeepsTheAnswer
    ),
    "adapter believes forgers": Mutant(("a_forged_notice_moves_nothing",), disguise=BelievesForgers),
    "adapter refunds under a new key": Mutant(
        ("refunds_in_parts_are_never_more_than_was_paid",), disguise=RefundsUnderANewKey
    ),
}
