"""Sending letters, and writing down what became of each."""

import json
from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from marketplace.foundation import outbox, vault
from marketplace.foundation.ids import PersonId, derived
from marketplace.notices.queries import Delivery, card, copy_place, unwanted
from marketplace.notices.rules import (
    KEPT,
    KIND_OF,
    Channel,
    channel_of,
    check_channel,
    check_optional,
    first_channel,
    letter_named,
    next_channel,
)
from marketplace.notices.tables import DeliveryRow, LetterCopy, Preference
from marketplace.people.queries import ContactCard, contacts_of


def send(
    session: Session,
    *,
    to: PersonId,
    letter: str,
    key: UUID,
    now: datetime,
    contact: UUID | None = None,
    **ids: UUID | str,
) -> list[UUID]:
    """Ask for a letter to a person, once for each `key` however often it is asked. Returns its deliveries.

    `ids` are what the letter speaks of (`job=…`), never a value of a person. With `contact` it goes to exactly that
    contact of theirs, proved or not, as codes and links do. Nothing is sent when the person wants the letter on no
    channel; without any contact a failed delivery stands in the list. Refuses NoSuchLetter.
    """
    kind = letter_named(letter)
    made = _made_for(session, to, key)
    if made:
        return made
    words = {name: str(value) for name, value in ids.items()}
    cards = contacts_of(session, to)
    if contact is not None:
        named = next((card for card in cards if card.id == contact and card.ended_at is None), None)
        over = (channel_of(named.kind), named) if named else (None, None)
        words["contact"] = str(contact)
        return [_queue(session, to=to, letter=letter, key=key, ids=words, over=over, now=now)]
    reachable = {card.kind for card in cards if card.is_active}
    channel = first_channel(kind, reachable=reachable, unwanted=unwanted(session, to, letter))
    if channel is None and reachable:
        return []
    best = _best(cards, KIND_OF[channel]) if channel else None
    return [_queue(session, to=to, letter=letter, key=key, ids=words, over=(channel, best), now=now)]


def _made_for(session: Session, to: PersonId, key: UUID) -> list[UUID]:
    return list(session.scalars(select(DeliveryRow.id).where(DeliveryRow.person_id == to, DeliveryRow.key == key)))


def _best(cards: Collection[ContactCard], kind: str) -> ContactCard | None:
    """The contact of a kind that was proved last, else the one added last."""
    usable = [card for card in cards if card.is_active and card.kind == kind]
    proved = [card for card in usable if card.verified_at is not None]
    if proved:
        return max(proved, key=lambda card: (card.verified_at or card.added_at, card.added_at))
    return max(usable, key=lambda card: card.added_at, default=None)


def _queue(
    session: Session,
    *,
    to: PersonId,
    letter: str,
    key: UUID,
    ids: dict[str, str],
    over: tuple[Channel | None, ContactCard | None],
    now: datetime,
) -> UUID:
    channel, contact = over
    id = derived("delivery", to, channel or "none", key)
    row = {
        "id": id, "person_id": to, "contact_id": contact and contact.id, "key": key, "letter": letter,
        "channel": channel or "none", "ids": ids, "queued_at": now,
    }  # fmt: skip
    if channel is None or contact is None:
        row |= {"channel": "none", "state": "failed", "problem": "no_contact", "settled_at": now, "contact_id": None}
    else:
        row |= {"state": "queued"}
    session.execute(insert(DeliveryRow).values(row).on_conflict_do_nothing())
    if row["state"] == "queued":
        outbox.enqueue(session, "notices.deliver", key=derived("deliver", id), id=id)
    return id


def begin(session: Session, id: UUID, *, now: datetime) -> Delivery | None:
    """Claim a queued delivery for sending, before anything leaves the house. None when there is nothing to send.

    One that is found in `sending` was begun by somebody who never came back: it may be out, so it becomes `unknown`
    and is not sent again (lifecycle.md E.8 #10).
    """
    row = session.get(DeliveryRow, id, with_for_update=True, populate_existing=True)
    if row is None or row.state not in ("queued", "sending"):
        return None
    if row.state == "sending":
        row.state, row.settled_at, row.problem = "unknown", now, "interrupted"
        session.flush()
        return None
    row.state = "sending"
    session.flush()
    return card(row)


def mark_sent(session: Session, id: UUID, *, now: datetime) -> None:
    """The channel took it."""
    row = session.get(DeliveryRow, id, with_for_update=True, populate_existing=True)
    if row is not None and row.state in ("sending", "unknown"):
        row.state, row.settled_at, row.problem = "sent", now, None
        session.flush()


def mark_failed(session: Session, id: UUID, *, problem: str, now: datetime) -> UUID | None:
    """The channel refused it, or it cannot be written; a refused one goes over the next channel.

    `problem` is a code: refused, no_channel (none is set up), gone (what it speaks of is over), erased, no_contact,
    no_loader (the edge cannot write this letter). Returns the new delivery, if there is one.
    A letter for one named contact goes nowhere else.
    """
    row = session.get(DeliveryRow, id, with_for_update=True, populate_existing=True)
    if row is None or row.state not in ("queued", "sending"):
        return None
    row.state, row.settled_at, row.problem = "failed", now, problem
    session.flush()
    if problem not in ("refused", "no_channel") or "contact" in row.ids:
        return None
    cards = contacts_of(session, row.person_id)
    channel = next_channel(
        letter_named(row.letter),
        failed=row.channel,
        reachable={card.kind for card in cards if card.is_active},
        unwanted=unwanted(session, row.person_id, row.letter),
    )
    if channel is None:
        return None
    return _queue(
        session,
        to=PersonId(row.person_id),
        letter=row.letter,
        key=row.key,
        ids=dict(row.ids),
        over=(channel, _best(cards, KIND_OF[channel])),
        now=now,
    )


def keep_copy(
    session: Session, delivery: Delivery, *, subject: str, short: str, plain: str, html: str, now: datetime
) -> None:
    """Keep a letter in place of sending it, sealed under its reader's key: demos and development only."""
    content = json.dumps({"subject": subject, "short": short, "plain": plain, "html": html}, ensure_ascii=False)
    sealed = vault.seal(delivery.person_id, copy_place(delivery.id), content)
    values = {"delivery_id": delivery.id, "person_id": delivery.person_id, "content": sealed, "kept_at": now}
    session.execute(insert(LetterCopy).values(values).on_conflict_do_nothing())


def prefer(session: Session, *, person: PersonId, letter: str, channel: str, wanted: bool, now: datetime) -> None:
    """Switch an optional letter on or off on one channel. Refuses NotOptional, NoSuchLetter, NoSuchChannel."""
    check_optional(letter)
    values = {
        "person_id": person, "letter": letter, "channel": check_channel(channel), "wanted": wanted, "changed_at": now,
    }  # fmt: skip
    changed = {"wanted": wanted, "changed_at": now}
    key = [Preference.person_id, Preference.letter, Preference.channel]
    session.execute(insert(Preference).values(values).on_conflict_do_update(index_elements=key, set_=changed))


def forget_person(session: Session, person: PersonId) -> None:
    """Drop a person's wishes and kept letters, when the account is erased."""
    session.execute(delete(Preference).where(Preference.person_id == person))
    session.execute(delete(LetterCopy).where(LetterCopy.person_id == person))


def forget_old(session: Session, *, now: datetime) -> int:
    """Drop deliveries after their time, with their copies; returns how many."""
    old = delete(DeliveryRow).where(DeliveryRow.queued_at < now - KEPT).returning(DeliveryRow.id)
    return len(session.scalars(old).all())
