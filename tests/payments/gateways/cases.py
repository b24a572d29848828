"""The cases of the contract kit (payments.md §5.5), in the order of a payment's life, until it is credited."""

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

from marketplace.foundation import clock
from marketplace.foundation.database import TransactionOpen, transaction
from marketplace.foundation.ids import uuid7
from payments.gateways.protocol import RawRequest
from payments.gateways.rules import AnswerNotUnderstood, GatewayUnreachable, Outcome, reference_of
from payments.ledger import queries as books
from payments.topups import actions, reviews, tasks
from payments.topups.reviews import ReviewReason
from tests.payments.gateways.casebook import CASES, case, is_paid, is_unpaid, with_each
from tests.payments.gateways.kit import Payer, World, knock, leads_there

__all__ = ["CASES"]


@case()
def paid_is_credited_once_and_asking_again_changes_nothing(world: World) -> None:
    payer = world.payer().starts()
    assert payer.go is not None
    assert payer.go.refs.ours == reference_of(payer.attempt)
    assert leads_there(payer.go, world.gateway)
    world.ask(payer)
    is_unpaid(payer, "pending", "unknown")
    payer.pays()
    world.ask(payer)
    is_paid(payer)
    asked = payer.question
    first, again = (world.gateway.verify(asked.ask, asked.refs) for _ in range(2))
    assert first == again
    assert (first.outcome, first.amount, first.final) == (Outcome.PAID, world.amount, True)
    assert first.refs.txn == payer.view.attempts[0].txn
    world.ask(payer)
    is_paid(payer)


@case("decline")
def declined_is_failed(world: World) -> None:
    payer = world.payer().starts().decides("decline")
    world.ask(payer)
    is_unpaid(payer, "failed", "pending")


@case()
def cancelled_is_not_paid(world: World) -> None:
    payer = world.payer().starts().decides("cancel").returns()
    world.ask(payer)
    is_unpaid(payer, "failed", "pending", "expired")


@case()
def left_alone_is_not_paid_and_given_up_in_the_end(world: World) -> None:
    payer = world.payer().starts().decides("leave")
    world.later(40, theirs="skew" in world.subject.can)
    world.ask(payer)
    is_unpaid(payer)
    world.later(world.gateway.can.verify_within.total_seconds() / 60 + 30)
    world.work()
    is_unpaid(payer, "failed", "expired")


@case()
def a_returning_browser_credits_nothing(world: World) -> None:
    payer = world.payer().starts().returns()
    is_unpaid(payer, "pending")
    world.ask(payer)
    is_unpaid(payer)


@case()
def without_browser_and_notice_the_schedule_finds_it(world: World) -> None:
    payer = world.payer().starts().pays()
    world.later(1.1)
    world.work()
    is_paid(payer)


@case("sweep")
def without_browser_and_notice_the_sweep_finds_it(world: World) -> None:
    payer = world.payer().starts().pays()
    now = clock.now()
    held = {each.refs.ours for each in world.gateway.sweep(now - timedelta(hours=25), now + timedelta(hours=1))}
    assert payer.refs.ours in held
    with transaction() as session:
        assert actions.wake(session, gateway=world.gateway.name, ours=held & {payer.refs.ours}, now=now) == 1
    world.ask(payer)
    is_paid(payer)


@case("sweep")
def a_sweep_that_is_cut_or_garbled_is_swept_again(world: World) -> None:
    payer = world.payer().starts().pays()
    for trouble in ({"cut": "before"}, {"garbled": "list"}):
        world.trouble(at="sweep", **trouble)
        tasks.sweep()
    is_unpaid(payer, "started")
    world.calm()
    world.ask(payer)
    is_paid(payer)


@case("notices")
def a_true_notice_wakes_and_does_not_credit(world: World) -> None:
    world.trouble(copies=1)
    payer = world.payer().starts().pays()
    world.wait_for_notices(payer, world.subject.notices)
    assert all(notice.authentic for notice in world.inbox(payer))
    assert "noticed" in payer.history()
    is_unpaid(payer, "started")
    world.ask(payer)
    is_paid(payer)


@case("notices")
def eight_notices_at_once_and_a_landing_page_are_one_credit(world: World) -> None:
    world.trouble(copies=8)
    payer = world.payer().starts().pays()
    payer.returns()
    world.ask(payer, times=6)
    world.wait_for_notices(payer, 8 * world.subject.notices)
    assert len(world.inbox(payer)) == world.subject.notices
    world.ask(payer, times=6)
    with suppress(AssertionError):
        is_paid(payer)
    world.later(1.1)
    world.work()
    is_paid(payer)
    assert payer.history().count("paid") == 1


@case()
def a_forged_notice_moves_nothing(world: World) -> None:
    payer = world.payer().starts()
    for now in (clock.now(), clock.now() - timedelta(days=1), clock.now() + timedelta(days=1)):
        status, _ = knock(world.gateway, world.subject.forgery(payer.refs, now))
        assert 400 <= status < 500
    assert not any(notice.authentic for notice in world.inbox(payer))
    is_unpaid(payer, "started")
    world.ask(payer)
    is_unpaid(payer)


@case()
def a_notice_that_is_none_is_answered_and_moves_nothing(world: World) -> None:
    payer = world.payer().starts()
    for body in (b"", b"\xff\xfe\x00", b"[" * 100_000, b"a=1&" * 50_000, b'{"a": "\xe9"}', b"null", b"%ff=%fe&&=&"):
        status, _ = knock(world.gateway, RawRequest({}, body, clock.now()))
        assert 400 <= status < 500
    is_unpaid(payer, "started")


@case()
def a_strangers_genuine_number_is_not_credited_twice(world: World) -> None:
    another = world.payer().starts().pays()
    world.ask(another)
    is_paid(another)
    before = another.view.attempts[0].txn
    world.trouble(foreign="numbers")
    payer, third = world.payer(), world.payer()
    for each in (payer, third):
        each.starts().pays()
        world.ask(each)
    assert "mismatch" in {payer.state, third.state}
    numbers = [each.view.attempts[0].txn for each in (another, payer, third) if each.state == "paid"]
    assert len(numbers) == len(set(numbers))
    assert another.view.attempts[0].txn == before


@case("order")
def another_order_is_not_ours(world: World) -> None:
    another = world.payer().starts().pays()
    world.ask(another)
    payer = world.payer().starts().pays()
    world.trouble(foreign="order")
    world.ask(payer)
    is_unpaid(payer, "mismatch", "unknown")


@with_each("times_of_the_amount", {"one_more": 0, "one_less": None, "ten_times": 9})
def another_amount_is_for_a_person(world: World, times_of_the_amount: int | None) -> None:
    """One unit more, one less, and ten times as much: rial for toman."""
    off = -1 if times_of_the_amount is None else times_of_the_amount * world.amount.minor or 1
    payer = world.payer().starts().pays()
    before = in_suspense(payer)
    world.trouble(amount_off=off)
    world.ask(payer)
    is_unpaid(payer, "mismatch")
    assert "amount" in payer.differences()
    assert in_suspense(payer) - before == world.amount.minor + off


@case("currency")
def another_currency_is_for_a_person(world: World) -> None:
    payer = world.payer().starts().pays()
    world.trouble(currency="USD")
    world.ask(payer)
    is_unpaid(payer, "mismatch")
    assert "currency" in payer.differences()


@case("mode")
def practice_money_is_no_money(world: World) -> None:
    payer = world.payer().starts().pays()
    world.trouble(live=not world.gateway.can.live)
    world.ask(payer)
    is_unpaid(payer, "mismatch")
    assert "live" in payer.differences()


@case("risk")
def what_is_risky_is_credited_and_held_until_a_person_has_looked(world: World) -> None:
    payer = world.payer().starts().pays()
    world.trouble(risky=True)
    world.ask(payer)
    assert (payer.state, payer.wallet) == ("paid", (world.amount.minor, world.amount.minor))
    with transaction() as session:
        assert [each.attempt.id for each in reviews.under_review(session)] == [payer.attempt]
        reviews.clear(session, payer.attempt, reason=ReviewReason.PAYER_KNOWN, by=uuid7(), now=clock.now())
    is_paid(payer)


@with_each("moment", {"before": "before", "after": "after"})
def a_verify_without_an_answer_is_unknown_and_asked_again(world: World, moment: str) -> None:
    payer = world.payer().starts().pays()
    world.trouble(cut=moment, at="verify")
    world.ask(payer)
    is_unpaid(payer, "unknown")
    world.calm()
    world.later(1.1)
    world.work()
    is_paid(payer)


@with_each("moment", {"before": "before", "after": "after"})
def a_start_without_an_answer_sends_nobody_and_is_tried_again(world: World, moment: str) -> None:
    world.trouble(cut=moment, at="start")
    payer = world.payer().starts()
    assert payer.go is None
    is_unpaid(payer, "unknown")
    world.calm()
    first = payer.attempt
    payer.tries_again().pays()
    world.ask(payer)
    is_paid(payer)
    world.ask(payer, attempt=first)
    is_paid(payer)


@with_each("how", {each: each for each in ("truncated", "page", "latin", "list", "huge")})
def an_answer_that_is_none_is_unknown_and_asked_again(world: World, how: str) -> None:
    payer = world.payer().starts().pays()
    world.trouble(garbled=how, at="verify")
    world.ask(payer)
    is_unpaid(payer, "unknown")
    world.calm()
    world.ask(payer)
    is_paid(payer)


@case()
def a_page_that_is_none_sends_nobody(world: World) -> None:
    for how in ("page", "list"):
        world.trouble(garbled=how, at="start")
        payer = world.payer().starts()
        assert payer.go is None
        is_unpaid(payer, "unknown")


@case("late")
def money_after_the_page_has_closed_is_credited_and_marked_late(world: World) -> None:
    payer = world.payer().starts().decides("pay_late")
    world.later(45, theirs=True)
    world.ask(payer)
    for _ in range(40):
        if payer.state == "paid":
            break
        world.later(1, theirs=True)
        world.ask(payer)
    is_paid(payer)
    assert payer.view.late


@case("back")
def money_that_went_home_is_never_credited(world: World) -> None:
    payer = world.payer().starts().pays()
    world.pass_time(25 * 3600)
    world.ask(payer)
    is_unpaid(payer, "failed")


@case("skew")
def a_clock_ten_minutes_off_changes_nothing(world: World) -> None:
    for seconds in (600, -1200):
        world.pass_time(seconds)
        world.trouble(copies=1 if "notices" in world.subject.can else 0)
        payer = world.payer().starts().pays()
        if "notices" in world.subject.can:
            world.wait_for_notices(payer, world.subject.notices)
        world.later(1.1)
        world.work()
        is_paid(payer)


@case()
def card_numbers_in_answers_and_notices_are_kept_nowhere(world: World) -> None:
    world.trouble(card_fields=True, copies=2)
    payer = world.payer().starts().pays()
    if "notices" in world.subject.can:
        world.wait_for_notices(payer, 2 * world.subject.notices)
    knock(world.gateway, world.subject.forgery(payer.refs, clock.now()))
    asked = payer.question
    told = repr(world.gateway.verify(asked.ask, asked.refs))
    assert not any(marker in told for marker in world.subject.markers)
    world.ask(payer)
    is_paid(payer)


@case()
def refused_credentials_are_unknown_and_open_nothing(world: World) -> None:
    payer = world.payer().starts().pays()
    asked, stranger = payer.question, world.subject.stranger()
    try:
        assert stranger.verify(asked.ask, asked.refs).outcome is Outcome.UNKNOWN
        with suppress(GatewayUnreachable, AnswerNotUnderstood):
            raise AssertionError(stranger.start(replace(asked.ask, page=None)))
    finally:
        stranger.close()  # type: ignore[attr-defined]
    world.ask(payer)
    is_paid(payer)


@case()
def no_call_goes_out_inside_a_transaction(world: World) -> None:
    payer = world.payer().starts()
    asked = payer.question
    with transaction(), suppress(TransactionOpen):
        raise AssertionError(world.gateway.verify(asked.ask, asked.refs))


@case()
def killed_after_the_commit_step_it_is_paid_once(world: World) -> None:
    """The provider has committed and we died before writing it down: "already" is a success."""
    payer = world.payer().starts().pays()
    asked = payer.question
    assert world.gateway.verify(asked.ask, asked.refs).outcome is Outcome.PAID
    world.later(1.1)
    world.work()
    is_paid(payer)


@case()
def killed_between_claim_and_question_it_is_asked_again(world: World) -> None:
    payer = world.payer().starts().pays()
    with transaction() as session:
        assert actions.claim(session, payer.attempt, now=clock.now()) is not None
    world.ask(payer)  # somebody asks, it seems
    is_unpaid(payer, "started")
    world.later(1.1)
    world.work()
    is_paid(payer)


@case()
def killed_before_the_page_was_written_down_nobody_has_paid(world: World) -> None:
    payer = world.payer()
    with transaction() as session:
        started = actions.start(
            session, owner=payer.id, wallet="customer", amount=world.amount, gateway=world.gateway.name,
            command=uuid7(), now=clock.now(),
        )  # fmt: skip
    payer.topup, payer.attempt = started.topup, started.attempt
    payer.tried.append(started.attempt)
    world.gateway.start(payer.question.ask)
    world.later(1.1)
    world.work()
    is_unpaid(payer, "pending", "unknown", "created")


def in_suspense(payer: Payer) -> int:
    with transaction() as session:
        balance = books.trial_balance(session, payer.world.amount.currency)
        return sum(line.posted.minor for line in balance if line.kind == "suspense")
