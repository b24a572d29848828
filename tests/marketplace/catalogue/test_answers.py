"""Answers to a service's questions: what is taken, what is refused, what it costs and how long it takes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.catalogue.rules import (
    AnswersNotAccepted,
    Fault,
    LineKind,
    Option,
    PriceBookIncomplete,
    PriceLine,
    Problem,
    Question,
    QuestionKind,
    ShowIf,
    check_price_line,
    chosen_lines,
    sort_key,
    validate_answers,
    visible_questions,
    visit_minutes,
)
from marketplace.foundation.money import Money

WORDS = {"en": "x", "bn": "x", "fa": "x", "ar": "x"}


def question(key: str, kind: str, *, required: bool = True, show_if: ShowIf | None = None) -> Question:
    options = tuple(Option(each, WORDS) for each in ("split", "window")) if kind == "choice" else ()
    least, most = (1, 10) if kind == "number" else (None, None)
    return Question(key, QuestionKind(kind), WORDS, None, required, show_if, options, least, most, None)


ASKED = (
    question("type", "choice"),
    question("count", "number"),
    question("high", "yes_no", show_if=ShowIf("type", ("split",))),
    question("rope", "yes_no", show_if=ShowIf("high", (True,))),
    question("notes", "text", required=False),
)


def line(
    key: str,
    kind: LineKind,
    minor: int,
    *,
    minutes: int = 0,
    question: str | None = None,
    option: str | None = None,
    included: int = 0,
) -> PriceLine:
    return PriceLine(key, kind, WORDS, Money(minor, "BDT"), minutes, question, option, included)


LINES = (
    line("base", LineKind.BASE, 80_000),
    line("count", LineKind.PER_UNIT, 60_000, question="count", included=1, minutes=45),
    line("high", LineKind.OPTION, 20_000, question="high", option="yes", minutes=10),
    line("type.window", LineKind.OPTION, 5_000, question="type", option="window"),
    line("visit", LineKind.VISIT_FEE, 25_000),
)


def faults(answers: dict[str, object]) -> tuple[Fault, ...]:
    with pytest.raises(AnswersNotAccepted) as refusal:
        validate_answers(ASKED, answers)
    return refusal.value.faults


def test_answers_come_back_typed_and_in_order() -> None:
    given = {"count": "3", "type": "split", "high": "no", "notes": "  third floor "}
    accepted = validate_answers(ASKED, given)
    assert list(accepted.items()) == [("type", "split"), ("count", 3), ("high", False), ("notes", "third floor")]


def test_every_fault_is_told_at_once() -> None:
    assert faults({"type": "boat", "count": "eleven", "notes": "a"}) == (
        Fault("type", Problem.UNKNOWN_OPTION),
        Fault("count", Problem.NOT_A_NUMBER),
    )


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        (None, Fault("count", Problem.MISSING)),
        ("  ", Fault("count", Problem.MISSING)),
        (0, Fault("count", Problem.TOO_SMALL, 1)),
        ("-4", Fault("count", Problem.TOO_SMALL, 1)),
        (11, Fault("count", Problem.TOO_LARGE, 10)),
        ("9" * 13, Fault("count", Problem.NOT_A_NUMBER)),
        ("--5", Fault("count", Problem.NOT_A_NUMBER)),
        (2.5, Fault("count", Problem.NOT_A_NUMBER)),
        (True, Fault("count", Problem.NOT_A_NUMBER)),
    ],
)
def test_a_number_out_of_bounds_is_refused_with_its_bound(given: object, fault: Fault) -> None:
    assert faults({"type": "window", "count": given}) == (fault,)


def test_yes_and_no_are_taken_as_words_or_values_and_nothing_else() -> None:
    for said, wanted in (("yes", True), (True, True), ("no", False), (False, False)):
        rest = {"rope": "no"} if wanted else {}
        assert validate_answers(ASKED, {"type": "split", "count": 1, "high": said, **rest})["high"] is wanted
    assert faults({"type": "split", "count": 1, "high": 1})[0].problem is Problem.NOT_YES_OR_NO


def test_a_hidden_question_never_blocks_and_is_never_kept() -> None:
    accepted = validate_answers(ASKED, {"type": "window", "count": 1, "high": "yes", "rope": "yes"})
    assert accepted == {"type": "window", "count": 1}


def test_a_question_that_hangs_on_a_hidden_one_is_hidden_too() -> None:
    shown = visible_questions(ASKED, {"type": "window", "high": True})
    assert [each.key for each in shown] == ["type", "count", "notes"]
    shown = visible_questions(ASKED, {"type": "split", "high": "yes"})
    assert [each.key for each in shown] == ["type", "count", "high", "rope", "notes"]


def test_a_text_is_at_most_five_hundred_characters() -> None:
    right = {"type": "window", "count": 1}
    assert validate_answers(ASKED, {**right, "notes": "ক" * 500})["notes"] == "ক" * 500
    assert faults({**right, "notes": "ক" * 501}) == (Fault("notes", Problem.TOO_LONG, 500),)


def test_a_card_number_is_refused_in_a_text_in_any_digits() -> None:
    for written in ("pay with 4111 1111 1111 1111", "৪১১১১১১১১১১১১১১১", "۴۱۱۱-۱۱۱۱-۱۱۱۱-۱۱۱۱"):
        assert faults({"type": "window", "count": 1, "notes": written}) == (Fault("notes", Problem.CARD_NUMBER),)


@given(st.dictionaries(st.sampled_from([each.key for each in ASKED]), st.text() | st.integers() | st.booleans()))
def test_whatever_is_answered_the_answers_are_accepted_or_refused_and_accepted_ones_stay(
    given: dict[str, object],
) -> None:
    try:
        accepted = validate_answers(ASKED, given)
    except AnswersNotAccepted:
        return
    assert validate_answers(ASKED, accepted) == accepted


def test_the_answers_choose_the_price_lines_and_the_minutes() -> None:
    chosen = chosen_lines(LINES, {"type": "split", "count": 3, "high": True})
    assert [(each.line.key, each.quantity, each.amount.minor) for each in chosen] == [
        ("base", 1, 80_000), ("count", 2, 120_000), ("high", 1, 20_000),
    ]  # fmt: skip
    assert visit_minutes(60, chosen) == 165  # 60 + 2 · 45 + 10, rounded up to a quarter


def test_a_visit_fee_is_never_part_of_the_price() -> None:
    chosen = chosen_lines(LINES, {"type": "window", "count": 1})
    assert [each.line.key for each in chosen] == ["base", "type.window"]


@pytest.mark.parametrize(
    "wrong",
    [
        line("a", LineKind.BASE, 1, question="type"),
        line("b", LineKind.PER_UNIT, 1, question="type"),
        line("c", LineKind.PER_UNIT, 1, question="gone"),
        line("d", LineKind.OPTION, 1, question="type", option="boat"),
        line("e", LineKind.OPTION, 1, question="high", option="no"),
        line("f", LineKind.BASE, -1),
    ],
)
def test_a_price_line_speaks_only_of_what_is_asked(wrong: PriceLine) -> None:
    with pytest.raises(PriceBookIncomplete):
        check_price_line("ac_service", wrong, ASKED)


def test_persian_names_sort_in_the_order_of_the_persian_alphabet() -> None:
    names = ["ونک", "گیشا", "پونک", "تجریش", "یوسف", "چیتگر", "اکباتان"]
    in_order = sorted(names, key=lambda name: sort_key(name, "fa"))
    assert in_order == ["اکباتان", "پونک", "تجریش", "چیتگر", "گیشا", "ونک", "یوسف"]
