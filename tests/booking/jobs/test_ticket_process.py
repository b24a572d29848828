"""The table of a ticket against lifecycle.md E.4: from where, where to and by whom; and what the public is told."""

from dataclasses import replace
from itertools import product

import pytest

from booking.jobs.rules import (
    Actor,
    Facts,
    IllegalTransition,
    JobNotFound,
    NewTimeNeeded,
    NotYourAct,
    ReasonNeeded,
    Standing,
    WorkHasBegun,
)
from booking.jobs.ticket_process import TICKET
from booking.jobs.transitions import apply
from booking.jobs.words import TICKET_STATUS, Event, Kind, Role, State, TicketStatus
from tests.booking.jobs.test_transitions import NOW, OTHER, ROLES, SPECIALIST, TIMES, actor, job, ready

# event | from | to | who
TABLE = """
submit             | draft                                                           | requested   | CU AG MG DI
publish            | requested                                                       | open        | sys MG DI
accept             | open                                                            | assigned    | SP
assign             | open                                                            | assigned    | DI MG
reassign           | assigned                                                        | assigned    | DI MG
depart             | assigned                                                        | en_route    | SP
arrive             | assigned en_route                                               | on_site     | SP
start              | assigned en_route on_site                                       | in_progress | SP
delay              | assigned en_route on_site in_progress                           | delayed     | SP DI MG
resume             | delayed                                                         | remembered  | SP DI MG
complete           | in_progress                                                     | completed   | SP
confirm            | completed                                                       | approved    | CU MG DI
auto_accept        | completed                                                       | approved    | sys
release            | approved                                                        | closed      | sys
cancel_by_customer | draft requested open assigned en_route on_site delayed          | cancelled   | CU AG
cancel_by_worker   | assigned en_route on_site delayed in_progress                   | open        | SP sys
cancel_by_operator | draft requested open assigned en_route on_site in_progress delayed completed | cancelled | DI MG AD
fail               | in_progress                                                     | failed      | SP DI
"""
EXPECTED = {
    Event(event): (set(origins.split()), to, {ROLES[word] for word in by.split()})
    for event, origins, to, by in ([part.strip() for part in line.split("|")] for line in TABLE.strip().splitlines())
}
NEVER_A_SPECIALISTS = {(Event.CANCEL_BY_WORKER, State.IN_PROGRESS)}  # begun work is the clock's to give back


def asked(event: Event, state: State, **changes: object) -> tuple[Standing, Facts]:
    """A ticket, without price or window, and the facts with which nothing but the table could refuse."""
    standing, facts = ready(event, state)
    bare = replace(standing, kind=Kind.TICKET, price=None, final=None, window=None, funded=False, slot_held=False)
    return replace(bare, **changes), facts | {"team_id": OTHER}  # type: ignore[arg-type]  # fields of Standing


def test_the_table_has_these_events_and_moves_neither_money_nor_anybodys_time() -> None:
    assert [row.event for row in TICKET] == list(EXPECTED)
    assert {(row.money, row.slot) for row in TICKET} == {(None, None)}


def test_every_listed_transition_leads_where_it_should_and_every_other_is_refused() -> None:
    for event, state, role in product(Event, State, ROLES.values()):
        origins, to, by = EXPECTED.get(event, (set(), "", set()))
        standing, facts = asked(event, state)
        if state.value in origins and role in by:
            if role is Role.SPECIALIST and (event, state) in NEVER_A_SPECIALISTS:
                continue
            move = apply(standing, event, actor(role), now=NOW, times=TIMES, facts=facts)
            assert move.state is (State.EN_ROUTE if to == "remembered" else State(to)), (event, state, role)
        else:
            with pytest.raises((IllegalTransition, NotYourAct, JobNotFound)):
                apply(standing, event, actor(role), now=NOW, times=TIMES, facts=facts)


def test_begun_work_is_neither_called_off_nor_given_back_and_waiting_for_its_parts_is_begun() -> None:
    for state, before in ((State.IN_PROGRESS, None), (State.DELAYED, State.IN_PROGRESS)):
        for event, role in ((Event.CANCEL_BY_CUSTOMER, Role.CUSTOMER), (Event.CANCEL_BY_WORKER, Role.SPECIALIST)):
            standing, facts = asked(event, state, before_delay=before)
            with pytest.raises((WorkHasBegun, IllegalTransition)):
                apply(standing, event, actor(role), now=NOW, times=TIMES, facts=facts)


def test_a_delay_wants_its_reason_and_a_new_time_and_giving_back_wants_a_reason() -> None:
    late, facts = asked(Event.DELAY, State.IN_PROGRESS)
    me = Actor(Role.SPECIALIST, SPECIALIST)
    with pytest.raises(ReasonNeeded):
        apply(late, Event.DELAY, me, now=NOW, times=TIMES, facts=facts | {"reason": "tired"})
    with pytest.raises(NewTimeNeeded):
        apply(late, Event.DELAY, me, now=NOW, times=TIMES, facts={"reason": "parts"})
    taken, _ = asked(Event.CANCEL_BY_WORKER, State.ASSIGNED)
    with pytest.raises(ReasonNeeded):
        apply(taken, Event.CANCEL_BY_WORKER, me, now=NOW, times=TIMES, facts={})


def test_whose_team_was_not_asked_for_takes_nothing() -> None:
    standing, _ = asked(Event.ACCEPT, State.OPEN)
    with pytest.raises(JobNotFound):
        apply(standing, Event.ACCEPT, Actor(Role.SPECIALIST, OTHER), now=NOW, times=TIMES, facts={"offer_id": OTHER})


def test_every_state_has_one_public_word_of_a_ticket() -> None:
    assert TICKET_STATUS.keys() == set(State)
    three = {State.EN_ROUTE, State.ON_SITE, State.IN_PROGRESS}
    assert {TICKET_STATUS[state] for state in three} == {TicketStatus.IN_PROGRESS}
    assert [state for state in State if TICKET_STATUS[state] is TicketStatus.DELAYED] == [State.DELAYED]
    done = {State.COMPLETED, State.APPROVED, State.CLOSED}
    assert {state for state in State if TICKET_STATUS[state] is TicketStatus.COMPLETED} == done
    assert job(State.OPEN).status.value == "finding_a_specialist"  # a booking's words are its own
