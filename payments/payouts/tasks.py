"""What payouts do later, and what reconciliation asks of them by name."""

from uuid import UUID

from sqlalchemy.orm import Session

from marketplace.foundation import clock
from marketplace.foundation.money import Money
from marketplace.foundation.tasks import task
from payments.ledger.rules import AccountName
from payments.payouts import actions


@task("payouts.stop")
def stop(session: Session, *, id: str) -> None:
    """Money came back from this account: what waits to go there is taken back."""
    actions.stop(session, UUID(id), now=clock.now())


@task("payouts.sweep")
def sweep(session: Session) -> None:
    """Items that the bank does not answer for become unknown."""
    actions.give_up_waiting(session, now=clock.now())


@task("payouts.seen_on_statement")
def seen_on_statement(
    session: Session, *, reference: str, minor: str, currency: str, bank: str, in_suspense: str = ""
) -> None:
    """A line of the statement of the bank account `bank` (its owner's id) says that a payout left."""
    name, amount = AccountName("bank", currency, "bank", UUID(bank)), Money(int(minor), currency)
    actions.seen_on_statement(session, reference, amount, bank=name, in_suspense=in_suspense == "yes", now=clock.now())


@task("payouts.returned_on_statement")
def returned_on_statement(
    session: Session, *, reference: str, minor: str, currency: str, bank: str, in_suspense: str = ""
) -> None:
    """A line of that statement brings a payout's money back."""
    name, amount = AccountName("bank", currency, "bank", UUID(bank)), Money(int(minor), currency)
    actions.returned_on_statement(
        session, reference, amount, bank=name, in_suspense=in_suspense == "yes", now=clock.now()
    )
