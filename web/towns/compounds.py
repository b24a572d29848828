"""The compounds of the demo towns, as data (compounds.toml); `web/cast.py` founds them."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files

from marketplace.catalogue.rules import Texts


@dataclass(frozen=True)
class PlannedBuilding:
    name: str
    units: tuple[str, ...]


@dataclass(frozen=True)
class PlannedTeam:
    """A team for one trade: the specialist of this number in the town, and the `second` other of its skill."""

    key: str
    name: Texts
    trade: str
    skill: str
    number: int
    second: int


@dataclass(frozen=True)
class PlannedCompound:
    """A compound; `residents` are numbers of customers by the label of their unit."""

    key: str
    name: Texts
    zone: str
    buildings: tuple[PlannedBuilding, ...]
    teams: tuple[PlannedTeam, ...]
    residents: Mapping[str, int]


def planned(town: str) -> tuple[PlannedCompound, ...]:
    """The compounds of one of the demo towns; their teams share nobody."""
    page = tomllib.loads(files(__package__).joinpath("compounds.toml").read_text(encoding="utf-8"))
    names = page["team_names"]
    return tuple(
        PlannedCompound(
            key=each["key"],
            name=each["name"],
            zone=each["zone"],
            buildings=tuple(PlannedBuilding(row["name"], tuple(row["units"])) for row in each["building"]),
            teams=tuple(
                PlannedTeam(row["key"], names[row["key"]], row["trade"], row["skill"], row["number"], second)
                for row in each["team"]
            ),
            residents={row["unit"]: row["number"] for row in each["residents"]},
        )
        for second, each in enumerate(page[town])
    )
