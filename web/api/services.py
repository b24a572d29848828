"""Services: what is offered, with the questions of each."""

from collections.abc import Mapping
from uuid import UUID

from litestar import get
from litestar.params import FromPath

from marketplace.catalogue import queries as catalogue
from marketplace.catalogue.rules import Question
from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from web.api.amounts import Amount, Names, Out, maybe_amount


class ServiceLine(Out, frozen=True, kw_only=True):
    """A service of the list; `base` is what it costs before any answer, or, by estimate, what the visit costs.

    `people`: how many it takes.
    """

    id: UUID
    key: str
    category: str
    title: Names
    summary: Names
    minutes: int
    base: Amount | None
    by_estimate: bool
    people: int


class OptionLine(Out, frozen=True, kw_only=True):
    key: str
    title: Names


class Condition(Out, frozen=True, kw_only=True):
    question: str
    any_of: list[str | int | bool]


class QuestionLine(Out, frozen=True, kw_only=True):
    """A question; `show_if` names the answer of another that brings it up."""

    key: str
    kind: str
    title: Names
    hint: Names | None
    required: bool
    show_if: Condition | None
    options: list[OptionLine]
    at_least: int | None
    at_most: int | None


class ServiceView(Out, frozen=True, kw_only=True):
    """By estimate, what is booked is a visit; the work is priced by the quote that follows it.

    `people`: how many it takes.
    """

    id: UUID
    key: str
    category: str
    title: Names
    summary: Names
    minutes: int
    skills: list[str]
    by_estimate: bool
    people: int
    questions: list[QuestionLine]


@get("/api/v1/services", opt={"policy": "public.read"}, tags=["services"], sync_to_thread=True)
def listed() -> list[ServiceLine]:
    """Everything offered now, in the order of the catalogue."""
    with transaction() as session:
        trades = catalogue.categories(session, now=clock.now())
    return [
        ServiceLine(
            id=each.id, key=each.key, category=trade.key, title=dict(each.title), summary=dict(each.summary),
            minutes=each.minutes, base=maybe_amount(each.base), by_estimate=each.by_estimate,
            people=each.people,
        )
        for trade in trades
        for each in trade.services
    ]  # fmt: skip


@get("/api/v1/services/{service:str}", opt={"policy": "public.read"}, tags=["services"], sync_to_thread=True)
def one(service: FromPath[str]) -> ServiceView:
    """One service by its key, with its questions."""
    with transaction() as session:
        found = catalogue.service(session, service, now=clock.now())
    return ServiceView(
        id=found.id, key=found.key, category=found.category, title=dict(found.title), summary=dict(found.summary),
        minutes=found.minutes, skills=list(found.skills), by_estimate=found.by_estimate,
        people=max(1, len(found.crew)), questions=[_question(each) for each in found.questions],
    )  # fmt: skip


routes = [listed, one]


def _question(each: Question) -> QuestionLine:
    shown = each.show_if
    return QuestionLine(
        key=each.key, kind=each.kind.value, title=dict(each.title), hint=_texts(each.hint), required=each.required,
        show_if=Condition(question=shown.question, any_of=list(shown.any_of)) if shown else None,
        options=[OptionLine(key=option.key, title=dict(option.title)) for option in each.options],
        at_least=each.at_least, at_most=each.at_most,
    )  # fmt: skip


def _texts(texts: Mapping[str, str] | None) -> Names | None:
    return None if texts is None else dict(texts)
