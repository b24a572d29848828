"""Where somebody may be needed: buildings of the house's own compounds, and no others."""

from uuid import uuid4

import pytest
from sqlalchemy.orm import Session

from booking.alarms import sites
from marketplace.foundation.ids import OrganizationId
from marketplace.foundation.places import Point
from marketplace.organizations import site_actions
from marketplace.organizations.site_rules import BuildingNotFound
from tests.booking.jobs.town import Town

NAME = {"en": "Lake View", "bn": "লেক ভিউ", "fa": "چشم‌انداز دریاچه", "ar": "إطلالة البحيرة"}


def test_buildings_are_listed_by_name_and_found_by_whom_they_belong_to(session: Session, town: Town) -> None:
    compound = site_actions.found_compound(
        session, town.organization, key="lake_view", name=NAME, by=town.manager, now=town.now
    )
    points = {"Tower B": Point(90.41, 23.79), "Tower A": Point(90.42, 23.80)}
    ids = {
        name: site_actions.add_building(
            session, compound, name=name, zone=town.zone, point=point, by=town.manager, now=town.now
        )
        for name, point in points.items()
    }
    listed = sites.sites(session, town.organization)
    assert [(each.name, each.point, each.compound["bn"]) for each in listed] == [
        (name, points[name], NAME["bn"]) for name in ("Tower A", "Tower B")
    ]
    assert sites.site(session, town.organization, ids["Tower B"]) == listed[1]
    assert sites.sites(session, compound) == []
    for owner, id in ((OrganizationId(uuid4()), ids["Tower A"]), (town.organization, uuid4())):
        with pytest.raises(BuildingNotFound):
            sites.site(session, owner, id)
