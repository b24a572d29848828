"""Earnings: every job with every deduction, and what is there."""

from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

from litestar import get
from litestar.params import QueryParameter

from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from payments.wallets import queries as wallets
from web.api.amounts import Amount, Out, amount
from web.api.offers import PayView, pay_view
from web.api.wallet import BalanceView, balance_view
from web.home import home
from web.identity import Req

Moment = Annotated[datetime | None, QueryParameter()]
MONTH = timedelta(days=30)


class EarningView(Out, frozen=True, kw_only=True):
    """gross − commission − tax = net; free from `payable_at` on, or at once."""

    id: UUID
    job: UUID
    kind: str
    gross: Amount
    commission: Amount
    tax: Amount
    net: Amount
    earned_at: datetime
    payable_at: datetime | None


class Earnings(Out, frozen=True, kw_only=True):
    """The lines of the stretch with their sums, and the wallet as it stands."""

    since: datetime
    until: datetime
    total: PayView
    wallet: BalanceView
    lines: list[EarningView]


@get("/api/v1/earnings", opt={"policy": "specialist.read"}, tags=["earnings"], sync_to_thread=True)
def earned(request: Req, since: Moment = None, until: Moment = None) -> Earnings:
    """What one earned from `since` (thirty days ago, unless told) to `until`, newest first."""
    me, currency, now = request.user.person_id, home().currency, clock.now()
    first, last = since or now - MONTH, until or now
    with transaction() as session:
        lines = wallets.earnings(session, specialist=me, currency=currency, since=first, until=last)
        total = wallets.earned(session, specialist=me, currency=currency, since=first, until=last)
        balance = wallets.balance(session, owner=me, owner_kind="specialist", currency=currency)
        debt = wallets.debt(session, owner=me, owner_kind="specialist", currency=currency)
    return Earnings(
        since=first, until=last, wallet=balance_view(balance, debt),
        total=pay_view(total),
        lines=[
            EarningView(
                id=each.id, job=each.subject, kind=each.kind, gross=amount(each.gross),
                commission=amount(each.commission), tax=amount(each.tax), net=amount(each.net),
                earned_at=each.earned_at, payable_at=each.payable_at,
            )
            for each in lines
        ],
    )  # fmt: skip


routes = [earned]
