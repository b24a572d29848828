"""What a customer keeps at an address, and which visits were about it."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from booking.jobs import queries as jobs
from booking.plans.rules import (
    EQUIPMENT_MOST,
    EquipmentInPlan,
    EquipmentNotFound,
    PlanState,
    TooMuchKept,
    UnknownEquipment,
)
from booking.plans.tables import Equipment, EquipmentVisit, ServicePlan
from marketplace.catalogue.content import equipment_kinds
from marketplace.foundation import vault
from marketplace.foundation.ids import AddressId, PersonId, derived
from marketplace.foundation.vault import Sealed
from marketplace.people import queries as people


@dataclass(frozen=True, slots=True)
class Described:
    """What its owner says of a piece of equipment; never a serial number."""

    kind: str
    name: str
    maker: str = ""
    model: str = ""
    installed_on: date | None = None
    address: AddressId | None = None


def add(session: Session, new: Described, *, customer: PersonId, command_id: UUID, now: datetime) -> UUID:
    """Keep a piece of equipment; gives its id. Twice is once.

    Refuses UnknownEquipment, NoSuchAddress, TooMuchKept.
    """
    _check(session, new, customer)
    id = derived("equipment", customer, command_id)
    kept = select(func.count()).where(Equipment.customer_id == customer, Equipment.ended_at.is_(None))
    if session.get(Equipment, id) is None and (session.scalar(kept) or 0) >= EQUIPMENT_MOST:
        raise TooMuchKept(EQUIPMENT_MOST)
    row = {"id": id, "customer_id": customer, "added_at": now} | _columns(new, id, customer)
    session.execute(insert(Equipment).values(row).on_conflict_do_nothing(index_elements=[Equipment.id]))
    return id


def change(session: Session, id: UUID, new: Described, *, customer: PersonId) -> None:
    """Correct what is said of it. Refuses EquipmentNotFound, UnknownEquipment, NoSuchAddress."""
    _check(session, new, customer)
    row = owned(session, id, customer)
    for name, value in _columns(new, id, customer).items():
        setattr(row, name, value)
    session.flush()


def give_up(session: Session, id: UUID, *, customer: PersonId, now: datetime) -> None:
    """It is kept no longer; its history stays its owner's. Refuses EquipmentNotFound, EquipmentInPlan."""
    row = owned(session, id, customer)
    planned = select(ServicePlan.id).where(ServicePlan.equipment_id == id, ServicePlan.state != PlanState.ENDED)
    if session.scalar(planned.limit(1)) is not None:
        raise EquipmentInPlan()
    row.ended_at = now
    session.flush()


def name_visit(session: Session, id: UUID, job: UUID, *, customer: PersonId, now: datetime) -> None:
    """Say that a job is, or was, about this equipment; said anew, it is about this one.

    Refuses EquipmentNotFound, JobNotFound.
    """
    owned(session, id, customer)
    jobs.for_customer(session, job, customer, now=now)
    named = {"job_id": job, "equipment_id": id, "customer_id": customer, "named_at": now}
    told = insert(EquipmentVisit).values(named)
    session.execute(told.on_conflict_do_update(index_elements=[EquipmentVisit.job_id], set_={"equipment_id": id}))


def owned(session: Session, id: UUID, customer: PersonId) -> Equipment:
    """The row of somebody's equipment in use. Refuses EquipmentNotFound, also for another's."""
    asked = select(Equipment).where(Equipment.id == id, Equipment.customer_id == customer, Equipment.ended_at.is_(None))
    row = session.scalar(asked)
    if row is None:
        raise EquipmentNotFound()
    return row


def _check(session: Session, new: Described, customer: PersonId) -> None:
    if new.kind not in equipment_kinds():
        raise UnknownEquipment(new.kind)
    if new.address is not None:
        people.address(session, new.address, owner=customer)


def _columns(new: Described, id: UUID, customer: PersonId) -> dict[str, object]:
    said = {
        "name": new.name, "maker": new.maker, "model": new.model,
        "installed_on": "" if new.installed_on is None else new.installed_on.isoformat(),
    }  # fmt: skip
    columns: dict[str, object] = {"kind": new.kind, "address_id": new.address}
    sealed = {column: _sealed(customer, column, id, value) for column, value in said.items()}
    return columns | sealed


def _sealed(customer: PersonId, column: str, id: UUID, value: str) -> Sealed | None:
    return vault.seal(customer, vault.place("equipment", column, id), value) if value else None
