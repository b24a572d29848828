"""Account numbers as people type them: IBANs of Iran and Qatar, account and branch of a bank in Bangladesh. Pure.

Digits of any of the four scripts, groups, dashes and small letters are taken; what cannot be an account is refused by
name. Sources: ISO 13616 (check digits of an IBAN); Bangladesh Bank's routing numbers (bank 3, district 2, branch 3,
check 1); lengths of account numbers as the banks give them out.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from marketplace.foundation.cards import passes_luhn
from marketplace.foundation.errors import Refused
from marketplace.foundation.scripts import ascii_digits, clean_text

SHOWN_DIGITS: Final = 4
IBAN_LENGTHS: Final[Mapping[str, int]] = {"IR": 26, "QA": 29}
_IBAN_BODIES: Final = {"IR": re.compile(r"\d{22}"), "QA": re.compile(r"[A-Z]{4}[0-9A-Z]{21}")}
_BETWEEN: Final = re.compile(r"[\s\u200b-\u200f\u2010-\u2015._/-]+")
_CARD_LENGTH: Final = 16
_CARD_STARTS: Final = "3456"

SHORTEST, LONGEST = 8, 17
BANKS: Final[Mapping[str, tuple[str, frozenset[int]]]] = {  # bank code → name, lengths of its account numbers
    "010": ("Agrani Bank", frozenset({13})),
    "060": ("BRAC Bank", frozenset({13, 16})),
    "070": ("Bank Asia", frozenset({11, 13})),
    "085": ("Dhaka Bank", frozenset({13})),
    "090": ("Dutch-Bangla Bank", frozenset({13, 17})),
    "095": ("Eastern Bank", frozenset({13})),
    "125": ("Islami Bank Bangladesh", frozenset({11, 13, 17})),
    "135": ("Janata Bank", frozenset({13})),
    "145": ("Mutual Trust Bank", frozenset({13, 14})),
    "175": ("Pubali Bank", frozenset({13})),
    "200": ("Sonali Bank", frozenset({13})),
    "225": ("The City Bank", frozenset({13})),
}
"""Banks whose account numbers have a known length; of any other, eight to seventeen digits are taken."""


@dataclass(frozen=True)
class NotAnIban(Refused):
    """No IBAN of that country: another length, or signs where digits belong."""

    country: str
    length: int


@dataclass(frozen=True)
class IbanOfAnotherCountry(Refused):
    """An IBAN, but not of the country in which this town pays."""

    expected: str
    typed: str


@dataclass(frozen=True)
class IbanMistyped(Refused):
    """The check digits do not belong to the rest: a digit is wrong, or two have changed places."""


@dataclass(frozen=True)
class NotAnAccountNumber(Refused):
    """Not so many digits as the bank's account numbers have."""

    lengths: str


@dataclass(frozen=True)
class NotARoutingNumber(Refused):
    """A branch's routing number has nine digits: bank, district, branch and check digit."""


@dataclass(frozen=True)
class AccountIsACard(Refused):
    """The number of a payment card, which is never taken."""


@dataclass(frozen=True)
class NoAccountsThere(Refused):
    """Payouts do not reach accounts of this country."""

    country: str


@dataclass(frozen=True, repr=False)
class AccountNumber:
    """An account that money can be sent to. Personal: it never prints itself.

    `bank` is a bank's code, `branch` the routing number; both are empty where the IBAN says it all.
    """

    country: str
    account: str
    bank: str = ""
    branch: str = ""

    @property
    def last4(self) -> str:
        """What is shown of it."""
        return self.account[-SHOWN_DIGITS:]

    def __repr__(self) -> str:
        return "AccountNumber(…)"


def read_account(country: str, account: str, branch: str = "") -> AccountNumber:
    """The account that was typed. `branch` is the routing number, for Bangladesh only.

    Refuses NotAnIban, IbanOfAnotherCountry, IbanMistyped, NotAnAccountNumber, NotARoutingNumber, AccountIsACard,
    NoAccountsThere.
    """
    if country in IBAN_LENGTHS:
        return AccountNumber(country, _iban(country, _tidy(account)))
    if country == "BD":
        return _bangladeshi(_tidy(account), _tidy(branch))
    raise NoAccountsThere(country)


def bank_name(bank: str) -> str:
    """The bank's name by its code; empty for one we do not know by name."""
    return BANKS[bank][0] if bank in BANKS else ""


def iban_is_sound(iban: str) -> bool:
    """Whether the check digits belong to the rest (ISO 7064, 97-10)."""
    turned = iban[4:] + iban[:4]
    return int("".join(str(int(sign, 36)) for sign in turned)) % 97 == 1


def _tidy(text: str) -> str:
    return _BETWEEN.sub("", ascii_digits(clean_text(text))).upper()


def _iban(country: str, typed: str) -> str:
    if typed.isdecimal() and country == "IR" and len(typed) == IBAN_LENGTHS["IR"] - 2:
        typed = f"IR{typed}"  # on Iranian cards and receipts the two letters stand apart and are often left out
    if _is_card(typed):
        raise AccountIsACard
    length = IBAN_LENGTHS[country]
    head, body = typed[:2], typed[4:]
    if head.isascii() and head.isalpha() and head != country:
        raise IbanOfAnotherCountry(expected=country, typed=head)
    sound = typed[2:4].isdecimal() and _IBAN_BODIES[country].fullmatch(body)
    if len(typed) != length or head != country or not sound:
        raise NotAnIban(country, length)
    if not typed.isascii() or not iban_is_sound(typed):
        raise IbanMistyped
    return typed


def _bangladeshi(account: str, branch: str) -> AccountNumber:
    if not re.fullmatch(r"[0-2]\d{8}", branch, re.ASCII):
        raise NotARoutingNumber
    bank = branch[:3]
    lengths = BANKS[bank][1] if bank in BANKS else frozenset(range(SHORTEST, LONGEST + 1))
    if _is_card(account):
        raise AccountIsACard
    if not re.fullmatch(r"\d+", account, re.ASCII) or len(account) not in lengths or set(account) == {"0"}:
        said = f"{SHORTEST}-{LONGEST}" if bank not in BANKS else ", ".join(str(each) for each in sorted(lengths))
        raise NotAnAccountNumber(said)
    return AccountNumber("BD", account, bank, branch)


def _is_card(digits: str) -> bool:
    """Sixteen digits of the great card companies that pass Luhn: no bank here gives out such account numbers."""
    return len(digits) == _CARD_LENGTH and digits.isdecimal() and digits[0] in _CARD_STARTS and passes_luhn(digits)
