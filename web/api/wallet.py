"""The wallet: what is there, what is set aside, and every movement."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from litestar import get
from litestar.params import QueryParameter

from marketplace.foundation.database import transaction
from payments.ledger.queries import Balance
from payments.wallets import queries as wallets
from payments.wallets.queries import Debt
from web.api.amounts import Amount, Out, amount
from web.home import home
from web.identity import Req

Before = Annotated[int | None, QueryParameter(ge=1)]


class BalanceView(Out, frozen=True, kw_only=True):
    """`available` is `posted` without what is set aside (`held`); `owed` is what one owes us."""

    posted: Amount
    held: Amount
    available: Amount
    owed: Amount


class Movement(Out, frozen=True, kw_only=True):
    """A line of the statement, with the balance after it; `subject` is what it was for."""

    id: UUID
    kind: str
    subject: UUID | None
    at: datetime
    posted: Amount
    held: Amount
    posted_after: Amount
    held_after: Amount


class Statement(Out, frozen=True, kw_only=True):
    """Newest first. `older` is given as `before` for the next page."""

    lines: list[Movement]
    older: int | None


@get("/api/v1/wallet", opt={"policy": "wallet.own.read"}, tags=["wallet"], sync_to_thread=True)
def balance(request: Req) -> BalanceView:
    """One's wallet as a customer, in the town's currency."""
    currency, me = home().currency, request.user.person_id
    with transaction() as session:
        found = wallets.balance(session, owner=me, owner_kind="customer", currency=currency)
        debt = wallets.debt(session, owner=me, owner_kind="customer", currency=currency)
    return balance_view(found, debt)


@get("/api/v1/wallet/statement", opt={"policy": "wallet.own.read"}, tags=["wallet"], sync_to_thread=True)
def statement(request: Req, before: Before = None) -> Statement:
    """Fifty movements, newest first."""
    currency = home().currency
    with transaction() as session:
        found = wallets.wallet_page(
            session, owner=request.user.person_id, owner_kind="customer", currency=currency, before=before
        )
    lines = [
        Movement(
            id=each.transfer, kind=each.kind, subject=each.subject, at=each.effective_at, posted=amount(each.posted),
            held=amount(each.held), posted_after=amount(each.posted_after), held_after=amount(each.held_after),
        )
        for each in found.lines
    ]  # fmt: skip
    return Statement(lines=lines, older=found.older)


routes = [balance, statement]


def balance_view(found: Balance, debt: Debt) -> BalanceView:
    """A wallet as its owner sees it."""
    return BalanceView(
        posted=amount(found.posted), held=amount(found.held), available=amount(found.available),
        owed=amount(debt.owed),
    )  # fmt: skip
