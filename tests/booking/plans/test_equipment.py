"""What customers keep at home: theirs alone, with its history."""

from datetime import date
from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from booking.jobs.words import Event
from booking.plans import actions as plans
from booking.plans import equipment, queries
from booking.plans.equipment import Described
from booking.plans.rules import (
    EquipmentInPlan,
    EquipmentNotFound,
    NoSuchPlan,
    UnknownEquipment,
)
from marketplace.foundation.ids import uuid7
from marketplace.foundation.money import Money
from marketplace.privacy import actions as privacy
from tests.booking.jobs.town import Somebody, Town
from tests.booking.plans.planned import FIRST, begun, started

MONEY = 10_000_000


def test_equipment_has_a_history_that_is_its_owners(town: Town, session: Session) -> None:
    rahima, karim = town.customer(session, money=MONEY), town.craftsman(session)
    new = Described("split_ac", "Bedroom", "General", "ASGA18", date(2024, 5, 1), rahima.address)
    command = uuid7()
    kept = equipment.add(session, new, customer=rahima.id, command_id=command, now=town.now)
    assert equipment.add(session, new, customer=rahima.id, command_id=command, now=town.now) == kept
    job = town.assigned(session, rahima, karim)
    equipment.name_visit(session, kept, job, customer=rahima.id, now=town.now)
    assert [(each.job, each.is_done, each.specialist) for each in queries.history(session, kept, rahima.id)] == [
        (job, False, karim.id)
    ]
    at_work(session, town, job, karim)
    town.fire(session, job, Event.PROPOSE_CHANGE, karim.specialist, reason="parts", parts_minor=5_000, labour_minor=100)
    town.fire(session, job, Event.APPROVE_CHANGE, rahima.customer, change_minor=5_100)
    town.fire(session, job, Event.COMPLETE, karim.specialist)
    assert [(each.is_done, each.parts) for each in queries.history(session, kept, rahima.id)] == [
        (True, Money(5_000, "BDT"))
    ]
    told = {each.value for each in privacy.export_of(session, person=rahima.id) if each.table.startswith("equipment")}
    assert told >= {"Bedroom", "General", "ASGA18", "2024-05-01", "split_ac", str(kept)}
    plan = started(session, town, rahima, equipment=kept)
    with pytest.raises(EquipmentInPlan):
        equipment.give_up(session, kept, customer=rahima.id, now=town.now)
    assert queries.next_due(session, kept, rahima.id) == FIRST
    plans.stop(session, plan, customer=rahima.id, now=town.now)
    equipment.give_up(session, kept, customer=rahima.id, now=town.now)
    assert queries.equipment_of(session, rahima.id) == []
    assert len(queries.history(session, kept, rahima.id)) == 1
    with pytest.raises(UnknownEquipment):
        equipment.add(session, Described("rocket", "X"), customer=rahima.id, command_id=uuid7(), now=town.now)


def test_anothers_plan_and_equipment_do_not_exist(town: Town, session: Session) -> None:
    _, plan = begun(town, session)
    thief = town.customer(session)
    kept = equipment.add(session, Described("split_ac", "Bedroom"), customer=thief.id, command_id=uuid7(), now=town.now)
    for act in (plans.pause, plans.resume, plans.stop, plans.disallow):
        with pytest.raises(NoSuchPlan):
            act(session, plan, customer=thief.id, now=town.now)
    with pytest.raises(NoSuchPlan):
        queries.plan(session, plan, thief.id)
    rahima = town.customer(session)
    with pytest.raises(EquipmentNotFound):
        queries.equipment(session, kept, rahima.id)
    with pytest.raises(EquipmentNotFound):
        equipment.give_up(session, kept, customer=rahima.id, now=town.now)


def at_work(session: Session, town: Town, job: UUID, specialist: Somebody) -> None:
    """The specialist has come and begun."""
    town.now = town.tomorrow.start
    town.fire(session, job, Event.DEPART, specialist.specialist)
    town.fire(session, job, Event.ARRIVE, specialist.specialist, reason="by_hand")
    town.fire(session, job, Event.START, specialist.specialist, waiver="code_lost")
