"""Who may bid: the question as it is announced, and its answers, at the opening and again at the close."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from booking.availability.windows import local_day
from booking.dispatch import candidates
from booking.dispatch.bid_rules import ELIGIBLE, barred_by
from booking.dispatch.candidates import Search
from marketplace.foundation.ids import PersonId
from marketplace.specialists import queries as specialists
from marketplace.specialists.queries import Candidate
from marketplace.specialists.rules import NotASpecialist

GONE = "standing"  # who is no specialist any more


def question(search: Search) -> dict[str, Any]:
    """The question in plain values: the rules by name, and what they are asked of."""
    return {
        "rules": list(ELIGIBLE),
        "skills": sorted(search.skills),
        "zone": str(search.zone),
        "on": local_day(search.window.start, search.policy.time_zone).isoformat(),
    }


def allowed(session: Session, search: Search, *, only: Collection[UUID] | None = None) -> dict[PersonId, Candidate]:
    """Who may bid now, by their ids: skilled, in good standing, serving the area, not blocked; never the customer."""
    on = local_day(search.window.start, search.policy.time_zone)
    people = None if only is None else [PersonId(each) for each in only]
    found = specialists.candidates(session, skills=search.skills, zone_id=search.zone, on=on, only=people)
    out = {*specialists.blocked(session, search.job.customer, [each.specialist for each in found]), search.job.customer}
    return {each.specialist: each for each in found if each.specialist not in out}


def reasons(session: Session, search: Search, people: Sequence[UUID], *, now: datetime) -> dict[UUID, str]:
    """For people who may bid no longer: the first rule that says so."""
    found = {}
    for each in people:
        try:
            one = candidates.one(session, search, PersonId(each), round=0, now=now)
        except NotASpecialist:
            found[each] = GONE
        else:
            found[each] = barred_by(one) or GONE
    return found
