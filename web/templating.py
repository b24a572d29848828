"""Pages from templates: `render(...)` gives a page's text, `fragment(...)` one block of it.

Promises: whatever a template is given is escaped, and a name it was not given is an error; words are in the reader's
language; every value inside a sentence stands isolated, so that no number or name turns a right-to-left line around.
Components are called as `ui.button(...)`: each is the macro of that name in `templates/components/`. Their list
with parameters and two whole pages: `templates/components/README.md`.
"""

import json
import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Final
from urllib.parse import quote
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template, pass_context
from jinja2.runtime import Context
from markupsafe import Markup, escape

from marketplace.foundation import clock
from marketplace.foundation.calendars import in_calendar
from marketplace.foundation.ids import fingerprint, uuid7
from marketplace.foundation.languages import LANGUAGES, Formatter
from marketplace.foundation.money import Money
from web import parts
from web.assets import build
from web.parts import Filled, Reader
from web.translations import translate, translate_plural

TEMPLATES: Final = Path(__file__).parent / "templates"
ENDONYMS: Final = {"en": "English", "bn": "বাংলা", "fa": "فارسی", "ar": "العربية"}
# Mirrored in right-to-left scripts; clocks, ticks, telephones and tools never are (experience.md §4.4).
SHORT: Final = 24  # signs of a reference that every narrow line has room for
TURNING_ICONS: Final = frozenset(
    {
        "arrow-left",
        "arrow-right",
        "chevron-left",
        "chevron-right",
        "list",
        "log-in",
        "log-out",
        "reply",
        "send",
        "undo-2",
    }
)


class Components:
    """`ui` in templates: `ui.money(...)` is the macro `money` of `components/money.html`, told who reads."""

    def __init__(self, facts: Mapping[str, object]) -> None:
        self._facts = {**facts, "ui": self}

    def __getattr__(self, name: str) -> Callable[..., Markup]:
        template = environment().get_template(f"components/{name}.html")
        macro: Callable[..., Markup] = getattr(template.make_module(self._facts), name)
        self.__dict__[name] = macro
        return macro


def render(template: str, *, reader: Reader, **facts: object) -> str:
    """The whole page as text; `form=Filled(...)` hands fields their values and errors.

    Raises UndefinedError for a name that the template needs and was not given.
    """
    return environment().get_template(template).render(_told(reader, facts))


def fragment(template: str, block: str, *, reader: Reader, **facts: object) -> str:
    """One `{% block %}` of a page alone, for the part of it that htmx asks again."""
    found: Template = environment().get_template(template)
    return "".join(found.blocks[block](found.new_context(_told(reader, facts))))


def _told(reader: Reader, facts: Mapping[str, object]) -> dict[str, object]:
    told: dict[str, object] = {"form": Filled(), **facts, "reader": reader}
    told |= Words(reader.formatter).names()
    return told | {"ui": Components(told)}


@cache
def environment() -> Environment:
    """The one environment of all pages."""
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.policies["json.dumps_kwargs"] = {"sort_keys": True, "ensure_ascii": False}
    made.globals |= {
        "asset": asset, "icon": icon, "new_command": uuid7, "now": clock.now, "endonyms": ENDONYMS,
        "languages": LANGUAGES, "csrf_input": csrf_input, "choice": parts.Choice, "link": parts.Link,
        "step": parts.Step, "line": parts.Line, "fee": parts.Fee, "column": parts.Column, "fact": parts.Fact,
    }  # fmt: skip
    made.filters |= {
        "money": _amount(Formatter.money), "money_in_full": _amount(Formatter.money_in_full),
        "number": _figure(Formatter.number), "percent": _figure(Formatter.percent),
        "number_text": _shown(Formatter.number_text), "date": _shown(Formatter.date),
        "second_date": _shown(Formatter.second_date), "time": _shown(Formatter.time),
        "whole_hour": _shown(Formatter.whole_hour),
        "date_time": _shown(Formatter.date_time), "weekday": _shown(Formatter.weekday),
        "month": _shown(Formatter.month), "day_number": _day_number, "relative": _relative,
        "duration": _shown(Formatter.duration),
        "phone": _shown(Formatter.phone, "ltr"), "code": _code,
        "mask_phone": _shown(Formatter.mask_phone, "ltr"), "name": _shown(Formatter.text),
        "plain": plain, "telephone": telephone, "fingerprint": fingerprint,
    }  # fmt: skip
    return made


class Words:
    """`_`, `ngettext` and `pgettext` in one reader's language. Facts are shown as that reader counts, and isolated."""

    def __init__(self, formatter: Formatter) -> None:
        self.formatter = formatter

    def names(self) -> dict[str, object]:
        return {"_": self.gettext, "ngettext": self.ngettext, "pgettext": self.pgettext}

    def gettext(self, message: str, /, **facts: object) -> Markup:
        return self._filled(translate(self.formatter.language, message), facts)

    def pgettext(self, context: str, message: str, /, **facts: object) -> Markup:
        """`context` tells short words apart: pgettext("verb", "Open")."""
        return self._filled(translate(self.formatter.language, message, context=context), facts)

    def ngettext(self, one: str, many: str, count: int, /, **facts: object) -> Markup:
        """The form for `count`, which is the fact `{count}`."""
        text = translate_plural(self.formatter.language, one, many, count)
        return self._filled(text, {"count": count, **facts})

    def _filled(self, text: str, facts: Mapping[str, object]) -> Markup:
        return escape(text).format(**{name: self.shown(fact) for name, fact in facts.items()})

    def shown(self, fact: object) -> Markup:
        """A fact inside a sentence."""
        show = self.formatter
        match fact:
            case Markup():
                return fact
            case Money():
                return _isolated(show.money(fact), show.direction)
            case datetime():
                return _isolated(show.date_time(fact))
            case date():
                return _isolated(show.date(fact))
            case bool():
                raise TypeError("yes and no are no facts for a sentence: write two sentences")
            case int():
                return _isolated(show.number(fact), show.direction)
        return _isolated(str(fact))


def asset(name: str) -> str:
    """The address of one of our files, with its hash: asset("karigar.css"). KeyError for a file that is not served."""
    return _assets()[name]


def icon(name: str, label: str = "", kind: str = "") -> Markup:
    """A symbol of the sprite; silent beside words, or with a label where it stands alone."""
    kinds = f"icon{' icon-turns' if name in TURNING_ICONS else ''}{' ' + kind if kind else ''}"
    voice = Markup('role="img" aria-label="{}"').format(plain(label)) if label else Markup('aria-hidden="true"')
    return Markup('<svg class="{}" {} focusable="false"><use href="{}#{}"/></svg>').format(
        kinds, voice, asset("icons.svg"), _known_icon(name)
    )


@pass_context
def csrf_input(context: Context) -> Markup:
    """The hidden field that proves a form came from our page."""
    reader: Reader = context["reader"]
    return Markup('<input type="hidden" name="form_token" value="{}">').format(reader.form_token)


def plain(text: object) -> str:
    """Marked-up words as bare text, for titles, labels and options; isolates become Unicode's."""
    if not isinstance(text, Markup):
        return str(text)
    marked = re.sub(r'<bdi dir="ltr"[^>]*>', "\u2066", str(text))
    marked = re.sub(r'<bdi dir="rtl"[^>]*>', "\u2067", marked).replace("</bdi>", "\u2069")
    return Markup(re.sub(r"<bdi\b[^>]*>", "\u2068", marked)).striptags()  # noqa: S704  # was escaped before


def telephone(number: str) -> str:
    """The address that calls an E.164 number."""
    return f"tel:{quote(number, safe='+')}"


def _isolated(text: str, direction: str = "") -> Markup:
    return (Markup('<bdi dir="{}">').format(direction) if direction else Markup("<bdi>")) + text + Markup("</bdi>")


def _shown(how: Callable[..., str | None], direction: str = "") -> Callable[..., Markup]:
    """A filter that shows a value as this reader counts, isolated. Nothing shows as nothing."""

    @pass_context
    def shown(context: Context, value: object, *positional: object, **named: object) -> Markup:
        reader: Reader = context["reader"]
        text = how(reader.formatter, value, *positional, **named) if value is not None else None
        return _isolated(text, direction) if text else Markup("")

    return shown


def _figure(how: Callable[..., str]) -> Callable[..., Markup]:
    """As `_shown`, in the reader's direction: the mark before a minus would turn figure and sign around."""

    @pass_context
    def shown(context: Context, value: object, *positional: object, **named: object) -> Markup:
        show: Formatter = context["reader"].formatter
        return _isolated(how(show, value, *positional, **named), show.direction) if value is not None else Markup("")

    return shown


def _amount(how: Callable[[Formatter, Money], str]) -> Callable[..., Markup]:
    """As `_figure`; rials beside their tomans may stand on a line of their own, and neither breaks within."""

    @pass_context
    def shown(context: Context, amount: Money | None) -> Markup:
        show: Formatter = context["reader"].formatter
        if amount is None:
            return Markup("")
        first, _, beside = how(show, amount).partition(" (")
        if not beside:
            return _isolated(first, show.direction)
        both = Markup('<span class="whole">{}</span> <span class="whole">({}</span>').format(first, beside)
        return _isolated(both, show.direction)

    return shown


@pass_context
def _code(context: Context, text: str | None) -> Markup:
    """A reference, from left to right; a short one is never broken at its hyphens."""
    shown = context["reader"].formatter.code(text) if text is not None else None
    if not shown:
        return Markup("")
    whole = ' class="whole"' if len(shown) <= SHORT else ""
    return Markup('<bdi dir="ltr"{}>{}</bdi>').format(Markup(whole), shown)  # noqa: S704  # one of two words of ours


@pass_context
def _relative(context: Context, moment: datetime) -> Markup:
    reader: Reader = context["reader"]
    return _isolated(reader.formatter.relative(moment, now=clock.now()))


@pass_context
def _day_number(context: Context, moment: date | datetime) -> Markup:
    """The day of the month in the reader's calendar, for chips: 21, ৩০."""
    show: Formatter = context["reader"].formatter
    day = moment.astimezone(ZoneInfo(show.time_zone)).date() if isinstance(moment, datetime) else moment
    return _isolated(show.number(in_calendar(day, show.calendar).day))


@cache
def _known_icons() -> frozenset[str]:
    _, icons = build.manifest()
    return frozenset({"mark", *icons.names})


def _known_icon(name: str) -> str:
    if name not in _known_icons():
        raise KeyError(f"no icon {name}: add it to web/assets/manifest.toml")
    return name


_read: dict[float, dict[str, str]] = {}


def _assets() -> dict[str, str]:
    """The map that `web.assets.install` wrote, read again when it is written again."""
    if not build.MAP.is_file():
        raise build.AssetsMissing("web/static is empty: run python -m web.assets.install")
    written = build.MAP.stat().st_mtime
    if written not in _read:
        _read.clear()
        _read[written] = json.loads(build.MAP.read_text("utf-8"))
    return _read[written]
