"""What anybody may see: services with their price, the area, the policy, the theme; with and without cookies."""

import re
from html import unescape
from typing import Any
from urllib.parse import urlencode

import pytest

from booking.jobs import requests
from marketplace.catalogue import queries as catalogue
from marketplace.catalogue.queries import Service
from marketplace.catalogue.rules import Question, QuestionKind, visible_questions
from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from marketplace.foundation.languages import Formatter, native_digits
from marketplace.privacy import actions as privacy
from marketplace.privacy import queries as policies
from marketplace.privacy.rules import COOKIES, Slots
from tests.web.conftest import Town, Visitor
from web import ways
from web.home import home
from web.policies import POLICIES
from web.respond import formatter_for

AC = "/services/ac/ac_service"
ANSWERS = {"about-type": "split", "about-count": "3", "about-outdoor": "ladder", "about-gas": "yes"}


def words(text: str) -> str:
    """What a reader sees of a page's main part."""
    main = text[text.index("<main") : text.index("</main>")]
    main = re.sub(r"</?bdi[^>]*>", "", main)
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", main)).split())


def money(language: str, minor: Any) -> str:
    return formatter_for(language, home()).money(minor)


def likely(service: Service) -> dict[str, str]:
    """Answers that are accepted: the first option, the smallest number, yes."""
    given: dict[str, str] = {}
    for _ in range(len(service.questions)):
        for question in visible_questions(service.questions, given):
            given.setdefault(question.key, _likely(question))
    return given


def _likely(question: Question) -> str:
    match question.kind:
        case QuestionKind.CHOICE:
            return question.options[0].key
        case QuestionKind.NUMBER:
            return str(question.at_least or 1)
        case QuestionKind.YES_NO:
            return "yes"
        case QuestionKind.TEXT:
            return "words"


@pytest.mark.parametrize("language", ["en", "bn", "fa", "ar"])
def test_the_first_page_offers_the_six_categories_in_the_readers_language(visitor: Visitor, language: str) -> None:
    visitor.language = language
    page = visitor.get("/")
    with transaction() as session:
        offered = catalogue.categories(session, now=clock.now())
    assert page.status_code == 200
    assert page.headers["content-language"] == language
    assert len(offered) == 6
    for category in offered:
        assert f'href="/services/{category.key}"' in page.text
        assert category.title[language] in unescape(page.text)


def test_every_service_has_a_page_and_the_price_that_a_booking_would_have(visitor: Visitor) -> None:
    with transaction() as session:
        offered = [
            (each.key, card.key) for each in catalogue.categories(session, now=clock.now()) for card in each.services
        ]
    assert offered
    for category, key in offered:
        now = clock.now()
        with transaction() as session:
            service = catalogue.service(session, key, now=now)
            given = likely(service)
            total = requests.terms_for(session, service.id, given, window=None, now=now).quote.total
        query = urlencode({f"about-{name}": value for name, value in given.items()})
        page = visitor.get(f"/services/{category}/{key}?{query}")
        assert page.status_code == 200, key
        assert money("en", total) in words(page.text), key


def test_the_price_is_explained_and_so_is_what_cancelling_costs(visitor: Visitor) -> None:
    page = visitor.get(f"{AC}?{urlencode(ANSWERS)}")
    shown = words(page.text)
    for said in ("beyond the first", "Total", "If you cancel", "When they are on the way", "If nobody opens the door"):
        assert said in shown
    assert "Book this" in shown
    assert "/book/ac_service?" in page.text


@pytest.mark.parametrize("digits", ["bn", "fa", "ar", "en"])
def test_a_number_in_any_script_of_digits_has_the_same_price(visitor: Visitor, digits: Any) -> None:
    latin = words(visitor.get(f"{AC}?{urlencode(ANSWERS)}").text)
    typed = ANSWERS | {"about-count": native_digits("3", digits)}
    page = words(visitor.get(f"{AC}?{urlencode(typed)}").text)
    total = re.search(r"Total (\S+)", latin)
    assert total is not None
    assert f"Total {total[1]}" in page


@pytest.mark.parametrize("count", ["0", "-3", "11", "99999999999999999999", "three", "3.5"])
def test_an_impossible_number_is_refused_beside_its_question_and_kept(visitor: Visitor, count: str) -> None:
    page = visitor.get(f"{AC}?{urlencode(ANSWERS | {'about-count': count})}")
    assert page.status_code == 422
    assert 'id="about-count-error"' in page.text
    assert f'value="{count}"' in page.text
    assert "<title>Error:" in page.text


def test_a_page_that_nothing_was_asked_on_yet_complains_about_nothing(visitor: Visitor) -> None:
    page = visitor.get(AC)
    assert page.status_code == 200
    assert "error" not in words(page.text).lower()


def test_a_persons_words_never_go_into_the_address_of_a_price(visitor: Visitor) -> None:
    with transaction() as session:
        service = catalogue.service(session, "ac_repair", now=clock.now())
    text = next(each.key for each in service.questions if each.kind is QuestionKind.TEXT)
    page = visitor.get(f"/services/ac/ac_repair?{urlencode({'about-' + text: 'my secret words'})}")
    assert "secret" not in words(page.text)
    assert f'name="about-{text}"' not in page.text


@pytest.mark.parametrize(
    "path",
    ["/services/nothing", "/services/ac/nothing", "/services/plumber/ac_service", "/services/ac/ac_service/more",
     "/services/%00", "/services/" + "x" * 3000, "/nowhere"],
)  # fmt: skip
def test_what_is_not_offered_is_not_found(visitor: Visitor, path: str) -> None:
    page = visitor.get(path)
    assert page.status_code == 404
    assert "<h1>" in page.text


def test_a_services_own_name_leads_to_its_page(visitor: Visitor) -> None:
    page = visitor.get("/services/ac_service")
    assert page.status_code == 303
    assert page.headers["location"] == AC


@pytest.mark.parametrize("language", ["en", "bn", "fa", "ar"])
def test_an_area_is_found_by_its_name_in_any_script(visitor: Visitor, town: Town, language: str) -> None:
    for zone in town.cast.town.zones[:3]:
        page = visitor.get(f"/area?{urlencode({'q': zone.name[language]})}")
        assert f"Yes, we come to {zone.name['en']}." in words(page.text)


def test_an_area_we_do_not_know_is_said_so_with_a_way_on(visitor: Visitor) -> None:
    page = visitor.get(f"/area?{urlencode({'q': '<b>Atlantis</b>'})}")
    assert "We know no area called <b>Atlantis</b>" in words(page.text)
    assert "<b>Atlantis" not in page.text


@pytest.mark.parametrize("query", ["", "   ", "%", "_", "'", "x" * 5000, "\x00", "০১২"])
def test_any_search_has_an_answer(visitor: Visitor, query: str) -> None:
    for path in ("/search", "/area"):
        assert visitor.get(f"{path}?{urlencode({'q': query})}").status_code == 200


def test_a_search_finds_services_by_their_name(visitor: Visitor) -> None:
    with transaction() as session:
        service = catalogue.service(session, "ac_service", now=clock.now())
    for language in ("en", "bn", "fa", "ar"):
        page = visitor.get(f"/search?{urlencode({'q': service.title[language]})}")
        assert 'href="/services/ac/ac_service"' in page.text, language


def test_the_policy_shows_its_version_date_in_the_readers_calendar(visitor: Visitor) -> None:
    with transaction() as session:
        policy = policies.current_policy(session, now=clock.now())
    assert policy is not None
    for language in ("en", "bn", "fa", "ar"):
        visitor.language = language
        reader: Formatter = formatter_for(language, home())
        page = visitor.get("/policy")
        assert reader.date(policy.posted_at, "long") in words(page.text)
        for section in policy.page.sections:
            assert section.title[language] in words(page.text)


def test_the_policy_page_holds_every_row_that_was_generated(visitor: Visitor) -> None:
    with transaction() as session:
        policy = policies.current_policy(session, now=clock.now())
    assert policy is not None
    shown = words(visitor.get("/policy").text)
    cells = [cell["en"] for section in policy.page.sections for row in section.rows for cell in row]
    assert cells
    assert [cell for cell in cells if " ".join(cell.split()) not in shown] == []


def test_each_version_keeps_its_address_and_says_whether_it_holds(visitor: Visitor) -> None:
    slots = Slots(*(dict.fromkeys(("en", "bn", "fa", "ar"), "Somebody, here") for _ in range(4)))
    with transaction() as session:
        second = privacy.publish(session, slots=slots, change="minor", by=None, now=clock.now())
    assert "no longer in force" in words(visitor.get("/policy/1").text)
    assert f"Version {second.number}" in words(visitor.get("/policy").text)
    with transaction() as session:
        third = privacy.publish(
            session, slots=slots, change="substantial", by=None, now=clock.now(), profiles=("field_force",)
        )
    assert "takes effect on" in words(visitor.get(f"/policy/{third.number}").text)
    assert f"Version {second.number}" in words(visitor.get("/policy").text)


@pytest.mark.parametrize("number", ["0", "99", "-1", "999999999999999999999", "one", "1.5"])
def test_a_version_that_never_was_is_not_found(visitor: Visitor, number: str) -> None:
    assert visitor.get(f"/policy/{number}").status_code == 404


def test_the_pages_around_are_there(visitor: Visitor) -> None:
    for path in ("/promises", "/help", "/-/letters", "/sign-in", "/sign-in/code", "/register", "/reset", "/reset/sent"):
        assert visitor.get(path).status_code == 200, path


def test_a_crawl_sets_no_cookie_outside_the_register(visitor: Visitor) -> None:
    for path in ("/", AC, "/policy", "/area", "/sign-in", "/?language=bn"):
        visitor.get(path)
    visitor.post("/theme", {"theme": "dark", "back": "/"})
    registered = {cookie.name.removeprefix("__Host-") for cookie in COOKIES}
    assert set(visitor.client.cookies) <= registered


def test_the_optional_cookie_waits_for_a_choice(visitor: Visitor) -> None:
    for path in ("/", AC, "/policy"):
        visitor.get(path)
    assert set(visitor.client.cookies) == {"session"}


def test_a_theme_is_kept_and_leads_back(visitor: Visitor) -> None:
    answer = visitor.post("/theme", {"theme": "dark", "back": "/area?q=a"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/area?q=a")
    assert 'data-theme="dark"' in visitor.get("/").text
    visitor.get("/?language=fa")
    page = visitor.get("/")
    assert 'data-theme="dark"' in page.text
    assert 'lang="fa"' in page.text


@pytest.mark.parametrize("theme", ["", "purple", "dark; x=y", "AUTO"])
def test_what_is_no_theme_changes_nothing(visitor: Visitor, theme: str) -> None:
    answer = visitor.post("/theme", {"theme": theme, "back": "/help"})
    assert answer.status_code == 303
    assert "language" not in visitor.client.cookies


EVIL = ["//evil.example", "https://evil.example", "/\\evil.example", "\\\\evil.example", "javascript:alert(1)",
        "/\t/evil.example", "/\n/evil.example", " //evil.example", "evil.example",
        "/" + "x" * 600, "", "/\u2028/x"]  # fmt: skip


@pytest.mark.parametrize("path", EVIL)
def test_nobody_is_led_to_another_site(visitor: Visitor, path: str) -> None:
    answer = visitor.post("/theme", {"theme": "dark", "back": path})
    assert answer.headers["location"] == "/"
    assert ways.own_path(path) == ""


def test_own_pages_are_kept_as_the_way_on_but_not_those_of_signing_in() -> None:
    assert ways.own_path("/jobs/1?page=2") == "/jobs/1?page=2"
    assert [ways.own_path(path) for path in ("/sign-in", "/sign-out", "/reset/abc", "/register?next=/x")] == [""] * 4
    assert ways.with_next("/sign-in", "/jobs?a=1&b=২") == "/sign-in?next=/jobs%3Fa%3D1%26b%3D%E0%A7%A8"


def test_without_cookies_everything_is_seen_and_forms_say_what_they_need(visitor: Visitor) -> None:
    for path in ("/", AC, f"{AC}?{urlencode(ANSWERS)}", "/policy", "/area", "/help", "/register"):
        visitor.client.cookies.clear()
        assert visitor.get(path).status_code == 200, path
    visitor.client.cookies.clear()
    assert "needs one cookie" in words(visitor.get("/sign-in").text)
    visitor.client.cookies.clear()
    answer = visitor.client.post(
        "/sign-in",
        data={"account": "rahima", "password": "x"},
        headers={"accept": "text/html", "accept-language": "en"},
    )
    assert answer.status_code == 403
    assert "did not send back our cookie" in words(answer.text)
    assert "tel:" in answer.text


def test_a_page_of_ones_own_leads_to_signing_in_once_and_stops_there(visitor: Visitor) -> None:
    visitor.client.cookies.clear()
    answer = visitor.get("/account?a=1")
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?next=/account%3Fa%3D1")
    visitor.client.cookies.clear()
    assert visitor.get(answer.headers["location"]).status_code == 200


def test_letters_are_shown_in_development_only() -> None:
    assert POLICIES["public.letters"].development


def test_pages_speak_the_readers_language_even_where_nothing_is(visitor: Visitor) -> None:
    visitor.language = "bn"
    page = visitor.get("/nowhere/at/all")
    assert page.status_code == 404
    assert 'lang="bn"' in page.text
