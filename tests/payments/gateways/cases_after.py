"""The cases of the contract kit (payments.md §5.5) about money that is credited: refunds, reports, charge-backs."""

from contextlib import suppress
from uuid import UUID

from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from marketplace.foundation.ids import uuid7
from marketplace.foundation.money import Money
from payments.gateways.protocol import StatementFile
from payments.gateways.rules import AnswerNotUnderstood, Outcome
from payments.refunds import actions as refunds
from payments.refunds import queries as refund_queries
from payments.refunds import tasks as refund_tasks
from payments.refunds.rules import RefundReason, RefundState
from payments.topups import by_letter, tasks
from payments.topups.rules import ChargebackReason
from tests.payments.gateways.casebook import case, is_paid, is_unpaid, paid, with_each
from tests.payments.gateways.cases import CASES
from tests.payments.gateways.kit import World, knock

__all__ = ["CASES"]


@case()
def two_paid_tries_are_two_credits_and_marked(world: World) -> None:
    payer = world.payer().starts().pays()
    first = payer.attempt
    payer.tries_again().pays()
    world.ask(payer)
    world.ask(payer, attempt=first)
    assert (payer.state, payer.wallet) == ("paid", (2 * world.amount.minor, 0))
    assert "double_pay" in payer.history(first) + payer.history()


@case()
def a_whole_refund_asked_for_twice_is_one(world: World) -> None:
    payer = paid(world)
    id = uuid7()
    first, again = (world.refund(payer, world.amount, id=id) for _ in range(2))
    assert (first.outcome, first.amount, first.final) == (Outcome.REFUNDED, world.amount, True)
    assert again.outcome is Outcome.REFUNDED


@case("parts")
def refunds_in_parts_are_never_more_than_was_paid(world: World) -> None:
    payer = paid(world)
    part, id = Money(world.amount.minor * 2 // 3, world.amount.currency), uuid7()
    assert world.refund(payer, part, id=id).outcome is Outcome.REFUNDED
    assert world.refund(payer, part, id=id).outcome is Outcome.REFUNDED
    assert world.refund(payer, part, id=uuid7()).outcome is Outcome.FAILED
    assert world.refund(payer, world.amount - part, id=uuid7()).outcome is Outcome.REFUNDED


@with_each("moment", {"before": "before", "after": "after"})
def a_refund_without_an_answer_is_unknown_and_never_two(world: World, moment: str) -> None:
    payer = paid(world)
    id = uuid7()
    world.trouble(cut=moment, at="refund")
    told = world.gateway.refund(id, world.amount, payer.refs)
    assert told.outcome is Outcome.UNKNOWN
    world.calm()
    if not told.final:  # else a person decides, and nothing is sent again
        assert world.refund(payer, world.amount, id=id).outcome is Outcome.REFUNDED
        if "parts" in world.subject.can:
            assert world.refund(payer, world.amount, id=uuid7()).outcome is Outcome.FAILED


@with_each("moment", {"answered": "", "cut_before": "before", "cut_after": "after"})
def a_refund_by_the_engine_moves_the_money_once(world: World, moment: str) -> None:
    payer = paid(world)
    with transaction() as session:
        asked = refunds.ask(
            session, payer.attempt, amount=world.amount, reason=RefundReason.MISTAKE, by=uuid7(), second_above=10**12,
            command_id=uuid7(), now=clock.now(),
        )  # fmt: skip
    assert payer.wallet == (world.amount.minor, world.amount.minor)
    world.trouble(cut=moment, at="refund")
    refund_tasks.send(id=str(asked.id))
    world.calm()
    for _ in range(2):
        world.later(61)
        refund_tasks.send(id=str(asked.id))
    if state_of(asked.id) == RefundState.UNKNOWN:
        assert moment, "it was answered"
        assert payer.wallet == (world.amount.minor, world.amount.minor)
        with transaction() as session:
            refunds.decide(session, asked.id, sent=moment == "after", by=uuid7(), now=clock.now())
    done = state_of(asked.id) == RefundState.DONE
    payer.given_back = world.amount.minor if done else 0
    assert payer.wallet == (world.amount.minor - payer.given_back, 0)
    assert (payer.state == "refunded") is done
    told = world.gateway.refund(uuid7(), world.amount, payer.refs)  # the provider has all of it left, or nothing
    assert told.outcome in ({Outcome.FAILED, Outcome.REFUNDED} if done else {Outcome.REFUNDED, Outcome.PENDING})


@case("window")
def a_refund_after_the_window_is_refused(world: World) -> None:
    payer = paid(world)
    window = world.gateway.can.reverse_within
    assert window is not None
    world.pass_time(window.total_seconds() + 60)
    told = world.gateway.refund(uuid7(), world.amount, payer.refs)
    assert (told.outcome, told.final) == (Outcome.FAILED, True)


@case("lines")
def the_settlement_names_the_payment_once_and_no_card(world: World) -> None:
    payer = paid(world)
    world.trouble(card_fields=True)
    found = []
    for report in world.subject.reports():
        lines = list(world.gateway.lines(StatementFile("settlement.csv", report)))
        assert len({line.key for line in lines}) == len(lines)
        assert all(line.gross - line.fee == line.net for line in lines)
        assert not any(marker in repr(lines) for marker in world.subject.markers)
        found += [line for line in lines if line.refs.ours == payer.refs.ours]
        refuses_or_reads_none(world, report.splitlines()[0] if report else b"")
        refuses_or_reads_none(world, b"\xff\xfe not a report")
    assert [line.gross for line in found] == [world.amount]


@case()
def what_a_letter_took_back_comes_back_once(world: World) -> None:
    """The bank writes, and no gateway says anything."""
    payer, command = paid(world), uuid7()
    for _ in range(2):
        with transaction() as session:
            number = payer.view.attempts[0].txn or ""
            case_of = by_letter.enter(
                session, by_letter.find(session, number), number="CB-1", amount=world.amount,
                fee=Money(100, world.amount.currency), reason=ChargebackReason.FRAUDULENT, by=payer.id,
                command=command, now=clock.now(),
            )  # fmt: skip
    assert (payer.state, payer.wallet) == ("reversed", (0, 0))
    with transaction() as session:
        by_letter.decide(session, case_of.id, won=True, by=payer.id, now=clock.now())
    is_paid(payer)


@case("dispute")
def what_the_bank_took_back_is_followed_to_its_end(world: World) -> None:
    payer = paid(world)
    case_of = world.subject.dispute(payer.view.attempts[0].txn or "")
    tasks.look_again(id=str(payer.attempt))
    tasks.look_again(id=str(payer.attempt))
    assert (payer.state, payer.wallet) == ("reversed", (0, 0))
    world.subject.decides(case_of, won=True)
    tasks.look_again(id=str(payer.attempt))
    is_paid(payer)


@case("secrets")
def a_notice_of_the_second_secret_wakes_and_one_of_an_old_secret_does_not(world: World) -> None:
    payer = world.payer().starts().pays()
    assert knock(world.gateway, world.subject.notice(payer.refs, clock.now(), secret="old"))[0] >= 400
    assert not any(each.authentic for each in world.inbox(payer))
    assert knock(world.gateway, world.subject.notice(payer.refs, clock.now(), secret="second"))[0] < 300
    assert any(each.authentic for each in world.inbox(payer))
    is_unpaid(payer, "started")
    world.ask(payer)
    is_paid(payer)


def refuses_or_reads_none(world: World, report: bytes) -> None:
    with suppress(AnswerNotUnderstood):
        assert list(world.gateway.lines(StatementFile("settlement.csv", report))) == []


def state_of(refund: UUID) -> str:
    with transaction() as session:
        return refund_queries.refund(session, refund).state
