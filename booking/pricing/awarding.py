"""A price that was agreed in a round of bids: one more line of the quote, below what the customer had accepted."""

import hashlib
from dataclasses import replace

from booking.pricing.policy import PricePolicy
from booking.pricing.rules import Quote, QuoteLine, canonical, net_pay
from marketplace.foundation.money import Money

AWARD = "award"


def agreed(shown: Quote, price: Money, policy: PricePolicy) -> Quote:
    """The quote at the price of an awarded bid; the same when the bid was the price itself.

    What is set aside stays what was set aside: the rest goes back when the job is paid (`wallets.capture_job`). The
    price never rises: what the customer accepted is the most they pay. Raises ValueError for a higher one.
    """
    if price > shown.total:
        raise ValueError("a bid is no higher than the price that the customer accepted")
    less = price - shown.total
    if less.is_zero:
        return shown
    lines = (*shown.lines, QuoteLine(AWARD, "adjustment", (), (), less))
    new = replace(shown, lines=lines, total=price, tax_included=net_pay(price, policy).tax, hash="")
    return replace(new, hash=hashlib.sha256(canonical(new).encode()).hexdigest())


def as_accepted(quote: Quote) -> Money:
    """The price before any bid was awarded: what others than its winner were offered."""
    awarded = (line.amount for line in quote.lines if line.code == AWARD)
    return quote.total - sum(awarded, start=Money.zero(quote.total.currency))
