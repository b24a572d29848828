"""Whether a phone sends where its owner is: the three-way switch, and what each position of it does (O38, O11)."""

from typing import Final

from litestar import Response, get, post
from litestar.response import Redirect

from booking.alarms.rules import SKILL
from booking.availability.windows import local_day
from booking.tracking import actions, queries
from booking.tracking.rules import Basis, Switch
from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from marketplace.specialists import queries as specialists
from web.forms import FormBody
from web.forms.fields import Fields
from web.home import home
from web.identity import Req
from web.pages.specialist.acts import filled, worst
from web.parts import Filled
from web.respond import page, see_other

PAGE: Final = "/work/sharing"


@get(PAGE, opt={"policy": "specialist.read"}, sync_to_thread=True)
def sharing(request: Req) -> Response[str]:
    """How the switch stands, and when a position was last sent."""
    return _page(request)


@post(PAGE, opt={"policy": "specialist.write"}, sync_to_thread=True)
def choose(request: Req, data: FormBody) -> Response[str] | Redirect:
    """Set the switch. Off takes effect at once, and what was known goes with it. Twice is once."""
    fields = Fields(data, request.user.language)
    wanted = fields.choice("switch", tuple(each.value for each in Switch))
    if fields.errors:
        return _page(request, form=filled(request, fields), status=worst(request, fields))
    with transaction() as session:
        actions.choose(session, request.user.person_id, Switch(wanted), now=clock.now())
    return see_other(PAGE)


def _page(request: Req, *, form: Filled | None = None, status: int = 200) -> Response[str]:
    me = request.user.person_id
    with transaction() as session:
        switch = queries.switch_of(session, me)
        place = queries.places_of(session, [me]).get(me)
        today = local_day(clock.now(), home().time_zone)
        guards = any(SKILL in each.skills for each in specialists.workers(session, [me], on=today))
    last = place.seen_at if place and place.basis is Basis.LIVE else None
    return page(
        request, "pages/specialist/sharing.html", status_code=status, form=form or Filled({"switch": switch.value}),
        switch=switch, last=last, guards=guards,
    )  # fmt: skip


routes = [sharing, choose]
