"""What is done about an exception: given to somebody, noted, asked about, or settled by a transfer with a reason.

`solve` moves the money that hangs on it and explains its line, attempt or batch for good; above a limit a second person
agrees first, as with payouts. What was paid and never credited is not credited here: its gateway is asked, and the
top-up's own rules decide.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from marketplace.foundation.ids import AttemptId, derived, uuid7
from marketplace.foundation.money import Money
from marketplace.foundation.outbox import enqueue
from payments.ledger.rules import AccountName, Leg, Posting, SecondPersonNeeded, TransferCode
from payments.reconciliation import booking
from payments.reconciliation.bank_passes import BankLine
from payments.reconciliation.booking import Accounts, bank_suspense, gateway_suspense
from payments.reconciliation.rules import (
    CannotBeSolvedSo,
    ExceptionClosed,
    ExceptionNotFound,
    How,
    Kind,
    NothingProposed,
    NotOfFinance,
    ReasonMissing,
    Solution,
    SolutionWaits,
    What,
)
from payments.reconciliation.tables import (
    ExceptionEvent,
    ExceptionSolution,
    MatchItem,
    MatchRule,
    MatchSet,
    ReconException,
    SettlementBatch,
)
from payments.statements.actions import one_at_a_time
from payments.statements.rules import Source
from payments.statements.tables import StatementLineRow
from payments.topups.rules import CREDITED
from payments.topups.tables import TopUp, TopUpAttempt
from payments.wallets.rules import clearing_of, wallet_of

LONGEST_NOTE: Final = 500
LOOK_AGAIN: Final = timedelta(minutes=1)
PAID_TWICE: Final = frozenset({Kind.DUPLICATE, Kind.AMOUNT})


@dataclass(frozen=True, slots=True)
class Hanging:
    """What hangs on an exception: `amount` leaves `place` for where the solution says, above zero or below.

    `line`, `attempt` and `batch` are explained by it; `fee` is booked with it; `deposit` clears suspense with it.
    """

    place: AccountName
    amount: Money
    fee: int = 0
    line: StatementLineRow | None = None
    attempt: UUID | None = None
    batch: UUID | None = None
    deposit: bool = False


def assign(session: Session, exception: UUID, *, to: UUID, among: Collection[UUID], by: UUID, now: datetime) -> None:
    """Give it to somebody of finance, who are `among`; to whom it belongs already changes nothing.

    Refuses ExceptionNotFound, ExceptionClosed, NotOfFinance.
    """
    row = _open(session, exception)
    if to not in among:
        raise NotOfFinance
    if row.owner == to:
        return
    row.owner = to
    _note(session, row, What.ASSIGNED, by, now, fact=str(to))


def note(session: Session, exception: UUID, words: str, *, by: UUID, now: datetime) -> None:
    """Write something down about it, also when it is closed. Refuses ExceptionNotFound, ReasonMissing."""
    if not words.strip():
        raise ReasonMissing
    row = session.get(ReconException, exception)
    if row is None:
        raise ExceptionNotFound
    _note(session, row, What.NOTED, by, now, words=words.strip()[:LONGEST_NOTE])


def ask_gateway(session: Session, exception: UUID, *, by: UUID, now: datetime) -> None:
    """Ask the gateway about its payment, and match again when it has answered: a forgotten top-up is credited so.

    Refuses ExceptionNotFound, ExceptionClosed, CannotBeSolvedSo where no attempt of ours is known.
    """
    row = _open(session, exception)
    attempt = row.attempt or row.named
    known = None if attempt is None else session.get(TopUpAttempt, attempt)
    if known is None:
        raise CannotBeSolvedSo
    minute = int(now.timestamp()) // 60
    task = "topups.look_again" if known.state in CREDITED else "topups.verify"
    enqueue(session, task, key=derived("exception", row.id, "ask", minute), id=AttemptId(known.id))
    enqueue(
        session, "reconciliation.match", due_at=now + LOOK_AGAIN, key=derived("exception", row.id, "match", minute),
        gateway=row.gateway, by=row.owner,
    )  # fmt: skip
    _note(session, row, What.ASKED_GATEWAY, by, now)


def solve(
    session: Session, exception: UUID, how: Solution, *, reason: str, by: UUID, second_above: int, now: datetime
) -> bool:
    """Settle it by a transfer, or propose to where more than `second_above` minor units would move.

    True when it is done, False when it waits for a second person. Refuses ExceptionNotFound, ExceptionClosed,
    SolutionWaits, CannotBeSolvedSo, ReasonMissing, InsufficientFunds.
    """
    if not reason.strip():
        raise ReasonMissing
    row = _open(session, exception)
    if _waiting(session, row.id) is not None:
        raise SolutionWaits
    amount = _hanging(session, row, how).amount
    asked = ExceptionSolution(
        id=uuid7(), exception=row.id, how=how, amount=amount.minor, currency=amount.currency,
        reason=reason.strip()[:LONGEST_NOTE], asked_by=by, asked_at=now,
    )  # fmt: skip
    session.add(asked)
    session.flush()
    if how is not Solution.ACCEPT and abs(amount.minor) > second_above:
        _note(session, row, What.PROPOSED, by, now, fact=how, words=asked.reason)
        return False
    _carry_out(session, row, asked, now=now)
    return True


def approve(session: Session, exception: UUID, *, by: UUID, now: datetime) -> None:
    """The second person agrees, and it is done. Refuses NothingProposed, SecondPersonNeeded and what `solve` does."""
    row = _open(session, exception)
    asked = _waiting(session, row.id)
    if asked is None:
        raise NothingProposed
    if asked.asked_by == by:
        raise SecondPersonNeeded
    asked.approved_by = by
    _carry_out(session, row, asked, now=now)


def withdraw(session: Session, exception: UUID, *, by: UUID, now: datetime) -> None:
    """It is not settled so: the proposer takes it back, or the second person says no."""
    row = _open(session, exception)
    asked = _waiting(session, row.id)
    if asked is None:
        raise NothingProposed
    asked.withdrawn_at = now
    _note(session, row, What.WITHDRAWN, by, now, fact=asked.how)


def _carry_out(session: Session, row: ReconException, asked: ExceptionSolution, *, now: datetime) -> None:
    how = Solution(asked.how)
    hanging = _hanging(session, row, how)
    if hanging.amount.minor != asked.amount:
        raise CannotBeSolvedSo  # it changed since it was proposed
    made = _explain(session, row, hanging, by=asked.approved_by or asked.asked_by, now=now)
    postings = _postings(session, row, hanging, asked, made)
    asked.done_at, row.closed_at, row.suggestion = now, now, None
    _note(session, row, What.SOLVED, asked.approved_by or asked.asked_by, now, fact=how, words=asked.reason)
    booking.post(session, postings, now=now)


def _hanging(session: Session, row: ReconException, how: Solution) -> Hanging:
    """What would move. Refuses CannotBeSolvedSo."""
    if (how is Solution.ACCEPT) != (row.kind == Kind.UNKNOWN_FEE):
        raise CannotBeSolvedSo
    if row.attempt is not None:
        found = Hanging(clearing_of(row.gateway, row.currency), Money(-row.value, row.currency), attempt=row.attempt)
    elif row.batch is not None:
        batch = session.get_one(SettlementBatch, row.batch)
        found = Hanging(clearing_of(row.gateway, row.currency), Money(-batch.net, row.currency), batch=batch.id)
    else:
        line = session.get_one(StatementLineRow, row.line)
        found = _of_report(session, row, line) if line.source == Source.SETTLEMENT else _of_bank(session, row, line)
    if how is Solution.CREDIT and (row.kind not in PAID_TWICE or row.named is None or found.amount.minor <= 0):
        raise CannotBeSolvedSo
    if how in (Solution.CREDIT, Solution.RETURN) and (found.line is None or found.line.source != Source.SETTLEMENT):
        raise CannotBeSolvedSo
    return found


def _of_report(session: Session, row: ReconException, line: StatementLineRow) -> Hanging:
    place = clearing_of(row.gateway, line.currency)
    if row.kind == Kind.UNKNOWN_FEE:
        matched = session.scalar(select(MatchItem.no).where(MatchItem.line == line.id).limit(1))
        nothing = Money.zero(line.currency)
        return Hanging(place, nothing) if matched else Hanging(place, nothing, fee=-line.net, line=line)
    if row.kind == Kind.PAID_NOT_CREDITED:
        raise CannotBeSolvedSo  # its gateway is asked; only then is it known whose money it is
    if row.kind == Kind.AMOUNT and row.named is not None:
        attempt = session.get_one(TopUpAttempt, row.named)
        whole = session.get_one(TopUp, attempt.topup)
        if whole.currency != line.currency or _is_matched(session, attempt.id):
            raise CannotBeSolvedSo
        extra = Money(line.gross - whole.amount, line.currency)
        return Hanging(place, extra, fee=line.fee, line=line, attempt=attempt.id)
    return Hanging(place, Money(line.gross, line.currency), fee=line.fee, line=line)


def _of_bank(session: Session, row: ReconException, line: StatementLineRow) -> Hanging:
    if row.kind == Kind.AMOUNT and row.named is not None:
        batch = session.get_one(SettlementBatch, row.named)
        extra = Money(line.net - batch.net, line.currency)
        place = clearing_of(row.gateway, line.currency)
        return Hanging(place, extra, line=line, batch=batch.id, deposit=True)
    return Hanging(bank_suspense(line.account or "", line.currency), Money(line.net, line.currency), line=line)


def _postings(
    session: Session, row: ReconException, hanging: Hanging, asked: ExceptionSolution, made: UUID | None
) -> list[Posting]:
    accounts, found = Accounts(session), []
    if hanging.fee and made is not None:
        found += booking.fees(accounts, row.gateway, [(made, asked.currency, hanging.fee)])
    if hanging.deposit and hanging.line is not None:
        line = hanging.line
        moved = BankLine(line.id, line.account or "", line.currency, line.net, line.booked)
        found += booking.cleared(accounts, row.gateway, [moved])
    if hanging.amount:
        place, goes = accounts.id(hanging.place), accounts.id(_destination(session, row, Solution(asked.how)))
        legs = (Leg(place, -hanging.amount), Leg(goes, hanging.amount))
        found.append(
            Posting(
                derived("exception", asked.id, "solved"), _code(asked), legs, subject=row.id, reason=asked.how,
                actor=asked.asked_by, approver=asked.approved_by,
            )
        )  # fmt: skip
    return found


def _destination(session: Session, row: ReconException, how: Solution) -> AccountName:
    if how is Solution.WRITE_OFF:
        return AccountName("write_off", row.currency)
    if how is Solution.RETURN:
        return gateway_suspense(row.gateway, row.currency)
    whole = session.scalars(
        select(TopUp).join(TopUpAttempt, TopUpAttempt.topup == TopUp.id).where(TopUpAttempt.id == row.named)
    ).one()
    return wallet_of(whole.owner, "specialist" if whole.wallet == "specialist" else "customer", row.currency)


def _code(asked: ExceptionSolution) -> TransferCode:
    """Two people sign a loss by its own kind, and a gain as a correction; a small difference has a kind of its own."""
    if asked.how != Solution.WRITE_OFF:
        return "suspense_cleared"
    if asked.approved_by is None:
        return "difference"
    return "write_off" if asked.amount < 0 else "correction"


def _explain(session: Session, row: ReconException, hanging: Hanging, *, by: UUID, now: datetime) -> UUID | None:
    """What is settled has a match of its own, so that no run takes it up again."""
    line = hanging.line
    if line is None and hanging.attempt is None and hanging.batch is None:
        return None
    rule = session.scalars(
        select(MatchRule).where(MatchRule.code == How.BY_HAND).order_by(MatchRule.version.desc()).limit(1)
    ).one()
    made = MatchSet(
        id=uuid7(), gateway=row.gateway, rule=rule.id, pass_no=rule.pass_no, made_at=now, made_by=by,
        items=1, lines=0 if line is None else 1, value=0 if line is None else abs(line.net),
        last_on=now.date() if line is None else line.booked, currency=row.currency, fees=hanging.fee,
    )  # fmt: skip
    session.add(made)
    item = MatchItem(
        match_set=made.id, turn=0, line=None if line is None else line.id, attempt=hanging.attempt, batch=hanging.batch
    )
    for column in ("line", "attempt", "batch"):
        thing = getattr(item, column)
        if thing is not None:
            had = text("SELECT count(*) FROM match_item WHERE line = :it OR attempt = :it OR batch = :it")
            item.turn = max(item.turn, int(session.scalar(had, {"it": thing}) or 0))
    session.add(item)
    session.flush()
    return made.id


def _is_matched(session: Session, attempt: UUID) -> bool:
    asked = text("""
        SELECT EXISTS (SELECT FROM match_item m LEFT JOIN match_void v ON (v.match_set, v.no) = (m.match_set, m.no)
                        WHERE m.attempt = :attempt AND v.no IS NULL)""")
    return bool(session.scalar(asked, {"attempt": attempt}))


def _open(session: Session, exception: UUID) -> ReconException:
    """The exception under its lock, after the lock of its gateway: runs of matching take the same way."""
    gateway = session.scalar(select(ReconException.gateway).where(ReconException.id == exception))
    if gateway is None:
        raise ExceptionNotFound
    one_at_a_time(session, gateway)
    asked = select(ReconException).where(ReconException.id == exception).with_for_update()
    row = session.scalars(asked.execution_options(populate_existing=True)).one()
    if row.closed_at is not None:
        raise ExceptionClosed
    return row


def _waiting(session: Session, exception: UUID) -> ExceptionSolution | None:
    asked = select(ExceptionSolution).where(
        ExceptionSolution.exception == exception,
        ExceptionSolution.done_at.is_(None),
        ExceptionSolution.withdrawn_at.is_(None),
    )
    return session.scalars(asked.with_for_update().execution_options(populate_existing=True)).one_or_none()


def _note(
    session: Session,
    row: ReconException,
    what: What,
    by: UUID,
    now: datetime,
    *,
    fact: str | None = None,
    words: str | None = None,
) -> None:
    session.add(ExceptionEvent(exception=row.id, at=now, what=what, by=by, fact=fact, note=words))
    session.flush()
