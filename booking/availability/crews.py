"""When several people can begin together, each from where they are: the same openings, met at one minute. Pure.

A crew begins at one moment inside the window that its customer is promised, so that nobody waits for the others at the
door. Of the moments at which all seats can be filled the earliest is taken, and of the people those whose ways are the
shortest together.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from booking.availability.openings import Outlook, Possible, Question, Span, Ways
from booking.availability.route import Minute
from marketplace.foundation.ids import PersonId
from marketplace.foundation.places import Point

Seats = Sequence[Collection[PersonId]]  # for each seat, the lead's first, everybody who could take it


@dataclass(frozen=True, slots=True)
class Together:
    """A crew that can begin at that minute: one person for each seat, and what it adds to their ways in all."""

    starts: Minute
    people: tuple[PersonId, ...]
    extra: int


@dataclass(frozen=True, slots=True, order=True)
class _Reach:
    """Somebody can be there from `first` to `last`, at so much more way."""

    first: int
    last: int
    extra: int
    order: int
    who: PersonId


def together(
    outlooks: Sequence[Outlook], place: Point, minutes: int, spans: Sequence[Span], *, ways: Ways, seats: Seats
) -> list[Together | None]:
    """For each span the crew that can begin soonest in it; None where no crew can."""
    asked = Question(place, minutes, spans, ways)
    possible: list[Possible] = []
    for outlook in outlooks:
        asked.take(outlook, possible)
    found: list[Together | None] = [None] * len(spans)
    for opens, closes, speed, number in asked.spans:
        reaches = [
            _Reach(first, min(last, closes), max(0, way_there[speed] + more), order, who)
            for _, order, way_there, more, leaves, last, who in possible
            if (first := max(opens, leaves + way_there[speed])) <= min(last, closes)
        ]
        found[number] = _soonest(sorted(reaches), seats)
    return found


def filled(ranked: Sequence[PersonId], seats: Seats) -> tuple[PersonId, ...] | None:
    """Who sits where, when these people are taken in this order and nobody sits twice; None when a seat stays empty.

    Whoever comes later may move an earlier one to another seat, and never puts anybody out: so the first who can are in
    the crew.
    """
    sits: dict[int, PersonId] = {}
    for who in ranked:
        if _seated(who, seats, sits, set()) and len(sits) == len(seats):
            return tuple(sits[number] for number in range(len(seats)))
    return None


def _soonest(reaches: Sequence[_Reach], seats: Seats) -> Together | None:
    for moment in dict.fromkeys(reach.first for reach in reaches):
        there: dict[PersonId, _Reach] = {}
        for reach in reaches:
            if reach.first > moment:
                break
            if reach.last >= moment and (reach.who not in there or reach.extra < there[reach.who].extra):
                there[reach.who] = reach
        crew = _crew(there, seats) if len(there) >= len(seats) else None
        if crew is not None:
            return Together(Minute(moment), crew, sum(there[who].extra for who in crew))
    return None


def _crew(there: Mapping[PersonId, _Reach], seats: Seats) -> tuple[PersonId, ...] | None:
    return filled(sorted(there, key=lambda who: (there[who].extra, there[who].order)), seats)


def _seated(who: PersonId, seats: Seats, sits: dict[int, PersonId], tried: set[int]) -> bool:
    for number, able in enumerate(seats):
        if number in tried or who not in able:
            continue
        tried.add(number)
        if number not in sits or _seated(sits[number], seats, sits, tried):
            sits[number] = who
            return True
    return False
