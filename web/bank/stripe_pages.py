"""Checkout's hosted page in miniature: a test account is chosen, and there is no field for a card."""

from collections.abc import Mapping
from typing import Annotated

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, FromQuery, URLEncodedBody

from marketplace.foundation.money import Money
from marketplace.foundation.scripts import native_digits
from web.bank import stripe_counter as counter
from web.bank.api import BankRequest
from web.bank.pages import PAGES, Page, content_policy, shown_amount
from web.bank.rules import ACCOUNTS
from web.bank.stripe_books import Books
from web.bank.stripe_rules import Decision, Doc, Refusal
from web.bank.stripe_words import words
from web.bank.words import LANGUAGES, RIGHT_TO_LEFT, Language, choose_language


class Choice(msgspec.Struct, frozen=True):
    """What the page sends: the account, and what to do."""

    decision: Decision
    account: Annotated[str, msgspec.Meta(max_length=20)] = ACCOUNTS[0].id


@get("/pay/{id:str}", sync_to_thread=True)
def show(request: BankRequest, id: FromPath[str], language: FromQuery[str | None] = None) -> Page:
    """The page, or what has become of the payment."""
    chosen = _language(request, language)
    session = _look(request, id)
    return _missing(chosen) if session is None else _shown(chosen, session)


@post("/pay/{id:str}", sync_to_thread=True)
def choose(
    request: BankRequest, id: FromPath[str], data: URLEncodedBody[Choice], language: FromQuery[str | None] = None
) -> Page:
    """What the payer chose."""
    chosen, books = _language(request, language), _books(request)
    session = _look(request, id)
    account = next((each for each in ACCOUNTS if each.id == data.account), None)
    if session is None or account is None:
        return _missing(chosen)
    if data.decision == "ask_bank":
        return _shown(chosen, session, asks=True, account=account.id)
    with books.act() as act:
        session = counter.decide(act, session, data.decision, has_money=account.has_money)
    if data.decision == "cancel":
        return _back(session["cancel_url"])
    if data.decision in {"close", "pay_and_close"}:
        return _told(chosen, session, message=_state(session), may_return=False)
    if session["status"] == "complete":
        return _back(session["success_url"])
    return _shown(chosen, session, message=words(chosen)["declined"])


def _look(request: BankRequest, id: str) -> Doc | None:
    try:
        with _books(request).act() as act:
            return act.find(id, "checkout.session")
    except Refusal:
        return None


def _state(session: Doc) -> str:
    if session["status"] == "complete":
        return "complete" if session["payment_status"] == "paid" else "slowly"
    return str(session["status"])


def _shown(
    language: Language, session: Doc, *, message: str = "", asks: bool = False, account: str = ACCOUNTS[0].id
) -> Page:
    if session["status"] != "open":
        return _told(language, session, message=_state(session))
    amount = Money(session["amount_total"], session["currency"].upper())
    facts = {
        "session": session, "amount": native_digits(shown_amount(amount), language), "accounts": ACCOUNTS,
        "message": message, "asks": asks, "account": account,
    }  # fmt: skip
    return _page("stripe_pay.html", language, facts, leads_to=session["success_url"])


def _told(language: Language, session: Doc, *, message: str, may_return: bool = True) -> Page:
    facts = {
        "message": words(language)[message], "number": session["payment_intent"] or "",
        "back": session["success_url"] if may_return else "",
    }  # fmt: skip
    return _page("stripe_told.html", language, facts, leads_to=session["success_url"])


def _missing(language: Language) -> Page:
    facts = {"message": words(language)["missing"], "number": "", "back": ""}
    return _page("stripe_told.html", language, facts, status_code=404)


def _back(url: str) -> Page:
    return Response(b"", status_code=303, headers={"location": url, "cache-control": "no-store"})


def _page(
    template: str, language: Language, facts: Mapping[str, object], *, leads_to: str = "", status_code: int = 200
) -> Page:
    shown = PAGES.get_template(template).render(
        facts, words=words(language), language=language, languages=LANGUAGES, right_to_left=language in RIGHT_TO_LEFT
    )
    headers = {"content-security-policy": content_policy(leads_to), "cache-control": "no-store"}
    return Response(shown.encode(), media_type="text/html", headers=headers, status_code=status_code)


def _books(request: BankRequest) -> Books:
    books: Books = request.app.state["stripe_books"]
    return books


def _language(request: BankRequest, wished: str | None) -> Language:
    return choose_language(wished, request.headers.get("accept-language", ""))


ROUTES = [show, choose]
