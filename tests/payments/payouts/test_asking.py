"""Asking to be paid out: how much, to which account, and what a person has to look at first."""

from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import text

from marketplace.foundation.errors import Refused
from marketplace.foundation.ids import uuid7
from payments.payouts import actions, queries
from payments.payouts.rules import (
    CannotBePassed,
    DestinationWaits,
    Facts,
    Finding,
    NoDestination,
    NotEnoughToPayOut,
    NothingToSend,
    PayoutDayLimitReached,
    PayoutDiffers,
    PayoutNotFound,
    PayoutOpen,
    PayoutsFrozen,
    PayoutTooSmall,
    State,
    Terms,
)
from payments.wallets import actions as wallets
from payments.wallets import queries as wallet_queries
from payments.wallets.rules import Share
from tests.payments.payouts.house import NOW, WAIT, House, account, bdt, tasks_of, terms


@pytest.mark.parametrize(
    ("minor", "limits", "refusal"),
    [
        (0, terms(), PayoutTooSmall),
        (-1, terms(), PayoutTooSmall),
        (499, terms(least=500), PayoutTooSmall),
        (10_001, terms(), NotEnoughToPayOut),
        (10**15, terms(), NotEnoughToPayOut),
        (8_001, terms(most_a_day=8_000), PayoutDayLimitReached),
    ],
)
def test_an_amount_that_cannot_be_paid_out_is_refused_and_nothing_is_written(
    house: House, minor: int, limits: Terms, refusal: type[Refused]
) -> None:
    karim = house.earner(10_000, number=1)
    house.terms = limits
    with pytest.raises(refusal), house.session.begin_nested():
        house.ask(karim, minor)
    assert queries.of_owner(house.session, owner=karim, owner_kind="specialist") == ()
    assert house.cells(karim) == (10_000, 0)


def test_the_day_limit_counts_what_was_asked_before_but_not_what_was_given_back(house: House) -> None:
    karim = house.earner(10_000, number=1)
    house.terms = terms(most_a_day=5_000)
    actions.cancel(house.session, house.ask(karim, 4_000), owner=karim, now=NOW)
    batch = house.sent(house.ask(karim, 4_000))
    house.outcome(batch, State.ACCEPTED)
    with pytest.raises(PayoutDayLimitReached) as refused:
        house.ask(karim, 1_001)
    assert refused.value.left == bdt(1_000)
    house.now += timedelta(hours=25)
    assert house.state(house.ask(karim, 5_000)) is State.CHECKED


def test_one_at_a_time_and_the_same_form_is_one_payout(house: House) -> None:
    karim, form = house.earner(10_000, number=1), uuid4()
    assert house.ask(karim, 4_000, command=form) == house.ask(karim, 4_000, command=form)
    with pytest.raises(PayoutDiffers):
        house.ask(karim, 4_001, command=form)
    with pytest.raises(PayoutOpen):
        house.ask(karim, 1_000)
    assert house.cells(karim) == (10_000, 4_000)


def test_what_is_owed_stays_behind(house: House) -> None:
    karim = house.earner(0, number=1)
    share = Share(bdt(6_000), bdt(900), bdt(90), bdt(5_010))
    job = uuid7()
    wallets.capture_cash_commission(house.session, job=job, customer=uuid7(), specialist=karim, share=share, now=NOW)
    attempt = uuid7()
    wallets.credit_topup(
        house.session, attempt=attempt, owner=karim, owner_kind="specialist", gateway="sandbox", amount=bdt(1_500),
        now=NOW,
    )  # fmt: skip
    with pytest.raises(NotEnoughToPayOut) as refused:
        house.ask(karim, 511)
    assert (refused.value.payable, refused.value.owed) == (bdt(510), bdt(990))
    one = house.ask(karim, 510)
    wallets.debt_offset(house.session, owner=karim, owner_kind="specialist", currency="BDT", because=one, now=NOW)
    assert house.cells(karim) == (510, 510)
    assert wallet_queries.debt(house.session, owner=karim, owner_kind="specialist", currency="BDT").owed == bdt(0)
    assert house.faults() == {}


def test_without_an_account_with_a_fresh_one_and_when_frozen_nothing_goes(house: House) -> None:
    karim = house.earner(5_000)
    with pytest.raises(NoDestination):
        house.ask(karim, 1_000)
    house.account(karim, 1)
    house.facts[karim] = Facts(frozen=True)
    with pytest.raises(PayoutsFrozen):
        house.ask(karim, 1_000)
    house.facts.clear()
    first = house.ask(karim, 1_000)
    house.account(karim, 2)
    assert tasks_of(house) == ["payouts.destination_changed"]
    assert queries.payout(house.session, first).last4 == account(1)[-4:]  # what is under way keeps its account
    actions.cancel(house.session, first, owner=karim, now=NOW)
    with pytest.raises(DestinationWaits) as refused:
        house.ask(karim, 1_000)
    assert refused.value.until == NOW + WAIT
    house.now += WAIT
    assert house.state(house.ask(karim, 1_000)) is State.CHECKED


def test_the_same_account_told_again_is_no_change(house: House) -> None:
    karim = house.earner(5_000, number=1)
    assert house.account(karim, 1) == house.account(karim, 1)
    assert tasks_of(house) == []


@pytest.mark.parametrize(
    ("facts", "matches", "finding"),
    [
        (Facts(case_open=True), True, Finding.CASE_OPEN),
        (Facts(identity_proved=False), True, Finding.IDENTITY),
        (Facts(), False, Finding.NAME),
    ],
)
def test_what_stands_against_an_item_is_named_and_a_person_passes_only_questions_of_judgement(
    house: House, facts: Facts, matches: bool, finding: Finding
) -> None:
    karim = house.earner(5_000, number=1, matches=matches)
    house.facts[karim] = facts
    one = house.ask(karim, 1_000)
    assert (house.state(one), queries.payout(house.session, one).findings) == (State.REQUESTED, (finding,))
    with pytest.raises(NothingToSend):
        house.prepare()
    if finding is Finding.CASE_OPEN:
        with pytest.raises(CannotBePassed):
            house.check(one, finding)
        return
    assert house.check(one, finding) == ()
    house.approve(house.prepare())
    assert house.state(one) is State.APPROVED


def test_an_account_of_two_people_is_looked_at(house: House) -> None:
    house.earner(5_000, number=1)
    one = house.ask(house.earner(5_000, number=1), 1_000)
    assert queries.payout(house.session, one).findings == (Finding.SHARED,)


def test_a_customer_withdraws_by_the_same_machine_and_nobody_sees_anothers(house: House) -> None:
    rahima = house.earner(9_000, kind="customer", number=1)
    one = house.ask(rahima, 9_000, kind="customer")
    with pytest.raises(PayoutNotFound):
        queries.own(house.session, one, owner=uuid7())
    with pytest.raises(PayoutNotFound):
        actions.cancel(house.session, one, owner=uuid7(), now=NOW)
    house.outcome(house.sent(), State.ACCEPTED)
    assert house.cells(rahima, "customer") == (0, 0)
    assert house.faults() == {}


def test_the_schedule_pays_whoever_has_enough_and_can_be_paid(house: House) -> None:
    karim = house.earner(9_000, number=1)
    house.earner(499, number=2)
    house.earner(9_000)
    busy = house.earner(9_000, number=3)
    house.ask(busy, 100)
    due = {each.owner: each.payable for each in queries.due(house.session, currency="BDT", least=bdt(500), now=NOW)}
    assert due == {karim: bdt(9_000)}


def test_an_account_number_stands_nowhere_in_clear(house: House) -> None:
    house.ask(house.earner(9_000, number=12_345_678), 5_000)
    house.outcome(house.sent(), State.ACCEPTED)
    number = account(12_345_678)
    tables = house.session.scalars(
        text("SELECT format('%I.%I', schemaname, tablename) FROM pg_tables WHERE schemaname IN ('public', 'ledger')")
    ).all()
    for table in tables:
        for clear in (number, number.encode().hex()):
            wanted = text(f"SELECT count(*) FROM {table} t WHERE t::text LIKE :like")  # a name from above
            assert house.session.scalar(wanted, {"like": f"%{clear}%"}) == 0, table
