"""Who saw my data (D3, O42): every look of somebody else at one's name, number or address, as a sentence."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from litestar import Response, get

from booking.jobs import lists
from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from marketplace.foundation.ids import JobId
from marketplace.privacy import queries
from marketplace.privacy.queries import Disclosure
from marketplace.privacy.words import FIELDS, PURPOSES, ROLES
from web.identity import Req
from web.respond import page

SHOWN = 200
ONE_LOOK = timedelta(minutes=1)  # name, number and address opened together are one sentence


@dataclass(frozen=True)
class Look:
    """One look, with everything that was opened in it; the words are in four languages."""

    role: str
    who: dict[str, str]
    fields: tuple[dict[str, str], ...]
    purpose: dict[str, str]
    channel: str
    at: datetime
    job: JobId | None
    number: str


@get("/account/disclosures", opt={"policy": "own.read"}, sync_to_thread=True)
def show(request: Req) -> Response[str]:
    """Newest first, with the number of the job that it was for."""
    person = request.user.person_id
    with transaction() as session:
        found = queries.disclosures_of(session, person, now=clock.now(), limit=SHOWN)
        numbers = {card.id: card.number for card in lists.of_customer(session, person, limit=500)}
    return page(request, "pages/account/disclosures.html", looks=_looks(found, numbers))


routes = [show]


def _looks(found: list[Disclosure], numbers: dict[JobId, str]) -> list[Look]:
    groups: list[list[Disclosure]] = []
    for each in found:
        if groups and _together(groups[-1][0], each):
            groups[-1].append(each)
        else:
            groups.append([each])
    return [_look(group, numbers) for group in groups]


def _together(one: Disclosure, other: Disclosure) -> bool:
    same = (one.reader_id, one.role, one.purpose, one.job_id, one.channel)
    return same == (other.reader_id, other.role, other.purpose, other.job_id, other.channel) and (
        one.at - other.at <= ONE_LOOK
    )


def _look(group: list[Disclosure], numbers: dict[JobId, str]) -> Look:
    first, opened = group[0], {each.field for each in group}
    return Look(
        role=first.role, who=dict(ROLES[first.role]), purpose=dict(PURPOSES[first.purpose]), channel=first.channel,
        fields=tuple(dict(FIELDS[name]) for name in FIELDS if name in opened), at=first.at, job=first.job_id,
        number=numbers.get(first.job_id, "") if first.job_id else "",
    )  # fmt: skip
