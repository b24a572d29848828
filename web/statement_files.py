"""Files of banks and gateways on their way in: kept in pieces, read, and taken in, step by step, by whoever comes next.

The page does the steps of a small file at once, the worker those of a large one; the command and the watched folder use
the same. Each step says how far it is in transactions of its own, so that whoever asks sees it.
"""

import hashlib
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import IO, Final
from uuid import UUID

from sqlalchemy.orm import Session

from marketplace.foundation import clock, pieces
from marketplace.foundation.database import transaction
from marketplace.foundation.errors import Refused
from marketplace.foundation.ids import uuid7
from marketplace.foundation.tasks import task
from payments.reconciliation import actions as reconciliation
from payments.statements import actions, queries, uploads
from payments.statements.mapping import Mapping
from payments.statements.queries import Upload
from payments.statements.readers import Given, How, recognise
from payments.statements.rules import MOST_BYTES, BalanceGap, FileNotUnderstood, LineChanged, Source, Stage
from web import answers
from web.worker import more_time

AT_ONCE: Final = 400_000  # bytes that a page reads while its reader waits
BLOCK: Final = 1 << 18
LONGEST_STEP: Final = 15 * 60  # seconds


def keep(file: IO[bytes], *, by: UUID, how: How, profile: UUID | None) -> UUID:
    """Keep a file that was handed in; it is to be read next. Refuses FileNotUnderstood for one that is too large."""
    id = uuid7()
    kept = pieces.put(by, id, _bounded(file))
    with transaction() as session:
        uploads.hand_in(
            session, id=id, by=by, gateway=how.gateway, source=how.source, profile=profile, size=kept.size,
            digest=kept.digest, now=clock.now(),
        )  # fmt: skip
        if kept.size > AT_ONCE:
            uploads.ask_to_work(session, id)
    if kept.size <= AT_ONCE:
        work_on(id)
    return id


def read_again(id: UUID, *, profile: UUID) -> None:
    """Read a file by a profile that was made for it. Refuses UploadNotFound, UploadMoved."""
    with transaction() as session:
        uploads.read_again(session, id, profile=profile)
        small = queries.upload(session, id).size <= AT_ONCE
        if not small:
            uploads.ask_to_work(session, id)
    if small:
        work_on(id)


def take(id: UUID) -> None:
    """Take a file in that was shown: now, or by the worker when it is large. Refuses UploadNotFound, UploadMoved."""
    with transaction() as session:
        asked = uploads.ask_to_take(session, id, now=clock.now())
        small = queries.upload(session, id).size <= AT_ONCE
        if asked and not small:
            uploads.ask_to_work(session, id)
    if asked and small:
        work_on(id)


def drop(id: UUID) -> None:
    """Forget a file that was handed in. Refuses UploadNotFound, UploadMoved while it is being taken in."""
    with transaction() as session:
        owner = uploads.remove(session, id)
    pieces.drop(owner, id)


@task(uploads.TASK, in_steps=True)
def work(*, id: str) -> None:
    """The next step of a file; harmless to repeat."""
    more_time(LONGEST_STEP)
    try:
        work_on(UUID(id))
    except queries.UploadNotFound:
        return  # its time was over before it was its turn


@task("statements.sweep", in_steps=True)
def sweep() -> None:
    """Begin again what a worker has left lying, and drop what has waited too long."""
    with transaction() as session:
        uploads.wake(session, now=clock.now())
        gone = uploads.forget_old(session, now=clock.now())
    for owner, id in gone:
        pieces.drop(owner, id)


def work_on(id: UUID) -> None:
    """Do the next step, if there is one and nobody is at it. Refuses UploadNotFound."""
    with transaction() as session:
        stage = uploads.claim(session, id, now=clock.now())
        upload = queries.upload(session, id)
        how = how_of(session, upload)
    if stage is None:
        return
    try:
        if stage is Stage.READING:
            _read(upload, how)
        else:
            _take_in(upload, how)
    except (FileNotUnderstood, BalanceGap, LineChanged) as refusal:
        with transaction() as session:
            uploads.refuse(session, id, refusal)


def how_of(session: Session, upload: Upload) -> How:
    """How the file is to be read."""
    mapping = None if upload.profile is None else queries.profile(session, upload.profile).mapping
    return How(upload.gateway, upload.source, mapping)


def given(upload: Upload) -> Given:
    """The bytes of a file that was handed in."""
    return Given(partial(pieces.opened, upload.owner, upload.id, upload.size), upload.size, upload.digest)


def on_disk(path: Path) -> Given:
    """A file of this machine, for the command and the watched folder. Refuses FileNotUnderstood: too large."""
    size = path.stat().st_size
    if size > MOST_BYTES:
        raise FileNotUnderstood("too large")
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").digest()

    def opened() -> IO[bytes]:
        return path.open("rb")

    return Given(opened, size, digest)


def bring_in(
    file: Given, how: How, *, by: UUID, profile: UUID | None = None, told: Callable[[int], None] = lambda _: None
) -> tuple[actions.Imported, int, int]:
    """Take a file in and match it, without a page: what was taken, lines matched, exceptions left.

    Refuses FileNotUnderstood, BalanceGap, LineChanged.
    """
    with transaction() as session:
        done = actions.import_file(session, file, how, by=by, now=clock.now(), profile=profile, told=told)
    if done.again:
        return done, 0, 0
    with transaction() as session:
        found = reconciliation.match(session, gateway=how.gateway, by=by, now=clock.now())
    return done, found.lines, found.exceptions


def likely(file: Given, gateway: str, mapping: Mapping | None) -> How:
    """Which of the two kinds a file is, when nobody says: a bank's form is a statement, any other table a report."""
    if mapping is not None:
        return How(gateway, mapping.source, mapping)
    how = How(gateway, Source.STATEMENT)
    try:
        recognise(file, how)
    except FileNotUnderstood as failure:
        if failure.matter != "a profile is needed":
            raise
        return How(gateway, Source.SETTLEMENT)
    return how


def said(refusal: Refused) -> str:
    """A refusal of a file in English, for a terminal, a log or a file beside it."""
    if isinstance(refusal, FileNotUnderstood):
        where = f"line {refusal.line}" if refusal.line else ""
        where += f", column {refusal.column}" if refusal.column else ""
        return f"{where}: {refusal.matter}" if where else refusal.matter
    facts = ", ".join(f"{name} {value}" for name, value in answers.facts_of(refusal).items())
    return f"{'a statement is missing between' if isinstance(refusal, BalanceGap) else 'a line has changed'}: {facts}"


def _read(upload: Upload, how: How) -> None:
    found = queries.look(given(upload), how, partial(_tell, upload.id))
    with transaction() as session:
        uploads.show(session, upload.id, found)


def _take_in(upload: Upload, how: How) -> None:
    by = upload.owner
    with transaction() as session:
        done = actions.import_file(
            session, given(upload), how, by=by, now=clock.now(), profile=upload.profile, told=partial(_tell, upload.id)
        )
        uploads.took(session, upload.id, done)
    with transaction() as session:
        found = reconciliation.match(session, gateway=upload.gateway, by=by, now=clock.now())
        uploads.finish(session, upload.id, matched=found.lines, exceptions=found.exceptions)
    pieces.drop(by, upload.id)


def _tell(id: UUID, done: int) -> None:
    with transaction() as session:
        uploads.tell(session, id, done=done, now=clock.now())


def _bounded(file: IO[bytes]) -> Iterator[bytes]:
    size = 0
    while block := file.read(BLOCK):
        size += len(block)
        if size > MOST_BYTES:
            raise FileNotUnderstood("too large")
        yield block
