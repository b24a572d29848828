"""One job from its request to its end: look how it stands, do what comes next, with a twist here and there."""

import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from marketplace.foundation import clock
from web.rehearsal import bank
from web.rehearsal.line import Answer, NobodyAnswers
from web.rehearsal.stage import Play, Stage

ENDS = frozenset({"approved", "closed", "cancelled", "expired", "failed", "no_show"})
DONE = frozenset({"approved", "closed"})
LONGEST_SECONDS = 300.0
NOBODY_CAME_SECONDS = 75.0
MONEY_SECONDS = 100.0  # the first planned question comes after a minute, when every notice was lost
DOUBLE = 0.2
TRIES_FOR_TIME = 6
Job = dict[str, Any]

TWISTS: Mapping[str, float] = {  # how many of a hundred jobs meet each
    "cancel_requested": 5, "cancel_open": 6, "cancel_assigned": 10, "give_back": 7, "delay": 4, "wrong_code": 10,
    "blocked_code": 2, "no_show": 5, "early": 8, "contact": 30, "other_cash": 5, "rate": 50, "stranger": 6,
}  # fmt: skip


class Player:
    """Plays one job. `ended` is the state it came to; empty while it has none."""

    def __init__(self, stage: Stage, play: Play) -> None:
        self.stage, self.play = stage, play
        self.twists = {name for name, percent in TWISTS.items() if play.chance.random() * 100 < percent}
        self.wants_cash = play.chance.random() < 0.35
        self.tries = 0
        self.top_up = ""
        self.top_up_at = 0.0
        self.waiting_since = 0.0
        self.ended = ""

    def play_out(self) -> str:
        """The state in which the job ends; empty when it did not in all that time."""
        with self.play.customer.busy:
            try:
                self._begin()
                self._go_on()
            except NobodyAnswers:
                self.stage.tally.count("given_up")
        return self.ended

    def _begin(self) -> None:
        chance, service = self.play.chance, self.play.chance.choice(self.stage.services)
        address = self._get("/me/addresses").body[0]["id"]
        body = {"service": service["key"], "answers": answers_for(service, chance), "address": address}
        made = self._post("/jobs", body)
        if made.good:
            self.play.job = made.body["id"]
            self.stage.plays[self.play.job] = self.play

    def _go_on(self) -> None:
        deadline = time.monotonic() + LONGEST_SECONDS
        acts: dict[str, Callable[[Job], None]] = {
            "requested": self._requested, "open": self._open, "assigned": self._assigned, "en_route": self._assigned,
            "on_site": self._on_site, "in_progress": self._in_progress, "delayed": self._delayed,
            "completed": self._completed,
        }  # fmt: skip
        while time.monotonic() < deadline:
            if not self.play.job:
                return
            told = self._get(f"/jobs/{self.play.job}")
            if not told.good:
                return
            state = told.body["state"]
            if state in ENDS:
                self._after(state)
                return
            acts[state](told.body)

    def _requested(self, job: Job) -> None:
        if job["funded"]:
            time.sleep(0.3)  # it is being published
        elif self._once("cancel_requested"):
            self._call_off()
        elif job["slot_until"] is None:
            self._choose_time(job)
        else:
            self._pay(job)

    def _choose_time(self, job: Job) -> None:
        self.tries += 1
        if self.tries > TRIES_FOR_TIME:
            self._call_off()
            return
        day = clock.now().date() + timedelta(days=self.play.chance.randrange(7))
        free = self._get("/windows", job=job["id"], day=day.isoformat()).body
        if isinstance(free, list) and free:
            self._post(f"/jobs/{job['id']}/slot", {"window": self.play.chance.choice(free)["window"]})

    def _pay(self, job: Job) -> None:
        if self.wants_cash:
            self._post(f"/jobs/{job['id']}/funding", {"method": "cash"})
            return
        missing = self._missing(job)
        if missing <= 0:
            self._post(f"/jobs/{job['id']}/funding", {"method": "wallet"})
        elif not self.top_up:
            least = 100_00 if job["price"]["currency"] != "IRR" else 100_000
            self.top_up = bank.top_up(self.stage, self.play, max(missing, least), job["price"]["currency"])
            self.top_up_at = time.monotonic()
            self.wants_cash = not self.top_up
        elif self._money_will_not_come():
            self.top_up, self.wants_cash = "", True
        else:
            time.sleep(0.4)

    def _missing(self, job: Job) -> int:
        available = int(self._get("/wallet").body["available"]["minor"])
        return int(job["quote"]["deposit"]["minor"]) - available

    def _money_will_not_come(self) -> bool:
        state = bank.came(self.stage, self.play.customer, self.top_up)
        if state == "mismatch":
            self.stage.tally.count("mismatches")
        waited = time.monotonic() - self.top_up_at
        return state in ("failed", "expired", "mismatch") or waited > MONEY_SECONDS

    def _open(self, _: Job) -> None:
        if self._once("cancel_open"):
            self._call_off()
            return
        self.waiting_since = self.waiting_since or time.monotonic()
        self.play.taken.wait(0.5)
        if time.monotonic() - self.waiting_since > NOBODY_CAME_SECONDS:
            self._call_off()

    def _assigned(self, _: Job) -> None:
        self.play.taken.wait(5)  # the winner is told at about the same time
        if self._once("cancel_assigned"):
            self._call_off()
        elif self._once("give_back"):
            self._give_back()
        elif self._once("delay"):
            self._delay()
        elif self._once("early"):
            self._act("departure", None)
        else:
            if self._once("contact"):
                self._read_contact()
            if self._once("stranger"):
                self._meet_a_stranger()
            self._act("arrival", {"dwell_seconds": 180})

    def _on_site(self, job: Job) -> None:
        if self._once("no_show"):
            self._act("no-show", None)  # refused: nobody has waited long enough, nor tried to call
        code = str(job["start_code"])
        wrong = "0000" if code != "0000" else "1111"
        if self._once("blocked_code"):
            for _ in range(6):
                self._act("start", {"code": wrong})
            self._act("start", {"waiver": "code_lost"})
        if self._once("wrong_code"):
            self._act("start", {"code": wrong})
        self._act("start", {"code": code})

    def _in_progress(self, job: Job) -> None:
        if self._once("delay"):
            self._delay()
            return
        price = int(job["price"]["minor"])
        final = price if self.play.chance.random() < 0.8 else price - price // 10
        self._act("completion", {"final": {"minor": final, "currency": job["price"]["currency"]}})

    def _delayed(self, _: Job) -> None:
        self._act("resume", None)

    def _completed(self, job: Job) -> None:
        path, paid = f"/jobs/{job['id']}/confirmation", job["final"]
        if job["method"] == "cash":
            if job["cash_declared"] is None:
                self._act("cash", {"amount": paid})
            if self._once("other_cash"):
                self._post(path, {"cash": paid | {"minor": paid["minor"] + 1}})
        self._post(path, {})

    def _after(self, state: str) -> None:
        self.ended = state
        if state in DONE and self._once("rate"):
            self._post(f"/jobs/{self.play.job}/rating", {"matter": self.play.chance.randint(3, 5), "manner": 5})
            self._act("rating", {"matter": 5, "manner": 4})

    def _call_off(self) -> None:
        """For the fee that is shown; a fee that rises in between is refused, and shown again next time."""
        path = f"/jobs/{self.play.job}/cancellation"
        shown = self._get(path)
        if shown.good:
            self._post(path, {"fee": shown.body["fee"], "reason": "changed_mind"})

    def _give_back(self) -> None:
        self.play.taken.clear()
        given = self._act("cancellation", {"reason": "vehicle"})
        if given is not None and given.good:
            self.waiting_since = 0.0

    def _delay(self) -> None:
        start = clock.now() + timedelta(hours=2)
        promise = {"start": start.isoformat(), "end": (start + timedelta(hours=2)).isoformat()}
        self._act("delay", {"reason": "parts", **promise})

    def _read_contact(self) -> None:
        crew = self.play.crew
        if crew is not None:
            self.stage.line.get(crew.token, f"/work/jobs/{self.play.job}/contact")

    def _meet_a_stranger(self) -> None:
        """Another customer and another specialist try their luck: for them there is no such job."""
        tokens = [one.token for one in self.stage.customers if one is not self.play.customer][:1]
        looks = [self.stage.line.get(token, f"/jobs/{self.play.job}") for token in tokens]
        others = [one.token for one in self.stage.specialists if one is not self.play.crew][:1]
        looks += [self.stage.line.get(token, f"/work/jobs/{self.play.job}/contact") for token in others]
        if any(look.status not in (404, 410) for look in looks):
            self.stage.tally.violation("a_stranger_saw_the_job")

    def _once(self, twist: str) -> bool:
        if twist in self.twists:
            self.twists.discard(twist)
            return True
        return False

    def _get(self, path: str, **query: str) -> Answer:
        return self.stage.line.get(self.play.customer.token, path, **query)

    def _post(self, path: str, body: Mapping[str, object]) -> Answer:
        return self._send(self.play.customer.token, path, body)

    def _act(self, noun: str, body: Mapping[str, object] | None) -> Answer | None:
        """One act of whoever has the job."""
        crew = self.play.crew
        if crew is None:
            time.sleep(0.3)
            return None
        return self._send(crew.token, f"/work/jobs/{self.play.job}/{noun}", body)

    def _send(self, token: str, path: str, body: Mapping[str, object] | None) -> Answer:
        """Sent once, or as a double click; now and then once more afterwards, as a nervous finger does."""
        line, key, roll = self.stage.line, self.play.key(), self.play.chance.random()
        told = line.twice(token, path, body, key) if roll < DOUBLE else line.post(token, path, body, key)
        if told.good and roll > 1 - DOUBLE / 2:
            again = line.post(token, path, body, key)
            if (again.status, again.body) != (told.status, told.body):
                self.stage.tally.violation("repeated_command_answered_differently")
        return told


def answers_for(service: Mapping[str, Any], chance: Any) -> dict[str, object]:
    """Something for each question that these answers bring up; free text only where it is demanded."""
    given: dict[str, object] = {}
    for question in service["questions"]:
        shown = question["show_if"]
        if shown is not None and given.get(shown["question"]) not in shown["any_of"]:
            continue
        if question["kind"] == "choice":
            given[question["key"]] = chance.choice(question["options"])["key"]
        elif question["kind"] == "yes_no":
            given[question["key"]] = chance.random() < 0.3
        elif question["kind"] == "number":
            least = question["at_least"] or 0
            given[question["key"]] = min(least + chance.randrange(2), question["at_most"] or least + 1)
        elif question["required"]:
            given[question["key"]] = "As told on the telephone"
    return given
