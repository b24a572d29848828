"""What a compound is made of: names and labels as they are typed, and why something in it is not found or refused."""

import re
from dataclasses import dataclass
from enum import StrEnum

from marketplace.foundation.errors import Refused
from marketplace.foundation.scripts import ascii_digits, clean_text

NAME_MAX = 80
LABEL_MAX = 20
MANAGING = frozenset({"manager", "administrator"})
_BLANKS = re.compile(r"\s+")


class Kind(StrEnum):
    MARKETPLACE = "marketplace"
    COMPOUND = "compound"


@dataclass(frozen=True)
class CompoundNotFound(Refused):
    """There is no such compound, or it is not this person's to manage."""


@dataclass(frozen=True)
class BuildingNotFound(Refused):
    """There is no such building in this compound."""


@dataclass(frozen=True)
class UnitNotFound(Refused):
    """There is no such unit in this compound."""


@dataclass(frozen=True)
class TeamNotFound(Refused):
    """There is no such team in this compound."""


@dataclass(frozen=True)
class UnknownTrade(Refused):
    """No category of the catalogue has this key."""

    trade: str


@dataclass(frozen=True)
class NotInTeam(Refused):
    """Whoever is not in a team cannot leave it."""


@dataclass(frozen=True)
class AlreadyLivesThere(Refused):
    """The person lives in this unit already."""


@dataclass(frozen=True)
class DoesNotLiveThere(Refused):
    """Whoever does not live in a unit cannot move out of it."""


@dataclass(frozen=True)
class BuildingNameTaken(Refused):
    """Another building of the compound, elsewhere, has this name."""

    name: str


@dataclass(frozen=True)
class SiteNameRefused(Refused):
    """A compound, building or team is called by letters or digits, and not at length."""

    length_max: int


@dataclass(frozen=True)
class LabelRefused(Refused):
    """A unit is called by letters or digits, and in few signs."""

    length_max: int


def clean_name(text: str) -> str:
    """A name on one line. Refuses SiteNameRefused."""
    name = _BLANKS.sub(" ", clean_text(text))
    if not any(sign.isalnum() for sign in name) or len(name) > NAME_MAX:
        raise SiteNameRefused(NAME_MAX)
    return name


def clean_label(text: str) -> str:
    """What stands at the door, the same however it was typed: "১২ b" is "12 B". Refuses LabelRefused."""
    label = _BLANKS.sub(" ", ascii_digits(clean_text(text))).upper()
    if not any(sign.isalnum() for sign in label) or len(label) > LABEL_MAX:
        raise LabelRefused(LABEL_MAX)
    return label
