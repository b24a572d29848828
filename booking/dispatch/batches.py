"""Jobs that begin soon, matched together every few seconds, so that the sum of the ways is least and not the first one.

One transaction, no call to anywhere: a lock of the market, the open jobs, who may come, the scores, the matching, and
then its decision and its offers. A job for which nobody competes does not wait for the next batch (dispatch.md §6).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, select, tuple_
from sqlalchemy.orm import Session

from booking.dispatch import asking, bid_queries, candidates, decisions, peers, versions
from booking.dispatch.actions import note_given_back
from booking.dispatch.candidates import Search
from booking.dispatch.peers import Peers
from booking.dispatch.rules import (
    ANSWER_GRACE,
    LIVE,
    MINUTE,
    Candidate,
    Decision,
    Mode,
    Rung,
    decide,
    ladder,
    round_of,
    worth_of_waiting,
)
from booking.dispatch.tables import Offer
from booking.dispatch.versions import Version
from booking.jobs.tables import Job
from booking.jobs.words import State
from marketplace.catalogue.tables import ServiceSkill
from marketplace.foundation.ids import derived, uuid7
from marketplace.foundation.outbox import enqueue
from marketplace.organizations.queries import Organization, home

MARKET = 7_236_105  # the class of advisory locks: one batch at a time in each market
JOBS_MOST = 50  # what is left is the next batch's: nobody who calls a job off waits for longer than some seconds
MOMENT = timedelta(seconds=1)
BUSY = "other_offer"  # the one rule that time undoes within seconds


@dataclass
class Gathered:
    """The jobs of one batch as they come in: each with its row, its search's rung and its stored decision.

    `nobody_of`: what leaving each for the next batch costs. `groups` are looked up once for each trade and zone.
    """

    id: UUID = field(default_factory=uuid7)
    rows: dict[UUID, tuple[Job, Rung, int]] = field(default_factory=dict)
    decided: dict[UUID, tuple[UUID, Decision]] = field(default_factory=dict)
    nobody_of: dict[UUID, int] = field(default_factory=dict)
    groups: dict[peers.Whose, Peers] = field(default_factory=dict)
    waiting: bool = False


def run(session: Session, *, after: UUID | None = None, now: datetime) -> UUID | None:
    """Match the open jobs of the market that begin soon; gives the id of the matching, if there was one.

    Leaves at once while another batch of this market is at work. Whoever remains without an offer is in the next. Where
    there are more than one batch takes, another goes on at once `after` its last job: none waits behind jobs for which
    nobody is near. Those that may want the same people stand together.
    """
    here = home(session)
    locked = select(func.pg_try_advisory_xact_lock(MARKET, func.hashtext(str(here.id))))
    if not session.scalar(locked):
        if after is None:
            next_tick(session, here, now=now)
        else:
            enqueue(session, "dispatch.batch", due_at=now + MOMENT, after=after)
        return None
    version = versions.in_force(session, here.id)
    rows = _open_jobs(session, version, after=after, now=now)
    if len(rows) == JOBS_MOST:
        last = rows[-1].id
        enqueue(session, "dispatch.batch", key=derived("batch_on", here.id, last, int(now.timestamp())), after=last)
    gathered = Gathered(waiting=len(rows) == JOBS_MOST)
    for row in rows:
        _gather(session, here, row, gathered, version=version, now=now)
    if not gathered.decided:
        if gathered.waiting:
            next_tick(session, here, now=now)
        return None
    offers = _matched(session, gathered, version=version, now=now)
    if gathered.waiting or len(offers) < len(gathered.rows):
        next_tick(session, here, now=now)
    return gathered.id


def enter(
    session: Session, row: Job, search: Search, rung: Rung, *, round: int, version: Version, now: datetime
) -> tuple[list[UUID], bool]:
    """A job that begins soon looks for somebody: at once when nobody competes, else in the next batch.

    Gives the offers made, and whether the job waits. Neither, when nobody is left whom a batch could ask.
    """
    people = candidates.near(session, search, round=round, steps=version.policy.steps, now=now)
    likely = decide(people, seed=0, exclusive=rung.exclusive, weights=version.policy.weights)
    free_soon = any(each.rule == BUSY for each in likely.excluded)
    if not likely.ranked and not free_soon:
        return [], False
    if not likely.ranked or not _alone(session, row, search, version=version, now=now):
        next_tick(session, home(session), now=now)
        return [], True
    gathered = Gathered()
    _enter(session, row, search, people, gathered, rung=rung, round=round, version=version, now=now)
    offers = _matched(session, gathered, version=version, now=now)
    if not offers:
        next_tick(session, home(session), now=now)
    return offers, not offers


def next_tick(session: Session, here: Organization, *, now: datetime) -> None:
    """Ask for the next batch of the market; however many ask, it is one."""
    every = here.settings["offer_batch_seconds"]
    beat = int(now.timestamp()) // every + 1
    due = datetime.fromtimestamp(beat * every, UTC)
    enqueue(session, "dispatch.batch", due_at=due, key=derived("batch", here.id, every, beat))


def _open_jobs(session: Session, version: Version, *, after: UUID | None, now: datetime) -> Sequence[Job]:
    """The open jobs that begin soon and have no offer, locked; one that somebody is at work on is in the next batch."""
    places = Job.service_id, Job.published_at, Job.id
    asked = select(Job).where(_looking(version, now=now)).order_by(*places).limit(JOBS_MOST)
    if after is not None:
        asked = asked.where(tuple_(*places) > select(*places).where(Job.id == after).scalar_subquery())
    fresh = asked.with_for_update(skip_locked=True).execution_options(populate_existing=True)
    return session.scalars(fresh).all()


def _looking(version: Version, *, now: datetime) -> ColumnElement[bool]:
    answered_yet = (
        select(Offer.id)
        .where(Offer.job_id == Job.id, Offer.state.in_(LIVE), Offer.expires_at >= now - ANSWER_GRACE)
        .exists()
    )
    return and_(
        Job.state == State.OPEN,
        Job.specialist_id.is_(None),
        Job.seats == 1,
        Job.window_start <= now + version.policy.steps.soon_minutes * MINUTE,
        ~answered_yet,
        ~bid_queries.going_on(),
    )


def _gather(session: Session, here: Organization, row: Job, into: Gathered, *, version: Version, now: datetime) -> None:
    note_given_back(session, row.id)
    asking.end_overdue(session, row, now=now)
    search = asking.search_for(session, row, now=now)
    for rung in ladder(here.settings, version.policy.steps, soon=True, wished=search.wished is not None):
        round = round_of(row.crews, rung.mode)
        _, asked = asking.asked(session, row.id, round)
        if asked >= rung.asks_most:
            continue
        if rung.mode is Mode.BATCH:
            people = candidates.near(session, search, round=round, steps=version.policy.steps, now=now)
            if _enter(session, row, search, people, into, rung=rung, round=round, version=version, now=now):
                return
        break
    # Whom the customer asked for comes first, several at once come last: each is a search of its own.
    enqueue(session, "dispatch.match", key=derived("match_beyond", row.id, row.version), id=row.id)


def _enter(
    session: Session,
    row: Job,
    search: Search,
    people: Sequence[Candidate],
    into: Gathered,
    *,
    rung: Rung,
    round: int,
    version: Version,
    now: datetime,
) -> bool:
    """Whether a batch can do something for the job: there is somebody, now or as soon as an offer elsewhere ends."""
    if not people:
        return False
    plainly = decide(people, seed=0, exclusive=rung.exclusive, weights=version.policy.weights)
    if not plainly.ranked:
        into.waiting = into.waiting or any(each.rule == BUSY for each in plainly.excluded)
        return any(each.rule == BUSY for each in plainly.excluded)
    group = into.groups.get(peers.whose(search)) or peers.of(session, search, now=now)
    into.groups[peers.whose(search)] = group
    into.rows[row.id] = row, rung, round
    into.nobody_of[row.id] = worth_of_waiting(
        version.policy.steps, waited=now - _looked_for_since(row, version, now),
        near_minutes=peers.near_minutes(group, search, version.policy.steps, now=now),
        around_minutes=search.policy.pace.around_minutes,
    )  # fmt: skip
    into.decided[row.id] = decisions.made(
        session, row.id, rung.mode.value, people, exclusive=rung.exclusive, version=version, now=now, peers=group,
        batch_id=into.id,
    )  # fmt: skip
    return True


def _looked_for_since(row: Job, version: Version, now: datetime) -> datetime:
    """Since it was published, or since it begins so soon that batches look at it."""
    soon = version.policy.steps.soon_minutes * MINUTE
    return max(row.published_at or now, (row.window_start or now) - soon)


def _matched(session: Session, gathered: Gathered, *, version: Version, now: datetime) -> list[UUID]:
    batch = decisions.matched(
        session, gathered.id, gathered.decided, nobody_of=gathered.nobody_of, version=version, now=now
    )
    offers = []
    for pair in batch.chosen:
        row, rung, round = gathered.rows[pair.job]
        decision_id, decision = gathered.decided[pair.job]
        ranked = [one for one in enumerate(decision.ranked, start=1) if one[1].specialist_id == pair.specialist]
        offers += asking.offer_to(session, row, ranked, rung, round=round, most=1, decision_id=decision_id, now=now)
    return offers


def _alone(session: Session, row: Job, search: Search, *, version: Version, now: datetime) -> bool:
    """Whether no other open job that begins soon could want the same people."""
    others = select(Job.service_id).where(_looking(version, now=now), Job.id != row.id)
    rivals = select(ServiceSkill.skill).where(
        ServiceSkill.service_id.in_(others), ServiceSkill.skill.in_(search.skills)
    )
    return session.scalar(rivals.limit(1)) is None
