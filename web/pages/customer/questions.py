"""A service's own questions as a form: what was typed becomes answers, each fault stands beside its question."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from marketplace.catalogue.rules import (
    Answer,
    AnswersNotAccepted,
    Fault,
    Problem,
    Question,
    QuestionKind,
    validate_answers,
    visible_questions,
)
from marketplace.foundation.errors import Refused
from marketplace.foundation.languages import ascii_digits
from marketplace.foundation.reading import NotANumber
from web.forms.fields import CardNumberTyped, Fields, Missing, NotOffered, NotWhole, TooLong

PREFIX = "about-"
LARGEST = 999_999_999  # of a number without a bound of its own
TEXT_LONGEST = 500


@dataclass(frozen=True)
class Read:
    """What came of a form of questions: accepted answers, or the questions to show again with what is wrong.

    `further` says that nothing is wrong, only that an answer has brought up a question that was not on the page.
    """

    answers: Mapping[str, Answer]
    shown: tuple[Question, ...]
    values: Mapping[str, object]
    errors: Mapping[str, Refused]
    further: bool = False

    @property
    def is_accepted(self) -> bool:
        return not self.errors and not self.further


def name_of(question: Question) -> str:
    """The name of a question's field."""
    return PREFIX + question.key


def read(questions: Sequence[Question], fields: Fields, *, asked: Sequence[str]) -> Read:
    """Read the form. `asked` are the keys of the questions that were on the page when it was filled in."""
    given = {question.key: _given(question, fields) for question in questions}
    shown = visible_questions(questions, given)
    values: dict[str, object] = {name_of(each): fields.raw(name_of(each)) for each in questions}
    try:
        return Read(validate_answers(questions, given), shown, values, {})
    except AnswersNotAccepted as refused:
        faults = refused.faults
    by_key = {each.key: each for each in questions}
    # A question that an answer has only just brought up was not on the page: its absence is nobody's mistake.
    own = [fault for fault in faults if fault.question in asked or fault.problem is not Problem.MISSING]
    errors = {name_of(by_key[fault.question]): _worded(by_key[fault.question], fault) for fault in own}
    if not errors:
        return Read({}, shown, values, {}, further=True)
    return Read({}, shown, values, errors)


def filled(questions: Sequence[Question], answers: Mapping[str, Answer]) -> dict[str, object]:
    """The answers as the form's fields hold them."""
    words = {True: "yes", False: "no"}
    return {
        name_of(each): words[given] if isinstance(given, bool) else given
        for each in questions
        if (given := answers.get(each.key)) is not None
    }


def _given(question: Question, fields: Fields) -> str:
    typed = fields.raw(name_of(question))
    return ascii_digits(typed) if question.kind is QuestionKind.NUMBER else typed


def _worded(question: Question, fault: Fault) -> Refused:
    """The refusal that has the words for this fault."""
    match fault.problem:
        case Problem.MISSING | Problem.NOT_A_TEXT:
            return Missing()
        case Problem.TOO_SMALL | Problem.TOO_LARGE:
            return NotWhole(question.at_least or 0, LARGEST if question.at_most is None else question.at_most)
        case Problem.NOT_A_NUMBER:
            return NotANumber()
        case Problem.TOO_LONG:
            return TooLong(fault.limit or TEXT_LONGEST)
        case Problem.CARD_NUMBER:
            return CardNumberTyped()
        case Problem.UNKNOWN_OPTION | Problem.NOT_YES_OR_NO:
            return NotOffered()
