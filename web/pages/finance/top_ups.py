"""Top-ups with both numbers, by state and age; the history of one; and the question to its gateway, asked now."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from marketplace.foundation import audit, clock
from marketplace.foundation.database import transaction
from marketplace.foundation.ids import TopUpId, derived
from marketplace.foundation.outbox import enqueue
from marketplace.foundation.scripts import ascii_digits, clean_text
from payments.gateways import directory
from payments.reconciliation import queries as reconciliation
from payments.topups import queries
from payments.topups.queries import AttemptView, EventView
from payments.topups.rules import OPEN, SCHEDULE, State, TopUpNotFound
from web.forms import FormBody
from web.forms.fields import Fields
from web.identity import Req
from web.pages.finance import bank_cases, words
from web.pages.finance.sheets import Cell, sheet
from web.respond import page, see_other

PAGE = 50
FILTERED = (State.UNKNOWN, State.PENDING, State.MISMATCH, State.PAID, State.FAILED, State.EXPIRED)
MAY_BE_ASKED = OPEN | {State.FAILED, State.EXPIRED}  # late money is still money
LONGEST_NUMBER = 60


@dataclass(frozen=True)
class Asked:
    """Which top-ups are wanted, as the address says; what cannot be understood is not asked for."""

    state: State | None
    gateway: str | None
    number: str | None
    before: datetime | None

    @classmethod
    def of(cls, query: Mapping[str, str]) -> "Asked":
        state = query.get("state", "")
        gateway = query.get("gateway", "")
        number = ascii_digits(clean_text(query.get("number", "")))[:LONGEST_NUMBER]
        return cls(
            State(state) if state in set(State) else None,
            gateway if gateway in {each.name for each in directory.connected()} else None,
            number or None,
            moment_in(query.get("before", "")),
        )


@get("/finance/top-ups", opt={"policy": "finance.read"}, sync_to_thread=True)
def show(request: Req) -> Response[str]:
    """The list, newest first; each with whether the gateway's report has it and its money has reached the bank."""
    asked = Asked.of(dict(request.query_params.items()))
    with transaction() as session:
        rows = queries.all_attempts(
            session, state=asked.state, gateway=asked.gateway, number=asked.number, before=asked.before, limit=PAGE
        )
        matched = reconciliation.matched_of(session, [row.id for row in rows])
    older = rows[-1].started_at.isoformat() if len(rows) == PAGE else ""
    return page(
        request, "pages/finance/top_ups.html", rows=rows, matched=matched, asked=asked, older=older,
        filtered=FILTERED, states=words.STATES, gateways=[each.name for each in directory.connected()],
    )  # fmt: skip


@get("/finance/top-ups.csv", opt={"policy": "finance.read"}, sync_to_thread=True)
def export(request: Req) -> Response[bytes]:
    """The same list as a file: one page of it, the newest that the filters leave."""
    asked = Asked.of(dict(request.query_params.items()))
    with transaction() as session:
        rows = queries.all_attempts(
            session, state=asked.state, gateway=asked.gateway, number=asked.number, before=asked.before,
            limit=queries.MOST_ROWS,
        )  # fmt: skip
        matched = reconciliation.matched_of(session, [row.id for row in rows])
    columns = [
        "started_at", "gateway", "state", "amount", "currency", "transaction_number", "tracking_number", "paid_at",
        "wallet", "owner", "late", "paid_twice", "in_report", "in_bank",
    ]  # fmt: skip
    return sheet("top-ups", columns, [_row(row, *matched[row.id]) for row in rows])


@get("/finance/unknown", opt={"policy": "finance.read"}, sync_to_thread=True)
def unknown(request: Req) -> Response[str]:
    """Attempts without an outcome, oldest first, with how often we asked and when we ask next."""
    with transaction() as session:
        rows = queries.oldest_open(session, limit=queries.MOST_ROWS)
    return page(request, "pages/finance/unknown.html", rows=rows, states=words.STATES, planned=len(SCHEDULE))


@get("/finance/top-ups/{id:uuid}", opt={"policy": "finance.read"}, sync_to_thread=True)
def one(request: Req, id: FromPath[UUID]) -> Response[str]:
    """One top-up: its tries with both numbers, and all that happened to each."""
    with transaction() as session:
        found = queries.credited(session, id)
        histories: list[tuple[AttemptView, list[EventView]]] = [
            (each, queries.history(session, each.id)) for each in found.attempts
        ]
        matched = reconciliation.matched_of(session, [each.id for each in found.attempts])
        cases = queries.cases(session, topup=found.id)
    return page(
        request, "pages/finance/top_up.html", top_up=found, histories=histories, matched=matched, states=words.STATES,
        cases=cases, case_states=bank_cases.CASES, reasons=bank_cases.REASONS,
        whats=words.WHATS, bys=words.BYS, may_be_asked=MAY_BE_ASKED, was_asked="asked" in request.query_params,
    )  # fmt: skip


@post("/finance/top-ups/{id:uuid}/inquiries", opt={"policy": "finance.write"}, sync_to_thread=True)
def ask_now(request: Req, id: FromPath[UUID], data: FormBody) -> Redirect:
    """Ask the gateway about a try now. Pressed twice in a minute it is asked once; its word alone moves money."""
    attempt, now = Fields(data, request.user.language).identity("attempt"), clock.now()
    with transaction() as session:
        found = queries.credited(session, TopUpId(id))
        chosen = next((each for each in found.attempts if each.id == attempt), None)
        if chosen is None:
            raise TopUpNotFound
        if chosen.state in MAY_BE_ASKED:
            minute = int(now.timestamp()) // 60
            enqueue(session, "topups.verify", key=derived("attempt", chosen.id, "finance", minute), id=chosen.id)
            audit.record(
                session, action="finance.asked_gateway", actor=request.user.person_id, subject=None, reason=None,
                now=now, attempt=chosen.id,
            )  # fmt: skip
    return see_other(f"/finance/top-ups/{id}?asked=yes")


routes = [show, export, unknown, one, ask_now]


def _row(each: AttemptView, in_report: bool, in_bank: bool) -> list[Cell]:  # noqa: FBT001  # two marks of one row
    return [
        each.started_at, each.gateway, each.state.value, each.amount, each.amount.currency, each.txn, each.bank,
        each.paid_at, each.wallet, each.owner, _yes(each.late), _yes(each.double_pay), _yes(in_report), _yes(in_bank),
    ]  # fmt: skip


def _yes(fact: bool) -> str:  # noqa: FBT001  # a cell
    return "yes" if fact else "no"


def moment_in(text: str) -> datetime | None:
    """The moment that an address names; None for anything else."""
    try:
        found = datetime.fromisoformat(text.replace(" ", "+"))
    except ValueError:
        return None
    return found if found.tzinfo else None
