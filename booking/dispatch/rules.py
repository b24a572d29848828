"""Who may be asked, in which order, how many at once: pure, and replayable from what was stored."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from booking.dispatch.batch import lot
from booking.dispatch.scoring import Facts, Term, WeightOutOfRange, Weights, per_active_hour, score, total, usual_rate
from booking.tracking.rules import Basis
from marketplace.foundation.errors import Refused

POLICY_VERSION = "2027-01"  # of what `decide` computes; the weights have versions of their own
ANSWER_GRACE = timedelta(seconds=3)  # slow networks; device clocks are never asked
ROUNDS_OF_A_SEARCH = 10
MINUTE = timedelta(minutes=1)
MARGIN_HUNDREDTHS = {Basis.NEXT.value: 150, Basis.STEP.value: 300, Basis.BASE.value: 600}  # what not knowing costs
MOST_WAITED = 60  # minutes; a job that was given back after days is worth no more than one that waits for an hour
EVERYBODY_MINUTES = 240  # where so few are at work that nobody nearer is worth waiting for
WAITED_COUNTS = 10  # each minute that a job has waited beyond patience makes it worth so many minutes more to serve


class OfferState(StrEnum):
    CREATED = "created"
    SENT = "sent"
    SEEN = "seen"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


GIVEN_BACK = "given_back"  # the reason of an accepted offer whose specialist no longer has the job
LIVE = (OfferState.CREATED, OfferState.SENT, OfferState.SEEN)
OFFER_MOVES: Mapping[OfferState, frozenset[OfferState]] = {
    OfferState.CREATED: frozenset({OfferState.SENT, OfferState.WITHDRAWN}),
    OfferState.SENT: frozenset(
        {OfferState.SEEN, OfferState.ACCEPTED, OfferState.DECLINED, OfferState.EXPIRED, OfferState.WITHDRAWN}
    ),
    OfferState.SEEN: frozenset({OfferState.ACCEPTED, OfferState.DECLINED, OfferState.EXPIRED, OfferState.WITHDRAWN}),
    OfferState.ACCEPTED: frozenset({OfferState.DECLINED}),  # given back
}


class Mode(StrEnum):
    CHOSEN = "chosen"  # whom the customer asked for, alone for a while
    BATCH = "batch"  # jobs that begin soon, matched together
    SEQUENTIAL = "sequential"  # the best, then the next
    BROADCAST = "broadcast"  # several at once, the first to accept has it
    MANUAL = "manual"  # a dispatcher's choice
    RELIEF = "relief"  # the job before takes longer: somebody else, before the promise breaks


@dataclass(frozen=True, slots=True)
class Rung:
    """One way of asking. `asks_most` people in all, `at_once` of them at a time; an offer lives `seconds`."""

    mode: Mode
    at_once: int
    asks_most: int
    seconds: int
    exclusive: bool
    ask_again: bool  # those who let an earlier rung's offer run out; those who declined are never asked again


@dataclass(frozen=True, slots=True)
class Steps:
    """How the search climbs: numbers that an organization publishes together with its weights.

    Refuses WeightOutOfRange for a number outside `STEP_RANGES`.
    """

    soon_minutes: int = 120  # a window that begins within so long is matched in batches
    soon_free_minutes: int = 55  # whoever is free within so long may hold it as their next job
    candidates_most: int = 20  # of each job of a batch
    nobody_minutes: int = 19  # beyond such a score it is better to wait for the next batch
    near_enough: int = 6  # but whoever comes no further than so many of those at work is asked all the same
    patience_minutes: int = 10  # so long a job waits for somebody near; then others are worth asking, too
    asks_most: int = 20  # one after the other
    broadcast_at_once: int = 5
    broadcast_most: int = 50

    def __post_init__(self) -> None:
        """Refuse what no organization may publish."""
        for name, (least, most) in STEP_RANGES.items():
            if not least <= getattr(self, name) <= most:
                raise WeightOutOfRange(name, least, most)


STEP_RANGES: dict[str, tuple[int, int]] = {
    "soon_minutes": (0, 1_440),
    "soon_free_minutes": (0, 120),
    "candidates_most": (1, 100),
    "nobody_minutes": (10, 240),
    "near_enough": (0, 50),
    "patience_minutes": (0, 60),
    "asks_most": (1, 50),
    "broadcast_at_once": (1, 20),
    "broadcast_most": (1, 200),
}


@dataclass(frozen=True, slots=True)
class Policy:
    """What an organization publishes as one version: what counts how much, and how the search climbs."""

    weights: Weights = field(default_factory=Weights)
    steps: Steps = field(default_factory=Steps)

    def numbers(self) -> dict[str, int]:
        """Every number by its name."""
        parts = (self.weights, self.steps)
        return {each.name: getattr(part, each.name) for part in parts for each in fields(part)}


# What a house begins with, frozen by the version of this code: decisions made before anything was published are
# replayed by these numbers, so a change of a default is a new POLICY_VERSION with a line of its own here.
_AT_FIRST = Policy(
    Weights(
        waiting_permille=150, refusal_hundredths=400, fairness_hundredths=1_200, fairness_half_minutes=0,
        quality_hundredths=300, planned_hundredths=500, same_person_hundredths=500,
    ),
    Steps(
        soon_minutes=120, soon_free_minutes=40, candidates_most=20, nobody_minutes=60, near_enough=0,
        patience_minutes=0, asks_most=8, broadcast_at_once=5, broadcast_most=50,
    ),
)  # fmt: skip
# One for a village and for a city: whom it is worth asking follows from how near those at work are (decision 0022).
_BY_DENSITY = Policy(
    Weights(
        waiting_permille=150, refusal_hundredths=0, fairness_hundredths=2_900, fairness_half_minutes=60,
        quality_hundredths=300, planned_hundredths=500, same_person_hundredths=500,
    ),
    Steps(
        soon_minutes=120, soon_free_minutes=55, candidates_most=20, nobody_minutes=19, near_enough=6,
        patience_minutes=10, asks_most=20, broadcast_at_once=5, broadcast_most=50,
    ),
)  # fmt: skip
FIRST_POLICIES: Mapping[str, Policy] = {"2026-11": _AT_FIRST, "2026-12": _AT_FIRST, POLICY_VERSION: _BY_DENSITY}
FIRST_POLICY = FIRST_POLICIES[POLICY_VERSION]


def policy_of(numbers: Mapping[str, int]) -> Policy:
    """A policy from its numbers; one that nobody had named yet is as it was then. Refuses WeightOutOfRange."""
    told = {**_AT_FIRST.numbers(), **numbers}
    weights = {each.name: told[each.name] for each in fields(Weights)}
    steps = {each.name: told[each.name] for each in fields(Steps)}
    return Policy(Weights(**weights), Steps(**steps))


def ladder(
    settings: Mapping[str, int], steps: Steps = FIRST_POLICY.steps, *, soon: bool = False, wished: bool = False
) -> tuple[Rung, ...]:
    """Whom the customer asked for, alone; then one after the other, or in batches when it begins soon; then, for work
    nobody took, several at once (dispatch.md §6)."""
    alone = Mode.BATCH if soon else Mode.SEQUENTIAL
    rungs = (
        Rung(Mode.CHOSEN, 1, 1, settings.get("same_person_minutes", 10) * 60, exclusive=True, ask_again=False),
        Rung(alone, 1, steps.asks_most, settings["offer_expiry_seconds"], exclusive=True, ask_again=False),
        Rung(
            Mode.BROADCAST, steps.broadcast_at_once, steps.broadcast_most, settings["find_minutes"] * 60,
            exclusive=False, ask_again=True,
        ),
    )  # fmt: skip
    return rungs if wished else rungs[1:]


def begins_soon(window_start: datetime, steps: Steps, *, now: datetime) -> bool:
    """Whether a job is matched together with others rather than put into somebody's day by itself."""
    return window_start <= now + steps.soon_minutes * MINUTE


def near_enough_minutes(steps: Steps, ways: Sequence[int]) -> int:
    """How far somebody may come for a job at any time: as far as the `near_enough`th of those at work, busy or not.

    `ways` are the minutes of way of those nearest to the job, in order, so many of them at least if there are as many.
    Where there are fewer everybody is near enough; where the number is 0 nobody is by that alone.
    """
    if not steps.near_enough:
        return 0
    return ways[steps.near_enough - 1] if len(ways) >= steps.near_enough else EVERYBODY_MINUTES


def worth_of_waiting(steps: Steps, *, waited: timedelta, near_minutes: int = 0, around_minutes: int = 0) -> int:
    """What leaving a job for the next batch costs, in hundredths of a minute: beyond it somebody nearer is waited for.

    More with each minute that it has waited beyond `patience_minutes`. `near_minutes`: `near_enough_minutes`.
    `around_minutes` is the part of every way that is the same for whoever comes.
    """
    least = max(steps.nobody_minutes + around_minutes, near_minutes)
    minutes = min(MOST_WAITED, max(0, waited // MINUTE - steps.patience_minutes))
    return (least + WAITED_COUNTS * minutes) * 100


ROUNDS: Mapping[Mode, int] = {Mode.SEQUENTIAL: 1, Mode.BROADCAST: 2, Mode.BATCH: 3, Mode.CHOSEN: 4, Mode.RELIEF: 5}


def round_of(crews: int, mode: Mode) -> int:
    """The number of a round: each search (after so many crews) has rounds of its own, one for each mode."""
    return crews * ROUNDS_OF_A_SEARCH + ROUNDS[mode]


@dataclass(frozen=True, slots=True)
class Candidate:
    """What is known of one person for one job: every input of the decision, and no other (the list is closed)."""

    specialist_id: UUID
    skilled: bool = True
    in_good_standing: bool = True
    serves_area: bool = True
    on_shift: bool = True
    free: bool = True
    blocked: bool = False
    asked_before: bool = False
    asked_elsewhere: bool = False
    cash_allowed: bool = True
    travel_minutes: int = 0
    minutes_today: int = 0  # of work promised for that day
    rating_hundredths: int | None = None
    rating_count: int = 0
    planned: bool = False
    wished_for: bool = False
    amount_today: int | None = None  # what that day's work brings, in minor units; None: by its minutes
    active_minutes: int | None = None  # on shift that day
    accept_permille: int | None = None  # of the offers they answered; None: nobody asked has answered any
    free_in_minutes: int = 0
    basis: str = ""  # what their place stands on: live, next, step or base; empty: their planned day
    in_time: bool = True  # about to be free, and there while the promise stands


@dataclass(frozen=True, slots=True)
class HardRule:
    """A rule that excludes, by the name under which it is explained."""

    name: str
    holds: Callable[[Candidate], bool]


HARD_RULES: tuple[HardRule, ...] = (
    HardRule("standing", lambda one: one.in_good_standing),
    HardRule("skill", lambda one: one.skilled),
    HardRule("area", lambda one: one.serves_area),
    HardRule("shift", lambda one: one.on_shift),
    HardRule("overlap", lambda one: one.free),
    HardRule("late", lambda one: one.in_time),
    HardRule("block", lambda one: not one.blocked),
    HardRule("already_asked", lambda one: not one.asked_before),
    HardRule("other_offer", lambda one: not one.asked_elsewhere),
    HardRule("cash_debt", lambda one: one.cash_allowed),
)


@dataclass(frozen=True, slots=True)
class Ranked:
    """A candidate who may be asked, with the score printed term by term: the terms add up to it exactly."""

    specialist_id: UUID
    score_hundredths: int
    terms: tuple[Term, ...]


@dataclass(frozen=True, slots=True)
class Excluded:
    specialist_id: UUID
    rule: str


@dataclass(frozen=True, slots=True)
class Decision:
    """What the rules made of the candidates: the ranking, and who was left out by which rule."""

    ranked: tuple[Ranked, ...]
    excluded: tuple[Excluded, ...]


def obstacle(one: Candidate, *, exclusive: bool = True) -> str | None:
    """The first hard rule that keeps this person from being asked; None when nothing does.

    Another offer on their screen only matters where this one would be exclusive.
    """
    for rule in HARD_RULES:
        if not rule.holds(one) and (exclusive or rule.name != "other_offer"):
            return rule.name
    return None


def facts_of(one: Candidate, *, group_rate: int) -> Facts:
    """A person as the score wants them, beside the rate of those with whom they are compared."""
    return Facts(
        travel_hundredths=one.travel_minutes * 100,
        free_in_hundredths=one.free_in_minutes * 100,
        margin_hundredths=MARGIN_HUNDREDTHS.get(one.basis, 0),
        accept_permille=one.accept_permille,
        rate=rate_of(one),
        group_rate=group_rate,
        active_minutes=one.active_minutes,
        rating_hundredths=one.rating_hundredths,
        rating_count=one.rating_count,
        planned=one.planned,
        wished_for=one.wished_for,
    )


def rate_of(one: Candidate) -> int:
    """What the day brings them: income for each active hour, or the minutes of work where no more is known."""
    if one.amount_today is None or one.active_minutes is None:
        return one.minutes_today
    return per_active_hour(one.amount_today, one.active_minutes)


def decide(
    candidates: Sequence[Candidate],
    *,
    seed: int,
    exclusive: bool = True,
    weights: Weights = FIRST_POLICY.weights,
    group_rate: int | None = None,
) -> Decision:
    """Exclude, score and rank. Pure: the same candidates and seed give the same decision, in whatever order they come.

    `group_rate` is what the day has brought those with whom they are compared; without it, those who may be asked.
    Equal scores are ordered by a hash of seed and id, so that nobody is first for having registered first.
    """
    ordered = sorted(candidates, key=lambda one: one.specialist_id)
    obstacles = {one.specialist_id: obstacle(one, exclusive=exclusive) for one in ordered}
    eligible = [one for one in ordered if obstacles[one.specialist_id] is None]
    usual = usual_rate([rate_of(one) for one in eligible]) if group_rate is None else group_rate
    ranked = []
    for one in eligible:
        terms = score(facts_of(one, group_rate=usual), weights)
        ranked.append(Ranked(one.specialist_id, total(terms), terms))
    ranked.sort(key=lambda each: (each.score_hundredths, lot(seed, each.specialist_id)))
    excluded = tuple(Excluded(id, rule) for id, rule in obstacles.items() if rule is not None)
    return Decision(tuple(ranked), excluded)


def is_over(expires_at: datetime, now: datetime) -> bool:
    """Whether an offer has run out; it is honoured a moment longer than it says."""
    return now > expires_at + ANSWER_GRACE


@dataclass(frozen=True)
class OfferNotFound(Refused):
    """No such offer, or it is somebody else's."""


@dataclass(frozen=True)
class OfferGone(Refused):
    """The offer is over: taken by somebody else, expired, declined or withdrawn. With thanks."""

    state: str
    reason: str | None


@dataclass(frozen=True)
class OverlapsYourDay(Refused):
    """Another visit stands in that time; the job goes to somebody else."""


@dataclass(frozen=True)
class NotACandidate(Refused):
    """The hard rules exclude this person: an override gives its reason."""

    rule: str


@dataclass(frozen=True)
class NoDraft(Refused):
    """Nothing is being drafted: it was published or dropped meanwhile."""


@dataclass(frozen=True)
class NothingChanged(Refused):
    """The draft says what is in force already."""


@dataclass(frozen=True)
class NotTried(Refused):
    """The draft is published after a dry run of exactly what it says, as its publisher saw it."""


@dataclass(frozen=True)
class NobodyToAskAgain(Refused):
    """Nobody came to this customer before for such work, or the search for somebody runs already."""
