"""`python -m web.catalogues update` brings locales/ up to date; `check` fails on what is missing, old or wrong."""

import subprocess
import sys
import tempfile
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from web import translations

PROJECT = Path(__file__).parent.parent
LOCALES = PROJECT / "locales"
TEMPLATE = LOCALES / "messages.pot"
TRANSLATED = ("bn", "fa", "ar")
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
    for language in TRANSLATED:
        file = LOCALES / language / "LC_MESSAGES" / "messages.po"
        file.parent.mkdir(parents=True, exist_ok=True)
        verb = "update" if file.exists() else "init"
        more = ("--no-fuzzy-matching", "--ignore-obsolete", "--omit-header") if verb == "update" else ()
        _babel(verb, "-i", str(TEMPLATE), "-o", str(file), "-l", language, *more)
    return 0


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
