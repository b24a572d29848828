"""The three demo towns: where they lie, what a price is there, and who lives in them. All people are invented.

`read(key)` gives one town as data; `web/cast.py` brings it to life.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files

from marketplace.catalogue.content import PointValue
from marketplace.catalogue.rules import Texts
from marketplace.foundation.places import Point
from marketplace.organizations.rules import CancellationTier
from marketplace.privacy.rules import Slots

TOWNS = ("dhaka", "tehran", "doha")
PASSWORD = "open-sesame-{username}"  # noqa: S105  # shown on the screen by `karigar demo`


@dataclass(frozen=True)
class TownZone:
    """A zone as it is drawn: a circle of real ground."""

    key: str
    name: Texts
    centre: Point
    radius_metres: int
    neighbours: tuple[str, ...]


@dataclass(frozen=True)
class Named:
    """Somebody who can sign in; skills and zone where the role has them."""

    role: str
    username: str
    name: str
    skills: tuple[str, ...]
    zone: str | None

    @property
    def password(self) -> str:
        return PASSWORD.format(username=self.username)


@dataclass(frozen=True)
class Town:
    """A town. `phone_prefix` lacks the last two digits; `street` and `directions` take {house} and {street}."""

    key: str
    name: Texts
    language: str
    region: str
    currency: str
    time_zone: str
    calendar: str
    weekend: tuple[int, ...]
    phone: str
    settings: Mapping[str, int]
    cancellation: tuple[CancellationTier, ...]
    prices: PointValue
    policy: Slots
    policy_profiles: tuple[str, ...]
    zones: tuple[TownZone, ...]
    named: tuple[Named, ...]
    specialists: tuple[str, ...]
    customers: tuple[str, ...]
    phone_prefix: str
    street: str
    directions: str

    def phone_of(self, number: int) -> str:
        """The invented phone of the n-th person, 0 to 99, in E.164."""
        return f"{self.phone_prefix}{number:02}"


def read(key: str) -> Town:
    """One of `TOWNS`."""
    page = tomllib.loads(files(__package__).joinpath(f"{key}.toml").read_text(encoding="utf-8"))
    people, prices, policy = page["people"], page["prices"], page["policy"]
    currency: str = page["currency"]
    return Town(
        key=page["key"],
        name=page["name"],
        language=page["language"],
        region=page["region"],
        currency=currency,
        time_zone=page["time_zone"],
        calendar=page["calendar"],
        weekend=tuple(page["weekend"]),
        phone=page["phone"],
        settings=page["settings"],
        cancellation=_cancellation(**page["cancellation"]),
        prices=PointValue(currency, prices["minor_per_100_points"], prices["step"], prices["category_percent"]),
        policy=Slots(policy["controller"], policy["responsible"], policy["contact"], policy["places"]),
        policy_profiles=tuple(policy["profiles"]),
        zones=tuple(_zone(each) for each in page["zone"]),
        named=tuple(
            Named(each["role"], each["username"], each["name"], tuple(each.get("skills", ())), each.get("zone"))
            for each in page["named"]
        ),
        specialists=tuple(people["specialists"]),
        customers=tuple(people["customers"]),
        phone_prefix=people["phone"],
        street=people["street"],
        directions=people["directions"],
    )


def _zone(row: dict) -> TownZone:  # type: ignore[type-arg]  # what tomllib gives: a table of anything
    longitude, latitude = row["centre"]
    centre = Point(longitude, latitude)
    return TownZone(row["key"], row["name"], centre, row["radius_metres"], tuple(row["neighbours"]))


def _cancellation(*, late: int, visit: int) -> tuple[CancellationTier, ...]:
    """Free until three hours before, then `late`; from setting out on at least `visit`, minor units."""
    return (
        CancellationTier("late", "assigned", 180, 0, late, late),
        CancellationTier("en_route", "en_route", None, 2_000, visit, visit * 3),
        CancellationTier("on_site", "on_site", None, 3_000, visit, visit * 4),
        CancellationTier("no_show", "no_show", None, 3_000, visit, visit * 4),
        CancellationTier("failed_visit", "failed_visit", None, 0, visit, visit),
    )
