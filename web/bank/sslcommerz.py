"""SSLCommerz's counter at the bank: its published protocol (v4), spoken over the bank's own books.

A session is known by `tran_id` and by its session key, a paid one by `val_id` and `bank_tran_id`; every answer carries
a masked card with its brand and issuer, as the original's do. Notices are forms signed with the store's password, and
the browser brings the same form back. One address serves for success, failure and cancelling.
"""

import csv
import hashlib
import io
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Annotated
from urllib.parse import urlencode

import msgspec
from litestar import Response, get, post
from litestar.exceptions import ClientException
from litestar.params import URLEncodedBody

from marketplace.foundation.money import Money
from web.bank import rules
from web.bank.api import Answer, BankRequest, faulty, the_bank
from web.bank.counter import Bank, NotThere, OrderTaken
from web.bank.papers import Back, Merchant, Order, Payment
from web.bank.reports import batch_of, lines
from web.bank.rules import in_major_units

CURRENCY = "BDT"
TERMINAL = "SSL"
PAGE_LIVES = timedelta(minutes=30)
CARD = {
    "card_type": "VISA-Dutch Bangla", "card_no": "418117" + "X" * 6 + "6675", "card_issuer": "TRUST BANK, LTD.",
    "card_brand": "VISA", "card_issuer_country": "Bangladesh", "card_issuer_country_code": "BD",
}  # fmt: skip
CLAIMS = {"paid": "VALID", "declined": "FAILED", "cancelled": "CANCELLED"}
STATES = {"declined": "FAILED", "cancelled": "CANCELLED", "expired": "EXPIRED"}
SETTLEMENT = (
    "tran_id", "bank_tran_id", "type", "card_no", "amount", "store_amount", "currency", "batch", "refund_ref_id",
    "settled_on",
)  # fmt: skip
NO_STORE = {"APIConnect": "INVALID_REQUEST"}
Word = Annotated[str, msgspec.Meta(max_length=500)]


class SslcommerzManner:
    """Keeps what nobody validated, and tells the same in a notice and in the browser's form."""

    gives_back = False

    def back(self, payment: Payment, merchant: Merchant) -> Back:
        return Back(payment.return_url, "POST", _signed(payment, merchant, payment.state))

    def notice(self, payment: Payment, merchant: Merchant, claim: str) -> str | None:
        return urlencode(_signed(payment, merchant, claim))


class Session(msgspec.Struct, frozen=True):
    """POST gwprocess/v4/api.php: what the document calls mandatory."""

    store_id: Word
    store_passwd: Word
    total_amount: Word
    currency: Annotated[str, msgspec.Meta(pattern=r"^[A-Z]{3}$")]
    tran_id: Annotated[str, msgspec.Meta(pattern=r"^[0-9A-Za-z_-]{1,30}$")]
    success_url: Annotated[str, msgspec.Meta(pattern=r"^https?://", max_length=255)]
    fail_url: Annotated[str, msgspec.Meta(pattern=r"^https?://", max_length=255)]
    cancel_url: Annotated[str, msgspec.Meta(pattern=r"^https?://", max_length=255)]
    cus_name: Word
    cus_email: Word
    cus_add1: Word
    cus_city: Word
    cus_country: Word
    cus_phone: Word
    shipping_method: Word
    product_name: Word
    product_category: Word
    product_profile: Word
    ipn_url: Annotated[str, msgspec.Meta(max_length=255)] = ""


@post("/gwprocess/v4/api.php", status_code=200, sync_to_thread=True)
def open_session(request: BankRequest, data: URLEncodedBody[Session]) -> Answer:
    bank = the_bank(request)

    def open_page(merchant: Merchant) -> Mapping[str, object]:
        amount = _amount(data.total_amount)
        if data.currency != CURRENCY or amount is None or len({data.success_url, data.fail_url, data.cancel_url}) > 1:
            return {"status": "FAILED", "failedreason": "Invalid Information"}
        order = Order(data.tran_id, amount, data.product_name, data.success_url, data.ipn_url, bank.now() + PAGE_LIVES)
        try:
            payment = bank.request(merchant, order)
        except OrderTaken:
            return {"status": "FAILED", "failedreason": "Duplicate tran_id"}
        key = payment.token.removeprefix("tk").upper()
        url = f"{request.app.state['url']}/gwprocess/v4/gw.php?Q=PAY&SESSIONKEY={key}"
        return {"status": "SUCCESS", "failedreason": "", "sessionkey": key, "GatewayPageURL": url, "desc": []}

    refused = {"status": "FAILED", "failedreason": "Store Credential Error Or Store is De-active"}
    return _answer(bank, (data.store_id, data.store_passwd), "request", open_page, refused)


@get("/gwprocess/v4/gw.php", sync_to_thread=False)
def hosted_page(request: BankRequest) -> Response[bytes]:
    """The way to the bank's page."""
    return Response(b"", status_code=302, headers={"location": f"/pay/tk{_said(request, 'SESSIONKEY').lower()}"})


@get("/validator/api/validationserverAPI.php", sync_to_thread=True)
def validate(request: BankRequest) -> Answer:
    bank, val_id = the_bank(request), _said(request, "val_id")

    def commit(merchant: Merchant) -> Mapping[str, object]:
        payment = bank.by_number(merchant, val_id[12:])
        if payment is None or _val_id(payment) != val_id:
            return {"status": "INVALID_TRANSACTION", "APIConnect": "DONE"}
        payment, first = bank.verify(payment, payment.amount.minor)
        told = _paid(payment, merchant) | {"status": "VALID" if first else "VALIDATED", "APIConnect": "DONE"}
        other = bank.another(payment) if merchant.faults.foreign == "numbers" else None
        return told if other is None else told | {"val_id": _val_id(other), "bank_tran_id": _bank_tran_id(other)}

    return _answer(bank, _credentials(request), "verify", commit, NO_STORE)


@get("/validator/api/merchantTransIDvalidationAPI.php", sync_to_thread=True)
def inquire(request: BankRequest) -> Answer:
    """Three questions at one address, told apart by what is asked for, as the original does."""
    bank, store = the_bank(request), _credentials(request)
    tran_id, refund = _said(request, "tran_id"), _said(request, "refund_ref_id")
    if tran_id:
        return _answer(bank, store, "verify", lambda merchant: _found(bank, merchant, tran_id), NO_STORE)
    if refund:
        return _answer(bank, store, "refund", lambda merchant: _refund_state(bank, merchant, refund), NO_STORE)
    return _answer(bank, store, "refund", lambda merchant: _give_back(request, bank, merchant), NO_STORE)


@get("/-/sslcommerz/settlement", sync_to_thread=True)
def settlement(request: BankRequest) -> Answer:
    """What the panel lets a store download: two lines of title, the heading, the day's payments and refunds."""
    bank = the_bank(request)
    merchant = _store(bank, *_credentials(request))
    try:
        day = date.fromisoformat(_said(request, "day"))
    except ValueError:
        raise ClientException("day") from None
    if merchant is None:
        raise ClientException("store")
    written = io.StringIO(newline="")
    writer = csv.writer(written)
    writer.writerows([["Settlement Report"], [f"Store: {merchant.name}"], SETTLEMENT])
    with bank.store.act() as books:
        found = lines(books, merchant, day, CURRENCY)
    for line in found:
        payment = bank.by_number(merchant, line["number"])
        assert payment is not None
        gross, fee = Money(line["gross"], CURRENCY), Money(line["fee"], CURRENCY)
        numbers = [line["reference"], _bank_tran_id(payment), line["kind"], CARD["card_no"]]
        amounts = [in_major_units(gross), in_major_units(gross - fee), CURRENCY]
        refund = line["line"].replace("-", "") if line["kind"] == "refund" else ""
        writer.writerow([*numbers, *amounts, batch_of(merchant, day, CURRENCY), refund, line["day"]])
    return Response(written.getvalue().encode(), media_type="text/csv")


def _give_back(request: BankRequest, bank: Bank, merchant: Merchant) -> Mapping[str, object]:
    key, number = _said(request, "refund_trans_id"), _said(request, "bank_tran_id")
    payment, amount = bank.by_number(merchant, number[15:]), _amount(_said(request, "refund_amount"))
    known = bank.refund_line(merchant, key=key)
    if payment is None or amount is None or not bank.refund(payment, key=key, amount=amount.minor):
        return {"APIConnect": "DONE", "bank_tran_id": number, "status": "failed", "errorReason": "amount"}
    reference = (bank.refund_line(merchant, key=key) or "").replace("-", "")
    status = "processing" if known else "success"
    return {"APIConnect": "DONE", "bank_tran_id": number, "refund_ref_id": reference, "status": status}


def _found(bank: Bank, merchant: Merchant, tran_id: str) -> Mapping[str, object]:
    """The payment of an order number; none as long as nobody has tried to pay."""
    payment = bank.find(merchant, token="", reference=tran_id)
    if payment is None or payment.state == "open":
        return {"APIConnect": "DONE", "no_of_trans_found": 0, "element": []}
    if payment.number is None:
        element: dict[str, object] = {
            "status": STATES[payment.state],
            "tran_id": tran_id,
            "val_id": "",
            "error": "not paid",
        }
    else:
        other = bank.another(payment) if merchant.faults.foreign == "order" else None
        element = _paid(payment, merchant) | {"status": "VALIDATED" if payment.verified else "VALID"}
        element |= {"val_id": _val_id(other)} if other is not None else {}
    return {"APIConnect": "DONE", "no_of_trans_found": 1, "element": [element]}


def _refund_state(bank: Bank, merchant: Merchant, reference: str) -> Mapping[str, object]:
    known = bank.refund_line(merchant, line=f"{reference[:12]}-{reference[12:]}")
    return {"APIConnect": "DONE", "refund_ref_id": reference, "status": "refunded" if known else "cancelled"}


def _paid(payment: Payment, merchant: Merchant) -> dict[str, object]:
    """What is told of a paid payment, as this store's faults would have it."""
    faults, currency = merchant.faults, merchant.faults.currency or CURRENCY
    shown = Money(payment.amount.minor + faults.amount_off, CURRENCY)
    told: dict[str, object] = {
        "tran_date": f"{payment.paid_at.astimezone(rules.DHAKA):%Y-%m-%d %H:%M:%S}" if payment.paid_at else "",
        "tran_id": payment.reference,
        "val_id": _val_id(payment),
        "amount": in_major_units(shown),
        "store_amount": in_major_units(shown - rules.fee_of(payment.amount)),
        "currency": currency,
        "bank_tran_id": _bank_tran_id(payment),
        "currency_type": currency,
        "currency_amount": in_major_units(shown),
        "currency_rate": "1.0000",
        "base_fair": "0.00",
        "risk_level": "1" if faults.risky else "0",
        "risk_title": "High Risk" if faults.risky else "Safe",
    }
    careless = {"card_number": rules.CARD_LIKE, "holder": "R KHATUN"} if faults.extra_card_fields else {}
    return told | CARD | careless


def _signed(payment: Payment, merchant: Merchant, claim: str) -> dict[str, str]:
    """A form with both signatures, by MD5 and by SHA-2, over the fields that `verify_key` names."""
    told = {name: str(value) for name, value in _paid(payment, merchant).items()}
    told |= {"status": CLAIMS.get(claim, "FAILED"), "store_id": merchant.id}
    told["verify_key"] = ",".join(sorted(told))
    signatures = {}
    for name, make in (("verify_sign", hashlib.md5), ("verify_sign_sha2", hashlib.sha256)):
        pairs = {each: told[each] for each in told["verify_key"].split(",")}
        pairs["store_passwd"] = make(merchant.secret.encode()).hexdigest()
        text = "&".join(f"{each}={value}" for each, value in sorted(pairs.items()))
        signatures[name] = make(text.encode()).hexdigest()
    return told | signatures


def _val_id(payment: Payment) -> str:
    """Twelve digits of the moment and the payment's number: longer than a card's, and never of digits alone."""
    return f"{payment.paid_at:%y%m%d%H%M%S}{payment.number}" if payment.paid_at else ""


def _bank_tran_id(payment: Payment) -> str:
    return f"{payment.paid_at:%y%m%d%H%M%S}DBS{payment.number}" if payment.paid_at else ""


def _amount(text: str) -> Money | None:
    whole, _, decimals = text.partition(".")
    if not (whole + decimals).isdecimal() or not whole or len(decimals) > 2:
        return None
    return Money(int(whole) * 100 + int(decimals.ljust(2, "0")), CURRENCY)


def _said(request: BankRequest, name: str) -> str:
    return str(request.query_params.get(name, ""))[:500]


def _credentials(request: BankRequest) -> tuple[str, str]:
    return _said(request, "store_id"), _said(request, "store_passwd")


def _store(bank: Bank, id: str, password: str) -> Merchant | None:
    try:
        merchant = bank.merchant(id)
    except NotThere:
        return None
    return merchant if isinstance(merchant.manner, SslcommerzManner) and merchant.secret == password else None


def _answer(
    bank: Bank,
    store: tuple[str, str],
    call: str,
    work: Callable[[Merchant], Mapping[str, object]],
    refused: Mapping[str, object],
) -> Answer:
    merchant = _store(bank, *store)
    if merchant is None:
        return faulty(rules.Faults(), call, lambda: refused)
    return faulty(merchant.faults, call, lambda: work(merchant))


ROUTES = [open_session, hosted_page, validate, inquire, settlement]
