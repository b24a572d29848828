"""The hosted page: what a payer sees. No field for a card anywhere; a test account is chosen."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import msgspec
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from litestar import Response, get, post
from litestar.params import FromPath, FromQuery, URLEncodedBody

from marketplace.foundation.money import Money
from marketplace.foundation.scripts import native_digits
from web.bank.api import BankRequest, the_bank
from web.bank.counter import Bank, NotThere
from web.bank.papers import Back, Payment
from web.bank.rules import ACCOUNTS, Decision, in_major_units
from web.bank.words import LANGUAGES, RIGHT_TO_LEFT, WORDS, Language, choose_language

HERE = Path(__file__).parent / "templates"
PAGES = Environment(loader=FileSystemLoader(HERE), autoescape=True, undefined=StrictUndefined)
Page = Response[bytes]


class Choice(msgspec.Struct, frozen=True):
    """What the page sends: the account, and what to do."""

    decision: Decision
    account: Annotated[str, msgspec.Meta(max_length=20)] = ACCOUNTS[0].id


@get("/pay/{token:str}", sync_to_thread=True)
def show(request: BankRequest, token: FromPath[str], language: FromQuery[str | None] = None) -> Page:
    bank, chosen = the_bank(request), _language(request, language)
    try:
        payment = bank.look(token)
    except NotThere:
        return _missing(chosen)
    if payment.state != "open":
        return _told(bank, chosen, payment)
    merchant = bank.merchant(payment.merchant)
    closes = native_digits(f"{payment.expires_at.astimezone(bank.zone):%H:%M}", chosen)
    facts = {
        "payment": payment,
        "merchant": merchant.name,
        "amount": native_digits(shown_amount(payment.amount), chosen),
        "closes": closes,
        "accounts": ACCOUNTS,
    }
    return _page("pay.html", chosen, facts, leads_to=payment.return_url)


@post("/pay/{token:str}", sync_to_thread=True)
def choose(
    request: BankRequest, token: FromPath[str], data: URLEncodedBody[Choice], language: FromQuery[str | None] = None
) -> Page:
    bank, chosen = the_bank(request), _language(request, language)
    try:
        payment = bank.decide(token, data.decision, data.account)
    except NotThere:
        return _missing(chosen)
    if data.decision in {"close", "pay_and_close"}:
        return _told(bank, chosen, payment, may_return=False)
    if data.decision == "pay_late":
        return _told(bank, chosen, payment, message="late")
    back = _back(bank, payment)
    if back.method == "POST":
        return _told(bank, chosen, payment)
    return Response(b"", status_code=303, headers={"location": back.url, "cache-control": "no-store"})


@get("/bank.css", sync_to_thread=False, cache=False)
def style() -> Page:
    return _file("bank.css", "text/css")


@get("/bank.js", sync_to_thread=False, cache=False)
def script() -> Page:
    return _file("bank.js", "text/javascript")


@get("/", sync_to_thread=False)
def front(request: BankRequest, language: FromQuery[str | None] = None) -> Page:
    chosen = _language(request, language)
    return _page("told.html", chosen, _nothing(WORDS[chosen]["bank"]))


@get("/-/health", sync_to_thread=True)
def health(request: BankRequest) -> dict[str, str]:
    return {"status": "open", "now": the_bank(request).now().isoformat()}


def _told(
    bank: Bank, language: Language, payment: Payment, *, message: str | None = None, may_return: bool = True
) -> Page:
    """What became of the payment, with the way back to the shop."""
    facts = {
        "payment": payment,
        "message": WORDS[language][message or payment.state],
        "back": _back(bank, payment) if may_return else None,
    }
    return _page("told.html", language, facts, leads_to=payment.return_url)


def _missing(language: Language) -> Page:
    return _page("told.html", language, _nothing(WORDS[language]["missing"]), status_code=404)


def _nothing(message: str) -> dict[str, object]:
    return {"payment": None, "message": message, "back": None}


def _back(bank: Bank, payment: Payment) -> Back:
    merchant = bank.merchant(payment.merchant)
    return merchant.manner.back(payment, merchant)


def _page(
    template: str, language: Language, facts: Mapping[str, object], *, leads_to: str = "", status_code: int = 200
) -> Page:
    shown = PAGES.get_template(template).render(
        facts,
        words=WORDS[language],
        language=language,
        languages=LANGUAGES,
        right_to_left=language in RIGHT_TO_LEFT,
    )
    headers = {"content-security-policy": content_policy(leads_to), "cache-control": "no-store"}
    return Response(shown.encode(), media_type="text/html", headers=headers, status_code=status_code)


def content_policy(leads_to: str) -> str:
    """Chromium applies form-action to the redirect after a POST too, so the shop's address is named."""
    address = urlsplit(leads_to)
    shop = f" {address.scheme}://{address.netloc}" if address.netloc else ""
    return (
        "default-src 'none'; style-src 'self'; script-src 'self'; base-uri 'none'; frame-ancestors 'none'; "
        f"form-action 'self'{shop}"
    )


def _file(name: str, media_type: str) -> Page:
    return Response((HERE / name).read_bytes(), media_type=media_type)


def _language(request: BankRequest, wished: str | None) -> Language:
    return choose_language(wished, request.headers.get("accept-language", ""))


def shown_amount(amount: Money) -> str:
    """As a payer reads it: grouped, with its currency."""
    whole, _, decimals = in_major_units(amount).partition(".")
    grouped = f"{int(whole):,}" + (f".{decimals}" if decimals else "")
    return f"{grouped} {amount.currency}"


ROUTES = [show, choose, style, script, front, health]
