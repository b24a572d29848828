"""A category, and a service with its price calculator: a plain GET form, so that a price can be sent to somebody."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlencode

from litestar import Response, get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.response import Redirect
from sqlalchemy.orm import Session

from booking.jobs import requests
from booking.jobs.terms import Terms
from booking.pricing.cancelling import Split, fee_table, on_failing, on_no_show
from booking.pricing.rules import QuoteLine
from marketplace.catalogue import queries as catalogue
from marketplace.catalogue.queries import Category, Service
from marketplace.catalogue.rules import Answer, QuestionKind
from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from marketplace.foundation.money import Money
from web import answers
from web.forms.fields import Fields
from web.identity import Req
from web.pages.customer import questions
from web.parts import Filled
from web.respond import page, see_other

VISIT_IN: Final = timedelta(days=1)  # the table of fees is worked out for a visit tomorrow at this time
UNSAID: Final = "-"  # stands for every free text: some have to be filled in when booking


@dataclass(frozen=True)
class Explained:
    """A line of the price with what its reason speaks of: how many at how much each, beyond how many included."""

    text: Mapping[str, str]
    why: str
    amount: Money
    count: int
    each: Money
    included: int


@dataclass(frozen=True)
class Step:
    """What calling off costs from a point on: `stage` of the job, and how long before the visit where that counts."""

    stage: str
    before: timedelta | None
    split: Split


@dataclass(frozen=True)
class Calculated:
    """The price for these answers and what calling off would cost; by the functions that a booking asks."""

    terms: Terms
    length: timedelta
    lines: tuple[Explained, ...]
    steps: tuple[Step, ...]


@get("/services/{category:str}", opt={"policy": "public.read"}, sync_to_thread=True)
def show_category(request: Req, category: FromPath[str]) -> Response[str] | Redirect:
    """The services of a category with the price they begin at; a service's own name leads to its page."""
    with transaction() as session:
        known = catalogue.categories(session, now=clock.now())
    found = next((each for each in known if each.key == category), None)
    if found is not None:
        return page(request, "pages/public/category.html", category=found)
    owner = next((each for each in known if category in {card.key for card in each.services}), None)
    if owner is None:
        raise NotFoundException
    return see_other(f"/services/{owner.key}/{category}")


@get("/services/{category:str}/{service:str}", opt={"policy": "public.read"}, sync_to_thread=True)
def show_service(request: Req, category: FromPath[str], service: FromPath[str]) -> Response[str]:
    """The questions, and with them answered the price line by line. Refuses UnknownService, NoPriceBook."""
    now = clock.now()
    with transaction() as session:
        found = _category(session, category, now)
        wanted = catalogue.service(session, service, now=now)
        if wanted.category != found.key:
            raise NotFoundException
        fields = Fields(_typed(request.query_params, wanted), request.user.language)
        asked = fields.raw("asked").split()
        read = questions.read(wanted.questions, fields, asked=asked)
        calculated = _calculate(session, wanted, read.answers, now=now) if read.is_accepted else None
    values = {name: value for name, value in read.values.items() if value and value != UNSAID}
    begun = bool(asked) or bool(values)
    form = Filled(values, answers.beside(read.errors, request) if begun else {})
    given = urlencode(values)
    return page(
        request, "pages/public/service.html", category=found, service=wanted, calculated=calculated, shown=read.shown,
        further=begun and read.further, prefix=questions.PREFIX, form=form, status_code=422 if form.errors else 200,
        book=f"/book/{wanted.key}{'?' if given else ''}{given}",
    )  # fmt: skip


routes = [show_category, show_service]


def _typed(query: Mapping[str, str], service: Service) -> dict[str, str]:
    """The answers in the address. No words of a person belong there, and the price does not hang on them."""
    words = {questions.name_of(each): UNSAID for each in service.questions if each.kind is QuestionKind.TEXT}
    return {**{name: query[name] for name in query}, **words}


def _category(session: Session, key: str, now: datetime) -> Category:
    found = next((each for each in catalogue.categories(session, now=now) if each.key == key), None)
    if found is None:
        raise NotFoundException
    return found


def _calculate(session: Session, service: Service, accepted: Mapping[str, Answer], *, now: datetime) -> Calculated:
    terms = requests.terms_for(session, service.id, accepted, window=None, now=now)
    lines = tuple(_explained(line) for line in terms.quote.lines)
    length = timedelta(minutes=requests.minutes_for(service, accepted))
    return Calculated(terms, length, lines, _steps(terms, now))


def _explained(line: QuoteLine) -> Explained:
    facts = dict(line.facts)
    return Explained(
        text=dict(line.label), why=line.why, amount=line.amount, count=int(facts.get("count", 1)),
        each=Money(int(facts.get("each", line.amount.minor)), line.amount.currency),
        included=int(facts.get("included", 0)),
    )  # fmt: skip


def _steps(terms: Terms, now: datetime) -> tuple[Step, ...]:
    held, policy, price = terms.quote.deposit, terms.cancellation, terms.quote.total
    starts_at = now + VISIT_IN
    table = fee_table(held, starts_at=starts_at, now=now, policy=policy, price=price)
    called_off = [
        Step(each.stage.value, None if each.from_at is None else starts_at - each.from_at, each.split) for each in table
    ]
    nobody = Step("no_show", None, on_no_show(held, policy=policy, price=price))
    return (*called_off, nobody, Step("failed_visit", None, on_failing(held, policy=policy, price=price)))
