"""How well batches matched: each with its gap, and whether decisions come out again (D5, D7)."""

from dataclasses import dataclass
from datetime import timedelta

from litestar import Response, get
from sqlalchemy.orm import Session

from booking.dispatch import health
from marketplace.foundation import audit, clock
from marketplace.foundation.audit import Entry
from marketplace.foundation.database import transaction
from web.identity import Req
from web.pages.dispatch.words import minutes
from web.respond import page

DAYS = 7


@dataclass(frozen=True)
class Check:
    """What the nightly check found."""

    entry: Entry

    @property
    def decisions(self) -> int:
        return int(self.entry.facts.get("decisions") or 0)

    @property
    def differing(self) -> int:
        return int(self.entry.facts.get("differing") or 0)


@get("/dispatch/batches", opt={"policy": "rules.read"}, sync_to_thread=True)
def show(request: Req) -> Response[str]:
    """The last batches with their gaps, the median of a week, and the last check that decisions come out again."""
    with transaction() as session:
        lines = health.last_batches(session)
        week = health.gaps(session, since=clock.now() - timedelta(days=DAYS))
        check = _check(session)
    return page(request, "pages/dispatch/batches.html", lines=lines, week=week, check=check, days=DAYS, minutes=minutes)


def _check(session: Session) -> Check | None:
    entries = audit.entries(session, action="dispatch.decisions_replayed", limit=1)
    return Check(entries[0]) if entries else None


routes = [show]
