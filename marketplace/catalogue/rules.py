"""Questions and answers, the price lines that answers choose, how long a visit takes, and which zone a point is in."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from marketplace.foundation.cards import contains_card_number
from marketplace.foundation.errors import Refused
from marketplace.foundation.ids import ServiceId, ZoneId
from marketplace.foundation.money import Money
from marketplace.foundation.places import Point, metres_between

Texts = Mapping[str, str]  # a language code → the text; all four languages are always there
Answer = str | int | bool
TEXT_LENGTH_MAX = 500
_WHOLE_NUMBER = re.compile(r"-?[0-9]{1,9}")
PERSIAN_ORDER = {letter: chr(0xE000 + place) for place, letter in enumerate("ابپتثجچحخدذرزژسشصضطظعغفقکگلمنوهی")}


class QuestionKind(StrEnum):
    CHOICE = "choice"
    NUMBER = "number"
    YES_NO = "yes_no"
    TEXT = "text"


class Problem(StrEnum):
    """Why an answer cannot be taken; the edge gives each its sentence."""

    MISSING = "missing"
    UNKNOWN_OPTION = "unknown_option"
    NOT_A_NUMBER = "not_a_number"
    TOO_SMALL = "too_small"
    TOO_LARGE = "too_large"
    NOT_YES_OR_NO = "not_yes_or_no"
    NOT_A_TEXT = "not_a_text"
    TOO_LONG = "too_long"
    CARD_NUMBER = "card_number"


class LineKind(StrEnum):
    BASE = "base"
    PER_UNIT = "per_unit"
    OPTION = "option"
    VISIT_FEE = "visit_fee"  # for coming, when the work itself turns out not to be wanted or possible


@dataclass(frozen=True)
class Option:
    key: str
    title: Texts


@dataclass(frozen=True)
class ShowIf:
    """The question is asked only when another was answered with one of these."""

    question: str
    any_of: tuple[Answer, ...]


@dataclass(frozen=True)
class Question:
    """One question of a service. `at_least` and `at_most` bound a number; `unit` is its unit in words."""

    key: str
    kind: QuestionKind
    title: Texts
    hint: Texts | None
    required: bool
    show_if: ShowIf | None
    options: tuple[Option, ...]
    at_least: int | None
    at_most: int | None
    unit: Texts | None


@dataclass(frozen=True)
class PriceLine:
    """What one thing costs, and how many minutes it adds to the visit.

    `base` once; `option` when `question` is answered with `option` ("yes" for yes_no); `per_unit` for each unit of a
    number above `included`; `visit_fee` only when a visit ends without the work.
    """

    key: str
    kind: LineKind
    title: Texts
    amount: Money
    minutes: int
    question: str | None
    option: str | None
    included: int


@dataclass(frozen=True)
class ChosenLine:
    """A price line that the answers brought in, so many times."""

    line: PriceLine
    quantity: int

    @property
    def amount(self) -> Money:
        return self.line.amount * self.quantity


@dataclass(frozen=True)
class Seat:
    """One place in a crew: what its holder must be verified in beside the service's skills, and their part of the pay.

    The percents of a crew make up a hundred; its first seat is the lead's.
    """

    needs: tuple[str, ...]
    percent: int


@dataclass(frozen=True)
class Fault:
    """One answer that cannot be taken; `limit` is the bound it broke, where there is one."""

    question: str
    problem: Problem
    limit: int | None = None


@dataclass(frozen=True)
class AnswersNotAccepted(Refused):
    """Some answers are missing or impossible; all of them are listed, in the order of the questions."""

    faults: tuple[Fault, ...]


@dataclass(frozen=True)
class UnknownService(Refused):
    """There is no such service, or it is offered no more."""

    service: str


@dataclass(frozen=True)
class NoPriceBook(Refused):
    """No price book is in force at this moment, or it has no price for the service."""

    service: str


@dataclass(frozen=True)
class PriceBookIncomplete(Refused):
    """A price line names a question or option that its service does not have, or a service has no base line."""

    service: str
    line: str


@dataclass(frozen=True)
class PriceBookInPast(Refused):
    """A price book comes into force now or later, never backwards."""


@dataclass(frozen=True)
class NotServed(Refused):
    """The place lies in no zone that is served."""


@dataclass(frozen=True)
class UnknownZone(Refused):
    """There is no zone of this id or key."""

    zone: str


def sort_key(search_key: str, language: str) -> str:
    """What a folded name is sorted by in a language: Persian has letters that stand elsewhere in Unicode."""
    return "".join(PERSIAN_ORDER.get(letter, letter) for letter in search_key) if language == "fa" else search_key


def visible_questions(questions: Sequence[Question], answers: Mapping[str, object]) -> tuple[Question, ...]:
    """The questions to ask, given these answers: a question whose condition hangs on a hidden one is hidden too."""
    shown: dict[str, Question] = {}
    for question in questions:
        condition = question.show_if
        if condition is None:
            shown[question.key] = question
        elif condition.question in shown:
            given = _parsed(shown[condition.question], answers.get(condition.question))
            if not isinstance(given, Fault) and any(_same(given, each) for each in condition.any_of):
                shown[question.key] = question
    return tuple(shown.values())


def validate_answers(questions: Sequence[Question], answers: Mapping[str, object]) -> dict[str, Answer]:
    """The accepted answers of the visible questions, typed, in order; answers to hidden questions are dropped.

    Numbers may come as int or ASCII digits, yes and no as bool, "yes" or "no". Refuses AnswersNotAccepted with every
    fault at once: a missing required answer, an unknown option, a number out of bounds, a text over 500 characters or
    with a card number in it.
    """
    accepted: dict[str, Answer] = {}
    faults: list[Fault] = []
    for question in visible_questions(questions, answers):
        parsed = _parsed(question, answers.get(question.key))
        if isinstance(parsed, Fault):
            if parsed.problem is not Problem.MISSING or question.required:
                faults.append(parsed)
        else:
            accepted[question.key] = parsed
    if faults:
        raise AnswersNotAccepted(tuple(faults))
    return accepted


def chosen_lines(lines: Sequence[PriceLine], answers: Mapping[str, Answer]) -> tuple[ChosenLine, ...]:
    """The price lines that these accepted answers bring in, in the book's order; never a visit fee."""
    counted = ((line, _quantity(line, answers)) for line in lines)
    return tuple(ChosenLine(line, quantity) for line, quantity in counted if quantity > 0)


def visit_minutes(service_minutes: int, lines: Sequence[ChosenLine]) -> int:
    """How long the visit takes, rounded up to whole quarters of an hour, at most twelve hours."""
    minutes = service_minutes + sum(chosen.line.minutes * chosen.quantity for chosen in lines)
    return max(15, min(720, -(-minutes // 15) * 15))


def check_crew(service: str, crew: Sequence[Seat]) -> None:
    """A crew is of two to six, and shares out the whole pay. Raises ValueError otherwise."""
    if crew and (not 2 <= len(crew) <= 6 or sum(seat.percent for seat in crew) != 100):
        raise ValueError(f"the seats of {service} are two to six and share a hundred percent")
    if any(seat.percent <= 0 for seat in crew):
        raise ValueError(f"everybody in the crew of {service} is paid")


def check_price_line(service: str, line: PriceLine, questions: Sequence[Question]) -> None:
    """Refuse PriceBookIncomplete when the line speaks of a question or option that the service does not have."""
    asked = {question.key: question for question in questions}.get(line.question or "")
    if line.kind in (LineKind.BASE, LineKind.VISIT_FEE):
        fits = line.question is None and line.option is None
    elif line.kind is LineKind.PER_UNIT:
        fits = asked is not None and asked.kind is QuestionKind.NUMBER and line.option is None
    elif asked is not None and asked.kind is QuestionKind.YES_NO:
        fits = line.option == "yes"
    else:
        fits = asked is not None and line.option in {option.key for option in asked.options}
    if not fits or line.amount.minor < 0 or line.minutes < 0 or line.included < 0:
        raise PriceBookIncomplete(service, line.key)


def _quantity(line: PriceLine, answers: Mapping[str, Answer]) -> int:
    if line.kind is LineKind.BASE:
        return 1
    if line.kind is LineKind.VISIT_FEE or line.question is None or line.question not in answers:
        return 0
    given = answers[line.question]
    if line.kind is LineKind.PER_UNIT:
        return max(0, given - line.included) if isinstance(given, int) and not isinstance(given, bool) else 0
    return int(given is True if line.option == "yes" else given == line.option)


def _parsed(question: Question, given: object) -> Answer | Fault:
    if given is None or (isinstance(given, str) and not given.strip()):
        return Fault(question.key, Problem.MISSING)
    match question.kind:
        case QuestionKind.CHOICE:
            known = isinstance(given, str) and given in {option.key for option in question.options}
            return str(given) if known else Fault(question.key, Problem.UNKNOWN_OPTION)
        case QuestionKind.NUMBER:
            return _number(question, given)
        case QuestionKind.YES_NO:
            word = {True: True, False: False, "yes": True, "no": False}.get(
                given if isinstance(given, str | bool) else ""
            )
            return Fault(question.key, Problem.NOT_YES_OR_NO) if word is None else word
        case QuestionKind.TEXT:
            return _text(question, given)


def _number(question: Question, given: object) -> int | Fault:
    if isinstance(given, str) and _WHOLE_NUMBER.fullmatch(given.strip()):
        given = int(given)
    if not isinstance(given, int) or isinstance(given, bool):
        return Fault(question.key, Problem.NOT_A_NUMBER)
    if question.at_least is not None and given < question.at_least:
        return Fault(question.key, Problem.TOO_SMALL, question.at_least)
    if question.at_most is not None and given > question.at_most:
        return Fault(question.key, Problem.TOO_LARGE, question.at_most)
    return given


def _text(question: Question, given: object) -> str | Fault:
    if not isinstance(given, str):
        return Fault(question.key, Problem.NOT_A_TEXT)
    words = given.strip()
    if len(words) > TEXT_LENGTH_MAX:
        return Fault(question.key, Problem.TOO_LONG, TEXT_LENGTH_MAX)
    if contains_card_number(words):
        return Fault(question.key, Problem.CARD_NUMBER)
    return words


def _same(given: Answer, wanted: Answer) -> bool:
    return type(given) is type(wanted) and given == wanted


@dataclass(frozen=True)
class Area:
    """The ground of a zone: a ring of points when it is drawn, else a circle around its middle."""

    zone: ZoneId
    centre: Point
    radius_metres: int
    ring: tuple[Point, ...]


def in_area(point: Point, area: Area) -> bool:
    """Whether the point lies on the ground of the zone; a ring is closed by itself."""
    if not area.ring:
        return metres_between(point, area.centre) <= area.radius_metres
    inside = False
    for a, b in zip(area.ring, area.ring[1:] + area.ring[:1], strict=True):
        if (a.latitude > point.latitude) != (b.latitude > point.latitude):
            share = (point.latitude - a.latitude) / (b.latitude - a.latitude)
            inside ^= point.longitude < a.longitude + share * (b.longitude - a.longitude)
    return inside


def area_of(point: Point, areas: Sequence[Area]) -> Area | None:
    """The zone a point belongs to: of all that hold it the one whose middle is nearest; None outside of all."""
    holding = [area for area in areas if in_area(point, area)]
    return min(holding, key=lambda area: (metres_between(point, area.centre), area.zone), default=None)


@dataclass(frozen=True)
class Match:
    """A service that a search found; `likeness` is between 0 and 1."""

    service: ServiceId
    category: UUID
    title: Texts
    likeness: float
