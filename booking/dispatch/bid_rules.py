"""Bids: what a round says before it opens, what a bid may be, who comes first, and who may be given the job. Pure.

Everything is counted in hundredths of a minor unit, so that the terms add up to the score exactly and a stored ranking
comes out again: `amount + travel · value of a minute − quality` (dispatch.md §7). Smaller is better.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from booking.dispatch.rules import HARD_RULES, Candidate
from booking.dispatch.scoring import RANGES, Facts, Term, Weights, score, total
from marketplace.foundation.errors import Refused
from marketplace.foundation.money import Money

MINUTE = timedelta(minutes=1)
SHORTEST = 5 * MINUTE  # a round is open at least so long
DECIDES_WITHIN = 30 * MINUTE  # so long after the close a person may decide; then the rule does
CLOSES_AFTER = timedelta(seconds=2)  # whatever arrived before the deadline is in by then
MINIMUM_MOST = 20
VALUE_MOST = 1_000_000  # of a minute, in minor units
NOTE_LONGEST = 300
HUNDREDTHS: Final = 100
AMOUNT: Final = "amount"


class RoundState(StrEnum):
    SCHEDULED = "scheduled"
    OPEN = "open"
    CLOSED = "closed"
    AWARDED = "awarded"
    VOID = "void"


class BidState(StrEnum):
    SUBMITTED = "submitted"
    REVISED = "revised"
    WITHDRAWN = "withdrawn"
    AWARDED = "awarded"
    REJECTED = "rejected"
    EXPIRED = "expired"


class Void(StrEnum):
    """Why a round came to nothing."""

    NONE_VALID = "none_valid"  # nobody has bid, or nobody who still may
    TOO_FEW = "too_few"
    NOBODY_FREE = "nobody_free"  # everybody's time was gone, or they owed too much
    CALLED_OFF = "called_off"  # the job no longer looks for anybody
    STOPPED = "stopped"  # whoever made the round took it back before it closed


class Lost(StrEnum):
    """Why a bid was not awarded: besides these, the hard rule that the bidder no longer met."""

    OUTRANKED = "outranked"
    CHOSEN_OTHER = "chosen_other"  # another was chosen over the ranking, with a reason
    OVERLAP = "overlap"  # the time was gone when the job would have been theirs
    CASH_DEBT = "cash_debt"


class NextStep(StrEnum):
    """What becomes of the job when a round is void."""

    SEARCH = "search"  # people are asked again, one after the other
    NONE = "none"


UNFINISHED = (RoundState.SCHEDULED, RoundState.OPEN, RoundState.CLOSED)
STANDING = (BidState.SUBMITTED, BidState.REVISED)
ROUND_MOVES: Mapping[RoundState, frozenset[RoundState]] = {
    RoundState.SCHEDULED: frozenset({RoundState.OPEN, RoundState.VOID}),
    RoundState.OPEN: frozenset({RoundState.CLOSED, RoundState.VOID}),
    RoundState.CLOSED: frozenset({RoundState.AWARDED, RoundState.VOID}),
    RoundState.AWARDED: frozenset(),
    RoundState.VOID: frozenset(),
}
BID_MOVES: Mapping[BidState, frozenset[BidState]] = {
    BidState.SUBMITTED: frozenset(BidState) - {BidState.SUBMITTED},
    BidState.REVISED: frozenset(BidState) - {BidState.SUBMITTED},
    BidState.WITHDRAWN: frozenset(),
    BidState.AWARDED: frozenset(),
    BidState.REJECTED: frozenset(),
    BidState.EXPIRED: frozenset(),
}

# Who may bid: the rules about a person, and none about their day; a bid is no occupation, and time is judged at award.
ELIGIBLE: Final = ("standing", "skill", "area", "block")


@dataclass(frozen=True, slots=True)
class Announced:
    """All that a round says before it opens, and never changes afterwards.

    `value_of_minute` is what a minute of the way counts, in minor units; `quality_hundredths` what five stars are worth
    against one, in hundredths of such a minute. With `may_deviate` a person decides until `decides_until`, and the rule
    after that; without it the rule decides at the close.
    """

    sealed: bool
    opens_at: datetime
    closes_at: datetime
    minimum_bids: int
    value_of_minute: int
    quality_hundredths: int
    may_deviate: bool

    @property
    def decides_until(self) -> datetime:
        return self.closes_at + (DECIDES_WITHIN if self.may_deviate else timedelta(0))


@dataclass(frozen=True, slots=True)
class Entry:
    """A valid bid as the ranking sees it; `final_at` is when its last revision arrived."""

    bid_id: UUID
    amount_minor: int
    travel_minutes: int
    rating_hundredths: int | None
    rating_count: int
    final_at: datetime


@dataclass(frozen=True, slots=True)
class RankedBid:
    """A bid with its score term by term, in hundredths of a minor unit: the terms add up to it exactly."""

    bid_id: UUID
    score_hundredths: int
    terms: tuple[Term, ...]


def check(announced: Announced, *, ends: datetime, now: datetime) -> None:
    """Refuse what no round may say. `ends` is when the job's search is given up.

    Refuses RoundTimes (a round that is too short, begins in the past, or leaves no time to decide before the search
    ends), RoundNumbers.
    """
    opens = max(announced.opens_at, now)
    latest = ends - (announced.decides_until - announced.closes_at) - MINUTE
    if announced.opens_at < now - MINUTE or not opens + SHORTEST <= announced.closes_at <= latest:
        raise RoundTimes(opens + SHORTEST, latest)
    for name, value, least, most in (
        ("minimum_bids", announced.minimum_bids, 1, MINIMUM_MOST),
        ("value_of_minute", announced.value_of_minute, 0, VALUE_MOST),
        ("quality_hundredths", announced.quality_hundredths, *RANGES["quality_hundredths"]),
    ):
        if not least <= value <= most:
            raise RoundNumbers(name, least, most)


def check_amount(amount: Money, *, least: Money, most: Money) -> None:
    """A bid is above what the house has promised to pay of the price, and no more than the customer has agreed to.

    Refuses BidOutOfBounds.
    """
    if not least.minor <= amount.minor <= most.minor:
        raise BidOutOfBounds(least, most)


def check_arrival(closes_at: datetime, *, arrived: datetime, device_at: datetime | None = None) -> None:
    """Refuse a bid that arrived at the deadline or later, by the database's clock; whatever the device says.

    Refuses BidTooLate, and BidTooLateByDevice with how far the device's clock is from ours.
    """
    if arrived < closes_at:
        return
    late = -(-(arrived - closes_at) // timedelta(seconds=1))
    if device_at is None:
        raise BidTooLate(closes_at, arrived, late)
    raise BidTooLateByDevice(closes_at, arrived, late, round((device_at - arrived) / timedelta(seconds=1)))


def barred_by(one: Candidate) -> str | None:
    """The rule that keeps this person out of the round; None when nothing does."""
    return next((rule.name for rule in HARD_RULES if rule.name in ELIGIBLE and not rule.holds(one)), None)


def rank(entries: Sequence[Entry], *, value_of_minute: int, quality_hundredths: int) -> tuple[RankedBid, ...]:
    """The bids in their order. Pure: the same bids give the same ranking, in whatever order they come.

    Equal scores are ordered by when the final revision arrived, the earlier first.
    """
    weights = Weights(quality_hundredths=quality_hundredths)
    made = []
    for each in entries:
        terms = _terms(each, weights, value_of_minute)
        made.append((total(terms), each.final_at, each.bid_id, terms))
    made.sort(key=lambda one: one[:3])
    return tuple(RankedBid(bid_id, score_hundredths, terms) for score_hundredths, _, bid_id, terms in made)


def succession(ranked: Sequence[UUID], chosen: UUID | None) -> tuple[UUID, ...]:
    """In which order the job is offered to the bidders: who was chosen, then by rank."""
    if chosen is None:
        return tuple(ranked)
    return (chosen, *(each for each in ranked if each != chosen))


def check_choice(announced: Announced, ranked: Sequence[UUID], chosen: UUID | None, words: str | None) -> bool:
    """Whether the choice deviates from the ranking.

    Refuses BidNotFound for a bid that is not in the ranking, MayNotDeviate where the round said that the rule decides,
    AwardNeedsReason without words.
    """
    if chosen is None or (ranked and chosen == ranked[0]):
        return False
    if chosen not in ranked:
        raise BidNotFound()
    if not announced.may_deviate:
        raise MayNotDeviate()
    if not (words or "").strip():
        raise AwardNeedsReason()
    return True


def _terms(entry: Entry, weights: Weights, value_of_minute: int) -> tuple[Term, ...]:
    """The amount, and the parts of dispatch's own score in money."""
    facts = Facts(
        travel_hundredths=entry.travel_minutes * HUNDREDTHS,
        rating_hundredths=entry.rating_hundredths,
        rating_count=entry.rating_count,
    )
    minutes = (Term(each.term, each.hundredths * value_of_minute) for each in score(facts, weights))
    return (Term(AMOUNT, entry.amount_minor * HUNDREDTHS), *(each for each in minutes if each.hundredths))


@dataclass(frozen=True)
class RoundNotFound(Refused):
    """No such round, or none that this person may bid in."""


@dataclass(frozen=True)
class BidNotFound(Refused):
    """No such bid in this round, or it is not in the ranking."""


@dataclass(frozen=True)
class RoundTimes(Refused):
    """The round closes within these bounds."""

    first: datetime
    last: datetime


@dataclass(frozen=True)
class NoTimeForBids(Refused):
    """The search for this job ends too soon for a round."""

    ends: datetime


@dataclass(frozen=True)
class RoundNumbers(Refused):
    """A number of the round lies outside what may be announced."""

    name: str
    least: int
    most: int


@dataclass(frozen=True)
class JobHasARound(Refused):
    """A round for this job is under way."""


@dataclass(frozen=True)
class JobNotOpen(Refused):
    """The job does not look for anybody."""


@dataclass(frozen=True)
class NoBidsForCrews(Refused):
    """Bids are asked for where one person does the work; a crew's pay is shared as the service says."""

    seats: int


@dataclass(frozen=True)
class NobodyMayBid(Refused):
    """The rules leave nobody who could be asked to bid."""


@dataclass(frozen=True)
class NotOpenYet(Refused):
    """Bidding has not begun."""

    opens_at: datetime


@dataclass(frozen=True)
class StillOpen(Refused):
    """Bidding goes on until the moment that was announced; nobody closes it before."""

    closes_at: datetime


@dataclass(frozen=True)
class RoundOver(Refused):
    """The round is over: awarded or void."""


@dataclass(frozen=True)
class RoundClosed(Refused):
    """Bidding is over, and what was bid stands: it can be awarded, and no longer taken back."""


@dataclass(frozen=True)
class BidTooLate(Refused):
    """The bid arrived after the deadline, by the database's clock."""

    closed_at: datetime
    arrived_at: datetime
    late_seconds: int


@dataclass(frozen=True)
class BidTooLateByDevice(Refused):
    """As BidTooLate; the device's clock is `offset_seconds` ahead of ours (behind, when below zero)."""

    closed_at: datetime
    arrived_at: datetime
    late_seconds: int
    offset_seconds: int


@dataclass(frozen=True)
class BidOutOfBounds(Refused):
    """A bid lies between these amounts."""

    least: Money
    most: Money


@dataclass(frozen=True)
class BidWithdrawn(Refused):
    """The bid was withdrawn; that is its end."""


@dataclass(frozen=True)
class MayNotDeviate(Refused):
    """The round said before it opened that the rule decides."""


@dataclass(frozen=True)
class AwardNeedsReason(Refused):
    """Another than the first of the ranking needs a reason in words."""
