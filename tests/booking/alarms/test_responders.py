"""The search and the rules say the same of everybody on duty, in whatever town."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import insert
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from booking.alarms import responders, rules
from booking.alarms.responders import nearest, soonest
from booking.alarms.rules import SKILL, Guard, Known, OnDuty, Responders, Why
from booking.availability import queries as availability
from booking.availability.pace import slowest, travel_minutes
from booking.availability.rules import Kind, Status
from booking.availability.tables import Occupation, ShiftRow
from booking.dispatch.rules import MARGIN_HUNDREDTHS, Mode, OfferState
from booking.dispatch.tables import Offer
from booking.jobs.tables import Job
from booking.jobs.words import Kind as JobKind
from booking.jobs.words import State
from booking.tracking import actions as tracking
from booking.tracking.rules import Basis, Place, Switch
from booking.tracking.tables import LocationSharing
from marketplace.catalogue import actions as catalogue
from marketplace.catalogue import queries as catalogue_queries
from marketplace.foundation.ids import PersonId, ZoneId
from marketplace.foundation.periods import Period
from marketplace.foundation.places import Point, metres_between
from marketplace.specialists.rules import Standing
from marketplace.specialists.tables import ServedZone, SkillGrant, SpecialistRow
from tests.booking.jobs.town import GULSHAN, Town

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
MOST = (1, 3, 60)
SEEDS = 14


@dataclass
class Person:
    """Everything about one guard of a random town, as one would tell it."""

    id: PersonId
    home: ZoneId
    serves: bool
    standing: Standing
    grant: tuple[int | None, bool] | None  # days until it runs out, taken back
    shift: Period
    switch: Switch | None
    place: Place | None
    taken: list[tuple[Period, Kind, Status]] = field(default_factory=list)
    job: tuple[JobKind, State] | None = None
    asked: bool = False

    def as_guard(self, now: datetime) -> Guard:
        """What the rules are told."""
        days, revoked = self.grant or (None, True)
        under_way = self.job is not None and self.job[1] in {State.EN_ROUTE, State.ON_SITE, State.IN_PROGRESS}
        alarmed = self.job is not None and self.job[0] is JobKind.ALARM
        known = None
        if self.place is not None and self.place.available:
            known = Known(self.place.point, self.place.basis, self.place.seen_at)
        return Guard(
            self.id, self.home, serves=self.serves, in_good_standing=self.standing is Standing.GOOD,
            skilled=self.grant is not None and not revoked and (days is None or days >= 0),
            on_duty=self.shift.contains(now),
            at_work=under_way or any(
                status is Status.STARTED or (status is Status.CONFIRMED and span.contains(now))
                for span, _, status in self.taken
            ),
            answering=alarmed and self.job is not None and self.job[1] in {State.ASSIGNED, State.DELAYED},
            switch=self.switch or Switch.OFF, known=known,
        )  # fmt: skip


def somebody(dice: random.Random, now: datetime, zones: Sequence[ZoneId], number: int) -> Person:
    """A guard of whom each rule is likely to say no once in a while."""
    id = PersonId(UUID(int=dice.getrandbits(128), version=4))
    spread = dice.choice([0.02, 0.02, 0.06, 0.3, 0.9, 6.0])  # degrees: beside the site, in the town, in the country
    here = Point(GULSHAN.longitude + dice.uniform(-spread, spread), GULSHAN.latitude + dice.uniform(-spread, spread))
    seen = now - dice.choice([0, 0, 1, 4, 9, 10, 11]) * MINUTE
    basis = dice.choice([Basis.LIVE] * 5 + [Basis.STEP, Basis.STEP, Basis.BASE, Basis.NEXT])
    place = Place(id, (number,), here, now, seen, basis, dice.random() < 0.95)
    opens = now + dice.choice([-3, -3, -3, -3, -1, 0, 1]) * HOUR
    person = Person(
        id, dice.choice(zones), dice.random() < 0.6, dice.choice([Standing.GOOD] * 9 + [Standing.SUSPENDED]),
        dice.choice([(None, False)] * 7 + [(0, False), (-1, False), (None, True), None]),
        Period(opens, opens + dice.choice([1, 3, 8, 8, 8]) * HOUR), dice.choice([Switch.SHARE] * 5 + [
            Switch.HIDE, Switch.OFF, None
        ]), dice.choice([place] * 9 + [None]), asked=dice.random() < 0.3,
    )  # fmt: skip
    if dice.random() < 0.35:
        begins = now + dice.choice([-120, -60, -30, 0, 30]) * MINUTE
        kind = dice.choice([Kind.VISIT, Kind.VISIT, Kind.BREAK])
        status = dice.choice([Status.CONFIRMED, Status.CONFIRMED, Status.HELD, Status.STARTED, Status.RELEASED])
        person.taken.append((Period(begins, begins + HOUR), kind, status))
    if dice.random() < 0.3:
        person.job = dice.choice(list(JobKind)), dice.choice([
            State.ASSIGNED, State.EN_ROUTE, State.IN_PROGRESS, State.DELAYED, State.CLOSED
        ])  # fmt: skip
    return person


def rows_of(people: Sequence[Person], town: Town, now: datetime) -> Iterator[tuple[Any, list[dict[str, Any]]]]:
    """The town as rows of the tables, as the features write them."""
    day = now.date()
    yield SpecialistRow, [
        {"person_id": each.id, "organization_id": town.organization, "standing": each.standing.value,
         "home_cell": "1.1", "home_zone_id": each.home, "enrolled_at": now}
        for each in people
    ]  # fmt: skip
    yield SkillGrant, [
        {"id": uuid4(), "specialist_id": each.id, "skill": SKILL, "verified_by": town.manager, "verified_at": now,
         "expires_on": None if each.grant[0] is None else day + timedelta(days=each.grant[0]),
         "revoked_at": now if each.grant[1] else None}
        for each in people if each.grant is not None
    ]  # fmt: skip
    yield ServedZone, [{"specialist_id": each.id, "zone_id": town.zone} for each in people if each.serves]
    yield (
        ShiftRow,
        [
            {"specialist_id": each.id, "starts_at": each.shift.start, "ends_at": each.shift.end, "on_day": day}
            for each in people
        ],
    )
    yield (
        LocationSharing,
        [{"specialist_id": each.id, "switch": each.switch.value, "changed_at": now} for each in people if each.switch],
    )
    yield Occupation, [
        {"id": uuid4(), "visit_id": uuid4(), "specialist_id": each.id, "job_id": None, "kind": kind, "status": status,
         "on_day": day, "during": Range(span.start, span.end), "starts_at": span.start, "minutes": 60,
         "expires_at": now + HOUR if status is Status.HELD else None, "written_at": now}
        for each in people for span, kind, status in each.taken
    ]  # fmt: skip
    yield Job, [
        {"id": uuid4(), "number": f"X-{each.id.hex[:8]}", "kind": each.job[0].value, "state": each.job[1].value,
         "customer_id": town.manager, "holder_id": town.manager, "organization_id": town.organization,
         "service_id": town.service, "zone_id": town.zone, "currency": "BDT", "created_at": now,
         "specialist_id": each.id, "before_delay": "assigned" if each.job[1] is State.DELAYED else None}
        for each in people if each.job is not None
    ]  # fmt: skip
    yield Offer, [
        {"id": uuid4(), "job_id": uuid4(), "round": 1, "specialist_id": each.id, "decision_id": uuid4(),
         "mode": Mode.SEQUENTIAL, "rank": 1, "exclusive": True, "state": OfferState.SENT, "reasons": [],
         "score_hundredths": 0, "created_at": now, "expires_at": now + HOUR, "seat": 1}
        for each in people if each.asked
    ]  # fmt: skip


def settle(session: Session, town: Town, people: Sequence[Person]) -> None:
    for table, rows in rows_of(people, town, town.now):
        if rows:
            session.execute(insert(table), rows)
    tracking.stand(session, [each.place for each in people if each.place is not None])


def by_brute_force(session: Session, town: Town, people: Sequence[Person], most: int) -> Responders:
    """Look at everybody, one by one, with nothing but the rules."""
    policy, now = availability.policy(session), town.now
    speed = slowest(policy.pace, now, now, policy.time_zone)
    near: list[tuple[int, int, UUID]] = []
    without: list[OnDuty] = []
    for each in (person.as_guard(now) for person in people):
        if rules.obstacle(each) is not None:
            continue
        why = rules.why_no_place(each.switch, each.known, at=now)
        if why is not None or each.known is None:
            without.append(OnDuty(each.specialist, each.zone, each.serves, why or Why.SILENT))
            continue
        minutes = travel_minutes(each.known.point, GULSHAN, speed=speed, pace=policy.pace)
        metres = metres_between(GULSHAN, each.known.point)
        near.append((minutes * 100 + MARGIN_HUNDREDTHS.get(each.known.basis, 0), metres, each.specialist))
    first = {id: order for *order, id in sorted(near)[:most]}
    known: dict[UUID, Place] = {each.id: each.place for each in people if each.place is not None}
    told = tuple(
        rules.Responder(
            id, known[id].point, metres, (score - MARGIN_HUNDREDTHS.get(known[id].basis, 0)) // 100,
            MARGIN_HUNDREDTHS.get(known[id].basis, 0), known[id].basis, known[id].seen_at,
        )
        for id, (score, metres) in first.items()
    )  # fmt: skip
    return Responders(told, rules.by_post(without, town.zone))


def on_one_metre(found: Responders) -> Responders:
    """The place comes back from the plane with the last digits of a float changed."""
    return replace(found, near=tuple(replace(each, point=GULSHAN) for each in found.near))


@pytest.fixture
def zones(session: Session, town: Town) -> list[ZoneId]:
    name = {"en": "Banani", "bn": "বনানী", "fa": "بنانی", "ar": "بناني"}
    there = Point(GULSHAN.longitude, GULSHAN.latitude + 0.05)
    made = catalogue.draw_zone(
        session, town.organization, key="further", name=name, centre=there, radius_metres=900, neighbours=()
    )
    return [town.zone, made]


def test_the_search_equals_brute_force_in_every_town(
    session: Session, town: Town, zones: list[ZoneId], monkeypatch: pytest.MonkeyPatch
) -> None:
    number = catalogue_queries.skills(session)[SKILL].number
    broken: set[str | None] = set()
    for seed in range(SEEDS):
        dice = random.Random(seed)
        monkeypatch.setattr(responders, "LEAST_READ", dice.choice([1, 1, 12]))
        monkeypatch.setattr(responders, "READ_AHEAD", dice.choice([1, 1, 4]))
        people = [somebody(dice, town.now, zones, number) for _ in range(dice.choice([6, 40, 80]))]
        undo = session.begin_nested()
        settle(session, town, people)
        broken |= {rules.obstacle(each.as_guard(town.now)) for each in people}
        for most in MOST:
            found = nearest(session, site=GULSHAN, zone=town.zone, at=town.now, most=most)
            assert on_one_metre(found) == on_one_metre(by_brute_force(session, town, people, most)), (seed, most)
        assert soonest(session, site=GULSHAN, at=town.now, most=MOST[-1]) == found.near
        undo.rollback()
    assert broken == {None, "standing", "skill", "shift", "at_work", "answering"}


def test_a_town_without_guards_has_nobody(session: Session, town: Town) -> None:
    town.craftsman(session)
    assert nearest(session, site=GULSHAN, zone=town.zone, at=town.now) == Responders()
    assert nearest(session, site=GULSHAN, zone=town.zone, at=town.now, most=0) == Responders()
    assert soonest(session, site=GULSHAN, at=town.now) == ()
