"""The watched folder: what a bank's or a gateway's own program puts there is taken in, and moved aside.

`FOLDER/<gateway>/file`, or `FOLDER/<gateway>/<profile>/file` for tables that need a mapping profile. A file that is in
goes to `done/` beside it, one that is refused to `refused/`, with the reason in a text of its name and `.why`. A file
is left alone until nobody has written to it for a while.
"""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Final
from uuid import UUID

from marketplace.foundation import clock, logs
from marketplace.foundation.database import transaction
from marketplace.foundation.settings import Settings
from marketplace.foundation.tasks import task
from marketplace.people import queries as people
from payments.gateways import directory
from payments.statements import queries
from payments.statements.queries import Profile, ProfileNotFound
from payments.statements.rules import BalanceGap, FileNotUnderstood, LineChanged
from web import statement_files
from web.worker import more_time

SETTLED: Final = timedelta(seconds=10)  # since anybody wrote to it
LONGEST: Final = 15 * 60  # seconds
DONE, REFUSED = "done", "refused"


class _Process:
    """What `open_folder` opened."""

    folder: Path | None = None


def open_folder(settings: Settings) -> None:
    """Watch the folder that the settings name; none when they name none."""
    _Process.folder = Path(settings.statements_folder) if settings.statements_folder else None


@task("statements.watch", in_steps=True)
def watch() -> None:
    """Look into the folder, if there is one to be watched."""
    if _Process.folder is not None:
        more_time(LONGEST)
        look_into(_Process.folder)


def look_into(folder: Path) -> int:
    """Take in everything that has settled; returns how many files were moved aside."""
    by, moved = _finance(), 0
    if by is None:
        return 0
    for gateway in sorted(each.name for each in directory.connected()):
        for file, profile in _settled(folder / gateway):
            moved += _take(file, gateway, profile, by)
    return moved


def _settled(home: Path) -> Iterator[tuple[Path, str | None]]:
    """The files of a gateway, and the profile that their folder names; oldest first."""
    if not home.is_dir():
        return
    folders = [(home, None), *((each, each.name) for each in sorted(home.iterdir()) if each.is_dir())]
    for folder, profile in folders:
        if profile in (DONE, REFUSED) or folder.is_symlink():
            continue
        files = [each for each in folder.iterdir() if each.is_file() and not each.is_symlink()]
        for file in sorted(files, key=lambda each: (each.stat().st_mtime, each.name)):
            if (
                not file.name.startswith(".")
                and clock.now().timestamp() - file.stat().st_mtime > SETTLED.total_seconds()
            ):
                yield file, profile


def _take(path: Path, gateway: str, named: str | None, by: UUID) -> bool:
    try:
        profile = None if named is None else _profile(named, gateway)
        file = statement_files.on_disk(path)
        how = statement_files.likely(file, gateway, profile.mapping if profile else None)
        statement_files.bring_in(file, how, by=by, profile=profile.id if profile else None)
    except (FileNotUnderstood, BalanceGap, LineChanged) as refusal:
        target = _move(path, REFUSED)
        target.with_name(f"{target.name}.why").write_text(f"{statement_files.said(refusal)}\n")
    except ProfileNotFound:
        target = _move(path, REFUSED)
        target.with_name(f"{target.name}.why").write_text(f"there is no profile of this gateway named {named}\n")
    except OSError as trouble:
        logs.get().warning("statements.watched_folder", error=type(trouble).__name__)
        return False
    else:
        _move(path, DONE)
    return True


def _move(path: Path, where: str) -> Path:
    """Aside, beside any of the same name that went there before."""
    folder = path.parent / where
    folder.mkdir(exist_ok=True)
    target, number = folder / path.name, 1
    while target.exists():
        number += 1
        target = folder / f"{path.stem}-{number}{path.suffix}"
    return path.rename(target)


def _profile(name: str, gateway: str) -> Profile:
    with transaction() as session:
        found = queries.profile_named(session, name)
    if found.gateway != gateway:
        raise ProfileNotFound
    return found


def _finance() -> UUID | None:
    with transaction() as session:
        found = people.people_with_role(session, "finance", now=clock.now())
    return found[0] if found else None
