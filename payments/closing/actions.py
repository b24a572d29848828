"""Sign a day in two steps, open it again, and write down what the bank said."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from uuid import UUID

from sqlalchemy import insert, text
from sqlalchemy.orm import Session

from marketplace.foundation import outbox
from marketplace.foundation.errors import Refused
from marketplace.foundation.ids import derived, uuid7
from marketplace.foundation.money import Money
from payments.closing import queries
from payments.closing.queries import Account, Act, Period
from payments.closing.rules import (
    EVERY,
    Carried,
    DaySigned,
    End,
    LaterSigned,
    NotSigned,
    Outcome,
    SaidOtherwise,
    SignTheOthersFirst,
    Why,
    check_bank,
    check_day,
    check_lines,
    check_reopening,
    digest_of,
    end_of,
)
from payments.closing.tables import CarriedOver, Signature, SignedTotal, SignOff, SignOffEnd
from payments.ledger import periods
from payments.ledger import queries as ledger
from payments.ledger.periods import EVERY_ACCOUNT

TRY_AGAIN_AFTER = timedelta(seconds=2)
FIRST_DAY = date(1, 1, 1)


@dataclass(frozen=True, slots=True)
class _Checked:
    """What a day comes to, and what the bank says of its end."""

    period: Period
    bank_says: Money | None


def begin(session: Session, *, account: int, currency: str, day: date, zone: tzinfo, by: UUID, now: datetime) -> UUID:
    """First step: from COMMIT on nothing is recorded with a date in the period; `finish` follows by itself.

    The period is everything since the last signature of the account. Refuses SignOffNotFound, DayNotOver, DaySigned,
    NotLookedAt, OwnerMissing, BankSilent, BankDiffers, SignTheOthersFirst.
    """
    through = check_day(day, zone, now)
    whose = queries.account(session, account, currency)
    _one_at_a_time(session, account)
    last = _last(session, account)
    if last is not None and (last.waits or last.day >= day):
        raise DaySigned(last.day)
    _check(session, whose, last, day=day, through=through)
    found = SignOff(
        id=uuid7(), account_group=account, account_kind=whose.kind, currency=currency, day=day,
        since=None if last is None else last.through, locked_through=through, begun_by=by, begun_at=now,
    )  # fmt: skip
    session.add(found)
    outbox.enqueue(session, "closing.finish", sign_off=found.id, due_at=now + TRY_AGAIN_AFTER)
    session.flush()
    if whose.kind == "bank":
        assert_statements(session, currency=currency, zone=zone, last=day)
    periods.close(session, account, through)
    return found.id


def hindrance(session: Session, whose: Account, *, day: date, through: datetime) -> Refused | None:
    """Why this day of the account cannot be signed now; None when it can. Changes nothing."""
    try:
        _check(session, whose, _last(session, whose.id), day=day, through=through)
    except Refused as refusal:
        return refusal
    return None


def finish(session: Session, id: UUID, *, now: datetime) -> Outcome:
    """Second step, to be tried until it does not wait: sums up, keeps and signs, or gives up if a check fails now.

    It waits as long as a transaction is open that began before the door was shut. Refuses SignOffNotFound.
    """
    found = queries.act(session, id)
    _one_at_a_time(session, found.account)
    found = queries.act(session, id)
    if not found.waits:
        return Outcome.SIGNED if found.stands else Outcome.ENDED
    if not periods.passed(session, found.account, found.through, by=found.begun_by):
        return Outcome.WAITS
    currency = session.get_one(SignOff, id).currency
    whose = queries.account(session, found.account, currency)
    last = next((each for each in queries.acts(session, account=found.account) if each.stands), None)
    try:
        checked = _check(session, whose, last, day=found.day, through=found.through)
    except Refused as refusal:
        _end(session, found, End.GIVEN_UP, type(refusal).__name__, by=found.begun_by, now=now)
        return Outcome.ENDED
    digest = _keep(session, found, checked, now=now)
    session.flush()
    if whose.kind == "bank" and checked.bank_says is not None:
        expected = -checked.bank_says
        periods.expect(session, whose.id, found.through, expected, source="statement")
    signed = periods.sign(session, found.account, found.through, by=found.begun_by, digest=digest)
    assert signed, "the horizon has passed, and does not come back"
    return Outcome.SIGNED


def reopen(session: Session, id: UUID, *, why: Why, by: UUID, now: datetime) -> None:
    """Open a signed day again; its signature stays in the history.

    Refuses SignOffNotFound, NotSigned, SignerAlone, LaterSigned.
    """
    found = queries.act(session, id)
    _one_at_a_time(session, found.account)
    found = queries.act(session, id)
    if not found.stands or found.signed is None:
        raise NotSigned
    check_reopening(signer=found.signed.by, by=by)
    for account in {found.account, EVERY_ACCOUNT}:
        last = _last(session, account)
        if last is not None and last.id != id and last.through >= found.through:
            raise LaterSigned(last.day)
    _end(session, found, End.REOPENED, why, by=by, now=now)


def state_balance(
    session: Session, *, account: int, currency: str, day: date, zone: tzinfo, amount: Money, now: datetime
) -> None:
    """The bank says X at the end of a day: true now, and asked by every audit from now on.

    Refuses SignOffNotFound, DayNotOver, BankDiffers, SaidOtherwise.
    """
    through = check_day(day, zone, now)
    whose = queries.account(session, account, currency)
    _one_at_a_time(session, account)
    before = periods.said_at(session, account, through)
    books = queries.shown(whose.kind, periods.balance_at_date(session, account, through), currency)
    check_bank(day, bank=amount, books=books)
    if before is not None and queries.shown(whose.kind, before, currency) != amount:
        raise SaidOtherwise(day, queries.shown(whose.kind, before, currency))
    periods.expect(session, account, through, queries.shown(whose.kind, amount.minor, currency), source="hand")


def assert_statements(session: Session, *, currency: str, zone: tzinfo, last: date) -> int:
    """Write down every closing balance of a statement that holds, to be asked for ever after; how many were new.

    One that does not hold is no fault of the books yet: its lines may wait for their match. It keeps the day open.
    """
    new = 0
    for whose in queries.accounts(session, currency):
        if whose.kind != "bank":
            continue
        for day, amount, file in queries.statements(session, whose, first=FIRST_DAY, last=last):
            at = end_of(day, zone)
            held = queries.shown("bank", periods.balance_at_date(session, whose.id, at), currency)
            if held == amount and periods.said_at(session, whose.id, at) is None:
                periods.expect(session, whose.id, at, -amount, source="statement", file=file)
                new += 1
    return new


def _check(session: Session, whose: Account, last: Act | None, *, day: date, through: datetime) -> _Checked:
    after = FIRST_DAY if last is None else last.day
    found = queries.period(
        session, whose, since=None if last is None else last.through, after=after, day=day, through=through
    )
    check_lines(ownerless=queries.ownerless(found.carried), unseen=found.unseen)
    says = None
    if whose.kind == "bank":
        says = _bank_says(session, whose, day=day, at=through)
        check_bank(day, bank=says, books=found.closing)
    if whose.kind == EVERY:
        _check_others(session, whose.balance.currency, through)
    return _Checked(found, says)


def _bank_says(session: Session, whose: Account, *, day: date, at: datetime) -> Money | None:
    """What the statement that ends on this day says, or what a person said."""
    stated = queries.statements(session, whose, first=day, last=day)
    if stated:
        return stated[0][1]
    before = periods.said_at(session, whose.id, at)
    return None if before is None else queries.shown("bank", before, whose.balance.currency)


def _check_others(session: Session, currency: str, through: datetime) -> None:
    unsigned = 0
    for each in queries.accounts(session, currency):
        last = next((act for act in queries.acts(session, account=each.id) if act.stands), None)
        unsigned += last is None or last.through < through
    if unsigned:
        raise SignTheOthersFirst(unsigned)


def _keep(session: Session, found: Act, checked: _Checked, *, now: datetime) -> bytes:
    """Write the signature with all that it says; gives its digest."""
    of, head, currency = checked.period, ledger.head(session), checked.period.closing.currency
    facts = (
        found.id, found.account, found.kind, found.day, found.through.isoformat(), found.begun_by,
        of.opening.minor, of.closing.minor, of.closing.currency, head.hash if head else "",
    )  # fmt: skip
    digest = digest_of(facts, of.totals, of.carried, of.matched_digest)
    says = checked.bank_says
    kept = Signature(
        sign_off=found.id, signed_by=found.begun_by, signed_at=now,
        opening=queries.shown(found.kind, of.opening.minor, currency).minor,
        closing=queries.shown(found.kind, of.closing.minor, currency).minor,
        bank_says=None if says is None else says.minor, hanging=of.unreported.minor, lines=of.lines,
        lines_matched=of.matched, matched=of.matched_digest, digest=digest, seal_no=head.no if head else None,
        seal_hash=head.hash if head else None,
    )  # fmt: skip
    session.add(kept)
    session.flush()
    for total in of.totals:
        session.add(SignedTotal(sign_off=found.id, what=total.what, minor=total.minor, count=total.count))
    if of.carried:
        session.execute(insert(CarriedOver), [_carried(found.id, each) for each in of.carried])
    return digest


def _carried(sign_off: UUID, of: Carried) -> dict[str, object]:
    return {"sign_off": sign_off, "exception": of.exception, "kind": of.kind, "owner": of.owner,
            "currency": of.value.currency, "value": of.value.minor, "opened_at": of.opened_at}  # fmt: skip


def _end(session: Session, found: Act, what: End, reason: str, *, by: UUID, now: datetime) -> None:
    session.add(SignOffEnd(sign_off=found.id, what=what, by=by, at=now, reason=reason))
    session.flush()
    periods.reopen(session, found.account, found.through)


def _last(session: Session, account: int) -> Act | None:
    return queries.standing(session, account)


def _one_at_a_time(session: Session, account: int) -> None:
    """Two people who sign, or open, one account take turns, until the first has committed."""
    number = int.from_bytes(derived("closing", account).bytes[:8], signed=True)
    session.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": number})
