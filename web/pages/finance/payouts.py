"""Payouts as finance sees them: every item by state, one item with its history and what can be done about it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect
from sqlalchemy.orm import Session

from marketplace.foundation import audit, clock
from marketplace.foundation.database import transaction
from marketplace.foundation.scripts import ascii_digits, clean_text
from payments.payouts import actions, queries
from payments.payouts.queries import PayoutView
from payments.payouts.rules import A_PERSON_MAY_PASS, SENT, STILL_HERE, Finding, Form, Reason, State
from web import payout_words as words
from web.forms import FormBody
from web.forms.fields import Fields
from web.home import home
from web.identity import Req
from web.pages.finance.sheets import sheet
from web.pages.finance.top_ups import moment_in
from web.paying_out import FORM_OF, facts_of, terms_of
from web.respond import page, see_other

PAGE: Final = 50
LONGEST_REFERENCE: Final = 40
CHIPS: Final = (
    State.CHECKED, State.APPROVED, State.BATCHED, State.SENDING, State.UNKNOWN, State.ACCEPTED, State.ON_STATEMENT,
    State.REJECTED, State.RETURNED,
)  # fmt: skip


@dataclass(frozen=True)
class Asked:
    """Which payouts are wanted, as the address says."""

    state: State | None
    waiting: bool
    reference: str | None
    before: datetime | None

    @classmethod
    def of(cls, query: Mapping[str, str]) -> "Asked":
        state = query.get("state", "")
        reference = ascii_digits(clean_text(query.get("reference", "")))[:LONGEST_REFERENCE].upper()
        return cls(
            State(state) if state in set(State) else None,
            state == "waiting",
            reference or None,
            moment_in(query.get("before", "")),
        )


@get("/finance/payouts", opt={"policy": "finance.read"}, sync_to_thread=True)
def show(request: Req) -> Response[str]:
    """What is ready for a batch, the newest batches, and every item, newest first."""
    asked, here = Asked.of(dict(request.query_params.items())), home()
    with transaction() as session:
        rows = _rows(session, asked, limit=PAGE)
        counts = queries.counts(session)
        batches = queries.batches(session, limit=10)
        ready, ready_total = queries.ready(session, here.currency)
    older = rows[-1].requested_at.isoformat() if len(rows) == PAGE else ""
    return page(
        request, "pages/finance/payouts.html", rows=rows, asked=asked, counts=counts, chips=CHIPS, batches=batches,
        ready=ready, ready_total=ready_total, older=older, states=words.STATES, batch_states=words.BATCHES,
        forms=words.FORMS, usual=FORM_OF.get(here.region, Form.CSV), findings=words.FINDINGS,
    )  # fmt: skip


@get("/finance/payouts.csv", opt={"policy": "finance.read"}, sync_to_thread=True)
def export(request: Req) -> Response[bytes]:
    """The same list as a file; of an account its last four digits."""
    asked = Asked.of(dict(request.query_params.items()))
    with transaction() as session:
        rows = _rows(session, asked, limit=queries.MOST_ROWS)
    columns = [
        "requested_at", "reference", "state", "amount", "currency", "wallet", "owner", "account_ends_in", "sent_at",
        "settled_at", "reason",
    ]  # fmt: skip
    return sheet(
        "payouts",
        columns,
        [
            [each.requested_at, each.reference, each.state.value, each.amount, each.amount.currency, each.owner_kind,
             each.owner, each.last4, each.sent_at, each.settled_at, each.reason and each.reason.value]
            for each in rows
        ],
    )  # fmt: skip


@get("/finance/payouts/{id:uuid}", opt={"policy": "finance.read"}, sync_to_thread=True)
def one(request: Req, id: FromPath[UUID]) -> Response[str]:
    """One item: what stands against it, what happened, and the acts that its state allows."""
    with transaction() as session:
        found = queries.payout(session, id)
        events = queries.history(session, id)
        there = queries.destination(session, found.destination)
        batch = None if found.batch is None else queries.batch(session, found.batch)
    return page(
        request, "pages/finance/payout.html", payout=found, events=events, there=there, batch=batch,
        states=words.STATES, reasons=words.REASONS, findings=words.FINDINGS, me=request.user.person_id,
        passable=[each for each in found.findings if each in A_PERSON_MAY_PASS], still_here=found.state in STILL_HERE,
        sent=found.state in SENT,
    )  # fmt: skip


@post("/finance/payouts/{id:uuid}/checks", opt={"policy": "finance.write"}, sync_to_thread=True)
def check(request: Req, id: FromPath[UUID], data: FormBody) -> Redirect:
    """Look at it again; what was ticked is waved through, by name. Refuses CannotBePassed, PayoutMoved."""
    ticked = chosen(data, "passing")
    passing = frozenset(Finding(each) for each in ticked if each in set(Finding))
    here = home()
    with transaction() as session:
        found = queries.payout(session, id)
        facts = facts_of(session, found.owner, found.owner_kind, currency=here.currency)
        actions.check(
            session, id, facts=facts, terms=terms_of(here), now=clock.now(), by=request.user.person_id, passing=passing
        )
        if passing:
            note(session, request, "passed", id, why=".".join(sorted(passing)))
    return see_other(f"/finance/payouts/{id}")


@post("/finance/payouts/{id:uuid}/refusal", opt={"policy": "finance.write"}, sync_to_thread=True)
def refuse(request: Req, id: FromPath[UUID], data: FormBody) -> Redirect:
    """Do not send it; the owner reads why, and the money is free again. Refuses PayoutMoved."""
    fields = Fields(data, request.user.language)
    reason = fields.choice("reason", list(Reason))
    fields.check()
    with transaction() as session:
        actions.refuse(session, id, by=request.user.person_id, reason=Reason(reason), now=clock.now())
        note(session, request, "refused", id, why=reason)
    return see_other(f"/finance/payouts/{id}")


@post("/finance/payouts/{id:uuid}/removal", opt={"policy": "finance.write"}, sync_to_thread=True)
def take_out(request: Req, id: FromPath[UUID]) -> Redirect:
    """Take it out of its batch, whose approval is void then. Refuses PayoutMoved."""
    with transaction() as session:
        actions.take_out(session, id, now=clock.now())
        note(session, request, "taken_out", id)
    return see_other(f"/finance/payouts/{id}")


@post("/finance/payouts/{id:uuid}/return", opt={"policy": "finance.write"}, sync_to_thread=True)
def bring_back(request: Req, id: FromPath[UUID], data: FormBody) -> Redirect:
    """The bank sent the money back: into the wallet, and the account is blocked. Refuses PayoutMoved."""
    fields = Fields(data, request.user.language)
    reason = fields.choice("reason", list(Reason))
    fields.check()
    with transaction() as session:
        actions.returned(session, id, reason=Reason(reason), by=request.user.person_id, now=clock.now())
        note(session, request, "returned", id, why=reason)
    return see_other(f"/finance/payouts/{id}")


@post("/finance/payouts/{id:uuid}/account", opt={"policy": "finance.write"}, sync_to_thread=True)
def find_sound(request: Req, id: FromPath[UUID]) -> Redirect:
    """The blocked account of this item was looked at and may be used again."""
    with transaction() as session:
        found = queries.payout(session, id)
        actions.find_sound(session, found.destination, now=clock.now())
        note(session, request, "account_found_sound", id)
    return see_other(f"/finance/payouts/{id}")


@get(
    [f"/finance/payouts/{{id:uuid}}/{noun}" for noun in ("checks", "refusal", "removal", "return", "account")],
    opt={"policy": "finance.read"},
    sync_to_thread=False,
)
def back(id: FromPath[UUID]) -> Redirect:
    """The answer to a button, reloaded or read in another language."""
    return see_other(f"/finance/payouts/{id}")


routes = [show, export, one, check, refuse, take_out, bring_back, find_sound, back]


def chosen(data: Mapping[str, Any], name: str) -> list[str]:
    """Every value that was ticked under a name."""
    found = data.get(name, [])
    return [str(each) for each in found] if isinstance(found, list) else [str(found)]


def note(session: Session, request: Req, what: str, subject: UUID, **facts: str) -> None:
    """Who of finance did what, in the journal."""
    audit.record(
        session, action=f"finance.payout_{what}", actor=request.user.person_id, subject=None, reason=None,
        now=clock.now(), payout=subject, **facts,
    )  # fmt: skip


def _rows(session: Session, asked: Asked, *, limit: int) -> tuple[PayoutView, ...]:
    return queries.everybody(
        session, state=asked.state, waiting=asked.waiting, reference=asked.reference, before=asked.before, limit=limit
    )
