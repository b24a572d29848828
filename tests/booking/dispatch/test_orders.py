"""Accepting, calling off and giving to another, in every order and all at once: one crew, one truth, no time twice."""

from collections.abc import Callable
from itertools import permutations
from uuid import UUID, uuid4

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from booking.dispatch import actions, manual, matching, queries
from booking.dispatch.rules import LIVE, Mode, OfferState, Rung
from booking.jobs import queries as jobs
from booking.jobs.actions import fire
from booking.jobs.tables import Job
from booking.jobs.words import State
from marketplace.foundation.database import transaction
from marketplace.foundation.errors import Refused
from tests.booking.dispatch.test_races import at_once
from tests.booking.jobs.town import Somebody, Town

MONEY = 10_000_000
BROADCAST = Rung(Mode.BROADCAST, 50, 50, 3_600, exclusive=False, ask_again=True)
TWICE = text("""
    select count(*) from occupation a join occupation b on a.specialist_id = b.specialist_id and a.id < b.id
       and a.during && b.during and a.status in ('held', 'confirmed', 'started')
       and b.status in ('held', 'confirmed', 'started')
""")
Verb = Callable[[Session], object]


def verbs(session: Session, town: Town) -> tuple[UUID, dict[str, Verb]]:
    """A job offered to two, and all that may happen to it at once."""
    rahima = town.customer(session, money=MONEY)
    karim, jamal, selim = (town.craftsman(session) for _ in range(3))
    job = town.opened(session, rahima)
    matching.ask(session, job, BROADCAST, round=2, now=town.now)
    offers = {line.specialist: line.id for line in queries.offers_for(session, job)}

    def accepts(who: Somebody) -> Verb:
        return lambda session: actions.accept(
            session, offers[who.id], specialist=who.id, command_id=uuid4(), now=town.now
        )

    return job, {
        "karim accepts": accepts(karim),
        "jamal accepts": accepts(jamal),
        "rahima calls off": lambda session: fire(
            session, job, "cancel_by_customer", actor=rahima.customer, command_id=uuid4(), now=town.now
        ),
        "the desk gives it to selim": lambda session: manual.assign(
            session, job, selim.id, actor=town.dispatcher, command_id=uuid4(), now=town.now, reason="customer_wish"
        ),
    }


def is_one_truth(session: Session, job: UUID) -> None:
    session.expire_all()
    row = session.scalars(select(Job).where(Job.id == job)).one()
    lines = queries.offers_for(session, job)
    times = session.execute(
        text("select specialist_id from occupation where job_id = :job and status in ('held', 'confirmed', 'started')"),
        {"job": job},
    ).scalars()
    accepted = [line.specialist for line in lines if line.state == OfferState.ACCEPTED]
    assert len(accepted) <= 1
    assert session.scalar(TWICE) == 0
    assert jobs.chain_is_whole(session, job)
    if row.state == State.CANCELLED:
        assert list(times) == []
    else:
        assert row.state == State.ASSIGNED
        assert list(times) == [row.specialist_id]
        assert [line.id for line in lines if line.state in LIVE] == []


def test_in_every_order_one_truth_is_left(town: Town, session: Session) -> None:
    job, all_verbs = verbs(session, town)
    for order in permutations(all_verbs):
        with session.begin_nested() as undone:
            for name in order:
                try:
                    with session.begin_nested():
                        all_verbs[name](session)
                except Refused:
                    pass
            is_one_truth(session, job)
            undone.rollback()


def test_all_at_once_one_truth_is_left(busy_town: Town) -> None:
    for _ in range(4):
        with transaction() as session:
            job, all_verbs = verbs(session, busy_town)

        def one(verb: Verb) -> Callable[[], object]:
            def committed() -> object:
                with transaction() as session:
                    return verb(session)

            return committed

        answers = at_once([one(verb) for verb in all_verbs.values()])
        assert not [each for each in answers if isinstance(each, Exception) and not isinstance(each, Refused)]
        with transaction() as session:
            is_one_truth(session, job)
