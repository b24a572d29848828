"""Quotes after an estimate, and visits under warranty."""

from booking.jobs.quote_rules import (
    EstimateNotDone,
    LinePriceNeeded,
    LineTextNeeded,
    NoQuoteWanted,
    QuantityOutOfBounds,
    QuoteDiffers,
    QuoteEmpty,
    QuoteNotFound,
    QuoteOver,
    QuoteTimes,
    QuoteTooLarge,
    QuoteTooLong,
)
from booking.jobs.visit_rules import (
    DefectNeedsWords,
    GroundNeeded,
    NoWarranty,
    PayOutOfBounds,
    VerdictStands,
    VisitNotDone,
    WarrantyAskedAlready,
    WarrantyOver,
)
from marketplace.foundation.errors import Refused
from web.sentences.marking import N_

ANSWERS: dict[type[Refused], tuple[int, str]] = {
    QuoteNotFound: (404, N_("There is no such quote here.")),
    QuoteEmpty: (422, N_("A quote has at least one line, and comes to more than nothing.")),
    QuoteTooLong: (422, N_("A quote has at most {most} lines.")),
    QuoteTooLarge: (422, N_("A quote can come to {most} at most.")),
    LinePriceNeeded: (422, N_("Please give a price above zero.")),
    QuantityOutOfBounds: (422, N_("Please give a quantity above zero, up to {most}.")),
    LineTextNeeded: (422, N_("Please say it in up to {longest} letters, without a card number.")),
    QuoteTimes: (422, N_("The work takes a quarter of an hour to twelve hours, and a price stands 1 to 30 days.")),
    EstimateNotDone: (409, N_("Finish the visit first; then the quote can be sent.")),
    QuoteDiffers: (409, N_("The quote has been written anew since you looked. Please read it again.")),
    QuoteOver: (
        409,
        N_("This quote can no longer be answered: it was answered, has run out, or a newer one has taken its place."),
    ),
    NoQuoteWanted: (409, N_("No quote is waited for here any more.")),
    NoWarranty: (409, N_("There is no warranty on this visit itself.")),
    WarrantyOver: (409, N_("The warranty ended on {until}.")),
    WarrantyAskedAlready: (409, N_("A visit under this warranty has been asked for already: No. {number}.")),
    DefectNeedsWords: (422, N_("Please say what is wrong, in up to {longest} letters, without a card number.")),
    VisitNotDone: (409, N_("This is decided once the visit is done.")),
    VerdictStands: (409, N_("This has been decided.")),
    PayOutOfBounds: (422, N_("An own defect is not paid; any other visit is paid something, up to {most}.")),
    GroundNeeded: (422, N_("Please choose one of the reasons for this decision.")),
}
