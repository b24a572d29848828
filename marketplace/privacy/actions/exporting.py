"""The export of one's own data: complete by construction, since it walks the registry of columns."""

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Column, Row, Table, select
from sqlalchemy.orm import Session

from marketplace.foundation import database, vault
from marketplace.foundation.ids import PersonId
from marketplace.foundation.registry import Field
from marketplace.foundation.sealed import Sealed


@dataclass(frozen=True)
class Exported:
    """One value, with the name it has for its owner, where it came from, what it is for and how long it is kept.

    `formula` names how we worked it out, where we did (K7).
    """

    table: str
    row: str
    name: str
    value: str
    category: str
    source: str
    purposes: tuple[str, ...]
    retention: str
    formula: str | None = None


def export_of(session: Session, *, person: PersonId) -> list[Exported]:
    """Every value that names this person as its subject (T27); hashes and system columns are not values of theirs.

    The caller is sure that `person` is who asks. Looks under a secrecy order are left out.
    """
    return list(_walk(session, person))


def _walk(session: Session, person: PersonId) -> Iterator[Exported]:
    for table in database.Table.metadata.sorted_tables:
        wanted = {column.name: meaning for column in table.columns if (meaning := _exported(column)) is not None}
        for subject in sorted({meaning.subject for meaning in wanted.values() if meaning.subject}):
            rows = select(table).where(table.columns[subject] == person).order_by(*table.primary_key.columns)
            if "secret_until" in table.columns:
                rows = rows.where(table.columns["secret_until"].is_(None))
            mine = {name: meaning for name, meaning in wanted.items() if meaning.subject == subject}
            for row in session.execute(rows):
                yield from _values(table, row, mine, person)


def _exported(column: Column[object]) -> Field | None:
    meaning: Field | None = column.info.get("registry")
    return meaning if meaning and meaning.export and meaning.crypt != "hash" else None


def _values(table: Table, row: Row[tuple[object, ...]], wanted: dict[str, Field], person: UUID) -> Iterator[Exported]:
    stored = row._mapping
    id = ":".join(str(stored[column.name]) for column in table.primary_key.columns)
    for name, meaning in wanted.items():
        value = stored[name]
        if value is None:
            continue
        if isinstance(value, Sealed):
            value = vault.unseal(person, f"{table.name}.{name}:{id}", value)
        yield Exported(
            table.name, id, meaning.export or name, str(value), meaning.cat, meaning.source, meaning.use,
            meaning.retention, meaning.formula,
        )  # fmt: skip
