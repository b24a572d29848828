"""The simulated Stripe's post: signed events, in any order, twice, late, or again after an error. One thread."""

import json
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import httpx

from web.bank.stripe_books import Books
from web.bank.stripe_counter import settle_due
from web.bank.stripe_rules import FORGER, ROTATED_OUT, Doc, Switches, signature

LOOK_EVERY = 0.2
MOST_TRIES = 16
AT_ONCE = 50


@dataclass(frozen=True, slots=True)
class Ring:
    """One delivery of one event: the secrets that sign it and the time that it bears."""

    body: bytes
    keys: list[str]
    stamp: int


class StripeBell:
    """Delivers what is due, each event in as many copies as its switch asks for, all at the same time."""

    def __init__(self, books: Books, secrets: Sequence[str]) -> None:
        self._books, self._secrets = books, tuple(secrets)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="stripe-bell", daemon=True)
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="stripe-bell")
        limits = httpx.Limits(max_connections=AT_ONCE)
        self._client = httpx.Client(timeout=10, follow_redirects=False, trust_env=False, limits=limits)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(timeout=10)
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._client.close()

    def _run(self) -> None:
        while not self._stop.wait(LOOK_EVERY):
            settle_due(self._books)
            self.ring_due()

    def ring_due(self) -> int:
        """Deliver every event that is due; returns how many."""
        with self._books.act() as act:
            due = "SELECT * FROM delivery WHERE state = 'due' AND due_at <= ? ORDER BY id LIMIT 50"
            rows = act.run(due, (act.exactly(),)).fetchall() if act.endpoint else []
            if act.switches.reorder:
                rows.reverse()
            rings = [
                self._ring(act.find(row["event"], "event"), act.switches, act.now(), forged=bool(row["forged"]))
                for row in rows
            ]
            endpoint, copies = act.endpoint, act.switches.duplicate
        for row, ring in zip(rows, rings, strict=True):
            heard = self.send(endpoint, [ring] * copies)
            self._note(row["id"], row["tries"] + 1, heard=heard or bool(row["forged"]))
        return len(rows)

    def send(self, endpoint: str, rings: Sequence[Ring]) -> bool:
        """Deliver these at the same time; whether one of them was taken."""
        sent = [self._pool.submit(self._post, endpoint, ring) for ring in rings]
        return sum(each.result() for each in sent) > 0

    def ring_again(self, events: Sequence[str]) -> None:
        """Deliver these events now, one after the other, in this order."""
        for id in events:
            with self._books.act() as act:
                ring = self._ring(act.find(id, "event"), act.switches, act.now(), forged=False)
                endpoint, copies = act.endpoint, act.switches.duplicate
            self.send(endpoint, [ring] * copies)

    def _ring(self, event: Doc, switches: Switches, now: int, *, forged: bool) -> Ring:
        body = json.dumps(event).encode()
        keys = {
            "current": list(self._secrets[:1]),
            "second": list(self._secrets[1:2]),
            "both": list(self._secrets[:2]),
            "old": [ROTATED_OUT],
        }[switches.signer]
        return Ring(body, [FORGER] if forged else keys, now + switches.skew_seconds)

    def _post(self, endpoint: str, ring: Ring) -> bool:
        headers = {
            "content-type": "application/json; charset=utf-8",
            "stripe-signature": signature(ring.keys, ring.stamp, ring.body),
        }
        try:
            return self._client.post(endpoint, content=ring.body, headers=headers).status_code < 300
        except httpx.HTTPError:
            return False

    def _note(self, id: int, tries: int, *, heard: bool) -> None:
        state = "heard" if heard else "due" if tries < MOST_TRIES else "given_up"
        with self._books.act() as act:
            again = act.exactly() + min(2**tries, 3600)
            act.run("UPDATE delivery SET state = ?, tries = ?, due_at = ? WHERE id = ?", (state, tries, again, id))
