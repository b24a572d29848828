"""Offers: what may be taken, what it pays, and the two answers; no name, phone or address stands here."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect
from sqlalchemy.orm import Session

from booking.dispatch import actions as dispatch
from booking.dispatch import bid_queries, queries
from booking.dispatch.queries import OfferView
from booking.dispatch.rules import OfferGone, OfferNotFound
from booking.jobs.words import REASONS, Event
from marketplace.catalogue import queries as catalogue
from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from marketplace.foundation.errors import Refused
from marketplace.foundation.ids import OrganizationId
from payments.wallets import queries as wallets
from web import answers, once
from web.forms import FormBody
from web.forms.fields import Fields
from web.home import home
from web.identity import Req
from web.pages.specialist import words
from web.pages.specialist.names import Names, Told, read_names, told
from web.parts import Filled
from web.respond import fragment, page, see_other


@dataclass(frozen=True)
class Shown:
    """An offer as its page shows it."""

    offer: OfferView
    names: Names
    work: tuple[Told, ...]
    open: bool
    needs: str  # what the seat asks for beside the trade


@get("/work/offers", opt={"policy": "specialist.read"}, sync_to_thread=True)
def open_offers(request: Req) -> Response[str]:
    """Everything that can be answered now, the soonest to end first; the part that changes is asked for again."""
    organization, now = home().id, clock.now()
    with transaction() as session:
        offers = queries.offers_of(session, request.user.person_id, now=now)
        past = queries.past_offers(session, request.user.person_id, now=now, limit=5)
        names = read_names(session, organization, now=now)
        debt = wallets.debt(session, owner=request.user.person_id, owner_kind="specialist", currency=home().currency)
        waiting = bid_queries.waiting_for(session, request.user.person_id)
    facts = {"open_offers": len(offers), "offers": offers, "past": past, "names": names, "over": words.over}
    facts |= {"debt": debt, "rounds_waiting": waiting}
    if request.headers.get("hx-request") == "true":
        return fragment(request, "pages/specialist/offers.html", "live", **facts)
    return page(request, "pages/specialist/offers.html", status_code=200, headers=None, **facts)


@get("/work/offers/{offer_id:uuid}", opt={"policy": "specialist.read"}, sync_to_thread=True)
def show_offer(request: Req, offer_id: FromPath[UUID]) -> Response[str]:
    """One offer of one's own: to be answered, or why it is over."""
    return _offer_page(request, offer_id)


@post("/work/offers/{offer_id:uuid}/sight", opt={"policy": "specialist.write"}, status_code=204, sync_to_thread=True)
def see(request: Req, offer_id: FromPath[UUID]) -> None:
    """The offer is on a screen: sent by the page itself, so that looking at an address changes nothing."""
    with transaction() as session:
        dispatch.see(session, offer_id, specialist=request.user.person_id, now=clock.now())


@post("/work/offers/{offer_id:uuid}/acceptance", opt={"policy": "specialist.write"}, sync_to_thread=True)
def accept(request: Req, offer_id: FromPath[UUID], data: FormBody) -> Response[str] | Redirect:
    """Take the job. Whoever has won is led to the job as often as they ask; others read why not, never who."""
    command = once.command_id(request, data)
    try:
        with transaction() as session:
            answered = dispatch.accept(
                session, offer_id, specialist=request.user.person_id, command_id=command, now=clock.now()
            )
        if answered.refusal is not None:
            raise answered.refusal
    except OfferNotFound:
        raise
    except Refused as refusal:
        return _offer_page(request, offer_id, refusal=refusal)
    return see_other(f"/work/jobs/{answered.job_id}")


@post("/work/offers/{offer_id:uuid}/refusal", opt={"policy": "specialist.write"}, sync_to_thread=True)
def decline(request: Req, offer_id: FromPath[UUID], data: FormBody) -> Response[str] | Redirect:
    """Say no in one tap; a reason is welcome and not demanded."""
    command = once.command_id(request, data)
    fields = Fields(data, request.user.language)
    reason = fields.choice("reason", REASONS[Event.DECLINE], required=False)
    if fields.errors:
        form = Filled({"reason": fields.raw("reason")}, answers.beside(fields.errors, request))
        return _offer_page(request, offer_id, form=form)
    try:
        with transaction() as session:
            dispatch.decline(
                session, offer_id, specialist=request.user.person_id, command_id=command, now=clock.now(),
                reason=reason or None,
            )  # fmt: skip
    except OfferNotFound:
        raise
    except Refused as refusal:
        return _offer_page(request, offer_id, refusal=refusal)
    return see_other("/work/offers")


@get(
    ["/work/offers/{offer_id:uuid}/acceptance", "/work/offers/{offer_id:uuid}/refusal"],
    opt={"policy": "specialist.read"},
    sync_to_thread=False,
)
def back_to_offer(offer_id: FromPath[UUID]) -> Redirect:
    """Whoever reloads the answer to a form, or changes its language, is led back to the offer."""
    return see_other(f"/work/offers/{offer_id}")


def _offer_page(
    request: Req, offer_id: UUID, *, refusal: Refused | None = None, form: Filled | None = None
) -> Response[str]:
    now, organization = clock.now(), home().id
    with transaction() as session:
        shown = _read(session, request, organization, offer_id, now=now)
    state, reason, said = shown.offer.state.value, shown.offer.reason_code, None
    if isinstance(refusal, OfferGone):  # told by the offer's own end, in its place on the page
        shown, state, reason = replace(shown, open=False), refusal.state, refusal.reason
    elif refusal is not None and shown.open:
        said = answers.answer(refusal, request)
    status = 422 if form else 200 if refusal is None else answers.answer(refusal, request).status
    return page(
        request,
        "pages/specialist/offer.html",
        status_code=status,
        offer=shown.offer,
        names=shown.names,
        work=shown.work,
        open=shown.open,
        needs=shown.needs,
        said=said,
        late=refusal is not None,
        form=form or Filled(),
        reasons=words.choices(request, words.REASONS[Event.DECLINE]),
        length=timedelta(minutes=shown.offer.job.minutes),
        left=max(0, int((shown.offer.expires_at - now).total_seconds())),
        why=words.over(state, reason),
        mode=words.MODES.get(shown.offer.mode, ""),
        terms=[words.term(each.term, each.hundredths) for each in shown.offer.reasons],
    )


def _read(session: Session, request: Req, organization: OrganizationId, offer_id: UUID, *, now: datetime) -> Shown:
    offer = queries.offer(session, offer_id, request.user.person_id)
    names = read_names(session, organization, now=now)
    asked = catalogue.questions(session, offer.job.service)
    seat = next((each for each in offer.crew.seats if each.seat == offer.seat), None) if offer.crew else None
    titles = catalogue.skills(session) if seat is not None and seat.needs else {}
    language = request.user.language
    needs = ", ".join(titles[each].title[language] for each in seat.needs if each in titles) if seat else ""
    return Shown(offer, names, told(asked, offer.job.work), offer.is_open(now), needs)


routes = [open_offers, show_offer, see, accept, decline, back_to_offer]
