"""Hours of a day as they are typed: one or two stretches, or a day off."""

import re
from dataclasses import dataclass
from datetime import time

from marketplace.foundation.errors import Refused
from marketplace.foundation.scripts import ascii_digits
from web.forms.fields import Fields

STRETCHES = (1, 2)  # in a day, as its form asks: fields opens_1, closes_1, opens_2, closes_2, and off
_CLOCK = re.compile(r"(\d{1,2})[:٫.](\d{2})(?::\d{2})?")


@dataclass(frozen=True)
class NotATime(Refused):
    """What was typed is no time of the day."""


@dataclass(frozen=True)
class StretchIncomplete(Refused):
    """A stretch of work has a beginning and an end."""


@dataclass(frozen=True)
class DayNotAhead(Refused):
    """A day is set apart before it comes, and not further ahead than a year."""


@dataclass(frozen=True)
class LastDayUnfit(Refused):
    """The last of several days comes after the first, and not too long after it."""


def stretches(fields: Fields) -> list[tuple[time, time]]:
    """The stretches that were filled in; none for a day off. Faults stand beside their fields."""
    if fields.raw("off"):
        return []
    found = []
    for number in STRETCHES:
        opens, closes = (_time(fields, f"{name}_{number}") for name in ("opens", "closes"))
        if opens is not None and closes is not None:
            found.append((opens, closes))
        elif (opens is None) != (closes is None) and not fields.errors:
            fields.refuse(f"closes_{number}" if closes is None else f"opens_{number}", StretchIncomplete())
    if not found and not fields.errors:
        fields.refuse("opens_1", StretchIncomplete())
    return found


def _time(fields: Fields, name: str) -> time | None:
    typed = ascii_digits(fields.raw(name))
    if not typed:
        return None
    match = _CLOCK.fullmatch(typed)
    if match is None or int(match[1]) > 23 or int(match[2]) > 59:
        fields.refuse(name, NotATime())
        return None
    return time(int(match[1]), int(match[2]))
