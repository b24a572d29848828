"""The marketplace policy (promises.md A.5), K22: every role on every address, with own things and with another's."""

from collections import Counter

import pytest
from litestar import Litestar

from marketplace.foundation.database import transaction
from marketplace.people import queries as people
from tests.promises.looking import secrets_of, seen_in
from tests.promises.routes import Route, routes_of
from tests.promises.story import Story, Watched
from tests.web.conftest import Town

ROLES = ("tanvir", "shamima", "agent", "finance", "dispatcher", "manager", "compliance", "admin")
REFUSED = {401, 403, 404, 405}
STAFFS = ("/desk", "/api/v1/desk", "/dispatch", "/finance", "/api/v1/finance", "/admin", "/api/v1/admin", "/compounds")
SAME_FOR_EVERY_ID = ("/account/confirmation/code/", "/account/contacts/codes/")  # so that guessing an id tells nothing
ENDS_OWN_ONLY = "/account/devices/{id:uuid}/ending"  # another's device: led back, and nothing has ended


def ask(browser: Watched, route: Route) -> int:
    """The status of one call, and of where a page leads on to; programs' addresses are asked as a program asks."""
    if route.path.startswith(("/api/", "/gateways/")):
        return ask_as_a_program(browser, route)
    if route.method != "GET":
        return browser.post(route.path, {}).status_code
    answer = browser.get(route.path)
    if answer.status_code == 303 and browser.who is not None:
        answer = browser.get(answer.headers["location"])
    return answer.status_code


def ask_as_a_program(browser: Watched, route: Route) -> int:
    """The status of one call in JSON: who is kept out is kept out before anything is rendered."""
    headers = {"accept": "application/json"}
    return browser.client.request(route.method, route.path, headers=headers, json={}).status_code


@pytest.mark.slow
def test_k22_no_role_gets_through_an_address_that_is_not_its_own(story: Story, town: Town, app: Litestar) -> None:
    rahima = story.booked()
    story.accepted()
    routes = [route for route in routes_of(app, story) if not route.is_open]
    assert len(routes) > 100
    secrets = secrets_of(town)
    wrong: list[str] = []
    asked: Counter[str] = Counter()
    for name in (None, *ROLES):
        member = None if name is None else town.cast.named(name)
        roles: frozenset[str] = frozenset()
        if member is not None:
            with transaction() as session:
                roles = frozenset(held.role for held in people.roles_of(session, member.id, now=story.now))
        browser = story.browser(None if member is None else member.id)
        for route in routes:
            is_let_in = route.policy.admits(roles, signed_in=member is not None)
            if is_let_in and not route.names_something:
                continue  # their own page; what it shows of others is searched below and in test_nothing_leaks.py
            if is_let_in and route.pattern.startswith((*STAFFS, *SAME_FOR_EVERY_ID)):
                continue  # staff work on everybody's things; what they read is masked, and looks are written down
            is_kept_out = route.method == "GET" and name is not None and not is_let_in
            status = ask_as_a_program(browser, route) if is_kept_out else ask(browser, route)
            asked[name or "visitor"] += 1
            is_led_away = status == 303 and (member is None or route.pattern == ENDS_OWN_ONLY)
            if status not in REFUSED and not is_led_away:
                wrong.append(f"{name}: {route.method} {route.path} answered {status}")
    assert not wrong, "\n".join(wrong)
    assert sum(asked.values()) > 800, asked
    assert rahima.get("/account/devices").status_code == 200
    assert [each for each in story.kept if each.who is None and seen_in(each.text, secrets)] == []


def test_k22_the_owner_of_a_thing_does_get_in(story: Story, town: Town, app: Litestar) -> None:
    rahima, crew = story.booked(), story.accepted()
    for path in (f"/jobs/{story.job}", f"/jobs/{story.job}/cancellation", "/wallet", "/account/disclosures"):
        assert rahima.get(path).status_code == 200, path
    for path in (story.card, f"{story.card}/delay", "/work", "/work/earnings"):
        assert crew.get(path).status_code == 200, path
