"""The people of these tests, and the moments they live in."""

from datetime import UTC, datetime
from itertools import count
from uuid import uuid4

import pytest
from sqlalchemy.orm import Session

from marketplace.foundation.ids import PersonId
from marketplace.people import actions

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
_phones = count(1_000_000)


def a_phone() -> str:
    """A Bangladeshi mobile number that no test had before."""
    return f"01711{next(_phones) % 1_000_000:06d}"


def registers(session: Session, name: str = "Rahima Khatun", contact: str | None = None, age: int = 30) -> PersonId:
    done = actions.register(
        session, name=name, contact=contact or a_phone(), region="BD", stated_age=age, language="bn", now=NOON
    )
    return done.person_id


@pytest.fixture
def rahima(session: Session) -> PersonId:
    return registers(session)


@pytest.fixture
def karim(session: Session) -> PersonId:
    return registers(session, "Karim Uddin")


@pytest.fixture
def browser(session: Session) -> actions.Started:
    """A visitor's session."""
    return actions.start_session(session, person=None, now=NOON)


def an_address() -> str:
    """A network address that no test had before."""
    return str(uuid4())
