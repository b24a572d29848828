"""Compounds: what they are made of, who lives where and when, and whose duty a trade of a building is."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from marketplace.catalogue import actions as catalogue
from marketplace.catalogue.tables import CategoryRow
from marketplace.foundation import audit, vault
from marketplace.foundation.database import transaction
from marketplace.foundation.errors import Refused
from marketplace.foundation.ids import OrganizationId, PersonId, ZoneId, uuid7
from marketplace.foundation.places import Point
from marketplace.organizations import actions, queries, site_actions, sites, teams
from marketplace.organizations.site_rules import (
    AlreadyLivesThere,
    BuildingNameTaken,
    BuildingNotFound,
    CompoundNotFound,
    DoesNotLiveThere,
    LabelRefused,
    NotInTeam,
    SiteNameRefused,
    TeamNotFound,
    UnitNotFound,
    UnknownTrade,
    clean_label,
    clean_name,
)
from marketplace.people import actions as people
from tests.marketplace.organizations.test_organizations import NAME, NOW, found

LATER = NOW + timedelta(days=30)
HERE = Point(90.41, 23.79)


class Site:
    """A compound with a building, a unit, two teams and two trades."""

    def __init__(self, session: Session) -> None:
        self.home = found(session)
        drawn = catalogue.draw_zone(
            session, self.home, key="gulshan", name=NAME, centre=HERE, radius_metres=900, neighbours=()
        )
        self.zone: ZoneId = drawn
        for place, key in enumerate(("plumber", "electrician")):
            session.add(CategoryRow(id=uuid7(), key=key, position=place, icon="x", title=NAME, summary=NAME))
        session.flush()
        self.by = PersonId(uuid7())
        vault.make_key(self.by)
        self.compound = self.founded(session, "lake")
        self.building = self.built(session, self.compound, "House 7")
        self.unit = site_actions.add_unit(session, self.compound, self.building, label="12", by=self.by, now=NOW)
        self.wet = actions.form_team(session, self.compound, key="wet", name=NAME, by=self.by, now=NOW)
        self.live = actions.form_team(session, self.compound, key="live", name=NAME, by=self.by, now=NOW)

    def founded(self, session: Session, key: str) -> OrganizationId:
        return site_actions.found_compound(session, self.home, key=key, name=NAME, by=self.by, now=NOW)

    def built(self, session: Session, compound: OrganizationId, name: str, point: Point = HERE) -> UUID:
        return site_actions.add_building(session, compound, name=name, zone=self.zone, point=point, by=self.by, now=NOW)

    def gives(self, session: Session, trade: str, team: UUID, *, building: UUID | None = None) -> None:
        site_actions.give_duty(
            session, self.compound, building=building or self.building, trade=trade, team=team, by=self.by, now=LATER
        )


@pytest.fixture
def site(session: Session) -> Site:
    return Site(session)


@pytest.mark.parametrize(
    ("typed", "label"), [("12", "12"), (" ১২ ", "12"), ("12  b", "12 B"), ("۱۲", "12"), ("غ-٧", "غ-7")]
)
def test_a_label_is_the_same_however_it_was_typed(typed: str, label: str) -> None:
    assert clean_label(typed) == label


@pytest.mark.parametrize("typed", ["", "  ", "-", "1" * 21])
def test_a_label_has_something_to_read_in_few_signs(typed: str) -> None:
    with pytest.raises(LabelRefused):
        clean_label(typed)


@pytest.mark.parametrize("typed", ["", " \n ", "—", "x" * 81])
def test_a_name_has_something_to_read_on_one_line(typed: str) -> None:
    with pytest.raises(SiteNameRefused):
        clean_name(typed)
    assert clean_name("House \n 7") == "House 7"


def test_a_compound_lives_by_the_clock_of_its_house_and_never_becomes_home(session: Session, site: Site) -> None:
    assert site.founded(session, "lake") == site.compound
    assert queries.home(session).id == site.home
    with pytest.raises(CompoundNotFound):
        site_actions.found_compound(session, site.compound, key="in it", name=NAME, by=None, now=NOW)
    assert [each.facts["compound"] for each in audit.entries(session, action="compound.founded")] == [
        str(site.compound)
    ]


def test_a_unit_knows_its_place(session: Session, site: Site) -> None:
    there = sites.place(session, site.unit)
    assert (there.label, there.building_name, there.compound, there.zone) == ("12", "House 7", site.compound, site.zone)
    assert (there.point, there.compound_name) == (HERE, NAME)
    with pytest.raises(UnitNotFound):
        sites.place(session, uuid4())


def test_the_same_again_is_the_same(session: Session, site: Site) -> None:
    assert site.built(session, site.compound, " House  7 ") == site.building
    with pytest.raises(BuildingNameTaken):
        site.built(session, site.compound, "House 7", Point(90.42, 23.79))
    again = site_actions.add_unit(session, site.compound, site.building, label="১২", by=None, now=LATER)
    assert again == site.unit
    (house,) = sites.buildings(session, site.compound, at=LATER)
    assert [(unit.label, unit.residents) for unit in house.units] == [("12", 0)]


def test_somebody_lives_in_a_unit_from_moving_in_until_moving_out(session: Session, site: Site) -> None:
    rahima = PersonId(uuid7())
    site_actions.move_in(session, site.compound, site.unit, rahima, by=site.by, now=NOW)
    with pytest.raises(AlreadyLivesThere):
        site_actions.move_in(session, site.compound, site.unit, rahima, by=site.by, now=LATER)
    assert [each.person for each in sites.residents(session, site.unit, at=NOW)] == [rahima]
    assert [unit.residents for house in sites.buildings(session, site.compound, at=NOW) for unit in house.units] == [1]
    site_actions.move_out(session, site.compound, site.unit, rahima, by=site.by, now=LATER)
    with pytest.raises(DoesNotLiveThere):
        site_actions.move_out(session, site.compound, site.unit, rahima, by=site.by, now=LATER)
    just_before = LATER - timedelta(seconds=1)
    assert [each.unit for each in sites.homes(session, rahima, at=just_before)] == [site.unit]
    assert sites.homes(session, rahima, at=LATER) == sites.homes(session, rahima, at=NOW - timedelta(1)) == []
    site_actions.move_in(session, site.compound, site.unit, rahima, by=site.by, now=LATER)
    assert len(sites.homes(session, rahima, at=LATER)) == 1
    told = [each.action for each in audit.entries(session, subject=rahima)]
    assert told == ["compound.moved_in", "compound.moved_out", "compound.moved_in"]


def test_exactly_one_team_owns_a_trade_of_a_building(session: Session, site: Site) -> None:
    assert teams.owner_of(session, site.building, "plumber") is None
    site.gives(session, "plumber", site.wet)
    site.gives(session, "plumber", site.wet)
    site.gives(session, "electrician", site.live)
    assert teams.trades_in(session, site.building) == ["electrician", "plumber"]
    site.gives(session, "plumber", site.live)
    assert teams.owner_of(session, site.building, "plumber") == site.live
    assert {duty.team for duty in teams.duties(session, site.compound)} == {site.live}
    newest = audit.entries(session, action="compound.duty_given")
    assert [each.facts["before"] for each in newest] == [str(site.wet), None, None]
    with pytest.raises(UnknownTrade):
        site.gives(session, "witch", site.wet)


def test_what_belongs_to_another_compound_is_not_found(session: Session, site: Site) -> None:
    other = site.founded(session, "hill")
    theirs, crew = site.built(session, other, "Tower"), actions.form_team(session, other, key="x", name=NAME, now=NOW)
    door = site_actions.add_unit(session, other, theirs, label="1", by=None, now=NOW)
    somebody = PersonId(uuid7())
    refused: list[tuple[type[Refused], Callable[[], object]]] = [
        (BuildingNotFound, lambda: site.gives(session, "plumber", site.wet, building=theirs)),
        (TeamNotFound, lambda: site.gives(session, "plumber", crew)),
        (UnitNotFound, lambda: site_actions.move_in(session, site.compound, door, somebody, by=None, now=NOW)),
        (UnitNotFound, lambda: site_actions.move_out(session, site.compound, door, somebody, by=None, now=NOW)),
        (BuildingNotFound, lambda: site_actions.add_unit(session, other, site.building, label="2", by=None, now=NOW)),
    ]
    for kind, act in refused:
        with pytest.raises(kind):
            act()
    assert teams.team(session, crew).compound == other
    assert [team.id for team in teams.teams_in(session, other)] == [crew]


def test_a_team_of_the_house_is_no_team_of_a_compound(session: Session, site: Site) -> None:
    ours = actions.form_team(session, site.home, key="office", name=NAME, now=NOW)
    for id in (ours, uuid4()):
        with pytest.raises(TeamNotFound):
            teams.team(session, id)


def test_who_joined_and_left_a_team_is_journalled_with_who_did_it(session: Session, site: Site) -> None:
    karim = PersonId(uuid7())
    with pytest.raises(NotInTeam):
        actions.leave_team(session, site.wet, karim, by=site.by, now=NOW)
    actions.join_team(session, site.wet, karim, by=site.by, now=NOW)
    assert [team.id for team in teams.own_teams(session, karim, at=NOW)] == [site.wet]
    actions.leave_team(session, site.wet, karim, by=site.by, now=LATER)
    assert teams.own_teams(session, karim, at=LATER) == []
    told = [(each.action, each.actor) for each in audit.entries(session, subject=karim)]
    assert told == [("team.left", site.by), ("team.joined", site.by)]
    with pytest.raises(TeamNotFound):
        actions.join_team(session, uuid4(), karim, by=site.by, now=NOW)


def test_a_manager_reaches_what_the_role_was_given_for(session: Session, site: Site) -> None:
    other = site.founded(session, "hill")

    def manager(place: int, organization: OrganizationId | None, role: str = "manager") -> PersonId:
        made = people.register(
            session, name="Somebody", contact=f"+88017000001{place:02}", region="BD", language="en", stated_age=40,
            now=NOW,
        )  # fmt: skip
        people.grant_role(session, person=made.person_id, role=role, by=None, organization=organization, now=NOW)
        return made.person_id

    for place, (given, reach) in enumerate(
        [(None, {site.compound, other}), (site.home, {site.compound, other}), (other, {other})]
    ):
        mine = manager(place, given)
        assert {each.id for each in sites.managed(session, mine, at=NOW)} == reach
    assert sites.compound(session, other, manager=mine, at=NOW).teams == 0
    with pytest.raises(CompoundNotFound):
        sites.compound(session, site.compound, manager=mine, at=NOW)
    assert sites.managed(session, manager(9, None, "agent"), at=NOW) == []


def test_at_once_one_team_has_the_duty_and_one_moves_in_once(database: Engine) -> None:
    with transaction() as session:
        site = Site(session)
    rahima, outcomes = PersonId(uuid7()), []

    def give(team: UUID) -> None:
        with transaction() as session:
            site.gives(session, "plumber", team)

    def enter(_: UUID) -> None:
        try:
            with transaction() as session:
                site_actions.move_in(session, site.compound, site.unit, rahima, by=site.by, now=NOW)
            outcomes.append("in")
        except AlreadyLivesThere:
            outcomes.append("already")

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(give, [site.wet, site.live] * 3))
        list(pool.map(enter, [site.unit] * 4))
    assert sorted(outcomes) == ["already"] * 3 + ["in"]
    with transaction() as session:
        (duty,) = teams.duties(session, site.compound)
        moves = audit.entries(session, action="compound.duty_given")
    for older, newer in zip(moves[1:], moves, strict=False):
        assert newer.facts["before"] == older.facts["team"]
    assert moves[0].facts["team"] == str(duty.team)
