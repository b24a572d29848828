"""Two weeks of a town's life, played through the real actions with the clock moved back.

Every job of the demo went the way that every job goes; only the hours between the steps are skipped. The same town
and day always live through the same fortnight.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from booking.availability.rules import SlotTaken
from booking.care import actions as care
from booking.care.rules import Marks
from booking.dispatch import actions as dispatch
from booking.dispatch import queries as offers
from booking.dispatch.rules import OfferState
from booking.jobs import actions as jobs
from booking.jobs import cancelling, drafts, lists, quote_rules, quotes, requests
from booking.jobs import queries as job_queries
from booking.jobs.drafts import Draft
from booking.jobs.queries import CustomerJob
from booking.jobs.quote_rules import Sort
from booking.jobs.rules import Actor
from booking.jobs.words import Event, Method, Role, State
from marketplace.catalogue import queries as catalogue
from marketplace.catalogue.queries import Service
from marketplace.catalogue.rules import Answer, Question, QuestionKind, visible_questions
from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from marketplace.foundation.ids import AttemptId, JobId, PersonId, ServiceId, derived, uuid7
from marketplace.foundation.money import Money
from marketplace.foundation.periods import Period
from marketplace.foundation.places import cell_centre
from marketplace.foundation.tasks import run_all_due
from marketplace.people import queries as people
from payments.gateways import directory
from payments.gateways.protocol import Refs, Verdict
from payments.gateways.rules import Outcome, in_letters, reference_of
from payments.gateways.sandbox import OUR_TERMINAL
from payments.topups import actions as topups
from web import kept, paydays
from web.cast import Cast, Member

JOBS_A_DAY = 3
# Days ago: work still under warranty, and an estimate whose quote waits; asked for again when nobody could come
OF_THE_HOUSEHOLD = {5: "leak", 4: "renovation", 3: "renovation", 2: "renovation"}
QUOTED = {
    "en": ("Taking the wall down, plastering", "Bricks, by the thousand"),
    "bn": ("দেয়াল ভাঙা ও প্লাস্টার", "ইট, প্রতি হাজার"),
    "fa": ("برداشتن دیوار و گچ‌کاری", "آجر، هر هزار عدد"),
    "ar": ("إزالة الجدار واللياسة", "طوب، لكل ألف"),
}
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@dataclass
class _Story:
    """The one who tells: a fixed chance, the cast, and what is going on."""

    cast: Cast
    chance: random.Random
    running: dict[UUID, Member] = field(default_factory=dict)


def live_through(cast: Cast, *, days: int, now: datetime, progress: Callable[[str], None]) -> None:
    """Live through the days before `now`; the clock stands where it stood when it is done."""
    story = _Story(cast, random.Random(cast.town.key))  # noqa: S311  # a story, no secret
    try:
        clock.travel_to(now - timedelta(days=days))
        paydays.open_accounts(cast)
        run_all_due()
        for ago in range(days, 0, -1):
            morning = now - timedelta(days=ago)
            clock.travel_to(morning)
            for _ in range(JOBS_A_DAY):
                _book(story)
            if ago in kept.CLEANED:
                _book(story, kept.household(cast), kept.SERVICE)
            if ago in OF_THE_HOUSEHOLD and not _waits_for_a_quote(kept.household(cast)):
                _book(story, kept.household(cast), OF_THE_HOUSEHOLD[ago])
            _work_off(story, until=morning + DAY)
            paydays.live_through(cast, days_ago=ago - 1)
            progress(f"  {ago - 1} days to go")
    finally:
        clock.return_home()
    run_all_due()


def _waits_for_a_quote(customer: Member) -> bool:
    with transaction() as session:
        return any(each.state is State.QUOTING for each in lists.of_customer(session, customer.id, running=True))


def _book(story: _Story, wanted: Member | None = None, service: str = "") -> None:
    customer = wanted or story.chance.choice(story.cast.customers)
    method = Method.CASH if not wanted and story.chance.random() < 0.25 else Method.WALLET
    with transaction() as session:
        job = _request(story, session, customer, method, service)
    if job is None:
        return
    if method is Method.WALLET:
        _top_up(story, job, customer)
    with transaction() as session:
        actor = Actor(Role.CUSTOMER, customer.id)
        jobs.fire(session, job, Event.FUND, actor=actor, command_id=uuid7(), now=clock.now(), method=method.value)
    story.running[job] = customer
    run_all_due()


def _request(story: _Story, session: Session, customer: Member, method: Method, service_key: str = "") -> JobId | None:
    """A draft, sent, with a time set aside; None when nobody can come."""
    now = clock.now()
    address = next(iter(people.addresses_of(session, customer.id)), None)
    if address is None or address.zone_id is None or address.cell is None:
        return None
    which: str | ServiceId = service_key
    if not which:
        which = story.chance.choice(story.chance.choice(catalogue.categories(session, now=now)).services).id
    service = catalogue.service(session, which, now=now)
    if service.crew and method is Method.CASH:
        return None  # a crew is paid from the wallet
    actor = Actor(Role.CUSTOMER, customer.id)
    draft = Draft(
        service=service.id,
        answers=_answers(story.chance, service),
        address_id=address.id,
        zone_id=address.zone_id,
        cell=address.cell,
        method=method,
    )
    saved = drafts.save_draft(session, draft, actor=actor, command_id=uuid7(), now=now)
    sent = requests.submit(session, saved.job_id, actor=actor, command_id=uuid7(), now=now)
    for window in _windows(session, service, draft):
        try:
            with session.begin_nested():
                requests.hold_slot(session, sent.job_id, window=window, actor=actor, command_id=uuid7(), now=now)
        except SlotTaken:
            continue
        return JobId(sent.job_id)
    return None


def _windows(session: Session, service: Service, draft: Draft) -> list[Period]:
    """The first windows of tomorrow and the day after in which somebody can come."""
    if draft.cell is None or draft.zone_id is None:
        return []
    now = clock.now()
    today, minutes = now.date(), requests.minutes_for(service, draft.answers)
    found = requests.windows_on(
        session, service, draft.zone_id, cell_centre(draft.cell), minutes=minutes, days=[today, today + DAY],
        people_on=today, now=now,
    )  # fmt: skip
    return [each.window.period for each in found if each.window.code.isdigit()][2:8]


def _answers(chance: random.Random, service: Service) -> dict[str, Answer]:
    """What somebody might answer: every question that is asked and needs it."""
    answers: dict[str, Answer] = {}
    for _ in service.questions:
        for question in visible_questions(service.questions, answers):
            if question.key not in answers:
                answers[question.key] = _answer(chance, question)
    return answers


def _answer(chance: random.Random, question: Question) -> Answer:
    if question.kind is QuestionKind.TEXT:
        return "—"
    if question.kind is QuestionKind.CHOICE:
        return chance.choice(question.options).key
    if question.kind is QuestionKind.NUMBER:
        least = question.at_least if question.at_least is not None else 1
        most = question.at_most if question.at_most is not None else least + 3
        return chance.randint(least, min(most, least + 3))
    return chance.random() < 0.5


def _top_up(story: _Story, job: JobId, customer: Member) -> None:
    """As much as the visit costs, rounded up, through the bank of the time."""
    with transaction() as session:
        now = clock.now()
        price = job_queries.for_customer(session, job, customer.id, now=now).job.price
        if price is None:
            raise RuntimeError("a request has its price")
        step = 500 * 10**price.exponent if price.exponent else 500_000
        amount = Money(-(-price.minor // step) * step, price.currency)
        gateway = next(iter(directory.offered(amount.currency)), "sandbox")
        started = topups.start(
            session, owner=customer.id, wallet="customer", amount=amount, gateway=gateway, command=uuid7(), now=now
        )
        topups.apply_verdict(session, started.attempt, _paid(story, started.attempt, amount, now), now=now)


def _paid(story: _Story, attempt: AttemptId, amount: Money, now: datetime) -> Verdict:
    refs = Refs(
        ours=reference_of(attempt),
        txn=in_letters(story.chance.randbytes(8)),
        bank=f"7{story.chance.randrange(10**11):011d}",
        terminal=OUR_TERMINAL,
    )
    return Verdict(Outcome.PAID, refs, amount=amount, at=now, final=True)


def _work_off(story: _Story, *, until: datetime) -> None:
    """Hour by hour: everybody does what is theirs to do by now."""
    while clock.now() < until:
        run_all_due()
        for job, customer in list(story.running.items()):
            with transaction() as session:
                over = _advance(story, session, JobId(job), customer)
            if over:
                del story.running[job]
        clock.move(HOUR)


def _advance(story: _Story, session: Session, job: JobId, customer: Member) -> bool:
    """One step of one job. True when nothing more is anybody's to do."""
    now = clock.now()
    mine = job_queries.for_customer(session, job, customer.id, now=now)
    actor = Actor(Role.CUSTOMER, customer.id)
    match mine.job.state:
        case State.OPEN:
            _accept(session, job, now)
        case State.ASSIGNED if story.chance.random() < 0.02:
            fee = cancelling.preview(session, job, customer.id, now=now).fee
            jobs.fire(
                session, job, Event.CANCEL_BY_CUSTOMER, actor=actor, command_id=uuid7(), now=now, fee_minor=fee.minor
            )
        case State.ASSIGNED if mine.job.window and now >= mine.job.window.start and mine.specialist:
            _visit(session, mine, customer, now)
        case State.COMPLETED if story.chance.random() < 0.7:
            jobs.fire(session, job, Event.CONFIRM, actor=actor, command_id=uuid7(), now=now)
            marks = Marks(story.chance.choice((4, 5, 5)), story.chance.choice((3, 4, 5, 5)))
            care.rate(session, job=job, by=customer.id, marks=marks, text=None, now=now)
        case State.APPROVED if mine.specialist is not None and quotes.wanted(session, job):
            _quote(story, session, mine, mine.specialist, now)
            return True
        case State.APPROVED | State.CLOSED | State.CANCELLED | State.EXPIRED | State.FAILED | State.NO_SHOW:
            return True
    return False


def _quote(story: _Story, session: Session, mine: CustomerJob, writer: PersonId, now: datetime) -> None:
    """After the estimate: a quote of two lines, in the language of the town, which waits for its customer."""
    price = mine.job.price
    if price is None:
        return
    work, bricks = QUOTED[story.cast.town.language]
    lines = (
        quote_rules.Line(Sort.LABOUR, work, 100, price * 12),
        quote_rules.Line(Sort.PARTS, bricks, 250, price * 2),
    )
    content = quote_rules.Content(lines, minutes=240, valid_days=14)
    draft = quotes.write(session, mine.id, content, by=writer, now=now)
    actor, command = Actor(Role.SPECIALIST, writer), derived("history", mine.id, "quote")
    quotes.send(session, mine.id, actor=actor, shown=draft.hash, command_id=command, now=now)


def _accept(session: Session, job: JobId, now: datetime) -> None:
    taken: set[int] = set()
    for offer in offers.offers_for(session, job):
        if offer.state in (OfferState.SENT, OfferState.SEEN) and offer.seat not in taken:
            dispatch.accept(session, offer.id, specialist=offer.specialist, command_id=uuid7(), now=now)
            taken.add(offer.seat)


def _visit(session: Session, mine: CustomerJob, customer: Member, now: datetime) -> None:
    """The whole visit in one hour: there, at work, done."""
    job, actor = mine.id, Actor(Role.SPECIALIST, mine.specialist)
    code = job_queries.start_code(session, job, customer.id) or ""

    def does(event: Event, minutes: int, **facts: Any) -> None:
        at = now + minutes * MINUTE
        jobs.fire(session, job, event, actor=actor, command_id=derived("history", job, event), now=at, **facts)

    does(Event.DEPART, 0)
    does(Event.ARRIVE, 12, reason="by_hand")
    does(Event.START, 15, start_code=code)
    does(Event.COMPLETE, 55)
    if mine.job.method is Method.CASH and mine.job.price is not None:
        does(Event.DECLARE_CASH, 56, cash_minor=mine.job.price.minor)
