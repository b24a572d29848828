"""The form by which a plan is made, as its customer and an agent fill it in: every field parsed to what it means."""

from dataclasses import dataclass
from datetime import date
from typing import cast
from uuid import UUID

from booking.plans.rules import BANDS, FirstDayRefused, Interval, IntervalOutOfBounds, Unit, Wish
from booking.plans.rules import WishImpossible as Impossible
from marketplace.foundation.errors import Refused
from marketplace.foundation.languages import Formatter
from marketplace.foundation.money import Money
from web.forms.fields import Fields, NotOffered

OFFERED = ("1.weeks", "2.weeks", "4.weeks", "1.months", "2.months", "3.months", "6.months", "12.months")
WEEKDAYS = tuple(str(day) for day in range(1, 8))
BESIDE: dict[type[Refused], str] = {
    IntervalOutOfBounds: "interval", FirstDayRefused: "first", Impossible: "weekdays",
}  # fmt: skip


@dataclass(frozen=True)
class Typed:
    """What was typed: how often and when; up to how much it may pay by itself, where that was ticked."""

    interval: Interval | None
    wish: Wish
    shown: Money
    equipment: UUID | None
    may_pay: bool


def read(fields: Fields, formatter: Formatter, currency: str) -> Typed:
    """The form; what is wrong with it stands in `fields.errors`."""
    every, _, unit = fields.choice("interval", OFFERED).partition(".")
    first = fields.day("first", formatter.calendar)
    interval = Interval(int(every), Unit(unit), first, formatter.calendar) if every and first else None
    weekdays = _several(fields, "weekdays")
    if not set(weekdays) <= set(WEEKDAYS):
        fields.refuse("weekdays", NotOffered())
    wish = Wish(
        frozenset(int(day) for day in weekdays if day in WEEKDAYS),
        fields.choice("band", BANDS, required=False) or None,
        fields.ticked("same_person"),
    )
    shown = fields.raw("shown")
    price = Money(int(shown) if shown.isdecimal() and shown.isascii() and len(shown) < 13 else 0, currency)
    equipment = fields.identity("equipment") if fields.raw("equipment") else None
    return Typed(interval, wish, price, equipment, fields.ticked("may_pay"))


def values(fields: Fields) -> dict[str, object]:
    """What was typed, to be shown again."""
    kept: dict[str, object] = {
        name: fields.raw(name) for name in ("interval", "first", "band", "same_person", "equipment", "may_pay")
    }
    return kept | {"weekdays": _several(fields, "weekdays")}


def suggested(formatter: Formatter, first: date) -> dict[str, object]:
    """What stands in the form before anybody has typed: every month, any day, the same person."""
    return {
        "interval": "1.months", "first": formatter.date(first, "numeric"), "band": "", "same_person": "1",
        "weekdays": [], "equipment": "",
    }  # fmt: skip


def _several(fields: Fields, name: str) -> list[str]:
    value = fields.typed.get(name, [])
    return [str(each) for each in cast("list[object]", value)] if isinstance(value, list) else [str(value)]
