"""The hours of a season in the reader's words, for the specialist's page and the house's."""

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from marketplace.specialists.rules import Season
from web.identity import Req
from web.respond import reader_of


def hours_of(season: Season, request: Req) -> list[str]:
    """Its stretches of work as this reader tells the time; none for a holiday."""
    formatter = reader_of(request).formatter
    zone = ZoneInfo(formatter.time_zone)

    def at(day: date, moment: time) -> datetime:
        return datetime.combine(day, moment, zone)

    return [
        formatter.time_range(at(season.first_day, opens), at(season.first_day, closes))
        for opens, closes in season.stretches
    ]
