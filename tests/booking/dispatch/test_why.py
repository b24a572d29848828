"""Why not me: selected, ranked lower by which part, excluded by which rule; a block is never told."""

from uuid import uuid4

from sqlalchemy import delete, insert
from sqlalchemy.orm import Session

from booking.availability.tables import ShiftRow
from booking.dispatch import actions, matching, queries, why
from booking.dispatch.why import Outcome
from marketplace.foundation.ids import PersonId
from marketplace.foundation.places import Point
from marketplace.specialists.tables import Block
from tests.booking.jobs.town import GULSHAN, Town

MONEY = 10_000_000
FAR = Point(GULSHAN.longitude, GULSHAN.latitude + 0.1)


def told(session: Session, town: Town, who: PersonId) -> why.Said:
    (found,) = why.why_not(session, who, now=town.now)
    return found.said


def test_each_reads_what_was_decided_about_them_and_nobody_else_is_named(town: Town, session: Session) -> None:
    rahima = town.customer(session, money=MONEY)
    near, far = town.craftsman(session), town.craftsman(session, at=FAR)
    job = town.opened(session, rahima)
    absent = town.craftsman(session)
    session.execute(delete(ShiftRow).where(ShiftRow.specialist_id == absent.id))
    (offer,) = matching.match(session, job, now=town.now)
    first = queries.offers_for(session, job)[0].specialist
    second = next(each.id for each in (near, far) if each.id != first)
    assert told(session, town, first).outcome is Outcome.OFFERED
    lower = told(session, town, second)
    assert (lower.outcome, lower.rank) == (Outcome.LOWER, 2)
    assert lower.term in {"travel", "planned"}
    assert lower.behind_hundredths is not None
    assert lower.behind_hundredths > 0
    excluded = told(session, town, absent.id)
    assert (excluded.outcome, excluded.rule) == (Outcome.EXCLUDED, "shift")
    for each in (lower, excluded):
        assert str(first) not in repr(each)
    actions.see(session, offer, specialist=first, now=town.now)
    actions.decline(session, offer, specialist=first, command_id=uuid4(), now=town.now)
    mine = why.numbers(session, first, now=town.now)
    assert (mine.accepted, mine.answered, mine.group) == (0, 1, 2)
    assert mine.own_rate == mine.group_rate
    assert why.numbers(session, second, now=town.now).own_rate is None


def test_a_block_is_not_told_and_old_jobs_are_not_listed(town: Town, session: Session) -> None:
    rahima, karim = town.customer(session, money=MONEY), town.craftsman(session)
    town.craftsman(session)
    session.execute(
        insert(Block).values(customer_id=rahima.id, specialist_id=karim.id, wanted_by="customer", since=town.now)
    )
    job = town.opened(session, rahima)
    matching.match(session, job, now=town.now)
    other = queries.offers_for(session, job)[0].specialist
    assert other != karim.id
    assert why.why_not(session, karim.id, now=town.now) == []
    assert len(why.why_not(session, other, now=town.now)) == 1
    assert why.why_not(session, other, now=town.later(days=15)) == []
