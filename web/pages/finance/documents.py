"""Every document of the house: found by number, job or kind; each as issued; and fees given back by credit notes."""

from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from marketplace.foundation.errors import Refused
from marketplace.foundation.money import Money
from marketplace.foundation.scripts import ascii_digits, clean_text
from payments.invoices import actions, queries
from payments.invoices.queries import DocumentView
from payments.invoices.rules import Kind, Reason
from web import answers, once
from web.documents import paper, words
from web.documents.about import issuer
from web.documents.paper import Paper
from web.forms import FormBody
from web.forms.fields import Fields
from web.home import home
from web.identity import Req
from web.pages.finance.sheets import sheet
from web.pages.papers.documents import moment
from web.pages.papers.frames import as_pdf
from web.parts import Filled
from web.respond import page, reader_of, see_other

PAGE = 50
LONGEST_NUMBER = 40


@get("/finance/documents", opt={"policy": "finance.read"}, sync_to_thread=True)
def every_one(request: Req) -> Response[str]:
    """The list, newest first, by kind, fiscal year and number."""
    query = dict(request.query_params.items())
    kind, year, number = _asked(query)
    before = moment(query.get("before", ""))
    with transaction() as session:
        rows = queries.all_documents(session, kind=kind, year=year, reference=number, before=before, limit=PAGE)
        years = queries.years(session)
    return page(
        request, "pages/finance/documents.html", rows=rows, kind=kind, year=year, number=number, years=years,
        before=before, kinds={each: words.TITLES[each] for each in Kind}, owners=words.OWNERS,
        older=rows[-1].issued_at.isoformat() if len(rows) == PAGE else "",
    )  # fmt: skip


@get("/finance/documents.csv", opt={"policy": "finance.read"}, sync_to_thread=True)
def export(request: Req) -> Response[bytes]:
    """The same list as a file: the newest that the filters leave."""
    kind, year, number = _asked(dict(request.query_params.items()))
    with transaction() as session:
        rows = queries.all_documents(session, kind=kind, year=year, reference=number, limit=queries.MOST_ROWS)
    columns = ["issued_at", "kind", "reference", "owner_kind", "owner", "job", "total", "given_back", "currency"]
    return sheet(
        "documents", columns,
        [
            [row.issued_at, row.kind.value, row.reference, row.owner_kind, row.owner, row.number, row.total,
             row.credited, row.total.currency]
            for row in rows
        ],
    )  # fmt: skip


@get("/finance/documents/{id:uuid}", opt={"policy": "finance.read"}, sync_to_thread=True)
def one(request: Req, id: FromPath[UUID]) -> Response[str]:
    """A document as issued; its owner is a pseudonym."""
    return _page(request, id, Filled())


@get("/finance/documents/{id:uuid}/pdf", opt={"policy": "finance.read", "nocompress": True}, sync_to_thread=True)
def file(request: Req, id: FromPath[UUID]) -> Response[bytes]:
    """The same document as PDF."""
    found, written = _written(request, id)
    return as_pdf(written, found.reference, at=found.issued_at)


@post("/finance/documents/{id:uuid}/credit-notes", opt={"policy": "finance.write"}, sync_to_thread=True)
def give_back(request: Req, id: FromPath[UUID], data: FormBody) -> Response[str] | Redirect:
    """Give a part of a fee back: to the wallet, with a credit note that names the invoice."""
    here, fields = home(), Fields(data, request.user.language)
    with transaction() as session:
        currency = queries.document(session, id).total.currency
    amount = fields.money("amount", currency)
    reason = fields.choice("reason", [each.value for each in Reason])
    values = {name: fields.raw(name) for name in ("amount", "reason")}
    if fields.errors:
        return _page(request, id, Filled(values, answers.beside(fields.errors, request)), status=422)
    try:
        with transaction() as session:
            note = actions.give_back(
                session, id, amount=amount, alone_up_to=Money(here.settings["second_person_above"], currency),
                reason=Reason(reason), by=request.user.person_id, issuer=issuer(here),
                command=once.command_id(request, data), now=clock.now(),
            )  # fmt: skip
    except Refused as refusal:
        said = answers.answer(refusal, request)
        return _page(request, id, Filled(values, {"amount": said.sentence}), status=said.status)
    return see_other(f"/finance/documents/{note}")


@get("/finance/documents/{id:uuid}/credit-notes", opt={"policy": "finance.read"}, sync_to_thread=False)
def back_to_the_document(id: FromPath[UUID]) -> Redirect:
    """The answer to the form, reloaded or read in another language."""
    return see_other(f"/finance/documents/{id}")


routes = [every_one, export, one, file, give_back, back_to_the_document]


def _page(request: Req, id: UUID, form: Filled, *, status: int = 200) -> Response[str]:
    found, written = _written(request, id)
    return page(
        request, "pages/finance/document.html", status_code=status, document=found, paper=written, form=form,
        reasons={each.value: words.REASONS[each] for each in Reason},
        may_give_back=found.kind is Kind.FEE and bool(found.rest),
    )  # fmt: skip


def _written(request: Req, id: UUID) -> tuple[DocumentView, Paper]:
    here = home()
    with transaction() as session:
        found = queries.document(session, id)
    return found, paper.write(found, reader_of(request).formatter, name=None, phone=here.phone)


def _asked(query: dict[str, str]) -> tuple[Kind | None, int | None, str | None]:
    kind, year = query.get("kind", ""), ascii_digits(query.get("year", ""))
    number = ascii_digits(clean_text(query.get("number", "")))[:LONGEST_NUMBER].upper()
    return (
        Kind(kind) if kind in set(Kind) else None,
        int(year) if year.isdecimal() and len(year) == 4 else None,
        number or None,
    )
