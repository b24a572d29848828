"""A plan's next visit: a real window that fits the wish, a job for it, the time set aside. All or nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from booking.availability import queries as availability
from booking.dispatch import wishes
from booking.jobs import discounts, drafts, requests
from booking.jobs.drafts import Draft
from booking.jobs.rules import SYSTEM, Actor, PlaceUnknown
from booking.jobs.words import Role
from booking.plans import record
from booking.plans.rules import SAME_PERSON_DAYS, Found, NotPlannable, Wish, best, days_to_try
from booking.plans.tables import EquipmentVisit, PlanVisit, ServicePlan
from marketplace.catalogue import queries as catalogue
from marketplace.catalogue.queries import Service, Zone
from marketplace.catalogue.rules import NoPriceBook, UnknownService, validate_answers
from marketplace.foundation.ids import AddressId, PersonId, ServiceId, derived
from marketplace.foundation.periods import Period
from marketplace.foundation.places import cell_centre
from marketplace.organizations.queries import home
from marketplace.people import queries as people
from marketplace.people.rules import NoSuchAddress
from marketplace.specialists import queries as specialists


@dataclass(frozen=True, slots=True)
class Place:
    """Where a plan's visits are, as coarse as jobs keep it."""

    address: AddressId
    zone: Zone
    cell: str | None


def place_of(session: Session, customer: UUID, address: UUID) -> Place:
    """An address in use, in a zone that is served. Refuses NoSuchAddress, PlaceUnknown, UnknownZone."""
    card = next((each for each in people.addresses_of(session, customer) if each.id == address), None)
    if card is None:
        raise NoSuchAddress()
    if card.zone_id is None:
        raise PlaceUnknown()
    return Place(card.id, catalogue.zone(session, card.zone_id), card.cell)


def service_of(session: Session, service: ServiceId, *, now: datetime) -> Service:
    """Work of one person that has a price beforehand. Refuses UnknownService, NoPriceBook, NotPlannable."""
    found = catalogue.service(session, service, now=now)
    if found.by_estimate or found.crew:
        raise NotPlannable()
    return found


def may_come_back(session: Session, service: ServiceId, *, now: datetime) -> bool:
    """Whether a plan can be made of this work: what `service_of` refuses is not offered."""
    try:
        service_of(session, service, now=now)
    except (UnknownService, NoPriceBook, NotPlannable):
        return False
    return True


def propose(session: Session, row: ServicePlan, *, today: date, now: datetime) -> PlanVisit | None:
    """Make the visit of the due day whose turn it is; None when nobody has time. The caller holds the plan's lock.

    Refuses NoSuchAddress, PlaceUnknown, UnknownZone, what `service_of` refuses, AnswersNotAccepted, NothingToPrice, and
    SlotTaken when the window has just gone. Raises vault.Erased.
    """
    service = service_of(session, ServiceId(row.service_id), now=now)
    place, wish = place_of(session, row.customer_id, row.address_id), record.wish_of(row)
    customer = PersonId(row.customer_id)
    them = wishes.who_came_last(session, customer, service.id) if wish.same_person else None
    days = days_to_try(record.interval_of(row), row.due_on, today=today)
    free = _free(session, row, days, _Search(service, place, wish, them), now=now)
    chosen = best(free, wish)
    if chosen is None:
        return None
    only = [them] if chosen.by_them and them is not None else None
    job = _request(session, row, place, free[chosen], only, now=now)
    if them is not None:
        wishes.wish(session, job, customer=customer, wanted=True, now=now)
    return _noted(session, row, job, as_wished=wish.fits(chosen.on_day, chosen.band), now=now)


@dataclass(frozen=True, slots=True)
class _Search:
    """What is looked for: `them` is who came last, where they are wished for."""

    service: Service
    place: Place
    wish: Wish
    them: PersonId | None


def _free(
    session: Session, row: ServicePlan, days: Sequence[date], wanted: _Search, *, now: datetime
) -> dict[Found, Period]:
    """The free parts of these days, until no later one could be better."""
    service, place, them = wanted.service, wanted.place, wanted.them
    minutes = requests.minutes_for(service, validate_answers(service.questions, record.answers_of(row)))
    point = cell_centre(place.cell) if place.cell else place.zone.centre
    policy = availability.policy(session)
    found: dict[Found, Period] = {}
    for on_day in days:
        if _is_settled(found, wanted.wish, on_day):
            break
        who = specialists.candidates(session, skills=service.skills, zone_id=place.zone.id, on=on_day)
        offers, theirs = (
            availability.windows_at(
                session, specialists=some, point=point, minutes=minutes, days=[on_day], now=now, policy=policy
            )
            for some in (who, [each for each in who if each.specialist == them])
        )
        codes = {offer.window.code for offer in theirs}
        for window in (offer.window for offer in offers if not offer.window.code.isdigit()):
            found[Found(on_day, window.code, len(found), window.code in codes)] = window.period
    return found


def _is_settled(found: dict[Found, Period], wish: Wish, on_day: date) -> bool:
    fitting = [each for each in found if wish.fits(each.on_day, each.band)]
    if not fitting:
        return False
    chosen = best(fitting, wish)
    late = on_day >= fitting[0].on_day + timedelta(days=SAME_PERSON_DAYS)
    return not wish.same_person or late or (chosen is not None and chosen.by_them)


def _request(
    session: Session,
    row: ServicePlan,
    place: Place,
    window: Period,
    only: Sequence[PersonId] | None,
    *,
    now: datetime,
) -> UUID:
    """The job, submitted, with its time set aside. The plan is its customer's standing word, so it is theirs."""
    command, me = record.visit_id(row.id, row.due_on, row.attempt), Actor(Role.CUSTOMER, row.customer_id)
    draft = Draft(
        service=ServiceId(row.service_id), answers=record.answers_of(row), address_id=place.address,
        zone_id=place.zone.id, cell=place.cell,
    )  # fmt: skip
    job = drafts.save_draft(session, draft, actor=me, command_id=command, now=now).job_id
    discounts.promise(session, job, code="plan", basis_points=row.discount_basis_points, now=now)
    requests.submit(session, job, actor=me, command_id=derived(command, "submit"), now=now)
    kept = timedelta(hours=home(session).settings["plan_hold_hours"])
    requests.hold_slot(
        session, job, window=window, actor=SYSTEM, command_id=derived(command, "hold"), now=now, keep_for=kept,
        only=only,
    )  # fmt: skip
    return job


def _noted(session: Session, row: ServicePlan, job: UUID, *, as_wished: bool, now: datetime) -> PlanVisit:
    made = PlanVisit(
        id=record.visit_id(row.id, row.due_on, row.attempt), plan_id=row.id, due_on=row.due_on, attempt=row.attempt,
        job_id=job, as_wished=as_wished, outcome=None, made_at=now,
    )  # fmt: skip
    session.add(made)
    if row.equipment_id is not None:
        named = {"job_id": job, "equipment_id": row.equipment_id, "customer_id": row.customer_id, "named_at": now}
        session.execute(insert(EquipmentVisit).values(named).on_conflict_do_nothing())
    session.flush()
    return made
