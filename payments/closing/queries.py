"""Which accounts are signed, what a period of one comes to, and what was signed. Amounts have the sign people use."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from sqlalchemy import TextClause, select, text
from sqlalchemy.orm import Session

from marketplace.foundation.ids import derived
from marketplace.foundation.money import Money
from payments.closing.rules import EVERY, KINDS, OURS_BELOW_ZERO, Carried, SignOffNotFound, Total, What, totals_of
from payments.closing.tables import CarriedOver, Signature, SignedTotal, SignOff, SignOffEnd
from payments.ledger import periods
from payments.ledger.periods import EVERY_ACCOUNT

# Whether line `l` has found its partner. The one place that knows how a match is stored.
MATCHED: Final = (
    "EXISTS (SELECT FROM match_item m WHERE m.line = l.id"
    " AND NOT EXISTS (SELECT FROM match_void v WHERE v.match_set = m.match_set AND v.no = m.no))"
)
OPEN: Final = "x.closed_at IS NULL"

# Whose lines, and whose exceptions: x is an exception, l its line, if it has one.
_LINES_OF: Final[Mapping[str, str]] = {
    "bank": "l.source = 'statement' AND l.account = :name AND l.currency = :currency",
    "clearing": "l.source = 'settlement' AND l.gateway = :name AND l.currency = :currency",
    EVERY: "true",
}
_EXCEPTIONS_OF: Final[Mapping[str, str]] = {
    "bank": _LINES_OF["bank"],
    "clearing": "x.gateway = :name AND x.currency = :currency AND (l.id IS NULL OR l.source = 'settlement')",
    EVERY: "true",
}
_LINES: Final = """
    SELECT CAST(count(*) FILTER (WHERE l.booked > :after) AS int),
           CAST(count(*) FILTER (WHERE l.booked > :after AND {matched}) AS int),
           CAST(count(*) FILTER (WHERE NOT {matched}
                AND NOT EXISTS (SELECT FROM recon_exception x WHERE x.line = l.id)) AS int),
           sha256(convert_to(coalesce(string_agg(l.line_key || ' ' || encode(l.digest, 'hex'), chr(10)
                ORDER BY l.source, l.gateway, l.line_key) FILTER (WHERE l.booked > :after AND {matched}), ''), 'UTF8'))
      FROM statement_line l WHERE l.booked <= :day AND {scope}"""
_EXCEPTIONS: Final = """
    SELECT x.id, x.kind, x.owner, x.currency, x.value, x.opened_at FROM recon_exception x
      LEFT JOIN statement_line l ON l.id = x.line LEFT JOIN topup_attempt a ON a.id = x.attempt
      LEFT JOIN settlement_batch b ON b.id = x.batch
     WHERE {open} AND (l.booked <= :day OR a.paid_at <= :through OR b.last_on <= :day) AND {scope}
     ORDER BY x.opened_at, x.id"""
_MOVED: Final = """
    SELECT t.kind, CAST(sum(e.d_posted) AS bigint), CAST(count(*) AS int) FROM ledger.account a
      JOIN ledger.entry e ON e.account_id = a.id AND e.d_posted <> 0 JOIN ledger.transfer t ON t.id = e.transfer_id
     WHERE {whose} AND a.currency = :currency AND t.effective_at <= :through
       AND (CAST(:since AS timestamptz) IS NULL OR t.effective_at > :since)
     GROUP BY t.kind"""
_UNREPORTED: Final = text("""
    SELECT CAST(coalesce(sum(u.amount), 0) AS bigint), CAST(count(*) AS int) FROM topup_attempt a
      JOIN topup u ON u.id = a.topup
     WHERE a.gateway = :name AND u.currency = :currency AND a.paid_at <= :through
       AND a.state IN ('paid', 'partly_refunded', 'refunded', 'reversed')
       AND NOT EXISTS (SELECT FROM match_item m WHERE m.attempt = a.id
               AND NOT EXISTS (SELECT FROM match_void v WHERE v.match_set = m.match_set AND v.no = m.no))""")
_ACCOUNTS: Final = text("""
    SELECT a.group_id, a.kind, a.owner_id, CAST(sum(a.posted) AS bigint) AS posted FROM ledger.account a
     WHERE a.kind = ANY (:kinds) AND a.currency = :currency
     GROUP BY a.group_id, a.kind, a.owner_id HAVING sum(a.version) > 0 ORDER BY array_position(:kinds, a.kind), 1""")
_GATEWAYS: Final = text("SELECT gateway FROM topup_attempt UNION SELECT gateway FROM statement_file")
_BANKS: Final = text("SELECT DISTINCT account FROM statement_file WHERE account IS NOT NULL")
_STATEMENTS: Final = text("""
    SELECT DISTINCT ON (f.last_on) f.last_on, f.closing, f.id FROM statement_file f
     WHERE f.account = :name AND f.currency = :currency AND f.last_on BETWEEN :first AND :last
     ORDER BY f.last_on, f.imported_at DESC""")


@dataclass(frozen=True, slots=True)
class Account:
    """An account that is signed. `name`: the gateway's, or the bank's number; empty where there is none."""

    id: int
    kind: str
    owner: UUID
    name: str
    balance: Money


@dataclass(frozen=True, slots=True)
class Period:
    """What a period of an account comes to: balances, totals by name, lines, and what was open."""

    account: Account
    since: datetime | None
    through: datetime
    opening: Money
    closing: Money
    totals: tuple[Total, ...]
    unreported: Money
    lines: int
    matched: int
    unseen: int
    matched_digest: bytes
    carried: tuple[Carried, ...]

    def of(self, what: What) -> Money:
        """What moved under this name, with the sign people use."""
        minor = sum(total.minor for total in self.totals if total.what is what)
        return shown(self.account.kind, minor, self.closing.currency)


@dataclass(frozen=True, slots=True)
class Signed:
    """A signature's own facts; `hash` of the seal is empty when nothing was sealed yet."""

    by: UUID
    at: datetime
    bank_says: Money | None
    digest: str
    seal_no: int | None
    seal: str


@dataclass(frozen=True, slots=True)
class Act:
    """An act of signing, and what became of it: `signed` while it stands or stood, `ended` when it does not stand."""

    id: UUID
    account: int
    kind: str
    day: date
    since: datetime | None
    through: datetime
    begun_by: UUID
    begun_at: datetime
    signed: Signed | None
    ended: SignOffEnd | None

    @property
    def stands(self) -> bool:
        """Whether the day is signed."""
        return self.signed is not None and self.ended is None

    @property
    def waits(self) -> bool:
        """Whether it is neither signed nor given up yet."""
        return self.signed is None and self.ended is None


def shown(kind: str, minor: int, currency: str) -> Money:
    """The ledger's minor units with the sign people use: what we own is above zero."""
    return Money(-minor if kind in OURS_BELOW_ZERO else minor, currency)


def accounts(session: Session, currency: str) -> tuple[Account, ...]:
    """The bank accounts, gateways and accounts in between that have moved, in this order."""
    names = {derived("gateway", each): each for each in session.scalars(_GATEWAYS)}
    names |= {derived("bank", each): each for each in session.scalars(_BANKS)}
    rows = session.execute(_ACCOUNTS, {"kinds": list(KINDS), "currency": currency})
    return tuple(Account(id, kind, owner, names.get(owner, ""), shown(kind, posted, currency))
                 for id, kind, owner, posted in rows)  # fmt: skip


def account(session: Session, id: int, currency: str) -> Account:
    """One of them; all together for `EVERY_ACCOUNT`. Refuses SignOffNotFound."""
    if id == EVERY_ACCOUNT:
        return Account(id, EVERY, UUID(int=0), "", Money.zero(currency))
    found = next((each for each in accounts(session, currency) if each.id == id), None)
    if found is None:
        raise SignOffNotFound
    return found


def period(
    session: Session, account: Account, *, since: datetime | None, after: date, day: date, through: datetime
) -> Period:
    """What the account did in a period: after `since` (lines: after the day `after`) through the end of `day`."""
    currency = account.balance.currency
    facts = {"name": account.name, "currency": currency, "day": day, "through": through, "after": after,
             "since": since, "account": account.id}  # fmt: skip
    every = account.kind == EVERY
    totals = totals_of(account.kind, ((row[0], row[1], row[2]) for row in session.execute(_moved(account.kind), facts)))
    closing = 0 if every else periods.balance_at_date(session, account.id, through)
    opening = closing - sum(total.minor for total in totals) if not every else 0
    lines, matched, unseen, digest = _lines(session, account.kind, facts)
    unreported = 0
    if account.kind == "clearing":
        unreported = session.execute(_UNREPORTED, facts).one()[0]
    return Period(
        account, since, through, shown(account.kind, opening, currency), shown(account.kind, closing, currency),
        totals, Money(unreported, currency), lines, matched, unseen, digest,
        _carried(session, account.kind, facts),
    )  # fmt: skip


def ownerless(carried: Sequence[Carried]) -> int:
    """How many of these exceptions belong to nobody."""
    return sum(each.owner == UUID(int=0) for each in carried)


def statements(session: Session, account: Account, *, first: date, last: date) -> list[tuple[date, Money, UUID]]:
    """The closing balances that the account's statements name, by day, with the file that says so."""
    currency = account.balance.currency
    facts = {"name": account.name, "currency": currency, "first": first, "last": last}
    return [(day, Money(minor, currency), file) for day, minor, file in session.execute(_STATEMENTS, facts)]


def acts(session: Session, *, account: int | None = None, since: date | None = None, limit: int = 500) -> list[Act]:
    """Acts of signing, the latest day first, and of a day the latest act first."""
    wanted = select(SignOff).order_by(SignOff.day.desc(), SignOff.begun_at.desc(), SignOff.id.desc()).limit(limit)
    if account is not None:
        wanted = wanted.where(SignOff.account_group == account)
    if since is not None:
        wanted = wanted.where(SignOff.day >= since)
    return _acts(session, session.scalars(wanted).all())


def act(session: Session, id: UUID) -> Act:
    """One of them. Refuses SignOffNotFound."""
    found = session.get(SignOff, id)
    if found is None:
        raise SignOffNotFound
    return _acts(session, [found])[0]


def standing(session: Session, account: int) -> Act | None:
    """The latest signature of an account that stands, or one that still waits."""
    return next((each for each in acts(session, account=account) if each.ended is None), None)


def signed_period(session: Session, act: Act, account: Account) -> Period:
    """The period as it was signed, from what the signature keeps."""
    kept = session.get_one(Signature, act.id)
    currency = account.balance.currency
    totals = session.execute(select(SignedTotal).where(SignedTotal.sign_off == act.id)).scalars().all()
    order = list(What)
    carried = session.scalars(select(CarriedOver).where(CarriedOver.sign_off == act.id).order_by(CarriedOver.opened_at))
    return Period(
        account, act.since, act.through, shown(account.kind, kept.opening, currency),
        shown(account.kind, kept.closing, currency),
        tuple(sorted((Total(What(each.what), each.minor, each.count) for each in totals),
                     key=lambda total: order.index(total.what))),
        Money(kept.hanging, currency), kept.lines, kept.lines_matched, 0, kept.matched,
        tuple(Carried(each.exception, each.kind, each.owner, Money(each.value, each.currency), each.opened_at)
              for each in carried),
    )  # fmt: skip


def _moved(kind: str) -> TextClause:
    if kind == EVERY:  # each transfer once: what it gave
        return text(_MOVED.format(whose="e.d_posted > 0"))
    return text(_MOVED.format(whose="a.group_id = :account"))


def _lines(session: Session, kind: str, facts: Mapping[str, object]) -> tuple[int, int, int, bytes]:
    if kind not in _LINES_OF:
        return 0, 0, 0, b""
    lines, matched, unseen, digest = session.execute(
        text(_LINES.format(scope=_LINES_OF[kind], matched=MATCHED)), facts
    ).one()
    return lines, matched, unseen, digest


def _carried(session: Session, kind: str, facts: Mapping[str, object]) -> tuple[Carried, ...]:
    if kind not in _EXCEPTIONS_OF:
        return ()
    rows = session.execute(text(_EXCEPTIONS.format(scope=_EXCEPTIONS_OF[kind], open=OPEN)), facts)
    return tuple(
        Carried(id, what, owner or UUID(int=0), Money(minor, currency), opened_at)
        for id, what, owner, currency, minor, opened_at in rows
    )


def _acts(session: Session, rows: Sequence[SignOff]) -> list[Act]:
    ids = [row.id for row in rows]
    signatures = {each.sign_off: each for each in session.scalars(select(Signature).where(Signature.sign_off.in_(ids)))}
    ends = {each.sign_off: each for each in session.scalars(select(SignOffEnd).where(SignOffEnd.sign_off.in_(ids)))}
    return [
        Act(row.id, row.account_group, row.account_kind, row.day, row.since, row.locked_through, row.begun_by,
            row.begun_at, _signed(signatures.get(row.id), row), ends.get(row.id))
        for row in rows
    ]  # fmt: skip


def _signed(kept: Signature | None, row: SignOff) -> Signed | None:
    if kept is None:
        return None
    says = None if kept.bank_says is None else Money(kept.bank_says, row.currency)
    return Signed(kept.signed_by, kept.signed_at, says, kept.digest.hex(), kept.seal_no, kept.seal_hash or "")
