"""Amounts in words, as receipts in Bengali and Persian end with: the figure cannot be changed by one stroke of a pen.

Own rules, exact up to 10^12 and beyond: Bengali counts in hundreds, thousands, lakhs and crores, with a word of its own
for each number below a hundred; Persian joins hundreds, tens and ones by "and", in thousands, millions and milliards.
"""

from typing import Final

from marketplace.foundation.money import EXPONENTS, Money

_BENGALI: Final = (
    "শূন্য", "এক", "দুই", "তিন", "চার", "পাঁচ", "ছয়", "সাত", "আট", "নয়",
    "দশ", "এগারো", "বারো", "তেরো", "চৌদ্দ", "পনেরো", "ষোলো", "সতেরো", "আঠারো", "উনিশ",
    "বিশ", "একুশ", "বাইশ", "তেইশ", "চব্বিশ", "পঁচিশ", "ছাব্বিশ", "সাতাশ", "আটাশ", "ঊনত্রিশ",
    "ত্রিশ", "একত্রিশ", "বত্রিশ", "তেত্রিশ", "চৌত্রিশ", "পঁয়ত্রিশ", "ছত্রিশ", "সাঁইত্রিশ", "আটত্রিশ", "ঊনচল্লিশ",
    "চল্লিশ", "একচল্লিশ", "বিয়াল্লিশ", "তেতাল্লিশ", "চুয়াল্লিশ", "পঁয়তাল্লিশ", "ছেচল্লিশ", "সাতচল্লিশ", "আটচল্লিশ", "ঊনপঞ্চাশ",
    "পঞ্চাশ", "একান্ন", "বায়ান্ন", "তিপ্পান্ন", "চুয়ান্ন", "পঞ্চান্ন", "ছাপ্পান্ন", "সাতান্ন", "আটান্ন", "ঊনষাট",
    "ষাট", "একষট্টি", "বাষট্টি", "তেষট্টি", "চৌষট্টি", "পঁয়ষট্টি", "ছেষট্টি", "সাতষট্টি", "আটষট্টি", "ঊনসত্তর",
    "সত্তর", "একাত্তর", "বাহাত্তর", "তিয়াত্তর", "চুয়াত্তর", "পঁচাত্তর", "ছিয়াত্তর", "সাতাত্তর", "আটাত্তর", "ঊনআশি",
    "আশি", "একাশি", "বিরাশি", "তিরাশি", "চুরাশি", "পঁচাশি", "ছিয়াশি", "সাতাশি", "আটাশি", "ঊননব্বই",
    "নব্বই", "একানব্বই", "বিরানব্বই", "তিরানব্বই", "চুরানব্বই", "পঁচানব্বই", "ছিয়ানব্বই", "সাতানব্বই", "আটানব্বই", "নিরানব্বই",
)  # fmt: skip
_BENGALI_SCALES: Final = ((10**7, "কোটি"), (10**5, "লক্ষ"), (1_000, "হাজার"))
_PERSIAN: Final = (
    "صفر", "یک", "دو", "سه", "چهار", "پنج", "شش", "هفت", "هشت", "نه",
    "ده", "یازده", "دوازده", "سیزده", "چهارده", "پانزده", "شانزده", "هفده", "هجده", "نوزده",
)  # fmt: skip
_PERSIAN_TENS: Final = ("", "", "بیست", "سی", "چهل", "پنجاه", "شصت", "هفتاد", "هشتاد", "نود")
_PERSIAN_HUNDREDS: Final = ("", "یکصد", "دویست", "سیصد", "چهارصد", "پانصد", "ششصد", "هفتصد", "هشتصد", "نهصد")
_PERSIAN_SCALES: Final = ((10**9, "میلیارد"), (10**6, "میلیون"), (1_000, "هزار"))
_AND: Final = " و "
_UNITS: Final[dict[str, dict[str, tuple[str, str]]]] = {
    "bn": {
        "BDT": ("টাকা", "পয়সা"), "IRR": ("ইরানি রিয়াল", ""), "QAR": ("কাতারি রিয়াল", "দিরহাম"),
        "USD": ("মার্কিন ডলার", "সেন্ট"), "EUR": ("ইউরো", "সেন্ট"), "KWD": ("কুয়েতি দিনার", "ফিলস"),
    },
    "fa": {
        "BDT": ("تاکا", "پویشا"), "IRR": ("ریال", ""), "QAR": ("ریال قطر", "درهم"),
        "USD": ("دلار آمریکا", "سنت"), "EUR": ("یورو", "سنت"), "KWD": ("دینار کویت", "فلس"),
    },
}  # fmt: skip


def in_words(amount: Money, language: str) -> str:
    """The amount in words: "পাঁচ শত টাকা মাত্র", «یکصد و بیست هزار ریال»; empty in languages that write figures only."""
    if language not in _UNITS:
        return ""
    whole, part = divmod(abs(amount.minor), 10 ** EXPONENTS[amount.currency])
    unit, small = _UNITS[language][amount.currency]
    number = bengali if language == "bn" else persian
    said = [f"{number(whole)} {unit}"] if whole or not part else []
    if part:
        said.append(f"{number(part)} {small}")
    if language == "bn":
        return f"{' '.join(said)} মাত্র"
    return _AND.join(said)


def bengali(number: int) -> str:
    """A whole number from nothing upwards."""
    for size, name in _BENGALI_SCALES:
        if number >= size:
            head, rest = divmod(number, size)
            return f"{bengali(head)} {name}" + (f" {bengali(rest)}" if rest else "")
    if number >= 100:
        head, rest = divmod(number, 100)
        return f"{_BENGALI[head]} শত" + (f" {_BENGALI[rest]}" if rest else "")
    return _BENGALI[number]


def persian(number: int) -> str:
    """A whole number from nothing upwards."""
    for size, name in _PERSIAN_SCALES:
        if number >= size:
            head, rest = divmod(number, size)
            return f"{persian(head)} {name}" + (f"{_AND}{persian(rest)}" if rest else "")
    if number >= 100:
        head, rest = divmod(number, 100)
        return _PERSIAN_HUNDREDS[head] + (f"{_AND}{persian(rest)}" if rest else "")
    if number >= 20:
        head, rest = divmod(number, 10)
        return _PERSIAN_TENS[head] + (f"{_AND}{_PERSIAN[rest]}" if rest else "")
    return _PERSIAN[number]
