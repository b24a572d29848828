"""Who saw my data (D3, O42): every look of somebody else at one's name, number or address, as a sentence."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from litestar import Response, get
from sqlalchemy.orm import Session

from booking.jobs import lists
from booking.tickets import queries as tickets
from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from marketplace.foundation.ids import JobId, PersonId
from marketplace.foundation.vault import Erased
from marketplace.privacy import actions as privacy
from marketplace.privacy import queries
from marketplace.privacy.actions import Reader
from marketplace.privacy.queries import Disclosure
from marketplace.privacy.rules import BudgetSpent, ContactExpired, NothingGiven, NotReleased
from marketplace.privacy.words import FIELDS, PURPOSES, ROLES
from web.identity import Req
from web.respond import page

Names = dict[tuple[PersonId, JobId | None], str]
Numbers = dict[JobId, tuple[str, str]]  # a job's number, and the address of its page
SHOWN = 200
ONE_LOOK = timedelta(minutes=1)  # name, number and address opened together are one sentence


@dataclass(frozen=True)
class Look:
    """One look, with everything that was opened in it; the words are in four languages.

    `name`: of the other person of a job, while the job lets one know it; whoever works for the house stands by role.
    """

    role: str
    who: dict[str, str]
    fields: tuple[dict[str, str], ...]
    purpose: dict[str, str]
    channel: str
    at: datetime
    job: JobId | None
    number: str
    page: str
    name: str | None


@get("/account/disclosures", opt={"policy": "own.read"}, sync_to_thread=True)
def show(request: Req) -> Response[str]:
    """Newest first, with the number of the job that it was for."""
    person, now = request.user.person_id, clock.now()
    reader = Reader(person, "specialist" if request.user.has("specialist") else "customer", request.user.session)
    with transaction() as session:
        found = queries.disclosures_of(session, person, now=now, limit=SHOWN)
        numbers = {
            each.id: (each.number, f"/jobs/{each.id}") for each in lists.of_customer(session, person, limit=500)
        } | {each.job: (each.number, f"/tickets/{each.job}") for each in tickets.mine(session, person, limit=500)}
        names = _names(session, found, reader, now=now)
    return page(request, "pages/account/disclosures.html", looks=_looks(found, numbers, names))


routes = [show]


def _names(session: Session, found: list[Disclosure], reader: Reader, *, now: datetime) -> Names:
    """The names of the other side of running jobs, each by a look that is written down in its turn."""
    looked = {(each.reader_id, each.job_id) for each in found}
    names: Names = {}
    for window in queries.open_windows(session, reader=reader.person_id, now=now):
        if (window.subject_id, window.job_id) not in looked or "name" not in window.fields:
            continue
        try:
            names[window.subject_id, window.job_id] = privacy.reveal(
                session, subject=window.subject_id, field="name", reader=reader, purpose="provide", job=window.job_id,
                now=now,
            )  # fmt: skip
        except (NotReleased, ContactExpired, NothingGiven, BudgetSpent, Erased):
            continue
    return names


def _looks(found: list[Disclosure], numbers: Numbers, names: Names) -> list[Look]:
    groups: list[list[Disclosure]] = []
    for each in found:
        if groups and _together(groups[-1][0], each):
            groups[-1].append(each)
        else:
            groups.append([each])
    return [_look(group, numbers, names) for group in groups]


def _together(one: Disclosure, other: Disclosure) -> bool:
    same = (one.reader_id, one.role, one.purpose, one.channel)
    if same != (other.reader_id, other.role, other.purpose, other.channel):
        return False
    if one.job_id == other.job_id:
        return one.at - other.at <= ONE_LOOK
    return one.at == other.at  # a list that showed several of one's requests


def _look(group: list[Disclosure], numbers: Numbers, names: Names) -> Look:
    first, opened = group[0], {each.field for each in group}
    number, at = numbers.get(first.job_id, ("", "")) if first.job_id else ("", "")
    return Look(
        role=first.role, who=dict(ROLES[first.role]), purpose=dict(PURPOSES[first.purpose]), channel=first.channel,
        fields=tuple(dict(FIELDS[name]) for name in FIELDS if name in opened), at=first.at, job=first.job_id,
        number=number, page=at, name=names.get((first.reader_id, first.job_id)),
    )  # fmt: skip
