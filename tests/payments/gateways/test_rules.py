"""What may be kept of a gateway's answer, and how our ids look to it."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.foundation.cards import contains_card_number
from marketplace.foundation.ids import uuid7
from marketplace.foundation.money import Money
from payments.gateways.rules import (
    AnswerNotUnderstood,
    amount,
    in_letters,
    is_timely,
    keep_declared,
    reference_of,
    shape,
)
from payments.gateways.sandbox_report import read_settlement
from tests.payments.gateways.reports import settlement

DECLARED = {"number": shape(r"[A-Z0-9]{4,19}"), "rrn": shape(r"\d{12}")}


def test_only_declared_fields_are_kept() -> None:
    answer = {
        "number": "AB12",
        "rrn": "123456789012",
        "pan": "411111******1111",
        "holder": "R KHATUN",
        "deep": {"a": 1},
    }
    assert keep_declared(answer, DECLARED) == {"number": "AB12", "rrn": "123456789012"}


def test_empty_and_missing_fields_are_left_out() -> None:
    assert keep_declared({"number": "", "rrn": None}, DECLARED) == {}


@pytest.mark.parametrize("value", ["ab12", "A" * 20, "AB12\n", "۱۲۳۴", True, 1.5, ["AB12"], {"a": 1}])
def test_a_value_that_is_not_of_its_shape_is_refused(value: object) -> None:
    with pytest.raises(AnswerNotUnderstood):
        keep_declared({"number": value}, DECLARED)


def test_a_card_number_in_a_declared_field_is_refused_and_not_repeated_in_the_error() -> None:
    with pytest.raises(AnswerNotUnderstood) as refused:
        keep_declared({"number": "4111111111111111"}, DECLARED)
    assert "4111" not in str(refused.value)


def test_a_number_declared_as_card_like_passes() -> None:
    declared = {"number": shape(r"\d{16}", may_look_like_a_card=True)}
    assert keep_declared({"number": "4111111111111111"}, declared) == {"number": "4111111111111111"}


@given(st.binary(min_size=16, max_size=16))
def test_our_reference_has_letters_only_and_never_looks_like_a_card(value: bytes) -> None:
    written = in_letters(value)
    assert len(written) == 28
    assert written.isalpha()
    assert not contains_card_number(written)


def test_two_attempts_have_two_references() -> None:
    assert len({reference_of(uuid7()) for _ in range(2000)}) == 2000


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        ("1234.50", "BDT", 123_450),
        ("1,234.5", "BDT", 123_450),
        ("12,34,567", "BDT", 123_456_700),
        ("۱۲۳۴", "IRR", 1234),
        ("১২৩৪.৫০", "BDT", 123_450),
        ("١٢٣٤٫٥٠", "QAR", 123_450),
        ("-7.5", "BDT", -750),
        ("1.234", "KWD", 1234),
    ],
)
def test_amounts_of_files_are_read_exactly(text: str, currency: str, minor: int) -> None:
    assert amount(text, currency) == Money(minor, currency)


@pytest.mark.parametrize(
    ("text", "currency"), [("1.005", "BDT"), ("1.5", "IRR"), ("", "BDT"), ("1e3", "BDT"), ("5", "XXX")]
)
def test_more_decimals_than_the_currency_has_are_refused(text: str, currency: str) -> None:
    with pytest.raises(AnswerNotUnderstood):
        amount(text, currency)


@pytest.mark.parametrize(("seconds", "timely"), [(0, True), (-299, True), (299, True), (-301, False), (301, False)])
def test_a_signature_is_timely_five_minutes_before_and_after(seconds: int, timely: bool) -> None:
    now = datetime(2026, 11, 21, 12, tzinfo=UTC)
    assert is_timely(int(now.timestamp()) + seconds, now) is timely


def test_a_settlement_report_is_read_and_its_totals_checked() -> None:
    lines = read_settlement(settlement(("SBAAAAAAAAAA", 150_000), ("SBBBBBBBBBBB", 50_000)))
    assert [(line.refs.txn, line.gross.minor, line.fee.minor) for line in lines] == [
        ("SBAAAAAAAAAA", 150_000, 3_000),
        ("SBBBBBBBBBBB", 50_000, 1_000),
    ]


def test_a_report_whose_total_differs_is_refused_whole() -> None:
    with pytest.raises(AnswerNotUnderstood):
        read_settlement(settlement(("SBAAAAAAAAAA", 150_000), total_off=1))


def test_card_like_columns_of_a_report_are_dropped() -> None:
    lines = read_settlement(settlement(("SBAAAAAAAAAA", 150_000), extra={"card": "4111111111111111"}))
    assert "4111111111111111" not in repr(lines)
