"""What a person reads when a rule says no: for each refusal a status and a sentence, a file for each floor."""

from marketplace.foundation.errors import Refused
from web.sentences import (
    bids,
    booking,
    closing,
    conduct,
    day_plans,
    documents,
    foundation,
    marketplace,
    payments,
    payouts,
    plans,
    statements,
    tickets,
    visits,
)
from web.sentences.marking import N_

ANSWERS: dict[type[Refused], tuple[int, str]] = {
    **foundation.ANSWERS,
    **marketplace.ANSWERS,
    **payments.ANSWERS,
    **payouts.ANSWERS,
    **closing.ANSWERS,
    **statements.ANSWERS,
    **documents.ANSWERS,
    **booking.ANSWERS,
    **day_plans.ANSWERS,
    **bids.ANSWERS,
    **plans.ANSWERS,
    **conduct.ANSWERS,
    **visits.ANSWERS,
    **tickets.ANSWERS,
}

STATUSES: dict[int, str] = {
    400: N_("This request cannot be understood. Please go back and try once more."),
    401: N_("Please sign in first."),
    403: N_("This form has grown old, or came from another site. Open the page again and send it once more."),
    404: N_("There is nothing here. It may have moved, or it is not yours to see."),
    405: N_("This address does not take that kind of request."),
    410: N_("This is over and no longer shown."),
    413: N_("This is too large. Please send less at once."),
    415: N_("This kind of content is not understood here."),
    422: N_("Something is missing or wrong. Please look at the marked fields."),
    429: N_("Too many attempts. Please wait a while and try again."),
    500: N_(
        "Something went wrong on our side. Nothing is lost; please try again, or call us with the reference below."
    ),
    503: N_("We are very busy at this moment. Please try again in a few seconds."),
}

COMES_FIRST = N_("Please open our site first: something there has to be accepted or set up before this.")
NO_COOKIE = N_(
    "Your browser did not send back our cookie, which every form needs. Allow cookies for this site, open the page "
    "again and send the form once more; or call us."
)
