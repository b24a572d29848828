"""Prices: what a service would cost with these answers, line by line. Nothing is kept of the question."""

from datetime import datetime

from litestar import post
from litestar.params import JSONBody

from booking.jobs.requests import minutes_for, terms_for
from booking.pricing.rules import Quote
from marketplace.catalogue import queries as catalogue
from marketplace.catalogue.rules import validate_answers
from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from web.api.amounts import Amount, Answers, In, Names, Out, Words, amount


class PriceQuestion(In, frozen=True, kw_only=True):
    service: Words
    answers: Answers = {}


class PriceLine(Out, frozen=True, kw_only=True):
    """A line and why it stands there: the kind of its price line, `adjustment` or `minimum`."""

    code: str
    why: str
    label: Names
    amount: Amount


class QuoteView(Out, frozen=True, kw_only=True):
    """A price as it is frozen with a request; any other price has another hash."""

    total: Amount
    deposit: Amount
    tax_included: Amount
    visit_fee: Amount
    lines: list[PriceLine]
    valid_until: datetime
    hash: str


class Priced(Out, frozen=True, kw_only=True):
    minutes: int
    quote: QuoteView


@post("/api/v1/prices", opt={"policy": "public.ask"}, status_code=200, tags=["prices"], sync_to_thread=True)
def price(data: JSONBody[PriceQuestion]) -> Priced:
    """The price of a visit outside of the evening, as it is now."""
    now = clock.now()
    with transaction() as session:
        service = catalogue.service(session, data.service, now=now)
        made = terms_for(session, service.id, data.answers, window=None, now=now)
    return Priced(
        minutes=minutes_for(service, validate_answers(service.questions, data.answers)), quote=quote_view(made.quote)
    )


routes = [price]


def quote_view(quote: Quote) -> QuoteView:
    """A quote as the API says it."""
    return QuoteView(
        total=amount(quote.total), deposit=amount(quote.deposit), tax_included=amount(quote.tax_included),
        visit_fee=amount(quote.visit_fee), valid_until=quote.valid_until, hash=quote.hash,
        lines=[
            PriceLine(code=each.code, why=each.why, label=dict(each.label), amount=amount(each.amount))
            for each in quote.lines
        ],
    )  # fmt: skip
