"""What an event does to money, by the job's method of payment; always the last statement of its transaction.

Amounts come from the terms that the job was made under (`terms.py`), never from a caller. Wallets derive the keys from
the job, so that the same act twice is one act (payments.md §3.3).
"""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from booking.jobs import crew_money, terms
from booking.jobs.process import MoneyEffect
from booking.jobs.rules import Actor, Facts, FeeHasChanged, NotPriced, Standing, TimeRules
from booking.jobs.tables import Job
from booking.jobs.terms import Terms
from booking.jobs.words import Event, Method
from booking.pricing import rules as pricing
from booking.pricing.cancelling import Split
from marketplace.foundation.money import Money
from marketplace.organizations.queries import home
from payments.ledger import queries as books
from payments.promotions import actions as promotions
from payments.promotions.rules import spent_on
from payments.wallets import actions as wallets
from payments.wallets import returns
from payments.wallets.rules import FeeShare, Share

ANY_METHOD = frozenset({MoneyEffect.TIP, MoneyEffect.FREEZE, MoneyEffect.SETTLE})


def split_for(event: Event, job: Standing, made: Terms, *, now: datetime) -> Split | None:
    """What a cancellation, a no-show or a failed visit costs; None for events without a fee."""
    match event:
        case Event.CANCEL_BY_CUSTOMER:
            return terms.on_cancelling(job, made, now=now)
        case Event.NO_SHOW_CUSTOMER:
            return terms.on_no_show(job, made)
        case Event.FAIL:
            return terms.on_failing(job, made)
        case _:
            return None


def check_shown_fee(row: Job, event: Event, job: Standing, facts: Facts, *, now: datetime) -> None:
    """A customer pays the fee they were shown, and no other. Refuses FeeHasChanged (E.8-11)."""
    if event is not Event.CANCEL_BY_CUSTOMER or row.quote is None:
        return
    split = split_for(event, job, terms.from_document(row.quote), now=now)
    shown = facts.get("fee_minor")
    if split is None or (shown is None and split.fee.is_zero) or shown == split.fee.minor:
        return
    raise FeeHasChanged(None if shown is None else Money(shown, row.currency), split.fee)


def act(
    session: Session,
    effect: MoneyEffect | None,
    row: Job,
    *,
    event: Event,
    before: Standing,
    times: TimeRules,
    now: datetime,
    actor: Actor,
    facts: Facts,
) -> None:
    """Carry out what an event does to money. `row` is the job after it, `before` how it stood.

    Refuses InsufficientFunds (fund, an approved change, a tip), DebtLimitReached (a cash job's specialist owes too
    much), QuoteChanged and QuoteExpired (fund), GivenBackTooMuch (a decided case).
    """
    if effect is None or row.quote is None:
        return
    made = terms.from_document(row.quote)
    if effect in ANY_METHOD:
        _after_work(session, effect, row, actor=actor, facts=facts, now=now)
    elif before.method is Method.CASH and before.funded:
        _cash(session, effect, row, made, before=before, now=now)
    elif effect is MoneyEffect.HOLD:
        _hold(session, row, made, now=now)
    elif before.funded:
        _wallet(session, effect, row, made, event=event, before=before, times=times, now=now)


def _after_work(session: Session, effect: MoneyEffect, row: Job, *, actor: Actor, facts: Facts, now: datetime) -> None:
    """What concerns the two people, however the job was paid."""
    if row.customer_id is None or row.specialist_id is None:
        return
    match effect:
        case MoneyEffect.TIP if row.seats > 1:
            crew_money.tip(session, row, Money(facts["tip_minor"], row.currency), now=now)
        case MoneyEffect.TIP:
            wallets.tip(
                session, job=row.id, customer=row.customer_id, specialist=row.specialist_id,
                amount=Money(facts["tip_minor"], row.currency), now=now, nth=row.tips,
            )  # fmt: skip
        case MoneyEffect.FREEZE if facts.get("disputed_minor"):
            disputed = Money(facts["disputed_minor"], row.currency)
            returns.freeze(
                session, job=row.id, case=facts["case_id"], disputed=disputed, actor=actor.person_id, now=now
            )
        case MoneyEffect.SETTLE if row.approved_at is not None and "case_id" in facts:
            returns.settle(
                session, job=row.id, case=facts["case_id"], back=Money(facts.get("customer_minor", 0), row.currency),
                reason=facts.get("reason", "decided_case"), actor=facts.get("proposed_by") or actor.person_id,
                approver=actor.person_id if "proposed_by" in facts else None, now=now,
            )  # fmt: skip


def _hold(session: Session, row: Job, made: Terms, *, now: datetime) -> None:
    pricing.check(made.quote, expected_hash=row.quote_hash or "", now=now)
    if row.method == Method.CASH or row.customer_id is None:
        promotions.let_go(session, job=row.id, now=now)
        return
    due = terms.deposit(made, None if row.promo_minor is None else Money(row.promo_minor, row.currency))
    if due:
        wallets.hold_for_job(session, job=row.id, customer=row.customer_id, amount=due, now=now)


def _wallet(
    session: Session,
    effect: MoneyEffect,
    row: Job,
    made: Terms,
    *,
    event: Event,
    before: Standing,
    times: TimeRules,
    now: datetime,
) -> None:
    nothing_held = terms.held_money(before, made).is_zero
    if effect in (MoneyEffect.RETURN, MoneyEffect.SPLIT):
        promotions.let_go(session, job=row.id, now=now)
    match effect:
        case MoneyEffect.CAPTURE:
            _capture(
                session, row, made, before=before, payable_at=now + timedelta(days=times.dispute_window_days), now=now
            )
        case MoneyEffect.RAISE if row.customer_id is not None and before.change is not None:
            wallets.hold_for_job(
                session, job=row.id, customer=row.customer_id, amount=before.change, now=now, nth=1 + row.changes
            )
        case MoneyEffect.GIVE | MoneyEffect.GIVE_REST if row.seats > 1 and _pending(session, row):
            crew_money.release(session, row, now=now)
        case MoneyEffect.GIVE | MoneyEffect.GIVE_REST if row.specialist_id is not None and _pending(session, row):
            wallets.release_warranty(session, job=row.id, specialist=row.specialist_id, currency=row.currency, now=now)
        case MoneyEffect.RETURN if not nothing_held:
            wallets.release_job(session, job=row.id, now=now, kind="expire" if event is Event.EXPIRE else "release")
        case MoneyEffect.SPLIT if not nothing_held:
            _take_fee(session, row, made, event=event, before=before, now=now)
        case _:
            pass


def _take_fee(session: Session, row: Job, made: Terms, *, event: Event, before: Standing, now: datetime) -> None:
    split = split_for(event, before, made, now=now)
    if split is None or row.customer_id is None:
        raise NotPriced()
    if row.seats > 1 and split.specialist_share and before.specialist_id is not None:
        crew_money.take_fee(session, row, made, split, now=now)
        return
    specialist = before.specialist_id if split.specialist_share else None
    share = FeeShare(split.fee, split.specialist_share, split.house_share, split.tax)
    wallets.charge_cancellation(
        session, job=row.id, customer=row.customer_id, specialist=specialist, share=share, now=now
    )


def _pending(session: Session, row: Job) -> bool:
    """Whether anything of the earning still waits for the end of the dispute window."""
    return not books.held_for(session, row.id, "warranty", row.currency).is_zero


def _capture(session: Session, row: Job, made: Terms, *, before: Standing, payable_at: datetime, now: datetime) -> None:
    if row.final_minor is None or row.customer_id is None or row.specialist_id is None:
        raise NotPriced()
    final, held = Money(row.final_minor, row.currency), terms.held_money(before, made)
    if final.is_zero:
        promotions.let_go(session, job=row.id, now=now)
        if not held.is_zero:
            wallets.release_job(session, job=row.id, now=now)
        return
    by_house = None if before.promotion is None else spent_on(final, before.promotion)
    if by_house is not None:
        promotions.spend(session, job=row.id, amount=by_house, now=now)
    theirs = final - (by_house or Money.zero(row.currency))
    if theirs > held:
        wallets.hold_for_job(
            session, job=row.id, customer=row.customer_id, amount=theirs - held, now=now,
            nth=2 + row.changes,
        )  # fmt: skip
    if row.seats > 1:
        crew_money.capture(session, row, made, final, now=now, payable_at=payable_at, by_house=by_house)
        return
    wallets.capture_job(
        session, job=row.id, customer=row.customer_id, specialist=row.specialist_id, share=_share(made, final),
        now=now, warranty_until=payable_at, promotion=by_house,
    )  # fmt: skip


def _cash(session: Session, effect: MoneyEffect, row: Job, made: Terms, *, before: Standing, now: datetime) -> None:
    """The customer pays by hand; only the commission is ours to reserve and take (payments.md §2.1, cash job)."""
    price = made.quote.total
    nothing_due = _share(made, price).commission.is_zero
    crew = before.specialist_id
    match effect:
        case MoneyEffect.RESERVE if row.specialist_id is not None:
            _open_purse(session, row)
            wallets.hold_cash_commission(
                session, job=row.id, specialist=row.specialist_id, share=_share(made, price), now=now, nth=row.crews
            )
        case MoneyEffect.MOVE_RESERVE if row.specialist_id is not None:
            _open_purse(session, row)
            wallets.move_cash_commission(
                session, job=row.id, specialist=row.specialist_id, share=_share(made, price), now=now, nth=row.crews
            )
        case MoneyEffect.CAPTURE if row.specialist_id is not None and row.customer_id is not None:
            paid = price if row.final_minor is None else Money(row.final_minor, row.currency)
            wallets.capture_cash_commission(
                session,
                job=row.id,
                customer=row.customer_id,
                specialist=row.specialist_id,
                share=_share(made, paid),
                now=now,
            )
        case MoneyEffect.FREE_RESERVE | MoneyEffect.RETURN | MoneyEffect.SPLIT if crew is not None and not nothing_due:
            wallets.release_cash_commission(
                session, job=row.id, specialist=crew, currency=row.currency, now=now, nth=row.crews
            )
        case _:
            pass


def _open_purse(session: Session, row: Job) -> None:
    if row.specialist_id is None:
        return
    limit = Money(home(session).settings["cash_debt_limit"], row.currency)
    wallets.open_wallet(session, owner=row.specialist_id, owner_kind="specialist", currency=row.currency, limit=limit)


def _share(made: Terms, gross: Money) -> Share:
    pay = terms.net_pay(made, gross)
    return Share(pay.gross, pay.commission, pay.tax, pay.net)
