"""Files of the bank: chosen, shown with their totals, and only then taken in. The same file again brings nothing.

Between preview and import the file stays in the page, not with us: what is never imported is never kept.
"""

import base64
import binascii
from dataclasses import dataclass
from typing import Annotated, Any, Final

from litestar import Response, get, post
from litestar.datastructures import UploadFile
from litestar.enums import RequestEncodingType
from litestar.params import Body
from litestar.response import Redirect

from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from marketplace.foundation.errors import Refused
from marketplace.foundation.money import Money
from payments.gateways import directory
from payments.reconciliation import actions, queries
from payments.statements import queries as statements
from payments.statements.queries import Preview
from payments.statements.rules import BalanceGap, FileNotUnderstood, LineChanged, Source
from web import answers
from web.forms import FormBody
from web.forms.fields import Fields, Missing
from web.identity import Req
from web.pages.finance import words
from web.parts import Filled
from web.respond import page, see_other

MOST_BYTES: Final = 600_000  # as text in a page it grows by a third, and a request holds a million
Upload = Annotated[dict[str, Any], Body(media_type=RequestEncodingType.MULTI_PART)]


@dataclass(frozen=True)
class Shown:
    """A file that is understood and adds up: what it holds, and the balances of a statement."""

    source: Source
    gateway: str
    preview: Preview
    opening: Money | None
    closing: Money | None
    content: str


@get("/finance/imports", opt={"policy": "finance.read"}, sync_to_thread=True)
def show(request: Req) -> Response[str]:
    """The form, and the files that are in."""
    return _page(request, Filled())


@post("/finance/imports/preview", opt={"policy": "finance.write"}, status_code=200, sync_to_thread=True)
def preview(request: Req, data: Upload) -> Response[str]:
    """Read the file and show it. Nothing of it is kept; what is wrong is told with line and column."""
    fields = Fields({name: value for name, value in data.items() if isinstance(value, str)}, request.user.language)
    source, gateway = _chosen(fields)
    body = _body(data.get("file"))
    if not body:
        fields.refuse("file", Missing())
    if fields.errors:
        return _page(request, Filled(fields.typed, answers.beside(fields.errors, request)), status=422)
    try:
        shown = _read(Source(source), gateway, body)
    except FileNotUnderstood as failure:
        said = {"file": words.what_is_wrong(request, failure)}
        return _page(request, Filled(fields.typed, said), status=422)
    return page(request, "pages/finance/import_preview.html", shown=shown, sources=words.SOURCES)


@get("/finance/imports/preview", opt={"policy": "finance.read"}, sync_to_thread=False)
def back() -> Redirect:
    """A preview that is reloaded, or read in another language, begins anew: the file is not with us."""
    return see_other("/finance/imports")


@post("/finance/imports", opt={"policy": "finance.write"}, sync_to_thread=True)
def take_in(request: Req, data: FormBody) -> Response[str] | Redirect:
    """Import what was shown, whole or not at all, and match it."""
    fields, now, me = Fields(data, request.user.language), clock.now(), request.user.person_id
    source, gateway = _chosen(fields)
    body = _decoded(str(data.get("content", "")))
    if not body:
        fields.refuse("file", Missing())
    if fields.errors:
        return _page(request, Filled(errors=answers.beside(fields.errors, request)), status=422)
    read = actions.import_settlement if source == Source.SETTLEMENT else actions.import_statement
    try:
        _read(Source(source), gateway, body)
        with transaction() as session:
            done = read(session, gateway=gateway, body=body, by=me, now=now)
    except FileNotUnderstood as failure:
        return _page(request, Filled(errors={"file": words.what_is_wrong(request, failure)}), status=422)
    except (BalanceGap, LineChanged) as refusal:
        return _refused(request, refusal)
    return see_other(
        f"/finance/imports?new={done.new_lines}&of={done.lines}&matched={done.matched}&left={done.exceptions}"
    )


routes = [show, preview, back, take_in]


def _chosen(fields: Fields) -> tuple[str, str]:
    source = fields.choice("source", [each.value for each in Source])
    return source, fields.choice("gateway", [each.name for each in directory.connected()])


def _body(file: object) -> bytes:
    if not isinstance(file, UploadFile):
        return b""
    return file.file.read(MOST_BYTES + 1)


def _decoded(text: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(text.encode("ascii", "replace"))
    except (binascii.Error, ValueError):
        return b""


def _read(source: Source, gateway: str, body: bytes) -> Shown:
    """Refuses FileNotUnderstood, also a file without a line: it may be of another kind altogether."""
    if len(body) > MOST_BYTES:
        raise FileNotUnderstood("too large")
    found = statements.preview(gateway=gateway, source=source, body=body)
    if found.lines == 0:
        raise FileNotUnderstood("no lines")
    statement = found.accounts[0] if found.accounts else None
    return Shown(
        source, gateway, found, statement.opening if statement else None, statement.closing if statement else None,
        base64.urlsafe_b64encode(body).decode(),
    )  # fmt: skip


def _refused(request: Req, refusal: Refused) -> Response[str]:
    said = answers.answer(refusal, request)
    return _page(request, Filled(errors={"file": said.sentence}), status=said.status)


def _page(request: Req, form: Filled, *, status: int = 200) -> Response[str]:
    with transaction() as session:
        files = queries.files(session)
    figures = {name: _figure(request.query_params.get(name, "")) for name in ("new", "of", "matched", "left")}
    return page(
        request, "pages/finance/imports.html", status_code=status, files=files, form=form, sources=words.SOURCES,
        gateways=[each.name for each in directory.connected()],
        done=figures if None not in figures.values() and not form.errors else None,
    )  # fmt: skip


def _figure(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 9 else None
