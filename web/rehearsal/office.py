"""Finance at its desk: rates and codes in the morning, batches of payouts all day, and nothing left open at the end."""

import threading
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import httpx

from marketplace.foundation import clock
from web.paying_out import FORM_OF
from web.rehearsal.flows import USES_A_CODE, code_for
from web.rehearsal.line import Answer, NobodyAnswers
from web.rehearsal.stage import Actor, Stage

ROUND_SECONDS = 4.0
LAST_ROUNDS = 6
REASONS = ("account_wrong", "account_closed", "bank_limit")


class Office:
    """Three of finance: one prepares, another agrees, and a third where two must."""

    def __init__(self, stage: Stage) -> None:
        self.stage, self.chance = stage, stage.chance("office")
        self.maker, self.second, self.third = (stage.office * 3)[:3]
        self.form = FORM_OF[stage.town.region].value
        self.unsent: list[str] = []  # batches that something came in between of
        self.stopped = threading.Event()
        self.thread = threading.Thread(target=self._run, name="office", daemon=True)

    def open(self, jobs: int) -> None:
        """Publish what the day goes by, then sit down."""
        rule = {"lines": [{"kind": "percent", "basis_points": 1200}, {"kind": "fixed", "minor": 500}], "at_least": 1000}
        self._publish_rule(rule)
        self._flow("tax_rate", self._do("/finance/commission/tax", {"basis_points": 1400}))
        until = (clock.now() + timedelta(days=2)).isoformat()
        for number in range(0, jobs, USES_A_CODE):
            off: dict[str, object] = {"basis_points": 1000} if number % (2 * USES_A_CODE) else {"basis_points": 2500}
            body = off | {"code": code_for(number), "uses": USES_A_CODE, "until": until}
            self._flow("promotion_published", self._do("/finance/promotions", body))
        self.thread.start()

    def close(self) -> None:
        """Let the last payouts go, and decide whatever still waits for somebody."""
        self.stopped.set()
        self.thread.join(timeout=120)
        for _ in range(LAST_ROUNDS):
            self._decide_disputes(share=1.0)
            if not self._round(last=True):
                break
        for each in self._listed("/finance/cases"):
            self._do(f"/finance/cases/{each['id']}/decision", {"back": self.stage.money(0), "ground": "not_shown"})
        for each in self._listed("/finance/refunds"):
            if each["state"] == "asked":
                self._do(f"/finance/refunds/{each['id']}/withdrawal")

    def _run(self) -> None:
        rounds = 0
        while not self.stopped.wait(ROUND_SECONDS):
            rounds += 1
            try:
                self._round(last=False)
                self._decide_disputes(share=0.3)
                if rounds == 3:
                    self._change_rates()
            except NobodyAnswers:
                self.stage.tally.count("given_up")

    def _change_rates(self) -> None:
        """In the middle of the day; what was quoted before keeps its own."""
        rule = {
            "lines": [{"kind": "percent", "basis_points": 1000}, {"kind": "tier", "basis_points": 300, "minor": 100}]
        }
        self._publish_rule(rule)
        self._flow("tax_rate", self._do("/finance/commission/tax", {"basis_points": 1500}))

    def _publish_rule(self, rule: Mapping[str, object]) -> None:
        seen = self._do("/finance/commission/simulation", rule)
        if seen.good:
            self._flow("commission_rule", self._do("/finance/commission", {**rule, "seen": seen.body["seen"]}))

    def _round(self, *, last: bool) -> bool:
        """Batches on their whole way; False when there was nothing to send."""
        for each in self._listed("/finance/payouts", state="requested"):
            self._look_at(each, last=last)
        if self._listed("/finance/payouts", state="checked"):
            made = self._do("/finance/payouts/batches", {"form": self.form})
            self.unsent += [f"/finance/payouts/batches/{made.body['id']}"] if made.good else []
        tried = bool(self.unsent)
        self.unsent = [path for path in self.unsent if not self._send(path)]
        return tried

    def _send(self, path: str) -> bool:
        """Agreed, filed, handed over, answered. False when something came in between: once more in the next round."""
        if not self._agree(path):
            seen = self.stage.line.get(self.maker.token, path)
            return seen.good and bool(seen.body["batch"]["state"] == "dissolved")
        if not self._do(f"{path}/file").good:
            self._do(f"{path}/review")
            return False
        if self._flow("bank_file", self._do(f"{path}/handover", by=self._proved(self.maker))):
            self.stage.line.get(self._proved(self.maker).token, f"{path}/file")
            self._hear_the_bank(path)
        return True

    def _look_at(self, payout: dict[str, Any], *, last: bool) -> None:
        """Another name is waved through; what stands against the rest waits, or is refused at the end of the day."""
        path, findings = f"/finance/payouts/{payout['id']}", set(payout["findings"])
        passing = sorted(findings & {"name_differs", "account_shared", "identity"})
        told = self._do(f"{path}/checks", {"passing": passing})
        if last and told.good and told.body["state"] == "requested":
            self._flow("payout_refused", self._do(f"{path}/refusal", {"reason": "other"}))

    def _agree(self, path: str) -> bool:
        """Another person's word, and a third's above the limit; never the one's who prepared."""
        found = self.stage.line.get(self.maker.token, path)
        if not found.good:
            return False
        body = {"digest": found.body["batch"]["digest"]}
        if self._do(f"{path}/approvals", body, by=self._proved(self.maker)).good:
            self.stage.tally.violation("a_batch_was_approved_by_its_maker")
        told = self._do(f"{path}/approvals", body, by=self._proved(self.second))
        if told.status == 409 and told.kind == "BatchChanged":
            self._do(f"{path}/review")
            found = self.stage.line.get(self.maker.token, path)
            body = {"digest": found.body["batch"]["digest"]}
            told = self._do(f"{path}/approvals", body, by=self._proved(self.second))
        if told.good and told.body["state"] == "draft":
            told = self._do(f"{path}/approvals", body, by=self._proved(self.third))
            self._flow("batch_by_three", told)
        return self._flow("batch", told) and told.body["state"] == "approved"

    def _hear_the_bank(self, path: str) -> None:
        """Most go; some are refused, some come back, and of some the bank says nothing at first."""
        items = [each["id"] for each in self.stage.line.get(self.maker.token, path).body["items"]]
        fates: dict[str, list[str]] = {"accepted": [], "rejected": [], "unknown": []}
        for each in items:
            roll = self.chance.random()
            fates["accepted" if roll < 0.7 else "rejected" if roll < 0.85 else "unknown"].append(each)
        for outcome, some in fates.items():
            if some:
                self._answered(path, outcome, some)
        if fates["unknown"]:
            self._answered(path, self.chance.choice(("accepted", "rejected")), fates["unknown"])
        for each in fates["accepted"]:
            if self.chance.random() < 0.15:
                self._come_back(each)

    def _answered(self, path: str, outcome: str, items: list[str]) -> None:
        reason = {"reason": self.chance.choice(REASONS)} if outcome == "rejected" else {}
        told = self._do(f"{path}/outcomes", {"outcome": outcome, "payouts": items, **reason})
        for _ in items if told.good else ():
            self.stage.tally.flow(f"payout_{outcome}")

    def _come_back(self, payout: str) -> None:
        """The money is in the wallet again; the account is blocked until it is found sound."""
        path = f"/finance/payouts/{payout}"
        if self._flow("payout_returned", self._do(f"{path}/return", {"reason": "account_closed"})):
            self._do(f"{path}/account")

    def _decide_disputes(self, *, share: float) -> None:
        """Payers' banks come to an end with some of the disputes."""
        ready = [each for each in self.stage.disputes if self.chance.random() < share]
        for each in ready:
            self.stage.disputes.remove(each)
            won = self.chance.random() < 0.5
            try:
                self.stage.bank.pull(self.stage.line.client, "decisions", {"dispute": each, "won": won})
            except httpx.TransportError:
                self.stage.disputes.append(each)
                continue
            self.stage.tally.flow("chargeback_won" if won else "chargeback_lost")
        for each in [each for each in self.stage.letters if self.chance.random() < share]:
            won = self.chance.random() < 0.5
            if self._do(f"/finance/chargebacks/{each}/decision", {"won": won}).good:
                self.stage.letters.remove(each)
                self.stage.tally.flow("letter_won" if won else "letter_lost")

    def _listed(self, path: str, **query: str) -> list[dict[str, Any]]:
        found = self.stage.line.get(self.maker.token, path, **query)
        return list(found.body) if found.good else []

    def _proved(self, officer: Actor) -> Actor:
        self.stage.proved(officer)
        return officer

    def _do(self, path: str, body: Mapping[str, object] | None = None, *, by: Actor | None = None) -> Answer:
        return self.stage.order(by or self.maker, path, body)

    def _flow(self, name: str, told: Answer) -> bool:
        if told.good:
            self.stage.tally.flow(name)
        return told.good
