"""Import a file, match what can be matched, and give everything else an owner."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from payments.reconciliation import matching
from payments.statements import actions as statements


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did. `again`: this very file was here before, and nothing changed."""

    file: UUID
    lines: int
    new_lines: int
    matched: int
    exceptions: int
    again: bool = False


def import_settlement(session: Session, *, gateway: str, body: bytes, by: UUID, now: datetime) -> Imported:
    """Take a gateway's settlement report in, then match. `by` owns the exceptions it opens.

    Refuses FileNotUnderstood (whole), LineChanged.
    """
    taken = statements.import_settlement(session, gateway=gateway, body=body, by=by, now=now)
    return _matched(session, taken, gateway=gateway, by=by, now=now)


def import_statement(session: Session, *, gateway: str, body: bytes, by: UUID, now: datetime) -> Imported:
    """Take the statement of the account that a gateway pays into in, then match.

    Refuses FileNotUnderstood (whole), BalanceGap when a statement between is missing, LineChanged.
    """
    taken = statements.import_statement(session, gateway=gateway, body=body, by=by, now=now)
    return _matched(session, taken, gateway=gateway, by=by, now=now)


def match(session: Session, *, gateway: str, by: UUID, now: datetime, whole: bool = False) -> matching.Matched:
    """Try every line of a gateway that has no partner yet; repeating it changes nothing.

    `whole`: look also for top-ups of days reported before that were credited since, which takes a reading of all.
    """
    statements.one_at_a_time(session, gateway)
    return matching.run(session, gateway=gateway, by=by, now=now, whole=whole)


def _matched(session: Session, taken: statements.Imported, *, gateway: str, by: UUID, now: datetime) -> Imported:
    if taken.again:
        return Imported(taken.file, taken.lines, 0, 0, 0, again=True)
    found = matching.run(session, gateway=gateway, by=by, now=now)
    return Imported(taken.file, taken.lines, taken.new_lines, found.lines, found.exceptions)
