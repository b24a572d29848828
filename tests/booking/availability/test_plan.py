"""What stands in somebody's plan: moved inside its promise or to other hands, begun, ended, and never cancelled."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from booking.availability import actions, queries
from booking.availability.rules import Booked, Kind, NotInPlan, PromisedAlready, SlotTaken, Status
from tests.booking.availability.people import (
    DHANMONDI,
    MINUTE,
    MONDAY,
    NOW,
    POLICY,
    UTTARA,
    at_work,
    exactly,
    hold,
    local,
    somebody,
    span,
    windows,
)


def test_a_new_visit_between_two_moves_the_later_one_inside_its_promise(session: Session) -> None:
    who = [at_work(session, somebody())]
    later = hold(session, who, span(10, 13))
    assert later.starts_at == local(10)
    between = hold(session, who, exactly(10))
    moved = queries.visit(session, later.visit)
    assert moved.window == later.window
    assert moved.departs_at == between.ends_at
    assert moved.status is Status.HELD
    rows = text("SELECT status FROM occupation WHERE visit_id = :visit ORDER BY sequence")
    assert list(session.scalars(rows, {"visit": later.visit})) == ["released", "held"]


def test_what_begins_soon_is_not_moved_any_more(session: Session) -> None:
    who = [at_work(session, somebody())]
    soon = hold(session, who, span(9, 12))
    early = local(9) - 29 * MINUTE
    actions.consume(session, soon.visit, now=NOW, policy=POLICY)
    with pytest.raises(SlotTaken):
        hold(session, who, exactly(9), now=early)
    assert queries.visit(session, soon.visit).starts_at == soon.starts_at


def test_moving_keeps_the_visit_and_frees_the_old_time(session: Session) -> None:
    who = [at_work(session, somebody())]
    held = hold(session, who, exactly(10))
    actions.consume(session, held.visit, now=NOW, policy=POLICY)
    moved = actions.move(session, held.visit, specialists=who, window=exactly(14), now=NOW, policy=POLICY)
    assert (moved.visit, moved.status, moved.starts_at) == (held.visit, Status.CONFIRMED, local(14))
    assert hold(session, who, exactly(10)).holds


def test_moving_by_half_an_hour_does_not_stumble_over_itself(session: Session) -> None:
    who = [at_work(session, somebody())]
    held = hold(session, who, exactly(10), minutes=120)
    moved = actions.move(session, held.visit, specialists=who, window=exactly(11), now=NOW, policy=POLICY)
    assert moved.starts_at == local(11)


def test_a_move_that_is_refused_changes_nothing(session: Session) -> None:
    who = [at_work(session, somebody())]
    held, other = hold(session, who, exactly(10)), hold(session, who, exactly(14))
    with pytest.raises(SlotTaken):
        actions.move(session, held.visit, specialists=who, window=exactly(14), now=NOW, policy=POLICY)
    assert queries.visit(session, held.visit) == held
    assert queries.visit(session, other.visit) == other


def test_a_visit_can_go_to_other_hands(session: Session) -> None:
    one, two = at_work(session, somebody()), at_work(session, somebody())
    held = hold(session, [one], exactly(10))
    moved = actions.move(session, held.visit, specialists=[two], window=exactly(10), now=NOW, policy=POLICY)
    assert moved.specialist == two.specialist
    assert queries.free_spans(session, one.specialist, within=span(8, 20), now=NOW) == [span(8, 20)]


def test_work_that_ends_early_frees_the_rest_and_its_place_is_remembered(session: Session) -> None:
    who = [at_work(session, somebody())]
    first = hold(session, who, exactly(10), point=UTTARA, minutes=120)
    actions.consume(session, first.visit, now=NOW, policy=POLICY)
    actions.start(session, first.visit)
    ended = local(11)
    over = actions.done(session, first.visit, now=ended)
    assert (over.status, over.ends_at) == (Status.DONE, ended)
    second = hold(session, who, exactly(13), point=DHANMONDI, now=ended)
    assert second.starts_at - second.departs_at > 40 * MINUTE


def test_only_what_was_confirmed_can_begin(session: Session) -> None:
    held = hold(session, [at_work(session, somebody())], exactly(10))
    with pytest.raises(NotInPlan):
        actions.start(session, held.visit)
    with pytest.raises(NotInPlan):
        actions.done(session, held.visit, now=NOW)


def test_work_that_takes_longer_pushes_what_follows_out_of_reach(session: Session) -> None:
    who = [at_work(session, somebody())]
    first = hold(session, who, exactly(10))
    actions.consume(session, first.visit, now=NOW, policy=POLICY)
    actions.start(session, first.visit)
    with pytest.raises(SlotTaken):
        hold(session, who, exactly(12), now=local(11) + 55 * MINUTE)


def test_a_break_is_never_booked_over_and_never_cancels_a_promise(session: Session) -> None:
    who = [at_work(session, somebody())]
    held = hold(session, who, exactly(10))

    def rest(hour: int, command: UUID) -> Booked:
        return actions.block(
            session,
            command=command,
            specialist=who[0].specialist,
            kind=Kind.BREAK,
            period=span(hour, hour + 1),
            now=NOW,
            policy=POLICY,
        )

    with pytest.raises(PromisedAlready) as refused:
        rest(10, uuid4())
    assert refused.value.visits == (held.visit,)
    command = uuid4()
    taken = rest(13, command)
    assert rest(13, command) == taken
    with pytest.raises(SlotTaken):
        hold(session, who, exactly(13))
    actions.release(session, taken.visit, now=NOW, policy=POLICY)
    assert hold(session, who, exactly(13)).holds


def test_a_change_of_hours_lists_the_promises_and_cancels_none(session: Session) -> None:
    who = [at_work(session, somebody())]
    held = hold(session, who, exactly(16))
    actions.consume(session, held.visit, now=NOW, policy=POLICY)
    conflicts = actions.expand(
        session,
        who[0].specialist,
        [span(9, 12)],
        from_day=MONDAY,
        to_day=MONDAY + timedelta(days=1),
        now=NOW,
        policy=POLICY,
    )
    assert [each.visit for each in conflicts] == [held.visit]
    assert queries.visit(session, held.visit).status is Status.CONFIRMED
    assert "15" not in windows(session, who)


def test_free_time_is_working_time_less_what_is_taken(session: Session) -> None:
    who = [at_work(session, somebody(), [span(9, 12), span(14, 18)])]
    held = hold(session, who, exactly(15))
    free = queries.free_spans(session, who[0].specialist, within=span(8, 20), now=NOW)
    assert [(each.start, each.end) for each in free] == [
        (local(9), local(12)),
        (local(14), held.departs_at),
        (held.ends_at, local(18)),
    ]
    assert queries.is_free(session, who[0].specialist, during=span(9, 12), now=NOW)
    assert not queries.is_free(session, who[0].specialist, during=span(15, 16), now=NOW)
