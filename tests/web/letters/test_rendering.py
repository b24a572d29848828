"""Every letter in every language: whole, isolated where it must be, and in one SMS."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from marketplace.foundation.languages import LANGUAGES, Formatter, Language
from marketplace.foundation.money import Money
from marketplace.notices.rules import LETTERS
from web.letters.facts import NEEDS, Address, Clock, Code, Facts, Span, check_facts
from web.letters.rendering import FOLDER, WIDE_SEGMENT, Rendered, Site, render, segments
from web.translations import LOCALES, load

SITE = Site(house="Karigar", base_url="https://karigar.example/")
READERS: dict[Language, Formatter] = {
    "en": Formatter("en", "Asia/Dhaka"),
    "bn": Formatter("bn", "Asia/Dhaka"),
    "fa": Formatter("fa", "Asia/Tehran", "jalali", region="IR"),
    "ar": Formatter("ar", "Asia/Qatar", region="QA"),
}
SERVICES: dict[Language, str] = {"en": "AC service", "bn": "এসি সার্ভিস", "fa": "سرویس کولر", "ar": "صيانة المكيف"}
NAMES: dict[Language, str] = {"en": "Karim Uddin", "bn": "করিম উদ্দিন", "fa": "کریم احمدی", "ar": "كريم الدين"}
TRADES: dict[Language, str] = {"en": "Electrician", "bn": "ইলেকট্রিশিয়ান", "fa": "برق‌کار", "ar": "كهربائي"}
AREAS: dict[Language, str] = {"en": "Dhanmondi", "bn": "ধানমন্ডি", "fa": "یوسف‌آباد", "ar": "الدفنة"}
CURRENCIES: dict[Language, str] = {"en": "BDT", "bn": "BDT", "fa": "IRR", "ar": "QAR"}
LATE = datetime(2026, 11, 25, 17, 30, tzinfo=UTC)  # a Wednesday: the longest name of a day in Bengali is Thursday's
LONG = ("reset", "booking_by_phone")
EVERY = [(letter, language) for letter in NEEDS for language in LANGUAGES]


def sample(letter: str, language: Language) -> Facts:
    money = Money(18_500_000 if language == "fa" else 185_000, CURRENCIES[language])
    everything: Facts = {
        "service": SERVICES[language], "specialist": NAMES[language], "area": AREAS[language],
        "day": date(2026, 11, 26), "window": Span(LATE, LATE), "number": Code("K7-42"), "page": Address("jobs/0193-ab"),
        "rules": Address("policy"), "kept": False, "usual": True,
        "minutes": 15, "code": Code("482913"), "last": Code("4567"), "amount": money, "balance": money, "refund": money,
        "owed": money, "limit": money, "left": money, "visits": 2, "approved": True, "count": 12_345,
        "hash": Code("9f" * 32), "begins": Code("9f" * 6), "rank": 2, "bids": 5, "searching": True,
        "paused": True, "stands": True, "withdrawn": False, "step": "done",
        "at": Clock(LATE), "mates": NAMES[language], "leader": NAMES[language],
        "leads": False, "trade": TRADES[language], "unit": "B-12", "building": "House 7", "urgency": "urgent",
        "until": Clock(LATE) if letter == "offer" else LATE,
    }  # fmt: skip
    return {name: everything[name] for name in NEEDS[letter]}


def written(letter: str, language: Language) -> Rendered:
    return render(letter, READERS[language], sample(letter, language), site=SITE)


def test_every_letter_has_its_needs_its_folder_and_its_four_texts() -> None:
    assert set(NEEDS) == set(LETTERS)
    for letter in LETTERS:
        found = {path.name for path in (FOLDER / letter).iterdir()}
        assert found == {"subject.txt", "short.txt", "plain.txt", "message.html"}


@pytest.mark.parametrize(("letter", "language"), EVERY)
def test_every_letter_says_its_facts_in_every_language(letter: str, language: Language) -> None:
    letter_written = written(letter, language)
    for text in (letter_written.subject, letter_written.short, letter_written.plain, letter_written.html):
        assert text.strip()
        assert "{" not in text
        assert "\n" not in letter_written.subject + letter_written.short
    assert f'lang="{language}" dir="{READERS[language].direction}"' in letter_written.html
    if "page" in NEEDS[letter]:
        assert "https://karigar.example/jobs/0193-ab" in letter_written.plain
        assert 'href="https://karigar.example/jobs/0193-ab"' in letter_written.html


@pytest.mark.parametrize(("letter", "language"), [each for each in EVERY if each[0] not in LONG])
def test_every_sms_is_one_segment(letter: str, language: Language) -> None:
    """All but those with an address: one of them, with a token of 256 bits, is longer than a segment."""
    short = written(letter, language).short
    assert segments(short) == 1, f"{len(short)} letters of {WIDE_SEGMENT}: {short}"


@pytest.mark.parametrize("language", LANGUAGES)
def test_word_to_a_team_is_one_segment_however_urgent_and_why(language: Language) -> None:
    for step in ("reported", "returned", "given"):
        for urgency in ("urgent", "soon", "normal"):
            facts = {**sample("ticket_waiting", language), "step": step, "urgency": urgency}
            made = render("ticket_waiting", READERS[language], facts, site=SITE)
            assert segments(made.short) == 1, f"{len(made.short)}: {made.short}"
            assert "House 7" in made.subject


@pytest.mark.parametrize("language", ["bn", "fa", "ar"])
def test_every_sentence_of_letters_is_translated(language: Language) -> None:
    spoken = load(language, LOCALES)
    for letter in LETTERS:
        english = render(letter, READERS["en"], sample(letter, language), site=SITE)
        here = written(letter, language)
        for ours, theirs in ((english.subject, here.subject), (english.plain, here.plain), (english.html, here.html)):
            assert ours != theirs
    assert spoken.gettext("See your booking") != "See your booking"


def test_a_code_keeps_its_digits_and_stands_from_left_to_right() -> None:
    assert "482913" in written("code", "bn").short
    assert '<bdi dir="ltr">482913</bdi>' in written("code", "fa").html


def test_names_are_escaped_in_html_and_plain_in_text() -> None:
    facts = {**sample("on_the_way", "en"), "specialist": "<b>Karim</b>"}
    letter = render("on_the_way", READERS["en"], facts, site=SITE)
    assert "<b>" not in letter.html
    assert "&lt;b&gt;Karim&lt;/b&gt;" in letter.html
    assert "<b>Karim</b> is on the way" in letter.short


def test_a_name_of_the_other_direction_is_isolated_in_text() -> None:
    facts = {**sample("on_the_way", "fa"), "specialist": "Karim"}
    assert "\u2068Karim\u2069" in render("on_the_way", READERS["fa"], facts, site=SITE).short
    assert "\u2068" not in written("on_the_way", "en").short


def test_an_amount_below_zero_runs_as_its_reader_reads() -> None:
    facts = {**sample("topup_credited", "fa"), "balance": Money(-1_500_000, "IRR")}
    letter = render("topup_credited", READERS["fa"], facts, site=SITE)
    assert '<bdi dir="rtl">\u200e\u2212' in letter.html
    assert "\u2067\u200e\u2212" in letter.plain


def test_an_english_sms_stays_in_the_small_alphabet_of_telephones() -> None:
    assert written("topup_credited", "en").short == "Received: Tk 1,850.00. In your wallet: Tk 1,850.00."
    assert segments("a" * 160) == 1
    assert segments("a" * 161) == 2
    assert segments("৳" + "a" * 70) == 2


def test_nothing_returned_is_not_spoken_of() -> None:
    facts = {**sample("cancelled", "en"), "refund": Money.zero("BDT")}
    letter = render("cancelled", READERS["en"], facts, site=SITE)
    assert "Returned" not in letter.short
    assert "wallet" not in letter.plain


def test_a_booking_by_phone_says_what_it_waits_for() -> None:
    unpaid, kept = (
        render("booking_by_phone", READERS["en"], {**sample("booking_by_phone", "en"), "kept": each}, site=SITE)
        for each in (False, True)
    )
    for text in (unpaid.plain, unpaid.html):
        assert "as soon as it is paid for" in text
        assert "We are looking for" not in text
    for text in (kept.plain, kept.html):
        assert "We are looking for a specialist" in text
    assert ("pay" in unpaid.short, "pay" in kept.short + kept.plain) == (True, False)


def test_wrong_facts_are_a_fault() -> None:
    with pytest.raises(TypeError, match="minutes"):
        check_facts("code", {"code": Code("1")})
    with pytest.raises(TypeError, match="code"):
        check_facts("code", {"code": "1", "minutes": 5})


def test_letters_are_no_place_for_sentences_in_parts() -> None:
    """Each line of a letter is one whole sentence for translators: no bare words around a call."""
    for path in sorted(Path(FOLDER).glob("*/*.txt")):
        for line in path.read_text("utf-8").splitlines():
            assert not line or (line.startswith(("{{", "{%")) and line.endswith(("}}", "%}"))), f"{path}: {line}"
