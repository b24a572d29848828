"""A top-up on its way: back from the bank, the checking page, another try.

The page says received, nothing taken, or that we are checking; never "failed" while nobody knows.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath
from sqlalchemy.orm import Session

from booking.jobs.queries import CustomerJob, for_customer
from booking.jobs.rules import JobNotFound
from booking.jobs.words import State as JobState
from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from marketplace.foundation.ids import PersonId, TopUpId
from payments.gateways import directory
from payments.gateways.rules import GatewayNotOffered
from payments.topups import actions, queries
from payments.topups.queries import TopUpView
from payments.topups.rules import CREDITED, State
from payments.wallets import queries as wallets
from web import answers
from web.forms import FormBody
from web.forms.fields import Fields
from web.home import home
from web.identity import Req
from web.paying import RETURN_PATH, came_back, open_page
from web.respond import page, see_other

RETURNS = RETURN_PATH.replace("{attempt}", "{attempt:uuid}")
SURE = frozenset({"failed", "cancelled", "expired"})  # what a gateway says when nothing was taken


@dataclass(frozen=True)
class Checked:
    """How a top-up stands, in the words of the checking page, and the visit that waits for it."""

    top_up: TopUpView
    state: Literal["received", "nothing", "asking", "person", "given_back"]
    visit: Literal["none", "booked", "waiting", "time_gone", "short", "over"]
    job: CustomerJob | None

    @property
    def keep_until(self) -> datetime | None:
        """Until when the visit's time is kept."""
        return self.job.slot_until if self.job is not None and self.job.job.slot_held else None


@get(RETURNS, opt={"policy": "wallet.own.read"}, sync_to_thread=True)
def come_back(attempt: FromPath[UUID]) -> Response[None]:
    """Back from the bank. Whatever its address says is a reason to ask the bank, and no more."""
    return see_other(f"/wallet/top-ups/{came_back(attempt)}")


@post(RETURNS, opt={"policy": "gateway.notice", "no_identity": True}, sync_to_thread=True)
def come_back_by_post(attempt: FromPath[UUID]) -> Response[None]:
    """As `come_back`, from banks that send a form: another site's form brings no cookie, and none may be set anew."""
    return see_other(f"/wallet/top-ups/{came_back(attempt)}")


@get("/wallet/top-ups/{id:uuid}", opt={"policy": "wallet.own.read"}, sync_to_thread=True)
def look(request: Req, id: FromPath[UUID]) -> Response[str]:
    """How it stands: both numbers of each try, and the visit that waits for the money."""
    return _page(request, id)


@post("/wallet/top-ups/{id:uuid}/attempts", opt={"policy": "wallet.own.write"}, sync_to_thread=True)
def try_again(request: Req, id: FromPath[UUID], data: FormBody) -> Response[str] | Response[None]:
    """To the bank once more; the earlier try is still asked about."""
    here, fields = home(), Fields(data, request.user.language)
    gateway = fields.choice("gateway", directory.offered(here.currency))
    if fields.errors:
        return _page(request, id, said=answers.beside(fields.errors, request)["gateway"], status=422)
    try:
        with transaction() as session:
            started = actions.try_again(
                session, TopUpId(id), owner=request.user.person_id, gateway=gateway, now=clock.now()
            )
    except GatewayNotOffered as refusal:
        said = answers.answer(refusal, request)
        return _page(request, id, said=said.sentence, status=said.status)
    label = here.name[request.user.language]
    opened = open_page(started, request.app.state.settings, gateway=gateway, label=label)
    return see_other(opened.go.url if opened.go else f"/wallet/top-ups/{id}")


@get("/wallet/top-ups/{id:uuid}/attempts", opt={"policy": "wallet.own.read"}, sync_to_thread=False)
def back_to_the_page(id: FromPath[UUID]) -> Response[None]:
    """The answer to the form, reloaded or read in another language."""
    return see_other(f"/wallet/top-ups/{id}")


routes = [back_to_the_page, come_back, come_back_by_post, look, try_again]


def _page(request: Req, id: UUID, *, said: str = "", status: int = 200) -> Response[str]:
    here, person = home(), request.user.person_id
    with transaction() as session:
        checked = _check(session, id, person, now=clock.now())
    return page(
        request, "pages/customer/top_up.html", status_code=status, checked=checked, said=said,
        gateways=directory.offered(here.currency),
    )  # fmt: skip


def _check(session: Session, id: UUID, person: PersonId, *, now: datetime) -> Checked:
    top_up = queries.top_up(session, TopUpId(id), owner=person)
    job = _waiting_job(session, top_up, person, now=now)
    state = _state(session, top_up)
    return Checked(top_up, state, _visit(session, job, state, person), job)


def _state(session: Session, top_up: TopUpView) -> Literal["received", "nothing", "asking", "person", "given_back"]:
    if top_up.state in (State.REFUNDED, State.REVERSED):
        return "given_back"
    if top_up.state in CREDITED:
        return "received"
    if top_up.state is State.MISMATCH:
        return "person"
    if top_up.being_checked:
        return "asking"
    return "nothing" if all(_is_sure(session, each) for each in top_up.attempts) else "person"


def _is_sure(session: Session, attempt: queries.AttemptView) -> bool:
    """Whether the bank itself has said that nothing was taken, rather than never having answered."""
    said = [each.outcome for each in queries.history(session, attempt.id) if each.outcome is not None]
    return bool(said) and said[-1] in SURE


def _waiting_job(session: Session, top_up: TopUpView, person: PersonId, *, now: datetime) -> CustomerJob | None:
    if top_up.subject is None:
        return None
    try:
        return for_customer(session, top_up.subject, person, now=now)
    except JobNotFound:
        return None


def _visit(
    session: Session, job: CustomerJob | None, state: str, person: PersonId
) -> Literal["none", "booked", "waiting", "time_gone", "short", "over"]:
    """What has become of the visit that the money is for."""
    if job is None or job.terms is None:
        return "none"
    if job.job.funded:
        return "booked"
    if job.job.state is not JobState.REQUESTED:
        return "over"
    if not job.job.slot_held:
        return "time_gone"
    due = job.terms.quote.deposit
    available = wallets.balance(session, owner=person, owner_kind="customer", currency=due.currency).available
    return "short" if state == "received" and available < due else "waiting"
