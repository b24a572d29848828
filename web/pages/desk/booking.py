"""What an agent's entry becomes: address, draft, request, time and payment in one transaction, all or nothing (K5)."""

from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy.orm import Session

from booking.jobs import actions, drafts, requests
from booking.jobs.drafts import Draft
from booking.jobs.words import Event, Method
from marketplace.foundation import repeats
from marketplace.foundation.ids import AddressId, derived
from marketplace.foundation.repeats import Answer
from marketplace.people import actions as people
from marketplace.privacy import actions as privacy
from web.identity import Req
from web.pages.desk.callers import Caller, agent
from web.pages.desk.filling import Filling, Place

NOT_OF_THE_ORDER = frozenset({"form_token", "command_id"})


def job_of(command: UUID) -> UUID:
    """The id of the job that this command makes."""
    return derived("draft", derived(command, "draft"))


def book(session: Session, request: Req, caller: Caller, filling: Filling, *, command: UUID, now: datetime) -> UUID:
    """Book for the caller what stands in the form; gives the job. The same form again gives the same job.

    Cash is agreed at once, which sends the confirmation; the wallet waits for the customer's code (`payments`).
    Refuses SlotTaken, TooManyHolds, KeyReusedForAnother, and what drafts and requests refuse.
    """
    body = {name: str(value) for name, value in filling.fields.typed.items() if name not in NOT_OF_THE_ORDER}
    route, principal = f"desk.book {caller.id}", request.user.name
    told = repeats.claim(
        session, principal=principal, command_id=command, route=route, body=msgspec.json.encode(body, order="sorted"),
        now=now,
    )  # fmt: skip
    if told is not None:
        return UUID(str(told.body["job"]))
    if caller.policy is not None:
        privacy.accept(
            session, person=caller.id, language=caller.person.language, channel="call",
            read_out_by=request.user.person_id, now=now,
        )  # fmt: skip
    job = _carry_out(session, request, caller, filling, command=command, now=now)
    repeats.keep(session, principal=principal, command_id=command, answer=Answer(303, {"job": str(job)}))
    return job


def _carry_out(
    session: Session, request: Req, caller: Caller, filling: Filling, *, command: UUID, now: datetime
) -> UUID:
    assert filling.service is not None
    assert filling.read is not None
    assert filling.place is not None
    assert filling.slot is not None
    actor = agent(request, caller.id)
    place = filling.place
    draft = Draft(
        service=filling.service.id,
        answers=filling.read.answers,
        address_id=_address(session, caller, place, now=now),
        zone_id=place.zone.id,
        cell=place.cell,
        window=filling.slot.period,
        method=Method(filling.method),
    )
    id = drafts.save_draft(session, draft, actor=actor, command_id=derived(command, "draft"), now=now).job_id
    requests.submit(session, id, actor=actor, command_id=derived(command, "submit"), now=now)
    requests.hold_slot(
        session, id, window=filling.slot.period, actor=actor, command_id=derived(command, "hold"), now=now
    )
    if filling.method == Method.CASH:
        actions.fire(
            session, id, Event.FUND, actor=actor, command_id=derived(command, "fund"), now=now, method=Method.CASH.value
        )
    return id


def _address(session: Session, caller: Caller, place: Place, *, now: datetime) -> AddressId:
    if place.address is not None:
        return place.address
    return people.add_address(
        session, person=caller.id, line=place.line, unit=place.unit or None, directions=place.directions or None,
        zone=place.zone.id, now=now,
    )  # fmt: skip
