"""A plan, and the history of equipment, as the customer is told of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from booking.availability.windows import local_day
from booking.jobs import queries as jobs
from booking.jobs.queries import CustomerJob
from booking.plans import actions, queries
from booking.plans.queries import EquipmentView, PlanView, Work
from booking.plans.record import locked
from booking.plans.rules import PlanState
from marketplace.catalogue import queries as catalogue
from marketplace.catalogue.rules import Texts
from marketplace.foundation.errors import Refused
from marketplace.foundation.ids import AddressId, PersonId
from marketplace.foundation.money import Money
from marketplace.organizations.queries import Organization
from marketplace.people.rules import NoSuchAddress
from marketplace.privacy import actions as privacy
from marketplace.privacy.actions import Reader
from web.pages.customer.telling import name_of

NAMES_MOST = 10  # each look at a name is written down


@dataclass(frozen=True)
class Told:
    """Everything a plan's own page shows. `price_now` is given where it is above the plan's; `opens_on` is when the
    next visit will be proposed."""

    plan: PlanView
    service: Texts | None
    place: str
    equipment: EquipmentView | None
    mine: CustomerJob | None
    price_now: Money | None
    opens_on: date
    discount: int

    @property
    def title(self) -> Texts:
        return self.service or {}


@dataclass(frozen=True)
class Done:
    """One visit in the history of equipment; `name` is None when it is no longer the customer's to see."""

    work: Work
    service: Texts | None
    name: str | None


def tell(session: Session, id: UUID, customer: PersonId, here: Organization, *, now: datetime) -> Told:
    """One plan of this customer. Refuses NoSuchPlan."""
    plan = queries.plan(session, id, customer)
    visit, mine = plan.visit, None
    if visit is not None and visit.job is not None:
        mine = jobs.for_customer(session, visit.job, customer, now=now)
    ahead = timedelta(days=here.settings["plan_days_ahead"])
    return Told(
        plan=plan,
        service=titles(session, [plan]).get(plan.service),
        place=place(session, customer, plan.address),
        equipment=queries.equipment(session, plan.equipment, customer) if plan.equipment else None,
        mine=mine,
        price_now=_dearer(session, plan, now=now),
        opens_on=max(plan.due_on - ahead, local_day(now, here.time_zone)),
        discount=plan.discount_basis_points,
    )


def titles(session: Session, plans: list[PlanView]) -> Mapping[UUID, Texts]:
    """What the plans' services are called."""
    return catalogue.titles(session, [each.service for each in plans])


def place(session: Session, customer: PersonId, address: AddressId) -> str:
    """The first line of one's own address; empty when it is no longer kept."""
    try:
        return privacy.own_address(session, person=customer, address=address).get("line", "")
    except NoSuchAddress:
        return ""


def history(session: Session, equipment: UUID, reader: Reader, *, now: datetime) -> list[Done]:
    """What was done to it, latest first, each with the name of who came while that may be seen."""
    work = queries.history(session, equipment, reader.person_id)
    services = catalogue.titles(session, [each.service for each in work])
    names = {each.job: _name(session, each, reader, now=now) for each in work[:NAMES_MOST]}
    return [Done(each, services.get(each.service), names.get(each.job)) for each in work]


def _name(session: Session, work: Work, reader: Reader, *, now: datetime) -> str | None:
    if work.specialist is None:
        return None
    mine = jobs.for_customer(session, work.job, reader.person_id, now=now)
    return name_of(session, mine, work.specialist, reader, now=now)


def _dearer(session: Session, plan: PlanView, *, now: datetime) -> Money | None:
    if plan.state is PlanState.ENDED:
        return None
    try:
        price = actions.price_now(session, locked(session, plan.id), now=now)
    except Refused:  # it cannot be priced now; the engine says so when its turn comes
        return None
    return price if price > plan.price else None
