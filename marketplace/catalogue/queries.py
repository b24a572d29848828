"""What is offered, at what price, where, and what a searched word means."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Float, func, literal, select
from sqlalchemy.orm import Session

from marketplace.catalogue.rules import (
    Area,
    LineKind,
    Match,
    NoPriceBook,
    NotServed,
    Option,
    PriceLine,
    Question,
    QuestionKind,
    Seat,
    ShowIf,
    Texts,
    UnknownService,
    UnknownZone,
    area_of,
)
from marketplace.catalogue.tables import (
    CategoryRow,
    PriceBook,
    PriceLineRow,
    QuestionRow,
    ServiceRow,
    ServiceSkill,
    SkillRow,
    ZoneRow,
)
from marketplace.foundation.ids import OrganizationId, ServiceId, ZoneId
from marketplace.foundation.money import Money
from marketplace.foundation.places import Point
from marketplace.foundation.scripts import search_text

LIKENESS_MIN = 0.5  # half of the query's trigrams: one wrong letter in a word of six is still found


@dataclass(frozen=True)
class ServiceCard:
    """A service as a row of a list; `base` is what it costs before any answer, None without a price book."""

    id: ServiceId
    key: str
    title: Texts
    summary: Texts
    minutes: int
    base: Money | None
    by_estimate: bool = False
    people: int = 1


@dataclass(frozen=True)
class Category:
    id: UUID
    key: str
    icon: str
    title: Texts
    summary: Texts
    services: tuple[ServiceCard, ...]


@dataclass(frozen=True)
class Service:
    """A service with its questions and its prices from the book in force; `minutes` before any answer.

    By estimate, what is booked and priced is the visit; the work is priced by the quote that follows, from which the
    visit's price comes off when it is `estimate_credited`. `warranty_days` is None where the house's setting holds.

    `crew` is empty for what one person does.
    """

    id: ServiceId
    key: str
    category: str
    title: Texts
    summary: Texts
    minutes: int
    skills: tuple[str, ...]
    questions: tuple[Question, ...]
    lines: tuple[PriceLine, ...]
    visit_fee: Money
    price_book: UUID
    price_book_version: int
    currency: str
    crew: tuple[Seat, ...] = ()
    by_estimate: bool = False
    estimate_credited: bool = False
    warranty_days: int | None = None


@dataclass(frozen=True)
class Zone:
    id: ZoneId
    key: str
    name: Texts
    centre: Point
    radius_metres: int
    ring: tuple[Point, ...]
    neighbours: tuple[str, ...]

    @property
    def area(self) -> Area:
        return Area(self.id, self.centre, self.radius_metres, self.ring)


@dataclass(frozen=True)
class SkillCard:
    key: str
    number: int
    title: Texts


def categories(session: Session, *, now: datetime) -> list[Category]:
    """Every category with the services offered now, in the order in which they are shown."""
    base = _base_prices(session, now)
    rows = session.scalars(
        select(ServiceRow).where(ServiceRow.retired_at.is_(None)).order_by(ServiceRow.position)
    ).all()
    return [
        Category(
            each.id, each.key, each.icon, each.title, each.summary,
            tuple(_card(row, base.get(row.id)) for row in rows if row.category_id == each.id),
        )
        for each in session.scalars(select(CategoryRow).order_by(CategoryRow.position))
    ]  # fmt: skip


def service(session: Session, which: ServiceId | str, *, now: datetime) -> Service:
    """A service by id or key, with its questions and the price lines of the book in force at `now`.

    Refuses UnknownService (also for one that is no longer offered) and NoPriceBook.
    """
    wanted = ServiceRow.key == which if isinstance(which, str) else ServiceRow.id == which
    found = session.execute(
        select(ServiceRow, CategoryRow.key).join(CategoryRow, CategoryRow.id == ServiceRow.category_id).where(wanted)
    ).one_or_none()
    if found is None or found[0].retired_at is not None:
        raise UnknownService(str(which))
    row, category = found[0], found[1]
    book = _book(session, now)
    lines = _lines(session, book, row.id) if book else ()
    if book is None or not any(line.kind is LineKind.BASE for line in lines):
        raise NoPriceBook(row.key)
    return Service(
        id=ServiceId(row.id),
        key=row.key,
        category=category,
        title=row.title,
        summary=row.summary,
        minutes=row.minutes,
        skills=tuple(skills_of(session, row.id)),
        questions=questions(session, ServiceId(row.id)),
        lines=lines,
        visit_fee=next((line.amount for line in lines if line.kind is LineKind.VISIT_FEE), Money.zero(book.currency)),
        price_book=book.id,
        price_book_version=book.version,
        currency=book.currency,
        crew=tuple(Seat(tuple(each["needs"]), each["percent"]) for each in row.crew),
        by_estimate=row.by_estimate,
        estimate_credited=row.estimate_credited,
        warranty_days=row.warranty_days,
    )


def titles(session: Session, services: Iterable[UUID]) -> dict[UUID, Texts]:
    """What services are called, whether they are still offered or not."""
    found = select(ServiceRow.id, ServiceRow.title).where(ServiceRow.id.in_(list(services)))
    return {row.id: row.title for row in session.execute(found)}


def questions(session: Session, service_id: ServiceId) -> tuple[Question, ...]:
    """The questions of a service, in order."""
    rows = select(QuestionRow).where(QuestionRow.service_id == service_id).order_by(QuestionRow.position)
    return tuple(_question(row) for row in session.scalars(rows))


def skills_of(session: Session, service_id: UUID) -> list[str]:
    """The keys of the skills that a service needs, all of them."""
    needed = select(ServiceSkill.skill).where(ServiceSkill.service_id == service_id)
    return list(session.scalars(needed.order_by(ServiceSkill.skill)))


def skills(session: Session) -> dict[str, SkillCard]:
    """Every skill by its key."""
    rows = session.scalars(select(SkillRow).order_by(SkillRow.number))
    return {row.key: SkillCard(row.key, row.number, row.title) for row in rows}


def search(session: Session, words: str, *, limit: int = 8) -> list[Match]:
    """Services that the words may mean, likeliest first: any digit set, ي or ی, half-space or none, a letter wrong."""
    wanted = search_text(words)[:100]
    if not wanted:
        return []
    query, held = func.trigrams(literal(wanted)), func.trigrams(ServiceRow.search_key)
    likeness = func.likeness(query, held, type_=Float).label("likeness")
    found = (
        select(ServiceRow.id, ServiceRow.category_id, ServiceRow.title, likeness)
        .where(held.op("&&")(query), likeness >= LIKENESS_MIN, ServiceRow.retired_at.is_(None))
        .order_by(likeness.desc(), ServiceRow.position, ServiceRow.key)
        .limit(limit)
    )
    return [
        Match(ServiceId(id), category, title, float(score)) for id, category, title, score in session.execute(found)
    ]


def zones(session: Session, organization: OrganizationId, *, language: str = "en") -> list[Zone]:
    """The zones an organization serves, in the order of a language's alphabet."""
    rows = session.scalars(select(ZoneRow).where(ZoneRow.organization_id == organization)).all()
    return [_zone(row) for row in sorted(rows, key=lambda row: (row.sort_keys[language], row.key))]


def zone(session: Session, id: ZoneId) -> Zone:
    """Refuses UnknownZone."""
    row = session.get(ZoneRow, id)
    if row is None:
        raise UnknownZone(str(id))
    return _zone(row)


def zone_of(session: Session, organization: OrganizationId, point: Point) -> Zone:
    """The zone a point lies in. Refuses NotServed outside of all."""
    served = {each.id: each for each in zones(session, organization)}
    found = area_of(point, [each.area for each in served.values()])
    if found is None:
        raise NotServed()
    return served[found.zone]


def search_zones(session: Session, organization: OrganizationId, words: str) -> list[Zone]:
    """The zones whose name, in any language, holds the words."""
    wanted = search_text(words)
    rows = session.scalars(select(ZoneRow).where(ZoneRow.organization_id == organization).order_by(ZoneRow.key))
    return [_zone(row) for row in rows if wanted and wanted in row.search_key]


def _card(row: ServiceRow, base: Money | None) -> ServiceCard:
    people = max(1, len(row.crew))
    return ServiceCard(ServiceId(row.id), row.key, row.title, row.summary, row.minutes, base, row.by_estimate, people)


def _book(session: Session, now: datetime) -> PriceBook | None:
    valid = select(PriceBook).where(PriceBook.valid_from <= now)
    return session.scalars(valid.order_by(PriceBook.valid_from.desc(), PriceBook.version.desc()).limit(1)).first()


def _base_prices(session: Session, now: datetime) -> dict[UUID, Money]:
    book = _book(session, now)
    if book is None:
        return {}
    base = select(PriceLineRow.service_id, PriceLineRow.minor).where(
        PriceLineRow.price_book_id == book.id, PriceLineRow.kind == LineKind.BASE
    )
    return {service_id: Money(minor, book.currency) for service_id, minor in session.execute(base)}


def _lines(session: Session, book: PriceBook, service_id: UUID) -> tuple[PriceLine, ...]:
    rows = select(PriceLineRow).where(PriceLineRow.price_book_id == book.id, PriceLineRow.service_id == service_id)
    return tuple(
        PriceLine(
            key=row.key,
            kind=LineKind(row.kind),
            title=row.title,
            amount=Money(row.minor, book.currency),
            minutes=row.minutes,
            question=row.question,
            option=row.option,
            included=row.included,
        )
        for row in session.scalars(rows.order_by(PriceLineRow.position))
    )


def _question(row: QuestionRow) -> Question:
    return Question(
        key=row.key,
        kind=QuestionKind(row.kind),
        title=row.title,
        hint=row.hint,
        required=row.required,
        show_if=ShowIf(row.show_question, tuple(row.show_any_of)) if row.show_question else None,
        options=tuple(Option(each["key"], each["title"]) for each in row.options),
        at_least=row.at_least,
        at_most=row.at_most,
        unit=row.unit,
    )


def _zone(row: ZoneRow) -> Zone:
    return Zone(
        id=ZoneId(row.id),
        key=row.key,
        name=row.name,
        centre=Point(row.longitude, row.latitude),
        radius_metres=row.radius_metres,
        ring=tuple(Point(longitude, latitude) for longitude, latitude in row.ring),
        neighbours=tuple(row.neighbours),
    )
