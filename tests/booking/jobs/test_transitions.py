"""The transition table against the words of lifecycle.md E.4: every listed transition, and none besides."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product
from uuid import uuid4

import pytest

from booking.jobs.quote_rules import QuoteNotFound
from booking.jobs.rules import (
    AboveApproved,
    Actor,
    CandidateNeeded,
    CaseIsOpen,
    CashDiffers,
    ChangeDiffers,
    ChangeOutOfBounds,
    ChangeWaits,
    CustomerNotTried,
    CustomerUnknown,
    DisputedTooMuch,
    Facts,
    IllegalTransition,
    JobNotFound,
    NewTimeNeeded,
    NoChangeWaits,
    NotFunded,
    NotPriced,
    NotYourAct,
    PlaceUnknown,
    PresenceUnproven,
    ReasonNeeded,
    SeatTaken,
    Standing,
    StartCodeBlocked,
    StartCodeNeeded,
    TimeRules,
    TipOutOfBounds,
    TooEarly,
    WindowHasBegun,
    WorkHasBegun,
)
from booking.jobs.transitions import BOOKING, apply, possible
from booking.jobs.visit_rules import WarrantyOver
from booking.jobs.words import STATUS, Event, Kind, Method, Role, State
from marketplace.foundation.errors import Refused
from marketplace.foundation.money import Money
from marketplace.foundation.periods import Period

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
CUSTOMER, SPECIALIST, OTHER = uuid4(), uuid4(), uuid4()
PRICE = Money(150_000, "BDT")
TIMES = TimeRules()

# lifecycle.md E.4, kind booking, by its own words: number | event | from | to | who
TABLE = """
1  | save_draft         | - draft                                                        | draft       | VI CU AG MG DI
1  | forget_draft       | draft                                                          | cancelled   | sys
2  | submit             | draft                                                          | requested   | CU AG MG DI
4  | hold_slot          | requested                                                      | =           | CU AG sys
5  | ask_quote          | requested                                                      | quoting     | CU AG MG DI
5  | send_quote         | quoting                                                        | =           | SP MG
6  | approve_quote      | quoting                                                        | requested   | CU MG
6  | refuse_quote       | quoting                                                        | =           | CU MG
6  | expire_quote       | quoting                                                        | =           | sys
7  | fund               | requested                                                      | =           | CU AG sys
8  | publish            | requested                                                      | open        | sys MG DI
9  | offer              | open                                                           | =           | sys DI
9  | seen               | open                                                           | =           | SP
9  | decline            | open                                                           | =           | SP
9  | expire_offer       | open                                                           | =           | sys
12 | accept             | open                                                           | assigned    | SP MG
12 | take_seat          | open                                                           | =           | SP MG DI sys
29 | leave_seat         | open                                                           | =           | SP
17 | attend             | assigned en_route on_site in_progress delayed                  | =           | SP
14 | assign             | open                                                           | assigned    | DI MG sys
14 | reassign           | assigned                                                       | assigned    | DI MG sys
15 | reschedule         | assigned                                                       | assigned    | CU SP DI AG
16 | depart             | assigned                                                       | en_route    | SP
17 | arrive             | en_route assigned                                              | on_site     | SP
18 | wrong_code         | on_site                                                        | =           | SP
18 | start              | on_site                                                        | in_progress | SP
19 | delay              | assigned en_route on_site in_progress                          | delayed     | SP DI MG
20 | resume             | delayed                                                        | remembered  | SP DI MG
21 | propose_change     | in_progress                                                    | =           | SP
21 | approve_change     | in_progress                                                    | =           | CU MG
21 | refuse_change      | in_progress                                                    | =           | CU MG SP
23 | complete           | in_progress                                                    | completed   | SP
25 | confirm            | completed                                                      | approved    | CU MG DI
25 | auto_accept        | completed                                                      | approved    | sys
25c| declare_cash       | completed                                                      | =           | SP
26 | tip                | completed approved closed                                      | =           | CU
27 | release_undisputed | approved                                                       | =           | sys
27 | release            | approved                                                       | closed      | sys
28 | cancel_by_customer | draft requested quoting open assigned en_route on_site delayed | cancelled   | CU AG
29 | cancel_by_worker   | assigned en_route on_site delayed                              | open        | SP
30 | cancel_by_operator | * - approved closed cancelled expired failed no_show               | cancelled   | DI MG AD
31 | no_show_customer   | on_site                                                        | no_show     | SP
32 | no_show_worker     | assigned en_route                                              | open        | CU sys
33 | expire             | requested quoting open                                         | expired     | sys
34 | fail               | in_progress                                                    | failed      | SP DI
35 | open_case          | en_route on_site in_progress delayed completed approved closed | =           | CU SP MG AG FI
36 | decide_case        | en_route on_site in_progress delayed completed approved closed | =           | AG FI MG
37 | warranty_visit     | approved closed                                                | =           | CU AG
"""
ROLES = {
    "VI": Role.VISITOR, "CU": Role.CUSTOMER, "SP": Role.SPECIALIST, "AG": Role.AGENT, "MG": Role.MANAGER,
    "DI": Role.DISPATCHER, "FI": Role.FINANCE, "AD": Role.ADMINISTRATOR, "CO": Role.COMPLIANCE, "sys": Role.SYSTEM,
}  # fmt: skip


def _rows() -> Iterator[tuple[Event, set[str], str, set[Role]]]:
    for line in TABLE.strip().splitlines():
        _, event, origins, to, by = (part.strip() for part in line.split("|"))
        yield Event(event), _states(origins), to, {ROLES[word] for word in by.split()}


def _states(words: str) -> set[str]:
    """The named states; "* - …" is all but the named."""
    if words.startswith("* -"):
        return {state.value for state in State} - set(words.removeprefix("* -").split())
    return set(words.split())


EXPECTED = {event: (origins, to, by) for event, origins, to, by in _rows()}


def actor(role: Role) -> Actor:
    people = {Role.CUSTOMER: CUSTOMER, Role.SPECIALIST: SPECIALIST, Role.SYSTEM: None, Role.VISITOR: None}
    return Actor(role, people.get(role, OTHER))


def job(state: State, **changes: object) -> Standing:
    """A job of that state with whatever its guards could ask for."""
    crewless = (State.DRAFT, State.REQUESTED, State.QUOTING, State.OPEN)
    made = Standing(
        kind=Kind.BOOKING,
        state=state,
        customer_id=CUSTOMER,
        specialist_id=None if state in crewless else SPECIALIST,
        before_delay=State.EN_ROUTE if state is State.DELAYED else None,
        price=PRICE,
        final=PRICE,
        funded=state is not State.REQUESTED,
        slot_held=True,
        place_known=True,
        zone_known=True,
        window=Period(NOW - timedelta(hours=3), NOW - timedelta(hours=1)),
        committed_start=NOW - timedelta(hours=3),
        arrived_at=NOW - timedelta(hours=1),
        completed_at=NOW - timedelta(days=9),
        approved_at=NOW - timedelta(days=8),
        open_cases=0,
    )
    return replace(made, **changes)  # type: ignore[arg-type]  # each test names fields of Standing


def ready(event: Event, state: State) -> tuple[Standing, Facts]:
    """A job and the facts with which nothing but the table could refuse the event."""
    changes: dict[str, object] = {}
    if event in (Event.TAKE_SEAT, Event.LEAVE_SEAT, Event.ATTEND):  # of three, and one is there
        changes |= {"seats": 3, "crew": () if event is Event.TAKE_SEAT else (SPECIALIST,)}
    if event is Event.PUBLISH:
        changes["funded"] = True
    if event is Event.ASK_QUOTE:
        changes["price"] = None
    if event is Event.HOLD_SLOT:
        changes["funded"] = False
    if event in (Event.DECIDE_CASE, Event.RELEASE_UNDISPUTED):
        changes["open_cases"] = 1
    if event in (Event.APPROVE_CHANGE, Event.REFUSE_CHANGE):
        changes["change"] = PRICE
    if event is Event.RESCHEDULE:
        changes["window"] = Period(NOW + timedelta(hours=1), NOW + timedelta(hours=3))
    if event is Event.DECLARE_CASH:
        changes["method"] = Method.CASH
    facts: Facts = {
        "promised_start": NOW + timedelta(hours=3), "promised_end": NOW + timedelta(hours=5), "specialist_id": OTHER,
        "offer_id": OTHER, "cash_minor": PRICE.minor, "contact_attempts": 2, "start_code": "1234",
        "parts_minor": 1, "labour_minor": 1, "change_minor": PRICE.minor, "tip_minor": 1,
        "quote_id": OTHER, "warranty_days": 9,
    }  # fmt: skip
    reasons = {
        Event.DELAY: "parts", Event.CANCEL_BY_CUSTOMER: "price", Event.CANCEL_BY_WORKER: "illness",
        Event.CANCEL_BY_OPERATOR: "other", Event.REASSIGN: "illness", Event.ARRIVE: "by_hand",
        Event.EXPIRE: "nobody_found", Event.DECLINE: "busy", Event.FAIL: "parts",
        Event.PROPOSE_CHANGE: "hidden_damage", Event.LEAVE_SEAT: "family",
    }  # fmt: skip
    if event in reasons:
        facts["reason"] = reasons[event]
    return job(state, **changes), facts


def visitors(standing: Standing, role: Role) -> Standing:
    return replace(standing, customer_id=None) if role is Role.VISITOR else standing


def test_the_table_has_the_events_of_the_specification_and_no_others() -> None:
    assert {row.event for row in BOOKING} == set(EXPECTED) == set(Event)
    assert len(BOOKING) == len(EXPECTED)


@pytest.mark.parametrize("event", list(Event))
def test_every_listed_transition_leads_where_the_specification_says(event: Event) -> None:
    origins, to, by = EXPECTED[event]
    for name, role in product(origins, by):
        if name == "-":
            assert apply(None, event, actor(role), now=NOW, times=TIMES).state is State.DRAFT
            continue
        standing, facts = ready(event, State(name))
        move = apply(visitors(standing, role), event, actor(role), now=NOW, times=TIMES, facts=facts)
        wanted = {"=": State(name), "remembered": State.EN_ROUTE}.get(to)
        assert move.state is (wanted or State(to)), (event, name, role)
        assert (move.before_delay is not None) == (move.state is State.DELAYED)


@pytest.mark.parametrize("event", list(Event))
def test_every_unlisted_transition_is_refused(event: Event) -> None:
    origins, _, by = EXPECTED[event]
    for state, role in product(State, ROLES.values()):
        if state.value in origins and role in by:
            continue
        standing, facts = ready(event, state)
        with pytest.raises((IllegalTransition, NotYourAct, JobNotFound)) as refused:
            apply(visitors(standing, role), event, actor(role), now=NOW, times=TIMES, facts=facts)
        if role in by and not (role is Role.SPECIALIST and standing.specialist_id is None):
            assert refused.value == IllegalTransition(event.value, state.value)


def test_only_a_draft_comes_from_nothing() -> None:
    for event in set(Event) - {Event.SAVE_DRAFT}:
        role = next(iter(EXPECTED[event][2]))
        with pytest.raises(IllegalTransition):
            apply(None, event, actor(role), now=NOW, times=TIMES)


def test_other_kinds_have_no_table_yet_and_refuse_everything() -> None:
    with pytest.raises(IllegalTransition):
        apply(job(State.DRAFT, kind=Kind.ALARM), Event.SUBMIT, actor(Role.CUSTOMER), now=NOW, times=TIMES)


def test_a_delay_remembers_where_it_came_from() -> None:
    facts: Facts = {
        "reason": "parts", "promised_start": NOW + timedelta(days=2), "promised_end": NOW + timedelta(days=2, hours=2),
    }  # fmt: skip
    for state in (State.ASSIGNED, State.EN_ROUTE, State.ON_SITE, State.IN_PROGRESS):
        late = apply(job(state), Event.DELAY, actor(Role.SPECIALIST), now=NOW, times=TIMES, facts=facts)
        assert (late.state, late.before_delay) == (State.DELAYED, state)
        waiting = job(State.DELAYED, before_delay=state)
        assert apply(waiting, Event.RESUME, actor(Role.SPECIALIST), now=NOW, times=TIMES).state is state


def test_another_customer_and_another_specialist_know_of_no_such_job() -> None:
    for role, event in ((Role.CUSTOMER, Event.CONFIRM), (Role.SPECIALIST, Event.DECLARE_CASH)):
        with pytest.raises(JobNotFound):
            apply(job(State.COMPLETED), event, Actor(role, OTHER), now=NOW, times=TIMES)


LONG_AGO = NOW - timedelta(days=2)

GUARDED: list[tuple[str, Event, Role, Standing, Facts, type[Refused]]] = [
    ("a visitor submits", Event.SUBMIT, Role.AGENT, job(State.DRAFT, customer_id=None), {}, CustomerUnknown),
    ("no address", Event.SUBMIT, Role.CUSTOMER, job(State.DRAFT, place_known=False), {}, PlaceUnknown),
    ("not served", Event.SUBMIT, Role.CUSTOMER, job(State.DRAFT, zone_known=False), {}, PlaceUnknown),
    ("no price", Event.SUBMIT, Role.CUSTOMER, job(State.DRAFT, price=None), {}, NotPriced),
    ("a quote for what has a price", Event.ASK_QUOTE, Role.CUSTOMER, job(State.REQUESTED), {}, IllegalTransition),
    ("a quote that nobody names", Event.APPROVE_QUOTE, Role.CUSTOMER, job(State.QUOTING), {}, QuoteNotFound),
    ("approved past its own door", Event.APPROVE_QUOTE, Role.CUSTOMER, job(State.QUOTING, price=None),
     {"quote_id": OTHER}, NotPriced),
    ("no reason known", Event.REFUSE_QUOTE, Role.CUSTOMER, job(State.QUOTING), {"quote_id": OTHER, "reason": "so"},
     ReasonNeeded),
    ("the house's week is over", Event.WARRANTY_VISIT, Role.CUSTOMER, job(State.CLOSED), {}, WarrantyOver),
    ("the very end", Event.WARRANTY_VISIT, Role.AGENT, job(State.CLOSED, approved_at=NOW - timedelta(days=9)),
     {"warranty_days": 9}, WarrantyOver),
    ("unpaid", Event.PUBLISH, Role.SYSTEM, job(State.REQUESTED), {}, NotFunded),
    ("taken", Event.ACCEPT, Role.SPECIALIST, job(State.OPEN, specialist_id=OTHER), {}, SeatTaken),
    ("accepting what was not offered", Event.ACCEPT, Role.SPECIALIST, job(State.OPEN), {}, JobNotFound),
    ("a queue for nobody", Event.ACCEPT, Role.MANAGER, job(State.OPEN), {}, CandidateNeeded),
    ("moving a running window alone", Event.RESCHEDULE, Role.CUSTOMER, job(State.ASSIGNED),
     {"promised_start": NOW + timedelta(days=1), "promised_end": NOW + timedelta(days=1, hours=2)}, WindowHasBegun),
    ("leaving a day early", Event.DEPART, Role.SPECIALIST,
     job(State.ASSIGNED, window=Period(NOW + timedelta(days=1), NOW + timedelta(days=1, hours=2))), {}, TooEarly),
    ("arriving without proof", Event.ARRIVE, Role.SPECIALIST, job(State.EN_ROUTE), {}, PresenceUnproven),
    ("starting without code", Event.START, Role.SPECIALIST, job(State.ON_SITE), {}, StartCodeNeeded),
    ("a code after five wrong ones", Event.START, Role.SPECIALIST, job(State.ON_SITE, code_tries=5),
     {"start_code": "1234"}, StartCodeBlocked),
    ("a waiver for no known reason", Event.START, Role.SPECIALIST, job(State.ON_SITE), {"waiver": "so"}, ReasonNeeded),
    ("a delay without reason", Event.DELAY, Role.SPECIALIST, job(State.ASSIGNED), {}, ReasonNeeded),
    ("a delay without new time", Event.DELAY, Role.SPECIALIST, job(State.ASSIGNED), {"reason": "parts"}, NewTimeNeeded),
    ("a delay into the past", Event.DELAY, Role.SPECIALIST, job(State.ASSIGNED),
     {"reason": "parts", "promised_start": LONG_AGO, "promised_end": LONG_AGO + timedelta(hours=1)}, NewTimeNeeded),
    ("more than approved", Event.COMPLETE, Role.SPECIALIST, job(State.IN_PROGRESS),
     {"final_minor": PRICE.minor + 1}, AboveApproved),
    ("done before the change is answered", Event.COMPLETE, Role.SPECIALIST,
     job(State.IN_PROGRESS, change=PRICE), {}, ChangeWaits),
    ("a second change at once", Event.PROPOSE_CHANGE, Role.SPECIALIST, job(State.IN_PROGRESS, change=PRICE),
     {"reason": "parts", "parts_minor": 1}, ChangeWaits),
    ("a change of nothing", Event.PROPOSE_CHANGE, Role.SPECIALIST, job(State.IN_PROGRESS),
     {"reason": "parts"}, ChangeOutOfBounds),
    ("a negative part", Event.PROPOSE_CHANGE, Role.SPECIALIST, job(State.IN_PROGRESS),
     {"reason": "parts", "parts_minor": -1, "labour_minor": 5}, ChangeOutOfBounds),
    ("a change beyond bounds", Event.PROPOSE_CHANGE, Role.SPECIALIST, job(State.IN_PROGRESS),
     {"reason": "parts", "parts_minor": 6 * PRICE.minor}, ChangeOutOfBounds),
    ("approving what nobody asked", Event.APPROVE_CHANGE, Role.CUSTOMER, job(State.IN_PROGRESS),
     {"change_minor": 1}, NoChangeWaits),
    ("approving another amount", Event.APPROVE_CHANGE, Role.CUSTOMER, job(State.IN_PROGRESS, change=PRICE),
     {"change_minor": 1}, ChangeDiffers),
    ("a tip of nothing", Event.TIP, Role.CUSTOMER, job(State.APPROVED), {"tip_minor": 0}, TipOutOfBounds),
    ("tips beyond the price", Event.TIP, Role.CUSTOMER, job(State.APPROVED, tipped=PRICE), {"tip_minor": 1},
     TipOutOfBounds),
    ("a dispute above the price", Event.OPEN_CASE, Role.CUSTOMER, job(State.APPROVED),
     {"disputed_minor": PRICE.minor + 1}, DisputedTooMuch),
    ("a dispute about money before the end", Event.OPEN_CASE, Role.CUSTOMER, job(State.IN_PROGRESS, final=None),
     {"disputed_minor": 1}, DisputedTooMuch),
    ("giving back more than the price", Event.DECIDE_CASE, Role.FINANCE, job(State.APPROVED, open_cases=1),
     {"customer_minor": PRICE.minor + 1}, DisputedTooMuch),
    ("confirming over a case", Event.CONFIRM, Role.CUSTOMER, job(State.COMPLETED, open_cases=1), {}, CaseIsOpen),
    ("another sum of cash", Event.CONFIRM, Role.CUSTOMER,
     job(State.COMPLETED, method=Method.CASH, cash_declared=PRICE), {"cash_minor": 1}, CashDiffers),
    ("accepting for the customer too soon", Event.AUTO_ACCEPT, Role.SYSTEM,
     job(State.COMPLETED, completed_at=NOW - timedelta(hours=23)), {}, TooEarly),
    ("releasing too soon", Event.RELEASE, Role.SYSTEM, job(State.APPROVED, approved_at=LONG_AGO), {}, TooEarly),
    ("calling off begun work", Event.CANCEL_BY_CUSTOMER, Role.CUSTOMER,
     job(State.DELAYED, before_delay=State.IN_PROGRESS), {}, WorkHasBegun),
    ("giving up begun work", Event.CANCEL_BY_WORKER, Role.SPECIALIST,
     job(State.DELAYED, before_delay=State.IN_PROGRESS), {"reason": "illness"}, WorkHasBegun),
    ("absent after a minute", Event.NO_SHOW_CUSTOMER, Role.SPECIALIST,
     job(State.ON_SITE, arrived_at=NOW - timedelta(minutes=1)), {"contact_attempts": 2}, CustomerNotTried),
    ("absent without a call", Event.NO_SHOW_CUSTOMER, Role.SPECIALIST, job(State.ON_SITE), {}, CustomerNotTried),
    ("late by a minute", Event.NO_SHOW_WORKER, Role.CUSTOMER,
     job(State.ASSIGNED, window=Period(NOW - timedelta(hours=2), NOW - timedelta(minutes=1))), {}, TooEarly),
]  # fmt: skip


@pytest.mark.parametrize(
    ("what", "event", "role", "standing", "facts", "refusal"), GUARDED, ids=[g[0] for g in GUARDED]
)
def test_a_guard_says_no(  # noqa: PLR0917  pytest hands them over by name
    what: str, event: Event, role: Role, standing: Standing, facts: Facts, refusal: type[Refused]
) -> None:
    with pytest.raises(refusal):
        apply(standing, event, actor(role), now=NOW, times=TIMES, facts=facts)


def test_every_state_has_a_public_word() -> None:
    assert set(STATUS) == set(State)


def test_what_is_possible_is_what_the_table_allows() -> None:
    assert set(possible(job(State.ON_SITE), actor(Role.SPECIALIST))) == {
        Event.START, Event.DELAY, Event.CANCEL_BY_WORKER, Event.NO_SHOW_CUSTOMER, Event.OPEN_CASE,
    }  # fmt: skip
    assert possible(job(State.CLOSED), Actor(Role.CUSTOMER, OTHER)) == []
