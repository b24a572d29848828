"""The quote after an estimate visit: written line by line on a phone, kept as a draft, read, sent.

The page works without scripts: each press of "More lines" or "Keep" brings the whole form along. A line that is wholly
empty counts for nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath
from sqlalchemy.orm import Session

from booking.jobs import quotes, visits
from booking.jobs.quote_rules import (
    DAYS_LEAST,
    DAYS_MOST,
    DAYS_USUAL,
    LINES_MOST,
    MINUTES_MOST,
    NOTE_MOST,
    QUANTITY_MOST,
    TEXT_MOST,
    Content,
    EstimateNotDone,
    Line,
    LinePriceNeeded,
    NoQuoteWanted,
    QuantityOutOfBounds,
    QuoteDiffers,
    QuoteEmpty,
    QuoteNotFound,
    QuoteState,
    QuoteTimes,
    QuoteTooLarge,
    QuoteTooLong,
    Sort,
    check_content,
)
from booking.jobs.quotes import QuoteView
from booking.jobs.tables import Job
from booking.jobs.visits import DONE
from booking.jobs.words import State
from marketplace.foundation import clock, reading
from marketplace.foundation.database import transaction
from marketplace.foundation.errors import Refused
from marketplace.foundation.ids import ServiceId
from web import answers, once
from web.forms import FormBody
from web.forms.fields import Fields
from web.home import home
from web.identity import Req
from web.pages.specialist.cards import actor_of
from web.pages.specialist.forms import as_typed
from web.pages.specialist.names import Names, read_names
from web.parts import Filled
from web.respond import page, reader_of, see_other

ROWS: Final = 3
SHOWN_AGAIN = (NoQuoteWanted, QuoteDiffers, QuoteNotFound, EstimateNotDone)
BESIDE: dict[type[Refused], str] = {
    QuoteEmpty: "text-1",
    QuoteTooLarge: "price-1",
    QuoteTimes: "days",
    QuoteTooLong: "text-1",
}
HOURS: Final = (1, 2, 3, 4, 6, 8, 10, 12)


@dataclass(frozen=True)
class Written:
    """The visit, what has been written and sent for it, and whether a quote is still waited for."""

    visit: Job
    draft: QuoteView | None
    sent: tuple[QuoteView, ...]
    wanted: bool
    names: Names

    @property
    def service(self) -> ServiceId:
        return ServiceId(self.visit.service_id)

    @property
    def may_send(self) -> bool:
        return self.wanted and self.draft is not None and State(self.visit.state) in DONE


@get("/work/jobs/{job_id:uuid}/quote", opt={"policy": "specialist.read"}, sync_to_thread=True)
def edit(request: Req, job_id: FromPath[UUID]) -> Response[str]:
    """The lines as they stand, and what was sent before. Refuses JobNotFound for a visit that was not one's own."""
    return _page(request, job_id)


@post("/work/jobs/{job_id:uuid}/quote", opt={"policy": "specialist.write"}, sync_to_thread=True)
def keep(request: Req, job_id: FromPath[UUID], data: FormBody) -> Response[str] | Response[None]:
    """Keep the draft and go on to reading it; or only more empty lines, with everything as it was typed."""
    fields = Fields(data, request.user.language)
    rows = _rows(fields)
    if fields.raw("act") == "more":
        return _page(request, job_id, form=Filled(data), rows=min(rows + ROWS, LINES_MOST))
    content = _content(fields, rows, home().currency)
    if not fields.errors:
        try:
            check_content(content, home().currency)
            with transaction() as session:
                quotes.write(session, job_id, content, by=request.user.person_id, now=clock.now())
            return see_other(f"/work/jobs/{job_id}/quote-sending")
        except SHOWN_AGAIN as refusal:
            return _page(request, job_id, form=Filled(data), rows=rows, refusal=refusal)
        except tuple(BESIDE) as refusal:
            fields.refuse(BESIDE[type(refusal)], refusal)
    return _page(request, job_id, form=Filled(data, answers.beside(fields.errors, request)), rows=rows, status=422)


@get("/work/jobs/{job_id:uuid}/quote-sending", opt={"policy": "specialist.read"}, sync_to_thread=True)
def read(request: Req, job_id: FromPath[UUID]) -> Response[str] | Response[None]:
    """The draft as the customer will read it."""
    return _reading(request, job_id)


@post("/work/jobs/{job_id:uuid}/quote-sending", opt={"policy": "specialist.write"}, sync_to_thread=True)
def send(request: Req, job_id: FromPath[UUID], data: FormBody) -> Response[str] | Response[None]:
    """Send exactly what was read; a quote that waits is replaced by it."""
    shown = Fields(data, request.user.language).raw("shown")
    try:
        with transaction() as session:
            quotes.send(
                session, job_id, actor=actor_of(request), shown=shown, command_id=once.command_id(request, data),
                now=clock.now(),
            )  # fmt: skip
    except SHOWN_AGAIN as refusal:
        return _reading(request, job_id, refusal=refusal)
    return see_other(f"/work/jobs/{job_id}/quote")


@get("/work/quotes", opt={"policy": "specialist.read"}, sync_to_thread=True)
def listed(request: Req) -> Response[str]:
    """The estimate visits after which a quote is waited for, or was approved."""
    here, now = home(), clock.now()
    with transaction() as session:
        estimates = visits.estimates_of(session, request.user.person_id)
        names = read_names(session, here.id, now=now)
    return page(
        request, "pages/specialist/quotes.html", status_code=200, headers=None, estimates=estimates, names=names
    )


routes = [listed, edit, keep, read, send]


def read_written(session: Session, request: Req, job_id: UUID, *, now: datetime) -> Written:
    """Refuses JobNotFound."""
    visit, mine = quotes.for_writer(session, job_id, request.user.person_id)
    return Written(
        visit=visit,
        draft=next((each for each in mine if each.state is QuoteState.DRAFT), None),
        sent=tuple(each for each in mine if each.state is not QuoteState.DRAFT),
        wanted=quotes.wanted(session, job_id),
        names=read_names(session, home().id, now=now),
    )


def _page(
    request: Req,
    job_id: UUID,
    *,
    form: Filled | None = None,
    rows: int = 0,
    refusal: Refused | None = None,
    status: int = 200,
) -> Response[str]:
    home()
    with transaction() as session:
        found = read_written(session, request, job_id, now=clock.now())
    said = answers.answer(refusal, request) if refusal else None
    if form is None:
        form, rows = _filled(request, found.draft)
    return page(
        request, "pages/specialist/quote.html", status_code=said.status if said else status, headers=None, found=found,
        form=form, rows=rows, said=said, longest=TEXT_MOST, note_longest=NOTE_MOST, hours=HOURS, lines_most=LINES_MOST,
        days=(DAYS_LEAST, DAYS_MOST), currency=home().currency,
    )  # fmt: skip


def _reading(request: Req, job_id: UUID, *, refusal: Refused | None = None) -> Response[str] | Response[None]:
    home()
    with transaction() as session:
        found = read_written(session, request, job_id, now=clock.now())
    if found.draft is None and refusal is None:
        return see_other(f"/work/jobs/{job_id}/quote")
    said = answers.answer(refusal, request) if refusal else None
    return page(
        request, "pages/specialist/quote_sending.html", status_code=said.status if said else 200, headers=None,
        found=found, quote=found.draft, said=said, form=Filled(),
    )  # fmt: skip


def _rows(fields: Fields) -> int:
    typed = fields.raw("rows")
    return min(int(typed), LINES_MOST) if typed.isascii() and typed.isdecimal() and len(typed) < 3 else ROWS


def _content(fields: Fields, rows: int, currency: str) -> Content:
    lines = [_line(fields, n, currency) for n in range(1, rows + 1) if _is_typed(fields, n)]
    hours = fields.whole("hours", least=1, most=MINUTES_MOST // 60)
    days = fields.whole("days", least=DAYS_LEAST, most=DAYS_MOST)
    return Content(tuple(lines), hours * 60, days, fields.text("note", longest=NOTE_MOST, required=False))


def _is_typed(fields: Fields, n: int) -> bool:
    return any(fields.raw(f"{name}-{n}") for name in ("text", "price"))


def _line(fields: Fields, n: int, currency: str) -> Line:
    sort = fields.choice(f"sort-{n}", [each.value for each in Sort]) or Sort.LABOUR
    text = fields.text(f"text-{n}", longest=TEXT_MOST)
    unit = fields.money(f"price-{n}", currency)
    if f"price-{n}" not in fields.errors and unit.minor <= 0:
        fields.refuse(f"price-{n}", LinePriceNeeded())
    return Line(Sort(sort), text, _quantity(fields, f"quantity-{n}"), unit)


def _quantity(fields: Fields, name: str) -> int:
    """How many, up to two decimals, in any script of digits; nothing typed is one."""
    typed = fields.raw(name)
    try:
        count = reading.parse_number(typed, most_decimals=2) if typed else Decimal(1)
    except Refused:
        count = Decimal(0)
    if not 0 < count * 100 <= QUANTITY_MOST:
        fields.refuse(name, QuantityOutOfBounds(QUANTITY_MOST // 100))
        return 100
    return int(count * 100)


def _filled(request: Req, draft: QuoteView | None) -> tuple[Filled, int]:
    """The form as the draft has it, in the reader's digits where they are typed again."""
    digits = reader_of(request).formatter.number
    values: dict[str, Any] = {"days": digits(DAYS_USUAL), "hours": "2"}
    if draft is None or draft.content is None:
        return Filled(values), ROWS
    values |= {"days": digits(draft.valid_days), "hours": str(draft.minutes // 60), "note": draft.content.note}
    for n, line in enumerate(draft.content.lines, start=1):
        values |= _typed_again(request, n, line)
    return Filled(values), min(len(draft.content.lines) + 1, LINES_MOST)


def _typed_again(request: Req, n: int, line: Line) -> Mapping[str, str]:
    return {
        f"sort-{n}": line.sort.value,
        f"text-{n}": line.text,
        f"quantity-{n}": reader_of(request).formatter.number(line.count),
        f"price-{n}": as_typed(request, line.unit),
    }
