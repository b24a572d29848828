"""Files of the bank: handed in, shown with their totals, and only then taken in. The same file again brings nothing.

A file lies with us encrypted, for a day at most, until it is taken in or removed. A large one is read by the worker:
the page says how far it is, and may be left and come back to.
"""

from typing import Annotated, Any, Final
from uuid import UUID

from litestar import Response, get, post
from litestar.datastructures import UploadFile
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromPath
from litestar.response import Redirect

from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from payments.gateways import directory
from payments.reconciliation import queries as reconciliation
from payments.statements import queries
from payments.statements.queries import Upload
from payments.statements.readers import How
from payments.statements.rules import MOST_BYTES, FileNotUnderstood, Source, Stage
from payments.statements.uploads import refusal_of
from web import answers, statement_files
from web.forms.fields import Fields, Missing
from web.identity import Req
from web.pages.finance import file_words as words
from web.parts import Filled
from web.respond import page, see_other

ROOT: Final = "/finance/imports"
WITH_FORM: Final = MOST_BYTES + 1_000_000
FormUpload = Annotated[dict[str, Any], Body(media_type=RequestEncodingType.MULTI_PART)]


@get(ROOT, opt={"policy": "finance.read"}, sync_to_thread=True)
def show(request: Req) -> Response[str]:
    """The form, files on their way, and the files that are in."""
    return _page(request, Filled())


@post(ROOT, opt={"policy": "finance.write"}, request_max_body_size=WITH_FORM, sync_to_thread=True)
def hand_in(request: Req, data: FormUpload) -> Response[str] | Redirect:
    """Keep a file and read it. What is wrong with a small one is told at once, and nothing of it is kept."""
    fields = Fields({name: value for name, value in data.items() if isinstance(value, str)}, request.user.language)
    source = fields.choice("source", [each.value for each in Source])
    gateway = fields.choice("gateway", [each.name for each in directory.connected()])
    with transaction() as session:
        offered = {str(each.id): each for each in queries.profiles(session)}
    profile = offered.get(fields.choice("profile", [*offered], required=False))
    file = data.get("file")
    if not isinstance(file, UploadFile) or not file.file.read(1):
        fields.refuse("file", Missing())
    if fields.errors or not isinstance(file, UploadFile):
        return _page(request, Filled(fields.typed, answers.beside(fields.errors, request)), status=422)
    file.file.seek(0)
    how = How(gateway, profile.mapping.source if profile else Source(source), profile.mapping if profile else None)
    by, read_by = request.user.person_id, profile.id if profile else None
    try:
        id = statement_files.keep(file.file, by=by, how=how, profile=read_by)
    except FileNotUnderstood as failure:
        return _page(request, Filled(fields.typed, {"file": words.what_is_wrong(request, failure)}), status=422)
    refused = _refused_at_once(id)
    if refused is not None:
        return _page(request, Filled(fields.typed, {"file": words.why(request, refused)}), status=422)
    return see_other(f"{ROOT}/{id}")


@get(f"{ROOT}/{{id:uuid}}", opt={"policy": "finance.read"}, sync_to_thread=True)
def one(request: Req, id: FromPath[UUID]) -> Response[str]:
    """Where this file is: being read, shown, refused, being taken in, or in. Refuses UploadNotFound."""
    with transaction() as session:
        upload = queries.upload(session, id)
        profile = None if upload.profile is None else queries.profile(session, upload.profile)
    refusal = refusal_of(upload.told)
    return page(
        request, "pages/finance/import.html", upload=upload, profile=profile, sources=words.SOURCES, forms=words.FORMS,
        stages=Stage, why="" if refusal is None else words.why(request, refusal),
        can_be_mapped=isinstance(refusal, FileNotUnderstood) and refusal.matter in words.MAPPED,
    )  # fmt: skip


@post(f"{ROOT}/{{id:uuid}}/taking", opt={"policy": "finance.write"}, sync_to_thread=True)
def take_in(request: Req, id: FromPath[UUID]) -> Response[str] | Redirect:
    """Take in what was shown, whole or not at all, and match it. Refuses UploadNotFound, UploadMoved."""
    statement_files.take(id)
    with transaction() as session:
        upload = queries.upload(session, id)
    refusal = refusal_of(upload.told)
    if upload.stage is Stage.REFUSED and refusal is not None:
        status = answers.answer(refusal, request).status
        return _page(request, Filled(errors={"file": words.why(request, refusal)}), status=status)
    return see_other(f"{ROOT}/{id}")


@post(f"{ROOT}/{{id:uuid}}/removal", opt={"policy": "finance.write"}, sync_to_thread=True)
def remove(id: FromPath[UUID]) -> Redirect:
    """Forget a file; what was taken in of it stays. Refuses UploadNotFound, UploadMoved."""
    statement_files.drop(id)
    return see_other(ROOT)


routes = [show, hand_in, one, take_in, remove]


def _refused_at_once(id: UUID) -> FileNotUnderstood | None:
    """Why a file that was read at once was refused, unless a profile could mend that; then nothing of it is kept."""
    with transaction() as session:
        upload = queries.upload(session, id)
    refusal = refusal_of(upload.told)
    if not isinstance(refusal, FileNotUnderstood) or refusal.matter in words.MAPPED:
        return None
    statement_files.drop(id)
    return refusal


def _page(request: Req, form: Filled, *, status: int = 200) -> Response[str]:
    with transaction() as session:
        files = reconciliation.files(session)
        profiles = queries.profiles(session)
        waiting: list[Upload] = queries.uploads(session, now=clock.now())
    return page(
        request, "pages/finance/imports.html", status_code=status, files=files, form=form, sources=words.SOURCES,
        gateways=[each.name for each in directory.connected()], profiles=profiles, waiting=waiting, stages=Stage,
    )  # fmt: skip
