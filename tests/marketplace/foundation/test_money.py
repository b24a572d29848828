"""Money is whole, of one currency, and no unit is lost when it is shared."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.foundation.money import EXPONENTS, CurrencyMismatch, Money

amounts = st.builds(Money, st.integers(-(10**15), 10**15), st.sampled_from(sorted(EXPONENTS)))


@given(amounts, st.lists(st.integers(0, 1000), min_size=1, max_size=8).filter(any))
def test_a_share_loses_no_unit(amount: Money, weights: list[int]) -> None:
    parts = amount.share(weights)
    assert sum(part.minor for part in parts) == amount.minor
    exact = [amount.minor * weight / sum(weights) for weight in weights]
    assert all(abs(part.minor - wish) <= max(1, abs(wish) * 1e-9) for part, wish in zip(parts, exact, strict=True))


@given(amounts, st.integers(0, 10_000))
def test_a_percentage_and_its_rest_are_the_whole(amount: Money, basis_points: int) -> None:
    part = amount.percent(basis_points)
    assert part + (amount - part) == amount
    assert abs(part.minor) <= abs(amount.minor)


def test_halves_are_rounded_to_even() -> None:
    assert [Money(n, "BDT").percent(5000).minor for n in (1, 3, 5, -1, -3)] == [0, 2, 2, 0, -2]


def test_two_currencies_never_meet() -> None:
    with pytest.raises(CurrencyMismatch):
        Money(1, "BDT") + Money(1, "QAR")
    with pytest.raises(ValueError, match="unknown currency"):
        Money(1, "XXX")
    with pytest.raises(TypeError):
        Money(1.0, "BDT")  # type: ignore[arg-type]


def test_the_decimal_is_exact() -> None:
    assert str(Money(123450, "BDT").decimal) == "1234.50"
    assert str(Money(123450, "IRR").decimal) == "123450"
