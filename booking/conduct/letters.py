"""The letters of a proceeding, each once; their text is made at the edge from ids alone."""

from datetime import datetime

from sqlalchemy.orm import Session

from booking.conduct.tables import Proceeding
from marketplace.foundation.ids import PersonId, derived
from marketplace.notices import actions as notices


def tell(session: Session, row: Proceeding, letter: str, *, now: datetime) -> None:
    """Send the specialist this letter about this proceeding."""
    session.flush()
    key = derived("letter", row.id, letter)
    notices.send(session, to=PersonId(row.specialist_id), letter=letter, key=key, now=now, proceeding=row.id)
