"""Questions about top-ups: the owner's, the checking page's, and finance's."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Select, exists, func, select
from sqlalchemy.orm import Session

from marketplace.foundation.ids import AttemptId, TopUpId
from marketplace.foundation.money import Money
from payments.gateways.protocol import Ask, DisputeState, Refs
from payments.topups.rules import DECIDED, OPEN, State, TopUpNotFound, Wallet, What
from payments.topups.tables import TopUp, TopUpAttempt, TopUpCase, TopUpEvent, TopUpInquiry

MOST_ROWS = 100


@dataclass(frozen=True, slots=True)
class AttemptView:
    """One try, with both of its numbers: `txn` transaction number, `bank` tracking number."""

    id: AttemptId
    topup: TopUpId
    owner: UUID
    wallet: Wallet
    amount: Money
    gateway: str
    state: State
    txn: str | None
    bank: str | None
    started_at: datetime
    paid_at: datetime | None
    financial_day: date | None
    late: bool
    double_pay: bool
    asked: int
    next_question_at: datetime | None


@dataclass(frozen=True, slots=True)
class TopUpView:
    """One top-up with its tries, newest first. Money is in the wallet for each paid try, and for no other."""

    id: TopUpId
    owner: UUID
    wallet: Wallet
    amount: Money
    state: State
    created_at: datetime
    paid_at: datetime | None
    expires_at: datetime
    late: bool
    subject: UUID | None
    attempts: tuple[AttemptView, ...]

    @property
    def being_checked(self) -> bool:
        return self.state in OPEN


@dataclass(frozen=True, slots=True)
class EventView:
    """One line of an attempt's history."""

    at: datetime
    what: str
    by: str
    outcome: str | None
    difference: str | None


def top_up(session: Session, id: TopUpId, *, owner: UUID) -> TopUpView:
    """A top-up for its owner's eyes, as the checking page shows it. Raises TopUpNotFound, also for a stranger's."""
    found = _with_attempts(session, select(TopUp).where(TopUp.id == id, TopUp.owner == owner))
    if not found:
        raise TopUpNotFound
    return found[0]


def credited(session: Session, id: UUID) -> TopUpView:
    """A top-up for whoever tells its owner that the money has arrived. Raises TopUpNotFound."""
    found = _with_attempts(session, select(TopUp).where(TopUp.id == id))
    if not found:
        raise TopUpNotFound
    return found[0]


def top_ups_of(session: Session, owner: UUID, *, before: datetime | None = None, limit: int = 20) -> list[TopUpView]:
    """The owner's top-ups, newest first; `before` continues a page."""
    wanted = select(TopUp).where(TopUp.owner == owner).order_by(TopUp.created_at.desc()).limit(min(limit, MOST_ROWS))
    return _with_attempts(session, wanted if before is None else wanted.where(TopUp.created_at < before))


def all_attempts(
    session: Session,
    *,
    state: State | None = None,
    gateway: str | None = None,
    number: str | None = None,
    before: datetime | None = None,
    limit: int = 50,
) -> list[AttemptView]:
    """Finance's list with both numbers, newest first. `number` finds a transaction or a tracking number exactly."""
    wanted = _attempts().order_by(TopUpAttempt.started_at.desc(), TopUpAttempt.id.desc()).limit(min(limit, MOST_ROWS))
    if state is not None:
        wanted = wanted.where(TopUpAttempt.state == state)
    if gateway is not None:
        wanted = wanted.where(TopUpAttempt.gateway == gateway)
    if number is not None:
        typed = (number, number.upper())  # the small letters of a number may have been typed for its capitals
        wanted = wanted.where(TopUpAttempt.txn.in_(typed) | TopUpAttempt.bank.in_(typed))
    if before is not None:
        wanted = wanted.where(TopUpAttempt.started_at < before)
    return [_attempt(row) for row in session.execute(wanted)]


def attempts(session: Session, ids: Collection[UUID]) -> list[AttemptView]:
    """Those of these ids that are attempts."""
    return [_attempt(row) for row in session.execute(_attempts().where(TopUpAttempt.id.in_(ids)))]


def oldest_open(session: Session, *, limit: int = 50) -> list[AttemptView]:
    """Attempts whose outcome is not known, oldest first, with how often we asked and when we ask next."""
    wanted = _attempts().where(TopUpAttempt.state.in_(OPEN)).order_by(TopUpAttempt.started_at)
    return [_attempt(row) for row in session.execute(wanted.limit(min(limit, MOST_ROWS)))]


@dataclass(frozen=True, slots=True)
class OpenCount:
    """How many attempts of a gateway wait for its word, and since when the first of them."""

    gateway: str
    open: int
    oldest: datetime


def open_by_gateway(session: Session) -> list[OpenCount]:
    """Each gateway that owes us a word, by name."""
    counted = (
        select(TopUpAttempt.gateway, func.count(), func.min(TopUpAttempt.started_at))
        .where(TopUpAttempt.state.in_(OPEN))
        .group_by(TopUpAttempt.gateway)
        .order_by(TopUpAttempt.gateway)
    )
    return [OpenCount(*row) for row in session.execute(counted)]


def mismatches(session: Session, *, limit: int = 50) -> list[AttemptView]:
    """Attempts that a person has to decide, oldest first."""
    wanted = _attempts().where(TopUpAttempt.state == State.MISMATCH).order_by(TopUpAttempt.started_at)
    return [_attempt(row) for row in session.execute(wanted.limit(min(limit, MOST_ROWS)))]


def history(session: Session, attempt: AttemptId) -> list[EventView]:
    """What happened to an attempt, in order."""
    wanted = select(TopUpEvent).where(TopUpEvent.attempt == attempt).order_by(TopUpEvent.at, TopUpEvent.id)
    return [EventView(each.at, each.what, each.by, each.outcome, each.difference) for each in session.scalars(wanted)]


@dataclass(frozen=True, slots=True)
class Question:
    """What the gateway is asked about an attempt."""

    gateway: str
    ask: Ask
    refs: Refs


def question(
    session: Session, attempt: AttemptId, *, return_url: str = "", notify_url: str = "", label: str = ""
) -> Question:
    """The attempt as its gateway is asked about it; the addresses are needed to start it only.

    Raises TopUpNotFound.
    """
    found = session.execute(
        select(TopUpAttempt, TopUp).join(TopUp, TopUp.id == TopUpAttempt.topup).where(TopUpAttempt.id == attempt)
    ).one_or_none()
    if found is None:
        raise TopUpNotFound
    row, wanted = found
    ask = Ask(
        id=row.id,
        amount=Money(wanted.amount, wanted.currency),
        return_url=return_url,
        notify_url=notify_url,
        expires_at=wanted.expires_at,
        label=label,
        page=row.page,
    )
    refs = Refs(row.ours or "", row.page, row.txn, row.bank, row.trace, row.terminal)
    return Question(row.gateway, ask, refs)


def attempt_by_reference(session: Session, *, gateway: str, ours: str) -> AttemptId | None:
    """Which attempt our order number at a gateway means."""
    found = select(TopUpAttempt.id).where(TopUpAttempt.gateway == gateway, TopUpAttempt.ours == ours)
    id = session.scalar(found)
    return None if id is None else AttemptId(id)


def top_up_of(session: Session, attempt: AttemptId) -> TopUpId:
    """Which top-up a try belongs to."""
    return TopUpId(session.scalars(select(TopUpAttempt.topup).where(TopUpAttempt.id == attempt)).one())


def state_of(session: Session, attempt: AttemptId) -> State | None:
    """An attempt's state; None when there is no such attempt."""
    found = session.scalar(select(TopUpAttempt.state).where(TopUpAttempt.id == attempt))
    return None if found is None else State(found)


def attempt_of_refs(session: Session, *, gateway: str, refs: Refs) -> AttemptId | None:
    """Which attempt a gateway means: by our order number, else by its own transaction number."""
    if refs.ours:
        return attempt_by_reference(session, gateway=gateway, ours=refs.ours)
    if refs.txn is None:
        return None
    id = session.scalar(select(TopUpAttempt.id).where(TopUpAttempt.gateway == gateway, TopUpAttempt.txn == refs.txn))
    return None if id is None else AttemptId(id)


@dataclass(frozen=True, slots=True)
class CaseView:
    """One case at the payer's bank. `away`: the money is there now, and not in the wallet. `by_letter`: finance wrote
    it down, and writes down how it ends. `subject`: the job that the top-up was made for; `credited_at`: since when
    its money was in the wallet."""

    id: UUID
    topup: TopUpId
    attempt: AttemptId
    owner: UUID
    wallet: Wallet
    subject: UUID | None
    credited_at: datetime
    gateway: str
    by_letter: bool
    number: str
    state: DisputeState
    reason: str
    amount: Money
    fee: Money
    away: bool
    opened_at: datetime
    answer_by: datetime | None
    changed_at: datetime


_CASES = (
    select(TopUpCase, TopUpAttempt.gateway, TopUpAttempt.paid_at, TopUp)
    .join(TopUpAttempt, TopUpAttempt.id == TopUpCase.attempt)
    .join(TopUp, TopUp.id == TopUpAttempt.topup)
    .order_by(TopUpCase.changed_at.desc(), TopUpCase.id)
)


def cases(session: Session, *, topup: UUID | None = None, limit: int = 50) -> list[CaseView]:
    """Cases at the payers' banks, the last that changed first; of one top-up when it is named."""
    wanted = _CASES.limit(min(limit, MOST_ROWS))
    return _cases(session, wanted if topup is None else wanted.where(TopUp.id == topup))


def case(session: Session, id: UUID) -> CaseView:
    """One case. Raises TopUpNotFound."""
    found = _cases(session, _CASES.where(TopUpCase.id == id))
    if not found:
        raise TopUpNotFound
    return found[0]


def open_cases_of(session: Session, owner: UUID) -> list[CaseView]:
    """The cases about somebody's top-ups that no bank has decided yet."""
    return _cases(session, _CASES.where(TopUp.owner == owner, TopUpCase.state.not_in(DECIDED)))


def _cases(session: Session, wanted: Select[TopUpCase, str, datetime | None, TopUp]) -> list[CaseView]:
    return [
        CaseView(
            id=row.id,
            topup=TopUpId(whole.id),
            attempt=AttemptId(row.attempt),
            owner=whole.owner,
            wallet=_wallet(whole.wallet),
            subject=whole.subject,
            credited_at=paid_at or row.opened_at,
            gateway=gateway,
            by_letter=row.by_letter,
            number=row.number,
            state=DisputeState(row.state),
            reason=row.reason,
            amount=Money(row.amount, row.currency),
            fee=Money(row.fee, row.currency),
            away=row.taken > 0,
            opened_at=row.opened_at,
            answer_by=row.answer_by,
            changed_at=row.changed_at,
        )
        for row, gateway, paid_at, whole in session.execute(wanted.execution_options(populate_existing=True))
    ]


def overdue(session: Session, *, now: datetime, limit: int = 500) -> list[AttemptId]:
    """Attempts whose planned question is due and was not asked; the sweep asks it."""
    due = select(TopUpInquiry.attempt).where(TopUpInquiry.due_at <= now).order_by(TopUpInquiry.due_at).limit(limit)
    return [AttemptId(id) for id in session.scalars(due)]


def _attempts() -> Select[TopUpAttempt, TopUp, TopUpInquiry, bool]:
    twice = exists().where(TopUpEvent.attempt == TopUpAttempt.id, TopUpEvent.what == What.DOUBLE_PAY)
    return (
        select(TopUpAttempt, TopUp, TopUpInquiry, twice)
        .join(TopUp, TopUp.id == TopUpAttempt.topup)
        .outerjoin(TopUpInquiry, TopUpInquiry.attempt == TopUpAttempt.id)
    )


def _attempt(row: Sequence[object]) -> AttemptView:
    found, wanted, inquiry, twice = row
    assert isinstance(found, TopUpAttempt)
    assert isinstance(wanted, TopUp)
    plan = inquiry if isinstance(inquiry, TopUpInquiry) else None
    return AttemptView(
        id=AttemptId(found.id),
        topup=TopUpId(found.topup),
        owner=wanted.owner,
        wallet=_wallet(wanted.wallet),
        amount=Money(wanted.amount, wanted.currency),
        gateway=found.gateway,
        state=State(found.state),
        txn=found.txn,
        bank=found.bank,
        started_at=found.started_at,
        paid_at=found.paid_at,
        financial_day=found.financial_day,
        late=wanted.late,
        double_pay=bool(twice),
        asked=plan.asked if plan else 0,
        next_question_at=plan.due_at if plan else None,
    )


def _with_attempts(session: Session, wanted: Select[TopUp]) -> list[TopUpView]:
    rows = session.scalars(wanted).all()
    found = _attempts().where(TopUpAttempt.topup.in_([row.id for row in rows]))
    tries = [_attempt(each) for each in session.execute(found.order_by(TopUpAttempt.started_at.desc()))]
    return [
        TopUpView(
            id=TopUpId(row.id),
            owner=row.owner,
            wallet=_wallet(row.wallet),
            amount=Money(row.amount, row.currency),
            state=State(row.state),
            created_at=row.created_at,
            paid_at=row.paid_at,
            expires_at=row.expires_at,
            late=row.late,
            subject=row.subject,
            attempts=tuple(each for each in tries if each.topup == row.id),
        )
        for row in rows
    ]


def _wallet(word: str) -> Wallet:
    return "specialist" if word == "specialist" else "customer"
