"""Planning the days of many people anew at once, when it leaves more windows open than the plan that stands."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from booking.availability import queries
from booking.availability.actions.day_plans import moved_row, take_day
from booking.availability.days import Day, Entry, fixed, may_move, route_of, spans_on, unlike
from booking.availability.openings import ways_of
from booking.availability.replanning import Movable, Probe, replanned
from booking.availability.route import Planned
from booking.availability.rules import Candidate, Status, TimePolicy
from booking.availability.tables import Occupation
from booking.availability.windows import day_period
from marketplace.foundation.ids import JobId, PersonId
from marketplace.foundation.places import cell_centre


@dataclass(frozen=True, slots=True)
class Proposal:
    """A better plan of a day, as it was thought out without any lock: nothing stands until `carry_out`."""

    on_day: date
    days: Mapping[PersonId, Day]
    plans: Mapping[PersonId, tuple[Planned, ...]]

    def handed_on(self) -> dict[JobId, PersonId]:
        """The jobs that would change hands, and to whom they would go."""
        return {
            entry.booked.job: who
            for who, planned in self.plans.items()
            for each in planned
            if (entry := self.entries().get(each.stop.visit)) and entry.booked.job and entry.booked.specialist != who
        }

    def entries(self) -> dict[UUID, Entry]:
        """Every occupation of the days that change, by visit."""
        return {entry.booked.visit: entry for who in self.plans for entry in self.days[who].entries}


def propose(
    session: Session,
    on_day: date,
    specialists: Sequence[Candidate],
    alike: Mapping[UUID, frozenset[PersonId]],
    *,
    free: Iterable[UUID] = (),
    now: datetime,
    policy: TimePolicy,
    tries: int,
) -> Proposal:
    """Look for a plan of that local day that leaves more windows open; reads only.

    `alike`: for each visit everybody who could do such work there. Those in `free` may change hands, nobody has
    accepted them; all others stay with their person and may only be ordered anew.
    """
    may_change = frozenset(free)
    days = {
        day.specialist: day
        for day in queries.days_of(session, specialists, day_period(on_day, policy.time_zone), now=now)
        if day.on_day == on_day
    }
    movable: list[Movable] = []
    probes: list[Probe] = []
    for who, day in days.items():
        for entry in day.entries:
            if entry.cell is None or not may_move(entry, now=now, policy=policy):
                continue
            visit, own = entry.booked.visit, frozenset({who})
            able = frozenset(alike.get(visit, own) & days.keys()) | own
            movable.append(Movable(visit, able if visit in may_change else own))
            probes.append(Probe(cell_centre(entry.cell), entry.minutes, able))
    plans = replanned(
        {who: route_of(day, now=now, policy=policy) for who, day in days.items()},
        movable,
        probes,
        spans_on(on_day, now=now, policy=policy),
        ways_of(policy.pace),
        tries=tries,
        seed=sum(day.version for day in days.values()),
    )
    return Proposal(on_day, days, plans)


def carry_out(session: Session, proposal: Proposal, *, now: datetime) -> bool:
    """Let the proposal be the plan, if none of its days has changed since. False, and no effect, when one has.

    Promised windows stay; each visit that moves is released and written anew (dispatch.md §3).
    """
    savepoint = session.begin_nested()
    for who in sorted(proposal.plans):
        if take_day(session, who, proposal.on_day) != proposal.days[who].version + 1:
            savepoint.rollback()
            return False
    if not _written(session, proposal, now=now):
        savepoint.rollback()
        return False
    savepoint.commit()
    return True


def _written(session: Session, proposal: Proposal, *, now: datetime) -> bool:
    entries = proposal.entries()
    anew = [
        (entries[each.stop.visit], who, each)
        for who, planned in proposal.plans.items()
        for each in planned
        if not fixed(entries[each.stop.visit]) and unlike(entries[each.stop.visit], who, each)
    ]
    if not anew:
        return True
    old = [entry.row for entry, _, _ in anew]
    standing = update(Occupation).where(Occupation.id.in_(old), Occupation.status.in_((Status.HELD, Status.CONFIRMED)))
    freed = session.scalars(standing.values(status=Status.RELEASED).returning(Occupation.id))
    if len(list(freed)) != len(old):
        return False
    rows = [dict(moved_row(entry, each, now=now)) | {"specialist_id": who} for entry, who, each in anew]
    written = session.scalars(insert(Occupation).values(rows).on_conflict_do_nothing().returning(Occupation.id))
    return len(list(written)) == len(rows)
