"""What found no partner: each with its owner, its age and the next act; the most money times age first."""

from litestar import Response, get, post
from litestar.response import Redirect

from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from payments.gateways import directory
from payments.reconciliation import actions, queries
from payments.reconciliation.rules import Kind
from web.identity import Req
from web.pages.finance import words
from web.pages.finance.sheets import sheet
from web.respond import page, see_other


@get("/finance/exceptions", opt={"policy": "finance.read"}, sync_to_thread=True)
def show(request: Req) -> Response[str]:
    """The open exceptions, all or of one kind."""
    kind, now = _kind(request.query_params.get("kind", "")), clock.now()
    with transaction() as session:
        everything = queries.left_over(session, now=now, limit=queries.MOST_ROWS)
    counts = {each: sum(row.kind is each for row in everything) for each in Kind}
    return page(
        request, "pages/finance/exceptions.html", rows=[row for row in everything if kind in (None, row.kind)],
        kind=kind, counts=counts, kinds=words.KINDS, next_acts=words.NEXT, me=request.user.person_id,
    )  # fmt: skip


@get("/finance/exceptions.csv", opt={"policy": "finance.read"}, sync_to_thread=True)
def export(request: Req) -> Response[bytes]:
    """The same as a file."""
    kind, now = _kind(request.query_params.get("kind", "")), clock.now()
    with transaction() as session:
        rows = queries.left_over(session, now=now, kind=kind, limit=queries.MOST_ROWS)
    columns = [
        "kind", "amount", "currency", "gateway", "transaction_number", "tracking_number", "batch", "booked",
        "opened_at", "age_in_days", "owner",
    ]  # fmt: skip
    return sheet(
        "exceptions",
        columns,
        [
            [row.kind.value, row.value, row.value.currency, row.gateway, row.txn, row.bank, row.batch, row.booked,
             row.opened_at, row.age, row.owner]
            for row in rows
        ],
    )  # fmt: skip


@post("/finance/matches", opt={"policy": "finance.write"}, sync_to_thread=True)
def match(request: Req) -> Redirect:
    """Try again everything that has no partner; what is matched already stays so."""
    now = clock.now()
    with transaction() as session:
        for gateway in directory.connected():
            actions.match(session, gateway=gateway.name, by=request.user.person_id, now=now)
    return see_other("/finance/exceptions")


routes = [show, export, match]


def _kind(text: str) -> Kind | None:
    return Kind(text) if text in set(Kind) else None
