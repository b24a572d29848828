"""What happens after the work by itself."""

from uuid import UUID

from sqlalchemy.orm import Session

from booking.care import actions
from marketplace.foundation import clock
from marketplace.foundation.tasks import task


@task("care.open_ratings")
def open_ratings(session: Session, id: str) -> None:
    """Seven days after approval, whether the other side has rated or not."""
    actions.open_ratings(session, UUID(id), now=clock.now())
