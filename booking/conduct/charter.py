"""The published rules of conduct: what counts, how much of it, what may follow; and the count itself. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from booking.conduct.rules import ConductNumberOutOfRange
from booking.jobs.words import Event
from marketplace.foundation.periods import Period

NOTICE = timedelta(days=14)  # from publishing to the day the rules come into force
TRIED_BACK = timedelta(days=90)


class Counted(StrEnum):
    """Everything that can count. What has no word here cannot: see `NEVER`."""

    GIVEN_BACK = "given_back"  # an accepted job given back too shortly before its window
    NOT_COME = "not_come"
    COMPLAINT = "complaint"  # a customer's case that was decided for the customer
    SAFETY = "safety"  # danger to somebody: no machine counts it, a person opens it


class Never(StrEnum):
    """What never counts, printed on the specialist's page. Nothing of it is ever read by the count."""

    DECLINED = "declined"
    UNANSWERED = "unanswered"
    RATING = "rating"
    UNRATED = "unrated"
    HIDDEN = "hidden"
    OUTAGE = "outage"
    SAFETY_REASON = "safety_reason"


EVENTS = {
    Event.CANCEL_BY_WORKER: Counted.GIVEN_BACK,
    Event.NO_SHOW_WORKER: Counted.NOT_COME,
    Event.DECIDE_CASE: Counted.COMPLAINT,
}
PROVEN = frozenset({"work_undone", "damage", "overcharged"})
EXCUSED = frozenset({"safety"})  # a job given back because it was dangerous
BY_MACHINE = (Counted.GIVEN_BACK, Counted.NOT_COME, Counted.COMPLAINT)

ANSWER_DAYS_LEAST = 7
GENERAL: Mapping[str, tuple[int, int]] = {
    "answer_days": (ANSWER_DAYS_LEAST, 30),
    "decide_days": (3, 30),
    "appeal_days": (7, 60),
    "hear_days": (3, 30),
}
OF_A_RULE: Mapping[str, tuple[int, int]] = {
    "times": (0, 20),  # 0: the rule is not in use
    "within_days": (7, 180),
    "hours_before": (1, 72),
    "pause_days": (0, 30),
    "fee_minor": (0, 1_000_000_00),
    "may_end": (0, 1),
}
COUNTING = ("times", "within_days", "pause_days", "fee_minor", "may_end")
NUMBERS_OF: Mapping[Counted, tuple[str, ...]] = {
    Counted.GIVEN_BACK: ("times", "within_days", "hours_before", "pause_days", "fee_minor", "may_end"),
    Counted.NOT_COME: COUNTING,
    Counted.COMPLAINT: COUNTING,
    Counted.SAFETY: ("times", "pause_days", "may_end"),
}
BOUNDS: Mapping[str, tuple[int, int]] = {
    **GENERAL,
    **{f"{what.value}_{name}": OF_A_RULE[name] for what, names in NUMBERS_OF.items() for name in names},
    "safety_times": (0, 1),  # in use or not: danger is not counted
}
BEGIN = {"answer_days": 7, "decide_days": 7, "appeal_days": 14, "hear_days": 14, "within_days": 30, "hours_before": 24}
FIRST_NUMBERS: Mapping[str, int] = {  # what a first draft begins with: no rule is in use
    **{name: BEGIN[name] for name in GENERAL},
    **{f"{what.value}_{name}": BEGIN.get(name, 0) for what, names in NUMBERS_OF.items() for name in names},
}


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing that counts: how many times within how many days open a proceeding, and the most that may follow.

    `hours_before`: a job given back earlier than this before its window never counts. `fee_minor` in the currency of
    the organization. A talk may always follow.
    """

    what: Counted
    times: int
    within_days: int
    hours_before: int
    pause_days: int
    fee_minor: int
    may_end: bool


@dataclass(frozen=True, slots=True)
class Charter:
    """All the rules of one version. Days: to answer, then to decide, to appeal, and to hear the appeal."""

    answer_days: int
    decide_days: int
    appeal_days: int
    hear_days: int
    rules: tuple[Rule, ...]

    def rule(self, what: Counted) -> Rule | None:
        return next((each for each in self.rules if each.what is what), None)


@dataclass(frozen=True, slots=True)
class Happened:
    """One event of a job that can count, and whose it was. `near` are the moments that an outage excuses at."""

    event: UUID
    job: UUID
    number: str
    specialist: UUID
    what: Counted
    at: datetime
    near: tuple[datetime, ...]
    minutes_before: int | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Would:
    """What a rule would have opened: for whom, when, and by how many events."""

    specialist: UUID
    what: Counted
    at: datetime
    events: int


def charter_of(numbers: Mapping[str, int]) -> Charter:
    """The rules that these numbers say. Refuses ConductNumberOutOfRange, by name."""
    whole = {**FIRST_NUMBERS, **{name: value for name, value in numbers.items() if name in BOUNDS}}
    for name, (least, most) in BOUNDS.items():
        if not least <= whole[name] <= most:
            raise ConductNumberOutOfRange(name, least, most)
    rules = []
    for what in Counted:
        said = {name: whole.get(f"{what.value}_{name}", 0) for name in OF_A_RULE}
        if said["times"]:
            rules.append(
                Rule(
                    what=what,
                    times=said["times"],
                    within_days=said["within_days"],
                    hours_before=said["hours_before"],
                    pause_days=said["pause_days"],
                    fee_minor=said["fee_minor"],
                    may_end=bool(said["may_end"]),
                )
            )
    return Charter(**{name: whole[name] for name in GENERAL}, rules=tuple(rules))


def counts(rule: Rule, each: Happened, outages: Sequence[Period]) -> bool:
    """Whether this event counts under this rule; never during an outage of ours."""
    if each.what is not rule.what or each.reason in EXCUSED:
        return False
    if rule.what is Counted.GIVEN_BACK and (
        each.minutes_before is None or each.minutes_before >= rule.hours_before * 60
    ):
        return False
    return not excused(each.near, outages)


def excused(near: Iterable[datetime], outages: Sequence[Period]) -> bool:
    """Whether something of ours did not work at one of these moments."""
    moments = tuple(near)
    return any(outage.contains(moment) for outage in outages for moment in moments)


def near_of(at: datetime, minutes_before: int | None) -> tuple[datetime, ...]:
    """The moments of an event at which an outage excuses: its own, and the begin of its visit, on a whole minute."""
    if minutes_before is None:
        return (at,)
    begins = at + timedelta(minutes=minutes_before)
    whole = begins.replace(second=0, microsecond=0)
    return (at, whole if whole == begins else whole + timedelta(minutes=1))


def lapses_at(rule: Rule, each: Happened) -> datetime:
    """From when this event counts no more."""
    return each.at + timedelta(days=rule.within_days)


def standing_count(
    rule: Rule, happened: Iterable[Happened], outages: Sequence[Period], *, now: datetime
) -> tuple[Happened, ...]:
    """What counts now, oldest first."""
    return tuple(
        each
        for each in sorted(happened, key=lambda each: (each.at, each.event))
        if counts(rule, each, outages) and each.at <= now < lapses_at(rule, each)
    )


def would_open(charter: Charter, happened: Iterable[Happened], outages: Sequence[Period]) -> tuple[Would, ...]:
    """What these rules would have opened, event by event, each event used once: the dry run."""
    found: list[Would] = []
    by_person: dict[tuple[UUID, Counted], list[Happened]] = {}
    for each in sorted(happened, key=lambda each: (each.at, each.event)):
        rule = charter.rule(each.what)
        if rule is None or not counts(rule, each, outages):
            continue
        open_ones = by_person.setdefault((each.specialist, each.what), [])
        open_ones.append(each)
        recent = standing_count(rule, open_ones, outages, now=each.at)
        if len(recent) >= rule.times:
            found.append(Would(each.specialist, each.what, each.at, len(recent)))
            open_ones.clear()
    return tuple(found)
