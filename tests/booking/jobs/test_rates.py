"""A quote freezes the commission's rule: a version published tomorrow touches the jobs of tomorrow."""

from uuid import uuid4

from sqlalchemy.orm import Session

from booking.jobs import queries
from payments.rates import actions
from payments.rates.rules import CommissionLine, CommissionRule, digest
from tests.booking.jobs.test_money import MONEY, at_work, wallet
from tests.booking.jobs.town import Town


def test_the_rule_of_the_quote_holds_until_the_capture(town: Town, session: Session) -> None:
    lines = (CommissionLine("percent", 1_000), CommissionLine("fixed", minor=700))
    first, second = CommissionRule("BDT", lines), CommissionRule("BDT", (CommissionLine("percent", 5_000),))
    actions.publish_rule(session, first, seen=digest(first), valid_from=town.now, by=uuid4(), now=town.now)
    actions.publish_tax(
        session, code="standard", basis_points=500, valid_from=town.now, by=uuid4(), now=town.now
    )  # fmt: skip
    rahima, karim = town.customer(session, money=MONEY), town.craftsman(session)
    job = at_work(town, session, rahima, karim)
    actions.publish_rule(session, second, seen=digest(second), valid_from=town.now, by=uuid4(), now=town.now)
    town.fire(session, job, "complete", karim.specialist)
    town.fire(session, job, "confirm", rahima.customer)
    pay = queries.past_of(session, job, karim.id).pay
    assert pay.commission.minor == pay.gross.minor // 10 + 700
    assert pay.tax == pay.commission.percent(500)
    assert wallet(session, karim, "specialist")[0] == pay.net.minor
