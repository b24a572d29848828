"""Windows: the times of arrival that can be promised, each feasible at this moment."""

from datetime import date, datetime, timedelta
from typing import Annotated
from uuid import UUID

from litestar import get
from litestar.params import QueryParameter
from sqlalchemy.orm import Session

from booking.availability.rules import SlotTaken
from booking.availability.windows import local_day
from booking.jobs import requests
from booking.jobs.actions import Fired
from booking.jobs.queries import for_customer
from booking.jobs.rules import Actor
from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from marketplace.foundation.ids import PersonId
from marketplace.foundation.periods import Period
from marketplace.organizations.queries import Organization
from web.api.amounts import Amount, Out, maybe_amount
from web.home import home
from web.identity import Req
from web.pages.customer import drafts, windows


class WindowLine(Out, frozen=True, kw_only=True):
    """A window; `window` is what `POST /jobs/{id}/slot` names it by: the local day and a part of it or an hour."""

    window: str
    day: date
    start: datetime
    end: datetime
    price: Amount | None


@get("/api/v1/windows", opt={"policy": "job.own.read"}, tags=["windows"], sync_to_thread=True)
def free(
    request: Req, job: Annotated[UUID, QueryParameter()], day: Annotated[date | None, QueryParameter()] = None
) -> list[WindowLine]:
    """The windows of a day (today, unless told) in which somebody can come for one's own request."""
    return listed(job, request.user.person_id, day)


routes = [free]


def listed(job: UUID, customer: PersonId, day: date | None) -> list[WindowLine]:
    """The windows for a customer's job. Refuses JobNotFound."""
    organization, now = home(), clock.now()
    wanted = day or local_day(now, organization.time_zone)
    with transaction() as session:
        asked = drafts.about(session, for_customer(session, job, customer, now=now), now=now)
        ahead = windows.days_for(session, asked, organization, now=now)
        found = windows.free_on(session, asked, wanted, now=now) if wanted in ahead else []
    return [
        WindowLine(
            window=each.value, day=each.on_day, start=each.period.start, end=each.period.end,
            price=maybe_amount(each.price),
        )
        for each in found
    ]  # fmt: skip


def hold(
    session: Session,
    job: UUID,
    customer: PersonId,
    window: str,
    organization: Organization,
    *,
    actor: Actor,
    command: UUID,
    now: datetime,
) -> Fired:
    """Set one of the offered windows aside. Refuses JobNotFound, SlotTaken, TooManyHolds and what events refuse."""
    asked = drafts.about(session, for_customer(session, job, customer, now=now), now=now)
    free = windows.chosen(session, asked, organization, window, now=now)
    if free is None:
        raise SlotTaken(asked.mine.job.window or Period(now, now + timedelta(hours=1)))
    return requests.hold_slot(session, job, window=free.period, actor=actor, command_id=command, now=now)
