"""The Python layer as the application uses it: one process, threads, a transaction for each call.

`python -m web.bench.service post 16 3 URL` prints `tps = …`; `many` calls `post_many` with a hundred transfers.
"""

import random
import sys
import threading
import time
from collections.abc import Callable, Sequence

from sqlalchemy import text

from marketplace.foundation import clock
from marketplace.foundation.database import open_database, transaction
from marketplace.foundation.ids import uuid7
from marketplace.foundation.money import Money
from payments.ledger import actions
from payments.ledger.rules import Leg, Posting

BATCH = 100
GIVEN, TAKEN = Money(1, "BDT"), Money(-1, "BDT")


def main(mode: str, threads: int, seconds: float, url: str) -> None:
    """Run, and print the speed."""
    engine = open_database(url, connections=threads)
    with transaction() as session:
        wallets = list(session.scalars(text("SELECT account FROM raw.wallet")))
    act, weight = (_post, 1) if mode == "post" else (_many, BATCH)
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


def _in_threads(act: Callable[[Sequence[int]], None], wallets: Sequence[int], threads: int, seconds: float) -> int:
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
