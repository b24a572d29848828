"""A letter's four texts in one reader's language: the subject, the SMS, the plain text and the HTML."""

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup, escape

from marketplace.foundation.languages import Formatter, isolate, isolate_left_to_right
from marketplace.foundation.money import Money
from marketplace.foundation.scripts import isolate_right_to_left
from web.letters.facts import Address, Clock, Code, Fact, Facts, Span, check_facts
from web.translations import translate, translate_plural

FOLDER: Final = Path(__file__).parent
SEGMENT: Final = 160  # letters of an SMS that fits the small alphabet of telephones (GSM 03.38)
WIDE_SEGMENT: Final = 70  # letters of one that does not
_SMALL_ALPHABET: Final = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_FOR_TELEPHONES: Final = {"৳": "Tk ", "–": "-"}  # a single ৳ would halve the room of an English message


@dataclass(frozen=True)
class Rendered:
    """One letter, ready to send."""

    subject: str
    short: str
    plain: str
    html: str


@dataclass(frozen=True)
class Site:
    """Who writes: the name under the letter and the address that pages hang below."""

    house: str
    base_url: str


def render(letter: str, formatter: Formatter, facts: Facts, *, site: Site) -> Rendered:
    """The letter as this reader reads it. Raises TypeError for facts that are not the letter's."""
    check_facts(letter, facts)
    told: Facts = {**facts, "house": site.house}
    text, brief = _Words(formatter, site, _in_text).told(told), _Words(formatter, site, _in_text, brief=True).told(told)
    subject, short, plain = (
        _templates().get_template(f"{letter}/{name}.txt").render(words)
        for name, words in (("subject", text), ("short", brief), ("plain", text))
    )
    frame = {"subject": _one_line(subject), "language": formatter.language, "direction": formatter.direction}
    html = (
        _templates().get_template(f"{letter}/message.html").render(_Words(formatter, site, _in_html).told(told) | frame)
    )
    return Rendered(_one_line(subject), _for_telephones(_one_line(short), formatter), _tidy(plain), html)


def segments(text: str) -> int:
    """How many SMS a text takes, by the worst case of each alphabet."""
    room = SEGMENT if set(text) <= _SMALL_ALPHABET else WIDE_SEGMENT
    letters = len(text) if room == SEGMENT else len(text.encode("utf-16-le")) // 2
    return -(-letters // room)


@dataclass(frozen=True)
class _Shown:
    text: str
    left_to_right: bool = False
    is_figure: bool = False  # stands in the reader's direction, which the mark before a Persian minus would turn


class _Words:
    """`_` and `ngettext` for letters: the facts a sentence names are shown as the reader counts."""

    def __init__(
        self, formatter: Formatter, site: Site, wrap: Callable[[_Shown, Formatter], str], *, brief: bool = False
    ) -> None:
        self._formatter = formatter
        self._brief = brief
        self._site = site
        self._wrap = wrap

    def told(self, facts: Facts) -> dict[str, object]:
        return {**facts, "_": self.gettext, "ngettext": self.ngettext, "show": self.show, "address": self.address}

    def gettext(self, message: str, /, **facts: Fact) -> str:
        return self._filled(translate(self._formatter.language, message), facts)

    def ngettext(self, one: str, many: str, count: int, /, **facts: Fact) -> str:
        return self._filled(translate_plural(self._formatter.language, one, many, count), {"count": count, **facts})

    def show(self, fact: Fact) -> str:
        shown = _shown_briefly(fact, self._formatter) if self._brief else None
        return self._wrap(shown or _shown(fact, self._formatter, self._site), self._formatter)

    def address(self, page: Address) -> str:
        """The bare address, for a link's target."""
        return _address(page, self._site)

    def _filled(self, text: str, facts: Mapping[str, Fact]) -> str:
        sentence = escape(text) if self._wrap is _in_html else text
        return sentence.format(**{name: self.show(fact) for name, fact in facts.items()})


def _shown(fact: Fact, formatter: Formatter, site: Site) -> _Shown:
    match fact:
        case Code():
            return _Shown(fact.text, left_to_right=True)
        case Address():
            return _Shown(_address(fact, site), left_to_right=True)
        case Clock():
            return _Shown(formatter.time(fact.moment))
        case Span():
            return _Shown(formatter.time_range(fact.start, fact.end))
        case Money():
            return _Shown(formatter.money_in_full(fact), is_figure=True)
        case datetime():
            return _Shown(formatter.date_time(fact))
        case date():
            return _Shown(formatter.date(fact))
        case int():
            return _Shown(formatter.number(fact), is_figure=True)
        case str():
            return _Shown(fact)


def _shown_briefly(fact: Fact, formatter: Formatter) -> _Shown | None:
    """What an SMS says shorter: days without weekday and year, money in one unit."""
    match fact:
        case Money():
            return _Shown(formatter.money(fact), is_figure=True)
        case datetime():
            return _Shown(f"{formatter.day_month(fact)} {formatter.time(fact)}")
        case date():
            return _Shown(formatter.day_month(fact))
    return None


def _address(page: Address, site: Site) -> str:
    return f"{site.base_url.rstrip('/')}/{page.path}"


def _in_html(shown: _Shown, formatter: Formatter) -> str:
    if shown.left_to_right or shown.is_figure:
        return Markup('<bdi dir="{}">{}</bdi>').format(_direction(shown, formatter), shown.text)
    return Markup("<bdi>{}</bdi>").format(shown.text)


def _in_text(shown: _Shown, formatter: Formatter) -> str:
    """Isolated only where the sentence around could turn it: old telephones draw a box for an isolate."""
    if not _could_turn(shown.text, formatter):
        return shown.text
    if shown.is_figure and formatter.direction == "rtl":
        return isolate_right_to_left(shown.text)
    return isolate_left_to_right(shown.text) if shown.left_to_right else isolate(shown.text)


def _direction(shown: _Shown, formatter: Formatter) -> str:
    return "ltr" if shown.left_to_right else formatter.direction


def _could_turn(text: str, formatter: Formatter) -> bool:
    kinds = {unicodedata.bidirectional(letter) for letter in text}
    if formatter.direction == "ltr":
        return bool(kinds & {"R", "AL", "AN"})
    return "L" in kinds or (bool(kinds & {"EN", "AN"}) and not kinds & {"R", "AL"} and not text.isdigit())


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _tidy(text: str) -> str:
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


def _for_telephones(text: str, formatter: Formatter) -> str:
    if formatter.language != "en":
        return text
    for sign, instead in _FOR_TELEPHONES.items():
        text = text.replace(sign, instead)
    return text


@cache
def _templates() -> Environment:
    return Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=select_autoescape(["html"]),  # plain text has nothing to escape
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
