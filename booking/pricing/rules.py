"""The quote: from a service's price lines and the customer's answers to one frozen price, line by line.

Amounts are `Money`; rates are basis points. A line carries a code and facts, and `web` has the words for them.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import msgspec

from booking.pricing.policy import PricePolicy
from marketplace.catalogue.rules import Answer, ChosenLine, LineKind, PriceLine, chosen_lines
from marketplace.foundation.errors import Refused
from marketplace.foundation.money import Money
from payments.rates.rules import split_by
from payments.wallets.rules import split

FORM = 1  # of the canonical text; a new form of the text is a new number, and old quotes keep theirs


@dataclass(frozen=True)
class NothingToPrice(Refused):
    """The price book has no price for these answers: a visit with an estimate is the way."""

    service: str


@dataclass(frozen=True)
class QuoteExpired(Refused):
    valid_until: datetime


@dataclass(frozen=True)
class QuoteChanged(Refused):
    """The stored quote and its hash no longer agree, or it is not the quote that the customer was shown."""

    expected: str
    found: str


@dataclass(frozen=True, slots=True)
class Adjustment:
    """A rule of the time or place that moves the price of the lines so far: `basis_points` up (+) or down (−)."""

    code: str
    basis_points: int
    facts: tuple[tuple[str, str | int], ...] = ()


@dataclass(frozen=True, slots=True)
class QuoteLine:
    """One line of a quote. `why` is the kind of its price line, `adjustment` or `minimum`; `facts` is what a sentence
    about it speaks of: how many at how much each (minor units), how many of them the base covers, which answer.
    """

    code: str
    why: str
    facts: tuple[tuple[str, str | int], ...]
    label: tuple[tuple[str, str], ...]
    amount: Money


@dataclass(frozen=True, slots=True)
class Quote:
    """A price as it was shown. `hash` is the sha256 of its canonical text; any other price has another hash.

    `tax_included` is the tax contained in `total`, as the capture will post it. `deposit` is set aside on confirming.
    `visit_fee` is what a visit costs that ends without the work; zero where the price book has none. `answers` holds
    only those that the price hangs on.
    """

    service: str
    book_version: str
    policy_version: str
    answers: tuple[tuple[str, Answer], ...]
    lines: tuple[QuoteLine, ...]
    total: Money
    tax_included: Money
    deposit: Money
    visit_fee: Money
    valid_until: datetime
    hash: str


@dataclass(frozen=True, slots=True)
class Pay:
    """What a specialist gets of a price: gross = commission + tax + net, to the unit."""

    gross: Money
    commission: Money
    tax: Money
    net: Money


def quote(
    price_lines: Sequence[PriceLine],
    answers: Mapping[str, Answer],
    *,
    service: str,
    currency: str,
    book_version: str,
    policy: PricePolicy,
    now: datetime,
    adjustments: Iterable[Adjustment] = (),
    minimum: Money | None = None,
) -> Quote:
    """The price for these accepted answers, valid for `policy.valid_for` from `now` (whole seconds, UTC).

    Lines stand in the order of the price book; then the adjustments of the chosen time, their sum cut off at the
    policy's limits; then what is missing to `minimum`. The total is never below zero.

    Refuses NothingToPrice. Source: features.md 5, lifecycle.md E.4 #2.
    """
    lines = [_worded(chosen) for chosen in chosen_lines(price_lines, answers)]
    if not lines:
        raise NothingToPrice(service)
    lines += _adjusted(_sum(lines, currency), adjustments, policy)
    lines += _lifted(_sum(lines, currency), minimum or Money.zero(currency))
    total = _sum(lines, currency)
    unsigned = Quote(
        service=service,
        book_version=book_version,
        policy_version=policy.version,
        answers=_priced_answers(price_lines, answers),
        lines=tuple(lines),
        total=total,
        tax_included=net_pay(total, policy).tax,
        deposit=deposit_of(total, policy),
        visit_fee=_visit_fee(price_lines, currency),
        valid_until=(now.astimezone(UTC) + policy.valid_for).replace(microsecond=0),
        hash="",
    )
    return _signed(unsigned)


def check(shown: Quote, *, expected_hash: str, now: datetime) -> None:
    """Refuse a quote that is not the one the customer saw (QuoteChanged) or is over (QuoteExpired)."""
    found = _signed(shown).hash
    if found != shown.hash or found != expected_hash:
        raise QuoteChanged(expected_hash, found)
    if now >= shown.valid_until:
        raise QuoteExpired(shown.valid_until)


def is_genuine(shown: Quote) -> bool:
    """Whether the hash is that of this very content."""
    return _signed(shown).hash == shown.hash


def net_pay(gross: Money, policy: PricePolicy) -> Pay:
    """What the specialist will get of `gross`; the same split that the capture posts (payments.md §2.2)."""
    if policy.commission is not None:
        share = split_by(gross, policy.commission, tax_basis_points=policy.tax_basis_points)
    else:
        share = split(
            gross, commission_basis_points=policy.commission_basis_points, tax_basis_points=policy.tax_basis_points
        )
    return Pay(share.gross, share.commission, share.tax, share.net)


def canonical(shown: Quote) -> str:
    """The text that is hashed: JSON with sorted keys, no spaces, and every sign outside ASCII escaped."""
    plain: dict[str, object] = msgspec.to_builtins(shown)
    content = {name: value for name, value in plain.items() if name != "hash"} | {"form": FORM}
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def _priced_answers(lines: Sequence[PriceLine], answers: Mapping[str, Answer]) -> tuple[tuple[str, Answer], ...]:
    """Only what the price hangs on: a free text is nobody's business here."""
    asked = {line.question for line in lines}
    return tuple(sorted((key, value) for key, value in answers.items() if key in asked))


def _worded(chosen: ChosenLine) -> QuoteLine:
    line = chosen.line
    facts: dict[str, str | int] = {"count": chosen.quantity, "each": line.amount.minor, "included": line.included}
    if line.question is not None:
        facts["question"] = line.question
    if line.option is not None:
        facts["option"] = line.option
    return QuoteLine(
        code=line.key,
        why=line.kind.value,
        facts=tuple(sorted(facts.items())),
        label=tuple(sorted(line.title.items())),
        amount=chosen.amount,
    )


def _adjusted(subtotal: Money, adjustments: Iterable[Adjustment], policy: PricePolicy) -> list[QuoteLine]:
    """Each adjustment as its own line, until the sum of their rates meets the policy's limit."""
    lines: list[QuoteLine] = []
    so_far = 0
    for each in adjustments:
        wanted = so_far + each.basis_points
        reached = max(-policy.most_down_basis_points, min(policy.most_up_basis_points, wanted))
        rate, so_far = reached - so_far, reached
        amount = subtotal.percent(rate)
        if not amount.is_zero:
            facts = tuple(sorted({**dict(each.facts), "basis_points": rate}.items()))
            lines.append(QuoteLine(each.code, "adjustment", facts, (), amount))
    return lines


def _visit_fee(price_lines: Sequence[PriceLine], currency: str) -> Money:
    fees = (line.amount for line in price_lines if line.kind is LineKind.VISIT_FEE)
    return sum(fees, start=Money.zero(currency))


def _lifted(subtotal: Money, minimum: Money) -> list[QuoteLine]:
    if subtotal >= minimum:
        return []
    return [QuoteLine("minimum", "minimum", (("minimum", minimum.minor),), (), minimum - subtotal)]


def deposit_of(total: Money, policy: PricePolicy) -> Money:
    """What is set aside of a price when the customer confirms."""
    rule = policy.deposit
    if rule.whole_up_to is not None and total <= rule.whole_up_to:
        return total
    wanted = total.percent(rule.basis_points)
    if rule.at_least is not None:
        wanted = max(wanted, rule.at_least)
    return min(wanted, total)


def _sum(lines: Iterable[QuoteLine], currency: str) -> Money:
    return sum((line.amount for line in lines), start=Money.zero(currency))


def _signed(unsigned: Quote) -> Quote:
    return replace(unsigned, hash=hashlib.sha256(canonical(unsigned).encode()).hexdigest())
