"""A command that comes twice: the API's Idempotency-Key and a form's hidden command id."""

import hmac
from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

import msgspec
from litestar import Response
from sqlalchemy.orm import Session

from marketplace.foundation import clock, repeats
from marketplace.foundation.errors import Refused
from marketplace.foundation.ids import derived, uuid7
from marketplace.foundation.repeats import Answer
from web.identity import Req


class NoIdempotencyKey(Refused):
    """A POST of the API came without an Idempotency-Key, or with one that is no UUID."""


def command_id(request: Req, data: Mapping[str, Any] | None = None) -> UUID:
    """The id of this command: the header of the API, the hidden field of a form; a form without one gets a new one.

    Refuses NoIdempotencyKey on the API.
    """
    given = request.headers.get("idempotency-key", "")
    typed = str((data or {}).get("command_id", ""))
    try:
        return UUID(given or typed)
    except ValueError:
        if request.url.path.startswith("/api/"):
            raise NoIdempotencyKey from None
        return uuid7()


def form_once(session: Session, request: Req, data: Mapping[str, Any], work: Callable[[], UUID]) -> UUID:
    """What a form made, by its id, in this transaction; the same form with the same words gets the same id and does
    nothing more. Other words in it (somebody went back and corrected them) are another command.

    Refuses whatever `work` refuses: then nothing is kept.
    """
    typed = sorted((name, str(value)) for name, value in data.items() if name != "form_token")
    secret = request.app.state.settings.session_secret.encode()
    words = hmac.digest(secret, msgspec.json.encode(typed), "sha256")  # a bare digest of a number could be guessed
    chosen, principal = derived(command_id(request, data), words.hex()), request.user.name
    route = f"{request.method} {request.url.path}"
    before = repeats.claim(session, principal=principal, command_id=chosen, route=route, body=words, now=clock.now())
    if before is not None:
        return UUID(str(before.body["id"]))
    made = work()
    repeats.keep(session, principal=principal, command_id=chosen, answer=Answer(303, {"id": str(made)}))
    return made


def once(session: Session, request: Req, body: object, work: Callable[[UUID], Answer]) -> Response[dict[str, object]]:
    """Carry out an API command in this transaction, or give the answer it had before.

    `work` gets the command's id. Refuses NoIdempotencyKey, KeyReusedForAnother, and whatever `work` refuses: then
    nothing is kept, as nothing was done.
    """
    chosen = command_id(request)
    principal, route = request.user.name, f"{request.method} {request.url.path}"
    answer = repeats.claim(
        session, principal=principal, command_id=chosen, route=route, body=msgspec.json.encode(body), now=clock.now()
    )
    if answer is None:
        answer = work(chosen)
        repeats.keep(session, principal=principal, command_id=chosen, answer=answer)
    return Response(answer.body, status_code=answer.status)
