"""What a file holds, before anything of it is kept; and the uploads and profiles there are."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace.foundation.errors import Refused
from marketplace.foundation.money import Money
from payments.statements.mapping import Mapping, read_mapping
from payments.statements.readers import Given, How, events, in_memory, recognise
from payments.statements.rules import FileNotUnderstood, Form, Section, Source, Stage, Tally
from payments.statements.tables import StatementProfileRow, StatementUploadRow

EVERY = 5_000  # lines from one word of progress to the next
MOST_ROWS = 50


class UploadNotFound(Refused):
    """No file of this id was handed in, or its time is over."""


class ProfileNotFound(Refused):
    """There is no such profile."""


@dataclass(frozen=True, slots=True)
class Account:
    """One account in a file, with the balances that its statement begins and ends with."""

    account: str
    lines: int
    opening: Money | None
    closing: Money | None
    first_on: date | None
    last_on: date | None


@dataclass(frozen=True, slots=True)
class Preview:
    """The first lines of a file that is not imported yet, and what all of them come to."""

    form: Form
    lines: int
    totals: tuple[Money, ...]
    first: tuple[tuple[str, date, Money], ...]
    accounts: tuple[Account, ...]


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that was handed in: at which step it is and how far, and what was understood or refused."""

    id: UUID
    owner: UUID
    handed_in_at: datetime
    expires_at: datetime
    gateway: str
    source: Source
    profile: UUID | None
    size: int
    digest: bytes
    stage: Stage
    lines: int
    done: int
    told: dict[str, Any]
    file: UUID | None
    new_lines: int
    matched: int
    exceptions: int
    preview: Preview | None


@dataclass(frozen=True, slots=True)
class Profile:
    """A mapping profile as it is now, or was."""

    id: UUID
    name: str
    version: int
    gateway: str
    mapping: Mapping
    made_at: datetime
    retired_at: datetime | None


def preview(*, gateway: str, source: Source, body: bytes) -> Preview:
    """Read a file without keeping anything of it. Refuses FileNotUnderstood."""
    return look(in_memory(body), How(gateway, source))


def look(file: Given, how: How, told: Callable[[int], None] = lambda _: None) -> Preview:
    """Read a file to its end without keeping anything of it. Refuses FileNotUnderstood, also one without a line
    and without an account: it may be of another kind altogether."""
    form, tally = recognise(file, how), Tally()
    for number, _ in enumerate(tally.through(events(file, how)), start=1):
        if number % EVERY == 0:
            told(number)
    if not tally.lines and not any(each.account for each in tally.sections):
        raise FileNotUnderstood("no lines")
    return Preview(
        form=form,
        lines=tally.lines,
        totals=tuple(Money(minor, currency) for currency, minor in sorted(tally.sums.items())),
        first=tuple(
            (line.key or line.reference or line.bank or "", line.booked, Money(line.net, line.currency))
            for line in tally.first
        ),
        accounts=tuple(_account(each) for each in tally.sections if each.account is not None),
    )


def upload(session: Session, id: UUID) -> Upload:
    """One file that was handed in. Refuses UploadNotFound."""
    row = session.get(StatementUploadRow, id)
    if row is None:
        raise UploadNotFound
    return _upload(row)


def uploads(session: Session, *, now: datetime) -> list[Upload]:
    """Those that are on their way: being read, waiting to be taken in, or refused; newest first."""
    wanted = (
        select(StatementUploadRow)
        .where(StatementUploadRow.stage != Stage.TAKEN, StatementUploadRow.expires_at > now)
        .order_by(StatementUploadRow.handed_in_at.desc(), StatementUploadRow.id)
        .limit(MOST_ROWS)
    )
    return [_upload(row) for row in session.scalars(wanted)]


def profile(session: Session, id: UUID) -> Profile:
    """One profile, also one that was retired. Refuses ProfileNotFound."""
    row = session.get(StatementProfileRow, id)
    if row is None:
        raise ProfileNotFound
    return _profile(row)


def profiles(session: Session, *, gateway: str | None = None) -> list[Profile]:
    """Those that are in use, by name."""
    wanted = select(StatementProfileRow).where(StatementProfileRow.retired_at.is_(None))
    if gateway is not None:
        wanted = wanted.where(StatementProfileRow.gateway == gateway)
    return [_profile(row) for row in session.scalars(wanted.order_by(StatementProfileRow.name))]


def profile_named(session: Session, name: str) -> Profile:
    """The one in use under this name. Refuses ProfileNotFound."""
    found = next((each for each in profiles(session) if each.name == name), None)
    if found is None:
        raise ProfileNotFound
    return found


def _account(section: Section) -> Account:
    currency = section.currency or ""
    return Account(
        section.account or "", section.lines,
        None if section.opening is None else Money(section.opening, currency),
        None if section.closing is None else Money(section.closing, currency),
        section.first_on, section.last_on,
    )  # fmt: skip


def _profile(row: StatementProfileRow) -> Profile:
    mapping = read_mapping(row.mapping)
    return Profile(row.id, row.name, row.version, row.gateway, mapping, row.made_at, row.retired_at)


def _upload(row: StatementUploadRow) -> Upload:
    return Upload(
        row.id, row.handed_in_by, row.handed_in_at, row.expires_at, row.gateway, Source(row.source), row.profile,
        row.size, row.digest, Stage(row.stage), row.lines, row.done, row.told, row.file, row.new_lines, row.matched,
        row.exceptions, _preview(row.told, row.lines) if "form" in row.told else None,
    )  # fmt: skip


def _preview(told: dict[str, Any], lines: int) -> Preview:
    return Preview(
        Form(told["form"]), lines, tuple(Money(*each) for each in told["totals"]),
        tuple((key, date.fromisoformat(on), Money(*amount)) for key, on, amount in told["first"]),
        tuple(
            Account(
                each["account"], each["lines"], each["opening"] and Money(*each["opening"]),
                each["closing"] and Money(*each["closing"]), _day(each["first_on"]), _day(each["last_on"]),
            )
            for each in told["accounts"]
        ),
    )  # fmt: skip


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
