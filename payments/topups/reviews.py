"""Payments that their gateway found risky: credited, set aside at once, and looked at by a person.

Whoever has looked frees the money with a reason, or sends it back through its gateway (`payments.refunds`), which
takes it from what is set aside here: in between it cannot be spent.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy.orm import Session

from marketplace.foundation import audit
from marketplace.foundation.ids import AttemptId, derived
from marketplace.foundation.money import Money
from marketplace.foundation.outbox import enqueue
from payments.ledger import actions as ledger
from payments.ledger import queries as books
from payments.ledger.queries import OpenHold
from payments.topups import queries, rows
from payments.topups.queries import AttemptView
from payments.topups.rules import By, NotUnderReview, What


class ReviewReason(StrEnum):
    """Why a payment that its gateway found risky is free after all."""

    PAYER_KNOWN = "payer_known"
    BANK_CONFIRMED = "bank_confirmed"
    PROOF_SEEN = "proof_seen"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Review:
    """A payment that waits for a person's look: `held` of it is set aside since `since`."""

    attempt: AttemptView
    held: Money
    since: datetime


def under_review(session: Session) -> list[Review]:
    """What waits, oldest first."""
    aside: dict[UUID, list[OpenHold]] = {}
    for hold in books.open_holds(session, purpose="dispute"):
        aside.setdefault(hold.subject, []).append(hold)
    waiting = [
        Review(
            each, sum((hold.rest for hold in aside[each.id]), Money.zero(each.amount.currency)),
            min(hold.made_at for hold in aside[each.id]),
        )
        for each in queries.attempts(session, list(aside))
    ]  # fmt: skip
    return sorted(waiting, key=lambda each: each.since)


def clear(session: Session, attempt: AttemptId, *, reason: ReviewReason, by: UUID, now: datetime) -> None:
    """A person has looked: the money is free, its owner hears it, and a job that waited for it is paid.

    Refuses TopUpNotFound, NotUnderReview (also the second time).
    """
    locked = rows.lock(session, attempt)
    if not books.open_holds(session, subject=attempt, purpose="dispute"):
        raise NotUnderReview()
    rows.note(session, attempt, What.REVIEWED, By.FINANCE, now=now)
    audit.record(
        session, action="finance.review_cleared", actor=by, subject=None, reason=None, now=now, attempt=attempt,
        why=reason.value,
    )  # fmt: skip
    enqueue(session, "topups.reviewed", key=derived("attempt", attempt, "reviewed", "task"), id=locked.topup.id)
    if locked.topup.subject is not None:
        enqueue(session, "jobs.fund", key=derived("attempt", attempt, "fund"), id=locked.topup.subject)
    session.flush()
    key = derived("attempt", attempt, "reviewed")
    ledger.release(session, key, subject=attempt, closes="dispute", now=now, actor=by, reason=reason.value)
