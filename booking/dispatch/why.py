"""Why not me: what was decided about somebody for each job of their trade, from what was stored (dispatch.md §11).

Nobody else is named and no one else's figure is shown: only which rule kept them out, or which part of the score was
most in the way, and by how much. A job that a block kept from them is not listed: who blocked whom is never told.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

import msgspec
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from booking.dispatch.decisions import MATCHING, Inputs
from booking.dispatch.rules import Decision, Ranked, rate_of
from booking.dispatch.scoring import usual_rate
from booking.dispatch.standing import ANSWERS_COUNT_FOR, counted_answers
from booking.dispatch.tables import DecisionRow, Offer
from booking.jobs.tables import Job
from booking.jobs.words import Kind
from marketplace.catalogue.tables import ServiceSkill
from marketplace.foundation.ids import JobId, PersonId, ServiceId, ZoneId
from marketplace.foundation.money import Money
from marketplace.specialists import queries as specialists

LOOKED_BACK = timedelta(days=14)
BLOCK = "block"


class Outcome(StrEnum):
    OFFERED = "offered"
    MATCHED_OTHERWISE = "matched_otherwise"  # first in line, and the batch gave somebody else the job
    LOWER = "lower"
    EXCLUDED = "excluded"
    NOT_LOOKED_AT = "not_looked_at"  # somebody was found before it came to them


@dataclass(frozen=True, slots=True)
class Said:
    """What a decision says of one person: their place, the part of the score that was most in the way with how much it
    cost beside the first (hundredths of a minute), or the rule that excluded them."""

    outcome: Outcome
    rank: int | None = None
    behind_hundredths: int | None = None
    term: str | None = None
    term_hundredths: int | None = None
    rule: str | None = None


@dataclass(frozen=True, slots=True)
class Explained:
    """One job, and what was decided about this person."""

    job: JobId
    service: ServiceId
    zone: ZoneId
    window_start: datetime
    window_end: datetime
    said: Said


@dataclass(frozen=True, slots=True)
class Numbers:
    """Somebody's own figures: answers given and how many were yes; and what the day brought for each active hour,
    theirs and the mean of their trade on shift in that zone, when they were last looked at."""

    accepted: int
    answered: int
    days: int
    own_rate: Money | None = None
    group_rate: Money | None = None
    group: int = 0
    at: datetime | None = None


def why_not(session: Session, specialist: PersonId, *, now: datetime, limit: int = 40) -> list[Explained]:
    """The jobs of their trade and areas of the last 14 days, newest first, each with what was decided about them.

    By the first decision about the job that knew them. Refuses NotASpecialist.
    """
    jobs = _jobs(session, specialist, now=now, limit=limit)
    asked = set(session.scalars(select(Offer.job_id).where(Offer.job_id.in_(jobs), Offer.specialist_id == specialist)))
    rows = select(DecisionRow).where(DecisionRow.job_id.in_(jobs), DecisionRow.kind != MATCHING)
    decided: dict[UUID, list[DecisionRow]] = {}
    for row in session.scalars(rows.order_by(DecisionRow.at, DecisionRow.id)):
        if row.job_id is not None:
            decided.setdefault(row.job_id, []).append(row)
    told = [_explained(job, decided.get(id, []), specialist, was_asked=id in asked) for id, job in jobs.items()]
    return [each for each in told if each is not None]


def numbers(session: Session, specialist: PersonId, *, now: datetime) -> Numbers:
    """Their own figures, by the same counting that decides."""
    accepted, answered = counted_answers(session, [specialist], now=now).get(specialist, (0, 0))
    days = ANSWERS_COUNT_FOR.days
    last = (
        select(DecisionRow, Job.currency)
        .join(Offer, Offer.decision_id == DecisionRow.id)
        .join(Job, Job.id == DecisionRow.job_id)
        .where(Offer.specialist_id == specialist)
        .order_by(Offer.created_at.desc(), Offer.id)
        .limit(1)
    )
    found = session.execute(last).one_or_none()
    if found is None:
        return Numbers(accepted, answered, days)
    row, currency = found
    result = msgspec.convert(row.result, Decision)
    inputs = msgspec.convert(row.inputs, Inputs)
    known = {each.specialist_id: each for each in inputs.candidates}
    mine = known.get(specialist)
    group = len(result.ranked) if inputs.group is None else inputs.group
    if mine is None or mine.amount_today is None or not group:
        return Numbers(accepted, answered, days)
    mean = inputs.group_rate
    if mean is None:
        mean = usual_rate([rate_of(known[each.specialist_id]) for each in result.ranked])
    return Numbers(accepted, answered, days, Money(rate_of(mine), currency), Money(mean, currency), group, row.at)


def _jobs(session: Session, specialist: PersonId, *, now: datetime, limit: int) -> dict[UUID, Job]:
    known = specialists.specialist(session, specialist, on=now.date())
    needs = select(func.count()).where(ServiceSkill.service_id == Job.service_id)
    lacks = needs.where(ServiceSkill.skill.not_in([grant.skill for grant in known.grants]))
    asked = select(Job).where(
        Job.kind == Kind.BOOKING,
        Job.published_at > now - LOOKED_BACK,
        Job.zone_id.in_(known.zones),
        lacks.scalar_subquery() == 0,
    )
    rows = session.scalars(asked.order_by(Job.published_at.desc(), Job.id).limit(limit))
    return {row.id: row for row in rows}


def _explained(job: Job, rows: Sequence[DecisionRow], specialist: PersonId, *, was_asked: bool) -> Explained | None:
    if job.zone_id is None or job.window_start is None or job.window_end is None:
        return None
    said = _said(rows, specialist)
    if said is None:
        return None
    if was_asked:
        said = Said(Outcome.OFFERED, said.rank)
    id, service, zone = JobId(job.id), ServiceId(job.service_id), ZoneId(job.zone_id)
    return Explained(id, service, zone, job.window_start, job.window_end, said)


def _said(rows: Sequence[DecisionRow], specialist: PersonId) -> Said | None:
    """What the first decision that knew them says; None where nothing may be told."""
    for row in rows:
        decision = msgspec.convert(row.result, Decision)
        rule = next((each.rule for each in decision.excluded if each.specialist_id == specialist), None)
        if rule == BLOCK:
            return None
        if rule is not None:
            return Said(Outcome.EXCLUDED, rule=rule)
        for rank, each in enumerate(decision.ranked, start=1):
            if each.specialist_id == specialist:
                return _place(rank, each, decision.ranked[0])
    return Said(Outcome.NOT_LOOKED_AT)


def _place(rank: int, mine: Ranked, first: Ranked) -> Said:
    if rank == 1:
        return Said(Outcome.MATCHED_OTHERWISE, 1)
    theirs = {term.term: term.hundredths for term in first.terms}
    apart = {name: -value for name, value in theirs.items()}
    for term in mine.terms:
        apart[term.term] = term.hundredths - theirs.get(term.term, 0)
    worst = max(apart, key=lambda name: (apart[name], name))
    return Said(Outcome.LOWER, rank, mine.score_hundredths - first.score_hundredths, worst, apart[worst])
