"""The heads of the books' chain that were told outside: what is in other people's mail, to be compared."""

from litestar import Response, get

from marketplace.foundation.database import transaction
from payments.ledger import queries
from web.identity import Req
from web.respond import page


@get("/finance/seals", opt={"policy": "finance.read"}, sync_to_thread=True)
def show(request: Req) -> Response[str]:
    """Each day's head, newest first, and whether the chain still says the same."""
    with transaction() as session:
        told = queries.published(session, limit=60)
        now = {each.no: queries.head(session, each.no) for each in told}
    same = {no: found is not None and found.hash == _told(told, no) for no, found in now.items()}
    return page(request, "pages/finance/seals.html", told=told, same=same)


routes = [show]


def _told(told: list[queries.Published], no: int) -> str:
    return next(each.hash for each in told if each.no == no)
