"""What each number of the rules of dispatch means, and what more of it does."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from booking.dispatch.rules import STEP_RANGES
from booking.dispatch.scoring import RANGES
from web.sentences.marking import N_


@dataclass(frozen=True)
class Said:
    """A number by its name, its unit, and what it does."""

    title: str
    unit: str
    does: str


MINUTES, HUNDREDTHS, PEOPLE = N_("minutes"), N_("hundredths of a minute"), N_("people")
NUMBERS: Final[dict[str, Said]] = {
    "waiting_permille": Said(
        N_("Waiting until somebody is free"),
        N_("thousandths of a minute"),
        N_("For each minute until they are free. More: jobs are reached sooner, over longer ways."),
    ),
    "refusal_hundredths": Said(
        N_("A likely no"),
        HUNDREDTHS,
        N_("What one refusal costs. More: fewer people are asked for a way so long that it is often declined."),
    ),
    "fairness_hundredths": Said(
        N_("Who has had less work"),
        HUNDREDTHS,
        N_("What having earned nothing counts for, beside all on shift. More: income is shared out more evenly."),
    ),
    "fairness_half_minutes": Said(
        N_("Time until it counts half"),
        MINUTES,
        N_("A day that has just begun says little. More: differences count later, and fewer long ways are driven."),
    ),
    "quality_hundredths": Said(
        N_("Good ratings"),
        HUNDREDTHS,
        N_("What five stars are worth against one. It never weighs more than three minutes."),
    ),
    "planned_hundredths": Said(
        N_("Whose day was planned around the visit"),
        HUNDREDTHS,
        N_("More: plans made at booking stand more often."),
    ),
    "same_person_hundredths": Said(
        N_("Whom the customer asked for again"),
        HUNDREDTHS,
        N_("More: customers get the person they know, over longer ways."),
    ),
    "soon_minutes": Said(
        N_("Matched together when it begins within"),
        MINUTES,
        N_("Jobs that begin so soon are matched in batches; those further ahead one after the other."),
    ),
    "soon_free_minutes": Said(
        N_("About to be free"),
        MINUTES,
        N_("Whoever finishes within so long may hold one next job, if the promised time stands."),
    ),
    "candidates_most": Said(
        N_("People looked at for each job"),
        PEOPLE,
        N_("More: batches come nearer to the best, and take longer."),
    ),
    "nobody_minutes": Said(
        N_("When waiting is better"),
        MINUTES,
        N_("Beyond this score a job waits for the next batch: somebody nearer may soon be free."),
    ),
    "near_enough": Said(
        N_("Near enough"),
        PEOPLE,
        N_("Who comes no further than so many of those at work is asked at once. More: less waiting, longer ways."),
    ),
    "patience_minutes": Said(
        N_("Waiting for somebody near"),
        MINUTES,
        N_("So long a job waits for somebody near. With each minute beyond it longer ways are worth going, too."),
    ),
    "asks_most": Said(
        N_("Asked one after the other"),
        PEOPLE,
        N_("After so many, several are asked at once."),
    ),
    "broadcast_at_once": Said(
        N_("Asked at once"),
        PEOPLE,
        N_("For work that nobody took: the first to accept has it. More: quicker, and more people asked for nothing."),
    ),
    "broadcast_most": Said(
        N_("Asked at once, in all"),
        PEOPLE,
        N_("After so many nobody further is asked."),
    ),
}
TERMS: Final[dict[str, str]] = {
    "travel": N_("The way"),
    "waiting": N_("Waiting until somebody is free"),
    "refusal": N_("A likely no"),
    "fairness": N_("Who has had less work"),
    "quality": N_("Good ratings"),
    "planned": N_("Whose day was planned around the visit"),
    "same_person": N_("Whom the customer asked for again"),
    "position": N_("A place that is only roughly known"),
}
BOUNDS: Final[dict[str, tuple[int, int]]] = RANGES | STEP_RANGES


def minutes(hundredths: int) -> Decimal:
    """Hundredths of a minute as minutes."""
    return Decimal(hundredths) / 100
