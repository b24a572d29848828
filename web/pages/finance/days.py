"""Days that are signed: how far each account is, the close of one day, signing it, and opening it again.

A signature is made in two steps. The first is the form; the second is tried at once and, while others are still
writing into the day, again by a task: the page of the day tells which.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from litestar import Response, get, post
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.response import Redirect

from marketplace.foundation import audit, clock
from marketplace.foundation.database import transaction
from marketplace.foundation.errors import Refused
from marketplace.organizations.queries import Organization
from payments.closing import actions, desk, queries, reports
from payments.closing.queries import Act
from payments.closing.reports import OfDay
from payments.closing.rules import Outcome, Why, day_of, end_of
from payments.ledger import queries as ledger
from web import answers
from web.documents import day as papers
from web.documents.paper import Paper, Pen
from web.forms import FormBody
from web.forms.fields import Fields, FormRefused
from web.home import home
from web.identity import Req
from web.pages.finance.sheets import sheet
from web.pages.papers.frames import as_pdf
from web.parts import Filled
from web.respond import page, reader_of, see_other
from web.sentences.marking import N_
from web.spreadsheets import workbook

ROOT: Final = "/finance/days"
DAYS_SHOWN: Final = 14
FIRST_YEAR, LAST_YEAR = 2000, 3000
TRIES: Final = 3
WHYS: Final[dict[Why, str]] = {
    Why.LATE_LINE: N_("A line came late"), Why.WRONG_POSTING: N_("A movement was booked wrongly"),
    Why.WRONG_STATEMENT: N_("A statement was wrong"), Why.AUDITOR: N_("An auditor asks for it"),
}  # fmt: skip
ENDED: Final = N_("given up: something changed while it waited")


@dataclass(frozen=True)
class Shown:
    """An account on the page of a day: its part of the paper, what may be done, and why not."""

    of: OfDay
    name: str
    hindrance: str
    history: tuple[str, ...]


@get(ROOT, opt={"policy": "books.read"}, sync_to_thread=True)
def every_day(request: Req) -> Response[str]:
    """The last fortnight: each account and whether each day of it is signed."""
    here = home()
    zone, today = ZoneInfo(here.time_zone), day_of(clock.now(), ZoneInfo(here.time_zone))
    days = [today - timedelta(days=ago) for ago in range(1, DAYS_SHOWN + 1)]
    with transaction() as session:
        accounts = desk.days(session, here.currency)
        acts = [act for act in queries.acts(session) if act.ended is None]
    pen = Pen(reader_of(request).formatter)
    grid = [(day, [_covering(acts, each.account.id, day, zone) for each in accounts]) for day in days]
    return page(
        request, "pages/finance/days.html", grid=grid, names=[papers.named(pen, each.account) for each in accounts],
        next_day=_next_day(grid), may_sign="finance" in request.user.roles,
    )  # fmt: skip


@get(f"{ROOT}/{{day:str}}", opt={"policy": "books.read"}, sync_to_thread=True)
def one_day(request: Req, day: FromPath[str]) -> Response[str]:
    """The close of a day, to read, to print and to sign."""
    return _page(request, _day(day))


@get(f"{ROOT}/{{day:str}}/{{format:str}}", opt={"policy": "books.read", "nocompress": True}, sync_to_thread=True)
def file(request: Req, day: FromPath[str], format: FromPath[str]) -> Response[bytes]:
    """The report as PDF, or the lines of the day, matched and open, as CSV or XLSX."""
    if format not in ("pdf", "csv", "xlsx"):
        raise NotFoundException
    here, now, on = home(), clock.now(), _day(day)
    if format == "pdf":
        return as_pdf(_paper(request, here, on, _of_day(here, on)), f"close-of-day-{on.isoformat()}", at=now)
    with transaction() as session:
        found = reports.items(session, currency=here.currency, after=on - timedelta(days=1), day=on)
    heads, rows = papers.sheet_of(found)
    name = f"lines-{on.isoformat()}"
    return sheet(name, heads, rows) if format == "csv" else workbook(name, heads, rows)


@post("/finance/sign-offs", opt={"policy": "books.sign"}, sync_to_thread=True)
def sign(request: Req, data: FormBody) -> Response[str] | Redirect:
    """Sign a day of an account. Refuses what keeps it open, in words, on the page of the day."""
    here, now, fields = home(), clock.now(), Fields(data, request.user.language)
    day, account = _day(fields.raw("day")), _account(fields.raw("account"))
    try:
        with transaction() as session:
            id = actions.begin(
                session, account=account, currency=here.currency, day=day, zone=ZoneInfo(here.time_zone),
                by=request.user.person_id, now=now,
            )  # fmt: skip
            audit.record(
                session, action="finance.day_signed", actor=request.user.person_id, subject=None, reason=None, now=now,
                sign_off=id,
            )  # fmt: skip
    except Refused as refusal:
        return _page(request, day, refusal, account=account)
    for _ in range(TRIES):
        with transaction() as session:
            if actions.finish(session, id, now=now) is not Outcome.WAITS:
                break
    return see_other(f"{ROOT}/{day.isoformat()}#account-{account}")


@post("/finance/sign-offs/{id:uuid}/reopening", opt={"policy": "books.open"}, sync_to_thread=True)
def reopen(request: Req, id: FromPath[UUID], data: FormBody) -> Response[str] | Redirect:
    """Open a signed day again. Refuses SignerAlone, LaterSigned, NotSigned."""
    now, fields = clock.now(), Fields(data, request.user.language)
    with transaction() as session:
        found = queries.act(session, id)
    why = fields.choice("why", list(Why))
    if fields.errors:
        return _page(request, found.day, FormRefused(fields.errors), account=found.account)
    try:
        with transaction() as session:
            actions.reopen(session, id, why=Why(why), by=request.user.person_id, now=now)
            audit.record(
                session, action="finance.day_reopened", actor=request.user.person_id, subject=None, reason=why, now=now,
                sign_off=id,
            )  # fmt: skip
    except Refused as refusal:
        return _page(request, found.day, refusal, account=found.account)
    return see_other(f"{ROOT}/{found.day.isoformat()}#account-{found.account}")


@post("/finance/balances", opt={"policy": "books.sign"}, sync_to_thread=True)
def state_balance(request: Req, data: FormBody) -> Response[str] | Redirect:
    """The bank says so much at the end of a day. Refuses BankDiffers, SaidOtherwise, DayNotOver."""
    here, now, fields = home(), clock.now(), Fields(data, request.user.language)
    day, account = _day(fields.raw("day")), _account(fields.raw("account"))
    amount = fields.money("amount", here.currency)
    if fields.errors:
        return _page(request, day, FormRefused(fields.errors), account=account, form=_filled(request, fields))
    try:
        with transaction() as session:
            actions.state_balance(
                session, account=account, currency=here.currency, day=day, zone=ZoneInfo(here.time_zone),
                amount=amount, now=now,
            )  # fmt: skip
            audit.record(
                session, action="finance.balance_stated", actor=request.user.person_id, subject=None, reason=None,
                now=now, account=account, day=day.isoformat(),
            )  # fmt: skip
    except Refused as refusal:
        return _page(request, day, refusal, account=account, form=_filled(request, fields))
    return see_other(f"{ROOT}/{day.isoformat()}#account-{account}")


@get(
    ["/finance/sign-offs", "/finance/balances", "/finance/sign-offs/{id:uuid}/reopening"],
    opt={"policy": "books.read"},
    sync_to_thread=False,
)
def back() -> Redirect:
    """The answer to a form, reloaded or read in another language."""
    return see_other(ROOT)


routes = [every_day, one_day, file, sign, reopen, state_balance, back]


def _page(
    request: Req, day: date, refusal: Refused | None = None, *, account: int | None = None, form: Filled | None = None
) -> Response[str]:
    here = home()
    found = _of_day(here, day)
    said = None if refusal is None else answers.answer(refusal, request)
    written = _paper(request, here, day, found)
    roles = request.user.roles
    return page(
        request, "pages/finance/day.html", status_code=said.status if said else 200, day=day, paper=written,
        shown=[_shown(request, each) for each in found], said=said.sentence if said else "", said_of=account,
        form=form or Filled(), whys=WHYS, currency=here.currency, before=day - timedelta(days=1),
        after=day + timedelta(days=1), me=request.user.person_id,
        may_sign="finance" in roles, may_open=not roles.isdisjoint({"manager", "administrator"}),
    )  # fmt: skip


def _shown(request: Req, of: OfDay) -> Shown:
    pen = Pen(reader_of(request).formatter)
    why = "" if of.hindrance is None else str(answers.answer(of.hindrance, request).sentence)
    return Shown(of, papers.named(pen, of.account), why, tuple(_line(pen, act) for act in of.history))


def _line(pen: Pen, act: Act) -> str:
    """One earlier act of signing, and how it ended."""
    assert act.ended is not None
    signed = pen(N_("signed on {time}"), time=pen.show.date_time(act.begun_at))
    if act.ended.what == "given_up":
        return f"{signed} · {pen(ENDED)}"
    opened = pen(N_("opened again on {time}"), time=pen.show.date_time(act.ended.at))
    return f"{signed} · {opened} · {pen(WHYS[Why(act.ended.reason)])}"


def _of_day(here: Organization, day: date) -> tuple[OfDay, ...]:
    zone, now = ZoneInfo(here.time_zone), clock.now()
    with transaction() as session:
        return reports.of_day(session, currency=here.currency, day=day, zone=zone, now=now)


def _paper(request: Req, here: Organization, day: date, found: tuple[OfDay, ...]) -> Paper:
    reader = reader_of(request)
    with transaction() as session:
        head = ledger.head(session)
    return papers.write(
        found, reader.formatter, day=day, house=here.name[reader.language], phone=here.phone, head=head,
        made_at=clock.now(),
    )  # fmt: skip


def _covering(acts: list[Act], account: int, day: date, zone: ZoneInfo) -> Act | None:
    through = end_of(day, zone)
    own = [act for act in acts if act.account == account and act.through >= through]
    return next((act for act in own if act.since is None or act.since < through), None)


def _next_day(grid: list[tuple[date, list[Act | None]]]) -> date | None:
    """The earliest of these days after the last one that is signed for all; the last day when none is."""
    unsigned = [day for day, acts in grid if any(act is None or act.waits for act in acts)]
    if not unsigned:
        return None
    signed = [day for day, acts in grid if day not in unsigned]
    later = [day for day in unsigned if not signed or day > max(signed)]
    return (max(later) if not signed else min(later)) if later else None


def _filled(request: Req, fields: Fields) -> Filled:
    return Filled(fields.typed, answers.beside(fields.errors, request))


def _day(text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise NotFoundException from None
    if not FIRST_YEAR <= day.year < LAST_YEAR:
        raise NotFoundException
    return day


def _account(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 19):
        raise NotFoundException
    return int(text)
