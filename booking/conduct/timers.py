"""What a proceeding makes due later: rows with a due time, compared again with its own times when they come."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from marketplace.foundation.ids import derived
from marketplace.foundation.outbox import enqueue


def later(session: Session, id: UUID, name: str, due_at: datetime) -> None:
    """Look at this proceeding again at that moment; asked twice for the same, it is looked at once."""
    enqueue(session, "conduct.due", due_at=due_at, key=derived("conduct", id, name), id=id)
