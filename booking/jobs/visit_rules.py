"""Visits that belong to one piece of work: how they are related, and what holds under warranty. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from marketplace.foundation.cards import contains_card_number
from marketplace.foundation.errors import Refused
from marketplace.foundation.money import Money

WORDS_LEAST, WORDS_MOST = 3, 500


class Relation(StrEnum):
    """What a visit is to the work it belongs to."""

    ESTIMATE_OF = "estimate_of"
    WARRANTY_OF = "warranty_of"


class Verdict(StrEnum):
    """Whose a visit under warranty was: the defect of whoever came, who is not paid for it, or not."""

    OWN_DEFECT = "own_defect"
    PAID = "paid"


GROUNDS = {
    Verdict.OWN_DEFECT: ("own_work", "own_part"),
    Verdict.PAID: ("other_specialist", "part_failed", "no_defect", "goodwill"),
}


@dataclass(frozen=True)
class NoWarranty(Refused):
    """This work has no warranty: there is none on an estimate, nor on a visit under warranty itself."""


@dataclass(frozen=True)
class WarrantyOver(Refused):
    """The warranty ran until then."""

    until: datetime


@dataclass(frozen=True)
class WarrantyAskedAlready(Refused):
    """One visit under warranty at a time: this one has been asked for."""

    number: str


@dataclass(frozen=True)
class DefectNeedsWords(Refused):
    """What is wrong is said in words, in no more than so many letters, and without a card number."""

    longest: int


@dataclass(frozen=True)
class VisitNotDone(Refused):
    """What a visit under warranty is paid is decided once it is done."""


@dataclass(frozen=True)
class VerdictStands(Refused):
    """It has been decided."""


@dataclass(frozen=True)
class PayOutOfBounds(Refused):
    """A paid visit is paid something, and no more than was published."""

    most: Money


@dataclass(frozen=True)
class GroundNeeded(Refused):
    """Each verdict has its own grounds, and one of them is named."""


def warranty_until(approved_at: datetime, days: int) -> datetime:
    """The end of the warranty on work that was approved then."""
    return approved_at + timedelta(days=days)


def check_words(text: str) -> None:
    """Refuses DefectNeedsWords."""
    if not WORDS_LEAST <= len(text) <= WORDS_MOST or contains_card_number(text):
        raise DefectNeedsWords(WORDS_MOST)


def check_verdict(verdict: Verdict, pay: Money, ground: str, *, most: Money) -> None:
    """Refuses GroundNeeded, PayOutOfBounds."""
    if ground not in GROUNDS[verdict]:
        raise GroundNeeded()
    paid = verdict is Verdict.PAID
    if pay.currency != most.currency or (paid and not 0 < pay.minor <= most.minor) or (not paid and pay.minor != 0):
        raise PayOutOfBounds(most)


def usual_verdict(*, same_specialist: bool, most: Money) -> Verdict:
    """The rule where nothing speaks against it: one's own defect is put right without pay, another's is paid."""
    return Verdict.OWN_DEFECT if same_specialist or most.minor <= 0 else Verdict.PAID
