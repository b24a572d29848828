"""What a job looks like to its rules, how long things may take, and every way a rule may say no."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import TypedDict
from uuid import UUID

from booking.jobs.words import STATUS, Event, Kind, Method, Role, State, Status
from marketplace.foundation.errors import Refused
from marketplace.foundation.money import Money
from marketplace.foundation.periods import Period


@dataclass(frozen=True, slots=True)
class Actor:
    """Who fires an event. An agent acts for somebody: both stand in the record (reliability.md §6.1)."""

    role: Role
    person_id: UUID | None = None
    on_behalf_of: UUID | None = None


SYSTEM = Actor(Role.SYSTEM)


class Facts(TypedDict, total=False):
    """What an event may bring along. No personal value but the start code, which is checked and never stored."""

    reason: str
    start_code: str
    waiver: str
    promised_start: datetime
    promised_end: datetime
    specialist_id: UUID
    seat: int  # of a crew; the lead's is 1
    team_id: UUID  # of a compound: whose queue a ticket is taken from
    occupation_id: UUID
    offer_id: UUID
    final_minor: int
    cash_minor: int
    fee_minor: int
    contact_attempts: int
    dwell_seconds: int
    method: str
    parts_minor: int
    labour_minor: int
    change_minor: int
    tip_minor: int
    case_id: UUID
    disputed_minor: int
    customer_minor: int
    proposed_by: UUID
    award_minor: int  # the price agreed in a round of bids
    by_estimate: bool  # work whose price a quote will name, after a visit
    visit_id: UUID  # the job that an estimate or a visit under warranty is
    quote_id: UUID
    quote_minor: int
    warranty_days: int  # of this service, where it has its own


@dataclass(frozen=True, slots=True)
class TimeRules:
    """How long things may take (lifecycle.md E.7): the organization's settings by name, and ours."""

    slot_hold_minutes: int = 15
    find_minutes: int = 120  # nobody found by then: the request expires and the money goes back
    contact_lead_hours: int = 24  # the crew sees the customer's contact so long before the promised start
    contact_grace_hours: int = 24
    waiting_minutes: int = 15
    late_minutes: int = 30
    auto_accept_hours: int = 24
    dispute_window_days: int = 3
    depart_early_minutes: int = 180
    contact_attempts: int = 2
    start_code_tries: int = 5
    draft_hours: int = 24  # unsubmitted drafts are forgotten, unfunded requests expire
    quoting_days: int = 30  # work that nobody writes or approves a quote for is given up
    warranty_days: int = 7
    phone_confirm_minutes: int = 60  # sooner, when an agent entered the request for somebody on the line

    @classmethod
    def of(cls, settings: Mapping[str, int]) -> "TimeRules":
        """The shipped values, with those that the organization's settings name in their place."""
        known = {each.name for each in fields(cls)}
        return cls(**{name: value for name, value in settings.items() if name in known})


@dataclass(frozen=True, slots=True)
class Standing:
    """A job as its rules see it."""

    kind: Kind
    state: State
    customer_id: UUID | None = None
    specialist_id: UUID | None = None
    before_delay: State | None = None
    delay_reason: str | None = None
    method: Method = Method.WALLET
    price: Money | None = None
    final: Money | None = None
    quote_hash: str | None = None
    funded: bool = False
    slot_held: bool = False
    place_known: bool = False
    zone_known: bool = False
    window: Period | None = None
    committed_start: datetime | None = None  # the first promise; the fee clock never forgets it (E.4 #15)
    booked_at: datetime | None = None
    published_at: datetime | None = None
    assigned_at: datetime | None = None
    arrived_at: datetime | None = None
    completed_at: datetime | None = None
    approved_at: datetime | None = None
    cash_declared: Money | None = None
    code_tries: int = 0
    open_cases: int = 0
    change: Money | None = None  # proposed, and waiting for the customer's word
    change_parts: Money | None = None
    change_reason: str | None = None
    promotion: Money | None = None  # paid by the house in the customer's place
    changes: int = 0
    tipped: Money | None = None
    seats: int = 1
    crew: tuple[UUID, ...] = ()  # who has a seat, where a job takes several people

    @property
    def stage(self) -> State:
        """The state, or the one that a delay interrupted."""
        return self.before_delay if self.state is State.DELAYED and self.before_delay else self.state

    @property
    def status(self) -> Status:
        return STATUS[self.state]


@dataclass(frozen=True)
class JobNotFound(Refused):
    """No such job, or none that this person may know of."""


@dataclass(frozen=True)
class IllegalTransition(Refused):
    """The job does not stand where this could happen (E.8-5)."""

    event: str
    state: str


@dataclass(frozen=True)
class NotYourAct(Refused):
    """The job is known to this person, the act is not theirs."""

    event: str
    role: str


@dataclass(frozen=True)
class StaleVersion(Refused):
    """The job has moved since the page was made."""

    expected: int
    version: int


@dataclass(frozen=True)
class CommandReused(Refused):
    """This command id has done something else on this job."""

    command_id: UUID


@dataclass(frozen=True)
class ReasonNeeded(Refused):
    """The event wants a reason from a closed list."""

    event: str
    allowed: tuple[str, ...]


@dataclass(frozen=True)
class CustomerUnknown(Refused):
    """A visitor's draft has to be claimed by an account first."""


@dataclass(frozen=True)
class PlaceUnknown(Refused):
    """No address, or its zone is not known or not served."""


@dataclass(frozen=True)
class NotPriced(Refused):
    """There is no frozen price yet."""


@dataclass(frozen=True)
class SlotNotHeld(Refused):
    """No time is held for this job, or the hold has run out."""


@dataclass(frozen=True)
class NotFunded(Refused):
    """Neither money is held nor cash agreed."""


@dataclass(frozen=True)
class AlreadyFunded(Refused):
    """The money is held already."""


@dataclass(frozen=True)
class SeatTaken(Refused):
    """Somebody else has the job."""


@dataclass(frozen=True)
class CrewIncomplete(Refused):
    """Others are still looked for: a job begins when everybody it takes has been found."""

    found: int
    seats: int


@dataclass(frozen=True)
class InCrewAlready(Refused):
    """Nobody has two seats of one job."""


@dataclass(frozen=True)
class LeadOnly(Refused):
    """The steps of the visit are the lead's to tell; the others of the crew say that they are there."""


@dataclass(frozen=True)
class CashForOneOnly(Refused):
    """Cash is handed to one person: what several people do is paid from the wallet, which pays each their part."""


@dataclass(frozen=True)
class WindowHasBegun(Refused):
    """The promised window runs already: the desk moves the visit, for both sides."""


@dataclass(frozen=True)
class CandidateNeeded(Refused):
    """Assigning names a specialist, and a reason where the rules do not propose that one."""


@dataclass(frozen=True)
class TooEarly(Refused):
    """Not before this moment."""

    event: str
    not_before: datetime


@dataclass(frozen=True)
class PresenceUnproven(Refused):
    """Arriving wants a stay at the place, or a tap by hand with its reason."""


@dataclass(frozen=True)
class StartCodeNeeded(Refused):
    """Starting wants the customer's code, or a waiver with its reason."""


@dataclass(frozen=True)
class StartCodeWrong(Refused):
    """Not the customer's code. An answer rather than a raise: the try has to be counted (`Fired.refusal`)."""

    tries_left: int


@dataclass(frozen=True)
class StartCodeBlocked(Refused):
    """Too many wrong codes: only a waiver with its reason starts the work now."""


@dataclass(frozen=True)
class NewTimeNeeded(Refused):
    """A delay names the new promise, and it lies ahead."""


@dataclass(frozen=True)
class AboveApproved(Refused):
    """The final amount passes what the customer approved."""

    approved: Money
    final: Money


@dataclass(frozen=True)
class ChangeWaits(Refused):
    """A proposed change waits for the customer's word; nothing else about the price happens before."""

    amount: Money


@dataclass(frozen=True)
class NoChangeWaits(Refused):
    """No change is proposed, or it was answered already."""


@dataclass(frozen=True)
class ChangeDiffers(Refused):
    """The change is not the one that was shown; look again and decide."""

    shown: Money | None
    asked: Money


@dataclass(frozen=True)
class ChangeOutOfBounds(Refused):
    """A change adds something, and no more than five times the price."""

    most: Money


@dataclass(frozen=True)
class TipOutOfBounds(Refused):
    """A tip is above zero, and all tips together are no more than the price."""

    most: Money


@dataclass(frozen=True)
class DisputedTooMuch(Refused):
    """No more is in dispute, or given back, than was paid for the job."""

    most: Money


@dataclass(frozen=True)
class CashDiffers(Refused):
    """The specialist took one amount, the customer says another: a case decides."""

    declared: Money
    confirmed: Money


@dataclass(frozen=True)
class CaseIsOpen(Refused):
    """An open case freezes this step."""


@dataclass(frozen=True)
class WorkHasBegun(Refused):
    """Work was interrupted, not awaited: it can no longer be called off, only completed or disputed."""


@dataclass(frozen=True)
class FeeHasChanged(Refused):
    """The fee is not the one that was shown; look again and decide (E.8-11)."""

    shown: Money | None
    fee: Money


@dataclass(frozen=True)
class CustomerNotTried(Refused):
    """The customer is absent only after the waiting time and the attempts to reach them."""

    not_before: datetime
    attempts_needed: int


@dataclass(frozen=True)
class DraftGone(Refused):
    """The draft was forgotten, as promised, or belongs to another visitor."""


@dataclass(frozen=True)
class TextNotAllowed(Refused):
    """A draft holds answers to the service's questions and nothing else."""

    field: str


def illegal(event: Event, state: State | None) -> IllegalTransition:
    return IllegalTransition(event.value, state.value if state else "none")


def contact_opens(window: Period, rules: TimeRules, *, now: datetime) -> datetime:
    """From when a crew sees the customer's contact: acceptance, but no sooner than the lead (E.5)."""
    return max(now, window.start - timedelta(hours=rules.contact_lead_hours))


def contact_ends(window: Period, rules: TimeRules) -> datetime:
    """When a crew's sight of the customer's contact runs out by itself: promised end and grace (E.5)."""
    return window.end + timedelta(hours=rules.contact_grace_hours)
