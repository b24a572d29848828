"""The statement of a wallet: by period and kind, as a page, and as PDF, CSV and XLSX. Its owner's, or finance's."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from litestar import Response, get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from sqlalchemy.orm import Session

from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from marketplace.foundation.errors import Refused
from marketplace.organizations.queries import Organization
from payments.invoices.rules import About, month_of
from payments.invoices.statements import MOST_LINES, Statement, statement
from payments.ledger.rules import AccountName
from payments.wallets import queries as wallets
from payments.wallets.queries import EarningsTotal
from web import answers
from web.documents import statement as papers
from web.documents import words
from web.documents.about import about
from web.documents.paper import Paper
from web.forms.fields import Fields
from web.home import home
from web.identity import Req
from web.pages.finance.sheets import sheet
from web.pages.papers.frames import FINANCE, Side, as_pdf, own_name, own_side
from web.parts import Filled
from web.respond import page, reader_of
from web.spreadsheets import workbook

ON_A_PAGE: Final = 300
ON_PAPER: Final = 3_000


@dataclass(frozen=True)
class Asked:
    """The period and the kind that the address asks for, as typed and as understood."""

    form: Filled
    first: date
    last: date
    kinds: tuple[str, ...]


@dataclass(frozen=True)
class Read:
    """A statement with all that its paper needs."""

    said: Statement
    about: dict[UUID, About]
    name: str | None
    earned: EarningsTotal | None


@get("/wallet/statement", opt={"policy": "wallet.own.read"}, sync_to_thread=True)
def of_customer(request: Req) -> Response[str]:
    """The reader's own wallet."""
    return _page(request, own_side(request, "customer"))


@get("/wallet/statement/{format:str}", opt={"policy": "wallet.own.read"}, sync_to_thread=True)
def file_of_customer(request: Req, format: FromPath[str]) -> Response[bytes]:
    """The same as a file: pdf, csv or xlsx."""
    return _file(request, own_side(request, "customer"), format)


@get("/work/earnings/statement", opt={"policy": "specialist.read"}, sync_to_thread=True)
def of_specialist(request: Req) -> Response[str]:
    """A specialist's own wallet, with what was earned and taken off."""
    return _page(request, own_side(request, "specialist"))


@get("/work/earnings/statement/{format:str}", opt={"policy": "specialist.read"}, sync_to_thread=True)
def file_of_specialist(request: Req, format: FromPath[str]) -> Response[bytes]:
    """The same as a file."""
    return _file(request, own_side(request, "specialist"), format)


@get("/finance/wallets/{owner_kind:str}/{owner:uuid}", opt={"policy": "finance.read"}, sync_to_thread=True)
def of_anybody(request: Req, owner_kind: FromPath[str], owner: FromPath[UUID]) -> Response[str]:
    """Any wallet, under its pseudonym."""
    return _page(request, _side(owner_kind, owner))


@get("/finance/wallets/{owner_kind:str}/{owner:uuid}/{format:str}", opt={"policy": "finance.read"}, sync_to_thread=True)
def file_of_anybody(
    request: Req, owner_kind: FromPath[str], owner: FromPath[UUID], format: FromPath[str]
) -> Response[bytes]:
    """The same as a file."""
    return _file(request, _side(owner_kind, owner), format)


routes = [of_customer, file_of_customer, of_specialist, file_of_specialist, of_anybody, file_of_anybody]


def _side(owner_kind: str, owner: UUID) -> Side:
    if owner_kind not in ("customer", "specialist"):
        raise NotFoundException
    return Side(owner_kind, owner, f"/finance/wallets/{owner_kind}/{owner}", FINANCE, "/finance/trial-balance")


def _page(request: Req, side: Side) -> Response[str]:
    here, now = home(), clock.now()
    asked = _asked(request, here, now=now)
    read, form = None, asked.form
    if not form.errors:
        try:
            with transaction() as session:
                read = _read(session, request, side, asked, here, limit=ON_A_PAGE)
        except Refused as refusal:
            form = Filled(form.values, {"first": answers.answer(refusal, request).sentence})
    return page(
        request, "pages/papers/statement.html", status_code=422 if form.errors else 200, frame=side.frame, side=side,
        form=form, paper=None if read is None else _paper(request, read, here, now=now), chosen=asked.kinds,
        kinds={kind: words.movement(kind, side.owner_kind) for kind in (read.said.kinds if read else ())},
        short=read is not None and len(read.said.lines) == ON_A_PAGE, first=asked.first, last=asked.last,
        presets=_presets(here, now),
    )  # fmt: skip


def _file(request: Req, side: Side, format: str) -> Response[bytes]:
    if format not in ("pdf", "csv", "xlsx"):
        raise NotFoundException
    here, now = home(), clock.now()
    asked = _asked(request, here, now=now)
    if asked.form.errors:
        raise NotFoundException
    with transaction() as session:
        limit = ON_PAPER if format == "pdf" else MOST_LINES
        read = _read(session, request, side, asked, here, limit=limit)
    name = f"statement-{asked.first.isoformat()}-{asked.last.isoformat()}"
    if format == "pdf":
        return as_pdf(_paper(request, read, here, now=now), name, at=now)
    reader = reader_of(request)
    heads, rows = papers.sheet_of(read.said, reader.formatter, read.about)
    if format == "csv":
        return sheet(name, heads, rows)
    return workbook(name, heads, rows, right_to_left=reader.direction == "rtl")


def _read(session: Session, request: Req, side: Side, asked: Asked, here: Organization, *, limit: int) -> Read:
    zone = ZoneInfo(here.time_zone)
    since = datetime.combine(asked.first, time(), zone)
    until = datetime.combine(asked.last + timedelta(days=1), time(), zone)
    name = AccountName("wallet", here.currency, "specialist" if side.owner_kind == "specialist" else "customer",
                       side.owner)  # fmt: skip
    said = statement(session, name, since=since, until=until, kinds=asked.kinds, limit=limit)
    earned = None
    if side.owner_kind == "specialist":
        earned = wallets.earned(session, specialist=side.owner, currency=here.currency, since=since, until=until)
    known = about(session, {line.subject for line in said.lines if line.subject is not None})
    own = None if side.frame == FINANCE else own_name(session, request.user.person_id)
    return Read(said, known, own, earned)


def _paper(request: Req, read: Read, here: Organization, *, now: datetime) -> Paper:
    reader = reader_of(request)
    return papers.write(
        read.said, reader.formatter, house=here.name[reader.language], phone=here.phone, name=read.name,
        about=read.about, made_at=now, earned=read.earned,
    )  # fmt: skip


def _asked(request: Req, here: Organization, *, now: datetime) -> Asked:
    """This month, unless the address says otherwise."""
    query = dict(request.query_params.items())
    formatter = reader_of(request).formatter
    fields = Fields(query, request.user.language)
    today = now.astimezone(ZoneInfo(here.time_zone)).date()
    first = _iso(query.get("from", "")) or month_of(today)[0]
    last = _iso(query.get("to", "")) or today
    if fields.raw("first"):
        first = fields.day("first", formatter.calendar) or first
    if fields.raw("last"):
        last = fields.day("last", formatter.calendar) or last
    kind = fields.raw("kind")
    values = {"first": formatter.date(first, "numeric"), "last": formatter.date(last, "numeric"), "kind": kind} | {
        name: fields.raw(name) for name in ("first", "last") if fields.raw(name)
    }
    form = Filled(values, answers.beside(fields.errors, request))
    return Asked(form, first, last, (kind,) if kind in words.MOVEMENTS else ())


def _presets(here: Organization, now: datetime) -> tuple[tuple[str, date, date], ...]:
    """Stretches that people ask for most."""
    today = now.astimezone(ZoneInfo(here.time_zone)).date()
    this = month_of(today)[0]
    before = this - timedelta(days=1)
    return (
        ("month", this, today), ("before", month_of(before)[0], before), ("quarter", today - timedelta(days=90), today),
    )  # fmt: skip


def _iso(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
