"""Who may be asked, in which order, how many at once: pure, and replayable from what was stored."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from marketplace.foundation.errors import Refused

POLICY_VERSION = "2026-11"
ANSWER_GRACE = timedelta(seconds=3)  # slow networks; device clocks are never asked
FAIRNESS_MINUTES = 12  # what being wholly under-served is worth
QUALITY_MINUTES = 3
PLANNED_MINUTES = 5  # their day was planned around this visit
SAME_PERSON_MINUTES = 5  # the customer asked for the same person again
RATED_ENOUGH = 10
ROUNDS_OF_A_SEARCH = 10


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


@dataclass(frozen=True, slots=True)
class Rung:
    """One way of asking. `asks_most` people in all, `at_once` of them at a time; an offer lives `seconds`."""

    mode: Mode
    at_once: int
    asks_most: int
    seconds: int
    exclusive: bool
    ask_again: bool  # those who let an earlier rung's offer run out; those who declined are never asked again


def ladder(settings: Mapping[str, int]) -> tuple[Rung, ...]:
    """One after the other first; then, for work nobody took, several at once (dispatch.md §6)."""
    return (
        Rung(Mode.SEQUENTIAL, 1, 8, settings["offer_expiry_seconds"], exclusive=True, ask_again=False),
        Rung(Mode.BROADCAST, 5, 50, settings["find_minutes"] * 60, exclusive=False, ask_again=True),
    )


def round_of(crews: int, rung: int) -> int:
    """The number of a round: each search (after so many crews) has rounds of its own, one for each rung."""
    return crews * ROUNDS_OF_A_SEARCH + rung


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
    HardRule("block", lambda one: not one.blocked),
    HardRule("already_asked", lambda one: not one.asked_before),
    HardRule("other_offer", lambda one: not one.asked_elsewhere),
    HardRule("cash_debt", lambda one: one.cash_allowed),
)


@dataclass(frozen=True, slots=True)
class Term:
    """One part of a score, in hundredths of a minute; smaller is better."""

    term: str
    hundredths: int


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


def score(one: Candidate, *, usual_minutes: int) -> tuple[Term, ...]:
    """Travel, fairness, quality, and whether the day was planned around it; `usual_minutes` is the group's mean."""
    terms = [Term("travel", one.travel_minutes * 100)]
    if usual_minutes > 0:
        under = max(-usual_minutes, min(usual_minutes, usual_minutes - one.minutes_today))
        terms.append(Term("fairness", -FAIRNESS_MINUTES * 100 * under // usual_minutes))
    if one.rating_hundredths is not None and one.rating_count >= RATED_ENOUGH:
        terms.append(Term("quality", -QUALITY_MINUTES * (one.rating_hundredths - 100) // 4))
    if one.planned:
        terms.append(Term("planned", -PLANNED_MINUTES * 100))
    if one.wished_for:
        terms.append(Term("same_person", -SAME_PERSON_MINUTES * 100))
    return tuple(terms)


def decide(candidates: Sequence[Candidate], *, seed: int, exclusive: bool = True) -> Decision:
    """Exclude, score and rank. Pure: the same candidates and seed give the same decision, in whatever order they come.

    Equal scores are ordered by a hash of seed and id, so that nobody is first for having registered first.
    """
    ordered = sorted(candidates, key=lambda one: one.specialist_id)
    obstacles = {one.specialist_id: obstacle(one, exclusive=exclusive) for one in ordered}
    eligible = [one for one in ordered if obstacles[one.specialist_id] is None]
    usual = sum(one.minutes_today for one in eligible) // len(eligible) if eligible else 0
    ranked = []
    for one in eligible:
        terms = score(one, usual_minutes=usual)
        ranked.append(Ranked(one.specialist_id, sum(term.hundredths for term in terms), terms))
    ranked.sort(key=lambda each: (each.score_hundredths, _lot(seed, each.specialist_id)))
    excluded = tuple(Excluded(id, rule) for id, rule in obstacles.items() if rule is not None)
    return Decision(tuple(ranked), excluded)


def is_over(expires_at: datetime, now: datetime) -> bool:
    """Whether an offer has run out; it is honoured a moment longer than it says."""
    return now > expires_at + ANSWER_GRACE


def _lot(seed: int, specialist_id: UUID) -> bytes:
    return hashlib.sha256(f"{seed}:{specialist_id}".encode()).digest()


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
