"""A house whose session is undone."""

import pytest
from sqlalchemy.orm import Session

from tests.payments.payouts.house import House


@pytest.fixture
def house(keys: str, session: Session) -> House:
    del keys
    return House(session)
