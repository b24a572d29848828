"""Verbs of dispatch: search and offer, accept, decline, run out, assign by hand. One lock order everywhere: the job's
row, its offers, people's days, wallets (dispatch.md §6)."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from booking.availability.rules import HoldOver, SlotTaken
from booking.dispatch.rules import (
    GIVEN_BACK,
    LIVE,
    Mode,
    OfferGone,
    OfferNotFound,
    OfferState,
    OverlapsYourDay,
    is_over,
)
from booking.dispatch.tables import Offer
from booking.jobs import actions as jobs
from booking.jobs import crews, record
from booking.jobs.rules import SYSTEM, Actor, Facts, JobNotFound
from booking.jobs.tables import CrewSeat, Job
from booking.jobs.words import Event, Role, State
from marketplace.foundation.errors import Refused
from marketplace.foundation.ids import JobId, OfferId, PersonId, derived
from marketplace.foundation.news import announce
from marketplace.foundation.outbox import enqueue
from marketplace.notices import actions as notices
from payments.ledger.rules import DebtLimitReached

CASH_DEBT = "cash_debt"
OVERLAP = "overlap"
TAKEN = "taken"
CALLED_OFF = "called_off"


@dataclass(frozen=True, slots=True)
class Answered:
    """What became of an answer to an offer; `again` when it had been given before.

    `refusal` is set when the answer was recorded and yet could not be granted (the day had filled, or too much is
    owed): commit first, then raise it; the search goes on without this person.
    """

    offer_id: OfferId
    job_id: JobId
    state: OfferState
    again: bool = False
    refusal: Refused | None = None


def accept(
    session: Session,
    offer_id: UUID,
    *,
    specialist: PersonId,
    command_id: UUID,
    now: datetime,
    device_at: datetime | None = None,
) -> Answered:
    """Take the job (E.4 #12). Whoever won is told so as often as they ask, with whatever command (reliability.md R4).

    Refuses OfferNotFound for an offer of somebody else, OfferGone when it is over or another was quicker.
    """
    row, offer = _locked(session, offer_id, specialist)
    holders = crews.members(session, row) if row.seats > 1 else (row.specialist_id,)
    if offer.state == OfferState.ACCEPTED and specialist in holders:
        return _answered(offer, again=True)
    if offer.state not in LIVE:
        raise OfferGone(offer.state, offer.reason_code)
    if is_over(offer.expires_at, now):
        raise OfferGone(OfferState.EXPIRED, None)
    relieved = _relieved(row, offer)
    if row.seats > 1 and (specialist in holders or crews.has_holder(session, row, offer.seat)):
        raise OfferGone(OfferState.WITHDRAWN, TAKEN)
    if relieved is None and (row.state != State.OPEN or row.specialist_id is not None):
        raise OfferGone(OfferState.WITHDRAWN, TAKEN if row.specialist_id is not None else CALLED_OFF)
    try:
        with session.begin_nested():
            if relieved is None:
                event = Event.ACCEPT if row.seats == 1 or len(holders) + 1 == row.seats else Event.TAKE_SEAT
                jobs.fire(
                    session, row.id, event, actor=Actor(Role.SPECIALIST, specialist), command_id=command_id,
                    device_at=device_at, now=now, **_facts(row, offer),
                )  # fmt: skip
            else:
                _take_over(session, row, offer, relieved, command_id=command_id, device_at=device_at, now=now)
    except (SlotTaken, HoldOver):
        return _turned_down(session, row, offer, OVERLAP, OverlapsYourDay(), now=now)
    except DebtLimitReached as refusal:
        return _turned_down(session, row, offer, CASH_DEBT, refusal, now=now)
    _close(session, offer, OfferState.ACCEPTED, now=now, command_id=command_id)
    withdraw_others(session, row.id, but=offer.id, now=now, seat=offer.seat, person=specialist)
    return _answered(offer)


def decline(
    session: Session,
    offer_id: UUID,
    *,
    specialist: PersonId,
    command_id: UUID,
    now: datetime,
    reason: str | None = None,
    device_at: datetime | None = None,
) -> Answered:
    """Say no; one tap, a reason is optional. The next is asked. Twice is once.

    Refuses OfferNotFound, OfferGone, ReasonNeeded for a reason that is not on the list.
    """
    row, offer = _locked(session, offer_id, specialist)
    if offer.state == OfferState.DECLINED:
        return _answered(offer, again=True)
    if offer.state not in LIVE:
        raise OfferGone(offer.state, offer.reason_code)
    if row.state == State.OPEN:
        facts: Facts = {"offer_id": offer.id} if reason is None else {"offer_id": offer.id, "reason": reason}
        jobs.carry_out(
            session, row, Event.DECLINE, actor=Actor(Role.SPECIALIST, specialist), command_id=command_id,
            device_at=device_at, now=now, facts=facts,
        )  # fmt: skip
    _close(session, offer, OfferState.DECLINED, now=now, reason=reason, command_id=command_id)
    _search_on(session, offer)
    return _answered(offer)


def see(session: Session, offer_id: UUID, *, specialist: PersonId, now: datetime) -> Answered:
    """It is on their screen. An offer that ran out unseen does not count as a refusal. Refuses OfferNotFound."""
    row, offer = _locked(session, offer_id, specialist)
    if offer.state != OfferState.SENT:
        return _answered(offer, again=True)
    if row.state == State.OPEN:
        jobs.carry_out(
            session, row, Event.SEEN, actor=Actor(Role.SPECIALIST, specialist), command_id=derived("seen", offer.id),
            now=now, facts={"offer_id": offer.id},
        )  # fmt: skip
    offer.state, offer.seen_at = OfferState.SEEN.value, now
    session.flush()
    return _answered(offer)


def withdraw_all(session: Session, job_id: UUID, *, now: datetime) -> None:
    """The job is no longer looking for anybody: its offers disappear from every screen."""
    record.locked(session, job_id)
    withdraw_others(session, job_id, but=None, now=now, reason=CALLED_OFF)


def withdraw_others(
    session: Session,
    job_id: UUID,
    *,
    but: UUID | None,
    now: datetime,
    reason: str = TAKEN,
    seat: int | None = None,
    person: UUID | None = None,
) -> None:
    """Take back every live offer of a job but one; with `seat` only those for it, and those of who has it now.

    The caller holds the job's lock.
    """
    others = update(Offer).where(Offer.job_id == job_id, Offer.state.in_(LIVE))
    if seat is not None:
        others = others.where(or_(Offer.seat == seat, Offer.specialist_id == person))
    if but is not None:
        others = others.where(Offer.id != but)
    gone = others.values(state=OfferState.WITHDRAWN.value, reason_code=reason, answered_at=now)
    told = gone.returning(Offer.specialist_id).execution_options(synchronize_session=False)
    for specialist in session.scalars(told).all():
        announce(session, "offers", specialist)


def note_given_back(session: Session, job_id: UUID) -> None:
    """Whoever had this open job, or a seat of its crew, has it no more: their acceptance makes room for another's.

    The caller holds the job's lock. They are not asked again, and still find the job among those they once had.
    """
    held = update(Offer).where(Offer.job_id == job_id, Offer.state == OfferState.ACCEPTED)
    staying = select(CrewSeat.specialist_id).where(CrewSeat.job_id == job_id, CrewSeat.specialist_id.is_not(None))
    held = held.where(Offer.specialist_id.not_in(staying))
    gone = held.values(state=OfferState.DECLINED.value, reason_code=GIVEN_BACK)
    session.execute(gone.execution_options(synchronize_session="fetch"))


def _facts(row: Job, offer: Offer) -> Facts:
    return {"offer_id": offer.id} if row.seats == 1 else {"offer_id": offer.id, "seat": offer.seat}


def _relieved(row: Job, offer: Offer) -> PersonId | None:
    """Who has the job now and would hand it on: still at work elsewhere, as the offer was made to say."""
    has = row.specialist_id
    if offer.mode != Mode.RELIEF or row.state != State.ASSIGNED or has is None or has == offer.specialist_id:
        return None
    return PersonId(has)


def _take_over(
    session: Session,
    row: Job,
    offer: Offer,
    relieved: PersonId,
    *,
    command_id: UUID,
    device_at: datetime | None,
    now: datetime,
) -> None:
    """From one to the other in one step: the customer is told who comes, and whoever had it that it is gone."""
    note_given_back(session, row.id)
    jobs.fire(
        session, row.id, Event.REASSIGN, actor=SYSTEM, command_id=command_id, device_at=device_at, now=now,
        offer_id=offer.id, specialist_id=offer.specialist_id, reason="overrun",
    )  # fmt: skip
    key = derived("relief", row.id, row.crews, relieved, "taken")
    notices.send(session, to=relieved, letter="relief", key=key, now=now, job=row.id)


def _locked(session: Session, offer_id: UUID, specialist: PersonId) -> tuple[Job, Offer]:
    """The offer of this specialist and its job, both locked, the job first."""
    job_id = session.scalar(select(Offer.job_id).where(Offer.id == offer_id, Offer.specialist_id == specialist))
    if job_id is None:
        raise OfferNotFound()
    try:
        row = record.locked(session, job_id)
    except JobNotFound:
        raise OfferNotFound() from None
    asked = select(Offer).where(Offer.id == offer_id).with_for_update().execution_options(populate_existing=True)
    return row, session.scalars(asked).one()


def _turned_down(session: Session, row: Job, offer: Offer, reason: str, refusal: Refused, *, now: datetime) -> Answered:
    session.refresh(row)
    session.refresh(offer)
    _close(session, offer, OfferState.DECLINED, now=now, reason=reason)
    _search_on(session, offer)
    return Answered(OfferId(offer.id), JobId(offer.job_id), OfferState.DECLINED, refusal=refusal)


def _close(
    session: Session,
    offer: Offer,
    state: OfferState,
    *,
    now: datetime,
    reason: str | None = None,
    command_id: UUID | None = None,
) -> None:
    offer.state, offer.answered_at, offer.reason_code = state.value, now, reason
    offer.answer_command_id = command_id
    session.flush()
    announce(session, "offers", offer.specialist_id)


def _search_on(session: Session, offer: Offer) -> None:
    enqueue(session, "dispatch.match", key=derived("match_after", offer.id), id=offer.job_id)


def _answered(offer: Offer, *, again: bool = False) -> Answered:
    return Answered(OfferId(offer.id), JobId(offer.job_id), OfferState(offer.state), again)
