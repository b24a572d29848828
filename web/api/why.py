"""Why a specialist was asked for a job or not, by what was decided at the time; and their own figures (D5)."""

from datetime import datetime
from uuid import UUID

from litestar import get

from booking.dispatch import why
from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from web.api.amounts import Amount, Out, amount
from web.identity import Req


class WhyLine(Out, frozen=True, kw_only=True):
    """One job of one's trade and areas. `outcome` is offered, matched_otherwise, lower, excluded or not_looked_at.

    `behind_hundredths` lay between the first and oneself, in hundredths of a minute; `term` was most in the way.
    """

    job: UUID
    service: UUID
    zone: UUID
    window_start: datetime
    window_end: datetime
    outcome: str
    rank: int | None
    behind_hundredths: int | None
    term: str | None
    term_hundredths: int | None
    rule: str | None


class OwnNumbers(Out, frozen=True, kw_only=True):
    """Answers of so many days; what an hour on shift brought, beside the mean of those who could be asked too."""

    accepted: int
    answered: int
    days: int
    own_rate: Amount | None
    group_rate: Amount | None
    group: int


class Explanation(Out, frozen=True, kw_only=True):
    jobs: list[WhyLine]
    numbers: OwnNumbers


@get("/api/v1/why", opt={"policy": "specialist.read"}, tags=["offers"], sync_to_thread=True)
def explained(request: Req) -> Explanation:
    """The jobs of the last 14 days, newest first, each with what was decided about oneself; nobody else is named."""
    me, now = request.user.person_id, clock.now()
    with transaction() as session:
        found = why.why_not(session, me, now=now)
        own = why.numbers(session, me, now=now)
    lines = [
        WhyLine(
            job=each.job, service=each.service, zone=each.zone, window_start=each.window_start,
            window_end=each.window_end, outcome=each.said.outcome.value, rank=each.said.rank,
            behind_hundredths=each.said.behind_hundredths, term=each.said.term,
            term_hundredths=each.said.term_hundredths, rule=each.said.rule,
        )
        for each in found
    ]  # fmt: skip
    numbers = OwnNumbers(
        accepted=own.accepted, answered=own.answered, days=own.days, group=own.group,
        own_rate=None if own.own_rate is None else amount(own.own_rate),
        group_rate=None if own.group_rate is None else amount(own.group_rate),
    )  # fmt: skip
    return Explanation(jobs=lines, numbers=numbers)


routes = [explained]
