"""The number of a job that people say to each other, and the code that proves a visit."""

import secrets

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.jobs.tables import Job

SIGNS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # none that is read or heard as another
LENGTH = 5


def new_number(session: Session) -> str:
    """A free number such as K-7F3Q9; of 24 million, so that it tells nobody how many jobs there are."""
    while True:
        number = "K-" + "".join(secrets.choice(SIGNS) for _ in range(LENGTH))
        if session.scalar(select(Job.id).where(Job.number == number)) is None:
            return number


def new_start_code() -> str:
    """Four digits that the customer reads out at the door."""
    return f"{secrets.randbelow(10_000):04d}"
