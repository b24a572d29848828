"""Matching that happens later: after a large import, when a gateway has answered, and once a night over everything."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from marketplace.foundation import clock
from marketplace.foundation.ids import derived
from marketplace.foundation.outbox import enqueue
from marketplace.foundation.tasks import task
from payments.reconciliation import actions
from payments.topups import actions as topups

MOST_ASKED = 200
_FORGOTTEN = text("""
    SELECT a.ours FROM recon_exception e JOIN topup_attempt a ON a.id = e.named
     WHERE e.kind = 'paid_not_credited' AND e.closed_at IS NULL AND e.gateway = :gateway AND a.ours IS NOT NULL
     ORDER BY abs(e.value) DESC, e.id OFFSET :first LIMIT :most""")


_OWNERS = text("""
    SELECT DISTINCT ON (gateway) gateway, imported_by FROM statement_file ORDER BY gateway, imported_at DESC, id""")


@task("reconciliation.match")
def match(session: Session, *, gateway: str, by: str, whole: str = "") -> None:
    """Match what waits, in one transaction: broken off, it begins again as if it had not been."""
    session.execute(text("SET LOCAL statement_timeout = '30min'"))
    actions.match(session, gateway=gateway, by=UUID(by), now=clock.now(), whole=whole == "yes")


@task("reconciliation.sweep")
def sweep(session: Session) -> None:
    """Look over everything once a day, gateway by gateway; what is found belongs to whoever brought the last file."""
    day = clock.now().date().isoformat()
    for gateway, by in session.execute(_OWNERS).all():
        key = derived("reconciliation", gateway, "sweep", day)
        enqueue(session, "reconciliation.match", key=key, gateway=gateway, by=by, whole="yes")


@task("reconciliation.ask")
def ask(session: Session, *, gateway: str, first: str = "0") -> None:
    """Ask the gateway about payments that nobody credited, the largest first, so many at a time."""
    found = list(session.scalars(_FORGOTTEN, {"gateway": gateway, "first": int(first), "most": MOST_ASKED}))
    now = clock.now()
    topups.wake(session, gateway=gateway, ours=found, now=now)
    if len(found) == MOST_ASKED:
        after, key = int(first) + MOST_ASKED, derived("reconciliation", gateway, "ask", first, int(now.timestamp()))
        enqueue(session, "reconciliation.ask", due_at=now + timedelta(minutes=1), key=key, gateway=gateway, first=after)
