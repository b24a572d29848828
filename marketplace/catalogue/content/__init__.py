"""The texts and relative prices of the catalogue, one TOML file for each category, in four languages.

Prices stand in points, so that one list serves every town: a town says what a hundred points are in its money, which
trades are dearer there, and to which step its prices are rounded. A base line, the options with points and the
numbers with points become the lines of a price book; each takes its words from the thing it prices.
"""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from marketplace.catalogue.rules import (
    Answer,
    LineKind,
    Option,
    PriceLine,
    Question,
    QuestionKind,
    Seat,
    ShowIf,
    Texts,
)
from marketplace.foundation.money import Money

CATEGORIES = ("house_moving", "mason", "plumber", "electrician", "ac", "repairs")


@dataclass(frozen=True)
class PointLine:
    """A price line in points; see `rules.PriceLine`."""

    key: str
    kind: LineKind
    title: Texts
    points: int
    minutes: int
    question: str | None = None
    option: str | None = None
    included: int = 0


@dataclass(frozen=True)
class ServiceContent:
    key: str
    title: Texts
    summary: Texts
    words: str
    minutes: int
    skills: tuple[str, ...]
    questions: tuple[Question, ...]
    lines: tuple[PointLine, ...]
    crew: tuple[Seat, ...] = ()
    by_estimate: bool = False
    estimate_credited: bool = False
    warranty_days: int | None = None


@dataclass(frozen=True)
class CategoryContent:
    key: str
    icon: str
    title: Texts
    summary: Texts
    services: tuple[ServiceContent, ...]


@dataclass(frozen=True)
class Skill:
    key: str
    number: int
    title: Texts


@dataclass(frozen=True)
class EquipmentKind:
    """A kind of equipment; `category` is the trade that works on it."""

    key: str
    category: str
    icon: str
    title: Texts


@dataclass(frozen=True)
class PointValue:
    """What points are in one town's money: `minor` for a hundred points, rounded to whole `step`s of minor units."""

    currency: str
    minor_per_100_points: int
    step: int
    category_percent: Mapping[str, int]


def skills() -> tuple[Skill, ...]:
    """Every skill that a specialist can be verified in."""
    return tuple(Skill(key, row["number"], row["title"]) for key, row in _read("skills").items())


@cache
def equipment_kinds() -> Mapping[str, EquipmentKind]:
    """What people keep at home that work is done on, by key, in the order in which it is shown."""
    kinds = _read("equipment").items()
    return {key: EquipmentKind(key, row["category"], row["icon"], row["title"]) for key, row in kinds}


def categories() -> tuple[CategoryContent, ...]:
    """The six trades with their services, in the order in which they are shown."""
    return tuple(_category(key) for key in CATEGORIES)


def priced(category: CategoryContent, service: ServiceContent, value: PointValue) -> tuple[PriceLine, ...]:
    """The lines of a price book for this service in a town's money."""
    percent = value.category_percent.get(category.key, 100)
    return tuple(
        PriceLine(
            key=line.key,
            kind=line.kind,
            title=line.title,
            amount=_amount(line.points, percent, value),
            minutes=line.minutes,
            question=line.question,
            option=line.option,
            included=line.included,
        )
        for line in service.lines
    )


def _amount(points: int, percent: int, value: PointValue) -> Money:
    exact, scale = points * percent * value.minor_per_100_points, 10_000 * value.step
    return Money((2 * exact + scale) // (2 * scale) * value.step, value.currency)


def _read(name: str) -> dict[str, dict]:  # type: ignore[type-arg]  # what tomllib gives: tables of anything
    return tomllib.loads(files(__package__).joinpath(f"{name}.toml").read_text(encoding="utf-8"))


def _category(key: str) -> CategoryContent:
    page = _read(key)
    words = _read("words")
    services = tuple(_service(row, words) for row in page["service"])
    return CategoryContent(key, str(page["icon"]), page["title"], page["summary"], services)


def _service(row: Mapping, words: Mapping) -> ServiceContent:  # type: ignore[type-arg]
    questions = tuple(_question(each, words) for each in row["question"])
    base = PointLine("base", LineKind.BASE, row["title"], row["points"], 0)
    fee = PointLine("visit", LineKind.VISIT_FEE, words["visit_fee"], row["visit_points"], 0)
    asked = tuple(
        line for each, question in zip(row["question"], questions, strict=True) for line in _lines(each, question)
    )
    return ServiceContent(
        key=row["key"],
        title=row["title"],
        summary=row["summary"],
        words=row.get("words", ""),
        minutes=row["minutes"],
        skills=tuple(row["skills"]),
        questions=questions,
        lines=(base, *asked, fee),
        crew=tuple(Seat(tuple(seat.get("needs", ())), seat["percent"]) for seat in row.get("crew", ())),
        by_estimate=row.get("by_estimate", False),
        estimate_credited=row.get("estimate_credited", False),
        warranty_days=row.get("warranty_days"),
    )


def _question(row: Mapping, words: Mapping) -> Question:  # type: ignore[type-arg]
    condition = row.get("show_if")
    kind = QuestionKind(row["kind"])
    return Question(
        key=row["key"],
        kind=kind,
        title=row["title"],
        hint=row.get("hint"),
        required=row.get("required", kind is not QuestionKind.TEXT),
        show_if=ShowIf(condition["question"], _answers(condition["any_of"])) if condition else None,
        options=tuple(Option(each["key"], _title(each, words)) for each in row.get("options", ())),
        at_least=row.get("at_least"),
        at_most=row.get("at_most"),
        unit=words[row["unit"]] if "unit" in row else None,
    )


def _title(option: Mapping, words: Mapping) -> Texts:  # type: ignore[type-arg]
    """An option's own words, or the common ones for its key ("other", "unsure")."""
    found: Texts = option.get("title") or words[option["key"]]
    return found


def _answers(values: list[Answer]) -> tuple[Answer, ...]:
    return tuple(values)


def _lines(row: Mapping, question: Question) -> Iterator[PointLine]:  # type: ignore[type-arg]
    if question.kind is QuestionKind.CHOICE:
        for each, option in zip(row["options"], question.options, strict=True):
            if "points" in each or "minutes" in each:
                key = f"{question.key}.{option.key}"
                points, minutes = each.get("points", 0), each.get("minutes", 0)
                yield PointLine(key, LineKind.OPTION, option.title, points, minutes, question.key, option.key)
    elif "points" in row or "minutes" in row:
        points, minutes, included = row.get("points", 0), row.get("minutes", 0), row.get("included", 0)
        title = row.get("line", question.title)
        if question.kind is QuestionKind.NUMBER:
            yield PointLine(question.key, LineKind.PER_UNIT, title, points, minutes, question.key, None, included)
        else:
            yield PointLine(question.key, LineKind.OPTION, title, points, minutes, question.key, "yes")
