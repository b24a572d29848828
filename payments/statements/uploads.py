"""Files that were handed in: read, shown, taken in or refused, one step after the other, by whoever comes next.

A step is claimed for a while; whoever claims it works, says how far it is, and notes the end. When that never comes,
the claim lapses and the step is begun again. The bytes are not known here: `marketplace.foundation.pieces` keeps them.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime, timedelta
from typing import Any, Final, get_args
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from marketplace.foundation.errors import Refused
from marketplace.foundation.money import Money
from marketplace.foundation.outbox import enqueue
from payments.statements.actions import Imported
from payments.statements.queries import Preview, UploadNotFound
from payments.statements.rules import BalanceGap, FileNotUnderstood, LineChanged, Source, Stage
from payments.statements.tables import StatementUploadRow

CLAIM: Final = timedelta(minutes=3)  # without a word of progress
KEPT: Final = timedelta(hours=24)
TASK: Final = "statements.work"
AT_WORK: Final = frozenset({Stage.READING, Stage.TAKING})
NotTaken = FileNotUnderstood | BalanceGap | LineChanged
NOT_TAKEN: Final[dict[str, type[NotTaken]]] = {kind.__name__: kind for kind in get_args(NotTaken)}


@dataclass(frozen=True)
class UploadMoved(Refused):
    """The file is not at the step that was asked for: taken in already, refused, or still being read."""

    stage: str


def hand_in(
    session: Session,
    *,
    id: UUID,
    by: UUID,
    gateway: str,
    source: Source,
    profile: UUID | None,
    size: int,
    digest: bytes,
    now: datetime,
) -> None:
    """Note a file whose bytes are kept under `id`. It is to be read next."""
    session.add(
        StatementUploadRow(
            id=id, handed_in_by=by, handed_in_at=now, expires_at=now + KEPT, gateway=gateway, source=source,
            profile=profile, size=size, digest=digest, stage=Stage.READING, lines=0, done=0, told={}, new_lines=0,
            matched=0, exceptions=0,
        )
    )  # fmt: skip
    session.flush()


def ask_to_work(session: Session, id: UUID) -> None:
    """Let the worker do the next step."""
    enqueue(session, TASK, id=id)


def claim(session: Session, id: UUID, *, now: datetime) -> Stage | None:
    """Take the next step on oneself: which it is, or None when there is none or somebody is at it."""
    row = _locked(session, id)
    if row.stage not in AT_WORK or (row.worked_on_until is not None and row.worked_on_until > now):
        return None
    row.worked_on_until = now + CLAIM
    row.done = 0
    return Stage(row.stage)


def tell(session: Session, id: UUID, *, done: int, now: datetime) -> None:
    """How many lines the step has behind it."""
    session.execute(
        update(StatementUploadRow).where(StatementUploadRow.id == id).values(done=done, worked_on_until=now + CLAIM)
    )


def show(session: Session, id: UUID, found: Preview) -> None:
    """The file is understood; what it holds is for a person to look at."""
    row = _locked(session, id)
    row.stage, row.worked_on_until = Stage.SHOWN, None
    row.lines = row.done = found.lines
    row.told = preview_stored(found)


def refuse(session: Session, id: UUID, refusal: NotTaken) -> None:
    """The file is refused, and why."""
    row = _locked(session, id)
    row.stage, row.worked_on_until = Stage.REFUSED, None
    row.told = {"refusal": type(refusal).__name__, "facts": _plain(asdict(refusal))}


def ask_to_take(session: Session, id: UUID, *, now: datetime) -> bool:
    """A person has looked and wants it taken in. Asked twice, or when it is in, it changes nothing: False.

    Refuses UploadNotFound, UploadMoved.
    """
    row = _locked(session, id)
    if row.stage in (Stage.TAKING, Stage.TAKEN):
        return False
    if row.stage != Stage.SHOWN or row.expires_at <= now:
        raise UploadMoved(row.stage)
    row.stage, row.done, row.worked_on_until = Stage.TAKING, 0, None
    return True


def read_again(session: Session, id: UUID, *, profile: UUID) -> None:
    """Read a file that was refused, or is only shown, by a profile. Refuses UploadNotFound, UploadMoved."""
    row = _locked(session, id)
    if row.stage not in (Stage.REFUSED, Stage.SHOWN):
        raise UploadMoved(row.stage)
    row.stage, row.profile, row.told, row.worked_on_until = Stage.READING, profile, {}, None


def took(session: Session, id: UUID, done: Imported) -> None:
    """The lines are in; called in the transaction that took them in. They are still to be matched."""
    row = _locked(session, id)
    if row.file is None:
        row.file, row.new_lines, row.lines, row.done = done.file, done.new_lines, done.lines, done.lines


def finish(session: Session, id: UUID, *, matched: int, exceptions: int) -> None:
    """The lines are in and matched."""
    row = _locked(session, id)
    row.stage, row.worked_on_until = Stage.TAKEN, None
    row.matched, row.exceptions = matched, exceptions


def remove(session: Session, id: UUID) -> UUID:
    """Forget a file that was handed in; returns whose bytes are to be dropped. What was taken in stays.

    Refuses UploadNotFound; UploadMoved while its lines are being taken in.
    """
    row = _locked(session, id)
    if row.stage == Stage.TAKING:
        raise UploadMoved(row.stage)
    owner = row.handed_in_by
    session.execute(delete(StatementUploadRow).where(StatementUploadRow.id == id))
    return owner


def wake(session: Session, *, now: datetime) -> int:
    """Begin steps again whose claim has lapsed, as their worker is gone. Returns how many."""
    lapsed = session.scalars(
        select(StatementUploadRow.id).where(
            StatementUploadRow.stage.in_(AT_WORK), StatementUploadRow.worked_on_until < now
        )
    ).all()
    for id in lapsed:
        ask_to_work(session, id)
    return len(lapsed)


def forget_old(session: Session, *, now: datetime) -> Sequence[tuple[UUID, UUID]]:
    """Forget files whose time is over; returns owner and id of each, whose bytes are to be dropped."""
    gone = session.execute(
        delete(StatementUploadRow)
        .where(StatementUploadRow.expires_at <= now, StatementUploadRow.stage != Stage.TAKING)
        .returning(StatementUploadRow.handed_in_by, StatementUploadRow.id)
    )
    return [(owner, id) for owner, id in gone]


def preview_stored(found: Preview) -> dict[str, Any]:
    """What was understood, as JSON keeps it."""
    return {
        "form": found.form,
        "totals": [_money(each) for each in found.totals],
        "first": [[key, on.isoformat(), _money(amount)] for key, on, amount in found.first],
        "accounts": [
            {
                "account": each.account, "lines": each.lines, "opening": _money(each.opening),
                "closing": _money(each.closing),
                "first_on": each.first_on and each.first_on.isoformat(),
                "last_on": each.last_on and each.last_on.isoformat(),
            }
            for each in found.accounts
        ],
    }  # fmt: skip


def refusal_of(told: dict[str, Any]) -> NotTaken | None:
    """Why a file was refused."""
    kind = NOT_TAKEN.get(told.get("refusal", ""))
    if kind is None:
        return None
    facts: dict[str, Any] = {
        name: Money(*value) if isinstance(value, list) else value for name, value in told["facts"].items()
    }
    return kind(**{each.name: facts[each.name] for each in fields(kind)})


def _money(amount: Money | None) -> list[Any] | None:
    return None if amount is None else [amount.minor, amount.currency]


def _plain(facts: dict[str, Any]) -> dict[str, Any]:
    return {name: list(value.values()) if isinstance(value, dict) else value for name, value in facts.items()}


def _locked(session: Session, id: UUID) -> StatementUploadRow:
    row = session.get(StatementUploadRow, id, with_for_update=True, populate_existing=True)
    if row is None:
        raise UploadNotFound
    return row
