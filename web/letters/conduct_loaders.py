"""What the letters about conduct tell: numbers and times; what happened stands on the page, behind the sign-in."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from booking.conduct import queries, versions
from booking.conduct.queries import View
from booking.conduct.rules import ProceedingNotFound, Result, State
from marketplace.notices.queries import Delivery
from marketplace.organizations.queries import home
from marketplace.specialists.queries import local_day
from web.letters.facts import Address, Code, Facts, Gone, facts_for


@facts_for("conduct_rules")
def _rules(session: Session, delivery: Delivery, _: datetime) -> Facts:
    version = versions.of_id(session, UUID(delivery.ids["rules"]))
    day = local_day(version.in_force_from, home(session).time_zone)
    return {"day": day, "page": Address("work/standing")}


@facts_for("conduct_opened")
def _opened(session: Session, delivery: Delivery, _: datetime) -> Facts:
    found = _proceeding(session, delivery)
    if found.state is not State.OPEN:
        raise Gone
    return {
        "number": Code(found.number), "count": len(found.evidence), "paused": found.safety.begun_at is not None,
        "until": found.answer_until, "page": _page(found),
    }  # fmt: skip


@facts_for("conduct_decided")
def _decided(session: Session, delivery: Delivery, _: datetime) -> Facts:
    found = _proceeding(session, delivery)
    if found.appeal_until is None:
        raise Gone
    return {"number": Code(found.number), "until": found.appeal_until, "page": _page(found)}


@facts_for("conduct_over")
def _over(session: Session, delivery: Delivery, _: datetime) -> Facts:
    found = _proceeding(session, delivery)
    stands = found.result in (Result.STANDS, Result.LESSENED)
    withdrawn = found.result is Result.WITHDRAWN
    return {"number": Code(found.number), "stands": stands, "withdrawn": withdrawn, "page": _page(found)}


def _proceeding(session: Session, delivery: Delivery) -> View:
    try:
        return queries.own(session, UUID(delivery.ids["proceeding"]), delivery.person_id)
    except ProceedingNotFound:
        raise Gone from None


def _page(found: View) -> Address:
    return Address(f"work/standing/proceedings/{found.id}")
