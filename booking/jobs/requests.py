"""From draft to request: the price that is shown and frozen, the submission, the time that is held while paying."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from booking.availability import queries as availability
from booking.availability.crew_queries import windows_for_crew
from booking.availability.rules import WindowOffer
from booking.jobs import actions, crews, discounts, record, slots, terms, timers, visits
from booking.jobs.actions import Fired
from booking.jobs.changes import Columns
from booking.jobs.rules import Actor
from booking.jobs.tables import Job
from booking.jobs.terms import Terms
from booking.jobs.words import Event, State
from booking.pricing import estimating
from booking.pricing import rules as pricing
from booking.pricing.policy import CancellationPolicy, PricePolicy
from booking.pricing.rules import Adjustment
from marketplace.catalogue import queries as catalogue
from marketplace.catalogue.queries import Service
from marketplace.catalogue.rules import (
    Answer,
    chosen_lines,
    validate_answers,
    visit_minutes,
)
from marketplace.foundation.ids import PersonId, ServiceId, ZoneId
from marketplace.foundation.money import Money
from marketplace.foundation.periods import Period
from marketplace.foundation.places import Point
from marketplace.organizations.queries import Organization, home
from marketplace.specialists import queries as specialists
from marketplace.specialists.queries import Candidate, local_day
from payments.promotions import actions as promotions
from payments.rates import queries as rates
from payments.wallets.rules import TAX_CODE

EVENING_FROM = 18  # hour on the wall of the town


def terms_for(
    session: Session,
    service: ServiceId,
    answers: Mapping[str, Answer],
    *,
    window: Period | None,
    now: datetime,
    promised: Sequence[Adjustment] = (),
) -> Terms:
    """What this would cost now and by which rules: the calculator, the booking page and the submission ask this.
    `promised` is what the house takes off beforehand (`discounts`).

    Refuses AnswersNotAccepted, UnknownService, NoPriceBook, NothingToPrice.
    """
    asked = catalogue.service(session, service, now=now)
    organization = home(session, service=asked.key)
    accepted = validate_answers(asked.questions, answers)
    policy, cancellation = policies(session, asked, now=now)
    return Terms(
        quote=pricing.quote(
            asked.lines,
            accepted,
            service=asked.key,
            currency=asked.currency,
            book_version=str(asked.price_book_version),
            policy=policy,
            now=now,
            adjustments=[*_adjustments(organization, window), *promised],
            minimum=Money(0 if asked.by_estimate else organization.settings["minimum_charge"], asked.currency),
        ),
        price=policy,
        cancellation=cancellation,
        crew=asked.crew,
    )


def policies(session: Session, service: Service, *, now: datetime) -> tuple[PricePolicy, CancellationPolicy]:
    """By which rules work of this service is paid and called off, if it is agreed on now."""
    organization = home(session, service=service.key)
    price = terms.price_policy(
        organization.settings, commission=rates.rule_in_force(session, service.currency, at=now),
        tax=rates.tax_in_force(session, TAX_CODE, at=now),
    )  # fmt: skip
    cancellation = terms.cancellation_policy(
        organization.cancellation, organization.settings, currency=service.currency
    )
    return price, cancellation


def minutes_for(service: Service, answers: Mapping[str, Answer]) -> int:
    """How long the visit takes with these accepted answers."""
    return visit_minutes(service.minutes, chosen_lines(service.lines, answers))


def submit(
    session: Session,
    job_id: UUID,
    *,
    actor: Actor,
    command_id: UUID,
    now: datetime,
    expected_version: int | None = None,
) -> Fired:
    """Make a request of a draft: the answers are checked, the price is frozen with its hash (E.4 #2).

    Of a service by estimate this is the visit, and the work is asked for with it (`visits.ask_for_quote`).
    Refuses AnswersNotAccepted with every fault, and what `actions.fire` refuses.
    """
    row = record.locked(session, job_id)
    columns: Columns = {}
    if row.state == State.DRAFT:
        columns = _priced(session, row, now=now)
    done = actions.carry_out(
        session, row, Event.SUBMIT, actor=actor, command_id=command_id, expected_version=expected_version, now=now,
        facts={}, columns=columns,
    )  # fmt: skip
    if columns and catalogue.service(session, ServiceId(row.service_id), now=now).by_estimate:
        visits.ask_for_quote(session, row, actor=actor, command_id=command_id, now=now)
    return done


def hold_slot(
    session: Session,
    job_id: UUID,
    *,
    window: Period,
    actor: Actor,
    command_id: UUID,
    now: datetime,
    expected_version: int | None = None,
    keep_for: timedelta | None = None,
    only: Sequence[PersonId] | None = None,
) -> Fired:
    """Set a window aside for a request while its customer pays (E.4 #4), with whoever of the trade can come best.

    Another window may have another price: the quote is then frozen anew, before anything is paid; what was agreed after
    an estimate stays as it was agreed.
    What the house proposes by itself is kept longer, `keep_for`, and is none of the customer's own holds; `only`
    narrows who comes. Refuses SlotTaken with the next best windows, TooManyHolds, and what `actions.fire` refuses.
    """
    row = record.locked(session, job_id)
    columns: Columns = {}
    told = record.told_before(session, row.id, Event.HOLD_SLOT, actor, command_id)
    if told is None and row.state == State.REQUESTED and row.funded_at is None and row.zone_id is not None:
        columns = _priced(session, row, now=now, window=window)
        if columns.get("seats", row.seats) > 1:
            columns |= crews.hold(
                session, row, people=crew_for(session, row, window, now=now), window=window,
                minutes=columns["minutes"], command_id=command_id, now=now,
            )  # fmt: skip
        else:
            columns |= slots.hold(
                session, row, specialists=people_for(session, row, window, now=now, only=only), window=window,
                minutes=columns["minutes"], command_id=command_id, now=now, keep_for=keep_for,
            )  # fmt: skip
    return actions.carry_out(
        session, row, Event.HOLD_SLOT, actor=actor, command_id=command_id, expected_version=expected_version, now=now,
        facts={}, columns=columns,
    )  # fmt: skip


def let_slot_go(session: Session, job_id: UUID, *, now: datetime) -> None:
    """An unpaid hold has run out: the request stays, without a time. Nothing happens to a newer or a paid hold."""
    row = record.locked(session, job_id)
    if row.slot_until is not None and row.slot_until <= now and row.funded_at is None:
        record.swap(session, row, (crews if row.seats > 1 else slots).let_go(session, row, now=now))


def keep_slot(session: Session, job_id: UUID, *, now: datetime) -> None:
    """The customer is on the way to the bank: a hold that still stands gets its one extension, so that it does not
    lapse while they type there. Once for each hold; what is not held, paid for or extended already stays as it is.
    """
    row = record.locked(session, job_id)
    if row.slot_until is not None and row.slot_until > now and row.funded_at is None:
        until = (crews if row.seats > 1 else slots).extend(session, row, now=now)
        if until is not None:
            row.slot_until = until  # no event of the job: the version that the customer's page knows stays right
            timers.hold_ends(session, row)
            session.flush()


def people_for(
    session: Session, row: Job, window: Period, *, now: datetime, only: Sequence[PersonId] | None = None
) -> list[Candidate]:
    """Whoever has the skills, stands well and serves the zone on that day; their time is another question."""
    if row.zone_id is None:
        return []
    service = catalogue.service(session, ServiceId(row.service_id), now=now)
    day = local_day(window.start, home(session).time_zone)
    return specialists.candidates(session, skills=service.skills, zone_id=ZoneId(row.zone_id), on=day, only=only)


def crew_for(session: Session, row: Job, window: Period, *, now: datetime) -> list[list[Candidate]]:
    """For each seat of the job's crew whoever may do its work."""
    if row.zone_id is None:
        return []
    service = catalogue.service(session, ServiceId(row.service_id), now=now)
    return _crew_of(session, service, ZoneId(row.zone_id), local_day(window.start, home(session).time_zone))


def windows_on(
    session: Session,
    service: Service,
    zone: ZoneId,
    point: Point,
    *,
    minutes: int,
    days: Sequence[date],
    people_on: date,
    now: datetime,
) -> tuple[WindowOffer, ...]:
    """The windows of these local days that can be promised now for this service: somebody can come, or a whole crew.

    `people_on`: the day on which they must be verified.
    """
    policy = availability.policy(session)
    if service.crew:
        return windows_for_crew(
            session, seats=_crew_of(session, service, zone, people_on), point=point, minutes=minutes, days=days,
            now=now, policy=policy,
        )  # fmt: skip
    who = specialists.candidates(session, skills=service.skills, zone_id=zone, on=people_on)
    return availability.windows_at(
        session, specialists=who, point=point, minutes=minutes, days=days, now=now, policy=policy
    )


def _crew_of(session: Session, service: Service, zone: ZoneId, on: date) -> list[list[Candidate]]:
    able: dict[tuple[str, ...], list[Candidate]] = {}
    for seat in service.crew:
        if seat.needs not in able:
            skills = (*service.skills, *seat.needs)
            able[seat.needs] = specialists.candidates(session, skills=skills, zone_id=zone, on=on)
    return [able[seat.needs] for seat in service.crew]


def _priced(session: Session, row: Job, *, now: datetime, window: Period | None = None) -> Columns:
    if estimating.is_agreed(row.quote):
        return {"minutes": row.minutes}
    answers = record.opened(row, "answers")
    chosen = window or record.standing(row, now=now).window
    discount = discounts.of_job(session, row.id)
    made = terms_for(session, ServiceId(row.service_id), answers, window=chosen, now=now, promised=discount)
    service = catalogue.service(session, ServiceId(row.service_id), now=now)
    promised: Columns = {}
    if row.promo_minor is not None:
        off = promotions.again_for(session, job=row.id, price=made.quote.total, now=now)
        promised = {"promo_minor": None if off is None else off.minor or None}
    return promised | {
        "quote": terms.document(made),
        "quote_hash": made.quote.hash,
        "price_minor": made.quote.total.minor,
        "seats": max(1, len(made.crew)),
        "minutes": minutes_for(service, validate_answers(service.questions, answers)),
    }


def _adjustments(organization: Organization, window: Period | None) -> list[Adjustment]:
    rate = organization.settings["evening_surcharge_basis_points"]
    if window is None or not rate:
        return []
    hour = window.start.astimezone(ZoneInfo(organization.time_zone)).hour
    return [Adjustment("evening", rate, (("from_hour", EVENING_FROM),))] if hour >= EVENING_FROM else []
