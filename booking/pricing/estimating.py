"""Prices that no price book knows: agreed after an estimate visit, or nothing at all under warranty.

They stand in the same frozen quote as every price, so that offers, holds, captures and papers read them as any other.
`AGREED` stands where the version of a price book would: such a price is never worked out anew.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from booking.pricing.policy import PricePolicy
from booking.pricing.rules import Quote, QuoteLine, canonical, deposit_of, net_pay
from marketplace.foundation.money import Money

AGREED = "agreed"
CREDIT = "estimate_credit"
WARRANTY = "warranty"


@dataclass(frozen=True, slots=True)
class Part:
    """One line of an agreed price: labour or parts, hundredths of a unit, what each costs, and together."""

    code: str
    quantity: int
    each: Money
    amount: Money


def agreed(
    parts: Iterable[Part], *, credit: Money, service: str, policy: PricePolicy, visit_fee: Money, valid_until: datetime
) -> Quote:
    """The price of work as its customer approved it; `credit` is what the estimate's fee takes off. No words in it."""
    lines = [
        QuoteLine(part.code, AGREED, (("each", part.each.minor), ("quantity", part.quantity)), (), part.amount)
        for part in parts
    ]
    if not credit.is_zero:
        lines.append(QuoteLine(CREDIT, AGREED, (), (), -credit))
    return _made(lines, service=service, policy=policy, visit_fee=visit_fee, valid_until=valid_until)


def nothing_due(*, currency: str, service: str, policy: PricePolicy, visit_fee: Money, valid_until: datetime) -> Quote:
    """The price of a visit under warranty."""
    line = QuoteLine(WARRANTY, AGREED, (), (), Money.zero(currency))
    return _made([line], service=service, policy=policy, visit_fee=visit_fee, valid_until=valid_until)


def is_agreed(document: Mapping[str, object] | None) -> bool:
    """Whether the terms that a job keeps hold such a price."""
    quote = (document or {}).get("quote")
    return isinstance(quote, dict) and quote.get("book_version") == AGREED


def _made(
    lines: list[QuoteLine], *, service: str, policy: PricePolicy, visit_fee: Money, valid_until: datetime
) -> Quote:
    total = sum((line.amount for line in lines), start=Money.zero(visit_fee.currency))
    unsigned = Quote(
        service=service,
        book_version=AGREED,
        policy_version=policy.version,
        answers=(),
        lines=tuple(lines),
        total=total,
        tax_included=net_pay(total, policy).tax,
        deposit=deposit_of(total, policy),
        visit_fee=visit_fee,
        valid_until=valid_until.astimezone(UTC).replace(microsecond=0),
        hash="",
    )
    return replace(unsigned, hash=hashlib.sha256(canonical(unsigned).encode()).hexdigest())
