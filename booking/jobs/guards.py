"""The guards that the transition table calls by name: each says nothing, or why not.

A guard sees the job's standing, the actor, what the event brings along, the time rules and the time; it reads nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from booking.jobs import rules
from booking.jobs.quote_rules import QuoteNotFound
from booking.jobs.rules import Actor, Facts, Standing, TimeRules
from booking.jobs.visit_rules import WarrantyOver, warranty_until
from booking.jobs.words import REASONS, WAIVERS, Event, Method, Role, State
from marketplace.foundation.errors import Refused
from marketplace.foundation.money import Money


@dataclass(frozen=True, slots=True)
class Question:
    """One event put to one job."""

    job: Standing
    event: Event
    actor: Actor
    facts: Facts
    times: TimeRules
    now: datetime


CHANGE_TIMES_MOST = 5
Guard = Callable[[Question], Refused | None]


def customer_known(ask: Question) -> Refused | None:
    return None if ask.job.customer_id else rules.CustomerUnknown()


def place_served(ask: Question) -> Refused | None:
    return None if ask.job.place_known and ask.job.zone_known else rules.PlaceUnknown()


def priced(ask: Question) -> Refused | None:
    return rules.NotPriced() if ask.job.price is None else None


def priced_or_by_estimate(ask: Question) -> Refused | None:
    return None if ask.facts.get("by_estimate") else priced(ask)


def unpriced(ask: Question) -> Refused | None:
    """A quote is asked for where there is no price, and for nothing else (E.4 #5)."""
    return None if ask.job.price is None else rules.illegal(ask.event, ask.job.state)


def quote_named(ask: Question) -> Refused | None:
    """Which quote it is, and whether it may be answered, `quotes.py` has checked under the job's lock."""
    return None if ask.facts.get("quote_id") else QuoteNotFound()


def within_warranty(ask: Question) -> Refused | None:
    """From the approval on, for as many days as the service has, or the house (E.4 #37)."""
    if ask.job.approved_at is None:
        return rules.illegal(ask.event, ask.job.state)
    until = warranty_until(ask.job.approved_at, ask.facts.get("warranty_days", ask.times.warranty_days))
    return None if ask.now < until else WarrantyOver(until)


def slot_held(ask: Question) -> Refused | None:
    return None if ask.job.slot_held and ask.job.window else rules.SlotNotHeld()


def unfunded(ask: Question) -> Refused | None:
    return rules.AlreadyFunded() if ask.job.funded else None


def funded_or_exempt(ask: Question) -> Refused | None:
    return None if ask.job.funded else rules.NotFunded()


def seat_free(ask: Question) -> Refused | None:
    return rules.SeatTaken() if ask.job.specialist_id else None


def crew_known(ask: Question) -> Refused | None:
    """A specialist accepts what was offered to them; a manager takes from the queue for somebody they name."""
    if ask.actor.role is Role.SPECIALIST:
        return None if ask.facts.get("offer_id") else rules.JobNotFound()
    return None if ask.facts.get("specialist_id") else rules.CandidateNeeded()


def team_named(ask: Question) -> Refused | None:
    """Whose queue it is taken from: that who takes it is in that team now, `booking.tickets` has asked the database."""
    return None if ask.facts.get("team_id") else rules.JobNotFound()


def given_back_or_left(ask: Question) -> Refused | None:
    """Before work begins it is given back with a reason; who has left the team has left it, whatever was begun."""
    return None if ask.actor.role is Role.SYSTEM else before_work(ask) or reason_given(ask)


def last_seat(ask: Question) -> Refused | None:
    """Whoever comes last completes the crew; the only one there is, is the last."""
    found = len(ask.job.crew)
    if found + 1 < ask.job.seats:
        return rules.CrewIncomplete(found, ask.job.seats)
    return _newcomer(ask)


def seat_open(ask: Question) -> Refused | None:
    """More than one is still looked for: who takes the last seat, accepts the job."""
    return _newcomer(ask) if len(ask.job.crew) + 1 < ask.job.seats else rules.SeatTaken()


def in_crew(ask: Question) -> Refused | None:
    return None if ask.actor.person_id in ask.job.crew else rules.JobNotFound()


def paid_ahead(ask: Question) -> Refused | None:
    """What a crew does is paid from the wallet."""
    method = ask.facts.get("method", ask.job.method)
    return rules.CashForOneOnly() if ask.job.seats > 1 and method == Method.CASH else None


def _newcomer(ask: Question) -> Refused | None:
    who = ask.facts.get("specialist_id") or ask.actor.person_id
    return rules.InCrewAlready() if who in ask.job.crew else None


def candidate_named(ask: Question) -> Refused | None:
    named = ask.facts.get("specialist_id")
    if named in ask.job.crew:
        return rules.InCrewAlready()
    return None if named and named != ask.job.specialist_id else rules.CandidateNeeded()


def reason_given(ask: Question) -> Refused | None:
    allowed = REASONS[ask.event]
    return None if ask.facts.get("reason") in allowed else rules.ReasonNeeded(ask.event.value, tuple(sorted(allowed)))


def reason_optional(ask: Question) -> Refused | None:
    return None if ask.facts.get("reason") is None else reason_given(ask)


def departure_in_time(ask: Question) -> Refused | None:
    if ask.job.window is None:
        return rules.SlotNotHeld()
    first = ask.job.window.start - timedelta(minutes=ask.times.depart_early_minutes)
    return rules.TooEarly(ask.event.value, first) if ask.now < first else None


def presence_shown(ask: Question) -> Refused | None:
    if ask.facts.get("dwell_seconds", 0) > 0 or ask.facts.get("reason") in REASONS[Event.ARRIVE]:
        return None
    return rules.PresenceUnproven()


def code_or_waiver(ask: Question) -> Refused | None:
    """A code's correctness is checked before this (`actions.fire`): a wrong one becomes the event `wrong_code`."""
    waiver = ask.facts.get("waiver")
    if waiver is not None:
        return None if waiver in WAIVERS else rules.ReasonNeeded(ask.event.value, tuple(sorted(WAIVERS)))
    if ask.job.code_tries >= ask.times.start_code_tries:
        return rules.StartCodeBlocked()
    return None if ask.facts.get("start_code") else rules.StartCodeNeeded()


def new_time(ask: Question) -> Refused | None:
    start, end = ask.facts.get("promised_start"), ask.facts.get("promised_end")
    return None if start and end and ask.now < end and start < end else rules.NewTimeNeeded()


def within_approved(ask: Question) -> Refused | None:
    final, price = ask.facts.get("final_minor"), ask.job.price
    if price is None:
        return rules.NotPriced()
    if final is None or 0 <= final <= price.minor:
        return None
    return rules.AboveApproved(price, Money(final, price.currency))


def no_open_change(ask: Question) -> Refused | None:
    return None if ask.job.change is None else rules.ChangeWaits(ask.job.change)


def change_waits(ask: Question) -> Refused | None:
    return rules.NoChangeWaits() if ask.job.change is None else None


def change_as_shown(ask: Question) -> Refused | None:
    asked, shown = ask.job.change, ask.facts.get("change_minor")
    if asked is None or shown == asked.minor:
        return None
    return rules.ChangeDiffers(None if shown is None else Money(shown, asked.currency), asked)


def change_sound(ask: Question) -> Refused | None:
    parts, labour, price = ask.facts.get("parts_minor", 0), ask.facts.get("labour_minor", 0), ask.job.price
    if price is None:
        return rules.NotPriced()
    most = Money(CHANGE_TIMES_MOST * price.minor, price.currency)
    sound = parts >= 0 and labour >= 0 and 0 < parts + labour <= most.minor
    return None if sound else rules.ChangeOutOfBounds(most)


def tip_sound(ask: Question) -> Refused | None:
    price, given = ask.job.final or ask.job.price, ask.facts.get("tip_minor", 0)
    if price is None:
        return rules.NotPriced()
    left = price if ask.job.tipped is None else price - ask.job.tipped
    return None if 0 < given <= left.minor else rules.TipOutOfBounds(max(left, Money.zero(price.currency)))


def disputed_sound(ask: Question) -> Refused | None:
    """Money is in dispute only once there is a final price (E.4 #35: the disputed amount and no more)."""
    return _within_final(ask, ask.facts.get("disputed_minor", 0))


def settlement_sound(ask: Question) -> Refused | None:
    """No more goes back than was paid; what went back before is counted where the money is."""
    return _within_final(ask, ask.facts.get("customer_minor", 0))


def paid_in_cash(ask: Question) -> Refused | None:
    if ask.job.method is not Method.CASH:
        return rules.illegal(ask.event, ask.job.state)
    return None if ask.facts.get("cash_minor", -1) >= 0 else rules.NotPriced()


def cash_agrees(ask: Question) -> Refused | None:
    """Silence agrees; two different amounts are a case (E.4 #25c)."""
    declared, said = ask.job.cash_declared, ask.facts.get("cash_minor")
    if ask.job.method is not Method.CASH or said is None:
        return None
    expected = next((each for each in (declared, ask.job.final, ask.job.price) if each is not None), None)
    if expected is None or said == expected.minor:
        return None
    return rules.CashDiffers(expected, Money(said, expected.currency))


def no_open_case(ask: Question) -> Refused | None:
    return rules.CaseIsOpen() if ask.job.open_cases else None


def case_open(ask: Question) -> Refused | None:
    return None if ask.job.open_cases else rules.illegal(ask.event, ask.job.state)


def confirm_deadline_over(ask: Question) -> Refused | None:
    return _not_before(ask, ask.job.completed_at, timedelta(hours=ask.times.auto_accept_hours))


def dispute_window_over(ask: Question) -> Refused | None:
    return _not_before(ask, ask.job.approved_at, timedelta(days=ask.times.dispute_window_days))


def promise_broken(ask: Question) -> Refused | None:
    end = ask.job.window.end if ask.job.window else None
    return _not_before(ask, end, timedelta(minutes=ask.times.late_minutes))


def window_ahead(ask: Question) -> Refused | None:
    """Once the promised window has begun neither side moves it alone (E.4 #15): the desk does, for both."""
    if ask.job.window is None or ask.now < ask.job.window.start:
        return None
    return rules.WindowHasBegun() if ask.actor.role in (Role.CUSTOMER, Role.SPECIALIST) else None


def before_work(ask: Question) -> Refused | None:
    """A delayed job stands where the delay found it: awaited work may be called off, begun work may not."""
    return rules.WorkHasBegun() if ask.job.stage is State.IN_PROGRESS else None


def waited_and_tried(ask: Question) -> Refused | None:
    arrived = ask.job.arrived_at or ask.now
    due = arrived + timedelta(minutes=ask.times.waiting_minutes)
    if ask.now >= due and ask.facts.get("contact_attempts", 0) >= ask.times.contact_attempts:
        return None
    return rules.CustomerNotTried(due, ask.times.contact_attempts)


def _within_final(ask: Question, minor: int) -> Refused | None:
    if ask.job.price is None:
        return None if minor == 0 else rules.NotPriced()
    most = ask.job.final or Money.zero(ask.job.price.currency)
    return None if 0 <= minor <= most.minor else rules.DisputedTooMuch(most)


def _not_before(ask: Question, since: datetime | None, wait: timedelta) -> Refused | None:
    if since is None:
        return rules.illegal(ask.event, ask.job.state)
    return rules.TooEarly(ask.event.value, since + wait) if ask.now < since + wait else None


GUARDS: dict[str, Guard] = {
    guard.__name__: guard
    for guard in (
        customer_known, place_served, priced, slot_held, unfunded, funded_or_exempt, seat_free, crew_known,
        window_ahead, candidate_named, reason_given, reason_optional, departure_in_time, presence_shown, code_or_waiver,
        new_time, within_approved, paid_in_cash, cash_agrees, no_open_case, case_open, confirm_deadline_over,
        dispute_window_over, promise_broken, before_work, waited_and_tried, no_open_change, change_waits,
        change_as_shown, change_sound, tip_sound, disputed_sound, settlement_sound, last_seat, seat_open, in_crew,
        paid_ahead, priced_or_by_estimate, unpriced,
        quote_named, within_warranty, team_named, given_back_or_left,
    )
}  # fmt: skip
