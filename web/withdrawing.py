"""Asking for one's own money: what the pages of specialists and of customers share, and the API with them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from litestar import Response
from litestar.response import Redirect

from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from marketplace.foundation.errors import Refused
from marketplace.foundation.ids import PersonId
from marketplace.foundation.money import Money
from payments.ledger.queries import WalletBalance
from payments.payouts import actions, queries
from payments.payouts.account_numbers import AccountNumber, NotARoutingNumber, read_account
from payments.payouts.queries import DestinationView, EventView, PayoutView
from payments.payouts.rules import PayoutNotFound, Terms
from payments.wallets import queries as wallets
from payments.wallets.queries import Debt
from payments.wallets.rules import Owner
from web import answers, once
from web.forms.fields import Fields, Missing
from web.home import home
from web.identity import Req
from web.pages.account import confirmation
from web.parts import Filled
from web.paying_out import facts_of, name_matches, terms_of
from web.payout_words import FINDINGS_OWN, REASONS, STATES_OWN
from web.respond import page, see_other

LONGEST_ACCOUNT: Final = 60
Answer = Response[str] | Redirect


@dataclass(frozen=True)
class Mine:
    """Somebody's money to be paid out, as they see it."""

    balance: WalletBalance
    debt: Debt
    destination: DestinationView | None
    payouts: tuple[PayoutView, ...]
    terms: Terms

    @property
    def payable(self) -> Money:
        """What can be asked for: the free money above what is owed."""
        return max(self.balance.available - self.debt.owed, Money.zero(self.balance.posted.currency))

    @property
    def least(self) -> Money:
        """Less than this is not sent."""
        return max(self.terms.least, Money(1, self.terms.least.currency))

    @property
    def may_ask(self) -> bool:
        return self.payable >= self.least

    @property
    def under_way(self) -> PayoutView | None:
        return next((each for each in self.payouts if each.open), None)


@dataclass(frozen=True)
class Place:
    """Where in the house one reads this: the wallet it is about, the frame of its pages and their address."""

    kind: Owner
    frame: str
    root: str
    back: str


SPECIALIST: Final = Place("specialist", "pages/specialist/frame.html", "/work/payouts", "/work/earnings")
CUSTOMER: Final = Place("customer", "page_customer.html", "/wallet/payouts", "/wallet")


def mine_of(owner: UUID, kind: Owner) -> Mine:
    """What somebody can ask for, where it goes, and what they asked for before."""
    here = home()
    with transaction() as session:
        return Mine(
            balance=wallets.balance(session, owner=owner, owner_kind=kind, currency=here.currency),
            debt=wallets.debt(session, owner=owner, owner_kind=kind, currency=here.currency),
            destination=queries.destination_of(session, owner=owner, owner_kind=kind),
            payouts=queries.of_owner(session, owner=owner, owner_kind=kind),
            terms=terms_of(here),
        )


def show(request: Req, place: Place, form: Filled | None = None, status: int = 200) -> Response[str]:
    """The page: what is free, where it goes, the form, and every payout with its state."""
    return page(
        request, "pages/payouts/own.html", status_code=status, place=place, form=form or Filled(),
        mine=mine_of(request.user.person_id, place.kind), states=STATES_OWN, reasons=REASONS, findings=FINDINGS_OWN,
    )  # fmt: skip


def one(request: Req, place: Place, id: UUID) -> Response[str]:
    """One payout with all that happened to it. Refuses PayoutNotFound, also for another's."""
    with transaction() as session:
        found = queries.own(session, id, owner=request.user.person_id)
        events: tuple[EventView, ...] = queries.history(session, id)
    if found.owner_kind != place.kind:
        raise PayoutNotFound
    return page(
        request, "pages/payouts/one.html", place=place, payout=found, events=events, states=STATES_OWN,
        reasons=REASONS, findings=FINDINGS_OWN,
    )  # fmt: skip


def ask(request: Req, place: Place, data: Mapping[str, Any]) -> Answer:
    """Ask for a payout; the same form twice is one. What is refused is said beside the amount."""
    here, fields = home(), Fields(data, request.user.language)
    amount = fields.money("amount", here.currency)
    if not fields.errors:
        try:
            request_payout(request.user.person_id, place.kind, amount, once.command_id(request, data))
        except Refused as refusal:
            fields.refuse("amount", refusal)
    if fields.errors:
        status = max(answers.answer(each, request).status for each in fields.errors.values())
        filled = Filled({"amount": fields.raw("amount")}, answers.beside(fields.errors, request))
        return show(request, place, filled, status)
    return see_other(place.root)


def request_payout(owner: UUID, kind: Owner, amount: Money, command: UUID) -> UUID:
    """As the page and the API ask. Refuses what `actions.request` refuses."""
    here = home()
    with transaction() as session:
        facts = facts_of(session, owner, kind, currency=here.currency)
        return actions.request(
            session, owner=owner, owner_kind=kind, amount=amount, command=command, terms=terms_of(here), facts=facts,
            now=clock.now(),
        )  # fmt: skip


def cancel(request: Req, place: Place, id: UUID) -> Redirect:
    """Take the wish back."""
    with transaction() as session:
        actions.cancel(session, id, owner=request.user.person_id, now=clock.now())
    return see_other(place.root)


def account_form(request: Req, place: Place, form: Filled | None = None, status: int = 200) -> Answer:
    """Where the money should go; asks first for a confirmation that it is still the same person."""
    if not request.user.stepped_up:
        return confirmation.needed(f"{place.root}/account")
    with transaction() as session:
        there = queries.destination_of(session, owner=request.user.person_id, owner_kind=place.kind)
    here = home()
    return page(
        request, "pages/payouts/account.html", status_code=status, place=place, destination=there, country=here.region,
        wait_hours=here.settings["payout_wait_hours"], form=form or Filled(),
    )  # fmt: skip


def take_account(request: Req, place: Place, data: Mapping[str, Any]) -> Answer:
    """The account that was typed; each fault is said beside its field, and nothing is written."""
    if not request.user.stepped_up:
        return confirmation.needed(f"{place.root}/account")
    fields = Fields(data, request.user.language)
    holder, country = fields.text("holder", longest=140), home().region
    number = _number(fields, country)
    if number is not None and not fields.errors:
        try:
            set_account(request.user.person_id, place.kind, number, holder)
        except Refused as refusal:
            fields.refuse("account", refusal)
    if fields.errors:
        values = {name: fields.raw(name) for name in ("account", "branch", "holder")}
        return account_form(request, place, Filled(values, answers.beside(fields.errors, request)), 422)
    return see_other(place.root)


def set_account(owner: UUID, kind: Owner, number: AccountNumber, holder: str) -> UUID:
    """As the page and the API tell it. Refuses DestinationBlocked."""
    here = home()
    with transaction() as session:
        return actions.set_destination(
            session, owner=owner, owner_kind=kind, number=number, holder=holder,
            name_matches=name_matches(session, PersonId(owner), holder), wait=terms_of(here).wait, now=clock.now(),
        )  # fmt: skip


def _number(fields: Fields, country: str) -> AccountNumber | None:
    account = fields.raw("account")
    if not account:
        fields.refuse("account", Missing())
        return None
    try:
        return read_account(country, account[:LONGEST_ACCOUNT], fields.raw("branch")[:LONGEST_ACCOUNT])
    except NotARoutingNumber as refusal:
        fields.refuse("branch", refusal)
    except Refused as refusal:
        fields.refuse("account", refusal)
    return None
