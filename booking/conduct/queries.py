"""Proceedings as the specialist and the office read them, and what counts of a specialist now."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from booking.conduct import counting, versions
from booking.conduct.charter import Counted, Happened, Rule, excused, lapses_at, near_of, standing_count
from booking.conduct.rules import Consequence, Most, Pause, ProceedingNotFound, Result, Sentence, State, Verdict
from booking.conduct.tables import ConductMoney, Evidence, Proceeding
from booking.conduct.versions import Version
from marketplace.foundation import vault
from marketplace.foundation.ids import PersonId
from marketplace.foundation.money import Money
from marketplace.foundation.sealed import Sealed

LONGEST = timedelta(days=180)
Chosen = TypeVar("Chosen", bound=Select[*tuple[Any, ...]])


@dataclass(frozen=True, slots=True)
class Proof:
    """One piece of evidence. `wrong`: the specialist says that it is. `excused`: something of ours did not work then,
    so it counts no more."""

    id: UUID
    event: UUID
    job: UUID
    number: str
    at: datetime
    minutes_before: int | None
    wrong: bool
    excused: bool


@dataclass(frozen=True, slots=True)
class Moved:
    """Money that moved: a fee, what came back of it, or pay for days without work (then with their number)."""

    kind: str
    amount: Money
    days: int | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision with its reason in words; words are None once the specialist has been erased."""

    by: PersonId
    at: datetime
    sentence: Sentence
    fee: Money | None
    words: str | None


@dataclass(frozen=True, slots=True)
class Heard:
    """What a third person found of the appeal; `lesser` is what follows instead."""

    by: PersonId
    at: datetime
    verdict: Verdict
    lesser: Sentence | None
    fee: Money | None
    words: str | None


@dataclass(frozen=True, slots=True)
class View:
    """One proceeding, whole. `most` is what may follow by the rule of `version`."""

    id: UUID
    number: str
    specialist: PersonId
    what: Counted
    state: State
    version: Version | None
    most: Most
    currency: str
    opened_at: datetime
    opened_by: PersonId | None
    notice: str | None
    evidence: tuple[Proof, ...]
    answer_until: datetime
    answered_at: datetime | None
    answer: str | None
    decide_until: datetime
    safety: Pause
    decided: Decided | None
    pause: Pause
    appeal_until: datetime | None
    appealed_at: datetime | None
    appeal: str | None
    hear_until: datetime | None
    heard: Heard | None
    closed_at: datetime | None
    result: Result | None
    money: tuple[Moved, ...]

    def may_answer(self, now: datetime) -> bool:
        return self.state is State.OPEN and self.answered_at is None and now < self.answer_until

    def may_appeal(self, now: datetime) -> bool:
        return self.state is State.DECIDED and self.appeal_until is not None and now < self.appeal_until

    def may_be_decided(self, now: datetime) -> bool:
        return self.state is State.OPEN and (self.answered_at is not None or now >= self.answer_until)

    @property
    def due_at(self) -> datetime | None:
        """Until when the office, or the specialist, has to act next."""
        return {
            State.OPEN: self.decide_until, State.DECIDED: self.appeal_until, State.APPEALED: self.hear_until,
        }.get(self.state)  # fmt: skip

    @property
    def paused(self) -> bool:
        """Whether a pause of this proceeding has begun and was not ended."""
        return any(each.begun_at is not None and each.ended_at is None for each in (self.safety, self.pause))


@dataclass(frozen=True, slots=True)
class Card:
    """A proceeding as a row of a list."""

    id: UUID
    number: str
    specialist: PersonId
    what: Counted
    state: State
    opened_at: datetime
    opened_by: PersonId | None
    answered_at: datetime | None
    answer_until: datetime
    decided_by: PersonId | None
    consequence: Consequence | None
    due_at: datetime | None
    result: Result | None


@dataclass(frozen=True, slots=True)
class Counting:
    """What counts of somebody under one rule now, each with when it lapses."""

    rule: Rule
    events: tuple[tuple[Happened, datetime], ...]

    @property
    def enough(self) -> bool:
        return len(self.events) >= self.rule.times


def of_specialist(session: Session, specialist: UUID) -> list[View]:
    """Every proceeding about somebody, newest first."""
    asked = select(Proceeding).where(Proceeding.specialist_id == specialist)
    return [_view(session, row) for row in session.scalars(_fresh(asked.order_by(Proceeding.opened_at.desc())))]


def own(session: Session, id: UUID, specialist: UUID) -> View:
    """One proceeding for the person it is about. Refuses ProceedingNotFound."""
    asked = select(Proceeding).where(Proceeding.id == id, Proceeding.specialist_id == specialist)
    row = session.scalars(_fresh(asked)).one_or_none()
    if row is None:
        raise ProceedingNotFound()
    return _view(session, row)


def one(session: Session, id: UUID, organization: UUID) -> View:
    """One proceeding for the office. Refuses ProceedingNotFound."""
    asked = select(Proceeding).where(Proceeding.id == id, Proceeding.organization_id == organization)
    row = session.scalars(_fresh(asked)).one_or_none()
    if row is None:
        raise ProceedingNotFound()
    return _view(session, row)


def open_ones(session: Session, organization: UUID, *, limit: int = 200) -> list[Card]:
    """What is not closed, the one whose time runs out first at the top."""
    asked = select(Proceeding).where(Proceeding.organization_id == organization, Proceeding.state != State.CLOSED)
    found = [_card(row) for row in session.scalars(_fresh(asked.order_by(Proceeding.opened_at).limit(limit)))]
    return sorted(found, key=lambda each: (each.due_at or each.opened_at, each.id))


def closed_ones(session: Session, organization: UUID, *, limit: int = 50) -> list[Card]:
    """What has ended, newest first."""
    asked = select(Proceeding).where(Proceeding.organization_id == organization, Proceeding.state == State.CLOSED)
    return [_card(row) for row in session.scalars(_fresh(asked.order_by(Proceeding.closed_at.desc()).limit(limit)))]


def counted(
    session: Session, organization: UUID, *, now: datetime, specialist: UUID | None = None
) -> dict[UUID, list[Counting]]:
    """What counts now, by specialist, under the rules in force: since they came into force, used by none before."""
    version = versions.in_force(session, organization, at=now)
    if version is None:
        return {}
    since = max(version.in_force_from, now - LONGEST)
    found = counting.happened(session, organization, since=since, until=now)
    mine = [each for each in found if specialist in (None, each.specialist)]
    free, out = counting.unused(session, mine), counting.outages(session, organization, since=since)
    people: dict[UUID, list[Counting]] = {}
    for who in sorted({each.specialist for each in free}):
        own_events = [each for each in free if each.specialist == who]
        for rule in version.charter.rules:
            events = standing_count(rule, own_events, out, now=now)
            if events:
                listed = tuple((each, lapses_at(rule, each)) for each in events)
                people.setdefault(who, []).append(Counting(rule, listed))
    return people


def evidence_of(session: Session, proceedings: Sequence[UUID]) -> dict[UUID, list[Proof]]:
    """What each of these proceedings is about, oldest first."""
    asked = select(Evidence, Proceeding.organization_id, Proceeding.what)
    asked = asked.join(Proceeding, Proceeding.id == Evidence.proceeding_id)
    rows = session.execute(
        _fresh(asked.where(Evidence.proceeding_id.in_(proceedings)).order_by(Evidence.happened_at, Evidence.id))
    ).all()
    out = {here: counting.outages(session, here, since=rows[0][0].happened_at) for here in {each[1] for each in rows}}
    found: dict[UUID, list[Proof]] = {}
    for row, here, what in rows:
        explained = what != Counted.SAFETY and excused(near_of(row.happened_at, row.minutes_before), out[here])
        proof = Proof(
            row.id, row.event_id, row.job_id, row.number, row.happened_at, row.minutes_before, row.wrong, explained
        )
        found.setdefault(row.proceeding_id, []).append(proof)
    return found


def words_place(column: str, id: UUID) -> str:
    """Where the words of a proceeding are sealed for."""
    return vault.place("proceeding", column, id)


def most_of(session: Session, row: Proceeding) -> Most:
    """The most that may follow by the rule under which it was opened; without one, only a talk."""
    rule = None if row.rules_id is None else versions.of_id(session, row.rules_id).charter.rule(Counted(row.what))
    return Most(0, 0, may_end=False) if rule is None else Most(rule.pause_days, rule.fee_minor, rule.may_end)


def safety_of(row: Proceeding) -> Pause:
    begun = None if row.safety_until is None else row.opened_at
    return Pause(begun, row.safety_until, row.safety_ended_at)


def pause_of(row: Proceeding) -> Pause:
    return Pause(row.pause_begun_at, row.pause_until, row.pause_ended_at)


def sentence_of(row: Proceeding) -> Sentence:
    """What was decided. ValueError before a decision."""
    if row.consequence is None:
        raise ValueError("nothing was decided yet")
    return Sentence(Consequence(row.consequence), row.pause_days or 0, row.fee_minor or 0)


def _view(session: Session, row: Proceeding) -> View:
    opened_by = None if row.opened_by is None else PersonId(row.opened_by)
    money = session.scalars(select(ConductMoney).where(ConductMoney.proceeding_id == row.id).order_by(ConductMoney.at))
    return View(
        id=row.id, number=row.number, specialist=PersonId(row.specialist_id), what=Counted(row.what),
        state=State(row.state), version=None if row.rules_id is None else versions.of_id(session, row.rules_id),
        most=most_of(session, row), currency=row.currency, opened_at=row.opened_at, opened_by=opened_by,
        notice=_words(row, "notice", row.notice), evidence=tuple(evidence_of(session, [row.id]).get(row.id, [])),
        answer_until=row.answer_until, answered_at=row.answered_at, answer=_words(row, "answer", row.answer),
        decide_until=row.decide_until, safety=safety_of(row), decided=_decided(row), pause=pause_of(row),
        appeal_until=row.appeal_until, appealed_at=row.appealed_at, appeal=_words(row, "appeal", row.appeal),
        hear_until=row.hear_until, heard=_heard(row), closed_at=row.closed_at,
        result=None if row.result is None else Result(row.result),
        money=tuple(Moved(each.kind, Money(each.minor, row.currency), each.days, each.at) for each in money),
    )  # fmt: skip


def _decided(row: Proceeding) -> Decided | None:
    if row.decided_by is None or row.decided_at is None:
        return None
    fee = None if row.fee_minor is None else Money(row.fee_minor, row.currency)
    words = _words(row, "decision", row.decision)
    return Decided(PersonId(row.decided_by), row.decided_at, sentence_of(row), fee, words)


def _heard(row: Proceeding) -> Heard | None:
    if row.heard_by is None or row.heard_at is None or row.verdict is None:
        return None
    lesser = (
        None if row.lesser is None else Sentence(Consequence(row.lesser), row.lesser_days or 0, row.lesser_minor or 0)
    )
    fee = None if not row.lesser_minor else Money(row.lesser_minor, row.currency)
    words = _words(row, "verdict_words", row.verdict_words)
    return Heard(PersonId(row.heard_by), row.heard_at, Verdict(row.verdict), lesser, fee, words)


def _card(row: Proceeding) -> Card:
    due = {
        State.OPEN: row.decide_until, State.DECIDED: row.appeal_until, State.APPEALED: row.hear_until,
    }.get(State(row.state))  # fmt: skip
    return Card(
        row.id, row.number, PersonId(row.specialist_id), Counted(row.what), State(row.state), row.opened_at,
        None if row.opened_by is None else PersonId(row.opened_by), row.answered_at, row.answer_until,
        None if row.decided_by is None else PersonId(row.decided_by),
        None if row.consequence is None else Consequence(row.consequence), due,
        None if row.result is None else Result(row.result),
    )  # fmt: skip


def _words(row: Proceeding, column: str, sealed: Sealed | None) -> str | None:
    if sealed is None:
        return None
    try:
        return vault.unseal(row.specialist_id, words_place(column, row.id), sealed)
    except vault.Erased:
        return None


def _fresh(asked: Chosen) -> Chosen:
    """As the database has it now, whatever this session has read before."""
    return asked.execution_options(populate_existing=True)
