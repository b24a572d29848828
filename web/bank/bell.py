"""The bank's post: rings at merchants' doors, and takes the money of those who pay late. One thread."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import httpx

from web.bank.counter import Bank
from web.bank.rules import sign

LOOK_EVERY = 0.2
MOST_TRIES = 6
AT_ONCE = 25


class Bell:
    """Delivers what is due, each notice in as many copies as its fault asks for, all at the same time."""

    def __init__(self, bank: Bank) -> None:
        self._bank = bank
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="bell", daemon=True)
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="bell")
        self._client = httpx.Client(timeout=5, follow_redirects=False, trust_env=False)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(timeout=10)
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._client.close()

    def _run(self) -> None:
        while not self._stop.wait(LOOK_EVERY):
            self._bank.take_late_payments()
            self.ring_due()

    def ring_due(self) -> int:
        """Deliver every notice that is due; returns how many."""
        now = self._bank.now()
        with self._bank.store.act() as books:
            due = "SELECT * FROM bell WHERE state = 'due' AND due_at <= ? ORDER BY due_at LIMIT 50"
            rows = books.execute(due, (now.isoformat(),)).fetchall()
        for row in rows:
            copies = [
                self._pool.submit(self._post, row["url"], row["body"].encode(), row["secret"], now)
                for _ in range(row["copies"])
            ]
            heard = sum(copy.result() for copy in copies) > 0
            self._note(row["id"], row["tries"] + 1, heard=heard, now=now)
        return len(rows)

    def _post(self, url: str, body: bytes, secret: str, now: datetime) -> bool:
        headers = {"content-type": "application/x-www-form-urlencoded"}
        if body.startswith(b"{"):
            headers = {"content-type": "application/json", "bank-signature": sign(secret, now, body)}
        try:
            return self._client.post(url, content=body, headers=headers).status_code == 200
        except httpx.HTTPError:
            return False

    def _note(self, id: int, tries: int, *, heard: bool, now: datetime) -> None:
        state = "heard" if heard else "due" if tries < MOST_TRIES else "given_up"
        again = now + timedelta(seconds=2**tries)
        with self._bank.store.act() as books:
            books.execute(
                "UPDATE bell SET state = ?, tries = ?, due_at = ? WHERE id = ?", (state, tries, again.isoformat(), id)
            )
