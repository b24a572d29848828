"""What found no partner: each with its owner, its age and the next act; the most money times age first.

The list is worked by keys and keeps one's place; without scripts it is a plain form. What is done to many is done to
each on its own, and told one by one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from urllib.parse import urlencode
from uuid import UUID

from litestar import Response, get, post
from litestar.response import Redirect
from sqlalchemy.orm import Session

from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from marketplace.foundation.money import Money
from marketplace.foundation.scripts import ascii_digits
from payments.closing import desk
from payments.gateways import directory
from payments.reconciliation import actions, queries
from payments.reconciliation.queries import LeftOver, Place
from payments.reconciliation.rules import Kind
from web.identity import Req
from web.pages.finance import colleagues, words
from web.pages.finance.sheets import Cell, sheet
from web.respond import page, reader_of, see_other
from web.spreadsheets import workbook

PAGE: Final = 50
NOBODY: Final = UUID(int=0)
HEADS: Final = (
    "matter", "amount", "currency", "gateway", "transaction_number", "tracking_number", "batch", "booked", "opened_at",
    "owner", "id",
)  # fmt: skip


@dataclass(frozen=True)
class Asked:
    """What the address asks for: of one kind, of one owner, with a number, and after which place."""

    kind: Kind | None = None
    owner: UUID | None = None
    number: str = ""
    after: Place | None = None

    @classmethod
    def of(cls, request: Req) -> "Asked":
        query = request.query_params
        kind = query.get("kind", "")
        return cls(
            Kind(kind) if kind in set(Kind) else None, _owner(query.get("owner", ""), request.user.person_id),
            ascii_digits(query.get("number", "").strip())[:60], place_of(query.get("after", "")),
        )  # fmt: skip

    @property
    def query(self) -> str:
        """The same as the end of an address, so that an act on many comes back to where it was."""
        return self._address(written(self.after) if self.after else "")

    @property
    def whole(self) -> str:
        """The same without the place: a file holds everything that the list would show page by page."""
        return self._address("")

    def _address(self, after: str) -> str:
        facts = {
            "kind": self.kind.value if self.kind else "", "owner": str(self.owner or ""), "number": self.number,
            "after": after,
        }  # fmt: skip
        asked = urlencode({name: value for name, value in facts.items() if value})
        return f"?{asked}" if asked else ""


@dataclass(frozen=True)
class Done:
    """What became of one of many: done or not, in words; `undo` is how it is undone, empty where it cannot be."""

    id: str
    number: str
    said: str
    done: bool
    undo: str = ""


@get("/finance/exceptions", opt={"policy": "finance.read"}, sync_to_thread=True)
def show(request: Req) -> Response[str]:
    """The open exceptions. A number that only one of them carries leads straight to it."""
    asked, now = Asked.of(request), clock.now()
    with transaction() as session:
        found = desk.by_number(session, asked.number) if asked.number else []
    if len(found) == 1:
        return see_other(f"/finance/exceptions/{found[0]}")
    return listed(request, asked, now=now, found=found)


@get("/finance/exceptions.csv", opt={"policy": "finance.read"}, sync_to_thread=True)
def export(request: Req) -> Response[bytes]:
    """What the list shows, as a file: of a kind, of an owner, with a number, or all of them."""
    return sheet("exceptions", HEADS, _table(request))


@get("/finance/exceptions.xlsx", opt={"policy": "finance.read", "nocompress": True}, sync_to_thread=True)
def export_workbook(request: Req) -> Response[bytes]:
    """The same as a workbook."""
    return workbook("exceptions", HEADS, _table(request), right_to_left=reader_of(request).direction == "rtl")


@post("/finance/matches", opt={"policy": "finance.write"}, sync_to_thread=True)
def match(request: Req) -> Redirect:
    """Try again everything that has no partner; what is matched already stays so."""
    now = clock.now()
    with transaction() as session:
        for gateway in directory.connected():
            actions.match(session, gateway=gateway.name, by=request.user.person_id, now=now)
    return see_other("/finance/exceptions")


routes = [show, export, export_workbook, match]


def listed(
    request: Req, asked: Asked, *, now: datetime, found: list[UUID], outcomes: Sequence[Done] = (),
    undo: Sequence[str] = (),
) -> Response[str]:  # fmt: skip
    """The list as a page, with whatever an act has to tell."""
    me = request.user.person_id
    with transaction() as session:
        rows = _rows(session, asked, now=now, found=found)
        counts = queries.counts_of_kinds(session, owner=asked.owner)
        called = colleagues.names(session, request, _owners(asked, rows), case=rows[0].id, now=now) if rows else {}
    last = rows[-1] if len(rows) == PAGE and not asked.number else None
    at = now if asked.after is None else asked.after.now
    return page(
        request, "pages/finance/exceptions.html", rows=rows, asked=asked, counts=counts, kinds=words.KINDS,
        next_acts=words.NEXT, me=me, older="" if last is None else written(Place(last.urgency, last.id, at)),
        total=_total(rows), outcomes=outcomes, undo=undo, called=called.get(asked.owner or NOBODY, ""), nobody=NOBODY,
    )  # fmt: skip


def place_of(text: str) -> Place | None:
    """A place in the list as our own addresses write it; whatever else it says is the top."""
    urgency, _, rest = text.partition(".")
    id, _, seconds = rest.partition(".")
    try:
        return Place(int(urgency), UUID(id), datetime.fromtimestamp(int(seconds) / 1_000_000, UTC))
    except (ValueError, OverflowError, OSError):
        return None


def written(place: Place) -> str:
    """A place as part of an address."""
    return f"{place.urgency}.{place.id}.{int(place.now.timestamp() * 1_000_000)}"


def _table(request: Req) -> list[list[Cell]]:
    asked = Asked.of(request)
    with transaction() as session:
        if asked.number:  # as in the list, a number is looked for whatever else was asked
            rows = desk.every_open(session, ids=desk.by_number(session, asked.number))
        else:
            rows = desk.every_open(session, kind=asked.kind, owner=asked.owner)
    return [
        [row.kind, row.value, row.value.currency, row.gateway, row.txn, row.bank, row.batch, row.booked, row.opened_at,
         row.owner, row.id]
        for row in rows
    ]  # fmt: skip


def _rows(session: Session, asked: Asked, *, now: datetime, found: list[UUID]) -> list[LeftOver]:
    if asked.number:
        return queries.left_over_of(session, found, now=now)
    return queries.left_over(session, now=now, kind=asked.kind, owner=asked.owner, after=asked.after, limit=PAGE)


def _owner(typed: str, me: UUID) -> UUID | None:
    if typed in ("me", "nobody"):
        return me if typed == "me" else NOBODY
    try:
        return UUID(typed)
    except ValueError:
        return None


def _owners(asked: Asked, rows: list[LeftOver]) -> list[UUID]:
    """Whose name heads the list: of a colleague whose lines were asked for, and that has some."""
    return (
        [asked.owner] if asked.owner and asked.owner != NOBODY and any(row.owner == asked.owner for row in rows) else []
    )


def _total(rows: list[LeftOver]) -> list[Money]:
    """What is at stake on this page, currency by currency."""
    currencies = sorted({row.value.currency for row in rows})
    return [Money(sum(abs(row.value.minor) for row in rows if row.value.currency == each), each) for each in currencies]
