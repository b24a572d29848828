"""No consequence without a person and a path: notice, answer, decision by another, appeal to a third, restoration."""

import random
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from booking.conduct import actions, clockwork, money, queries
from booking.conduct.charter import Counted
from booking.conduct.queries import View
from booking.conduct.rules import (
    AboutOneself,
    AnsweredAlready,
    AnswerTimeOver,
    AnswerTimeRuns,
    AppealedAlready,
    AppealTimeOver,
    BeyondTheRule,
    ConductWordsNotAllowed,
    Consequence,
    DecidedAlready,
    DecisionTimeOver,
    EvidenceNeeded,
    NoRuleInForce,
    NotAppealed,
    NotEnoughCounted,
    NothingToAppeal,
    NotOfThisProceeding,
    PausedAlready,
    ProceedingNotFound,
    Result,
    SamePersonTwice,
    Sentence,
    State,
    Verdict,
)
from marketplace.foundation.database import transaction
from marketplace.foundation.errors import Refused
from marketplace.foundation.ids import OrganizationId, PersonId
from marketplace.foundation.money import Money
from marketplace.specialists.rules import Standing
from payments import audits
from payments.wallets import queries as wallets
from tests.booking.conduct.office import PAUSE, Office, office, refused
from tests.booking.jobs.test_money import wallet
from tests.booking.jobs.town import Somebody, Town
from web import invariants
from web.documents import tasks as documents


def begun(town: Town, session: Session, **numbers: int) -> tuple[Office, Somebody]:
    there = office(town, session)
    there.publish(**numbers)
    return there, town.craftsman(session)


def view(there: Office, id: UUID) -> View:
    return queries.one(there.session, id, there.town.organization)


def clock_comes(there: Office, id: UUID) -> View:
    clockwork.due(there.session, id, now=there.town.now)
    return view(there, id)


def broken(session: Session, now: datetime) -> dict[str, int]:
    session.flush()
    found = {name: session.scalar(text(sql), {"now": now}) for name, sql in invariants.OF_CONDUCT.items()}
    return {name: count for name, count in found.items() if count}


def test_a_rule_opens_with_every_event_named_and_nothing_follows_by_itself(town: Town, session: Session) -> None:
    there, karim = begun(town, session)
    job = there.give_back(karim, 1)
    assert actions.look(session, job, now=town.now) == []
    job = there.give_back(karim, 1)
    (id,) = actions.look(session, job, now=town.now)
    assert actions.look(session, job, now=town.now) == []
    opened = view(there, id)
    assert (opened.opened_by, len(opened.evidence), opened.state) == (None, 2, State.OPEN)
    assert all(each.minutes_before is not None and each.number.startswith("K-") for each in opened.evidence)
    assert opened.answer_until - opened.opened_at == timedelta(days=7)
    assert queries.own(session, id, karim.id) == opened
    refused(session, ProceedingNotFound, lambda: queries.own(session, id, town.craftsman(session).id))
    town.later(days=15)
    assert there.standing(karim) is Standing.GOOD
    assert clock_comes(there, id).result is Result.NOT_DECIDED
    assert queries.counted(session, town.organization, now=town.now) == {}


def test_nothing_counts_before_rules_are_in_force_or_for_danger(town: Town, session: Session) -> None:
    there, karim = office(town, session), town.craftsman(session)
    assert actions.look(session, there.give_back(karim), now=town.now) == []
    town.later(days=2)
    there.publish()
    assert actions.look(session, there.give_back(karim, 3, reason="safety"), now=town.now) == []


def test_answer_decision_appeal_and_all_is_put_back(town: Town, session: Session) -> None:
    there, karim = begun(town, session)
    id = there.opened(karim)
    refused(session, AnswerTimeRuns, lambda: there.decide(id))
    refused(session, NotOfThisProceeding, lambda: there.answer(id, karim, wrong=(uuid4(),)))
    refused(session, ProceedingNotFound, lambda: there.answer(id, town.craftsman(session)))
    refused(session, NothingToAppeal, lambda: there.appeal(id, karim))
    said = there.answer(id, karim, wrong=(view(there, id).evidence[0].id,))
    assert (said.answer, [each.wrong for each in said.evidence]) == ("The van broke.", [True, False])
    refused(session, AnsweredAlready, lambda: there.answer(id, karim))
    refused(session, AboutOneself, lambda: there.decide(id, by=karim.id))
    refused(session, BeyondTheRule, lambda: there.decide(id, Sentence(Consequence.PAUSE, 11)))
    there.decide(id)
    refused(session, DecidedAlready, lambda: there.decide(id))
    assert there.standing(karim) is Standing.SUSPENDED
    refused(session, NotAppealed, lambda: there.hear(id))
    there.appeal(id, karim)
    refused(session, AppealedAlready, lambda: there.appeal(id, karim))
    refused(session, SamePersonTwice, lambda: there.hear(id, by=there.decider))
    refused(session, AboutOneself, lambda: there.hear(id, by=karim.id))
    town.later(days=2)
    heard = there.hear(id)
    assert (heard.result, heard.heard and heard.heard.words) == (Result.OVERTURNED, "He did tell us.")
    assert there.standing(karim) is Standing.GOOD
    refused(session, NotAppealed, lambda: there.hear(id))
    assert queries.counted(session, town.organization, now=town.now) == {}


def test_who_opened_does_not_decide_and_neither_of_the_two_hears(town: Town, session: Session) -> None:
    there, karim = begun(town, session)
    there.give_back(karim, 1)

    def opens(by: PersonId, what: Counted = Counted.GIVEN_BACK) -> UUID:
        return actions.open_by_person(session, karim.id, what, words="Look at this.", by=by, now=town.now)

    refused(session, NotEnoughCounted, lambda: opens(there.opener))
    there.give_back(karim, 1)
    refused(session, AboutOneself, lambda: opens(karim.id))
    refused(session, NoRuleInForce, lambda: opens(there.opener, Counted.SAFETY))
    id = opens(there.opener)
    assert view(there, id).notice == "Look at this."
    there.answer(id, karim)
    refused(session, SamePersonTwice, lambda: there.decide(id, by=there.opener))
    elsewhere = OrganizationId(uuid4())
    refused(session, ProceedingNotFound, lambda: actions.decide(
        session, id, PAUSE, words="x", organization=elsewhere, by=there.decider, now=town.now
    ))  # fmt: skip
    there.decide(id)
    there.appeal(id, karim)
    refused(session, SamePersonTwice, lambda: there.hear(id, by=there.opener))
    heard = "UPDATE proceeding SET heard_by = opened_by, heard_at = now(), verdict = 'upheld' WHERE id = :id"
    with pytest.raises(IntegrityError, match="heard_by_a_third"), session.begin_nested():
        session.execute(text(heard), {"id": id})  # the database says it, too
    again = there.pause_for_safety(there.give_back(town.craftsman(session), 1))
    decided = "UPDATE proceeding SET decided_by = opened_by, decided_at = now(), consequence = 'talk' WHERE id = :id"
    with pytest.raises(IntegrityError, match="decided_by_another"), session.begin_nested():
        session.execute(text(decided), {"id": again})


def test_each_time_that_has_run_out_is_refused_in_words(town: Town, session: Session) -> None:
    there, karim = begun(town, session)
    id = there.opened(karim)
    town.later(days=7)
    refused(session, AnswerTimeOver, lambda: there.answer(id, karim))
    refused(session, ConductWordsNotAllowed, lambda: actions.decide(
        session, id, PAUSE, words=" ", organization=town.organization, by=there.decider, now=town.now
    ))  # fmt: skip
    there.decide(id)
    town.later(days=14)
    refused(session, AppealTimeOver, lambda: there.appeal(id, karim))
    assert clock_comes(there, id).result is Result.STANDS
    other = there.opened(town.craftsman(session))
    town.later(days=14)
    refused(session, DecisionTimeOver, lambda: there.decide(other))


def test_a_pause_ends_by_the_clock_and_an_appeal_that_nobody_hears_undoes_it(town: Town, session: Session) -> None:
    there, karim = begun(town, session)
    id = there.answered(karim)
    there.decide(id)
    town.later(days=9, hours=23)
    clock_comes(there, id)
    assert there.standing(karim) is Standing.SUSPENDED
    there.appeal(id, karim)
    town.later(hours=1)
    clock_comes(there, id)
    assert there.standing(karim) is Standing.GOOD
    town.later(days=14)
    assert clock_comes(there, id).result is Result.NOT_HEARD
    assert clock_comes(there, id).result is Result.NOT_HEARD
    refused(session, NotAppealed, lambda: there.hear(id))


def test_a_fee_is_taken_by_the_rule_and_comes_back_whole(town: Town, session: Session) -> None:
    there, karim = begun(town, session)
    id = there.answered(karim)
    there.decide(id, Sentence(Consequence.FEE, fee_minor=50_000))
    assert money.move(session, id, "fee", now=town.now)
    assert not money.move(session, id, "fee", now=town.now)
    assert there.standing(karim) is Standing.GOOD
    there.appeal(id, karim)
    lesser = Sentence(Consequence.FEE, fee_minor=20_000)
    there.hear(id, Verdict.LESSENED, lesser=lesser)
    for kind in ("fee_back", "lesser_fee", "fee_back"):
        money.move(session, id, kind, now=town.now)
    moved = view(there, id).money
    assert [(each.kind, each.amount) for each in moved] == [
        ("fee", Money(50_000, "BDT")), ("fee_back", Money(50_000, "BDT")), ("lesser_fee", Money(20_000, "BDT")),
    ]  # fmt: skip
    owed = wallets.debt(session, owner=karim.id, owner_kind="specialist", currency="BDT").owed
    for (transfer,) in session.execute(text("SELECT id FROM proceeding_money WHERE proceeding_id = :id"), {"id": id}):
        documents.issue(session, transfer=str(transfer))
    kinds = session.scalars(text("SELECT kind FROM document WHERE owner_id = :id ORDER BY kind"), {"id": karim.id})
    assert [*kinds] == ["credit_note", "fee", "fee"]
    assert not {name: found for name, found in audits.figures(session, now=town.now).items() if found}
    assert wallet(session, karim, "specialist")[0] - owed.minor == -20_000
    assert not broken(session, town.now)


def test_an_end_is_an_end_only_once_nobody_can_object_any_more(town: Town, session: Session) -> None:
    there, karim = begun(town, session)
    id = there.answered(karim)
    there.decide(id, Sentence(Consequence.END))
    assert there.standing(karim) is Standing.SUSPENDED
    town.later(days=14)
    assert clock_comes(there, id).result is Result.STANDS
    assert there.standing(karim) is Standing.LEFT


def test_a_lesser_pause_ends_when_the_lesser_one_does(town: Town, session: Session) -> None:
    there, karim = begun(town, session)
    id = there.answered(karim)
    there.decide(id)
    there.appeal(id, karim)
    town.later(days=1)
    there.hear(id, Verdict.LESSENED, lesser=Sentence(Consequence.PAUSE, 3))
    assert there.standing(karim) is Standing.SUSPENDED
    town.later(days=2)
    clock_comes(there, id)
    assert there.standing(karim) is Standing.GOOD
    assert not money.move(session, id, "lost_pay", now=town.now)


def test_danger_pauses_at_once_with_pay_and_the_clock_gives_back(town: Town, session: Session) -> None:
    there, karim = begun(town, session)
    another = there.give_back(karim, 1)
    job = town.assigned(session, town.customer(session, money=900_000), karim)
    refused(session, AboutOneself, lambda: there.pause_for_safety(job, by=karim.id))
    id = there.pause_for_safety(job)
    assert there.standing(karim) is Standing.SUSPENDED
    refused(session, EvidenceNeeded, lambda: there.pause_for_safety(job))
    refused(session, PausedAlready, lambda: there.pause_for_safety(another))
    session.execute(text("UPDATE proceeding SET day_minor = 70000 WHERE id = :id"), {"id": id})
    town.later(hours=47)
    assert clock_comes(there, id).state is State.OPEN
    town.later(hours=1)
    assert clock_comes(there, id).result is Result.NOT_DECIDED
    assert there.standing(karim) is Standing.GOOD
    assert money.move(session, id, "safety_pay", now=town.now)
    assert not money.move(session, id, "safety_pay", now=town.now)
    (paid,) = view(there, id).money
    assert (paid.days, paid.amount) == (3, Money(210_000, "BDT"))
    assert wallet(session, karim, "specialist")[0] == 210_000


def test_danger_is_decided_by_another_within_two_days_and_the_wrong_time_is_paid(town: Town, session: Session) -> None:
    there, karim = begun(town, session)
    id = there.pause_for_safety(town.assigned(session, town.customer(session, money=900_000), karim))
    session.execute(text("UPDATE proceeding SET day_minor = 70000 WHERE id = :id"), {"id": id})
    there.answer(id, karim)
    refused(session, SamePersonTwice, lambda: there.decide(id, by=there.opener))
    there.decide(id, Sentence(Consequence.PAUSE, 30))
    there.appeal(id, karim)
    town.later(days=4)
    there.hear(id)
    assert there.standing(karim) is Standing.GOOD
    assert money.move(session, id, "lost_pay", now=town.now)
    paid = {each.kind: each.days for each in view(there, id).money}
    assert paid == {"lost_pay": 5}


def test_two_who_decide_at_once_decide_once(busy_town: Town) -> None:
    town = busy_town
    with transaction() as session:
        there, karim = begun(town, session)
        id = there.answered(karim)
    found: list[object] = []
    gate = threading.Barrier(2)

    def decides(by: PersonId) -> None:
        gate.wait()
        try:
            with transaction() as session:
                actions.decide(session, id, PAUSE, words="x", organization=town.organization, by=by, now=town.now)
            found.append(by)
        except DecidedAlready as refusal:
            found.append(type(refusal))

    threads = [threading.Thread(target=decides, args=(by,)) for by in (there.decider, there.third)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert DecidedAlready in found
    assert len(set(found)) == 2
    with transaction() as session:
        assert len([each for each in queries.of_specialist(session, karim.id) if each.decided]) == 1


FAULTS = {
    "UPDATE specialist SET standing = 'suspended' WHERE person_id = :karim": "suspended_without_a_cause",
    "UPDATE proceeding SET pause_ended_at = :now WHERE id = :id": "suspended_without_a_cause",
    "DELETE FROM proceeding_money": "fees_without_a_decision",
    "UPDATE proceeding SET state = 'closed', closed_at = :now, result = 'overturned'": "given_up_and_not_put_back",
}


def test_each_planted_fault_is_found(town: Town, session: Session) -> None:
    there, karim = begun(town, session)
    paused, fined = there.answered(town.craftsman(session)), there.answered(town.craftsman(session))
    there.decide(paused)
    there.decide(fined, Sentence(Consequence.FEE, fee_minor=50_000))
    money.move(session, fined, "fee", now=town.now)
    assert not broken(session, town.now)
    facts = {"karim": karim.id, "id": paused, "now": town.now - timedelta(hours=1)}
    for fault, figure in FAULTS.items():
        planted = session.begin_nested()
        session.execute(text(fault), {name: value for name, value in facts.items() if f":{name}" in fault})
        assert figure in broken(session, town.now), fault
        planted.rollback()
    assert set(FAULTS.values()) == set(invariants.OF_CONDUCT)


@pytest.mark.parametrize("seed", range(2))
def test_whatever_the_order_nobody_is_paused_without_a_live_cause(town: Town, session: Session, seed: int) -> None:
    there, karim = begun(town, session)
    dice, jobs = random.Random(seed), [there.give_back(karim, 2) for _ in range(3)]
    town.later(minutes=1)
    made: list[UUID] = []

    def one() -> UUID:
        return dice.choice(made) if made else uuid4()

    def by() -> PersonId:
        return dice.choice([there.opener, there.decider, there.third, karim.id])

    acts: list[Callable[[], object]] = [
        lambda: made.extend(actions.look(session, dice.choice(jobs), now=town.now)),
        lambda: made.append(there.pause_for_safety(dice.choice(jobs), by=by())),
        lambda: there.answer(one(), karim),
        lambda: there.decide(one(), Sentence(dice.choice([*Consequence]), dice.randint(1, 30), 500), by=by()),
        lambda: there.appeal(one(), karim),
        lambda: there.hear(one(), dice.choice([*Verdict]), lesser=Sentence(Consequence.PAUSE, 1), by=by()),
        lambda: clockwork.due(session, one(), now=town.now),
        lambda: town.later(hours=dice.choice([1, 30, 200])),
    ]
    for _ in range(40):
        try:
            with session.begin_nested():
                dice.choice(acts)()
        except Refused:
            session.expire_all()
        for each in made:
            clockwork.due(session, each, now=town.now)
        every = queries.of_specialist(session, karim.id)
        live = [each for each in every if each.safety.holds(town.now) or each.pause.holds(town.now)]
        assert (there.standing(karim) is Standing.SUSPENDED) == bool(live)
        assert all(each.decided is not None or each.safety.holds(town.now) for each in live)
