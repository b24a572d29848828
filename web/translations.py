"""Sentences in the reader's language. English is the message's id; facts are named placeholders such as `{hours}`.

Catalogues are `locales/<language>/LC_MESSAGES/messages.po`. The compiled `.mo` beside each is a cache: made again when
the catalogue is newer, never committed, and never made of a catalogue with a wrong placeholder (`CatalogueBroken`).
`python -m web.translations` compiles all and exits with 1 when one is broken.
"""

import gettext
import io
import os
import string
import struct
import sys
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Final

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import PoFileError, read_po

from marketplace.foundation import logs
from marketplace.foundation.languages import LANGUAGES, Language

LOCALES: Final = Path(__file__).parent.parent / "locales"
COUNT: Final = "count"


class CatalogueBroken(Exception):
    """A translation misses a placeholder of its message, has one of its own, or unbalanced braces."""

    def __init__(self, language: str, faults: list[str]) -> None:
        super().__init__(f"{language}: " + "; ".join(faults))
        self.faults = faults


UNREADABLE: Final = (CatalogueBroken, PoFileError, OSError, ValueError, struct.error)


def translate(language: Language, message: str, /, *, context: str | None = None, **facts: object) -> str:
    """The sentence in `language`, or in English while it has no translation; with `facts`, filled with them.

    `context` tells short words apart. Without facts the placeholders are left standing for the caller.
    """
    catalogue = _catalogue(language)
    found = catalogue.pgettext(context, message) if context else catalogue.gettext(message)
    return found.format(**facts) if facts else found


def translate_plural(language: Language, one: str, many: str, count: int, /, **facts: object) -> str:
    """The form that `language` uses for `count`; Arabic has six. With `facts`, filled with them."""
    found = _catalogue(language).ngettext(one, many, count)
    return found.format(**facts) if facts else found


def ngettext(language: Language, one: str, many: str, count: int, /, **facts: object) -> str:
    """As `translate_plural`, filled: `{count}` is `count` unless the facts say how it is written."""
    return translate_plural(language, one, many, count).format(**{COUNT: count, **facts})


@cache
def _catalogue(language: Language) -> gettext.NullTranslations:
    try:
        return load(language, LOCALES)
    except UNREADABLE as problem:  # English words are better than no page; `karigar doctor` names the fault
        logs.get().error("catalogue.unreadable", exc_info=problem, kind=language)
        return gettext.NullTranslations()


def faults(locales: Path = LOCALES) -> dict[str, str]:
    """The languages that speak English for want of a catalogue that can be read, each with what is the matter."""
    found: dict[str, str] = {}
    for language in LANGUAGES:
        if language != "en" and not (locales / language / "LC_MESSAGES" / "messages.po").is_file():
            found[language] = "no messages.po"
            continue
        try:
            load(language, locales)
        except UNREADABLE as problem:
            found[language] = str(problem).splitlines()[0][:200]
    return found


def load(language: Language, locales: Path) -> gettext.NullTranslations:
    """The catalogue of one language; an empty one where there is none yet. A compiled one that cannot be read is made
    again. Raises CatalogueBroken, and what else stands in UNREADABLE.
    """
    source = locales / language / "LC_MESSAGES" / "messages.po"
    if not source.is_file():
        return gettext.NullTranslations()
    made = source.with_suffix(".mo")
    if made.is_file() and made.stat().st_mtime_ns > source.stat().st_mtime_ns:
        with suppress(*UNREADABLE):
            return gettext.GNUTranslations(io.BytesIO(made.read_bytes()))
    compiled = compile_catalogue(language, source)
    _keep(made, compiled)
    return gettext.GNUTranslations(io.BytesIO(compiled))


def _keep(made: Path, compiled: bytes) -> None:
    unfinished = made.with_name(f"messages.{os.getpid()}.mo")
    try:
        unfinished.write_bytes(compiled)
        unfinished.replace(made)
    except OSError:  # a read-only image: the next process compiles again
        return


def compile_catalogue(language: Language, source: Path) -> bytes:
    """The catalogue as gettext reads it, without fuzzy entries. Raises CatalogueBroken and writes nothing."""
    with source.open("rb") as file:
        catalogue = read_po(file, locale=language, domain="messages")
    faults = list(placeholder_faults(catalogue))
    if faults:
        raise CatalogueBroken(language, faults)
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    return compiled.getvalue()


def placeholder_faults(catalogue: Catalog) -> Iterator[str]:
    """What is wrong with the translations of a catalogue, one line each.

    A translation has exactly the placeholders of its message. A plural form may leave `{count}` out: the Arabic dual
    says it in a word.
    """
    for message in catalogue:
        if not message.id or message.fuzzy:
            continue
        english = message.id if isinstance(message.id, str) else message.id[-1]
        forms = [message.string or ""] if isinstance(message.string, str | None) else message.string
        if not any(forms):
            continue
        for form in forms:
            faults = _faults(english, form, may_omit_count=english != message.id)
            yield from (f"{english!r}: {fault}" for fault in faults)


def _faults(english: str, form: str, *, may_omit_count: bool) -> Iterator[str]:
    if not form:
        yield "a plural form is missing"
        return
    try:
        named, expected = placeholders(form), placeholders(english)
    except ValueError as problem:
        yield str(problem)
        return
    missing = expected - named - ({COUNT} if may_omit_count else set())
    if missing:
        yield f"misses {sorted(missing)}"
    if named - expected:
        yield f"knows no {sorted(named - expected)}"


def placeholders(text: str) -> set[str]:
    """The names in braces. Raises ValueError for braces without a name, or with more than one."""
    names = {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}
    if any(not name.isidentifier() for name in names):
        raise ValueError("a placeholder is a name in braces")
    return names


def main() -> int:
    """Compile every catalogue; 1 when one is broken, after naming each fault."""
    broken = 0
    for language in LANGUAGES:
        source = LOCALES / language / "LC_MESSAGES" / "messages.po"
        if not source.is_file():
            continue
        try:
            source.with_suffix(".mo").write_bytes(compile_catalogue(language, source))
        except CatalogueBroken as problem:
            broken = 1
            source.with_suffix(".mo").unlink(missing_ok=True)
            sys.stderr.writelines(f"{language}: {fault}\n" for fault in problem.faults)
    return broken


if __name__ == "__main__":
    sys.exit(main())
