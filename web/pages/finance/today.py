"""How finance stands this moment: one sentence, a few figures, and the lines that need a person, dearest first."""

from dataclasses import dataclass

from litestar import Response, get

from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from marketplace.foundation.money import Money
from payments.gateways import directory
from payments.ledger import queries as ledger
from payments.reconciliation import queries as reconciliation
from payments.reconciliation.queries import Explained
from payments.topups import queries as topups
from web.home import home
from web.identity import Req
from web.pages.finance import words
from web.respond import page

SHOWN = 10


@dataclass(frozen=True)
class AtGateway:
    """One gateway: how much of its lines is explained, and what it owes us by our books."""

    name: str
    explained: Explained


@get("/finance", opt={"policy": "finance.read"}, sync_to_thread=True)
def today(request: Req) -> Response[str]:
    """The sentence of the day and what it is made of."""
    here, now = home(), clock.now()
    with transaction() as session:
        left = reconciliation.left_over(session, now=now, limit=reconciliation.MOST_ROWS)
        differing = topups.mismatches(session, limit=topups.MOST_ROWS)
        unknown = topups.oldest_open(session, limit=topups.MOST_ROWS)
        lines = ledger.trial_balance(session, here.currency)
        gateways = [
            AtGateway(name, reconciliation.explained(session, gateway=name, currency=here.currency))
            for name in directory.offered(here.currency)
        ]
    difference = sum((line.posted for line in lines), Money.zero(here.currency))
    at_stake = sum((abs(each.value.minor) for each in left if each.value.currency == here.currency), 0)
    return page(
        request, "pages/finance/today.html", left=left[:SHOWN], needed=len(left) + len(differing), differing=differing,
        unknown=unknown, difference=difference, gateways=gateways, at_stake=Money(at_stake, here.currency),
        kinds=words.KINDS, next_acts=words.NEXT, states=words.STATES,
    )  # fmt: skip


routes = [today]
