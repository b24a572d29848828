"""From an estimate visit to paid work: a quote is written, sent, read, approved, and becomes the price (E.4 #5, #6)."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from booking.jobs import queries, quotes, visits
from booking.jobs.quote_rules import EstimateNotDone, NoQuoteWanted, QuoteDiffers, QuoteNotFound, QuoteOver, QuoteState
from booking.jobs.rules import SYSTEM, Actor, IllegalTransition, JobNotFound, NotPriced
from booking.jobs.visit_rules import Relation
from booking.jobs.words import Event, State
from marketplace.foundation.database import transaction
from marketplace.privacy import queries as privacy
from payments.wallets import queries as wallets
from tests.booking.jobs.town import Town
from tests.booking.jobs.visits import MONEY, booked, estimated, for_estimates, taka, worked_off
from web.invariants import COUNTS

FIGURES = (
    "ended_jobs_with_held_money", "payments_unlike_the_final_price", "quotes_unlike_what_was_approved",
    "visits_under_warranty_with_a_price",
)  # fmt: skip
WORK = 1_500_000 + 300_002  # 2.5 times 120 001, half to even


def state(session: Session, job: UUID) -> State:
    return State(session.scalar(text("SELECT state FROM job WHERE id = :id"), {"id": job}))


def test_asking_for_a_service_by_estimate_asks_for_the_work_too(town: Town, session: Session) -> None:
    there = for_estimates(session, town)
    rahima = there.customer(session, money=MONEY)
    visit = there.held(session, rahima).job_id
    (work,) = visits.related(session, visit)
    assert (work.relation, work.is_work, work.state) == (Relation.ESTIMATE_OF, True, State.QUOTING)
    assert visits.related(session, work.id)[0].id == visit
    asked = queries.for_customer(session, work.id, rahima.id, now=there.now)
    assert asked.job.price is None
    assert asked.answers == queries.for_customer(session, visit, rahima.id, now=there.now).answers
    with pytest.raises(IllegalTransition):
        there.fire(session, work.id, Event.FUND, rahima.customer)


def test_the_work_ends_with_a_visit_that_never_was(town: Town, session: Session) -> None:
    there = for_estimates(session, town)
    rahima = there.customer(session, money=MONEY)
    visit = there.held(session, rahima).job_id
    work = visits.related(session, visit)[0].id
    visits.end_with_its_visit(session, visit, now=there.now)
    assert state(session, work) is State.QUOTING
    there.fire(session, visit, Event.CANCEL_BY_CUSTOMER, rahima.customer)
    for _ in range(2):
        visits.end_with_its_visit(session, visit, now=there.now)
    assert state(session, work) is State.EXPIRED


def test_an_approved_quote_is_the_price_less_the_fee_and_is_paid_the_ordinary_way(town: Town, session: Session) -> None:
    made = estimated(session, town)
    there, rahima, karim = made.town, made.rahima, made.karim
    fee = queries.for_finance(session, made.visit).final
    assert fee is not None
    before = wallets.balance(session, owner=rahima.id, owner_kind="customer", currency="BDT").posted
    assert before == taka(MONEY) - fee
    quote = made.sent(session)
    assert (quote.work, quote.credit, quote.total) == (taka(WORK), fee, taka(WORK) - fee)
    made.approve(session, quote.hash)
    asked = queries.for_customer(session, made.work, rahima.id, now=there.now)
    assert (asked.job.state, asked.job.price, asked.minutes) == (State.REQUESTED, quote.total, 240)
    assert asked.terms is not None
    assert asked.terms.is_agreed
    assert [line.amount.minor for line in asked.terms.quote.lines] == [1_500_000, 300_002, -fee.minor]
    assert "wall" not in str(asked.terms)
    booked(session, there, made.work, rahima)
    worked_off(session, there, made.work, rahima, karim)
    there.later(days=4)
    there.fire(session, made.work, Event.RELEASE, SYSTEM)
    after = wallets.balance(session, owner=rahima.id, owner_kind="customer", currency="BDT")
    assert (after.posted, after.held) == (before - quote.total, taka(0))
    for figure in FIGURES:
        assert session.scalar(text(COUNTS[figure])) == 0
    session.execute(text("UPDATE job_link SET relation = 'warranty_of' WHERE to_id = :id"), {"id": made.work})
    assert session.scalar(text(COUNTS["visits_under_warranty_with_a_price"])) == 1
    assert queries.chain_is_whole(session, made.work)


def test_contact_is_open_for_each_visit_to_its_crew_and_sealed_between(town: Town, session: Session) -> None:
    made = estimated(session, town)
    there, karim = made.town, made.karim
    quote = made.sent(session)
    there.later(days=2)
    made.approve(session, quote.hash)
    booked(session, there, made.work, made.rahima)
    assert not privacy.open_windows(session, reader=karim.id, now=there.now, job=made.visit)
    assert not privacy.open_windows(session, reader=karim.id, now=there.now, job=made.work)
    there.fire(session, made.work, Event.ACCEPT, karim.specialist, offer_id=uuid4())
    assert privacy.open_windows(session, reader=karim.id, now=there.now, job=made.work)
    assert not privacy.open_windows(session, reader=karim.id, now=there.now, job=made.visit)


def test_a_quote_is_sent_as_it_was_read_after_the_visit_by_whoever_made_it(town: Town, session: Session) -> None:
    there = for_estimates(session, town)
    rahima, karim, other = there.customer(session, money=MONEY), there.craftsman(session), there.craftsman(session)
    visit = there.opened(session, rahima)
    there.fire(session, visit, Event.ACCEPT, karim.specialist, offer_id=uuid4())
    made = estimated(session, town)
    draft = made.written(session)
    again = made.written(session, minutes=300)
    assert (draft.id, draft.hash != again.hash) == (again.id, True)

    def send(visit: UUID, who: Actor, shown: str) -> None:
        quotes.send(session, visit, actor=who, shown=shown, command_id=uuid4(), now=made.town.now)

    with pytest.raises(QuoteDiffers):
        send(made.visit, made.karim.specialist, draft.hash)
    with pytest.raises(JobNotFound):
        send(made.visit, other.specialist, again.hash)
    with pytest.raises(JobNotFound):
        quotes.for_writer(session, made.visit, other.id)
    with pytest.raises(EstimateNotDone):
        send(visit, karim.specialist, "")
    send(made.visit, made.karim.specialist, again.hash)
    with pytest.raises(QuoteNotFound):
        send(made.visit, made.karim.specialist, again.hash)
    assert [each.state for each in quotes.of_job(session, made.work)] == [QuoteState.SENT]


def test_the_same_command_sends_and_approves_once(town: Town, session: Session) -> None:
    made = estimated(session, town)
    draft, command = made.written(session), uuid4()
    first, second = (
        quotes.send(
            session, made.visit, actor=made.karim.specialist, shown=draft.hash, command_id=command, now=made.town.now
        )
        for _ in range(2)
    )
    assert first == second
    yes = uuid4()
    for _ in range(2):
        made.approve(session, first.hash, command=yes)
    with pytest.raises(QuoteOver) as over:
        made.approve(session, first.hash)
    assert over.value.state == "approved"


def test_what_may_not_be_approved(town: Town, session: Session) -> None:
    made = estimated(session, town)
    stranger = made.town.customer(session)
    old = made.sent(session)
    made.town.later(minutes=1)
    new = made.sent(session, valid_days=1)
    assert new.valid_until is not None
    with pytest.raises(JobNotFound):
        made.approve(session, new.hash, by=stranger)
    for unknown in ("", "0" * 64):
        with pytest.raises(QuoteNotFound):
            made.approve(session, unknown)
    with pytest.raises(QuoteOver) as over:
        made.approve(session, old.hash)
    assert over.value.state == "superseded"
    with pytest.raises(NotPriced):
        made.town.fire(session, made.work, Event.APPROVE_QUOTE, made.rahima.customer, quote_id=new.id)
    made.town.now = new.valid_until - timedelta(seconds=1)
    quotes.expire(session, new.id, now=made.town.now)
    with session.begin_nested() as inner:
        made.approve(session, new.hash)
        inner.rollback()
    session.expire_all()
    made.town.now = new.valid_until
    with pytest.raises(QuoteOver) as over:
        made.approve(session, new.hash)
    assert over.value.state == "expired"
    quotes.expire(session, new.id, now=made.town.now)
    assert [each.state for each in quotes.of_job(session, made.work)] == [QuoteState.EXPIRED, QuoteState.SUPERSEDED]
    assert session.scalar(text(COUNTS["quotes_unlike_what_was_approved"])) == 0
    assert state(session, made.work) is State.QUOTING
    made.approve(session, made.sent(session).hash)
    with pytest.raises(NoQuoteWanted):
        made.written(session)
    session.execute(text("UPDATE job_quote SET state = 'refused' WHERE state = 'approved'"))
    assert session.scalar(text(COUNTS["quotes_unlike_what_was_approved"])) == 1


def test_a_refused_quote_leaves_the_request_waiting_for_another(town: Town, session: Session) -> None:
    made = estimated(session, town)
    quote, command = made.sent(session), uuid4()
    for _ in range(2):
        quotes.refuse(
            session, made.work, actor=made.rahima.customer, shown=quote.hash, reason="price", command_id=command,
            now=made.town.now,
        )  # fmt: skip
    (told,) = quotes.of_job(session, made.work)
    assert (told.state, told.reason, state(session, made.work)) == (QuoteState.REFUSED, "price", State.QUOTING)


def test_nothing_of_a_sent_quote_can_be_changed(town: Town, session: Session) -> None:
    made = estimated(session, town)
    quote = made.sent(session)
    for column, value in (("work_minor", "1"), ("hash", "'x'"), ("valid_until", "now()"), ("minutes", "15")):
        with pytest.raises(DBAPIError), session.begin_nested():
            session.execute(text(f"UPDATE job_quote SET {column} = {value} WHERE id = :id"), {"id": quote.id})
    stored = session.scalar(text("SELECT content FROM job_quote WHERE id = :id"), {"id": quote.id})
    assert b"wall" not in bytes(stored)


def test_an_approval_and_a_newer_quote_at_once_never_approve_what_was_not_read(busy_town: Town) -> None:
    with transaction() as session:
        made = estimated(session, busy_town)
        first = made.sent(session)
        newer = made.written(session, minutes=300)

    def approve() -> str:
        try:
            with transaction() as session:
                made.approve(session, first.hash)
        except QuoteOver as over:
            return over.state
        return "approved"

    def supersede() -> str:
        try:
            with transaction() as session:
                quotes.send(
                    session, made.visit, actor=made.karim.specialist, shown=newer.hash, command_id=uuid4(),
                    now=made.town.now,
                )  # fmt: skip
        except NoQuoteWanted:
            return "late"
        return "sent"

    with ThreadPoolExecutor(5) as several:
        told = [several.submit(approve) for _ in range(3)]
        sent = several.submit(supersede).result()
        outcomes = sorted(each.result() for each in told)
    with transaction() as session:
        states = {each.id: each.state for each in quotes.of_job(session, made.work)}
        work = state(session, made.work)
    if sent == "late":
        assert outcomes == ["approved"] * 3  # the second and third read that it is
        assert (states, work) == ({first.id: QuoteState.APPROVED}, State.REQUESTED)
    else:
        assert outcomes == ["superseded"] * 3
        assert states == {first.id: QuoteState.SUPERSEDED, newer.id: QuoteState.SENT}
        assert work is State.QUOTING
