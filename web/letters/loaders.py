"""What the letters about jobs, offers and money tell: each finds its facts by the ids of its delivery.

Names come through `privacy.reveal` with the letter's reader as the one who looks, so a name in an SMS stands in *Who
saw my data* like a name on a page.
"""

import math
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from booking.dispatch import queries as dispatch
from booking.dispatch.rules import OfferNotFound
from booking.jobs import queries as jobs
from booking.jobs.queries import CustomerJob
from booking.jobs.rules import JobNotFound
from marketplace.catalogue import queries as catalogue
from marketplace.foundation.ids import JobId, PersonId, ServiceId, TopUpId
from marketplace.foundation.money import Money
from marketplace.foundation.periods import Period
from marketplace.notices.queries import Delivery
from marketplace.organizations.queries import home
from marketplace.people.queries import person
from marketplace.privacy import actions as privacy
from marketplace.privacy.actions import Reader
from marketplace.privacy.rules import ContactExpired, NotReleased
from marketplace.specialists.queries import local_day
from payments.payouts import queries as payouts
from payments.payouts.queries import PayoutView
from payments.payouts.rules import PayoutNotFound
from payments.topups import queries as topups
from payments.topups.rules import TopUpNotFound
from payments.wallets import queries as wallets
from web.letters.facts import Address, Clock, Code, Fact, Facts, Gone, Span, facts_for

NEAREST_MINUTES, FURTHEST_MINUTES, STEP_MINUTES = 5, 90, 5


@facts_for("booking_received")
def _booking_received(session: Session, delivery: Delivery, now: datetime) -> Facts:
    job = _own(session, delivery, now)
    return {**_visit(session, job, delivery, now), "number": Code(job.number), "page": _page(job)}


@facts_for("booking_by_phone")
def _booking_by_phone(session: Session, delivery: Delivery, now: datetime) -> Facts:
    kept = _own(session, delivery, now).job.funded
    return {**_booking_received(session, delivery, now), "rules": Address("policy"), "kept": kept}


@facts_for("specialist_found")
def _specialist_found(session: Session, delivery: Delivery, now: datetime) -> Facts:
    job = _own(session, delivery, now)
    return {**_visit(session, job, delivery, now), "specialist": _crew(session, job, now), "page": _page(job)}


@facts_for("on_the_way")
def _on_the_way(session: Session, delivery: Delivery, now: datetime) -> Facts:
    job = _own(session, delivery, now)
    return {
        "service": _service(session, job.service, delivery, now),
        "specialist": _crew(session, job, now),
        "minutes": _minutes_to(_window(job), now),
        "page": _page(job),
    }


@facts_for("delayed")
def _delayed(session: Session, delivery: Delivery, now: datetime) -> Facts:
    job = _own(session, delivery, now)
    service = _service(session, job.service, delivery, now)
    return {"service": service, "until": _window(job).start, "page": _page(job)}


@facts_for("done_please_confirm")
def _done(session: Session, delivery: Delivery, now: datetime) -> Facts:
    job = _own(session, delivery, now)
    completed, amount = job.job.completed_at, job.job.final or job.job.price
    if completed is None or amount is None or job.job.approved_at is not None:
        raise Gone
    until = completed + timedelta(hours=home(session).settings["auto_accept_hours"])
    return {
        "service": _service(session, job.service, delivery, now), "amount": amount, "until": until, "page": _page(job),
    }  # fmt: skip


@facts_for("cancelled")
def _cancelled(session: Session, delivery: Delivery, now: datetime) -> Facts:
    currency = home(session).currency
    id = JobId(UUID(delivery.ids["job"]))
    try:
        job: CustomerJob = jobs.for_customer(session, id, delivery.person_id, now=now)
    except JobNotFound:
        past = jobs.past_of(session, id, delivery.person_id)
        on, service, refund, page = past.on, past.service, Money.zero(currency), Address("work")
    else:
        on, service = job.job.window.start if job.job.window else now, job.service
        refund, page = wallets.returned_for_job(session, id, currency), _page(job)
    day = local_day(on or now, home(session).time_zone)
    return {"service": _service(session, service, delivery, now), "day": day, "refund": refund, "page": page}


@facts_for("topup_credited")
def _topup_credited(session: Session, delivery: Delivery, _: datetime) -> Facts:
    try:
        credited = topups.top_up(session, TopUpId(UUID(delivery.ids["topup"])), owner=delivery.person_id)
    except TopUpNotFound:
        raise Gone from None
    balance = wallets.balance(
        session, owner=credited.owner, owner_kind=credited.wallet, currency=credited.amount.currency
    )
    page = Address("work/earnings" if credited.wallet == "specialist" else "wallet")
    return {"amount": credited.amount, "balance": balance.available, "page": page}


@facts_for("payout")
def _payout(session: Session, delivery: Delivery, now: datetime) -> Facts:
    paid = _own_payout(session, delivery)
    day = local_day(paid.settled_at or now, home(session).time_zone)
    return {"amount": paid.amount, "day": day, "page": _money_page(paid.owner_kind)}


@facts_for("payout_failed")
def _payout_failed(session: Session, delivery: Delivery, _: datetime) -> Facts:
    failed = _own_payout(session, delivery)
    return {"amount": failed.amount, "page": _money_page(failed.owner_kind)}


@facts_for("payout_account")
def _payout_account(session: Session, delivery: Delivery, now: datetime) -> Facts:
    changed = payouts.destination(session, UUID(delivery.ids["destination"]))
    if changed is None or changed.usable_from <= now:
        raise Gone
    page = _money_page(payouts.kind_of_destination(session, changed.id))
    return {"last": Code(changed.last4), "until": changed.usable_from, "page": page}


@facts_for("offer")
def _offer(session: Session, delivery: Delivery, now: datetime) -> Facts:
    try:
        offer = dispatch.offer(session, UUID(delivery.ids["offer"]), delivery.person_id)
    except OfferNotFound:
        raise Gone from None
    if offer.expires_at <= now:
        raise Gone
    language = _language(session, delivery.person_id)
    return {
        "service": _service(session, offer.job.service, delivery, now),
        "area": catalogue.zone(session, offer.job.zone).name[language],
        "day": local_day(offer.job.window_start, home(session).time_zone),
        "until": Clock(offer.expires_at),
        "page": Address(f"work/offers/{offer.id}"),
    }


@facts_for("relief")
def _relief(session: Session, delivery: Delivery, now: datetime) -> Facts:
    job = JobId(UUID(delivery.ids["job"]))
    try:
        service = jobs.as_offered(session, job).service
    except JobNotFound:
        raise Gone from None
    kept = _has(session, job, delivery.person_id, now)
    page = Address(f"work/jobs/{job}") if kept else Address("work")
    return {"service": _service(session, service, delivery, now), "kept": kept, "page": page}


def _has(session: Session, job: JobId, specialist: PersonId, now: datetime) -> bool:
    try:
        jobs.for_crew(session, job, specialist, now=now)
    except JobNotFound:
        return False
    return True


def _own_payout(session: Session, delivery: Delivery) -> PayoutView:
    try:
        return payouts.own(session, UUID(delivery.ids["payout"]), owner=delivery.person_id)
    except PayoutNotFound:
        raise Gone from None


def _money_page(owner_kind: str) -> Address:
    return Address("work/payouts" if owner_kind == "specialist" else "wallet/payouts")


def _own(session: Session, delivery: Delivery, now: datetime) -> CustomerJob:
    try:
        return jobs.for_customer(session, JobId(UUID(delivery.ids["job"])), delivery.person_id, now=now)
    except JobNotFound:
        raise Gone from None


def _visit(session: Session, job: CustomerJob, delivery: Delivery, now: datetime) -> dict[str, Fact]:
    window = _window(job)
    return {
        "service": _service(session, job.service, delivery, now),
        "day": local_day(window.start, home(session).time_zone),
        "window": Span(window.start, window.end),
    }


def _window(job: CustomerJob) -> Period:
    if job.job.window is None:
        raise Gone
    return job.job.window


def _service(session: Session, service: ServiceId, delivery: Delivery, now: datetime) -> str:
    return catalogue.service(session, service, now=now).title[_language(session, delivery.person_id)]


def _language(session: Session, reader: PersonId) -> str:
    return person(session, reader).language


def _crew(session: Session, job: CustomerJob, now: datetime) -> str:
    """The specialist's name, as a look of the customer's."""
    customer = job.job.customer_id
    if job.specialist is None or customer is None:
        raise Gone
    reader = Reader(PersonId(customer), "customer")
    try:
        return privacy.reveal(
            session, subject=job.specialist, field="name", reader=reader, purpose="provide", job=job.id, now=now,
            channel="provider",
        )  # fmt: skip
    except (NotReleased, ContactExpired):
        raise Gone from None


def _minutes_to(window: Period, now: datetime) -> int:
    """Until the window begins, in full five minutes; there is no position to know better by."""
    minutes = math.ceil((window.start - now).total_seconds() / 60 / STEP_MINUTES) * STEP_MINUTES
    return max(NEAREST_MINUTES, min(FURTHEST_MINUTES, minutes))


def _page(job: CustomerJob) -> Address:
    return Address(f"jobs/{job.id}")
