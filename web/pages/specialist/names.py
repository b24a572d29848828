"""What services and areas are called, for pages that list jobs; read once a page."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from marketplace.catalogue import queries as catalogue
from marketplace.catalogue.rules import Answer, Option, Question, QuestionKind, Texts
from marketplace.foundation.ids import OrganizationId, ServiceId, ZoneId


@dataclass(frozen=True)
class Names:
    """Titles by id. A service that is no longer offered has none: the page says "Work"."""

    services: Mapping[ServiceId, Texts]
    zones: Mapping[ZoneId, Texts]

    def service(self, id: ServiceId, language: str) -> str:
        return self.services.get(id, {}).get(language, "")

    def zone(self, id: ZoneId | None, language: str) -> str:
        return self.zones.get(id, {}).get(language, "") if id else ""


@dataclass(frozen=True)
class Told:
    """One question with its answer: a chosen option's title, a number with its unit, yes or no, or words as written."""

    title: Texts
    answer: Answer
    option: Texts | None = None
    unit: Texts | None = None


def read_names(session: Session, organization: OrganizationId, *, now: datetime) -> Names:
    """The titles of everything offered now, and the areas of this town."""
    services = {each.id: each.title for trade in catalogue.categories(session, now=now) for each in trade.services}
    zones = {each.id: each.name for each in catalogue.zones(session, organization)}
    return Names(services, zones)


def told(questions: tuple[Question, ...], answers: Mapping[str, Answer]) -> tuple[Told, ...]:
    """The answered questions, in the order in which they are asked."""
    return tuple(
        Told(each.title, answers[each.key], _option(each.options, answers[each.key]), each.unit)
        for each in questions
        if each.key in answers and (each.kind is not QuestionKind.TEXT or answers[each.key])
    )


def _option(options: tuple[Option, ...], answer: Answer) -> Texts | None:
    return next((option.title for option in options if option.key == answer), None)
