"""An office for tests of conduct: rules in force, people who open, decide and hear, and jobs that were given back."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy.orm import Session

from booking.conduct import actions, drafting
from booking.conduct.charter import FIRST_NUMBERS
from booking.conduct.queries import View
from booking.conduct.rules import Consequence, Sentence, Verdict
from booking.jobs import queries as jobs
from booking.jobs.words import Event
from marketplace.foundation.errors import Refused
from marketplace.foundation.ids import PersonId
from marketplace.specialists import queries as specialists
from marketplace.specialists.rules import Standing
from tests.booking.jobs.test_money import MONEY
from tests.booking.jobs.town import Somebody, Town, register

RULES = {
    "given_back_times": 2, "given_back_within_days": 30, "given_back_hours_before": 72, "given_back_pause_days": 10,
    "given_back_fee_minor": 50_000, "given_back_may_end": 1,
    "not_come_times": 1, "not_come_pause_days": 14, "complaint_times": 1, "complaint_fee_minor": 30_000,
    "safety_times": 1, "safety_pause_days": 30, "safety_may_end": 1,
}  # fmt: skip
PAUSE = Sentence(Consequence.PAUSE, 10)


@dataclass
class Office:
    """Three people of the office, and the verbs as they use them."""

    town: Town
    session: Session
    opener: PersonId
    decider: PersonId
    third: PersonId

    def publish(self, **numbers: int) -> None:
        """A version in force now: written by one, published by another two weeks ago."""
        long_ago = self.town.now - timedelta(days=15)
        here = self.town.organization
        drafting.begin(self.session, here, by=self.opener, now=long_ago)
        drafting.change(self.session, here, RULES | numbers, by=self.opener, now=long_ago)
        drafting.try_out(self.session, here, now=long_ago)
        seen = {**FIRST_NUMBERS, **RULES, **numbers}
        drafting.publish(self.session, here, seen=seen, words="fair", by=self.decider, now=long_ago)

    def give_back(self, karim: Somebody, times: int = 2, *, reason: str = "vehicle") -> UUID:
        """A job that was accepted and given back so often."""
        job = self.town.opened(self.session, self.town.customer(self.session, money=MONEY))
        for _ in range(times):
            self.town.fire(self.session, job, Event.ACCEPT, karim.specialist, offer_id=uuid4())
            self.town.fire(self.session, job, Event.CANCEL_BY_WORKER, karim.specialist, reason=reason)
            self.town.later(minutes=1)
        return job

    def opened(self, karim: Somebody) -> UUID:
        """A proceeding that a rule opened."""
        (found,) = actions.look(self.session, self.give_back(karim), now=self.town.now)
        return found

    def answered(self, karim: Somebody) -> UUID:
        id = self.opened(karim)
        self.answer(id, karim)
        return id

    def answer(self, id: UUID, karim: Somebody, *, wrong: tuple[UUID, ...] = ()) -> View:
        return actions.answer(
            self.session, id, words="The van broke.", wrong=wrong, specialist=karim.id, now=self.town.now
        )

    def decide(self, id: UUID, sentence: Sentence = PAUSE, *, by: PersonId | None = None) -> View:
        return actions.decide(
            self.session, id, sentence, words="Twice in a week.", organization=self.town.organization,
            by=by or self.decider, now=self.town.now,
        )  # fmt: skip

    def appeal(self, id: UUID, karim: Somebody) -> View:
        return actions.appeal(self.session, id, words="I told you.", specialist=karim.id, now=self.town.now)

    def hear(
        self, id: UUID, verdict: Verdict = Verdict.OVERTURNED, *, lesser: Sentence | None = None,
        by: PersonId | None = None,
    ) -> View:  # fmt: skip
        return actions.hear(
            self.session, id, verdict, lesser=lesser, words="He did tell us.", organization=self.town.organization,
            by=by or self.third, now=self.town.now,
        )  # fmt: skip

    def pause_for_safety(self, job: UUID, *, by: PersonId | None = None) -> UUID:
        number = self.number(job)
        return actions.pause_for_safety(
            self.session, self.town.organization, number, words="A threat.", by=by or self.opener, now=self.town.now
        )

    def number(self, job: UUID) -> str:
        return jobs.for_finance(self.session, job).number

    def standing(self, karim: Somebody) -> Standing:
        return specialists.standing(self.session, karim.id)


def office(town: Town, session: Session) -> Office:
    people = (register(session, name, town.now) for name in ("Nasrin Akter", "Abdul Hai", "Shirin Begum"))
    return Office(town, session, *people)


def refused(session: Session, kind: type[Refused], act: Callable[[], object]) -> None:
    with pytest.raises(kind), session.begin_nested():
        act()
    session.expire_all()
