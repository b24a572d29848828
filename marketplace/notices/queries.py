"""What was sent to whom, what is wished for, and in demos the letters themselves."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from marketplace.foundation import vault
from marketplace.foundation.ids import PersonId
from marketplace.notices.rules import CHANNELS, LETTERS, Why
from marketplace.notices.tables import DeliveryRow, LetterCopy, Preference


@dataclass(frozen=True)
class Delivery:
    """One notice and how far it came. `problem` is a code: see `actions.mark_failed`."""

    id: UUID
    person_id: PersonId
    contact_id: UUID | None
    letter: str
    channel: str
    ids: Mapping[str, str]
    state: str
    problem: str | None
    queued_at: datetime
    settled_at: datetime | None


@dataclass(frozen=True)
class Wish:
    """A cell of the matrix letter × channel; with `always` it cannot be changed, and that says why."""

    letter: str
    channel: str
    wanted: bool
    always: Why | None


@dataclass(frozen=True)
class Copy:
    """A letter that was kept instead of sent, opened."""

    delivery: Delivery
    subject: str
    short: str
    plain: str
    html: str
    kept_at: datetime


def delivery(session: Session, id: UUID) -> Delivery | None:
    """The delivery, or None when it is forgotten."""
    row = session.get(DeliveryRow, id)
    return None if row is None else card(row)


def deliveries_of(session: Session, person: UUID, *, limit: int = 50) -> list[Delivery]:
    """A person's notices, newest first."""
    return [card(row) for row in session.scalars(_newest(limit).where(DeliveryRow.person_id == person))]


def recent(session: Session, *, state: str | None = None, limit: int = 100) -> list[Delivery]:
    """The newest notices of everybody, or those in one state: for an administrator; it shows no text."""
    wanted = _newest(limit)
    return [card(row) for row in session.scalars(wanted if state is None else wanted.where(DeliveryRow.state == state))]


def counts(session: Session, *, since: datetime) -> dict[tuple[str, str], int]:
    """How many notices of each channel and state were queued since a moment."""
    grouped = select(DeliveryRow.channel, DeliveryRow.state, func.count()).where(DeliveryRow.queued_at >= since)
    rows = session.execute(grouped.group_by(DeliveryRow.channel, DeliveryRow.state))
    return {(channel, state): count for channel, state, count in rows}


def wishes(session: Session, person: UUID) -> list[Wish]:
    """The whole matrix, letters in the order in which a job meets them."""
    asked = select(Preference.letter, Preference.channel).where(Preference.person_id == person)
    unwanted = {(letter, channel) for letter, channel in session.execute(asked.where(Preference.wanted.is_(False)))}
    return [
        Wish(letter.name, channel, bool(letter.always) or (letter.name, channel) not in unwanted, letter.always)
        for letter in LETTERS.values()
        for channel in CHANNELS
    ]


def unwanted(session: Session, person: UUID, letter: str) -> frozenset[str]:
    """The channels on which the person does not want this letter."""
    mine = select(Preference.channel).where(Preference.person_id == person, Preference.letter == letter)
    return frozenset(session.scalars(mine.where(Preference.wanted.is_(False))))


def copies(session: Session, *, person: UUID | None = None, limit: int = 50) -> list[Copy]:
    """The letters kept in place of sending, newest first, for `/-/letters` in demos. Erased people's are left out."""
    wanted = select(LetterCopy, DeliveryRow).join(DeliveryRow, DeliveryRow.id == LetterCopy.delivery_id)
    if person is not None:
        wanted = wanted.where(LetterCopy.person_id == person)
    rows = session.execute(wanted.order_by(LetterCopy.kept_at.desc(), LetterCopy.delivery_id.desc()).limit(limit))
    opened = (_opened(kept, row) for kept, row in rows)
    return [copy for copy in opened if copy is not None]


def copy_place(delivery_id: UUID) -> str:
    """Where a kept letter is sealed for."""
    return vault.place("letter_copy", "content", delivery_id)


def card(row: DeliveryRow) -> Delivery:
    """The row as others see it."""
    return Delivery(
        row.id, PersonId(row.person_id), row.contact_id, row.letter, row.channel, dict(row.ids), row.state,
        row.problem, row.queued_at, row.settled_at,
    )  # fmt: skip


def _newest(limit: int) -> Select[DeliveryRow]:
    return select(DeliveryRow).order_by(DeliveryRow.queued_at.desc(), DeliveryRow.id.desc()).limit(limit)


def _opened(kept: LetterCopy, row: DeliveryRow) -> Copy | None:
    try:
        text = vault.unseal(kept.person_id, copy_place(kept.delivery_id), kept.content)
    except vault.Erased:
        return None
    content: dict[str, str] = json.loads(text)
    return Copy(card(row), content["subject"], content["short"], content["plain"], content["html"], kept.kept_at)
