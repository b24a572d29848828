"""Commission by lines, kept between its least and its most; versions that are published and never changed."""

from datetime import timedelta
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from payments.rates import actions, queries
from payments.rates.rules import (
    CommissionLine,
    CommissionRule,
    NotSimulated,
    RateInThePast,
    RuleImpossible,
    check_rule,
    commission,
    digest,
    split_by,
)
from tests.payments.wallets.test_jobs import NOW, Town, bdt

PERCENT, FIXED = CommissionLine("percent", 1_500), CommissionLine("fixed", minor=500)
TIER = CommissionLine("tier", 500, 10_000)


def rule(*lines: CommissionLine, least: int = 0, most: int | None = None) -> CommissionRule:
    return CommissionRule("BDT", lines, least, most)


def test_lines_add_up_and_stay_between_the_least_and_the_most() -> None:
    assert commission(bdt(20_000), rule(PERCENT)) == bdt(3_000)
    assert commission(bdt(20_000), rule(PERCENT, FIXED, TIER)) == bdt(3_000 + 500 + 500)
    assert commission(bdt(10_000), rule(PERCENT, TIER)) == bdt(1_500)
    assert commission(bdt(1_000), rule(PERCENT, least=400)) == bdt(400)
    assert commission(bdt(100_000), rule(PERCENT, most=9_000)) == bdt(9_000)
    assert commission(bdt(300), rule(FIXED)) == bdt(300)


@given(
    gross=st.integers(0, 10**9), points=st.integers(0, 10_000), fixed=st.integers(0, 10**6), tax=st.integers(0, 3_000),
    least=st.integers(0, 10**6),
)  # fmt: skip
def test_the_parts_make_up_the_price_to_the_unit(gross: int, points: int, fixed: int, tax: int, least: int) -> None:
    made = rule(CommissionLine("percent", points), CommissionLine("fixed", minor=fixed), least=least)
    share = split_by(bdt(gross), made, tax_basis_points=tax)
    assert share.net + share.commission + share.tax == bdt(gross)
    assert min(share.net.minor, share.commission.minor, share.tax.minor) >= 0


@pytest.mark.parametrize(
    "wrong",
    [
        rule(), rule(*[PERCENT] * 9), rule(CommissionLine("percent")), rule(CommissionLine("percent", 10_001)),
        rule(CommissionLine("fixed", minor=-1)), rule(PERCENT, least=-1), rule(PERCENT, least=5, most=4),
    ],
)  # fmt: skip
def test_an_impossible_rule_is_refused(wrong: CommissionRule) -> None:
    with pytest.raises(RuleImpossible):
        check_rule(wrong)


def test_a_version_is_published_after_its_simulation_and_counts_from_its_moment(session: Session) -> None:
    first, second, tomorrow = rule(PERCENT), rule(PERCENT, FIXED), NOW + timedelta(days=1)
    by = uuid4()
    assert queries.rule_in_force(session, "BDT", at=NOW) is None
    with pytest.raises(NotSimulated):
        actions.publish_rule(session, first, seen=digest(second), valid_from=NOW, by=by, now=NOW)
    with pytest.raises(RateInThePast):
        actions.publish_rule(session, first, seen=digest(first), valid_from=NOW - timedelta(1), by=by, now=NOW)
    made = actions.publish_rule(session, first, seen=digest(first), valid_from=NOW, by=by, now=NOW)
    later = actions.publish_rule(session, second, seen=digest(second), valid_from=tomorrow, by=by, now=NOW)
    assert queries.rule_in_force(session, "BDT", at=NOW) == made
    assert queries.rule_in_force(session, "BDT", at=tomorrow) == later
    assert [each.number for each, _ in queries.published(session, "BDT")] == [2, 1]


def test_a_tax_rate_ends_where_the_next_begins(session: Session) -> None:
    tomorrow, by = NOW + timedelta(days=1), uuid4()
    actions.publish_tax(session, code="standard", basis_points=1_500, valid_from=NOW, by=by, now=NOW)
    actions.publish_tax(session, code="standard", basis_points=1_000, valid_from=tomorrow, by=by, now=NOW)
    with pytest.raises(RateInThePast):
        actions.publish_tax(session, code="standard", basis_points=1, valid_from=tomorrow, by=by, now=NOW)
    with pytest.raises(RuleImpossible):
        actions.publish_tax(session, code="standard", basis_points=10_001, valid_from=tomorrow, by=by, now=NOW)
    found = [queries.tax_in_force(session, "standard", at=at) for at in (NOW, tomorrow)]
    assert [each and each.basis_points for each in found] == [1_500, 1_000]


def test_a_simulation_shows_what_past_jobs_would_have_paid(session: Session) -> None:
    town = Town(session)
    town.hold(12_000)
    town.capture(11_500)
    found = queries.simulate(session, rule(PERCENT, FIXED), tax_basis_points=1_000, since=NOW)
    assert (found.jobs, found.commission_was, found.commission) == (1, bdt(1_725), bdt(2_225))
    assert (found.net_was, found.net, found.dearer, found.cheaper) == (bdt(9_603), bdt(11_500 - 2_225 - 222), 1, 0)
