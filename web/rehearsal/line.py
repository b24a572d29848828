"""One request at a time: sent again when the connection breaks, measured, counted when it is refused."""

import random
import threading
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx

PATIENCE_SECONDS = 90.0  # for a process that was killed and is started again
LONGEST_PAUSE = 2.0


class NobodyAnswers(Exception):
    """A request got no answer for as long as anybody would wait."""


@dataclass(frozen=True)
class Answer:
    """What came back. `kind` is the name of the refusal, if it is one."""

    status: int
    body: Any

    @property
    def good(self) -> bool:
        return self.status < 400

    @property
    def kind(self) -> str:
        return str(self.body.get("type", self.status)) if isinstance(self.body, dict) else str(self.status)


@dataclass
class Tally:
    """What is counted, by all threads."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    milliseconds: list[float] = field(default_factory=list)
    refusals: Counter[str] = field(default_factory=Counter)
    violations: Counter[str] = field(default_factory=Counter)
    counts: Counter[str] = field(default_factory=Counter)
    flows: Counter[str] = field(default_factory=Counter)

    def count(self, name: str) -> None:
        with self.lock:
            self.counts[name] += 1

    def flow(self, name: str) -> None:
        """One act of money that the town has acknowledged."""
        with self.lock:
            self.flows[name] += 1

    def violation(self, name: str) -> None:
        with self.lock:
            self.violations[name] += 1

    def answered(self, answer: Answer, seconds: float) -> None:
        with self.lock:
            self.milliseconds.append(seconds * 1000)
            if answer.status >= 500:
                self.counts["server_errors"] += 1
            elif not answer.good:
                self.refusals[answer.kind] += 1

    def percentile(self, share: float) -> float:
        """The time within which this share of the requests was answered, in milliseconds."""
        ordered = sorted(self.milliseconds)
        return round(ordered[min(len(ordered) - 1, int(share * len(ordered)))], 1) if ordered else 0.0


class Line:
    """The way to the town's web processes, shared by all threads."""

    def __init__(self, urls: Sequence[str], tally: Tally) -> None:
        self.urls = urls
        self.tally = tally
        limits = httpx.Limits(max_connections=64, max_keepalive_connections=32)
        self.client = httpx.Client(timeout=20, limits=limits, trust_env=False, follow_redirects=False)

    def get(self, token: str, path: str, **query: str) -> Answer:
        return self._until_answered("GET", path, {"authorization": f"Bearer {token}"}, None, query)

    def post(self, token: str, path: str, body: Mapping[str, object] | None, key: UUID) -> Answer:
        headers = {"authorization": f"Bearer {token}", "idempotency-key": str(key)}
        return self._until_answered("POST", path, headers, body or {}, {})

    def twice(self, token: str, path: str, body: Mapping[str, object] | None, key: UUID) -> Answer:
        """A double click: both at once with one key. Two good answers must be the same."""
        with ThreadPoolExecutor(2) as threads:
            first, second = (threads.submit(self.post, token, path, body, key) for _ in range(2))
        one, other = first.result(), second.result()
        self.tally.count("double_clicks")
        if one.good and other.good and _lasting(one) != _lasting(other):
            self.tally.violation("double_click_answered_differently")
        return one if one.good else other

    def sign_in(self, account: str, password: str) -> str | None:
        """A token; None for who may not."""
        told = self._until_answered("POST", "/session", {}, {"account": account, "password": password}, {})
        return str(told.body["token"]) if told.good else None

    def look(self, token: str, address: str) -> None:
        """Open a page of the town as somebody; where it leads on to is of no interest."""
        try:
            self.client.get(address, headers={"authorization": f"Bearer {token}"})
        except httpx.TransportError:
            self.tally.count("retries")  # whoever closes the page has paid all the same

    def _until_answered(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str],
        body: Mapping[str, object] | None,
        query: Mapping[str, str],
    ) -> Answer:
        deadline, pause = time.monotonic() + PATIENCE_SECONDS, 0.1
        while True:
            began = time.monotonic()
            answer = self._once(method, path, headers, body, query)
            if answer is not None:
                self.tally.answered(answer, time.monotonic() - began)
                return answer
            if time.monotonic() > deadline:
                raise NobodyAnswers(f"{method} {path}")
            self.tally.count("retries")
            time.sleep(pause * (0.5 + random.random()))  # noqa: S311  # so that not all come back at one moment
            pause = min(LONGEST_PAUSE, pause * 2)

    def _once(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str],
        body: Mapping[str, object] | None,
        query: Mapping[str, str],
    ) -> Answer | None:
        """One try; None where nobody answered or was too busy to."""
        url = f"{random.choice(self.urls)}/api/v1{path}"  # noqa: S311
        try:
            told = self.client.request(method, url, headers=dict(headers), json=body, params=dict(query))
        except httpx.TransportError:
            return None
        if told.status_code == 503:
            return None
        return Answer(told.status_code, told.json() if "json" in told.headers.get("content-type", "") else None)


def _lasting(answer: Answer) -> tuple[int, Any]:
    """An answer without what the gateway says anew each time it is asked for its page."""
    body = answer.body
    if isinstance(body, dict) and "attempt" in body:
        body = {"id": body["id"], "attempt": body["attempt"]}
    return answer.status, body
