"""What whoever plays a job has at hand: requests as its customer, as its crew, as finance; twists that come once."""

import time
from collections.abc import Mapping
from typing import Any

from web.rehearsal.bank import Payment
from web.rehearsal.line import Answer
from web.rehearsal.stage import Actor, Play, Stage

DOUBLE = 0.2
Job = dict[str, Any]


class Hand:
    """One job's own: its stage, its play, its twists, and the top-up that was made for it."""

    def __init__(self, stage: Stage, play: Play, twists: set[str]) -> None:
        self.stage, self.play, self.twists = stage, play, twists
        self.paid: Payment | None = None

    def once(self, twist: str) -> bool:
        """Whether this twist is still to come; it comes once."""
        if twist in self.twists:
            self.twists.discard(twist)
            return True
        return False

    def flow(self, name: str, answer: Answer | None) -> bool:
        """Count what was acknowledged; whether it was."""
        if answer is None or not answer.good:
            return False
        self.stage.tally.flow(name)
        return True

    def money(self, minor: int) -> dict[str, object]:
        return self.stage.money(minor)

    def get(self, path: str, **query: str) -> Answer:
        return self.stage.line.get(self.play.customer.token, path, **query)

    def post(self, path: str, body: Mapping[str, object]) -> Answer:
        return self.send(self.play.customer.token, path, body)

    def act(self, noun: str, body: Mapping[str, object] | None) -> Answer | None:
        """One act of whoever has the job."""
        crew = self.play.crew
        if crew is None:
            time.sleep(0.3)
            return None
        return self.send(crew.token, f"/work/jobs/{self.play.job}/{noun}", body)

    def send(self, token: str, path: str, body: Mapping[str, object] | None) -> Answer:
        """Sent once, or as a double click; now and then once more afterwards, as a nervous finger does."""
        line, key, roll = self.stage.line, self.play.key(), self.play.chance.random()
        told = line.twice(token, path, body, key) if roll < DOUBLE else line.post(token, path, body, key)
        if told.good and roll > 1 - DOUBLE / 2:
            again = line.post(token, path, body, key)
            if (again.status, again.body) != (told.status, told.body):
                self.stage.tally.violation("repeated_command_answered_differently")
        return told

    def officers(self) -> tuple[Actor, Actor] | None:
        """Two of finance, the first of whom asks; None where nobody of finance is signed in, or only one."""
        office = self.stage.office
        if len(office) < 2:
            return None
        first, second = self.play.chance.sample(office, 2)
        return first, second
