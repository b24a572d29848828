"""Files that are attached to an exception and taken away again; neither changes a row, both are in its history.

The bytes are not known here: `marketplace.foundation.files` keeps them under a key of the exception's own, equal ones
once. Whoever stores or drops them holds `lock`: else what one drops is what another has just attached.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace.foundation.ids import uuid7
from payments.reconciliation.attachments import (
    MOST_FILES,
    AttachmentNotFound,
    AttachmentOfAnother,
    Form,
    TooManyAttachments,
    Understood,
)
from payments.reconciliation.rules import ExceptionNotFound, What
from payments.reconciliation.tables import AttachmentRemoval, ExceptionAttachment, ExceptionEvent, ReconException


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file of an exception. `removed_at`: it was taken away then, and only its name is left."""

    id: UUID
    name: str
    form: Form
    size: int
    address: str
    attached_by: UUID
    attached_at: datetime
    removed_at: datetime | None


def attach(
    session: Session, exception: UUID, file: Understood, *, size: int, address: str, by: UUID, now: datetime
) -> UUID:
    """Note a file whose bytes are stored at `address`; the same bytes again are the attachment that is there already.

    Also of an exception that is closed. Refuses ExceptionNotFound, TooManyAttachments.
    """
    lock(session, exception)
    there = [each for each in attachments_of(session, exception) if each.removed_at is None]
    same = next((each for each in there if each.address == address), None)
    if same is not None:
        return same.id
    if len(there) >= MOST_FILES:
        raise TooManyAttachments
    made = ExceptionAttachment(
        id=uuid7(), exception=exception, name=file.name, form=file.form, size=size, address=address, attached_by=by,
        attached_at=now,
    )  # fmt: skip
    session.add(made)
    session.add(ExceptionEvent(exception=exception, at=now, what=What.ATTACHED, by=by, note=made.name))
    session.flush()
    return made.id


def take_away(session: Session, exception: UUID, id: UUID, *, by: UUID, now: datetime) -> str:
    """Whoever attached it takes it away again; returns where its bytes lie, which may be dropped after COMMIT.

    A second time changes nothing. Refuses AttachmentNotFound, AttachmentOfAnother.
    """
    lock(session, exception)
    found = next((each for each in attachments_of(session, exception) if each.id == id), None)
    if found is None:
        raise AttachmentNotFound
    if found.attached_by != by:
        raise AttachmentOfAnother
    if found.removed_at is None:
        session.add(AttachmentRemoval(attachment=id, removed_by=by, removed_at=now))
        session.add(ExceptionEvent(exception=exception, at=now, what=What.DETACHED, by=by, note=found.name))
        session.flush()
    return found.address


def attachments_of(session: Session, exception: UUID) -> Sequence[Attachment]:
    """Every file that was ever attached to an exception, in that order."""
    asked = (
        select(ExceptionAttachment, AttachmentRemoval.removed_at)
        .outerjoin(AttachmentRemoval, AttachmentRemoval.attachment == ExceptionAttachment.id)
        .where(ExceptionAttachment.exception == exception)
        .order_by(ExceptionAttachment.attached_at, ExceptionAttachment.id)
    )
    return tuple(
        Attachment(row.id, row.name, Form(row.form), row.size, row.address, row.attached_by, row.attached_at, removed)
        for row, removed in session.execute(asked)
    )


def attachment(session: Session, exception: UUID, id: UUID) -> Attachment:
    """One of them, to be read. Refuses AttachmentNotFound, also for one that was taken away."""
    found = next((each for each in attachments_of(session, exception) if each.id == id), None)
    if found is None or found.removed_at is not None:
        raise AttachmentNotFound
    return found


def in_use(session: Session, exception: UUID, address: str) -> bool:
    """Whether an attachment that stands has its bytes there."""
    return any(each.address == address and each.removed_at is None for each in attachments_of(session, exception))


def lock(session: Session, exception: UUID) -> None:
    """Whoever else attaches to this exception, or takes away from it, waits until COMMIT. Refuses ExceptionNotFound."""
    if session.scalar(select(ReconException.id).where(ReconException.id == exception).with_for_update()) is None:
        raise ExceptionNotFound
