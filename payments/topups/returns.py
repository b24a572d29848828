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
from payments.gateways.protocol import Dispute, Verdict
from payments.topups import queries, rows
from payments.topups.rows import Locked
from payments.topups.rules import CREDITED, By, What, is_away, state_after_cases
from payments.topups.tables import TopUpAttempt, TopUpCase
from payments.wallets.chargebacks import charge_back, reinstate
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
    owed = changed.amount.minor if is_away(changed.state) else 0
    moves = row.taken != owed
    row.taken, row.turns = owed, row.turns + (1 if moves else 0)
    row.state, row.reason, row.fee, row.changed_at = changed.state, changed.reason, changed.fee.minor, now
    row.answer_by = changed.answer_by
    session.flush()
    if moves:
        _mark(session, locked, away=owed > 0, now=now)
        _book(session, locked, row, away=owed > 0, now=now)
    return True


def _is_ours(locked: Locked, verdict: Verdict) -> bool:
    row, live = locked.attempt, directory.by_name(locked.attempt.gateway).can.live
    same = verdict.refs.ours == row.ours and verdict.refs.txn == row.txn and verdict.live == live
    return same and all(each.amount.currency == locked.amount.currency for each in verdict.disputes)


def _is_news(session: Session, attempt: UUID, told: Dispute) -> bool:
    known = session.get(TopUpCase, _id_of(attempt, told), populate_existing=True)
    return known is None or (known.state, known.fee) != (told.state, told.fee.minor)


def _case(session: Session, locked: Locked, told: Dispute) -> TopUpCase:
    id = _id_of(locked.attempt.id, told)
    found = session.get(TopUpCase, id)
    if found is None:
        found = TopUpCase(
            id=id, attempt=locked.attempt.id, number=told.key, amount=told.amount.minor,
            currency=told.amount.currency, taken=0, turns=0, opened_at=told.opened_at,
        )  # fmt: skip
        session.add(found)
    return found


def _id_of(attempt: UUID, told: Dispute) -> UUID:
    return derived("attempt", attempt, "case", told.key)


def _mark(session: Session, locked: Locked, *, away: bool, now: datetime) -> None:
    """The attempt's state and history, and the task that tells its owner and looks after jobs paid from it."""
    wanted = select(TopUpCase.taken).where(TopUpCase.attempt == locked.attempt.id)
    taken = Money(sum(session.scalars(wanted)), locked.amount.currency)
    rows.move(session, locked, state_after_cases(locked.state, locked.amount, taken))
    rows.note(session, locked.attempt.id, What.TAKEN_BACK if away else What.CAME_BACK, By.GATEWAY, now=now)


def _book(session: Session, locked: Locked, case: TopUpCase, *, away: bool, now: datetime) -> None:
    """The ledger's part, last before COMMIT."""
    row: TopUpAttempt = locked.attempt
    owner_kind: Owner = "specialist" if locked.topup.wallet == "specialist" else "customer"
    post = charge_back if away else reinstate
    post(
        session, attempt=row.id, case=case.id, nth=case.turns, owner=locked.topup.owner, owner_kind=owner_kind,
        gateway=row.gateway, amount=Money(case.amount, case.currency), now=now,
    )  # fmt: skip
