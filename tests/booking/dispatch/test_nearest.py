"""The one statement and the hard rules say the same of everybody, in whatever town."""

import random
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import count
from uuid import UUID, uuid4

import pytest
from sqlalchemy import insert, select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from booking.availability.rules import LIVE as TAKES_TIME
from booking.availability.rules import Kind, Status
from booking.availability.tables import Occupation, ShiftRow
from booking.dispatch.eligible import nearest
from booking.dispatch.rules import LIVE, ROUNDS_OF_A_SEARCH, Candidate, Mode, OfferState, obstacle
from booking.dispatch.tables import Offer
from booking.jobs.words import Method
from booking.tracking import actions as tracking
from booking.tracking.rules import Basis, Place
from marketplace.catalogue import queries as catalogue
from marketplace.catalogue.tables import ServiceSkill
from marketplace.foundation.ids import PersonId
from marketplace.foundation.money import Money
from marketplace.foundation.periods import Period
from marketplace.foundation.places import Point, metres_between
from marketplace.specialists import actions as specialists
from marketplace.specialists import queries as known
from marketplace.specialists.rules import Standing
from marketplace.specialists.tables import ServedZone, SkillGrant, SpecialistRow
from payments.wallets import actions as wallets
from tests.booking.jobs.town import GULSHAN, Somebody, Town

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
ROUND = 2 * ROUNDS_OF_A_SEARCH + 1


@dataclass
class Person:
    """Everything about one person of a random town, as one would tell it."""

    id: PersonId
    place: Place
    standing: Standing
    grants: dict[str, int | None]  # skill → days from today until it runs out
    serves: bool
    blocked_by: str | None
    in_debt: bool
    shifts: list[Period] = field(default_factory=list)
    taken: list[tuple[Period, Status, UUID | None, datetime | None]] = field(default_factory=list)
    offers: list[tuple[UUID, int, OfferState, bool]] = field(default_factory=list)


@dataclass(frozen=True)
class Asked:
    """A job and how it is asked about."""

    job: UUID
    customer: Somebody
    skills: tuple[str, ...]
    span: Period
    soon: datetime
    cash: bool
    exclusive: bool
    ask_again: bool
    km: int
    now: datetime


def somebody(dice: random.Random, asked: Asked, numbers: dict[str, int]) -> Person:
    """A person of whom each rule is likely to say no once in a while."""
    id = PersonId(UUID(int=dice.getrandbits(128), version=4))
    east, north = dice.uniform(-0.06, 0.06), dice.uniform(-0.06, 0.06)
    grants = {skill: dice.choice([None, None, None, None, -1, 0, 30]) for skill in asked.skills if dice.random() < 0.95}
    free_at = asked.now + dice.choice([-60, 0, 20, 39, 40, 41, 90]) * MINUTE
    here = Point(GULSHAN.longitude + east, GULSHAN.latitude + north)
    stands = dice.choice([tuple(numbers[skill] for skill in asked.skills)] * 9 + [(numbers[asked.skills[-1]] + 1,)])
    place = Place(id, stands, here, free_at, asked.now, dice.choice(list(Basis)), dice.random() < 0.9)
    opens = asked.now - dice.choice([0, 1, 3, 5, -1]) * HOUR
    noon = opens + dice.choice([1, 2, 4, 8]) * HOUR
    person = Person(
        id, place, dice.choice([Standing.GOOD] * 9 + [Standing.SUSPENDED]), grants, dice.random() < 0.9,
        dice.choice([None] * 8 + ["customer", "specialist"]), dice.random() < 0.2,
        [Period(opens, noon), Period(noon + HOUR, noon + 9 * HOUR)],
    )  # fmt: skip
    begins = asked.now + dice.choice([-120, -30, 30, 60, 75, 100, 240]) * MINUTE
    for _ in range(dice.randrange(4)):
        ends = begins + dice.choice([30, 60, 90]) * MINUTE
        status = dice.choice([Status.CONFIRMED, Status.CONFIRMED, Status.HELD, Status.RELEASED, Status.LAPSED])
        runs_out = asked.now + dice.choice([-5, 0, 5]) * MINUTE if status is Status.HELD else None
        person.taken.append((Period(begins, ends), status, dice.choice([asked.job, uuid4(), None]), runs_out))
        begins = ends + dice.choice([0, 30, 60]) * MINUTE
    for _ in range(dice.choice([0, 0, 0, 1, 1, 2])):
        job = dice.choice([asked.job, asked.job, uuid4()])
        made = job, ROUND + len(person.offers) * dice.choice([-1, 1, 7]), dice.choice(list(OfferState)), False
        if not any(other[:2] == made[:2] for other in person.offers):
            person.offers.append(made)
    if dice.random() < 0.15:
        person.offers.append((uuid4(), ROUND, OfferState.SENT, True))
    return person


def facts(person: Person, asked: Asked) -> Candidate:
    """What the hard rules are told of this person for this job."""
    begins = max(asked.span.start, person.place.free_at)
    wanted = Period(begins, begins + asked.span.length)
    today = {
        skill for skill, days in person.grants.items() if days is None or days >= 0
    }  # fmt: skip
    search = ROUND // ROUNDS_OF_A_SEARCH
    about_it = [offer for offer in person.offers if offer[0] == asked.job]
    return Candidate(
        person.id,
        skilled=set(asked.skills) <= today,
        in_good_standing=person.standing is Standing.GOOD,
        serves_area=person.serves,
        on_shift=any(shift.contains(wanted) for shift in person.shifts),
        free=not any(
            span.overlaps(wanted)
            for span, status, job, runs_out in person.taken
            if status in TAKES_TIME and job != asked.job and (runs_out is None or runs_out > asked.now)
        ),
        blocked=person.blocked_by is not None,
        asked_before=any(
            state in (*LIVE, OfferState.ACCEPTED, OfferState.DECLINED)
            or round == ROUND
            or (not asked.ask_again and round // ROUNDS_OF_A_SEARCH == search)
            for _, round, state, _ in about_it
        ),
        asked_elsewhere=any(job != asked.job and state in LIVE and only for job, _, state, only in person.offers),
        cash_allowed=not (asked.cash and person.in_debt),
    )


def settle(session: Session, town: Town, people: list[Person], asked: Asked) -> None:
    """Write the town into the database, row by row as the features do."""
    day, seats = asked.now.date(), count(1)
    for each in people:
        row = {
            "person_id": each.id, "organization_id": town.organization, "standing": each.standing.value,
            "home_cell": "1.1", "home_zone_id": town.zone, "enrolled_at": asked.now,
        }  # fmt: skip
        session.execute(insert(SpecialistRow).values(row))
        for skill, days in each.grants.items():
            until = None if days is None else day + timedelta(days=days)
            session.add(
                SkillGrant(
                    id=uuid4(), specialist_id=each.id, skill=skill, verified_by=town.manager,
                    verified_at=asked.now, expires_on=until,
                )
            )  # fmt: skip
        if each.serves:
            session.add(ServedZone(specialist_id=each.id, zone_id=town.zone))
        for shift in each.shifts:
            session.add(ShiftRow(specialist_id=each.id, starts_at=shift.start, ends_at=shift.end, on_day=day))
        for span, status, job, runs_out in each.taken:
            session.add(
                Occupation(
                    id=uuid4(), visit_id=uuid4(), specialist_id=each.id, job_id=job, kind=Kind.VISIT, status=status,
                    on_day=day, during=Range(span.start, span.end), starts_at=span.start, minutes=30,
                    expires_at=runs_out, written_at=asked.now,
                )
            )  # fmt: skip
        for seat, (job, round, state, exclusive) in zip(seats, each.offers, strict=False):
            session.add(
                Offer(
                    id=uuid4(), job_id=job, round=round, specialist_id=each.id, decision_id=uuid4(),
                    mode=Mode.BROADCAST, rank=1, exclusive=exclusive, state=state, reasons=[], score_hundredths=0,
                    created_at=asked.now, expires_at=asked.now + HOUR, seat=seat,
                )
            )  # fmt: skip
        session.flush()
        if each.blocked_by is not None:
            by = each.id if each.blocked_by == "specialist" else asked.customer.id
            specialists.block(session, asked.customer.id, each.id, by=by, now=asked.now)
        limit = Money(0 if each.in_debt else 1_000_000, "BDT")
        wallets.open_wallet(session, owner=each.id, owner_kind="specialist", currency="BDT", limit=limit)
    tracking.stand(session, [each.place for each in people])


@pytest.fixture
def jobs(session: Session, town: Town) -> dict[bool, tuple[UUID, Somebody]]:
    """An open job paid from the wallet, and one to be paid in cash; their service asks for two skills."""
    rahima = town.customer(session, money=10_000_000)
    paid, cash = town.opened(session, rahima), town.opened(session, rahima, method=Method.CASH)
    session.add(ServiceSkill(service_id=town.service, skill=more_skill(session, town)))
    session.flush()
    return {False: (paid, rahima), True: (cash, rahima)}


def more_skill(session: Session, town: Town) -> str:
    own = catalogue.service(session, town.service, now=town.now).skills
    return next(key for key in catalogue.skills(session) if key not in own)


def question(dice: random.Random, session: Session, town: Town, jobs: dict[bool, tuple[UUID, Somebody]]) -> Asked:
    cash = dice.random() < 0.3
    skills = tuple(session.scalars(select(ServiceSkill.skill).where(ServiceSkill.service_id == town.service)))
    begins = town.now + dice.choice([0, 10, 30]) * MINUTE
    return Asked(
        *jobs[cash], skills, Period(begins, begins + HOUR), town.now + 40 * MINUTE, cash, dice.random() < 0.7,
        dice.random() < 0.5, dice.choice([3, 6, 20]), town.now,
    )  # fmt: skip


def answer(session: Session, asked: Asked, numbers: dict[str, int], most: int) -> list[UUID]:
    found = nearest(
        session, skill_no=numbers[asked.skills[0]], point=GULSHAN, span=asked.span, soon=asked.soon,
        customer=asked.customer.id, job=asked.job, round=ROUND, km=asked.km, most=most, exclusive=asked.exclusive,
        ask_again=asked.ask_again, now=asked.now,
    )  # fmt: skip
    return [each.specialist for each in found]


def test_the_statement_and_the_rules_say_the_same_of_everybody(
    session: Session, town: Town, jobs: dict[bool, tuple[UUID, Somebody]]
) -> None:
    numbers = {key: card.number for key, card in catalogue.skills(session).items()}
    broken: set[str | None] = set()
    for seed in range(14):
        dice = random.Random(seed)
        asked = question(dice, session, town, jobs)
        people = [somebody(dice, asked, numbers) for _ in range(24)]
        undo = session.begin_nested()
        settle(session, town, people, asked)
        expected = []
        for each in people:
            metres = metres_between(GULSHAN, each.place.point)
            there = numbers[asked.skills[0]] in each.place.skills and each.place.available
            if there and each.place.free_at <= asked.soon and metres <= asked.km * 1000:
                rule = obstacle(facts(each, asked), exclusive=asked.exclusive)
                broken.add(rule)
                if rule is None:
                    expected.append((metres, each.id))
        assert answer(session, asked, numbers, 50) == [id for _, id in sorted(expected)], seed
        assert answer(session, asked, numbers, 2) == [id for _, id in sorted(expected)][:2], seed
        undo.rollback()
    assert broken == {
        None, "standing", "skill", "area", "shift", "overlap", "block", "already_asked", "other_offer", "cash_debt",
    }  # fmt: skip


def test_a_job_that_does_not_exist_has_nobody(
    session: Session, town: Town, jobs: dict[bool, tuple[UUID, Somebody]]
) -> None:
    numbers = {key: card.number for key, card in catalogue.skills(session).items()}
    asked = question(random.Random(1), session, town, jobs)
    assert answer(session, replace(asked, job=uuid4(), km=20), numbers, 5) == []


def test_each_takes_back_their_own_wish_never_to_meet(session: Session, town: Town) -> None:
    rahima, karim, jamal = town.customer(session), town.craftsman(session), town.craftsman(session)
    both = [karim.id, jamal.id]
    for by in (rahima, karim, karim):
        specialists.block(session, rahima.id, karim.id, by=by.id, now=town.now)
    assert known.blocked(session, rahima.id, both) == {karim.id}
    specialists.unblock(session, rahima.id, karim.id, by=rahima.id)
    assert known.blocked(session, rahima.id, both) == {karim.id}, "the other's wish stands"
    specialists.unblock(session, rahima.id, karim.id, by=karim.id)
    assert known.blocked(session, rahima.id, both) == set()
