"""What has served its time goes: tries, codes and links after a day, ended sessions after their retention."""

from datetime import datetime, timedelta

from sqlalchemy import delete, or_, update
from sqlalchemy.orm import Session

from marketplace.foundation.registry import RETENTIONS
from marketplace.people.rules import DAY
from marketplace.people.tables import Attempt, OneTimeCode, ResetLink, WebSession


def sweep(session: Session, *, now: datetime) -> None:
    """Delete what is past its retention; safe to run at any time."""
    session.execute(delete(Attempt).where(Attempt.at <= now - DAY))
    session.execute(delete(OneTimeCode).where(OneTimeCode.expires_at <= now - DAY))
    session.execute(delete(ResetLink).where(ResetLink.expires_at <= now - DAY))
    kept = timedelta(days=RETENTIONS["session"] or 0)
    session.execute(
        delete(WebSession).where(or_(WebSession.ended_at <= now - kept, WebSession.last_seen_at <= now - 2 * kept))
    )
    visitors = update(WebSession).where(WebSession.person_id.is_(None), WebSession.last_seen_at <= now - DAY)
    session.execute(visitors.where(WebSession.ended_at.is_(None)).values(ended_at=now, ended_because="idle"))
