"""Where a job's money stands (lifecycle.md E.1), derived from the books and from what is disputed; stored nowhere.

Two words of the design never come up: nothing is captured in parts, and what goes back to a wallet goes at once.

A job is frozen while somebody disputes a part of its money: a case about it that names an amount, or a case at the
bank of its customer about the top-up that paid it. Which top-up that is a wallet cannot tell of its money, so it is
the one that was made for the job, and without such a wish each whose money was there when the job was funded and that
still stands aside. What is held stays held (payments.md §2.3): a charge-back is taken from what is free, and is owed
beyond that.
"""

from enum import StrEnum
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.care.rules import CaseState
from booking.care.tables import CaseFile
from booking.jobs.tables import Job
from booking.jobs.words import Method
from marketplace.foundation.ids import JobId
from payments.topups import queries as topups
from payments.topups.queries import CaseView
from payments.wallets import queries as wallets

ASIDE = frozenset({"job", "warranty"})


class MoneyRegion(StrEnum):
    """Where a job's money stands."""

    NONE = "none"  # no price yet, or nothing was paid in the end
    QUOTED = "quoted"
    HELD = "held"  # the price, or the cash job's commission, is set aside
    CAPTURED = "captured"  # paid; the specialist's share waits for the end of the dispute window
    SETTLED = "settled"
    REFUNDED = "refunded"  # all of it went back
    FROZEN = "frozen"


def money_region(session: Session, job: UUID) -> MoneyRegion:
    """Where the money of a job stands now; NONE for a job that nobody knows."""
    row = session.get(Job, job, populate_existing=True)
    if row is None:
        return MoneyRegion.NONE
    if _is_frozen(session, row):
        return MoneyRegion.FROZEN
    paid, aside = wallets.payment_of(session, job), {each.purpose for each in wallets.held_lines(session, job)}
    if paid is not None and paid.left.is_zero and not paid.gross.is_zero:
        return MoneyRegion.REFUNDED
    if paid is not None:
        return MoneyRegion.CAPTURED if "warranty" in aside else MoneyRegion.SETTLED
    if aside:
        return MoneyRegion.HELD
    if wallets.of_job(session, job):
        return MoneyRegion.SETTLED  # the fee of a cancelled or missed visit
    return MoneyRegion.QUOTED if row.quote is not None and row.ended_at is None else MoneyRegion.NONE


def paid_from(session: Session, case: CaseView) -> list[JobId]:
    """The jobs whose money a case at the payer's bank disputes: none of a specialist's own top-up."""
    theirs = select(Job).where(Job.customer_id == case.owner, Job.funded_at.is_not(None)).order_by(Job.funded_at)
    return [JobId(row.id) for row in session.scalars(theirs) if _touches(session, case, row)]


def _is_frozen(session: Session, row: Job) -> bool:
    named = select(CaseFile.id).where(
        CaseFile.job_id == row.id, CaseFile.state != CaseState.DECIDED, CaseFile.disputed_minor > 0
    )
    if session.scalar(named.limit(1)) is not None:
        return True
    if row.customer_id is None or row.funded_at is None:
        return False
    return any(_touches(session, case, row) for case in topups.open_cases_of(session, row.customer_id))


def _touches(session: Session, case: CaseView, row: Job) -> bool:
    if case.wallet != "customer" or row.method != Method.WALLET or row.funded_at is None:
        return False
    if case.subject is not None:
        return case.subject == row.id
    return case.credited_at <= row.funded_at and any(
        each.purpose in ASIDE for each in wallets.held_lines(session, row.id)
    )
