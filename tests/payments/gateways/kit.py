"""The contract kit: what every gateway must do, whatever its provider, the payer and the network do.

Each case is a function of a `World`. `run` plays one and then looks at what must always hold: the allowed final state
and one credit for each paid attempt or none, every invariant of `payments.audits`, and no planted marker in any column
of any table. A broken engine or adapter is told by an AssertionError, and by nothing else.
"""

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler
from typing import ClassVar
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy import Engine, inspect, select, text

from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from marketplace.foundation.ids import AttemptId, TopUpId, uuid7
from marketplace.foundation.money import Money
from payments import audits
from payments.gateways import directory
from payments.gateways.protocol import Gateway, Go, RawRequest, Refs, Verdict
from payments.gateways.rules import AnswerNotUnderstood, GatewayUnreachable, Outcome
from payments.gateways.tables import GatewayNotice
from payments.ledger import queries as ledger
from payments.topups import actions, queries, tasks
from tests.payments.gateways.subjects import Subject, Trouble
from tests.web.bank.running import BusyServer

RETURN_URL = "http://127.0.0.1:9/top-ups/returns/{attempt}"


class Door(BaseHTTPRequestHandler):
    """Our door for notices: read, take in, COMMIT, answer; as the edge does it. Shut between two cases.

    A bell that rings when it is shut is told to come again, so that nobody works in a database that is being closed.
    """

    heard: ClassVar[Counter[str]] = Counter()
    lock: ClassVar[threading.Lock] = threading.Lock()
    is_open: ClassVar[bool] = False
    inside: ClassVar[int] = 0

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        with self.lock:
            lets_in = Door.is_open
            Door.inside += lets_in
        if not lets_in:
            self._reply(503, b"")
            return
        try:
            self._take(RawRequest(headers, body, clock.now()))
        finally:
            with self.lock:
                Door.inside -= 1

    def _take(self, raw: RawRequest) -> None:
        try:
            gateway = directory.by_name(self.path.split("/")[2])
        except KeyError:  # a late bell of another case
            self._reply(404, b"")
            return
        notice = gateway.read(raw)
        reply = knock(gateway, raw)
        with self.lock:
            Door.heard[notice.refs.ours if notice.refs else ""] += 1
        self._reply(*reply)

    @classmethod
    def shut(cls) -> None:
        """Let nobody in, and wait for those who are inside."""
        with cls.lock:
            Door.is_open = False
        while Door.inside:
            threading.Event().wait(0.005)

    def _reply(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


def knock(gateway: Gateway, raw: RawRequest) -> tuple[int, bytes]:
    """A notice at our door."""
    notice = gateway.read(raw)
    with transaction() as session:
        actions.receive_notice(session, gateway=gateway.name, notice=notice, now=raw.received_at)
    return notice.reply


@contextmanager
def open_door() -> Iterator[str]:
    """The address where notices are taken, of all gateways: add the gateway's name."""
    Door.is_open = True
    server = BusyServer(("127.0.0.1", 0), Door)
    server.daemon_threads = False  # so that closing waits for whoever is still being answered
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}/gateways"
    server.shutdown()
    thread.join()
    server.server_close()


@dataclass
class Payer:
    """A person with a wallet, in front of the provider's page."""

    world: "World"
    id: UUID = field(default_factory=uuid7)
    topup: TopUpId = field(init=False)
    attempt: AttemptId = field(init=False)
    go: Go | None = None
    tried: list[AttemptId] = field(default_factory=list)
    given_back: int = 0

    def starts(self) -> "Payer":
        with transaction() as session:
            started = actions.start(
                session,
                owner=self.id,
                wallet="customer",
                amount=self.world.amount,
                gateway=self.world.gateway.name,
                command=uuid7(),
                now=clock.now(),
            )
        return self._goes(started)

    def tries_again(self) -> "Payer":
        with transaction() as session:
            started = actions.try_again(
                session, self.topup, owner=self.id, gateway=self.world.gateway.name, now=clock.now()
            )
        return self._goes(started)

    def pays(self) -> "Payer":
        return self.decides("pay")

    def decides(self, decision: str) -> "Payer":
        assert self.go is not None, "no page was opened"
        self.world.subject.decide(self.go.url, decision)  # type: ignore[arg-type]
        return self

    def returns(self) -> "Payer":
        with transaction() as session:
            actions.record_return(session, self.attempt, now=clock.now())
        return self

    @property
    def question(self) -> queries.Question:
        with transaction() as session:
            return queries.question(session, self.attempt, return_url=self.return_url, notify_url=self.world.notify_url)

    @property
    def return_url(self) -> str:
        return RETURN_URL.format(attempt=self.attempt)

    @property
    def refs(self) -> Refs:
        return self.question.refs

    @property
    def view(self) -> queries.TopUpView:
        with transaction() as session:
            return queries.top_up(session, self.topup, owner=self.id)

    @property
    def state(self) -> str:
        return self.view.state.value

    @property
    def wallet(self) -> tuple[int, int]:
        """What stands in the wallet, and what of it is held."""
        with transaction() as session:
            found = ledger.wallet(session, self.id, self.world.amount.currency, owner_kind="customer")
        return found.posted.minor, found.held.minor

    def history(self, attempt: AttemptId | None = None) -> list[str]:
        with transaction() as session:
            return [event.what for event in queries.history(session, attempt or self.attempt)]

    def differences(self) -> set[str]:
        with transaction() as session:
            return {each.difference for each in queries.history(session, self.attempt) if each.difference}

    def _goes(self, started: actions.Started) -> "Payer":
        self.topup, self.attempt = started.topup, started.attempt
        self.tried.append(started.attempt)
        self.go = None
        try:
            go = self.world.gateway.start(self.question.ask)
        except (GatewayUnreachable, AnswerNotUnderstood):
            with transaction() as session:
                actions.record_not_started(session, started.attempt, now=clock.now())
            return self
        self.go = go
        with transaction() as session:
            actions.record_go(session, started.attempt, go, now=clock.now())
        return self


@dataclass
class World:
    """One case's world: a subject with no trouble, people who pay, workers who ask."""

    subject: Subject
    engine: Engine
    notify_url: str
    before: dict[str, int]
    payers: list[Payer] = field(default_factory=list)
    moved: float = 0

    @property
    def gateway(self) -> Gateway:
        return directory.by_name(self.subject.name)

    @property
    def amount(self) -> Money:
        return self.subject.amount

    def payer(self) -> Payer:
        self.payers.append(Payer(self))
        return self.payers[-1]

    def trouble(self, **words: object) -> None:
        self.subject.trouble(Trouble(**words))  # type: ignore[arg-type]

    def calm(self) -> None:
        self.subject.trouble(Trouble())

    def ask(self, payer: Payer, *, times: int = 1, attempt: AttemptId | None = None) -> None:
        """So many workers ask about one attempt at the same moment."""
        id = str(attempt or payer.attempt)
        if times == 1:
            tasks.verify(id=id)
            return
        with ThreadPoolExecutor(times) as crowd:
            for each in [crowd.submit(tasks.verify, id=id) for _ in range(times)]:
                each.result()

    def work(self) -> None:
        """Ask about every attempt of this case that is due now, as the worker does."""
        with transaction() as session:
            due = set(queries.overdue(session, now=clock.now(), limit=10_000))
        for payer in self.payers:
            for attempt in payer.tried:
                if attempt in due:
                    tasks.verify(id=str(attempt))

    def later(self, minutes: float, *, theirs: bool = False) -> None:
        """Let our clock go on, and theirs with it when told."""
        clock.move(timedelta(minutes=minutes))
        if theirs:
            self.pass_time(minutes * 60)

    def pass_time(self, seconds: float) -> None:
        self.subject.pass_time(seconds)
        self.moved += seconds

    def wait_for_notices(self, payer: Payer, number: int) -> None:
        ours, pause = payer.refs.ours, threading.Event()
        for _ in range(400):
            if Door.heard[ours] >= number:
                return
            pause.wait(0.025)
        raise AssertionError(f"{Door.heard[ours]} notices came, {number} were expected")

    def inbox(self, payer: Payer) -> list[GatewayNotice]:
        with transaction() as session:
            return list(session.scalars(select(GatewayNotice).where(GatewayNotice.ours == payer.refs.ours)))

    def refund(self, payer: Payer, amount: Money, *, id: UUID) -> Verdict:
        """Ask for a refund until it is settled; as the engine would, with the references of the last answer."""
        refs = payer.refs
        for _ in range(3):
            told = self.gateway.refund(id, amount, refs)
            if told.outcome is not Outcome.PENDING:
                return told
            refs = told.refs
        raise AssertionError("the refund is never settled")


Case = Callable[[World], None]


@dataclass(frozen=True)
class Named:
    """A case, and what a subject must be able to do for it."""

    play: Case
    needs: frozenset[str]

    @property
    def name(self) -> str:
        return self.play.__name__

    def suits(self, subject: Subject) -> bool:
        return self.needs <= subject.can


class Kit:
    """Plays cases in one database, and looks around after each."""

    def __init__(self, engine: Engine, door: str) -> None:
        self.engine = engine
        self.door = door
        self._figures = figures(engine)

    def run(self, case: Named, subject: Subject, gateway: Gateway | None = None) -> None:
        """Play a case against a subject, or against another adapter for the same provider. Raises AssertionError."""
        notify_url = f"{self.door}/{subject.name}/notices"
        directory.connect(gateway or subject.gateway)
        world = World(subject, self.engine, notify_url, self._figures)
        subject.listen(notify_url)
        world.calm()
        Door.is_open = True
        try:
            case.play(world)
            self._look_around(world)
        except AssertionError:
            self._figures = figures(self.engine)
            raise
        finally:
            Door.shut()
            world.calm()
            if world.moved:
                subject.pass_time(-world.moved)
            clock.return_home()

    def _look_around(self, world: World) -> None:
        for payer in world.payers:
            credits = sum(payer.history(attempt).count("paid") for attempt in payer.tried)
            held = payer.wallet[0] + payer.given_back
            assert held == credits * world.amount.minor, "a credit is missing, or one too many"
            assert (payer.state in {"paid", "reversed", "refunded", "partly_refunded"}) is (credits > 0)
        worse = {name: n for name, n in figures(self.engine).items() if n > world.before[name]}
        assert worse == {}, f"invariants are broken: {worse}"
        assert where_are(self.engine, world.subject.markers) == []


_FIGURES = text(" UNION ALL ".join(f"SELECT '{name}', ({query})" for name, query in audits.QUERIES.items()))


def figures(engine: Engine) -> dict[str, int]:
    """Every figure of `audits.figures`, in one round trip."""
    with engine.connect() as connection:
        return {name: int(n) for name, n in connection.execute(_FIGURES, {"now": None})}


def where_are(engine: Engine, markers: Sequence[str]) -> list[str]:
    """Every table of every schema that holds a marker in any column."""
    with engine.connect() as connection:
        shown = connection.execute(text(_search(engine)), _REST | {f"m{n}": each for n, each in enumerate(markers)})
        return [row[0] for row in shown]


_MOST_MARKERS = 8
_REST = {f"m{n}": "\x01 never there" for n in range(_MOST_MARKERS)}
_looked: list[str] = []


def _search(engine: Engine) -> str:
    """One query over every column of every table; the same in each copy of the database."""
    if not _looked:
        found, looks = inspect(engine), []
        hit = " OR ".join(f"strpos(r::text, :m{n}) > 0" for n in range(_MOST_MARKERS))
        for schema in found.get_schema_names():
            if schema not in {"information_schema", "pg_catalog"}:
                looks += [
                    f'SELECT \'{schema}.{table}\' WHERE EXISTS (SELECT FROM "{schema}"."{table}" AS r WHERE {hit})'
                    for table in found.get_table_names(schema)
                ]
        _looked.append(" UNION ALL ".join(looks))
    return _looked[0]


def leads_there(go: Go, gateway: Gateway) -> bool:
    """Whether a payer is sent where the gateway says that its pages are."""
    parts = urlsplit(go.url)
    return f"{parts.scheme}://{parts.netloc}" in gateway.can.pages
