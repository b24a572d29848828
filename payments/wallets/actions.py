"""Verbs of wallets. Each is one business act: it writes what it must, then calls the ledger once, last.

Keys are derived from the job and `nth`, the number of the act of its sort on that job (the second hold of a change
order is 2; a job given to a second crew holds its commission as 2). The same act again is replayed and changes nothing.
Amounts are Money; `now` is the caller's clock. All raise KeyReused when the key was used for something else, and
AccountClosed, PeriodLocked as the ledger does.
"""

from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy.orm import Session

from marketplace.foundation.ids import derived
from marketplace.foundation.money import Money
from payments.ledger import actions as ledger
from payments.ledger import queries as books
from payments.ledger.rules import Leg, Posted, Posting
from payments.wallets import record
from payments.wallets.rules import (
    FeeShare,
    Owner,
    Share,
    cash_due,
    clearing_of,
    receivable_of,
    tax_of,
    wallet_of,
)


def open_wallet(session: Session, *, owner: UUID, owner_kind: Owner, currency: str, limit: Money | None = None) -> None:
    """Open a wallet and the account of what its owner may come to owe. Opening twice is opening once.

    `limit`: how much commission of cash jobs a specialist may promise beyond the wallet; nothing unless said.
    """
    ledger.open_account(session, wallet_of(owner, owner_kind, currency))
    debt = receivable_of(owner, owner_kind, currency)
    ledger.open_account(session, debt, limit=limit.minor if limit else 0)


def set_debt_limit(session: Session, *, specialist: UUID, limit: Money) -> None:
    """From now on this specialist's promises may reach so far below zero. What is owed already stays owed."""
    account = record.account(session, receivable_of(specialist, "specialist", limit.currency))
    ledger.set_limit(session, account, limit=limit.minor)


def credit_topup(
    session: Session, *, attempt: UUID, owner: UUID, owner_kind: Owner, gateway: str, amount: Money, now: datetime
) -> Posted:
    """Credit a top-up that the gateway's own word has proven: clearing −A, wallet +A (payments.md §2.1).

    The key is the attempt's, so a notice, a sweep and a returning browser credit once between them.
    """
    key = derived("attempt", attempt, "credit")
    wallet, clearing = record.accounts(
        session, wallet_of(owner, owner_kind, amount.currency), clearing_of(gateway, amount.currency)
    )
    record.offset_later(session, key, owner, owner_kind, amount.currency)
    record.document_later(session, key)
    legs = [Leg(clearing, -amount), Leg(wallet, amount)]
    return ledger.post(session, key, "topup", legs, subject=attempt, now=now)


def hold_for_job(
    session: Session,
    *,
    job: UUID,
    customer: UUID,
    amount: Money,
    now: datetime,
    nth: int = 1,
    expires_at: datetime | None = None,
    actor: UUID | None = None,
) -> Posted:
    """Set money of the customer's wallet aside for a job (lifecycle.md E.4 #7, #21).

    Raises InsufficientFunds(available, needed); the caller's transaction goes on, as a savepoint takes it back.
    """
    (wallet,) = record.accounts(session, wallet_of(customer, "customer", amount.currency))
    key = derived("job", job, "hold", nth)
    with session.begin_nested():
        return ledger.hold(
            session, key, Leg(wallet, amount), purpose="job", subject=job, now=now, expires_at=expires_at, actor=actor
        )


def capture_job(
    session: Session,
    *,
    job: UUID,
    customer: UUID,
    specialist: UUID,
    share: Share,
    now: datetime,
    warranty_until: datetime | None,
    promotion: Money | None = None,
    nth: int = 1,
    actor: UUID | None = None,
) -> Posted:
    """Take a confirmed job's price from what is set aside, and give back the rest (lifecycle.md E.4 #25).

    The specialist's net stays held until `release_warranty`, or is free at once when `warranty_until` is None.
    `promotion` is the part of the price that the house pays. Raises HoldTooSmall when the price passes what is set
    aside (hold more first, payments.md §4 rule 3) and HoldClosed.
    """
    key, currency = derived("job", job, "capture", nth), share.gross.currency
    paid_by_house = promotion or Money.zero(currency)
    wallet, earner, commission, tax, promo = record.accounts(
        session,
        wallet_of(customer, "customer", currency),
        wallet_of(specialist, "specialist", currency),
        books.house("commission", currency),
        tax_of(currency),
        books.house("promo", currency),
    )
    legs = [
        Leg(wallet, paid_by_house - share.gross),
        Leg(promo, -paid_by_house),
        Leg(earner, share.net, keep=None if warranty_until is None else share.net),
        Leg(commission, share.commission),
        Leg(tax, share.tax),
    ]
    record.earning(session, key, "job", specialist=specialist, job=job, share=share, now=now, payable_at=warranty_until)
    record.payment(
        session, job=job, customer=customer, specialist=specialist, share=share, promotion=paid_by_house, now=now,
        payable_at=warranty_until,
    )  # fmt: skip
    if warranty_until is None:
        record.offset_later(session, key, specialist, "specialist", currency)
    return ledger.capture(
        session, key, "capture", legs, subject=job, closes="job", keeps_as="warranty", expires_at=warranty_until,
        actor=actor, now=now,
    )  # fmt: skip


def release_job(
    session: Session,
    *,
    job: UUID,
    now: datetime,
    nth: int = 1,
    kind: Literal["release", "expire"] = "release",
    actor: UUID | None = None,
) -> Posted:
    """Give everything set aside for a job back (lifecycle.md E.4 #30, #33). Raises HoldClosed when nothing is."""
    key = derived("job", job, "release", nth)
    return ledger.release(session, key, subject=job, closes="job", kind=kind, actor=actor, now=now)


def charge_cancellation(
    session: Session,
    *,
    job: UUID,
    customer: UUID,
    specialist: UUID | None,
    share: FeeShare,
    now: datetime,
    held: bool = True,
    nth: int = 1,
    actor: UUID | None = None,
) -> Posted:
    """Take the fee of a cancelled or missed visit from what is set aside; the rest goes back (E.4 #28, #31).

    Without a fee this is `release_job`. `held=False`: nothing had been set aside (a cash job), so the fee is taken
    from the wallet as far as it reaches, and the rest is owed. Raises HoldTooSmall, HoldClosed.
    """
    if share.fee.is_zero:
        return release_job(session, job=job, now=now, nth=nth, actor=actor)
    key, currency = derived("job", job, "cancellation", nth), share.fee.currency
    names = [wallet_of(customer, "customer", currency), books.house("fee_income", currency), tax_of(currency)]
    if specialist is not None:
        names.append(wallet_of(specialist, "specialist", currency))
    wallet, income, tax, *earner = record.accounts(session, *names)
    spill = None if held else record.account(session, receivable_of(customer, "customer", currency))
    legs = [
        Leg(wallet, -share.fee, spill=spill),
        *(Leg(account, share.specialist_share) for account in earner),
        Leg(income, share.house_share if earner else share.house_share + share.specialist_share),
        Leg(tax, share.tax),
    ]
    if specialist is not None and share.specialist_share:
        record.earning(
            session,
            key,
            "cancellation",
            specialist=specialist,
            job=job,
            share=Share.whole(share.specialist_share),
            now=now,
        )
        record.offset_later(session, key, specialist, "specialist", currency)
    record.document_later(session, key)
    if not held:
        return ledger.post(session, key, "cancellation", legs, subject=job, actor=actor, now=now)
    return ledger.capture(session, key, "cancellation", legs, subject=job, closes="job", actor=actor, now=now)


def hold_cash_commission(
    session: Session, *, job: UUID, specialist: UUID, share: Share, now: datetime, nth: int = 1
) -> Posted | None:
    """When a cash job is accepted, set commission and tax aside: from the wallet, the rest as a promise of debt.

    None when nothing is due. Raises DebtLimitReached(available, needed); the caller's transaction goes on.
    """
    if cash_due(share).is_zero:
        return None
    wallet, debt = record.purse(session, specialist, share.gross.currency)
    key = derived("job", job, "cash_commission", "hold", nth)
    record.debt_later(session, key, specialist, share.gross.currency)
    with session.begin_nested():
        leg = Leg(wallet, cash_due(share), spill=debt)
        return ledger.hold(session, key, leg, purpose="commission", subject=job, now=now)


def move_cash_commission(
    session: Session, *, job: UUID, specialist: UUID, share: Share, now: datetime, nth: int
) -> Posted | None:
    """A cash job goes to another specialist: what the first had set aside goes back, the second sets aside; one act.

    `nth` is the number of the new hold. Raises DebtLimitReached for the second, HoldClosed when the first had none.
    """
    if cash_due(share).is_zero:
        return None
    wallet, debt = record.purse(session, specialist, share.gross.currency)
    leg = Leg(wallet, Money.zero(share.gross.currency), spill=debt, keep=cash_due(share))
    key = derived("job", job, "cash_commission", "hold", nth)
    back = derived("job", job, "cash_commission", "release", nth - 1)
    record.debt_later(session, key, specialist, share.gross.currency)
    postings = [
        Posting(back, "release", (), subject=job, closes="commission"),
        Posting(key, "hold", (leg,), subject=job, keeps_as="commission"),
    ]
    with session.begin_nested():
        return ledger.post_many(session, postings, now=now)[1]


def capture_cash_commission(
    session: Session, *, job: UUID, customer: UUID, specialist: UUID, share: Share, now: datetime, nth: int = 1
) -> Posted | None:
    """A cash job is confirmed: commission and tax are taken from the wallet first, the rest is owed (§2.1).

    A fact: it is recorded also when it is more than was set aside, or nothing was. None when nothing is due.
    """
    key, currency = derived("job", job, "cash_commission", "capture", nth), share.gross.currency
    record.earning(session, key, "cash", specialist=specialist, job=job, share=share, now=now)
    record.payment(session, job=job, customer=customer, specialist=specialist, share=share, in_cash=True, now=now)
    if cash_due(share).is_zero:
        return None
    record.debt_later(session, key, specialist, currency)
    wallet, debt = record.purse(session, specialist, currency)
    commission, tax = record.accounts(session, books.house("commission", currency), tax_of(currency))
    legs = [Leg(wallet, -cash_due(share), spill=debt), Leg(commission, share.commission), Leg(tax, share.tax)]
    return ledger.capture(session, key, "cash_commission", legs, subject=job, closes="commission", now=now)


def release_cash_commission(
    session: Session, *, job: UUID, specialist: UUID, currency: str, now: datetime, nth: int = 1
) -> Posted:
    """A cash job is called off: what its specialist had set aside goes back. Raises HoldClosed when nothing was."""
    key = derived("job", job, "cash_commission", "release", nth)
    record.debt_later(session, key, specialist, currency)
    return ledger.release(session, key, subject=job, closes="commission", now=now)


def release_warranty(
    session: Session, *, job: UUID, specialist: UUID, currency: str, now: datetime, nth: int = 1
) -> Posted:
    """The warranty window is over: what the specialist earned is free (lifecycle.md E.4 #27). Raises HoldClosed."""
    key = derived("job", job, "warranty", "release", nth)
    record.offset_later(session, key, specialist, "specialist", currency)
    return ledger.release(session, key, subject=job, closes="warranty", now=now)


def tip(
    session: Session, *, job: UUID, customer: UUID, specialist: UUID, amount: Money, now: datetime, nth: int = 1
) -> Posted:
    """All of it is the specialist's (lifecycle.md E.4 #26). Raises InsufficientFunds."""
    key = derived("job", job, "tip", nth)
    wallet, earner = record.accounts(
        session, wallet_of(customer, "customer", amount.currency), wallet_of(specialist, "specialist", amount.currency)
    )
    record.earning(session, key, "tip", specialist=specialist, job=job, share=Share.whole(amount), now=now)
    record.offset_later(session, key, specialist, "specialist", amount.currency)
    with session.begin_nested():
        return ledger.post(session, key, "tip", [Leg(wallet, -amount), Leg(earner, amount)], subject=job, now=now)


def goodwill(
    session: Session,
    *,
    key: UUID,
    owner: UUID,
    owner_kind: Owner,
    amount: Money,
    reason: str,
    actor: UUID | None,
    now: datetime,
) -> Posted:
    """The house pays into a wallet without owing it: an apology, a warranty visit (lifecycle.md E.4 #32, #37)."""
    wallet, expense = record.accounts(
        session, wallet_of(owner, owner_kind, amount.currency), books.house("goodwill", amount.currency)
    )
    record.offset_later(session, key, owner, owner_kind, amount.currency)
    legs = [Leg(expense, -amount), Leg(wallet, amount)]
    return ledger.post(session, key, "goodwill", legs, reason=reason, actor=actor, now=now)


def debt_offset(
    session: Session, *, owner: UUID, owner_kind: Owner, currency: str, because: UUID, now: datetime
) -> Posted | None:
    """Pay what is owed from the wallet, as far as it reaches; after any credit, before any payout.

    `because` is the key of the credit. None when there was nothing to pay, or nothing to pay it with.
    """
    found = books.accounts(session, names := record.purse_names(owner, owner_kind, currency))
    if len(found) < len(names):
        return None
    wallet, debt = (found[name] for name in names)
    key = derived(because, "offset")
    if owner_kind == "specialist":
        record.debt_later(session, key, owner, currency)
    return ledger.offset(session, key, wallet=wallet, receivable=debt, currency=currency, now=now)
