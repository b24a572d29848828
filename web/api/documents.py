"""One's receipts, invoices and credit notes, with their taxes to the minor unit."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from litestar import get
from litestar.params import FromPath, QueryParameter

from marketplace.foundation.database import transaction
from payments.invoices import queries
from payments.invoices.queries import Card, LineView
from web.api.amounts import Amount, Out, amount
from web.identity import Req

Before = Annotated[datetime | None, QueryParameter()]
Job = Annotated[UUID | None, QueryParameter()]


class DocumentLine(Out, frozen=True, kw_only=True):
    """A document in a list; `given_back` is what its credit notes have returned, `job` the number of its job."""

    id: UUID
    kind: str
    reference: str
    issued_at: datetime
    total: Amount
    given_back: Amount
    job: str


class DocumentPart(Out, frozen=True, kw_only=True):
    """A line of a document; its tax lies within its amount."""

    what: str
    amount: Amount
    tax: Amount
    subject: UUID | None


class TaxPart(Out, frozen=True, kw_only=True):
    """The tax of one rate."""

    code: str
    net: Amount
    tax: Amount


class DocumentWhole(Out, frozen=True, kw_only=True):
    """A document as issued; `corrects` is the reference of what a credit note corrects."""

    id: UUID
    kind: str
    reference: str
    issued_at: datetime
    lines: list[DocumentPart]
    taxes: list[TaxPart]
    net: Amount
    tax: Amount
    total: Amount
    given_back: Amount
    corrects: str | None


@get("/api/v1/documents", opt={"policy": "wallet.own.read"}, tags=["wallet"], sync_to_thread=True)
def mine(request: Req, before: Before = None, job: Job = None) -> list[DocumentLine]:
    """Thirty documents, newest first; `before` is the `issued_at` of the last one, `job` narrows to one job's."""
    with transaction() as session:
        found = queries.documents_of(session, request.user.person_id, subject=job, before=before)
    return [_line(each) for each in found]


@get("/api/v1/documents/{id:uuid}", opt={"policy": "wallet.own.read"}, tags=["wallet"], sync_to_thread=True)
def one(request: Req, id: FromPath[UUID]) -> DocumentWhole:
    """One document. Refuses DocumentNotFound, also for another's."""
    with transaction() as session:
        found = queries.document(session, id, owner=request.user.person_id)
    return DocumentWhole(
        id=found.id, kind=found.kind.value, reference=found.reference, issued_at=found.issued_at,
        lines=[_part(each) for each in found.lines],
        taxes=[TaxPart(code=each.code, net=amount(each.net), tax=amount(each.tax)) for each in found.taxes],
        net=amount(found.net), tax=amount(found.tax), total=amount(found.total), given_back=amount(found.credited),
        corrects=None if found.corrects is None else found.corrects[1],
    )  # fmt: skip


routes = [mine, one]


def _line(card: Card) -> DocumentLine:
    return DocumentLine(
        id=card.id, kind=card.kind.value, reference=card.reference, issued_at=card.issued_at, total=amount(card.total),
        given_back=amount(card.credited), job=card.number,
    )  # fmt: skip


def _part(line: LineView) -> DocumentPart:
    return DocumentPart(what=line.what.value, amount=amount(line.amount), tax=amount(line.tax), subject=line.subject)
