"""Jobs, prices, times, offers and ratings."""

from booking.availability.rules import (
    ExtendedAlready,
    HoldOver,
    NotInPlan,
    PromisedAlready,
    SlotTaken,
    TooManyHolds,
    UnknownVisit,
)
from booking.care.rules import MarkOutOfRange, NotToBeRated, RatedAlready, RatingOver, RatingTextNotAllowed
from booking.dispatch.rules import NotACandidate, OfferGone, OfferNotFound, OverlapsYourDay
from booking.jobs.rules import (
    AboveApproved,
    AlreadyFunded,
    CandidateNeeded,
    CaseIsOpen,
    CashDiffers,
    CommandReused,
    CustomerNotTried,
    CustomerUnknown,
    DraftGone,
    FeeHasChanged,
    IllegalTransition,
    JobNotFound,
    NewTimeNeeded,
    NotFunded,
    NotPriced,
    NotYourAct,
    PlaceUnknown,
    PresenceUnproven,
    ReasonNeeded,
    SeatTaken,
    SlotNotHeld,
    StaleVersion,
    StartCodeBlocked,
    StartCodeNeeded,
    StartCodeWrong,
    TextNotAllowed,
    TooEarly,
    WindowHasBegun,
    WorkHasBegun,
)
from booking.pricing.rules import NothingToPrice, QuoteChanged, QuoteExpired
from marketplace.foundation.errors import Refused
from web.sentences.marking import N_

ANSWERS: dict[type[Refused], tuple[int, str]] = {
    SlotTaken: (409, N_("That time has just been taken. Please choose one of the next free times.")),
    TooManyHolds: (
        409,
        N_("You have {most} times set aside already. Confirm one of them, or wait until {first_ends_at}."),
    ),
    HoldOver: (
        409,
        N_(
            "The time was kept for you until {expired_at} and has since gone to somebody else. Nothing was charged. Please choose another time."
        ),
    ),
    ExtendedAlready: (409, N_("The time is kept for you until {expires_at}; it cannot be kept longer.")),
    UnknownVisit: (404, N_("There is no such visit.")),
    NotInPlan: (409, N_("This visit is no longer in the plan.")),
    PromisedAlready: (
        409,
        N_("Visits were promised in that time. Hand them on or move them first; nothing was cancelled."),
    ),
    MarkOutOfRange: (422, N_("Please choose a mark from {least} to {most}.")),
    RatingTextNotAllowed: (422, N_("Please write no more than {most} characters, and no card number.")),
    NotToBeRated: (409, N_("A job can be rated once the work is confirmed.")),
    RatingOver: (409, N_("Ratings for this job were open until {until}.")),
    RatedAlready: (409, N_("You have already rated this job.")),
    OfferNotFound: (404, N_("There is no such offer here.")),
    OfferGone: (409, N_("Thank you for answering: this job is no longer open.")),
    OverlapsYourDay: (409, N_("Another visit stands in that time, so this job goes to somebody else.")),
    NotACandidate: (409, N_("The rules exclude this person ({rule}). Assigning them all the same needs a reason.")),
    JobNotFound: (404, N_("There is no such job here.")),
    IllegalTransition: (409, N_("That cannot be done now: the job has moved on. Please look at it again.")),
    NotYourAct: (403, N_("This step belongs to somebody else.")),
    StaleVersion: (409, N_("The job changed while you were looking at it. Please look again and decide.")),
    CommandReused: (422, N_("This request was already used for something else. Please load the page again.")),
    ReasonNeeded: (422, N_("Please choose a reason from the list.")),
    CustomerUnknown: (409, N_("Please sign in or register first; what you filled in is kept.")),
    PlaceUnknown: (422, N_("We need an address in an area that we serve.")),
    NotPriced: (409, N_("There is no price for this yet.")),
    SlotNotHeld: (409, N_("Please choose a time again: the one you chose is no longer kept for you.")),
    NotFunded: (409, N_("The visit is not paid for yet.")),
    AlreadyFunded: (409, N_("The money for this visit is already set aside.")),
    SeatTaken: (409, N_("Somebody else already has this job.")),
    CandidateNeeded: (422, N_("Please choose another specialist for this job.")),
    TooEarly: (409, N_("Not before {not_before}.")),
    PresenceUnproven: (422, N_("Please say how you know that you have arrived.")),
    StartCodeNeeded: (422, N_("Please ask the customer for the start code, or say why there is none.")),
    StartCodeWrong: (422, N_("That is not the start code. Tries left: {tries_left}.")),
    StartCodeBlocked: (409, N_("Too many wrong codes. Start with a reason instead of the code.")),
    NewTimeNeeded: (422, N_("Please give a new time that lies ahead.")),
    AboveApproved: (422, N_("The customer approved {approved}; {final} is more than that.")),
    CashDiffers: (
        409,
        N_("The specialist wrote down {declared}, you say {confirmed}. Please open a case; we will look into it."),
    ),
    CaseIsOpen: (409, N_("A case is open on this job; it has to be decided first.")),
    WorkHasBegun: (409, N_("Work has already begun, so the visit can no longer be called off.")),
    FeeHasChanged: (409, N_("Calling off now costs {fee}. Please look at it and decide again.")),
    CustomerNotTried: (
        409,
        N_("Please wait until {not_before} and try to reach the customer {attempts_needed} times first."),
    ),
    DraftGone: (410, N_("This draft no longer exists. Please begin again.")),
    TextNotAllowed: (
        422,
        N_("Please check what you wrote under {field}: it is too long, holds a card number, or was not asked for."),
    ),
    WindowHasBegun: (
        409,
        N_("The promised time has already begun. Please call us; we will move the visit for both of you."),
    ),
    NothingToPrice: (409, N_("This work has no fixed price. Ask for a visit with an estimate instead.")),
    QuoteExpired: (
        409,
        N_("This price was valid until {valid_until}. Please look at the current price before you go on."),
    ),
    QuoteChanged: (409, N_("The price has changed since you saw it. Please look at it again before you go on.")),
}
