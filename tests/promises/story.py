"""One whole job of the cast's, through the pages that stand, with everything that anybody was answered kept."""

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Unpack
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import httpx
from litestar.testing import TestClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.dispatch.tables import Offer
from booking.jobs import actions as jobs
from booking.jobs import queries
from booking.jobs.rules import Actor, Facts
from booking.jobs.words import Event
from marketplace.catalogue.queries import Service
from marketplace.catalogue.rules import QuestionKind, visible_questions
from marketplace.foundation import clock, tasks
from marketplace.foundation.database import transaction
from marketplace.foundation.ids import PersonId
from marketplace.foundation.money import Money
from marketplace.foundation.settings import Settings
from marketplace.people import actions as people
from payments.gateways import directory
from payments.gateways.sandbox import Sandbox, SandboxMerchant
from payments.topups import actions as topups
from tests.booking.jobs.town import top_up
from tests.web.conftest import Town, Visitor, another_browser
from tests.web.pages.walking import Walker
from web.cast import Member

DHAKA = ZoneInfo("Asia/Dhaka")
TEN = 10
HOST = "testserver.local"
NOBODY = SandboxMerchant(
    base_url="http://127.0.0.1:9", hosts=frozenset({"127.0.0.1"}), merchant="karigar", secret="s" * 32,
    terminal="T1000001", currencies=frozenset({"BDT"}),
)  # fmt: skip


def likely(service: Service) -> dict[str, str]:
    """Answers that are accepted: the first option, the smallest number, yes, a few words."""
    given: dict[str, str] = {}
    for _ in service.questions:
        for question in visible_questions(service.questions, given):
            first = question.options[0].key if question.options else ""
            given.setdefault(
                question.key,
                {
                    QuestionKind.CHOICE: first, QuestionKind.NUMBER: str(question.at_least or 1),
                    QuestionKind.YES_NO: "yes", QuestionKind.TEXT: "as always",
                }[question.kind],
            )  # fmt: skip
    return given


@dataclass(frozen=True)
class Answered:
    """What somebody got for what they asked."""

    who: PersonId | None
    method: str
    path: str
    status: int
    text: str  # headers and body


@dataclass
class Watched(Visitor):
    """A visitor whose every answer is kept."""

    who: PersonId | None = None
    kept: list[Answered] = field(default_factory=list)

    def get(self, path: str, **more: Any) -> httpx.Response:
        return self._keep("GET", path, super().get(path, **more))

    def post(self, path: str, data: dict[str, Any] | None = None, **more: Any) -> httpx.Response:
        return self._keep("POST", path, super().post(path, data, **more))

    def _keep(self, method: str, path: str, answer: httpx.Response) -> httpx.Response:
        headers = "\n".join(f"{name}: {value}" for name, value in answer.headers.items())
        self.kept.append(Answered(self.who, method, path, answer.status_code, f"{headers}\n\n{answer.text}"))
        return answer


@dataclass
class Story:
    """A Tuesday in Dhaka, from ten in the morning on; `kept` is everything that anybody was answered."""

    town: Town
    client: TestClient[Any]
    settings: Settings
    kept: list[Answered] = field(default_factory=list)
    job: UUID = field(init=False)
    specialist: PersonId = field(init=False)
    offer: UUID = field(init=False)

    def __post_init__(self) -> None:
        today = clock.now().astimezone(DHAKA).replace(hour=TEN, minute=0, second=0, microsecond=0)
        clock.travel_to(today + timedelta(days=(1 - today.weekday()) % 7 or 7))
        tasks.run_all_due()

    @property
    def rahima(self) -> Member:
        return self.town.cast.named("rahima")

    @property
    def now(self) -> datetime:
        return clock.now()

    def browser(self, person: PersonId | None, language: str = "en") -> Watched:
        """A browser of its own; of somebody signed in, or of nobody."""
        client = another_browser(self.client)
        if person is not None:
            with transaction() as session:
                token = people.start_session(session, person=person, now=clock.now()).token
            client.cookies.set("session", token, domain=HOST)
        client.cookies.set("language", f"{language}.auto", domain=HOST)
        return Watched(client, self.settings, language, who=person, kept=self.kept)

    def later(self, **by: float) -> None:
        """Let time pass, and whatever becomes due."""
        clock.move(timedelta(**by))
        tasks.run_all_due()

    def booked(self, pay: str = "wallet", *, customer: Member | None = None, language: str = "en") -> Watched:
        """A paid booking of an air conditioner's service; gives its customer's browser."""
        who = customer or self.rahima
        with transaction() as session:
            top_up(session, who.id, 5_000_000, now=clock.now())
        browser = self.browser(who.id, language)
        walker = Walker(browser).answers().takes_saved_address().chooses_time().agrees(leads_to="/payment")
        walker.pays(pay, leads_to="/jobs/")
        self.job = walker.id
        tasks.run_all_due()
        self.find_offer()
        return browser

    def booked_by_phone(self, agent: Watched, *, method: str = "cash") -> None:
        """An agent enters what Rahima says on the telephone: the screen asks for time and price, one key books."""
        page = f"/desk/customers/{self.rahima.id}"
        form = {
            "service": "Repair a leak", "address": str(self.rahima.address), "method": method,
            "asked": "place running shut_off notes", "about-place": "tap", "about-running": "no",
        }  # fmt: skip
        for name in ("window", "total"):
            found = re.search(rf'name="{name}"[^>]*? value="([^"]+)"', agent.post(f"{page}/entry", form).text)
            assert found is not None, name
            form[name] = found[1]
        answer = agent.post(f"{page}/bookings", form)
        assert answer.status_code == 303, answer.text[:4000]
        self.job = UUID(answer.headers["location"].rpartition("/")[2])
        tasks.run_all_due()

    def find_offer(self) -> None:
        """Who is asked first, and by which offer."""
        with transaction() as session:
            newest = select(Offer.id, Offer.specialist_id).where(Offer.job_id == self.job, Offer.state == "sent")
            row = session.execute(newest.order_by(Offer.round.desc(), Offer.rank).limit(1)).one()
            self.offer, self.specialist = row.id, PersonId(row.specialist_id)

    def accepted(self, language: str = "en") -> Watched:
        """The one who is asked takes the job on their own page; gives their browser."""
        browser = self.browser(self.specialist, language)
        answer = browser.post(f"/work/offers/{self.offer}/acceptance")
        assert answer.headers.get("location") == f"/work/jobs/{self.job}", answer.text[:2000]
        tasks.run_all_due()
        return browser

    def begin_top_up(self, session: Session) -> topups.Started:
        """A top-up of Rahima's that was begun, at a bank that nobody will ever ask."""
        if not directory.offered("BDT"):
            directory.connect(Sandbox(NOBODY))
        return topups.start(
            session, owner=self.rahima.id, wallet="customer", amount=Money(100_000, "BDT"),
            gateway=directory.offered("BDT")[0], command=uuid4(), now=clock.now(),
        )  # fmt: skip

    @property
    def card(self) -> str:
        """The address of the job's card for its specialist."""
        return f"/work/jobs/{self.job}"

    @property
    def number(self) -> str:
        """The job's number, as people read it out."""
        with transaction() as session:
            return queries.for_finance(session, self.job).number

    def fire(self, event: Event, actor: Actor, **facts: Unpack[Facts]) -> None:
        """Something happens to the job that no page is needed for; then whatever becomes due."""
        with transaction() as session:
            jobs.fire(session, self.job, event, actor=actor, command_id=uuid4(), now=clock.now(), **facts)
        tasks.run_all_due()

    @property
    def window(self) -> tuple[datetime, datetime]:
        """The promised time."""
        with transaction() as session:
            period = queries.for_customer(session, self.job, self.rahima.id, now=clock.now()).job.window
        assert period is not None
        return period.start, period.end

    def done(self, browser: Watched) -> None:
        """The specialist goes there, begins with the code and completes, at the promised time."""
        clock.travel_to(self.window[0] - timedelta(minutes=30))
        tasks.run_all_due()
        with transaction() as session:
            code = queries.start_code(session, self.job, self.rahima.id)
            price = queries.for_finance(session, self.job).price
        assert price is not None
        for noun, typed in (("departure", {}), ("arrival", {}), ("start", {"code": code})):
            self.later(minutes=10)
            answer = browser.post(f"{self.card}/{noun}", typed)
            assert answer.status_code == 303, (noun, answer.text[:2000])
        self.later(minutes=60)
        answer = browser.post(f"{self.card}/completion", {"amount": str(price.minor // 100)})
        assert answer.status_code == 303, answer.text[:2000]
        tasks.run_all_due()
