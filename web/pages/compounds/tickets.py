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
from marketplace.foundation.errors import Refused
from marketplace.organizations import teams
from marketplace.organizations.site_rules import TeamNotFound
from marketplace.privacy.actions import Reader
from web import answers, ticket_view
from web import ticket_words as words
from web.identity import Req
from web.pages.admin.people import mark
from web.pages.compounds.shared import NOT_LOOKED, look_at, may_look, reached
from web.parts import Filled
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
    return show(request, id, ticket)


routes = [every, one]


def show(
    request: Req,
    id: UUID,
    ticket: UUID,
    *,
    template: str = "ticket",
    refusal: Refused | None = None,
    form: Filled | None = None,
    looking: bool = False,
) -> Response[str]:
    """A page about one of them; what was refused stands on top. With `looking` its team stands there by name.

    The view is written down, and each name looked at. Refuses CompoundNotFound, JobNotFound.
    """
    now, form = clock.now(), form or Filled()
    with transaction() as session:
        compound = reached(session, request, id, now=now)
        view = board.read_by_manager(session, ticket, _reader(request), compound=compound.id, at=now)
        title = ticket_view.titles(session, [view]).get(view.service)
        team = _team(session, view)
        inside = [each.person for each in teams.members(session, team.id, at=now)] if team else []
        people = list(dict.fromkeys([*inside, *([view.taken_by] if view.taken_by else [])]))
        looked = look_at(session, request, people, now=now) if looking and may_look(request) else NOT_LOOKED
        trades = _trades(session, now=now)
    said = answers.answer(refusal, request) if refusal else None
    status = said.status if said else 422 if form.errors else 200
    return page(
        request, f"pages/compounds/{template}.html", compound=compound, view=view, row=Row(view, now), title=title,
        team=team, trades=trades, lines=ticket_view.lines(view.steps, view.state, managing=True), words=words,
        mark=mark, form=form,
        members=[each for each in inside if each != view.taken_by], looked=looked, said=said.sentence if said else "",
        may_look=may_look(request) and bool(people) and not looking, may={each.value for each in view.may},
        spent=looked.spent and answers.answer(looked.spent, request).sentence,
        only_figures=not request.user.has("administrator"), status_code=status,
    )  # fmt: skip


def _reader(request: Req) -> Reader:
    role = "manager" if may_look(request) else "administrator"
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
