"""The path of a proceeding, told the time: notice, answer, decision by another, appeal to a third. Pure."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from marketplace.foundation.cards import contains_card_number
from marketplace.foundation.errors import Refused
from marketplace.foundation.money import Money
from marketplace.foundation.periods import Period

WORDS_MAX = 1_000
SAFETY_LASTS = timedelta(hours=48)
SAFETY_ANSWER = timedelta(hours=24)
PAID_FROM_LAST = timedelta(days=30)  # the days whose mean a lost working day is paid by


class State(StrEnum):
    OPEN = "open"  # notice was given; the specialist may answer, then somebody decides
    DECIDED = "decided"  # the specialist may appeal
    APPEALED = "appealed"
    CLOSED = "closed"


class Consequence(StrEnum):
    """What a person may decide, the mildest first."""

    NOTHING = "nothing"
    TALK = "talk"
    FEE = "fee"
    PAUSE = "pause"
    END = "end"


class Verdict(StrEnum):
    UPHELD = "upheld"
    LESSENED = "lessened"
    OVERTURNED = "overturned"


class Result(StrEnum):
    """How a proceeding ended."""

    NOTHING = "nothing"  # the decision was that nothing follows
    NOT_DECIDED = "not_decided"  # nobody decided in time
    STANDS = "stands"  # no appeal was made, or it was heard and the decision upheld
    LESSENED = "lessened"
    OVERTURNED = "overturned"
    NOT_HEARD = "not_heard"  # nobody heard the appeal in time
    WITHDRAWN = "withdrawn"  # what was counted happened while something of ours did not work


GIVEN_UP = frozenset({Result.OVERTURNED, Result.NOT_HEARD, Result.WITHDRAWN})
RESULT_OF = {
    Verdict.UPHELD: Result.STANDS, Verdict.LESSENED: Result.LESSENED, Verdict.OVERTURNED: Result.OVERTURNED,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sentence:
    """A consequence with its size: days of a pause, or a fee in minor units."""

    consequence: Consequence
    pause_days: int = 0
    fee_minor: int = 0


@dataclass(frozen=True, slots=True)
class Most:
    """The most that may follow, by the published rule."""

    pause_days: int
    fee_minor: int
    may_end: bool


@dataclass(frozen=True)
class ProceedingNotFound(Refused):
    """No such proceeding, or none that this person may know of."""


@dataclass(frozen=True)
class NoRuleInForce(Refused):
    """Nothing follows without a published rule that is in force."""


@dataclass(frozen=True)
class NotEnoughCounted(Refused):
    """The rule asks for `needed` events, and `counted` count now."""

    counted: int
    needed: int


@dataclass(frozen=True)
class EvidenceNeeded(Refused):
    """A safety pause names a job of this specialist, by its number, that no other proceeding was about."""


@dataclass(frozen=True)
class AboutOneself(Refused):
    """Nobody opens, decides or hears a proceeding about themselves."""


@dataclass(frozen=True)
class SamePersonTwice(Refused):
    """Who opened does not decide, and who opened or decided does not hear the appeal."""


@dataclass(frozen=True)
class AnswerTimeRuns(Refused):
    """The specialist may answer until `until`, and has not answered yet."""

    until: datetime


@dataclass(frozen=True)
class AnswerTimeOver(Refused):
    """Answers were taken until `until`."""

    until: datetime


@dataclass(frozen=True)
class AnsweredAlready(Refused):
    """An answer is given once."""

    answered_at: datetime


@dataclass(frozen=True)
class NotOfThisProceeding(Refused):
    """What was marked as wrong is no evidence of this proceeding."""


@dataclass(frozen=True)
class DecidedAlready(Refused):
    """A proceeding is decided once."""


@dataclass(frozen=True)
class DecisionTimeOver(Refused):
    """It could be decided until `until`; it ends without a consequence."""

    until: datetime


@dataclass(frozen=True)
class BeyondTheRule(Refused):
    """The published rule does not allow this, or not so much."""

    pause_days: int
    fee: Money


@dataclass(frozen=True)
class NothingToAppeal(Refused):
    """There is no decision of consequence here that one could appeal against."""


@dataclass(frozen=True)
class AppealTimeOver(Refused):
    """Appeals were taken until `until`."""

    until: datetime


@dataclass(frozen=True)
class AppealedAlready(Refused):
    """One appeal is heard."""


@dataclass(frozen=True)
class NotAppealed(Refused):
    """There is no appeal to hear here, or it was heard."""


@dataclass(frozen=True)
class NotLess(Refused):
    """An appeal never makes it worse: what is called less has to be less."""


@dataclass(frozen=True)
class ConductWordsNotAllowed(Refused):
    """Nothing was written, more than `most` characters, or a card number."""

    most: int


@dataclass(frozen=True)
class PausedAlready(Refused):
    """A safety pause of this person is in force."""


@dataclass(frozen=True)
class NotToBePaused(Refused):
    """Only somebody in good standing, or paused, can be paused for safety."""


@dataclass(frozen=True)
class ConductNumberOutOfRange(Refused):
    """A number of a draft lies outside its bounds."""

    name: str
    least: int
    most: int


@dataclass(frozen=True)
class NothingInTheRules(Refused):
    """A first version that counts nothing is not published."""


@dataclass(frozen=True)
class NoConductDraft(Refused):
    """No version is being drafted."""


@dataclass(frozen=True)
class ConductNotTried(Refused):
    """What is published is what the dry run was made of."""


@dataclass(frozen=True)
class ConductUnchanged(Refused):
    """The draft says what is published already."""


@dataclass(frozen=True)
class OwnDraft(Refused):
    """Who wrote the draft last does not publish it."""


@dataclass(frozen=True)
class OutageTimes(Refused):
    """An outage begins before it ends, ended in the past, and was at most `days_most` days long."""

    days_most: int


def check_words(words: str, *, required: bool = True) -> str:
    """The words, trimmed. Refuses ConductWordsNotAllowed."""
    text = words.strip()
    if (required and not text) or len(text) > WORDS_MAX or contains_card_number(text):
        raise ConductWordsNotAllowed(WORDS_MAX)
    return text


def check_person(person: UUID, *, about: UUID, before: Collection[UUID | None]) -> None:
    """Refuse AboutOneself, and SamePersonTwice for one of those who acted `before`."""
    if person == about:
        raise AboutOneself()
    if person in before:
        raise SamePersonTwice()


def check_answer(state: State, answered_at: datetime | None, *, until: datetime, now: datetime) -> None:
    """Refuse AnsweredAlready, AnswerTimeOver."""
    if answered_at is not None:
        raise AnsweredAlready(answered_at)
    if state is not State.OPEN or now >= until:
        raise AnswerTimeOver(until)


def check_decision(
    state: State, answered_at: datetime | None, *, answer_until: datetime, decide_until: datetime, now: datetime
) -> None:
    """Refuse DecidedAlready, DecisionTimeOver, and AnswerTimeRuns before the answer or the end of its time."""
    if state is not State.OPEN:
        raise DecidedAlready()
    if now >= decide_until:
        raise DecisionTimeOver(decide_until)
    if answered_at is None and now < answer_until:
        raise AnswerTimeRuns(answer_until)


def check_sentence(sentence: Sentence, most: Most, *, currency: str) -> Sentence:
    """The sentence without sizes that its consequence has not. Refuses BeyondTheRule."""
    pause, fee = sentence.consequence is Consequence.PAUSE, sentence.consequence is Consequence.FEE
    days, minor = (sentence.pause_days if pause else 0), (sentence.fee_minor if fee else 0)
    allowed = (
        (not pause or 1 <= days <= most.pause_days)
        and (not fee or 1 <= minor <= most.fee_minor)
        and (sentence.consequence is not Consequence.END or most.may_end)
    )
    if not allowed:
        raise BeyondTheRule(most.pause_days, Money(most.fee_minor, currency))
    return Sentence(sentence.consequence, days, minor)


def check_appeal(state: State, *, until: datetime | None, now: datetime) -> None:
    """Refuse NothingToAppeal, AppealedAlready, AppealTimeOver."""
    if state is State.APPEALED:
        raise AppealedAlready()
    if until is None:
        raise NothingToAppeal()
    if state is not State.DECIDED or now >= until:
        raise AppealTimeOver(until)


def check_less(before: Sentence, after: Sentence) -> None:
    """Refuse NotLess: a fee may become a smaller one, a pause a shorter one, an end a pause, and each a talk."""
    less = {
        Consequence.TALK: before.consequence in (Consequence.FEE, Consequence.PAUSE, Consequence.END),
        Consequence.FEE: before.consequence is Consequence.FEE and after.fee_minor < before.fee_minor,
        Consequence.PAUSE: before.consequence is Consequence.END
        or (before.consequence is Consequence.PAUSE and after.pause_days < before.pause_days),
    }
    if not less.get(after.consequence, False):
        raise NotLess()


@dataclass(frozen=True, slots=True)
class Pause:
    """One stretch without work: for safety, or by a decision. `until` is None for one that ends by a verdict only."""

    begun_at: datetime | None
    until: datetime | None
    ended_at: datetime | None

    def holds(self, now: datetime) -> bool:
        """Whether it keeps somebody from work at that moment."""
        if self.begun_at is None or self.ended_at is not None:
            return False
        return self.until is None or now < self.until


def lost(pause: Pause, *, right_until: datetime) -> Period | None:
    """The part of a pause that was wrong: from where its right ended to where it was ended."""
    if pause.begun_at is None or pause.ended_at is None:
        return None
    start = max(pause.begun_at, right_until)
    return Period(start, pause.ended_at) if start < pause.ended_at else None


def daily_minor(net_minor: int, *, days: int) -> int:
    """What a working day brought on the mean of the last thirty days, in minor units, rounded up; 0 without work."""
    return -(-max(net_minor, 0) // days) if days else 0
