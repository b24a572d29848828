"""`python -m web.catalogues update` brings locales/ up to date; `check` fails on what is missing, old or wrong."""

import subprocess
import sys
import tempfile
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po

from web import translations

PROJECT = Path(__file__).parent.parent
LOCALES = PROJECT / "locales"
TEMPLATE = LOCALES / "messages.pot"
TRANSLATED = ("bn", "fa", "ar")
PLURALS = {
    "bn": "(n > 1)",
    "fa": "(n > 1)",
    "ar": "(n==0 ? 0 : n==1 ? 1 : n==2 ? 2 : n%100>=3 && n%100<=10 ? 3 : n%100>=11 ? 4 : 5)",
}
EXTRACT = [
    "extract", "-F", "pyproject.toml", "-k", "N_", "-k", "pgettext:1c,2", "-c", "translators:", "--no-location",
    "--sort-output", "--omit-header",
]  # fmt: skip


def main(words: list[str]) -> int:
    """The exit code: 1 when `check` finds something."""
    if words == ["update"]:
        return update()
    if words == ["check"]:
        return check()
    sys.stderr.write(f"{__doc__}\n")
    return 2


def update() -> int:
    """Extract every sentence and merge it into each catalogue; what is no longer said is dropped."""
    _babel(*EXTRACT, "-o", str(TEMPLATE), ".")
    template = _read(TEMPLATE)
    for language in TRANSLATED:
        file = LOCALES / language / "LC_MESSAGES" / "messages.po"
        file.parent.mkdir(parents=True, exist_ok=True)
        known = _read(file, language) if file.exists() else Catalog(locale=language, domain="messages")
        fresh = Catalog(locale=language, domain="messages", project="Karigar", version="", fuzzy=False)
        # Babel's own order of the Arabic forms is another; it has no public way to say so.
        vars(fresh).update(_plural_expr=PLURALS[language], _num_plurals=6 if language == "ar" else 2)
        for message in template:
            if message.id:
                found = known.get(_first(message.id), message.context)
                fresh.add(
                    message.id,
                    string=found.string if found else None,
                    flags=message.flags,
                    auto_comments=message.auto_comments,
                    context=message.context,
                )
        with file.open("wb") as opened:
            write_po(opened, fresh, sort_output=True, width=0, no_location=True, omit_header=True)
        file.write_text(_header(language) + file.read_text("utf-8"), "utf-8")
    return 0


def _header(language: str) -> str:
    """No dates and no tool's name: two runs give the same file."""
    forms = f"nplurals={6 if language == 'ar' else 2}; plural={PLURALS[language]};"
    fields = (f"Language: {language}", f"Plural-Forms: {forms}", "Content-Type: text/plain; charset=utf-8")
    return 'msgid ""\nmsgstr ""\n' + "".join(f'"{field}\\n"\n' for field in fields) + "\n"


def check() -> int:
    """Sentences that are not extracted, not translated, fuzzy, or whose placeholders differ."""
    faults = []
    with tempfile.TemporaryDirectory() as folder:
        fresh = Path(folder) / "messages.pot"
        _babel(*EXTRACT, "-o", str(fresh), ".")
        known, now = _ids(_read(TEMPLATE)), _ids(_read(fresh))
        faults += [f"new sentence, run `make messages`: {id}" for id in sorted(now - known)]
        faults += [f"no longer said, run `make messages`: {id}" for id in sorted(known - now)]
    for language in TRANSLATED:
        catalogue = _read(LOCALES / language / "LC_MESSAGES" / "messages.po", language)
        for message in catalogue:
            texts = message.string if isinstance(message.string, tuple) else (message.string,)
            if message.id and (message.fuzzy or not all(texts)):
                faults.append(f"{language}: not translated: {message.id}")
        faults += [f"{language}: missing: {id}" for id in sorted(now - _ids(catalogue))]
        faults += [f"{language}: {fault}" for fault in translations.placeholder_faults(catalogue)]
    for fault in faults[:60]:
        sys.stderr.write(f"{fault}\n")
    sys.stderr.write(f"{len(now)} sentences, {len(faults)} faults\n")
    return 1 if faults else 0


def _read(file: Path, language: str | None = None) -> Catalog:
    with file.open("rb") as opened:
        return read_po(opened, locale=language)


def _first(id: str | tuple[str, ...] | list[str]) -> str:
    return id if isinstance(id, str) else id[0]


def _ids(catalogue: Catalog) -> set[str]:
    return {
        str(message.id if message.context is None else (message.context, message.id))
        for message in catalogue
        if message.id
    }


def _babel(*words: str) -> None:
    command = [sys.executable, "-m", "babel.messages.frontend", *words]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
