"""What the payer's bank takes back of a credited top-up, and what comes back: one transfer for each turn of a case.

A gateway tells of cases with its verdict. Each is compared with what we know of it, so that the same news twice, or
old news after new, moves nothing: what counts is what the gateway says now.
"""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace.foundation.ids import AttemptId, derived
from marketplace.foundation.money import Money
from marketplace.foundation.outbox import enqueue
from payments.gateways import directory
from payments.gateways.protocol import Dispute, DisputeState, Verdict
from payments.ledger import queries as books
from payments.ledger.rules import Posting
from payments.topups import queries, rows
from payments.topups.rows import Locked
from payments.topups.rules import CREDITED, DECIDED, By, What, is_away, state_after_cases
from payments.topups.tables import TopUpCase
from payments.wallets import chargebacks
from payments.wallets.chargebacks import Disputed
from payments.wallets.rules import Owner


def ask_again(session: Session, attempt: UUID, *, because: object, due_at: datetime | None = None) -> None:
    """Ask about an attempt, also when it is credited: its bank may have taken the money back."""
    enqueue(session, "topups.look_again", key=derived("attempt", attempt, "again", because), due_at=due_at, id=attempt)


def wake_returned(session: Session, *, gateway: str, held: Iterable[Verdict], now: datetime) -> int:
    """Ask about credited attempts whose cases stand otherwise than we know; returns how many."""
    quarter, woken = int(now.timestamp()) // 900, 0
    for verdict in held:
        attempt = queries.attempt_of_refs(session, gateway=gateway, refs=verdict.refs) if verdict.disputes else None
        if attempt is not None and any(_is_news(session, attempt, each) for each in verdict.disputes):
            ask_again(session, attempt, because=quarter)
            woken += 1
    return woken


def follow_case(session: Session, attempt: AttemptId, verdict: Verdict, *, now: datetime) -> bool:
    """Do what one case of a credited attempt asks for, the first that has changed; False when none has.

    Money taken leaves the wallet as far as it is there, and the rest is owed; money that came back returns to it. Told
    of another payment than ours, nothing moves. Called again, in a transaction of its own, until it returns False.
    """
    locked = rows.lock(session, attempt)
    if locked.state not in CREDITED or not _is_ours(locked, verdict):
        return False
    changed = next((each for each in verdict.disputes if _is_news(session, attempt, each)), None)
    if changed is None:
        return False
    row = _case(session, locked, changed)
    row.state, row.reason, row.fee, row.changed_at = changed.state, changed.reason, changed.fee.minor, now
    row.answer_by = changed.answer_by
    settle(session, locked, row, by=By.GATEWAY, now=now)
    return True


def settle(session: Session, locked: Locked, row: TopUpCase, *, by: By, now: datetime) -> None:
    """Bring the books to what the state of a case says, last before COMMIT; news of it goes to its owner.

    The ledger's part is one call: the money that moves, and, once the case is decided, the bank's fee.
    """
    state = DisputeState(row.state)
    owed = row.amount if is_away(state) else 0
    moves = row.taken != owed
    row.taken, row.turns = owed, row.turns + (1 if moves else 0)
    session.flush()
    amount, about = Money(row.amount, row.currency), _about(locked, row)
    postings = []
    if moves:
        _mark(session, locked, away=owed > 0, by=by, now=now)
        enqueue(
            session, "topups.case_moved", key=derived("case", row.id, "moved", row.turns), id=row.id, turn=row.turns
        )
        if owed and not books.held_for(session, row.attempt, "dispute", row.currency).is_zero:
            key = derived("case", row.id, "unreviewed", row.turns)  # what waited for a person's look is what is taken
            postings.append(Posting(key, "release", (), subject=row.attempt, closes="dispute"))
        turn = chargebacks.taken if owed else chargebacks.returned
        postings.append(turn(session, about, amount, nth=row.turns))
    if state in DECIDED and row.fee > row.fee_booked == 0:
        row.fee_booked = row.fee
        if not books.recorded(session, chargebacks.fee_key(row.id)):  # its line in the gateway's report may have come
            postings.append(chargebacks.fee(session, about, Money(row.fee, row.currency)))
    session.flush()
    chargebacks.book(session, postings, now=now)


def _is_ours(locked: Locked, verdict: Verdict) -> bool:
    row, live = locked.attempt, directory.by_name(locked.attempt.gateway).can.live
    same = verdict.refs.ours == row.ours and verdict.refs.txn == row.txn and verdict.live == live
    return same and all(each.amount.currency == locked.amount.currency for each in verdict.disputes)


def _is_news(session: Session, attempt: UUID, told: Dispute) -> bool:
    known = _numbered(session, attempt, told.key)
    return known is None or (known.state, known.fee) != (told.state, told.fee.minor)


def _case(session: Session, locked: Locked, told: Dispute) -> TopUpCase:
    """The row of a case; one that a letter told of before its gateway did becomes the gateway's own."""
    found = _numbered(session, locked.attempt.id, told.key) or _by_letter(session, locked, told)
    if found is None:
        found = TopUpCase(
            id=derived("attempt", locked.attempt.id, "case", told.key), attempt=locked.attempt.id, number=told.key,
            amount=told.amount.minor, currency=told.amount.currency, taken=0, turns=0, opened_at=told.opened_at,
            by_letter=False, fee_booked=0,
        )  # fmt: skip
        session.add(found)
    return found


def _numbered(session: Session, attempt: UUID, number: str) -> TopUpCase | None:
    wanted = select(TopUpCase).where(TopUpCase.attempt == attempt, TopUpCase.number == number)
    return session.scalars(wanted.execution_options(populate_existing=True)).one_or_none()


def _by_letter(session: Session, locked: Locked, told: Dispute) -> TopUpCase | None:
    wanted = select(TopUpCase).where(
        TopUpCase.attempt == locked.attempt.id, TopUpCase.by_letter, TopUpCase.amount == told.amount.minor
    )
    found = session.scalars(wanted.order_by(TopUpCase.opened_at, TopUpCase.id)).first()
    if found is not None:
        found.number, found.by_letter = told.key, False
    return found


def _mark(session: Session, locked: Locked, *, away: bool, by: By, now: datetime) -> None:
    """The attempt's state and history."""
    wanted = select(TopUpCase.taken).where(TopUpCase.attempt == locked.attempt.id)
    taken = Money(sum(session.scalars(wanted)), locked.amount.currency)
    rows.move(session, locked, state_after_cases(locked.state, locked.amount, taken))
    rows.note(session, locked.attempt.id, What.TAKEN_BACK if away else What.CAME_BACK, by, now=now)


def _about(locked: Locked, case: TopUpCase) -> Disputed:
    owner_kind: Owner = "specialist" if locked.topup.wallet == "specialist" else "customer"
    return Disputed(case.id, locked.attempt.id, locked.topup.owner, owner_kind, locked.attempt.gateway)
