"""Everybody and everything of a rehearsal: who is signed in, what is offered, and which jobs are being played."""

import random
import threading
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid5

from web.rehearsal.counters import Bank
from web.rehearsal.line import Answer, Line, Tally
from web.towns import Town

SPACE = UUID("6f1c9a52-3d0e-5b1e-9f55-2f6d1c1f3a10")  # the ids of a rehearsal's commands
SIGNING_IN = 6  # at once: a password is slow to compare
PROOF_SECONDS = 240.0  # a session counts as confirmed for five minutes; so long we count on it


@dataclass(frozen=True)
class SignIn:
    """An account of the cast; `name` where it is known, `token` where a session was begun already."""

    role: str
    username: str
    password: str
    name: str = ""
    token: str = ""


@dataclass
class Actor:
    """Somebody who is signed in. A customer plays one job at a time (`busy`)."""

    who: SignIn
    token: str
    number: int
    proved_at: float
    busy: threading.Lock = field(default_factory=threading.Lock)
    proving: threading.Lock = field(default_factory=threading.Lock)
    accounts: set[str] = field(default_factory=set)  # wallets for whose payouts an account was named

    @property
    def role(self) -> str:
        return self.who.role

    @property
    def username(self) -> str:
        return self.who.username


@dataclass
class Play:
    """One job while it is played: who has it, and a bell for whoever waits for that."""

    number: int
    customer: Actor
    chance: random.Random
    job: str = ""
    service: str = ""
    crew: Actor | None = None
    waits: bool = False
    taken: threading.Event = field(default_factory=threading.Event)
    keys: int = 0

    @property
    def goes_well(self) -> bool:
        """The first of a town's day: paid from a wallet to its end, however few are played and whatever goes wrong."""
        return self.number == 0

    def key(self) -> UUID:
        """The id of the next command of this play."""
        self.keys += 1
        return uuid5(SPACE, f"play {self.number} {self.customer.token[:16]} {self.keys}")


@dataclass
class Stage:
    """What all threads share. `office` are those of finance, who may agree for one another."""

    seed: int
    town: Town
    line: Line
    tally: Tally
    bank: Bank
    customers: list[Actor]
    specialists: list[Actor]
    office: list[Actor]
    services: list[dict[str, Any]]
    gateways: list[str]
    plays: dict[str, Play] = field(default_factory=dict)
    closing: threading.Event = field(default_factory=threading.Event)
    earners: list[Actor] = field(default_factory=list)
    disputes: list[str] = field(default_factory=list)
    letters: list[str] = field(default_factory=list)  # cases that the payer's bank has told of on paper
    commands: Counter[str] = field(default_factory=Counter)

    def chance(self, *words: object) -> random.Random:
        """A chance of its own for each matter, the same for the same seed."""
        return random.Random(" ".join(str(word) for word in (self.seed, *words)))  # noqa: S311  # a story, no secret

    def money(self, minor: int) -> dict[str, object]:
        """An amount in the town's currency, as the API takes it."""
        return {"minor": minor, "currency": self.town.currency}

    def waiting(self) -> set[str]:
        """The services of the jobs that somebody is looked for at this moment."""
        return {play.service for play in list(self.plays.values()) if play.waits}

    def proved(self, actor: Actor) -> str:
        """A token of somebody who confirmed a moment ago that it is them: signs in anew where that is long past."""
        with actor.proving:
            if time.monotonic() - actor.proved_at > PROOF_SECONDS:
                token = self.line.sign_in(actor.username, actor.who.password)
                if token:
                    actor.token, actor.proved_at = token, time.monotonic()
            return actor.token

    def order(self, officer: Actor, path: str, body: Mapping[str, object] | None = None) -> Answer:
        """One act of somebody of finance."""
        with self.tally.lock:
            self.commands["office"] += 1
            number = self.commands["office"]
        return self.line.post(officer.token, path, body, uuid5(SPACE, f"office {self.office[0].token[:16]} {number}"))


def open_stage(line: Line, tally: Tally, people: Sequence[SignIn], *, seed: int, town: Town, bank: Bank) -> Stage:
    """Sign in whoever has no session yet, and read the catalogue. Who may not sign in is left out."""
    with ThreadPoolExecutor(SIGNING_IN) as threads:
        tokens = list(threads.map(lambda one: one.token or line.sign_in(one.username, one.password), people))
    now = time.monotonic()
    found = [
        Actor(one, token, number, now)
        for number, (one, token) in enumerate(zip(people, tokens, strict=True))
        if token
    ]  # fmt: skip
    customers = [each for each in found if each.role == "customer"]
    crews = [each for each in found if each.role == "specialist"]
    if not customers or not crews:
        raise SystemExit("karigar: nobody of the cast can sign in to this town")
    listed = line.get(customers[0].token, "/services").body
    once = [
        each["key"] for each in listed if not each["by_estimate"] and each["people"] == 1
    ]  # work of one visit, so that the night ends it
    services = [line.get(customers[0].token, f"/services/{key}").body for key in once]
    gateways = list(line.get(customers[0].token, "/gateways").body)
    officers = [each for each in found if each.role not in ("customer", "specialist")]
    return Stage(seed, town, line, tally, bank, customers, crews, officers, services, gateways)
