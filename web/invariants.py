"""What must always hold of jobs, offers, contact and letters: one figure each, 0 when it does (lifecycle.md E.8)."""

from sqlalchemy.orm import Session


def figures(session: Session) -> dict[str, int]:
    """Each invariant with the number of rows that break it."""
    return {}
