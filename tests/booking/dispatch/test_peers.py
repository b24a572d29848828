"""With whom somebody is compared: all of the trade on shift in the zone, also who is busy and cannot be asked."""

from datetime import timedelta
from uuid import uuid4

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from booking.availability.tables import ShiftRow
from booking.dispatch import asking, batches, matching, peers, presence, replaying
from booking.dispatch.rules import EVERYBODY_MINUTES, Steps
from booking.dispatch.tables import DecisionRow
from booking.jobs.tables import Job
from booking.jobs.words import Event
from marketplace.foundation.places import Point
from tests.booking.dispatch.test_batches import NORTH
from tests.booking.jobs.town import GULSHAN, Town

MONEY = 10_000_000
MIDWAY = Point(GULSHAN.longitude, GULSHAN.latitude + 0.02)


def test_everybody_on_shift_is_the_group_and_whoever_comes_no_further_than_the_second_is_near_enough(
    town: Town, session: Session
) -> None:
    karim, absent = town.craftsman(session), town.craftsman(session)
    for place in (MIDWAY, NORTH):
        town.craftsman(session, at=place)
    session.execute(delete(ShiftRow).where(ShiftRow.specialist_id == absent.id))
    paid, job = (town.opened(session, town.customer(session, money=MONEY)) for _ in range(2))
    town.fire(session, paid, Event.ACCEPT, karim.specialist, offer_id=uuid4())
    town.now = town.tomorrow.start + timedelta(days=0, minutes=-30)
    presence.refresh(session, [each.id for each in town.specialists], now=town.now)
    search = asking.search_for(session, session.get_one(Job, job), now=town.now)
    found = peers.of(session, search, now=town.now)
    price = session.get_one(Job, paid).price_minor
    assert price is not None
    active = (town.now - town.now.replace(hour=2, minute=0)) // timedelta(minutes=1)  # since eight in Dhaka
    assert (found.people, found.rate) == (3, price * 60 // active // 3)
    assert len(found.places) == 3
    near = [peers.near_minutes(found, search, Steps(near_enough=number), now=town.now) for number in (0, 1, 2, 3, 4)]
    assert near[0] == 0
    assert near == sorted(near)
    assert near[1] < near[2] < near[3] < near[4] == EVERYBODY_MINUTES


def test_a_decision_keeps_the_rate_of_the_group_and_comes_out_again(town: Town, session: Session) -> None:
    karim = town.craftsman(session)
    town.craftsman(session)
    paid = town.opened(session, town.customer(session, money=MONEY))
    town.fire(session, paid, Event.ACCEPT, karim.specialist, offer_id=uuid4())
    jobs = [town.opened(session, town.customer(session, money=MONEY)) for _ in range(2)]
    town.now = town.tomorrow.start - timedelta(minutes=30)
    for job in jobs:
        matching.match(session, job, now=town.now)
    batches.run(session, now=town.now)
    rows = session.scalars(select(DecisionRow)).all()
    told = [row.inputs for row in rows if row.job_id is not None]
    assert {(each["group"], each["group_rate"] > 0) for each in told} == {(2, True)}
    assert replaying.differing(session, rows) == []
