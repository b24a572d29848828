"""What changes people's time: setting aside and keeping it, moving and ending visits, breaks, working hours."""

from booking.availability.actions.holds import consume, extend, hold, lapse, lapse_one
from booking.availability.actions.replans import Proposal, carry_out, propose
from booking.availability.actions.shifts import expand
from booking.availability.actions.visits import block, done, move, release, start

__all__ = [
    "Proposal",
    "block",
    "carry_out",
    "consume",
    "done",
    "expand",
    "extend",
    "hold",
    "lapse",
    "lapse_one",
    "move",
    "propose",
    "release",
    "start",
]
