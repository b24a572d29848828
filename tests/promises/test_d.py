"""Two features of dispatch as people see them (features.md D5, D7): reasons that come out again, and batches' gaps."""

from datetime import timedelta
from decimal import Decimal

import msgspec
import psycopg
from sqlalchemy import delete, select, text

from booking.availability.tables import ShiftRow
from booking.dispatch import queries as offers
from booking.dispatch import replaying
from booking.dispatch.decisions import MATCHING
from booking.dispatch.rules import Decision
from booking.dispatch.tables import DecisionRow
from booking.jobs.words import State
from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from marketplace.foundation.ids import PersonId
from tests.booking.jobs.town import top_up
from tests.promises.shared import words_on
from tests.promises.story import Story
from tests.web.conftest import Town
from tests.web.pages.walking import Walker, offered
from web.cast import Member

CHECK = "Decisions that did not come out again"


def first_decision(story: Story) -> Decision:
    asked = select(DecisionRow.result).where(DecisionRow.job_id == story.job).order_by(DecisionRow.at)
    with transaction() as session:
        return msgspec.convert(session.scalars(asked.limit(1)).one(), Decision)


def somebody_stays_at_home(town: Town) -> PersonId:
    """One of the trade, who is not on shift in these days."""
    able = "SELECT specialist_id FROM skill_grant WHERE skill = 'ac' AND revoked_at IS NULL ORDER BY specialist_id"
    with transaction() as session:
        found = session.scalars(text(able)).all()
        absent = next(each.id for each in town.cast.specialists if each.id in found and not each.username)
        session.execute(delete(ShiftRow).where(ShiftRow.specialist_id == absent))
    return absent


def checked_at_night(story: Story, town: Town) -> str:
    """What compliance reads after the nightly check."""
    with transaction() as session:
        replaying.nightly(session, now=clock.now())
    return words_on(story.browser(town.cast.named("compliance").id).get("/dispatch/batches").text)


def test_d5_a_decision_comes_out_again_and_each_reads_their_own_reason_in_words(story: Story, town: Town) -> None:
    absent = somebody_stays_at_home(town)
    story.booked()
    decision = first_decision(story)
    assert len(decision.ranked) > 1
    for each in decision.ranked:
        assert sum(term.hundredths for term in each.terms) == each.score_hundredths
    lower = next(each.specialist_id for each in decision.ranked if each.specialist_id != story.specialist)
    everybody = {each.id: each.name for each in town.cast.specialists}
    own = {story.specialist: "You were asked.", PersonId(lower): "You were number ", absent: "You had no working time"}
    for who, said in own.items():
        page = words_on(story.browser(who).get("/work/why/jobs").text)
        assert said in page
        assert [name for id, name in everybody.items() if id != who and name in page] == []
    with transaction() as session:
        assert offers.decisions_replay(session, story.job)
        session.execute(text("UPDATE job SET open_cases = 1 WHERE id = :id"), {"id": story.job})  # so all are checked
    assert f"{CHECK} 0" in checked_at_night(story, town)
    with psycopg.connect(town.url) as connection:
        connection.execute("ALTER TABLE decision DISABLE TRIGGER ALL")
        connection.execute("UPDATE decision SET seed = seed + 1, inputs_hash = 'x' WHERE job_id = %s", [story.job])
    assert f"{CHECK} 1" in checked_at_night(story, town)


def pays_for_today(story: Story, who: Member) -> Walker:
    """A booking for the first time that is still free today; nobody was looked for yet."""
    with transaction() as session:
        top_up(session, who.id, 5_000_000, now=clock.now())
    walker = Walker(story.browser(who.id)).answers().takes_saved_address()
    window = offered(walker.goes(walker.at("time")).text, "window")[0]
    walker.sends(walker.at("time"), {"window": window}, leads_to="/")
    walker.agrees(leads_to="/payment").pays("wallet", leads_to="/jobs/")
    return walker


def test_d7_jobs_that_begin_soon_are_matched_together_and_the_gap_is_shown(story: Story, town: Town) -> None:
    clock.move(timedelta(hours=-2))
    jobs = [pays_for_today(story, town.cast.named(name)).id for name in ("rahima", "tanvir")]
    for _ in range(3):
        story.later(seconds=11)
    with transaction() as session:
        asked = [line.specialist for job in jobs for line in offers.offers_for(session, job)]
        batch = session.scalars(select(DecisionRow).where(DecisionRow.kind == MATCHING)).one()
        states = session.scalars(text("SELECT state FROM job")).all()
    assert states == [State.OPEN] * 2
    assert len(set(asked)) == 2
    assert (batch.size, batch.value, batch.gap_percent) == (2, batch.bound, Decimal(0))
    shown = words_on(story.browser(town.cast.named("compliance").id).get("/dispatch/batches").text)
    assert "Median gap 0% of 1 batch in 7 days" in shown
    assert "Jobs placed 2 of 2" in shown
