"""A mapping profile: how one sender's table says what we need to know. Pure; kept as JSON, never changed in place."""

import re
from dataclasses import dataclass, field, fields
from typing import Any, Final, Literal

from marketplace.foundation.errors import Refused
from marketplace.foundation.money import EXPONENTS
from payments.statements.rules import Source

Order = Literal["ymd", "dmy", "mdy"]
Calendar = Literal["gregorian", "jalali"]
Sign = Literal["signed", "turned", "columns", "mark"]
Unit = Literal["major", "minor", "toman"]

CHOICES: Final[dict[str, tuple[str, ...]]] = {
    "order": ("ymd", "dmy", "mdy"), "calendar": ("gregorian", "jalali"),
    "sign": ("signed", "turned", "columns", "mark"), "unit": ("major", "minor", "toman"),
    "decimals": ("point", "comma"), "separator": ("", ",", ";", "\t", "|"),
    "encoding": ("", "utf-8", "utf-16", "cp1252", "cp1256"),
}  # fmt: skip
COLUMNS: Final[dict[Source, tuple[str, ...]]] = {
    Source.SETTLEMENT: (
        "booked", "time", "value", "key", "kind", "txn", "bank", "ours", "account", "batch", "currency", "gross", "fee",
        "net",
    ),
    Source.STATEMENT: (
        "booked", "value", "key", "bank", "text", "currency", "amount", "debit", "credit", "mark", "balance",
    ),
}  # fmt: skip
MOST_LETTERS: Final = 120
MOST_HEADING: Final = 100


@dataclass(frozen=True)
class ProfileIncomplete(Refused):
    """The mapping does not say what every line needs; `lacks` is one of our own words for it."""

    lacks: str


@dataclass(frozen=True)
class Mapping:
    """Which column says what, and how it is written.

    `heading`: the row of the headings, 0 to look for it. `ignored`: words with which rows begin that are no lines
    (totals). `words`: a kind to the words that mean it; under "debit" those by which a mark says that money went out.
    `day_ends`: HH:MM after which a line belongs to the next day.
    """

    source: Source
    columns: dict[str, str]
    currency: str = ""
    account: str = ""
    heading: int = 0
    separator: str = ""
    encoding: str = ""
    order: Order = "ymd"
    calendar: Calendar = "gregorian"
    decimals: str = "point"
    unit: Unit = "major"
    sign: Sign = "signed"
    newest_first: bool = False
    day_ends: str = ""
    ignored: tuple[str, ...] = ()
    words: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def stored(self) -> dict[str, Any]:
        """As JSON keeps it."""
        return {each.name: getattr(self, each.name) for each in fields(self)}


def read_mapping(stored: dict[str, Any]) -> Mapping:
    """The mapping that was stored, or typed. Refuses ProfileIncomplete."""
    words = {kind: tuple(said) for kind, said in stored.get("words", {}).items()}
    found = Mapping(**stored | {
        "source": Source(stored["source"]), "ignored": tuple(stored.get("ignored", ())), "words": words,
    })  # fmt: skip
    demand_whole(found)
    return found


def demand_whole(mapping: Mapping) -> None:
    """Refuses ProfileIncomplete when lines read by it could not be lines."""
    named = {name for name, heading in mapping.columns.items() if heading}
    if "booked" not in named:
        raise ProfileIncomplete("booked")
    if not named <= set(COLUMNS[mapping.source]):
        raise ProfileIncomplete("columns")
    if mapping.currency not in EXPONENTS and "currency" not in named:
        raise ProfileIncomplete("currency")
    if mapping.source is Source.SETTLEMENT:
        if "gross" not in named:
            raise ProfileIncomplete("gross")
        if not named & {"txn", "bank", "ours", "key"}:
            raise ProfileIncomplete("txn")
    else:
        _demand_amount(mapping, named)
    if mapping.unit == "toman" and mapping.currency != "IRR":
        raise ProfileIncomplete("toman")
    if mapping.day_ends and not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", mapping.day_ends):
        raise ProfileIncomplete("day_ends")
    _demand_choices(mapping)


def _demand_amount(mapping: Mapping, named: set[str]) -> None:
    if not mapping.account:
        raise ProfileIncomplete("account")
    needed = {"columns": {"debit", "credit"}, "mark": {"amount", "mark"}}.get(mapping.sign, {"amount"})
    if not needed <= named:
        raise ProfileIncomplete(min(needed - named))
    if mapping.sign == "mark" and not mapping.words.get("debit"):
        raise ProfileIncomplete("debit")


def _demand_choices(mapping: Mapping) -> None:
    for name, allowed in CHOICES.items():
        if getattr(mapping, name) not in allowed:
            raise ProfileIncomplete(name)
    texts = [*mapping.columns.values(), *mapping.ignored, *(word for said in mapping.words.values() for word in said)]
    if any(len(each) > MOST_LETTERS for each in texts) or not 0 <= mapping.heading <= MOST_HEADING:
        raise ProfileIncomplete("columns")
