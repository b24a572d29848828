"""Everybody and everything of a rehearsal: who is signed in, what is offered, and which jobs are being played."""

import random
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid5

from web.rehearsal.line import Line, Tally

SPACE = UUID("6f1c9a52-3d0e-5b1e-9f55-2f6d1c1f3a10")  # the ids of a rehearsal's commands
SIGNING_IN = 6  # at once: a password is slow to compare


@dataclass(frozen=True)
class SignIn:
    """An account of the cast."""

    role: str
    username: str
    password: str


@dataclass
class Actor:
    """Somebody who is signed in. A customer plays one job at a time (`busy`)."""

    role: str
    username: str
    token: str
    busy: threading.Lock = field(default_factory=threading.Lock)


@dataclass
class Play:
    """One job while it is played: who has it, and a bell for whoever waits for that."""

    number: int
    customer: Actor
    chance: random.Random
    job: str = ""
    crew: Actor | None = None
    taken: threading.Event = field(default_factory=threading.Event)
    keys: int = 0

    def key(self) -> UUID:
        """The id of the next command of this play."""
        self.keys += 1
        return uuid5(SPACE, f"{self.chance_name} {self.keys}")

    @property
    def chance_name(self) -> str:
        return f"play {self.number} {self.customer.token[:16]}"


@dataclass
class Stage:
    """What all threads share."""

    seed: int
    line: Line
    tally: Tally
    customers: list[Actor]
    specialists: list[Actor]
    services: list[dict[str, Any]]
    plays: dict[str, Play] = field(default_factory=dict)
    closing: threading.Event = field(default_factory=threading.Event)

    def chance(self, *words: object) -> random.Random:
        """A chance of its own for each matter, the same for the same seed."""
        return random.Random(" ".join(str(word) for word in (self.seed, *words)))  # noqa: S311  # a story, no secret


def open_stage(line: Line, tally: Tally, people: Sequence[SignIn], *, seed: int) -> Stage:
    """Sign everybody in and read the catalogue. Who may not sign in is left out."""
    with ThreadPoolExecutor(SIGNING_IN) as threads:
        tokens = list(threads.map(lambda one: line.sign_in(one.username, one.password), people))
    actors = [Actor(one.role, one.username, token) for one, token in zip(people, tokens, strict=True) if token]
    customers = [each for each in actors if each.role == "customer"]
    crews = [each for each in actors if each.role == "specialist"]
    if not customers or not crews:
        raise SystemExit("karigar: nobody of the cast can sign in to this town")
    listed = line.get(customers[0].token, "/services").body
    services = [line.get(customers[0].token, f"/services/{each['key']}").body for each in listed]
    return Stage(seed, line, tally, customers, crews, services)
