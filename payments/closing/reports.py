"""The close of a day: every account with its period, whether it is signed, and what keeps it open. Reads only."""

from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from marketplace.foundation.errors import Refused
from marketplace.foundation.money import Money
from payments.closing import actions, queries
from payments.closing.queries import MATCHED, Account, Act, Period
from payments.closing.rules import DayNotOver, end_of
from payments.ledger.periods import EVERY_ACCOUNT

MOST_ITEMS: Final = 200_000

_ITEMS: Final = """
    SELECT l.source, l.gateway, l.account, l.line_key, l.txn, l.bank, l.batch, l.kind, l.gross, l.fee, l.net,
           l.currency, l.booked, {matched}, x.kind, x.owner
      FROM statement_line l LEFT JOIN recon_exception x ON x.line = l.id AND {open}
     WHERE l.booked > :after AND l.booked <= :day AND l.currency = :currency
     ORDER BY l.source, l.gateway, l.line_key LIMIT :limit"""


@dataclass(frozen=True, slots=True)
class OfDay:
    """An account at the end of a day. `act`: the signature that covers the day, or the one that is being made.

    `hindrance`: what keeps the day from being signed, when nothing of it is; `history`: earlier acts of this day.
    """

    account: Account
    period: Period
    act: Act | None
    hindrance: Refused | None
    history: tuple[Act, ...]

    @property
    def signed(self) -> bool:
        return self.act is not None and self.act.stands

    @property
    def waits(self) -> bool:
        return self.act is not None and self.act.waits


@dataclass(frozen=True, slots=True)
class Item:
    """A line of a file, whether it found its partner, and the open exception it is."""

    source: str
    gateway: str
    account: str | None
    key: str
    txn: str | None
    bank: str | None
    batch: str | None
    kind: str
    gross: Money
    fee: Money
    net: Money
    booked: date
    matched: bool
    exception: str | None
    owner: UUID | None


def of_day(session: Session, *, currency: str, day: date, zone: tzinfo, now: datetime) -> tuple[OfDay, ...]:
    """Bank accounts, gateways, accounts in between, and last all books."""
    acts = queries.acts(session)
    every = queries.account(session, EVERY_ACCOUNT, currency)
    return tuple(
        _of_account(session, each, [act for act in acts if act.account == each.id], day=day, zone=zone, now=now)
        for each in (*queries.accounts(session, currency), every)
    )


def items(session: Session, *, currency: str, after: date, day: date) -> list[Item]:
    """The lines that are booked after one day and up to another, matched and open."""
    statement = text(_ITEMS.format(matched=MATCHED, open=queries.OPEN))
    facts = {"currency": currency, "after": after, "day": day, "limit": MOST_ITEMS}
    return [
        Item(*row[:8], *(Money(minor, row[11]) for minor in row[8:11]), *row[12:])
        for row in session.execute(statement, facts)
    ]


def _of_account(session: Session, whose: Account, acts: list[Act], *, day: date, zone: tzinfo, now: datetime) -> OfDay:
    through = end_of(day, zone)
    history = tuple(act for act in acts if act.day == day and act.ended is not None)
    covering = [act for act in acts if act.ended is None and act.through >= through]
    covering = [act for act in covering if act.since is None or act.since < through]
    act = min(covering, key=lambda each: each.through, default=None)
    if act is not None and act.stands:
        return OfDay(whose, queries.signed_period(session, act, whose), act, None, history)
    last = next((each for each in acts if each.stands and each.through < through), None)
    period = queries.period(
        session, whose, since=None if last is None else last.through, after=date(1, 1, 1) if last is None else last.day,
        day=day, through=min(through, now),
    )  # fmt: skip
    keeps_open: Refused | None = None
    if act is None:
        over = through < now
        keeps_open = actions.hindrance(session, whose, day=day, through=through) if over else DayNotOver(day)
    return OfDay(whose, period, act, keeps_open, history)
