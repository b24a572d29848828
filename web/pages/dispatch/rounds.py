"""Rounds of bids for the house: ask for bids for an open job, see how a round stands, award it or take it back."""

from datetime import datetime, timedelta
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from booking.dispatch import bid_queries, bid_rounds
from booking.dispatch.bid_queries import BidLine
from booking.dispatch.bid_rules import MINIMUM_MOST, VALUE_MOST, Announced, RoundNotFound, RoundNumbers
from booking.jobs import lists
from booking.jobs import queries as jobs
from booking.jobs.rules import Actor, JobNotFound
from booking.jobs.words import Role, State
from marketplace.foundation import clock
from marketplace.foundation.database import moment, transaction
from marketplace.foundation.errors import Refused
from marketplace.foundation.money import Money
from web import answers, bid_words, once
from web.forms import FormBody
from web.forms.fields import Fields
from web.home import home
from web.identity import Req
from web.pages.admin.people import mark
from web.pages.specialist.names import read_names
from web.parts import Filled
from web.respond import page, see_other

LONGEST_MINUTES = 720
STARS_MINUTES = 3  # five stars against one, in minutes of the way, at most
HUNDREDTHS = 100
SEALED, OPEN = "sealed", "open"
RULE, PERSON = "rule", "person"
FIELDS = ("kind", "begins", "minutes", "minimum", "value", "stars", "decides")


@get("/dispatch/rounds", opt={"policy": "rounds.read"}, sync_to_thread=True)
def listed(request: Req) -> Response[str]:
    """Every round, newest first, and the open jobs for which bids could be asked."""
    now = clock.now()
    with transaction() as session:
        rounds = bid_queries.rounds(session)
        looking = lists.for_desk(session, _actor(request), now=now, states=[State.OPEN])
        names = read_names(session, home().id, now=now)
    busy = {each.job for each in rounds if each.state in ("scheduled", "open", "closed")}
    return page(
        request, "pages/dispatch/rounds.html", rounds=rounds, names=names, states=bid_words.ROUNDS,
        looking=[each for each in looking if each.id not in busy], may_act=_may_act(request),
    )  # fmt: skip


@get("/dispatch/rounds/for/{job_id:uuid}", opt={"policy": "rounds.read"}, sync_to_thread=True)
def form(request: Req, job_id: FromPath[UUID]) -> Response[str]:
    """What a round for this job will say, before it opens."""
    return _form(request, job_id, Filled())


@post("/dispatch/rounds/for/{job_id:uuid}", opt={"policy": "rounds.write"}, sync_to_thread=True)
def announce(request: Req, job_id: FromPath[UUID], data: FormBody) -> Response[str] | Redirect:
    """Announce the round; it opens at once, or in so many minutes."""
    fields = Fields(data, request.user.language)
    said = _typed(fields, home().currency)
    if fields.errors or said is None:
        return _form(request, job_id, Filled(data, answers.beside(fields.errors, request)), status=422)
    try:
        with transaction() as session:
            now = moment(session)
            made = once.form_once(
                session, request, data,
                lambda: bid_rounds.announce(session, job_id, said(now), actor=_actor(request), now=now),
            )  # fmt: skip
    except JobNotFound:
        raise
    except Refused as refusal:
        fields.refuse(_field_of(refusal), refusal)
        filled = Filled({name: fields.raw(name) for name in FIELDS}, answers.beside(fields.errors, request))
        return _form(request, job_id, filled, status=answers.answer(refusal, request).status)
    return see_other(f"/dispatch/rounds/{made}")


@get("/dispatch/rounds/{round:uuid}", opt={"policy": "rounds.read"}, sync_to_thread=True)
def one(request: Req, round: FromPath[UUID]) -> Response[str]:
    """One round: what it announced, who may bid, and after the close every bid with what counted for it."""
    return _one(request, round)


@post("/dispatch/rounds/{round:uuid}/award", opt={"policy": "rounds.write"}, sync_to_thread=True)
def award(request: Req, round: FromPath[UUID], data: FormBody) -> Response[str] | Redirect:
    """Give the job to the first of the ranking, or to another with a reason in words."""
    fields = Fields(data, request.user.language)
    chosen, words = fields.identity("bid"), fields.text("words", longest=500, required=False)
    if fields.errors:
        return _one(request, round, form=Filled(data, answers.beside(fields.errors, request)), status=422)
    command = once.command_id(request, data)
    try:
        with transaction() as session:
            bid_rounds.award(
                session, round, actor=_actor(request), command_id=command, now=moment(session), bid_id=chosen,
                words=words,
            )  # fmt: skip
    except RoundNotFound:
        raise
    except Refused as refusal:
        fields.refuse("words", refusal)
        filled = Filled({"bid": fields.raw("bid"), "words": words}, answers.beside(fields.errors, request))
        return _one(request, round, form=filled, status=answers.answer(refusal, request).status)
    return see_other(f"/dispatch/rounds/{round}")


@post("/dispatch/rounds/{round:uuid}/closure", opt={"policy": "rounds.write"}, sync_to_thread=True)
def close(request: Req, round: FromPath[UUID]) -> Response[str] | Redirect:
    """Close a round whose time is over, should the clock be late. Refuses StillOpen before."""
    try:
        with transaction() as session:
            bid_rounds.close(session, round, now=moment(session))
    except RoundNotFound:
        raise
    except Refused as refusal:
        return _refused(request, round, refusal)
    return see_other(f"/dispatch/rounds/{round}")


@post("/dispatch/rounds/{round:uuid}/removal", opt={"policy": "rounds.write"}, sync_to_thread=True)
def stop(request: Req, round: FromPath[UUID]) -> Response[str] | Redirect:
    """Take a round back before bidding ends; the search goes on."""
    try:
        with transaction() as session:
            bid_rounds.stop(session, round, actor=_actor(request), now=moment(session))
    except RoundNotFound:
        raise
    except Refused as refusal:
        return _refused(request, round, refusal)
    return see_other(f"/dispatch/rounds/{round}")


@get(
    [
        "/dispatch/rounds/{round:uuid}/award",
        "/dispatch/rounds/{round:uuid}/closure",
        "/dispatch/rounds/{round:uuid}/removal",
    ],
    opt={"policy": "rounds.read"},
    sync_to_thread=False,
)
def back(round: FromPath[UUID]) -> Redirect:
    """Whoever reloads the answer to a form, or reads it in another language, is led back to the round."""
    return see_other(f"/dispatch/rounds/{round}")


class _Said:
    """What was typed, to be told the moment at which it counts."""

    def __init__(self, fields: Fields, currency: str) -> None:
        self.sealed = fields.choice("kind", (SEALED, OPEN)) == SEALED
        self.begins = fields.whole("begins", least=0, most=LONGEST_MINUTES)
        self.minutes = fields.whole("minutes", least=1, most=LONGEST_MINUTES)
        self.minimum = fields.whole("minimum", least=1, most=MINIMUM_MOST)
        self.value = fields.money("value", currency)
        self.stars = fields.whole("stars", least=0, most=STARS_MINUTES)
        self.deviates = fields.choice("decides", (RULE, PERSON)) == PERSON
        if self.value.minor > VALUE_MOST:
            fields.refuse("value", RoundNumbers("value_of_minute", 0, VALUE_MOST))

    def __call__(self, now: datetime) -> Announced:
        opens = now + timedelta(minutes=self.begins)
        return Announced(
            self.sealed, opens, opens + timedelta(minutes=self.minutes), self.minimum, self.value.minor,
            self.stars * HUNDREDTHS, self.deviates,
        )  # fmt: skip


def _typed(fields: Fields, currency: str) -> _Said | None:
    said = _Said(fields, currency)
    return None if fields.errors else said


def _field_of(refusal: Refused) -> str:
    names = {"minimum_bids": "minimum", "value_of_minute": "value", "quality_hundredths": "stars"}
    return names[refusal.name] if isinstance(refusal, RoundNumbers) else "minutes"


def _actor(request: Req) -> Actor:
    role = Role.DISPATCHER if request.user.has("dispatcher") else Role.MANAGER
    return Actor(role, request.user.person_id)


def _may_act(request: Req) -> bool:
    return request.user.has("manager") or request.user.has("dispatcher")


def _form(request: Req, job_id: UUID, form: Filled, *, status: int = 200) -> Response[str]:
    now, here = clock.now(), home()
    with transaction() as session:
        job = jobs.for_desk(session, job_id, _actor(request), now=now)
        names = read_names(session, here.id, now=now)
        round = bid_queries.of_job(session, job_id)
    return page(
        request, "pages/dispatch/round_new.html", status_code=status, form=form, job=job, names=names,
        currency=here.currency, last=round, may_act=_may_act(request), most=LONGEST_MINUTES, stars=STARS_MINUTES,
        minimum_most=MINIMUM_MOST,
    )  # fmt: skip


def _refused(request: Req, round: UUID, refusal: Refused) -> Response[str]:
    said = answers.answer(refusal, request)
    return _one(request, round, said=said.sentence, status=said.status)


def _one(request: Req, round: UUID, *, form: Filled | None = None, said: str = "", status: int = 200) -> Response[str]:
    now, here = clock.now(), home()
    with transaction() as session:
        found = bid_queries.round(session, round)
        names = read_names(session, here.id, now=now)
    currency = here.currency
    return page(
        request,
        "pages/dispatch/round.html",
        status_code=status,
        form=form or Filled(),
        said=said,
        round=found,
        names=names,
        currency=currency,
        amount_of=Money,
        mark=mark,
        states=bid_words.ROUNDS,
        lines=bid_words.LINES,
        void=bid_words.VOID,
        next=bid_words.NEXT,
        lost=bid_words.LOST,
        counts=lambda line: _counts(line, currency),
        sum=lambda line: bid_words.together(line.terms, currency),
        may_act=_may_act(request),
        over=now >= found.announced.closes_at,
    )


def _counts(line: BidLine, currency: str) -> list[tuple[str, Money]]:
    return bid_words.counts(line.terms, currency)


routes = [listed, form, announce, one, award, close, stop, back]
