"""A job's money from funding to payout-ready, through the verbs that jobs call; on the real ledger."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace.foundation.ids import uuid7
from marketplace.foundation.money import Money
from marketplace.foundation.outbox import Outbox
from payments.ledger import actions as ledger
from payments.ledger import queries as books
from payments.ledger.rules import (
    AccountName,
    DebtLimitReached,
    HoldClosed,
    HoldTooSmall,
    InsufficientFunds,
    KeyReused,
    Leg,
)
from payments.wallets import actions, queries, returns, tasks
from payments.wallets.rules import FeeShare, Share, split, split_fee

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
LATER = NOW + timedelta(days=7)


def bdt(minor: int) -> Money:
    return Money(minor, "BDT")


def shared(gross: int) -> Share:
    return split(bdt(gross), commission_basis_points=1_500, tax_basis_points=1_000)


class Town:
    """One customer with 20 000 in the wallet, two specialists with a debt limit of 5 000, one job."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.customer, self.specialist, self.second, self.job = uuid7(), uuid7(), uuid7(), uuid7()
        actions.open_wallet(session, owner=self.customer, owner_kind="customer", currency="BDT")
        for each in (self.specialist, self.second):
            actions.open_wallet(session, owner=each, owner_kind="specialist", currency="BDT", limit=bdt(5_000))
        self.top_up(20_000)

    def top_up(self, amount: int, owner: UUID | None = None) -> UUID:
        attempt = uuid7()
        actions.credit_topup(
            self.session, attempt=attempt, owner=owner or self.customer,
            owner_kind="customer" if owner is None else "specialist", gateway="sandbox", amount=bdt(amount), now=NOW,
        )  # fmt: skip
        return attempt

    def hold(self, amount: int, nth: int = 1) -> None:
        actions.hold_for_job(
            self.session, job=self.job, customer=self.customer, amount=bdt(amount), nth=nth, now=NOW
        )  # fmt: skip

    def capture(self, gross: int, *, warranty: datetime | None = LATER, promotion: int = 0, nth: int = 1) -> None:
        actions.capture_job(
            self.session, job=self.job, customer=self.customer, specialist=self.specialist, share=shared(gross),
            warranty_until=warranty, promotion=bdt(promotion), nth=nth, now=NOW,
        )  # fmt: skip

    def cells(self) -> tuple[tuple[int, int], tuple[int, int]]:
        c = queries.balance(self.session, owner=self.customer, owner_kind="customer", currency="BDT")
        s = queries.balance(self.session, owner=self.specialist, owner_kind="specialist", currency="BDT")
        return (c.posted.minor, c.held.minor), (s.posted.minor, s.held.minor)

    def debt(self, who: UUID | None = None) -> queries.Debt:
        owner = who or self.specialist
        return queries.debt(self.session, owner=owner, owner_kind="specialist", currency="BDT")


@pytest.fixture
def town(session: Session) -> Town:
    return Town(session)


def test_a_confirmed_job_pays_everybody_to_the_unit_and_returns_the_rest(town: Town) -> None:
    town.hold(12_000)
    assert town.cells() == ((20_000, 12_000), (0, 0))
    town.capture(11_500)
    assert town.cells() == ((8_500, 0), (9_603, 9_603))
    actions.release_warranty(town.session, job=town.job, specialist=town.specialist, currency="BDT", now=LATER)
    assert town.cells() == ((8_500, 0), (9_603, 0))


def test_every_verb_said_twice_happens_once(town: Town) -> None:
    for _ in range(2):
        town.hold(12_000)
    for _ in range(2):
        town.capture(11_500)
    for _ in range(2):
        actions.release_warranty(town.session, job=town.job, specialist=town.specialist, currency="BDT", now=LATER)
    assert town.cells() == ((8_500, 0), (9_603, 0))
    assert len(queries.earnings(town.session, specialist=town.specialist, currency="BDT")) == 1


def test_one_attempt_credits_once_and_another_amount_is_refused(town: Town) -> None:
    attempt = town.top_up(500)
    facts = {"attempt": attempt, "owner": town.customer, "gateway": "sandbox", "now": LATER}
    again = actions.credit_topup(town.session, owner_kind="customer", amount=bdt(500), **facts)  # type: ignore[arg-type]  # one dict of facts
    assert again.replayed
    with pytest.raises(KeyReused) as refused:
        actions.credit_topup(town.session, owner_kind="customer", amount=bdt(600), **facts)  # type: ignore[arg-type]  # one dict of facts
    assert refused.value.field == "legs"


def test_what_is_not_there_cannot_be_set_aside_and_the_work_goes_on(town: Town) -> None:
    with pytest.raises(InsufficientFunds) as refused:
        town.hold(20_001)
    assert (refused.value.available, refused.value.needed) == (bdt(20_000), bdt(20_001))
    town.hold(20_000)
    assert town.cells()[0] == (20_000, 20_000)


def test_a_change_order_is_a_second_hold_and_one_capture_closes_both(town: Town) -> None:
    town.hold(8_000)
    town.hold(4_000, nth=2)
    assert queries.held_for_job(town.session, town.job, "BDT") == bdt(12_000)
    assert [line.rest.minor for line in queries.held_lines(town.session, town.job)] == [8_000, 4_000]
    town.capture(11_500)
    assert town.cells() == ((8_500, 0), (9_603, 9_603))
    assert [line.purpose for line in queries.held_lines(town.session, town.job)] == ["warranty"]


def test_a_capture_takes_no_more_than_was_set_aside(town: Town) -> None:
    town.hold(10_000)
    with pytest.raises(HoldTooSmall) as refused, town.session.begin_nested():
        town.capture(11_500)
    assert (refused.value.available, refused.value.needed) == (bdt(10_000), bdt(11_500))
    assert town.cells() == ((20_000, 10_000), (0, 0))
    assert queries.earnings(town.session, specialist=town.specialist, currency="BDT") == ()


def test_a_promotion_stands_in_for_part_of_the_price_and_the_commission_is_on_all_of_it(town: Town) -> None:
    town.hold(4_500)
    town.capture(5_000, promotion=500)
    assert town.cells() == ((15_500, 0), (4_175, 4_175))


def test_a_job_that_ends_without_a_fee_gives_everything_back_once(town: Town) -> None:
    town.hold(4_000)
    actions.release_job(town.session, job=town.job, now=NOW, kind="expire")
    assert town.cells()[0] == (20_000, 0)
    with pytest.raises(HoldClosed):
        actions.release_job(town.session, job=town.job, now=NOW, nth=2)


def test_a_late_cancellation_pays_the_specialist_the_house_and_the_tax(town: Town) -> None:
    town.hold(4_000)
    fee = split_fee(bdt(500), specialist_basis_points=6_000, tax_basis_points=1_000)
    actions.charge_cancellation(
        town.session, job=town.job, customer=town.customer, specialist=town.specialist, share=fee, now=NOW
    )
    assert town.cells() == ((19_500, 0), (300, 0))
    (line,) = queries.of_job(town.session, town.job)
    assert (line.kind, line.gross, line.net) == ("cancellation", bdt(300), bdt(300))


def test_a_cancellation_without_a_fee_is_a_release(town: Town) -> None:
    town.hold(4_000)
    free = FeeShare(bdt(0), bdt(0), bdt(0), bdt(0))
    actions.charge_cancellation(
        town.session, job=town.job, customer=town.customer, specialist=None, share=free, now=NOW
    )
    assert town.cells() == ((20_000, 0), (0, 0))


def test_the_fee_of_a_cash_job_is_owed_as_far_as_the_wallet_does_not_reach(town: Town) -> None:
    town.hold(19_800)
    fee = split_fee(bdt(500), specialist_basis_points=6_000, tax_basis_points=1_000)
    actions.charge_cancellation(
        town.session, job=uuid7(), customer=town.customer, specialist=town.specialist, share=fee, held=False, now=NOW
    )
    assert town.cells() == ((19_800, 19_800), (300, 0))
    owed = queries.debt(town.session, owner=town.customer, owner_kind="customer", currency="BDT")
    assert owed.owed == bdt(300)


def test_a_cash_job_takes_from_the_wallet_first_and_the_rest_is_owed_until_the_next_credit(town: Town) -> None:
    town.top_up(68, town.specialist)
    facts = {"job": town.job, "specialist": town.specialist, "share": shared(6_000), "now": NOW}
    actions.hold_cash_commission(town.session, **facts)  # type: ignore[arg-type]  # one dict of facts
    assert town.cells()[1] == (68, 68)
    assert town.debt() == queries.Debt(bdt(0), bdt(922), bdt(5_000))
    actions.capture_cash_commission(town.session, customer=town.customer, **facts)  # type: ignore[arg-type]  # one dict of facts
    assert town.cells()[1] == (0, 0)
    assert town.debt() == queries.Debt(bdt(922), bdt(0), bdt(5_000))
    assert town.debt().left == bdt(4_078)
    credit = town.top_up(1_000, town.specialist)
    actions.debt_offset(
        town.session, owner=town.specialist, owner_kind="specialist", currency="BDT", because=credit, now=NOW
    )
    assert town.cells()[1] == (78, 0)
    assert town.debt().owed == bdt(0)


def test_a_promise_stops_at_the_debt_limit_and_a_fact_passes_it(town: Town) -> None:
    dear = shared(40_000)  # 6 000 commission and 600 tax against a limit of 5 000
    with pytest.raises(DebtLimitReached) as refused:
        actions.hold_cash_commission(town.session, job=town.job, specialist=town.specialist, share=dear, now=NOW)
    assert (refused.value.available, refused.value.needed) == (bdt(5_000), bdt(6_600))
    actions.capture_cash_commission(
        town.session, job=town.job, customer=town.customer, specialist=town.specialist, share=dear, now=NOW
    )
    assert town.debt().owed == bdt(6_600)
    assert town.debt().left == bdt(0)


def test_a_cash_job_given_to_another_frees_the_first_and_binds_the_second(town: Town) -> None:
    facts = {"job": town.job, "share": shared(6_000), "now": NOW}
    actions.hold_cash_commission(town.session, specialist=town.specialist, **facts)  # type: ignore[arg-type]  # one dict of facts
    actions.move_cash_commission(town.session, specialist=town.second, nth=2, **facts)  # type: ignore[arg-type]  # one dict of facts
    assert (town.debt().promised, town.debt(town.second).promised) == (bdt(0), bdt(990))
    actions.release_cash_commission(town.session, job=town.job, specialist=town.second, currency="BDT", nth=2, now=NOW)
    assert town.debt(town.second).promised == bdt(0)


def test_a_decided_case_takes_from_the_warranty_hold_and_leaves_the_rest_of_it(town: Town) -> None:
    town.hold(12_000)
    town.capture(11_500)
    returns.settle(town.session, job=town.job, case=uuid7(), back=bdt(1_000), reason="work undone", now=NOW)
    assert town.cells() == ((9_500, 0), (8_768, 8_768))
    first, back = queries.of_job(town.session, town.job)
    assert (first.net, back.net, back.kind) == (bdt(9_603), bdt(-835), "refund")


def test_a_refund_after_the_money_is_gone_is_owed(town: Town) -> None:
    town.hold(12_000)
    town.capture(11_500, warranty=None)
    wallet = books.account(town.session, AccountName("wallet", "BDT", "specialist", town.specialist))
    assert wallet is not None
    ledger.hold(town.session, uuid7(), Leg(wallet, bdt(9_600)), purpose="payout", subject=uuid7(), now=NOW)
    returns.settle(town.session, job=town.job, case=uuid7(), back=bdt(1_000), reason="work undone", now=NOW)
    assert town.cells()[1] == (9_600, 9_600)
    assert town.debt().owed == bdt(832)


def test_each_credit_asks_for_the_debt_to_be_paid_exactly_once(town: Town) -> None:
    town.hold(12_000)
    town.capture(11_500)
    for _ in range(2):
        actions.release_warranty(town.session, job=town.job, specialist=town.specialist, currency="BDT", now=LATER)
    asked = town.session.scalars(select(Outbox.arguments).where(Outbox.task == "wallets.offset_debt")).all()
    assert sorted(each["owner"] for each in asked) == sorted([str(town.customer), str(town.specialist)])


def test_the_wallet_page_shows_movements_newest_first_with_the_balance_after_each(town: Town) -> None:
    town.hold(12_000)
    town.capture(11_500)
    page = queries.wallet_page(town.session, owner=town.customer, owner_kind="customer", currency="BDT", limit=2)
    assert [(line.kind, line.posted_after.minor, line.held_after.minor) for line in page.lines] == [
        ("capture", 8_500, 0),
        ("hold", 20_000, 12_000),
    ]
    rest = queries.wallet_page(
        town.session, owner=town.customer, owner_kind="customer", currency="BDT", before=page.older
    )
    assert [line.kind for line in rest.lines] == ["topup"]
    assert rest.older is None


def test_the_earnings_statement_adds_up_with_every_deduction(town: Town) -> None:
    town.hold(12_000)
    town.capture(11_500)
    actions.tip(
        town.session, job=town.job, customer=town.customer, specialist=town.specialist, amount=bdt(500), now=NOW
    )  # fmt: skip
    lines = queries.earnings(town.session, specialist=town.specialist, currency="BDT", since=NOW)
    total = queries.earned(town.session, specialist=town.specialist, currency="BDT", since=NOW, until=LATER)
    assert {(line.kind, line.gross.minor, line.net.minor) for line in lines} == {
        ("job", 11_500, 9_603),
        ("tip", 500, 500),
    }
    assert (total.gross, total.commission, total.tax, total.net) == (bdt(12_000), bdt(1_725), bdt(172), bdt(10_103))


def test_a_wallet_never_opened_is_empty_and_owes_nothing(session: Session) -> None:
    page = queries.wallet_page(session, owner=uuid7(), owner_kind="customer", currency="QAR")
    assert (page.balance.available, page.debt.owed, page.lines, page.older) == (
        Money(0, "QAR"),
        Money(0, "QAR"),
        (),
        None,
    )


def test_goodwill_is_paid_by_the_house(town: Town) -> None:
    actions.goodwill(
        town.session, key=uuid7(), owner=town.customer, owner_kind="customer", amount=bdt(200), reason="late",
        actor=uuid7(), now=NOW,
    )  # fmt: skip
    assert town.cells()[0] == (20_200, 0)


def test_the_task_after_a_credit_pays_the_debt_and_is_harmless_to_repeat(town: Town) -> None:
    actions.capture_cash_commission(
        town.session, job=town.job, customer=town.customer, specialist=town.specialist, share=shared(6_000), now=NOW
    )
    attempt = town.top_up(1_000, town.specialist)
    for _ in range(2):
        tasks.offset_debt(
            town.session, owner=str(town.specialist), owner_kind="specialist", currency="BDT", because=str(attempt)
        )
    assert (town.cells()[1], town.debt().owed) == ((10, 0), bdt(0))
