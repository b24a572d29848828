"""Plans of a day."""

from booking.dispatch.planning_rules import NotAPlanningDay, PlanDecided, PlanNotFound
from marketplace.foundation.errors import Refused
from web.sentences.marking import N_

ANSWERS: dict[type[Refused], tuple[int, str]] = {
    PlanNotFound: (404, N_("There is no such plan.")),
    PlanDecided: (409, N_("This plan waits for no decision any more. Nothing was changed; ask for a new one.")),
    NotAPlanningDay: (422, N_("Please choose a day from {first} to {last}.")),
}
