"""What an agent types into the look-up: a job's number, the last four digits, or a whole telephone number."""

import re
from dataclasses import dataclass
from typing import Final

from booking.jobs.numbers import LENGTH, SIGNS
from marketplace.foundation.languages import parse_phone
from marketplace.foundation.scripts import ascii_digits, clean_text
from web.forms.fields import Missing

_JOB: Final = re.compile(rf"(?:K[- ]?)?([{SIGNS}]{{{LENGTH}}})", re.IGNORECASE)
_LAST: Final = re.compile(r"[0-9]{4}")
_ALL_DIGITS: Final = re.compile(r"[0-9]+")


@dataclass(frozen=True, slots=True)
class JobNumber:
    """A number such as K-7F3Q9."""

    text: str


@dataclass(frozen=True, slots=True)
class LastDigits:
    """The last four digits of a telephone number."""

    digits: str


@dataclass(frozen=True, slots=True)
class Number:
    """A whole telephone number in E.164."""

    e164: str


def understand(text: str, region: str) -> JobNumber | LastDigits | Number:
    """What was meant, in any script of digits. Refuses Missing, NotAPhoneNumber."""
    said = ascii_digits(clean_text(text)).strip()
    if not said:
        raise Missing
    plain = said.replace(" ", "").replace("-", "")
    if _LAST.fullmatch(plain):
        return LastDigits(plain)
    job = _JOB.fullmatch(said)
    if job and not _ALL_DIGITS.fullmatch(plain):
        return JobNumber(f"K-{job[1].upper()}")
    return Number(parse_phone(said, region))
