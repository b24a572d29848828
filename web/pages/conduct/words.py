"""What each number of a draft means."""

from typing import Final

from web.sentences.marking import N_

NUMBERS: Final[dict[str, str]] = {
    "answer_days": N_("Days to answer"),
    "decide_days": N_("Days to decide after that"),
    "appeal_days": N_("Days to appeal"),
    "hear_days": N_("Days to hear an appeal"),
    "times": N_("How many open a proceeding; 0 is not in use"),
    "within_days": N_("Within how many days"),
    "hours_before": N_("Given back less than so many hours before the visit"),
    "pause_days": N_("Days of a pause at most; 0 is none"),
    "fee_minor": N_("A fee at most; empty is none"),
    "may_end": N_("The work together may end"),
}
IN_USE: Final = N_("This rule is in use")
