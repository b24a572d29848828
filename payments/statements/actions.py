"""Take a file in: whole or not at all, and each of its lines once."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from marketplace.foundation.ids import derived, uuid7
from marketplace.foundation.money import Money
from payments.statements import intake
from payments.statements.readers import STRICT, Given, How, events, in_memory, recognise
from payments.statements.rules import BalanceGap, FileNotUnderstood, Form, Section, Source, Tally
from payments.statements.tables import StatementBalanceRow, StatementFileRow

LONG = "SET LOCAL statement_timeout = '10min'"


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did. `files`: one for each account in it. `again`: this very file was here before, and nothing
    changed."""

    files: tuple[UUID, ...]
    lines: int
    new_lines: int
    again: bool = False

    @property
    def file(self) -> UUID:
        """The first of them."""
        return self.files[0]


def import_settlement(session: Session, *, gateway: str, body: bytes, by: UUID, now: datetime) -> Imported:
    """Take a gateway's settlement report in. Refuses FileNotUnderstood (whole), LineChanged."""
    return import_file(session, in_memory(body), How(gateway, Source.SETTLEMENT), by=by, now=now)


def import_statement(session: Session, *, gateway: str, body: bytes, by: UUID, now: datetime) -> Imported:
    """Take the statement of the account that a gateway pays into in.

    Refuses FileNotUnderstood (whole), BalanceGap when a statement between is missing, LineChanged.
    """
    return import_file(session, in_memory(body), How(gateway, Source.STATEMENT), by=by, now=now)


def import_file(
    session: Session,
    file: Given,
    how: How,
    *,
    by: UUID,
    now: datetime,
    profile: UUID | None = None,
    told: Callable[[int], None] = lambda _: None,
) -> Imported:
    """Take any file in, whatever its form. `told` hears how many lines have been read.

    Refuses FileNotUnderstood (whole), BalanceGap when a statement between is missing, LineChanged.
    """
    one_at_a_time(session, how.gateway)
    _take_turns(session, "statement_file", file.digest.hex())
    before = _seen(session, file.digest)
    if before is not None:
        return before
    session.execute(text(LONG))
    form, tally = recognise(file, how), Tally()
    intake.stage(session, tally.through(events(file, how)), told)
    if not tally.sections:
        raise FileNotUnderstood("no lines")
    intake.judge(session, strict=form in STRICT)
    for each in sorted(each.account for each in tally.sections if each.account):
        _take_turns(session, "statement_account", each)
    rows = [_file(n, each, file, how, form, by=by, now=now) for n, each in enumerate(tally.sections)]
    for row, section in zip(rows, tally.sections, strict=True):
        row.profile = profile
        _check_neighbours(session, section)
    session.add_all(rows)
    session.flush()
    placed = [
        (intake.section_of(row.account, row.currency), row.id, row.account or how.gateway, row.account) for row in rows
    ]
    new = intake.take(session, source=how.source, gateway=how.gateway, placed=placed)
    _note_balances(session, rows, tally.sections)
    for section in tally.sections:
        _check_whole(session, section)
    return Imported(tuple(row.id for row in rows), tally.lines, new)


def one_at_a_time(session: Session, gateway: str) -> None:
    """Two people who import or match for one gateway take turns, until the first has committed."""
    _take_turns(session, "reconciliation", gateway)


def _take_turns(session: Session, what: str, which: object) -> None:
    number = int.from_bytes(derived(what, which).bytes[:8], signed=True)
    session.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": number})


def _seen(session: Session, digest: bytes) -> Imported | None:
    rows = session.scalars(
        select(StatementFileRow).where(StatementFileRow.digest == digest).order_by(StatementFileRow.section)
    ).all()
    if not rows:
        return None
    return Imported(tuple(row.id for row in rows), sum(row.lines for row in rows), 0, again=True)


def _file(
    number: int, section: Section, file: Given, how: How, form: Form, *, by: UUID, now: datetime
) -> StatementFileRow:
    return StatementFileRow(
        id=uuid7(), source=how.source, gateway=how.gateway, digest=file.digest, section=number, form=form,
        imported_at=now, imported_by=by, lines=section.lines, account=section.account, currency=section.currency,
        opening=section.opening, closing=section.closing, first_on=section.first_on, last_on=section.last_on,
    )  # fmt: skip


def _note_balances(session: Session, rows: list[StatementFileRow], sections: list[Section]) -> None:
    session.add_all(
        StatementBalanceRow(
            id=uuid7(), file=row.id, account=row.account, currency=row.currency, ends_on=on, amount=amount
        )
        for row, section in zip(rows, sections, strict=True)
        for on, amount in section.balances
    )
    session.flush()


def _check_neighbours(session: Session, found: Section) -> None:
    """closing(n) = opening(n + 1) across files, so that a missing statement shows at once."""
    if found.account is None or found.currency is None or found.first_on is None or found.last_on is None:
        return
    same = select(StatementFileRow).where(
        StatementFileRow.account == found.account, StatementFileRow.currency == found.currency
    )
    before = session.scalars(
        same.where(StatementFileRow.last_on < found.first_on).order_by(StatementFileRow.last_on.desc()).limit(1)
    ).first()
    after = session.scalars(
        same.where(StatementFileRow.first_on > found.last_on).order_by(StatementFileRow.first_on).limit(1)
    ).first()
    for theirs, ours in (
        (before.closing if before else None, found.opening),
        (after.opening if after else None, found.closing),
    ):
        if theirs is not None and ours is not None and theirs != ours:
            raise BalanceGap(expected=Money(theirs, found.currency), found=Money(ours, found.currency))


def _check_whole(session: Session, found: Section) -> None:
    """All lines of an account that are here lead from its first balance to its last: none lacks, none is double."""
    if found.account is None or found.currency is None:
        return
    known = intake.edges(session, found.account, found.currency)
    if known is None:
        return
    openings, closings = known
    total = intake.stored_sum(session, found.account, found.currency)
    if not any(opening + total in closings for opening in openings):
        reached = min(openings) + total
        raise BalanceGap(expected=Money(max(closings), found.currency), found=Money(reached, found.currency))
