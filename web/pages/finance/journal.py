"""Who did what with money: transfers that a person asked for or approved, and acts on rates, settings and payouts."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from litestar import Response, get
from sqlalchemy.orm import Session

from marketplace.foundation import audit
from marketplace.foundation.database import transaction
from marketplace.foundation.money import Money
from payments.ledger import acts
from web.identity import Req
from web.pages.finance import words
from web.pages.finance.sheets import sheet
from web.pages.papers.documents import moment
from web.respond import page
from web.sentences.marking import N_

PAGE: Final = 50
MOST_ROWS: Final = 1_000
AREAS: Final = ("finance", "payouts", "payments", "commission", "catalogue", "organization", "outbox", "reconciliation")
ACTS: Final[Mapping[str, str]] = {
    "finance.asked_gateway": N_("Asked a gateway"),
    "catalogue.price_book_published": N_("Published prices"),
    "organization.setting_changed": N_("Changed a setting"),
    "organization.cancellation_changed": N_("Changed what cancelling costs"),
    "organization.founded": N_("Founded the house"),
    "outbox.replayed": N_("Gave dead work another life"),
}


@dataclass(frozen=True)
class Done:
    """One act of a person, from the ledger or from the journal."""

    at: datetime
    who: UUID | None
    second: UUID | None
    what: str  # in words; a code that has none is shown as it is
    amount: Money | None
    reason: str
    about: str


@get("/finance/journal", opt={"policy": "finance.read"}, sync_to_thread=True)
def show(request: Req) -> Response[str]:
    """The newest first; `person` narrows to one, as who did it or who approved it."""
    person, before = _asked(request)
    with transaction() as session:
        rows = _done(session, person, before, PAGE)
    return page(
        request, "pages/finance/journal.html", rows=rows, person=person, before=before,
        older=rows[-1].at.isoformat() if len(rows) == PAGE else "", me=request.user.person_id,
    )  # fmt: skip


@get("/finance/journal.csv", opt={"policy": "finance.read"}, sync_to_thread=True)
def export(request: Req) -> Response[bytes]:
    """The same as a file: the newest thousand."""
    person, before = _asked(request)
    with transaction() as session:
        rows = _done(session, person, before, MOST_ROWS)
    return sheet(
        "who-did-what", ["at", "who", "approved_by", "what", "amount", "currency", "reason", "about"],
        [
            [row.at, row.who, row.second, row.what, row.amount, row.amount.currency if row.amount else None,
             row.reason, row.about]
            for row in rows
        ],
    )  # fmt: skip


routes = [show, export]


def _asked(request: Req) -> tuple[UUID | None, datetime | None]:
    try:
        person = UUID(request.query_params.get("person", ""))
    except ValueError:
        person = None
    return person, moment(request.query_params.get("before", ""))


def _done(session: Session, person: UUID | None, before: datetime | None, limit: int) -> list[Done]:
    moved = [
        Done(each.at, each.actor, each.approver, words.TRANSFERS.get(each.kind, each.kind), each.amount,
             each.reason or "", each.subject.hex[-8:] if each.subject else "")
        for each in acts.acts(session, person=person, before=before, limit=limit)
    ]  # fmt: skip
    noted = [
        Done(each.at, each.actor, None, ACTS.get(each.action, each.action), None, "", _facts(each.facts))
        for each in audit.entries(session, actor=person, areas=AREAS, before=before, limit=limit)
    ]
    return sorted((*moved, *noted), key=lambda done: done.at, reverse=True)[:limit]


def _facts(facts: Mapping[str, object]) -> str:
    """Codes and figures of an act; an id is told by its end."""
    return ", ".join(
        f"{name}={str(value)[-8:] if len(str(value)) == 36 else value}" for name, value in sorted(facts.items())
    )
