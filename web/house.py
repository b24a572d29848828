"""The house's own recurring work: sealing the journal and dropping what no one needs any more."""

from datetime import timedelta

from sqlalchemy import delete
from sqlalchemy.orm import Session

from marketplace.foundation import audit, clock, repeats
from marketplace.foundation.outbox import Outbox
from marketplace.foundation.tasks import task

DONE_KEPT = timedelta(days=7)


@task("house.seal")
def seal(session: Session) -> None:
    """Chain the journal's new rows."""
    audit.seal_journal(session)


@task("house.tidy")
def tidy(session: Session) -> None:
    """Drop answered commands and finished work after their time."""
    now = clock.now()
    repeats.forget_old(session, now=now)
    session.execute(delete(Outbox).where(Outbox.state == "done", Outbox.done_at < now - DONE_KEPT))
