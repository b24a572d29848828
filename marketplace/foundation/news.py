"""News for open pages: that something changed, told at COMMIT. Carries an id and a number, never content.

PostgreSQL's NOTIFY brings it to every web process, with or without Redis. A page that hears it asks for its own part
again, under its own rights; one that missed it reads the same on its next look.
"""

from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

CHANNEL = "karigar_news"


def announce(session: Session, kind: str, ref: UUID, number: int = 0) -> None:
    """Tell open pages, when this transaction commits, that `kind` (such as "job") `ref` has come to `number`."""
    session.execute(select(func.pg_notify(CHANNEL, f"{kind} {ref} {number}")))
