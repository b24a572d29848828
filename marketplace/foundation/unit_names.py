"""Words for units of money and lengths of time, as they are shown and as they are typed, in four languages."""

from typing import Final

from marketplace.foundation.scripts import Language

# How an amount stands with its unit, which always stands beside the figure. {} is the figure.
AMOUNT: Final[dict[str, dict[Language, str]]] = {
    "BDT": {"en": "৳{}", "bn": "{}৳", "fa": "{} تاکا", "ar": "{} تاكا"},
    "IRR": {"en": "{} rial", "bn": "{} ইরানি রিয়াল", "fa": "{} ریال", "ar": "{} ريال إيراني"},
    "QAR": {"en": "QAR {}", "bn": "{} কাতারি রিয়াল", "fa": "{} ریال قطر", "ar": "{} ر.ق"},
    "USD": {"en": "US${}", "bn": "{} US$", "fa": "{} دلار", "ar": "{} دولار"},
    "EUR": {"en": "€{}", "bn": "{}€", "fa": "{} یورو", "ar": "{} يورو"},
    "KWD": {"en": "KWD {}", "bn": "{} কুয়েতি দিনার", "fa": "{} دینار کویت", "ar": "{} د.ك"},
}
AMOUNT_IN_TOMAN: Final[dict[Language, str]] = {"en": "{} toman", "bn": "{} তোমান", "fa": "{} تومان", "ar": "{} تومان"}
# Lengths of time by CLDR's plural categories. {} is the count.
SPANS: Final[dict[Language, dict[str, dict[str, str]]]] = {
    "en": {
        "day": {"one": "{} day", "other": "{} days"},
        "hour": {"one": "{} hour", "other": "{} hours"},
        "minute": {"one": "{} minute", "other": "{} minutes"},
    },
    "bn": {"day": {"other": "{} দিন"}, "hour": {"other": "{} ঘণ্টা"}, "minute": {"other": "{} মিনিট"}},
    "fa": {"day": {"other": "{} روز"}, "hour": {"other": "{} ساعت"}, "minute": {"other": "{} دقیقه"}},
    "ar": {
        "day": {"one": "يوم واحد", "two": "يومان", "few": "{} أيام", "many": "{} يومًا", "other": "{} يوم"},
        "hour": {"one": "ساعة واحدة", "two": "ساعتان", "few": "{} ساعات", "other": "{} ساعة"},
        "minute": {"one": "دقيقة واحدة", "two": "دقيقتان", "few": "{} دقائق", "other": "{} دقيقة"},
    },
}
BETWEEN_SPANS: Final[dict[Language, str]] = {"en": " ", "bn": " ", "fa": " و ", "ar": " و"}
HIJRI_METHOD: Final[dict[Language, str]] = {
    "en": "AH, by calculation", "bn": "হিজরি, গণনা অনুযায়ী", "fa": "هجری قمری، محاسباتی", "ar": "هـ، حسابي",
}  # fmt: skip
BENGALI_ERA: Final[dict[Language, str]] = {
    "en": "Bengali year", "bn": "বঙ্গাব্দ", "fa": "سال بنگالی", "ar": "سنة بنغالية",
}  # fmt: skip
# The hour from which each part of the day runs; what runs before the first is the last.
BENGALI_DAY_PERIODS: Final = ((4, "ভোর"), (6, "সকাল"), (12, "দুপুর"), (16, "বিকাল"), (18, "সন্ধ্যা"), (20, "রাত"))
NOW: Final[dict[Language, str]] = {"en": "now", "bn": "এখন", "fa": "اکنون", "ar": "الآن"}
# What may stand around a typed amount, in lower case, with Persian yeh and kaf; "ریال" is rial and riyal.
CURRENCY_WORDS: Final[dict[str, tuple[str, ...]]] = {
    "BDT": ("৳", "bdt", "tk", "tk.", "taka", "টাকা", "টা", "تاکا", "/-", "/="),
    "IRR": ("irr", "﷼", "rial", "rials", "ریال", "ریال ایران", "ریال ایرانی", "ریال إیرانی", "রিয়াল", "ইরানি রিয়াল"),
    "QAR": (
        "qar", "qr", "riyal", "riyals", "ر.ق", "ر.ق.", "ریال", "ریال قطر", "ریال قطری", "রিয়াল", "কাতারি রিয়াল",
    ),
    "USD": ("$", "us$", "usd", "dollar", "dollars", "ডলার", "دلار", "دولار"),
    "EUR": ("€", "eur", "euro", "euros", "ইউরো", "یورو"),
    "KWD": ("kwd", "kd", "د.ک", "د.ک.", "دینار", "دینار کویت", "কুয়েতি দিনার"),
}  # fmt: skip
TOMAN_WORDS: Final = ("toman", "tomans", "irt", "تومان", "تومن", "তোমান")
