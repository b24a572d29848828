"""What privacy asks for later."""

from uuid import UUID

from sqlalchemy.orm import Session

from marketplace.foundation import clock
from marketplace.foundation.ids import PersonId
from marketplace.foundation.tasks import task
from marketplace.privacy import actions


@task("privacy.shred")
def shred(session: Session, *, person: str) -> None:
    """The key and the files of somebody who was erased."""
    actions.shred(session, person=PersonId(UUID(person)), now=clock.now())
