"""A request of a resident as they are told of it: how it stands, who comes, what happened, who looked at it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from booking.jobs.rules import TimeRules
from booking.jobs.words import Event, State
from booking.tickets import queries
from booking.tickets.queries import TicketView
from marketplace.catalogue.rules import Texts
from marketplace.foundation.vault import Erased
from marketplace.organizations import teams
from marketplace.organizations.site_rules import TeamNotFound
from marketplace.privacy import actions as privacy
from marketplace.privacy import queries as disclosures
from marketplace.privacy.actions import Reader
from marketplace.privacy.rules import BudgetSpent, ContactExpired, NothingGiven, NotReleased
from web import ticket_view
from web.home import home
from web.ticket_view import Line, Row

LOOKS_MOST = 1_000
CALLED_OFF = (State.CANCELLED, State.EXPIRED)


@dataclass(frozen=True)
class Seen:
    """One look at a report: "list" or the whole "report", or a field of the resident; by somebody of which role."""

    at: datetime
    what: str
    role: str
    is_taker: bool = False


@dataclass(frozen=True)
class Told:
    """Everything that the page of one ticket shows its resident. `name` is of who comes, while it is theirs to see."""

    view: TicketView
    row: Row
    title: Texts | None
    team: Texts | None
    name: str
    lines: list[Line]
    seen: list[Seen]

    @property
    def may_cancel(self) -> bool:
        return Event.CANCEL_BY_CUSTOMER in self.view.may and not ticket_view.has_begun(self.view)

    @property
    def confirmed_at(self) -> datetime:
        """When silence counts as confirmed. Not to be asked in a transaction."""
        done = max(each.at for each in self.view.steps if each.event is Event.COMPLETE)
        return done + timedelta(hours=TimeRules.of(home().settings).auto_accept_hours)

    @property
    def next(self) -> str:
        """What is said of how it stands: a code that the page has words for."""
        match self.view.state:
            case State.ASSIGNED | State.EN_ROUTE | State.ON_SITE:
                return "taken"
            case State.IN_PROGRESS:
                return "works"
            case State.DELAYED:
                return "delayed"
            case State.COMPLETED:
                return "please_confirm"
            case State.APPROVED | State.CLOSED:
                return "thanks"
            case State.FAILED:
                return "failed"
        return "called_off" if self.view.state in CALLED_OFF else "waiting"


def tell(session: Session, view: TicketView, reader: Reader, *, now: datetime) -> Told:
    """The ticket for its resident, with the name of who comes; the look at that is written down."""
    return Told(
        view=view,
        row=Row(view, now),
        title=ticket_view.titles(session, [view]).get(view.service),
        team=_team(session, view),
        name=_name(session, view, reader, now=now),
        lines=ticket_view.lines(view.steps, view.state),
        seen=_seen(session, view, now=now),
    )


def _seen(session: Session, view: TicketView, *, now: datetime) -> list[Seen]:
    """Every look at the report and at what belongs to it, newest first; the same twice in a minute stands once."""
    found = [
        Seen(each.at, "report" if each.whole else "list", "specialist", each.person == view.taken_by)
        for each in queries.looks(session, view.job)
    ]
    found += [
        Seen(each.at, each.field, each.role, each.reader_id == view.taken_by)
        for each in disclosures.disclosures_of(session, view.resident, now=now, limit=LOOKS_MOST)
        if each.job_id == view.job
    ]
    newest = sorted(found, key=lambda each: each.at, reverse=True)
    alike = {(each.at.replace(second=0, microsecond=0), each.what, each.role, each.is_taker): each for each in newest}
    return list(alike.values())


def _team(session: Session, view: TicketView) -> Texts | None:
    try:
        return teams.team(session, view.team).name if view.team else None
    except TeamNotFound:
        return None


def _name(session: Session, view: TicketView, reader: Reader, *, now: datetime) -> str:
    """Who has taken it, by name, while the ticket lets its resident see it; the look is written down."""
    if view.taken_by is None:
        return ""
    try:
        return privacy.reveal(
            session, subject=view.taken_by, field="name", reader=reader, purpose="provide", job=view.job,
            now=now,
        )  # fmt: skip
    except (NotReleased, ContactExpired, NothingGiven, BudgetSpent, Erased):
        return ""
