"""One job from its request to its end: look how it stands, do what comes next, with a twist here and there."""

import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from marketplace.foundation import clock
from web.rehearsal import bank, flows
from web.rehearsal.flows import AFTERWARDS
from web.rehearsal.hand import Hand, Job
from web.rehearsal.line import NobodyAnswers
from web.rehearsal.stage import Play, Stage

ENDS = frozenset({"approved", "closed", "cancelled", "expired", "failed", "no_show"})
DONE = frozenset({"approved", "closed", "completed"})  # completed: nobody says a word, and the night says yes
CREDITED = frozenset({"paid", "partly_refunded", "refunded", "reversed"})
LONGEST_SECONDS = 300.0
NOBODY_CAME_SECONDS = 45.0
PATIENT_SECONDS = 100.0  # the first planned question comes after a minute, when every notice was lost
HASTY_SECONDS = 20.0  # most pay in cash before that; their money comes later
FIRST_PAUSE, LONGEST_PAUSE = 0.3, 3.0
TRIES_FOR_TIME = 6
MOST_TOP_UPS = 3

TWISTS: Mapping[str, float] = {  # how many of a hundred jobs meet each
    "cancel_requested": 5, "cancel_open": 6, "cancel_assigned": 6, "cancel_on_site": 6, "nobody_home": 3,
    "give_back_job": 7, "delay": 4, "wrong_code": 10, "blocked_code": 2, "no_show": 5, "early": 8, "contact": 30,
    "other_cash": 5, "rate": 50, "stranger": 6, "change": 30, "promotion": 35, "changed_mind": 6, "silent": 5,
    "complain": 10, "complain_later": 10, "tip": 35, "give_back": 12, "goodwill": 12, "charge_back": 30,
    "back_to_source": 20, "withdraw": 20, "be_paid": 40, "documents": 25,
}  # fmt: skip
WHOLE_COURSE = frozenset({"change", "tip", "give_back", "goodwill", "be_paid", "documents"})  # of what goes well


class Player(Hand):
    """Plays one job. `ended` is the state it came to; empty while it has none."""

    def __init__(self, stage: Stage, play: Play) -> None:
        super().__init__(
            stage, play, {name for name, percent in TWISTS.items() if play.chance.random() * 100 < percent}
        )
        self.wants_cash = play.chance.random() < 0.35
        self.spare = play.chance.choice((0.0, 0.25, 0.5))  # more than the price, for what may come
        self.patience = PATIENT_SECONDS if play.chance.random() < 0.2 else HASTY_SECONDS
        if "cancel_on_site" in self.twists:
            self.wants_cash = False  # a fee is taken of what was set aside
        if play.goes_well:
            self.wants_cash, self.spare, self.patience, self.twists = False, 0.5, LONGEST_SECONDS, set(WHOLE_COURSE)
        self.tries = self.top_ups = 0
        self.pause = FIRST_PAUSE
        self.waiting_since = 0.0
        self.holds = False
        self.ended = ""

    def play_out(self) -> str:
        """The state in which the job ends; empty when it did not in all that time."""
        with self.play.customer.busy:
            try:
                self._begin()
                self._go_on()
            except NobodyAnswers:
                self.stage.tally.count("given_up")
            finally:
                self.play.waits = False
        return self.ended

    def _begin(self) -> None:
        chance, service = self.play.chance, self.play.chance.choice(self.stage.services)
        address = self.get("/me/addresses").body[0]["id"]
        body = {"service": service["key"], "answers": answers_for(service, chance), "address": address}
        made = self.post("/jobs", body)
        if made.good:
            self.play.job, self.play.service = made.body["id"], made.body["service"]
            self.stage.plays[self.play.job] = self.play

    def _go_on(self) -> None:
        deadline = time.monotonic() + LONGEST_SECONDS
        acts: dict[str, Callable[[Job], None]] = {
            "requested": self._requested, "open": self._open, "assigned": self._assigned, "en_route": self._assigned,
            "on_site": self._on_site, "in_progress": self._in_progress, "delayed": self._delayed,
            "completed": self._completed,
        }  # fmt: skip
        while time.monotonic() < deadline and not self.ended:
            if not self.play.job:
                return
            told = self.get(f"/jobs/{self.play.job}")
            if not told.good:
                return
            state = told.body["state"]
            self._see_hold(told.body)
            self.play.waits = state == "open"
            if state in ENDS:
                self._after(told.body)
                return
            acts[state](told.body)

    def _see_hold(self, job: Job) -> None:
        """Counted where it stands, once: money topped up for a job is set aside without another word of its payer."""
        if job["funded"] and job["method"] == "wallet" and not self.holds:
            self.holds = True
            self.stage.tally.flow("hold")

    def _wait(self) -> None:
        """Longer each time: looking is paid for by those who wait too."""
        time.sleep(self.pause)
        self.pause = min(LONGEST_PAUSE, self.pause * 1.5)

    def _requested(self, job: Job) -> None:
        if job["funded"]:
            self._wait()  # it is being published
        elif self.once("cancel_requested"):
            self._call_off()
        elif job["slot_until"] is None:
            self._choose_time(job)
        else:
            self._pay(job)

    def _choose_time(self, job: Job) -> None:
        self.tries += 1
        if self.tries > TRIES_FOR_TIME and not self.play.goes_well:
            self._call_off()
            return
        day = clock.now().date() + timedelta(days=self.play.chance.randrange(7))
        free = self.get("/windows", job=job["id"], day=day.isoformat()).body
        if isinstance(free, list) and free:
            self.post(f"/jobs/{job['id']}/slot", {"window": self.play.chance.choice(free)["window"]})

    def _pay(self, job: Job) -> None:
        path = f"/jobs/{job['id']}/funding"
        if self.wants_cash:
            self.flow("cash_agreed", self.post(path, {"method": "cash"}))
            return
        if self.once("promotion"):
            flows.use_code(self, job)
        wallet = self.get("/wallet").body
        missing = int(job["quote"]["deposit"]["minor"]) - int(wallet["available"]["minor"])
        if missing <= 0:
            self.pause = FIRST_PAUSE
            if self.paid and self.once("changed_mind"):
                flows.back_to_source(self, job)
                self.wants_cash = True
            else:
                self.post(path, {"method": "wallet"})
        elif self.paid is None:
            self._top_up(missing + int(wallet["owed"]["minor"]))
        else:
            self._await_money()

    def _top_up(self, missing: int) -> None:
        least = 100_000 if self.stage.town.currency == "IRR" else 100_00
        self.top_ups += 1
        if self.top_ups <= MOST_TOP_UPS or self.play.goes_well:
            wanted = max(missing + int(missing * self.spare), least)
            self.paid = bank.top_up(self.stage, self.play, -(-wanted // 1000) * 1000)
        self._without_money()

    def _without_money(self) -> None:
        """Cash, where no money is on its way; what goes well tries once more."""
        self.wants_cash = self.paid is None and not self.play.goes_well
        if self.paid is None:
            self._wait()

    def _await_money(self) -> None:
        """Until it has come, or will not: then another gateway, or cash."""
        made = self.paid
        if made is None:
            return
        told = self.get(f"/top-ups/{made.id}")
        state = str(told.body["state"]) if told.good else "unknown"
        if state in CREDITED:
            self.paid = None  # it paid what was owed before, or has gone back to its bank: once more
        elif not made.paid and self.play.chance.random() < 0.5:
            self.paid = bank.again(self.stage, self.play, made)
            self._without_money()
        elif not made.paid or state in ("failed", "expired", "mismatch") or time.monotonic() - made.at > self.patience:
            self.stage.tally.count("money_did_not_come")
            self.paid = None
            self._without_money()
        else:
            self._wait()

    def _open(self, _: Job) -> None:
        if self.once("cancel_open"):
            self._call_off()
            return
        self.waiting_since = self.waiting_since or time.monotonic()
        self.play.taken.wait(0.5)
        if time.monotonic() - self.waiting_since > NOBODY_CAME_SECONDS and not self.play.goes_well:
            self._call_off()

    def _assigned(self, _: Job) -> None:
        self.play.taken.wait(5)  # the winner is told at about the same time
        if self.once("cancel_assigned"):
            self._call_off()
        elif self.once("give_back_job"):
            self._give_back()
        elif self.once("delay"):
            self._delay()
        elif self.once("early"):
            self.act("departure", None)
        else:
            if self.once("contact"):
                self._read_contact()
            if self.once("stranger"):
                self._meet_a_stranger()
            self.act("arrival", {"dwell_seconds": 180})

    def _on_site(self, job: Job) -> None:
        if self.once("cancel_on_site"):
            self._call_off()
            return
        if self.once("no_show"):
            self.act("no-show", None)  # refused: nobody has waited long enough, nor tried to call
        if self.once("nobody_home"):
            self._knock_in_vain()
            return
        code = str(job["start_code"])
        wrong = "0000" if code != "0000" else "1111"
        if self.once("blocked_code"):
            for _ in range(6):
                self.act("start", {"code": wrong})
            self.act("start", {"waiver": "code_lost"})
        if self.once("wrong_code"):
            self.act("start", {"code": wrong})
        self.act("start", {"code": code})

    def _knock_in_vain(self) -> None:
        """The specialist tries to reach the customer, and waits; what comes of it, the night says."""
        self._read_contact()
        if self.play.crew is not None:
            self.stage.tally.flow("nobody_home")
            self.ended = "on_site"

    def _in_progress(self, job: Job) -> None:
        if job["change"] is not None:
            flows.answer_change(self, job)
            return
        if self.once("delay"):
            self._delay()
            return
        if self.once("change"):
            flows.propose_change(self, job)
            return
        price = int(job["price"]["minor"])
        final = price if self.play.chance.random() < 0.8 else price - price // 10
        told = self.act("completion", {"final": self.money(final)})
        if final < price:
            self.flow("lower_price", told)

    def _delayed(self, _: Job) -> None:
        self.act("resume", None)

    def _completed(self, job: Job) -> None:
        path, paid = f"/jobs/{job['id']}/confirmation", job["final"]
        if job["method"] == "cash":
            if job["cash_declared"] is None:
                self.flow("cash_declared", self.act("cash", {"amount": paid}))
            if self.once("other_cash"):
                self.post(path, {"cash": paid | {"minor": paid["minor"] + 1}})
        if self.once("complain"):
            flows.complain(self, job)
        if self.once("silent"):
            self.stage.tally.flow("confirmed_by_silence")
            self.ended = "completed"
            return
        done = self.flow("cash_commission" if job["method"] == "cash" else "capture", self.post(path, {}))
        if done and self.play.crew is not None and job["method"] != "cash":
            self.stage.earners.append(self.play.crew)

    def _after(self, job: Job) -> None:
        if job["state"] in DONE:
            if self.once("rate"):
                self.post(f"/jobs/{self.play.job}/rating", {"matter": self.play.chance.randint(3, 5), "manner": 5})
                self.act("rating", {"matter": 5, "manner": 4})
            for name, flow in AFTERWARDS.items():
                if self.once(name):
                    flow(self, job)
        elif self.once("withdraw"):
            flows.withdraw(self, job)
        self.ended = str(job["state"])

    def _call_off(self) -> None:
        """For the fee that is shown; a fee that rises in between is refused, and shown again next time."""
        path = f"/jobs/{self.play.job}/cancellation"
        shown = self.get(path)
        if shown.good:
            told = self.post(path, {"fee": shown.body["fee"], "reason": "changed_mind"})
            self.flow("cancellation_fee" if shown.body["fee"]["minor"] else "cancelled_free", told)

    def _give_back(self) -> None:
        self.play.taken.clear()
        given = self.act("cancellation", {"reason": "vehicle"})
        if given is not None and given.good:
            self.waiting_since = 0.0

    def _delay(self) -> None:
        start = clock.now() + timedelta(hours=2)
        promise = {"start": start.isoformat(), "end": (start + timedelta(hours=2)).isoformat()}
        self.act("delay", {"reason": "parts", **promise})

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
