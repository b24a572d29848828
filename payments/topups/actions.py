"""Verbs of a top-up. The gateway is called between two of them, never inside one.

`start` → Gateway.start → `record_go`; then `record_return`, `receive_notice` and the schedule wake
`claim` → Gateway.verify → `apply_verdict`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from marketplace.foundation.database import broken_constraint
from marketplace.foundation.ids import AttemptId, TopUpId, derived, uuid7
from marketplace.foundation.money import Money
from marketplace.foundation.outbox import enqueue
from payments.gateways import actions as inbox
from payments.gateways import directory
from payments.gateways.protocol import Ask, Go, Notice, Refs, Verdict
from payments.gateways.rules import FINAL, Outcome
from payments.ledger import actions as ledger
from payments.ledger.rules import AccountName, Leg
from payments.topups import queries, returns, rows
from payments.topups.rows import Locked
from payments.topups.rules import (
    CREDITED,
    DAY,
    OPEN,
    PAGE_LIVES,
    Asked,
    By,
    Decision,
    Difference,
    State,
    TopUpAlreadyPaid,
    TopUpDiffers,
    TopUpNotFound,
    Wallet,
    What,
    check_limits,
    decide,
)
from payments.topups.tables import UNIQUE_NUMBER, UNIQUE_TRACKING, TopUp, TopUpAttempt
from payments.wallets.actions import credit_topup
from payments.wallets.rules import Owner, wallet_of

SWEEP_EVERY = timedelta(hours=1)
LEASE = timedelta(seconds=30)  # longer than a call may take
UNANSWERED = timedelta(minutes=10)  # until a gateway that did not answer is asked about a credited attempt again
BACK = frozenset({Outcome.REVERSED, Outcome.REFUNDED})
VERIFY = {False: "topups.verify", True: "topups.look_again"}
RETURNS_COUNT_AS_ONE = 5  # seconds


@dataclass(frozen=True, slots=True)
class Started:
    """A top-up and the attempt that the gateway is asked for now."""

    topup: TopUpId
    attempt: AttemptId


def start(
    session: Session,
    *,
    owner: UUID,
    wallet: Wallet,
    amount: Money,
    gateway: str,
    command: UUID,
    subject: UUID | None = None,
    now: datetime,
) -> Started:
    """Write down that this owner wants so much; nothing is asked of the gateway yet.

    `command` is the form's own id: the same form sent twice is one top-up. `subject`: the job that waits for it.
    Refuses TopUpTooSmall, TopUpTooLarge, TopUpDayLimitReached, GatewayNotOffered, TopUpDiffers.
    """
    id = derived("topup", owner, command)
    _one_at_a_time(session, owner)
    before = session.get(TopUp, id)
    if before is not None:
        return _started_before(session, before, amount)
    directory.demand(gateway, amount.currency)
    check_limits(amount, taken=_taken(session, owner, amount.currency, now))
    session.add(
        TopUp(
            id=id,
            owner=owner,
            wallet=wallet,
            amount=amount.minor,
            currency=amount.currency,
            state=State.CREATED,
            created_at=now,
            expires_at=now + PAGE_LIVES,
            subject=subject,
        )
    )
    session.flush()
    return Started(TopUpId(id), rows.add_attempt(session, id, gateway, now=now))


def try_again(session: Session, topup: TopUpId, *, owner: UUID, gateway: str, now: datetime) -> Started:
    """A new attempt of the same top-up; asking about the older ones goes on.

    Refuses TopUpNotFound, TopUpAlreadyPaid, GatewayNotOffered.
    """
    wanted = session.scalar(
        select(TopUp).where(TopUp.id == topup, TopUp.owner == owner).with_for_update(key_share=True)
    )
    if wanted is None:
        raise TopUpNotFound
    if State(wanted.state) in CREDITED:
        raise TopUpAlreadyPaid(amount=Money(wanted.amount, wanted.currency))
    directory.demand(gateway, wanted.currency)
    wanted.expires_at = now + PAGE_LIVES
    attempt = rows.add_attempt(session, wanted.id, gateway, now=now)
    rows.follow_attempts(session, wanted)
    return Started(topup, attempt)


def record_go(session: Session, attempt: AttemptId, go: Go, *, now: datetime) -> None:
    """The gateway has opened a page: keep its references, plan the first question. Repeating changes nothing."""
    locked = rows.lock(session, attempt)
    if locked.state is not State.CREATED:
        return
    locked.attempt.page = go.refs.page
    rows.move(session, locked, State.STARTED)
    rows.note(session, attempt, What.STARTED, By.GATEWAY, now=now)


def record_not_started(session: Session, attempt: AttemptId, *, now: datetime) -> None:
    """No page came. Nobody knows whether the gateway opened one, so it will be asked by our order number."""
    locked = rows.lock(session, attempt)
    if locked.state is not State.CREATED:
        return
    rows.move(session, locked, State.UNKNOWN)
    rows.note(session, attempt, What.NOT_STARTED, By.SYSTEM, now=now, outcome=Outcome.UNKNOWN)


def record_return(session: Session, attempt: AttemptId, *, now: datetime) -> TopUpId:
    """The payer's browser came back, with whatever it says: a reason to ask, and no more. Raises TopUpNotFound."""
    locked = rows.lock(session, attempt)
    if locked.state in {State.CREATED, State.STARTED}:
        rows.move(session, locked, State.PENDING)
        rows.note(session, attempt, What.RETURNED, By.PAYER, now=now)
    if locked.state not in CREDITED:
        moment = int(now.timestamp()) // RETURNS_COUNT_AS_ONE
        enqueue(session, "topups.verify", key=derived("attempt", attempt, "return", moment), id=attempt)
    return TopUpId(locked.topup.id)


def receive_notice(session: Session, *, gateway: str, notice: Notice, now: datetime) -> bool:
    """Take a notice into the inbox and, when the gateway signed it, ask about its payment soon.

    False when this delivery was here before. Answer `notice.reply` after COMMIT, whatever came.
    """
    is_new = inbox.take_in(session, gateway=gateway, notice=notice, now=now)
    if not is_new or not notice.authentic or notice.refs is None:
        return is_new
    attempt = queries.attempt_of_refs(session, gateway=gateway, refs=notice.refs)
    if attempt is not None:
        rows.note(session, attempt, What.NOTICED, By.GATEWAY, now=now, outcome=notice.claims)
        task = VERIFY[True] if notice.claims in BACK else "topups.verify"
        enqueue(session, task, key=derived("notice", gateway, notice.key), id=attempt)
    return True


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to ask about an attempt for half a minute."""

    attempt: AttemptId
    gateway: str
    ask: Ask
    refs: Refs


def claim(session: Session, attempt: AttemptId, *, now: datetime, also_credited: bool = False) -> Claim | None:
    """Take the turn to ask the gateway about an attempt, so that ten notices make one call and not ten.

    None when its outcome is settled (with `also_credited` only when a person has it), or when somebody asks right now;
    then it is asked once more after them, since they may have asked too early. Raises TopUpNotFound.
    """
    locked = rows.lock(session, attempt)
    if locked.state in CREDITED and not also_credited:
        _settle_what_came_late(session, locked)
        return None
    if locked.state is State.MISMATCH:
        return None
    inquiry = rows.inquiry_of(session, attempt)
    if inquiry.leased_until is not None and inquiry.leased_until > now:
        key, task = derived("attempt", attempt, "after", inquiry.lease, also_credited), VERIFY[also_credited]
        enqueue(session, task, due_at=inquiry.leased_until, key=key, id=attempt)
        return None
    inquiry.lease, inquiry.leased_until = uuid7(), now + LEASE
    if inquiry.due_at is not None and inquiry.due_at <= now:
        inquiry.asked += 1
    asked = queries.question(session, attempt)
    return Claim(attempt, asked.gateway, asked.ask, asked.refs)


def apply_verdict(session: Session, attempt: AttemptId, verdict: Verdict, *, now: datetime) -> State:
    """Do what the gateway's word means for this attempt, once; forward only (payments.md §5.2 #3).

    Paid and equal in everything: the wallet is credited under a key derived from the attempt, and "topups.credited"
    (id: the top-up) and, for a waiting job, "jobs.fund" (id: the job) are asked for. Any difference: `mismatch`, and
    the money, where it is ours, stands in suspense. What the gateway finds risky is credited and set aside: no job is
    funded from it. Raises TopUpNotFound.
    """
    locked = rows.lock(session, attempt)
    row = locked.attempt
    asked = Asked(row.id, locked.amount, row.ours or "", locked.state, locked.topup.expires_at)
    decision = decide(asked, verdict, directory.by_name(row.gateway).can, now=now)
    if decision.state is not None and not _write(session, locked, verdict, decision, now=now):
        decision = Decision(State.MISMATCH, What.MISMATCH, differences=(Difference.REFERENCE,))
        rows.move(session, locked, State.MISMATCH)
    _mark(session, locked, decision, now=now)
    event = rows.note_verdict(session, row.id, decision.what, verdict.outcome, decision.differences, now=now)
    _plan_after(session, locked, verdict, now=now)
    if locked.state not in OPEN and (verdict.outcome in FINAL or asked.state not in CREDITED):
        inbox.settle(session, gateway=row.gateway, ours=row.ours or "", txn=row.txn, event=event)
    if decision.credit is not None and verdict.disputes:
        returns.ask_again(session, row.id, because="credit")
    elif asked.state in CREDITED and verdict.outcome not in FINAL:
        returns.ask_again(session, row.id, because=int(now.timestamp()) // 3600, due_at=now + UNANSWERED)
    if decision.credit is not None:
        _announce(session, locked, spendable=not decision.review)
    session.flush()
    _book(session, locked, decision, now=now)
    return locked.state


def plan_sweep(session: Session, *, now: datetime) -> None:
    """Ask for the sweep of this hour; once, however often it is asked for. The edge calls it at start."""
    hour = now.replace(minute=0, second=0, microsecond=0)
    enqueue(session, "topups.sweep", due_at=now, key=derived("topups-sweep", int(hour.timestamp())))


def wake(session: Session, *, gateway: str, ours: Iterable[str], now: datetime) -> int:
    """Ask about the attempts of these order numbers that are not credited, at most once in a quarter of an hour.

    Returns how many are known.
    An order number that is not ours is left to reconciliation.
    """
    quarter, known = int(now.timestamp()) // 900, 0
    for reference in ours:
        attempt = queries.attempt_by_reference(session, gateway=gateway, ours=reference)
        if attempt is not None:
            known += 1
            if queries.state_of(session, attempt) not in CREDITED:
                enqueue(session, "topups.verify", key=derived("attempt", attempt, "sweep", quarter), id=attempt)
    return known


def wake_overdue(session: Session, *, now: datetime) -> int:
    """Ask what was planned and, for whatever reason, was not asked; returns how many."""
    late = queries.overdue(session, now=now)
    for attempt in late:
        key = derived("attempt", attempt, "overdue", int(now.timestamp()) // 900)
        enqueue(session, "topups.verify", key=key, id=attempt)
    return len(late)


def forget_old_notices(session: Session, *, now: datetime) -> int:
    """Empty the inbox of what is older than ninety days; returns how many notices went."""
    return inbox.forget_old(session, now=now)


def _settle_what_came_late(session: Session, locked: Locked) -> None:
    """Notices of a payment that was credited meanwhile ask for nothing more; those of a case still do."""
    row, event = locked.attempt, rows.last_event(session, locked.attempt.id)
    inbox.settle(session, gateway=row.gateway, ours=row.ours or "", txn=row.txn, event=event, but=BACK)


def _write(session: Session, locked: Locked, verdict: Verdict, decision: Decision, *, now: datetime) -> bool:
    """The new state, with its numbers when money came. False when a number belongs to another attempt."""
    assert decision.state is not None
    row, topup = locked.attempt, locked.topup
    try:
        with session.begin_nested():
            row.state = decision.state
            if decision.credit is not None or decision.suspense is not None:
                row.txn, row.bank = verdict.refs.txn, verdict.refs.bank
                row.trace, row.terminal = verdict.refs.trace, verdict.refs.terminal
                row.page = verdict.refs.page or row.page
                row.paid_at, row.financial_day = verdict.at or now, verdict.financial_day
            session.flush()
    except IntegrityError as error:
        if broken_constraint(error) not in {UNIQUE_NUMBER, UNIQUE_TRACKING}:
            raise
        session.refresh(row)
        return False
    if decision.credit is not None:
        topup.paid_at = topup.paid_at or row.paid_at
        topup.late = topup.late or decision.late
    rows.follow_attempts(session, topup)
    return True


def _mark(session: Session, locked: Locked, decision: Decision, *, now: datetime) -> None:
    if decision.credit is None:
        return
    if decision.late:
        rows.note(session, locked.attempt.id, What.LATE, By.SYSTEM, now=now)
    if rows.another_is_paid(session, locked):
        rows.note(session, locked.attempt.id, What.DOUBLE_PAY, By.SYSTEM, now=now)


def _plan_after(session: Session, locked: Locked, verdict: Verdict, *, now: datetime) -> None:
    inquiry = rows.inquiry_of(session, locked.attempt.id)
    inquiry.lease = inquiry.leased_until = None
    if locked.state not in OPEN:
        inquiry.due_at = None
        return
    rows.plan(session, locked.attempt, inquiry, now=now, again_in=verdict.again_in)
    if inquiry.due_at is None:  # the provider can no longer be asked: given up, though late money is still taken
        rows.move(session, locked, State.EXPIRED)


def _announce(session: Session, locked: Locked, *, spendable: bool) -> None:
    enqueue(session, "topups.credited", key=derived("attempt", locked.attempt.id, "credited"), id=locked.topup.id)
    if locked.topup.subject is not None and spendable:
        enqueue(session, "jobs.fund", key=derived("attempt", locked.attempt.id, "fund"), id=locked.topup.subject)


def _book(session: Session, locked: Locked, decision: Decision, *, now: datetime) -> None:
    """The ledger's part, last before COMMIT, so that accounts stay locked for one round trip."""
    row, topup = locked.attempt, locked.topup
    if decision.credit is not None:
        credit_topup(
            session,
            attempt=row.id,
            owner=topup.owner,
            owner_kind="specialist" if topup.wallet == "specialist" else "customer",
            gateway=row.gateway,
            amount=decision.credit,
            now=now,
        )
        if decision.review:
            _hold_for_review(session, locked, decision.credit, now=now)
    if decision.suspense is not None:
        _to_suspense(session, row, decision.suspense, now=now)


def _hold_for_review(session: Session, locked: Locked, amount: Money, *, now: datetime) -> None:
    """Set aside what the gateway finds risky, until a person has looked.

    The second call of the ledger in one transaction: the wallet is locked by the first, and between two transactions
    the money could be spent.
    """
    topup = locked.topup
    owner_kind: Owner = "specialist" if topup.wallet == "specialist" else "customer"
    wallet = ledger.open_account(session, wallet_of(topup.owner, owner_kind, amount.currency))
    key, leg = derived("attempt", locked.attempt.id, "review"), Leg(wallet, amount)
    ledger.hold(session, key, leg, purpose="dispute", subject=locked.attempt.id, now=now, reason="gateway_review")


def _to_suspense(session: Session, row: TopUpAttempt, amount: Money, *, now: datetime) -> None:
    """Money that came but differs from what was asked: the gateway owes it to us, and a person decides whose it is."""
    owner = derived("gateway", row.gateway)
    clearing = ledger.open_account(session, AccountName("clearing", amount.currency, "gateway", owner))
    suspense = ledger.open_account(session, AccountName("suspense", amount.currency, "gateway", owner))
    legs = [Leg(clearing, -amount), Leg(suspense, amount)]
    key = derived("attempt", row.id, "suspense")
    ledger.post(session, key, "suspense_cleared", legs, now=now, subject=row.id, reason="topup_mismatch")


def _started_before(session: Session, before: TopUp, amount: Money) -> Started:
    if Money(before.amount, before.currency) != amount:
        raise TopUpDiffers(amount=Money(before.amount, before.currency))
    last = select(TopUpAttempt.id).where(TopUpAttempt.topup == before.id).order_by(TopUpAttempt.started_at.desc())
    return Started(TopUpId(before.id), AttemptId(session.scalars(last.limit(1)).one()))


def _one_at_a_time(session: Session, owner: UUID) -> None:
    """Two forms of one owner take turns, so that both together keep to the limit of the day."""
    number = int.from_bytes(derived("topup-limit", owner).bytes[:8], signed=True)
    session.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": number})


def _taken(session: Session, owner: UUID, currency: str, now: datetime) -> Money:
    counted = select(func.coalesce(func.sum(TopUp.amount), 0)).where(
        TopUp.owner == owner,
        TopUp.currency == currency,
        TopUp.created_at > now - DAY,
        TopUp.state.in_(OPEN | CREDITED | {State.MISMATCH}),
    )
    return Money(int(session.scalar(counted) or 0), currency)
