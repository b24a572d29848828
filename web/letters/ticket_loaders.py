"""What a resident is told of a ticket: taken, delayed until when, done, or called off. Who comes stands on the page.

And what a team is told: that one waits, where and until when. Of the resident no word, name or number is in it.
"""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from booking.jobs import letters
from booking.jobs.rules import JobNotFound
from booking.jobs.words import Event, State
from booking.tickets import queries, telling
from booking.tickets.telling import Step
from marketplace.catalogue import queries as catalogue
from marketplace.notices.queries import Delivery
from marketplace.organizations.queries import home
from marketplace.people.queries import person
from web.letters.facts import Address, Code, Facts, Gone, facts_for
from web.respond import formatter_for

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


@facts_for("ticket_waiting")
def waiting(session: Session, delivery: Delivery, now: datetime) -> Facts:
    """Raises Gone where the reader is not in the team any more, or it waits no more."""
    id, me = UUID(delivery.ids["job"]), delivery.person_id
    step = Step(delivery.ids["step"])
    try:
        told = telling.word(session, id, me, step, at=now)
    except JobNotFound:
        raise Gone from None
    language = person(session, me).language
    trades = {each.key: each.title for each in catalogue.categories(session, now=now)}
    unit = formatter_for(language, home(session)).number_text(told.unit_label)
    return {
        "trade": trades[told.trade][language] if told.trade in trades else told.trade, "unit": unit,
        "building": told.building_name, "urgency": told.urgency.value, "step": step.value, "until": told.due_at,
        "page": Address(f"work/tickets/{id}"),
    }  # fmt: skip
