"""What happens to plans by the clock."""

from uuid import UUID

from sqlalchemy.orm import Session

from booking.plans import engine
from marketplace.foundation import clock
from marketplace.foundation.tasks import task


@task("plans.look")
def look(session: Session, *, id: str) -> None:
    """See what is due: the next visit, or the end of the one before."""
    engine.look(session, UUID(id), now=clock.now())
