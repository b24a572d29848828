"""The three-way switch on its page: one tap from every page, each position with the effect it states (O38)."""

from typing import Any
from uuid import UUID

import pytest

from booking.tracking import queries
from booking.tracking.rules import Switch
from marketplace.foundation.database import transaction
from tests.web.conftest import Visitor

PAGE = "/work/sharing"


def stands(one: Visitor) -> Switch:
    me = one.get("/api/v1/me").json()["id"]
    with transaction() as session:
        return queries.switch_of(session, UUID(me))


def test_the_switch_is_one_tap_away_and_does_what_it_says(somebody: Any) -> None:
    one: Visitor = somebody("specialist")
    for path in ("/work", "/work/offers", "/work/hours", "/work/earnings", "/work/why"):
        assert f'href="{PAGE}"' in one.get(path).text
    assert 'value="do_not_send" checked' in one.get(PAGE).text
    for wanted in ("share", "hide", "hide", "do_not_send"):
        assert one.post(PAGE, {"switch": wanted}).headers["location"] == PAGE
        assert stands(one) == wanted
        assert f'value="{wanted}" checked' in one.get(PAGE).text


@pytest.mark.parametrize("wrong", [{}, {"switch": ""}, {"switch": "off"}])
def test_another_word_is_refused_and_changes_nothing(somebody: Any, wrong: dict[str, str]) -> None:
    one: Visitor = somebody("specialist")
    one.post(PAGE, {"switch": "hide"})
    assert one.post(PAGE, wrong).status_code == 422
    assert stands(one) is Switch.HIDE


def test_it_is_nobody_elses(somebody: Any) -> None:
    customer: Visitor = somebody("customer")
    assert customer.get(PAGE).status_code == 404
    assert customer.post(PAGE, {"switch": "share"}).status_code == 404
