"""The money region: what was held is captured or returned on every path (E.8-2), and a preview is the outcome."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from booking.jobs import actions, cancelling, queries
from booking.jobs.rules import SYSTEM, CashDiffers, FeeHasChanged
from booking.jobs.words import Event, Method, State
from marketplace.foundation.money import Money
from payments.ledger.rules import InsufficientFunds
from payments.wallets import queries as wallets
from tests.booking.jobs.town import Somebody, Town, top_up

MONEY = 1_000_000


def taka(minor: int) -> Money:
    return Money(minor, "BDT")


def wallet(session: Session, who: Somebody, kind: str = "customer") -> tuple[int, int]:
    """Posted and held."""
    found = wallets.balance(
        session, owner=who.id, owner_kind="specialist" if kind == "specialist" else "customer", currency="BDT"
    )
    return found.posted.minor, found.held.minor


def held(session: Session, job: UUID) -> int:
    return sum(line.rest.minor for line in wallets.held_lines(session, job))


def price(session: Session, job: UUID) -> Money:
    found = queries.for_finance(session, job).price
    assert found is not None
    return found


def at_work(town: Town, session: Session, rahima: Somebody, karim: Somebody, **how: Method) -> UUID:
    job = town.assigned(session, rahima, karim, **how)
    town.later(hours=26)
    town.fire(session, job, "depart", karim.specialist)
    town.fire(session, job, "arrive", karim.specialist, reason="by_hand")
    town.fire(session, job, "start", karim.specialist, start_code=queries.start_code(session, job, rahima.id))
    return job


def test_funding_sets_the_whole_price_aside(town: Town, session: Session) -> None:
    rahima = town.customer(session, money=MONEY)
    job = town.opened(session, rahima)
    assert wallet(session, rahima) == (MONEY, price(session, job).minor)


def test_funding_without_money_changes_nothing_and_a_top_up_lets_it_through(town: Town, session: Session) -> None:
    rahima = town.customer(session)
    job = town.held(session, rahima).job_id
    with pytest.raises(InsufficientFunds), session.begin_nested():
        town.fire(session, job, "fund", rahima.customer)
    session.expire_all()
    assert not queries.for_customer(session, job, rahima.id, now=town.now).job.funded
    top_up(session, rahima.id, MONEY, now=town.now)
    town.fire(session, job, "fund", SYSTEM)
    assert held(session, job) == price(session, job).minor


def test_confirming_pays_the_specialist_and_the_rest_comes_back(town: Town, session: Session) -> None:
    rahima, karim = town.customer(session, money=MONEY), town.craftsman(session)
    job = at_work(town, session, rahima, karim)
    total = price(session, job)
    final = total.minor - 5_000
    town.fire(session, job, "complete", karim.specialist, final_minor=final)
    town.fire(session, job, "confirm", rahima.customer)
    pay = queries.past_of(session, job, karim.id).pay
    assert wallet(session, rahima) == (MONEY - final, 0)
    assert wallet(session, karim, "specialist") == (pay.net.minor, pay.net.minor)
    assert pay.gross == pay.net + pay.commission + pay.tax
    town.later(days=3, minutes=1)
    assert town.fire(session, job, "release", SYSTEM).state is State.CLOSED
    assert wallet(session, karim, "specialist") == (pay.net.minor, 0)
    assert held(session, job) == 0


def test_silence_counts_as_yes_and_pays_the_same(town: Town, session: Session) -> None:
    rahima, karim = town.customer(session, money=MONEY), town.craftsman(session)
    job = at_work(town, session, rahima, karim)
    town.fire(session, job, "complete", karim.specialist)
    town.later(hours=24)
    town.fire(session, job, "auto_accept", SYSTEM)
    assert wallet(session, rahima) == (MONEY - price(session, job).minor, 0)


def expired(town: Town, session: Session, rahima: Somebody, job: UUID) -> None:
    town.fire(session, job, "expire", SYSTEM, reason="nobody_found")


def called_off_by_us(town: Town, session: Session, rahima: Somebody, job: UUID) -> None:
    town.fire(session, job, "cancel_by_operator", town.dispatcher, reason="our_fault")


def called_off_at_once(town: Town, session: Session, rahima: Somebody, job: UUID) -> None:
    town.fire(session, job, "cancel_by_customer", rahima.customer)


@pytest.mark.parametrize("end", [expired, called_off_by_us, called_off_at_once])
def test_before_anyone_was_assigned_everything_comes_back(
    town: Town, session: Session, end: Callable[[Town, Session, Somebody, UUID], None]
) -> None:
    rahima = town.customer(session, money=MONEY)
    job = town.opened(session, rahima)
    end(town, session, rahima, job)
    assert wallet(session, rahima) == (MONEY, 0)
    assert held(session, job) == 0


def test_a_specialist_who_gives_up_costs_the_customer_nothing_and_the_money_stays_aside(
    town: Town, session: Session
) -> None:
    rahima, karim = town.customer(session, money=MONEY), town.craftsman(session)
    job = town.assigned(session, rahima, karim)
    fired = town.fire(session, job, "cancel_by_worker", karim.specialist, reason="illness")
    assert fired.state is State.OPEN
    assert wallet(session, rahima) == (MONEY, price(session, job).minor)


def test_a_late_cancellation_pays_the_specialist_a_share_in_the_same_act(town: Town, session: Session) -> None:
    rahima, karim = town.customer(session, money=MONEY), town.craftsman(session)
    job = town.assigned(session, rahima, karim)
    town.later(hours=26)
    town.fire(session, job, "depart", karim.specialist)
    split = cancelling.preview(session, job, rahima.id, now=town.now)
    assert split.fee > taka(0)
    for shown in (None, split.fee.minor - 1):
        facts = {} if shown is None else {"fee_minor": shown}
        with pytest.raises(FeeHasChanged), session.begin_nested():
            town.fire(session, job, "cancel_by_customer", rahima.customer, **facts)
        session.expire_all()
    town.fire(session, job, "cancel_by_customer", rahima.customer, fee_minor=split.fee.minor)
    assert wallet(session, rahima) == (MONEY - split.fee.minor, 0)
    assert wallet(session, karim, "specialist") == (split.specialist_share.minor, 0)
    assert held(session, job) == 0


def test_nobody_at_home_is_paid_for_by_policy(town: Town, session: Session) -> None:
    rahima, karim = town.customer(session, money=MONEY), town.craftsman(session)
    job = town.assigned(session, rahima, karim)
    town.later(hours=26)
    town.fire(session, job, "arrive", karim.specialist, reason="by_hand")
    town.later(minutes=20)
    town.fire(session, job, "no_show_customer", karim.specialist, contact_attempts=2)
    kept = MONEY - wallet(session, rahima)[0]
    assert kept > 0
    assert 0 < wallet(session, karim, "specialist")[0] < kept
    assert held(session, job) == 0


def test_work_that_turns_out_impossible_costs_the_visit(town: Town, session: Session) -> None:
    rahima, karim = town.customer(session, money=MONEY), town.craftsman(session)
    job = at_work(town, session, rahima, karim)
    town.fire(session, job, "fail", karim.specialist, reason="not_repairable")
    assert 0 < MONEY - wallet(session, rahima)[0] < price(session, job).minor
    assert held(session, job) == 0


def test_a_cash_job_reserves_and_takes_the_commission_only(town: Town, session: Session) -> None:
    rahima, karim = town.customer(session), town.craftsman(session)
    job = at_work(town, session, rahima, karim, method=Method.CASH)
    pay = queries.for_crew(session, job, karim.id, now=town.now).pay
    due = (pay.commission + pay.tax).minor
    assert held(session, job) == due
    town.fire(session, job, "complete", karim.specialist)
    town.fire(session, job, "declare_cash", karim.specialist, cash_minor=pay.gross.minor)
    with pytest.raises(CashDiffers), session.begin_nested():
        town.fire(session, job, "confirm", rahima.customer, cash_minor=pay.gross.minor - 1)
    session.expire_all()
    town.fire(session, job, "confirm", rahima.customer, cash_minor=pay.gross.minor)
    owed = wallets.debt(session, owner=karim.id, owner_kind="specialist", currency="BDT")
    assert (owed.owed.minor, owed.promised.minor, held(session, job)) == (due, 0, 0)
    town.later(days=3, minutes=1)
    assert town.fire(session, job, "release", SYSTEM).state is State.CLOSED


def test_a_cash_job_handed_on_moves_the_reserve_and_one_called_off_frees_it(town: Town, session: Session) -> None:
    rahima, karim, jamal = town.customer(session), town.craftsman(session), town.craftsman(session)
    job = town.assigned(session, rahima, karim, method=Method.CASH)
    town.fire(session, job, "reassign", town.dispatcher, specialist_id=jamal.id, reason="illness")
    promised = [
        wallets.debt(session, owner=each.id, owner_kind="specialist", currency="BDT").promised.minor
        for each in (karim, jamal)
    ]
    assert promised[0] == 0 < promised[1]
    town.fire(session, job, "cancel_by_worker", jamal.specialist, reason="vehicle")
    assert held(session, job) == 0
    town.fire(session, job, "accept", karim.specialist, offer_id=job)
    assert held(session, job) == promised[1]
    town.fire(session, job, "cancel_by_operator", town.dispatcher, reason="other")
    assert held(session, job) == 0


STAGES = ("open", "assigned", "en_route", "on_site", "delayed")


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(stage=st.sampled_from(STAGES), hours=st.integers(25, 27), minutes=st.integers(0, 59))
def test_the_preview_of_a_cancellation_is_its_outcome(
    town: Town, session: Session, stage: str, hours: int, minutes: int
) -> None:
    savepoint, began = session.begin_nested(), town.now
    rahima, karim = town.customer(session, money=MONEY), town.craftsman(session)
    job = town.opened(session, rahima)
    town.later(hours=1)
    if stage != "open":
        town.fire(session, job, "accept", karim.specialist, offer_id=job)
    town.later(hours=hours - 1, minutes=minutes)
    if stage in ("en_route", "on_site"):
        town.fire(session, job, "depart", karim.specialist)
    if stage == "on_site":
        town.fire(session, job, "arrive", karim.specialist, reason="by_hand")
    if stage == "delayed":
        new = town.now + timedelta(days=1)
        town.fire(
            session, job, "delay", karim.specialist, reason="access", promised_start=new,
            promised_end=new + timedelta(hours=2),
        )  # fmt: skip
    split = cancelling.preview(session, job, rahima.id, now=town.now)
    town.fire(session, job, "cancel_by_customer", rahima.customer, fee_minor=split.fee.minor)
    assert wallet(session, rahima) == (MONEY - split.fee.minor, 0)
    assert wallet(session, karim, "specialist")[0] == split.specialist_share.minor
    assert split.fee + split.back == price(session, job)
    assert held(session, job) == 0
    savepoint.rollback()
    session.expire_all()
    town.now, town.specialists = began, []


def test_a_top_up_for_a_job_funds_it_by_itself(town: Town, session: Session) -> None:
    rahima = town.customer(session, money=MONEY)
    job = town.held(session, rahima).job_id
    done = actions.when_due(session, job, Event.FUND, actor=SYSTEM, command_id=job, now=town.now, task="jobs.fund")
    assert isinstance(done, actions.Fired)
    again = actions.when_due(
        session, job, Event.AUTO_ACCEPT, actor=SYSTEM, command_id=town.manager, now=town.now, task="jobs.auto_accept"
    )
    assert not isinstance(again, actions.Fired)
