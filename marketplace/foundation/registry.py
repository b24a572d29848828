"""What each column holds: its category, purposes, subject, retention and encryption.

Every column of every table carries `info=field(...)`; `columns()` reads them back. The policy page, the export and
the erasure plan are generated from here, and a test fails on a column that says nothing.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from marketplace.foundation.database import Table

PURPOSES = (
    "provide", "contact", "pay", "legal", "security", "quality", "support", "improve", "personalise", "protect",
    "manage_requests",
)  # fmt: skip
RETENTIONS = {  # the key of the retention matrix → days after its end; None: for ever, as the law of money asks
    "shift": 1, "session": 30, "code": 1, "log": 30, "device": 90, "account": 30, "job": 730, "case": 1095,
    "statutory": 3650, "disclosure": 730, "policy": None, "forever": None,
}  # fmt: skip


def field(
    cat: str,
    *,
    use: Sequence[str] = (),
    subject: str | None = None,
    source: str = "person",
    retention: str = "account",
    crypt: str | None = None,
    index: str | None = None,
    export: str | None = None,
    formula: str | None = None,
) -> dict[str, Any]:
    """Describe a column.

    `cat` is a category such as `user.contact.phone_number`; `use` are registered purposes; `subject` names the column
    that holds the person's id; `crypt` is "subject" when the value lies under that person's key, "hash" when only a
    digest is kept; `index` is "blind" for a keyed look-up; `export` is the name in the owner's export. What
    we worked out ourselves (`source` "derived") and export names its `formula` there (promises.md K7).
    """
    unknown = set(use) - set(PURPOSES)
    if unknown or retention not in RETENTIONS:
        raise ValueError(f"not registered: {unknown or retention}")
    if (source == "derived" and export is not None) != (formula is not None):
        raise ValueError(f"{export or cat}: what is derived and exported names its formula, and nothing else does")
    return {
        "registry": Field(cat, tuple(use), subject, source, retention, crypt, index, export, formula),
    }


@dataclass(frozen=True)
class Field:
    """The meaning of one column; see `field`."""

    cat: str
    use: tuple[str, ...]
    subject: str | None
    source: str
    retention: str
    crypt: str | None
    index: str | None
    export: str | None
    formula: str | None = None

    @property
    def personal(self) -> bool:
        return self.cat.startswith("user.")


SYSTEM = field("system", source="system", retention="forever")


@dataclass(frozen=True)
class Column:
    """A column of the database with its meaning; `field` is None where the table says nothing (a fault)."""

    table: str
    name: str
    field: Field | None


def columns() -> Iterator[Column]:
    """Every column of every table that has been imported."""
    for table in Table.metadata.sorted_tables:
        for column in table.columns:
            found = column.info.get("registry")
            yield Column(table.fullname, column.name, found)
