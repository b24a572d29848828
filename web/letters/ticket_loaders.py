"""What a resident is told of a ticket: taken, delayed until when, done, or called off. Who comes stands on the page."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from booking.jobs import letters
from booking.jobs.rules import JobNotFound
from booking.jobs.words import Event, State
from booking.tickets import queries
from marketplace.catalogue import queries as catalogue
from marketplace.notices.queries import Delivery
from marketplace.organizations.queries import home
from marketplace.people.queries import person
from web.letters.facts import Address, Code, Facts, Gone, facts_for

STEPS = {
    Event.ACCEPT: "taken", Event.ASSIGN: "taken", Event.REASSIGN: "taken", Event.DELAY: "delayed",
    Event.COMPLETE: "done",
}  # fmt: skip


@facts_for("ticket_news")
def _news(session: Session, delivery: Delivery, now: datetime) -> Facts:
    event = letters.told(session, UUID(delivery.ids["event"]))
    try:
        ticket = queries.read_by_resident(session, event.job, delivery.person_id, at=now)
    except JobNotFound:
        raise Gone from None
    step, until = STEPS.get(event.event, "off"), now
    if step == "delayed":
        until = datetime.fromisoformat(event.facts["promised_end"])
    elif step == "done":
        if ticket.state is not State.COMPLETED:
            raise Gone
        completed = max(each.at for each in ticket.steps if each.event is Event.COMPLETE)
        until = completed + timedelta(hours=home(session).settings["auto_accept_hours"])
    language = person(session, delivery.person_id).language
    service = catalogue.service(session, ticket.service, now=now).title[language]
    page = Address(f"tickets/{event.job}")
    return {"service": service, "number": Code(ticket.number), "step": step, "until": until, "page": page}
