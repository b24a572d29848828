"""Asking for a code or a link, each time from a network address that nobody had before unless one is given."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from marketplace.people import actions
from tests.marketplace.people.conftest import NOON, an_address

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def asks(
    session: Session, phone: str, browser: UUID, *, now: datetime = NOON, purpose: str = "sign_in", address: str = ""
) -> actions.CodeRequested:
    return actions.request_code(
        session, contact=phone, region="BD", purpose=purpose, bound_to=browser, network_address=address or an_address(),
        now=now,
    )  # fmt: skip


def asks_for_a_link(session: Session, account: str, now: datetime = NOON) -> actions.ResetRequested:
    return actions.request_reset(session, account=account, region="BD", network_address=an_address(), now=now)
