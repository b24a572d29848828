"""Zarinpal's counter at the bank: its published protocol (v4 JSON), spoken over the bank's own books.

A page is known by its authority, an amount is in rial, a verified payment answers with a masked card and the card's
hash as the original does, and money that nobody verified stays here. What is refused comes with status 422 and its
code in `errors`. There are no notices.
"""

import json
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Annotated
from uuid import uuid4

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, JSONBody

from marketplace.foundation.money import Money
from web.bank import rules
from web.bank.api import Answer, BankRequest, faulty, the_bank
from web.bank.counter import Bank, NotThere
from web.bank.papers import Back, Merchant, Order, Payment, with_query

CURRENCY = "IRR"
TERMINAL = "ZP"
PAGE_LIVES = timedelta(minutes=30)
REVERSE_WITHIN = timedelta(minutes=30)
LEAST = 1_000
CARD = {"card_pan": "502229******5995", "card_hash": "1EBE3EBEBE35C7EC0F8D6EE4F2F859107A87822CA179BC9528767EA7B5489B69"}

WELL, WELL_BEFORE = 100, 101
BAD_INPUT, NO_TERMINAL, OTHER_AMOUNT, NOT_PAID, NO_SESSION, NOT_REVERSIBLE, TOO_LATE = -9, -10, -50, -51, -54, -61, -63
STATES = {
    "open": "IN_BANK",
    "paid": "PAID",
    "declined": "FAILED",
    "cancelled": "FAILED",
    "expired": "FAILED",
    "reversed": "REVERSED",
    "refunded": "REVERSED",
}


class ZarinpalManner:
    """Keeps what nobody verified, sends no notices, and lets the browser say OK or NOK."""

    gives_back = False

    def back(self, payment: Payment, merchant: Merchant) -> Back:
        status = "OK" if payment.state == "paid" else "NOK"
        return Back(with_query(payment.return_url, {"Authority": authority_of(payment), "Status": status}))

    def notice(self, payment: Payment, merchant: Merchant, claim: str) -> str | None:
        return None


class Refusal(Exception):
    """What Zarinpal answers with a code below zero."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class Asking(msgspec.Struct, frozen=True):
    """POST request.json"""

    merchant_id: Annotated[str, msgspec.Meta(max_length=36)]
    amount: int
    description: Annotated[str, msgspec.Meta(max_length=500)]
    callback_url: Annotated[str, msgspec.Meta(pattern=r"^https?://", max_length=500)]
    currency: str = "IRR"
    metadata: Mapping[str, str] = {}


class About(msgspec.Struct, frozen=True):
    """POST verify.json, inquiry.json, reverse.json and unVerified.json"""

    merchant_id: Annotated[str, msgspec.Meta(max_length=36)]
    authority: Annotated[str, msgspec.Meta(max_length=40)] = ""
    amount: int = 0


def authority_of(payment: Payment) -> str:
    """36 characters; those of the practice service begin with S."""
    return "S" + "0" * 11 + payment.token.removeprefix("tk")


@post("/pg/v4/payment/request.json", status_code=200, sync_to_thread=True)
def request_page(request: BankRequest, data: JSONBody[Asking]) -> Answer:
    bank = the_bank(request)

    def open_page(merchant: Merchant) -> Mapping[str, object]:
        if data.amount < LEAST or data.currency not in {"IRR", "IRT"}:
            raise Refusal(BAD_INPUT)
        rial = data.amount * (10 if data.currency == "IRT" else 1)
        order = Order(
            uuid4().hex, Money(rial, CURRENCY), data.description, data.callback_url, "", bank.now() + PAGE_LIVES
        )
        payment = bank.request(merchant, order)
        return {
            "code": WELL,
            "message": "Success",
            "authority": authority_of(payment),
            "fee_type": "Merchant",
            "fee": 0,
        }

    return _answer(bank, data.merchant_id, "request", open_page)


@post("/pg/v4/payment/verify.json", status_code=200, sync_to_thread=True)
def verify(request: BankRequest, data: JSONBody[About]) -> Answer:
    bank = the_bank(request)

    def commit(merchant: Merchant) -> Mapping[str, object]:
        payment = _find(bank, merchant, data.authority)
        if payment.state != "paid":
            raise Refusal(NOT_PAID)
        if data.amount != _shown(payment, merchant):
            raise Refusal(OTHER_AMOUNT)
        payment, first = bank.verify(payment, payment.amount.minor)
        other = bank.another(payment) if merchant.faults.foreign else None
        number = int((other or payment).tracking or 0)
        told = {"code": WELL if first else WELL_BEFORE, "message": "Verified", "ref_id": number, "fee_type": "Merchant"}
        careless = {"card_number": rules.CARD_LIKE, "holder": "R KHATUN"} if merchant.faults.extra_card_fields else {}
        return told | {"fee": 0} | CARD | careless

    return _answer(bank, data.merchant_id, "verify", commit)


@post("/pg/v4/payment/inquiry.json", status_code=200, sync_to_thread=True)
def inquire(request: BankRequest, data: JSONBody[About]) -> Answer:
    bank = the_bank(request)

    def look(merchant: Merchant) -> Mapping[str, object]:
        payment = _find(bank, merchant, data.authority)
        status = "VERIFIED" if payment.state == "paid" and payment.verified else STATES[payment.state]
        return {"code": WELL, "message": "Success", "status": status}

    return _answer(bank, data.merchant_id, "verify", look)


@post("/pg/v4/payment/unVerified.json", status_code=200, sync_to_thread=True)
def unverified(request: BankRequest, data: JSONBody[About]) -> Answer:
    bank = the_bank(request)

    def listed(merchant: Merchant) -> Mapping[str, object]:
        held = [
            {
                "authority": authority_of(payment),
                "amount": _shown(payment, merchant),
                "callback_url": payment.return_url,
                "referer": "/",
                "date": f"{payment.paid_at:%Y-%m-%d %H:%M:%S}",
            }
            for payment in bank.unverified(merchant)
        ]
        return {"code": str(WELL), "message": "Success", "authorities": held}

    return _answer(bank, data.merchant_id, "unverified", listed)


@post("/pg/v4/payment/reverse.json", status_code=200, sync_to_thread=True)
def reverse(request: BankRequest, data: JSONBody[About]) -> Answer:
    bank = the_bank(request)

    def give_back(merchant: Merchant) -> Mapping[str, object]:
        payment = _find(bank, merchant, data.authority)
        if payment.state != "paid" or payment.paid_at is None:
            raise Refusal(NOT_REVERSIBLE)
        if bank.now() > payment.paid_at + REVERSE_WITHIN:
            raise Refusal(TOO_LATE)
        bank.verify(payment, payment.amount.minor)
        bank.refund(payment, key=data.authority, amount=payment.amount.minor)
        return {"code": WELL, "message": "Reversed"}

    return _answer(bank, data.merchant_id, "refund", give_back)


@get("/pg/StartPay/{authority:str}", sync_to_thread=False)
def start_pay(authority: FromPath[str]) -> Response[bytes]:
    """The way to the bank's page."""
    return Response(b"", status_code=302, headers={"location": f"/pay/{_token(authority)}"})


def _token(authority: str) -> str:
    return "tk" + authority[12:]


def _find(bank: Bank, merchant: Merchant, authority: str) -> Payment:
    payment = bank.find(merchant, token=_token(authority), reference="") if len(authority) == 36 else None
    if payment is None:
        raise Refusal(NO_SESSION)
    return payment


def _shown(payment: Payment, merchant: Merchant) -> int:
    return payment.amount.minor + merchant.faults.amount_off


def _answer(bank: Bank, merchant: str, call: str, work: Callable[[Merchant], Mapping[str, object]]) -> Answer:
    """As Zarinpal answers: what was done in `data`, a refusal in `errors`."""
    try:
        found = bank.merchant(merchant)
    except NotThere:
        return _refused(Refusal(NO_TERMINAL))
    if not isinstance(found.manner, ZarinpalManner):
        return _refused(Refusal(NO_TERMINAL))
    try:
        return faulty(found.faults, call, lambda: {"data": work(found), "errors": []})
    except Refusal as refusal:
        return _refused(refusal)


def _refused(refusal: Refusal) -> Answer:
    told = {"data": [], "errors": {"code": refusal.code, "message": "Refused", "validations": []}}
    return Response(json.dumps(told).encode(), media_type="application/json", status_code=422)


ROUTES = [request_page, verify, inquire, unverified, reverse, start_pay]
