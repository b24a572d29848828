"""Visits under warranty (lifecycle.md E.4 #37): asked for within it, made without a price, paid by the house's rule.

The visit is a job of its own, linked to the work: the work's own journal, ledger and contact stay closed, and the
visit's contact opens for its own crew and time only. It is asked for while the work is settled or still in its dispute
window; the specialist's share of that work is freed at its time all the same, and a case holds it where one is opened.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.jobs import actions, drafts, record, requests, terms, visits
from booking.jobs.drafts import Draft
from booking.jobs.rules import Actor, JobNotFound, NotYourAct, TimeRules
from booking.jobs.tables import Job
from booking.jobs.terms import Terms
from booking.jobs.visit_rules import (
    NoWarranty,
    Relation,
    Verdict,
    VerdictStands,
    VisitNotDone,
    WarrantyAskedAlready,
    check_verdict,
    check_words,
    usual_verdict,
    warranty_until,
)
from booking.jobs.visit_tables import JobLink, WarrantyVisit
from booking.jobs.words import ENDS, Event, Role, State
from booking.pricing import estimating
from marketplace.catalogue import queries as catalogue
from marketplace.catalogue.rules import NoPriceBook, UnknownService
from marketplace.foundation import vault
from marketplace.foundation.ids import AddressId, JobId, PersonId, ServiceId, ZoneId, derived
from marketplace.foundation.money import Money
from marketplace.organizations.queries import home
from payments.wallets import gifts
from payments.wallets.gifts import GiftReason

PRICE_STANDS = timedelta(days=2)
LIVE = frozenset(set(State) - ENDS - {State.DRAFT, State.APPROVED})
UNDER_WARRANTY = frozenset({State.APPROVED, State.CLOSED})
DECIDERS = frozenset({Role.AGENT, Role.MANAGER})


@dataclass(frozen=True, slots=True)
class Warranty:
    """Until when work is under warranty, whether a visit may be asked for now, and the one that was."""

    until: datetime
    may_ask: bool
    running: JobId | None


@dataclass(frozen=True, slots=True)
class WarrantyView:
    """A visit under warranty: what the customer says is wrong, and what was decided about its pay. `words` is None once
    the customer has been erased; `usual` is what the rule says, `most` the published pay."""

    job: JobId
    of: JobId
    words: str | None
    asked_at: datetime
    usual: Verdict
    most: Money
    verdict: Verdict | None
    pay: Money | None
    ground: str | None
    decided_by: PersonId | None
    decided_at: datetime | None
    may_decide: bool


def ask(session: Session, job: UUID, *, actor: Actor, words: str, command_id: UUID, now: datetime) -> JobId:
    """Ask for a visit under the warranty of this work; gives the visit, a request without a price, whose time is next.

    Refuses JobNotFound, DefectNeedsWords, NoWarranty, WarrantyOver, WarrantyAskedAlready (a visit is under way), and
    what `actions.fire` refuses. The same command again gives the same visit.
    """
    said = words.strip()
    row = record.locked(session, job)
    if actor.role is Role.CUSTOMER and row.customer_id != actor.person_id:
        raise JobNotFound()
    told = record.told_before(session, job, Event.WARRANTY_VISIT, actor, command_id)
    if told is not None:
        return JobId(UUID(str(told.facts["visit_id"])))
    check_words(said)
    days = _days(session, row, actions.time_rules(session), now=now)
    running = _running(session, job)
    if running is not None:
        raise WarrantyAskedAlready(running.number)
    visit = _drafted(session, row, actor=actor, command_id=derived(command_id, "draft"), now=now)
    actions.carry_out(
        session, row, Event.WARRANTY_VISIT, actor=actor, command_id=command_id, now=now,
        facts={"visit_id": visit.id, "warranty_days": days},
    )  # fmt: skip
    _submitted(session, visit, row, said, actor=actor, command_id=derived(command_id, "submit"), now=now)
    return JobId(visit.id)


def decide(
    session: Session,
    visit: UUID,
    *,
    actor: Actor,
    verdict: Verdict,
    pay: Money,
    ground: str,
    now: datetime,
) -> WarrantyView:
    """Say whose the visit was, once it is done: an own defect is not paid, any other by up to the published pay.

    What is paid goes from the house's goodwill to whoever came, beyond `second_person_above` once a second person
    agrees. Refuses JobNotFound, NotYourAct, VisitNotDone, VerdictStands, GroundNeeded, PayOutOfBounds. The same again
    changes nothing.
    """
    if actor.role not in DECIDERS or actor.person_id is None:
        raise NotYourAct(Event.WARRANTY_VISIT.value, actor.role.value)
    row = record.locked(session, visit)
    asked = _asked(session, visit)
    if asked.verdict is not None:
        same = (asked.verdict, asked.pay_minor, asked.ground, asked.decided_by)
        if same != (verdict.value, pay.minor, ground, actor.person_id):
            raise VerdictStands()
        return view(session, visit)
    if State(row.state) not in visits.DONE or row.specialist_id is None:
        raise VisitNotDone()
    check_verdict(verdict, pay, ground, most=Money(asked.most_minor, asked.currency))
    asked.verdict, asked.pay_minor, asked.ground = verdict.value, pay.minor, ground
    asked.decided_by, asked.decided_at = actor.person_id, now
    session.flush()
    decided = view(session, visit)
    if verdict is Verdict.PAID:
        gifts.give(
            session, owner=row.specialist_id, owner_kind="specialist", amount=pay, reason=GiftReason.WARRANTY_VISIT,
            subject=visit, by=actor.person_id, second_above=home(session).settings["second_person_above"],
            command_id=derived("warranty_pay", visit), now=now,
        )  # fmt: skip
    return decided


def of_job(session: Session, job: UUID, *, now: datetime) -> Warranty | None:
    """The warranty on this work; None for work that has none, or is not done yet."""
    row = session.get(Job, job, populate_existing=True)
    if row is None or row.approved_at is None or State(row.state) not in UNDER_WARRANTY:
        return None
    try:
        days = _days(session, row, actions.time_rules(session), now=now)
    except NoWarranty:
        return None
    until, running = warranty_until(row.approved_at, days), _running(session, job)
    return Warranty(until, now < until and running is None, None if running is None else JobId(running.id))


def view(session: Session, visit: UUID) -> WarrantyView:
    """What is known of a visit under warranty. Refuses JobNotFound for any other job."""
    asked = _asked(session, visit, locked=False)
    made = session.get(Job, visit)
    work = session.get(Job, asked.of_id)
    if made is None or work is None:
        raise JobNotFound()
    most = Money(asked.most_minor, asked.currency)
    return WarrantyView(
        job=JobId(visit),
        of=JobId(asked.of_id),
        words=_words(asked),
        asked_at=asked.asked_at,
        usual=usual_verdict(same_specialist=made.specialist_id == work.specialist_id, most=most),
        most=most,
        verdict=None if asked.verdict is None else Verdict(asked.verdict),
        pay=None if asked.pay_minor is None else Money(asked.pay_minor, asked.currency),
        ground=asked.ground,
        decided_by=None if asked.decided_by is None else PersonId(asked.decided_by),
        decided_at=asked.decided_at,
        may_decide=asked.verdict is None and State(made.state) in visits.DONE,
    )


def undecided(session: Session, *, limit: int = 50) -> list[JobId]:
    """Visits under warranty that are done and wait for a verdict, the oldest first."""
    asked = select(WarrantyVisit.job_id).join(Job, Job.id == WarrantyVisit.job_id)
    waiting = asked.where(WarrantyVisit.verdict.is_(None), Job.state.in_(visits.DONE))
    return [JobId(id) for id in session.scalars(waiting.order_by(WarrantyVisit.asked_at).limit(limit))]


def who_came(session: Session, visit: UUID) -> PersonId | None:
    """Who did the work that this visit is made for, under warranty or after an estimate."""
    work = visits.work_of(session, visit, Relation.WARRANTY_OF)
    found = None if work is None else session.scalar(select(Job.specialist_id).where(Job.id == work))
    return None if found is None else PersonId(found)


def _days(session: Session, row: Job, times: TimeRules, *, now: datetime) -> int:
    """For how many days the work is under warranty. Refuses NoWarranty."""
    if visits.relation_of(session, row.id) is not None:
        raise NoWarranty()
    try:
        own = catalogue.service(session, ServiceId(row.service_id), now=now).warranty_days
    except (UnknownService, NoPriceBook):
        own = None  # no longer offered, but the work that was done keeps its warranty
    days = times.warranty_days if own is None else own
    if days <= 0:
        raise NoWarranty()
    return days


def _running(session: Session, job: UUID) -> Job | None:
    asked = select(Job).join(JobLink, JobLink.job_id == Job.id)
    mine = asked.where(JobLink.to_id == job, JobLink.relation == Relation.WARRANTY_OF, Job.state.in_(LIVE))
    return session.scalars(mine.limit(1)).first()


def _drafted(session: Session, work: Job, *, actor: Actor, command_id: UUID, now: datetime) -> Job:
    """A draft at the same place, with the answers that are still asked for."""
    known = {question.key for question in catalogue.questions(session, ServiceId(work.service_id))}
    answers = {key: value for key, value in record.opened(work, "answers").items() if key in known}
    asked = Draft(
        service=ServiceId(work.service_id),
        answers=answers,
        address_id=None if work.address_id is None else AddressId(work.address_id),
        zone_id=None if work.zone_id is None else ZoneId(work.zone_id),
        cell=work.cell,
    )
    made = drafts.save_draft(session, asked, actor=actor, command_id=command_id, now=now)
    return record.locked(session, made.job_id)


def _submitted(
    session: Session, visit: Job, work: Job, words: str, *, actor: Actor, command_id: UUID, now: datetime
) -> None:
    service = catalogue.service(session, ServiceId(work.service_id), now=now)
    price, cancellation = requests.policies(session, service, now=now)
    free = estimating.nothing_due(
        currency=service.currency, service=service.key, policy=price, visit_fee=service.visit_fee,
        valid_until=now + PRICE_STANDS,
    )  # fmt: skip
    columns = {
        "quote": terms.document(Terms(free, price, cancellation)), "quote_hash": free.hash, "price_minor": 0,
        "minutes": work.minutes or service.minutes,
    }  # fmt: skip
    actions.carry_out(
        session, visit, Event.SUBMIT, actor=actor, command_id=command_id, now=now, facts={}, columns=columns
    )
    visits.link(session, visit.id, work.id, Relation.WARRANTY_OF, now=now)
    session.add(
        WarrantyVisit(
            job_id=visit.id, of_id=work.id, holder_id=visit.holder_id, currency=service.currency,
            words=vault.seal(visit.holder_id, _place(visit.id), words), most_minor=service.visit_fee.minor,
            asked_at=now,
        )
    )  # fmt: skip
    session.flush()


def _asked(session: Session, visit: UUID, *, locked: bool = True) -> WarrantyVisit:
    wanted = select(WarrantyVisit).where(WarrantyVisit.job_id == visit).execution_options(populate_existing=True)
    found = session.scalar(wanted.with_for_update() if locked else wanted)
    if found is None:
        raise JobNotFound()
    return found


def _words(asked: WarrantyVisit) -> str | None:
    try:
        return vault.unseal(asked.holder_id, _place(asked.job_id), asked.words)
    except vault.Erased:
        return None


def _place(visit: UUID) -> str:
    return vault.place("warranty_visit", "words", visit)
