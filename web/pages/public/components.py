"""The gallery: every component in its states, in the chosen language and theme, with data that is hard to show.

Development only (policy `public.components`). `/-/components` holds them all; `/-/components/<page>` shows a whole
page of a frame. `?language=bn&theme=dark` chooses.
"""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Final

from litestar import MediaType, Response, get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, FromQuery

from marketplace.foundation.languages import LANGUAGES, Calendar, Formatter, Language
from marketplace.foundation.money import Money
from web.parts import Filled, House, Reader, SignedIn, Theme
from web.templating import render

NOON: Final = datetime(2026, 11, 21, 8, 10, tzinfo=UTC)  # a fixed moment, so that pictures may be compared
PAGES: Final = ("customer", "specialist", "staff", "confirm", "print", "errors")
COUNTRY: Final[dict[Language, tuple[str, str, str, str]]] = {
    "en": ("BDT", "Asia/Dhaka", "BD", "+8801712345678"),
    "bn": ("BDT", "Asia/Dhaka", "BD", "+8801712345678"),
    "fa": ("IRR", "Asia/Tehran", "IR", "+982188776655"),
    "ar": ("QAR", "Asia/Qatar", "QA", "+97444123456"),
}
NAMES: Final[dict[Language, dict[str, str]]] = {
    "en": {"house": "Karigar", "specialist": "Rafiqul Islam", "long": "Abdul Karim Muhammad Shamsuzzaman Chowdhury "
           "of the Eastern Workshop for Refrigeration and Air", "place": "Gulshan 2, block C"},
    "bn": {"house": "কারিগর", "specialist": "রফিকুল ইসলাম", "long": "মোহাম্মদ শামসুজ্জামান চৌধুরী শীতাতপনিয়ন্ত্রণযন্ত্র"
           "রক্ষণাবেক্ষণপ্রতিষ্ঠান", "place": "গুলশান ২, ব্লক সি"},
    "fa": {"house": "کاریگر", "specialist": "محمدرضا نیک‌پور", "long": "سید محمدابراهیم حسینی‌نژاد گل‌محمدی اصل از "
           "کارگاه سرمایش و تهویه‌ی شرق", "place": "سعادت‌آباد، بلوار دریا"},
    "ar": {"house": "كاريغر", "specialist": "عبد الرّحمن الكُواريّ", "long": "مُحَمَّد عَبْدُ اللهِ بْنُ خَلِيفَةَ آلُ مُحَمَّدٍ "
           "الهاجِريُّ مِن وَرشةِ التَّبريدِ الشَّرقيّة", "place": "الدفنة، شارع الكورنيش"},
}  # fmt: skip


@get("/-/components", opt={"policy": "public.components"}, sync_to_thread=False)
def gallery(language: FromQuery[str] = "en", theme: FromQuery[str] = "auto") -> Response[str]:
    """Every component, one after another."""
    return answer("pages/public/components.html", language, theme, "")


@get("/-/components/{name:str}", opt={"policy": "public.components"}, sync_to_thread=False)
def example(name: FromPath[str], language: FromQuery[str] = "en", theme: FromQuery[str] = "auto") -> Response[str]:
    """A whole page of one frame."""
    if name not in PAGES:
        raise NotFoundException
    return answer(f"pages/public/components_{name}.html", language, theme, f"/{name}")


routes = [gallery, example]


def reader(language: Language, theme: Theme, address: str) -> Reader:
    """A made-up reader of this language, in the country where it is spoken."""
    currency, zone, region, phone = COUNTRY[language]
    calendar: Calendar = "jalali" if currency == "IRR" else "gregorian"
    return Reader(
        Formatter(language, zone, calendar=calendar, region=region),
        theme=theme,
        person=SignedIn(NAMES[language]["specialist"], home="/-/components", sharing=True, unread=2),
        house=House(NAMES[language]["house"], phone),
        address=f"/-/components{address}?language={language}&theme={theme}",
    )


def answer(template: str, language: str, theme: str, address: str) -> Response[str]:
    """A page of the gallery; an unknown language reads English, an unknown theme follows the system."""
    chosen: Language = language if language in LANGUAGES else "en"
    wanted: Theme = theme if theme in ("auto", "light", "dark") else "auto"  # type: ignore[assignment]  # narrowed by the test
    text = render(template, reader=reader(chosen, wanted, address), form=Filled(), **_data(chosen))
    return Response(text, media_type=MediaType.HTML)


def _data(language: Language) -> dict[str, object]:
    currency, _, _, phone = COUNTRY[language]

    def money(whole: int) -> Money:
        return Money(whole * 10_000 if currency == "IRR" else whole * 100, currency)

    return {
        "currency": currency, "amount": money, "huge": Money(18_500_000_050, currency), "phone": phone,
        "names": NAMES[language], "noon": NOON, "hour": timedelta(hours=1), "minute": timedelta(minutes=1),
        "day": timedelta(days=1), "pages": PAGES, "stars": Decimal("4.8"),
    }  # fmt: skip
