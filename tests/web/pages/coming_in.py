"""Coming in: the codes that letters carry, an authenticator, and whether one is in."""

import re
from datetime import timedelta
from uuid import UUID

import httpx
import pyotp

from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from marketplace.foundation.ids import PersonId
from marketplace.people import actions as people
from tests.web.conftest import Visitor
from tests.web.pages.walking import sms_code

UNKNOWN = "01799999999"
NEWCOMER = {"name": "নতুন মানুষ", "contact": "০১৭১২-৩৪৫৬৭৮", "age": "yes", "policy": "yes"}


def code_of(answer: httpx.Response) -> str:
    """The digits that the letter for this page would carry."""
    found = re.search(r"/codes?/([0-9a-f-]{36})", answer.headers["location"])
    assert found is not None
    return sms_code(UUID(found[1]))


def is_in(visitor: Visitor) -> bool:
    return visitor.get("/account").status_code == 200


def with_authenticator(person: PersonId) -> tuple[pyotp.TOTP, list[str]]:
    with transaction() as session:
        secret = people.begin_totp(session, person=person, now=clock.now())
        totp = pyotp.TOTP(secret)
        codes = people.enable_totp(session, person=person, typed=totp.at(clock.now()), now=clock.now())
    clock.move(timedelta(seconds=60))  # that step is used
    return totp, codes


def later(minutes: int = 6) -> None:
    """As long as a confirmation lasts, and a minute."""
    clock.move(timedelta(minutes=minutes))
