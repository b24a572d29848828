"""What every verb of wallets needs beside the ledger call: its accounts, the earning it writes down, what follows."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from marketplace.foundation.ids import derived
from marketplace.foundation.money import Money
from marketplace.foundation.outbox import enqueue
from payments.ledger import actions as ledger
from payments.ledger import queries as books
from payments.ledger.rules import AccountName
from payments.wallets.rules import TAX_CODE, Kind, Owner, Share, receivable_of, wallet_of
from payments.wallets.tables import Earning, JobPayment


def account(session: Session, name: AccountName) -> int:
    """The id of an account; its first use opens it."""
    return books.account(session, name) or ledger.open_account(session, name)


def accounts(session: Session, *names: AccountName) -> list[int]:
    """The ids of these accounts in one query; an account's first use opens it, in one order for everybody."""
    found = books.accounts(session, names)
    missing = sorted({name for name in names if name not in found}, key=repr)
    found |= {name: ledger.open_account(session, name) for name in missing}
    return [found[name] for name in names]


def purse_names(owner: UUID, owner_kind: Owner, currency: str) -> tuple[AccountName, AccountName]:
    """What somebody has, and what they owe."""
    return wallet_of(owner, owner_kind, currency), receivable_of(owner, owner_kind, currency)


def purse(session: Session, specialist: UUID, currency: str) -> tuple[int, int]:
    """The ids of a specialist's wallet and receivable."""
    wallet, debt = accounts(session, *purse_names(specialist, "specialist", currency))
    return wallet, debt


def earning(
    session: Session,
    key: UUID,
    kind: Kind,
    *,
    specialist: UUID,
    job: UUID,
    share: Share,
    now: datetime,
    payable_at: datetime | None = None,
    transfer: UUID | None = None,
) -> None:
    """Write an earning down under the key of its transfer; the same one again changes nothing.

    `transfer`: of a transfer that pays several people, for the others of them, each with a key derived from it.
    """
    row = {
        "id": key,
        "transfer": transfer,
        "specialist_id": specialist,
        "subject": job,
        "kind": kind,
        "currency": share.gross.currency,
        "gross": share.gross.minor,
        "commission": share.commission.minor,
        "tax": share.tax.minor,
        "net": share.net.minor,
        "earned_at": now,
        "payable_at": payable_at,
    }
    session.execute(insert(Earning).values(row).on_conflict_do_nothing(index_elements=[Earning.id]))
    if transfer is None:
        document_later(session, key)


def payment(
    session: Session,
    *,
    job: UUID,
    customer: UUID,
    specialist: UUID,
    share: Share,
    now: datetime,
    promotion: Money | None = None,
    payable_at: datetime | None = None,
    in_cash: bool = False,
    people: int = 1,
) -> None:
    """Write down what was paid for a job: the row that refunds lock. The same job again changes nothing."""
    row = {
        "job": job,
        "customer_id": customer,
        "specialist_id": specialist,
        "currency": share.gross.currency,
        "gross": share.gross.minor,
        "commission": share.commission.minor,
        "tax": share.tax.minor,
        "tax_code": TAX_CODE,
        "promotion": 0 if promotion is None else promotion.minor,
        "in_cash": in_cash,
        "people": people,
        "paid_at": now,
        "payable_at": payable_at,
    }
    session.execute(insert(JobPayment).values(row).on_conflict_do_nothing(index_elements=[JobPayment.job]))


def document_later(session: Session, key: UUID) -> None:
    """After the transfer with this key has committed, its receipt, invoice or credit note is issued, above."""
    enqueue(session, "documents.issue", key=derived(key, "document", "task"), transfer=key)


def debt_later(session: Session, key: UUID, specialist: UUID, currency: str) -> None:
    """After the transfer with this key has committed, it is looked whether its specialist stands at the debt limit."""
    again = derived(key, "debt", "task")
    enqueue(session, "wallets.look_at_debt", key=again, specialist=specialist, currency=currency)


def offset_later(session: Session, key: UUID, owner: UUID, owner_kind: Owner, currency: str) -> None:
    """After the credit with this key has committed, what its owner owes is paid from it."""
    again = derived(key, "offset", "task")
    enqueue(
        session, "wallets.offset_debt", key=again, owner=owner, owner_kind=owner_kind, currency=currency, because=key
    )
