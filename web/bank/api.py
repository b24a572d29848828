"""What merchants' machines ask: open a page, verify, inquire, list, give back, report; and the switches for faults."""

import hmac
import json
import time
from collections.abc import Callable, Mapping
from datetime import date
from typing import Annotated

import msgspec
from litestar import Request, Response, post
from litestar.datastructures import State
from litestar.exceptions import ClientException, NotAuthorizedException
from litestar.params import JSONBody

from marketplace.foundation.money import EXPONENTS, Money
from web.bank import reports, rules
from web.bank.counter import Bank, NotThere, OrderTaken
from web.bank.papers import Merchant, Order, Payment
from web.bank.rules import Faults

Text = Annotated[str, msgspec.Meta(max_length=500)]
BankRequest = Request[None, None, State]
Answer = Response[bytes]


class Asking(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """POST /pay/request"""

    merchant: Text
    order: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_-]{1,40}$")]
    amount: Annotated[int, msgspec.Meta(gt=0, lt=10**12)]
    currency: Annotated[str, msgspec.Meta(pattern=r"^[A-Z]{3}$")]
    return_url: Annotated[str, msgspec.Meta(pattern=r"^https?://", max_length=500)]
    notify_url: Annotated[str, msgspec.Meta(pattern=r"^https?://", max_length=500)]
    expires_at: Text
    label: Text = ""


class About(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """POST /pay/verify and /pay/inquire: a payment by its page or, without one, by its order number."""

    merchant: Text
    order: Text
    token: Text = ""
    amount: int = 0


class GiveBack(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """POST /pay/refund"""

    merchant: Text
    key: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_-]{1,40}$")]
    order: Text
    amount: Annotated[int, msgspec.Meta(gt=0)]


class Listing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """POST /pay/unverified"""

    merchant: Text
    since: Text = ""
    until: Text = ""


class Report(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """POST /reports/settlement and /reports/statement; `currency` for the statement only."""

    merchant: Text
    day: Annotated[str, msgspec.Meta(pattern=r"^\d{4}-\d\d-\d\d$")]
    currency: str = "BDT"


class Switches(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """POST /-/faults"""

    merchant: Text
    faults: Faults


class ClockMove(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """POST /-/clock"""

    merchant: Text
    advance_seconds: float


def the_bank(request: BankRequest) -> Bank:
    bank = request.app.state["bank"]
    assert isinstance(bank, Bank)
    return bank


def _merchant(request: BankRequest, id: str) -> Merchant:
    """The merchant that sends this, by its secret."""
    try:
        found = the_bank(request).merchant(id)
    except NotThere:
        raise NotAuthorizedException from None
    given = request.headers.get("authorization", "")
    if not hmac.compare_digest(given.encode(), f"Bearer {found.secret}".encode()):
        raise NotAuthorizedException
    return found


@post("/pay/request", status_code=200, sync_to_thread=True)
def request_payment(request: BankRequest, data: JSONBody[Asking]) -> Answer:
    merchant = _merchant(request, data.merchant)
    if data.currency not in EXPONENTS:
        raise ClientException("currency")
    try:
        expires_at = rules.utc(data.expires_at)
    except ValueError:
        raise ClientException("expires_at") from None
    order = Order(
        data.order, Money(data.amount, data.currency), data.label, data.return_url, data.notify_url, expires_at
    )

    def open_page() -> Mapping[str, object]:
        try:
            payment = the_bank(request).request(merchant, order)
        except OrderTaken:
            raise ClientException("order", status_code=409) from None
        return {"token": payment.token, "url": f"{request.app.state['url']}/pay/{payment.token}"}

    return faulty(merchant.faults, "request", open_page)


@post("/pay/verify", status_code=200, sync_to_thread=True)
def verify(request: BankRequest, data: JSONBody[About]) -> Answer:
    merchant, bank = _merchant(request, data.merchant), the_bank(request)

    def commit() -> Mapping[str, object]:
        payment = bank.find(merchant, token=data.token, reference=data.order)
        if payment is None:
            return {"status": "not_paid", "state": "unknown", "mode": "test"}
        payment, first = bank.verify(payment, data.amount)
        status = "first" if first else "already" if payment.verified else "not_paid"
        return _told(bank, merchant, payment, status)

    return faulty(merchant.faults, "verify", commit)


@post("/pay/inquire", status_code=200, sync_to_thread=True)
def inquire(request: BankRequest, data: JSONBody[About]) -> Answer:
    merchant, bank = _merchant(request, data.merchant), the_bank(request)
    payment = bank.find(merchant, token=data.token, reference=data.order)
    if payment is None:
        return faulty(merchant.faults, "", lambda: {"status": "not_paid", "state": "unknown", "mode": "test"})
    status = "already" if payment.verified else "not_paid"
    return faulty(merchant.faults, "", lambda: _told(bank, merchant, payment, status))


@post("/pay/unverified", status_code=200, sync_to_thread=True)
def unverified(request: BankRequest, data: JSONBody[Listing]) -> Answer:
    merchant, bank = _merchant(request, data.merchant), the_bank(request)

    def listed() -> Mapping[str, object]:
        return {"payments": [_references(payment, merchant) for payment in bank.unverified(merchant)]}

    return faulty(merchant.faults, "unverified", listed)


@post("/pay/refund", status_code=200, sync_to_thread=True)
def refund(request: BankRequest, data: JSONBody[GiveBack]) -> Answer:
    merchant, bank = _merchant(request, data.merchant), the_bank(request)

    def give_back() -> Mapping[str, object]:
        payment = bank.find(merchant, token="", reference=data.order)
        done = payment is not None and bank.refund(payment, key=data.key, amount=data.amount)
        currency = payment.amount.currency if payment else ""
        return {"status": "refunded" if done else "refused", "amount": data.amount, "currency": currency}

    return faulty(merchant.faults, "refund", give_back)


@post("/reports/settlement", status_code=200, sync_to_thread=True)
def settlement_report(request: BankRequest, data: JSONBody[Report]) -> Answer:
    merchant = _merchant(request, data.merchant)
    return _csv(reports.settlement(the_bank(request), merchant, _day(data)))


@post("/reports/statement", status_code=200, sync_to_thread=True)
def statement_report(request: BankRequest, data: JSONBody[Report]) -> Answer:
    merchant = _merchant(request, data.merchant)
    if data.currency not in EXPONENTS:
        raise ClientException("currency")
    return _csv(reports.statement(the_bank(request), merchant, _day(data), data.currency))


@post("/-/faults", status_code=200, sync_to_thread=True)
def set_faults(request: BankRequest, data: JSONBody[Switches]) -> Faults:
    merchant = _merchant(request, data.merchant)
    the_bank(request).set_faults(merchant.id, data.faults)
    return data.faults


@post("/-/clock", status_code=200, sync_to_thread=True)
def move_clock(request: BankRequest, data: JSONBody[ClockMove]) -> dict[str, str]:
    _merchant(request, data.merchant)
    the_bank(request).move_clock(data.advance_seconds)
    return {"now": the_bank(request).now().isoformat()}


def _references(payment: Payment, merchant: Merchant) -> dict[str, object]:
    return {
        "token": payment.token,
        "order": payment.reference,
        "transaction": payment.number or "",
        "tracking": payment.tracking or "",
        "trace": payment.trace or "",
        "terminal": merchant.terminal,
    }


def _told(bank: Bank, merchant: Merchant, payment: Payment, status: str) -> dict[str, object]:
    """What the bank says of a payment, as this merchant's faults would have it."""
    faults = merchant.faults
    told = _references(payment, merchant) | {
        "status": status,
        "state": payment.state,
        "amount": payment.amount.minor + faults.amount_off,
        "currency": faults.currency or payment.amount.currency,
        "fee": payment.fee.minor if payment.fee else 0,
        "paid_at": payment.paid_at.isoformat() if payment.paid_at else "",
        "financial_day": payment.day or "",
        "mode": "live" if faults.live else "test",
    }
    other = bank.another(payment) if faults.foreign else None
    if other is not None:
        foreign = _references(other, merchant)
        names = (
            ("order", "transaction", "tracking", "trace") if faults.foreign == "order" else ("transaction", "tracking")
        )
        told |= {name: foreign[name] for name in names}
    if faults.extra_card_fields:
        told |= {"card_number": rules.CARD_LIKE, "masked_pan": "411111******1111", "card_hash": "c" * 64}
    return told


GARBLED = {
    "truncated": b'{"status": "first", "amou',
    "page": b"<html><body>Service is being maintained</body></html>",
    "latin": b'{"status": "\xe9\xff"}',
    "list": b'["first"]',
    "huge": b'{"status": "' + b"9" * 2_000_000 + b'"}',
}


def faulty(faults: Faults, call: str, work: Callable[[], Mapping[str, object]]) -> Answer:
    """Do the work and answer with it in JSON, unless the merchant's faults say that this answer is lost or spoilt."""
    concerned = faults.only in {"", call}
    if concerned and faults.timeout == "before":
        time.sleep(faults.hang_seconds)
        return _json(b'{"status": "gateway timeout"}', status_code=504)
    answer = work()
    if concerned and faults.timeout == "after":
        time.sleep(faults.hang_seconds)
        return _json(b'{"status": "gateway timeout"}', status_code=504)
    if concerned and faults.garbled:
        return _json(GARBLED[faults.garbled])
    return _json(json.dumps(answer).encode())


def _json(body: bytes, *, status_code: int = 200) -> Answer:
    return Response(body, media_type="application/json", status_code=status_code)


def _csv(body: bytes) -> Answer:
    return Response(body, media_type="text/csv")


def _day(data: Report) -> date:
    try:
        return date.fromisoformat(data.day)
    except ValueError:
        raise ClientException("day") from None


ROUTES = [
    request_payment,
    verify,
    inquire,
    unverified,
    refund,
    settlement_report,
    statement_report,
    set_faults,
    move_clock,
]
