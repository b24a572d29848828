"""Money: a whole number of minor units of one currency. Never a float, not even for display."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Self

EXPONENTS = {"BDT": 2, "IRR": 0, "QAR": 2, "USD": 2, "EUR": 2, "KWD": 3}  # ISO 4217; toman is display only
BASIS_POINTS = 10_000


class CurrencyMismatch(ValueError):
    """Two currencies met in one sum: a mistake of ours, never of a person."""


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in minor units (poisha, dirham, cent, rial) of `currency`, an ISO 4217 code we know."""

    minor: int
    currency: str

    def __post_init__(self) -> None:
        if self.currency not in EXPONENTS:
            raise ValueError(f"unknown currency {self.currency}")
        if type(self.minor) is not int:
            raise TypeError("an amount is a whole number of minor units")

    @classmethod
    def zero(cls, currency: str) -> Self:
        return cls(0, currency)

    @property
    def exponent(self) -> int:
        """How many decimals the major unit has."""
        return EXPONENTS[self.currency]

    @property
    def decimal(self) -> Decimal:
        """The amount in major units, exactly."""
        return Decimal(self.minor).scaleb(-self.exponent)

    @property
    def is_zero(self) -> bool:
        return self.minor == 0

    def __add__(self, other: Self) -> "Money":
        return Money(self.minor + self._same(other), self.currency)

    def __sub__(self, other: Self) -> "Money":
        return Money(self.minor - self._same(other), self.currency)

    def __neg__(self) -> "Money":
        return Money(-self.minor, self.currency)

    def __mul__(self, times: int) -> "Money":
        return Money(self.minor * times, self.currency)

    def __lt__(self, other: Self) -> bool:
        return self.minor < self._same(other)

    def __le__(self, other: Self) -> bool:
        return self.minor <= self._same(other)

    def __gt__(self, other: Self) -> bool:
        return self.minor > self._same(other)

    def __ge__(self, other: Self) -> bool:
        return self.minor >= self._same(other)

    def __bool__(self) -> bool:
        return self.minor != 0

    def _same(self, other: "Money") -> int:
        if other.currency != self.currency:
            raise CurrencyMismatch(f"{self.currency} and {other.currency}")
        return other.minor

    def percent(self, basis_points: int) -> "Money":
        """So many hundredths of a percent of this, rounded half to even: `percent(1500)` is fifteen percent."""
        exact = Decimal(self.minor * basis_points) / BASIS_POINTS
        return Money(int(exact.quantize(Decimal(1), ROUND_HALF_EVEN)), self.currency)

    def share(self, weights: Sequence[int]) -> list["Money"]:
        """Split by weight without losing a unit: the remainders go to the largest fractions, then to the first."""
        if not weights or min(weights) < 0 or sum(weights) == 0:
            raise ValueError("shares need weights, none negative, not all zero")
        total = sum(weights)
        parts = [self.minor * weight // total for weight in weights]
        by_fraction = sorted(range(len(weights)), key=lambda n: (-(self.minor * weights[n] % total), n))
        for n in by_fraction[: self.minor - sum(parts)]:
            parts[n] += 1
        return [Money(part, self.currency) for part in parts]
