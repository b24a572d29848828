"""What anybody may be told anywhere: forms, numbers, dates, repetitions."""

from marketplace.foundation.calendars import AnotherWeekday, NoSuchDay, NotADate, YearOutOfRange
from marketplace.foundation.errors import Refused
from marketplace.foundation.reading import (
    AmountTooLarge,
    NegativeAmount,
    NegativeNumber,
    NotANumber,
    NotAPhoneNumber,
    OtherCurrency,
    TooManyDecimals,
)
from marketplace.foundation.repeats import KeyReusedForAnother
from marketplace.foundation.vault import Erased
from web.forms.fields import CardNumberTyped, FormRefused, Missing, NotOffered, NotTicked, NotWhole, TooLong
from web.forms.positions import InAnotherZone, NotAPosition
from web.forms.times import DayNotAhead, LastDayUnfit, NotATime, StretchIncomplete
from web.live import TooManyStreams
from web.once import NoIdempotencyKey
from web.sentences.marking import N_

ANSWERS: dict[type[Refused], tuple[int, str]] = {
    NotADate: (422, N_("Type the day, the month and the four digits of the year.")),
    NoSuchDay: (422, N_("There is no day {day} in month {month} of {year}. Check the date.")),
    YearOutOfRange: (422, N_("Type a year from {first} to {last}.")),
    AnotherWeekday: (422, N_("That date falls on another day of the week. Check the date.")),
    NotANumber: (422, N_("Type a number, such as 1850 or 1,850.50.")),
    TooManyDecimals: (422, N_("Type at most {most} digits after the decimal mark.")),
    NegativeNumber: (422, N_("Type a number that is not below zero.")),
    NegativeAmount: (422, N_("Type an amount that is not below zero.")),
    AmountTooLarge: (422, N_("Type an amount of at most {most}.")),
    OtherCurrency: (422, N_("Type the amount in {expected}, not in {typed}.")),
    NotAPhoneNumber: (422, N_("Type a phone number as you would dial it, or with + and the country code.")),
    NotAPosition: (422, N_("Type latitude and longitude in degrees, such as 23.7925, 90.4160.")),
    InAnotherZone: (422, N_("This position lies in another part of the town, or outside of it.")),
    KeyReusedForAnother: (
        422,
        N_("This request was sent before with other content. Please open the page again and repeat what you wanted."),
    ),
    Erased: (410, N_("This person's data has been erased.")),
    Missing: (422, N_("Please fill this in.")),
    TooLong: (422, N_("This is too long: at most {longest} signs.")),
    NotOffered: (422, N_("Please choose one of those offered.")),
    NotWhole: (422, N_("Type a whole number from {least} to {most}.")),
    CardNumberTyped: (
        422,
        N_("This looks like a card number. Please never write one here: only the bank's own page may ask for it."),
    ),
    FormRefused: (422, N_("Something is missing or wrong. Please look at the marked fields.")),
    NotTicked: (422, N_("Please tick this box to go on.")),
    NotATime: (422, N_("Type a time such as 08:30, from 00:00 to 23:59.")),
    StretchIncomplete: (422, N_("Type when the work begins and when it ends, or tick that you are off.")),
    DayNotAhead: (422, N_("Choose a day from today on, at most a year ahead.")),
    LastDayUnfit: (422, N_("The last day comes after the first, and at most two months after it.")),
    TooManyStreams: (429, N_("You have {most} live pages open already. Close one of them.")),
    NoIdempotencyKey: (
        400,
        N_("Send an Idempotency-Key header with a UUID, so that repeating the request does no harm."),
    ),
}
