"""The marketplace policy (promises.md A.5), K9: no access whatever to anything of a card."""

import re
from uuid import uuid4

import pytest
from litestar import Litestar

from marketplace.foundation import cards, tasks
from marketplace.foundation.database import transaction
from marketplace.foundation.registry import columns
from payments.topups.tables import TopUp, TopUpAttempt
from tests.promises.looking import dump, in_every_script, opened, plain
from tests.promises.routes import Route, routes_of
from tests.promises.story import Story
from tests.web.conftest import Town

CARD = "4111 1111 1111 1111"
DIGITS = CARD.replace(" ", "")
ABOUT_CARDS = {"card", "pan", "cvv", "cvc", "cardholder", "expiry"}
KEPT = {  # payments.md §6.1, the closed lists of columns
    "id", "owner", "wallet", "amount", "currency", "state", "created_at", "paid_at", "expires_at", "late", "subject",
    "topup", "gateway", "txn", "bank", "started_at", "ours", "page", "trace", "terminal", "financial_day",
}  # fmt: skip
FIELD = re.compile(r'<(?:input|textarea|select)[^>]*?\bname="([\w-]+)"')
NO_WORDS = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|\d{4}-\d\d-\d\dT[\d:.]+")  # ids and moments


def fields_of(story: Story, town: Town, routes: list[Route]) -> set[str]:
    """Every field of every form that somebody of the town is shown."""
    names: set[str] = set()
    for who in (None, story.rahima.id, story.specialist, town.cast.named("agent").id, town.cast.named("finance").id):
        browser = story.browser(who)
        for route in routes:
            if route.method == "GET" and not route.path.startswith("/api"):
                names.update(FIELD.findall(browser.get(route.path).text))
    return names - {"form_token", "command_id"}


def no_place_is_made_for_a_card(story: Story, routes: list[Route], fields: set[str]) -> None:
    """No column, no form and no address is named after anything that belongs to a card."""
    names = fields | {each.name for each in columns()} | {route.pattern for route in routes}
    assert {part for name in names for part in re.split(r"[^a-z]+", name.lower())}.isdisjoint(ABOUT_CARDS)
    assert not [each.path for each in story.kept if 'autocomplete="cc-' in each.text]
    stored = {column.name for table in (TopUp, TopUpAttempt) for column in table.__table__.columns}
    assert stored == KEPT


@pytest.mark.slow
def test_k9_a_card_number_sent_anywhere_is_nowhere_afterwards(story: Story, town: Town, app: Litestar) -> None:
    rahima, crew = story.booked(), story.accepted()
    routes = routes_of(app, story)
    names = fields_of(story, town, routes)
    assert names >= {"name", "line", "account", "contact", "caller"}
    no_place_is_made_for_a_card(story, routes, names)
    posts = [route for route in routes if route.method == "POST"]
    assert len(posts) > 60
    before = len(story.kept)
    for browser in (story.browser(None), rahima, crew, story.browser(town.cast.named("agent").id)):
        for number, route in enumerate(posts):
            if route.path == "/sign-out":
                continue
            card = in_every_script(CARD)[number % 4]
            if route.path.startswith("/api/"):
                headers = {"accept": "application/json", "idempotency-key": str(uuid4())}
                answer = browser.client.post(route.path, json=dict.fromkeys(names, card), headers=headers)
                assert not cards.contains_card_number(NO_WORDS.sub("", answer.text)), route.path
            else:
                browser.post(route.path, dict.fromkeys(names, card))
    tasks.run_all_due()
    assert [each.path for each in story.kept[before:] if each.status >= 500] == []
    assert {each.path for each in story.kept[before:] if DIGITS in plain(each.text)} == set()
    assert [table for table, content in dump(town.url) if DIGITS in plain(content)] == []
    with transaction() as session:
        assert [place for place, value in opened(session) if DIGITS in plain(value)] == []
