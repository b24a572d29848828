"""Looking for what must not be there: phones and addresses of people, in any script of digits, in any text or dump."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html import unescape

import psycopg
from sqlalchemy import make_url, text
from sqlalchemy.orm import Session

from marketplace.foundation import database, vault
from marketplace.foundation.database import transaction
from marketplace.foundation.ids import PersonId
from marketplace.foundation.registry import Field
from marketplace.foundation.sealed import Sealed
from marketplace.privacy import actions as privacy
from tests.web.conftest import Town

SCRIPTS = ("0123456789", "০১২৩৪৫৬৭৮৯", "۰۱۲۳۴۵۶۷۸۹", "٠١٢٣٤٥٦٧٨٩")
TO_LATIN = str.maketrans("".join(SCRIPTS[1:]), SCRIPTS[0] * 3)
BETWEEN = re.compile(r"(?<=\d)[ \-().\u00a0\u202f\u2010-\u2015\u200b-\u200f\u202a-\u202e\u2066-\u2069]+(?=\d)")
SIGNIFICANT = 10  # digits of a number without its country's code


def plain(words: str) -> str:
    """The same text with Latin digits and nothing between them."""
    return BETWEEN.sub("", unescape(words).translate(TO_LATIN))


def in_every_script(words: str) -> list[str]:
    """The text with its digits in each of the four scripts."""
    latin = words.translate(TO_LATIN)
    return [latin.translate(str.maketrans(SCRIPTS[0], script)) for script in SCRIPTS]


@dataclass(frozen=True)
class Secret:
    """One value of one person, as it would be found in `plain` text."""

    owner: PersonId
    kind: str
    needle: str


def secrets_of(town: Town) -> list[Secret]:
    """Every phone, every line and direction of an address of everybody in the town."""
    everybody = {each.id: each for each in (*town.cast.people, *town.cast.specialists, *town.cast.customers)}
    found = [Secret(each.id, "phone", plain(each.phone)[-SIGNIFICANT:]) for each in everybody.values()]
    with transaction() as session:
        for each in everybody.values():
            if each.address is None:
                continue
            parts = privacy.own_address(session, person=each.id, address=each.address)
            found += [Secret(each.id, name, plain(parts[name])) for name in ("line", "directions", "pin")]
    return found


def seen_in(words: str, secrets: Iterable[Secret], *, own: PersonId | None = None) -> list[Secret]:
    """The secrets that stand in a text; one's own are none."""
    whole = plain(words)
    return [each for each in secrets if each.owner != own and each.needle in whole]


def dump(url: str) -> Iterator[tuple[str, str]]:
    """Every table of a database as COPY writes it out, with its name; the schemas of PostgreSQL itself left out."""
    address = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(address) as connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT quote_ident(schemaname) || '.' || quote_ident(tablename) FROM pg_tables "
            "WHERE schemaname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1"
        )
        for (table,) in cursor.fetchall():
            with cursor.copy(f"COPY {table} TO STDOUT") as copy:
                yield table, b"".join(bytes(part) for part in copy).decode()


def seen_in_dump(url: str, needles: Iterable[str]) -> list[tuple[str, str]]:
    """Tables with a needle in them: as text in any script of digits, or as the bytes of such a text."""
    wanted = [(each, [form.encode().hex() for form in in_every_script(each)]) for each in needles]
    found = []
    for table, content in dump(url):
        whole = plain(content)
        found += [(table, each) for each, hexes in wanted if each in whole or any(form in content for form in hexes)]
    return found


def opened(session: Session) -> Iterator[tuple[str, str]]:
    """Every sealed value of the database in clear, with where it stands: what whoever holds all keys would read."""
    for table in database.Table.metadata.sorted_tables:
        sealed: dict[str, Field] = {
            column.name: column.info["registry"]
            for column in table.columns
            if column.info["registry"].crypt == "subject"
        }
        for row in session.execute(table.select()).mappings() if sealed else ():
            id = ":".join(str(row[column.name]) for column in table.primary_key.columns)
            for name, meaning in sealed.items():
                value, subject = row[name], row[meaning.subject or "id"]
                if isinstance(value, Sealed):
                    yield f"{table.name}.{name}", vault.unseal(subject, f"{table.name}.{name}:{id}", value)


def outbox(session: Session) -> str:
    """Everything that was ever put into the outbox, as text."""
    return "\n".join(session.scalars(text("SELECT o::text FROM outbox o")))


LOADS = re.compile(
    r"""(?:\b(?:src|href|action|formaction|poster|srcset|data-[a-z-]+)\s*=\s*["']|url\(\s*["']?|@import\s+["'])"""
    r"""(?:https?:)?//([^/"'\s)>]+)""",
    re.IGNORECASE,
)


def third_parties(page: str, own: str) -> set[str]:
    """The hosts other than one's own that a page, a style or a script would send the reader's browser to."""
    return {host for host in LOADS.findall(page) if host != own}
