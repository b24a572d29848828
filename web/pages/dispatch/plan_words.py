"""The words of day plans: states, what asked for them, and why something stays as it was."""

from typing import Final

from booking.dispatch.planning_rules import Kept, PlanState, Why
from web.sentences.marking import N_

STATES: Final[dict[PlanState, tuple[str, str, str]]] = {  # words, tone, icon
    PlanState.ASKED: (N_("being made"), "indigo", "hourglass"),
    PlanState.PROPOSED: (N_("waits for your decision"), "brass", "clock-alert"),
    PlanState.UNCHANGED: (N_("nothing to gain"), "plain", "circle-check"),
    PlanState.REJECTED: (N_("rejected"), "red", "triangle-alert"),
    PlanState.FAILED: (N_("not made"), "red", "triangle-alert"),
    PlanState.PUBLISHED: (N_("published"), "leaf", "circle-check"),
    PlanState.DROPPED: (N_("dropped"), "plain", "x"),
    PlanState.SUPERSEDED: (N_("out of date"), "plain", "history"),
}
WHYS: Final[dict[Why, str]] = {
    Why.ASKED: N_("asked for by a dispatcher"),
    Why.EVENING: N_("made in the evening before"),
    Why.CANCELLATION: N_("asked for by a cancellation"),
    Why.ABSENCE: N_("asked for by somebody's absence"),
}
TOLD: Final[dict[PlanState, tuple[str, str]]] = {  # sentence, tone
    PlanState.ASKED: (N_("The plan is being made; that takes up to half a minute. The day stays as it is."), "info"),
    PlanState.PROPOSED: (
        N_("Nothing has changed yet. Every promised time is kept, and nobody loses a visit they have accepted."),
        "info",
    ),
    PlanState.UNCHANGED: (N_("The plan that stands is as good: nobody's day would gain enough to be changed."), "good"),
    PlanState.REJECTED: (
        N_("The plan that was made would break a promise, so it cannot be published. The old one stays."),
        "bad",
    ),
    PlanState.FAILED: (N_("No plan could be made this time. The old one stays; ask again, or plan by hand."), "bad"),
    PlanState.DROPPED: (N_("This plan was dropped. The day stays as it was."), "info"),
    PlanState.SUPERSEDED: (N_("A newer plan was asked for, or the day is over. Nothing was changed."), "info"),
}
FAULTS: Final[dict[str, str]] = {
    "dropped": N_("a promised visit would be dropped"),
    "locked": N_("an accepted visit would go to somebody else"),
    "window": N_("a visit would lie outside of its promised time"),
    "skill": N_("somebody would be sent who cannot do the work"),
    "break": N_("a break would be lost or cut short"),
    "hours": N_("a visit would lie outside of working time"),
    "way": N_("there would be too little time for the way"),
}
KEPT: Final[dict[Kept, str]] = {
    Kept.CHANGED: N_("The day was changed in between, so its old plan stays."),
    Kept.TOO_LATE: N_("A departure was less than an hour away, so the old plan stays."),
    Kept.TAKEN: N_("A visit has found somebody in between, so the old plan stays."),
}
LEFT_OUT: Final[dict[str, str]] = {
    "no_time": N_("Nobody has room for it in its promised time."),
    "no_skill": N_("Nobody who may do it works that day."),
    "to_hand_on": N_("Whoever accepted it does not work that day: hand it on."),
}
FAILED: Final[dict[str, str]] = {
    "crashed": N_("The planner stopped in the middle."),
    "too_long": N_("The planner took too long."),
    "not_understood": N_("The planner's answer could not be understood."),
}
