"""The policy: every version under its own address for ever, generated from what the database really stores."""

from litestar import Response, get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from marketplace.privacy import queries as privacy
from web.identity import Req
from web.respond import page


@get("/policy", opt={"policy": "public.read"}, sync_to_thread=True)
def current(request: Req) -> Response[str]:
    """The version in force."""
    with transaction() as session:
        found = privacy.current_policy(session, now=clock.now())
        versions = privacy.versions(session)
    if found is None:
        raise NotFoundException
    return page(request, "pages/public/policy.html", policy=found, versions=versions, in_force=found.number)


@get("/policy/{number:int}", opt={"policy": "public.read"}, sync_to_thread=True)
def one_version(request: Req, number: FromPath[int]) -> Response[str]:
    """One version, in force, not yet, or no more; its page says which."""
    with transaction() as session:
        found = privacy.policy(session, number) if 0 < number < 1_000_000 else None
        now_in_force = privacy.current_policy(session, now=clock.now())
        versions = privacy.versions(session)
    if found is None:
        raise NotFoundException
    in_force = now_in_force.number if now_in_force else 0
    return page(request, "pages/public/policy.html", policy=found, versions=versions, in_force=in_force)


@get("/promises", opt={"policy": "public.read"}, sync_to_thread=True)
def promises(request: Req) -> Response[str]:
    """What anybody may hold us to, on one page."""
    return page(request, "pages/public/promises.html")


@get("/help", opt={"policy": "public.read"}, sync_to_thread=True)
def get_help(request: Req) -> Response[str]:
    """The ways to reach a person, and where to find what most people ask for."""
    with transaction() as session:
        found = privacy.current_policy(session, now=clock.now())
    who = next((part for part in found.page.sections if part.key == "who"), None) if found else None
    return page(request, "pages/public/help.html", responsible=who)


routes = [current, one_version, promises, get_help]
