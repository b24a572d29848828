"""Acts that are one button on the card: on the way, at the door, on again, begun with the customer's code.

Each is a noun that is posted to. The same command again changes nothing; what is refused is told on the card.
"""

from collections.abc import Mapping
from typing import Any, Unpack
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from booking.jobs import actions as jobs
from booking.jobs.rules import Facts, JobNotFound, StartCodeBlocked
from booking.jobs.words import WAIVERS, Event
from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from marketplace.foundation.errors import Refused
from marketplace.foundation.scripts import ascii_digits
from web import answers, once
from web.forms import FormBody
from web.forms.fields import Fields
from web.identity import Req
from web.pages.specialist.cards import actor_of, over, show
from web.parts import Filled
from web.respond import see_other

Answer = Response[str] | Redirect
BY_HAND = "by_hand"


@post("/work/jobs/{job_id:uuid}/departure", opt={"policy": "specialist.write"}, sync_to_thread=True)
def depart(request: Req, job_id: FromPath[UUID], data: FormBody) -> Answer:
    """On the way (E.4 #16)."""
    return _button(request, job_id, data, Event.DEPART)


@post("/work/jobs/{job_id:uuid}/arrival", opt={"policy": "specialist.write"}, sync_to_thread=True)
def arrive(request: Req, job_id: FromPath[UUID], data: FormBody) -> Answer:
    """At the door, told by hand, or with why the place could not tell it (E.4 #17)."""
    return _button(request, job_id, data, Event.ARRIVE, reason=Fields(data).raw("presence") or BY_HAND)


@post("/work/jobs/{job_id:uuid}/attendance", opt={"policy": "specialist.write"}, sync_to_thread=True)
def attend(request: Req, job_id: FromPath[UUID], data: FormBody) -> Answer:
    """There, said by one of the crew who does not lead it."""
    return _button(request, job_id, data, Event.ATTEND)


@post("/work/jobs/{job_id:uuid}/resumption", opt={"policy": "specialist.write"}, sync_to_thread=True)
def resume(request: Req, job_id: FromPath[UUID], data: FormBody) -> Answer:
    """On from where the delay had found it (E.4 #20)."""
    return _button(request, job_id, data, Event.RESUME)


@post("/work/jobs/{job_id:uuid}/start", opt={"policy": "specialist.write"}, sync_to_thread=True)
def start(request: Req, job_id: FromPath[UUID], data: FormBody) -> Answer:
    """Work begins with the customer's code, or with the reason why there is none (E.4 #18). Wrong codes are counted."""
    fields = Fields(data, request.user.language)
    waiver = fields.choice("waiver", WAIVERS, required=False)
    facts: Facts = {"waiver": waiver} if waiver else {"start_code": ascii_digits(fields.raw("code"))}
    if not fields.errors:
        try:
            fire(request, job_id, data, Event.START, **facts)
            return see_other(f"/work/jobs/{job_id}")
        except JobNotFound:
            return over(request, job_id)
        except Refused as refusal:
            if answers.answer(refusal, request).status == 409 and not isinstance(refusal, StartCodeBlocked):
                return show(request, job_id, refusal=refusal)
            fields.refuse("waiver" if waiver or isinstance(refusal, StartCodeBlocked) else "code", refusal)
    return show(request, job_id, form=filled(request, fields, hide="code"), status=worst(request, fields))


@get(
    [f"/work/jobs/{{job_id:uuid}}/{noun}" for noun in ("departure", "arrival", "attendance", "resumption", "start")],
    opt={"policy": "specialist.read"},
    sync_to_thread=False,
)
def back_to_card(job_id: FromPath[UUID]) -> Redirect:
    """The answer to a button, reloaded or read in another language."""
    return see_other(f"/work/jobs/{job_id}")


def fire(request: Req, job_id: UUID, data: Mapping[str, Any], event: Event, **facts: Unpack[Facts]) -> None:
    """Carry an act out as this specialist; the same command again changes nothing. Refuses what the job refuses."""
    command = once.command_id(request, data)
    with transaction() as session:
        fired = jobs.fire(
            session, job_id, event, actor=actor_of(request), command_id=command, expected_version=_version(data),
            now=clock.now(), **facts,
        )  # fmt: skip
    if fired.refusal is not None:
        raise fired.refusal


def filled(request: Req, fields: Fields, hide: str = "") -> Filled:
    """What was typed, but for a code, with what is wrong beside it."""
    values = {name: fields.raw(name) for name in fields.typed if name != hide}
    return Filled(values, answers.beside(fields.errors, request))


def worst(request: Req, fields: Fields) -> int:
    """The status of a form with these faults."""
    return max((answers.answer(each, request).status for each in fields.errors.values()), default=422)


def _button(request: Req, job_id: UUID, data: Mapping[str, Any], event: Event, **facts: Unpack[Facts]) -> Answer:
    try:
        fire(request, job_id, data, event, **facts)
    except JobNotFound:
        return over(request, job_id)
    except Refused as refusal:
        return show(request, job_id, refusal=refusal)
    return see_other(f"/work/jobs/{job_id}")


def _version(data: Mapping[str, Any]) -> int | None:
    """The version that the page was made of; whatever is no number is an old one."""
    typed = str(data.get("version", ""))
    if not typed:
        return None
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 10 else 0


routes = [depart, arrive, attend, resume, start, back_to_card]
