"""A job as the desk shows it: masked, with its course, its price and what may be done for the customer now."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from litestar import Response
from sqlalchemy.orm import Session

from booking.jobs import cancelling
from booking.jobs import queries as jobs
from booking.jobs.queries import DeskJob, Happened
from booking.jobs.terms import Terms
from booking.jobs.words import Event, Method, State
from booking.plans import proposing
from booking.pricing.cancelling import Split
from marketplace.catalogue import queries as catalogue
from marketplace.catalogue.queries import Service
from marketplace.catalogue.rules import NoPriceBook, UnknownService
from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from marketplace.foundation.ids import PersonId
from marketplace.people import queries as people
from payments.wallets import queries as wallets
from web.home import home
from web.identity import Req
from web.pages.customer import follows
from web.pages.customer.follows import Follows
from web.pages.desk import callers, words
from web.pages.desk.reasons import Seen
from web.pages.desk.script import CODE, aloud
from web.parts import Filled
from web.respond import page

MAY_BE_ASKED = ("job", "complaint")  # the reasons for which a job's page opens name and number


@dataclass(frozen=True)
class View:
    """Everything about one job that an agent may see without a reason."""

    job: DeskJob
    service: Service | None
    area: str
    terms: Terms | None
    method: Method
    course: tuple[Happened, ...]
    split: Split | None
    wallet_suffices: bool
    language: str
    follows: Follows
    may_come_back: bool

    @property
    def waits_for_money(self) -> bool:
        return self.job.job.state is State.REQUESTED and not self.job.job.funded

    @property
    def needs_time(self) -> bool:
        """Whether its price is there and only a time is missing: after a quote, or under warranty."""
        return self.waits_for_money and self.job.job.window is None and self.terms is not None

    @property
    def may_cancel(self) -> bool:
        return self.split is not None and Event.CANCEL_BY_CUSTOMER in self.job.may


def read(session: Session, request: Req, id: UUID, *, now: datetime) -> View:
    """The job, with the customer's price and what calling off costs them now. Refuses JobNotFound."""
    job = jobs.for_desk(session, id, callers.agent(request), now=now)
    terms, split, suffices, language = None, None, False, request.user.language
    if job.customer is not None:
        terms = jobs.for_customer(session, id, job.customer, now=now).terms
        known = people.find_person(session, job.customer)
        language = known.language if known else language
        suffices = terms is not None and _suffices(session, job.customer, terms)
    if terms is not None and job.customer is not None and Event.CANCEL_BY_CUSTOMER in job.may:
        split = cancelling.preview(session, id, job.customer, now=now)
    return View(
        job=job,
        service=_service(session, job, now=now),
        area=catalogue.zone(session, job.zone).name[request.user.language] if job.zone else "",
        terms=terms,
        method=job.job.method,
        course=jobs.timeline(session, id, callers.agent(request)),
        split=split,
        wallet_suffices=suffices,
        language=language,
        follows=follows.of(session, id, now=now),
        may_come_back=proposing.may_come_back(session, job.service, now=now),
    )


def answer(
    request: Req,
    id: UUID,
    *,
    seen: Seen | None = None,
    whose: str = "",
    code: UUID | None = None,
    form: Filled | None = None,
    said: str = "",
    status: int = 200,
) -> Response[str]:
    """The page of a job; `code` is a code that was sent for it."""
    home()
    with transaction() as session:
        view = read(session, request, id, now=clock.now())
    return page(
        request, "pages/desk/job.html", status_code=status, view=view, seen=seen, whose=whose, code=code,
        form=form or Filled(), said=said, events=words.EVENTS, roles=words.ROLES,
        code_aloud=aloud(view.language, CODE) if code else None,
    )  # fmt: skip


def _suffices(session: Session, customer: PersonId, terms: Terms) -> bool:
    due = terms.quote.deposit
    return wallets.balance(session, owner=customer, owner_kind="customer", currency=due.currency).available >= due


def _service(session: Session, job: DeskJob, *, now: datetime) -> Service | None:
    try:
        return catalogue.service(session, job.service, now=now)
    except (UnknownService, NoPriceBook):
        return None
