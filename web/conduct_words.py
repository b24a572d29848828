"""Sentences about conduct that the specialist and the office read alike."""

from typing import Final

from web.sentences.marking import N_

WHAT: Final[dict[str, str]] = {
    "given_back": N_("A job given back late"),
    "not_come": N_("A visit not come to"),
    "complaint": N_("A complaint decided for the customer"),
    "safety": N_("Danger to somebody"),
}
NEVER: Final[dict[str, str]] = {
    "declined": N_("Offers that you decline."),
    "unanswered": N_("Offers that you do not answer, seen or not."),
    "rating": N_("Ratings, however low."),
    "unrated": N_("That nobody has rated you yet."),
    "hidden": N_("That you hide your position, or do not send it."),
    "outage": N_("Whatever happened while something of ours did not work."),
    "safety_reason": N_("A job given back because it was dangerous."),
}
STATES: Final[dict[str, str]] = {
    "open": N_("open"),
    "decided": N_("decided"),
    "appealed": N_("appealed"),
    "closed": N_("over"),
}
CONSEQUENCES: Final[dict[str, str]] = {
    "nothing": N_("Nothing follows"),
    "talk": N_("A talk"),
    "fee": N_("A fee"),
    "pause": N_("A pause"),
    "end": N_("The end of the work together"),
}
RESULTS: Final[dict[str, str]] = {
    "nothing": N_("Nothing follows from it."),
    "not_decided": N_("Nobody decided in time: nothing follows from it."),
    "stands": N_("The decision stands."),
    "lessened": N_("Less follows than was decided first."),
    "overturned": N_("The decision was overturned and put back as it was."),
    "not_heard": N_("Nobody heard the appeal in time: the decision was put back."),
    "withdrawn": N_("It was withdrawn: what was counted happened while something of ours did not work."),
}
VERDICTS: Final[dict[str, str]] = {
    "upheld": N_("Upheld"),
    "lessened": N_("Lessened"),
    "overturned": N_("Overturned"),
}
MONEY: Final[dict[str, str]] = {
    "fee": N_("Fee"),
    "fee_back": N_("Fee returned"),
    "lesser_fee": N_("Lesser fee"),
    "safety_pay": N_("Pay for the days of a safety pause"),
    "lost_pay": N_("Pay for days that were wrongly lost"),
}
