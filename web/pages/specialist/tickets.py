"""A team's queue, one ticket of it, and the looks at its resident's contact. Being in the team is asked every time."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect, ServerSentEvent
from sqlalchemy.orm import Session

from booking.jobs.rules import JobNotFound
from booking.jobs.words import Event, State
from booking.tickets import queries
from booking.tickets.queries import TicketView
from marketplace.catalogue.rules import Texts
from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from marketplace.foundation.errors import Refused
from marketplace.organizations import queries as organizations
from marketplace.organizations import teams
from marketplace.organizations.site_rules import TeamNotFound
from marketplace.organizations.teams import TeamView
from marketplace.privacy import actions as privacy
from marketplace.privacy import queries as windows
from marketplace.privacy.actions import Reader
from marketplace.privacy.queries import OpenWindow
from web import answers, live, ticket_view
from web import ticket_words as words
from web.identity import Req
from web.pages.specialist.cards import Contact
from web.parts import Filled
from web.respond import fragment, page, see_other
from web.ticket_view import Line, Row

QUEUE, TICKET = "pages/specialist/team.html", "pages/specialist/ticket.html"
NEXT = {
    State.OPEN: Event.ACCEPT, State.ASSIGNED: Event.START, State.EN_ROUTE: Event.START, State.ON_SITE: Event.START,
    State.IN_PROGRESS: Event.COMPLETE, State.DELAYED: Event.RESUME,
}  # fmt: skip


@dataclass(frozen=True)
class Told:
    """Everything that a ticket's page shows one of its team, but for the contact, which only a look opens."""

    view: TicketView
    row: Row
    title: Texts | None
    team: TeamView
    lines: list[Line]
    window: OpenWindow | None  # the resident's contact may be looked at now

    @property
    def next(self) -> Event | None:
        """The one act that it waits for from this reader."""
        act = NEXT.get(self.view.state)
        free = self.view.taken_by is None
        return act if self.row.is_mine or (free and act is Event.ACCEPT) else None

    @property
    def has_begun(self) -> bool:
        return ticket_view.has_begun(self.view)

    def may(self, event: str) -> bool:
        """Whether whoever has it can do this now."""
        return self.row.is_mine and Event(event) in self.view.may


@get("/work/teams/{team:uuid}", opt={"policy": "specialist.read"}, sync_to_thread=True)
def show_queue(request: Req, team: FromPath[UUID]) -> Response[str]:
    """What the team has to do, the most urgent first; its live part alone when the page asks for it again.

    The look is written down. Refuses TeamNotFound.
    """
    me, now = request.user.person_id, clock.now()
    with transaction() as session:
        queue = queries.queue(session, me, team=team, at=now)
        facts: dict[str, object] = {"team": teams.team(session, team), "titles": ticket_view.titles(session, queue)}
    rows = [Row(each, now, is_mine=each.taken_by == me) for each in queue]
    if request.headers.get("hx-request") == "true":
        return fragment(request, QUEUE, "live", rows=rows, words=words, **facts)
    return page(request, QUEUE, status_code=200, headers=None, rows=rows, words=words, **facts)


@get("/work/teams/{team:uuid}/events", opt={"policy": "specialist.read", "nocompress": True}, sync_to_thread=True)
def queue_news(request: Req, team: FromPath[UUID]) -> ServerSentEvent:
    """Tells that a ticket of the team has changed. Refuses TeamNotFound."""
    with transaction() as session:
        if team not in organizations.teams_of(session, request.user.person_id, at=clock.now()):
            raise TeamNotFound()
    return live.stream("team", team, reader=request.user.name)


@get("/work/tickets/{ticket:uuid}", opt={"policy": "specialist.read"}, sync_to_thread=True)
def show_ticket(request: Req, ticket: FromPath[UUID]) -> Response[str]:
    """A ticket of one's team. The look is written down. Refuses JobNotFound."""
    return show(request, ticket)


@post("/work/tickets/{ticket:uuid}/looks", opt={"policy": "specialist.write"}, status_code=200, sync_to_thread=True)
def look(request: Req, ticket: FromPath[UUID]) -> Response[str]:
    """Name and number of the resident, for whoever has taken it; each look is written down for them to read."""
    return _look(request, ticket, purpose="provide", channel="page")


@post("/work/tickets/{ticket:uuid}/calls", opt={"policy": "specialist.write"}, status_code=200, sync_to_thread=True)
def call(request: Req, ticket: FromPath[UUID]) -> Response[str]:
    """The number to call."""
    return _look(request, ticket, purpose="contact", channel="call")


@get(
    ["/work/tickets/{ticket:uuid}/looks", "/work/tickets/{ticket:uuid}/calls"],
    opt={"policy": "specialist.read"},
    sync_to_thread=False,
)
def back_to_ticket(ticket: FromPath[UUID]) -> Redirect:
    """A look that is reloaded, or read in another language, is no new look."""
    return see_other(f"/work/tickets/{ticket}")


routes = [show_queue, queue_news, show_ticket, look, call, back_to_ticket]


def show(
    request: Req,
    ticket: UUID,
    *,
    template: str = "ticket",
    refusal: Refused | None = None,
    form: Filled | None = None,
    status: int = 200,
    more: Mapping[str, Any] | None = None,
) -> Response[str]:
    """A page about one ticket; what was refused stands on top. Refuses JobNotFound."""
    now = clock.now()
    with transaction() as session:
        told = tell(session, ticket, request, now=now)
    said = answers.answer(refusal, request) if refusal else None
    return page(
        request, f"pages/specialist/{template}.html", status_code=said.status if said else status, headers=None,
        told=told, said=said.sentence if said else "", form=form or Filled(), contact=None, words=words,
        **(more or {}),
    )  # fmt: skip


def tell(session: Session, ticket: UUID, request: Req, *, now: datetime) -> Told:
    """The ticket for one of its team; the look is written down. Refuses JobNotFound."""
    me = request.user.person_id
    view = queries.read_by_team(session, ticket, me, at=now)
    if view.team is None:
        raise JobNotFound()
    open_ones = windows.open_windows(session, reader=me, now=now, job=view.job)
    return Told(
        view=view,
        row=Row(view, now, is_mine=view.taken_by == me),
        title=ticket_view.titles(session, [view]).get(view.service),
        team=teams.team(session, view.team),
        lines=ticket_view.lines(view.steps, view.state),
        window=next((each for each in open_ones if each.subject_id == view.resident), None),
    )


def _look(request: Req, ticket: UUID, *, purpose: str, channel: str) -> Response[str]:
    now, reader = clock.now(), Reader(request.user.person_id, "specialist", device=request.user.session)
    try:
        with transaction() as session:
            told = tell(session, ticket, request, now=now)
            found = privacy.reveal_card(
                session, subject=told.view.resident, fields=("name", "phone"), reader=reader, purpose=purpose, now=now,
                job=told.view.job, channel=channel,
            )  # fmt: skip
    except JobNotFound:
        raise
    except Refused as refusal:
        return show(request, ticket, refusal=refusal)
    contact = Contact(found.get("name", ""), found.get("phone", ""), "")
    return page(request, TICKET, status_code=200, told=told, said="", contact=contact, words=words)
