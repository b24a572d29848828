"""A small town for tests of jobs: a zone, the catalogue with prices, customers with addresses, craftsmen with hours."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from itertools import count
from uuid import UUID, uuid4

from sqlalchemy.orm import Session

from booking.availability import actions as availability
from booking.availability import queries as availability_queries
from booking.jobs import actions as jobs
from booking.jobs import drafts, requests
from booking.jobs.actions import Fired
from booking.jobs.drafts import Draft
from booking.jobs.rules import Actor
from booking.jobs.words import Event, Method, Role
from marketplace.catalogue import actions as catalogue
from marketplace.catalogue import content
from marketplace.catalogue import queries as catalogue_queries
from marketplace.catalogue.rules import QuestionKind, visible_questions
from marketplace.foundation.ids import AddressId, OrganizationId, PersonId, ServiceId, ZoneId
from marketplace.foundation.money import Money
from marketplace.foundation.periods import Period
from marketplace.foundation.places import Point, cell
from marketplace.organizations import actions as organizations
from marketplace.people import actions as people
from marketplace.specialists import actions as specialists
from marketplace.specialists import queries as specialist_queries
from marketplace.specialists.rules import WeeklyHours
from payments.wallets import actions as wallets
from web.towns import read

GULSHAN = Point(90.4160, 23.7925)
SUNDAY = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)  # ten in the morning in Dhaka
SERVICE = "leak"
_phones: Iterator[int] = count(2_000_000)


@dataclass(frozen=True)
class Somebody:
    id: PersonId
    address: AddressId | None = None

    @property
    def customer(self) -> Actor:
        return Actor(Role.CUSTOMER, self.id)

    @property
    def specialist(self) -> Actor:
        return Actor(Role.SPECIALIST, self.id)


@dataclass
class Town:
    """The town and its verbs; `now` is what every verb is told."""

    organization: OrganizationId
    zone: ZoneId
    manager: PersonId
    service: ServiceId
    skills: tuple[str, ...]
    now: datetime = SUNDAY
    specialists: list[Somebody] = field(default_factory=list)

    @property
    def dispatcher(self) -> Actor:
        return Actor(Role.DISPATCHER, self.manager)

    @property
    def tomorrow(self) -> Period:
        """From two to four in the afternoon of the next day, in Dhaka."""
        start = self.now.replace(hour=8, minute=0, second=0, microsecond=0) + timedelta(days=1)
        return Period(start, start + timedelta(hours=2))

    def customer(self, session: Session, *, money: int = 0) -> Somebody:
        """Somebody with an address in the zone and so much in the wallet (minor units)."""
        id = register(session, "Rahima Khatun", self.now)
        address = people.add_address(
            session, person=id, line="House 12, Road 5", zone=self.zone, pin=GULSHAN, directions="Second floor",
            now=self.now,
        )  # fmt: skip
        wallets.open_wallet(session, owner=id, owner_kind="customer", currency="BDT")
        if money:
            top_up(session, id, money, now=self.now)
        return Somebody(id, address)

    def craftsman(self, session: Session, *, at: Point = GULSHAN) -> Somebody:
        """A verified specialist who works from eight to eight every day and serves the zone."""
        id = register(session, "Karim Uddin", self.now)
        specialists.enrol(session, id, self.organization, home=at, home_zone=self.zone, now=self.now)
        week = [WeeklyHours(day, time(8), time(20)) for day in range(1, 8)]
        specialists.set_weekly_hours(session, id, week, now=self.now)
        specialists.serve_zones(session, id, [self.zone])
        for skill in self.skills:
            specialists.verify_skill(session, id, skill, by=self.manager, expires_on=None, now=self.now)
        policy = availability_queries.policy(session)
        first = self.now.date()
        last = first + timedelta(days=8)
        periods = specialist_queries.working_periods(session, id, first, last, policy.time_zone)
        availability.expand(session, id, periods, from_day=first, to_day=last, now=self.now, policy=policy)
        wallets.open_wallet(session, owner=id, owner_kind="specialist", currency="BDT", limit=Money(200_000, "BDT"))
        made = Somebody(id)
        self.specialists.append(made)
        return made

    def draft(self, session: Session, customer: Somebody, *, method: Method = Method.WALLET) -> Fired:
        return drafts.save_draft(
            session, self.filled_in(session, customer, method=method), actor=customer.customer, command_id=uuid4(),
            now=self.now,
        )  # fmt: skip

    def filled_in(self, session: Session, customer: Somebody | None = None, *, method: Method = Method.WALLET) -> Draft:
        return Draft(
            service=self.service, answers=self.answers(session), address_id=customer.address if customer else None,
            zone_id=self.zone, cell=cell(GULSHAN), window=self.tomorrow, method=method,
        )  # fmt: skip

    def answers(self, session: Session) -> dict[str, str | int | bool]:
        """The first possible answer to every question that is asked."""
        questions = catalogue_queries.questions(session, self.service)
        given: dict[str, str | int | bool] = {}
        for _ in questions:
            for question in visible_questions(questions, given):
                if question.key in given:
                    continue
                first = question.options[0].key if question.options else None
                answer: dict[QuestionKind, str | int | bool | None] = {
                    QuestionKind.CHOICE: first,
                    QuestionKind.NUMBER: question.at_least,
                    QuestionKind.YES_NO: False,
                    QuestionKind.TEXT: "please ring twice",
                }
                value = answer[question.kind]
                if value is not None:
                    given[question.key] = value
        return given

    def held(self, session: Session, customer: Somebody, *, method: Method = Method.WALLET) -> Fired:
        """A submitted request with a time set aside; somebody is hired first when nobody works here."""
        if not self.specialists:
            self.craftsman(session)
        job = self.draft(session, customer, method=method).job_id
        requests.submit(session, job, actor=customer.customer, command_id=uuid4(), now=self.now)
        return requests.hold_slot(
            session, job, window=self.tomorrow, actor=customer.customer, command_id=uuid4(), now=self.now
        )

    def opened(self, session: Session, customer: Somebody, *, method: Method = Method.WALLET) -> UUID:
        """A paid job that looks for somebody."""
        job = self.held(session, customer, method=method).job_id
        self.fire(session, job, Event.FUND, customer.customer)
        self.fire(session, job, Event.PUBLISH, Actor(Role.SYSTEM))
        return job

    def assigned(
        self, session: Session, customer: Somebody, specialist: Somebody, *, method: Method = Method.WALLET
    ) -> UUID:
        job = self.opened(session, customer, method=method)
        self.fire(session, job, Event.ACCEPT, specialist.specialist, offer_id=uuid4())
        return job

    def fire(self, session: Session, job: UUID, event: Event | str, actor: Actor, **facts: object) -> Fired:
        return jobs.fire(
            session, job, event, actor=actor, command_id=uuid4(), now=self.now,
            **facts,  # type: ignore[arg-type]  # each test gives facts by their names
        )  # fmt: skip

    def later(self, **by: int) -> datetime:
        """Let time pass."""
        self.now += timedelta(**by)
        return self.now


def register(session: Session, name: str, now: datetime) -> PersonId:
    phone = f"01712{next(_phones) % 1_000_000:06d}"
    made = people.register(
        session, name=name, contact=phone, region="BD", stated_age=30, language="bn", now=now - timedelta(days=30)
    )
    return made.person_id


def top_up(session: Session, owner: UUID, minor: int, *, now: datetime) -> None:
    """Money in a wallet, by a top-up that the bank has proven."""
    wallets.credit_topup(
        session, attempt=uuid4(), owner=owner, owner_kind="customer", gateway="sandbox", amount=Money(minor, "BDT"),
        now=now,
    )  # fmt: skip


def build(session: Session, *, settings: dict[str, int] | None = None) -> Town:
    """Found the town: Gulshan of Dhaka, every trade, the demo's prices."""
    there, since = read("dhaka"), SUNDAY - timedelta(days=30)
    home = organizations.found(
        session, town="dhaka", name=there.name, region="BD", currency="BDT", time_zone="Asia/Dhaka", language="bn",
        calendar="gregorian", weekend=[5, 6], phone="+880255000321", settings={**there.settings, **(settings or {})},
        cancellation=there.cancellation, now=since,
    )  # fmt: skip
    zone = there.zones[0]
    made = catalogue.draw_zone(
        session, home, key=zone.key, name=zone.name, centre=zone.centre, radius_metres=zone.radius_metres,
        neighbours=(),
    )  # fmt: skip
    trades = content.categories()
    catalogue.stock(session, content.skills(), trades, now=since)
    lines = {
        service.key: content.priced(trade, service, there.prices) for trade in trades for service in trade.services
    }
    catalogue.publish_price_book(
        session, home, currency="BDT", lines=lines, valid_from=since, by=None, reason="first prices", now=since
    )
    service = catalogue_queries.service(session, first_service(trades), now=SUNDAY)
    return Town(home, made, register(session, "Nasrin Akter", SUNDAY), service.id, service.skills)


def first_service(trades: Sequence[content.CategoryContent]) -> str:
    """A service that one ordinary visit does."""
    known = [service.key for trade in trades for service in trade.services]
    return SERVICE if SERVICE in known else known[0]
