"""The cast's town and its visitors, as for the pages; a promise is kept there or nowhere."""

from tests.web.conftest import app, client, settings, somebody, town, town_template, visitor, work_off

__all__ = ["app", "client", "settings", "somebody", "town", "town_template", "visitor", "work_off"]
