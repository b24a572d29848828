"""A payer in front of the bank's page, our door for the bank's notices, and workers who ask."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from http.server import BaseHTTPRequestHandler
from typing import ClassVar
from uuid import UUID

from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from marketplace.foundation.ids import AttemptId, TopUpId, uuid7
from marketplace.foundation.money import Money
from payments.gateways.protocol import RawRequest
from payments.gateways.rules import AnswerNotUnderstood, GatewayUnreachable
from payments.gateways.sandbox import Sandbox
from payments.ledger import queries as ledger
from payments.topups import actions, queries
from payments.topups import tasks as topup_tasks
from payments.topups.rules import Wallet
from tests.web.bank.running import RunningBank

AMOUNT = 150_000


class Door(BaseHTTPRequestHandler):
    """Read, take in, COMMIT, answer: as the edge does it."""

    gateway: ClassVar[Sandbox]
    heard: ClassVar[int] = 0
    lock: ClassVar[threading.Lock] = threading.Lock()

    def do_POST(self) -> None:
        now = clock.now()
        body = self.rfile.read(int(self.headers["content-length"]))
        notice = self.gateway.read(RawRequest({k.lower(): v for k, v in self.headers.items()}, body, now))
        with transaction() as session:
            actions.receive_notice(session, gateway="sandbox", notice=notice, now=now)
        self.send_response(notice.reply[0])
        self.end_headers()
        self.wfile.write(notice.reply[1])
        with self.lock:
            Door.heard += 1

    def log_message(self, format: str, *args: object) -> None:
        pass


class Payer:
    """A person with a wallet, in front of the bank's page."""

    def __init__(self, bank: RunningBank, gateway: Sandbox, notify_url: str, wallet: Wallet = "customer") -> None:
        self.id = uuid7()
        self._bank, self._gateway, self._notify_url, self._wallet = bank, gateway, notify_url, wallet
        self.topup = TopUpId(self.id)
        self.attempt = AttemptId(self.id)
        self.url = ""

    def starts(self, minor: int = AMOUNT, *, subject: UUID | None = None, command: UUID | None = None) -> "Payer":
        with transaction() as session:
            started = actions.start(
                session,
                owner=self.id,
                wallet=self._wallet,
                amount=Money(minor, "BDT"),
                gateway="sandbox",
                command=command or uuid7(),
                subject=subject,
                now=clock.now(),
            )
        return self._goes(started)

    def tries_again(self) -> "Payer":
        with transaction() as session:
            started = actions.try_again(session, self.topup, owner=self.id, gateway="sandbox", now=clock.now())
        return self._goes(started)

    def _goes(self, started: actions.Started) -> "Payer":
        self.topup, self.attempt = started.topup, started.attempt
        with transaction() as session:
            asked = queries.question(
                session, started.attempt, return_url="http://127.0.0.1:9/back", notify_url=self._notify_url
            )
        try:
            go = self._gateway.start(asked.ask)
        except (GatewayUnreachable, AnswerNotUnderstood):
            with transaction() as session:
                actions.record_not_started(session, started.attempt, now=clock.now())
            return self
        self.url = go.url
        with transaction() as session:
            actions.record_go(session, started.attempt, go, now=clock.now())
        return self

    def decides(self, decision: str = "pay") -> "Payer":
        self._bank.decide(self.url, decision)
        return self

    def returns(self) -> "Payer":
        with transaction() as session:
            actions.record_return(session, self.attempt, now=clock.now())
        return self

    @property
    def view(self) -> queries.TopUpView:
        with transaction() as session:
            return queries.top_up(session, self.topup, owner=self.id)

    @property
    def state(self) -> str:
        return self.view.state.value

    @property
    def balance(self) -> int:
        with transaction() as session:
            return ledger.wallet(session, self.id, "BDT", owner_kind=self._wallet).posted.minor


def heard() -> int:
    """How many notices have been answered at our door."""
    return Door.heard


def wait_for_notices(number: int, *, seconds: float = 60) -> None:
    pause = threading.Event()
    for _ in range(int(seconds * 20)):
        if heard() >= number:
            return
        pause.wait(0.05)
    raise AssertionError(f"{heard()} notices came, {number} were expected")


def work() -> None:
    """Ask about every attempt that is due now, as the worker does; "topups.credited" is not ours to answer."""
    with transaction() as session:
        waiting = queries.overdue(session, now=clock.now())
    for attempt in waiting:
        topup_tasks.verify(id=str(attempt))


def ask_now(attempt: AttemptId, *, times: int = 1) -> None:
    """So many workers ask about one attempt at the same moment."""
    if times == 1:
        topup_tasks.verify(id=str(attempt))
        return
    with ThreadPoolExecutor(times) as crowd:
        for each in [crowd.submit(topup_tasks.verify, id=str(attempt)) for _ in range(times)]:
            each.result()


def later(minutes: float) -> None:
    """Let our own clock go on."""
    clock.move(timedelta(minutes=minutes))
