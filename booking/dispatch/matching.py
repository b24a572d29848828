"""The search for somebody: climb the ladder rung by rung, ask the best who have not been asked, give up at its end."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.dispatch import asking, batches, bid_queries, candidates, decisions, peers, versions
from booking.dispatch.actions import note_given_back
from booking.dispatch.candidates import Search
from booking.dispatch.rules import LIVE, Candidate, Mode, Rung, begins_soon, is_over, ladder, round_of
from booking.dispatch.tables import Offer
from booking.dispatch.versions import Version
from booking.jobs import actions as jobs
from booking.jobs import crews, record
from booking.jobs.rules import SYSTEM
from booking.jobs.tables import Job
from booking.jobs.words import Event, State
from marketplace.foundation.ids import derived
from marketplace.foundation.outbox import enqueue
from marketplace.organizations.queries import home


def match(session: Session, job_id: UUID, *, now: datetime) -> list[UUID]:
    """Ask whom the ladder says, as long as the job is open; gives the new offers.

    While an offer of the present rung is live nobody else is asked beyond what the rung allows. A job that begins soon
    waits for the next batch, unless no other job could want the same people. While a round of bids is under way nobody
    is asked. When every rung has nobody left and no offer is live, the job expires and everything is given back (E.4
    #33). Harmless to repeat.
    """
    row = record.locked(session, job_id)
    if row.state != State.OPEN or row.specialist_id is not None or bid_queries.has_round(session, row.id):
        return []
    note_given_back(session, row.id)
    asking.end_overdue(session, row, now=now)
    if row.seats > 1:
        return _match_crew(session, row, now=now)
    here = home(session)
    version, search = versions.in_force(session, here.id), asking.search_for(session, row, now=now)
    soon = begins_soon(search.window.start, version.policy.steps, now=now)
    for rung in ladder(here.settings, version.policy.steps, soon=soon, wished=search.wished is not None):
        round = round_of(row.crews, rung.mode)
        live, asked = asking.asked(session, row.id, round)
        wanted = min(rung.at_once - live, rung.asks_most - asked)
        if rung.mode is Mode.BATCH and wanted > 0:
            made, waits = batches.enter(session, row, search, rung, round=round, version=version, now=now)
            if waits:
                return []
        else:
            made = _ask(session, row, search, rung, round=round, most=wanted, version=version, now=now)
        if made or live:
            return made
    _give_up(session, row, now=now)
    return []


def _match_crew(session: Session, row: Job, *, now: datetime) -> list[UUID]:
    """Look for somebody for each free seat at the same time, one after the other in each; a crew waits for no batch.

    Whoever is asked for one seat, or has one, is not asked for another. Where a seat's ladder has nobody left, there is
    no crew, and the job expires.
    """
    here = home(session)
    version = versions.in_force(session, here.id)
    made: list[UUID] = []
    for seat in [each for each in crews.seats(session, row.id) if each.specialist_id is None]:
        search = asking.search_for(session, row, now=now, seat=seat.seat)
        for rung in ladder(here.settings, version.policy.steps, wished=search.wished is not None):
            round = round_of(seat.searches, rung.mode)
            live, asked = asking.asked(session, row.id, round, seat=seat.seat)
            wanted = min(rung.at_once - live, rung.asks_most - asked)
            new = _ask(session, row, search, rung, round=round, most=wanted, version=version, now=now)
            made += new
            if new or live:
                break
        else:
            _give_up(session, row, now=now)
            return []
    return made


def ask(session: Session, job_id: UUID, rung: Rung, *, round: int, now: datetime) -> list[UUID]:
    """Offer an open job to as many as this one rung asks at once: a round of a dispatcher's own making."""
    row = record.locked(session, job_id)
    if row.state != State.OPEN or row.specialist_id is not None:
        return []
    version, search = versions.in_force(session, home(session).id), asking.search_for(session, row, now=now)
    return _ask(session, row, search, rung, round=round, most=rung.at_once, version=version, now=now)


def expire_offer(session: Session, offer_id: UUID, *, now: datetime) -> bool:
    """An offer's time is over: it is honoured a moment longer, then the next is asked. False when it was not over."""
    job_id = session.scalar(select(Offer.job_id).where(Offer.id == offer_id))
    if job_id is None:
        return False
    row = record.locked(session, job_id)
    offer = session.get_one(Offer, offer_id, with_for_update=True, populate_existing=True)
    if offer.state not in LIVE or not is_over(offer.expires_at, now):
        return False
    asking.expired(session, row, offer, now=now)
    enqueue(session, "dispatch.match", key=derived("match_after", offer.id), id=row.id)
    return True


def _ask(
    session: Session,
    row: Job,
    search: Search,
    rung: Rung,
    *,
    round: int,
    most: int,
    version: Version,
    now: datetime,
) -> list[UUID]:
    if most <= 0:
        return []
    people = _people(session, search, rung, round=round, now=now)
    if not people:
        return []
    id, decision = decisions.made(
        session, row.id, rung.mode.value, people, exclusive=rung.exclusive, version=version, now=now,
        peers=peers.of(session, search, now=now),
    )  # fmt: skip
    ranked = enumerate(decision.ranked, start=1)
    return asking.offer_to(
        session, row, ranked, rung, round=round, most=most, decision_id=id, now=now, seat=search.seat
    )


def _people(session: Session, search: Search, rung: Rung, *, round: int, now: datetime) -> list[Candidate]:
    only = [search.wished] if rung.mode is Mode.CHOSEN and search.wished is not None else None
    return candidates.eligible(session, search, round=round, ask_again=rung.ask_again, now=now, only=only)


def _give_up(session: Session, row: Job, *, now: datetime) -> None:
    jobs.carry_out(
        session, row, Event.EXPIRE, actor=SYSTEM, command_id=derived("job", row.id, "expire"), now=now,
        facts={"reason": "nobody_found"},
    )  # fmt: skip
