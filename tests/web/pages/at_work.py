"""A working day in the demo town: jobs of Rahima's that specialists are offered, have, and finish."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Barrier
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import httpx
from litestar import Litestar
from litestar.testing import TestClient
from sqlalchemy.orm import Session

from booking.dispatch import asking
from booking.dispatch.rules import Mode, Ranked, Rung
from booking.jobs import queries, record
from booking.jobs.rules import Actor
from booking.jobs.words import Event, Method, Role
from marketplace.catalogue import queries as catalogue
from marketplace.catalogue.rules import QuestionKind
from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from marketplace.foundation.ids import PersonId, ZoneId, derived
from marketplace.foundation.settings import Settings
from marketplace.people import actions as people
from marketplace.privacy import actions as privacy
from payments.wallets import actions as wallets
from tests.booking.jobs.town import Somebody, top_up
from tests.booking.jobs.town import Town as Works
from tests.web.conftest import Town
from web.cast import Member
from web.identity import form_token

DHAKA = ZoneInfo("Asia/Dhaka")
NOTES = "রহিমা খাতুন বলছি, ফোন 01700000009, বাড়ি ৬৪"  # what people do write into a free text


@dataclass
class Trade(Works):
    """The jobs' small town on the demo's streets; its free texts hold what must not be seen too early."""

    def answers(self, session: Session) -> dict[str, str | int | bool]:
        texts = {each.key for each in catalogue.questions(session, self.service) if each.kind is QuestionKind.TEXT}
        given = super().answers(session)
        return {key: NOTES if key in texts else value for key, value in given.items()}


@dataclass
class Browser:
    """A browser without scripts, with a session of its own; all share one open door to the application."""

    client: httpx.Client
    settings: Settings
    token: str
    language: str

    def get(self, path: str, **headers: str) -> httpx.Response:
        return self.client.get(path, headers=self._headers(headers))

    def post(self, path: str, data: dict[str, Any] | None = None) -> httpx.Response:
        """Send a form as its page would, with the form's token and a command id of its own unless one is given."""
        body = {"form_token": form_token(self.settings, self.token), "command_id": str(uuid4()), **(data or {})}
        return self.client.post(path, data=body, headers=self._headers({}))

    def _headers(self, more: dict[str, str]) -> dict[str, str]:
        return {"cookie": f"session={self.token}; language={self.language}.auto", "accept": "text/html", **more}


@dataclass
class AtWork:
    """The day, its people and their browsers."""

    town: Town
    client: httpx.Client
    settings: Settings
    works: Trade

    @property
    def rahima(self) -> Member:
        return self.town.cast.named("rahima")

    @property
    def rafiq(self) -> Member:
        return self.town.cast.named("rafiq")

    @property
    def karim(self) -> Member:
        return self.town.cast.named("karim")

    @property
    def actor(self) -> Actor:
        return Actor(Role.CUSTOMER, self.rahima.id)

    def now(self) -> datetime:
        return clock.now()

    def later(self, **by: int) -> None:
        """Let time pass for everybody."""
        clock.move(timedelta(**by))
        self.works.now = clock.now()

    def open_job(self, *, method: Method = Method.WALLET) -> UUID:
        """A paid job of Rahima's for tomorrow, two to four in the afternoon, that looks for somebody."""
        with transaction() as session:
            return self.works.opened(session, Somebody(self.rahima.id, self.rahima.address), method=method)

    def offer(self, job: UUID, *people: PersonId, seconds: int = 600) -> list[UUID]:
        """Offer the job to these people, several at once."""
        rung = Rung(Mode.BROADCAST, len(people), len(people), seconds, exclusive=False, ask_again=True)
        ranked = [Ranked(each, 0, ()) for each in people]
        with transaction() as session:
            row = record.locked(session, job)
            return asking.offer_to(
                session,
                row,
                enumerate(ranked, start=1),
                rung,
                round=2,
                most=len(people),
                decision_id=uuid4(),
                now=clock.now(),
            )

    def assigned(self, *, method: Method = Method.WALLET, to: Member | None = None) -> UUID:
        """A job that Rafiq has accepted on his own page."""
        crew = to or self.rafiq
        job = self.open_job(method=method)
        (offer,) = self.offer(job, crew.id)
        answer = self.browser(crew.id).post(f"/work/offers/{offer}/acceptance")
        assert answer.headers["location"] == f"/work/jobs/{job}", answer.text[:2000]
        return job

    def at_the_door(self, *, method: Method = Method.WALLET) -> UUID:
        """The same, an hour before the promised time on the next day, arrived."""
        job = self.assigned(method=method)
        self.later(hours=27)
        self.fire(job, "depart", Actor(Role.SPECIALIST, self.rafiq.id))
        self.fire(job, "arrive", Actor(Role.SPECIALIST, self.rafiq.id), reason="by_hand")
        return job

    def working(self, *, method: Method = Method.WALLET) -> UUID:
        job = self.at_the_door(method=method)
        self.fire(job, "start", Actor(Role.SPECIALIST, self.rafiq.id), start_code=self.code(job))
        return job

    def crowd(self, number: int) -> list[PersonId]:
        """So many more specialists of the trade, who work tomorrow."""
        with transaction() as session:
            made = [self.works.craftsman(session).id for _ in range(number)]
            for each in made:
                people.grant_role(session, person=each, role="specialist", by=None, now=clock.now())
                privacy.accept(session, person=each, language="en", now=clock.now())
        return made

    def fire(self, job: UUID, event: Event | str, actor: Actor, **facts: object) -> None:
        self.works.now = clock.now()
        with transaction() as session:
            self.works.fire(session, job, event, actor, **facts)

    def code(self, job: UUID) -> str:
        """The start code on Rahima's page."""
        with transaction() as session:
            code = queries.start_code(session, job, self.rahima.id)
        assert code is not None
        return code

    def state(self, job: UUID) -> str:
        with transaction() as session:
            return queries.for_desk(session, job, self.actor, now=clock.now()).job.state

    def version(self, job: UUID) -> int:
        with transaction() as session:
            return queries.for_desk(session, job, self.actor, now=clock.now()).version

    def browser(self, person: PersonId, language: str = "en") -> "Browser":
        """A browser in which this person is signed in."""
        with transaction() as session:
            token = people.start_session(session, person=person, now=clock.now()).token
        return Browser(self.client, self.settings, token, language)

    def all_at_once(self, requests: list[tuple[PersonId, str]]) -> list[httpx.Response]:
        """Posts of many people, each from a browser of their own, together."""
        posts = [(self.browser(who), path) for who, path in requests]
        together = Barrier(len(posts))

        def post(each: tuple[Browser, str]) -> httpx.Response:
            together.wait()
            return each[0].post(each[1])

        with ThreadPoolExecutor(len(posts)) as pool:
            return list(pool.map(post, posts))

    def personal_values(self) -> list[str]:
        """Everything of Rahima's that nobody sees before they have accepted, in every script it could be shown in."""
        rahima = self.rahima
        with transaction() as session:
            lines = privacy.own(session, person=rahima.id, field="address", address=rahima.address) or ""
            parts = privacy.own_address(session, person=rahima.id, address=rahima.address) if rahima.address else {}
        national = "0" + rahima.phone.removeprefix("+880")
        digits = str.maketrans("0123456789", "০১২৩৪৫৬৭৮৯")
        persian = str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")
        arabic = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
        grouped = f"{national[:5]}-{national[5:]}"
        numbers = [rahima.phone, national, grouped, national[1:], national[-6:]]
        scripts = [each.translate(table) for each in numbers for table in (digits, persian, arabic)]
        pin = parts.get("pin", "")
        found = [rahima.name, *numbers, *scripts, *lines.splitlines(), *parts.values(), *pin.split(","), NOTES]
        found += [str(rahima.id), str(rahima.address)]
        return sorted({each for each in found if len(each) > 3})


@contextmanager
def at_work(town: Town, app: Litestar, settings: Settings) -> Iterator[AtWork]:
    """Tuesday morning at ten; Rahima has money, and everybody works as in the town."""
    today = clock.now().astimezone(DHAKA).replace(hour=10, minute=0, second=0, microsecond=0)
    clock.travel_to(today + timedelta(days=(1 - today.weekday()) % 7 or 7))
    with TestClient(app, raise_server_exceptions=False) as client:
        client.follow_redirects = False
        yield morning(town, client, settings)


def morning(town: Town, client: httpx.Client, settings: Settings) -> AtWork:
    """Rahima has money, whatever the time."""
    cast = town.cast
    rahima = cast.named("rahima")
    with transaction() as session:
        service = catalogue.service(session, "ac_repair", now=clock.now())
        wallets.open_wallet(session, owner=rahima.id, owner_kind="customer", currency="BDT")
        top_up(session, rahima.id, 5_000_000, now=clock.now())
    zone = ZoneId(derived("zone", derived("organization", "dhaka"), "gulshan"))
    works = Trade(cast.organization, zone, cast.named("manager").id, service.id, service.skills, now=clock.now())
    works.specialists.append(Somebody(cast.named("rafiq").id))
    return AtWork(town, client, settings, works)


def assert_nothing_personal(body: str, values: list[str]) -> None:
    """The answer holds no name, number or place of the customer's, plain or escaped."""
    seen = [each for each in values if each in body]
    assert not seen, f"seen before acceptance: {seen}"
