"""What a statement must add up to. Pure."""

from datetime import UTC, datetime, timedelta

import pytest

from marketplace.foundation.money import Money
from payments.reconciliation.rules import FileNotUnderstood, age_bucket, read_statement, urgency
from tests.payments.gateways.reports import BATCH, statement

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def test_a_statement_is_read_with_the_batch_its_text_names() -> None:
    found = read_statement(statement(("BK-1-1", 147_000, f"Settlement {BATCH}, thank you"), opening=500))
    assert (found.opening, found.closing) == (Money(500, "BDT"), Money(147_500, "BDT"))
    assert [(line.batch, line.amount.minor) for line in found.lines] == [(BATCH, 147_000)]


def test_of_a_text_nothing_but_the_batch_is_kept() -> None:
    found = read_statement(statement(("BK-1-1", 100, "From card 4111111111111111 R KHATUN")))
    assert "4111" not in repr(found)
    assert "KHATUN" not in repr(found)


@pytest.mark.parametrize(
    "body",
    [
        statement(("BK-1-1", 100, "x"), closing_off=1),
        statement(("BK-1-1", 100, "x"), ("BK-1-1", 100, "x")),
        b"",
        b"\xff\xfe",
        b"type,account\nOPENING,T1000001-BDT\n",
        statement(("BK-1-1", 100, "x")).replace(b"1.00", b"1.005"),
        statement(("BK-1-1", 100, "x")).replace(b"OPENING", b"CLOSING"),
    ],
)
def test_a_statement_that_does_not_add_up_is_refused_whole(body: bytes) -> None:
    with pytest.raises(FileNotUnderstood):
        read_statement(body)


def test_amounts_in_other_digits_are_the_same_amounts() -> None:
    latin = statement(("BK-1-1", 123_450, BATCH))
    bengali = latin.decode().replace("1234.50", "১২৩৪.৫০").encode()
    assert read_statement(bengali) == read_statement(latin)


@pytest.mark.parametrize(("days", "bucket"), [(0, "0-1"), (2, "2-3"), (5, "4-7"), (20, "8-30"), (40, "over 30")])
def test_exceptions_are_grouped_by_age_and_sorted_by_money_times_age(days: int, bucket: str) -> None:
    assert age_bucket(NOW - timedelta(days=days), NOW) == bucket
    assert urgency(Money(-100, "BDT"), NOW - timedelta(days=days), NOW) == 100 * (days + 1)
