"""What the letters about tips, changes, cases, debts, refunds and charge-backs tell."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from booking.care import queries as care
from booking.care import region
from booking.care.queries import Case
from booking.care.rules import CaseNotFound
from booking.jobs import letters
from booking.jobs import queries as jobs
from booking.jobs.letters import Told
from booking.jobs.queries import FinanceJob
from booking.jobs.rules import JobNotFound
from booking.jobs.words import Event
from marketplace.catalogue import queries as catalogue
from marketplace.foundation.ids import TopUpId
from marketplace.foundation.money import Money
from marketplace.notices.queries import Delivery
from marketplace.organizations.queries import home
from marketplace.people.queries import person
from marketplace.specialists.queries import local_day
from payments.ledger import queries as books
from payments.refunds import queries as refunds
from payments.refunds.rules import RefundNotFound
from payments.topups import queries as topups
from payments.topups.queries import CaseView
from payments.topups.rules import TopUpNotFound
from payments.wallets import debts
from payments.wallets import queries as wallets
from web.letters.facts import Address, Code, Facts, Gone, facts_for

BEGINS = 12  # signs of a hash that an SMS has room for
EARNINGS = Address("work/earnings")


@facts_for("tip_received")
def _tip_received(session: Session, delivery: Delivery, now: datetime) -> Facts:
    told, job = _job_of(session, delivery)
    amount = Money(int(told.facts["tip_minor"]), home(session).currency)
    return {"service": _service(session, job, delivery, now), "amount": amount, "page": EARNINGS}


@facts_for("change_asked")
def _change_asked(session: Session, delivery: Delivery, now: datetime) -> Facts:
    told, job = _job_of(session, delivery)
    more = int(told.facts.get("parts_minor", 0)) + int(told.facts.get("labour_minor", 0))
    return {
        "service": _service(session, job, delivery, now), "amount": Money(more, home(session).currency),
        "page": Address(f"jobs/{job.id}/change"),
    }  # fmt: skip


@facts_for("change_answered")
def _change_answered(session: Session, delivery: Delivery, now: datetime) -> Facts:
    told, job = _job_of(session, delivery)
    if job.price is None:
        raise Gone
    return {
        "service": _service(session, job, delivery, now), "approved": told.event is Event.APPROVE_CHANGE,
        "amount": job.price, "page": Address(f"work/jobs/{job.id}"),
    }  # fmt: skip


@facts_for("case_opened")
def _case_opened(session: Session, delivery: Delivery, now: datetime) -> Facts:
    case, job = _case_of(session, delivery)
    return {
        "service": _service(session, job, delivery, now), "number": Code(job.number), "amount": case.disputed,
        "page": _page(job, delivery),
    }  # fmt: skip


@facts_for("case_decided")
def _case_decided(session: Session, delivery: Delivery, now: datetime) -> Facts:
    case, job = _case_of(session, delivery)
    back = case.back or Money.zero(case.disputed.currency)
    return {
        "service": _service(session, job, delivery, now), "number": Code(job.number), "amount": back,
        "page": _page(job, delivery),
    }  # fmt: skip


@facts_for("debt_limit")
def _debt_limit(session: Session, delivery: Delivery, _: datetime) -> Facts:
    stands = debts.turn(session, specialist=delivery.person_id, currency=delivery.ids["currency"])
    if not stands.at_limit:
        raise Gone
    return {"owed": stands.debt.owed, "limit": stands.debt.limit, "page": EARNINGS}


@facts_for("debt_lifted")
def _debt_lifted(session: Session, delivery: Delivery, _: datetime) -> Facts:
    stands = debts.turn(session, specialist=delivery.person_id, currency=delivery.ids["currency"])
    if stands.at_limit:
        raise Gone
    return {"left": stands.debt.left, "page": EARNINGS}


@facts_for("refund_done")
def _refund_done(session: Session, delivery: Delivery, _: datetime) -> Facts:
    try:
        done = refunds.refund(session, UUID(delivery.ids["refund"]))
    except RefundNotFound:
        raise Gone from None
    if done.owner != delivery.person_id:
        raise Gone
    return {"amount": done.amount, "page": _wallet(done.wallet)}


@facts_for("chargeback")
def _chargeback(session: Session, delivery: Delivery, _: datetime) -> Facts:
    case = _bank_case(session, delivery)
    if not case.away:
        raise Gone
    owed = wallets.debt(session, owner=case.owner, owner_kind=case.wallet, currency=case.amount.currency).owed
    visits = len(region.paid_from(session, case))
    return {"amount": case.amount, "owed": owed, "visits": visits, "page": _wallet(case.wallet)}


@facts_for("chargeback_back")
def _chargeback_back(session: Session, delivery: Delivery, _: datetime) -> Facts:
    case = _bank_case(session, delivery)
    if case.away:
        raise Gone
    return {"amount": case.amount, "page": _wallet(case.wallet)}


@facts_for("topup_checked")
def _topup_checked(session: Session, delivery: Delivery, _: datetime) -> Facts:
    try:
        checked = topups.top_up(session, TopUpId(UUID(delivery.ids["topup"])), owner=delivery.person_id)
    except TopUpNotFound:
        raise Gone from None
    return {"amount": checked.amount, "page": _wallet(checked.wallet)}


@facts_for("seal_head")
def _seal_head(session: Session, delivery: Delivery, _: datetime) -> Facts:
    head = books.head(session, int(delivery.ids["seal"]))
    if head is None:
        raise Gone
    return {
        "number": Code(str(head.no)), "hash": Code(head.hash), "begins": Code(head.hash[:BEGINS]),
        "count": head.count, "day": local_day(head.sealed_at, home(session).time_zone),
        "page": Address("finance/seals"),
    }  # fmt: skip


def _job_of(session: Session, delivery: Delivery) -> tuple[Told, FinanceJob]:
    """The event, and its job while the reader is one of its two."""
    try:
        told = letters.told(session, UUID(delivery.ids["event"]))
        job = jobs.for_finance(session, told.job)
    except JobNotFound:
        raise Gone from None
    if delivery.person_id not in (job.customer, job.specialist):
        raise Gone
    return told, job


def _case_of(session: Session, delivery: Delivery) -> tuple[Case, FinanceJob]:
    """The case; one about no money is told to whoever opened it, and to nobody else."""
    told, job = _job_of(session, delivery)
    try:
        case = care.case_of(session, UUID(str(told.facts["case_id"])))
    except (KeyError, CaseNotFound):  # a job may be stopped and go on without a case of its own
        raise Gone from None
    if case.disputed.is_zero and case.opened_by != delivery.person_id:
        raise Gone
    return case, job


def _bank_case(session: Session, delivery: Delivery) -> CaseView:
    try:
        case = topups.case(session, UUID(delivery.ids["case"]))
    except TopUpNotFound:
        raise Gone from None
    if case.owner != delivery.person_id:
        raise Gone
    return case


def _service(session: Session, job: FinanceJob, delivery: Delivery, now: datetime) -> str:
    language = person(session, delivery.person_id).language
    return catalogue.service(session, job.service, now=now).title[language]


def _page(job: FinanceJob, delivery: Delivery) -> Address:
    return Address(f"jobs/{job.id}" if delivery.person_id == job.customer else "work/earnings")


def _wallet(wallet: str) -> Address:
    return EARNINGS if wallet == "specialist" else Address("wallet")
