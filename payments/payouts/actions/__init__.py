"""What can be done with payouts; one file for each noun. Every verb calls the ledger once at most, as its last act."""

from payments.payouts.actions.batches import FactsOf, approve, hand_over, look_again, make_file, prepare, take_out
from payments.payouts.actions.destinations import block, find_sound, set_destination
from payments.payouts.actions.outcomes import (
    OUTCOMES,
    Outcome,
    give_up_waiting,
    record_outcomes,
    returned,
    returned_on_statement,
    seen_on_statement,
)
from payments.payouts.actions.requests import cancel, check, refuse, request, stop

__all__ = [
    "OUTCOMES", "FactsOf", "Outcome", "approve", "block", "cancel", "check", "find_sound", "give_up_waiting",
    "hand_over", "look_again", "make_file", "prepare", "record_outcomes", "refuse", "request", "returned",
    "returned_on_statement", "seen_on_statement", "set_destination", "stop", "take_out",
]  # fmt: skip
