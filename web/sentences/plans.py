"""Work that comes back, and the equipment it is done on."""

from booking.plans.rules import (
    EquipmentInPlan,
    EquipmentNotFound,
    FirstDayRefused,
    IntervalOutOfBounds,
    NoSuchPlan,
    NothingToSkip,
    NotPlannable,
    PermissionRefused,
    PlanEnded,
    PlanPriceChanged,
    SkipCosts,
    TooMuchKept,
    UnknownEquipment,
    WishImpossible,
)
from marketplace.foundation.errors import Refused
from web.sentences.marking import N_

ANSWERS: dict[type[Refused], tuple[int, str]] = {
    NoSuchPlan: (404, N_("There is no such plan.")),
    EquipmentNotFound: (404, N_("There is no such equipment.")),
    UnknownEquipment: (422, N_("Please choose one of the kinds in the list.")),
    EquipmentInPlan: (409, N_("A plan goes on for this equipment. Stop the plan first.")),
    TooMuchKept: (409, N_("There are {most} already, and more cannot be kept. Please end one of them first.")),
    IntervalOutOfBounds: (422, N_("Please give a number from {least} to {most}.")),
    NotPlannable: (
        409,
        N_("This work cannot come back by itself: its price or its people are settled anew each time."),
    ),
    WishImpossible: (422, N_("Please choose from the days and parts of the day that are shown.")),
    FirstDayRefused: (422, N_("Please choose a day from {first} to {last}.")),
    PlanPriceChanged: (409, N_("The price is {price} now. Please look at it and agree once more.")),
    PlanEnded: (409, N_("This plan has ended and stays as it was. You can make a new one.")),
    NothingToSkip: (409, N_("There is no visit to skip on that day any more. This is how the plan stands now.")),
    SkipCosts: (
        409,
        N_("This visit is paid, and calling it off costs {fee} now. See its own page, where you can call it off."),
    ),
    PermissionRefused: (422, N_("Please give an amount from {least} to {most}.")),
}
