"""The words of a job: kinds, states, events, roles, and the codes of the public status."""

from enum import StrEnum


class Kind(StrEnum):
    BOOKING = "booking"
    TICKET = "ticket"
    TASK = "task"
    ALARM = "alarm"


class State(StrEnum):
    """The work region (lifecycle.md E.1)."""

    DRAFT = "draft"
    REQUESTED = "requested"
    QUOTING = "quoting"
    OPEN = "open"
    ASSIGNED = "assigned"
    EN_ROUTE = "en_route"
    ON_SITE = "on_site"
    IN_PROGRESS = "in_progress"
    DELAYED = "delayed"
    COMPLETED = "completed"
    APPROVED = "approved"
    CLOSED = "closed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    FAILED = "failed"
    NO_SHOW = "no_show"


ENDS = frozenset({State.CLOSED, State.CANCELLED, State.EXPIRED, State.FAILED, State.NO_SHOW})
CREW_AT_WORK = frozenset({State.ASSIGNED, State.EN_ROUTE, State.ON_SITE, State.IN_PROGRESS, State.DELAYED})


class Event(StrEnum):
    """What may happen to a job (lifecycle.md E.4)."""

    SAVE_DRAFT = "save_draft"
    FORGET_DRAFT = "forget_draft"
    SUBMIT = "submit"
    HOLD_SLOT = "hold_slot"
    ASK_QUOTE = "ask_quote"
    SEND_QUOTE = "send_quote"
    APPROVE_QUOTE = "approve_quote"
    REFUSE_QUOTE = "refuse_quote"
    EXPIRE_QUOTE = "expire_quote"
    FUND = "fund"
    PUBLISH = "publish"
    OFFER = "offer"
    SEEN = "seen"
    DECLINE = "decline"
    EXPIRE_OFFER = "expire_offer"
    ACCEPT = "accept"
    ASSIGN = "assign"
    TAKE_SEAT = "take_seat"  # one of several, while others are still looked for
    LEAVE_SEAT = "leave_seat"
    ATTEND = "attend"
    REASSIGN = "reassign"
    RESCHEDULE = "reschedule"
    DEPART = "depart"
    ARRIVE = "arrive"
    WRONG_CODE = "wrong_code"
    START = "start"
    DELAY = "delay"
    RESUME = "resume"
    PROPOSE_CHANGE = "propose_change"
    APPROVE_CHANGE = "approve_change"
    REFUSE_CHANGE = "refuse_change"
    COMPLETE = "complete"
    DECLARE_CASH = "declare_cash"
    CONFIRM = "confirm"
    AUTO_ACCEPT = "auto_accept"
    TIP = "tip"
    RELEASE = "release"
    RELEASE_UNDISPUTED = "release_undisputed"
    CANCEL_BY_CUSTOMER = "cancel_by_customer"
    CANCEL_BY_WORKER = "cancel_by_worker"
    CANCEL_BY_OPERATOR = "cancel_by_operator"
    NO_SHOW_CUSTOMER = "no_show_customer"
    NO_SHOW_WORKER = "no_show_worker"
    EXPIRE = "expire"
    FAIL = "fail"
    OPEN_CASE = "open_case"
    DECIDE_CASE = "decide_case"
    WARRANTY_VISIT = "warranty_visit"


class Role(StrEnum):
    """Who acts. The first eight are people's roles; a visitor has not signed in, the system is a timer or matching."""

    CUSTOMER = "customer"
    SPECIALIST = "specialist"
    AGENT = "agent"
    DISPATCHER = "dispatcher"
    MANAGER = "manager"
    FINANCE = "finance"
    COMPLIANCE = "compliance"
    ADMINISTRATOR = "administrator"
    VISITOR = "visitor"
    SYSTEM = "system"


class Method(StrEnum):
    """How the customer pays."""

    WALLET = "wallet"
    CASH = "cash"


class Status(StrEnum):
    """Codes of the public status words of a booking (lifecycle.md E.1, T9); the edge gives them a language."""

    DRAFT = "draft"
    FINDING = "finding_a_specialist"
    CONFIRMED = "confirmed"
    ON_THE_WAY = "on_the_way"
    AT_THE_DOOR = "at_the_door"
    WORKING = "working"
    DELAYED = "delayed"
    PLEASE_CONFIRM = "done_please_confirm"
    DONE = "done_confirmed"
    SETTLED = "settled"
    CANCELLED = "cancelled"
    NOBODY_FOUND = "nobody_found"
    FAILED = "failed"
    NO_SHOW = "no_show"


STATUS = {
    State.DRAFT: Status.DRAFT,
    State.REQUESTED: Status.FINDING,
    State.QUOTING: Status.FINDING,
    State.OPEN: Status.FINDING,
    State.ASSIGNED: Status.CONFIRMED,
    State.EN_ROUTE: Status.ON_THE_WAY,
    State.ON_SITE: Status.AT_THE_DOOR,
    State.IN_PROGRESS: Status.WORKING,
    State.DELAYED: Status.DELAYED,
    State.COMPLETED: Status.PLEASE_CONFIRM,
    State.APPROVED: Status.DONE,
    State.CLOSED: Status.SETTLED,
    State.CANCELLED: Status.CANCELLED,
    State.EXPIRED: Status.NOBODY_FOUND,
    State.FAILED: Status.FAILED,
    State.NO_SHOW: Status.NO_SHOW,
}


class TicketStatus(StrEnum):
    """Codes of the public status words of a ticket (lifecycle.md E.1, promises.md T9)."""

    WAITING = "waiting"
    ASSIGNED = "waiting_assigned"
    IN_PROGRESS = "in_progress"
    DELAYED = "delayed"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


TICKET_STATUS = {
    State.DRAFT: TicketStatus.WAITING,
    State.REQUESTED: TicketStatus.WAITING,
    State.QUOTING: TicketStatus.WAITING,
    State.OPEN: TicketStatus.WAITING,
    State.ASSIGNED: TicketStatus.ASSIGNED,
    State.EN_ROUTE: TicketStatus.IN_PROGRESS,
    State.ON_SITE: TicketStatus.IN_PROGRESS,
    State.IN_PROGRESS: TicketStatus.IN_PROGRESS,
    State.DELAYED: TicketStatus.DELAYED,
    State.COMPLETED: TicketStatus.COMPLETED,
    State.APPROVED: TicketStatus.COMPLETED,
    State.CLOSED: TicketStatus.COMPLETED,
    State.CANCELLED: TicketStatus.CANCELLED,
    State.EXPIRED: TicketStatus.CANCELLED,
    State.FAILED: TicketStatus.CANCELLED,
    State.NO_SHOW: TicketStatus.CANCELLED,
}

REASONS: dict[Event, frozenset[str]] = {
    Event.DELAY: frozenset({"parts", "access", "weather", "safety", "overrun", "other"}),
    Event.DECLINE: frozenset({"too_far", "too_little", "busy", "not_my_work", "other"}),
    Event.CANCEL_BY_CUSTOMER: frozenset({"changed_mind", "wrong_time", "found_other", "price", "other"}),
    Event.CANCEL_BY_WORKER: frozenset({"illness", "vehicle", "overrun", "safety", "family", "other"}),
    Event.LEAVE_SEAT: frozenset({"illness", "vehicle", "overrun", "safety", "family", "other"}),
    Event.CANCEL_BY_OPERATOR: frozenset({"our_fault", "fraud", "safety", "duplicate", "other"}),
    Event.REASSIGN: frozenset({"illness", "overrun", "customer_wish", "better_fit", "other"}),
    Event.ARRIVE: frozenset({"by_hand", "no_signal", "location_off"}),
    Event.PROPOSE_CHANGE: frozenset({"parts", "more_work", "hidden_damage", "customer_wish", "other"}),
    Event.REFUSE_QUOTE: frozenset({"price", "time", "found_other", "changed_mind", "other"}),
    Event.FAIL: frozenset({"parts", "not_repairable", "safety", "other_trade", "other"}),
    Event.EXPIRE: frozenset({"nobody_found", "unfunded", "window_passed", "no_visit", "no_quote"}),
}
WAIVERS = frozenset({"no_phone", "someone_else_at_home", "code_lost", "other"})
