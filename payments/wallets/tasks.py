"""What wallets do later."""

from uuid import UUID

from sqlalchemy.orm import Session

from marketplace.foundation import clock
from marketplace.foundation.tasks import task
from payments.wallets import actions, debts
from payments.wallets.rules import Owner


@task("wallets.offset_debt")
def offset_debt(session: Session, *, owner: str, owner_kind: str, currency: str, because: str) -> None:
    """After a credit: what the owner owes is paid from it, as far as it reaches."""
    kind: Owner = "specialist" if owner_kind == "specialist" else "customer"
    actions.debt_offset(
        session, owner=UUID(owner), owner_kind=kind, currency=currency, because=UUID(because), now=clock.now()
    )


@task("wallets.look_at_debt")
def look_at_debt(session: Session, *, specialist: str, currency: str) -> None:
    """After what a specialist owes has changed: whether the limit is reached, or left."""
    debts.look(session, specialist=UUID(specialist), currency=currency, now=clock.now())
