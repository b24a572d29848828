"""What a person decides about matches: a suggestion is accepted or declined, two sides are joined by hand, or parted.

A match is never changed: parting it is another row, and what it had posted is posted back. Sums must tie to the unit.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from marketplace.foundation.errors import Refused
from marketplace.foundation.ids import uuid7
from marketplace.foundation.money import Money
from payments.ledger.rules import Posting
from payments.reconciliation import booking, opening
from payments.reconciliation.bank_passes import BankLine
from payments.reconciliation.booking import Accounts
from payments.reconciliation.rules import (
    ExceptionClosed,
    How,
    MatchNotFound,
    NotMatchedAlone,
    Proposal,
    ReasonMissing,
    SuggestionNotFound,
    SuggestionOver,
    Uneven,
)
from payments.reconciliation.tables import MatchItem, MatchRule, MatchSet, MatchVoid, Suggestion
from payments.statements.actions import one_at_a_time
from payments.statements.rules import Source
from payments.statements.tables import StatementLineRow
from payments.topups.rules import CREDITED


@dataclass(frozen=True, slots=True)
class Sides:
    """What is joined: lines of the report or of the statement, and attempts or batches of ours."""

    lines: tuple[UUID, ...]
    attempts: tuple[UUID, ...] = ()
    batches: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one suggestion of many: the match, or why not."""

    suggestion: UUID
    match: UUID | None
    refusal: Refused | None


_FREE = """
    SELECT {it}.id FROM {table} {it} WHERE {it}.id = ANY(:ids) AND EXISTS (
           SELECT FROM match_item m LEFT JOIN match_void v ON (v.match_set, v.no) = (m.match_set, m.no)
            WHERE m.{column} = {it}.id AND v.no IS NULL)"""
_TAKEN = {
    "line": text(_FREE.format(it="l", table="statement_line", column="line")),
    "attempt": text(_FREE.format(it="a", table="topup_attempt", column="attempt")),
    "batch": text(_FREE.format(it="b", table="settlement_batch", column="batch")),
}
_TURNS = {
    "line": text("SELECT line, count(*) FROM match_item WHERE line = ANY(:ids) GROUP BY line"),
    "attempt": text("SELECT attempt, count(*) FROM match_item WHERE attempt = ANY(:ids) GROUP BY attempt"),
    "batch": text("SELECT batch, count(*) FROM match_item WHERE batch = ANY(:ids) GROUP BY batch"),
}
_MOVED_MONEY = text("""
    SELECT EXISTS (SELECT FROM match_set s JOIN match_item m ON m.match_set = s.id
                     JOIN recon_exception e ON e.line = m.line OR e.attempt = m.attempt OR e.batch = m.batch
                     JOIN recon_solution d ON d.exception = e.id AND d.done_at = s.made_at AND d.amount <> 0
                    WHERE s.id = :match AND s.items = 1)""")
_OURS = {
    "attempt": text("""
        SELECT a.id, t.amount, t.currency, a.gateway FROM topup_attempt a JOIN topup t ON t.id = a.topup
         WHERE a.id = ANY(:ids) AND a.state = ANY(:credited) ORDER BY a.id"""),
    "batch": text("SELECT id, net, currency, gateway FROM settlement_batch WHERE id = ANY(:ids) ORDER BY id"),
}


def accept(session: Session, suggestion: UUID, *, by: UUID, now: datetime) -> UUID:
    """Join what a rule suggested; returns the match. The same person's yes again returns it again.

    Refuses SuggestionNotFound, SuggestionOver, Uneven.
    """
    row = _locked(session, suggestion)
    if row.state == Proposal.ACCEPTED and row.decided_by == by and row.match_set is not None:
        return row.match_set
    if row.state != Proposal.OPEN:
        raise SuggestionOver
    one_at_a_time(session, row.gateway)
    session.refresh(row)
    sides = Sides(tuple(row.lines), tuple(row.attempts), tuple(row.batches))
    try:
        found = _join(session, sides, rule=row.rule, gateway=row.gateway, by=by, now=now)
    except ExceptionClosed:
        raise SuggestionOver from None
    row.state, row.decided_at, row.decided_by, row.match_set = Proposal.ACCEPTED, now, by, found.set.id
    booking.post(session, found.postings, now=now)
    return found.set.id


def decline(session: Session, suggestion: UUID, *, by: UUID, now: datetime) -> None:
    """It is not so; it is not suggested again. Saying so twice changes nothing. Refuses SuggestionNotFound, -Over."""
    row = _locked(session, suggestion)
    if row.state == Proposal.DECLINED:
        return
    if row.state != Proposal.OPEN:
        raise SuggestionOver
    row.state, row.decided_at, row.decided_by = Proposal.DECLINED, now, by
    session.flush()
    session.execute(text("UPDATE recon_exception SET suggestion = NULL WHERE suggestion = :id"), {"id": suggestion})


def match_by_hand(
    session: Session,
    *,
    gateway: str,
    lines: Sequence[UUID],
    attempts: Sequence[UUID] = (),
    batches: Sequence[UUID] = (),
    by: UUID,
    now: datetime,
) -> UUID:
    """Join open lines with what they are about, where both sides come to the same; returns the match.

    Lines alone are joined when they come to nothing together: a payment and its reversal. Refuses NotMatchedAlone,
    Uneven, ExceptionClosed when one of them has a partner.
    """
    one_at_a_time(session, gateway)
    rule = session.scalars(
        select(MatchRule.id).where(MatchRule.code == How.BY_HAND).order_by(MatchRule.version.desc()).limit(1)
    ).one()
    sides = Sides(tuple(sorted(set(lines))), tuple(sorted(set(attempts))), tuple(sorted(set(batches))))
    found = _join(session, sides, rule=rule, gateway=gateway, by=by, now=now)
    booking.post(session, found.postings, now=now)
    return found.set.id


def part(session: Session, match: UUID, *, line: UUID | None = None, by: UUID, reason: str, now: datetime) -> int:
    """Undo a match, or of a set of pairs the one of a line: what it posted is posted back, both sides are open again.

    No rule joins them again by itself. Returns how many items were parted. Refuses MatchNotFound, ReasonMissing.
    """
    if not reason.strip():
        raise ReasonMissing
    found = session.get(MatchSet, match)
    if found is None:
        raise MatchNotFound
    one_at_a_time(session, found.gateway)
    items = _live_items(session, match)
    if session.scalar(_MOVED_MONEY, {"match": match}):
        raise MatchNotFound  # it explains an exception that was solved: its transfer would stay behind
    if line is not None:
        items = [each for each in items if each.line == line]
    if not items or any(each.payout or each.refund or each.chargeback for each in items):
        raise MatchNotFound
    for each in items:
        session.add(MatchVoid(match_set=match, no=each.no, voided_at=now, voided_by=by, reason=reason.strip()[:200]))
    session.flush()
    accounts = Accounts(session)
    lines = _lines(session, [each.line for each in items if each.line is not None])
    opening.open_again(session, [each.id for each in lines], by=by, now=now)
    opening.open_attempts_again(session, [each.attempt for each in items if each.attempt is not None], by=by, now=now)
    booking.post(session, _posted_back(accounts, found, items, lines), now=now)
    return len(items)


@dataclass(frozen=True, slots=True)
class Joined:
    """A match that is written, and what it posts."""

    set: MatchSet
    postings: list[Posting]


def _join(session: Session, sides: Sides, *, rule: UUID, gateway: str, by: UUID, now: datetime) -> Joined:
    lines = _lines(session, sides.lines)
    ours = _ours(session, sides)
    if not lines or len(lines) != len(sides.lines) or len({(each.source, each.currency) for each in lines}) != 1:
        raise NotMatchedAlone
    for column, ids in (("line", sides.lines), ("attempt", sides.attempts), ("batch", sides.batches)):
        if ids and session.execute(_TAKEN[column], {"ids": list(ids)}).first() is not None:
            raise ExceptionClosed
    _check_sums(lines, ours, sides, gateway)
    kind = MatchSet(
        id=uuid7(), gateway=gateway, rule=rule, pass_no=session.scalars(
            select(MatchRule.pass_no).where(MatchRule.id == rule)).one(),
        made_at=now, made_by=by, items=len(lines) + len(sides.attempts) + len(sides.batches), lines=len(lines),
        value=sum(abs(each.net) for each in lines), last_on=max(each.booked for each in lines),
        currency=lines[0].currency, fees=sum(each.fee for each in lines),
    )  # fmt: skip
    session.add(kind)
    for column, ids in (("line", sides.lines), ("attempt", sides.attempts), ("batch", sides.batches)):
        turns: dict[UUID, int] = {id: int(many) for id, many in session.execute(_TURNS[column], {"ids": list(ids)})}
        for id in ids:
            session.add(MatchItem(match_set=kind.id, turn=turns.get(id, 0), **{column: id}))
    session.flush()
    opening.close_matched(session, [*sides.lines, *sides.attempts, *sides.batches], by=by, now=now)
    return Joined(kind, _postings(session, kind, lines, gateway))


def _check_sums(
    lines: Sequence[StatementLineRow], ours: Sequence[tuple[int, str, str]], sides: Sides, gateway: str
) -> None:
    """Attempts are held against what was paid, batches against what the bank moved, lines alone against nothing."""
    currency = lines[0].currency
    if len(ours) != len(sides.attempts) + len(sides.batches) or (bool(sides.attempts) and bool(sides.batches)):
        raise NotMatchedAlone
    on_report = lines[0].source == Source.SETTLEMENT
    wrong_side = bool(sides.batches) if on_report else bool(sides.attempts)
    if wrong_side or any((it, of) != (currency, gateway) for _, it, of in ours):
        raise NotMatchedAlone
    if any(each.gateway != gateway for each in lines) or (not ours and len(lines) < 2):
        raise NotMatchedAlone
    theirs = sum(each.gross if on_report else each.net for each in lines)
    wanted = sum(minor for minor, _, _ in ours)
    if theirs != wanted:
        raise Uneven(ours=Money(wanted, currency), theirs=Money(theirs, currency))


def _postings(session: Session, made: MatchSet, lines: Sequence[StatementLineRow], gateway: str) -> list[Posting]:
    accounts = Accounts(session)
    if lines[0].source == Source.SETTLEMENT:
        return booking.fees(accounts, gateway, [(made.id, made.currency, made.fees)])
    with_batch = session.scalar(
        select(MatchItem.no).where(MatchItem.match_set == made.id, MatchItem.batch.is_not(None)).limit(1)
    )
    if with_batch is None:
        return []  # two lines of one account that undo each other: both stay where they stand, against each other
    turns = {id: int(many) for id, many in session.execute(_TURNS["line"], {"ids": [each.id for each in lines]})}
    found = []
    for each in lines:
        found += booking.cleared(accounts, gateway, [_moved(each)], turn=turns[each.id] - 1)
    return found


def _posted_back(
    accounts: Accounts, made: MatchSet, items: Sequence[MatchItem], lines: Sequence[StatementLineRow]
) -> list[Posting]:
    if not lines:
        return []
    if lines[0].source == Source.SETTLEMENT:
        first = min(each.no for each in items)
        return booking.fees(accounts, made.gateway, [(made.id, made.currency, -sum(each.fee for each in lines))],
                            word=f"parted-{first}")  # fmt: skip
    if not any(each.batch for each in items):
        return []
    turns = {each.line: each.turn for each in items if each.line is not None}
    found = []
    for each in lines:
        found += booking.cleared(accounts, made.gateway, [_moved(each)], turn=turns[each.id], back=True)
    return found


def _moved(line: StatementLineRow) -> BankLine:
    return BankLine(line.id, line.account or "", line.currency, line.net, line.booked)


def _live_items(session: Session, match: UUID) -> list[MatchItem]:
    voided = select(MatchVoid.no).where(MatchVoid.match_set == match)
    wanted = select(MatchItem).where(MatchItem.match_set == match, MatchItem.no.not_in(voided)).order_by(MatchItem.no)
    return list(session.scalars(wanted))


def _lines(session: Session, ids: Sequence[UUID]) -> list[StatementLineRow]:
    wanted = select(StatementLineRow).where(StatementLineRow.id.in_(ids)).order_by(StatementLineRow.id)
    return list(session.scalars(wanted))


def _ours(session: Session, sides: Sides) -> list[tuple[int, str, str]]:
    asked = {"ids": list(sides.attempts), "credited": [state.value for state in CREDITED]}
    found = session.execute(_OURS["attempt"], asked).all() if sides.attempts else []
    more = session.execute(_OURS["batch"], {"ids": list(sides.batches)}).all() if sides.batches else []
    return [(int(minor), currency, gateway) for _, minor, currency, gateway in [*found, *more]]


def _locked(session: Session, suggestion: UUID) -> Suggestion:
    asked = select(Suggestion).where(Suggestion.id == suggestion).with_for_update()
    row = session.scalars(asked.execution_options(populate_existing=True)).one_or_none()
    if row is None:
        raise SuggestionNotFound
    return row
