"""Rules of matching and terms of gateways: written down as new rows, tried without doing anything, counted.

A new version counts from the next run on. It is never let loose on the backlog while somebody waits for a page.
"""

from datetime import date, datetime
from typing import Final
from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from marketplace.foundation.ids import uuid7
from payments.reconciliation import matching
from payments.reconciliation.rules import CONFIRMING, MILLION, MOST_ITEMS, How, RuleNotAllowed, TermsImpossible
from payments.reconciliation.tables import GatewayTerms, MatchRule, RuleTrial
from payments.statements.actions import one_at_a_time

MOST_DAYS: Final = 31
MOST_SETTLING: Final = 60


def change_rule(session: Session, code: How, *, enabled: bool, days: int, items: int, by: UUID, now: datetime) -> UUID:
    """Write the next version of a rule; what it is now changes nothing. Whether it confirms itself never changes.

    Refuses RuleNotAllowed for limits out of range, and for switching off what is done by hand.
    """
    if not 0 <= days <= MOST_DAYS or not 1 <= items <= MOST_ITEMS or (code is How.BY_HAND and not enabled):
        raise RuleNotAllowed
    session.execute(text("SELECT pg_advisory_xact_lock(hashtext('match_rule'))"))
    last = session.scalars(
        select(MatchRule).where(MatchRule.code == code).order_by(MatchRule.version.desc()).limit(1)
    ).one()
    if (last.enabled, last.days, last.items) == (enabled, days, items):
        return last.id
    made = MatchRule(
        id=uuid7(), code=code, version=last.version + 1, pass_no=last.pass_no, confirms=code in CONFIRMING or
        code is How.BY_HAND, enabled=enabled, days=days, items=items, made_at=now, made_by=by,
    )  # fmt: skip
    session.add(made)
    session.flush()
    return made.id


def try_rule(session: Session, rule: UUID, *, gateway: str, by: UUID, now: datetime) -> int:
    """How many open lines a version of a rule would match or suggest now; nothing of it is done, only noted.

    Refuses RuleNotAllowed where there is no such version.
    """
    row = session.get(MatchRule, rule)
    if row is None:
        raise RuleNotAllowed
    one_at_a_time(session, gateway)
    around = session.begin_nested()
    found, value, still = matching.trial(session, row.code, row.id, gateway=gateway, now=now)
    around.rollback()
    session.add(
        RuleTrial(
            id=uuid7(), rule=rule, gateway=gateway, tried_at=now, tried_by=by, open_lines=still, found=found,
            value=value,
        )
    )  # fmt: skip
    session.flush()
    return found


def agree_terms(
    session: Session, *, gateway: str, currency: str, valid_from: date, parts_per_million: int, fixed: int,
    settles_days: int, by: UUID, now: datetime,
) -> UUID:  # fmt: skip
    """What the gateway may keep from a day on. Refuses TermsImpossible: a day that has terms, figures out of range."""
    if not 0 <= parts_per_million <= MILLION or fixed < 0 or not 0 <= settles_days <= MOST_SETTLING:
        raise TermsImpossible
    session.execute(text("SELECT pg_advisory_xact_lock(hashtext('gateway_terms'))"))
    same = select(func.count()).where(
        GatewayTerms.gateway == gateway, GatewayTerms.currency == currency, GatewayTerms.valid_from == valid_from
    )
    if session.scalar(same):
        raise TermsImpossible
    made = GatewayTerms(
        id=uuid7(), gateway=gateway, currency=currency, valid_from=valid_from, parts_per_million=parts_per_million,
        fixed=fixed, settles_days=settles_days, made_at=now, made_by=by,
    )  # fmt: skip
    session.add(made)
    session.flush()
    return made.id
