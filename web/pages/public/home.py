"""The first page, search, and whether we come to a place: open to everybody, without a cookie."""

from litestar import Response, get

from marketplace.catalogue import queries as catalogue
from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from web import home as house
from web.identity import Req
from web.parts import Filled
from web.respond import page

LONGEST_SEARCH = 100


@get("/", opt={"policy": "public.read"}, sync_to_thread=True)
def first_page(request: Req) -> Response[str]:
    """What needs doing? The six categories, a search, and what we promise."""
    with transaction() as session:
        categories = catalogue.categories(session, now=clock.now())
    return page(request, "pages/public/home.html", categories=categories)


@get("/search", opt={"policy": "public.read"}, sync_to_thread=True)
def search(request: Req) -> Response[str]:
    """Services and parts of the town that the words may mean, in any script and digits."""
    words = _words(request)
    organization = house.home().id
    with transaction() as session:
        found = catalogue.search(session, words) if words else []
        zones = catalogue.search_zones(session, organization, words) if words else []
        categories = catalogue.categories(session, now=clock.now())
    cards = {card.id: (category, card) for category in categories for card in category.services}
    return page(
        request, "pages/public/search.html", words=words, form=Filled({"q": words}), zones=zones[:5],
        services=[cards[each.service] for each in found if each.service in cards], categories=categories,
    )  # fmt: skip


@get("/area", opt={"policy": "public.read"}, sync_to_thread=True)
def area(request: Req) -> Response[str]:
    """Do we come there? By the name of the place, in any of the four scripts."""
    words = _words(request)
    organization = house.home().id
    with transaction() as session:
        served = catalogue.zones(session, organization, language=request.user.language)
        found = catalogue.search_zones(session, organization, words) if words else []
    return page(
        request, "pages/public/area.html", words=words, form=Filled({"q": words}), found=found, served=served
    )  # fmt: skip


routes = [first_page, search, area]


def _words(request: Req) -> str:
    return request.query_params.get("q", "").replace("\x00", "")[:LONGEST_SEARCH].strip()
