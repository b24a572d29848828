"""Every refusal's status and sentence: the only place that has both.

`ANSWERS` grows in `web/sentences/`, one file for each floor, so that the words of a room stand together. A sentence
says what is the matter and what to do next; its `{facts}` are the fields of the refusal.
"""

import dataclasses
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from litestar import Request, Response

from marketplace.foundation.errors import Refused
from marketplace.foundation.money import Money
from web.identity import Principal
from web.respond import reader_of
from web.sentences import ANSWERS, STATUSES
from web.templating import Words, plain


@dataclasses.dataclass(frozen=True)
class Said:
    """A refusal in the reader's words."""

    status: int
    sentence: str


def answer(refusal: Refused, request: Request[Any, Any, Any]) -> Said:
    """The status and the sentence, in the reader's language with its digits and calendar."""
    status, message = ANSWERS[type(refusal)]
    words = Words(reader_of(request).formatter)
    facts = {name: value for name, value in _fields(refusal).items() if f"{{{name}}}" in message}
    return Said(status, plain(words.gettext(message, **facts)))


def beside(errors: Mapping[str, Refused], request: Request[Any, Any, Any]) -> dict[str, str]:
    """The sentence for each faulty field of a form."""
    return {name: answer(refusal, request).sentence for name, refusal in errors.items()}


def status_sentence(request: Request[Any, Any, Any], status: int) -> str:
    """What a person reads for an HTTP status that no rule gave."""
    return sentence(request, STATUSES.get(status) or (STATUSES[500] if status >= 500 else STATUSES[400]))


def sentence(request: Request[Any, Any, Any], message: str, **facts: object) -> str:
    """A sentence marked with `N_`, with its facts, in the reader's language."""
    return plain(Words(reader_of(request).formatter).gettext(message, **facts))


def facts_of(refusal: Refused) -> dict[str, object]:
    """A refusal's facts as JSON; ids and codes as text, money as minor units with its currency."""
    return {name: _as_json(value) for name, value in _fields(refusal).items()}


def problem(
    request: Request[Any, Any, Any], status: int, sentence: str, kind: str, facts: Mapping[str, object]
) -> Response[dict[str, object]]:
    """problem+json (RFC 9457) in the reader's language."""
    principal: Principal = request.scope["user"]
    body = {"type": kind, "title": sentence, "status": status, "detail": sentence, **facts}
    return Response(
        body,
        status_code=status,
        media_type="application/problem+json",
        headers={"content-language": principal.language},
    )


def _fields(refusal: Refused) -> dict[str, Any]:
    return {name: getattr(refusal, name) for name in getattr(refusal, "__dataclass_fields__", ())}


def _as_json(value: Any) -> object:
    match value:
        case Money():
            return {"minor": value.minor, "currency": value.currency}
        case datetime() | date():
            return value.isoformat()
        case UUID():
            return str(value)
        case Refused():
            return {"type": type(value).__name__, **facts_of(value)}
        case Mapping():
            return {str(key): _as_json(each) for key, each in value.items()}
        case str() | int() | float() | None:
            return value
        case list() | tuple() | set() | frozenset():
            return [_as_json(each) for each in value]
    return str(value)
