"""One payout as finance looks after it: looked at again, refused, taken out of its batch, come back from the bank."""

from collections.abc import Callable
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath, JSONBody
from sqlalchemy.orm import Session

from marketplace.foundation import audit, clock
from marketplace.foundation.database import transaction
from marketplace.foundation.repeats import Answer
from payments.payouts import actions, queries
from payments.payouts.rules import Finding, Reason
from web.api.amounts import In
from web.api.commands import carry_out, done
from web.api.payouts import PayoutLine, payout_line
from web.home import home
from web.identity import Req
from web.paying_out import facts_of, terms_of

READ, WRITE = {"policy": "finance.read"}, {"policy": "finance.write"}


class Look(In, frozen=True, kw_only=True):
    """What a person waves through, of what is a question of judgement."""

    passing: list[Finding] = []


class Because(In, frozen=True, kw_only=True):
    reason: Reason


@get("/api/v1/finance/payouts/{id:uuid}", opt=READ, tags=["finance"], sync_to_thread=True)
def one(id: FromPath[UUID]) -> PayoutLine:
    """One payout, whoever's it is."""
    with transaction() as session:
        return payout_line(queries.payout(session, id))


def _path(noun: str) -> str:
    return f"/api/v1/finance/payouts/{{id:uuid}}/{noun}"


@post(_path("checks"), opt=WRITE, status_code=200, tags=["finance"], sync_to_thread=True)
def check(request: Req, id: FromPath[UUID], data: JSONBody[Look]) -> Response[PayoutLine]:
    """Look at it again. Refuses CannotBePassed, PayoutMoved."""
    here, passing = home(), frozenset(data.passing)

    def act(session: Session) -> dict[str, str]:
        found = queries.payout(session, id)
        facts = facts_of(session, found.owner, found.owner_kind, currency=here.currency)
        actions.check(
            session, id, facts=facts, terms=terms_of(here), now=clock.now(), by=request.user.person_id, passing=passing
        )
        return {"why": ".".join(sorted(passing))} if passing else {}

    return _done(request, id, data, "passed" if passing else "", act)


@post(_path("refusal"), opt=WRITE, status_code=200, tags=["finance"], sync_to_thread=True)
def refuse(request: Req, id: FromPath[UUID], data: JSONBody[Because]) -> Response[PayoutLine]:
    """Do not send it; the owner reads why, and the money is free again. Refuses PayoutMoved."""

    def act(session: Session) -> dict[str, str]:
        actions.refuse(session, id, by=request.user.person_id, reason=data.reason, now=clock.now())
        return {"why": data.reason.value}

    return _done(request, id, data, "refused", act)


@post(_path("removal"), opt=WRITE, status_code=200, tags=["finance"], sync_to_thread=True)
def take_out(request: Req, id: FromPath[UUID]) -> Response[PayoutLine]:
    """Take it out of its batch, whose approval is void then. Refuses PayoutMoved."""

    def act(session: Session) -> dict[str, str]:
        actions.take_out(session, id, now=clock.now())
        return {}

    return _done(request, id, None, "taken_out", act)


@post(_path("return"), opt=WRITE, status_code=200, tags=["finance"], sync_to_thread=True)
def bring_back(request: Req, id: FromPath[UUID], data: JSONBody[Because]) -> Response[PayoutLine]:
    """The bank sent the money back: into the wallet, and the account is blocked. Refuses PayoutMoved."""

    def act(session: Session) -> dict[str, str]:
        actions.returned(session, id, reason=data.reason, by=request.user.person_id, now=clock.now())
        return {"why": data.reason.value}

    return _done(request, id, data, "returned", act)


@post(_path("account"), opt=WRITE, status_code=200, tags=["finance"], sync_to_thread=True)
def find_sound(request: Req, id: FromPath[UUID]) -> Response[PayoutLine]:
    """The blocked account of this payout was looked at and may be used again."""

    def act(session: Session) -> dict[str, str]:
        actions.find_sound(session, queries.payout(session, id).destination, now=clock.now())
        return {}

    return _done(request, id, None, "account_found_sound", act)


routes = [one, check, refuse, take_out, bring_back, find_sound]


def _done(
    request: Req, id: UUID, data: In | None, what: str, act: Callable[[Session], dict[str, str]]
) -> Response[PayoutLine]:
    """One act on one payout, once, with its line in the journal."""

    def work(session: Session, _: UUID) -> Answer:
        facts = act(session)
        if what:
            audit.record(
                session, action=f"finance.payout_{what}", actor=request.user.person_id, subject=None, reason=None,
                now=clock.now(), payout=id, **facts,
            )  # fmt: skip
        return done(payout_line(queries.payout(session, id)))

    return carry_out(request, data, work, PayoutLine)
