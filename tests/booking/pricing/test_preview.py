"""What was shown is what is taken: ten thousand random cancellations, no-shows and captures, and some on the ledger."""

import random
from datetime import UTC, datetime, timedelta

from sqlalchemy.orm import Session

from booking.pricing.cancelling import Split, fee_table, on_cancelling, on_failing, on_no_show
from booking.pricing.policy import STAGES, CancellationPolicy, Fee, PricePolicy, Stage, Tier
from booking.pricing.rules import net_pay
from marketplace.foundation.ids import uuid7
from marketplace.foundation.money import Money
from payments import audits
from payments.wallets import actions, queries
from payments.wallets.rules import FeeShare, Share

CASES = 10_000
ON_THE_LEDGER = 25
NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


def policy_of(chance: random.Random) -> CancellationPolicy:
    def fee() -> Fee:
        least = Money(chance.choice((0, 0, 1, 5_000)), "BDT")
        most = chance.choice((None, Money(least.minor + chance.randrange(50_000), "BDT")))
        return Fee(chance.randrange(10_001), least, most)

    tiers = tuple(
        Tier(str(n), chance.choice(STAGES), chance.choice((None, timedelta(minutes=chance.randrange(2_000)))), fee())
        for n in range(chance.randrange(4))
    )
    grace = timedelta(minutes=chance.randrange(30))
    return CancellationPolicy("v", tiers, grace, fee(), fee(), chance.randrange(10_001), chance.randrange(3_001))


def at_stage(held: Money, stage: Stage, starts_at: datetime, now: datetime, policy: CancellationPolicy) -> Split:
    return on_cancelling(
        held, starts_at=starts_at, assigned=stage is not Stage.UNASSIGNED, now=now, policy=policy,
        en_route=stage in (Stage.EN_ROUTE, Stage.ON_SITE), on_site=stage is Stage.ON_SITE,
    )  # fmt: skip


def test_the_table_before_booking_is_what_is_charged_at_any_later_moment() -> None:
    chance = random.Random(25)
    for n in range(CASES):
        policy, held = policy_of(chance), Money(chance.randrange(1, 10**7), "BDT")
        starts_at = NOW + timedelta(minutes=chance.randrange(1, 3_000))
        later, stage = NOW + (starts_at - NOW) * chance.random(), chance.choice(STAGES)
        charged = at_stage(held, stage, starts_at, later, policy)
        shown = fee_table(held, starts_at=starts_at, now=NOW, policy=policy) if n % 4 == 0 else ()
        known = {STAGES.index(each.stage) for each in shown if STAGES.index(each.stage) <= STAGES.index(stage)}
        in_force = [
            each for each in shown
            if STAGES.index(each.stage) in known and (each.from_at is None or each.from_at <= later)
        ]  # fmt: skip
        assert not shown or charged.fee in {each.split.fee for each in in_force}
        for split in (charged, on_no_show(held, policy=policy), on_failing(held, policy=policy)):
            assert split.fee + split.back == held
            assert FeeShare(split.fee, split.specialist_share, split.house_share, split.tax).fee == split.fee
            assert all(each.minor >= 0 for each in (split.fee, split.back, split.specialist_share, split.house_share))


def test_what_an_offer_promises_is_what_a_capture_pays_to_the_unit() -> None:
    chance = random.Random(19)
    for _ in range(CASES):
        rates = PricePolicy("v", chance.randrange(4_001), chance.randrange(3_001))
        pay = net_pay(Money(chance.randrange(10**9), "BDT"), rates)
        assert pay.net + pay.commission + pay.tax == pay.gross
        assert min(pay.net, pay.commission, pay.tax) >= Money.zero("BDT")
        Share(pay.gross, pay.commission, pay.tax, pay.net)


def test_and_so_on_the_ledger(session: Session) -> None:
    chance = random.Random(8)
    specialist = uuid7()
    actions.open_wallet(session, owner=specialist, owner_kind="specialist", currency="BDT")
    earned = 0
    for n in range(ON_THE_LEDGER):
        customer, job, policy = uuid7(), uuid7(), policy_of(chance)
        held = Money(chance.randrange(1, 10**6), "BDT")
        actions.open_wallet(session, owner=customer, owner_kind="customer", currency="BDT")
        actions.credit_topup(
            session, attempt=uuid7(), owner=customer, owner_kind="customer", gateway="sandbox", amount=held, now=NOW
        )
        actions.hold_for_job(session, job=job, customer=customer, amount=held, now=NOW)
        shown = on_no_show(held, policy=policy) if n % 3 == 0 else at_stage(held, STAGES[n % 4], NOW, NOW, policy)
        actions.charge_cancellation(
            session, job=job, customer=customer, specialist=specialist if shown.specialist_share else None, now=NOW,
            share=FeeShare(shown.fee, shown.specialist_share, shown.house_share, shown.tax),
        )  # fmt: skip
        after = queries.balance(session, owner=customer, owner_kind="customer", currency="BDT")
        assert (after.posted, after.held) == (shown.back, Money.zero("BDT"))
        earned += shown.specialist_share.minor
    assert queries.balance(session, owner=specialist, owner_kind="specialist", currency="BDT").posted.minor == earned
    assert not {name: count for name, count in audits.figures(session, now=NOW).items() if count}
