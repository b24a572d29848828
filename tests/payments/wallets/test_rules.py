"""The splits, as rules: nothing is lost, halves go to even, the remainder is the specialist's."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.foundation.money import Money
from payments.wallets.rules import FeeShare, Share, cash_due, split, split_fee, split_refund, tax_within

amounts = st.integers(min_value=0, max_value=10**12)
rates = st.integers(min_value=0, max_value=3_000)


def bdt(minor: int) -> Money:
    return Money(minor, "BDT")


def test_the_split_of_the_worked_example_is_the_one_of_the_design() -> None:
    share = split(bdt(11_500), commission_basis_points=1_500, tax_basis_points=1_000)
    assert share == Share(bdt(11_500), bdt(1_725), bdt(172), bdt(9_603))


def test_the_fee_of_the_worked_example_is_split_into_three_hundred_and_one_eighty_two_and_eighteen() -> None:
    share = split_fee(bdt(500), specialist_basis_points=6_000, tax_basis_points=1_000)
    assert share == FeeShare(bdt(500), bdt(300), bdt(182), bdt(18))


def test_the_partial_refund_of_the_worked_example_takes_from_each_its_part() -> None:
    paid = split(bdt(11_500), commission_basis_points=1_500, tax_basis_points=1_000)
    assert split_refund(bdt(1_000), paid) == Share(bdt(1_000), bdt(150), bdt(15), bdt(835))


def test_a_cash_job_owes_commission_and_tax() -> None:
    assert cash_due(split(bdt(6_000), commission_basis_points=1_500, tax_basis_points=1_000)) == bdt(990)


@given(amounts, rates, rates)
def test_net_commission_and_tax_make_up_every_price(gross: int, commission: int, tax: int) -> None:
    share = split(bdt(gross), commission_basis_points=commission, tax_basis_points=tax)
    assert share.net + share.commission + share.tax == bdt(gross)
    assert min(share.net.minor, share.commission.minor, share.tax.minor) >= 0


@given(amounts, rates, st.integers(min_value=0, max_value=10_000))
def test_the_parts_of_every_fee_make_up_the_fee(fee: int, tax: int, specialist: int) -> None:
    share = split_fee(bdt(fee), specialist_basis_points=specialist, tax_basis_points=tax)
    assert share.specialist_share + share.house_share + share.tax == bdt(fee)
    assert min(share.specialist_share.minor, share.house_share.minor, share.tax.minor) >= 0


@given(st.integers(min_value=1, max_value=10**9), st.data(), rates, rates)
def test_a_refund_takes_from_nobody_more_than_a_unit_beyond_what_they_got(
    gross: int, data: st.DataObject, commission: int, tax: int
) -> None:
    paid = split(bdt(gross), commission_basis_points=commission, tax_basis_points=tax)
    amount = bdt(data.draw(st.integers(min_value=0, max_value=gross)))
    try:
        back = split_refund(amount, paid)
    except ValueError:  # parts of two signs: a unit of tax on a net of nothing
        assert paid.net.minor <= 1
        return
    assert back.net + back.commission + back.tax == amount
    assert back.commission <= paid.commission
    assert back.tax <= paid.tax


@given(amounts, rates)
def test_the_tax_within_an_amount_is_the_tax_on_the_rest_to_half_a_unit(amount: int, rate: int) -> None:
    tax = tax_within(bdt(amount), rate)
    exact = amount * rate
    assert abs(2 * (tax.minor * (10_000 + rate) - exact)) <= 10_000 + rate


def test_parts_that_do_not_make_up_the_price_are_no_share() -> None:
    with pytest.raises(ValueError, match="make up"):
        Share(bdt(100), bdt(10), bdt(1), bdt(90))
    with pytest.raises(ValueError, match="one sign"):
        Share(bdt(100), bdt(110), bdt(0), bdt(-10))


def test_no_more_is_given_back_than_was_paid() -> None:
    paid = split(bdt(100), commission_basis_points=1_500, tax_basis_points=1_000)
    with pytest.raises(ValueError, match="no more"):
        split_refund(bdt(101), paid)
