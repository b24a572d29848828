"""People on the pages: on the way through a booking, at one's own account, at the call centre's desk."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.web.conftest import Town, Visitor
from tests.web.pages.on_the_phone import Desk, Somebody
from tests.web.pages.walking import Walker, reading_english


@pytest.fixture
def walker(visitor: Visitor) -> Walker:
    """A visitor, in a town whose specialists have told their hours."""
    return Walker(visitor)


@pytest.fixture
def customer(somebody: Any) -> Walker:
    """Somebody with an account and an address."""
    return Walker(reading_english(somebody("customer")))


@pytest.fixture
def rahima(visitor: Visitor, town: Town) -> Visitor:
    """Signed in a moment ago, so confirmed for five minutes; reads English on this device."""
    visitor.get("/?language=en")
    return visitor.sign_in("rahima", "open-sesame-rahima")


@pytest.fixture
def desk(town: Town, somebody: Somebody, work_off: Callable[[], int]) -> Desk:
    work_off()  # the plan of the days ahead is made by tasks
    agent = somebody("agent")
    agent.get("/desk?language=en")
    return Desk(agent, town.cast.named("rahima"), town)
