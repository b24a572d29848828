"""Rounds of bids in words: states, ends, and what counted, for the pages of the house and of those who bid."""

from collections.abc import Iterable
from typing import Final

from booking.dispatch.scoring import Term
from marketplace.foundation.money import Money
from web.sentences.marking import N_

ROUNDS: Final[dict[str, tuple[str, str, str]]] = {  # state → tone, icon, word
    "scheduled": ("plain", "calendar-clock", N_("Begins later")),
    "open": ("tile", "hourglass", N_("Open for bids")),
    "closed": ("brass", "clock-alert", N_("To be decided")),
    "awarded": ("leaf", "check", N_("Decided")),
    "void": ("plain", "x", N_("Came to nothing")),
}
BIDS: Final[dict[str, tuple[str, str, str]]] = {
    "submitted": ("tile", "check", N_("Your bid stands")),
    "revised": ("tile", "check", N_("Your bid stands")),
    "withdrawn": ("plain", "x", N_("You took your bid back")),
    "awarded": ("leaf", "check", N_("Your bid has won")),
    "rejected": ("plain", "x", N_("Your bid was not chosen")),
    "expired": ("plain", "x", N_("No bid was chosen")),
}
LINES: Final[dict[str, str]] = {
    "submitted": N_("stands"),
    "revised": N_("stands, changed"),
    "withdrawn": N_("taken back"),
    "awarded": N_("has the job"),
    "rejected": N_("not chosen"),
    "expired": N_("over with the round"),
}
VOID: Final[dict[str, str]] = {
    "none_valid": N_("Nobody bid, or nobody who still may do this work."),
    "too_few": N_("There were fewer bids than the round had asked for."),
    "nobody_free": N_("Nobody who bid has the time any more."),
    "called_off": N_("The job no longer looked for anybody when bidding ended."),
    "stopped": N_("The round was taken back before bidding ended."),
}
NEXT: Final[dict[str, str]] = {
    "search": N_("People are asked for the job again, one after the other."),
    "none": N_("Nothing more follows."),
}
LOST: Final[dict[str, str]] = {
    "outranked": N_("By the rule of this round another bid came first."),
    "chosen_other": N_("Another bid was chosen by a person, with a reason that is kept. The round had announced that."),
    "overlap": N_("Another visit stood in that time when the job was given away, so the next bid had it."),
    "cash_debt": N_("The commission of this cash job would have passed what may be owed, so the next bid had it."),
    "standing": N_("The account was not in good standing when bidding ended."),
    "skill": N_("The skill for this work was not verified any more when bidding ended."),
    "area": N_("This area was not served any more when bidding ended."),
    "block": N_("The customer and this specialist do not meet any more."),
}
TERMS: Final[dict[str, str]] = {
    "amount": N_("The price that was bid"),
    "travel": N_("The way there"),
    "quality": N_("Good ratings"),
}
HUNDREDTHS: Final = 100


def counts(terms: Iterable[Term], currency: str) -> list[tuple[str, Money]]:
    """What counted for a bid, and how much, in money to the nearest unit; the smaller the sum, the better."""
    return [(TERMS[each.term], _money(each.hundredths, currency)) for each in terms if each.term in TERMS]


def together(terms: Iterable[Term], currency: str) -> Money:
    """The sum by which the bid was ranked."""
    return _money(sum(each.hundredths for each in terms), currency)


def _money(hundredths: int, currency: str) -> Money:
    return Money((hundredths + HUNDREDTHS // 2) // HUNDREDTHS, currency)
