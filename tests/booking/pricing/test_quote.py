"""A quote adds up, says why, and keeps its hash."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking.pricing import rules
from booking.pricing.policy import DepositPolicy, PricePolicy
from marketplace.catalogue.rules import LineKind, PriceLine
from marketplace.foundation.money import Money

NOW = datetime(2026, 3, 1, 9, 0, 0, 123456, tzinfo=UTC)
TITLE = {"en": "Service", "bn": "সার্ভিস", "fa": "سرویس", "ar": "خدمة"}


def bdt(minor: int) -> Money:
    return Money(minor, "BDT")


def line(
    key: str,
    kind: LineKind,
    minor: int,
    *,
    question: str | None = None,
    option: str | None = None,
    included: int = 0,
) -> PriceLine:
    return PriceLine(
        key=key,
        kind=kind,
        title=TITLE,
        amount=bdt(minor),
        minutes=0,
        question=question,
        option=option,
        included=included,
    )


BOOK = (
    line("base", LineKind.BASE, 120_000),
    line("more-units", LineKind.PER_UNIT, 80_000, question="units", included=1),
    line("gas", LineKind.OPTION, 250_000, question="gas", option="yes"),
    line("visit", LineKind.VISIT_FEE, 30_000),
)
POLICY = PricePolicy(version="2026-01")


def quoted(
    answers: dict[str, str | int | bool],
    *,
    policy: PricePolicy = POLICY,
    adjustments: tuple[rules.Adjustment, ...] = (),
    minimum: Money | None = None,
) -> rules.Quote:
    return rules.quote(
        BOOK,
        answers,
        service="ac-service",
        currency="BDT",
        book_version="7",
        policy=policy,
        now=NOW,
        adjustments=adjustments,
        minimum=minimum,
    )


def test_each_line_names_what_brought_it_in_and_how_often() -> None:
    shown = quoted({"units": 3, "gas": True})
    assert [(each.code, each.why, each.amount) for each in shown.lines] == [
        ("base", "base", bdt(120_000)),
        ("more-units", "per_unit", bdt(160_000)),
        ("gas", "option", bdt(250_000)),
    ]
    assert dict(shown.lines[1].facts) == {"count": 2, "each": 80_000, "included": 1, "question": "units"}
    assert shown.total == bdt(530_000)


def test_the_fee_of_a_wasted_visit_is_told_but_not_charged() -> None:
    shown = quoted({"units": 1})
    assert shown.visit_fee == bdt(30_000)
    assert shown.total == bdt(120_000)


def test_a_free_text_never_enters_the_quote() -> None:
    shown = quoted({"units": 2, "note": "the bell says Rahman"})
    assert dict(shown.answers) == {"units": 2}
    assert "Rahman" not in rules.canonical(shown)


def test_a_service_without_a_price_line_that_applies_is_refused() -> None:
    with pytest.raises(rules.NothingToPrice):
        rules.quote([], {}, service="ac-service", currency="BDT", book_version="7", policy=POLICY, now=NOW)


def test_surcharges_stop_at_the_published_limit_and_each_says_its_own_rate() -> None:
    evening = rules.Adjustment("evening", 2_000, (("from_hour", 18),))
    shown = quoted({"units": 1}, adjustments=(evening, rules.Adjustment("holiday", 2_000)))
    assert [(each.code, dict(each.facts)["basis_points"]) for each in shown.lines[1:]] == [
        ("evening", 2_000),
        ("holiday", 500),
    ]
    assert shown.total == bdt(120_000).percent(12_500)


def test_a_neighbour_discount_is_a_line_below_zero() -> None:
    shown = quoted({"units": 1}, adjustments=(rules.Adjustment("next_door", -1_000),))
    assert shown.lines[-1].amount == bdt(-12_000)
    assert shown.total == bdt(108_000)


def test_a_small_job_is_lifted_to_the_minimum_by_a_line_of_its_own() -> None:
    shown = quoted({"units": 1}, minimum=bdt(150_000))
    assert (shown.lines[-1].code, shown.lines[-1].amount) == ("minimum", bdt(30_000))
    assert shown.total == bdt(150_000)


@pytest.mark.parametrize(
    ("deposit", "expected"),
    [
        (DepositPolicy(), 200_000),
        (DepositPolicy(basis_points=2_500), 50_000),
        (DepositPolicy(basis_points=2_500, at_least=bdt(80_000)), 80_000),
        (DepositPolicy(basis_points=2_500, at_least=bdt(900_000)), 200_000),
        (DepositPolicy(basis_points=2_500, whole_up_to=bdt(200_000)), 200_000),
    ],
)
def test_the_deposit_follows_its_policy_and_never_exceeds_the_total(deposit: DepositPolicy, expected: int) -> None:
    assert quoted({"units": 2}, policy=replace(POLICY, deposit=deposit)).deposit == bdt(expected)


def test_the_worked_example_of_payments_gives_the_specialist_9603_of_11500() -> None:
    pay = rules.net_pay(bdt(11_500), POLICY)
    assert (pay.commission, pay.tax, pay.net) == (bdt(1_725), bdt(172), bdt(9_603))


@given(st.integers(0, 10**12), st.integers(0, 5_000), st.integers(0, 3_000))
def test_gross_is_commission_and_tax_and_net_to_the_unit(minor: int, commission: int, tax: int) -> None:
    policy = PricePolicy(version="x", commission_basis_points=commission, tax_basis_points=tax)
    pay = rules.net_pay(bdt(minor), policy)
    assert pay.commission + pay.tax + pay.net == pay.gross == bdt(minor)
    assert pay.net.minor >= 0


@given(st.integers(0, 20), st.booleans(), st.integers(-3_000, 3_000), st.integers(-3_000, 3_000))
def test_the_lines_add_up_to_the_total_whatever_is_asked(units: int, gas: bool, first: int, second: int) -> None:
    adjustments = (rules.Adjustment("a", first), rules.Adjustment("b", second))
    shown = quoted({"units": units, "gas": gas}, adjustments=adjustments)
    assert sum((each.amount for each in shown.lines), bdt(0)) == shown.total
    assert bdt(0) <= shown.deposit <= shown.total
    assert shown.tax_included == rules.net_pay(shown.total, POLICY).tax


@given(st.integers(0, 19), st.booleans())
def test_one_more_piece_never_makes_it_cheaper(units: int, gas: bool) -> None:
    assert quoted({"units": units, "gas": gas}).total <= quoted({"units": units + 1, "gas": gas}).total


@given(st.integers(0, 20), st.booleans(), st.integers(-2_000, 2_000))
def test_a_quote_survives_storage_with_the_same_hash(units: int, gas: bool, rate: int) -> None:
    shown = quoted({"units": units, "gas": gas}, adjustments=(rules.Adjustment("evening", rate),))
    back = msgspec.convert(json.loads(json.dumps(msgspec.to_builtins(shown))), rules.Quote)
    assert back == shown
    assert rules.is_genuine(back)


def test_the_hash_does_not_hang_on_the_order_of_the_answers() -> None:
    assert quoted({"units": 2, "gas": True}).hash == quoted({"gas": True, "units": 2}).hash


def test_the_hash_is_the_same_in_every_process() -> None:
    """Written down, so that a change of the canonical text is seen: it would orphan every stored quote."""
    assert quoted({"units": 2, "gas": True}).hash == "5a7a45bbcc4272f410a4fdf22ca8048d613f1b6d198081cd7cfd38cc875a9ef2"


def test_any_change_of_a_stored_quote_is_found() -> None:
    shown = quoted({"units": 2, "gas": True})
    cheaper = replace(shown, total=shown.total - bdt(1))
    assert not rules.is_genuine(cheaper)
    with pytest.raises(rules.QuoteChanged):
        rules.check(cheaper, expected_hash=shown.hash, now=NOW)
    other = quoted({"units": 1, "gas": True})
    with pytest.raises(rules.QuoteChanged):
        rules.check(other, expected_hash=shown.hash, now=NOW)


def test_a_quote_holds_until_its_last_second_and_no_longer() -> None:
    shown = quoted({"units": 1})
    rules.check(shown, expected_hash=shown.hash, now=shown.valid_until - timedelta(seconds=1))
    with pytest.raises(rules.QuoteExpired):
        rules.check(shown, expected_hash=shown.hash, now=shown.valid_until)
