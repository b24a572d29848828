"""Take a file in: whole or not at all, and each of its lines once."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from marketplace.foundation.ids import derived, uuid7
from marketplace.foundation.money import Money
from payments.gateways import directory
from payments.gateways.protocol import Line
from payments.gateways.protocol import StatementFile as GivenFile
from payments.gateways.rules import AnswerNotUnderstood
from payments.statements.rules import (
    BalanceGap,
    LineChanged,
    LineKind,
    Source,
    Statement,
    not_understood,
    read_statement,
)
from payments.statements.tables import StatementFileRow, StatementLineRow


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did. `again`: this very file was here before, and nothing changed."""

    file: UUID
    lines: int
    new_lines: int
    again: bool = False


def import_settlement(session: Session, *, gateway: str, body: bytes, by: UUID, now: datetime) -> Imported:
    """Take a gateway's settlement report in.

    Refuses FileNotUnderstood (whole), LineChanged.
    """
    one_at_a_time(session, gateway)
    before = _seen(session, body)
    if before is not None:
        return before
    try:
        lines = list(directory.by_name(gateway).lines(GivenFile("settlement", body)))
    except AnswerNotUnderstood as failure:
        raise not_understood(failure) from None
    days = [line.booked for line in lines]
    file = StatementFileRow(
        id=uuid7(),
        source=Source.SETTLEMENT,
        gateway=gateway,
        digest=hashlib.sha256(body).digest(),
        imported_at=now,
        imported_by=by,
        lines=len(lines),
        first_on=min(days, default=None),
        last_on=max(days, default=None),
    )
    rows = [_settlement_row(file.id, gateway, line) for line in lines]
    return _take_in(session, file, rows)


def import_statement(session: Session, *, gateway: str, body: bytes, by: UUID, now: datetime) -> Imported:
    """Take the statement of the account that a gateway pays into in.

    Refuses FileNotUnderstood (whole), BalanceGap when a statement between is missing, LineChanged.
    """
    one_at_a_time(session, gateway)
    before = _seen(session, body)
    if before is not None:
        return before
    found = read_statement(body)
    _check_neighbours(session, found)
    file = StatementFileRow(
        id=uuid7(),
        source=Source.STATEMENT,
        gateway=gateway,
        digest=hashlib.sha256(body).digest(),
        imported_at=now,
        imported_by=by,
        lines=len(found.lines),
        account=found.account,
        currency=found.opening.currency,
        opening=found.opening.minor,
        closing=found.closing.minor,
        first_on=found.first_on,
        last_on=found.last_on,
    )
    return _take_in(session, file, _statement_rows(file.id, gateway, found))


def one_at_a_time(session: Session, gateway: str) -> None:
    """Two people who import or match for one gateway take turns, until the first has committed."""
    number = int.from_bytes(derived("reconciliation", gateway).bytes[:8], signed=True)
    session.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": number})


def _take_in(session: Session, file: StatementFileRow, rows: Sequence[dict[str, object]]) -> Imported:
    session.add(file)
    session.flush()
    return Imported(file.id, file.lines, _add_lines(session, file, rows))


def _of_a_bank(amount: Money) -> LineKind:
    return LineKind.DEPOSIT if amount.minor > 0 else LineKind.PAYOUT if amount.minor < 0 else LineKind.OTHER


def _add_lines(session: Session, file: StatementFileRow, rows: Sequence[dict[str, object]]) -> int:
    """Only lines that no file brought before; one that comes again must be the same."""
    known = select(StatementLineRow.line_key, StatementLineRow.digest).where(
        StatementLineRow.gateway == file.gateway,
        StatementLineRow.source == file.source,
        StatementLineRow.line_key.in_([row["line_key"] for row in rows]),
    )
    before = {row.line_key: row.digest for row in session.execute(known)}
    for row in rows:
        key = str(row["line_key"])
        if before.get(key, row["digest"]) != row["digest"]:
            raise LineChanged(key=key)
    new = [row for row in rows if row["line_key"] not in before]
    if new:
        session.execute(insert(StatementLineRow), new)
    return len(new)


def _settlement_row(file: UUID, gateway: str, line: Line) -> dict[str, object]:
    return {
        "id": uuid7(),
        "file": file,
        "source": Source.SETTLEMENT,
        "gateway": gateway,
        "line_key": line.key,
        "digest": line.digest,
        "kind": line.kind,
        "txn": line.refs.txn,
        "bank": line.refs.bank,
        "ours": line.refs.ours or None,
        "account": None,
        "reference": None,
        "reversal": False,
        "batch": line.batch,
        "currency": line.gross.currency,
        "gross": line.gross.minor,
        "fee": line.fee.minor,
        "net": line.net.minor,
        "booked": line.booked,
        "value": line.value,
    }


def _statement_rows(file: UUID, gateway: str, found: Statement) -> list[dict[str, object]]:
    return [
        {
            "id": uuid7(),
            "file": file,
            "source": Source.STATEMENT,
            "gateway": gateway,
            "line_key": line.key,
            "digest": line.digest,
            "kind": _of_a_bank(line.amount),
            "txn": None,
            "bank": None,
            "ours": None,
            "account": found.account,
            "reference": line.batch,
            "reversal": False,
            "batch": line.batch,
            "currency": line.amount.currency,
            "gross": line.amount.minor,
            "fee": 0,
            "net": line.amount.minor,
            "booked": line.booked,
            "value": line.value,
        }
        for line in found.lines
    ]


def _seen(session: Session, body: bytes) -> Imported | None:
    row = session.scalar(select(StatementFileRow).where(StatementFileRow.digest == hashlib.sha256(body).digest()))
    return None if row is None else Imported(row.id, row.lines, 0, again=True)


def _check_neighbours(session: Session, found: Statement) -> None:
    """closing(n) = opening(n + 1) across files, so that a missing statement shows at once."""
    same = select(StatementFileRow).where(StatementFileRow.account == found.account)
    before = session.scalars(
        same.where(StatementFileRow.last_on < found.first_on).order_by(StatementFileRow.last_on.desc()).limit(1)
    ).first()
    after = session.scalars(
        same.where(StatementFileRow.first_on > found.last_on).order_by(StatementFileRow.first_on).limit(1)
    ).first()
    currency = found.opening.currency
    for neighbour, theirs, ours in (
        (before, before and before.closing, found.opening),
        (after, after and after.opening, found.closing),
    ):
        if neighbour is not None and theirs != ours.minor:
            raise BalanceGap(expected=Money(theirs or 0, currency), found=ours)
