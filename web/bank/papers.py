"""What the bank writes down, and the manners in which it deals with merchants of different contracts."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol
from urllib.parse import urlencode, urlsplit

from marketplace.foundation.money import Money
from web.bank import rules
from web.bank.rules import Faults, PaymentState


@dataclass(frozen=True, slots=True)
class Payment:
    """A payment as the bank's books have it."""

    token: str
    merchant: str
    reference: str
    amount: Money
    label: str
    return_url: str
    notify_url: str
    expires_at: datetime
    state: PaymentState
    number: str | None
    tracking: str | None
    trace: str | None
    paid_at: datetime | None
    verified: bool
    day: str | None
    fee: Money | None


@dataclass(frozen=True, slots=True)
class Order:
    """What a merchant asks the bank to take."""

    reference: str
    amount: Money
    label: str
    return_url: str
    notify_url: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Back:
    """How the payer's browser goes back to the shop."""

    url: str
    method: Literal["GET", "POST"] = "GET"
    fields: Mapping[str, str] = field(default_factory=dict)


class Manner(Protocol):
    """How the bank deals with one merchant, who may know it by another name and protocol."""

    @property
    def gives_back(self) -> bool:
        """Whether money that the merchant never verified goes back to the payer after a day."""
        ...

    def back(self, payment: Payment, merchant: "Merchant") -> Back:
        """The way back to the shop, with what is told there."""
        ...

    def notice(self, payment: Payment, merchant: "Merchant", claim: str) -> str | None:
        """The body of a notice: signed by the bell when it is JSON, sent as a form otherwise. None: none is sent."""
        ...


@dataclass(frozen=True, slots=True)
class Merchant:
    """A shop that has a contract with the bank."""

    id: str
    name: str
    secret: str
    terminal: str
    faults: Faults
    manner: Manner


class OwnManner:
    """As the sandbox bank deals by its own name."""

    gives_back = True

    def back(self, payment: Payment, merchant: Merchant) -> Back:
        told = {"token": payment.token, "status": payment.state}
        if merchant.faults.return_method == "POST":
            return Back(payment.return_url, "POST", told)
        return Back(with_query(payment.return_url, told))

    def notice(self, payment: Payment, merchant: Merchant, claim: str) -> str | None:
        body = {
            "delivery": rules.new_delivery(),
            "token": payment.token,
            "order": payment.reference,
            "claim": claim,
            "transaction": payment.number or "",
            "tracking": payment.tracking or "",
            "trace": payment.trace or "",
            "terminal": merchant.terminal,
        }
        if merchant.faults.extra_card_fields:
            body |= {"card_number": rules.CARD_LIKE, "masked_pan": "411111******1111", "holder": "R KHATUN"}
        return json.dumps(body)


def with_query(url: str, fields: Mapping[str, str]) -> str:
    """The address with these fields added to its query."""
    return url + ("&" if urlsplit(url).query else "?") + urlencode(fields)
