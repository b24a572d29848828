"""The bank's own rules: fees, financial days, numbers, signatures, and the faults it can be told to make."""

import hashlib
import hmac
import secrets
import string
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

import msgspec

from marketplace.foundation.cards import passes_luhn
from marketplace.foundation.money import Money

FEE_BASIS_POINTS = 200
DAY_ENDS = time(23, 45)
DHAKA = ZoneInfo("Asia/Dhaka")
VERIFY_WITHIN = timedelta(hours=24)
CARD_LIKE = "4111111111111111"  # what a careless bank would send along; no merchant may keep it

FORGER = "somebody who is not this bank"  # signs the notices that the fault `forged` sends

PaymentState = Literal["open", "paid", "declined", "cancelled", "expired", "reversed", "refunded"]
Decision = Literal["pay", "pay_and_close", "pay_late", "decline", "cancel", "close"]


class Faults(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What goes wrong for one merchant from now on.

    `duplicate` copies of each notice at once; `late_seconds` before it is sent; `lost`: never; `forged`: a false one
    as soon as a page opens. `amount_off` and `currency`, `foreign` (numbers, or numbers and order, of another
    payment), `live`, `risky` and `extra_card_fields` change answers; `timeout` cuts the answer of the calls in `only`,
    before or after their effect; `garbled` answers with something that is no answer.
    """

    duplicate: Annotated[int, msgspec.Meta(ge=1, le=50)] = 1
    late_seconds: Annotated[float, msgspec.Meta(ge=0, le=86_400)] = 0
    lost: bool = False
    forged: bool = False
    amount_off: Annotated[int, msgspec.Meta(ge=-1_000_000_000, le=1_000_000_000)] = 0
    currency: Literal["", "BDT", "IRR", "QAR", "USD", "EUR", "KWD"] = ""
    foreign: Literal["", "numbers", "order"] = ""
    live: bool = False
    risky: bool = False
    extra_card_fields: bool = False
    timeout: Literal["", "before", "after"] = ""
    hang_seconds: Annotated[float, msgspec.Meta(ge=0, le=60)] = 15
    only: Literal["", "request", "verify", "refund", "unverified"] = ""
    garbled: Literal["", "truncated", "page", "latin", "list", "huge"] = ""
    return_method: Literal["GET", "POST"] = "GET"


@dataclass(frozen=True, slots=True)
class TestAccount:
    """One of the bank's own customers, who exist to try things out."""

    id: str
    has_money: bool


ACCOUNTS = (
    TestAccount("plenty", has_money=True),
    TestAccount("salary", has_money=True),
    TestAccount("empty", has_money=False),
)


def fee_of(amount: Money) -> Money:
    """What the bank keeps of a payment: two percent, half to even."""
    return amount.percent(FEE_BASIS_POINTS)


def financial_day(at: datetime, zone: ZoneInfo) -> date:
    """The bank's day, which ends at 23:45: what comes after belongs to the next."""
    local = at.astimezone(zone)
    return local.date() + timedelta(days=1) if local.time() >= DAY_ENDS else local.date()


def new_token() -> str:
    return "tk" + "".join(secrets.choice(string.ascii_lowercase) for _ in range(24))


def new_delivery() -> str:
    return "".join(secrets.choice(string.ascii_lowercase) for _ in range(26))


def new_transaction_number() -> str:
    """Alphanumeric and twelve long: too short to be a card."""
    return "SB" + "".join(secrets.choice(string.ascii_uppercase + string.digits) for _ in range(10))


def new_tracking_number() -> str:
    """Twelve digits that fail the Luhn check, so that no zero before or after makes a card of them."""
    while True:
        number = str(secrets.randbelow(9) + 1) + "".join(secrets.choice(string.digits) for _ in range(11))
        if not passes_luhn(number):
            return number


def new_trace() -> str:
    return "".join(secrets.choice(string.digits) for _ in range(6))


def sign(secret: str, at: datetime, body: bytes) -> str:
    """The `bank-signature` header of a notice."""
    stamp = str(int(at.timestamp()))
    digest = hmac.new(secret.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    return f"t={stamp},v1={digest}"


def in_major_units(amount: Money) -> str:
    """As the reports write it: a point before the decimals, no grouping."""
    return str(amount.decimal.quantize(Decimal(1).scaleb(-amount.exponent)))


def utc(text: str) -> datetime:
    """A time with its offset, in UTC. Raises ValueError without one."""
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError("a time without its offset")
    return at.astimezone(UTC)
