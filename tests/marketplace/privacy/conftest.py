"""A customer, a specialist and a job between them."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from marketplace.foundation import files
from marketplace.foundation.ids import AddressId, JobId, PersonId, ZoneId, uuid7
from marketplace.foundation.places import Point
from marketplace.people import actions as people
from marketplace.privacy import actions
from marketplace.privacy.rules import Slots
from tests.marketplace.people.conftest import NOON, registers


@dataclass(frozen=True)
class Story:
    rahima: PersonId
    karim: PersonId
    job: JobId
    home: AddressId
    phone: str


def tell(session: Session, phone: str) -> Story:
    rahima, karim = registers(session, "Rahima Khatun", phone), registers(session, "Karim Uddin")
    home = people.add_address(
        session, person=rahima, line="House 12, Road 5", unit="4B", zone=ZoneId(uuid7()), pin=Point(90.4, 23.8),
        now=NOON,
    )  # fmt: skip
    return Story(rahima, karim, JobId(uuid7()), home, "+88" + phone)


@pytest.fixture
def story(session: Session) -> Story:
    return tell(session, "01811223344")


def slots(**changed: str) -> Slots:
    words = {
        "controller": "Karigar Ltd, Dhaka", "responsible": "Nasrin Akter", "contact": "privacy@example.com",
        "places": "example.com/policy", **changed,
    }  # fmt: skip
    return Slots(**{name: dict.fromkeys(("en", "bn", "fa", "ar"), word) for name, word in words.items()})


@pytest.fixture
def policy(session: Session) -> None:
    actions.publish(session, slots=slots(), change="substantial", now=NOON, by=None)


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path) -> Iterator[None]:
    before = files._Process.folder
    files.open_files(tmp_path / "files")
    yield
    files._Process.folder = before
