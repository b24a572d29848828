"""The demo towns: complete in four languages, on real ground, and peopled through the real actions."""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import phonenumbers
import pytest
from sqlalchemy.orm import Session

from marketplace.catalogue import queries as catalogue
from marketplace.catalogue.rules import Area, area_of
from marketplace.foundation.ids import ZoneId, uuid7
from marketplace.foundation.money import EXPONENTS
from marketplace.foundation.places import Point, metres_between
from marketplace.organizations import queries as organizations
from marketplace.organizations import sites, teams
from marketplace.organizations.rules import check_cancellation, check_setting
from marketplace.people import queries as people
from marketplace.people.actions import begin_sign_in
from marketplace.people.hashing import check_password
from marketplace.specialists import queries as specialists
from marketplace.specialists.rules import Standing
from web import cast
from web.cast import Cast
from web.towns import TOWNS, read

NOW = datetime(2026, 11, 21, 6, 0, tzinfo=UTC)
SCRIPTS = {"en": r"[A-Za-z]", "bn": r"[\u0980-\u09ff]", "fa": r"[\u0600-\u06ff]", "ar": r"[\u0600-\u06ff]"}
CENTRES = {"dhaka": Point(90.4, 23.78), "tehran": Point(51.41, 35.75), "doha": Point(51.52, 25.29)}


@pytest.mark.parametrize("key", TOWNS)
def test_every_name_stands_in_four_languages_and_in_its_script(key: str) -> None:
    town = read(key)
    for name in (town.name, *(zone.name for zone in town.zones)):
        assert set(name) == set(SCRIPTS)
        for language, script in SCRIPTS.items():
            assert re.search(script, name[language]), name
            assert language == "en" or not re.search("[A-Za-z]", name[language]), name
    own = SCRIPTS[town.language]
    for person in (*town.specialists, *town.customers, *(each.name for each in town.named)):
        assert re.fullmatch(rf"({own}|[ \u200c])+", person), person


@pytest.mark.parametrize("key", TOWNS)
def test_zones_lie_in_the_town_and_neighbours_are_mutual_and_near(key: str) -> None:
    zones = {zone.key: zone for zone in read(key).zones}
    assert len(zones) >= 12
    for zone in zones.values():
        assert metres_between(zone.centre, CENTRES[key]) < 25_000, zone.key
        assert zone.neighbours
        for name in zone.neighbours:
            other = zones[name]
            assert zone.key in other.neighbours, f"{zone.key} and {name}"
            apart = metres_between(zone.centre, other.centre)
            assert apart < 2 * (zone.radius_metres + other.radius_metres), f"{zone.key} and {name}"


@pytest.mark.parametrize("key", TOWNS)
def test_a_town_is_set_up_within_the_rules(key: str) -> None:
    town = read(key)
    assert town.currency in EXPONENTS
    assert ZoneInfo(town.time_zone).key == town.time_zone
    for setting, value in town.settings.items():
        check_setting(setting, value)
    check_cancellation(town.cancellation)


@pytest.mark.parametrize("key", TOWNS)
def test_phones_have_the_form_of_the_country_and_belong_to_one_person_each(key: str) -> None:
    town = read(key)
    numbers = [town.phone_of(number) for number in range(100)]
    assert len(set(numbers)) == 100
    for number in (*numbers, town.phone):
        parsed = phonenumbers.parse(number)
        assert phonenumbers.is_valid_number(parsed), number
        assert phonenumbers.region_code_for_number(parsed) == town.region


@pytest.mark.parametrize("key", TOWNS)
def test_every_home_lies_in_its_own_zone(key: str) -> None:
    town = read(key)
    for zone in town.zones:
        points = [cast.place_in(zone, town.zones, number) for number in range(80)]
        assert len(set(points)) > 60, zone.key
        for point in points:
            assert metres_between(point, zone.centre) <= zone.radius_metres


@pytest.mark.parametrize("key", TOWNS)
def test_a_town_comes_to_life(session: Session, key: str) -> None:
    made = cast.build_town(session, key, hashes=cast.password_hashes(key), now=NOW)
    home = organizations.home(session)
    assert (home.town, home.id) == (key, made.organization)
    assert (len(made.specialists), len(made.customers), len(made.people)) == (40, 30, 11)
    assert cast.find(session) == made
    every_service_can_be_done_in_every_zone(session, made)
    every_customer_lives_in_a_zone_that_is_served(session, made)
    somebody_works_on_every_day_of_the_week(session, made)
    whoever_can_sign_in_has_a_role_and_a_password_that_fits(session, made)
    two_compounds_share_nobody(session, made)


def two_compounds_share_nobody(session: Session, made: Cast) -> None:
    rahima, tanvir = (each for each in made.people if each.role == "customer")
    (home,), (other,) = (sites.homes(session, each.id, at=NOW) for each in (rahima, tanvir))
    assert (home.label, home.compound == other.compound, home.building == other.building) == ("12", True, False)
    lake, park = sites.managed(session, made.named("manager").id, at=NOW)
    assert (lake.buildings, lake.units, lake.teams, park.units, park.teams) == (2, 12, 2, 2, 1)
    inside = [team for each in (lake, park) for team in teams.teams_in(session, each.id)]
    everybody = [who for team in inside for who in organizations.members_of(session, team.id, at=NOW)]
    assert (len(everybody), len(set(everybody))) == (6, 6)
    assert {person.id for person in made.people if person.role == "specialist"} < set(everybody)
    assert teams.trades_in(session, home.building) == ["electrician", "plumber"]
    plumbing = next(team.id for team in inside if team.key == "plumbing")
    assert teams.owner_of(session, home.building, "plumber") == plumbing


def every_service_can_be_done_in_every_zone(session: Session, made: Cast) -> None:
    today = specialists.local_day(NOW, made.town.time_zone)
    standings = [specialists.standing(session, each.id) for each in made.specialists]
    assert standings.count(Standing.GOOD) == 38
    assert {Standing.SUSPENDED, Standing.APPLICANT} < set(standings)
    for trade in catalogue.categories(session, now=NOW):
        for card in trade.services:
            service = catalogue.service(session, card.id, now=NOW)
            assert service.currency == made.town.currency
            for zone in catalogue.zones(session, made.organization):
                found = specialists.candidates(session, skills=service.skills, zone_id=zone.id, on=today)
                assert len(found) >= 2, f"{service.key} in {zone.key}"


def whoever_can_sign_in_has_a_role_and_a_password_that_fits(session: Session, made: Cast) -> None:
    roles = {member.role for member in made.people}
    assert roles == {
        "administrator", "finance", "agent", "dispatcher", "manager", "compliance", "specialist", "customer",
    }  # fmt: skip
    for member in made.people:
        held = {each.role for each in people.roles_of(session, member.id, now=NOW)}
        assert member.role in held
    one, region = next(each for each in made.people if each.role == "customer"), made.town.region
    started = begin_sign_in(session, account=one.username or "", region=region, network_address="127.0.0.1", now=NOW)
    assert started.person_id == one.id
    assert check_password(one.password or "", started.password_hash)


def every_customer_lives_in_a_zone_that_is_served(session: Session, made: Cast) -> None:
    zones = {each.id: each for each in catalogue.zones(session, made.organization)}
    for member in made.customers:
        [address] = people.addresses_of(session, member.id)
        assert address.zone_id is not None
        assert zones[address.zone_id].key == member.zone
        assert member.address == address.id


def somebody_works_on_every_day_of_the_week(session: Session, made: Cast) -> None:
    today = specialists.local_day(NOW, made.town.time_zone)
    for day in (today + timedelta(days=n) for n in range(7)):
        working = [
            member
            for member in made.specialists
            if specialists.working_periods(session, member.id, day, day + timedelta(days=1), made.town.time_zone)
        ]
        assert len(working) >= 12, day


def test_the_sea_is_not_served() -> None:
    town = read("doha")
    areas = [Area(ZoneId(uuid7()), zone.centre, zone.radius_metres, ()) for zone in town.zones]
    assert area_of(Point(51.70, 25.33), areas) is None
