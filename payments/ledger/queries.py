"""What the ledger answers. A balance is one row (or one per stripe), read by its key; nothing is ever summed up."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, ColumnElement, DateTime, bindparam, func, literal_column, select, true, tuple_
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased
from sqlalchemy.sql.selectable import LateralFromClause

from marketplace.foundation.money import Money
from payments.ledger.rules import HOUSE, AccountKind, AccountName, OwnerKind, Purpose
from payments.ledger.tables import Account, Entry, Hold, PublishedHead, Seal, Transfer


@dataclass(frozen=True, slots=True)
class Balance:
    """What an account holds, credit-positive; `available` is what may still be spent or promised."""

    posted: Money
    held: Money

    @property
    def available(self) -> Money:
        return self.posted - self.held


WalletBalance = Balance
Numbers = ColumnElement[int] | InstrumentedAttribute[int]


@dataclass(frozen=True, slots=True)
class Line:
    """One movement of an account, with the balance after it. `subject` is what it was for, an opaque id."""

    transfer: UUID
    kind: str
    subject: UUID | None
    reason: str | None
    effective_at: datetime
    recorded_at: datetime
    version: int
    posted: Money
    held: Money
    posted_after: Money
    held_after: Money


@dataclass(frozen=True, slots=True)
class OpenHold:
    """Money set aside and not yet taken or given back."""

    id: UUID
    account: int
    purpose: str
    subject: UUID
    rest: Money
    expires_at: datetime | None
    made_at: datetime


@dataclass(frozen=True, slots=True)
class Moved:
    """What one transfer did to one account."""

    account: int
    kind: str
    owner_kind: str
    owner: UUID
    posted: Money
    held: Money


@dataclass(frozen=True, slots=True)
class TrialLine:
    """One line of the trial balance; over all lines of a currency, `posted` sums to zero."""

    kind: str
    owner_kind: str
    owner: UUID
    posted: Money
    held: Money


@dataclass(frozen=True, slots=True)
class Head:
    """A link of the chain of seals, to be kept outside the database: whoever has it can tell if history was changed."""

    no: int
    incarnation: int
    through: str
    count: int
    hash: str
    sealed_at: datetime


def _totals(posted: Numbers, held: Numbers) -> tuple[ColumnElement[int], ColumnElement[int]]:
    return func.coalesce(func.sum(posted), 0).cast(BigInteger), func.coalesce(func.sum(held), 0).cast(BigInteger)


def _last_entry() -> LateralFromClause:
    """The balances of an account row after its last entry up to the moment `at`.

    Every sixteenth entry is in an index by time; from the last of those before the moment at most fifteen more are
    walked by their versions, as the time of recording rises with the version.
    """
    at = bindparam("at", type_=DateTime(timezone=True))
    mark = aliased(Entry)
    before = (
        select(mark.version)
        .where(mark.account_id == Account.id, mark.recorded_at <= at)
        .where(mark.version % literal_column("16") == literal_column("0"))  # word for word the index's own
        .order_by(mark.recorded_at.desc(), mark.version.desc())
        .limit(1)
        .correlate(Account)
        .scalar_subquery()
    )
    start = func.coalesce(before, 0)
    return (
        select(Entry.posted, Entry.held)
        .where(Entry.account_id == Account.id, Entry.version >= start, Entry.version < start + 16)
        .where(Entry.recorded_at <= at)
        .order_by(Entry.version.desc())
        .limit(1)
        .lateral()
    )


_ACCOUNT = select(Account.id).where(
    Account.kind == bindparam("kind"),
    Account.owner_kind == bindparam("owner_kind"),
    Account.owner_id == bindparam("owner"),
    Account.currency == bindparam("currency"),
    Account.stripe == 0,
)
_BALANCE = select(
    func.sum(Account.posted).cast(BigInteger), func.sum(Account.held).cast(BigInteger), func.min(Account.currency)
).where(Account.group_id == bindparam("account"))
_LINES = (
    select(
        Transfer.id, Transfer.kind, Transfer.subject, Transfer.reason, Transfer.effective_at, Entry.recorded_at,
        Entry.version, Entry.d_posted, Entry.d_held, Entry.posted, Entry.held,
    )
    .join(Transfer, Transfer.id == Entry.transfer_id)
    .where(Entry.account_id == bindparam("account"))
    .order_by(Entry.version.desc())
)  # fmt: skip
_HISTORY = (
    select(
        Transfer.id, Transfer.kind, Transfer.subject, Transfer.reason, Transfer.effective_at, Entry.recorded_at,
        Transfer.seq, Entry.d_posted, Entry.d_held, Entry.posted, Entry.held,
    )
    .join(Transfer, Transfer.id == Entry.transfer_id)
    .join(Account, Account.id == Entry.account_id)
    .where(Account.group_id == bindparam("account"))
    .order_by(Transfer.seq.desc(), Entry.version.desc())
)  # fmt: skip
_OPEN_HOLDS = (
    select(
        Hold.id, Hold.account_id, Hold.purpose, Hold.subject, Hold.amount - Hold.captured - Hold.returned,
        Account.currency, Hold.expires_at, Transfer.effective_at,
    )
    .join(Account, Account.id == Hold.account_id)
    .join(Transfer, Transfer.id == Hold.made_by)
    .where(Hold.state == "open")
    .order_by(Transfer.seq, Hold.id)
)  # fmt: skip
_OWED = select(func.sum(Hold.amount - Hold.captured - Hold.returned).cast(BigInteger)).where(
    Hold.subject == bindparam("subject"), Hold.purpose == bindparam("purpose"), Hold.state == "open"
)
_MOVED = (
    select(
        Account.group_id, Account.kind, Account.owner_kind, Account.owner_id, Account.currency,
        func.sum(Entry.d_posted).cast(BigInteger), func.sum(Entry.d_held).cast(BigInteger),
    )
    .join(Account, Account.id == Entry.account_id)
    .where(Entry.transfer_id == bindparam("transfer"))
    .group_by(Account.group_id, Account.kind, Account.owner_kind, Account.owner_id, Account.currency)
    .order_by(Account.group_id)
)  # fmt: skip

_LAST = _last_entry()
_AS_OF = (
    select(*_totals(_LAST.c.posted, _LAST.c.held), func.min(Account.currency))
    .select_from(Account)
    .outerjoin(_LAST, true())
    .where(Account.group_id == bindparam("account"))
)
_NAMES = (Account.kind, Account.owner_kind, Account.owner_id)
_TRIAL, _TRIAL_AS_OF = (
    sums.where(Account.currency == bindparam("currency")).group_by(*_NAMES).order_by(*_NAMES)
    for sums in (
        select(*_NAMES, *_totals(Account.posted, Account.held)).where(Account.version > 0),
        select(*_NAMES, *_totals(_LAST.c.posted, _LAST.c.held)).join(_LAST, true()),
    )
)


def account(session: Session, name: AccountName) -> int | None:
    """The id of the account of this name, if it has been opened."""
    facts = {"kind": name.kind, "owner_kind": name.owner_kind, "owner": name.owner, "currency": name.currency}
    return session.execute(_ACCOUNT, facts).scalar_one_or_none()


def accounts(session: Session, names: Sequence[AccountName]) -> dict[AccountName, int]:
    """The ids of those of these accounts that have been opened, in one query."""
    columns = (Account.kind, Account.currency, Account.owner_kind, Account.owner_id)
    wanted = {(name.kind, name.currency, name.owner_kind, name.owner): name for name in names}
    found = session.execute(
        select(*columns, Account.id).where(Account.stripe == 0, tuple_(*columns).in_(list(wanted)))
    ).all()
    return {wanted[kind, currency, owner_kind, owner]: id for kind, currency, owner_kind, owner, id in found}  # type: ignore[index]  # rows hold the words of AccountKind as str


def balance(session: Session, account: int) -> Balance:
    """What the account holds now: one row by its key, or the sum of its stripes."""
    posted, held, currency = session.execute(_BALANCE, {"account": account}).one()
    return Balance(Money(posted, currency), Money(held, currency))


def wallet(session: Session, owner: UUID, currency: str, *, owner_kind: OwnerKind = "customer") -> WalletBalance:
    """What a customer or a specialist has; zero before the wallet is opened."""
    found = account(session, AccountName("wallet", currency, owner_kind, owner))
    return Balance(Money.zero(currency), Money.zero(currency)) if found is None else balance(session, found)


def balance_as_of(session: Session, account: int, at: datetime) -> Balance:
    """What the account held at a moment, by the time of recording: two probes of an index per stripe."""
    posted, held, currency = session.execute(_AS_OF, {"account": account, "at": at}).one()
    return Balance(Money(posted, currency), Money(held, currency))


def statement(
    session: Session, account: int, currency: str, *, before: int | None = None, limit: int = 50
) -> tuple[Line, ...]:
    """The movements of an account, newest first; `before` is the `version` of the last line of the page above."""
    page = _LINES.limit(limit) if before is None else _LINES.where(Entry.version < before).limit(limit)
    rows = session.execute(page, {"account": account})
    return tuple(Line(*row[:7], *(Money(minor, currency) for minor in row[7:])) for row in rows)


def history(
    session: Session, account: int, currency: str, *, before: int | None = None, limit: int = 50
) -> tuple[Line, ...]:
    """As `statement`, over all stripes of an account. `version` is the transfer's number, to be given to `before`;
    the balances after a line are those of its stripe."""
    page = _HISTORY.limit(limit) if before is None else _HISTORY.where(Transfer.seq < before).limit(limit)
    rows = session.execute(page, {"account": account})
    return tuple(Line(*row[:7], *(Money(minor, currency) for minor in row[7:])) for row in rows)


def open_holds(
    session: Session,
    *,
    account: int | None = None,
    subject: UUID | None = None,
    purpose: Purpose | None = None,
) -> tuple[OpenHold, ...]:
    """What is set aside: of an account, for a subject, or for a purpose; oldest first."""
    wanted = _OPEN_HOLDS
    if account is not None:
        wanted = wanted.where(Hold.account_id == account)
    if subject is not None:
        wanted = wanted.where(Hold.subject == subject)
    if purpose is not None:
        wanted = wanted.where(Hold.purpose == purpose)
    return tuple(
        OpenHold(id, held_on, what, for_what, Money(rest, currency), expires_at, made_at)
        for id, held_on, what, for_what, rest, currency, expires_at, made_at in session.execute(wanted)
    )


def returned_for(session: Session, subject: UUID, purpose: Purpose, currency: str) -> Money:
    """How much of what was set aside for a subject and a purpose was given back."""
    given = select(func.sum(Hold.returned)).where(Hold.subject == subject, Hold.purpose == purpose)
    return Money(int(session.scalar(given) or 0), currency)


def held_for(session: Session, subject: UUID, purpose: Purpose, currency: str) -> Money:
    """How much is set aside for a subject and a purpose, over all accounts."""
    minor = session.execute(_OWED, {"subject": subject, "purpose": purpose}).scalar_one()
    return Money(minor or 0, currency)


def moved(session: Session, transfer: UUID) -> tuple[Moved, ...]:
    """What a transfer did, account by account; empty when there is none with this key."""
    return tuple(
        Moved(group, kind, owner_kind, owner, Money(posted, currency), Money(held, currency))
        for group, kind, owner_kind, owner, currency, posted, held in session.execute(_MOVED, {"transfer": transfer})
    )


def recorded(session: Session, transfer: UUID) -> bool:
    """Whether a transfer with this key has been made."""
    return session.scalar(select(Transfer.seq).where(Transfer.id == transfer)) is not None


def head(session: Session, no: int | None = None) -> Head | None:
    """The last seal, or the one with this number; None when there is none."""
    wanted = select(Seal).order_by(Seal.no.desc()).limit(1)
    found = session.scalar(wanted if no is None else wanted.where(Seal.no == no))
    if found is None:
        return None
    through = str(found.to_xid)
    return Head(found.no, found.incarnation, through, found.count, bytes(found.hash).hex(), found.sealed_at)


def trial_balance(session: Session, currency: str, *, at: datetime | None = None) -> tuple[TrialLine, ...]:
    """Every account that has moved, with its balance now or at a moment of recording; the sum of `posted` is zero."""
    wanted = _TRIAL if at is None else _TRIAL_AS_OF
    rows = session.execute(wanted, {"currency": currency} if at is None else {"currency": currency, "at": at})
    return tuple(
        TrialLine(kind, owner_kind, owner, Money(posted, currency), Money(held, currency))
        for kind, owner_kind, owner, posted, held in rows
    )


@dataclass(frozen=True, slots=True)
class Published:
    """The head of the chain as it was told outside on one day."""

    day: date
    no: int
    count: int
    hash: str
    sealed_at: datetime
    published_at: datetime


def published(session: Session, *, limit: int = 400) -> list[Published]:
    """What was published, newest first."""
    wanted = select(PublishedHead).order_by(PublishedHead.day.desc()).limit(limit)
    return [
        Published(each.day, each.no, each.count, each.hash.hex(), each.sealed_at, each.published_at)
        for each in session.scalars(wanted)
    ]


def house(kind: AccountKind, currency: str) -> AccountName:
    """An account of the company itself: commission, promotions, goodwill …"""
    return AccountName(kind, currency, "house", HOUSE)
