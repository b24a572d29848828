"""Goodwill with a name under it: who gave what the house did not owe, why, and who agreed."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace.foundation.errors import Refused
from marketplace.foundation.ids import derived
from marketplace.foundation.money import Money
from payments.ledger.rules import SecondPersonNeeded
from payments.wallets.actions import goodwill
from payments.wallets.rules import Owner
from payments.wallets.tables import Gift


class GiftReason(StrEnum):
    APOLOGY = "apology"
    LATE = "late"
    WARRANTY_VISIT = "warranty_visit"
    TRAVEL = "travel"
    OTHER = "other"


class GiftState(StrEnum):
    ASKED = "asked"  # waits for a second person
    GIVEN = "given"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True)
class GiftNotFound(Refused):
    """No such gift."""


@dataclass(frozen=True)
class GiftDiffers(Refused):
    """This form was sent before with another amount."""

    amount: Money


@dataclass(frozen=True)
class GiftOver(Refused):
    """It has been given or withdrawn already."""


@dataclass(frozen=True)
class GiftTooSmall(Refused):
    """An amount above zero is given."""


@dataclass(frozen=True, slots=True)
class GiftView:
    """One gift. `subject` is the job it is about, if it is about one."""

    id: UUID
    owner: UUID
    owner_kind: str
    amount: Money
    reason: GiftReason
    subject: UUID | None
    state: GiftState
    asked_by: UUID
    asked_at: datetime
    approved_by: UUID | None
    given_at: datetime | None


def give(
    session: Session,
    *,
    owner: UUID,
    owner_kind: Owner,
    amount: Money,
    reason: GiftReason,
    subject: UUID | None,
    by: UUID,
    second_above: int,
    command_id: UUID,
    now: datetime,
) -> GiftView:
    """Give from the house's goodwill, at once or, beyond `second_above` minor units, once another person agrees.

    The same command again changes nothing. Refuses GiftTooSmall, GiftDiffers, CurrencyDiffers, AccountClosed.
    """
    if amount.minor <= 0:
        raise GiftTooSmall()
    id = derived("gift", owner, command_id)
    before = _locked(session, id)
    if before is not None:
        if Money(before.amount, before.currency) != amount:
            raise GiftDiffers(Money(before.amount, before.currency))
        return _view(before)
    row = Gift(
        id=id, owner=owner, owner_kind=owner_kind, amount=amount.minor, currency=amount.currency, reason=reason.value,
        subject=subject, state=GiftState.ASKED.value, asked_by=by, asked_at=now,
    )  # fmt: skip
    session.add(row)
    session.flush()
    if amount.minor <= second_above:
        _carry_out(session, row, by=by, now=now)
    return _view(row)


def approve(session: Session, id: UUID, *, by: UUID, now: datetime) -> GiftView:
    """The second person agrees, and it is given. Refuses GiftNotFound, GiftOver, SecondPersonNeeded."""
    row = _locked(session, id)
    if row is None:
        raise GiftNotFound()
    if row.state == GiftState.GIVEN and row.approved_by == by:
        return _view(row)
    if row.state != GiftState.ASKED:
        raise GiftOver()
    if row.asked_by == by:
        raise SecondPersonNeeded()
    row.approved_by = by
    _carry_out(session, row, by=by, now=now)
    return _view(row)


def withdraw(session: Session, id: UUID) -> GiftView:
    """It is not given. Refuses GiftNotFound, GiftOver."""
    row = _locked(session, id)
    if row is None:
        raise GiftNotFound()
    if row.state == GiftState.GIVEN:
        raise GiftOver()
    row.state = GiftState.WITHDRAWN.value
    session.flush()
    return _view(row)


def gifts(session: Session, *, limit: int = 50) -> list[GiftView]:
    """The last gifts, those that wait for a second person first."""
    wanted = select(Gift).order_by(Gift.state != GiftState.ASKED, Gift.asked_at.desc(), Gift.id)
    return [_view(row) for row in session.scalars(wanted.limit(limit))]


def _carry_out(session: Session, row: Gift, *, by: UUID, now: datetime) -> None:
    row.state, row.given_at = GiftState.GIVEN.value, now
    session.flush()
    kind: Owner = "specialist" if row.owner_kind == "specialist" else "customer"
    goodwill(
        session, key=derived("gift", row.id, "given"), owner=row.owner, owner_kind=kind,
        amount=Money(row.amount, row.currency), reason=row.reason, actor=by, now=now,
    )  # fmt: skip


def _locked(session: Session, id: UUID) -> Gift | None:
    asked = select(Gift).where(Gift.id == id).with_for_update()
    return session.scalars(asked.execution_options(populate_existing=True)).one_or_none()


def _view(row: Gift) -> GiftView:
    return GiftView(
        row.id, row.owner, row.owner_kind, Money(row.amount, row.currency), GiftReason(row.reason), row.subject,
        GiftState(row.state), row.asked_by, row.asked_at, row.approved_by, row.given_at,
    )  # fmt: skip
