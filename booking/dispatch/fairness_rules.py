"""How evenly work is shared out, in numbers (dispatch.md §5, features.md D5). Pure.

What counts is value per active hour: who works less is not owed as much. People are compared with those of their trade
who live in the same area; where they are fewer than `SMALLEST`, with their trade in the whole town.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

FLOOR_PERCENT: Final = 50  # the published floor: of what the middle of the group is offered for each active hour
LEAST_MINUTES: Final = 8 * 60  # whoever was on shift for less says nothing yet
SMALLEST: Final = 3


@dataclass(frozen=True, slots=True)
class Worked:
    """One person's stretch of time: minutes on shift, and the value of what they were offered and of what they did.

    Values in minor units, commission not yet taken off.
    """

    specialist: UUID
    trade: str
    zone: UUID
    minutes: int
    offered_minor: int
    earned_minor: int

    @property
    def offered_rate(self) -> int:
        """Minor units for each active hour."""
        return self.offered_minor * 60 // self.minutes

    @property
    def earned_rate(self) -> int:
        """Minor units for each active hour."""
        return self.earned_minor * 60 // self.minutes


@dataclass(frozen=True, slots=True)
class Below:
    """Somebody who was offered less than the floor: so many percent of their group's middle.

    `rule` is what kept them from most of the jobs, where a hard rule did that for half of them or more.
    """

    person: Worked
    percent: int
    rule: str | None


@dataclass(frozen=True, slots=True)
class Group:
    """People of one trade in one area, or in the whole town (zone None). Rates in minor units an active hour."""

    trade: str
    zone: UUID | None
    people: int
    middle_offered: int
    tenth_earned: int
    gini_permille: int
    below: tuple[Below, ...]

    @property
    def unexplained(self) -> int:
        """How many are below the floor although no hard rule says why."""
        return sum(each.rule is None for each in self.below)


def groups(people: Sequence[Worked], kept_by: Mapping[UUID, str]) -> list[Group]:
    """All groups, those with somebody below the floor first. `kept_by` names the rule that explains it, if one does."""
    told = [each for each in people if each.minutes >= LEAST_MINUTES]
    apart: dict[tuple[str, UUID | None], list[Worked]] = defaultdict(list)
    for each in told:
        apart[each.trade, each.zone].append(each)
    joined: dict[tuple[str, UUID | None], list[Worked]] = defaultdict(list)
    for (trade, zone), members in apart.items():
        joined[trade, zone if len(members) >= SMALLEST else None] += members
    found = [_group(trade, zone, members, kept_by) for (trade, zone), members in joined.items()]
    return sorted(found, key=lambda each: (-each.unexplained, -len(each.below), each.trade, str(each.zone)))


def gini_permille(values: Sequence[int]) -> int:
    """Half the mean difference of two, by the mean: 0 where all have the same, near 1000 where one has everything."""
    total, count = sum(values), len(values)
    if total <= 0:
        return 0
    weighted = sum((2 * place - count - 1) * value for place, value in enumerate(sorted(values), start=1))
    return weighted * 1000 // (count * total)


def quantile(values: Sequence[int], percent: int) -> int:
    """The smallest value that so many percent do not exceed."""
    ranked = sorted(values)
    return ranked[max(0, -(-len(ranked) * percent // 100) - 1)]


def _group(trade: str, zone: UUID | None, members: Sequence[Worked], kept_by: Mapping[UUID, str]) -> Group:
    middle = quantile([each.offered_rate for each in members], 50)
    earned = [each.earned_rate for each in members]
    low = [(each.offered_rate * 100 // middle, each) for each in members] if middle else []
    below = [Below(each, percent, kept_by.get(each.specialist)) for percent, each in low if percent < FLOOR_PERCENT]
    in_order = tuple(sorted(below, key=lambda each: (each.rule is not None, each.percent, each.person.specialist)))
    return Group(trade, zone, len(members), middle, quantile(earned, 10), gini_permille(earned), in_order)
