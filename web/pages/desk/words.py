"""Words for the codes that the desk reads and chooses: what happened to a job, who did it, why it is called off."""

from typing import Final

from booking.jobs.words import Event, Role
from web.sentences.marking import N_

EVENTS: Final[dict[Event, str]] = {
    Event.SAVE_DRAFT: N_("Written down"),
    Event.FORGET_DRAFT: N_("Draft forgotten"),
    Event.SUBMIT: N_("Request sent"),
    Event.HOLD_SLOT: N_("Time set aside"),
    Event.FUND: N_("Paid for or confirmed"),
    Event.PUBLISH: N_("Looking for a specialist"),
    Event.OFFER: N_("Offered to a specialist"),
    Event.SEEN: N_("Offer seen"),
    Event.DECLINE: N_("Offer declined"),
    Event.EXPIRE_OFFER: N_("Offer ran out"),
    Event.ACCEPT: N_("Accepted"),
    Event.ASSIGN: N_("Assigned"),
    Event.REASSIGN: N_("Given to another specialist"),
    Event.RESCHEDULE: N_("Moved to another time"),
    Event.DEPART: N_("Set out"),
    Event.ARRIVE: N_("Arrived"),
    Event.WRONG_CODE: N_("Wrong start code"),
    Event.START: N_("Work began"),
    Event.DELAY: N_("Delay told"),
    Event.RESUME: N_("Going on"),
    Event.PROPOSE_CHANGE: N_("More work proposed"),
    Event.APPROVE_CHANGE: N_("More work approved"),
    Event.REFUSE_CHANGE: N_("More work refused"),
    Event.COMPLETE: N_("Work done"),
    Event.DECLARE_CASH: N_("Cash declared"),
    Event.CONFIRM: N_("Confirmed by the customer"),
    Event.AUTO_ACCEPT: N_("Confirmed by silence"),
    Event.TIP: N_("Tip given"),
    Event.RELEASE: N_("Settled"),
    Event.RELEASE_UNDISPUTED: N_("Settled, but for what is in dispute"),
    Event.CANCEL_BY_CUSTOMER: N_("Called off by the customer"),
    Event.CANCEL_BY_WORKER: N_("Given back by the specialist"),
    Event.CANCEL_BY_OPERATOR: N_("Called off by us"),
    Event.NO_SHOW_CUSTOMER: N_("Nobody opened the door"),
    Event.NO_SHOW_WORKER: N_("The specialist did not come"),
    Event.EXPIRE: N_("Ran out"),
    Event.FAIL: N_("Could not be done"),
    Event.OPEN_CASE: N_("Case opened"),
    Event.DECIDE_CASE: N_("Case decided"),
}
ROLES: Final[dict[Role, str]] = {
    Role.CUSTOMER: N_("the customer"),
    Role.SPECIALIST: N_("the specialist"),
    Role.AGENT: N_("an agent, by phone"),
    Role.DISPATCHER: N_("a dispatcher"),
    Role.MANAGER: N_("a manager"),
    Role.FINANCE: N_("finance"),
    Role.COMPLIANCE: N_("compliance"),
    Role.ADMINISTRATOR: N_("an administrator"),
    Role.VISITOR: N_("a visitor"),
    Role.SYSTEM: N_("by the clock"),
}
CANCELLING: Final[dict[str, str]] = {
    "changed_mind": N_("They have changed their mind"),
    "wrong_time": N_("The time does not suit"),
    "found_other": N_("They have found somebody else"),
    "price": N_("The price"),
    "other": N_("Another reason"),
}
