"""What is told of a crew: to those who are asked for a seat or have one, to the customer, and to the desk."""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, select, union_all
from sqlalchemy.orm import Session

from booking.jobs import crews, terms
from booking.jobs.tables import CrewSeat, Job
from booking.pricing.rules import Pay
from marketplace.foundation.ids import PersonId


@dataclass(frozen=True, slots=True)
class SeatView:
    """One seat: who has it, what it needs beside the trade, and since when its holder is there."""

    seat: int
    specialist: PersonId | None
    needs: tuple[str, ...]
    percent: int
    present_at: datetime | None

    @property
    def leads(self) -> bool:
        return self.seat == crews.LEAD


@dataclass(frozen=True, slots=True)
class CrewView:
    """The crew of a job, the lead's seat first. All of them begin at `meets_at`."""

    seats: tuple[SeatView, ...]
    meets_at: datetime | None

    @property
    def found(self) -> int:
        """How many of them are found."""
        return sum(each.specialist is not None for each in self.seats)

    @property
    def is_whole(self) -> bool:
        return self.found == len(self.seats)

    def of(self, person: UUID) -> SeatView | None:
        """The seat that somebody has."""
        return next((each for each in self.seats if each.specialist == person), None)


def crew_of(session: Session, job_id: UUID) -> CrewView | None:
    """The crew of a job whose time has been chosen; None for what one person does."""
    row = session.get(Job, job_id)
    if row is None or row.seats == 1 or row.quote is None:
        return None
    places = terms.from_document(row.quote).crew
    seats = crews.seats(session, row.id)
    if len(places) != len(seats):
        return None
    return CrewView(
        tuple(
            SeatView(
                each.seat, None if each.specialist_id is None else PersonId(each.specialist_id), place.needs,
                place.percent, each.present_at,
            )
            for each, place in zip(seats, places, strict=True)
        ),
        seats[0].meets_at,
    )  # fmt: skip


def part(row: Job, pay: Pay, seat: int) -> Pay:
    """What a seat of this job earns of that pay; all of it where one person does the job."""
    if row.seats == 1 or row.quote is None:
        return pay
    shares = terms.shared(terms.from_document(row.quote), pay)
    return shares[seat - 1] if seat <= len(shares) else replace(pay)


def part_of(session: Session, job_id: UUID, pay: Pay, seat: int) -> Pay:
    """As `part`, of a job by its id."""
    row = session.get(Job, job_id)
    return pay if row is None else part(row, pay, seat)


def part_for(session: Session, row: Job, pay: Pay, specialist: UUID) -> Pay:
    """What somebody earns of that pay, as one of its crew or alone."""
    if row.seats == 1:
        return pay
    asked = select(CrewSeat.seat).where(CrewSeat.job_id == row.id, CrewSeat.specialist_id == specialist)
    seat = session.scalar(asked)
    return pay if seat is None else part(row, pay, seat)


def theirs(specialist: UUID) -> ColumnElement[bool]:
    """Jobs that somebody has, alone, as the lead, or as one of the crew."""
    alone = select(Job.id).where(Job.specialist_id == specialist)
    seated = select(CrewSeat.job_id).where(CrewSeat.specialist_id == specialist)
    return Job.id.in_(union_all(alone, seated))
