"""The words for codes that a specialist chooses or reads: reasons, ends of offers, terms of a score."""

from collections.abc import Mapping
from typing import Final

from booking.jobs.words import Event
from web.identity import Req
from web.parts import Choice
from web.respond import reader_of
from web.sentences.marking import N_
from web.templating import Words, plain

REASONS: Final[dict[Event, dict[str, str]]] = {
    Event.DECLINE: {
        "too_far": N_("It is too far"),
        "too_little": N_("It pays too little"),
        "busy": N_("I have no time then"),
        "not_my_work": N_("It is not my kind of work"),
        "other": N_("Another reason"),
    },
    Event.DELAY: {
        "overrun": N_("The job before takes longer"),
        "parts": N_("A part is missing"),
        "access": N_("I cannot get in"),
        "weather": N_("The weather"),
        "safety": N_("It is not safe"),
        "other": N_("Another reason"),
    },
    Event.CANCEL_BY_WORKER: {
        "illness": N_("I am ill"),
        "vehicle": N_("My vehicle has broken down"),
        "overrun": N_("The job before takes longer"),
        "safety": N_("It is not safe"),
        "family": N_("A family matter"),
        "other": N_("Another reason"),
    },
    Event.PROPOSE_CHANGE: {
        "parts": N_("A part has to be replaced"),
        "more_work": N_("There is more to do than was booked"),
        "hidden_damage": N_("There is damage that could not be seen before"),
        "customer_wish": N_("The customer asked for it"),
        "other": N_("Another reason"),
    },
    Event.FAIL: {
        "parts": N_("A part cannot be had"),
        "not_repairable": N_("It cannot be repaired"),
        "safety": N_("It is not safe"),
        "other_trade": N_("Another trade is needed first"),
        "other": N_("Another reason"),
    },
}
WAIVERS: Final[dict[str, str]] = {
    "no_phone": N_("The customer has no phone at hand"),
    "someone_else_at_home": N_("Somebody else opened the door"),
    "code_lost": N_("The code cannot be found"),
    "other": N_("Another reason"),
}
TERMS: Final[dict[str, str]] = {
    "travel": N_("The way there adds {minutes} minutes to your day."),
    "fairness": N_("You have had less work that day than others: that counts as {minutes} minutes nearer."),
    "fairness_less": N_("You have had more work that day than others: that counts as {minutes} minutes further."),
    "quality": N_("Your ratings count as {minutes} minutes nearer."),
    "planned": N_("The day was planned around you: that counts as {minutes} minutes nearer."),
    "same_person": N_("The customer asked for you again: that counts as {minutes} minutes nearer."),
    "waiting": N_("You are free only later: that counts as {minutes} minutes further."),
    "refusal": N_("How often you take what you are offered: that counts as {minutes} minutes further."),
    "position": N_("Your place is only roughly known: that counts as {minutes} minutes further."),
}
MODES: Final[dict[str, str]] = {  # how somebody is asked, while they may answer
    "chosen": N_("The customer asked for you again: nobody else is asked until then."),
    "batch": N_("Nobody else is asked until then."),
    "sequential": N_("Nobody else is asked until then."),
    "broadcast": N_("Several are asked at once: whoever accepts first has the job."),
    "relief": N_("Whoever has this job is still at work elsewhere: it is yours as soon as you accept."),
}
BEHIND: Final[dict[str, str]] = {  # the part of a score that was most in the way of somebody
    "travel": N_("The way was {minutes} minutes longer for you."),
    "waiting": N_("You would have been free only later: {minutes} minutes."),
    "refusal": N_("You take fewer of the offers that you see: {minutes} minutes."),
    "fairness": N_("The other had had less work that day: {minutes} minutes."),
    "quality": N_("The other has better ratings: {minutes} minutes."),
    "planned": N_("The other's day was planned around the visit: {minutes} minutes."),
    "same_person": N_("The customer asked for the other again: {minutes} minutes."),
    "position": N_("Your place was only roughly known: {minutes} minutes."),
}
EXCLUDED: Final[dict[str, str]] = {  # by the rule that kept somebody from being asked
    "standing": N_("You did not stand well at that moment."),
    "skill": N_("A skill that the work needs was not verified."),
    "area": N_("You do not serve that area."),
    "shift": N_("You had no working time then."),
    "overlap": N_("The visit did not fit between your other visits, the ways included."),
    "late": N_("You were still at work elsewhere, or held a next job already."),
    "already_asked": N_("You had been asked for it before."),
    "other_offer": N_("Another offer was on your screen at that moment."),
    "cash_debt": N_("The commission of this cash job would have passed what you may owe."),
}
OVER: Final[dict[str, str]] = {  # by the offer's state, or by the reason for which it ended
    "accepted": N_("You accepted it."),
    "declined": N_("You declined it."),
    "expired": N_("The time to answer ran out."),
    "withdrawn": N_("The job no longer looks for anybody."),
    "taken": N_("Another specialist accepted it before you."),
    "called_off": N_("The job was called off, or nobody could come in time."),
    "overlap": N_("Another visit stands in that time, so the job went to somebody else."),
    "given_back": N_("The job was yours, and is yours no more."),
    "cash_debt": N_("The commission of this cash job would have passed what you may owe."),
}
STANDING: Final[dict[str, str]] = {
    "applicant": N_("You have applied. The first work comes once a skill of yours has been verified."),
    "good": N_("You stand well: you are asked for work."),
    "suspended": N_("You are suspended: no work is offered to you now."),
    "left": N_("You have left: no work is offered to you."),
}
STANDING_REASONS: Final[dict[str, str]] = {
    "skill_verified": N_("a skill was verified"),
    "documents_expired": N_("your papers have run out"),
    "safety": N_("a matter of safety"),
    "open_case": N_("an open case"),
    "no_shows": N_("visits that you did not come to"),
    "cash_debt": N_("commission of cash jobs that you owe"),
    "own_wish": N_("your own wish"),
    "decided": N_("a decision about you"),
    "pause_over": N_("the pause is over"),
    "left": N_("you left"),
}
EARNED: Final[dict[str, str]] = {
    "job": N_("Paid through your wallet"),
    "cash": N_("Paid to you in cash"),
    "cancellation": N_("Your share of a cancellation fee"),
    "tip": N_("A tip, all of it yours"),
    "refund": N_("Given back to the customer"),
}


def choices(request: Req, offered: Mapping[str, str]) -> list[Choice]:
    """Codes with their words as radio rows or chips, in the reader's language."""
    said = Words(reader_of(request).formatter)
    return [Choice(code, plain(said.gettext(message))) for code, message in offered.items()]


def over(state: str, reason: str | None) -> str:
    """Why an offer is over, in a whole sentence; never who else. One that merely ran out has no state of its own."""
    return OVER.get(reason or "") or OVER.get(state, OVER["expired"])


def term(name: str, hundredths: int) -> tuple[str, int]:
    """The sentence of one part of a score, and its whole minutes. A part we have no words for is left unsaid ("")."""
    if name == "fairness" and hundredths > 0:
        name = "fairness_less"
    return TERMS.get(name, ""), round(abs(hundredths) / 100)
