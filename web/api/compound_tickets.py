"""What the management of a compound does with its tickets: gives one to somebody of the team, calls one off."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

import msgspec
from litestar import Response, post
from litestar.params import FromPath, JSONBody
from sqlalchemy.orm import Session

from booking.jobs.actions import Fired
from booking.jobs.rules import Actor
from booking.jobs.words import Role
from booking.tickets import actions
from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from marketplace.foundation.ids import PersonId
from marketplace.organizations import sites
from web.api.amounts import In, Moved, Words
from web.api.commands import moved, told
from web.identity import Req
from web.once import command_id, once

WRITE = {"policy": "compounds.write"}
TICKET = "/api/v1/compounds/{compound:uuid}/tickets/{ticket:uuid}"


class TicketAssignment(In, frozen=True, kw_only=True):
    """To whom of the team. `reason` when it is taken from somebody who has it and has not set out: "illness",
    "overrun", "better_fit", "customer_wish" or "other". With `version`, only if nothing has happened since."""

    to: UUID
    reason: Words | None = None
    version: int | None = None


class TicketWithdrawal(In, frozen=True, kw_only=True):
    """Why: "our_fault", "duplicate", "safety" or "other". With `version`, only if nothing has happened since."""

    reason: Words
    version: int | None = None


@post(f"{TICKET}/assignment", opt=WRITE, status_code=200, tags=["compounds"], sync_to_thread=True)
def assign(
    request: Req, compound: FromPath[UUID], ticket: FromPath[UUID], data: JSONBody[TicketAssignment]
) -> Response[Moved]:
    """Give it to one of its team, who is told.

    Refuses CompoundNotFound, JobNotFound, SeatTaken, StaleVersion, ReasonNeeded, NotOfTheTeam, CandidateNeeded,
    NobodyOnDuty, IllegalTransition.
    """
    to, actor = PersonId(data.to), _actor(request)
    return _act(
        request, compound, data,
        lambda session, command, now: actions.assign(
            session, ticket, to=to, compound=compound, actor=actor, command_id=command, now=now, reason=data.reason,
            seen=data.version,
        ),
    )  # fmt: skip


@post(f"{TICKET}/cancellation", opt=WRITE, status_code=200, tags=["compounds"], sync_to_thread=True)
def call_off(
    request: Req, compound: FromPath[UUID], ticket: FromPath[UUID], data: JSONBody[TicketWithdrawal]
) -> Response[Moved]:
    """Call it off; its resident is told why. Refuses CompoundNotFound, JobNotFound, StaleVersion, ReasonNeeded,
    IllegalTransition."""
    actor = _actor(request)
    return _act(
        request, compound, data,
        lambda session, command, now: actions.withdraw(
            session, ticket, compound=compound, actor=actor, reason=data.reason, command_id=command, now=now,
            seen=data.version,
        ),
    )  # fmt: skip


routes = [assign, call_off]


def _act(
    request: Req, compound: UUID, data: msgspec.Struct, work: Callable[[Session, UUID, datetime], Fired]
) -> Response[Moved]:
    """One act of the management, once. Whoever manages it no more is refused, also what they once did."""
    now = clock.now()
    command_id(request)
    with transaction() as session:
        sites.compound(session, compound, manager=request.user.person_id, at=now)
        kept = once(session, request, data, lambda command: moved(work(session, command, now)))
    return told(kept, Moved)


def _actor(request: Req) -> Actor:
    return Actor(Role.MANAGER, request.user.person_id)
