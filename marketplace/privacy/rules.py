"""Who may read what, for which purpose, under which condition, and how much of it; what a policy must name."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from enum import Enum

from marketplace.foundation.errors import Refused

LANGUAGES = ("en", "bn", "fa", "ar")
CHANNELS = ("page", "call", "export", "provider", "offline")
OPTIONAL_PURPOSES = frozenset({"improve", "personalise"})  # each has its own switch, off until switched on (M2)
Text = Mapping[str, str]


# Reading ------------------------------------------------------------------------------------------------------------


class Needs(Enum):
    """What must stand behind a look besides role and purpose."""

    WINDOW = "window"  # an open window of this job on this person for this reader
    CASE = "case"  # a case, named
    REASON = "reason"  # the purpose is the reason; it is written down and shown to the subject
    FILE = "file"  # only inside a file for somebody else, whose every fetching is written down
    NEAREST = "nearest"  # only while on duty and sharing, among the nearest to a place where somebody is needed
    MANAGED = "managed"  # only of a compound that the reader manages


@dataclass(frozen=True)
class Access:
    """What a role may read for one purpose."""

    fields: frozenset[str]
    needs: Needs


def _of(needs: Needs, *names: str) -> Access:
    return Access(frozenset(names), needs)


# reliability.md §6.1 `job.contact.read`, lifecycle.md F.1 and F.2. What is not here may not be read.
MAY_READ: Mapping[str, Mapping[str, Access]] = {
    "customer": {"provide": _of(Needs.WINDOW, "name", "phone"), "contact": _of(Needs.WINDOW, "name", "phone")},
    "specialist": {
        "provide": _of(Needs.WINDOW, "name", "phone", "address", "pin"),
        "contact": _of(Needs.WINDOW, "name", "phone"),
    },
    "agent": {
        "provide": _of(Needs.REASON, "name", "phone", "email", "address"),
        "contact": _of(Needs.REASON, "name", "phone", "email"),
        "support": _of(Needs.REASON, "name", "phone", "email", "address"),
        "quality": _of(Needs.REASON, "name", "phone"),
    },
    "dispatcher": {"provide": _of(Needs.WINDOW, "name", "phone", "address", "pin")},
    "manager": {
        "provide": _of(Needs.WINDOW, "name", "phone", "address", "pin"),
        "manage_requests": _of(Needs.REASON, "name"),  # of residents and teams of a compound that they manage
    },
    "finance": {"pay": _of(Needs.CASE, "name")},
    "compliance": {
        "protect": _of(Needs.CASE, "name", "phone", "email", "address", "born_on", "username"),
        "legal": _of(Needs.CASE, "name", "phone", "email", "address", "born_on", "username"),
    },
    "administrator": {"security": _of(Needs.WINDOW, "name", "phone", "email")},  # a grant with an end (O42)
}
# What other floors keep under a person's key and hand out in files alone: `actions.note_file` writes the looks.
IN_FILES: Mapping[str, Mapping[str, Access]] = {"finance": {"pay": _of(Needs.FILE, "account")}}
# Where somebody on duty is, as they share it: `actions.note_places` writes the looks. No budget: help does not wait.
AMONG_THE_NEAREST: Mapping[str, Mapping[str, Access]] = {
    role: {"provide": _of(Needs.NEAREST, "position")} for role in ("dispatcher", "manager")
}
# What residents report, as the management of their compound reads it: `actions.note_reports` writes the looks.
OF_A_COMPOUND: Mapping[str, Mapping[str, Access]] = {
    role: {"manage_requests": _of(Needs.MANAGED, "report")} for role in ("manager", "administrator")
}
COVERED_BY = {"pin": "address"}  # a window that releases the address releases the pin of it


@dataclass(frozen=True)
class Budget:
    """On how many people a reader may look."""

    a_minute: int
    a_day: int


BUDGETS: Mapping[str, Budget] = {  # reliability.md §7.4, promises.md O44; people, not looks
    "customer": Budget(5, 20), "specialist": Budget(8, 30), "agent": Budget(15, 250), "dispatcher": Budget(15, 150),
    "manager": Budget(15, 150), "finance": Budget(10, 60), "compliance": Budget(15, 150),
    "administrator": Budget(5, 20),
}  # fmt: skip


@dataclass(frozen=True)
class PurposeNotAllowed(Refused):
    """This role may not read this field for this purpose, or the purpose is not one of the field's."""

    field: str
    purpose: str


@dataclass(frozen=True)
class NotReleased(Refused):
    """The contact is sealed: no window of this job is open for this reader, or not yet."""

    opens_at: datetime | None


@dataclass(frozen=True)
class ContactExpired(Refused):
    """The window has closed; area, date, amount and rating remain."""

    closed_at: datetime


@dataclass(frozen=True)
class CaseNeeded(Refused):
    """Such a look needs a case to stand behind it."""


@dataclass(frozen=True)
class NoConsent(Refused):
    """The person has not consented to this purpose, or withdrew."""

    purpose: str


@dataclass(frozen=True)
class BudgetSpent(Refused):
    """The reader has looked at more people than the work asks for."""

    again_at: datetime


@dataclass(frozen=True)
class NothingGiven(Refused):
    """The person gave no such value, or it has been erased."""

    field: str


@dataclass(frozen=True)
class Span:
    """A window as the rules see it."""

    opens_at: datetime
    until: datetime | None
    closed_at: datetime | None
    fields: Collection[str]


def check_purpose(role: str, field: str, purpose: str, *, registered: Collection[str]) -> Access:
    """The access of this role. Raises PurposeNotAllowed; `registered` are the purposes of the field's columns."""
    access = MAY_READ.get(role, {}).get(purpose)
    if access is None or field not in access.fields or purpose not in registered:
        raise PurposeNotAllowed(field, purpose)
    return access


def check_window(spans: Iterable[Span], field: str, *, now: datetime) -> None:
    """Pass when one window is open for this field. Raises ContactExpired after the last, NotReleased before."""
    released = COVERED_BY.get(field, field)
    mine = [span for span in spans if released in span.fields]
    ends = [end for span in mine if (end := _end(span)) is not None and end <= now]
    if any(span.opens_at <= now and not _is_over(span, now) for span in mine):
        return
    to_come = [span.opens_at for span in mine if span.opens_at > now and not _is_over(span, now)]
    if ends and not to_come:
        raise ContactExpired(max(ends))
    raise NotReleased(min(to_come, default=None))


def _end(span: Span) -> datetime | None:
    ends = [end for end in (span.until, span.closed_at) if end is not None]
    return min(ends, default=None)


def _is_over(span: Span, now: datetime) -> bool:
    end = _end(span)
    return end is not None and end <= now


def check_budget(role: str, seen: Mapping[object, datetime], *, now: datetime) -> None:
    """`seen` are the other people this reader looked at, and when last, within a day. Raises BudgetSpent."""
    budget = BUDGETS[role]
    for most, within in ((budget.a_minute, timedelta(minutes=1)), (budget.a_day, timedelta(days=1))):
        recent = sorted((at for at in seen.values() if at > now - within), reverse=True)
        if len(recent) >= most:
            raise BudgetSpent(recent[most - 1] + within)


# Policies -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Profile:
    """A kind of policy that a deployment works under (lifecycle.md F.4)."""

    key: str
    notice_days: int  # a substantial change waits so long (O48, I26)
    working_only: bool  # adults at work; nobody registers by themselves


PROFILES: Mapping[str, Profile] = {
    each.key: each
    for each in (
        Profile("compound", 0, working_only=False),
        Profile("field_force", 30, working_only=True),
        Profile("security", 0, working_only=True),
        Profile("home_services", 0, working_only=False),
        Profile("marketplace", 0, working_only=False),
    )
}
CHANGES = ("substantial", "minor", "narrowing")


@dataclass(frozen=True)
class Slots:
    """What only the operator can say, in four languages each. None may be empty (promises.md rule 2, T31, K21)."""

    controller: Text
    responsible: Text
    contact: Text
    places: Text  # where a change of the policy is posted (O48)


@dataclass(frozen=True)
class EmptySlot(Refused):
    """A policy cannot be published while this slot is empty."""

    slot: str


@dataclass(frozen=True)
class NoPolicy(Refused):
    """No policy version is in force: nothing can be accepted."""


@dataclass(frozen=True)
class NotAnOptionalPurpose(Refused):
    """This purpose has no switch: it is needed for the service, or not registered."""

    purpose: str


def check_slots(slots: Slots) -> None:
    """Raises EmptySlot with the name of the first empty slot, and its language."""
    for slot in fields(slots):
        texts: Text = getattr(slots, slot.name)
        for language in LANGUAGES:
            if not texts.get(language, "").strip():
                raise EmptySlot(f"{slot.name}.{language}")


def in_force_from(change: str, profiles: Iterable[str], *, posted_at: datetime) -> datetime:
    """When a version governs: the strictest notice for a substantial change, at once for any other."""
    if change not in CHANGES:
        raise ValueError(f"not a class of change: {change}")
    days = max((PROFILES[key].notice_days for key in profiles), default=0) if change == "substantial" else 0
    return posted_at + timedelta(days=days)


# Cookies ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Cookie:
    """One cookie of the register (M18); nothing else may be set."""

    name: str
    is_essential: bool
    days: int
    why: Text


COOKIES = (
    Cookie(
        "__Host-session", True, 30,
        {
            "en": "Keeps you signed in, and keeps others from acting in your name.",
            "bn": "আপনাকে সাইন-ইন রাখে, আর অন্য কেউ যেন আপনার নামে কিছু করতে না পারে তা নিশ্চিত করে।",
            "fa": "شما را واردشده نگه می‌دارد و نمی‌گذارد کسی به نام شما کاری کند.",
            "ar": "يُبقيك مسجَّل الدخول ويمنع غيرك من التصرف باسمك.",
        },
    ),
    Cookie(
        "language", False, 365,
        {
            "en": "Remembers the language you chose.",
            "bn": "আপনি যে ভাষা বেছে নিয়েছেন তা মনে রাখে।",
            "fa": "زبانی را که برگزیده‌اید به یاد می‌سپارد.",
            "ar": "يتذكّر اللغة التي اخترتها.",
        },
    ),
)  # fmt: skip
