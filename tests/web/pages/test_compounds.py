"""Compounds on the manager's pages: built up by forms, moved into, looked at by name; another's are not found."""

from typing import Any
from uuid import UUID

import pytest

from marketplace.foundation import audit, clock
from marketplace.foundation.database import transaction
from marketplace.organizations import sites, teams
from marketplace.people import actions as people
from marketplace.privacy import queries as privacy
from marketplace.privacy.rules import BUDGETS, Budget
from tests.web.conftest import Town, Visitor
from web.forms.fields import Fields
from web.forms.positions import NotAPosition, position


def compounds(town: Town) -> list[sites.Compound]:
    with transaction() as session:
        return sites.managed(session, town.cast.named("manager").id, at=clock.now())


@pytest.mark.parametrize(
    ("typed", "point"),
    [
        ("23.7925, 90.416", (90.416, 23.7925)),
        ("২৩.৭৯২৫ ৯০.৪১৬", (90.416, 23.7925)),
        ("۳۵٫۷۵، ۵۱٫۴۱", (51.41, 35.75)),
        ("-1.5;-91°", (-91.0, -1.5)),
    ],
)
def test_a_position_is_read_in_any_digits(typed: str, point: tuple[float, float]) -> None:
    found = position(Fields({"position": typed}), "position")
    assert found is not None
    assert (found.longitude, found.latitude) == point


@pytest.mark.parametrize("typed", ["23.79", "ninety", "91, 10", "10, 181", "1,2,3", "1e3, 2"])
def test_what_lies_on_no_earth_is_no_position(typed: str) -> None:
    fields = Fields({"position": typed})
    assert position(fields, "position") is None
    assert fields.errors == {"position": NotAPosition()}


def test_a_manager_builds_a_compound_up(somebody: Any, town: Town) -> None:
    manager: Visitor = somebody("manager")
    assert manager.post("/compounds", {"name": " - "}).status_code == 422
    there = manager.post("/compounds", {"name": "Rose Garden"}).headers["location"]
    assert manager.post("/compounds", {"name": "rose  garden"}).headers["location"] == there
    id = UUID(there.rpartition("/")[2])
    with transaction() as session:
        home = sites.homes(session, town.cast.named("rahima").id, at=clock.now())[0]
    house = {"name": "House 1", "zone": str(home.zone), "position": ""}
    for wrong in ({"name": ""}, {"zone": "x"}, {"position": "here"}, {"position": "10, 10"}):
        refused = manager.post(f"{there}/buildings", house | wrong)
        assert (refused.status_code, "House 1" in refused.text or wrong == {"name": ""}) == (422, True)
    assert manager.post(f"{there}/buildings", house).status_code == 303
    assert manager.post(f"{there}/buildings", house).status_code == 303
    with transaction() as session:
        (building,) = sites.buildings(session, compounds(town)[-1].id, at=clock.now())
    units = {"building": str(building.id), "labels": "১২, 12; 3 b"}
    assert manager.post(f"{there}/units", units | {"labels": "1, —"}).status_code == 422
    assert manager.post(f"{there}/units", units | {"building": str(home.building)}).status_code == 404
    assert manager.post(f"{there}/units", units).status_code == 303
    team = manager.post(f"{there}/teams", {"team_name": "Wet work"}).headers["location"].rpartition("/")[2]
    duty = {"duty_building": str(building.id), "trade": "plumber", "team": team}
    assert manager.post(f"{there}/duties", duty | {"trade": "witchcraft"}).status_code == 422
    assert manager.post(f"{there}/duties", duty).status_code == 303
    shown = manager.get(there).text
    assert ">3 B<" in shown
    with transaction() as session:
        assert str(teams.owner_of(session, building.id, "plumber")) == team
        assert sites.compound(session, id, manager=town.cast.named("manager").id, at=clock.now()).units == 2


def test_residents_and_members_come_and_go_and_are_named_only_to_who_looks(
    somebody: Any, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    manager: Visitor = somebody("manager")
    rahima, karim, tanvir = (town.cast.named(name) for name in ("rahima", "karim", "tanvir"))
    with transaction() as session:
        (home,) = sites.homes(session, rahima.id, at=clock.now())
        team = teams.own_teams(session, karim.id, at=clock.now())[0]
    unit = f"/compounds/{home.compound}/units/{home.unit}"
    assert rahima.name not in manager.get(f"{unit}?language=en").text
    assert rahima.name in manager.post(f"{unit}/looks").text
    with transaction() as session:
        (seen,) = privacy.disclosures_of(session, rahima.id)
    assert (seen.field, seen.purpose, seen.role) == ("name", "manage_requests", "manager")
    assert rahima.name not in somebody("administrator").post(f"{unit}/looks").text
    again = {"who": tanvir.phone, "command_id": "01a20450-9390-71b4-b403-ef024363ce3e"}
    assert [manager.post(f"{unit}/residents", again).status_code for _ in range(2)] == [303, 303]
    assert [manager.post(f"{unit}/residents", {"who": who}).status_code for who in ("tanvir", "nobody", "")] == [
        422
    ] * 3
    with transaction() as session:
        told = [each.facts["found"] for each in audit.entries(session, action="compound.looked_up")]
    assert told == [False, True, True, True]
    out = {"person": str(rahima.id)}
    assert [manager.post(f"{unit}/residents/endings", out).status_code for _ in range(2)] == [303, 422]
    crew = f"/compounds/{team.compound}/teams/{team.id}"
    with monkeypatch.context() as patch:
        patch.setitem(BUDGETS, "manager", Budget(1, 1))
        assert "You can go on at" in manager.post(f"{crew}/looks").text
    assert karim.name in manager.post(f"{crew}/looks").text
    assert manager.post(f"{crew}/members", {"who": "rahima"}).status_code == 422
    assert manager.post(f"{crew}/members", {"who": "rafiq"}).status_code == 303
    gone = {"person": str(karim.id)}
    assert [manager.post(f"{crew}/members/endings", gone).status_code for _ in range(2)] == [303, 422]
    with transaction() as session:
        assert [place.label for place in sites.homes(session, tanvir.id, at=clock.now())] == ["3", "12"]
        assert teams.own_teams(session, karim.id, at=clock.now()) == []


def test_the_manager_of_one_compound_finds_no_other(somebody: Any, town: Town) -> None:
    lake, park = compounds(town)
    tanvir, now = town.cast.named("tanvir").id, clock.now()
    with transaction() as session:
        people.grant_role(session, person=tanvir, role="manager", by=None, organization=park.id, now=now)
        (house,) = sites.buildings(session, park.id, at=now)
        (home,) = sites.homes(session, tanvir, at=now)
    manager: Visitor = somebody("customer", 1)
    assert (manager.get(f"/compounds/{park.id}").status_code, manager.get("/compounds").status_code) == (200, 200)
    assert lake.name["en"] not in manager.last.text
    elsewhere = [
        f"/compounds/{lake.id}",
        f"/compounds/{lake.id}/units/{home.unit}",
        f"/compounds/{park.id}/units/{home.unit}",
    ]
    assert [manager.get(path).status_code for path in elsewhere] == [404] * 3
    assert manager.post(f"/compounds/{lake.id}/units", {"building": str(house.id), "labels": "9"}).status_code == 404
    assert manager.post("/compounds", {"name": "Mine"}).status_code == 404
    assert somebody("dispatcher").get("/compounds").status_code == 404
    of_the_house = ["/admin", "/dispatch/board", "/dispatch/rounds", "/conduct", "/finance/cases", "/finance/days"]
    assert [manager.get(path).status_code for path in of_the_house] == [404] * 6
    assert manager.get("/api/v1/dispatch/responders").status_code == 404
    assert "/admin" not in manager.get("/compounds").text
