"""One's own receipts, invoices and credit notes: the list, each as a page, each as PDF."""

from datetime import datetime
from uuid import UUID

from litestar import Response, get
from litestar.params import FromPath

from marketplace.foundation.database import transaction
from payments.invoices import queries
from payments.invoices.queries import DocumentView
from web.documents import paper, words
from web.documents.paper import Paper
from web.home import home
from web.identity import Req
from web.pages.papers.frames import CUSTOMER, SPECIALIST, as_pdf, own_name
from web.respond import page, reader_of

PAGE = 30


@get("/documents", opt={"policy": "wallet.own.read"}, sync_to_thread=True)
def every_one(request: Req) -> Response[str]:
    """The reader's documents, newest first; `job` narrows to those of one job."""
    job, before = _identity(request.query_params.get("job", "")), moment(request.query_params.get("before", ""))
    with transaction() as session:
        rows = queries.documents_of(session, request.user.person_id, subject=job, before=before, limit=PAGE)
    frame = SPECIALIST if _at_work(request) else CUSTOMER
    return page(
        request, "pages/papers/documents.html", frame=frame, rows=rows, titles=words.TITLES, job=job, before=before,
        older=rows[-1].issued_at.isoformat() if len(rows) == PAGE else "",
        back="/work/earnings" if frame == SPECIALIST else "/wallet",
    )  # fmt: skip


@get("/documents/{id:uuid}", opt={"policy": "wallet.own.read"}, sync_to_thread=True)
def one(request: Req, id: FromPath[UUID]) -> Response[str]:
    """A document as a page. Another's is not found."""
    found, written = _written(request, id)
    frame = SPECIALIST if found.owner_kind == "specialist" and _at_work(request) else CUSTOMER
    return page(request, "pages/papers/document.html", frame=frame, document=found, paper=written, back="/documents")


@get("/documents/{id:uuid}/pdf", opt={"policy": "wallet.own.read", "nocompress": True}, sync_to_thread=True)
def file(request: Req, id: FromPath[UUID]) -> Response[bytes]:
    """The same document as PDF."""
    found, written = _written(request, id)
    return as_pdf(written, found.reference, at=found.issued_at)


routes = [every_one, one, file]


def moment(text: str) -> datetime | None:
    """A moment that one of our own addresses carries; whatever else it says asks for nothing."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo is not None else None


def _written(request: Req, id: UUID) -> tuple[DocumentView, Paper]:
    here, me = home(), request.user.person_id
    with transaction() as session:
        found = queries.document(session, id, owner=me)
        name = own_name(session, me)
    return found, paper.write(found, reader_of(request).formatter, name=name, phone=here.phone)


def _at_work(request: Req) -> bool:
    return "specialist" in request.user.roles and "customer" not in request.user.roles


def _identity(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
