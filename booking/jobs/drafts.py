"""Before a job: the draft on the server from page 1, its claim at sign-in, and its end.

A visitor's draft lies under a key of its own. At sign-in it is sealed anew under the customer's key and the draft's key
is destroyed; when nobody submits it in time, the same happens without the first half (experience.md, booking pages).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from booking.jobs import actions, record
from booking.jobs.actions import Fired
from booking.jobs.changes import Columns
from booking.jobs.numbers import new_number
from booking.jobs.rules import SYSTEM, Actor, DraftGone, TextNotAllowed
from booking.jobs.tables import Job
from booking.jobs.words import Event, Kind, Method, Role, State
from marketplace.catalogue import queries as catalogue
from marketplace.catalogue.queries import Service
from marketplace.catalogue.rules import Answer
from marketplace.foundation import vault
from marketplace.foundation.cards import contains_card_number
from marketplace.foundation.ids import AddressId, PersonId, ServiceId, ZoneId, derived
from marketplace.foundation.outbox import enqueue
from marketplace.foundation.periods import Period
from marketplace.organizations.queries import Organization, home

PLACE_FIELDS = frozenset({"line", "unit", "floor", "directions"})
TEXT_MAX = 500


@dataclass(frozen=True, slots=True)
class Draft:
    """What has been filled in so far. `answers` and `place` are stored sealed; nothing else is personal.

    `place` is the address of somebody without an account, by PLACE_FIELDS; a customer's is `address_id`.
    """

    service: ServiceId
    answers: Mapping[str, Answer] = field(default_factory=dict)
    place: Mapping[str, str] = field(default_factory=dict)
    address_id: AddressId | None = None
    zone_id: ZoneId | None = None
    cell: str | None = None
    window: Period | None = None
    method: Method = Method.WALLET


def session_hash(token: str) -> bytes:
    """How a visitor's draft remembers whose it is, without remembering the token."""
    return vault.blind("draft_session", token)


def save_draft(
    session: Session,
    draft: Draft,
    *,
    actor: Actor,
    command_id: UUID,
    now: datetime,
    token: str | None = None,
    job_id: UUID | None = None,
) -> Fired:
    """Keep what has been filled in (E.4 #1). Without `job_id` a new draft begins; its id is derived from the command.

    A visitor gives the session's `token`; an agent's `actor.on_behalf_of` is the customer. Refuses TextNotAllowed,
    UnknownService, DraftGone, and what `actions.fire` refuses.
    """
    organization = home(session)
    service = catalogue.service(session, draft.service, now=now)
    _check_text(draft, service)
    id = job_id or derived("draft", command_id)
    if job_id is None:
        _begin(session, id, draft, organization, actor=actor, token=token, now=now)
    row = record.locked(session, id)
    _check_owner(row, actor, token)
    columns: Columns = {
        "service_id": draft.service,
        "answers": record.sealed(row.holder_id, "answers", id, draft.answers),
        "place": record.sealed(row.holder_id, "place", id, draft.place),
        "address_id": draft.address_id,
        "zone_id": draft.zone_id,
        "cell": draft.cell,
        "method": draft.method.value,
    } | _window(draft.window)
    return actions.carry_out(
        session, row, Event.SAVE_DRAFT, actor=actor, command_id=command_id, now=now, facts={}, columns=columns
    )


def claim(session: Session, *, token: str, customer: PersonId, now: datetime) -> list[UUID]:
    """Give the drafts of a visitor's session to the account they have made; sealed anew under its key."""
    mine = select(Job.id).where(Job.session_hash == session_hash(token), Job.state == State.DRAFT)
    claimed = []
    for id in session.scalars(mine.order_by(Job.id)).all():
        row = record.locked(session, id)
        if row.customer_id is not None or row.state != State.DRAFT:
            continue
        holder = row.holder_id
        columns: Columns = {
            "customer_id": customer,
            "holder_id": customer,
            "session_hash": None,
            "answers": record.sealed(customer, "answers", id, record.opened(row, "answers")),
            "place": record.sealed(customer, "place", id, record.opened(row, "place")),
        }
        actions.carry_out(
            session, row, Event.SAVE_DRAFT, actor=Actor(Role.CUSTOMER, customer), command_id=derived("claim", id),
            now=now, facts={}, columns=columns,
        )  # fmt: skip
        enqueue(session, "jobs.destroy_draft_key", key=derived("draft_key", id), id=holder)
        claimed.append(id)
    return claimed


def forget(session: Session, job_id: UUID, *, now: datetime) -> None:
    """Throw an unsubmitted draft away. What was written is gone at once; a visitor's key is destroyed after it."""
    row = record.locked(session, job_id)
    if row.state != State.DRAFT:
        return
    actions.carry_out(
        session, row, Event.FORGET_DRAFT, actor=SYSTEM, command_id=derived("forget", job_id), now=now, facts={},
        columns={"answers": None, "place": None, "address_id": None, "session_hash": None},
    )  # fmt: skip
    if row.customer_id is None:
        enqueue(session, "jobs.destroy_draft_key", key=derived("draft_key", job_id), id=row.holder_id)


def _begin(
    session: Session,
    id: UUID,
    draft: Draft,
    organization: Organization,
    *,
    actor: Actor,
    token: str | None,
    now: datetime,
) -> None:
    customer = actor.on_behalf_of if actor.role is not Role.CUSTOMER else actor.person_id
    if customer is None and token is None:
        raise DraftGone()
    row = {
        "id": id,
        "number": new_number(session),
        "kind": Kind.BOOKING.value,
        "state": State.DRAFT.value,
        "customer_id": customer,
        "holder_id": customer or id,
        "session_hash": session_hash(token) if customer is None and token else None,
        "entered_by": actor.person_id if actor.role is not Role.CUSTOMER else None,
        "organization_id": organization.id,
        "service_id": draft.service,
        "currency": organization.currency,
        "created_at": now,
    }
    session.execute(insert(Job).values(row).on_conflict_do_nothing(index_elements=[Job.id]))


def _check_owner(row: Job, actor: Actor, token: str | None) -> None:
    if row.customer_id is None and actor.role is Role.VISITOR:
        if token is None or row.session_hash != session_hash(token) or row.state != State.DRAFT:
            raise DraftGone()
    elif actor.role is Role.VISITOR:
        raise DraftGone()


def _check_text(draft: Draft, service: Service) -> None:
    """Only what is asked is kept (E.4 #1: fields ⊆ allow-list), and never a card number (E.8-8)."""
    asked = {question.key for question in service.questions}
    stray = [*sorted(set(draft.answers) - asked), *sorted(set(draft.place) - PLACE_FIELDS)]
    if stray:
        raise TextNotAllowed(stray[0])
    for name, value in [*draft.answers.items(), *draft.place.items()]:
        if isinstance(value, str) and (len(value) > TEXT_MAX or contains_card_number(value)):
            raise TextNotAllowed(name)


def _window(window: Period | None) -> Columns:
    start, end = (window.start, window.end) if window else (None, None)
    return {"window_start": start, "window_end": end}
