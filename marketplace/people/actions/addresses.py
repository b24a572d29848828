"""Addresses of customers: the words sealed, the zone and the coarse cell in clear."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace.foundation import vault
from marketplace.foundation.ids import AddressId, PersonId, ZoneId, uuid7
from marketplace.foundation.places import Point, cell
from marketplace.foundation.sealed import Sealed
from marketplace.people.actions.accounts import lock_person
from marketplace.people.rules import NoSuchAddress, clean_line
from marketplace.people.tables import Address


def add_address(
    session: Session,
    *,
    person: PersonId,
    line: str,
    zone: ZoneId,
    now: datetime,
    unit: str | None = None,
    directions: str | None = None,
    label: str | None = None,
    pin: Point | None = None,
    area: str | None = None,
) -> AddressId:
    """Note a place. The coarse cell comes from the pin; `area` names one where no pin was set.

    Refuses AddressRefused, NoSuchPerson.
    """
    lock_person(session, person)
    id = uuid7()
    row = Address(id=id, person_id=person, zone_id=zone, cell=cell(pin) if pin else area, added_at=now)
    row.line = _sealed(row, "line", clean_line(line, needed=True))
    row.unit = _sealed(row, "unit", clean_line(unit))
    row.directions = _sealed(row, "directions", clean_line(directions))
    row.label = _sealed(row, "label", clean_line(label))
    row.pin = _sealed(row, "pin", f"{pin.longitude},{pin.latitude}" if pin else None)
    session.add(row)
    session.flush()
    return AddressId(id)


def change_address(
    session: Session,
    *,
    person: PersonId,
    address: AddressId,
    unit: str | None = None,
    directions: str | None = None,
    label: str | None = None,
) -> None:
    """Correct what helps to find the door; another place is another address. Refuses NoSuchAddress, AddressRefused."""
    row = _lock(session, person, address)
    row.unit = _sealed(row, "unit", clean_line(unit))
    row.directions = _sealed(row, "directions", clean_line(directions))
    row.label = _sealed(row, "label", clean_line(label))
    session.flush()


def end_address(session: Session, *, person: PersonId, address: AddressId, now: datetime) -> None:
    """Take an address out of use; jobs that were booked for it keep it. Refuses NoSuchAddress."""
    row = _lock(session, person, address)
    row.ended_at = row.ended_at or now
    session.flush()


def _lock(session: Session, person: PersonId, address: AddressId) -> Address:
    row = session.scalar(
        select(Address).where(Address.id == address, Address.person_id == person).with_for_update(key_share=True)
    )
    if row is None:
        raise NoSuchAddress()
    return row


def _sealed(row: Address, column: str, value: str | None) -> Sealed | None:
    return None if value is None else vault.seal(row.person_id, vault.place("address", column, row.id), value)
