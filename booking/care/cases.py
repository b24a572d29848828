"""Open a case about a job; decide it, alone or by two. Each verb locks the job, then the case, then the money."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.care.queries import Case, case_of, case_words_place
from booking.care.rules import (
    CaseDecided,
    CaseNotFound,
    CaseOpenAlready,
    CaseState,
    Ground,
    Matter,
    NothingGivenBack,
    NotInDispute,
    ProposalDiffers,
    check_case_words,
    check_window,
    needs_second,
)
from booking.care.tables import CaseFile
from booking.jobs import actions as jobs
from booking.jobs import record
from booking.jobs.rules import Actor, DisputedTooMuch, Facts, NotYourAct
from booking.jobs.tables import Job
from booking.jobs.words import Event, Role
from marketplace.foundation import vault
from marketplace.foundation.ids import derived
from marketplace.foundation.money import Money
from marketplace.organizations.queries import home
from payments.ledger.rules import SecondPersonNeeded

DECIDERS = frozenset({Role.AGENT, Role.FINANCE, Role.MANAGER})
SIDES = {Role.CUSTOMER: "customer", Role.SPECIALIST: "specialist"}


def open_case(
    session: Session,
    job: UUID,
    *,
    actor: Actor,
    matter: Matter,
    disputed: Money,
    text: str | None,
    command_id: UUID,
    now: datetime,
) -> Case:
    """Open a case; exactly `disputed` is frozen (zero for a complaint that is not about money). Again is the same.

    Refuses JobNotFound, NotYourAct, IllegalTransition, CaseOpenAlready, CaseWindowOver, DisputedTooMuch,
    CaseWordsNotAllowed, GivenBackTooMuch.
    """
    row = record.locked(session, job)
    id, words = derived("case", job, command_id), (text or "").strip()
    check_case_words(words)
    if disputed.minor < 0:
        raise DisputedTooMuch(Money(row.final_minor or 0, row.currency))
    told = record.told_before(session, job, Event.OPEN_CASE, actor, command_id)
    if told is None:
        if actor.role in SIDES:
            _check_may_open(session, row, actor, now=now)
        facts: Facts = {"case_id": id, "reason": matter.value, "disputed_minor": disputed.minor}
        _put(session, row, id, actor=actor, matter=matter, disputed=disputed, words=words, now=now)
        jobs.carry_out(session, row, Event.OPEN_CASE, actor=actor, command_id=command_id, now=now, facts=facts)
    return case_of(session, id)


def decide(
    session: Session, case: UUID, *, actor: Actor, back: Money, ground: Ground, command_id: UUID, now: datetime
) -> Case:
    """Decide a case: `back` goes to the customer, the specialist keeps the rest.

    Beyond the house's `second_person_above` the first word is a proposal, and another person's word for the same
    amount decides. Deciding again what was decided so changes nothing. Refuses CaseNotFound, CaseDecided,
    NotInDispute, ProposalDiffers, SecondPersonNeeded, NotYourAct, NothingPaid, GivenBackTooMuch.
    """
    _check_may_decide(actor)
    known = case_of(session, case)
    row = record.locked(session, known.job)
    file = _locked(session, case)
    if file.state == CaseState.DECIDED:
        if (file.back_minor, file.decided_by) != (back.minor, actor.person_id):
            raise CaseDecided(Money(file.back_minor or 0, file.currency))
        return case_of(session, case)
    if not 0 <= back.minor <= file.disputed_minor:
        raise NotInDispute(Money(file.disputed_minor, file.currency))
    second = needs_second(back, above=home(session).settings["second_person_above"])
    if second and file.state == CaseState.OPEN:
        file.state, file.back_minor, file.ground = CaseState.PROPOSED, back.minor, ground.value
        file.proposed_by = actor.person_id
        session.flush()
        return case_of(session, case)
    if second and file.back_minor != back.minor:
        raise ProposalDiffers(Money(file.back_minor or 0, file.currency))
    if second and file.proposed_by == actor.person_id:
        raise SecondPersonNeeded()
    return _carry_out(session, row, file, actor=actor, back=back, ground=ground, command_id=command_id, now=now)


def take_proposal_back(session: Session, case: UUID, *, actor: Actor) -> Case:
    """The second person does not agree, or the first thinks again: the case is open as before.

    Refuses CaseNotFound, CaseDecided.
    """
    _check_may_decide(actor)
    file = _locked(session, case)
    if file.state == CaseState.DECIDED:
        raise CaseDecided(Money(file.back_minor or 0, file.currency))
    file.state, file.back_minor, file.ground, file.proposed_by = CaseState.OPEN, None, None, None
    session.flush()
    return case_of(session, case)


def give_back(
    session: Session,
    job: UUID,
    *,
    actor: Actor,
    amount: Money,
    matter: Matter,
    ground: Ground,
    command_id: UUID,
    now: datetime,
) -> Case:
    """Finance gives so much of a paid job back to its customer's wallet: a case opened and decided in one act.

    Beyond the limit it is opened and proposed only, with exactly the amount frozen. The same command again changes
    nothing. Refuses NothingGivenBack, and what `open_case` and `decide` refuse.
    """
    if amount.minor <= 0:
        raise NothingGivenBack()
    _check_may_decide(actor)
    row = record.locked(session, job)
    id = derived("case", job, command_id)
    if session.get(CaseFile, id) is not None:
        return case_of(session, id)
    if needs_second(amount, above=home(session).settings["second_person_above"]):
        decided = open_case(
            session, job, actor=actor, matter=matter, disputed=amount, text=None, command_id=command_id, now=now
        )
        file = _locked(session, decided.id)
        file.state, file.back_minor, file.ground = CaseState.PROPOSED, amount.minor, ground.value
        file.proposed_by = actor.person_id
        session.flush()
        return case_of(session, id)
    _put(session, row, id, actor=actor, matter=matter, disputed=amount, words="", now=now)
    facts: Facts = {"case_id": id, "reason": matter.value}  # nothing is frozen: it is decided in the same breath
    jobs.carry_out(session, row, Event.OPEN_CASE, actor=actor, command_id=command_id, now=now, facts=facts)
    then = derived(command_id, "decided")
    return _carry_out(
        session, row, _locked(session, id), actor=actor, back=amount, ground=ground, command_id=then, now=now
    )


def _carry_out(
    session: Session,
    row: Job,
    file: CaseFile,
    *,
    actor: Actor,
    back: Money,
    ground: Ground,
    command_id: UUID,
    now: datetime,
) -> Case:
    facts: Facts = {"case_id": file.id, "reason": ground.value, "customer_minor": back.minor}
    if file.proposed_by is not None:
        facts["proposed_by"] = file.proposed_by
    file.state, file.back_minor, file.ground = CaseState.DECIDED, back.minor, ground.value
    file.decided_by, file.decided_at = actor.person_id, now
    session.flush()
    jobs.carry_out(session, row, Event.DECIDE_CASE, actor=actor, command_id=command_id, now=now, facts=facts)
    return case_of(session, file.id)


def _check_may_decide(actor: Actor) -> None:
    if actor.role not in DECIDERS:
        raise NotYourAct(Event.DECIDE_CASE.value, actor.role.value)


def _check_may_open(session: Session, row: Job, actor: Actor, *, now: datetime) -> None:
    settings = home(session).settings
    check_window(row.approved_at, days=max(settings["warranty_days"], settings["dispute_window_days"]), now=now)
    mine = select(CaseFile.id).where(
        CaseFile.job_id == row.id, CaseFile.opened_by == actor.person_id, CaseFile.state != CaseState.DECIDED
    )
    if session.scalar(mine.limit(1)) is not None:
        raise CaseOpenAlready()


def _put(
    session: Session, row: Job, id: UUID, *, actor: Actor, matter: Matter, disputed: Money, words: str, now: datetime
) -> None:
    if actor.person_id is None:
        raise CaseNotFound()
    sealed = vault.seal(actor.person_id, case_words_place(id), words) if words else None
    session.add(
        CaseFile(
            id=id, job_id=row.id, opened_by=actor.person_id, side=SIDES.get(actor.role, "house"), matter=matter.value,
            disputed_minor=disputed.minor, currency=row.currency, words=sealed, opened_at=now,
            state=CaseState.OPEN.value,
        )
    )  # fmt: skip
    session.flush()


def _locked(session: Session, case: UUID) -> CaseFile:
    asked = select(CaseFile).where(CaseFile.id == case).with_for_update()
    found = session.scalars(asked.execution_options(populate_existing=True)).one_or_none()
    if found is None:
        raise CaseNotFound()
    return found
