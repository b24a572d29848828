"""The policy as plain data: standing sentences, and tables generated from what the database really stores."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from marketplace.foundation.registry import columns
from marketplace.privacy import sections, words
from marketplace.privacy.rules import (
    AMONG_THE_NEAREST,
    COOKIES,
    IN_FILES,
    LANGUAGES,
    MAY_READ,
    OF_A_COMPOUND,
    Slots,
)

Text = Mapping[str, str]
ORDER = ("who", "what", "why", "who_sees", "how_long", "never", "protection", "rights", "cookies", "changes")


@dataclass(frozen=True)
class InventoryRow:
    """One stored column of a person's data, as the registry describes it."""

    table: str
    column: str
    category: str
    purposes: tuple[str, ...]
    source: str
    retention: str
    is_encrypted: bool


@dataclass(frozen=True)
class Section:
    """One part of the page; every text is in four languages, every row has as many cells as `head`."""

    key: str
    title: Text
    paragraphs: tuple[Text, ...]
    head: tuple[Text, ...]
    rows: tuple[tuple[Text, ...], ...]


@dataclass(frozen=True)
class Page:
    """A whole policy: what the reader sees, and the inventory it was made from."""

    sections: tuple[Section, ...]
    inventory: tuple[InventoryRow, ...]


def inventory() -> list[InventoryRow]:
    """Every personal column of every table that has been loaded, by table and name."""
    found = [
        InventoryRow(
            each.table, each.name, each.field.cat, each.field.use, each.field.source, each.field.retention,
            each.field.crypt == "subject",
        )
        for each in columns()
        if each.field is not None and each.field.personal
    ]  # fmt: skip
    return sorted(found, key=lambda row: (row.table, row.column))


def purposes_in_use() -> list[str]:
    """The purposes that any stored column serves, in the registry's order: what an acceptance lists."""
    used = {purpose for row in inventory() for purpose in row.purposes}
    return [purpose for purpose in words.PURPOSES if purpose in used]


def make_body(slots: Slots) -> dict[str, Any]:
    """What a version stores and hashes: the page of today's registry under these slots."""
    stored = inventory()
    tables = {
        "what": _what(stored), "why": _why(stored), "who_sees": _who_sees(), "how_long": _how_long(stored),
        "cookies": _cookies(),
    }  # fmt: skip
    opening = {"who": _who(slots), "changes": (*sections.PARAGRAPHS["changes"], _line(sections.PLACES, slots.places))}
    return {
        "sections": [
            {
                "key": key,
                "title": dict(sections.TITLES[key]),
                "paragraphs": [dict(text) for text in opening.get(key, sections.PARAGRAPHS.get(key, ()))],
                "head": [dict(text) for text in sections.HEADS.get(key, ())],
                "rows": [[dict(cell) for cell in row] for row in tables.get(key, [])],
            }
            for key in ORDER
        ],
        "inventory": [
            [row.table, row.column, row.category, list(row.purposes), row.source, row.retention, row.is_encrypted]
            for row in stored
        ],
    }


def read_page(body: Mapping[str, Any]) -> Page:
    """The page of a stored body."""
    return Page(
        tuple(
            Section(
                part["key"], part["title"], tuple(part["paragraphs"]), tuple(part["head"]),
                tuple(tuple(row) for row in part["rows"]),
            )
            for part in body["sections"]
        ),
        tuple(
            InventoryRow(table, column, category, tuple(purposes), source, retention, is_encrypted)
            for table, column, category, purposes, source, retention, is_encrypted in body["inventory"]
        ),
    )  # fmt: skip


def hash_of(body: Mapping[str, Any]) -> bytes:
    """SHA-256 over the body written one way: the same content has the same hash everywhere."""
    canonical = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).digest()


def _who(slots: Slots) -> tuple[Text, ...]:
    return (slots.controller, _line(sections.RESPONSIBLE, slots.responsible), _line(sections.CONTACT, slots.contact))


def _line(label: Text, value: Text) -> Text:
    # Set apart from its label (U+2068, U+2069): a telephone number would be turned round in a line from the right.
    return {language: f"{label[language]} \u2068{value[language]}\u2069" for language in LANGUAGES}


def _what(stored: Iterable[InventoryRow]) -> list[tuple[Text, ...]]:
    rows: dict[tuple[str, str, bool], tuple[Text, ...]] = {}
    for each in stored:
        label = words.category(each.category)
        encrypted = sections.YES if each.is_encrypted else sections.NO
        rows[label["en"], each.source, each.is_encrypted] = (label, sections.SOURCES[each.source], encrypted)
    return [rows[key] for key in sorted(rows)]


def _why(stored: list[InventoryRow]) -> list[tuple[Text, ...]]:
    return [
        (label, _listed(words.category(row.category) for row in stored if purpose in row.purposes))
        for purpose, label in words.PURPOSES.items()
        if any(purpose in row.purposes for row in stored)
    ]


def _how_long(stored: list[InventoryRow]) -> list[tuple[Text, ...]]:
    return [
        (label, _listed(words.category(row.category) for row in stored if row.retention == retention))
        for retention, label in words.RETENTIONS.items()
        if any(row.retention == retention for row in stored)
    ]


def _who_sees() -> list[tuple[Text, ...]]:
    return [
        (
            words.ROLES[role],
            words.PURPOSES[purpose],
            _listed(words.FIELDS[name] for name in words.FIELDS if name in access.fields),
            words.NEEDS[access.needs.value],
        )
        for allowed in (MAY_READ, IN_FILES, AMONG_THE_NEAREST, OF_A_COMPOUND)
        for role, purposes in allowed.items()
        for purpose, access in purposes.items()
    ]


def _cookies() -> list[tuple[Text, ...]]:
    return [(_same(cookie.name), _same(str(cookie.days)), cookie.why) for cookie in COOKIES]


def _same(word: str) -> Text:
    return dict.fromkeys(LANGUAGES, word)


def _listed(texts: Iterable[Text]) -> Text:
    """Each label once, in one cell, joined as the language joins a list."""
    once = {text["en"]: text for text in texts}
    marks = {"en": ", ", "bn": ", ", "fa": "، ", "ar": "، "}
    return {
        language: mark.join(once[key][language] for key in sorted(once)) for language, mark in marks.items()
    }  # fmt: skip
