"""Who may be called to a place, in which order, and who is on duty without showing where. Pure, told the time.

The order is that of the way: the house's own minutes, and what not knowing the place exactly costs on top. Whoever has
no place is listed apart; nothing is guessed for them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from booking.availability.pace import Pace, way_minutes
from booking.dispatch.rules import MARGIN_HUNDREDTHS
from booking.tracking.rules import FRESH, Basis, Switch
from marketplace.foundation.places import Point, metres_between

SKILL: Final = "guard"
MOST: Final = 3  # a first rung calls so many
LISTED_MOST: Final = 100  # of those without a place
SHOWN: Final = (Basis.LIVE, Basis.STEP)  # a home area is where nobody stands, and whoever is at work is not called


class Why(StrEnum):
    """Why somebody on duty stands nowhere on the map."""

    NOT_SHARING = "not_sharing"  # nothing leaves their device
    HIDDEN = "hidden"  # it is used for their own offers, and shown to nobody
    SILENT = "silent"  # they share, and nothing fresh has come


@dataclass(frozen=True, slots=True)
class Known:
    """The place from which somebody could set out, what it is known from, and since when."""

    point: Point
    basis: Basis
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class Guard:
    """Everything that counts about one person, and nothing else."""

    specialist: UUID
    zone: UUID  # of their home
    serves: bool = True  # the zone of the site
    in_good_standing: bool = True
    skilled: bool = True  # granted, not taken back, not run out on the day
    on_duty: bool = True
    at_work: bool = False  # a visit, a break or an absence takes their time, or a job of theirs is under way
    answering: bool = False  # another alarm is theirs
    switch: Switch = Switch.SHARE
    known: Known | None = None


@dataclass(frozen=True, slots=True)
class Way:
    """How the town moves at this moment: kilometres an hour, and the pace with its detour and its last minutes."""

    speed: int
    pace: Pace

    def minutes(self, metres: int) -> int:
        """Whole minutes of a way that is so long in a straight line."""
        return way_minutes(metres, speed=self.speed, pace=self.pace)


@dataclass(frozen=True, slots=True)
class Responder:
    """Somebody who may be called, and how soon they could be there. `metres` is the straight way."""

    specialist: UUID
    point: Point
    metres: int
    minutes: int
    margin_hundredths: int  # of a minute: what not knowing the place exactly costs
    basis: Basis
    seen_at: datetime

    @property
    def order(self) -> tuple[int, int, UUID]:
        """By what they are sorted: way and margin in hundredths of a minute, then metres, then the id."""
        return self.minutes * 100 + self.margin_hundredths, self.metres, self.specialist


@dataclass(frozen=True, slots=True)
class OnDuty:
    """Somebody who may be called and shows no place: where they are at home, whether they come to the site's zone."""

    specialist: UUID
    zone: UUID
    serves: bool
    why: Why


@dataclass(frozen=True, slots=True)
class Responders:
    """The nearest, soonest first; and everybody on duty without a place, those of the site's zone first.

    `unlisted` counts those without a place beyond `LISTED_MOST`.
    """

    near: tuple[Responder, ...] = ()
    without_place: tuple[OnDuty, ...] = ()
    unlisted: int = 0


def obstacle(guard: Guard) -> str | None:
    """The first rule that keeps this person from being called; None when nothing does. Where they are is none."""
    rules = (
        ("standing", guard.in_good_standing), ("skill", guard.skilled), ("shift", guard.on_duty),
        ("at_work", not guard.at_work), ("answering", not guard.answering),
    )  # fmt: skip
    return next((name for name, holds in rules if not holds), None)


def why_no_place(switch: Switch, known: Known | None, *, at: datetime) -> Why | None:
    """Why nothing is shown of where somebody is; None when they share it and it is fresh."""
    if switch is not Switch.SHARE:
        return Why.HIDDEN if switch is Switch.HIDE else Why.NOT_SHARING
    if known is None or known.basis not in SHOWN or known.seen_at <= at - FRESH:
        return Why.SILENT
    return None


def responder(specialist: UUID, known: Known, *, site: Point, way: Way) -> Responder:
    """How soon somebody could be at the site from where they are."""
    metres = metres_between(site, known.point)
    margin = MARGIN_HUNDREDTHS.get(known.basis.value, 0)
    return Responder(specialist, known.point, metres, way.minutes(metres), margin, known.basis, known.seen_at)


def ranked(found: Iterable[Responder]) -> tuple[Responder, ...]:
    """The soonest first."""
    return tuple(sorted(found, key=lambda each: each.order))


def is_sure(found: Sequence[Responder], most: int, *, beyond_metres: int, way: Way) -> bool:
    """Whether the first `most` of `found` stay the first, whoever stands at least `beyond_metres` away."""
    if len(found) < most:
        return False
    return most == 0 or found[most - 1].order[:2] < (way.minutes(beyond_metres) * 100, beyond_metres)


def by_post(found: Iterable[OnDuty], zone: UUID) -> tuple[OnDuty, ...]:
    """Those at home in the zone of the site first, then those who come there, then the others; by id."""
    return tuple(sorted(found, key=lambda each: (each.zone != zone, not each.serves, each.specialist)))
