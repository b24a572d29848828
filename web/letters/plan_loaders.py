"""What the letter about a changed day tells."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from booking.dispatch import planning_queries
from booking.dispatch.planning_rules import PlanNotFound
from marketplace.notices.queries import Delivery
from web.letters.facts import Address, Facts, Gone, facts_for


@facts_for("day_changed")
def _day_changed(session: Session, delivery: Delivery, _: datetime) -> Facts:
    try:
        day, changed = planning_queries.changed_for(session, UUID(delivery.ids["plan"]), delivery.person_id)
    except PlanNotFound:
        raise Gone from None
    return {"day": day, "visits": len(changed.moved), "page": Address("work")}
