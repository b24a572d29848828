"""The answer of a command, kept with its Idempotency-Key: what was done, or what was recorded and then refused."""

from collections.abc import Callable
from typing import TypeVar
from uuid import UUID

import msgspec
from litestar import Response
from sqlalchemy.orm import Session

from booking.jobs.actions import Fired
from marketplace.foundation.database import transaction
from marketplace.foundation.errors import Refused
from marketplace.foundation.repeats import Answer
from web.api.amounts import Moved
from web.identity import Req
from web.once import once
from web.sentences import ANSWERS

Result = TypeVar("Result")
RECORDED = 499  # never sent: the command was committed (a wrong code is counted), and its answer is a refusal


def carry_out(
    request: Req, body: object, work: Callable[[Session, UUID], Answer], kind: type[Result]
) -> Response[Result]:
    """Do a command in a transaction of its own, or give the answer it had before. Refuses as `once` does."""
    with transaction() as session:
        kept = once(session, request, body, lambda command: work(session, command))
    return told(kept, kind)


def done(result: msgspec.Struct, status: int = 200) -> Answer:
    """What a command answers, now and whenever it is repeated."""
    body: dict[str, object] = msgspec.to_builtins(result)
    return Answer(status, body)


def refused(refusal: Refused) -> Answer:
    """A refusal that has to be committed first; `told` raises it after the transaction."""
    facts: dict[str, object] = msgspec.to_builtins(refusal)
    return Answer(RECORDED, {"refusal": type(refusal).__name__, "facts": facts})


def moved(fired: Fired) -> Answer:
    """What an event did to its job."""
    if fired.refusal is not None:
        return refused(fired.refusal)
    return done(Moved(id=fired.job_id, number=fired.number, state=fired.state.value, version=fired.version))


def told(kept: Response[dict[str, object]], kind: type[Result]) -> Response[Result]:
    """The kept answer as what it is. Raises the refusal that was recorded."""
    if kept.status_code == RECORDED:
        raise _refusal(kept.content)
    return Response(msgspec.convert(kept.content, kind), status_code=kept.status_code)


def _refusal(body: dict[str, object]) -> Refused:
    kind = next(each for each in ANSWERS if each.__name__ == body["refusal"])
    made: Refused = msgspec.convert(body["facts"], kind)
    return made
