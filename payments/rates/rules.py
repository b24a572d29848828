"""What a rule takes of a price: several lines added up, kept between a least and a most. Pure; half to even."""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import msgspec

from marketplace.foundation.errors import Refused
from marketplace.foundation.money import BASIS_POINTS, Money
from payments.wallets.rules import Share

MOST_LINES = 8
LineKind = Literal["percent", "fixed", "tier"]


@dataclass(frozen=True, slots=True)
class CommissionLine:
    """`percent`: `basis_points` of the price. `fixed`: `minor` for each job. `tier`: `basis_points` of what the price

    passes `minor` by. All in the smallest unit of the rule's currency.
    """

    kind: LineKind
    basis_points: int = 0
    minor: int = 0


@dataclass(frozen=True, slots=True)
class CommissionRule:
    """A version of the commission; `number` 0 is one that has not been published. Minor units of `currency`."""

    currency: str
    lines: tuple[CommissionLine, ...]
    at_least: int = 0
    at_most: int | None = None
    number: int = 0


@dataclass(frozen=True, slots=True)
class TaxRate:
    """The tax on the commission of one code, in [since, until)."""

    code: str
    basis_points: int
    since: datetime
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Simulated:
    """What a rule would have made of past jobs, beside what was taken of them."""

    jobs: int
    gross: Money
    commission_was: Money
    commission: Money
    net_was: Money
    net: Money
    dearer: int
    cheaper: int


@dataclass(frozen=True)
class RuleImpossible(Refused):
    """A rule has one to eight lines with rates within a whole, and a most that is no less than its least."""


@dataclass(frozen=True)
class NotSimulated(Refused):
    """A rule is published by whoever has seen what it would have made of past jobs."""


@dataclass(frozen=True)
class RateInThePast(Refused):
    """A rate counts from a moment to come, after the last one's beginning."""


def commission(gross: Money, rule: CommissionRule) -> Money:
    """What the rule takes of a price; never more than the price."""
    total = sum((_line(gross, line) for line in rule.lines), start=Money.zero(gross.currency))
    total = max(total, Money(rule.at_least, gross.currency))
    if rule.at_most is not None:
        total = min(total, Money(rule.at_most, gross.currency))
    return max(min(total, gross), Money.zero(gross.currency))


def split_by(gross: Money, rule: CommissionRule, *, tax_basis_points: int) -> Share:
    """A price into commission, the tax on it and the rest; the tax is borne by the specialist, and finds room."""
    room = Money(gross.minor * BASIS_POINTS // (BASIS_POINTS + tax_basis_points), gross.currency)
    taken = min(commission(gross, rule), room)
    tax = min(taken.percent(tax_basis_points), gross - taken)
    return Share(gross, taken, tax, gross - taken - tax)


def check_rule(rule: CommissionRule) -> None:
    """Refuse RuleImpossible."""
    sound = 1 <= len(rule.lines) <= MOST_LINES and all(
        0 <= line.basis_points <= BASIS_POINTS and line.minor >= 0 and (line.basis_points or line.minor)
        for line in rule.lines
    )
    if not sound or rule.at_least < 0 or (rule.at_most is not None and rule.at_most < rule.at_least):
        raise RuleImpossible()


def digest(rule: CommissionRule) -> str:
    """Names the content of a rule, whatever its number."""
    plain = msgspec.to_builtins(rule) | {"number": 0}
    return hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()[:16]


def _line(gross: Money, line: CommissionLine) -> Money:
    if line.kind == "fixed":
        return Money(line.minor, gross.currency)
    if line.kind == "tier":
        return max(gross - Money(line.minor, gross.currency), Money.zero(gross.currency)).percent(line.basis_points)
    return gross.percent(line.basis_points)
