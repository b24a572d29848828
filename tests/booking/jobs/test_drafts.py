"""Drafts of customers and visitors, their claim, their end; submission, the frozen price, the slot."""

from dataclasses import replace
from uuid import uuid4

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.availability import queries as availability
from booking.availability.rules import TimePolicy
from booking.jobs import drafts, lists, queries, requests
from booking.jobs.queries import CustomerJob
from booking.jobs.rules import SYSTEM, Actor, DraftGone, IllegalTransition, JobNotFound, PlaceUnknown, TextNotAllowed
from booking.jobs.tables import Job
from booking.jobs.words import Event, Role, State, Status
from booking.pricing.rules import is_genuine
from marketplace.catalogue.rules import AnswersNotAccepted
from marketplace.foundation import vault
from marketplace.foundation.outbox import Outbox
from marketplace.foundation.vault import Erased
from tests.booking.jobs.town import Town

MONEY = 1_000_000
VISITOR = Actor(Role.VISITOR)


def test_a_draft_is_kept_from_the_first_page_and_overwritten_by_the_next(town: Town, session: Session) -> None:
    rahima = town.customer(session)
    first = town.draft(session, rahima)
    fuller = replace(town.filled_in(session, rahima), window=None)
    drafts.save_draft(session, fuller, actor=rahima.customer, command_id=uuid4(), now=town.now, job_id=first.job_id)
    mine = queries.for_customer(session, first.job_id, rahima.id, now=town.now)
    assert (mine.status, mine.job.window, dict(mine.answers)) == (Status.DRAFT, None, town.answers(session))
    assert [card.id for card in lists.drafts_of(session, customer=rahima.id)] == [first.job_id]
    assert lists.of_customer(session, rahima.id) == []


def test_the_same_command_begins_one_draft(town: Town, session: Session) -> None:
    rahima, command = town.customer(session), uuid4()
    made = [
        drafts.save_draft(
            session, town.filled_in(session, rahima), actor=rahima.customer, command_id=command, now=town.now
        ).job_id
        for _ in range(2)
    ]
    assert made[0] == made[1]


def test_what_is_written_lies_sealed(town: Town, session: Session) -> None:
    rahima = town.customer(session)
    job = town.draft(session, rahima).job_id
    row = session.get_one(Job, job)
    assert row.answers is not None
    stored = str({column.key: getattr(row, column.key) for column in Job.__table__.columns if column.key != "answers"})
    assert "ring twice" not in stored
    assert b"ring twice" not in row.answers.ciphertext


def test_only_what_was_asked_is_kept_and_no_card_number(town: Town, session: Session) -> None:
    rahima = town.customer(session)
    for stray in (
        replace(town.filled_in(session, rahima), answers={"religion": "yes"}),
        replace(town.filled_in(session, rahima), place={"line": "4111 1111 1111 1111"}),
        replace(town.filled_in(session, rahima), place={"passport": "A1"}),
    ):
        with pytest.raises(TextNotAllowed):
            drafts.save_draft(session, stray, actor=rahima.customer, command_id=uuid4(), now=town.now)


def test_a_visitor_keeps_a_draft_and_claims_it_by_signing_in(town: Town, session: Session) -> None:
    filled = replace(town.filled_in(session), place={"line": "House 3", "directions": "behind the mosque"})
    job = drafts.save_draft(session, filled, actor=VISITOR, command_id=uuid4(), now=town.now, token="tok-1").job_id
    with pytest.raises(DraftGone):
        drafts.save_draft(session, filled, actor=VISITOR, command_id=uuid4(), now=town.now, token="tok-2", job_id=job)
    mine = queries.for_visitor(session, job, drafts.session_hash("tok-1"), now=town.now)
    assert mine.place["directions"] == "behind the mosque"
    rahima = town.customer(session)
    assert drafts.claim(session, token="tok-1", customer=rahima.id, now=town.now) == [job]
    assert drafts.claim(session, token="tok-1", customer=rahima.id, now=town.now) == []
    theirs = queries.for_customer(session, job, rahima.id, now=town.now)
    assert theirs.place == mine.place
    assert theirs.answers == mine.answers
    with pytest.raises(JobNotFound):
        queries.for_visitor(session, job, drafts.session_hash("tok-1"), now=town.now)
    asked = session.scalars(select(Outbox.arguments).where(Outbox.task == "jobs.destroy_draft_key")).all()
    assert {"id": str(job)} in asked


def test_a_visitor_cannot_submit(town: Town, session: Session) -> None:
    job = drafts.save_draft(
        session, town.filled_in(session), actor=VISITOR, command_id=uuid4(), now=town.now, token="tok-3"
    ).job_id
    other = town.customer(session)
    with pytest.raises(JobNotFound):
        requests.submit(session, job, actor=other.customer, command_id=uuid4(), now=town.now)


def test_a_forgotten_draft_can_no_longer_be_read(town: Town, session: Session) -> None:
    job = drafts.save_draft(
        session, town.filled_in(session), actor=VISITOR, command_id=uuid4(), now=town.now, token="tok-4"
    ).job_id
    kept = session.get_one(Job, job).answers
    assert kept is not None
    drafts.forget(session, job, now=town.later(hours=25))
    row = session.get_one(Job, job)
    assert (row.answers, row.state) == (None, State.CANCELLED)
    vault.destroy(job)
    with pytest.raises(Erased):
        vault.unseal(job, vault.place("job", "answers", job), kept)
    assert queries.chain_is_whole(session, job)


def test_forgetting_leaves_a_submitted_job_alone(town: Town, session: Session) -> None:
    rahima = town.customer(session, money=MONEY)
    job = town.opened(session, rahima)
    drafts.forget(session, job, now=town.later(hours=25))
    assert queries.for_customer(session, job, rahima.id, now=town.now).job.state is State.OPEN


def test_submitting_freezes_a_genuine_price_without_free_text(town: Town, session: Session) -> None:
    rahima = town.customer(session)
    job = town.draft(session, rahima).job_id
    requests.submit(session, job, actor=rahima.customer, command_id=uuid4(), now=town.now)
    mine = queries.for_customer(session, job, rahima.id, now=town.now)
    assert mine.terms is not None
    assert is_genuine(mine.terms.quote)
    assert mine.terms.quote.hash == mine.job.quote_hash
    assert "ring twice" not in str(session.get_one(Job, job).quote)
    assert mine.may == (Event.HOLD_SLOT, Event.FUND, Event.CANCEL_BY_CUSTOMER)


def test_unanswered_questions_and_a_missing_address_are_refused(town: Town, session: Session) -> None:
    rahima = town.customer(session)
    empty = drafts.save_draft(
        session, replace(town.filled_in(session, rahima), answers={}), actor=rahima.customer, command_id=uuid4(),
        now=town.now,
    )  # fmt: skip
    with pytest.raises(AnswersNotAccepted):
        requests.submit(session, empty.job_id, actor=rahima.customer, command_id=uuid4(), now=town.now)
    homeless = drafts.save_draft(
        session, replace(town.filled_in(session, rahima), address_id=None), actor=rahima.customer, command_id=uuid4(),
        now=town.now,
    )  # fmt: skip
    with pytest.raises(PlaceUnknown):
        requests.submit(session, homeless.job_id, actor=rahima.customer, command_id=uuid4(), now=town.now)


def test_a_slot_is_held_kept_by_paying_and_freed_by_cancelling(town: Town, session: Session) -> None:
    rahima = town.customer(session, money=MONEY)
    job = town.held(session, rahima).job_id
    visit = queries.for_desk(session, job, town.dispatcher, now=town.now).occupation
    assert visit is not None
    assert availability.visit(session, visit).status == "held"
    town.fire(session, job, "fund", rahima.customer)
    assert availability.visit(session, visit).status == "confirmed"
    town.fire(session, job, "publish", SYSTEM)
    town.fire(session, job, "cancel_by_customer", rahima.customer)
    assert availability.visit(session, visit).status == "released"


def test_a_slot_is_kept_once_longer_for_whoever_is_at_the_bank(town: Town, session: Session) -> None:
    rahima = town.customer(session, money=MONEY)
    job = town.held(session, rahima).job_id

    def now_held() -> CustomerJob:
        return queries.for_customer(session, job, rahima.id, now=town.now)

    before = now_held()
    assert before.slot_until is not None
    for _ in range(2):  # sent twice, or another try at the bank
        requests.keep_slot(session, job, now=town.now)
    longer = now_held()
    assert longer.slot_until == before.slot_until + TimePolicy("UTC").extend_by
    assert longer.version == before.version
    requests.let_slot_go(session, job, now=town.later(minutes=16))
    assert now_held().job.slot_held
    town.fire(session, job, "fund", rahima.customer)
    other = town.held(session, town.customer(session, money=MONEY)).job_id
    late = town.later(minutes=40)
    requests.keep_slot(session, other, now=late)  # over: choosing a time comes first
    requests.let_slot_go(session, other, now=late)
    assert queries.for_desk(session, other, town.dispatcher, now=late).occupation is None


def test_an_unpaid_slot_runs_out_and_another_can_be_chosen(town: Town, session: Session) -> None:
    rahima = town.customer(session, money=MONEY)
    job = town.held(session, rahima).job_id
    requests.let_slot_go(session, job, now=town.later(minutes=10))
    assert queries.for_customer(session, job, rahima.id, now=town.now).job.slot_held
    requests.let_slot_go(session, job, now=town.later(minutes=10))
    assert not queries.for_customer(session, job, rahima.id, now=town.now).job.slot_held
    requests.hold_slot(session, job, window=town.tomorrow, actor=rahima.customer, command_id=uuid4(), now=town.now)
    assert town.fire(session, job, "fund", rahima.customer).state is State.REQUESTED


def test_an_agent_books_for_a_customer_and_both_stand_in_the_record(town: Town, session: Session) -> None:
    rahima = town.customer(session)
    agent = Actor(Role.AGENT, town.manager, on_behalf_of=rahima.id)
    job = drafts.save_draft(
        session, town.filled_in(session, rahima), actor=agent, command_id=uuid4(), now=town.now
    ).job_id
    requests.submit(session, job, actor=agent, command_id=uuid4(), now=town.now)
    mine = queries.for_desk(session, job, agent, now=town.now)
    assert (mine.customer, mine.entered_by) == (rahima.id, town.manager)
    assert queries.timeline(session, job, rahima.customer)[-1].actor == town.manager


def test_a_price_once_paid_for_is_not_computed_anew(town: Town, session: Session) -> None:
    rahima = town.customer(session, money=MONEY)
    job = town.opened(session, rahima)
    before = queries.for_finance(session, job)
    with pytest.raises(IllegalTransition):
        requests.hold_slot(session, job, window=town.tomorrow, actor=rahima.customer, command_id=uuid4(), now=town.now)
    assert queries.for_finance(session, job) == before
