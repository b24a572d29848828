"""What a person reads when something is refused, missing or broken: a page, or problem+json for the API."""

import secrets
from typing import Any

from litestar import Request, Response
from litestar.exceptions import HTTPException, NotAuthorizedException, ValidationException
from litestar.response import Redirect
from litestar.types import ExceptionHandlersMap
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionFree

from marketplace.foundation import logs
from marketplace.foundation.errors import Refused
from web import answers
from web.respond import page, wants_json

BUSY = {"retry-after": "2"}


def refused(request: Request[Any, Any, Any], refusal: Refused) -> Response[Any]:
    """A rule said no, and the page had no field to say it beside."""
    said = answers.answer(refusal, request)
    if wants_json(request):
        return answers.problem(request, said.status, said.sentence, type(refusal).__name__, answers.facts_of(refusal))
    return page(request, "pages/refused.html", status=said.status, sentence=said.sentence, status_code=said.status)


def http_error(request: Request[Any, Any, Any], error: HTTPException) -> Response[Any]:
    """404, 405, 413 and their like, in words."""
    if isinstance(error, NotAuthorizedException) and not wants_json(request):
        back = request.url.path if request.method == "GET" else "/"
        return Redirect(f"/sign-in?next={back}", status_code=303)
    status = 400 if isinstance(error, ValidationException) else error.status_code
    sentence = answers.status_sentence(request, status)
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


def _broken(request: Request[Any, Any, Any], error: Exception, status: int) -> Response[Any]:
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
    Exception: unexpected,
}
