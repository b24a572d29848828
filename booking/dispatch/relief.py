"""A next job is offered to others before its promise breaks, when the job before it takes longer; all are told.

It stays with whoever has it until another accepts: nobody's customer is left without anybody (dispatch.md §6).
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import and_, exists, select
from sqlalchemy.orm import Session, aliased

from booking.availability import queries as availability
from booking.availability.pace import slowest, travel_minutes
from booking.availability.rules import Somebody
from booking.dispatch import asking, candidates, decisions, peers, standing, versions
from booking.dispatch.actions import withdraw_others
from booking.dispatch.candidates import Search
from booking.dispatch.rules import Mode, Rung, Steps, round_of
from booking.dispatch.soon_free import breaks_promise
from booking.dispatch.standing import UNDER_WAY
from booking.dispatch.versions import Version
from booking.jobs.tables import Job
from booking.jobs.words import State
from marketplace.foundation.ids import PersonId, derived
from marketplace.notices import actions as notices
from marketplace.organizations.queries import Organization, home

LEAD = timedelta(minutes=15)  # so long before the promise would break somebody else is looked for
AHEAD = timedelta(hours=3)
ON_TIME = "on_time"  # why such an offer is taken back: whoever has the job can keep the promise again
MOST = 100


def relieve(session: Session, *, now: datetime) -> list[UUID]:
    """Look at every job that waits for somebody who is still at work elsewhere; gives the new offers.

    Nothing happens where nobody else could be there in time. Offers go one after the other, and are taken back when
    the job before ends after all. Harmless to repeat.
    """
    here = home(session)
    version = versions.in_force(session, here.id)
    made: list[UUID] = []
    for row in _waiting(session, now=now):
        search = asking.search_for(session, row, now=now)
        if _breaks(session, row, search, now=now):
            made += _offer(session, here, row, search, version=version, now=now)
        else:
            live, _ = asking.asked(session, row.id, round_of(row.crews, Mode.RELIEF))
            if live:
                withdraw_others(session, row.id, but=None, now=now, reason=ON_TIME)
    return made


def _waiting(session: Session, *, now: datetime) -> Sequence[Job]:
    before = aliased(Job)
    at_work = exists().where(before.specialist_id == Job.specialist_id, before.state.in_(UNDER_WAY))
    soon = and_(Job.window_end > now, Job.window_end <= now + AHEAD)
    asked = select(Job).where(Job.state == State.ASSIGNED, Job.seats == 1, soon, at_work).order_by(Job.id).limit(MOST)
    fresh = asked.with_for_update(skip_locked=True, of=Job).execution_options(populate_existing=True)
    return session.scalars(fresh).all()


def _breaks(session: Session, row: Job, search: Search, *, now: datetime) -> bool:
    if row.specialist_id is None:
        return False
    who = PersonId(row.specialist_id)
    days = availability.days_of(session, [Somebody(who)], search.window, now=now)
    at_work = standing.busy(session, {who: days}, soon=search.window.end, now=now).get(who)
    if at_work is None:
        return False
    speed = slowest(search.policy.pace, now, search.window.end, search.policy.time_zone)
    way = timedelta(minutes=travel_minutes(at_work.place, search.place, speed=speed, pace=search.policy.pace))
    return breaks_promise(at_work.running, travel=way, promised_until=search.window.end - LEAD, now=now)


def _offer(
    session: Session, here: Organization, row: Job, search: Search, *, version: Version, now: datetime
) -> list[UUID]:
    steps, round = version.policy.steps, round_of(row.crews, Mode.RELIEF)
    rung = _rung(here, steps)
    asking.end_overdue(session, row, now=now)
    live, asked = asking.asked(session, row.id, round)
    if live or asked >= rung.asks_most:
        return []
    people = candidates.near(session, search, round=round, steps=steps, now=now)
    id, decision = decisions.made(
        session, row.id, rung.mode.value, people, exclusive=rung.exclusive, version=version, now=now,
        peers=peers.of(session, search, now=now),
    )  # fmt: skip
    ranked = enumerate(decision.ranked, start=1)
    offers = asking.offer_to(session, row, ranked, rung, round=round, most=1, decision_id=id, now=now)
    if offers and row.specialist_id is not None:
        key = derived("relief", row.id, row.crews, row.specialist_id, "asked")
        notices.send(session, to=PersonId(row.specialist_id), letter="relief", key=key, now=now, job=row.id)
    return offers


def _rung(here: Organization, steps: Steps) -> Rung:
    seconds = here.settings["offer_expiry_seconds"]
    return Rung(Mode.RELIEF, 1, steps.asks_most, seconds, exclusive=True, ask_again=False)
