"""The words of the simulated Stripe's page, over those of the sandbox bank."""

from collections.abc import Mapping
from typing import Final

from web.bank.words import WORDS, Language

OWN: Final[Mapping[Language, Mapping[str, str]]] = {
    "en": {
        "bank": "Practice Stripe",
        "notice": "This page practises for Stripe. No real money moves, and no card is asked for.",
        "ask_bank": "Pay, but let the bank ask first",
        "asked": "Your bank asks: is this payment yours?",
        "approve": "Yes, pay",
        "refuse": "No, it is not mine",
        "slow": "Pay by a slow way; the money comes days later",
        "slowly": "The order is placed. The money is on its way and may still fail.",
        "declined": "The bank declined. You can try another account.",
        "complete": "Paid.",
        "number": "Payment number",
    },
    "bn": {
        "bank": "অনুশীলনের স্ট্রাইপ",
        "notice": "এই পাতা স্ট্রাইপের অনুশীলন। আসল টাকা লেনদেন হয় না, কোনো কার্ডও চাওয়া হয় না।",
        "ask_bank": "পরিশোধ করুন, তবে ব্যাংক আগে জিজ্ঞাসা করুক",
        "asked": "আপনার ব্যাংক জানতে চায়: এই পরিশোধ কি আপনার?",
        "approve": "হ্যাঁ, পরিশোধ করুন",
        "refuse": "না, এটি আমার নয়",
        "slow": "ধীর উপায়ে পরিশোধ করুন; টাকা কয়েক দিন পরে আসে",
        "slowly": "অর্ডার নেওয়া হয়েছে। টাকা পথে আছে, এখনো ব্যর্থ হতে পারে।",
        "declined": "ব্যাংক প্রত্যাখ্যান করেছে। আপনি অন্য হিসাব দিয়ে চেষ্টা করতে পারেন।",
        "complete": "পরিশোধ হয়েছে।",
        "number": "পরিশোধ নম্বর",
    },
    "fa": {
        "bank": "استرایپ تمرینی",
        "notice": "این صفحه تمرینی برای استرایپ است. پول واقعی جابه‌جا نمی‌شود و هیچ کارتی خواسته نمی‌شود.",
        "ask_bank": "پرداخت، ولی بانک اول بپرسد",
        "asked": "بانک شما می‌پرسد: این پرداخت از شماست؟",
        "approve": "بله، پرداخت شود",
        "refuse": "نه، از من نیست",
        "slow": "پرداخت از راه کند؛ پول چند روز بعد می‌رسد",
        "slowly": "سفارش ثبت شد. پول در راه است و هنوز ممکن است نرسد.",
        "declined": "بانک رد کرد. می‌توانید حساب دیگری را امتحان کنید.",
        "complete": "پرداخت شد.",
        "number": "شمارهٔ پرداخت",
    },
    "ar": {
        "bank": "سترايب التجريبي",
        "notice": "هذه الصفحة تدريب على سترايب. لا تتحرك أموال حقيقية ولا تُطلب أي بطاقة.",
        "ask_bank": "ادفع، وليسأل البنك أولًا",
        "asked": "يسأل بنكك: هل هذه الدفعة لك؟",
        "approve": "نعم، ادفع",
        "refuse": "لا، ليست لي",
        "slow": "ادفع بطريقة بطيئة؛ يصل المال بعد أيام",
        "slowly": "سُجّل الطلب. المال في الطريق وقد لا يصل.",
        "declined": "رفض البنك. يمكنك تجربة حساب آخر.",
        "complete": "تم الدفع.",
        "number": "رقم الدفعة",
    },
}


def words(language: Language) -> Mapping[str, str]:
    """All words of the page in a language."""
    return {**WORDS[language], **OWN[language]}
