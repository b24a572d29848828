"""What a resident reports, and who of the team takes it."""

from booking.tickets.rules import (
    CardNumberInWords,
    NobodyOnDuty,
    NotOfTheTeam,
    NotYourUnit,
    TooManyOpen,
    WordsMissing,
    WordsTooLong,
)
from marketplace.foundation.errors import Refused
from web.sentences.marking import N_

ANSWERS: dict[type[Refused], tuple[int, str]] = {
    NotYourUnit: (404, N_("There is no such home of yours.")),
    NobodyOnDuty: (409, N_("No team does this work in this building. Please call the management.")),
    WordsMissing: (422, N_("Please say what is wrong.")),
    WordsTooLong: (422, N_("Please say it in at most {length_max} signs.")),
    TooManyOpen: (409, N_("You have {most} requests that are not finished. Please wait for one of them, or call.")),
    CardNumberInWords: (422, N_("This looks like a card number. Please leave it out.")),
    NotOfTheTeam: (409, N_("Whoever is to do it has to be in the team now. Please choose somebody else.")),
}
