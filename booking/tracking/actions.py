"""Taking positions, and keeping the places from which people could take their next job."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy import CursorResult, delete, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from booking.tracking import queries
from booking.tracking.rules import (
    STRIP,
    Basis,
    Fix,
    Place,
    PositionNotTaken,
    Purpose,
    Seen,
    Switch,
    folded,
    may_take,
    newest,
)
from booking.tracking.tables import LivePosition, LocationSharing
from marketplace.foundation.ids import PersonId
from marketplace.foundation.outbox import enqueue
from marketplace.foundation.periods import Period

# In the order of the people: two batches that meet wait for each other, and never in a circle.
_TAKE = text("""
UPDATE live_position p
   SET pt = point(seen.x + p.skill_no * CAST(:strip AS float8), seen.y), seen_at = seen.at, basis = 'live'
  FROM (SELECT * FROM unnest(CAST(:who AS uuid[]), CAST(:x AS float8[]), CAST(:y AS float8[]),
                             CAST(:at AS timestamptz[])) AS u (who, x, y, at) ORDER BY who) seen
 WHERE p.specialist_id = seen.who AND p.basis <> 'next' AND (p.basis <> 'live' OR p.seen_at < seen.at)""")
_STAND = text("""
INSERT INTO live_position AS p (specialist_id, skill_no, pt, free_at, seen_at, basis, available)
SELECT u.who, u.skill, point(u.x, u.y), u.free_at, u.seen_at, u.basis, u.available
  FROM unnest(CAST(:who AS uuid[]), CAST(:skill AS int[]), CAST(:x AS float8[]), CAST(:y AS float8[]),
              CAST(:free_at AS timestamptz[]), CAST(:seen_at AS timestamptz[]), CAST(:basis AS text[]),
              CAST(:available AS boolean[])) AS u (who, skill, x, y, free_at, seen_at, basis, available)
 ORDER BY u.who, u.skill
    ON CONFLICT (specialist_id, skill_no) DO UPDATE
   SET pt = excluded.pt, free_at = excluded.free_at, seen_at = excluded.seen_at, basis = excluded.basis,
       available = excluded.available
 WHERE (p.pt[0], p.pt[1], p.free_at, p.seen_at, p.basis, p.available)
       IS DISTINCT FROM (excluded.pt[0], excluded.pt[1], excluded.free_at, excluded.seen_at, excluded.basis,
                         excluded.available)""")
_FORGET = text("""
DELETE FROM live_position p
 WHERE p.specialist_id = ANY (CAST(:people AS uuid[]))
   AND NOT EXISTS (SELECT FROM unnest(CAST(:who AS uuid[]), CAST(:skill AS int[])) AS u (who, skill)
                    WHERE u.who = p.specialist_id AND u.skill = p.skill_no)""")


def take_position(
    session: Session, specialist: PersonId, fixes: Sequence[Fix], *, shift: Period | None, now: datetime
) -> bool:
    """Take the last of what one device sent, for offers nearby; `shift` is the working time that is on now.

    False when nothing came of it: all of it was stale, or a running job says where they are. Refuses PositionNotTaken
    where the switch or the shift does not allow it; then nothing is stored.
    """
    switch = queries.switch_of(session, specialist)
    if not may_take(switch, Purpose.MATCH, shift=shift, job=None, now=now):
        raise PositionNotTaken()
    fix = newest(tuple(fixes), now=now)
    return fix is not None and take_positions(session, [Seen(specialist, fix.point, fix.at)]) > 0


def take_positions(session: Session, seen: Sequence[Seen]) -> int:
    """Take positions of many people in one statement, each person once; how many places were written.

    Whoever stands nowhere (off shift) is passed over, as is who is on a job, and what is older than what is known. The
    caller has asked `may_take` for each.
    """
    at = [folded(each.point, 0) for each in seen]
    told = {
        "strip": STRIP, "who": [each.specialist for each in seen], "x": [x for x, _ in at], "y": [y for _, y in at],
        "at": [each.at for each in seen],
    }  # fmt: skip
    return cast("CursorResult[Any]", session.execute(_TAKE, told)).rowcount


def stand(session: Session, places: Sequence[Place]) -> None:
    """Let these people stand where the town knows them to be, a row for each of their trades; the caller's word counts.

    Only `dispatch` and `fieldwork` say when somebody is free and available. What has not changed is not written.
    """
    rows = [(place, skill, *folded(place.point, skill)) for place in places for skill in place.skills]
    names = {"who": [place.specialist for place, *_ in rows], "skill": [skill for _, skill, *_ in rows]}
    session.execute(_FORGET, names | {"people": [place.specialist for place in places]})
    told = names | {
        "x": [x for *_, x, _ in rows],
        "y": [y for *_, y in rows],
        "free_at": [place.free_at for place, *_ in rows],
        "seen_at": [place.seen_at for place, *_ in rows],
        "basis": [place.basis.value for place, *_ in rows],
        "available": [place.available for place, *_ in rows],
    }
    session.execute(_STAND, told)


def leave(session: Session, people: Sequence[UUID]) -> None:
    """Nothing of where they were is left: their shift is over."""
    if people:
        session.execute(delete(LivePosition).where(LivePosition.specialist_id.in_(people)))


def choose(session: Session, specialist: PersonId, switch: Switch, *, now: datetime) -> None:
    """Set the three-way switch. Switched off, what was shared is gone at once; what the town knows takes its place.

    `dispatch.presence` is asked to look anew, by name: it knows shifts and jobs.
    """
    values = {"specialist_id": specialist, "switch": switch.value, "changed_at": now}
    chosen = insert(LocationSharing).values(values)
    session.execute(chosen.on_conflict_do_update(index_elements=[LocationSharing.specialist_id], set_=values))
    if switch is Switch.OFF:
        gone = delete(LivePosition).where(LivePosition.specialist_id == specialist)
        session.execute(gone.where(LivePosition.basis == Basis.LIVE))
        enqueue(session, "dispatch.presence", person=specialist)
