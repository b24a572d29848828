"""What a person reads when something is refused, missing or broken: a page, or problem+json for the API."""

import secrets
from typing import Any
from urllib.parse import quote

from litestar import Request, Response
from litestar.exceptions import HTTPException, NotAuthorizedException, ValidationException
from litestar.response import Redirect
from litestar.types import ExceptionHandlersMap
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionFree

from marketplace.foundation import logs
from marketplace.foundation.errors import Refused
from web import answers
from web.first import ComesFirst
from web.identity import cookie_name, preference_of, visitor_of
from web.respond import page, wants_json
from web.sentences import COMES_FIRST, NO_COOKIE

BUSY = {"retry-after": "2"}


def refused(request: Request[Any, Any, Any], refusal: Refused) -> Response[Any]:
    """A rule said no, and the page had no field to say it beside."""
    _know(request)
    said = answers.answer(refusal, request)
    if wants_json(request):
        return answers.problem(request, said.status, said.sentence, type(refusal).__name__, answers.facts_of(refusal))
    return page(request, "pages/refused.html", status=said.status, sentence=said.sentence, status_code=said.status)


def http_error(request: Request[Any, Any, Any], error: HTTPException) -> Response[Any]:
    """404, 405, 413 and their like, in words."""
    _know(request)
    if isinstance(error, ComesFirst):
        if wants_json(request):
            said = answers.sentence(request, COMES_FIRST)
            return answers.problem(request, error.status_code, said, "comes-first", {"path": error.path})
        return Redirect(error.path, status_code=303)
    if isinstance(error, NotAuthorizedException) and not wants_json(request):
        query = f"?{request.url.query}" if request.url.query else ""
        back = f"{request.url.path}{query}" if request.method == "GET" else "/"
        return Redirect(f"/sign-in?next={quote(back, safe='/')}", status_code=303)
    status = 400 if isinstance(error, ValidationException) else error.status_code
    sentence = answers.status_sentence(request, status)
    if status == 403 and cookie_name(request.app.state.settings) not in request.cookies:
        sentence = answers.sentence(request, NO_COOKIE)
    headers = BUSY if status in (429, 503) else None
    if wants_json(request):
        return answers.problem(request, status, sentence, f"http-{status}", {})
    return page(request, "pages/refused.html", status=status, sentence=sentence, status_code=status, headers=headers)


def database_error(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """A lock waited for too long, no connection free, or the database away: safe to try again."""
    busy = isinstance(error, NoConnectionFree | OperationalError)
    return _broken(request, error, 503 if busy else 500)


def unexpected(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """A mistake of ours: the person gets a reference, the log its type and place."""
    return _broken(request, error, 500)


def too_deep(request: Request[Any, Any, Any], _: RecursionError) -> Response[Any]:
    """Brackets in brackets in brackets: the decoder of JSON gives up so, and nothing of ours calls itself that deep."""
    return http_error(request, HTTPException(status_code=400))


def _know(request: Request[Any, Any, Any]) -> None:
    """Give a reader to requests that ended before the middleware: an unknown address, a method not taken."""
    if request.scope.get("user") is None:
        request.scope["user"] = visitor_of(request)
        request.scope["state"]["preference"] = preference_of(request)


def _broken(request: Request[Any, Any, Any], error: Exception, status: int) -> Response[Any]:
    _know(request)
    reference = secrets.token_hex(4)
    handler = request.scope.get("route_handler")
    logs.get().error(
        "request.failed", exc_info=error, status=status, reference=reference, route=getattr(handler, "name", ""),
        method=request.method,
    )  # fmt: skip
    sentence = answers.status_sentence(request, status)
    if wants_json(request):
        return answers.problem(request, status, sentence, f"http-{status}", {"reference": reference})
    return page(
        request, "pages/refused.html", status=status, sentence=sentence, status_code=status, reference=reference,
        headers=BUSY if status == 503 else None,
    )  # fmt: skip


HANDLERS: ExceptionHandlersMap = {
    Refused: refused,
    HTTPException: http_error,
    DBAPIError: database_error,
    NoConnectionFree: database_error,
    RecursionError: too_deep,
    Exception: unexpected,
}
