"""Finance: every top-up with both of its numbers, and the trial balance."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from litestar import get
from litestar.params import QueryParameter

from marketplace.foundation.database import transaction
from payments.ledger import queries as ledger
from payments.topups import queries as topups
from payments.topups.rules import State
from web.api.amounts import Amount, Out, amount
from web.home import home

READ = {"policy": "finance.read"}


class AttemptRow(Out, frozen=True, kw_only=True):
    """A try of a top-up. `double_pay`: another try of the same top-up was paid as well."""

    id: UUID
    top_up: UUID
    owner: UUID
    wallet: str
    amount: Amount
    gateway: str
    state: str
    transaction_number: str | None
    tracking_number: str | None
    started_at: datetime
    paid_at: datetime | None
    late: bool
    double_pay: bool
    asked: int


class TrialRow(Out, frozen=True, kw_only=True):
    kind: str
    owner_kind: str
    owner: UUID
    posted: Amount
    held: Amount


class TrialBalance(Out, frozen=True, kw_only=True):
    """Every account that has moved; `sum` is zero, or something is very wrong."""

    currency: str
    sum: Amount
    rows: list[TrialRow]


@get("/api/v1/finance/top-ups", opt=READ, tags=["finance"], sync_to_thread=True)
def top_ups(
    wanted: Annotated[State | None, QueryParameter(name="state")] = None,
    number: Annotated[str | None, QueryParameter(max_length=60)] = None,
    before: Annotated[datetime | None, QueryParameter()] = None,
) -> list[AttemptRow]:
    """Fifty tries, newest first; `number` finds a transaction or a tracking number exactly."""
    with transaction() as session:
        found = topups.all_attempts(session, state=wanted, number=number, before=before)
    return [
        AttemptRow(
            id=each.id, top_up=each.topup, owner=each.owner, wallet=each.wallet, amount=amount(each.amount),
            gateway=each.gateway, state=each.state.value, transaction_number=each.txn, tracking_number=each.bank,
            started_at=each.started_at, paid_at=each.paid_at, late=each.late, double_pay=each.double_pay,
            asked=each.asked,
        )
        for each in found
    ]  # fmt: skip


@get("/api/v1/finance/trial-balance", opt=READ, tags=["finance"], sync_to_thread=True)
def trial_balance(at: Annotated[datetime | None, QueryParameter()] = None) -> TrialBalance:
    """The trial balance of the town's currency, now or as it was recorded at a moment."""
    currency = home().currency
    with transaction() as session:
        lines = ledger.trial_balance(session, currency, at=at)
    rows = [
        TrialRow(
            kind=each.kind, owner_kind=each.owner_kind, owner=each.owner, posted=amount(each.posted),
            held=amount(each.held),
        )
        for each in lines
    ]  # fmt: skip
    whole = Amount(sum(each.posted.minor for each in lines), currency)
    return TrialBalance(currency=currency, sum=whole, rows=rows)


routes = [top_ups, trial_balance]
