"""How a specialist stands: what counts, under which rules, each proceeding with its answer and its appeal (D16)."""

from collections.abc import Callable
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath
from sqlalchemy.orm import Session

from booking.conduct import actions, queries, versions
from booking.conduct.rules import (
    WORDS_MAX,
    AnsweredAlready,
    AnswerTimeOver,
    AppealedAlready,
    AppealTimeOver,
    ConductWordsNotAllowed,
    NothingToAppeal,
    NotOfThisProceeding,
)
from booking.dispatch import why
from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from marketplace.foundation.money import Money
from marketplace.specialists import queries as specialists
from web import answers, conduct_words
from web.forms import FormBody
from web.forms.fields import Fields
from web.home import home
from web.identity import Req
from web.pages.specialist import words
from web.parts import Filled
from web.respond import page, see_other

BESIDE = (
    AnsweredAlready, AnswerTimeOver, AppealTimeOver, AppealedAlready, ConductWordsNotAllowed, NothingToAppeal,
    NotOfThisProceeding,
)  # fmt: skip
ROOT = "/work/standing/proceedings"


@get("/work/standing", opt={"policy": "specialist.read"}, sync_to_thread=True)
def show(request: Req) -> Response[str]:
    """Standing, what counts and when it lapses, proceedings, the rules with their former versions, and what never
    counts."""
    now, me, here = clock.now(), request.user.person_id, home()
    with transaction() as session:
        every = versions.all_of(session, here.id)
        version, coming = versions.in_force(session, here.id, at=now), versions.coming(session, here.id, at=now)
        facts = {
            "standing": specialists.standing(session, me),
            "history": specialists.history(session, me),
            "numbers": why.numbers(session, me, now=now),
            "counting": queries.counted(session, here.id, now=now, specialist=me).get(me, []),
            "mine": queries.of_specialist(session, me),
        }
    older = [each for each in every if each not in (version, coming)]
    return page(
        request, "pages/specialist/standing.html", status_code=200, headers=None,
        version=version, coming=coming, older=older, money=Money,
        standings=words.STANDING, standing_reasons=words.STANDING_REASONS, never=list(conduct_words.NEVER.values()),
        words=conduct_words, currency=here.currency, **facts,
    )  # fmt: skip


@get(f"{ROOT}/{{id:uuid}}", opt={"policy": "specialist.read"}, sync_to_thread=True)
def one(request: Req, id: FromPath[UUID]) -> Response[str]:
    """One proceeding, whole, with the form that is open now."""
    return _one(request, id, Filled(), 200)


@post(f"{ROOT}/{{id:uuid}}/answer", opt={"policy": "specialist.write"}, sync_to_thread=True)
def answer(request: Req, id: FromPath[UUID], data: FormBody) -> Response[str] | Response[None]:
    """Say what is to be said, and which evidence is wrong."""
    typed = data.get("wrong", [])
    marked = [UUID(each) for each in (typed if isinstance(typed, list) else [typed]) if _is_id(each)]

    def act(session: Session, said: str) -> None:
        me, now = request.user.person_id, clock.now()
        actions.answer(session, id, words=said, wrong=marked, specialist=me, now=now)

    return _say(request, id, data, act)


@post(f"{ROOT}/{{id:uuid}}/appeal", opt={"policy": "specialist.write"}, sync_to_thread=True)
def appeal(request: Req, id: FromPath[UUID], data: FormBody) -> Response[str] | Response[None]:
    """Ask for a third person."""

    def act(session: Session, said: str) -> None:
        actions.appeal(session, id, words=said, specialist=request.user.person_id, now=clock.now())

    return _say(request, id, data, act)


@get(
    [f"{ROOT}/{{id:uuid}}/answer", f"{ROOT}/{{id:uuid}}/appeal"],
    opt={"policy": "specialist.read"},
    sync_to_thread=False,
)
def back(id: FromPath[UUID]) -> Response[None]:
    """Whoever reloads the answer to a form is led back to the proceeding."""
    return see_other(f"{ROOT}/{id}")


def _say(request: Req, id: UUID, data: FormBody, act: Callable[[Session, str], None]) -> Response[str] | Response[None]:
    fields = Fields(data, request.user.language)
    said = fields.text("words", longest=WORDS_MAX)
    if fields.errors:
        return _one(request, id, Filled(data, answers.beside(fields.errors, request)), 422)
    try:
        with transaction() as session:
            act(session, said)
    except BESIDE as refusal:
        told = answers.answer(refusal, request)
        return _one(request, id, Filled(data, {"words": told.sentence}), told.status)
    return see_other(f"{ROOT}/{id}")


def _one(request: Req, id: UUID, form: Filled, status: int) -> Response[str]:
    with transaction() as session:
        found = queries.own(session, id, request.user.person_id)
    return page(
        request, "pages/specialist/proceeding.html", status_code=status, it=found, form=form, words=conduct_words,
        longest=WORDS_MAX, currency=home().currency, money=Money,
    )  # fmt: skip


def _is_id(typed: object) -> bool:
    try:
        UUID(str(typed))
    except ValueError:
        return False
    return True


routes = [show, one, answer, appeal, back]
