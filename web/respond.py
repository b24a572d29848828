"""Answers of handlers: a page for this reader, a redirect after a POST, a fragment for a part of a page."""

from collections.abc import Collection, Mapping
from typing import Any

from litestar import MediaType, Request, Response
from litestar.datastructures import Cookie
from litestar.response import Redirect

from marketplace.foundation.languages import Formatter
from marketplace.organizations.queries import Organization
from web import templating
from web.home import home
from web.identity import Principal, form_token
from web.parts import House, Reader, SignedIn

HOME_OF_ROLE = {  # where each role's own pages begin, the busiest role first
    "specialist": "/work", "agent": "/desk", "finance": "/finance", "administrator": "/admin",
    "dispatcher": "/dispatch/board", "manager": "/admin", "compliance": "/admin", "customer": "/jobs",
}  # fmt: skip
HOME_OF_PARTS = "/compounds"


def formatter_for(language: str, here: Organization) -> Formatter:
    """How a reader of this language counts in this town: Jalali for Persian, the town's zone and currency words."""
    return Formatter(
        language,  # type: ignore[arg-type]  # checked against LANGUAGES where it came in
        here.time_zone,
        calendar="jalali" if language == "fa" else "gregorian",
        region=here.region,
    )


def reader_of(request: Request[Any, Any, Any]) -> Reader:
    """The one who reads this page."""
    principal: Principal = request.scope["user"]
    here = home()
    signed_in = (
        SignedIn(name="", home=home_of(principal), roles=frozenset(principal.roles)) if principal.signed_in else None
    )
    query = request.url.query
    return Reader(
        formatter=formatter_for(principal.language, here),
        theme=request.scope["state"]["preference"].theme,
        person=signed_in,
        house=House(name=here.name[principal.language], phone=here.phone),
        address=f"{request.url.path}?{query}" if query else request.url.path,
        form_token=form_token(request.app.state.settings, principal.token),
    )


def home_of(principal: Principal) -> str:
    """Where this person's own pages begin."""
    return home_of_roles(principal.roles, principal.parts)


def home_of_roles(roles: Collection[str], parts: Collection[str]) -> str:
    """Where somebody begins with these roles, and with those for a part of the house alone."""
    if parts and set(roles) <= {"customer"}:
        return HOME_OF_PARTS
    return next((path for role, path in HOME_OF_ROLE.items() if role in roles), "/jobs")


def page(
    request: Request[Any, Any, Any],
    template: str,
    *,
    status_code: int = 200,
    headers: Mapping[str, str] | None = None,
    **facts: object,
) -> Response[str]:
    """A page of `templates/`, in the reader's language."""
    reader = reader_of(request)
    text = templating.render(template, reader=reader, **facts)
    described = {"content-language": reader.language, **(headers or {})}
    return Response(text, status_code=status_code, media_type=MediaType.HTML, headers=described)


def fragment(request: Request[Any, Any, Any], template: str, block: str, **facts: object) -> Response[str]:
    """One block of a page, for the part of it that is asked for again."""
    text = templating.fragment(template, block, reader=reader_of(request), **facts)
    return Response(text, media_type=MediaType.HTML)


def see_other(path: str, *cookies: Cookie) -> Redirect:
    """What a form gets when it has succeeded: look there (303, or a browser may repeat the POST)."""
    return Redirect(path, status_code=303, cookies=list(cookies))


def wants_json(request: Request[Any, Any, Any]) -> bool:
    """The API, or a script that asks for JSON."""
    return request.url.path.startswith("/api/") or "application/json" in request.headers.get("accept", "")
