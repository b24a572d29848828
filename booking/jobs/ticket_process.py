"""The transition table of a ticket, as data (lifecycle.md E.4, the rows whose kinds name it).

A resident reports something, the team that owns this building's trade has it on its queue, one of the team takes it. It
costs nothing and takes nobody's promised time, so no row moves money or slots, and work begins without a code: the
resident does not pay by the visit, and setting out or arriving may be told, but need not be. Contact opens for whoever
took it alone. Who is in the team is asked of the database at every act (`booking.tickets.actions`), which alone moves
tickets; `team_named` says here that it was. Whoever leaves the team leaves what they had taken, even work that has
begun: that is the clock's `cancel_by_worker`.

What E.4 allows besides stands with what it needs: prices and quotes with charging a unit (#5, #6, #21, #25u), absence
(#31, #32) with promised hours, cases and warranty (#35 to #37) with something to give back. Nothing expires: what
nobody has taken stays on the queue.
"""

from booking.jobs.process import AD, AG, BEFORE_WORK, CU, DI, MG, SP, SYS, ContactEffect, Transition, step
from booking.jobs.words import Event, State

S, E = State, Event

TICKET: tuple[Transition, ...] = (
    step("2", E.SUBMIT, (S.DRAFT,), S.REQUESTED, (CU, AG, MG, DI), "customer_known"),
    step("8", E.PUBLISH, (S.REQUESTED,), S.OPEN, (SYS, MG, DI)),
    step("12", E.ACCEPT, (S.OPEN,), S.ASSIGNED, (SP,), "seat_free", "team_named", contact=ContactEffect.OPEN),
    step("14", E.ASSIGN, (S.OPEN,), S.ASSIGNED, (DI, MG), "seat_free", "candidate_named", "team_named",
         contact=ContactEffect.OPEN),
    step("14", E.REASSIGN, (S.ASSIGNED,), S.ASSIGNED, (DI, MG), "candidate_named", "team_named", "reason_given",
         contact=ContactEffect.SWAP),
    step("16", E.DEPART, (S.ASSIGNED,), S.EN_ROUTE, (SP,)),
    step("17", E.ARRIVE, (S.EN_ROUTE, S.ASSIGNED), S.ON_SITE, (SP,), "presence_shown"),
    step("18", E.START, BEFORE_WORK, S.IN_PROGRESS, (SP,)),
    step("19", E.DELAY, (*BEFORE_WORK, S.IN_PROGRESS), S.DELAYED, (SP, DI, MG), "reason_given", "new_time"),
    step("20", E.RESUME, (S.DELAYED,), None, (SP, DI, MG)),
    step("23", E.COMPLETE, (S.IN_PROGRESS,), S.COMPLETED, (SP,), contact=ContactEffect.GRACE),
    step("25", E.CONFIRM, (S.COMPLETED,), S.APPROVED, (CU, MG, DI)),
    step("25", E.AUTO_ACCEPT, (S.COMPLETED,), S.APPROVED, (SYS,), "confirm_deadline_over"),
    step("27", E.RELEASE, (S.APPROVED,), S.CLOSED, (SYS,), "dispute_window_over", contact=ContactEffect.CLOSE),
    step("28", E.CANCEL_BY_CUSTOMER, (S.DRAFT, S.REQUESTED, S.OPEN, *BEFORE_WORK, S.DELAYED), S.CANCELLED, (CU, AG),
         "before_work", "reason_optional", contact=ContactEffect.CLOSE),
    step("29", E.CANCEL_BY_WORKER, (*BEFORE_WORK, S.IN_PROGRESS, S.DELAYED), S.OPEN, (SP, SYS), "given_back_or_left",
         contact=ContactEffect.CLOSE),
    step("30", E.CANCEL_BY_OPERATOR,
         (S.DRAFT, S.REQUESTED, S.OPEN, *BEFORE_WORK, S.IN_PROGRESS, S.DELAYED, S.COMPLETED), S.CANCELLED, (DI, MG, AD),
         "reason_given", contact=ContactEffect.CLOSE),
    step("34", E.FAIL, (S.IN_PROGRESS,), S.FAILED, (SP, DI), "reason_given", contact=ContactEffect.GRACE),
)  # fmt: skip
