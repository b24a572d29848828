"""The cast's town and its visitors, as for the pages; a promise is kept there or nowhere."""

from typing import Any

import pytest
from litestar.testing import TestClient

from marketplace.foundation.settings import Settings
from tests.promises.story import Story
from tests.web.conftest import Town, app, client, settings, somebody, town, town_template, visitor, work_off

__all__ = ["app", "client", "settings", "somebody", "story", "town", "town_template", "visitor", "work_off"]


@pytest.fixture
def story(town: Town, client: TestClient[Any], settings: Settings) -> Story:
    """A job that is about to be booked."""
    return Story(town, client, settings)
