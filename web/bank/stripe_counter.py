"""What the simulated Stripe does: pages, payments, refunds, disputes, payouts. Each act is one transaction."""

from web.bank.stripe_books import Act, Books
from web.bank.stripe_rules import (
    CURRENCIES,
    DISPUTE_FEE,
    LONGEST_PAGE,
    SHORTEST_PAGE,
    Decision,
    Doc,
    Refusal,
    fee_of,
    only,
    whole,
)

CREATE = (
    "mode", "client_reference_id", "metadata", "payment_intent_data", "line_items", "adaptive_pricing", "success_url",
    "cancel_url", "expires_at", "customer_email", "locale", "payment_method_types", "submit_type",
)  # fmt: skip

TYPES = {"dispute": "adjustment", "dispute_reversal": "adjustment"}


def open_page(act: Act, params: Doc, *, url: str) -> Doc:
    """A new Checkout page for one amount. Raises Refusal."""
    only(params, *CREATE)
    item = params.get("line_items", {}).get("0", {})
    price = item.get("price_data", {}) if isinstance(item, dict) else {}
    if params.get("mode") != "payment" or len(params.get("line_items", {})) != 1:
        raise Refusal(400, "This account sells one thing at a time.", param="line_items")
    currency, amount = str(price.get("currency", "")), whole(price, "unit_amount", least=1)
    if currency not in CURRENCIES:
        raise Refusal(400, f"Invalid currency: {currency}.", code="parameter_invalid", param="currency")
    if CURRENCIES[currency] == 3 and amount % 10:
        raise Refusal(400, "The last digit of the amount must be 0.", code="parameter_invalid_integer", param="amount")
    expires_at = whole(params, "expires_at") if "expires_at" in params else act.now() + LONGEST_PAGE
    if not SHORTEST_PAGE <= expires_at - act.now() <= LONGEST_PAGE:
        matter = "The `expires_at` timestamp must be between 30 minutes and 24 hours from Checkout Session creation."
        raise Refusal(400, matter, param="expires_at")
    session = act.add("cs_test", "checkout.session", {
        "mode": "payment", "status": "open", "payment_status": "unpaid", "amount_total": amount, "currency": currency,
        "amount_subtotal": amount, "client_reference_id": params.get("client_reference_id"),
        "metadata": params.get("metadata", {}), "success_url": params.get("success_url"),
        "cancel_url": params.get("cancel_url"), "expires_at": expires_at, "payment_intent": None, "customer": None,
        "label": str(price.get("product_data", {}).get("name", "")),
        "intent_metadata": params.get("payment_intent_data", {}).get("metadata", {}),
    }, length=58)  # fmt: skip
    session["url"] = f"{url}/pay/{session['id']}"
    if act.switches.forged:
        told = {**session, "status": "complete", "payment_status": "paid"}
        event = act.add("evt", "event", {"type": "checkout.session.completed", "data": {"object": told}})
        act.post(event["id"], due_at=act.exactly(), forged=True)
    return act.keep(session)


def settle_due(books: Books) -> None:
    """Close the pages whose time is over, and take the money that comes by slow ways."""
    with books.act() as act:
        for session in act.pages_to_close():
            expire(act, session)
        for intent in act.money_that_comes():
            settle_slow(act, intent, succeeds=True)


def expire(act: Act, session: Doc) -> Doc:
    if session["status"] != "open":
        raise Refusal(400, 'Only Checkout Sessions with a status in ["open"] can be expired.')
    act.keep({**session, "status": "expired"})
    act.happened("checkout.session.expired", {**session, "status": "expired"})
    return {**session, "status": "expired"}


def decide(act: Act, session: Doc, decision: Decision, *, has_money: bool) -> Doc:
    """What the payer chose. Only an open page takes a decision; a second one changes nothing."""
    if session["status"] != "open" or act.now() > session["expires_at"]:
        return session
    if decision in {"pay", "pay_and_close", "approve"} and has_money:
        return _complete(act, session, paid=True)
    if decision == "slow":
        return _complete(act, session, paid=False)
    if decision in {"pay", "pay_and_close", "approve", "decline", "refuse"}:
        intent = {"id": "pi_" + session["id"][-24:], "object": "payment_intent", "metadata": session["intent_metadata"]}
        act.happened("payment_intent.payment_failed", intent | {"status": "requires_payment_method"})
    return session


def settle_slow(act: Act, intent: Doc, *, succeeds: bool) -> Doc:
    """A slow way of paying has come to its end: the money is there, or it never will be."""
    session = next(each for each in act.all("checkout.session") if each["payment_intent"] == intent["id"])
    if intent["status"] == "succeeded" and succeeds:
        return session
    if intent["status"] != "processing":
        raise Refusal(400, "This payment waits for nothing.")
    if succeeds:
        _charge(act, intent)
        session = act.keep({**session, "payment_status": "paid"})
        act.happened("checkout.session.async_payment_succeeded", session)
        return session
    act.keep({**intent, "status": "requires_payment_method"})
    act.happened("payment_intent.payment_failed", {**intent, "status": "requires_payment_method"})
    act.happened("checkout.session.async_payment_failed", session)
    return session


def _complete(act: Act, session: Doc, *, paid: bool) -> Doc:
    amount, currency = session["amount_total"], session["currency"]
    late = session["expires_at"] + 1  # when the money of a slow way comes, unless somebody decides before
    intent = act.add("pi", "payment_intent", {
        "amount": amount, "amount_received": 0, "currency": currency, "status": "processing", "latest_charge": None,
        "metadata": session["intent_metadata"], "settles_at": late,
    })  # fmt: skip
    session = {**session, "status": "complete", "payment_intent": intent["id"]}
    act.happened("payment_intent.created", intent)
    if paid:
        session["payment_status"] = "paid"
        _charge(act, intent)
    act.keep(session)
    act.happened("checkout.session.completed", session)
    return session


def _charge(act: Act, intent: Doc) -> None:
    amount, currency = intent["amount"], intent["currency"]
    charge = act.add("ch", "charge", {
        "amount": amount, "currency": currency, "paid": True, "status": "succeeded", "captured": True,
        "amount_captured": amount, "amount_refunded": 0, "refunded": False, "disputed": False,
        "payment_intent": intent["id"], "metadata": intent["metadata"],
    })  # fmt: skip
    booked = _book(act, "charge", charge, amount, fee=fee_of(amount))
    charge = act.keep({**charge, "balance_transaction": booked["id"]})
    act.happened("charge.succeeded", charge)
    done = {**intent, "status": "succeeded", "amount_received": amount, "latest_charge": charge["id"]}
    act.happened("payment_intent.succeeded", act.keep(done))


def _book(act: Act, category: str, source: Doc, amount: int, *, fee: int) -> Doc:
    """A movement of our balance at Stripe."""
    return act.add("txn", "balance_transaction", {
        "type": TYPES.get(category, category), "reporting_category": category, "source": source["id"],
        "amount": amount, "fee": fee, "net": amount - fee, "currency": source["currency"],
        "available_on": act.now() + 2 * 86_400, "status": "pending", "payout": None, "fee_details": [],
    })  # fmt: skip


def refund(act: Act, params: Doc) -> Doc:
    """Give a charge back, whole or in part. Raises Refusal."""
    only(params, "payment_intent", "charge", "amount", "reason", "metadata")
    charge = charge_of(act, str(params.get("payment_intent", "")))
    left = charge["amount"] - charge["amount_refunded"]
    amount = whole(params, "amount", least=1) if "amount" in params else left
    if charge["disputed"]:
        raise Refusal(400, "Charge has been charged back; cannot issue a refund.", code="charge_disputed")
    if left == 0:
        raise Refusal(400, f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded")
    if amount > left:
        raise Refusal(400, "Refund amount is greater than unrefunded amount on charge", param="amount")
    given = act.add("re", "refund", {
        "amount": amount, "currency": charge["currency"], "charge": charge["id"], "status": "succeeded",
        "payment_intent": charge["payment_intent"], "metadata": params.get("metadata", {}),
        "reason": params.get("reason"),
    })  # fmt: skip
    booked = _book(act, "refund", given, -amount, fee=0)
    given = act.keep({**given, "balance_transaction": booked["id"]})
    back = charge["amount_refunded"] + amount
    charge = act.keep({**charge, "amount_refunded": back, "refunded": back == charge["amount"]})
    act.happened("refund.created", given)
    act.happened("charge.refunded", charge)
    return given


def dispute(act: Act, intent: str, *, amount: int | None, reason: str, warning: bool) -> Doc:
    """The payer's bank takes a payment back, or only asks about it. Raises Refusal."""
    charge = charge_of(act, intent)
    if charge["disputed"]:
        raise Refusal(400, "This charge is disputed already.")
    case = act.add("dp", "dispute", {
        "amount": amount or charge["amount"], "currency": charge["currency"], "charge": charge["id"],
        "payment_intent": charge["payment_intent"], "reason": reason, "evidence": {}, "metadata": {},
        "status": "warning_needs_response" if warning else "needs_response", "balance_transactions": [],
        "evidence_details": {"due_by": act.now() + 7 * 86_400}, "is_charge_refundable": warning,
    })  # fmt: skip
    act.keep({**charge, "disputed": True})
    if not warning:
        case["balance_transactions"] = [_book(act, "dispute", case, -case["amount"], fee=DISPUTE_FEE)]
        act.keep(case)
    act.happened("charge.dispute.created", case)
    if not warning:
        act.happened("charge.dispute.funds_withdrawn", case)
    return case


def close_dispute(act: Act, case: Doc, *, won: bool) -> Doc:
    """The bank has decided. Raises Refusal for a case that is closed."""
    if case["status"] == "warning_needs_response":
        case["status"] = "warning_closed"
    elif case["status"] not in {"needs_response", "under_review"}:
        raise Refusal(400, "This dispute is already closed.")
    elif won:
        case["status"] = "won"
        case["balance_transactions"].append(_book(act, "dispute_reversal", case, case["amount"], fee=-DISPUTE_FEE))
        act.happened("charge.dispute.funds_reinstated", case)
    else:
        case["status"] = "lost"
    act.happened("charge.dispute.closed", act.keep(case))
    return case


def answer_dispute(act: Act, case: Doc, params: Doc) -> Doc:
    """Evidence for a case; submitted, it is under review."""
    only(params, "evidence", "metadata", "submit")
    if case["status"] not in {"needs_response", "warning_needs_response"}:
        raise Refusal(400, "This dispute takes no evidence now.")
    case["evidence"] |= params.get("evidence", {})
    if params.get("submit", "true") == "true" and case["status"] == "needs_response":
        case["status"] = "under_review"
    act.happened("charge.dispute.updated", act.keep(case))
    return case


def pay_out(act: Act, currency: str, *, automatic: bool = True) -> Doc:
    """Send everything that is not paid out yet to our bank. By hand, nothing says what was in it. Raises Refusal."""
    waiting = [
        each for each in act.all("balance_transaction")
        if each["currency"] == currency and each["payout"] is None and each["type"] != "payout"
    ]  # fmt: skip
    total = sum(each["net"] for each in waiting)
    if total <= 0:
        raise Refusal(400, "You have insufficient funds in your account.", code="balance_insufficient")
    payout = act.add("po", "payout", {
        "amount": total, "currency": currency, "automatic": automatic, "arrival_date": act.now() // 86_400 * 86_400,
        "status": "paid", "method": "standard", "type": "bank_account", "metadata": {},
        "reconciliation_status": "completed" if automatic else "not_applicable",
    })  # fmt: skip
    own = _book(act, "payout", payout, -total, fee=0)
    for each in [*waiting, own]:
        act.keep({**each, "payout": payout["id"], "status": "available"})
    act.happened("payout.paid", payout)
    if automatic:
        act.happened("payout.reconciliation_completed", payout)
    return payout


def charge_of(act: Act, intent: str) -> Doc:
    """The charge of a payment. Raises Refusal."""
    found = act.find(intent, "payment_intent")["latest_charge"]
    if found is None:
        raise Refusal(400, "This PaymentIntent does not have a successful charge.", param="payment_intent")
    return act.find(found, "charge")
