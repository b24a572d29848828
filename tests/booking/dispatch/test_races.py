"""Races with real threads and real commits: one winner, told so however often; everybody else told no."""

from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from uuid import UUID, uuid4

from sqlalchemy import select

from booking.dispatch import actions, matching, queries
from booking.dispatch.rules import Mode, OfferGone, OfferState, Rung
from booking.dispatch.tables import Offer
from booking.jobs import queries as jobs
from booking.jobs.actions import fire
from booking.jobs.rules import SYSTEM
from booking.jobs.words import Event, State
from marketplace.foundation.database import transaction
from marketplace.foundation.errors import Refused
from marketplace.foundation.ids import OfferId, PersonId
from payments.wallets import queries as wallets
from tests.booking.jobs.town import Somebody, Town

MONEY = 1_000_000


def at_once(verbs: Sequence[Callable[[], object]]) -> list[object]:
    """What each verb answered, or refused, when all began together."""
    together = Barrier(len(verbs))

    def one(verb: Callable[[], object]) -> object:
        together.wait()
        try:
            return verb()
        except Refused as refusal:
            return refusal

    with ThreadPoolExecutor(len(verbs)) as pool:
        return list(pool.map(one, verbs))


def open_job(town: Town, crew: int) -> tuple[UUID, Somebody, list[Somebody]]:
    with transaction() as session:
        rahima = town.customer(session, money=MONEY)
        people = [town.craftsman(session) for _ in range(crew)]
        return town.opened(session, rahima), rahima, people


def broadcast(town: Town, job: UUID, at_once: int) -> dict[PersonId, OfferId]:
    """Offer the job to so many people together, as a rung of the ladder would."""
    rung = Rung(Mode.BROADCAST, at_once, at_once, 600, exclusive=False, ask_again=True)
    with transaction() as session:
        matching.ask(session, job, rung, round=2, now=town.now)
        return {line.specialist: line.id for line in queries.offers_for(session, job)}


def accepts(town: Town, offer: UUID, who: PersonId) -> Callable[[], object]:
    def verb() -> object:
        with transaction() as session:
            return actions.accept(session, offer, specialist=who, command_id=uuid4(), now=town.now)

    return verb


def test_of_fifty_who_accept_at_once_one_has_the_job_and_every_repetition_tells_them(busy_town: Town) -> None:
    job, rahima, _ = open_job(busy_town, 50)
    offers = broadcast(busy_town, job, 50)
    assert len(offers) == 50
    twice = [accepts(busy_town, offer, who) for who, offer in offers.items()] * 2
    told = Counter(type(answer).__name__ for answer in at_once(twice))
    assert told == {"Answered": 2, "OfferGone": 98}
    with transaction() as session:
        states = Counter(session.scalars(select(Offer.state).where(Offer.job_id == job)))
        assert states == {OfferState.ACCEPTED: 1, OfferState.WITHDRAWN: 49}
        winner = jobs.for_desk(session, job, busy_town.dispatcher, now=busy_town.now).specialist
        assert winner is not None
    for _ in range(3):
        again = accepts(busy_town, offers[winner], winner)()
        assert isinstance(again, actions.Answered)
        assert again.again
    with transaction() as session:
        timeline = jobs.timeline(session, job, rahima.customer)
        assert [each.event for each in timeline].count(Event.ACCEPT) == 1
        assert jobs.chain_is_whole(session, job)


def test_accepting_and_calling_off_at_once_leave_one_truth(busy_town: Town) -> None:
    for _ in range(6):
        job, rahima, (karim,) = open_job(busy_town, 1)
        offers = broadcast(busy_town, job, 50)

        def calls_off(job: UUID = job, rahima: Somebody = rahima) -> object:
            with transaction() as session:
                return fire(
                    session, job, "cancel_by_customer", actor=rahima.customer, command_id=uuid4(), now=busy_town.now
                )

        answers = at_once([accepts(busy_town, offers[karim.id], karim.id), calls_off])
        with transaction() as session:
            now = jobs.for_desk(session, job, busy_town.dispatcher, now=busy_town.now)
            held = sum(line.rest.minor for line in wallets.held_lines(session, job))
            balance = wallets.balance(session, owner=rahima.id, owner_kind="customer", currency="BDT")
            # Whoever was first, the customer called off within the free minutes: nothing is kept, nobody goes there.
            assert now.job.state is State.CANCELLED
            assert (held, balance.held.minor, balance.posted.minor) == (0, 0, MONEY)
            assert isinstance(answers[0], actions.Answered | OfferGone)
            assert jobs.chain_is_whole(session, job)


def completed(town: Town) -> tuple[UUID, Somebody, Somebody]:
    with transaction() as session:
        rahima, karim = town.customer(session, money=MONEY), town.craftsman(session)
        began, job = town.now, town.assigned(session, rahima, karim)
        town.later(hours=26)
        town.fire(session, job, "arrive", karim.specialist, reason="by_hand")
        town.fire(session, job, "start", karim.specialist, waiver="no_phone")
        town.fire(session, job, "complete", karim.specialist)
        town.now = began
        return job, rahima, karim


def test_confirming_and_the_timer_at_once_pay_once(busy_town: Town) -> None:
    job, rahima, karim = completed(busy_town)
    deadline = busy_town.later(hours=26 + 24)

    def confirms() -> object:
        with transaction() as session:
            return fire(session, job, "confirm", actor=rahima.customer, command_id=uuid4(), now=deadline)

    def timer() -> object:
        with transaction() as session:
            return fire(session, job, "auto_accept", actor=SYSTEM, command_id=uuid4(), now=deadline)

    answers = at_once([confirms, timer, confirms, timer])
    assert sum(not isinstance(answer, Refused) for answer in answers) == 1
    with transaction() as session:
        pay = jobs.past_of(session, job, karim.id).pay
        paid = wallets.balance(session, owner=rahima.id, owner_kind="customer", currency="BDT")
        got = wallets.balance(session, owner=karim.id, owner_kind="specialist", currency="BDT")
        assert (paid.posted.minor, paid.held.minor) == (MONEY - pay.gross.minor, 0)
        assert (got.posted, got.held) == (pay.net, pay.net)


def test_calling_off_and_capturing_at_once_move_the_money_once(busy_town: Town) -> None:
    job, rahima, karim = completed(busy_town)
    now = busy_town.later(hours=27)

    def confirms() -> object:
        with transaction() as session:
            return fire(session, job, "confirm", actor=rahima.customer, command_id=uuid4(), now=now)

    def called_off() -> object:
        with transaction() as session:
            return fire(
                session, job, "cancel_by_operator", actor=busy_town.dispatcher, command_id=uuid4(), now=now,
                reason="our_fault",
            )  # fmt: skip

    answers = at_once([confirms, called_off])
    assert sum(not isinstance(answer, Refused) for answer in answers) == 1
    with transaction() as session:
        state = jobs.for_desk(session, job, busy_town.dispatcher, now=now).job.state
        paid = wallets.balance(session, owner=rahima.id, owner_kind="customer", currency="BDT")
        got = wallets.balance(session, owner=karim.id, owner_kind="specialist", currency="BDT")
        assert paid.held.minor == 0
        if state is State.CANCELLED:
            assert (paid.posted.minor, got.posted.minor) == (MONEY, 0)
        else:
            assert paid.posted.minor < MONEY
            assert got.posted.minor > 0


def test_the_same_command_from_many_threads_is_one_effect(busy_town: Town) -> None:
    with transaction() as session:
        rahima = busy_town.customer(session, money=MONEY)
        job = busy_town.held(session, rahima).job_id
    command = uuid4()

    def pays() -> object:
        with transaction() as session:
            return fire(session, job, "fund", actor=rahima.customer, command_id=command, now=busy_town.now)

    answers = at_once([pays] * 8)
    assert not [answer for answer in answers if isinstance(answer, Refused)]
    assert sum(not getattr(answer, "again", True) for answer in answers) == 1
    with transaction() as session:
        assert len(wallets.held_lines(session, job)) == 1


def test_two_searches_at_once_never_ask_one_person_exclusively_twice(busy_town: Town) -> None:
    with transaction() as session:
        rahima = busy_town.customer(session, money=10 * MONEY)
        karim, jamal = busy_town.craftsman(session), busy_town.craftsman(session)
        found = [busy_town.opened(session, rahima) for _ in range(2)]

    def search(job: UUID) -> Callable[[], object]:
        def verb() -> object:
            with transaction() as session:
                return matching.match(session, job, now=busy_town.now)

        return verb

    at_once([search(job) for job in found])
    with transaction() as session:
        for one in (karim, jamal):
            mine = [view for view in queries.offers_of(session, one.id, now=busy_town.now) if view.mode == "sequential"]
            assert len(mine) <= 1
