"""The passes of matching (payments.md §8.3): each set-based, none guesses; what is left over becomes an exception.

Pass 1: report line and credited attempt, same transaction number, amount and currency; posts the line's fee.
Pass 4: batch and deposit, the batch named by the deposit, the same net; posts the deposit. Pass 6: the rest.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Text, and_, cast, exists, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, aliased

from marketplace.foundation.ids import derived, uuid7
from marketplace.foundation.money import Money
from payments.ledger import actions as ledger
from payments.ledger import queries as ledger_queries
from payments.ledger.rules import AccountName, Leg, Posting
from payments.reconciliation.rules import Kind
from payments.reconciliation.tables import MatchItem, MatchSet, ReconException
from payments.statements.rules import Source
from payments.statements.tables import StatementFileRow, StatementLineRow
from payments.topups import actions as topups
from payments.topups.rules import CREDITED
from payments.topups.tables import TopUp, TopUpAttempt
from payments.wallets.rules import clearing_of

LineRow = StatementLineRow


@dataclass(frozen=True, slots=True)
class Matched:
    """How many lines found their partner now, and how many exceptions stand open."""

    lines: int
    exceptions: int


def run(session: Session, *, gateway: str, by: UUID, now: datetime) -> Matched:
    """Every pass over what has no partner yet; the ledger is called once, last, for all of them."""
    fees = _match_payments(session, gateway, now)
    deposits = _match_deposits(session, gateway, now)
    _open_exceptions(session, gateway, by=by, now=now)
    strangers = _strange_deposits(session, gateway)
    still_open = select(func.count()).select_from(ReconException).where(ReconException.closed_at.is_(None))
    left = session.scalar(still_open) or 0
    session.flush()
    postings = [*fees, *deposits, *strangers]
    if postings:
        ledger.post_many(session, postings, now=now)
    return Matched(lines=len(fees) + len(deposits), exceptions=left)


def bank_account(account: str, currency: str) -> AccountName:
    """The ledger's name for the bank account of a statement."""
    return AccountName("bank", currency, "bank", derived("bank", account))


def bank_suspense(account: str, currency: str) -> AccountName:
    """Where a deposit stands that nobody can explain yet."""
    return AccountName("suspense", currency, "bank", derived("bank", account))


def unmatched(pass_no: int) -> ColumnElement[bool]:
    """Whether a line has no partner in this pass."""
    return ~exists().where(MatchItem.line == LineRow.id, MatchItem.pass_no == pass_no)


def _match_payments(session: Session, gateway: str, now: datetime) -> list[Posting]:
    pairs = session.execute(
        select(LineRow.id, TopUpAttempt.id, LineRow.fee, LineRow.currency)
        .join(TopUpAttempt, and_(TopUpAttempt.gateway == LineRow.gateway, TopUpAttempt.txn == LineRow.txn))
        .join(TopUp, and_(TopUp.id == TopUpAttempt.topup, TopUp.currency == LineRow.currency))
        .where(
            LineRow.gateway == gateway,
            LineRow.source == Source.SETTLEMENT,
            LineRow.kind == "payment",
            LineRow.gross == TopUp.amount,
            TopUpAttempt.state.in_(CREDITED),
            unmatched(1),
            ~exists().where(MatchItem.attempt == TopUpAttempt.id, MatchItem.pass_no == 1),
        )
        .order_by(LineRow.id)
    ).all()
    postings: list[Posting] = []
    for line, attempt, fee, currency in pairs:
        _add_set(session, 1, lines=[line], attempts=[attempt], now=now)
        if fee:
            postings.append(_fee(session, gateway, line, Money(fee, currency)))
    _close(session, lines=[pair[0] for pair in pairs], attempts=[pair[1] for pair in pairs], now=now)
    return postings


def _fee(session: Session, gateway: str, line: UUID, fee: Money) -> Posting:
    fees = ledger.open_account(session, AccountName("gateway_fees", fee.currency))
    clearing = ledger.open_account(session, clearing_of(gateway, fee.currency))
    return Posting(derived("line", line, "fee"), "gateway_fee", (Leg(fees, -fee), Leg(clearing, fee)), subject=line)


def _match_deposits(session: Session, gateway: str, now: datetime) -> list[Posting]:
    deposits = session.scalars(
        select(LineRow)
        .where(
            LineRow.gateway == gateway,
            LineRow.source == Source.STATEMENT,
            LineRow.batch.is_not(None),
            unmatched(4),
        )
        .order_by(LineRow.id)
    ).all()
    postings = []
    for deposit in deposits:
        lines = session.execute(
            select(LineRow.id, LineRow.net).where(
                LineRow.gateway == gateway,
                LineRow.source == Source.SETTLEMENT,
                LineRow.batch == deposit.batch,
                LineRow.currency == deposit.currency,
                unmatched(4),
            )
        ).all()
        if lines and sum(net for _, net in lines) == deposit.net:
            _add_set(session, 4, lines=[deposit.id, *(id for id, _ in lines)], attempts=[], now=now)
            _close(session, lines=[deposit.id], attempts=[], now=now)
            postings.append(_deposit(session, gateway, deposit))
    return postings


def _deposit(session: Session, gateway: str, line: LineRow) -> Posting:
    """bank −N · clearing +N; from suspense when it stood there since an earlier import."""
    account, net = line.account or "", Money(line.net, line.currency)
    clearing = ledger.open_account(session, clearing_of(gateway, line.currency))
    if ledger_queries.recorded(session, derived("line", line.id, "suspense")):
        stood = ledger.open_account(session, bank_suspense(account, line.currency))
        legs = (Leg(stood, -net), Leg(clearing, net))
        return Posting(derived("line", line.id, "cleared"), "suspense_cleared", legs, subject=line.id)
    bank = ledger.open_account(session, bank_account(account, line.currency))
    legs = (Leg(bank, -net), Leg(clearing, net))
    return Posting(derived("line", line.id, "deposit"), "bank_deposit", legs, subject=line.id)


def _strange_deposits(session: Session, gateway: str) -> list[Posting]:
    """Deposits without a batch of ours: in the bank they are, so they are booked, against suspense."""
    strangers = session.scalars(
        select(LineRow)
        .where(LineRow.gateway == gateway, LineRow.source == Source.STATEMENT, unmatched(4))
        .order_by(LineRow.id)
    )
    postings = []
    for line in strangers:
        key = derived("line", line.id, "suspense")
        if line.net == 0 or ledger_queries.recorded(session, key):
            continue
        account, net = line.account or "", Money(line.net, line.currency)
        bank = ledger.open_account(session, bank_account(account, line.currency))
        stands = ledger.open_account(session, bank_suspense(account, line.currency))
        postings.append(Posting(key, "bank_suspense", (Leg(bank, -net), Leg(stands, net)), subject=line.id))
    return postings


def _open_exceptions(session: Session, gateway: str, *, by: UUID, now: datetime) -> None:
    for line, attempt, credited in _lines_alone(session, gateway):
        kind = _matter(line, attempt, credited=credited)
        if kind is Kind.PAID_NOT_CREDITED and line.ours is not None:
            topups.wake(session, gateway=gateway, ours=[line.ours], now=now)  # asked first, before a person looks
        _open(session, kind, Money(line.net, line.currency), line=line.id, by=by, now=now)
    for attempt_id, minor, currency in _attempts_alone(session, gateway):
        _open(session, Kind.CREDITED_NOT_PAID, Money(minor, currency), attempt=attempt_id, by=by, now=now)


def _lines_alone(session: Session, gateway: str) -> Sequence[Row[LineRow, str, bool]]:
    """Lines without a partner, and the attempt they name by either reference, if there is one."""
    named = aliased(TopUpAttempt)
    names = and_(named.gateway == LineRow.gateway, (named.txn == LineRow.txn) | (named.ours == LineRow.ours))
    alone = ((LineRow.source == Source.SETTLEMENT) & unmatched(1)) | (
        (LineRow.source == Source.STATEMENT) & unmatched(4)
    )
    return session.execute(
        select(LineRow, func.min(cast(named.id, Text)), func.coalesce(func.bool_or(named.state.in_(CREDITED)), False))
        .outerjoin(named, names)
        .where(LineRow.gateway == gateway, alone)
        .group_by(LineRow.id)
    ).all()


def _matter(line: LineRow, attempt: str | None, *, credited: bool) -> Kind:
    if line.source == Source.STATEMENT:
        return Kind.DEPOSIT
    if line.kind != "payment":
        return Kind.NOT_EXPLAINED
    if attempt is None:
        return Kind.FOREIGN
    return Kind.AMOUNT if credited else Kind.PAID_NOT_CREDITED


def _attempts_alone(session: Session, gateway: str) -> Iterable[tuple[UUID, int, str]]:
    """Credited attempts of a day whose report is here, and who are not in it."""
    reported = exists().where(
        StatementFileRow.gateway == gateway,
        StatementFileRow.source == Source.SETTLEMENT,
        StatementFileRow.first_on <= TopUpAttempt.financial_day,
        StatementFileRow.last_on >= TopUpAttempt.financial_day,
    )
    found = (
        select(TopUpAttempt.id, TopUp.amount, TopUp.currency)
        .join(TopUp, TopUp.id == TopUpAttempt.topup)
        .where(
            TopUpAttempt.gateway == gateway,
            TopUpAttempt.state.in_(CREDITED),
            reported,
            ~exists().where(MatchItem.attempt == TopUpAttempt.id, MatchItem.pass_no == 1),
        )
    )
    return [(attempt, minor, currency) for attempt, minor, currency in session.execute(found)]


def _open(
    session: Session,
    kind: Kind,
    value: Money,
    *,
    by: UUID,
    now: datetime,
    line: UUID | None = None,
    attempt: UUID | None = None,
) -> None:
    row = {
        "id": uuid7(),
        "kind": kind,
        "line": line,
        "attempt": attempt,
        "owner": by,
        "currency": value.currency,
        "value": value.minor,
        "opened_at": now,
    }
    session.execute(insert(ReconException).values(row).on_conflict_do_nothing())


def _close(session: Session, *, lines: Sequence[UUID], attempts: Sequence[UUID], now: datetime) -> None:
    """Whoever found a partner is no exception any more."""
    solved = ReconException.line.in_(lines) | ReconException.attempt.in_(attempts)
    session.execute(update(ReconException).where(solved, ReconException.closed_at.is_(None)).values(closed_at=now))


def _add_set(session: Session, pass_no: int, *, lines: Sequence[UUID], attempts: Sequence[UUID], now: datetime) -> None:
    found = MatchSet(id=uuid7(), pass_no=pass_no, made_at=now)
    session.add(found)
    session.flush()
    for line in lines:
        session.add(MatchItem(id=uuid7(), match_set=found.id, pass_no=pass_no, line=line))
    for attempt in attempts:
        session.add(MatchItem(id=uuid7(), match_set=found.id, pass_no=pass_no, attempt=attempt))
    session.flush()
