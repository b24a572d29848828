"""Publish a code, end it; promise it to a job, spend it, let it go. Who takes a code locks its row first."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from marketplace.foundation.ids import uuid7
from marketplace.foundation.money import Money
from payments.promotions import queries
from payments.promotions.rules import (
    PromotionExists,
    PromotionUnknown,
    UseState,
    check,
    check_new,
    discount,
    plain_code,
)
from payments.promotions.tables import PromotionRow, PromotionUse


def publish(
    session: Session,
    *,
    code: str,
    currency: str,
    amount: Money | None = None,
    basis_points: int | None = None,
    at_most: Money | None = None,
    uses_max: int,
    since: datetime,
    until: datetime,
    by: UUID,
    now: datetime,
) -> UUID:
    """A new code, either an amount or a part of the price. Refuses PromotionImpossible, PromotionExists."""
    plain = plain_code(code)
    check_new(plain, amount=amount, basis_points=basis_points, uses_max=uses_max, since=since, until=until)
    row = {
        "id": uuid7(), "code": plain, "currency": currency, "amount": amount and amount.minor,
        "basis_points": basis_points, "at_most": at_most and at_most.minor, "uses_max": uses_max,
        "valid_from": since, "valid_until": until, "made_by": by, "made_at": now,
    }  # fmt: skip
    wanted = insert(PromotionRow).values(row).on_conflict_do_nothing(index_elements=[PromotionRow.code])
    made: UUID | None = session.scalar(wanted.returning(PromotionRow.id))
    if made is None:
        raise PromotionExists()
    return made


def end(session: Session, id: UUID, *, now: datetime) -> None:
    """Nobody takes the code from now on; jobs that have it keep it. Ending twice is ending once."""
    running = update(PromotionRow).where(PromotionRow.id == id, PromotionRow.ended_at.is_(None))
    session.execute(running.values(ended_at=now))


def take(session: Session, *, code: str, customer: UUID, job: UUID, price: Money, now: datetime) -> Money:
    """Promise a code to a job: what it takes off this price. The same again is the same; another code replaces it.

    Refuses PromotionUnknown, PromotionOver, PromotionUsedUp, PromotionUsedBefore.
    """
    asked = select(PromotionRow).where(PromotionRow.code == plain_code(code)).with_for_update()
    row = session.scalars(asked.execution_options(populate_existing=True)).one_or_none()
    if row is None:
        raise PromotionUnknown()
    others = (PromotionUse.promotion == row.id, PromotionUse.state != UseState.FREED, PromotionUse.job != job)
    used = session.scalar(select(func.count()).where(*others)) or 0
    mine = session.scalar(select(func.count()).where(*others, PromotionUse.customer_id == customer)) or 0
    found = queries.promotion(row, used)
    check(found, used=used, elsewhere=mine > 0, currency=price.currency, now=now)
    off = discount(found, price)
    use = {
        "job": job, "promotion": row.id, "customer_id": customer, "amount": off.minor, "state": UseState.TAKEN.value,
        "changed_at": now,
    }  # fmt: skip
    session.execute(
        insert(PromotionUse).values(use).on_conflict_do_update(
            index_elements=[PromotionUse.job], set_=use, where=PromotionUse.state != UseState.SPENT
        )
    )  # fmt: skip
    return off


def again_for(session: Session, *, job: UUID, price: Money, now: datetime) -> Money | None:
    """The price of a job has changed before payment: what its code takes off now; None when it has none."""
    row = session.execute(
        queries.with_uses().join(PromotionUse, PromotionUse.promotion == PromotionRow.id).where(
            PromotionUse.job == job, PromotionUse.state == UseState.TAKEN
        )
    ).one_or_none()  # fmt: skip
    if row is None:
        return None
    off = discount(queries.promotion(*row), price)
    _write(session, job, amount=off.minor, changed_at=now)
    return off


def let_go(session: Session, *, job: UUID, now: datetime) -> None:
    """The job came to nothing, or is paid without it: the use is free again. A spent one stays spent."""
    _write(session, job, state=UseState.FREED.value, changed_at=now)


def spend(session: Session, *, job: UUID, amount: Money, now: datetime) -> None:
    """The job was paid, so much of it by the house. Spending twice is spending once."""
    _write(session, job, state=UseState.SPENT.value, amount=amount.minor, changed_at=now)


def _write(session: Session, job: UUID, **values: object) -> None:
    taken = update(PromotionUse).where(PromotionUse.job == job, PromotionUse.state == UseState.TAKEN)
    session.execute(taken.values(values))
