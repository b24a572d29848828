"""What people asks for later."""

from sqlalchemy.orm import Session

from marketplace.foundation import clock
from marketplace.foundation.tasks import task
from marketplace.people import actions


@task("people.sweep")
def sweep(session: Session) -> None:
    """Once a day: what is past its retention goes."""
    actions.sweep(session, now=clock.now())
