"""The catalogue's own texts and prices: complete, in four languages, and priced in every town."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from marketplace.catalogue import content
from marketplace.catalogue.content import PointValue
from marketplace.catalogue.rules import LineKind, Question, QuestionKind, Texts, check_price_line

SCRIPTS = {
    "en": re.compile(r"[A-Za-z]"),
    "bn": re.compile(r"[\u0980-\u09ff]"),
    "fa": re.compile(r"[\u0600-\u06ff]"),
    "ar": re.compile(r"[\u0600-\u06ff]"),
}
LATIN_WORD = re.compile(r"[A-Za-z]{2,}")
NOT_ARABIC = re.compile(r"[پچژگکی]")
NOT_PERSIAN = re.compile(r"[يكةى]")
TAKA = PointValue("BDT", 10_000, 1_000, {})


def texts() -> Iterator[tuple[str, Texts]]:
    for skill in content.skills():
        yield skill.key, skill.title
    for category in content.categories():
        yield category.key, category.title
        yield category.key, category.summary
        for service in category.services:
            yield service.key, service.title
            yield service.key, service.summary
            yield from ((f"{service.key}.{line.key}", line.title) for line in service.lines)
            for question in service.questions:
                parts = [question.title, question.hint, question.unit, *(option.title for option in question.options)]
                yield from ((f"{service.key}.{question.key}", part) for part in parts if part is not None)


@pytest.mark.parametrize("language", ["en", "bn", "fa", "ar"])
def test_every_text_stands_in_every_language_and_in_its_own_script(language: str) -> None:
    for where, text in texts():
        assert set(text) == {"en", "bn", "fa", "ar"}, where
        words = text[language]
        assert words == words.strip(), where
        assert words, where
        assert SCRIPTS[language].search(words) or words == "m²", f"{where}: {words}"
        if language != "en":
            assert not LATIN_WORD.search(words), f"{where} is left in English: {words}"


def test_persian_and_arabic_letters_are_not_mixed_up() -> None:
    for where, text in texts():
        assert not NOT_ARABIC.search(text["ar"]), f"{where}: {text['ar']}"
        assert not NOT_PERSIAN.search(text["fa"]), f"{where}: {text['fa']}"
        assert text["fa"] != text["en"], where


def test_digits_are_those_of_the_language() -> None:
    for where, text in texts():
        assert not re.search(r"[0-9]", text["bn"] + text["fa"] + text["ar"]), where
        assert not re.search(r"[۰-۹]", text["ar"]), where
        assert not re.search(r"[٠-٩]", text["fa"]), where


def test_the_six_trades_of_the_promise_are_there_with_two_to_five_services_each() -> None:
    trades = content.categories()
    assert [trade.key for trade in trades] == ["house_moving", "mason", "plumber", "electrician", "ac", "repairs"]
    for trade in trades:
        assert 2 <= len(trade.services) <= 5, trade.key
        for service in trade.services:
            assert 2 <= len(service.questions) <= 5, service.key
            assert service.skills, service.key
    keys = [service.key for trade in trades for service in trade.services]
    assert len(keys) == len(set(keys))


def test_every_condition_and_skill_names_something_that_exists() -> None:
    known = {skill.key for skill in content.skills()}
    for service in (each for trade in content.categories() for each in trade.services):
        assert set(service.skills) <= known
        asked: dict[str, Question] = {}
        for question in service.questions:
            if question.show_if:
                before = asked[question.show_if.question]  # only an earlier question may decide
                wanted = set(question.show_if.any_of)
                if before.kind is QuestionKind.CHOICE:
                    assert wanted <= {option.key for option in before.options}, question.key
                else:
                    assert wanted <= {True, False}, question.key
            asked[question.key] = question


def test_every_line_can_be_priced_and_every_service_has_one_base_and_one_visit_fee() -> None:
    for trade in content.categories():
        for service in trade.services:
            lines = content.priced(trade, service, TAKA)
            kinds = [line.kind for line in lines]
            assert kinds.count(LineKind.BASE) == kinds.count(LineKind.VISIT_FEE) == 1
            for line in lines:
                check_price_line(service.key, line, service.questions)
            assert len({line.key for line in lines}) == len(lines)


def test_points_become_money_rounded_to_the_step_of_the_town() -> None:
    trade = content.categories()[4]
    service = trade.services[0]
    tehran = PointValue("IRR", 1_000_000, 100_000, {"ac": 103})
    base = content.priced(trade, service, tehran)[0].amount
    assert (base.minor, base.currency) == (8_200_000, "IRR")  # 800 points · 10 000 · 1.03 = 8 240 000


def test_no_file_of_the_catalogue_is_longer_than_four_hundred_lines() -> None:
    for file in Path(content.__path__[0]).glob("*"):
        if file.is_file():
            assert len(file.read_text(encoding="utf-8").splitlines()) <= 400, file.name
