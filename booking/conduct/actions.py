"""Open a proceeding, answer, decide, appeal, hear. A verb locks the proceeding, then the specialist; money follows."""

import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from booking.conduct import counting, letters, queries, standing, versions
from booking.conduct.charter import BY_MACHINE, FIRST_NUMBERS, Counted, Happened
from booking.conduct.queries import View
from booking.conduct.rules import (
    RESULT_OF,
    SAFETY_ANSWER,
    SAFETY_LASTS,
    AboutOneself,
    Consequence,
    EvidenceNeeded,
    NoRuleInForce,
    NotAppealed,
    NotEnoughCounted,
    NotOfThisProceeding,
    NotToBePaused,
    PausedAlready,
    ProceedingNotFound,
    Result,
    Sentence,
    State,
    Verdict,
    check_answer,
    check_appeal,
    check_decision,
    check_less,
    check_person,
    check_sentence,
    check_words,
)
from booking.conduct.tables import Evidence, Proceeding
from booking.conduct.timers import later
from booking.conduct.versions import Version
from booking.jobs.numbers import LENGTH, SIGNS
from marketplace.foundation import audit, vault
from marketplace.foundation.ids import OrganizationId, PersonId, derived, uuid7
from marketplace.foundation.sealed import Sealed
from marketplace.organizations.queries import home
from marketplace.specialists import actions as specialists
from marketplace.specialists import queries as known
from marketplace.specialists.rules import NotASpecialist, Standing


def look(session: Session, job: UUID, *, now: datetime) -> list[UUID]:
    """Something happened to a job: open what the rules say has been reached, for whoever it concerns.

    The machine only opens; it decides nothing. Looking again opens nothing more. Returns what was opened.
    """
    here = home(session).id
    version = versions.in_force(session, here, at=now)
    if version is None:
        return []
    found = counting.happened(session, here, since=version.in_force_from, until=now, jobs=[job])
    opened = []
    for who in sorted({each.specialist for each in found}):
        specialists.lock(session, PersonId(who))
        for each in queries.counted(session, here, now=now, specialist=who).get(who, []):
            if each.rule.what in BY_MACHINE and each.enough:
                events = [event for event, _ in each.events]
                opened.append(
                    _open(session, here, PersonId(who), each.rule.what, events, version=version, by=None, now=now)
                )
    return opened


def open_by_person(
    session: Session, specialist: PersonId, what: Counted, *, words: str, by: PersonId, now: datetime
) -> UUID:
    """Somebody opens what a rule allows and its count reaches. Refuses AboutOneself, NoRuleInForce, NotEnoughCounted,
    ConductWordsNotAllowed, NotASpecialist.
    """
    said, here = check_words(words), home(session).id
    check_person(by, about=specialist, before=())
    specialists.lock(session, specialist)
    version = versions.in_force(session, here, at=now)
    rule = None if version is None else version.charter.rule(what)
    if version is None or rule is None or what not in BY_MACHINE:
        raise NoRuleInForce()
    counted = queries.counted(session, here, now=now, specialist=specialist).get(specialist, [])
    events = next(([event for event, _ in each.events] for each in counted if each.rule.what is what), [])
    if len(events) < rule.times:
        raise NotEnoughCounted(len(events), rule.times)
    return _open(session, here, specialist, what, events, version=version, by=by, now=now, words=said)


def pause_for_safety(
    session: Session, organization: OrganizationId, number: str, *, words: str, by: PersonId, now: datetime
) -> UUID:
    """Danger to somebody: the crew of this job gets no work from now on, is paid for it, and it ends after two days.

    Refuses EvidenceNeeded, AboutOneself, PausedAlready, NotToBePaused, ConductWordsNotAllowed.
    """
    said = check_words(words)
    event = counting.last_of_job(session, organization, number)
    if event is None:
        raise EvidenceNeeded()
    who = PersonId(event.specialist)
    if by == who:
        raise AboutOneself()
    try:
        specialists.lock(session, who)
    except NotASpecialist:
        raise EvidenceNeeded() from None
    if not counting.unused(session, [event]):
        raise EvidenceNeeded()
    running = select(Proceeding.id).where(
        Proceeding.specialist_id == who, Proceeding.safety_until.is_not(None), Proceeding.safety_ended_at.is_(None)
    )
    if session.scalar(running) is not None:
        raise PausedAlready()
    if known.standing(session, who) not in (Standing.GOOD, Standing.SUSPENDED):
        raise NotToBePaused()
    version = versions.in_force(session, organization, at=now)
    ruled = version if version is not None and version.charter.rule(Counted.SAFETY) else None
    return _open(session, organization, who, Counted.SAFETY, [event], version=ruled, by=by, now=now, words=said)


def answer(
    session: Session, id: UUID, *, words: str, wrong: Collection[UUID], specialist: PersonId, now: datetime
) -> View:
    """The specialist says what is to be said, and which evidence is wrong. Once.

    Refuses ProceedingNotFound, AnsweredAlready, AnswerTimeOver, NotOfThisProceeding, ConductWordsNotAllowed.
    """
    row = _locked(session, id)
    if row.specialist_id != specialist:
        raise ProceedingNotFound()
    check_answer(State(row.state), row.answered_at, until=row.answer_until, now=now)
    said = check_words(words)
    evidence = {each.id for each in queries.evidence_of(session, [id]).get(id, [])}
    if not set(wrong) <= evidence:
        raise NotOfThisProceeding()
    row.answered_at, row.answer = now, _sealed(row, "answer", said)
    session.flush()
    session.execute(update(Evidence).where(Evidence.id.in_(wrong)).values(wrong=True))
    return queries.own(session, id, specialist)


def decide(
    session: Session,
    id: UUID,
    sentence: Sentence,
    *,
    words: str,
    organization: OrganizationId,
    by: PersonId,
    now: datetime,
) -> View:
    """Somebody who did not open it decides, after the answer or the end of its time; within the published rule.

    Refuses ProceedingNotFound, AboutOneself, SamePersonTwice, DecidedAlready, DecisionTimeOver, AnswerTimeRuns,
    BeyondTheRule, ConductWordsNotAllowed.
    """
    row = _of(session, id, organization)
    check_person(by, about=row.specialist_id, before=(row.opened_by,))
    check_decision(
        State(row.state), row.answered_at, answer_until=row.answer_until, decide_until=row.decide_until, now=now
    )
    chosen = check_sentence(sentence, queries.most_of(session, row), currency=row.currency)
    row.decided_at, row.decided_by = now, by
    row.consequence, row.decision = chosen.consequence.value, _sealed(row, "decision", check_words(words))
    row.pause_days, row.fee_minor = chosen.pause_days or None, chosen.fee_minor or None
    _follow(session, row, chosen, now=now)
    standing.settle(session, row, by=by, now=now)
    _note(session, row, "decided", by=by, now=now, consequence=chosen.consequence.value)
    if chosen.consequence is not Consequence.NOTHING:
        letters.tell(session, row, "conduct_decided", now=now)
    return queries.one(session, id, organization)


def appeal(session: Session, id: UUID, *, words: str, specialist: PersonId, now: datetime) -> View:
    """The specialist asks for a third person. What was decided goes on until then; not heard in time, it is undone.

    Refuses ProceedingNotFound, NothingToAppeal, AppealedAlready, AppealTimeOver, ConductWordsNotAllowed.
    """
    row = _locked(session, id)
    if row.specialist_id != specialist:
        raise ProceedingNotFound()
    check_appeal(State(row.state), until=row.appeal_until, now=now)
    row.appeal, row.appealed_at = _sealed(row, "appeal", check_words(words)), now
    row.state, row.hear_until = State.APPEALED.value, now + timedelta(days=_days(session, row).hear)
    session.flush()
    later(session, row.id, "hear", row.hear_until)
    return queries.own(session, id, specialist)


def hear(
    session: Session,
    id: UUID,
    verdict: Verdict,
    *,
    lesser: Sentence | None,
    words: str,
    organization: OrganizationId,
    by: PersonId,
    now: datetime,
) -> View:
    """A third person upholds, lessens (then to `lesser`) or overturns; never makes it worse.

    Refuses ProceedingNotFound, AboutOneself, SamePersonTwice, NotAppealed, NotLess, ConductWordsNotAllowed.
    """
    row = _of(session, id, organization)
    check_person(by, about=row.specialist_id, before=(row.opened_by, row.decided_by))
    if row.state != State.APPEALED or row.hear_until is None or now >= row.hear_until:
        raise NotAppealed()
    said, before = check_words(words), queries.sentence_of(row)
    if verdict is Verdict.LESSENED:
        check_less(before, lesser or before)
        chosen = check_sentence(lesser or before, queries.most_of(session, row), currency=row.currency)
        row.lesser, row.lesser_days = chosen.consequence.value, chosen.pause_days or None
        row.lesser_minor = chosen.fee_minor or None
    row.heard_at, row.heard_by, row.verdict = now, by, verdict.value
    row.verdict_words = _sealed(row, "verdict_words", said)
    close(session, row, RESULT_OF[verdict], by=by, now=now)
    _note(session, row, "heard", by=by, now=now, verdict=verdict.value)
    return queries.one(session, id, organization)


def close(session: Session, row: Proceeding, result: Result, *, by: PersonId | None, now: datetime) -> None:
    """End a proceeding and let its result have its effect: what does not stand is put back as it was."""
    row.state, row.closed_at, row.result = State.CLOSED.value, now, result.value
    standing.end_safety(session, row, at=min(now, row.safety_until or now))
    if result is Result.LESSENED:
        _lessen(session, row, now=now)
    elif result is not Result.STANDS:
        standing.end_pause(row, at=min(now, row.pause_until or now))
        if row.pause_begun_at is not None:
            standing.pay_later(session, row, "lost_pay")
        if row.fee_minor is not None:
            standing.pay_later(session, row, "fee_back")
    if result is Result.STANDS and row.consequence == Consequence.END:
        standing.end_pause(row, at=now)
        decider = PersonId(row.decided_by) if by is None and row.decided_by is not None else by
        specialists.leave(session, PersonId(row.specialist_id), by=decider, now=now, proceeding=row.id)
    standing.settle(session, row, by=by, now=now)
    letters.tell(session, row, "conduct_over", now=now)


def _open(
    session: Session,
    organization: OrganizationId,
    who: PersonId,
    what: Counted,
    events: Sequence[Happened],
    *,
    version: Version | None,
    by: PersonId | None,
    now: datetime,
    words: str = "",
) -> UUID:
    id, danger = uuid7(), what is Counted.SAFETY
    if version is None and not danger:
        raise NoRuleInForce()
    answer_until = now + (SAFETY_ANSWER if danger or version is None else timedelta(days=version.charter.answer_days))
    more = timedelta() if version is None else timedelta(days=version.charter.decide_days)
    row = Proceeding(
        id=id, number=_number(session), organization_id=organization, specialist_id=who, what=what.value,
        rules_id=None if version is None else version.id, state=State.OPEN.value, opened_at=now, opened_by=by,
        answer_until=answer_until, decide_until=now + SAFETY_LASTS if danger else answer_until + more,
        safety_until=now + SAFETY_LASTS if danger else None, currency=home(session).currency,
        notice=vault.seal(who, queries.words_place("notice", id), words) if words else None,
        day_minor=standing.day_minor(session, who, now=now) if danger else None,
    )  # fmt: skip
    session.add(row)
    session.flush()
    session.add_all(
        Evidence(
            id=derived("evidence", id, each.event), proceeding_id=id, specialist_id=who, event_id=each.event,
            job_id=each.job, number=each.number, happened_at=each.at, minutes_before=each.minutes_before,
        )
        for each in events
    )  # fmt: skip
    standing.settle(session, row, by=by, now=now)
    _note(session, row, "opened", by=by, now=now, what=what.value)
    later(session, id, "decide", row.decide_until)
    letters.tell(session, row, "conduct_opened", now=now)
    return id


def _follow(session: Session, row: Proceeding, chosen: Sentence, *, now: datetime) -> None:
    """What a decision does at once; it ends by itself, or by a verdict."""
    days = _days(session, row)
    if chosen.consequence is Consequence.NOTHING:
        close(session, row, Result.NOTHING, by=PersonId(row.decided_by) if row.decided_by else None, now=now)
        return
    standing.end_safety(session, row, at=now)
    row.state, row.appeal_until = State.DECIDED.value, now + timedelta(days=days.appeal)
    if chosen.consequence in (Consequence.PAUSE, Consequence.END):
        if row.day_minor is None:
            row.day_minor = standing.day_minor(session, PersonId(row.specialist_id), now=now)
        row.pause_begun_at = now
        row.pause_until = now + timedelta(days=chosen.pause_days) if chosen.pause_days else None
    if row.pause_until is not None:
        later(session, row.id, "pause", row.pause_until)
    if chosen.consequence is Consequence.FEE:
        standing.pay_later(session, row, "fee")
    later(session, row.id, "appeal", row.appeal_until)


def _lessen(session: Session, row: Proceeding, *, now: datetime) -> None:
    """A shorter pause, a smaller fee or a talk in place of what was decided; what was too much goes back."""
    if row.fee_minor is not None:
        standing.pay_later(session, row, "fee_back")
    if row.pause_begun_at is None:
        return
    shorter = row.pause_begun_at + timedelta(days=row.lesser_days or 0)
    if shorter <= now:
        standing.end_pause(row, at=min(now, row.pause_until or now))
        standing.pay_later(session, row, "lost_pay")
    else:
        row.pause_until = shorter
        later(session, row.id, "shorter", shorter)


@dataclass(frozen=True, slots=True)
class _Days:
    appeal: int
    hear: int


def _days(session: Session, row: Proceeding) -> _Days:
    if row.rules_id is None:
        return _Days(FIRST_NUMBERS["appeal_days"], FIRST_NUMBERS["hear_days"])
    charter = versions.of_id(session, row.rules_id).charter
    return _Days(charter.appeal_days, charter.hear_days)


def _number(session: Session) -> str:
    while True:
        number = "P-" + "".join(secrets.choice(SIGNS) for _ in range(LENGTH))
        if session.scalar(select(Proceeding.id).where(Proceeding.number == number)) is None:
            return number


def _locked(session: Session, id: UUID) -> Proceeding:
    row = standing.proceeding_locked(session, id)
    if row is None:
        raise ProceedingNotFound()
    return row


def _of(session: Session, id: UUID, organization: UUID) -> Proceeding:
    row = _locked(session, id)
    if row.organization_id != organization:
        raise ProceedingNotFound()
    return row


def _sealed(row: Proceeding, column: str, words: str) -> Sealed:
    return vault.seal(row.specialist_id, queries.words_place(column, row.id), words)


def _note(session: Session, row: Proceeding, act: str, *, by: PersonId | None, now: datetime, **facts: str) -> None:
    audit.record(
        session, action=f"conduct.{act}", actor=by, subject=row.specialist_id, reason=None, now=now,
        proceeding=row.id, **facts,
    )  # fmt: skip
