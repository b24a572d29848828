"""What closing does later: the second step of a signature, as soon as nobody can write into the day any more."""

from uuid import UUID

from sqlalchemy.orm import Session

from marketplace.foundation import clock, outbox
from marketplace.foundation.tasks import task
from payments.closing import actions
from payments.closing.rules import Outcome


@task("closing.finish")
def finish(session: Session, sign_off: str) -> None:
    """Sign what was begun; if somebody still writes, look again in a moment."""
    now = clock.now()
    if actions.finish(session, UUID(sign_off), now=now) is Outcome.WAITS:
        due = now + actions.TRY_AGAIN_AFTER
        outbox.enqueue(session, "closing.finish", sign_off=sign_off, due_at=due)
