"""What a drop on the board means, which rules a dispatcher may set aside with a reason, and how it may refuse."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from booking.jobs.words import State
from marketplace.foundation.errors import Refused
from marketplace.foundation.periods import Period

# Where somebody may go and when they like to work is theirs to stretch when they are asked; skill, standing, a block,
# a full day and a debt are not a dispatcher's to set aside.
SOFT: Final = frozenset({"area", "shift"})
REASONS: Final = ("better_fit", "customer_wish", "illness", "overrun", "other")


class Means(StrEnum):
    """What dropping a job on somebody's day asks for."""

    GIVE = "give"
    HAND_OVER = "hand_over"  # from whoever has it, with a reason
    MOVE = "move"  # the same person, in another window: the customer's promise changes


@dataclass(frozen=True)
class OutsideThePromise(Refused):
    """The customer was promised another time; only a job that somebody has can be moved, by itself."""

    promised_start: datetime
    promised_end: datetime


@dataclass(frozen=True)
class HasItAlready(Refused):
    """The job is this person's, in this window."""


@dataclass(frozen=True)
class NobodyLeft(Refused):
    """Everybody of the trade is excluded; `rule` excludes most of them."""

    rule: str


@dataclass(frozen=True)
class TooManyAtOnce(Refused):
    """An act on many takes so many jobs at once."""

    most: int


@dataclass(frozen=True)
class NothingChosen(Refused):
    """No job was chosen for the act."""


def meaning(state: State, *, crew: UUID | None, specialist: UUID, window: Period | None, at: datetime | None) -> Means:
    """What dropping the job on this person means, at this moment of their day if one is meant. Pure.

    Refuses OutsideThePromise for a time beyond the promised window, but for whoever has the job; HasItAlready.
    """
    inside = at is None or window is None or window.start <= at < window.end
    mine = state is State.ASSIGNED and crew == specialist
    if mine and not inside:
        return Means.MOVE
    if mine:
        raise HasItAlready()
    if not inside and window is not None:
        raise OutsideThePromise(window.start, window.end)
    return Means.HAND_OVER if state is State.ASSIGNED else Means.GIVE


def may_set_aside(rule: str, reason: str | None) -> bool:
    """Whether this rule gives way to a reason from the list."""
    return rule in SOFT and reason in REASONS
