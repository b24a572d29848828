"""What must be true of accounts, sessions, codes and roles. No database, no clock."""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from marketplace.foundation.errors import Refused

ROLES = (
    "customer", "specialist", "agent", "dispatcher", "manager", "finance", "compliance", "administrator",
)  # fmt: skip
STAFF = frozenset(ROLES) - {"customer", "specialist"}
WORKING = frozenset(ROLES) - {"customer"}
ENROLLED = frozenset({"specialist"})  # roles that stand on an enrolment
LANGUAGES = ("en", "bn", "fa", "ar")

AGE_MIN = 13  # promises.md I24, A.6; an organization may set it higher
WORKING_AGE = 18  # I23
NAME_LENGTH_MAX = 120
LINE_LENGTH_MAX = 400
PASSWORD_LENGTH_MIN = 8
PASSWORD_LENGTH_MAX = 200
PASSWORD_LENGTH_ADVISED = 15
USERNAME_SIGNS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789._-")

CODE_PURPOSES = ("sign_in", "confirm_contact", "step_up", "confirm_order")
CODE_DIGITS = 6
CODE_LIFE = timedelta(minutes=5)
CODE_TRIES = 5
CODE_PAUSES = (timedelta(seconds=30), timedelta(seconds=60), timedelta(seconds=120))  # before the second, third, …
LINK_LIFE = timedelta(minutes=30)
STEP_UP_LIFE = timedelta(minutes=5)
TOTP_SECONDS = 30
RECOVERY_CODES = 10


# Accounts -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class TooYoung(Refused):
    """The person says to be younger than the rule asks for."""

    age_min: int


@dataclass(frozen=True)
class AgeNotStated(Refused):
    """Neither a birth date nor a statement of age was given."""

    age_min: int


@dataclass(frozen=True)
class NameRefused(Refused):
    """A name has letters, and at most so many signs."""

    length_max: int = NAME_LENGTH_MAX


@dataclass(frozen=True)
class NotAContact(Refused):
    """Neither a phone number of a network nor an e-mail address."""


@dataclass(frozen=True)
class ContactTaken(Refused):
    """The contact was proved, but it belongs to another account, which proved it too."""


@dataclass(frozen=True)
class LastContact(Refused):
    """An account keeps one way to reach it."""


@dataclass(frozen=True)
class UsernameRefused(Refused):
    """A user name is 3 to 30 small Latin letters, digits, dots, dashes, and begins with a letter."""


@dataclass(frozen=True)
class UsernameTaken(Refused):
    """Somebody else has this user name."""


@dataclass(frozen=True)
class NoSuchPerson(Refused):
    """There is no such person, or no longer."""


@dataclass(frozen=True)
class NoSuchAddress(Refused):
    """There is no such address of this person."""


@dataclass(frozen=True)
class AddressRefused(Refused):
    """The line of an address is missing, or a part of it is too long."""

    length_max: int = LINE_LENGTH_MAX


@dataclass(frozen=True)
class NoSuchRole(Refused):
    """The role is unknown, or the person does not hold it."""

    role: str


@dataclass(frozen=True)
class NotOnYourself(Refused):
    """Nobody gives a role to themselves, or takes one back."""


@dataclass(frozen=True)
class NotEnrolled(Refused):
    """The role comes with an enrolment (papers seen, home zone, skills) and is not given by hand."""

    role: str


def check_age(*, born_on: date | None, stated_age: int | None, today: date, age_min: int) -> int:
    """The age that is known: whole years from the birth date, or the years the person says to have reached.

    Raises AgeNotStated, TooYoung; the caller has stored nothing yet.
    """
    age = age_on(today, born_on=born_on) if born_on is not None else stated_age
    if age is None:
        raise AgeNotStated(age_min)
    if age < age_min:
        raise TooYoung(age_min)
    return age


def age_on(today: date, *, born_on: date) -> int:
    """Whole years; whoever is born on 29 February has a birthday on 1 March of other years."""
    return today.year - born_on.year - ((today.month, today.day) < (born_on.month, born_on.day))


def clean_name(name: str) -> str:
    """The name with single blanks. Raises NameRefused when it has no letter, control signs, or is too long."""
    tidy = " ".join(unicodedata.normalize("NFC", name).split())
    controls = any(unicodedata.category(sign) == "Cc" for sign in tidy)
    if controls or len(tidy) > NAME_LENGTH_MAX or not any(sign.isalpha() for sign in tidy):
        raise NameRefused()
    return tidy


def clean_line(text: str | None, *, needed: bool = False) -> str | None:
    """A part of an address with its own line breaks kept. Raises AddressRefused."""
    lines = [" ".join(line.split()) for line in unicodedata.normalize("NFC", text or "").splitlines()]
    tidy = "\n".join(line for line in lines if line)
    if len(tidy) > LINE_LENGTH_MAX or (needed and not tidy):
        raise AddressRefused()
    return tidy or None


def clean_username(username: str) -> str:
    """The user name in small letters. Raises UsernameRefused."""
    tidy = username.strip().lower()
    if not 3 <= len(tidy) <= 30 or not set(tidy) <= USERNAME_SIGNS or not tidy[0].isalpha():
        raise UsernameRefused()
    return tidy


def clean_email(text: str) -> str:
    """The address in small letters. Raises NotAContact; whether it exists, only a letter can tell."""
    tidy = unicodedata.normalize("NFC", text.strip()).lower()
    local, at, domain = tidy.rpartition("@")
    labels = domain.split(".")
    well_formed = local and at and len(labels) > 1 and all(labels) and len(tidy) <= 254 and "@" not in local
    if not well_formed or any(sign.isspace() or unicodedata.category(sign)[0] == "C" for sign in tidy):
        raise NotAContact()
    if any(sign in '<>()[]\\,;:"' for sign in tidy):
        raise NotAContact()
    return tidy


def check_giver(role: str, *, person: UUID, by: UUID | None, enrolled: bool) -> None:
    """Another person than the holder acts; `by` None is the installation. Raises NotOnYourself, NotEnrolled."""
    if person == by:
        raise NotOnYourself
    if by is not None and role in ENROLLED and not enrolled:
        raise NotEnrolled(role)


def check_role(role: str, *, age: int | None) -> None:
    """Working roles are for adults (I23). Raises NoSuchRole, TooYoung, AgeNotStated."""
    if role not in ROLES:
        raise NoSuchRole(role)
    if role in WORKING:
        check_age(born_on=None, stated_age=age, today=date.min, age_min=WORKING_AGE)


# Sessions -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Life:
    """How long a session lasts: without use, and at most."""

    idle: timedelta
    most: timedelta | None


VISITOR_LIFE = Life(timedelta(hours=2), timedelta(hours=24))
LIVES = {
    "customer": Life(timedelta(days=30), None),
    "specialist": Life(timedelta(days=30), None),
    "agent": Life(timedelta(minutes=30), timedelta(hours=12)),
    "dispatcher": Life(timedelta(minutes=30), timedelta(hours=12)),
    "manager": Life(timedelta(minutes=30), timedelta(hours=12)),
    "finance": Life(timedelta(minutes=15), timedelta(hours=8)),
    "compliance": Life(timedelta(minutes=15), timedelta(hours=8)),
    "administrator": Life(timedelta(minutes=15), timedelta(hours=8)),
}


def life_of(roles: Iterable[str]) -> Life:
    """The strictest life among the roles that a person holds."""
    lives = [LIVES[role] for role in roles] or [LIVES["customer"]]
    limits = [life.most for life in lives if life.most is not None]
    return Life(min(life.idle for life in lives), min(limits, default=None))


def is_alive(life: Life, *, started_at: datetime, last_seen_at: datetime, now: datetime) -> bool:
    """Whether a session may go on."""
    return now < last_seen_at + life.idle and (life.most is None or now < started_at + life.most)


# Signing in ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Limit:
    """So many tries of a kind within a time."""

    most: int
    within: timedelta


HOUR, DAY = timedelta(hours=1), timedelta(days=1)
CODES_PER_CONTACT = (Limit(5, HOUR), Limit(10, DAY))
CODES_PER_ADDRESS = (Limit(30, HOUR), Limit(100, DAY))
CODES_IN_ALL = (Limit(2_000, HOUR),)  # a spend cap; reaching it is an alarm, not a way to lock one person out
SIGN_INS_PER_ACCOUNT = (Limit(10, timedelta(minutes=15)),)
SIGN_INS_PER_ADDRESS = (Limit(100, timedelta(minutes=15)),)
RESETS_PER_ACCOUNT = (Limit(3, HOUR), Limit(6, DAY))
RESETS_PER_ADDRESS = (Limit(20, HOUR),)
SECOND_FACTORS = (Limit(5, timedelta(minutes=15)),)


@dataclass(frozen=True)
class TooManyTries(Refused):
    """Tried too often; the same for accounts that exist and those that do not."""

    again_at: datetime


@dataclass(frozen=True)
class WrongCode(Refused):
    """The code is wrong, used, too old, or asked for elsewhere: one answer for all. Returned, not raised, by
    `confirm_code`: the try must be committed."""

    tries_left: int


@dataclass(frozen=True)
class WrongSignIn(Refused):
    """Account and password do not belong together; the same for accounts that do not exist."""


@dataclass(frozen=True)
class LinkRefused(Refused):
    """The link is unknown, used, replaced by a newer one, or too old."""


@dataclass(frozen=True)
class PasswordRefused(Refused):
    """Too short, too long, or among the passwords everybody tries first."""

    length_min: int
    is_common: bool


@dataclass(frozen=True)
class SecondFactorOn(Refused):
    """The second factor is in use already; it is switched off first."""


@dataclass(frozen=True)
class SecondFactorOff(Refused):
    """The person has no second factor."""


@dataclass(frozen=True)
class WrongStep(Refused):
    """The six digits of the authenticator are wrong, old, or were used already."""


def free_again_at(limits: Iterable[Limit], tries: Iterable[datetime], *, now: datetime) -> datetime | None:
    """When one more try is allowed; None when it is allowed now. `tries` are the moments of earlier ones."""
    moments = sorted(tries, reverse=True)
    waits = []
    for limit in limits:
        recent = [moment for moment in moments if moment > now - limit.within]
        if len(recent) >= limit.most:
            waits.append(recent[limit.most - 1] + limit.within)
    return max(waits, default=None)


def next_code_at(sent: Iterable[datetime], *, now: datetime) -> datetime | None:
    """When the next code may be sent after those of the last hour: 30, 60, then 120 seconds; None: now."""
    recent = sorted(moment for moment in sent if moment > now - HOUR)
    if not recent:
        return None
    at = recent[-1] + CODE_PAUSES[min(len(recent), len(CODE_PAUSES)) - 1]
    return at if at > now else None


def check_password_strength(password: str, *, common: frozenset[str]) -> None:
    """At least eight signs, none of the common ones; anything else goes, pasted or typed. Raises PasswordRefused."""
    is_common = password.lower() in common or len(set(password)) < 4
    if not PASSWORD_LENGTH_MIN <= len(password) <= PASSWORD_LENGTH_MAX or is_common:
        raise PasswordRefused(PASSWORD_LENGTH_MIN, is_common)


def is_stepped_up(confirmed_at: datetime | None, *, now: datetime) -> bool:
    """Whether the person was confirmed recently enough for what cannot be undone (reliability.md §6.3 step-up)."""
    return confirmed_at is not None and now < confirmed_at + STEP_UP_LIFE
