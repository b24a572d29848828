"""One accepted offer for each seat of a crew, whatever the code does; and giving back among all that may happen."""

from functools import partial
from itertools import permutations
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from booking.availability.rules import LIVE as TAKES_TIME
from booking.availability.tables import Occupation
from booking.dispatch import actions, manual, matching, queries
from booking.dispatch.rules import Mode, OfferState, Rung
from booking.dispatch.tables import Offer
from booking.jobs import queries as jobs
from booking.jobs.actions import fire
from booking.jobs.tables import Job
from booking.jobs.words import State
from marketplace.foundation.database import transaction
from marketplace.foundation.errors import Refused
from payments.wallets import queries as wallets
from tests.booking.dispatch.test_races import MONEY, at_once
from tests.booking.jobs.town import Town

SEVERAL = Rung(Mode.BROADCAST, 5, 5, 600, exclusive=False, ask_again=True)
ACTS = ("accepts", "gives_back", "hands_on", "calls_off")


class Story:
    """One open job, offered to somebody, and what they, its customer and a dispatcher may do to it."""

    def __init__(self, session: Session, town: Town) -> None:
        self.town = town
        self.rahima = town.customer(session, money=MONEY)
        self.karim, self.jamal = (town.craftsman(session) for _ in range(2))
        self.job = town.opened(session, self.rahima)
        matching.ask(session, self.job, SEVERAL, round=2, now=town.now)
        self.offers = {line.specialist: line.id for line in queries.offers_for(session, self.job)}

    def act(self, session: Session, name: str) -> None:
        """One of the acts, each time a command of its own."""
        command, now = uuid4(), self.town.now
        if name == "accepts":
            offer = self.offers[self.karim.id]
            actions.accept(session, offer, specialist=self.karim.id, command_id=command, now=now)
        elif name == "hands_on":
            manual.assign(
                session, self.job, self.jamal.id, actor=self.town.dispatcher, command_id=command, now=now,
                reason="customer_wish",
            )  # fmt: skip
        elif name == "calls_off":
            fire(session, self.job, "cancel_by_customer", actor=self.rahima.customer, command_id=command, now=now)
        else:
            fire(
                session, self.job, "cancel_by_worker", actor=self.karim.specialist, command_id=command, now=now,
                reason="illness",
            )  # fmt: skip

    def check(self, session: Session) -> State:
        """What must be true whoever came first; the state of the job."""
        session.expire_all()
        row = session.get_one(Job, self.job)
        accepted = select(Offer.specialist_id).where(Offer.job_id == self.job, Offer.state == OfferState.ACCEPTED)
        taken = select(Occupation.specialist_id).where(Occupation.job_id == self.job, Occupation.status.in_(TAKES_TIME))
        held = sum(line.rest.minor for line in wallets.held_lines(session, self.job))
        assert len(session.scalars(accepted).all()) <= 1
        assert jobs.chain_is_whole(session, self.job)
        if row.state == State.CANCELLED:
            assert (session.scalars(taken).all(), held) == ([], 0)
        elif row.state == State.ASSIGNED:
            assert (session.scalars(taken).all(), held) == ([row.specialist_id], row.price_minor)
        else:
            assert (State(row.state), row.specialist_id, held) == (State.OPEN, None, row.price_minor)
        return State(row.state)


def test_giving_back_in_every_order(session: Session, town: Town) -> None:
    story, seen = Story(session, town), set()
    for order in permutations(ACTS, 3):
        undo = session.begin_nested()
        for name in order:
            try:
                with session.begin_nested():
                    story.act(session, name)
            except Refused:
                pass  # it came too late, or too early, and left nothing behind
            state = story.check(session)
            seen.add(state)
        assert (state is State.CANCELLED) == ("calls_off" in order), order
        undo.rollback()
    assert seen == {State.ASSIGNED, State.CANCELLED, State.OPEN}


def test_giving_back_while_all_others_act(busy_town: Town) -> None:
    with transaction() as session:
        story = Story(session, busy_town)
        story.act(session, "accepts")

    def alone(name: str) -> None:
        with transaction() as session:
            story.act(session, name)

    for _ in range(2):
        at_once([partial(alone, name) for name in ("gives_back", "hands_on", "accepts", "gives_back")])
        with transaction() as session:
            story.check(session)
    at_once([partial(alone, name) for name in (*ACTS, "calls_off")])
    with transaction() as session:
        assert story.check(session) is State.CANCELLED


def test_two_accepted_offers_for_one_seat_cannot_be_written(session: Session, town: Town) -> None:
    def offer(job: UUID, seat: int) -> Offer:
        return Offer(
            id=uuid4(), job_id=job, seat=seat, round=1, specialist_id=uuid4(), decision_id=uuid4(),
            mode=Mode.BROADCAST, rank=1, exclusive=False, state=OfferState.ACCEPTED, reasons=[], score_hundredths=0,
            created_at=town.now, expires_at=town.now,
        )  # fmt: skip

    job = uuid4()
    session.add_all([offer(job, 1), offer(job, 2), offer(uuid4(), 1)])
    session.flush()
    session.add(offer(job, 2))
    with pytest.raises(IntegrityError, match="offer_one_accepted"):
        session.flush()
