"""How one stands: what counts, proceedings about oneself, the answer and the appeal (D16)."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, JSONBody
from sqlalchemy.orm import Session

from booking.conduct import actions, queries
from booking.conduct.queries import View
from booking.conduct.rules import WORDS_MAX
from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from marketplace.foundation.repeats import Answer
from marketplace.specialists import queries as specialists
from web.api.amounts import Amount, In, Out, amount
from web.api.commands import carry_out, done
from web.home import home
from web.identity import Req

Said = Annotated[str, msgspec.Meta(min_length=1, max_length=WORDS_MAX)]


class AnswerGiven(In, frozen=True, kw_only=True):
    """What there is to say, and which evidence is wrong."""

    words: Said
    wrong: list[UUID] = []


class AppealMade(In, frozen=True, kw_only=True):
    """Why the decision is wrong."""

    words: Said


class CountedOut(Out, frozen=True, kw_only=True):
    """One event that counts now under a rule, and until when."""

    what: str
    job: str
    at: datetime
    lapses_at: datetime
    needed: int


class EvidenceOut(Out, frozen=True, kw_only=True):
    """One event of a job; `wrong`: said to be so by the person it is about; `excused`: it counts no more, for something
    of ours did not work then."""

    id: UUID
    event: UUID
    job: str
    at: datetime
    wrong: bool
    excused: bool


class ProceedingOut(Out, frozen=True, kw_only=True):
    """A proceeding about oneself, with what was said by everybody, and what follows until when."""

    id: UUID
    number: str
    what: str
    state: str
    opened_at: datetime
    notice: str | None
    evidence: list[EvidenceOut]
    answer_until: datetime
    answer: str | None
    decide_until: datetime
    consequence: str | None
    pause_days: int | None
    fee: Amount | None
    reason: str | None
    paused_until: datetime | None
    appeal_until: datetime | None
    appeal: str | None
    hear_until: datetime | None
    verdict: str | None
    verdict_reason: str | None
    result: str | None


class StandingOut(Out, frozen=True, kw_only=True):
    """One's standing, what counts now, and every proceeding, newest first."""

    standing: str
    counted: list[CountedOut]
    proceedings: list[ProceedingOut]


@get("/api/v1/standing", opt={"policy": "specialist.read"}, tags=["standing"], sync_to_thread=True)
def standing(request: Req) -> StandingOut:
    """How one stands, whole."""
    me, now, here = request.user.person_id, clock.now(), home().id
    with transaction() as session:
        counted = queries.counted(session, here, now=now, specialist=me).get(me, [])
        mine = queries.of_specialist(session, me)
        now_is = specialists.standing(session, me)
    lines = [
        CountedOut(what=each.rule.what.value, job=event.number, at=event.at, lapses_at=lapses, needed=each.rule.times)
        for each in counted
        for event, lapses in each.events
    ]
    return StandingOut(standing=now_is.value, counted=lines, proceedings=[_out(each) for each in mine])


@post(
    "/api/v1/proceedings/{id:uuid}/answer", opt={"policy": "specialist.write"}, status_code=200, tags=["standing"],
    sync_to_thread=True,
)  # fmt: skip
def answer(request: Req, id: FromPath[UUID], data: JSONBody[AnswerGiven]) -> Response[ProceedingOut]:
    """Answer, once and in time. Refuses ProceedingNotFound, AnsweredAlready, AnswerTimeOver, NotOfThisProceeding."""
    me = request.user.person_id

    def work(session: Session, _: UUID) -> Answer:
        now = clock.now()
        return done(_out(actions.answer(session, id, words=data.words, wrong=data.wrong, specialist=me, now=now)))

    return carry_out(request, data, work, ProceedingOut)


@post(
    "/api/v1/proceedings/{id:uuid}/appeal", opt={"policy": "specialist.write"}, status_code=200, tags=["standing"],
    sync_to_thread=True,
)  # fmt: skip
def appeal(request: Req, id: FromPath[UUID], data: JSONBody[AppealMade]) -> Response[ProceedingOut]:
    """Ask for a third person. Refuses ProceedingNotFound, NothingToAppeal, AppealTimeOver, AppealedAlready."""
    me = request.user.person_id

    def work(session: Session, _: UUID) -> Answer:
        return done(_out(actions.appeal(session, id, words=data.words, specialist=me, now=clock.now())))

    return carry_out(request, data, work, ProceedingOut)


def _out(it: View) -> ProceedingOut:
    now = clock.now()
    until = it.safety.until if it.safety.holds(now) else it.pause.until if it.pause.holds(now) else None
    said = it.decided
    evidence = [
        EvidenceOut(id=each.id, event=each.event, job=each.number, at=each.at, wrong=each.wrong, excused=each.excused)
        for each in it.evidence
    ]
    return ProceedingOut(
        id=it.id, number=it.number, what=it.what.value, state=it.state.value, opened_at=it.opened_at, notice=it.notice,
        evidence=evidence, answer_until=it.answer_until, answer=it.answer, decide_until=it.decide_until,
        consequence=said.sentence.consequence.value if said else None,
        pause_days=said.sentence.pause_days or None if said else None,
        fee=amount(said.fee) if said and said.fee else None, reason=said.words if said else None, paused_until=until,
        appeal_until=it.appeal_until, appeal=it.appeal, hear_until=it.hear_until,
        verdict=it.heard.verdict.value if it.heard else None, verdict_reason=it.heard.words if it.heard else None,
        result=it.result.value if it.result else None,
    )  # fmt: skip


routes = [standing, answer, appeal]
