"""Payouts: a specialist asks for what is free, a customer withdraws; the account's number goes in and never out."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, JSONBody, QueryParameter
from sqlalchemy.orm import Session

from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from marketplace.foundation.repeats import Answer
from payments.payouts import actions, queries
from payments.payouts.account_numbers import read_account
from payments.payouts.actions.destinations import blind_of
from payments.payouts.queries import DestinationView, PayoutView
from payments.payouts.rules import PayoutNotFound
from payments.wallets.rules import Owner
from web.api.amounts import Amount, In, Out, amount
from web.api.commands import carry_out, done, told
from web.home import home
from web.identity import Req
from web.once import once
from web.paying_out import ConfirmFirst, facts_of, name_matches, terms_of
from web.withdrawing import mine_of

READ, WRITE = {"policy": "wallet.own.read"}, {"policy": "wallet.own.write"}
Typed = Annotated[str, msgspec.Meta(min_length=1, max_length=60)]


class NewPayout(In, frozen=True, kw_only=True):
    """So much, of one's specialist's wallet or of one's customer's (`wallet`)."""

    amount: Amount
    wallet: Owner = "specialist"


class NewAccount(In, frozen=True, kw_only=True):
    """An IBAN, or account number and routing number (`branch`), and the name it is in; digits of any script."""

    account: Typed
    holder: Annotated[str, msgspec.Meta(min_length=1, max_length=140)]
    branch: Annotated[str, msgspec.Meta(max_length=60)] = ""
    wallet: Owner = "specialist"


class AccountLine(Out, frozen=True, kw_only=True):
    """An account by its last four digits; money may go there from `usable_from`, unless it is blocked."""

    id: UUID
    last4: str
    bank: str
    usable_from: datetime
    blocked: bool
    name_matches: bool | None


class PayoutLine(Out, frozen=True, kw_only=True):
    """One payout; `reason` says why it did not go, or came back."""

    id: UUID
    reference: str
    wallet: str
    amount: Amount
    state: str
    findings: list[str]
    account_ends_in: str
    requested_at: datetime
    sent_at: datetime | None
    settled_at: datetime | None
    reason: str | None
    may_be_cancelled: bool


class Payouts(Out, frozen=True, kw_only=True):
    """What can be asked for now, where it goes, and what was asked for before, newest first."""

    payable: Amount
    owed: Amount
    account: AccountLine | None
    payouts: list[PayoutLine]


class Asked(Out, frozen=True, kw_only=True):
    id: UUID
    reference: str
    state: str


@get("/api/v1/payouts", opt=READ, tags=["payouts"], sync_to_thread=True)
def mine(request: Req, wallet: Annotated[Owner, QueryParameter()] = "specialist") -> Payouts:
    """One's own, of one of one's two wallets."""
    found = mine_of(request.user.person_id, wallet)
    return Payouts(
        payable=amount(found.payable), owed=amount(found.debt.owed),
        account=None if found.destination is None else account_line(found.destination),
        payouts=[payout_line(each) for each in found.payouts],
    )  # fmt: skip


@post("/api/v1/payouts", opt=WRITE, status_code=201, tags=["payouts"], sync_to_thread=True)
def ask(request: Req, data: JSONBody[NewPayout]) -> Response[Asked]:
    """Ask for one; the same key again is the same payout."""
    here, me = home(), request.user.person_id
    wanted = data.amount.money(here.currency)

    def work(session: Session, command: UUID) -> Answer:
        facts = facts_of(session, me, data.wallet, currency=here.currency)
        id = actions.request(
            session, owner=me, owner_kind=data.wallet, amount=wanted, command=command, terms=terms_of(here),
            facts=facts, now=clock.now(),
        )  # fmt: skip
        made = queries.own(session, id, owner=me)
        return done(Asked(id=id, reference=made.reference, state=made.state.value), 201)

    return carry_out(request, data, work, Asked)


@get("/api/v1/payouts/{id:uuid}", opt=READ, tags=["payouts"], sync_to_thread=True)
def one(request: Req, id: FromPath[UUID]) -> PayoutLine:
    """One of one's own."""
    with transaction() as session:
        return payout_line(queries.own(session, id, owner=request.user.person_id))


@post("/api/v1/payouts/{id:uuid}/cancellation", opt=WRITE, status_code=200, tags=["payouts"], sync_to_thread=True)
def cancel(request: Req, id: FromPath[UUID]) -> Response[Asked]:
    """Take it back, as long as no bank file names it."""
    me = request.user.person_id

    def work(session: Session, _: UUID) -> Answer:
        found = queries.own(session, id, owner=me)
        actions.cancel(session, id, owner=me, now=clock.now())
        return done(Asked(id=id, reference=found.reference, state="cancelled"))

    return carry_out(request, {"id": str(id)}, work, Asked)


@post("/api/v1/payouts/account", opt=WRITE, status_code=200, tags=["payouts"], sync_to_thread=True)
def tell_account(request: Req, data: JSONBody[NewAccount]) -> Response[AccountLine]:
    """This is the account from now on; a changed one waits. Needs a session that was confirmed a moment ago."""
    if not request.user.stepped_up:
        raise ConfirmFirst
    here, me = home(), request.user.person_id
    number = read_account(here.region, data.account, data.branch)

    def work(_: UUID) -> Answer:
        id = actions.set_destination(
            session, owner=me, owner_kind=data.wallet, number=number, holder=data.holder,
            name_matches=name_matches(session, me, data.holder), wait=terms_of(here).wait, now=clock.now(),
        )  # fmt: skip
        found = queries.destination(session, id)
        if found is None:
            raise PayoutNotFound
        return done(account_line(found))

    with transaction() as session:
        said = {"account": blind_of(number).hex(), "holder": data.holder, "wallet": data.wallet}
        kept = once(session, request, said, work)  # a bare digest of so short a number could be tried out
    return told(kept, AccountLine)


routes = [mine, ask, one, cancel, tell_account]


def account_line(found: DestinationView) -> AccountLine:
    """An account as the API shows it."""
    return AccountLine(
        id=found.id, last4=found.last4, bank=found.bank, usable_from=found.usable_from, blocked=found.blocked,
        name_matches=found.name_matches,
    )  # fmt: skip


def payout_line(found: PayoutView) -> PayoutLine:
    """A payout as the API shows it."""
    return PayoutLine(
        id=found.id, reference=found.reference, wallet=found.owner_kind, amount=amount(found.amount),
        state=found.state.value, findings=[each.value for each in found.findings], account_ends_in=found.last4,
        requested_at=found.requested_at, sent_at=found.sent_at, settled_at=found.settled_at,
        reason=None if found.reason is None else found.reason.value, may_be_cancelled=found.may_be_cancelled,
    )  # fmt: skip
