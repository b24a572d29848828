"""Tickets in words: how urgent, what happened, why it takes longer, why it was called off or cannot be done."""

from typing import Final

from web.sentences.marking import N_

URGENCIES: Final[dict[str, tuple[str, str, str]]] = {  # urgency → tone, icon, word
    "urgent": ("red", "siren", N_("Urgent")),
    "soon": ("brass", "clock-alert", N_("Soon")),
    "normal": ("plain", "clock", N_("Not urgent")),
}
MEANINGS: Final[dict[str, str]] = {  # what each urgency is for
    "urgent": N_("Something is dangerous or gets worse by the hour: water runs, no power, a lift stands still."),
    "soon": N_("It is hard to live with: no hot water, a blocked drain, a door that does not lock."),
    "normal": N_("It can wait its turn."),
}
STEPS: Final[dict[str, str]] = {  # what happened, as resident, team and management read it
    "publish": N_("Reported to the team"),
    "accept": N_("Somebody has taken it"),
    "assign": N_("Given to somebody of the team"),
    "reassign": N_("Given to somebody else of the team"),
    "depart": N_("On the way"),
    "arrive": N_("At the door"),
    "start": N_("Work has begun"),
    "delay": N_("Delayed"),
    "resume": N_("Work goes on"),
    "cancel_by_worker": N_("Given back to the team"),
    "complete": N_("Work is done"),
    "confirm": N_("Confirmed"),
    "auto_accept": N_("Counts as confirmed"),
    "fail": N_("It cannot be done"),
    "cancel_by_customer": N_("Called off"),
    "cancel_by_operator": N_("Called off by the management"),
}
DELAYS: Final[dict[str, str]] = {  # as everybody reads them on a ticket
    "parts": N_("a part is missing"),
    "access": N_("the place cannot be reached"),
    "weather": N_("the weather"),
    "safety": N_("it would not be safe"),
    "overrun": N_("the visit before takes longer"),
    "other": N_("another reason"),
}
CALL_OFF: Final[dict[str, str]] = {
    "changed_mind": N_("I no longer need it"),
    "other": N_("Another reason"),
}
WITHDRAWN: Final[dict[str, str]] = {
    "our_fault": N_("A mistake of the management"),
    "duplicate": N_("It had been reported already"),
    "safety": N_("It is not safe"),
    "other": N_("Another reason"),
}
REASSIGNED: Final[dict[str, str]] = {  # told to the management alone
    "illness": N_("They are ill"),
    "overrun": N_("They have too much to do"),
    "better_fit": N_("Somebody else can do it better"),
    "customer_wish": N_("The resident wishes it"),
    "other": N_("Another reason"),
}
FAILED: Final[dict[str, str]] = {
    "parts": N_("A part cannot be had"),
    "not_repairable": N_("It cannot be repaired"),
    "safety": N_("It is not safe"),
    "other_trade": N_("Another trade is needed first"),
    "other": N_("Another reason"),
}
