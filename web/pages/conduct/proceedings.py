"""Proceedings for the office: what is open by due date, what could be opened, one with its forms, safety pauses."""

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from booking.conduct import actions, queries, versions
from booking.conduct.charter import BY_MACHINE, Counted
from booking.conduct.rules import (
    WORDS_MAX,
    AboutOneself,
    AnswerTimeRuns,
    BeyondTheRule,
    ConductWordsNotAllowed,
    Consequence,
    DecidedAlready,
    DecisionTimeOver,
    EvidenceNeeded,
    Most,
    NoRuleInForce,
    NotAppealed,
    NotEnoughCounted,
    NotLess,
    NotToBePaused,
    PausedAlready,
    SamePersonTwice,
    Sentence,
    Verdict,
)
from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from marketplace.foundation.errors import Refused
from marketplace.foundation.ids import OrganizationId, PersonId
from marketplace.foundation.money import Money
from web import answers, conduct_words
from web.forms import FormBody
from web.forms.fields import Fields
from web.home import home
from web.identity import Req
from web.pages.admin.people import mark
from web.parts import Filled
from web.respond import page, see_other

CONSEQUENCES = tuple(each.value for each in Consequence)
VERDICTS = tuple(each.value for each in Verdict)
OPENING = (
    AboutOneself, ConductWordsNotAllowed, EvidenceNeeded, NoRuleInForce, NotEnoughCounted, NotToBePaused, PausedAlready,
)  # fmt: skip
ACTING = (
    AboutOneself, AnswerTimeRuns, BeyondTheRule, ConductWordsNotAllowed, DecidedAlready, DecisionTimeOver, NotAppealed,
    NotLess, SamePersonTwice,
)  # fmt: skip


@get("/conduct", opt={"policy": "conduct.read"}, sync_to_thread=True)
def show(request: Req) -> Response[str]:
    """What is open, the one whose time runs out first at the top; whose counts have reached a rule; what has ended."""
    return _show(request, Filled(), 200)


@get("/conduct/proceedings/{id:uuid}", opt={"policy": "conduct.read"}, sync_to_thread=True)
def one(request: Req, id: FromPath[UUID]) -> Response[str]:
    """Evidence, answer, and the form of whoever may act next."""
    return _one(request, id, Filled(), 200)


@post("/conduct/proceedings", opt={"policy": "conduct.write"}, sync_to_thread=True)
def open_one(request: Req, data: FormBody) -> Response[Any]:
    """Open what a rule allows and its count reaches."""
    fields = Fields(data, request.user.language)
    who, what = fields.identity("specialist"), fields.choice("what", tuple(each.value for each in BY_MACHINE))
    words = fields.text("words", longest=WORDS_MAX)
    if fields.errors or who is None:
        return _show(request, Filled(data, answers.beside(fields.errors, request)), 422)
    try:
        with transaction() as session:
            id = actions.open_by_person(
                session, PersonId(who), Counted(what), words=words, by=request.user.person_id, now=clock.now()
            )
    except OPENING as refusal:
        return _refused_list(request, data, refusal, "words")
    return see_other(f"/conduct/proceedings/{id}")


@post("/conduct/safety-pauses", opt={"policy": "conduct.write"}, sync_to_thread=True)
def pause(request: Req, data: FormBody) -> Response[Any]:
    """Danger: the crew of a job gets no work, is paid, and a second person decides within two days."""
    fields = Fields(data, request.user.language)
    number, words = fields.text("number", longest=12).upper(), fields.text("danger", longest=WORDS_MAX)
    if fields.errors:
        return _show(request, Filled(data, answers.beside(fields.errors, request)), 422)
    try:
        with transaction() as session:
            id = actions.pause_for_safety(
                session, _home(), number, words=words, by=request.user.person_id, now=clock.now()
            )
    except OPENING as refusal:
        return _refused_list(request, data, refusal, "number")
    return see_other(f"/conduct/proceedings/{id}")


@post("/conduct/proceedings/{id:uuid}/decision", opt={"policy": "conduct.decide"}, sync_to_thread=True)
def decide(request: Req, id: FromPath[UUID], data: FormBody) -> Response[Any]:
    """Decide, with the reason in words."""
    fields = Fields(data, request.user.language)
    sentence = _sentence(fields, fields.choice("consequence", CONSEQUENCES))
    words = fields.text("words", longest=WORDS_MAX)
    if fields.errors or sentence is None:
        return _one(request, id, Filled(data, answers.beside(fields.errors, request)), 422)
    try:
        with transaction() as session:
            actions.decide(
                session, id, sentence, words=words, organization=_home(), by=request.user.person_id, now=clock.now()
            )
    except ACTING as refusal:
        return _refused(request, id, data, refusal)
    return see_other(f"/conduct/proceedings/{id}")


@post("/conduct/proceedings/{id:uuid}/verdict", opt={"policy": "conduct.decide"}, sync_to_thread=True)
def hear(request: Req, id: FromPath[UUID], data: FormBody) -> Response[Any]:
    """Hear the appeal: upheld, lessened or overturned, with the reason in words."""
    fields = Fields(data, request.user.language)
    verdict = fields.choice("verdict", VERDICTS)
    lesser = _sentence(fields, fields.choice("consequence", CONSEQUENCES)) if verdict == Verdict.LESSENED else None
    words = fields.text("words", longest=WORDS_MAX)
    if fields.errors:
        return _one(request, id, Filled(data, answers.beside(fields.errors, request)), 422)
    try:
        with transaction() as session:
            actions.hear(
                session, id, Verdict(verdict), lesser=lesser, words=words, organization=_home(),
                by=request.user.person_id, now=clock.now(),
            )  # fmt: skip
    except ACTING as refusal:
        return _refused(request, id, data, refusal)
    return see_other(f"/conduct/proceedings/{id}")


@get(["/conduct/proceedings", "/conduct/safety-pauses"], opt={"policy": "conduct.read"}, sync_to_thread=False)
def back() -> Response[None]:
    """Whoever reloads the answer to a form is led back to the list."""
    return see_other("/conduct")


@get(
    ["/conduct/proceedings/{id:uuid}/decision", "/conduct/proceedings/{id:uuid}/verdict"],
    opt={"policy": "conduct.read"},
    sync_to_thread=False,
)
def back_to_one(id: FromPath[UUID]) -> Response[None]:
    """The same, to the proceeding."""
    return see_other(f"/conduct/proceedings/{id}")


def _home() -> OrganizationId:
    return home().id


def _sentence(fields: Fields, consequence: str) -> Sentence | None:
    if not consequence:
        return None
    chosen = Consequence(consequence)
    days = fields.whole("pause_days", least=1, most=30) if chosen is Consequence.PAUSE else 0
    fee = fields.money("fee", home().currency).minor if chosen is Consequence.FEE else 0
    return Sentence(chosen, days, fee)


def _refused(request: Req, id: UUID, data: FormBody, refusal: Refused) -> Response[Any]:
    said = answers.answer(refusal, request)
    return _one(request, id, Filled(data, {"words": said.sentence}), said.status)


def _refused_list(request: Req, data: FormBody, refusal: Refused, field: str) -> Response[Any]:
    said = answers.answer(refusal, request)
    return _show(request, Filled(data, {field: said.sentence}), said.status)


def _show(request: Req, form: Filled, status: int) -> Response[str]:
    here, now = home(), clock.now()
    with transaction() as session:
        counted = queries.counted(session, here.id, now=now)
        waiting, done = queries.open_ones(session, here.id), queries.closed_ones(session, here.id)
        version = versions.in_force(session, here.id, at=now)
    people = [(mark(who), who, counting) for who, counting in counted.items()]
    return page(
        request, "pages/conduct/proceedings.html", status_code=status, form=form, waiting=waiting, done=done,
        people=people, version=version, mark=mark, words=conduct_words, longest=WORDS_MAX,
        may_write=_may(request, "manager", "dispatcher", "compliance"), machine=BY_MACHINE,
    )  # fmt: skip


def _one(request: Req, id: UUID, form: Filled, status: int) -> Response[str]:
    here, now, me = home(), clock.now(), request.user.person_id
    with transaction() as session:
        found = queries.one(session, id, here.id)
    may = _may(request, "manager", "compliance") and me not in (found.specialist, found.opened_by)
    return page(
        request, "pages/conduct/proceeding.html", status_code=status, it=found, form=form, mark=mark,
        words=conduct_words, longest=WORDS_MAX, currency=here.currency, money=Money,
        may_decide=may and found.may_be_decided(now),
        may_hear=may and found.state.value == "appealed" and found.decided is not None and found.decided.by != me,
        allowed=_allowed(found.most),
        most_fee=Money(found.most.fee_minor, found.currency),
    )  # fmt: skip


def _allowed(most: Most) -> dict[str, bool]:
    """What may be decided by the published rule; the rules refuse it again."""
    return {
        "nothing": True,
        "talk": True,
        "fee": most.fee_minor > 0,
        "pause": most.pause_days > 0,
        "end": most.may_end,
    }


def _may(request: Req, *roles: str) -> bool:
    return any(request.user.has(role) for role in roles)


routes = [show, one, open_one, pause, decide, hear, back, back_to_one]
