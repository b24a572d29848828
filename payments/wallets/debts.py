"""Who stands at the limit of what may be owed for cash jobs: noticed once for each turn, so that it is told once."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from marketplace.foundation.ids import derived
from marketplace.foundation.outbox import enqueue
from payments.wallets import queries
from payments.wallets.queries import Debt
from payments.wallets.tables import DebtMark


@dataclass(frozen=True, slots=True)
class Turn:
    """How a specialist stands since the last turn: at the limit or not, and with what debt now."""

    at_limit: bool
    turns: int
    debt: Debt


def look(session: Session, *, specialist: UUID, currency: str, now: datetime) -> Turn | None:
    """Whether the specialist has come to the limit, or away from it, since the last look; None when nothing changed.

    At the limit: nothing free in the wallet, and nothing left that may be promised. News of a turn goes up as
    "wallets.debt_turned".
    """
    session.execute(
        insert(DebtMark)
        .values(specialist_id=specialist, currency=currency, at_limit=False, turns=0, changed_at=now)
        .on_conflict_do_nothing()
    )
    mine = select(DebtMark).where(DebtMark.specialist_id == specialist, DebtMark.currency == currency)
    mark = session.scalars(mine.with_for_update().execution_options(populate_existing=True)).one()
    debt = queries.debt(session, owner=specialist, owner_kind="specialist", currency=currency)
    free = queries.balance(session, owner=specialist, owner_kind="specialist", currency=currency).available
    at_limit = debt.left.is_zero and not (debt.owed + debt.promised).is_zero and free.minor <= 0
    if at_limit == mark.at_limit:
        return None
    mark.at_limit, mark.turns, mark.changed_at = at_limit, mark.turns + 1, now
    session.flush()
    key = derived("debt", specialist, currency, mark.turns)
    enqueue(session, "wallets.debt_turned", key=key, specialist=specialist, currency=currency, turn=mark.turns)
    return Turn(at_limit, mark.turns, debt)


def turn(session: Session, *, specialist: UUID, currency: str) -> Turn:
    """How the specialist stands by the last look; no turn at all before the first one."""
    mark = session.get(DebtMark, (specialist, currency), populate_existing=True)
    debt = queries.debt(session, owner=specialist, owner_kind="specialist", currency=currency)
    return Turn(mark is not None and mark.at_limit, 0 if mark is None else mark.turns, debt)
