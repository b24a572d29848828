"""What pages hand to components: small frozen shapes, so that a page says what it shows and a component how.

Templates make them too: `choice("wallet", _("From my wallet"), icon="wallet")`. Texts are already in the reader's
language. Start with `Reader`, which every page is rendered for.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal
from urllib.parse import parse_qsl, urlencode, urlsplit

from marketplace.foundation.cards import mask_card_numbers
from marketplace.foundation.languages import Formatter, Language
from marketplace.foundation.money import Money

Theme = Literal["auto", "light", "dark"]


@dataclass(frozen=True, slots=True)
class House:
    """Who runs this Karigar, in the reader's language: the name on the mast and the number in the foot."""

    name: str = "Karigar"
    phone: str = ""  # E.164; empty where nobody answers
    hours: str = ""  # "every day, 8:00 to 22:00", in words


@dataclass(frozen=True, slots=True)
class SignedIn:
    """The signed-in person as frames show them; `home` is where their own pages begin."""

    name: str
    home: str
    sharing: bool | None = None  # a specialist's position is shared; None for everybody else
    unread: int = 0
    roles: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Reader:
    """Who a page is rendered for: language, ways of counting, theme, and what frames show of them."""

    formatter: Formatter
    theme: Theme = "auto"
    person: SignedIn | None = None
    house: House = House()
    address: str = "/"  # path and query of the page being read
    form_token: str = field(default="", repr=False)
    saves_data: bool = False

    @property
    def language(self) -> Language:
        return self.formatter.language

    @property
    def direction(self) -> Literal["ltr", "rtl"]:
        return self.formatter.direction

    @property
    def path(self) -> str:
        return urlsplit(self.address).path

    def here(self, **changed: str) -> str:
        """The address of this page with some of its query changed; an empty value takes a name away."""
        parts = urlsplit(self.address)
        asked = {**dict(parse_qsl(parts.query)), **changed}
        query = urlencode({name: value for name, value in asked.items() if value})
        return f"{parts.path}?{query}" if query else parts.path


@dataclass(frozen=True, slots=True)
class Filled:
    """A form as it was typed: values and sentences about what is wrong, by field. Fields find theirs by name.

    A card number is shown back as dots, wherever it was typed (promises.md K9).
    """

    values: Mapping[str, object] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        shown = {name: mask_card_numbers(each) if isinstance(each, str) else each for name, each in self.values.items()}
        object.__setattr__(self, "values", shown)


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several: a radio row, a chip, an option. With `closed_because` it is shown and cannot be taken."""

    value: str
    text: str
    hint: str = ""
    icon: str = ""
    aside: str = ""
    closed_because: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    """A way to another page: in rows, tabs, rails, menus, breadcrumbs, filters."""

    href: str
    text: str
    hint: str = ""
    icon: str = ""
    count: int | None = None
    current: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a course: done, now, next or missed; `at` is when it happened or is promised."""

    text: str
    state: Literal["done", "now", "next", "missed"] = "next"
    at: datetime | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a price with its reason. A negative amount is a credit."""

    text: str
    amount: Money
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Fee:
    """What cancelling costs in one stretch of time: kept and given back. `now` marks the stretch that counts today."""

    when: str
    kept: Money
    back: Money
    now: bool = False


@dataclass(frozen=True, slots=True)
class Column:
    """A head of a table. `end` aligns figures to the end; `sort` is the address that sorts by it."""

    text: str
    end: bool = False
    sort: str = ""
    sorted: Literal["", "ascending", "descending"] = ""
    unseen: bool = False


@dataclass(frozen=True, slots=True)
class Fact:
    """A row of a definition list, with the act that changes it."""

    term: str
    value: object
    act: Link | None = None
