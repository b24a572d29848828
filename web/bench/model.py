"""The ledger's door beside a model of it in plain Python: random acts on both, the same answers and the same balances.

The acts go to the server a hundred at a time, each in a savepoint of its own, so that a step costs what the door costs.
The model is numbers only: what is posted, what is held, what has been done under which key.
"""

import json
import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg

from web.bench.place import open_place

PEOPLE, BATCH, LIMIT, MOST = 24, 100, 300, 400
NOW = "2026-11-21T09:00:00Z"
_DRIVE = (Path(__file__).parent / "drive.sql").read_text()
APPLIED, REPLAYED, NOTHING = "false", "true", "nothing"
SHORT, OVER_LIMIT, TOO_SMALL = "account_floor_check", "account_hold_floor_check", "hold_captured_check"
CLOSED, REUSED, TWICE = "LG002", "LG001", "transfer_reverses_key"
Act = dict[str, Any]


@dataclass
class Held:
    """What is set aside for a subject and a purpose: how much, and on which account."""

    account: str
    rest: int
    purpose: str = "job"
    subject: str = ""


@dataclass
class Model:
    """What the ledger should be. Each method does an act on the numbers and says what the ledger must answer."""

    posted: dict[str, int]
    held: dict[str, int]
    subjects: dict[str, list[Held]] = field(default_factory=dict)
    moves: dict[str, dict[str, int]] = field(default_factory=dict)  # by key, of what may be reversed
    reversed: set[str] = field(default_factory=set)

    def free(self, account: str) -> int:
        return self.posted[account] - self.held[account]

    def move(self, key: str, legs: dict[str, int]) -> str:
        """Plain legs: a wallet gives no more than is free."""
        if any(amount < 0 and account[0] == "W" and self.free(account) < -amount for account, amount in legs.items()):
            return SHORT
        for account, amount in legs.items():
            self.posted[account] += amount
        self.moves[key] = legs
        return APPLIED

    def spill(self, wallet: str, debt: str, taker: str, amount: int) -> str:
        """The wallet as far as it reaches, the receivable the rest; a fact is always recorded."""
        own = min(amount, max(0, self.free(wallet)))
        self.posted[wallet] -= own
        self.posted[debt] -= amount - own
        self.posted[taker] += amount
        return APPLIED

    def hold(self, subject: str, wallet: str, debt: str | None, amount: int, purpose: str) -> str:
        """Set aside; with a debt account the rest goes there, down to its limit."""
        own = min(amount, max(0, self.free(wallet))) if debt else amount
        if debt is None and self.free(wallet) < amount:
            return SHORT
        if debt and amount > own and self.free(debt) - (amount - own) < -LIMIT:
            return OVER_LIMIT
        for account, part in ((wallet, own), (debt or "", amount - own)):
            if part:
                self.held[account] += part
                self.subjects.setdefault(subject, []).append(Held(account, part, purpose, subject))
        return APPLIED

    def capture(self, subject: str, legs: dict[str, int], *, last: bool) -> str:
        """Take from what is set aside; with `last` the rest goes back."""
        holds = self.subjects.get(subject, [])
        if not holds:
            return CLOSED
        payer = holds[0].account
        rest, amount = sum(hold.rest for hold in holds), -legs[payer]
        if amount > rest:
            return TOO_SMALL
        self.held[payer] -= rest if last else amount
        for account, moved in legs.items():
            self.posted[account] += moved
        left = 0 if last else rest - amount
        self.subjects[subject] = [Held(payer, left, holds[0].purpose, subject)] if left else []
        return APPLIED

    def release(self, subject: str) -> str:
        """Everything that is set aside for the subject goes back."""
        holds = self.subjects.get(subject, [])
        for hold in holds:
            self.held[hold.account] -= hold.rest
        self.subjects[subject] = []
        return APPLIED if holds else CLOSED

    def reverse(self, original: str) -> str:
        """Mirrored once, if those who were given it still have it."""
        if original in self.reversed:
            return TWICE
        legs = {account: -amount for account, amount in self.moves[original].items()}
        answer = self.move(original, legs)
        self.moves[original] = {account: -amount for account, amount in legs.items()}
        if answer == APPLIED:
            self.reversed.add(original)
        return answer

    def offset(self, wallet: str, debt: str) -> str:
        """The debt from the wallet, as far as it reaches."""
        part = min(self.free(wallet), -self.posted[debt])
        if part <= 0:
            return NOTHING
        self.posted[wallet] -= part
        self.posted[debt] += part
        return APPLIED


class Walk:
    """One series of random acts; `step` gives the next one and what the model says of it."""

    def __init__(self, accounts: dict[str, int], seed: int) -> None:
        self.accounts = accounts
        self.chance = random.Random(seed)  # noqa: S311  # which act comes next
        self.model = Model(dict.fromkeys(accounts, 0), dict.fromkeys(accounts, 0))
        self.done: list[Act] = []
        self.subjects: list[str] = []
        self.kinds: tuple[tuple[Callable[[], tuple[Act, str]], int], ...] = (
            (self._top_up, 26), (self._tip, 44), (self._penalty, 8), (self._many, 3), (self._charge_back, 3),
            (self._hold, 8), (self._hold_with_debt, 2), (self._capture, 6), (self._release, 4), (self._reverse, 3),
            (self._offset, 3), (self._repeat, 5), (self._reuse, 2),
        )  # fmt: skip

    def step(self) -> tuple[Act, str]:
        """The next act and the answer that the ledger must give."""
        del self.done[:-5_000]
        acts, weights = zip(*self.kinds, strict=True)
        return self.chance.choices(acts, weights)[0]()  # type: ignore[no-any-return]

    def _id(self) -> str:
        return str(UUID(int=self.chance.getrandbits(128), version=4))

    def _person(self) -> int:
        return self.chance.randrange(PEOPLE)

    def _amount(self) -> int:
        return self.chance.randint(1, MOST)

    def _act(self, verb: str, kind: str, legs: dict[str, int], **more: Any) -> Act:
        names = list(legs)
        act = {
            "verb": verb, "key": self._id(), "kind": kind, "currency": "BDT", "told_at": NOW, "last": True,
            "accounts": [self.accounts[name] for name in names], "amounts": [legs[name] for name in names],
            "spills": [None] * len(names), "keeps": [0] * len(names), "legs": legs,
        }  # fmt: skip
        return act | more

    def _keep(self, act: Act, answer: str) -> tuple[Act, str]:
        if answer == APPLIED:
            self.done.append(act)
        return act, answer

    def _plain(self, kind: str, legs: dict[str, int]) -> tuple[Act, str]:
        act = self._act("post", kind, legs)
        return self._keep(act, self.model.move(act["key"], legs))

    def _top_up(self) -> tuple[Act, str]:
        amount = self._amount()
        return self._plain("topup", {"clearing": -amount, f"W{self._person()}": amount})

    def _tip(self) -> tuple[Act, str]:
        giver, taker = self.chance.sample(range(PEOPLE), 2)
        amount = self._amount()
        return self._plain("tip", {f"W{giver}": -amount, f"W{taker}": amount})

    def _penalty(self) -> tuple[Act, str]:
        amount = self._amount()
        if self.chance.random() < 0.5:
            return self._plain("penalty", {f"W{self._person()}": -amount, "fees": amount})
        tax = self.chance.randint(1, amount)
        return self._plain("penalty", {f"W{self._person()}": -amount - tax, "fees": amount, "tax": tax})

    def _many(self) -> tuple[Act, str]:
        """Several tips in one call: all of them, or none."""
        before = dict(self.model.posted)
        acts, answers = [], []
        for _ in range(3):
            giver, taker = self.chance.sample(range(PEOPLE), 2)
            amount = self._amount()
            act = self._act("post", "tip", {f"W{giver}": -amount, f"W{taker}": amount})
            answers.append(self.model.move(act["key"], act["legs"]))
            acts.append(act)
        refused = next((answer for answer in answers if answer != APPLIED), None)
        if refused:
            self.model.posted = before
            for act in acts:
                self.model.moves.pop(act["key"], None)
            return {"verb": "many", "acts": acts}, refused
        self.done.extend(acts)
        return {"verb": "many", "acts": acts}, ",".join([APPLIED] * len(acts))

    def _charge_back(self) -> tuple[Act, str]:
        person, amount = self._person(), self._amount()
        legs = {f"W{person}": -amount, "clearing": amount}
        act = self._act("post", "chargeback", legs, spills=[self.accounts[f"R{person}"], None])
        return self._keep(act, self.model.spill(f"W{person}", f"R{person}", "clearing", amount))

    def _hold(self) -> tuple[Act, str]:
        """A new subject's hold, or a second one on the same account."""
        wallet, subject = f"W{self._person()}", self._id()
        old = self.chance.choice(self.subjects) if self.subjects and self.chance.random() < 0.3 else None
        held = self.model.subjects.get(old or "", [])
        if old and held and held[0].purpose == "job":
            wallet, subject = held[0].account, old
        amount = self._amount()
        act = self._act("hold", "hold", {wallet: amount}, keeps_as="job", subject=subject)
        self.subjects.append(subject)
        return self._keep(act, self.model.hold(subject, wallet, None, amount, "job"))

    def _hold_with_debt(self) -> tuple[Act, str]:
        person, amount, subject = self._person(), self._amount(), self._id()
        spill = self.accounts[f"R{person}"]
        act = self._act("hold", "hold", {f"W{person}": amount}, keeps_as="commission", subject=subject, spills=[spill])
        return self._keep(act, self.model.hold(subject, f"W{person}", f"R{person}", amount, "commission"))

    def _subject(self) -> str | None:
        del self.subjects[:-60]
        return self.chance.choice(self.subjects) if self.subjects else None

    def _capture(self) -> tuple[Act, str]:
        subject = self._subject()
        if subject is None:
            return self._top_up()
        holds = self.model.subjects.get(subject, [])
        payer = holds[0].account if holds else "W0"
        taker = f"W{(int(payer[1:]) + 1 + self.chance.randrange(PEOPLE - 1)) % PEOPLE}"
        amount, last = self.chance.randint(3, MOST), self.chance.random() < 0.7
        legs = {payer: -amount, taker: amount - 2, "commission": 1, "tax": 1}
        act = self._act("capture", "capture", legs, subject=subject, closes="job", last=last)
        return self._keep(act, self.model.capture(subject, legs, last=last))

    def _release(self) -> tuple[Act, str]:
        """By hand, or by the clock; sometimes of what spilled over to a receivable."""
        subject, purpose = self._subject(), "job"
        spilled = [one for one in self.model.subjects.values() if one and one[0].purpose == "commission"]
        if spilled and (subject is None or self.chance.random() < 0.5):
            held = self.chance.choice(spilled)[0]
            subject, purpose = held.subject, held.purpose
        if subject is None:
            return self._top_up()
        kind = self.chance.choice(["release", "expire"])
        act = self._act("release", kind, {}, subject=subject, closes=purpose)
        return self._keep(act, self.model.release(subject))

    def _reverse(self) -> tuple[Act, str]:
        plain = [act for act in self.done[-200:] if act["key"] in self.model.moves]
        if not plain:
            return self._top_up()
        original = self.chance.choice(plain)["key"]
        act = self._act("reverse", "reversal", {}, reverses=original)
        return self._keep(act, self.model.reverse(original))

    def _offset(self, person: int | None = None) -> tuple[Act, str]:
        person = self._person() if person is None else person
        act = self._act("offset", "debt_offset", {f"W{person}": 0, f"R{person}": 0})
        return self._keep(act, self.model.offset(f"W{person}", f"R{person}"))

    def settle(self) -> list[tuple[Act, str]]:
        """Every debt paid from what its owner has."""
        return [self._offset(person) for person in range(PEOPLE)]

    def _repeat(self) -> tuple[Act, str]:
        """Anything that was done, asked for again however much later, is replayed and changes nothing."""
        return (self.chance.choice(self.done), REPLAYED) if self.done else self._top_up()

    def _reuse(self) -> tuple[Act, str]:
        """A key that is spent, for another amount."""
        plain = [act for act in self.done[-100:] if act["verb"] == "post" and act["kind"] == "tip"]
        if not plain:
            return self._top_up()
        act = self.chance.choice(plain)
        amounts = [2 * amount for amount in act["amounts"]]
        return act | {"amounts": amounts}, REUSED


@dataclass(frozen=True)
class Outcome:
    """How a walk ended. `divergence`: the act, the ledger's answer and the model's, when they ever differed."""

    figures: dict[str, float]
    divergence: str = ""


def walk(url: str, *, steps: int, seed: int, told: Callable[[str], None] = lambda _: None) -> Outcome:
    """So many steps on the migrated database at `url`, as its owner; balances are compared after every hundred."""
    with psycopg.connect(url, autocommit=True) as connection, ThreadPoolExecutor(1) as asking:
        connection.execute(_DRIVE)
        connection.execute("SET statement_timeout = 0")
        course = Walk(_open(connection), seed)
        walked, asked = 0, asking.submit(str)  # the server answers one batch while the next is thought of
        while walked < steps:
            batch = [course.step() for _ in range(min(BATCH, steps - walked))]
            walked += len(batch)
            if walked == steps:
                batch += course.settle()  # so that no debt is left beside money
            balances = {
                course.accounts[name]: (course.model.posted[name], course.model.held[name]) for name in course.accounts
            }
            if asked.result():
                break
            asked = asking.submit(_differing, connection, batch, balances)
            if walked % 20_000 < BATCH:
                told(f"  {walked} of {steps} steps")
        divergence = asked.result()
    return Outcome({"steps": walked, "divergences": int(bool(divergence))}, divergence)


def _asked(connection: psycopg.Connection[Any], batch: list[tuple[Act, str]]) -> str:
    """The first act of a batch that the ledger answers otherwise than the model; empty when there is none."""
    asked = json.dumps([{name: value for name, value in act.items() if name != "legs"} for act, _ in batch])
    row = connection.execute("SELECT bench.drive(%s)", (asked,)).fetchone()
    for (act, expected), answer in zip(batch, row[0] if row else [], strict=True):
        if answer != expected:
            return f"{act}: the ledger {answer}, the model {expected}"
    return ""


def _open(connection: psycopg.Connection[Any]) -> dict[str, int]:
    names: dict[str, tuple[str, str, UUID, int | None]] = {
        "clearing": ("clearing", "gateway", UUID(int=7), None), "fees": ("fee_income", "house", UUID(int=0), None),
        "commission": ("commission", "house", UUID(int=0), None), "tax": ("tax", "tax", UUID(int=8), None),
    }  # fmt: skip
    for person in range(PEOPLE):
        names[f"W{person}"] = ("wallet", "customer", UUID(int=1000 + person), None)
        names[f"R{person}"] = ("receivable", "customer", UUID(int=1000 + person), -LIMIT)
    found = {}
    for name, (kind, owner_kind, owner, limit) in names.items():
        facts = (kind, owner_kind, owner, "BDT", limit)
        row = connection.execute("SELECT ledger.open_account(%s, %s, %s, %s, %s)", facts).fetchone()
        found[name] = int(row[0]) if row else 0
    return found


def _differing(
    connection: psycopg.Connection[Any], batch: list[tuple[Act, str]], balances: dict[int, tuple[int, int]]
) -> str:
    """The first answer or balance after a batch that is not the model's; empty when there is none."""
    sums = "SELECT group_id, sum(posted)::bigint, sum(held)::bigint FROM ledger.account GROUP BY group_id"
    wrong = _asked(connection, batch)
    if not wrong:
        for account, posted, held in connection.execute(sums):
            if (posted, held) != balances[account]:
                return f"account {account}: the ledger {posted, held}, the model {balances[account]}"
    return wrong


def walk_in_a_place(*, steps: int, seed: int, told: Callable[[str], None]) -> Outcome:
    """As `walk`, on a server of its own; every invariant is looked at afterwards."""
    with open_place(floors=False) as place:
        outcome = walk(place.url, steps=steps, seed=seed, told=told)
        return Outcome(outcome.figures | {"violations": place.violations()}, outcome.divergence)
