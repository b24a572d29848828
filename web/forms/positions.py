"""A position as it is typed, or copied from a map: latitude and longitude in degrees, in any script of digits."""

import re
from dataclasses import dataclass

from marketplace.foundation.errors import Refused
from marketplace.foundation.places import Point
from marketplace.foundation.scripts import ascii_digits
from web.forms.fields import Fields

_PAIR = re.compile(r"(-?\d{1,2}(?:[.٫]\d{1,12})?)[°]?\s*[,،; ]\s*(-?\d{1,3}(?:[.٫]\d{1,12})?)[°]?", re.ASCII)


@dataclass(frozen=True)
class NotAPosition(Refused):
    """Not two numbers of degrees that lie on the earth."""


@dataclass(frozen=True)
class InAnotherZone(Refused):
    """The position does not lie in the part of the town that was chosen beside it."""


def position(fields: Fields, name: str) -> Point | None:
    """The point that was typed; None where nothing was."""
    typed = ascii_digits(fields.raw(name))
    if not typed:
        return None
    found = _PAIR.fullmatch(typed)
    if found is not None:
        latitude, longitude = (float(part.replace("٫", ".")) for part in found.groups())
        if abs(latitude) <= 90 and abs(longitude) <= 180:
            return Point(longitude, latitude)
    fields.refuse(name, NotAPosition())
    return None
