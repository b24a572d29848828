"""Charge-backs that a letter told of, the bank's fee for them, and payments under review: each once, and sums agree."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace.foundation import clock
from marketplace.foundation.errors import Refused
from marketplace.foundation.ids import AttemptId
from marketplace.foundation.money import Money
from marketplace.foundation.outbox import Outbox
from payments import audits
from payments.gateways import directory
from payments.gateways.protocol import Dispute, DisputeState, Refs, Verdict
from payments.gateways.rules import Outcome
from payments.ledger import queries as books
from payments.ledger.rules import CurrencyDiffers
from payments.refunds import actions as refunds
from payments.refunds.rules import RefundReason, RefundState
from payments.topups import actions, by_letter, queries, returns, reviews
from payments.topups.queries import CaseView
from payments.topups.reviews import ReviewReason
from payments.topups.rules import (
    CaseEntered,
    CaseNumberImpossible,
    CaseOver,
    CaseTooMuch,
    ChargebackReason,
    NotUnderReview,
    PaymentNotFound,
    TopUpNotFound,
)
from payments.wallets import actions as wallets
from tests.payments.refunds.conftest import Scripted, said

AMOUNT, SHIRIN = 150_000, uuid4()


@dataclass
class Credited:
    """Somebody whose top-up was paid, in a session that is undone."""

    session: Session
    owner: UUID
    attempt: AttemptId
    verdict: Verdict

    def enters(
        self, minor: int = AMOUNT, *, number: str = "CB/2026-17", fee: int = 300, command: UUID | None = None
    ) -> CaseView:
        return by_letter.enter(
            self.session, self.attempt, number=number, amount=Money(minor, "BDT"), fee=Money(fee, "BDT"),
            reason=ChargebackReason.FRAUDULENT, by=SHIRIN, command=command or uuid4(), now=clock.now(),
        )  # fmt: skip

    def decides(self, case: CaseView, *, won: bool) -> CaseView:
        return by_letter.decide(self.session, case.id, won=won, by=SHIRIN, now=clock.now())

    @property
    def books(self) -> dict[str, int]:
        return {line.kind: line.posted.minor for line in books.trial_balance(self.session, "BDT") if line.posted.minor}

    @property
    def wallet(self) -> tuple[int, int]:
        found = books.wallet(self.session, self.owner, "BDT", owner_kind="customer")
        return found.posted.minor, found.held.minor

    def asked_for(self, task: str) -> int:
        return len(self.session.scalars(select(Outbox.id).where(Outbox.task == task)).all())

    def sound(self) -> None:
        assert not {name: count for name, count in audits.figures(self.session).items() if count}


def topped_up(session: Session, *, risky: bool = False) -> Credited:
    now, owner = clock.now(), uuid4()
    made = actions.start(
        session, owner=owner, wallet="customer", amount=Money(AMOUNT, "BDT"), gateway="scripted", command=uuid4(),
        now=now,
    )  # fmt: skip
    actions.record_not_started(session, made.attempt, now=now)
    ours = queries.question(session, made.attempt).refs.ours
    verdict = Verdict(
        Outcome.PAID, Refs(ours, txn="SC00000000A1", bank="120000000001"), amount=Money(AMOUNT, "BDT"), at=now,
        final=True, review=risky,
    )  # fmt: skip
    actions.apply_verdict(session, made.attempt, verdict, now=now)
    return Credited(session, owner, made.attempt, verdict)


@pytest.fixture
def gateway() -> Iterator[None]:
    directory.connect(Scripted(answers=[said(Outcome.REFUNDED)]))  # type: ignore[arg-type]  # all that is needed
    yield
    directory.connect()


@pytest.fixture
def paid(session: Session, gateway: None) -> Credited:
    return topped_up(session)


def test_a_letter_is_entered_once_and_decided_once(paid: Credited) -> None:
    for reference in ("SC00000000A1", "sc00000000a1", "120000000001"):
        assert by_letter.find(paid.session, reference) == paid.attempt
    job = uuid4()
    wallets.hold_for_job(
        paid.session, job=job, customer=paid.owner, amount=Money(100_000, "BDT"), now=clock.now()
    )  # of the money that is taken back
    command = uuid4()
    case = paid.enters(120_000, command=command)
    assert paid.enters(120_000, command=command) == case
    assert (case.away, case.by_letter, case.state) == (True, True, DisputeState.TAKEN)
    assert paid.wallet == (100_000, 100_000)  # what is held for the running visit is not touched; the rest is owed
    assert paid.books["receivable"] == -70_000
    assert "gateway_fees" not in paid.books
    assert queries.state_of(paid.session, paid.attempt) == "paid"
    for number, minor, kind in (
        ("CB/2026-17", 1, CaseEntered), ("cb/2026-17", 1, CaseEntered), ("CB-18", 30_001, CaseTooMuch),
        ("CB-18", 0, CaseTooMuch), ("CB-18", -5, CaseTooMuch), ("", 1, CaseNumberImpossible),
        ("4111 1111 1111 1111", 1, CaseNumberImpossible), ("<b>", 1, CaseNumberImpossible),
    ):  # fmt: skip
        refused(paid, kind, partial(paid.enters, minor, number=number))
    lost = paid.decides(case, won=False)
    assert (lost.state, paid.decides(case, won=False)) == (DisputeState.LOST, lost)
    assert paid.books["gateway_fees"] == -300
    refused(paid, CaseOver, lambda: paid.decides(case, won=True))
    refused(paid, TopUpNotFound, lambda: paid.decides(replace(case, id=uuid4()), won=True))
    assert paid.asked_for("topups.case_moved") == 1
    paid.sound()


def test_what_comes_back_is_the_wallets_again_and_the_fee_stays(paid: Credited) -> None:
    case = paid.enters()
    assert (paid.wallet, queries.state_of(paid.session, paid.attempt)) == ((0, 0), "reversed")
    paid.decides(case, won=True)
    assert (paid.wallet, queries.state_of(paid.session, paid.attempt)) == ((AMOUNT, 0), "paid")
    assert paid.books == {"wallet": AMOUNT, "clearing": 300 - AMOUNT, "gateway_fees": -300}
    assert paid.asked_for("topups.case_moved") == 2
    paid.sound()


def test_what_was_never_credited_or_is_of_another_currency_is_refused(paid: Credited) -> None:
    refused(paid, PaymentNotFound, lambda: by_letter.find(paid.session, "SC00000000B2"))
    refused(
        paid, CurrencyDiffers,
        lambda: by_letter.enter(
            paid.session, paid.attempt, number="CB-1", amount=Money(100, "QAR"), fee=Money(0, "QAR"),
            reason=ChargebackReason.GENERAL, by=SHIRIN, command=uuid4(), now=clock.now(),
        ),
    )  # fmt: skip
    now = clock.now()
    begun = actions.start(
        paid.session, owner=uuid4(), wallet="customer", amount=Money(AMOUNT, "BDT"), gateway="scripted",
        command=uuid4(), now=now,
    )  # fmt: skip
    refused(paid, PaymentNotFound, lambda: replace(paid, attempt=begun.attempt).enters())


def test_a_gateway_that_tells_after_the_letter_moves_nothing_twice(paid: Credited) -> None:
    entered, now = paid.enters(), clock.now()
    told = Dispute("dp_1", Money(AMOUNT, "BDT"), Money(250, "BDT"), DisputeState.TAKEN, "fraudulent", now)
    while returns.follow_case(paid.session, paid.attempt, replace(paid.verdict, disputes=(told,)), now=now):
        pass
    (only,) = queries.cases(paid.session)
    assert (only.id, only.number, only.by_letter) == (entered.id, "dp_1", False)
    assert (paid.wallet, paid.books) == ((0, 0), {})
    refused(paid, CaseOver, lambda: paid.decides(only, won=False))
    over = replace(paid.verdict, disputes=(replace(told, state=DisputeState.LOST),))
    while returns.follow_case(paid.session, paid.attempt, over, now=now):
        pass
    assert paid.books == {"clearing": 250, "gateway_fees": -250}
    paid.sound()


def test_what_is_under_review_is_freed_with_a_reason_once(session: Session, gateway: None) -> None:
    risky = topped_up(session, risky=True)
    (waiting,) = reviews.under_review(session)
    assert (waiting.attempt.id, waiting.held, risky.wallet) == (
        risky.attempt, Money(AMOUNT, "BDT"), (AMOUNT, AMOUNT),
    )  # fmt: skip
    reviews.clear(session, risky.attempt, reason=ReviewReason.PROOF_SEEN, by=SHIRIN, now=clock.now())
    assert (risky.wallet, reviews.under_review(session)) == ((AMOUNT, 0), [])
    refused(
        risky, NotUnderReview,
        lambda: reviews.clear(session, risky.attempt, reason=ReviewReason.OTHER, by=SHIRIN, now=clock.now()),
    )  # fmt: skip
    assert "reviewed" in [each.what for each in queries.history(session, risky.attempt)]
    risky.sound()


@pytest.mark.parametrize("outcome", [Outcome.REFUNDED, Outcome.FAILED])
def test_what_is_under_review_goes_back_without_ever_being_free(
    session: Session, gateway: None, outcome: Outcome
) -> None:
    risky, now = topped_up(session, risky=True), clock.now()
    refund = refunds.ask(
        session, risky.attempt, amount=Money(100_000, "BDT"), reason=RefundReason.MISTAKE, by=SHIRIN,
        second_above=10**9, command_id=uuid4(), now=now,
    )  # fmt: skip
    assert risky.wallet == (AMOUNT, AMOUNT)
    refunds.claim(session, refund.id, now=now)
    state = refunds.settle(session, refund.id, said(outcome), now=now)
    went = 100_000 if state is RefundState.DONE else 0
    assert risky.wallet == (AMOUNT - went, AMOUNT - went)
    assert [each.held.minor for each in reviews.under_review(session)] == [AMOUNT - went]
    reviews.clear(session, risky.attempt, reason=ReviewReason.PAYER_KNOWN, by=SHIRIN, now=now)
    assert risky.wallet == (AMOUNT - went, 0)
    risky.sound()


def test_a_bank_takes_what_was_under_review_first(session: Session, gateway: None) -> None:
    risky = topped_up(session, risky=True)
    risky.enters()
    assert (risky.wallet, reviews.under_review(session)) == ((0, 0), [])
    assert "receivable" not in risky.books
    risky.sound()


def refused(paid: Credited, kind: type[Refused], act: Callable[[], object]) -> None:
    """Refused by name, and nothing is written."""
    before = (paid.books, paid.wallet)
    with pytest.raises(kind), paid.session.begin_nested():
        act()
    assert (paid.books, paid.wallet) == before
