"""Open exceptions as a list that is paged by its own order, and one of them with its three sources side by side.

The list is ordered by money × age at a moment that the first page names and the next ones keep. Of all open ones an
index gives the first of each day, and no more is looked at; of some, the covering index of the open ones is read once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from marketplace.foundation.money import Money
from payments.reconciliation.gateway_passes import statement
from payments.reconciliation.rules import ExceptionNotFound, Kind, Solution, What, age_bucket, urgency

MOST_ROWS = 200


@dataclass(frozen=True, slots=True)
class LeftOver:
    """An exception: what it is about, whose it is, how old, how much is at stake, and what is suggested for it."""

    id: UUID
    kind: Kind
    value: Money
    owner: UUID
    opened_at: datetime
    age: str
    urgency: int
    gateway: str
    txn: str | None
    bank: str | None
    batch: str | None
    booked: date | None
    suggestion: UUID | None = None
    waits: bool = False  # for a second person


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page of the list ends: the next one begins after it. `now` is the moment that the order was made at."""

    urgency: int
    id: UUID
    now: datetime


@dataclass(frozen=True, slots=True)
class Side:
    """What one source says: the ledger, the gateway's report or the bank's statement."""

    id: UUID
    reference: str | None
    amount: Money
    fee: Money | None
    on: date | None
    state: str


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the history of an exception."""

    at: datetime
    what: What
    by: UUID | None
    fact: str | None
    note: str | None


@dataclass(frozen=True, slots=True)
class Waiting:
    """What somebody proposed and a second person has to agree to."""

    how: Solution
    amount: Money
    reason: str
    asked_by: UUID
    asked_at: datetime


@dataclass(frozen=True, slots=True)
class ExceptionFacts:
    """One exception with the three sources side by side, its history, and what waits for a second person."""

    about: LeftOver
    closed_at: datetime | None
    ledger: tuple[Side, ...]
    report: tuple[Side, ...]
    statement: tuple[Side, ...]
    history: tuple[Step, ...]
    waiting: Waiting | None


_WANTED: Final = (
    "closed_at IS NULL AND (CAST(:kind AS text) IS NULL OR kind = :kind)"
    " AND (CAST(:owner AS uuid) IS NULL OR owner = :owner) AND (CAST(:gateway AS text) IS NULL OR gateway = :gateway)"
)
# Days are days of the calendar, so that all that was opened on one has one factor, and its money alone orders it.
_DAY: Final = "(opened_at AT TIME ZONE 'UTC')::date"
_TODAY: Final = "CAST(CAST(:now AS timestamptz) AT TIME ZONE 'UTC' AS date)"
_COLUMNS: Final = """
    e.id, e.kind, e.value, e.currency, e.owner, e.opened_at, e.gateway, coalesce(l.txn, a.txn),
    coalesce(l.bank, a.bank), coalesce(l.batch, b.batch), coalesce(l.booked, a.financial_day, b.last_on), e.suggestion,
    EXISTS (SELECT FROM recon_solution s WHERE s.exception = e.id AND s.done_at IS NULL AND s.withdrawn_at IS NULL),
    e.closed_at"""
_JOINED: Final = """
    JOIN recon_exception e ON e.id = p.id LEFT JOIN statement_line l ON l.id = e.line
    LEFT JOIN topup_attempt a ON a.id = e.attempt LEFT JOIN settlement_batch b ON b.id = e.batch"""
_AFTER: Final = "CAST(:urgency AS bigint) IS NULL OR (-{0}, {1}) > (-CAST(:urgency AS bigint), CAST(:id AS uuid))"
# All of them: the first of each day by the index, which steps from one day to the next, and of those the first.
_ROWS = statement(
    """
    WITH RECURSIVE opened (day) AS (
           SELECT (SELECT min({_DAY}) FROM recon_exception WHERE closed_at IS NULL)
           UNION ALL SELECT (SELECT min({_DAY}) FROM recon_exception WHERE closed_at IS NULL AND {_DAY} > o.day)
                       FROM opened o WHERE o.day IS NOT NULL),
         d AS MATERIALIZED (SELECT day, greatest({_TODAY} - day + 1, 1) AS days FROM opened WHERE day IS NOT NULL),
         p AS MATERIALIZED (
           SELECT x.id, x.urgency FROM d, LATERAL (
                  SELECT e.id, abs(e.value) * d.days AS urgency FROM recon_exception e
                   WHERE e.closed_at IS NULL AND {_DAY} = d.day
                     AND -abs(e.value) >= coalesce(-(CAST(:urgency AS bigint) / d.days), {_LEAST}) AND ({_AFTER})
                   ORDER BY -abs(e.value), e.id LIMIT :most) x
            ORDER BY -x.urgency, x.id LIMIT :most)
    SELECT {_COLUMNS} FROM p {_JOINED} ORDER BY -p.urgency, p.id""",
    _DAY=_DAY, _TODAY=_TODAY, _COLUMNS=_COLUMNS, _JOINED=_JOINED, _LEAST="-9223372036854775807",
    _AFTER=_AFTER.format("abs(e.value) * d.days", "e.id"),
)  # fmt: skip
_ROWS_OF_SOME = statement(
    """
    SELECT {_COLUMNS}
      FROM (SELECT id, urgency
              FROM (SELECT id, abs(value) * greatest({_TODAY} - {_DAY} + 1, 1) AS urgency
                      FROM recon_exception WHERE {_WANTED}) x
             WHERE {_AFTER} ORDER BY -urgency, id LIMIT :most) p {_JOINED}
     ORDER BY -p.urgency, p.id""",
    _DAY=_DAY, _TODAY=_TODAY, _COLUMNS=_COLUMNS, _JOINED=_JOINED, _WANTED=_WANTED,
    _AFTER=_AFTER.format("urgency", "id"),
)  # fmt: skip
_THESE = statement(
    "SELECT {_COLUMNS} FROM unnest(CAST(:ids AS uuid[])) WITH ORDINALITY p (id, place) {_JOINED} ORDER BY p.place",
    _COLUMNS=_COLUMNS, _JOINED=_JOINED,
)  # fmt: skip
_OF_KINDS = statement("SELECT kind, count(*) FROM recon_exception WHERE {_WANTED} GROUP BY kind", _WANTED=_WANTED)


def left_over(
    session: Session,
    *,
    now: datetime,
    kind: Kind | None = None,
    owner: UUID | None = None,
    gateway: str | None = None,
    after: Place | None = None,
    limit: int = 100,
) -> list[LeftOver]:
    """Open exceptions, the most money × age first; `after` continues a page, at the moment of the first one."""
    at = now if after is None else after.now
    facts = _wanted(at, kind=kind, owner=owner, gateway=gateway) | {
        "urgency": None if after is None else after.urgency,
        "id": None if after is None else after.id,
        "most": min(limit, MOST_ROWS),
    }
    some = (kind, owner, gateway) != (None, None, None)
    return [_left(row, at) for row in session.execute(_ROWS_OF_SOME if some else _ROWS, facts)]


def left_over_of(session: Session, ids: Sequence[UUID], *, now: datetime) -> list[LeftOver]:
    """These exceptions, open or closed, in the order of their ids."""
    return [_left(row, now) for row in session.execute(_THESE, {"ids": list(ids)})]


def counts_of_kinds(session: Session, *, owner: UUID | None = None) -> dict[Kind, int]:
    """How many are open of each kind."""
    found = session.execute(_OF_KINDS, {"kind": None, "owner": owner, "gateway": None})
    counted = {Kind(kind): many for kind, many in found}
    return {kind: counted.get(kind, 0) for kind in Kind}


_ONE = statement(
    "SELECT {_COLUMNS} FROM (SELECT CAST(:id AS uuid) AS id) p {_JOINED}", _COLUMNS=_COLUMNS, _JOINED=_JOINED
)
# What each source says of the payment, and of the batch, that an exception is about, by any reference they share.
_ATTEMPTS = text("""
    SELECT a.id, coalesce(a.txn, a.ours), t.amount, t.currency, NULL,
           coalesce(a.financial_day, CAST(a.started_at AS date)), a.state
      FROM recon_exception e LEFT JOIN statement_line l ON l.id = e.line
      JOIN topup_attempt a ON a.id IN (e.attempt, e.named)
           OR a.gateway = e.gateway AND (a.txn = l.txn OR a.ours = l.ours)
      JOIN topup t ON t.id = a.topup WHERE e.id = :id ORDER BY a.started_at LIMIT 20""")
_REPORTED = text("""
    SELECT l.id, coalesce(l.txn, l.bank, l.ours, l.line_key), l.gross, l.currency, l.fee, l.booked,
           CASE WHEN l.reversal THEN 'reversal' ELSE l.kind END
      FROM recon_exception e LEFT JOIN statement_line m ON m.id = e.line
      LEFT JOIN topup_attempt a ON a.id = coalesce(e.attempt, e.named)
      JOIN statement_line l ON l.source = 'settlement' AND l.gateway = e.gateway
           AND (l.id = e.line OR l.txn = coalesce(m.txn, a.txn))
     WHERE e.id = :id ORDER BY l.booked, l.id LIMIT 20""")
_BATCHES = text("""
    SELECT b.id, b.batch, b.net, b.currency, b.fees, b.last_on, 'batch'
      FROM recon_exception e LEFT JOIN statement_line m ON m.id = e.line
      JOIN settlement_batch b ON b.id = e.batch
           OR (b.gateway, b.batch) = (e.gateway, m.batch) AND b.currency = m.currency
     WHERE e.id = :id""")
_STATED = text("""
    SELECT l.id, coalesce(l.reference, l.batch, l.line_key), l.net, l.currency, NULL, l.booked, l.kind
      FROM recon_exception e LEFT JOIN statement_line m ON m.id = e.line LEFT JOIN settlement_batch b ON b.id = e.batch
      JOIN statement_line l ON l.source = 'statement' AND l.gateway = e.gateway
           AND (l.id = e.line OR l.batch = coalesce(m.batch, b.batch))
     WHERE e.id = :id ORDER BY l.booked, l.id LIMIT 20""")
_HISTORY = text("""
    SELECT at, what, by, fact, note FROM recon_exception_event WHERE exception = :id ORDER BY number""")
_WAITING = text("""
    SELECT how, amount, currency, reason, asked_by, asked_at FROM recon_solution
     WHERE exception = :id AND done_at IS NULL AND withdrawn_at IS NULL""")


def facts_of(session: Session, id: UUID, *, now: datetime) -> ExceptionFacts:
    """One exception, whether open or closed. Refuses ExceptionNotFound."""
    row = session.execute(_ONE, {"id": id}).one_or_none()
    if row is None:
        raise ExceptionNotFound
    steps = session.execute(_HISTORY, {"id": id})
    waits = session.execute(_WAITING, {"id": id}).one_or_none()
    return ExceptionFacts(
        about=_left(row, now),
        closed_at=row[13],
        ledger=_sides(session, _ATTEMPTS, id),
        report=(*_sides(session, _REPORTED, id), *_sides(session, _BATCHES, id)),
        statement=_sides(session, _STATED, id),
        history=tuple(Step(at, What(what), by, fact, note) for at, what, by, fact, note in steps),
        waiting=None
        if waits is None
        else Waiting(Solution(waits[0]), Money(waits[1], waits[2]), waits[3], waits[4], waits[5]),
    )


def _wanted(now: datetime, *, kind: Kind | None, owner: UUID | None, gateway: str | None) -> dict[str, Any]:
    return {"now": now, "kind": kind and kind.value, "owner": owner, "gateway": gateway}


def _sides(session: Session, asked: Any, id: UUID) -> tuple[Side, ...]:
    return tuple(
        Side(it, reference, Money(minor, currency), None if fee is None else Money(fee, currency), on, state)
        for it, reference, minor, currency, fee, on, state in session.execute(asked, {"id": id})
    )


def _left(row: Sequence[Any], now: datetime) -> LeftOver:
    id, kind, minor, currency, owner, opened_at, gateway, txn, bank, batch, booked, suggestion, waits, _ = row
    value = Money(minor, currency)
    return LeftOver(
        id=id, kind=Kind(kind), value=value, owner=owner, opened_at=opened_at, age=age_bucket(opened_at, now),
        urgency=urgency(value, opened_at, now), gateway=gateway, txn=txn, bank=bank, batch=batch, booked=booked,
        suggestion=suggestion, waits=waits,
    )  # fmt: skip
