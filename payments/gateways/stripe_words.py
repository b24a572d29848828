"""What Stripe says, in our words: sessions, cases and events as verdicts and notices. Pure; knows no network.

Of each object the declared fields are read and nothing else; what they may look like is said here. From the published
documents and the client's own types (API 2026-10-28): the fields and their closed lists. The balance transaction's fee
is told only where it is in the payment's currency.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from marketplace.foundation.money import Money
from payments.gateways.protocol import Dispute, DisputeState, Refs, Verdict
from payments.gateways.rules import AnswerNotUnderstood, Outcome, keep_declared, money, shape

Object = Mapping[str, object]

OURS = shape(r"[a-z]{28}")
PAGE = shape(r"cs_(test|live)_[A-Za-z0-9]{10,80}")
INTENT = shape(r"pi_[A-Za-z0-9]{10,40}")
MINOR = shape(r"\d{1,12}")
CURRENCY = shape(r"[a-z]{3}")
MOMENT = shape(r"\d{9,11}")

SESSION = {
    "id": PAGE,
    "client_reference_id": OURS,
    "status": shape(r"open|complete|expired"),
    "payment_status": shape(r"paid|unpaid|no_payment_required"),
    "currency": CURRENCY,
    "amount_total": MINOR,
}
PAYMENT = {
    "id": INTENT,
    "status": shape(r"[a-z_]{4,30}"),
    "amount_received": MINOR,
    "currency": CURRENCY,
}
CHARGE = {"created": MOMENT}
BOOKED = {"fee": MINOR, "currency": CURRENCY}
CASE = {
    "id": shape(r"(dp|du|pdp)_[A-Za-z0-9]{10,40}"),
    "amount": MINOR,
    "currency": CURRENCY,
    "status": shape(r"[a-z_]{3,30}"),
    "reason": shape(r"[a-z_]{3,40}"),
    "created": MOMENT,
}
REFUND = {
    "id": shape(r"(re|pyr)_[A-Za-z0-9]{10,40}"),
    "status": shape(r"succeeded|pending|requires_action|failed|canceled"),
    "amount": MINOR,
    "currency": CURRENCY,
}
EVENT = {"id": shape(r"evt_[A-Za-z0-9]{10,40}"), "type": shape(r"[a-z_.]{3,80}")}
TOLD = {
    "id": shape(r"[a-z]{2,4}_[A-Za-z0-9_]{10,90}"),
    "object": shape(r"[a-z_.]{3,40}"),
    "client_reference_id": OURS,
    "payment_status": SESSION["payment_status"],
    "payment_intent": INTENT,
}
ATTEMPT = {"attempt": OURS}

REFUNDED = {
    "succeeded": Outcome.REFUNDED,
    "pending": Outcome.PENDING,
    "requires_action": Outcome.PENDING,
    "failed": Outcome.FAILED,
    "canceled": Outcome.FAILED,
}
CASES = {
    "warning_needs_response": DisputeState.ASKED,
    "warning_under_review": DisputeState.ASKED,
    "warning_closed": DisputeState.WON,
    "prevented": DisputeState.WON,
    "needs_response": DisputeState.TAKEN,
    "under_review": DisputeState.TAKEN,
    "appeal_needs_response": DisputeState.TAKEN,
    "appeal_under_review": DisputeState.TAKEN,
    "won": DisputeState.WON,
    "lost": DisputeState.LOST,
}
REASONS = frozenset({
    "bank_cannot_process", "check_returned", "credit_not_processed", "customer_initiated", "debit_not_authorized",
    "duplicate", "fraudulent", "general", "incorrect_account_details", "insufficient_funds", "noncompliant",
    "product_not_received", "product_unacceptable", "subscription_canceled", "unrecognized",
})  # fmt: skip
CLAIMS = {
    "checkout.session.async_payment_succeeded": Outcome.PAID,
    "checkout.session.async_payment_failed": Outcome.FAILED,
    "checkout.session.expired": Outcome.EXPIRED,
    "payment_intent.succeeded": Outcome.PAID,
    "charge.succeeded": Outcome.PAID,
}
OVER = frozenset({"requires_payment_method", "canceled"})


def verdict(session: Object, cases: Sequence[Object], asked: Refs) -> Verdict:
    """What a retrieved session means, with its cases. Raises AnswerNotUnderstood."""
    kept = keep_declared(session, SESSION)
    intent = inner(session, "payment_intent")
    live = session.get("livemode") is True
    refs = _refs(kept, intent)
    if kept.get("payment_status") == "paid":
        return _paid(kept, intent, cases, refs, live=live)
    outcome = _unpaid(kept, intent)
    return Verdict(outcome, replace(refs, ours=asked.ours), live=live, final=outcome is not Outcome.PENDING)


def _refs(kept: Mapping[str, str], intent: Object) -> Refs:
    return Refs(
        ours=kept.get("client_reference_id", ""),
        page=kept.get("id"),
        txn=keep_declared(intent, PAYMENT).get("id"),
    )


def _unpaid(kept: Mapping[str, str], intent: Object) -> Outcome:
    """A page that is complete and unpaid waits for a slow way of paying, or that way has failed."""
    match kept.get("status"):
        case "open":
            return Outcome.PENDING
        case "expired":
            return Outcome.EXPIRED
        case "complete":
            over = keep_declared(intent, PAYMENT).get("status") in OVER
            return Outcome.FAILED if over else Outcome.PENDING
        case _:
            raise AnswerNotUnderstood("a session without its state")


def _paid(kept: Mapping[str, str], intent: Object, cases: Sequence[Object], refs: Refs, *, live: bool) -> Verdict:
    charge = inner(intent, "latest_charge")
    payment, charged = keep_declared(intent, PAYMENT), keep_declared(charge, CHARGE)
    try:
        if payment["status"] != "succeeded":
            raise AnswerNotUnderstood("paid, and its payment has not succeeded")
        received = amount_in(payment, "amount_received")
        total = amount_in(kept, "amount_total")
        at = moment_in(charged, "created")
    except KeyError:
        raise AnswerNotUnderstood("a paid payment lacks a field") from None
    if total != received:
        raise AnswerNotUnderstood("the page and its payment tell different amounts")
    return Verdict(
        Outcome.PAID,
        refs,
        amount=received,
        fee=_fee(charge, received.currency),
        at=at,
        live=live,
        final=True,
        disputes=(*map(case_of, cases), *map(case_of_refund, _strangers(charge))),
    )


def _fee(charge: Object, currency: str) -> Money | None:
    booked = keep_declared(inner(charge, "balance_transaction"), BOOKED)
    return money(booked["fee"], currency) if booked.get("currency") == currency.lower() and "fee" in booked else None


def case_of(case: Object) -> Dispute:
    """One dispute. Raises AnswerNotUnderstood, also for a state that is on no list of ours."""
    kept = keep_declared(case, CASE)
    movements = case.get("balance_transactions")
    try:
        amount = amount_in(kept, "amount")
        return Dispute(
            key=kept["id"],
            amount=amount,
            fee=_case_fee(movements if isinstance(movements, list) else [], amount.currency),
            state=CASES[kept["status"]],
            reason=kept["reason"] if kept["reason"] in REASONS else "general",
            opened_at=moment_in(kept, "created"),
            answer_by=_answer_by(case),
        )
    except KeyError:
        raise AnswerNotUnderstood("a dispute lacks a field") from None


def case_of_refund(refund: Object) -> Dispute:
    """A refund that was made in Stripe's panel, as a case: lost, or won where the bank sent it back."""
    kept = keep_declared(refund, REFUND | {"created": MOMENT})
    try:
        amount, gone = amount_in(kept, "amount"), REFUNDED[kept["status"]] is not Outcome.FAILED
        state = DisputeState.LOST if gone else DisputeState.WON
        nothing = Money.zero(amount.currency)
        return Dispute(kept["id"], amount, nothing, state, "given_back", opened_at=moment_in(kept, "created"))
    except KeyError:
        raise AnswerNotUnderstood("a refund lacks a field") from None


def is_stranger(refund: Object) -> bool:
    """Whether somebody made this refund in the panel, and not we."""
    return "refund" not in inner(refund, "metadata")


def _strangers(charge: Object) -> list[Object]:
    listed = inner(charge, "refunds").get("data")
    return [each for each in listed if isinstance(each, dict) and is_stranger(each)] if isinstance(listed, list) else []


def _case_fee(movements: Sequence[object], currency: str) -> Money:
    """What the bank keeps for the case. A fee that was given back counts below zero, so the sum is what stands."""
    total = 0
    for each in movements:
        fee = each.get("fee") if isinstance(each, dict) and each.get("currency") == currency.lower() else 0
        total += fee if isinstance(fee, int) and not isinstance(fee, bool) else 0
    return Money(max(total, 0), currency)


def _answer_by(case: Object) -> datetime | None:
    due = keep_declared(inner(case, "evidence_details"), {"due_by": MOMENT})
    return moment_in(due, "due_by") if due else None


def refund_verdict(refund: Object, refs: Refs, *, live: bool) -> Verdict:
    """What a refund has come to; its own number stands in `refs.trace`. Raises AnswerNotUnderstood."""
    kept = keep_declared(refund, REFUND)
    try:
        outcome, numbered = REFUNDED[kept["status"]], replace(refs, trace=kept["id"])
        given = amount_in(kept, "amount")
    except KeyError:
        raise AnswerNotUnderstood("a refund lacks a field") from None
    return Verdict(outcome, numbered, amount=given, live=live, final=outcome is not Outcome.PENDING)


def event_of(event: Object) -> tuple[str, Refs | None, Outcome | None]:
    """An event's own id, the payment it is about as far as it says, and what it claims. Raises AnswerNotUnderstood."""
    kept, about = keep_declared(event, EVENT), inner(inner(event, "data"), "object")
    if kept.keys() != EVENT.keys() or event.get("object") != "event":
        raise AnswerNotUnderstood("no event")
    # An expanded intent would be an object; in an event it is always its id.
    told = keep_declared({name: about.get(name) for name in TOLD}, TOLD)
    ours = told.get("client_reference_id") or attempt_of(about)
    page = told.get("id") if told.get("object") == "checkout.session" else None
    intent = told.get("id") if told.get("object") == "payment_intent" else told.get("payment_intent")
    refs = Refs(ours=ours, page=page, txn=intent) if ours or intent else None
    return kept["id"], refs, _claim(kept["type"], told)


def _claim(type_: str, told: Mapping[str, str]) -> Outcome | None:
    if type_ == "checkout.session.completed":
        return Outcome.PAID if told.get("payment_status") == "paid" else Outcome.PENDING
    if type_.startswith("charge.dispute."):
        return Outcome.REVERSED
    if type_ == "charge.refunded" or type_.startswith(("refund.", "charge.refund.")):
        return Outcome.REFUNDED
    return CLAIMS.get(type_)


def attempt_of(about: Object) -> str:
    """Our order number among an object's notes; empty when it bears none, or one that is not ours."""
    noted = inner(about, "metadata").get("attempt")
    return noted if isinstance(noted, str) and OURS.pattern.fullmatch(noted) else ""


def inner(holder: Object, name: str) -> Object:
    """The object in a field; an empty one when there is none, or only its id."""
    found = holder.get(name)
    return found if isinstance(found, dict) else {}


def amount_in(kept: Mapping[str, str], name: str) -> Money:
    """An amount beside its currency; Stripe's smallest units are ours. Raises AnswerNotUnderstood, KeyError."""
    return money(kept[name], kept["currency"].upper())


def moment_in(kept: Mapping[str, str], name: str) -> datetime:
    """Seconds since 1970 as a moment. Raises KeyError."""
    return datetime.fromtimestamp(int(kept[name]), UTC)
