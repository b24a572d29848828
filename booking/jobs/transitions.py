"""The transition table of a booking, as data (lifecycle.md E.4), and the pure function that applies it.

What a row says stands in `process.py`; tickets have a table of their own (`ticket_process.py`). Saving a draft again is
the same event on a draft; a draft that nobody submits is forgotten by the clock. A price exists only for accepted
answers, so `priced` says that they are; work that is asked for by estimate has none before a quote is approved. A visit
under warranty is a job of its own (`warranty.py`), asked for from the approval on, so that none is lost in the dispute
window; the work's own row only records it. Where E.4 says "draft … on_site", a delayed job counts as the state it was
delayed in (guard `before_work`).
"""

from dataclasses import dataclass
from datetime import datetime

from booking.jobs import rules
from booking.jobs.guards import GUARDS, Question
from booking.jobs.process import (
    AD,
    AG,
    BEFORE_CREW,
    BEFORE_WORK,
    CU,
    DI,
    FI,
    MG,
    SP,
    SYS,
    VI,
    ContactEffect,
    MoneyEffect,
    SlotEffect,
    Transition,
    step,
)
from booking.jobs.rules import Actor, Facts, Standing, TimeRules
from booking.jobs.ticket_process import TICKET
from booking.jobs.words import Event, Kind, Role, State

S, E = State, Event

BOOKING: tuple[Transition, ...] = (
    step("1", E.SAVE_DRAFT, (None, S.DRAFT), S.DRAFT, (VI, CU, AG, MG, DI)),
    step("1", E.FORGET_DRAFT, (S.DRAFT,), S.CANCELLED, (SYS,)),
    step("2", E.SUBMIT, (S.DRAFT,), S.REQUESTED, (CU, AG, MG, DI),
         "customer_known", "place_served", "priced_or_by_estimate"),
    step("4", E.HOLD_SLOT, (S.REQUESTED,), None, (CU, AG, SYS), "unfunded", slot=SlotEffect.HOLD),
    step("5", E.ASK_QUOTE, (S.REQUESTED,), S.QUOTING, (CU, AG, MG, DI), "unpriced"),
    step("5", E.SEND_QUOTE, (S.QUOTING,), None, (SP, MG), "quote_named"),
    step("6", E.APPROVE_QUOTE, (S.QUOTING,), S.REQUESTED, (CU, MG), "quote_named", "priced"),
    step("6", E.REFUSE_QUOTE, (S.QUOTING,), None, (CU, MG), "quote_named", "reason_optional"),
    step("6", E.EXPIRE_QUOTE, (S.QUOTING,), None, (SYS,), "quote_named"),
    step("7", E.FUND, (S.REQUESTED,), None, (CU, AG, SYS), "priced", "slot_held", "unfunded",
         "paid_ahead", money=MoneyEffect.HOLD, slot=SlotEffect.CONSUME),
    step("8", E.PUBLISH, (S.REQUESTED,), S.OPEN, (SYS, MG, DI), "funded_or_exempt", "slot_held"),
    step("9", E.OFFER, (S.OPEN,), None, (SYS, DI)),
    step("9", E.SEEN, (S.OPEN,), None, (SP,)),
    step("9", E.DECLINE, (S.OPEN,), None, (SP,), "reason_optional"),
    step("9", E.EXPIRE_OFFER, (S.OPEN,), None, (SYS,)),
    step("12", E.ACCEPT, (S.OPEN,), S.ASSIGNED, (SP, MG), "seat_free", "crew_known", "last_seat",
         money=MoneyEffect.RESERVE, contact=ContactEffect.OPEN, slot=SlotEffect.TAKE),
    step("14", E.ASSIGN, (S.OPEN,), S.ASSIGNED, (DI, MG, SYS), "seat_free", "candidate_named", "last_seat",
         money=MoneyEffect.RESERVE, contact=ContactEffect.OPEN, slot=SlotEffect.TAKE),
    step("12", E.TAKE_SEAT, (S.OPEN,), None, (SP, MG, DI, SYS), "seat_free", "crew_known", "seat_open",
         slot=SlotEffect.TAKE),
    step("29", E.LEAVE_SEAT, (S.OPEN,), None, (SP,), "in_crew", "reason_given", slot=SlotEffect.FREE),
    step("17", E.ATTEND, (*BEFORE_WORK, S.IN_PROGRESS, S.DELAYED), None, (SP,), "in_crew", "departure_in_time"),
    step("14", E.REASSIGN, (S.ASSIGNED,), S.ASSIGNED, (DI, MG, SYS), "candidate_named", "reason_given",
         money=MoneyEffect.MOVE_RESERVE, contact=ContactEffect.SWAP, slot=SlotEffect.TAKE),
    step("15", E.RESCHEDULE, (S.ASSIGNED,), S.ASSIGNED, (CU, SP, DI, AG), "new_time", "window_ahead",
         contact=ContactEffect.OPEN, slot=SlotEffect.MOVE),
    step("16", E.DEPART, (S.ASSIGNED,), S.EN_ROUTE, (SP,), "departure_in_time"),
    step("17", E.ARRIVE, (S.EN_ROUTE, S.ASSIGNED), S.ON_SITE, (SP,), "presence_shown"),
    step("18", E.WRONG_CODE, (S.ON_SITE,), None, (SP,)),
    step("18", E.START, (S.ON_SITE,), S.IN_PROGRESS, (SP,), "code_or_waiver", slot=SlotEffect.START),
    step("19", E.DELAY, (*BEFORE_WORK, S.IN_PROGRESS), S.DELAYED, (SP, DI, MG), "reason_given", "new_time",
         contact=ContactEffect.MOVE, slot=SlotEffect.FOLLOW),
    step("20", E.RESUME, (S.DELAYED,), None, (SP, DI, MG)),
    step("21", E.PROPOSE_CHANGE, (S.IN_PROGRESS,), None, (SP,), "no_open_change", "reason_given", "change_sound"),
    step("21", E.APPROVE_CHANGE, (S.IN_PROGRESS,), None, (CU, MG), "change_waits", "change_as_shown",
         money=MoneyEffect.RAISE),
    step("21", E.REFUSE_CHANGE, (S.IN_PROGRESS,), None, (CU, MG, SP), "change_waits"),
    step("23", E.COMPLETE, (S.IN_PROGRESS,), S.COMPLETED, (SP,), "no_open_change", "within_approved",
         contact=ContactEffect.GRACE, slot=SlotEffect.FINISH),
    step("25", E.CONFIRM, (S.COMPLETED,), S.APPROVED, (CU, MG, DI), "no_open_case", "cash_agrees",
         money=MoneyEffect.CAPTURE),
    step("25", E.AUTO_ACCEPT, (S.COMPLETED,), S.APPROVED, (SYS,), "no_open_case", "confirm_deadline_over",
         money=MoneyEffect.CAPTURE),
    step("25c", E.DECLARE_CASH, (S.COMPLETED,), None, (SP,), "paid_in_cash"),
    step("26", E.TIP, (S.COMPLETED, S.APPROVED, S.CLOSED), None, (CU,), "tip_sound", money=MoneyEffect.TIP),
    step("27", E.RELEASE_UNDISPUTED, (S.APPROVED,), None, (SYS,), "case_open", "dispute_window_over",
         money=MoneyEffect.GIVE_REST),
    step("27", E.RELEASE, (S.APPROVED,), S.CLOSED, (SYS,), "no_open_case", "dispute_window_over",
         money=MoneyEffect.GIVE, contact=ContactEffect.CLOSE),
    step("28", E.CANCEL_BY_CUSTOMER, (S.DRAFT, *BEFORE_CREW, *BEFORE_WORK, S.DELAYED), S.CANCELLED, (CU, AG),
         "before_work", "reason_optional", money=MoneyEffect.SPLIT, contact=ContactEffect.CLOSE, slot=SlotEffect.FREE),
    step("29", E.CANCEL_BY_WORKER, (*BEFORE_WORK, S.DELAYED), S.OPEN, (SP,), "before_work", "reason_given",
         money=MoneyEffect.FREE_RESERVE, contact=ContactEffect.CLOSE, slot=SlotEffect.FREE),
    step("30", E.CANCEL_BY_OPERATOR,
         (S.DRAFT, *BEFORE_CREW, *BEFORE_WORK, S.IN_PROGRESS, S.DELAYED, S.COMPLETED), S.CANCELLED, (DI, MG, AD),
         "reason_given", money=MoneyEffect.RETURN, contact=ContactEffect.CLOSE, slot=SlotEffect.FREE),
    step("31", E.NO_SHOW_CUSTOMER, (S.ON_SITE,), S.NO_SHOW, (SP,), "waited_and_tried",
         money=MoneyEffect.SPLIT, contact=ContactEffect.CLOSE, slot=SlotEffect.FREE),
    step("32", E.NO_SHOW_WORKER, (S.ASSIGNED, S.EN_ROUTE), S.OPEN, (CU, SYS), "promise_broken",
         money=MoneyEffect.FREE_RESERVE, contact=ContactEffect.CLOSE, slot=SlotEffect.FREE),
    step("33", E.EXPIRE, BEFORE_CREW, S.EXPIRED, (SYS,), "reason_given",
         money=MoneyEffect.RETURN, slot=SlotEffect.FREE),
    step("34", E.FAIL, (S.IN_PROGRESS,), S.FAILED, (SP, DI), "reason_given",
         money=MoneyEffect.SPLIT, contact=ContactEffect.GRACE, slot=SlotEffect.FINISH),
    step("35", E.OPEN_CASE,
         (S.EN_ROUTE, S.ON_SITE, S.IN_PROGRESS, S.DELAYED, S.COMPLETED, S.APPROVED, S.CLOSED), None,
         (CU, SP, MG, AG, FI), "disputed_sound", money=MoneyEffect.FREEZE),
    step("36", E.DECIDE_CASE,
         (S.EN_ROUTE, S.ON_SITE, S.IN_PROGRESS, S.DELAYED, S.COMPLETED, S.APPROVED, S.CLOSED), None, (AG, FI, MG),
         "case_open", "settlement_sound", money=MoneyEffect.SETTLE),
    step("37", E.WARRANTY_VISIT, (S.APPROVED, S.CLOSED), None, (CU, AG), "within_warranty"),
)  # fmt: skip

PROCESSES: dict[Kind, dict[Event, Transition]] = {
    Kind.BOOKING: {each.event: each for each in BOOKING},
    Kind.TICKET: {each.event: each for each in TICKET},
}


@dataclass(frozen=True, slots=True)
class Move:
    """What the rules decided: the row that applied, and where the job stands after it."""

    transition: Transition
    state: State
    before_delay: State | None


def apply(
    job: Standing | None, event: Event, actor: Actor, *, now: datetime, times: TimeRules, facts: Facts | None = None
) -> Move:
    """Where this event leads. Pure: reads and writes nothing.

    Refuses IllegalTransition where the table has no such row, JobNotFound to a customer or specialist the job does not
    belong to, NotYourAct to another role, and whatever a guard refuses, in the order of the table.
    """
    before = job.state if job else None
    kind = job.kind if job else Kind.BOOKING
    row = PROCESSES.get(kind, {}).get(event)
    if row is None:
        raise rules.illegal(event, before)
    if job is not None and not _knows(job, row, actor):
        raise rules.JobNotFound()
    if actor.role not in row.by:
        raise rules.NotYourAct(event.value, actor.role.value)
    if job is not None and _is_the_leads(job, row, actor):
        raise rules.LeadOnly()
    if before not in row.origins:
        raise rules.illegal(event, before)
    if job is None:
        return Move(row, State.DRAFT, None)
    for name in row.guards:
        refusal = GUARDS[name](Question(job, event, actor, facts or {}, times, now))
        if refusal is not None:
            raise refusal
    return _moved(job, row)


def possible(job: Standing, actor: Actor) -> list[Event]:
    """The events that this actor could fire on this job now, whatever they would have to bring along."""
    rows = [row for row in PROCESSES.get(job.kind, {}).values() if row.event not in _BY_THE_WAY]
    return [row.event for row in rows if job.state in row.origins and actor.role in row.by and _theirs(job, row, actor)]


def _theirs(job: Standing, row: Transition, actor: Actor) -> bool:
    crew_or_not = job.seats > 1 or row.event not in _OF_CREWS
    return crew_or_not and _knows(job, row, actor) and not _is_the_leads(job, row, actor)


def _moved(job: Standing, row: Transition) -> Move:
    if row.event is Event.RESUME:
        return Move(row, job.stage, None)
    if row.event is Event.DELAY:
        return Move(row, State.DELAYED, job.state)
    state = row.to or job.state
    return Move(row, state, job.before_delay if state is State.DELAYED else None)


# Never an act of its own: a wrong code comes with a start, a wish for a quote with a request.
_BY_THE_WAY = frozenset({Event.WRONG_CODE, Event.ASK_QUOTE})
# Offers are `dispatch`'s to check, quotes `quotes.py`'s: who may answer or write one is not yet anybody of the job.
_BY_OFFER = frozenset({Event.SEEN, Event.DECLINE, Event.ACCEPT, Event.TAKE_SEAT, Event.SEND_QUOTE})
_BY_ANY_OF_THE_CREW = frozenset({Event.LEAVE_SEAT, Event.CANCEL_BY_WORKER, Event.ATTEND, Event.OPEN_CASE})
_OF_CREWS = frozenset({Event.TAKE_SEAT, Event.LEAVE_SEAT, Event.ATTEND})


def _knows(job: Standing, row: Transition, actor: Actor) -> bool:
    if actor.on_behalf_of is not None and job.customer_id not in (None, actor.on_behalf_of):
        return False
    if actor.role is Role.CUSTOMER:
        return actor.person_id is not None and actor.person_id == job.customer_id
    if actor.role is Role.SPECIALIST and row.event not in _BY_OFFER:
        return actor.person_id is not None and actor.person_id in (job.specialist_id, *job.crew)
    if actor.role is Role.VISITOR:
        return job.customer_id is None
    return True


def _is_the_leads(job: Standing, row: Transition, actor: Actor) -> bool:
    """An act of the visit, asked for by one of the crew who does not lead it."""
    if actor.role is not Role.SPECIALIST or actor.person_id == job.specialist_id:
        return False
    return actor.person_id in job.crew and row.event not in _BY_OFFER | _BY_ANY_OF_THE_CREW
