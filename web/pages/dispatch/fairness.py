"""How evenly work is shared out, by trade and area, and who was offered less than the published floor (D5)."""

from datetime import timedelta
from typing import Final

from litestar import Response, get

from booking.dispatch import fairness
from booking.dispatch.fairness_rules import FLOOR_PERCENT
from marketplace.catalogue import queries as catalogue
from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from marketplace.foundation.money import Money
from web.home import home
from web.identity import Req
from web.pages.admin.people import mark
from web.respond import page
from web.sentences.marking import N_

DAYS = (7, 28)
KEPT_BY: Final[dict[str, str]] = {  # the rule that kept somebody from most of the jobs
    "standing": N_("They did not stand well."),
    "skill": N_("A skill was not verified."),
    "area": N_("They do not serve those areas."),
    "shift": N_("They had no working time then."),
    "overlap": N_("Their days had no room."),
    "late": N_("They were still at work elsewhere."),
    "already_asked": N_("They had been asked before."),
    "other_offer": N_("They had another offer on the screen."),
    "cash_debt": N_("Cash jobs would have passed what they may owe."),
}


@get("/dispatch/fairness", opt={"policy": "rules.read"}, sync_to_thread=True)
def show(request: Req) -> Response[str]:
    """The groups of the last 7 or 28 days; nobody is named."""
    asked = request.query_params.get("days", "")
    days = int(asked) if asked in {str(each) for each in DAYS} else DAYS[-1]
    here, now = home(), clock.now()
    with transaction() as session:
        groups = fairness.report(session, here.id, since=now - timedelta(days=days), until=now)
        zones = {each.id: each.name[request.user.language] for each in catalogue.zones(session, here.id)}
        trades = {key: card.title[request.user.language] for key, card in catalogue.skills(session).items()}
    return page(
        request, "pages/dispatch/fairness.html", groups=groups, days=days, choices=DAYS, zones=zones, trades=trades,
        mark=mark, money=lambda minor: Money(minor, here.currency), floor=FLOOR_PERCENT * 100, kept_by=KEPT_BY,
    )  # fmt: skip


routes = [show]
