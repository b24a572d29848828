"""The words of the board: rules that exclude, parts of a score, why a job is open, what an act did."""

from typing import Final

from booking.dispatch.board import Because
from booking.jobs.words import State
from web.sentences.marking import N_

# Why somebody cannot be chosen, as a whole sentence; by the name of the hard rule.
RULES: Final[dict[str, str]] = {
    "standing": N_("They are not in good standing now."),
    "skill": N_("They have not been verified in what the work needs."),
    "area": N_("They do not work in this area."),
    "shift": N_("They do not work at that time."),
    "overlap": N_("Their day has no room in the promised time, with the ways before and after it."),
    "late": N_("They would come too late: the work before takes too long."),
    "block": N_("They and the customer are not brought together."),
    "already_asked": N_("They were asked for this job already."),
    "other_offer": N_("They have another offer on the screen."),
    "cash_debt": N_("The commission of this cash job would pass what they may owe."),
}
TERMS: Final[dict[str, str]] = {
    "travel": N_("way {minutes} min"),
    "waiting": N_("free later {minutes} min"),
    "refusal": N_("a likely no {minutes} min"),
    "fairness": N_("work so far today {minutes} min"),
    "quality": N_("ratings {minutes} min"),
    "planned": N_("planned around them {minutes} min"),
    "same_person": N_("the customer's wish {minutes} min"),
    "position": N_("place roughly known {minutes} min"),
}
BECAUSE: Final[dict[Because, str]] = {
    Because.NOT_ASKED: N_("Nobody was asked yet."),
    Because.NO_ANSWER: N_("Whoever was asked did not answer."),
    Because.HANDED_BACK: N_("Whoever had it gave it back."),
}
NOBODY_CAN: Final = N_("Nobody can: {rule}")
REASONS: Final[dict[str, str]] = {
    "better_fit": N_("They suit the work better"),
    "customer_wish": N_("The customer wishes it"),
    "illness": N_("Somebody is ill"),
    "overrun": N_("The work before takes longer"),
    "other": N_("Another reason"),
}
STATES: Final[dict[State, str]] = {
    State.OPEN: N_("Unassigned"),
    State.ASSIGNED: N_("Confirmed"),
    State.EN_ROUTE: N_("On the way"),
    State.ON_SITE: N_("At the door"),
    State.IN_PROGRESS: N_("Working"),
    State.DELAYED: N_("Delayed"),
    State.COMPLETED: N_("Work done"),
    State.APPROVED: N_("Confirmed by the customer"),
    State.CLOSED: N_("Settled"),
}
GIVEN_TO: Final = N_("{number} is with {who} now.")
PLANNED_AT: Final = N_("{number} is with {who} now, planned for {moment}.")
TAKEN_BACK: Final = N_("Its offers are taken back.")
SEARCHES: Final = N_("The search goes on.")
MOVED: Final = N_("{number} is promised for {moment} now; both are told.")
FROM_A_PLAN: Final = N_("From a plan")
PLANNED: Final = N_("Planned, nobody has said yes")
KINDS: Final[dict[str, str]] = {
    "break": N_("Break"),
    "leave": N_("Away"),
    "blocked": N_("Not to be booked"),
    "visit": N_("Busy"),
}
