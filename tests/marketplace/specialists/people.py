"""Somebody with a week of work, in a house that was just founded."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from marketplace.catalogue import actions as catalogue
from marketplace.catalogue import content
from marketplace.foundation import vault
from marketplace.foundation.ids import OrganizationId, PersonId, uuid7
from marketplace.foundation.places import Point
from marketplace.organizations import actions as organizations
from marketplace.specialists import actions
from marketplace.specialists.rules import WeeklyHours

HOME = Point(90.416, 23.7925)
NAME = {"en": "Dhaka", "bn": "ঢাকা", "fa": "داکا", "ar": "دكا"}


def somebody_at_work(
    session: Session, week: Sequence[WeeklyHours], *, now: datetime
) -> tuple[PersonId, OrganizationId]:
    """A specialist in good standing with this week, and their organization."""
    house = organizations.found(
        session, town="dhaka", name=NAME, region="BD", currency="BDT", time_zone="Asia/Dhaka", language="bn",
        calendar="gregorian", weekend=[5, 6], phone="+880255000321", settings={}, now=now,
    )  # fmt: skip
    catalogue.stock(session, content.skills(), content.categories(), now=now)
    zone = catalogue.draw_zone(session, house, key="gulshan", name=NAME, centre=HOME, radius_metres=2_000)
    who, by = PersonId(uuid7()), PersonId(uuid7())
    for person in (who, by):
        vault.make_key(person)
    actions.enrol(session, who, house, home=HOME, home_zone=zone, now=now)
    actions.verify_skill(session, who, "ac", by=by, expires_on=None, now=now)
    actions.set_weekly_hours(session, who, week, now=now)
    return who, house
