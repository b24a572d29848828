"""Where a job's money stands, at each step, and who disputes a part of it."""

from dataclasses import replace
from uuid import UUID, uuid4

import pytest
from sqlalchemy.orm import Session

from booking.care.region import MoneyRegion, money_region, paid_from
from booking.jobs import queries
from booking.jobs.rules import SYSTEM
from booking.jobs.words import Method
from marketplace.foundation.money import Money
from payments.gateways import directory
from payments.gateways.protocol import Refs, Verdict
from payments.gateways.rules import Outcome
from payments.topups import actions as topups
from payments.topups import by_letter
from payments.topups import queries as topup_queries
from payments.topups.queries import CaseView
from payments.topups.rules import ChargebackReason
from tests.booking.care.test_cases import SMALL, decided, dispute, finance
from tests.booking.jobs.test_money import MONEY, at_work, taka
from tests.booking.jobs.town import Somebody, Town
from tests.payments.refunds.conftest import Scripted


def topped_up(town: Town, session: Session, who: Somebody, *, subject: UUID | None = None) -> CaseView:
    """So much is paid in, and the bank writes that it took it back: the case, still to be entered by `taken_back`."""
    directory.connect(Scripted())  # type: ignore[arg-type]  # it does no more than this needs
    made = topups.start(
        session, owner=who.id, wallet="customer", amount=taka(MONEY), gateway="scripted", command=uuid4(),
        subject=subject, now=town.now,
    )  # fmt: skip
    topups.record_not_started(session, made.attempt, now=town.now)
    refs = Refs(topup_queries.question(session, made.attempt).refs.ours, txn=uuid4().hex[:20], bank=None)
    verdict = Verdict(Outcome.PAID, refs, amount=taka(MONEY), at=town.now, final=True)
    topups.apply_verdict(session, made.attempt, verdict, now=town.now)
    return by_letter.enter(
        session, made.attempt, number="CB-1", amount=taka(MONEY), fee=Money.zero("BDT"), by=uuid4(),
        reason=ChargebackReason.GENERAL, command=uuid4(), now=town.now,
    )  # fmt: skip


def test_a_job_goes_through_its_regions_and_freezes_while_something_is_disputed(town: Town, session: Session) -> None:
    rahima, karim = town.customer(session, money=MONEY), town.craftsman(session)
    assert money_region(session, uuid4()) is MoneyRegion.NONE
    draft = town.held(session, rahima).job_id
    assert money_region(session, draft) is MoneyRegion.QUOTED
    job = at_work(town, session, town.customer(session, money=MONEY), karim)
    assert money_region(session, job) is MoneyRegion.HELD
    owner = queries.for_finance(session, job).customer
    assert owner is not None
    customer = Somebody(owner)
    town.fire(session, job, "complete", karim.specialist)
    complaint = dispute(town, session, job, customer.customer, 0)
    assert money_region(session, job) is MoneyRegion.HELD  # about no money
    decided(town, session, complaint, finance(town, session), 0)
    town.fire(session, job, "confirm", customer.customer)
    assert money_region(session, job) is MoneyRegion.CAPTURED
    case = dispute(town, session, job, customer.customer, SMALL)
    assert money_region(session, job) is MoneyRegion.FROZEN
    decided(town, session, case, finance(town, session, "Mina"), SMALL)
    assert money_region(session, job) is MoneyRegion.CAPTURED
    town.later(days=4)
    town.fire(session, job, "release", SYSTEM)
    assert money_region(session, job) is MoneyRegion.SETTLED


@pytest.mark.parametrize("made_for_it", [True, False])
def test_a_charge_back_freezes_what_it_paid_and_touches_nothing_that_is_held(
    town: Town, session: Session, *, made_for_it: bool
) -> None:
    rahima, other = town.customer(session, money=MONEY), town.customer(session, money=MONEY)
    job, foreign = town.held(session, rahima).job_id, town.held(session, other).job_id
    case = topped_up(town, session, rahima, subject=job if made_for_it else None)
    for each, who in ((job, rahima), (foreign, other)):
        town.fire(session, each, "fund", who.customer)
    before = topup_queries.case(session, case.id)
    assert money_region(session, job) is MoneyRegion.FROZEN
    assert money_region(session, foreign) is MoneyRegion.HELD
    assert (paid_from(session, before), paid_from(session, replace(before, wallet="specialist"))) == ([job], [])
    by_letter.decide(session, case.id, won=False, by=uuid4(), now=town.now)
    assert money_region(session, job) is MoneyRegion.HELD
    directory.connect()


def test_cash_is_not_disputed_by_a_bank(town: Town, session: Session) -> None:
    rahima, karim = town.customer(session), town.craftsman(session)
    case = topped_up(town, session, rahima)
    job = at_work(town, session, rahima, karim, method=Method.CASH)
    assert (money_region(session, job), paid_from(session, case)) == (MoneyRegion.HELD, [])
    directory.connect()
