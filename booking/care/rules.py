"""What a rating is, when it may be given, and when it is seen. Told the time."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from marketplace.foundation.cards import contains_card_number
from marketplace.foundation.errors import Refused
from marketplace.foundation.ids import JobId, PersonId
from marketplace.foundation.money import Money

RATE_WITHIN = timedelta(days=7)
TEXT_LENGTH_MAX = 500
SHOWN_FROM = 3  # an average of fewer would tell who gave which


class Side(StrEnum):
    """Who rates: the customer the specialist, or the specialist the customer."""

    CUSTOMER = "customer"
    SPECIALIST = "specialist"


@dataclass(frozen=True, slots=True)
class Marks:
    """Two questions, each from 1 to 5. `matter`: the work (or, of a customer, whether it was as described).

    `manner`: how the two got on.
    """

    matter: int
    manner: int

    @property
    def stars(self) -> int:
        """Both as one mark from 1 to 5; a half counts up."""
        return (self.matter + self.manner + 1) // 2


@dataclass(frozen=True, slots=True)
class Rating:
    """A rating as its reader may see it. `text` is None when nothing was written, or its writer has been erased."""

    job: JobId
    by: PersonId
    about: PersonId
    side: Side
    marks: Marks
    text: str | None
    given_at: datetime
    opened_at: datetime | None


@dataclass(frozen=True, slots=True)
class Averages:
    """Hundredths of a mark; None while there are fewer than three ratings."""

    count: int
    matter_hundredths: int | None
    manner_hundredths: int | None


@dataclass(frozen=True)
class MarkOutOfRange(Refused):
    least: int
    most: int


@dataclass(frozen=True)
class RatingTextNotAllowed(Refused):
    """Longer than `most` characters, or with a card number in it."""

    most: int


@dataclass(frozen=True)
class NotToBeRated(Refused):
    """The job is not approved yet, or it ended without work."""

    job: UUID


@dataclass(frozen=True)
class RatingOver(Refused):
    """Ratings were taken until `until`."""

    until: datetime


@dataclass(frozen=True)
class RatedAlready(Refused):
    """One side rates a job once, and says no other thing later."""

    given_at: datetime


def closes_at(approved_at: datetime) -> datetime:
    """Until when both sides may rate, and from when each sees what the other wrote."""
    return approved_at + RATE_WITHIN


def check(marks: Marks, text: str | None) -> None:
    """Refuse MarkOutOfRange, RatingTextNotAllowed."""
    if not (1 <= marks.matter <= 5 and 1 <= marks.manner <= 5):
        raise MarkOutOfRange(1, 5)
    if text is not None and (len(text) > TEXT_LENGTH_MAX or contains_card_number(text)):
        raise RatingTextNotAllowed(TEXT_LENGTH_MAX)


def check_time(job: UUID, approved_at: datetime | None, *, now: datetime) -> datetime:
    """When the ratings of this job open at the latest. Refuses NotToBeRated, RatingOver."""
    if approved_at is None:
        raise NotToBeRated(job)
    until = closes_at(approved_at)
    if now >= until:
        raise RatingOver(until)
    return until


def averages(count: int, matter: int, manner: int) -> Averages:
    """From sums of marks, rounded half up."""
    if count < SHOWN_FROM:
        return Averages(count, None, None)
    return Averages(count, (200 * matter + count) // (2 * count), (200 * manner + count) // (2 * count))


# Cases ----------------------------------------------------------------------------------------------------------------

CASE_WORDS_MAX = 1_000


class Matter(StrEnum):
    """What a case is about."""

    NOT_DONE = "not_done"
    DAMAGE = "damage"
    OVERCHARGED = "overcharged"
    BEHAVIOUR = "behaviour"
    CASH = "cash"
    OTHER = "other"


class Ground(StrEnum):
    """Why a case was decided as it was."""

    WORK_UNDONE = "work_undone"
    DAMAGE = "damage"
    OVERCHARGED = "overcharged"
    AGREED = "agreed"
    OUR_MISTAKE = "our_mistake"
    NOT_SHOWN = "not_shown"
    OTHER = "other"


class CaseState(StrEnum):
    OPEN = "open"
    PROPOSED = "proposed"  # decided by one person, and waiting for the second
    DECIDED = "decided"


@dataclass(frozen=True)
class CaseNotFound(Refused):
    """No such case, or none that this person may know of."""


@dataclass(frozen=True)
class CaseOpenAlready(Refused):
    """This person has an open case about this job."""


@dataclass(frozen=True)
class CaseWindowOver(Refused):
    """Cases about this job were taken until `until`."""

    until: datetime


@dataclass(frozen=True)
class CaseDecided(Refused):
    """A case is decided once; `back` is what the customer got."""

    back: Money


@dataclass(frozen=True)
class NotInDispute(Refused):
    """A decision gives back no more than was in dispute."""

    disputed: Money


@dataclass(frozen=True)
class ProposalDiffers(Refused):
    """Two people decide the same amount; the first proposed another."""

    proposed: Money


@dataclass(frozen=True)
class CaseWordsNotAllowed(Refused):
    """Longer than `most` characters, or with a card number in it."""

    most: int


@dataclass(frozen=True)
class NothingGivenBack(Refused):
    """An amount above zero is given back."""


def check_case_words(text: str) -> None:
    """Refuse CaseWordsNotAllowed."""
    if len(text) > CASE_WORDS_MAX or contains_card_number(text):
        raise CaseWordsNotAllowed(CASE_WORDS_MAX)


def check_window(approved_at: datetime | None, *, days: int, now: datetime) -> None:
    """Refuse CaseWindowOver: cases are opened while there is work, and so many days after its approval."""
    if approved_at is not None and now >= approved_at + timedelta(days=days):
        raise CaseWindowOver(approved_at + timedelta(days=days))


def needs_second(back: Money, *, above: int) -> bool:
    """Whether so much goes back only by the word of two."""
    return back.minor > above
