"""The search for somebody: one at a time, then several; answers, expiry, giving up; decisions that replay."""

from uuid import UUID, uuid4

import pytest
from sqlalchemy.orm import Session

from booking.availability import queries as availability
from booking.dispatch import actions, candidates, manual, matching, queries
from booking.dispatch.rules import NotACandidate, OfferGone, OfferNotFound, OfferState, OverlapsYourDay
from booking.jobs import queries as jobs
from booking.jobs.rules import Actor, ReasonNeeded
from booking.jobs.words import Method, Role, State
from marketplace.foundation.ids import PersonId
from marketplace.foundation.money import Money
from payments.ledger.rules import DebtLimitReached
from payments.wallets import actions as wallets
from payments.wallets import queries as purses
from tests.booking.jobs.town import Town

MONEY = 10_000_000


def state(session: Session, town: Town, job: UUID) -> State:
    return jobs.for_desk(session, job, town.dispatcher, now=town.now).job.state


def asked(session: Session, job: UUID) -> list[tuple[PersonId, OfferState]]:
    return [(line.specialist, line.state) for line in queries.offers_for(session, job)]


def test_one_person_is_asked_and_told_no_name(town: Town, session: Session) -> None:
    rahima = town.customer(session, money=MONEY)
    crew = [town.craftsman(session) for _ in range(3)]
    job = town.opened(session, rahima)
    (offer,) = matching.match(session, job, now=town.now)
    assert matching.match(session, job, now=town.now) == []
    planned = jobs.for_desk(session, job, town.dispatcher, now=town.now).planned
    (view,) = queries.offers_of(session, PersonId(planned or UUID(int=0)), now=town.now)
    assert view.id == offer
    assert view.job.zone == town.zone
    assert view.job.pay.net + view.job.pay.commission + view.job.pay.tax == view.job.pay.gross
    assert {term.term for term in view.reasons} >= {"travel", "planned"}
    for secret in (rahima.id, rahima.address):
        assert str(secret) not in str(view)
    assert len([one for one in crew if queries.offers_of(session, one.id, now=town.now)]) == 1


def test_accepting_gives_the_job_and_the_winner_is_told_so_again(town: Town, session: Session) -> None:
    rahima, karim = town.customer(session, money=MONEY), town.craftsman(session)
    job = town.opened(session, rahima)
    (offer,) = matching.match(session, job, now=town.now)
    first = actions.accept(session, offer, specialist=karim.id, command_id=uuid4(), now=town.now)
    again = actions.accept(session, offer, specialist=karim.id, command_id=uuid4(), now=town.later(minutes=5))
    assert first.state == again.state == OfferState.ACCEPTED
    assert (first.again, again.again) == (False, True)
    assert jobs.for_crew(session, job, karim.id, now=town.now).job.state is State.ASSIGNED
    visits = availability.visits_of_job(session, jobs.for_desk(session, job, town.dispatcher, now=town.now).id)
    assert [visit.specialist for visit in visits] == [karim.id]


def test_a_no_asks_the_next_who_takes_the_time_over(town: Town, session: Session) -> None:
    rahima = town.customer(session, money=MONEY)
    crew = [town.craftsman(session) for _ in range(2)]
    job = town.opened(session, rahima)
    (offer,) = matching.match(session, job, now=town.now)
    first = queries.offers_for(session, job)[0].specialist
    with pytest.raises(ReasonNeeded):
        actions.decline(session, offer, specialist=first, command_id=uuid4(), now=town.now, reason="his face")
    actions.decline(session, offer, specialist=first, command_id=uuid4(), now=town.now, reason="too_far")
    assert actions.decline(session, offer, specialist=first, command_id=uuid4(), now=town.now).again
    with pytest.raises(OfferGone):
        actions.accept(session, offer, specialist=first, command_id=uuid4(), now=town.now)
    (second,) = matching.match(session, job, now=town.now)
    other = next(one for one in crew if one.id != first)
    actions.accept(session, second, specialist=other.id, command_id=uuid4(), now=town.now)
    visits = availability.visits_of_job(session, jobs.for_desk(session, job, town.dispatcher, now=town.now).id)
    assert [visit.specialist for visit in visits] == [other.id]


def test_an_offer_is_honoured_a_moment_longer_and_then_gone(town: Town, session: Session) -> None:
    rahima, karim = town.customer(session, money=MONEY), town.craftsman(session)
    job = town.opened(session, rahima)
    (offer,) = matching.match(session, job, now=town.now)
    assert not matching.expire_offer(session, offer, now=town.later(seconds=33))
    with pytest.raises(OfferGone):
        actions.accept(session, offer, specialist=karim.id, command_id=uuid4(), now=town.later(seconds=1))
    assert matching.expire_offer(session, offer, now=town.now)
    assert asked(session, job) == [(karim.id, OfferState.EXPIRED)]


def test_who_let_an_offer_run_out_is_asked_again_with_the_others_at_once(town: Town, session: Session) -> None:
    rahima = town.customer(session, money=MONEY)
    crew = [town.craftsman(session) for _ in range(3)]
    job = town.opened(session, rahima)
    for _ in crew:
        (offer,) = matching.match(session, job, now=town.now)
        matching.expire_offer(session, offer, now=town.later(seconds=40))
    together = matching.match(session, job, now=town.now)
    assert len(together) == 3
    lines = [line for line in queries.offers_for(session, job) if line.state == OfferState.SENT]
    assert {line.mode for line in lines} == {"broadcast"}
    winner = lines[1]
    actions.accept(session, winner.id, specialist=winner.specialist, command_id=uuid4(), now=town.now)
    lost = [line for line in queries.offers_for(session, job) if line.id in together and line.id != winner.id]
    assert [(line.state, line.reason_code) for line in lost] == [(OfferState.WITHDRAWN, "taken")] * 2
    with pytest.raises(OfferGone):
        actions.accept(session, lost[0].id, specialist=lost[0].specialist, command_id=uuid4(), now=town.now)


def test_when_all_said_no_the_job_expires_and_everything_comes_back(town: Town, session: Session) -> None:
    rahima, karim = town.customer(session, money=MONEY), town.craftsman(session)
    job = town.opened(session, rahima)
    (offer,) = matching.match(session, job, now=town.now)
    actions.decline(session, offer, specialist=karim.id, command_id=uuid4(), now=town.now)
    assert matching.match(session, job, now=town.now) == []
    assert state(session, town, job) is State.EXPIRED
    balance = purses.balance(session, owner=rahima.id, owner_kind="customer", currency="BDT")
    assert (balance.posted.minor, balance.held.minor) == (MONEY, 0)


def test_a_job_given_up_is_offered_to_others_and_not_to_who_gave_it_up(town: Town, session: Session) -> None:
    rahima = town.customer(session, money=MONEY)
    crew = {one.id: one for one in (town.craftsman(session), town.craftsman(session))}
    job = town.opened(session, rahima)
    (offer,) = matching.match(session, job, now=town.now)
    first = queries.offers_for(session, job)[0].specialist
    actions.accept(session, offer, specialist=first, command_id=uuid4(), now=town.now)
    town.fire(session, job, "cancel_by_worker", crew[first].specialist, reason="vehicle")
    with pytest.raises(OfferGone):
        actions.accept(session, offer, specialist=first, command_id=uuid4(), now=town.now)
    matching.match(session, job, now=town.now)
    second = [line.specialist for line in queries.offers_for(session, job) if line.state == OfferState.SENT]
    assert second == [other for other in crew if other != first]
    (again,) = (line.id for line in queries.offers_for(session, job) if line.state == OfferState.SENT)
    actions.accept(session, again, specialist=second[0], command_id=uuid4(), now=town.now)
    assert jobs.for_desk(session, job, town.dispatcher, now=town.now).specialist == second[0]
    assert queries.once_had(session, job, first)


def test_a_full_day_is_a_no_of_the_day_and_not_of_the_person(town: Town, session: Session) -> None:
    rahima, karim = town.customer(session, money=MONEY), town.craftsman(session)
    job = town.opened(session, rahima)
    (offer,) = matching.match(session, job, now=town.now)
    visit = jobs.for_desk(session, job, town.dispatcher, now=town.now).occupation
    policy = availability.policy(session)
    assert visit is not None
    from booking.availability import actions as days
    from booking.availability.rules import Kind

    days.release(session, visit, now=town.now, policy=policy)
    days.block(
        session, command=uuid4(), specialist=karim.id, kind=Kind.LEAVE, now=town.now, policy=policy,
        period=town.tomorrow.__class__(town.tomorrow.start, town.tomorrow.end.replace(hour=14)),
    )  # fmt: skip
    answer = actions.accept(session, offer, specialist=karim.id, command_id=uuid4(), now=town.now)
    assert answer.refusal == OverlapsYourDay()
    assert state(session, town, job) is State.OPEN
    assert asked(session, job) == [(karim.id, OfferState.DECLINED)]


def test_a_cash_job_needs_room_for_its_commission(town: Town, session: Session) -> None:
    rahima, karim = town.customer(session), town.craftsman(session)
    job = town.opened(session, rahima, method=Method.CASH)
    (offer,) = matching.match(session, job, now=town.now)
    wallets.set_debt_limit(session, specialist=karim.id, limit=Money(0, "BDT"))
    answer = actions.accept(session, offer, specialist=karim.id, command_id=uuid4(), now=town.now)
    assert isinstance(answer.refusal, DebtLimitReached)
    assert state(session, town, job) is State.OPEN


def test_cash_jobs_are_not_offered_beyond_the_debt_limit_and_are_again_after_a_top_up(
    town: Town, session: Session
) -> None:
    rahima, karim = town.customer(session, money=MONEY), town.craftsman(session)
    wallets.set_debt_limit(session, specialist=karim.id, limit=Money(1, "BDT"))
    job = town.opened(session, rahima, method=Method.CASH)
    assert matching.match(session, job, now=town.now) == []
    search = candidates.search_of(session, jobs.for_desk(session, job, town.dispatcher, now=town.now), 60, now=town.now)

    def may_be_asked() -> bool:
        (one,) = candidates.eligible(session, search, round=0, ask_again=True, now=town.now)
        return one.cash_allowed

    assert not may_be_asked()
    wallets.credit_topup(
        session, attempt=uuid4(), owner=karim.id, owner_kind="specialist", gateway="sandbox",
        amount=Money(MONEY, "BDT"), now=town.now,
    )  # fmt: skip
    assert may_be_asked()


def test_an_offer_of_somebody_else_does_not_exist(town: Town, session: Session) -> None:
    rahima, _, jamal = town.customer(session, money=MONEY), town.craftsman(session), town.craftsman(session)
    job = town.opened(session, rahima)
    (offer,) = matching.match(session, job, now=town.now)
    strangers = [one for one in town.specialists if one.id != queries.offers_for(session, job)[0].specialist]
    assert jamal in town.specialists
    for verb in (actions.accept, actions.decline):
        with pytest.raises(OfferNotFound):
            verb(session, offer, specialist=strangers[0].id, command_id=uuid4(), now=town.now)
    with pytest.raises(OfferNotFound):
        queries.offer(session, offer, strangers[0].id)


def test_calling_off_takes_the_offers_back(town: Town, session: Session) -> None:
    rahima, karim = town.customer(session, money=MONEY), town.craftsman(session)
    job = town.opened(session, rahima)
    matching.match(session, job, now=town.now)
    town.fire(session, job, "cancel_by_customer", rahima.customer)
    actions.withdraw_all(session, job, now=town.now)
    assert asked(session, job) == [(karim.id, OfferState.WITHDRAWN)]
    assert queries.offers_of(session, karim.id, now=town.now) == []


def test_why_names_the_rule_or_the_terms(town: Town, session: Session) -> None:
    rahima, karim = town.customer(session, money=MONEY), town.craftsman(session)
    job = town.opened(session, rahima)
    why = queries.why(session, job, karim.id, now=town.now)
    assert (why.excluded_by, {term.term for term in why.terms}) == (None, {"travel", "planned"})
    matching.match(session, job, now=town.now)
    assert queries.why(session, job, karim.id, now=town.now).excluded_by == "already_asked"


def test_every_decision_replays(town: Town, session: Session) -> None:
    rahima = town.customer(session, money=MONEY)
    for _ in range(4):
        town.craftsman(session)
    job = town.opened(session, rahima)
    (offer,) = matching.match(session, job, now=town.now)
    actions.decline(
        session, offer, specialist=queries.offers_for(session, job)[0].specialist, command_id=uuid4(), now=town.now
    )
    matching.match(session, job, now=town.now)
    assert queries.decisions_replay(session, job)


def test_nobody_has_two_exclusive_offers_on_one_screen(town: Town, session: Session) -> None:
    rahima, karim = town.customer(session, money=MONEY), town.craftsman(session)
    jobs_open = [town.opened(session, rahima) for _ in range(2)]
    for job in jobs_open:
        matching.match(session, job, now=town.now)
    exclusive = [view for view in queries.offers_of(session, karim.id, now=town.now) if view.mode == "sequential"]
    assert len(exclusive) == 1


def test_a_dispatcher_assigns_within_the_rules_or_with_a_reason(town: Town, session: Session) -> None:
    rahima, karim, jamal = town.customer(session, money=MONEY), town.craftsman(session), town.craftsman(session)
    job = town.opened(session, rahima)
    matching.match(session, job, now=town.now)
    manual.assign(session, job, karim.id, actor=town.dispatcher, command_id=uuid4(), now=town.now)
    assert jobs.for_crew(session, job, karim.id, now=town.now).job.state is State.ASSIGNED
    assert OfferState.SENT not in {offer_state for _, offer_state in asked(session, job)}
    manual.assign(
        session, job, jamal.id, actor=town.dispatcher, command_id=uuid4(), now=town.now, reason="customer_wish"
    )
    assert jobs.for_crew(session, job, jamal.id, now=town.now).job.state is State.ASSIGNED
    from marketplace.specialists import actions as specialists
    from marketplace.specialists.rules import SuspensionReason

    specialists.suspend(session, karim.id, SuspensionReason.OWN_WISH, by=karim.id, now=town.now)
    with pytest.raises(NotACandidate):
        manual.assign(
            session, job, karim.id, actor=Actor(Role.DISPATCHER, town.manager), command_id=uuid4(), now=town.now,
            reason="illness",
        )  # fmt: skip
