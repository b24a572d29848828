"""Tickets as pages tell them: which are late, the steps in words with their moments, and who looked."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy.orm import Session

from booking.jobs.queries import Happened
from booking.jobs.words import ENDS, Event, State
from booking.tickets.queries import QueueItem, TicketView
from marketplace.catalogue import queries as catalogue
from marketplace.catalogue.rules import Texts
from web import ticket_words as words

FINISHED = frozenset({State.COMPLETED, State.APPROVED, *ENDS})
TAKEN = frozenset({Event.ACCEPT, Event.ASSIGN, Event.REASSIGN, Event.CANCEL_BY_WORKER})  # from here it begins anew
UNSAID = frozenset({Event.SUBMIT, Event.RELEASE})  # the team has what was reported at once; closing is the clock's


@dataclass(frozen=True)
class Row:
    """A ticket in a list: what it is, and how it stands against its time."""

    item: QueueItem | TicketView
    now: datetime
    is_mine: bool = False
    who: str = ""  # who has taken it, where the reader may know

    @property
    def is_over(self) -> bool:
        return self.item.state in FINISHED

    @property
    def is_late(self) -> bool:
        return not self.is_over and (self.item.delayed_until or self.item.due_at) < self.now


@dataclass(frozen=True)
class Line:
    """One step of a ticket: what happened in words, when, and why where somebody gave a reason."""

    text: str
    look: Literal["done", "now", "missed"]
    at: datetime
    reason: str


def lines(steps: Sequence[Happened], state: State, *, managing: bool = False) -> list[Line]:
    """What happened, oldest first; the same for resident, team and management (promises.md T3), but that the management
    alone reads why it took a ticket from somebody."""
    told = [each for each in steps if each.event in words.STEPS and each.event not in UNSAID]
    found = []
    for each in told:
        look: Literal["done", "now", "missed"] = "done"
        if each is told[-1] and state not in FINISHED:
            look = "now"
        elif each is told[-1] and state in (State.CANCELLED, State.FAILED, State.EXPIRED):
            look = "missed"
        found.append(Line(words.STEPS[each.event], look, each.at, _reason(each, managing=managing)))
    return found


def has_begun(view: TicketView) -> bool:
    """Whether whoever has it has begun the work: then it is given back and called off no more."""
    moves = [each.event for each in view.steps if each.event in (Event.START, *TAKEN)]
    return bool(moves) and moves[-1] is Event.START


def titles(session: Session, items: Iterable[QueueItem | TicketView]) -> dict[UUID, Texts]:
    """What the services of these tickets are called; one that is offered no more has no title."""
    return catalogue.titles(session, {each.service for each in items})


def _reason(step: Happened, *, managing: bool) -> str:
    """Why, in words; why somebody gave a ticket back is theirs to tell."""
    said = {
        Event.DELAY: words.DELAYS,
        Event.CANCEL_BY_CUSTOMER: words.CALL_OFF,
        Event.CANCEL_BY_OPERATOR: words.WITHDRAWN,
        Event.FAIL: words.FAILED,
        Event.REASSIGN: words.REASSIGNED if managing else {},
    }.get(step.event, {})
    return said.get(step.reason or "", "")
