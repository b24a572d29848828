"""The demo town and its people: an organization, the catalogue with prices, zones, staff, specialists, customers.

Everything goes through the same actions as in daily life. Names, phones and addresses are invented (towns/*.toml);
who can sign in is listed in the `Cast`, with passwords that are no secret: never build a cast on real data. The
town was founded a month ago, so that two weeks of history fit in.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from itertools import cycle, islice
from uuid import UUID

from sqlalchemy.orm import Session

from marketplace.catalogue import actions as catalogue
from marketplace.catalogue import content
from marketplace.catalogue.rules import Area, area_of
from marketplace.foundation.ids import AddressId, OrganizationId, PersonId, ZoneId, derived
from marketplace.foundation.places import EARTH_METRES, Point
from marketplace.foundation.scripts import language_of, native_digits
from marketplace.organizations import actions as organizations
from marketplace.organizations import queries as organization_queries
from marketplace.organizations import site_actions
from marketplace.organizations.rules import NotFounded
from marketplace.people import actions as people
from marketplace.people import queries as people_queries
from marketplace.people.actions.contacts import prove
from marketplace.people.hashing import hash_password
from marketplace.privacy import actions as privacy
from marketplace.specialists import actions as specialists
from marketplace.specialists.rules import SuspensionReason, WeeklyHours
from web.towns import PASSWORD, Named, Town, TownZone, compounds, read

FOUNDED_BEFORE = timedelta(days=30)
PROOF_DAYS = 400
GOLDEN_ANGLE = math.pi * (3 - math.sqrt(5))  # even scatter: no two neighbours on one line

# Trades of those who cannot sign in, over and over: (skills, whether they go to the whole town)
TRADES: tuple[tuple[tuple[str, ...], bool], ...] = (
    (("ac",), False),
    (("plumbing",), False),
    (("electrical",), False),
    (("moving", "handyman"), True),
    (("ac", "electrical"), False),
    (("masonry", "tiling"), True),
    (("plumbing", "handyman"), True),
    (("carpentry",), True),
    (("electrical", "appliances"), True),
    (("painting", "masonry"), True),
    (("ac", "appliances"), True),
    (("moving", "van"), True),
)
# Opening and closing of a working day, over and over
DAYS: tuple[tuple[tuple[time, time], ...], ...] = (
    ((time(8), time(17)),),
    ((time(9), time(13)), (time(14), time(20))),
    ((time(10), time(19)),),
    ((time(12), time(22)),),
)


@dataclass(frozen=True)
class Member:
    """One person of the town. `password` only of those who can sign in; `address` only of customers."""

    id: PersonId
    role: str
    name: str
    phone: str
    username: str | None = None
    password: str | None = None
    zone: str | None = None
    address: AddressId | None = None


@dataclass(frozen=True)
class Cast:
    """The town's people: `people` can sign in; `specialists` and `customers` hold all of them, those too."""

    town: Town
    organization: OrganizationId
    people: tuple[Member, ...]
    specialists: tuple[Member, ...]
    customers: tuple[Member, ...]

    def named(self, username: str) -> Member:
        """Somebody who can sign in. KeyError for nobody."""
        return {member.username or "": member for member in self.people}[username]


@dataclass(frozen=True)
class _Part:
    """Who somebody is to be: their place in the cast decides phone, trade, hours and home."""

    number: int
    role: str
    name: str
    zone: str | None
    named: Named | None


def password_hashes(town: str) -> dict[str, str]:
    """By user name, of everybody who can sign in; made outside any transaction, for hashing is slow on purpose."""
    return {named.username: hash_password(named.password) for named in read(town).named}


def build_town(session: Session, town: str, *, hashes: Mapping[str, str], now: datetime) -> Cast:
    """Found the town and let everybody in. Refuses AlreadyFounded on a database that has this town."""
    there, since = read(town), now - FOUNDED_BEFORE
    home = _found(session, there, since)
    privacy.publish(
        session, slots=there.policy, profiles=there.policy_profiles, change="substantial", by=None, now=since
    )
    for part in _parts(there):
        _let_in(session, there, home, part, hashes=hashes, since=since)
    cast = find(session)
    if cast is None:
        raise RuntimeError("the town was founded a moment ago")
    _give_work(session, cast, since)
    _build_compounds(session, cast, since)
    return cast


def find(session: Session) -> Cast | None:
    """The cast of the town in this database; None when there is no town yet."""
    try:
        home = organization_queries.home(session)
    except NotFounded:
        return None
    town = read(home.town)
    members = [_member(session, town, part) for part in _parts(town)]
    return Cast(
        town=town,
        organization=home.id,
        people=tuple(each for each in members if each.username),
        specialists=tuple(each for each in members if each.role == "specialist"),
        customers=tuple(each for each in members if each.role == "customer"),
    )


def place_in(zone: TownZone, zones: Sequence[TownZone], number: int) -> Point:
    """A point of the zone, another for each number, that belongs to no other zone."""
    areas = {each.key: Area(_zone_id(each.key), each.centre, each.radius_metres, ()) for each in zones}
    for step in range(200):
        turn = GOLDEN_ANGLE * (number + 7 * step)
        metres = zone.radius_metres * (0.15 + 0.55 * math.modf(math.sqrt(2) * (number + step))[0])
        point = _shifted(zone.centre, turn, metres)
        found = area_of(point, list(areas.values()))
        if found is not None and found.zone == areas[zone.key].zone:
            return point
    return zone.centre


def _found(session: Session, town: Town, since: datetime) -> OrganizationId:
    home = organizations.found(
        session, town=town.key, name=town.name, region=town.region, currency=town.currency, time_zone=town.time_zone,
        language=town.language, calendar=town.calendar, weekend=town.weekend, phone=town.phone,
        settings=town.settings, cancellation=town.cancellation, now=since,
    )  # fmt: skip
    for zone in town.zones:
        catalogue.draw_zone(
            session, home, key=zone.key, name=zone.name, centre=zone.centre, radius_metres=zone.radius_metres,
            neighbours=zone.neighbours,
        )  # fmt: skip
    trades = content.categories()
    catalogue.stock(session, content.skills(), trades, now=since)
    lines = {service.key: content.priced(trade, service, town.prices) for trade in trades for service in trade.services}
    catalogue.publish_price_book(
        session, home, currency=town.currency, lines=lines, valid_from=since, by=None, reason="first prices", now=since
    )
    return home


def _parts(town: Town) -> Iterator[_Part]:
    """Everybody, in an order that never changes: staff and the others who sign in, specialists, customers."""
    number = 0
    for named in town.named:
        yield _Part(number, named.role, named.name, named.zone, named)
        number += 1
    for role, names in (("specialist", town.specialists), ("customer", town.customers)):
        for place, name in enumerate(names):
            yield _Part(number, role, name, town.zones[place % len(town.zones)].key, None)
            number += 1


def _let_in(
    session: Session, town: Town, home: OrganizationId, part: _Part, *, hashes: Mapping[str, str], since: datetime
) -> None:
    made = people.register(
        session, name=part.name, contact=town.phone_of(part.number), region=town.region, language=town.language,
        stated_age=21 + part.number % 37, now=since,
    )  # fmt: skip
    privacy.accept(session, person=made.person_id, language=town.language, now=since)
    prove(session, made.contact_id, now=since)
    person = made.person_id
    if part.role != "customer":
        people.grant_role(session, person=person, role=part.role, by=None, organization=home, now=since)
    elif part.zone is not None:
        _move_in(session, town, person, part, since)
    if part.named is not None:
        people.set_username(session, person=person, username=part.named.username, now=since)
        people.set_password(session, person=person, password_hash=hashes[part.named.username], now=since)


def _move_in(session: Session, town: Town, person: PersonId, part: _Part, since: datetime) -> None:
    zone = next(each for each in town.zones if each.key == part.zone)
    language = language_of(town.language)
    words = {"house": str(1 + part.number * 7 % 90), "street": str(1 + part.number * 5 % 40)}
    if language is not None:
        words = {key: native_digits(value, language) for key, value in words.items()}
    people.add_address(
        session, person=person, line=town.street.format(**words), directions=town.directions.format(**words),
        zone=_zone_of(town, zone.key), pin=place_in(zone, town.zones, part.number), now=since,
    )  # fmt: skip


def _give_work(session: Session, cast: Cast, since: datetime) -> None:
    """Enrol the specialists: skills verified by the manager, hours, zones; one suspended, one still an applicant."""
    manager = cast.named("manager").id
    until = (since + timedelta(days=PROOF_DAYS)).date()
    named = {each.username: each for each in cast.town.named}
    trades = islice(cycle(TRADES), len(cast.specialists))
    for place, (member, (skills, everywhere)) in enumerate(zip(cast.specialists, trades, strict=True)):
        zone = next(each for each in cast.town.zones if each.key == member.zone)
        point = place_in(zone, cast.town.zones, place + 31)
        home_zone = _zone_of(cast.town, zone.key)
        specialists.enrol(session, member.id, cast.organization, home=point, home_zone=home_zone, now=since)
        specialists.set_weekly_hours(session, member.id, _hours(place, cast.town.weekend), now=since)
        served = cast.town.zones if everywhere else _around(zone, cast.town.zones)
        specialists.serve_zones(session, member.id, [_zone_of(cast.town, each.key) for each in served])
        if place == len(cast.specialists) - 1:
            continue  # the last has only just applied
        for skill in named[member.username].skills if member.username else skills:
            specialists.verify_skill(session, member.id, skill, by=manager, expires_on=until, now=since)
    suspended = cast.specialists[-2].id
    specialists.suspend(session, suspended, SuspensionReason.OWN_WISH, by=suspended, now=since)


def _build_compounds(session: Session, cast: Cast, since: datetime) -> None:
    """Two compounds with their buildings and residents; each team's trade is its duty in every building."""
    manager, zones = cast.named("manager").id, {each.key: each for each in cast.town.zones}
    for number, planned in enumerate(compounds.planned(cast.town.key)):
        since += timedelta(minutes=number)  # one is the first
        compound = site_actions.found_compound(
            session, cast.organization, key=planned.key, name=planned.name, by=manager, now=since
        )
        buildings, units = [], {}
        for place, building in enumerate(planned.buildings):
            point = place_in(zones[planned.zone], cast.town.zones, 50 + 10 * number + place)
            made = site_actions.add_building(
                session, compound, name=building.name, zone=_zone_of(cast.town, planned.zone), point=point, by=manager,
                now=since,
            )  # fmt: skip
            buildings.append(made)
            for label in building.units:
                units[label] = site_actions.add_unit(session, compound, made, label=label, by=manager, now=since)
        for label, who in planned.residents.items():
            site_actions.move_in(session, compound, units[label], cast.customers[who].id, by=manager, now=since)
        for team in planned.teams:
            _form_team(session, cast, compound, buildings, team=team, since=since)


def _form_team(
    session: Session,
    cast: Cast,
    compound: OrganizationId,
    buildings: Sequence[UUID],
    *,
    team: compounds.PlannedTeam,
    since: datetime,
) -> None:
    manager = cast.named("manager").id
    formed = organizations.form_team(session, compound, key=team.key, name=team.name, by=manager, now=since)
    others = (
        member
        for member, (skills, _) in zip(cast.specialists, cycle(TRADES), strict=False)
        if team.skill in skills and not member.username
    )
    for member in (cast.specialists[team.number], *islice(others, team.second, team.second + 1)):
        organizations.join_team(session, formed, member.id, by=manager, now=since)
    for building in buildings:
        site_actions.give_duty(
            session, compound, building=building, trade=team.trade, team=formed, by=manager, now=since
        )


def _hours(place: int, weekend: Sequence[int]) -> list[WeeklyHours]:
    """Six days a week; two of three rest on the first day of the week-end, the others on the day after it."""
    day_off = weekend[0] if place % 3 else weekend[-1] % 7 + 1
    stretches = DAYS[place % len(DAYS)]
    week = (weekday for weekday in range(1, 8) if weekday != day_off)
    return [WeeklyHours(weekday, opens, closes) for weekday in week for opens, closes in stretches]


def _around(zone: TownZone, zones: Sequence[TownZone]) -> list[TownZone]:
    """The zone, its neighbours and theirs."""
    near = {zone.key, *zone.neighbours}
    near |= {further for each in zones if each.key in zone.neighbours for further in each.neighbours}
    return [each for each in zones if each.key in near]


def _member(session: Session, town: Town, part: _Part) -> Member:
    phone = town.phone_of(part.number)
    person = people_queries.find_by_contact(session, phone, town.region)
    if person is None:
        raise LookupError(f"nobody of the cast has place {part.number}")
    username = part.named.username if part.named else None
    address = next((each.id for each in people_queries.addresses_of(session, person)), None)
    password = PASSWORD.format(username=username) if username else None
    return Member(person, part.role, part.name, phone, username, password, part.zone, address)


def _zone_of(town: Town, key: str) -> ZoneId:
    return ZoneId(derived("zone", derived("organization", town.key), key))


def _zone_id(key: str) -> ZoneId:
    return ZoneId(derived("zone", key))


def _shifted(point: Point, turn: float, metres: float) -> Point:
    up = math.degrees(metres * math.sin(turn) / EARTH_METRES)
    across = math.degrees(metres * math.cos(turn) / EARTH_METRES / math.cos(math.radians(point.latitude)))
    return Point(point.longitude + across, point.latitude + up)
