"""What the house holds at this moment, and the services with their prices."""

from litestar import Response, get

from booking.jobs import lists as jobs
from marketplace.catalogue import queries as catalogue
from marketplace.foundation import clock, outbox
from marketplace.foundation.database import transaction
from marketplace.people import queries as people
from marketplace.people.rules import ROLES
from web.identity import Req
from web.pages.admin.words import STATES, roles
from web.respond import page


@get("/admin", opt={"policy": "house.read"}, sync_to_thread=True)
def overview(request: Req) -> Response[str]:
    """How many people, jobs and pieces of work there are, and what waits. Figures only, so that managers, dispatchers
    and compliance may begin here too; the pages behind them are the administrator's."""
    now = clock.now()
    with transaction() as session:
        counts = outbox.counts(session)
        by_role = [(role, len(people.people_with_role(session, role, now=now))) for role in ROLES]
        by_state = jobs.counts(session)
    states = [(STATES[state.value], number) for state, number in sorted(by_state.items()) if number]
    return page(
        request, "pages/admin/overview.html", counts=counts, by_role=by_role, states=states, role_names=roles(),
        only_figures=not request.user.has("administrator"),
    )  # fmt: skip


@get("/admin/services", opt={"policy": "admin.read"}, sync_to_thread=True)
def services(request: Req) -> Response[str]:
    """Every service with what it costs before any answer, from the price book in force."""
    with transaction() as session:
        categories = catalogue.categories(session, now=clock.now())
    return page(request, "pages/admin/services.html", categories=categories)


routes = [overview, services]
