"""Who is nearest of all who may be asked: one statement on the strip index, and every hard rule in it.

It answers for work that begins soon, from the places of who is on shift (`booking.tracking`). The same rules, one by
one and in words, are `rules.HARD_RULES`; a property test over random towns holds the two together (dispatch.md §4).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from booking.dispatch.rules import ROUNDS_OF_A_SEARCH
from booking.jobs import queries as jobs
from booking.jobs.words import Method
from booking.tracking.rules import Basis, folded, reach, unfolded
from marketplace.foundation.money import Money
from marketplace.foundation.periods import Period
from marketplace.foundation.places import Point, metres_between
from marketplace.organizations.queries import home
from payments.wallets import queries as wallets

LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
SPARE = 2  # the plane orders by distance to a few parts in a thousand: so many more are read, and ordered on the earth


@dataclass(frozen=True, slots=True)
class Near:
    """Somebody who may be asked, and from where and when they could come. `metres` is the straight way from there.

    `free_at` may lie in the past (free now); `basis` says what the place is known from, and with it how far off it may
    be (`rules.MARGIN_HUNDREDTHS`).
    """

    specialist: UUID
    free_at: datetime
    seen_at: datetime
    basis: Basis
    metres: int


STATEMENT = (Path(__file__).parent / "eligible.sql").read_text()
_STATEMENT = text(STATEMENT)


def nearest(
    session: Session,
    *,
    skill_no: int,
    point: Point,
    span: Period,
    soon: datetime,
    customer: UUID,
    job: UUID,
    round: int,
    km: int,
    most: int = 20,
    exclusive: bool = True,
    ask_again: bool = True,
    now: datetime | None = None,
) -> list[Near]:
    """Those who may be asked for this job within `km`, the nearest first, `most` of them.

    `span` is when the work would be, for who is free then; who is free later, but by `soon`, is asked about as long a
    time from then on. `skill_no` is the number of the trade (catalogue's skill) whose places are looked at; every skill
    of the job's service is asked for. Whoever was asked in this `round`, or has answered in any, is left out; with
    `ask_again` false also whoever let an offer of the same search run out. Time held for this very job is no obstacle,
    nor a hold that has run out by `now` (without it, holds that stand count). A job that does not exist has nobody.
    """
    fetched = most + SPARE
    while True:
        asked = parameters(
            skill_no=skill_no, point=point, span=span, soon=soon, customer=customer, job=job, round=round, km=km,
            exclusive=exclusive, ask_again=ask_again, now=now, most=fetched,
        )  # fmt: skip
        rows = session.execute(_STATEMENT, asked).all()
        near = [
            Near(row.specialist_id, row.free_at, row.seen_at, Basis(row.basis),
                 metres_between(point, unfolded(row.x, row.y)))
            for row in rows
        ]  # fmt: skip
        if rows and rows[0].method == Method.CASH:
            near = _within_their_debt_limit(session, job, near)
        if len(near) >= most or len(rows) < fetched:
            return _nearest_on_earth(near, km=km, most=most)
        fetched *= 4  # too many of them owe too much for a cash job: look further


def parameters(
    *,
    skill_no: int,
    point: Point,
    span: Period,
    soon: datetime,
    customer: UUID,
    job: UUID,
    round: int,
    km: int,
    exclusive: bool,
    ask_again: bool,
    now: datetime | None,
    most: int,
) -> dict[str, object]:
    """What the statement is told, by name; it answers with `most` rows."""
    (west, south), (east, north) = reach(point, skill_no, km)
    x, y = folded(point, skill_no)
    search = round // ROUNDS_OF_A_SEARCH * ROUNDS_OF_A_SEARCH
    return {
        "x": x, "y": y, "west": west, "south": south, "east": east, "north": north,
        "start": span.start, "length": span.length, "soon": soon, "now": now or LONG_AGO,
        "customer": customer, "job": job, "round": round, "most": most, "exclusive": exclusive,
        "first_round": round if ask_again else search,
        "last_round": round if ask_again else search + ROUNDS_OF_A_SEARCH - 1,
    }  # fmt: skip


def _within_their_debt_limit(session: Session, job: UUID, near: Sequence[Near]) -> list[Near]:
    """Who could promise the commission of this cash job. What they owe is the ledger's to say, not this statement's."""
    pay = jobs.as_offered(session, job).pay
    limit = Money(home(session).settings["cash_debt_limit"], pay.gross.currency)
    could = wallets.promisable(session, [each.specialist for each in near], pay.gross.currency, limit=limit)
    return [each for each in near if could[each.specialist] >= pay.commission + pay.tax]


def _nearest_on_earth(near: Sequence[Near], *, km: int, most: int) -> list[Near]:
    """The corners of the box are further than `km`; the order is that of the earth."""
    ordered = sorted(near, key=lambda each: (each.metres, each.specialist))
    return [each for each in ordered if each.metres <= km * 1000][:most]
