"""What the security company's policy promises of where guards are: to find who is nearest, on duty and no longer."""

import random
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from booking.alarms.rules import SKILL
from booking.availability import queries as availability
from booking.availability.pace import slowest, travel_minutes
from booking.dispatch import presence
from booking.tracking import actions as tracking
from booking.tracking.rules import Seen, Switch
from marketplace.catalogue import queries as catalogue
from marketplace.catalogue.queries import Zone
from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from marketplace.foundation.ids import PersonId
from marketplace.foundation.periods import Period
from marketplace.foundation.places import Point, metres_between
from marketplace.organizations import site_actions
from marketplace.specialists import actions as specialists
from tests.promises.shared import words_on
from tests.promises.story import Story, Watched
from tests.web.conftest import Town
from web.cast import Member
from web.home import home
from web.identity import form_token
from web.pages.admin.people import mark

PAGE, API = "/dispatch/responders", "/api/v1/dispatch/responders"
MOMENT = timedelta(microseconds=1)


def send(one: Watched, point: Point) -> int:
    """As the app does: where one is now."""
    told = {"longitude": point.longitude, "latitude": point.latitude, "at": clock.now().isoformat()}
    return _post(one, "positions", {"positions": [told]}).status_code


def switch(one: Watched, to: Switch) -> None:
    assert one.post("/work/sharing", {"switch": to.value}).status_code == 303


def _post(one: Watched, noun: str, body: Mapping[str, Any]) -> httpx.Response:
    one.get("/work/sharing")
    headers = {"x-form-token": form_token(one.settings, one.client.cookies["session"])}
    return one.client.post(f"/api/v1/work/{noun}", json=body, headers=headers)


def stored() -> int:
    """Of how many people a point that came from a device is kept."""
    with transaction() as session:
        people = "SELECT count(DISTINCT specialist_id) FROM live_position WHERE basis = 'live'"
        return int(session.scalar(text(people)) or 0)


def tended() -> None:
    """What the town does every minute."""
    with transaction() as session:
        presence.tend(session, now=clock.now())


@pytest.fixture
def zones(town: Town) -> dict[str, Zone]:
    with transaction() as session:
        return {each.key: each for each in catalogue.zones(session, home().id)}


def on_duty(session: Session, who: PersonId) -> bool:
    return bool(availability.shifts_of(session, who, within=Period(clock.now(), clock.now() + MOMENT)))


def by_brute_force(
    session: Session, guards: Sequence[Member], points: Mapping[PersonId, Point], site: Point
) -> list[tuple[str, int]]:
    """Look at everybody, one by one: the way of each who is on duty and shares."""
    policy, now = availability.policy(session), clock.now()
    speed = slowest(policy.pace, now, now, policy.time_zone)
    found = [
        (travel_minutes(points[each.id], site, speed=speed, pace=policy.pace), metres_between(points[each.id], site),
         str(each.id))
        for each in guards if each.id in points and on_duty(session, each.id)
    ]  # fmt: skip
    return [(id, minutes) for minutes, _, id in sorted(found)]


def test_i12_the_nearest_that_is_computed_is_the_nearest_of_everybody(
    story: Story, town: Town, zones: dict[str, Zone]
) -> None:
    dice, guards = random.Random(12), town.cast.specialists[:-2]  # the last two: one has stopped, one has only applied
    sharing = [each for each in guards if dice.random() < 0.7]
    points = {
        each.id: Point(dice.uniform(90.36, 90.44), dice.uniform(23.74, 23.88)) for each in sharing
    }  # fmt: skip
    with transaction() as session:
        for each in guards[3:]:
            specialists.verify_skill(
                session, each.id, SKILL, by=town.cast.named("manager").id, expires_on=None, now=clock.now()
            )
        specialists.verify_skill(
            session, guards[0].id, SKILL, by=town.cast.named("manager").id, expires_on=None, now=clock.now()
        )
        presence.refresh(session, [each.id for each in guards], now=clock.now())
        for each in sharing:
            tracking.choose(session, each.id, Switch.SHARE, now=clock.now())
        tracking.take_positions(session, [Seen(id, point, clock.now()) for id, point in points.items()])
    dispatcher = story.browser(town.cast.named("dispatcher").id)
    for zone in zones.values():
        told = dispatcher.get(f"{API}?zone={zone.id}&most=20").json()
        with transaction() as session:
            expected = by_brute_force(session, guards, points, zone.centre)
            silent = {str(each.id) for each in guards if each.id not in points and on_duty(session, each.id)}
        assert len(expected) > 3
        assert [(each["specialist"], each["minutes"]) for each in told["near"]] == expected[:20]
        assert {each["specialist"] for each in told["without_position"]} == silent
        assert {each["why"] for each in told["without_position"]} == {"not_sharing"}


def test_i12_a_map_and_a_table_of_who_is_nearest_and_each_of_them_reads_who_looked(
    story: Story, town: Town, zones: dict[str, Zone]
) -> None:
    tended()
    karim, shamima = (story.browser(town.cast.named(name).id) for name in ("karim", "shamima"))
    centre = zones["gulshan"].centre
    switch(karim, Switch.SHARE)
    assert send(karim, Point(centre.longitude + 0.01, centre.latitude)) == 200
    manager = story.browser(town.cast.named("manager").id)
    page = manager.get(f"{PAGE}?area=gulshan").text
    table, _, without = page.partition('id="without-title"')
    assert mark(town.cast.named("karim").id) in table
    assert '<g class="map-spot"><circle' in table
    assert "their phone" in words_on(table)
    assert mark(town.cast.named("shamima").id) in without
    assert "Not sharing" in words_on(without)
    read = words_on(karim.get("/account/disclosures").text)
    assert "place as you share it on duty" in read
    assert "Team manager" in read
    assert "no alarm finds you as the nearest" in words_on(shamima.get("/work/sharing").text)
    assert "place as you share it" not in words_on(shamima.get("/account/disclosures").text)

    with transaction() as session:
        compound = site_actions.found_compound(
            session, town.cast.organization, key="lake_view", name=zones["gulshan"].name, by=None, now=clock.now()
        )
        building = site_actions.add_building(
            session, compound, name="Tower 7", zone=zones["gulshan"].id, point=centre, by=None, now=clock.now()
        )
    assert "Soonest at Tower 7" in words_on(manager.get(f"{PAGE}?building={building}&area=mars").text)
    assert len(manager.get(f"{API}?building={building}").json()["near"]) == 1

    for query in ("area=mars", "building=x", "area=", ""):
        assert "Choose where somebody is needed." in words_on(manager.get(f"{PAGE}?{query}").text)
    for query in ("", f"?zone={story.town.cast.organization}", f"?building={town.cast.organization}"):
        assert manager.get(f"{API}{query}").status_code == 404
    for query in ("?zone=x", f"?zone={zones['gulshan'].id}&most=0", f"?zone={zones['gulshan'].id}&most=999"):
        assert manager.get(f"{API}{query}").status_code == 400
    for who in (town.cast.named("karim").id, town.cast.named("agent").id, story.rahima.id):
        other = story.browser(who)
        assert [other.get(path).status_code for path in (f"{PAGE}?area=gulshan", API)] == [404, 404]


def test_i8_on_duty_the_list_follows_and_off_duty_or_with_the_app_closed_nothing_is_stored(
    story: Story, town: Town, zones: dict[str, Zone]
) -> None:
    tended()
    names = {str(town.cast.named(name).id): name for name in ("karim", "shamima")}
    karim, shamima = story.browser(None), story.browser(town.cast.named("shamima").id)
    karim.sign_in("karim", town.cast.named("karim").password)
    gulshan = zones["gulshan"]
    here, there = gulshan.centre, Point(gulshan.centre.longitude + 0.03, gulshan.centre.latitude)

    def listed() -> tuple[list[str], dict[str, str]]:
        dispatcher = story.browser(town.cast.named("dispatcher").id)
        told = dispatcher.get(f"{API}?zone={gulshan.id}").json()
        without = {names[each["specialist"]]: each["why"] for each in told["without_position"]}
        return [names[each["specialist"]] for each in told["near"]], without

    def near() -> list[str]:
        return listed()[0]

    assert (send(karim, here), stored(), near()) == (403, 0, [])  # nothing was ever switched on
    for one, point in ((karim, here), (shamima, there)):
        switch(one, Switch.SHARE)
        assert send(one, point) == 200
    assert near() == ["karim", "shamima"]
    clock.move(timedelta(minutes=5))
    assert (send(shamima, here), send(karim, there)) == (200, 200)
    assert near() == ["shamima", "karim"]
    switch(karim, Switch.HIDE)
    assert listed() == (["shamima"], {"karim": "hidden"})
    switch(karim, Switch.OFF)
    assert listed() == (["shamima"], {"karim": "not_sharing"})
    assert (send(karim, here), near(), stored()) == (403, ["shamima"], 1)

    clock.move(timedelta(minutes=10))  # her app is closed
    assert listed() == ([], {"karim": "not_sharing", "shamima": "silent"})
    tended()
    assert stored() == 0
    switch(karim, Switch.SHARE)
    assert send(karim, here) == 200
    clock.move(timedelta(hours=12))  # a quarter past ten at night: off duty
    assert listed() == ([], {})
    for who in names:
        one = story.browser(PersonId(UUID(who)))
        assert send(one, here) == 403
        assert one.client.get("/api/v1/work/sharing").json() == {"switch": "share", "until": None}
    tended()
    with transaction() as session:
        assert session.scalar(text("SELECT count(*) FROM live_position")) == 0
