"""Files that are attached to an exception: handed in, shown by name, fetched by finance alone, taken away again.

What a file is is told by what is in it. It lies encrypted under a key of the exception's own, and is handed out to be
stored and never to be shown in place.
"""

from datetime import datetime
from typing import Annotated, Any, Final
from urllib.parse import quote
from uuid import UUID

from litestar import Response, get, post
from litestar.datastructures import UploadFile
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromPath
from litestar.response import Redirect
from sqlalchemy.orm import Session

from marketplace.foundation import audit, clock, files
from marketplace.foundation.database import transaction
from marketplace.foundation.errors import Refused
from marketplace.foundation.files import FileMissing
from payments.reconciliation import attaching, queries
from payments.reconciliation.attachments import (
    MEDIA,
    MOST_BYTES,
    AttachmentNotFound,
    TooManyAttachments,
    Understood,
    understood,
)
from web import answers
from web.forms.fields import Missing
from web.identity import Req
from web.pages.finance.exception import ROOT, done, shown
from web.parts import Filled
from web.respond import see_other

WITH_FORM: Final = MOST_BYTES + 200_000
FormUpload = Annotated[dict[str, Any], Body(media_type=RequestEncodingType.MULTI_PART)]


@post(
    f"{ROOT}/{{id:uuid}}/attachments", opt={"policy": "finance.write"}, request_max_body_size=WITH_FORM,
    sync_to_thread=True,
)  # fmt: skip
def hand_in(request: Req, id: FromPath[UUID], data: FormUpload) -> Response[str] | Redirect:
    """Attach a file. Refused in words beside its field, and nothing of it is kept."""
    now, me, file = clock.now(), request.user.person_id, data.get("file")
    with transaction() as session:
        queries.facts_of(session, id, now=now)
    content = file.file.read(MOST_BYTES + 1) if isinstance(file, UploadFile) else b""
    if not isinstance(file, UploadFile) or not (content or file.filename):
        return _refused(request, id, Missing())
    try:
        found = understood(file.filename, content)
    except Refused as refusal:
        return _refused(request, id, refusal)
    try:
        with transaction() as session:
            audit.record(
                session, action="finance.exception_attached", actor=me, subject=None, reason=None, now=now, exception=id
            )
            keep(session, id, found, content, by=me, now=now)
    except Refused as refusal:
        return _refused(request, id, refusal)
    return see_other(f"{ROOT}/{id}#attachments")


@get(
    f"{ROOT}/{{id:uuid}}/attachments/{{attachment:uuid}}", opt={"policy": "finance.read", "nocompress": True},
    sync_to_thread=True,
)  # fmt: skip
def fetch(id: FromPath[UUID], attachment: FromPath[UUID]) -> Response[bytes]:
    """The file, to be stored: no browser shows it in place or guesses what it is. Refuses AttachmentNotFound."""
    with transaction() as session:
        found = attaching.attachment(session, id, attachment)
    try:
        content = files.get(id, found.address)
    except FileMissing:
        raise AttachmentNotFound from None
    return Response(
        content, media_type=MEDIA[found.form],
        headers={"content-disposition": _disposition(found.name), "x-content-type-options": "nosniff"},
    )  # fmt: skip


@post(
    f"{ROOT}/{{id:uuid}}/attachments/{{attachment:uuid}}/removal", opt={"policy": "finance.write"}, sync_to_thread=True
)
def take_away(request: Req, id: FromPath[UUID], attachment: FromPath[UUID]) -> Response[str] | Redirect:
    """Whoever attached it takes it away; that it was there stays in the history."""
    now, me = clock.now(), request.user.person_id
    gone: list[str] = []
    answer = done(
        request, id, "detached",
        lambda session: gone.append(attaching.take_away(session, id, attachment, by=me, now=now)), now,
    )  # fmt: skip
    for address in gone:
        drop_unless_used(id, address)
    return answer


@get(
    f"{ROOT}/{{id:uuid}}/attachments/{{attachment:uuid}}/removal", opt={"policy": "finance.read"}, sync_to_thread=False
)
def back(request: Req) -> Redirect:
    """The answer to a form, reloaded or read in another language."""
    return see_other(request.url.path.partition("/attachments/")[0])


routes = [hand_in, fetch, take_away, back]


def _refused(request: Req, id: UUID, refusal: Refused) -> Response[str]:
    said = answers.answer(refusal, request)
    return shown(request, id, form=Filled({}, {"file": said.sentence}), status=said.status)


def keep(session: Session, id: UUID, file: Understood, content: bytes, *, by: UUID, now: datetime) -> None:
    """Store the bytes and attach them. Refuses ExceptionNotFound, TooManyAttachments: then they are dropped again."""
    attaching.lock(session, id)
    address = files.put(id, content)
    try:
        attaching.attach(session, id, file, size=len(content), address=address, by=by, now=now)
    except TooManyAttachments:
        files.delete(id, address)  # none of the ten has these bytes
        raise


def drop_unless_used(id: UUID, address: str) -> None:
    """Drop the bytes of what was taken away, unless an attachment that stands has the same."""
    with transaction() as session:
        attaching.lock(session, id)
        if not attaching.in_use(session, id, address):
            files.delete(id, address)


def _disposition(name: str) -> str:
    plain = "".join(each if each.isascii() and (each.isalnum() or each in "._-") else "_" for each in name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
