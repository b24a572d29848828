"""What can be wrong with a line, and how urgent that is. Pure."""

from datetime import datetime, timedelta
from enum import StrEnum

from marketplace.foundation.money import Money


class Kind(StrEnum):
    """What is the matter with a line or an attempt that found no partner (payments.md §8.3, pass 6)."""

    PAID_NOT_CREDITED = "paid_not_credited"
    CREDITED_NOT_PAID = "credited_not_paid"
    AMOUNT = "amount"
    FOREIGN = "foreign"
    NOT_EXPLAINED = "not_explained"
    DEPOSIT = "deposit"


BUCKETS = ((1, "0-1"), (3, "2-3"), (7, "4-7"), (30, "8-30"))


def age_bucket(opened_at: datetime, now: datetime) -> str:
    """How old an exception is, in days, as finance groups them (payments.md §8.4)."""
    days = (now - opened_at) // timedelta(days=1)
    return next((name for most, name in BUCKETS if days <= most), "over 30")


def urgency(value: Money, opened_at: datetime, now: datetime) -> int:
    """Money × age, to sort by: minor units times days begun."""
    return abs(value.minor) * ((now - opened_at) // timedelta(days=1) + 1)
