"""What one household of a practice town keeps: an air conditioner with two visits in its history, and a plan for it."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from booking.availability.windows import local_day
from booking.jobs import lists
from booking.jobs import queries as jobs
from booking.jobs.words import State
from booking.plans import actions as plans
from booking.plans import equipment
from booking.plans.actions import NewPlan
from booking.plans.equipment import Described
from booking.plans.rules import Interval, Unit, Wish
from marketplace.catalogue import queries as catalogue
from marketplace.foundation.calendars import Calendar
from marketplace.foundation.ids import PersonId, derived
from marketplace.organizations.queries import home
from web.cast import Cast, Member

SERVICE: Final = "ac_service"
CLEANED: Final = (10, 4)  # days ago
DUE_IN: Final = timedelta(days=9)  # so that a newcomer sees it wait, and not a proposal that nobody has answered
BEDROOM = {"bn": "শোবার ঘর", "fa": "اتاق خواب", "ar": "غرفة النوم", "en": "Bedroom"}
DONE = (State.COMPLETED, State.APPROVED, State.CLOSED)


def household(cast: Cast) -> Member:
    """Whose it is: the first customer who can sign in."""
    return next(member for member in cast.people if member.role == "customer")


def keep(session: Session, cast: Cast, *, now: datetime) -> UUID | None:
    """Note the air conditioner, its visits and a monthly plan; None where none of the visits came to an end."""
    owner = household(cast).id
    past = _visits(session, owner, now=now)
    if not past:
        return None
    mine = jobs.for_customer(session, past[0], owner, now=now)
    if mine.address is None:
        return None
    here = home(session)
    described = Described("split_ac", BEDROOM[here.language], "General", "ASGA18", address=mine.address)
    piece = equipment.add(session, described, customer=owner, command_id=derived("kept", owner), now=now)
    for job in past:
        equipment.name_visit(session, piece, job, customer=owner, now=now)
    calendar: Calendar = "jalali" if here.language == "fa" else "gregorian"
    interval = Interval(1, Unit.MONTHS, local_day(now, here.time_zone) + DUE_IN, calendar)
    new = NewPlan(mine.service, mine.answers, mine.address, interval, Wish(band="morning", same_person=True), piece)
    shown = plans.price(session, new, now=now).total
    return plans.start(session, new, customer=owner, shown=shown, command_id=derived("kept", piece), now=now)


def _visits(session: Session, owner: PersonId, *, now: datetime) -> list[UUID]:
    """The household's visits for this work that came to an end, latest first."""
    service = catalogue.service(session, SERVICE, now=now).id
    return [card.id for card in lists.of_customer(session, owner) if card.service == service and card.state in DONE]
