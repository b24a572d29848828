"""Stock the catalogue, publish a price book, draw the zones."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import Insert, insert
from sqlalchemy.orm import Session

from marketplace.catalogue.content import CategoryContent, ServiceContent, Skill
from marketplace.catalogue.queries import questions
from marketplace.catalogue.rules import (
    LineKind,
    PriceBookIncomplete,
    PriceBookInPast,
    PriceLine,
    Question,
    Texts,
    UnknownService,
    check_crew,
    check_price_line,
    sort_key,
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
from marketplace.foundation import audit
from marketplace.foundation.ids import OrganizationId, PersonId, ServiceId, ZoneId, derived, uuid7
from marketplace.foundation.places import Point
from marketplace.foundation.scripts import search_text

_PUBLISHING = 7602121


def stock(session: Session, skills: Sequence[Skill], categories: Sequence[CategoryContent], *, now: datetime) -> None:
    """Bring the catalogue to this content: the same ids for the same keys, services that are gone are retired."""
    for skill in skills:
        row = {"key": skill.key, "number": skill.number, "title": dict(skill.title)}
        session.execute(_upsert(SkillRow, row, "key"))
    kept = []
    for position, category in enumerate(categories):
        row = {
            "id": derived("category", category.key), "key": category.key, "position": position, "icon": category.icon,
            "title": dict(category.title), "summary": dict(category.summary),
        }  # fmt: skip
        session.execute(_upsert(CategoryRow, row, "id"))
        for place, service in enumerate(category.services):
            kept.append(_stock_service(session, category, service, place))
    gone = update(ServiceRow).where(ServiceRow.id.not_in(kept), ServiceRow.retired_at.is_(None))
    session.execute(gone.values(retired_at=now))


def publish_price_book(
    session: Session,
    organization: OrganizationId,
    *,
    currency: str,
    lines: Mapping[str, Sequence[PriceLine]],
    valid_from: datetime,
    by: PersonId | None,
    reason: str,
    now: datetime,
) -> UUID:
    """Publish a new version of all prices, by the key of each service; quotes already given keep theirs.

    Refuses PriceBookInPast, UnknownService, and PriceBookIncomplete when a service has no base line or a line speaks
    of a question or option that its service does not have.
    """
    if valid_from < now:
        raise PriceBookInPast()
    session.execute(select(func.pg_advisory_xact_lock(_PUBLISHING)))  # one version after the other
    services = {row.key: row for row in session.scalars(select(ServiceRow).where(ServiceRow.retired_at.is_(None)))}
    last = select(func.max(PriceBook.version)).where(PriceBook.organization_id == organization)
    version = (session.scalar(last) or 0) + 1
    book = PriceBook(
        id=uuid7(), organization_id=organization, version=version, currency=currency, valid_from=valid_from,
        published_at=now,
    )  # fmt: skip
    session.add(book)
    session.flush()
    for key in services.keys() | lines.keys():
        if key not in services:
            raise UnknownService(key)
        asked = questions(session, ServiceId(services[key].id))
        _write_lines(session, book, services[key], lines.get(key, ()), asked)
    audit.record(
        session, action="catalogue.price_book_published", actor=by, subject=None, reason=reason, now=now,
        version=version, currency=currency, valid_from=valid_from.isoformat(),
    )  # fmt: skip
    return book.id


def draw_zone(
    session: Session,
    organization: OrganizationId,
    *,
    key: str,
    name: Texts,
    centre: Point,
    radius_metres: int,
    ring: Sequence[Point] = (),
    neighbours: Sequence[str] = (),
) -> ZoneId:
    """Draw a zone, or draw it anew under the same key; a ring overrules the radius."""
    id = derived("zone", organization, key)
    sort_keys = {language: sort_key(search_text(text), language) for language, text in name.items()}
    row = {
        "id": id, "organization_id": organization, "key": key, "name": dict(name), "sort_keys": sort_keys,
        "search_key": " ".join(dict.fromkeys(search_text(text) for text in name.values())),
        "longitude": centre.longitude, "latitude": centre.latitude, "radius_metres": radius_metres,
        "ring": [[corner.longitude, corner.latitude] for corner in ring], "neighbours": list(neighbours),
    }  # fmt: skip
    session.execute(_upsert(ZoneRow, row, "id"))
    return ZoneId(id)


def _stock_service(session: Session, category: CategoryContent, service: ServiceContent, position: int) -> UUID:
    id = derived("service", service.key)
    check_crew(service.key, service.crew)
    row = {
        "id": id, "category_id": derived("category", category.key), "key": service.key, "position": position,
        "title": dict(service.title), "summary": dict(service.summary), "minutes": service.minutes,
        "search_key": _search_key(category, service), "retired_at": None, "by_estimate": service.by_estimate,
        "estimate_credited": service.estimate_credited, "warranty_days": service.warranty_days,
        "crew": [{"needs": list(seat.needs), "percent": seat.percent} for seat in service.crew],
    }  # fmt: skip
    session.execute(_upsert(ServiceRow, row, "id"))
    session.execute(delete(ServiceSkill).where(ServiceSkill.service_id == id))
    session.execute(insert(ServiceSkill), [{"service_id": id, "skill": skill} for skill in service.skills])
    session.execute(delete(QuestionRow).where(QuestionRow.service_id == id))
    rows = [_question_row(id, place, question) for place, question in enumerate(service.questions)]
    session.execute(insert(QuestionRow), rows)
    return id


def _search_key(category: CategoryContent, service: ServiceContent) -> str:
    """Every word a customer may type for this service, folded: its names, its trade's, its options', its synonyms."""
    texts = [*service.title.values(), *category.title.values(), *service.summary.values(), service.words]
    texts += [word for question in service.questions for option in question.options for word in option.title.values()]
    return " ".join(dict.fromkeys(word for text in texts for word in search_text(text).split()))


def _question_row(service_id: UUID, position: int, question: Question) -> dict[str, object]:
    condition = question.show_if
    return {
        "id": derived("question", service_id, question.key),
        "service_id": service_id,
        "key": question.key,
        "position": position,
        "kind": question.kind.value,
        "title": dict(question.title),
        "hint": dict(question.hint) if question.hint else None,
        "unit": dict(question.unit) if question.unit else None,
        "required": question.required,
        "options": [{"key": option.key, "title": dict(option.title)} for option in question.options],
        "at_least": question.at_least,
        "at_most": question.at_most,
        "show_question": condition.question if condition else None,
        "show_any_of": list(condition.any_of) if condition else [],
    }


def _write_lines(
    session: Session, book: PriceBook, service: ServiceRow, lines: Sequence[PriceLine], asked: Sequence[Question]
) -> None:
    if sum(line.kind is LineKind.BASE for line in lines) != 1:
        raise PriceBookIncomplete(service.key, "base")
    for position, line in enumerate(lines):
        check_price_line(service.key, line, asked)
        if line.amount.currency != book.currency:
            raise PriceBookIncomplete(service.key, line.key)
        session.add(
            PriceLineRow(
                price_book_id=book.id,
                service_id=service.id,
                key=line.key,
                position=position,
                kind=line.kind.value,
                title=dict(line.title),
                minor=line.amount.minor,
                minutes=line.minutes,
                question=line.question,
                option=line.option,
                included=line.included,
            )
        )
    session.flush()


def _upsert(table: type[CategoryRow | SkillRow | ServiceRow | ZoneRow], row: dict[str, object], key: str) -> Insert:
    written = insert(table).values(row)
    others = {name: value for name, value in row.items() if name != key}
    return written.on_conflict_do_update(index_elements=[key], set_=others)
