"""What one of a team does with a ticket: take it, begin, delay, go on, finish, give it back, or say that it cannot be.

Each is a noun that is posted to. The same command again changes nothing; what is refused is told on the ticket.
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from booking.availability.rules import BANDS
from booking.availability.windows import at_local, local_day
from booking.jobs.actions import Fired
from booking.jobs.rules import JobNotFound, NewTimeNeeded
from booking.jobs.words import REASONS, Event
from booking.tickets import actions
from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from marketplace.foundation.errors import Refused
from marketplace.foundation.periods import Period
from web import once
from web.forms import FormBody
from web.forms.fields import Fields
from web.home import home
from web.identity import Req
from web.pages.specialist import words
from web.pages.specialist.acts import Answer, filled
from web.pages.specialist.tickets import show
from web.parts import Choice, Filled
from web.respond import reader_of, see_other

DAYS_AHEAD: Final = 14
ENDS: Final = {"return": Event.CANCEL_BY_WORKER, "failure": Event.FAIL}


@post("/work/tickets/{ticket:uuid}/taking", opt={"policy": "specialist.write"}, sync_to_thread=True)
def take(request: Req, ticket: FromPath[UUID], data: FormBody) -> Answer:
    """Have it, for the whole team to see (E.4 #12). Refuses JobNotFound."""
    return _act(request, ticket, data, actions.take)


@post("/work/tickets/{ticket:uuid}/start", opt={"policy": "specialist.write"}, sync_to_thread=True)
def start(request: Req, ticket: FromPath[UUID], data: FormBody) -> Answer:
    """Work begins (E.4 #18). Refuses JobNotFound."""
    return _act(request, ticket, data, actions.start)


@post("/work/tickets/{ticket:uuid}/resumption", opt={"policy": "specialist.write"}, sync_to_thread=True)
def resume(request: Req, ticket: FromPath[UUID], data: FormBody) -> Answer:
    """On from where the delay had found it (E.4 #20). Refuses JobNotFound."""
    return _act(request, ticket, data, actions.resume)


@post("/work/tickets/{ticket:uuid}/completion", opt={"policy": "specialist.write"}, sync_to_thread=True)
def complete(request: Req, ticket: FromPath[UUID], data: FormBody) -> Answer:
    """It is done; the resident is asked to confirm (E.4 #23). Refuses JobNotFound."""
    return _act(request, ticket, data, actions.complete)


@get("/work/tickets/{ticket:uuid}/delay", opt={"policy": "specialist.read"}, sync_to_thread=True)
def ask_delay(request: Req, ticket: FromPath[UUID]) -> Response[str]:
    """The reasons, and the days and hours that can be promised instead. Refuses JobNotFound."""
    return _delay_page(request, ticket, Filled(), 200)


@post("/work/tickets/{ticket:uuid}/delay", opt={"policy": "specialist.write"}, sync_to_thread=True)
def delay(request: Req, ticket: FromPath[UUID], data: FormBody) -> Answer:
    """It takes longer, with the reason and a new time; the resident is told once (E.4 #19). Refuses JobNotFound."""
    fields = Fields(data, request.user.language)
    reason = fields.choice("reason", REASONS[Event.DELAY])
    promised = _promised(fields, now=clock.now())
    if fields.errors or promised is None:
        return _delay_page(request, ticket, filled(request, fields), 422)
    facts = {"reason": reason, "start": promised.start, "end": promised.end}
    return _act(request, ticket, data, actions.delay, **facts)


@get("/work/tickets/{ticket:uuid}/return", opt={"policy": "specialist.read"}, sync_to_thread=True)
def ask_back(request: Req, ticket: FromPath[UUID]) -> Response[str]:
    """Giving it back: first what follows, then the reasons. Refuses JobNotFound."""
    return _end_page(request, ticket, "return", Filled(), 200)


@get("/work/tickets/{ticket:uuid}/failure", opt={"policy": "specialist.read"}, sync_to_thread=True)
def ask_failure(request: Req, ticket: FromPath[UUID]) -> Response[str]:
    """Saying that it cannot be done: first what follows, then the reasons. Refuses JobNotFound."""
    return _end_page(request, ticket, "failure", Filled(), 200)


@post("/work/tickets/{ticket:uuid}/return", opt={"policy": "specialist.write"}, sync_to_thread=True)
def give_back(request: Req, ticket: FromPath[UUID], data: FormBody) -> Answer:
    """It waits for the team again (E.4 #29). Refuses JobNotFound."""
    return _end(request, ticket, "return", data, actions.give_back)


@post("/work/tickets/{ticket:uuid}/failure", opt={"policy": "specialist.write"}, sync_to_thread=True)
def fail(request: Req, ticket: FromPath[UUID], data: FormBody) -> Answer:
    """It cannot be done (E.4 #34). Refuses JobNotFound."""
    return _end(request, ticket, "failure", data, actions.fail)


@get(
    [f"/work/tickets/{{ticket:uuid}}/{noun}" for noun in ("taking", "start", "resumption", "completion")],
    opt={"policy": "specialist.read"},
    sync_to_thread=False,
)
def back_to_ticket(ticket: FromPath[UUID]) -> Redirect:
    """The answer to a button, reloaded or read in another language."""
    return see_other(f"/work/tickets/{ticket}")


routes = [take, start, resume, complete, ask_delay, delay, ask_back, give_back, ask_failure, fail, back_to_ticket]


def _act(request: Req, ticket: UUID, data: Mapping[str, Any], act: Callable[..., Fired], **facts: Any) -> Answer:
    command, me = once.command_id(request, data), request.user.person_id
    try:
        with transaction() as session:
            act(session, ticket, by=me, command_id=command, now=clock.now(), **facts)
    except JobNotFound:
        raise
    except Refused as refusal:
        return show(request, ticket, refusal=refusal)
    return see_other(f"/work/tickets/{ticket}")


def _promised(fields: Fields, *, now: datetime) -> Period | None:
    """The chosen part of the chosen day, if it lies ahead."""
    zone = home().time_zone
    today = local_day(now, zone)
    day = fields.choice("day", [each.isoformat() for each in _days(today)])
    part = fields.choice("part", [each.code for each in BANDS])
    if not day or not part:
        return None
    band = next(each for each in BANDS if each.code == part)
    on = date.fromisoformat(day)
    end = at_local(on, band.to_hour, zone)
    if end <= now:
        fields.refuse("part", NewTimeNeeded())
        return None
    return Period(max(at_local(on, band.from_hour, zone), now), end)


def _days(today: date) -> list[date]:
    return [today + timedelta(days=ahead) for ahead in range(DAYS_AHEAD)]


def _delay_page(request: Req, ticket: UUID, form: Filled, status: int) -> Response[str]:
    formatter, now = reader_of(request).formatter, clock.now()
    zone = formatter.time_zone
    days = [(each, at_local(each, 12, zone)) for each in _days(local_day(now, zone))]
    day_choices = [
        Choice(each.isoformat(), formatter.day_month(each), hint=formatter.weekday(noon, short=True))
        for each, noon in days
    ]
    today = days[0][0]
    spans = [(each.code, at_local(today, each.from_hour, zone), at_local(today, each.to_hour, zone)) for each in BANDS]
    parts = [(code, formatter.time_range(start, end)) for code, start, end in spans]
    return show(
        request, ticket, template="ticket_delay", form=form, status=status,
        more={"days": day_choices, "parts": parts, "reasons": words.choices(request, words.REASONS[Event.DELAY])},
    )  # fmt: skip


def _end(request: Req, ticket: UUID, noun: str, data: Mapping[str, Any], act: Callable[..., Fired]) -> Answer:
    fields = Fields(data, request.user.language)
    reason = fields.choice("reason", REASONS[ENDS[noun]])
    if fields.errors:
        return _end_page(request, ticket, noun, filled(request, fields), 422)
    return _act(request, ticket, data, act, reason=reason)


def _end_page(request: Req, ticket: UUID, noun: str, form: Filled, status: int) -> Response[str]:
    reasons = words.choices(request, words.REASONS[ENDS[noun]])
    return show(
        request, ticket, template="ticket_end", form=form, status=status, more={"noun": noun, "reasons": reasons}
    )
