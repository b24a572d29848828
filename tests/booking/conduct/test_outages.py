"""An outage that is written down later ends the proceedings that it explains, with all that had followed from them."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from booking.conduct import actions, drafting, money, outages, queries
from booking.conduct.charter import near_of
from booking.conduct.rules import Consequence, Result, Sentence, State
from marketplace.foundation.outbox import Outbox
from marketplace.notices import queries as notices
from marketplace.notices.tables import DeliveryRow
from marketplace.specialists.rules import Standing
from tests.booking.conduct.office import Office, office
from tests.booking.jobs.town import Somebody, Town
from web import invariants


def begun(town: Town, session: Session) -> tuple[Office, Somebody]:
    there = office(town, session)
    there.publish()
    return there, town.craftsman(session)


def out_of_order(there: Office, start: datetime, end: datetime) -> list[UUID]:
    """Write an outage down and let its tasks be done; which proceedings were looked at."""
    id = drafting.record_outage(
        there.session, there.town.organization, start, end, words="no SMS went out", by=there.opener, now=there.town.now
    )
    asked = select(Outbox).where(Outbox.task == "conduct.outage")
    assert [row.arguments["id"] for row in there.session.scalars(asked)] == [str(id)]
    outages.look_through(there.session, id, now=there.town.now)
    asked = select(Outbox).where(Outbox.task == "conduct.reconsider")
    found = [UUID(row.arguments["id"]) for row in there.session.scalars(asked)]
    for each in found:
        outages.reconsider(there.session, each, now=there.town.now)
    return found


def test_a_proceeding_that_an_outage_explains_is_withdrawn_and_put_back(town: Town, session: Session) -> None:
    there, karim = begun(town, session)
    start = town.now
    id = there.answered(karim)
    there.decide(id)
    assert there.standing(karim) is Standing.SUSPENDED
    town.later(days=2)
    assert out_of_order(there, start - timedelta(minutes=5), start + timedelta(minutes=30)) == [id]
    seen = queries.own(session, id, karim.id)
    assert (seen.state, seen.result, seen.heard) == (State.CLOSED, Result.WITHDRAWN, None)
    assert [each.excused for each in seen.evidence] == [True, True]
    assert there.standing(karim) is Standing.GOOD
    told = [row for row in session.scalars(select(DeliveryRow)) if row.letter == "conduct_over"]
    assert [notices.card(row).ids["proceeding"] for row in told] == [str(id)]
    session.flush()
    assert {int(session.scalar(text(sql), {"now": town.now}) or 0) for sql in invariants.OF_CONDUCT.values()} == {0}
    assert not outages.reconsider(session, id, now=town.now)  # twice is once


def test_a_fee_comes_back_with_the_proceeding(town: Town, session: Session) -> None:
    there, karim = begun(town, session)
    start = town.now
    id = there.answered(karim)
    there.decide(id, Sentence(Consequence.FEE, fee_minor=20_000))
    assert money.move(session, id, "fee", now=town.now)
    town.later(days=1)
    out_of_order(there, start - timedelta(minutes=5), start + timedelta(minutes=30))
    assert money.move(session, id, "fee_back", now=town.now)


def test_where_enough_is_left_it_goes_on_with_that(town: Town, session: Session) -> None:
    there, karim = begun(town, session)
    job = there.give_back(karim, 1)
    town.later(days=1)
    start = town.now
    there.give_back(karim, 2)
    (id,) = actions.look(session, job, now=town.now)
    before = queries.one(session, id, town.organization)
    town.later(days=1)
    assert len(before.evidence) == 3
    assert out_of_order(there, start - timedelta(minutes=1), start + timedelta(seconds=30)) == [id]
    after = queries.one(session, id, town.organization)
    assert (after.state, [each.excused for each in after.evidence].count(True)) == (State.OPEN, 1)


def test_a_visit_begins_on_a_whole_minute() -> None:
    at = datetime(2026, 11, 22, 4, 0, 30, tzinfo=UTC)
    assert near_of(at, None) == (at,)
    assert near_of(at, 59)[1] == datetime(2026, 11, 22, 5, 0, tzinfo=UTC)
    assert near_of(at.replace(second=0), 60)[1] == datetime(2026, 11, 22, 5, 0, tzinfo=UTC)
    assert near_of(at, -2)[1] == datetime(2026, 11, 22, 3, 59, tzinfo=UTC)
