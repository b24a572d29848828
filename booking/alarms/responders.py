"""The nearest who may be called to a place, of everybody on duty: exact, and quick for a village and for a city."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import TextClause, text
from sqlalchemy.orm import Session

from booking.alarms import rules
from booking.alarms.rules import LISTED_MOST, MOST, SKILL, Known, OnDuty, Responder, Responders, Way
from booking.availability import queries as availability
from booking.availability.pace import slowest
from booking.availability.windows import local_day
from booking.tracking.rules import FRESH, STRIP, Basis, Switch, at_least_metres, folded, reach, unfolded
from marketplace.catalogue import queries as catalogue
from marketplace.foundation.ids import ZoneId
from marketplace.foundation.places import Point

REACHES_KM: Final = (5, 20, 80)  # and then everybody
LEAST_READ, READ_AHEAD = 12, 4  # rows of one statement: as many at least, and so many for each that is wanted
HALF_PLANE: Final = 180  # degrees of the folded plane on each side of its middle


def _statements(source: str) -> dict[str, TextClause]:
    named = (part.split("\n", 1) for part in source.split("\n-- ")[1:])
    return {name.strip(): text(sql.strip().rstrip(";")) for name, sql in named}


STATEMENTS: Final = _statements((Path(__file__).parent / "responders.sql").read_text())


@dataclass(frozen=True, slots=True)
class Box:
    """A part of the plane, and how far every point of the earth within it reaches at least; None: it is all of it."""

    west: float
    south: float
    east: float
    north: float
    metres: int | None


def nearest(session: Session, *, site: Point, zone: ZoneId, at: datetime, most: int = MOST) -> Responders:
    """The `most` guards who could be at the site soonest, and everybody on duty who shows no place.

    Whose place is known takes part in the order of the way, wherever they stand; those without a place are listed by
    the zone of the site. A pending offer hides nobody. Nothing is written down: who shows the answer to a person asks
    `actions.look_for_responders`. Refuses NotFounded.
    """
    asked = _asked(session, at)
    if asked is None:
        return Responders()
    near = _near(session, site, asked, most=most)
    rows = session.execute(STATEMENTS["without"], {**asked.told, "zone": zone, "listed": LISTED_MOST}).all()
    without = (OnDuty(row.specialist_id, row.zone, row.serves, _why(row.switch)) for row in rows)
    number = rows[0].number if rows else 0
    return Responders(near, rules.by_post(without, zone), number - len(rows))


def soonest(session: Session, *, site: Point, at: datetime, most: int = MOST) -> tuple[Responder, ...]:
    """The first part of `nearest` alone, for whoever must not wait while everybody on duty is listed."""
    asked = _asked(session, at)
    return () if asked is None else _near(session, site, asked, most=most)


@dataclass(frozen=True, slots=True)
class Asked:
    """A moment as the statements are told of it, the number of the trade, and how the town moves then."""

    told: Mapping[str, Any]
    skill_no: int
    way: Way


def _asked(session: Session, at: datetime) -> Asked | None:
    """None where the catalogue knows no guards."""
    trade = catalogue.skills(session).get(SKILL)
    if trade is None:
        return None
    policy = availability.policy(session)
    told = {
        "at": at, "stale": at - FRESH, "on_day": local_day(at, policy.time_zone), "skill": SKILL,
        "skill_no": trade.number,
    }  # fmt: skip
    return Asked(told, trade.number, Way(slowest(policy.pace, at, at, policy.time_zone), policy.pace))


def _near(session: Session, site: Point, asked: Asked, *, most: int) -> tuple[Responder, ...]:
    """Look as far, and at as many, as it takes until nobody unread can come sooner, or everybody was read."""
    told, skill_no, way = asked.told, asked.skill_no, asked.way
    read = max(LEAST_READ, READ_AHEAD * most)
    boxes = _boxes(site, skill_no)
    box = next(boxes)
    while True:
        rows = session.execute(STATEMENTS["near"], {**told, **parameters(site, skill_no, box, most=read)}).all()
        found = rules.ranked(
            rules.responder(
                row.specialist_id, Known(unfolded(row.x, row.y), Basis(row.basis), row.seen_at), site=site, way=way
            )
            for row in rows
        )
        is_whole = len(rows) < read
        edge = box.metres if is_whole else at_least_metres(site, skill_no, rows[-1].x, rows[-1].y)
        if edge is None or rules.is_sure(found, most, beyond_metres=edge, way=way):
            return found[:most]
        if is_whole:
            box = next(boxes)
        else:
            read *= 4


def parameters(site: Point, skill_no: int, box: Box, *, most: int) -> dict[str, object]:
    """What the statement is told of the plane, by name; it answers with `most` rows, in the plane's order."""
    x, y = folded(site, skill_no)
    return {"x": x, "y": y, "west": box.west, "south": box.south, "east": box.east, "north": box.north, "most": most}


def _boxes(site: Point, skill_no: int) -> Iterator[Box]:
    for km in REACHES_KM:
        (west, south), (east, north) = reach(site, skill_no, km)
        yield Box(west, south, east, north, km * 1000)
    middle = skill_no * STRIP
    yield Box(middle - HALF_PLANE, -HALF_PLANE, middle + HALF_PLANE, HALF_PLANE, None)


def _why(switch: str) -> rules.Why:
    """The statement has left out whoever shows a place: who shares has none that is fresh."""
    why = {Switch.OFF: rules.Why.NOT_SHARING, Switch.HIDE: rules.Why.HIDDEN, Switch.SHARE: rules.Why.SILENT}
    return why[Switch(switch)]
