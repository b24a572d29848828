"""A wallet's statement: every movement of a period with the balance after it, read from the ledger and kept nowhere."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from marketplace.foundation.money import Money
from payments.invoices.rules import PeriodTooLong, PeriodUpsideDown
from payments.ledger import queries as books
from payments.ledger.queries import Balance, Line
from payments.ledger.rules import AccountName
from payments.ledger.tables import Entry, Transfer

LONGEST = timedelta(days=400)
MOST_LINES = 20_000
A_MOMENT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Statement:
    """The movements of [since, until) in order. opening + all movements = closing, whichever of them are shown.

    `lines` are those of the chosen kinds, each with the wallet's balance after it; `others` counts the rest.
    """

    name: AccountName
    since: datetime
    until: datetime
    opening: Balance
    closing: Balance
    lines: tuple[Line, ...]
    others: int
    kinds: tuple[str, ...]  # that occur in the period, for a filter

    @property
    def came(self) -> Money:
        """What the shown movements brought."""
        return self._sum(1)

    @property
    def went(self) -> Money:
        """What the shown movements took, as a positive amount."""
        return -self._sum(-1)

    def _sum(self, sign: int) -> Money:
        zero = Money.zero(self.name.currency)
        return sum((line.posted for line in self.lines if line.posted.minor * sign > 0), zero)


def statement(
    session: Session,
    name: AccountName,
    *,
    since: datetime,
    until: datetime,
    kinds: Collection[str] = (),
    limit: int = MOST_LINES,
) -> Statement:
    """The statement of an account that has no stripes, by the time of recording; `kinds` empty: all of them.

    An account that was never opened has an empty one. Refuses PeriodUpsideDown, PeriodTooLong.
    """
    if until <= since:
        raise PeriodUpsideDown
    if until - since > LONGEST:
        raise PeriodTooLong(LONGEST.days)
    nothing = Balance(Money.zero(name.currency), Money.zero(name.currency))
    account = books.account(session, name)
    if account is None:
        return Statement(name, since, until, nothing, nothing, (), 0, ())
    within = Entry.account_id == account, Entry.recorded_at >= since, Entry.recorded_at < until
    counts = select(Transfer.kind, func.count()).join(Entry, Entry.transfer_id == Transfer.id).where(*within)
    found = {kind: int(many) for kind, many in session.execute(counts.group_by(Transfer.kind))}
    wanted = (
        select(
            Transfer.id, Transfer.kind, Transfer.subject, Transfer.reason, Transfer.effective_at, Entry.recorded_at,
            Entry.version, Entry.d_posted, Entry.d_held, Entry.posted, Entry.held,
        )
        .join(Entry, Entry.transfer_id == Transfer.id)
        .where(*within)
        .order_by(Entry.version)
        .limit(limit)
    )  # fmt: skip
    if kinds:
        wanted = wanted.where(Transfer.kind.in_(list(kinds)))
    lines = tuple(
        Line(*row[:7], *(Money(minor, name.currency) for minor in row[7:])) for row in session.execute(wanted)
    )
    return Statement(
        name, since, until, books.balance_as_of(session, account, since - A_MOMENT),
        books.balance_as_of(session, account, until - A_MOMENT), lines, sum(found.values()) - len(lines),
        tuple(sorted(found)),
    )  # fmt: skip
