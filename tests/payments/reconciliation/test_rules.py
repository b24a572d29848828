"""How old and how urgent what is left over is. Pure."""

from datetime import UTC, datetime, timedelta

import pytest

from marketplace.foundation.money import Money
from payments.reconciliation.rules import age_bucket, urgency

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.mark.parametrize(("days", "bucket"), [(0, "0-1"), (2, "2-3"), (5, "4-7"), (20, "8-30"), (40, "over 30")])
def test_exceptions_are_grouped_by_age_and_sorted_by_money_times_age(days: int, bucket: str) -> None:
    assert age_bucket(NOW - timedelta(days=days), NOW) == bucket
    assert urgency(Money(-100, "BDT"), NOW - timedelta(days=days), NOW) == 100 * (days + 1)
