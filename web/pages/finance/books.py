"""The books: the trial balance as of a moment, and the history of one account."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Final, get_args
from uuid import UUID
from zoneinfo import ZoneInfo

from litestar import Response, get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from marketplace.foundation.money import EXPONENTS, Money
from marketplace.foundation.scripts import ascii_digits
from marketplace.organizations.queries import Organization
from payments.ledger import queries
from payments.ledger.queries import TrialLine
from payments.ledger.rules import AccountKind, AccountName, OwnerKind
from web import answers
from web.forms.fields import Fields, NotOffered
from web.home import home
from web.identity import Req
from web.pages.finance import words
from web.pages.finance.sheets import Cell, sheet
from web.parts import Filled
from web.respond import page, reader_of

PAGE: Final = 50
MOST_ROWS: Final = 1_000
KINDS: Final = {str(kind): kind for kind in get_args(AccountKind)}
OWNER_KINDS: Final = {str(kind): kind for kind in get_args(OwnerKind)}


@dataclass(frozen=True)
class Total:
    """One kind of account, summed up over its owners."""

    kind: str
    accounts: int
    posted: Money
    held: Money


@get("/finance/trial-balance", opt={"policy": "finance.read"}, sync_to_thread=True)
def trial_balance(request: Req) -> Response[str]:
    """Every account that has moved, now or as of a moment; the whole sums to zero."""
    here = home()
    form, at, currency = _asked(request, here)
    lines = _lines(currency, at) if not form.errors else ()
    totals = [_total(kind, [line for line in lines if line.kind == kind], currency) for kind in _kinds(lines)]
    chosen = request.query_params.get("kind", "")
    return page(
        request, "pages/finance/trial_balance.html", status_code=422 if form.errors else 200, form=form, at=at,
        totals=totals, lines=[line for line in lines if line.kind == chosen][:MOST_ROWS], chosen=chosen,
        sum=sum((line.posted for line in lines), Money.zero(currency)), currency=currency,
        accounts=words.ACCOUNTS, owners=words.OWNERS, currencies=sorted(EXPONENTS),
    )  # fmt: skip


@get("/finance/trial-balance.csv", opt={"policy": "finance.read"}, sync_to_thread=True)
def export(request: Req) -> Response[bytes]:
    """The trial balance as a file."""
    form, at, currency = _asked(request, home())
    if form.errors:
        raise NotFoundException
    columns = ["account", "owner_kind", "owner", "posted", "held", "currency"]
    rows: list[list[Cell]] = [
        [line.kind, line.owner_kind, line.owner, line.posted, line.held, currency] for line in _lines(currency, at)
    ]
    return sheet("trial-balance", columns, rows)


@get("/finance/accounts/{kind:str}/{owner_kind:str}/{owner:uuid}", opt={"policy": "finance.read"}, sync_to_thread=True)
def account(request: Req, kind: FromPath[str], owner_kind: FromPath[str], owner: FromPath[UUID]) -> Response[str]:
    """The movements of an account, newest first. Its owner is a pseudonym."""
    name = _name(kind, owner_kind, owner, _currency(request, home()))
    before = _number(request.query_params.get("before", ""))
    with transaction() as session:
        id = queries.account(session, name)
        if id is None:
            raise NotFoundException
        lines = queries.history(session, id, name.currency, before=before, limit=PAGE)
        balance = queries.balance(session, id)
        holds = queries.open_holds(session, account=id)
    return page(
        request, "pages/finance/account.html", name=name, lines=lines, balance=balance, holds=holds,
        older=str(lines[-1].version) if len(lines) == PAGE else "", accounts=words.ACCOUNTS, owners=words.OWNERS,
        transfers=words.TRANSFERS,
    )  # fmt: skip


@get(
    "/finance/accounts/{kind:str}/{owner_kind:str}/{owner:uuid}/history.csv",
    opt={"policy": "finance.read"},
    sync_to_thread=True,
)
def export_account(
    request: Req, kind: FromPath[str], owner_kind: FromPath[str], owner: FromPath[UUID]
) -> Response[bytes]:
    """The newest thousand movements of an account as a file."""
    name = _name(kind, owner_kind, owner, _currency(request, home()))
    with transaction() as session:
        id = queries.account(session, name)
        if id is None:
            raise NotFoundException
        lines = queries.history(session, id, name.currency, limit=MOST_ROWS)
    columns = ["recorded_at", "effective_at", "movement", "for", "amount", "held", "currency", "reason"]
    rows = [
        [line.recorded_at, line.effective_at, line.kind, line.subject, line.posted, line.held, name.currency,
         line.reason]
        for line in lines
    ]  # fmt: skip
    return sheet(f"account-{kind}", columns, rows)


routes = [trial_balance, export, account, export_account]


def _asked(request: Req, here: Organization) -> tuple[Filled, datetime | None, str]:
    """The moment and the currency that the address asks for; no day means now."""
    query: Mapping[str, str] = dict(request.query_params.items())
    fields, currency = Fields(query, request.user.language), _currency(request, here)
    if not fields.raw("day"):
        return Filled(query), None, currency
    day = fields.day("day", reader_of(request).formatter.calendar)
    clock_time = _clock_time(fields.raw("time"))
    if clock_time is None:
        fields.refuse("time", NotOffered())
    if day is None or clock_time is None:
        return Filled(query, answers.beside(fields.errors, request)), None, currency
    there = datetime.combine(day, clock_time, ZoneInfo(here.time_zone)).astimezone(UTC)
    return Filled(query), min(there, clock.now()), currency


def _clock_time(text: str) -> time | None:
    """ "18:30" in any script of digits; nothing is the end of the day."""
    typed = ascii_digits(text)
    if not typed:
        return time(23, 59, 59, 999_999)
    hours, _, minutes = typed.partition(":")
    if not (hours.isdecimal() and minutes.isdecimal() and len(hours) <= 2 and len(minutes) == 2):
        return None
    length = timedelta(hours=int(hours), minutes=int(minutes))
    return time(int(hours), int(minutes)) if length < timedelta(days=1) and int(minutes) < 60 else None


def _lines(currency: str, at: datetime | None) -> tuple[TrialLine, ...]:
    with transaction() as session:
        return queries.trial_balance(session, currency, at=at)


def _kinds(lines: tuple[TrialLine, ...]) -> list[str]:
    return [kind for kind in KINDS if any(line.kind == kind for line in lines)]


def _total(kind: str, lines: list[TrialLine], currency: str) -> Total:
    nothing = Money.zero(currency)
    return Total(
        kind, len(lines), sum((line.posted for line in lines), nothing), sum((line.held for line in lines), nothing)
    )


def _currency(request: Req, here: Organization) -> str:
    typed = request.query_params.get("currency", "")
    return typed if typed in EXPONENTS else here.currency


def _name(kind: str, owner_kind: str, owner: UUID, currency: str) -> AccountName:
    if kind not in KINDS or owner_kind not in OWNER_KINDS:
        raise NotFoundException
    return AccountName(KINDS[kind], currency, OWNER_KINDS[owner_kind], owner)


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else None
