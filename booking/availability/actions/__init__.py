"""What changes people's time: setting aside and keeping it, moving and ending visits, breaks, working hours."""

from booking.availability.actions.crews import (
    at_once,
    consume_crew,
    extend_crew,
    hold_crew,
    move_crew,
    release_crew,
)
from booking.availability.actions.holds import consume, extend, hold, lapse, lapse_one
from booking.availability.actions.replans import Proposal, carry_out, propose
from booking.availability.actions.shifts import expand
from booking.availability.actions.visits import block, done, move, release, start

__all__ = [
    "Proposal",
    "at_once",
    "block",
    "carry_out",
    "consume",
    "consume_crew",
    "done",
    "expand",
    "extend",
    "extend_crew",
    "hold",
    "hold_crew",
    "lapse",
    "lapse_one",
    "move",
    "move_crew",
    "propose",
    "release",
    "release_crew",
    "start",
]
