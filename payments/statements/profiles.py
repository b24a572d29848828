"""Profiles: saved, renewed as a new version, retired; none is ever changed in place, as files were read by it."""

from collections.abc import Mapping as Named
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from marketplace.foundation.ids import uuid7
from payments.statements.mapping import Mapping
from payments.statements.tables import StatementProfileRow


def save(session: Session, *, name: str, gateway: str, mapping: Mapping, by: UUID, now: datetime) -> UUID:
    """Keep a mapping under a name. The one of that name before is retired; the very same again changes nothing."""
    before = session.scalar(
        select(StatementProfileRow)
        .where(StatementProfileRow.name == name, StatementProfileRow.retired_at.is_(None))
        .with_for_update()
    )
    stored: Named[str, Any] = mapping.stored()
    plain = {key: list(value) if isinstance(value, tuple) else value for key, value in stored.items()}
    plain["words"] = {kind: list(said) for kind, said in mapping.words.items()}
    if before is not None:
        if before.mapping == plain and before.gateway == gateway:
            return before.id
        before.retired_at = now
        session.flush()
    last = session.scalar(select(func.max(StatementProfileRow.version)).where(StatementProfileRow.name == name)) or 0
    row = StatementProfileRow(
        id=uuid7(), name=name, version=last + 1, gateway=gateway, source=mapping.source, mapping=plain, made_at=now,
        made_by=by,
    )  # fmt: skip
    session.add(row)
    session.flush()
    return row.id


def retire(session: Session, id: UUID, *, now: datetime) -> None:
    """No new file is read by it; again changes nothing."""
    session.execute(
        update(StatementProfileRow)
        .where(StatementProfileRow.id == id, StatementProfileRow.retired_at.is_(None))
        .values(retired_at=now)
    )
