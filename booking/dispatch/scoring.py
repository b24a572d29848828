"""What asking one person for one job costs: minutes, term by term, smaller is better. Pure, in whole numbers.

Everything is counted in hundredths of a minute, so that the terms add up to the score exactly, on every machine and in
every replay (dispatch.md §5). What excludes somebody is no term: hard rules never hide in weights.
"""

from bisect import bisect
from collections.abc import Collection, Iterable
from dataclasses import dataclass, fields
from enum import StrEnum

from marketplace.foundation.errors import Refused

MINUTE = 100
LEAST_ACCEPT, MOST_ACCEPT = 50, 950  # permille: nobody is certain to refuse, nobody certain to accept
RATED_ENOUGH = 10
LOWEST_RATING, RATING_SPAN = 100, 400  # one star, and from one star to five
WAY_BANDS = (3, 6, 9, 12, 15, 20, 25, 35)  # minutes between which accepting is counted apart
ACTIVE_AT_LEAST_MINUTES = 45  # who has only begun counts as having worked so long


class TermName(StrEnum):
    """The closed list of what may count, by the name under which it is stored and explained."""

    TRAVEL = "travel"
    WAITING = "waiting"  # until they are free
    REFUSAL = "refusal"  # what a likely no costs
    FAIRNESS = "fairness"
    QUALITY = "quality"
    PLANNED = "planned"  # their day was planned around this visit
    SAME_PERSON = "same_person"  # the customer asked for them again
    POSITION = "position"  # how far off the place that we assume may be


@dataclass(frozen=True, slots=True)
class Term:
    """One part of a score, in hundredths of a minute; smaller is better."""

    term: str
    hundredths: int


@dataclass(frozen=True)
class WeightOutOfRange(Refused):
    """A weight lies outside what may be published."""

    weight: str
    least: int
    most: int


@dataclass(frozen=True, slots=True)
class Weights:
    """What each minute, doubt and difference is worth; an organization publishes its own as a version.

    Refuses WeightOutOfRange for a value outside `RANGES`.
    """

    waiting_permille: int = 150  # of a minute for each minute until they are free: customers wait, nobody drives
    refusal_hundredths: int = 0  # what one refusal costs
    fairness_hundredths: int = 2900  # what being wholly under-served is worth
    fairness_half_minutes: int = 60  # on shift, after which a difference counts half: a day that began says little yet
    quality_hundredths: int = 300  # what five stars are worth against one
    planned_hundredths: int = 500
    same_person_hundredths: int = 500

    def __post_init__(self) -> None:
        """Refuse what no organization may publish."""
        for name, (least, most) in RANGES.items():
            if not least <= getattr(self, name) <= most:
                raise WeightOutOfRange(name, least, most)


RANGES: dict[str, tuple[int, int]] = {
    "waiting_permille": (0, 1000),
    "refusal_hundredths": (0, 2000),
    "fairness_hundredths": (0, 6000),
    "fairness_half_minutes": (0, 480),
    "quality_hundredths": (0, 300),
    "planned_hundredths": (0, 3000),
    "same_person_hundredths": (0, 3000),
}


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of one person for one job: every input of the score, and no other.

    Times in hundredths of a minute. `margin_hundredths` is the travel by which a place that is not live may be wrong.
    `accept_permille` is None where nothing is known yet. The two rates are in one unit, of income or of work per active
    hour; a `group_rate` of 0 says nothing about fairness. `active_minutes` of today; None where that is not known.
    """

    travel_hundredths: int
    free_in_hundredths: int = 0
    margin_hundredths: int = 0
    accept_permille: int | None = None
    rate: int = 0
    group_rate: int = 0
    active_minutes: int | None = None
    rating_hundredths: int | None = None
    rating_count: int = 0
    planned: bool = False
    wished_for: bool = False


DEFAULT = Weights()
_TRAVEL, _WAITING, _REFUSAL, _FAIRNESS, _QUALITY, _PLANNED, _SAME_PERSON, _POSITION = (name.value for name in TermName)


def score(facts: Facts, weights: Weights = DEFAULT) -> tuple[Term, ...]:
    """The terms that speak for or against this person; a term that says nothing is left out."""
    terms = [Term(_TRAVEL, facts.travel_hundredths)]
    for name, hundredths in (
        (_WAITING, _waiting(facts, weights)),
        (_REFUSAL, _refusal(facts, weights)),
        (_FAIRNESS, _fairness(facts, weights)),
        (_QUALITY, _quality(facts, weights)),
        (_PLANNED, -weights.planned_hundredths if facts.planned else 0),
        (_SAME_PERSON, -weights.same_person_hundredths if facts.wished_for else 0),
        (_POSITION, facts.margin_hundredths),
    ):
        if hundredths:
            terms.append(Term(name, hundredths))
    return tuple(terms)


def total(terms: Iterable[Term]) -> int:
    """The score: the sum of its terms, in hundredths of a minute."""
    return sum(each.hundredths for each in terms)


def accept_permille(accepted: int, answered: int, *, usual_permille: int, usual_weighs: int = 20) -> int:
    """How often people say yes, drawn towards what is usual as if that had been seen `usual_weighs` times.

    An offer that ran out unseen is no answer. Between 50 and 950.
    """
    seen = (accepted * 1000 + usual_permille * usual_weighs) // (answered + usual_weighs)
    return max(LEAST_ACCEPT, min(MOST_ACCEPT, seen))


def way_band(minutes: int) -> int:
    """Which ways are counted together when it is asked how often people accept one so long."""
    return bisect(WAY_BANDS, minutes)


def per_active_hour(amount: int, active_minutes: int) -> int:
    """Income (or minutes of work) for each hour on shift today; the first three quarters of an hour count as that."""
    return amount * 60 // max(active_minutes, ACTIVE_AT_LEAST_MINUTES)


def usual_rate(rates: Collection[int]) -> int:
    """The mean of a group, in the unit of its rates; 0 for nobody."""
    return sum(rates) // len(rates) if rates else 0


def _waiting(facts: Facts, weights: Weights) -> int:
    return weights.waiting_permille * max(0, facts.free_in_hundredths) // 1000


def _refusal(facts: Facts, weights: Weights) -> int:
    if facts.accept_permille is None:
        return 0
    likely = max(LEAST_ACCEPT, min(MOST_ACCEPT, facts.accept_permille))
    return weights.refusal_hundredths * (1000 - likely) // likely


def _fairness(facts: Facts, weights: Weights) -> int:
    if facts.group_rate <= 0:
        return 0
    under = max(-facts.group_rate, min(facts.group_rate, facts.group_rate - facts.rate))
    term = -weights.fairness_hundredths * under // facts.group_rate
    if facts.active_minutes is None or not weights.fairness_half_minutes:
        return term
    seen = max(0, facts.active_minutes)
    return term * seen // (seen + weights.fairness_half_minutes)


def _quality(facts: Facts, weights: Weights) -> int:
    if facts.rating_hundredths is None or facts.rating_count < RATED_ENOUGH:
        return 0
    return -weights.quality_hundredths * (facts.rating_hundredths - LOWEST_RATING) // RATING_SPAN


assert {each.name for each in fields(Weights)} == set(RANGES)  # every weight has its range
