"""Rounds of bids."""

from booking.dispatch.bid_rules import (
    AwardNeedsReason,
    BidNotFound,
    BidOutOfBounds,
    BidTooLate,
    BidTooLateByDevice,
    BidWithdrawn,
    JobHasARound,
    JobNotOpen,
    MayNotDeviate,
    NoBidsForCrews,
    NobodyMayBid,
    NoTimeForBids,
    NotOpenYet,
    RoundClosed,
    RoundNotFound,
    RoundNumbers,
    RoundOver,
    RoundTimes,
    StillOpen,
)
from marketplace.foundation.errors import Refused
from web.sentences.marking import N_

ANSWERS: dict[type[Refused], tuple[int, str]] = {
    RoundNotFound: (404, N_("There is no such round of bids here.")),
    BidNotFound: (404, N_("There is no such bid in this round.")),
    RoundTimes: (422, N_("Bidding can close between {first} and {last}: the search for this job ends soon after.")),
    NoTimeForBids: (409, N_("The search for this job ends at {ends}; that is too soon for a round of bids.")),
    RoundNumbers: (422, N_("Please give a number from {least} to {most}.")),
    JobHasARound: (409, N_("A round of bids for this job is under way.")),
    JobNotOpen: (409, N_("This job no longer looks for anybody.")),
    NoBidsForCrews: (
        409,
        N_("This job takes several people, and its pay is shared among them: no bids are asked for."),
    ),
    NobodyMayBid: (409, N_("Nobody with the skill serves this area now, so there is nobody to bid.")),
    NotOpenYet: (409, N_("Bidding begins at {opens_at}.")),
    StillOpen: (409, N_("Bidding goes on until {closes_at}, as it was announced.")),
    RoundOver: (409, N_("This round of bids is over.")),
    RoundClosed: (409, N_("Bidding is over and what was bid stands: the round can no longer be taken back.")),
    BidTooLate: (
        409,
        N_(
            "Bidding closed at {closed_at}. By our clock this arrived at {arrived_at}, {late_seconds} s too late; nothing was changed."
        ),
    ),
    BidTooLateByDevice: (
        409,
        N_(
            "Bidding closed at {closed_at}. By our clock this arrived at {arrived_at}, {late_seconds} s too late; the clock of your device differs from ours by {offset_seconds} s. Nothing was changed."
        ),
    ),
    BidOutOfBounds: (422, N_("Please bid from {least} to {most}. More than that the customer has not agreed to.")),
    BidWithdrawn: (409, N_("You have withdrawn your bid in this round; it cannot be made again.")),
    MayNotDeviate: (409, N_("It was announced that the rule decides: the job goes to the first of the ranking.")),
    AwardNeedsReason: (422, N_("Please say in words why the job goes to another than the first of the ranking.")),
}
