"""The Python layer as the application uses it: one process, threads, a transaction for each call.

`python -m web.bench.service post 16 3 URL` prints `tps = …`; `many` calls `post_many` with a hundred transfers;
`driver` does what `post` does with psycopg alone, a connection to each thread: the floor of any Python layer.
"""

import random
import sys
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

import psycopg
from sqlalchemy import text

from marketplace.foundation import clock
from marketplace.foundation.database import APPLICATION_ROLE, open_database, transaction
from marketplace.foundation.ids import uuid7
from marketplace.foundation.money import Money
from payments.ledger import actions
from payments.ledger.rules import Leg, Posting

Act = Callable[[Sequence[int]], None]

BATCH = 100
DOOR = "SELECT ledger.post_two(%s, %s, %s, %s::bigint, %s::bigint, %s::bigint, told_at => %s)"
GIVEN, TAKEN = Money(1, "BDT"), Money(-1, "BDT")


def main(mode: str, threads: int, seconds: float, url: str) -> None:
    """Run, and print the speed."""
    engine = open_database(url, connections=threads)
    with transaction() as session:
        wallets = list(session.scalars(text("SELECT account FROM raw.wallet")))
    bare = _Bare(url)
    acts: dict[str, tuple[Act, int]] = {"post": (_post, 1), "many": (_many, BATCH), "driver": (bare.post, 1)}
    act, weight = acts[mode]
    done = _in_threads(act, wallets, threads, seconds)
    engine.dispose()
    sys.stdout.write(f"tps = {done * weight / seconds:.1f}\n")


def _post(wallets: Sequence[int]) -> None:
    giver, taker = random.sample(wallets, 2)
    with transaction() as session:
        actions.post(session, uuid7(), "tip", (Leg(giver, TAKEN), Leg(taker, GIVEN)), now=clock.now())


def _many(wallets: Sequence[int]) -> None:
    pairs = [random.sample(wallets, 2) for _ in range(BATCH)]
    postings = [Posting(uuid7(), "tip", (Leg(giver, TAKEN), Leg(taker, GIVEN))) for giver, taker in pairs]
    with transaction() as session:
        actions.post_many(session, postings, now=clock.now())


class _Bare(threading.local):
    """The same transaction without the house: each thread its connection, the door's words, a commit."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.connection: psycopg.Connection[Any] | None = None

    def post(self, wallets: Sequence[int]) -> None:
        if self.connection is None:
            self.connection = psycopg.connect(self.url, options=f"-c role={APPLICATION_ROLE}")
        giver, taker = random.sample(wallets, 2)
        lower, upper, amount = (giver, taker, TAKEN) if giver < taker else (taker, giver, GIVEN)
        values = (uuid7(), "tip", amount.currency, lower, upper, amount.minor, clock.now())
        self.connection.execute(DOOR, values).fetchone()
        self.connection.commit()


def _in_threads(act: Act, wallets: Sequence[int], threads: int, seconds: float) -> int:
    counts = [0] * threads
    ready, go = threading.Barrier(threads + 1), threading.Event()
    until = [0.0]

    def body(place: int) -> None:
        for _ in range(6):  # connected, and the statement prepared
            act(wallets)
        ready.wait()
        go.wait()
        while time.perf_counter() < until[0]:
            act(wallets)
            counts[place] += 1

    running = [threading.Thread(target=body, args=(place,)) for place in range(threads)]
    for thread in running:
        thread.start()
    ready.wait()
    until[0] = time.perf_counter() + seconds
    go.set()
    for thread in running:
        thread.join()
    return sum(counts)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), sys.argv[4])
