"""The board of a compound's tickets for its management: which units wait, since when, for whom and why (T19)."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from litestar import Response, get
from litestar.params import FromPath, FromQuery
from sqlalchemy.orm import Session

from booking.jobs.words import TicketStatus
from booking.tickets import board
from booking.tickets.board import BoardItem
from booking.tickets.queries import TicketView
from marketplace.catalogue import queries as catalogue
from marketplace.catalogue.rules import Texts
from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from marketplace.organizations import teams
from marketplace.organizations.site_rules import TeamNotFound
from marketplace.privacy.actions import Reader
from web import ticket_view
from web import ticket_words as words
from web.identity import Req
from web.pages.admin.people import mark
from web.pages.compounds.shared import reached
from web.respond import page
from web.ticket_view import Row

LATE = "late"
SHOWN = (LATE, *(each.value for each in TicketStatus))


@dataclass(frozen=True)
class Line:
    """A row of the board."""

    row: Row
    trade: str
    state: str  # one of SHOWN but "late"

    @property
    def rank(self) -> tuple[bool, bool, datetime]:
        """Late ones first, what is over last, and what has waited longest before the others."""
        return self.row.is_over, not self.row.is_late, self.row.item.submitted_at


@get("/compounds/{id:uuid}/tickets", opt={"policy": "compounds.read"}, sync_to_thread=True)
def every(request: Req, id: FromPath[UUID], standing: FromQuery[str] = "") -> Response[str]:
    """Every ticket of the compound, late ones first; what is over stays a week. The view is written down, ticket by
    ticket. Refuses CompoundNotFound."""
    now = clock.now()
    with transaction() as session:
        compound = reached(session, request, id, now=now)
        found = board.of_compound(session, compound.id, _reader(request), at=now)
        titles = ticket_view.titles(session, [each.item for each in found])
        trades = _trades(session, now=now)
    lines = sorted((_line(each, now) for each in found), key=lambda line: line.rank)
    counts = Counter(line.state for line in lines) + Counter(LATE for line in lines if line.row.is_late)
    wanted = standing if standing in SHOWN else ""
    shown = [line for line in lines if wanted in ("", line.state) or (wanted == LATE and line.row.is_late)]
    return page(
        request, "pages/compounds/tickets.html", compound=compound, lines=shown, counts=counts, wanted=wanted,
        total=len(lines), titles=titles, trades=trades, words=words, mark=mark,
        only_figures=not request.user.has("administrator"),
    )  # fmt: skip


@get("/compounds/{id:uuid}/tickets/{ticket:uuid}", opt={"policy": "compounds.read"}, sync_to_thread=True)
def one(request: Req, id: FromPath[UUID], ticket: FromPath[UUID]) -> Response[str]:
    """One of them, with its words and steps. The view is written down. Refuses CompoundNotFound, JobNotFound."""
    now = clock.now()
    with transaction() as session:
        compound = reached(session, request, id, now=now)
        view = board.read_by_manager(session, ticket, _reader(request), compound=compound.id, at=now)
        title = ticket_view.titles(session, [view]).get(view.service)
        team = _team(session, view)
        trades = _trades(session, now=now)
    return page(
        request, "pages/compounds/ticket.html", compound=compound, view=view, row=Row(view, now), title=title,
        team=team, trades=trades, lines=ticket_view.lines(view.steps, view.state), words=words, mark=mark,
        only_figures=not request.user.has("administrator"),
    )  # fmt: skip


routes = [every, one]


def _reader(request: Req) -> Reader:
    role = "manager" if request.user.has("manager") else "administrator"
    return Reader(request.user.person_id, role, device=request.user.session)


def _line(each: BoardItem, now: datetime) -> Line:
    return Line(Row(each.item, now), each.trade, each.item.status.value)


def _trades(session: Session, *, now: datetime) -> Mapping[str, Texts]:
    return {each.key: each.title for each in catalogue.categories(session, now=now)}


def _team(session: Session, view: TicketView) -> teams.TeamView | None:
    try:
        return teams.team(session, view.team) if view.team else None
    except TeamNotFound:
        return None
