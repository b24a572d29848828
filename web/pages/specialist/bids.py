"""Rounds of bids: what may be bid for, by which rule it is decided, one's own bid, and how it ended and why."""

from datetime import timedelta
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from booking.dispatch import bid_queries, bidding
from booking.dispatch.bid_rules import NOTE_LONGEST, RoundNotFound
from marketplace.catalogue import queries as catalogue
from marketplace.foundation import clock
from marketplace.foundation.database import moment, transaction
from marketplace.foundation.errors import Refused
from marketplace.foundation.ids import uuid7
from marketplace.foundation.money import Money
from web import answers, bid_words, once
from web.forms import FormBody
from web.forms.fields import Fields
from web.home import home
from web.identity import Req
from web.pages.specialist.names import read_names, told
from web.parts import Filled
from web.respond import page, see_other


@get("/work/bids", opt={"policy": "specialist.read"}, sync_to_thread=True)
def listed(request: Req) -> Response[str]:
    """Every round that one may bid in, or could have: those that wait for a bid first."""
    now = clock.now()
    with transaction() as session:
        rounds = bid_queries.for_bidder(session, request.user.person_id)
        names = read_names(session, home().id, now=now)
    return page(
        request, "pages/specialist/bids.html", rounds=rounds, names=names, at=now, states=bid_words.ROUNDS,
        own=bid_words.BIDS,
    )  # fmt: skip


@get("/work/bids/{round:uuid}", opt={"policy": "specialist.read"}, sync_to_thread=True)
def one(request: Req, round: FromPath[UUID]) -> Response[str]:
    """One round: the work, the rule, one's bid; when it is over, the rank and what counted."""
    return _page(request, round)


@post("/work/bids/{round:uuid}/bid", opt={"policy": "specialist.write"}, sync_to_thread=True)
def bid(request: Req, round: FromPath[UUID], data: FormBody) -> Response[str] | Redirect:
    """Bid, or change one's bid. What counts is when it reaches us."""
    fields = Fields(data, request.user.language)
    amount = fields.money("amount", home().currency)
    note = fields.text("note", longest=NOTE_LONGEST, required=False)
    if fields.errors:
        return _page(request, round, form=Filled(data, answers.beside(fields.errors, request)))
    try:
        with transaction() as session:
            now = moment(session)
            once.form_once(
                session, request, data,
                lambda: bidding.bid(
                    session, round, amount, specialist=request.user.person_id, command_id=uuid7(), now=now, note=note
                ).bid_id,
            )  # fmt: skip
    except RoundNotFound:
        raise
    except Refused as refusal:
        return _page(request, round, form=_beside(request, fields, refusal), refusal=refusal)
    return see_other(f"/work/bids/{round}")


@post("/work/bids/{round:uuid}/withdrawal", opt={"policy": "specialist.write"}, sync_to_thread=True)
def withdraw(request: Req, round: FromPath[UUID], data: FormBody) -> Response[str] | Redirect:
    """Take one's bid back; that is its end."""
    command = once.command_id(request, data)
    try:
        with transaction() as session:
            bidding.withdraw(session, round, specialist=request.user.person_id, command_id=command, now=moment(session))
    except RoundNotFound:
        raise
    except Refused as refusal:
        return _page(request, round, refusal=refusal)
    return see_other(f"/work/bids/{round}")


@get(
    ["/work/bids/{round:uuid}/bid", "/work/bids/{round:uuid}/withdrawal"],
    opt={"policy": "specialist.read"},
    sync_to_thread=False,
)
def back(round: FromPath[UUID]) -> Redirect:
    """Whoever reloads the answer to a form, or changes its language, is led back to the round."""
    return see_other(f"/work/bids/{round}")


def _beside(request: Req, fields: Fields, refusal: Refused) -> Filled:
    fields.refuse("amount", refusal)
    typed = {name: fields.raw(name) for name in ("amount", "note")}
    return Filled(typed, answers.beside(fields.errors, request))


def _page(request: Req, round: UUID, *, form: Filled | None = None, refusal: Refused | None = None) -> Response[str]:
    now, here = clock.now(), home()
    with transaction() as session:
        found = bid_queries.one_for_bidder(session, round, request.user.person_id)
        names = read_names(session, here.id, now=now)
        asked = catalogue.questions(session, found.service)
    said = None if refusal is None else answers.answer(refusal, request)
    status = said.status if said else 422 if form else 200
    terms = found.mine.terms if found.mine else ()
    return page(
        request,
        "pages/specialist/bid.html",
        status_code=status,
        round=found,
        names=names,
        work=told(asked, found.work),
        length=timedelta(minutes=found.minutes),
        open=found.may_bid(now),
        # An amount is refused beside its field; where there is no field any more, above everything.
        said=said if said and not found.may_bid(now) else None,
        form=form or Filled(),
        currency=here.currency,
        amount_of=Money,
        longest=NOTE_LONGEST,
        states=bid_words.ROUNDS,
        own=bid_words.BIDS,
        void=bid_words.VOID,
        next=bid_words.NEXT,
        lost=bid_words.LOST,
        counts=bid_words.counts(terms, here.currency),
        sum=bid_words.together(terms, here.currency),
    )


routes = [listed, one, bid, withdraw, back]
