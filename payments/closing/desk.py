"""Is all the money here? What came in, what hangs at each gateway, what the banks say, and what waits for a person.

Every figure is of this moment. Amounts have the sign that people use: what we own is above zero.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from marketplace.foundation.money import Money
from payments.closing import queries
from payments.closing.queries import OPEN, Account, Act
from payments.closing.rules import day_of, end_of
from payments.gateways import directory
from payments.ledger import periods

WEEK: Final = 7
WATCHED_DAYS: Final = 30
BUCKETS: Final = ("0-1", "2-3", "4-7", "8-30", "over 30")

_MOVED: Final = text("""
    SELECT CAST(coalesce(-sum(e.d_posted) FILTER (WHERE t.kind = 'topup'), 0) AS bigint),
           CAST(count(*) FILTER (WHERE t.kind = 'topup') AS int),
           CAST(coalesce(sum(e.d_posted) FILTER (WHERE t.kind IN ('bank_deposit', 'suspense_cleared')), 0) AS bigint),
           CAST(coalesce(sum(e.d_posted) FILTER (WHERE t.kind IN ('gateway_fee', 'gateway_fee_back')), 0) AS bigint)
      FROM ledger.account a JOIN ledger.entry e ON e.account_id = a.id AND e.d_posted <> 0
      JOIN ledger.transfer t ON t.id = e.transfer_id
     WHERE a.group_id = :account AND t.effective_at > :since""")
_UNREPORTED: Final = text("""
    SELECT CAST(coalesce(sum(u.amount), 0) AS bigint), CAST(count(*) AS int) FROM topup_attempt a
      JOIN topup u ON u.id = a.topup
     WHERE a.gateway = :name AND u.currency = :currency
       AND a.state IN ('paid', 'partly_refunded', 'refunded', 'reversed')
       AND NOT EXISTS (SELECT FROM match_item m WHERE m.attempt = a.id
               AND NOT EXISTS (SELECT FROM match_void v WHERE v.match_set = m.match_set AND v.no = m.no))""")
_AGES: Final = """
    SELECT CASE WHEN d.days <= 1 THEN '0-1' WHEN d.days <= 3 THEN '2-3' WHEN d.days <= 7 THEN '4-7'
                WHEN d.days <= 30 THEN '8-30' ELSE 'over 30' END, CAST(count(*) AS int),
           CAST(sum(abs(x.value)) AS bigint)
      FROM recon_exception x, LATERAL (SELECT floor(extract(epoch FROM :now - x.opened_at) / 86400) AS days) d
     WHERE {open} AND x.currency = :currency GROUP BY 1"""
_OWNERS: Final = """
    SELECT x.owner, CAST(count(*) AS int), CAST(sum(abs(x.value)) AS bigint), min(x.opened_at) FROM recon_exception x
     WHERE {open} AND x.currency = :currency GROUP BY x.owner ORDER BY 3 DESC LIMIT 10"""
_EXPLAINED: Final = text("""
    WITH l AS (SELECT l.id, l.booked, abs(l.net) AS value FROM statement_line l
                WHERE l.booked > :first AND l.booked <= :today AND l.currency = :currency),
         m AS (SELECT i.line, min(s.made_at) AS at FROM match_item i JOIN match_set s ON s.id = i.match_set
                WHERE i.line IN (SELECT l.id FROM l)
                  AND NOT EXISTS (SELECT FROM match_void v WHERE v.match_set = i.match_set AND v.no = i.no)
                GROUP BY i.line)
    SELECT CAST(coalesce(sum(l.value) FILTER (WHERE l.booked <= :today - 1), 0) AS bigint),
           CAST(coalesce(sum(l.value) FILTER (WHERE l.booked <= :today - 1 AND m.at < l.booked + 2), 0) AS bigint),
           CAST(coalesce(sum(l.value) FILTER (WHERE l.booked <= :today - 4), 0) AS bigint),
           CAST(coalesce(sum(l.value) FILTER (WHERE l.booked <= :today - 4 AND m.at < l.booked + 5), 0) AS bigint)
      FROM l LEFT JOIN m ON m.line = l.id""")
_PAYS_INTO: Final = text("""
    SELECT f.account FROM statement_file f
     WHERE f.gateway = :name AND f.account IS NOT NULL AND f.currency = :currency
     ORDER BY f.imported_at DESC LIMIT 1""")
_FILES: Final = text("""
    SELECT DISTINCT ON (f.gateway, f.source) f.gateway, f.source, f.imported_at, f.last_on, f.lines
      FROM statement_file f ORDER BY f.gateway, f.source, f.imported_at DESC""")

# First where an index finds it; only a number that none of them knows is looked for line by line.
_BY_NUMBER: Final = """
    WITH g AS MATERIALIZED (SELECT array_agg(DISTINCT f.gateway) AS names,
                                   array_agg(DISTINCT coalesce(f.account, f.gateway)) AS scopes FROM statement_file f)
    SELECT x.id FROM recon_exception x
      JOIN (SELECT l.id FROM statement_line l, g WHERE l.gateway = ANY(g.names) AND l.txn = :number
             UNION SELECT l.id FROM statement_line l, g WHERE l.gateway = ANY(g.names) AND l.batch = :number
             UNION SELECT l.id FROM statement_line l, g
                    WHERE l.source IN ('settlement', 'statement') AND l.scope = ANY(g.scopes)
                      AND l.line_key = :number
             UNION SELECT l.id FROM statement_line l WHERE l.reference = :number) n ON n.id = x.line
     WHERE {open}
     UNION SELECT x.id FROM recon_exception x JOIN topup_attempt a ON a.id = x.attempt, g
            WHERE {open} AND a.gateway = ANY(g.names || :gateways) AND a.txn = :number
     UNION SELECT x.id FROM recon_exception x JOIN topup_attempt a ON a.id = x.attempt, g
            WHERE {open} AND a.gateway = ANY(g.names || :gateways) AND a.bank = :number
     UNION SELECT x.id FROM recon_exception x JOIN settlement_batch b ON b.id = x.batch
            WHERE {open} AND b.batch = :number"""
_BY_ANY_NUMBER: Final = """
    SELECT x.id FROM recon_exception x JOIN statement_line l ON l.id = x.line
     WHERE {open} AND :number IN (l.bank, l.ours)"""
_RANKED: Final = """
    SELECT x.id FROM recon_exception x WHERE x.id IN ({found}) ORDER BY abs(x.value) DESC, x.id LIMIT :limit"""

_EVERY_OPEN: Final = """
    SELECT x.id, x.kind, x.gateway, x.value, x.currency, x.owner, x.opened_at, coalesce(l.txn, a.txn),
           coalesce(l.bank, a.bank), coalesce(l.batch, b.batch), coalesce(l.booked, a.financial_day, b.last_on)
      FROM recon_exception x LEFT JOIN statement_line l ON l.id = x.line
      LEFT JOIN topup_attempt a ON a.id = x.attempt LEFT JOIN settlement_batch b ON b.id = x.batch
     WHERE {open} AND (CAST(:kind AS text) IS NULL OR x.kind = :kind)
       AND (CAST(:owner AS uuid) IS NULL OR x.owner = :owner) AND (CAST(:ids AS uuid[]) IS NULL OR x.id = ANY(:ids))
     ORDER BY x.opened_at, x.id LIMIT :limit"""


@dataclass(frozen=True, slots=True)
class AtGateway:
    """A gateway: what was topped up and what reached the bank in a week, and what hangs there now.

    `unreported`: credited, and not in its report yet; `on_its_way`: the rest of what it holds. `pays_into`: the bank
    account on whose statements it was seen last; empty when on none.
    """

    account: Account
    topped_up: Money
    top_ups: int
    deposited: Money
    fees: Money
    unreported: Money
    unreported_count: int
    pays_into: str

    @property
    def held(self) -> Money:
        return self.account.balance

    @property
    def on_its_way(self) -> Money:
        return self.held - self.unreported


@dataclass(frozen=True, slots=True)
class AtBank:
    """A bank account: the books now, and the last word of the bank beside the books of that day."""

    account: Account
    said_on: date | None
    bank: Money | None
    books_then: Money | None

    @property
    def difference(self) -> Money | None:
        return None if self.bank is None or self.books_then is None else self.bank - self.books_then


@dataclass(frozen=True, slots=True)
class Age:
    """Open exceptions of one age."""

    bucket: str
    count: int
    value: Money


@dataclass(frozen=True, slots=True)
class Owned:
    """Open exceptions of one owner; None is nobody."""

    owner: UUID | None
    count: int
    value: Money
    oldest: datetime


@dataclass(frozen=True, slots=True)
class Explained:
    """How much of the value of a month's lines was explained in a day and in four, in basis points; None: no lines."""

    within_one: int | None
    within_four: int | None


@dataclass(frozen=True, slots=True)
class LastFile:
    """The newest file of a gateway and a kind."""

    gateway: str
    source: str
    imported_at: datetime
    last_on: date | None
    lines: int


@dataclass(frozen=True, slots=True)
class Open:
    """An open exception as a row of a file."""

    id: UUID
    kind: str
    gateway: str
    value: Money
    owner: UUID
    opened_at: datetime
    txn: str | None
    bank: str | None
    batch: str | None
    booked: date | None


@dataclass(frozen=True, slots=True)
class Days:
    """An account, its last signature that stands, and an act that still waits."""

    account: Account
    last: Act | None
    waiting: Act | None


def at_gateways(session: Session, currency: str, *, now: datetime) -> tuple[AtGateway, ...]:
    """Every gateway that has moved."""
    found = []
    for each in queries.accounts(session, currency):
        if each.kind != "clearing":
            continue
        facts = {"account": each.id, "since": now - timedelta(days=WEEK)}
        topped, count, deposited, fees = session.execute(_MOVED, facts).one()
        whose = {"name": each.name, "currency": currency}
        minor, waiting = session.execute(_UNREPORTED, whose).one()
        pays_into = session.scalar(_PAYS_INTO, whose) or ""
        found.append(
            AtGateway(each, Money(topped, currency), count, Money(deposited, currency), Money(fees, currency),
                      Money(minor, currency), waiting, pays_into)
        )  # fmt: skip
    return tuple(found)


def at_banks(session: Session, currency: str, *, zone: tzinfo, today: date) -> tuple[AtBank, ...]:
    """Every bank account that has moved, with the newest balance that its bank has told."""
    found = []
    for each in queries.accounts(session, currency):
        if each.kind != "bank":
            continue
        stated = queries.statements(session, each, first=date(1, 1, 1), last=today)
        by_hand = periods.said(session, each.id, limit=1)
        words = [(day, amount) for day, amount, _ in stated[-1:]]
        words += [(day_of(said.at, zone), -said.expected) for said in by_hand]
        if not words:
            found.append(AtBank(each, None, None, None))
            continue
        day, amount = max(words, key=lambda word: word[0])
        then = periods.balance_at_date(session, each.id, end_of(day, zone))
        found.append(AtBank(each, day, amount, queries.shown("bank", then, currency)))
    return tuple(found)


def ages(session: Session, currency: str, *, now: datetime) -> tuple[Age, ...]:
    """Open exceptions by age, every bucket, the youngest first."""
    found = session.execute(text(_AGES.format(open=OPEN)), {"now": now, "currency": currency})
    rows: dict[str, tuple[int, int]] = {bucket: (count, minor) for bucket, count, minor in found}
    empty = (0, 0)
    return tuple(
        Age(bucket, rows.get(bucket, empty)[0], Money(rows.get(bucket, empty)[1], currency)) for bucket in BUCKETS
    )


def owners(session: Session, currency: str) -> tuple[Owned, ...]:
    """Who has open exceptions, the most money first."""
    nobody = UUID(int=0)
    rows = session.execute(text(_OWNERS.format(open=OPEN)), {"currency": currency})
    return tuple(
        Owned(None if owner in (None, nobody) else owner, count, Money(minor, currency), oldest)
        for owner, count, minor, oldest in rows
    )


def explained(session: Session, currency: str, *, today: date) -> Explained:
    """The share of value explained in time, over the lines of the last month that are old enough to judge."""
    facts = {"first": today - timedelta(days=WATCHED_DAYS), "today": today, "currency": currency}
    old, in_one, older, in_four = session.execute(_EXPLAINED, facts).one()
    return Explained(in_one * 10_000 // old if old else None, in_four * 10_000 // older if older else None)


def last_files(session: Session) -> tuple[LastFile, ...]:
    """The newest file of each gateway and kind."""
    return tuple(LastFile(*row) for row in session.execute(_FILES))


def days(session: Session, currency: str) -> tuple[Days, ...]:
    """How far each account is signed; the last one stands for all books."""
    acts = queries.acts(session)
    every = queries.account(session, periods.EVERY_ACCOUNT, currency)
    found = []
    for each in (*queries.accounts(session, currency), every):
        own = [act for act in acts if act.account == each.id]
        found.append(
            Days(each, next((act for act in own if act.stands), None), next((act for act in own if act.waits), None))
        )
    return tuple(found)


def by_number(session: Session, number: str, *, limit: int = 50) -> list[UUID]:
    """The open exceptions that carry this very number, of whichever kind of number; the most money first.

    The bank's number and ours of a line are looked for where no other number is this one.
    """
    facts = {"number": number, "limit": limit, "gateways": [each.name for each in directory.connected()]}
    for found in (_BY_NUMBER, _BY_ANY_NUMBER):
        asked = text(_RANKED.format(found=found.format(open=OPEN)))
        ids = list(session.scalars(asked, facts))
        if ids:
            return ids
    return []


def every_open(
    session: Session,
    *,
    kind: str | None = None,
    owner: UUID | None = None,
    ids: Sequence[UUID] | None = None,
    limit: int = 200_000,
) -> list[Open]:
    """All open exceptions, or those of one kind, of one owner, or these: the oldest first. For a file, not a page."""
    facts = {"kind": kind, "owner": owner, "ids": None if ids is None else list(ids), "limit": limit}
    rows = session.execute(text(_EVERY_OPEN.format(open=OPEN)), facts)
    return [
        Open(id, what, gateway, Money(minor, currency), owner, at, txn, bank, batch, booked)
        for id, what, gateway, minor, currency, owner, at, txn, bank, batch, booked in rows
    ]
