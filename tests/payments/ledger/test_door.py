"""What the door refuses, replays and never does; on one connection, as the application's own role."""

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from marketplace.foundation.ids import uuid7
from marketplace.foundation.money import Money
from payments.ledger import actions, queries
from payments.ledger.example import Act, Place
from payments.ledger.rules import (
    HOUSE,
    AccountClosed,
    AccountName,
    AccountNotEmpty,
    AlreadyReversed,
    CurrencyDiffers,
    DebtLimitReached,
    HoldClosed,
    HoldTooSmall,
    InsufficientFunds,
    KeyReused,
    KindForbids,
    Leg,
    OverRepaid,
    PeriodLocked,
    Posting,
    SecondPersonNeeded,
    TransferCode,
    Unbalanced,
)
from tests.payments.ledger.books import NOW, SPECIALIST, bdt, open_books, perform, subject_of, top_up

Books = dict[Place, int]


@pytest.fixture
def books(session: Session) -> Books:
    """Books with 1 000 in the customer's wallet."""
    books = open_books(session)
    top_up(session, books, 1_000)
    return books


def cells(session: Session, books: Books, *places: Place) -> list[tuple[int, int]]:
    found = [queries.balance(session, books[place]) for place in places]
    return [(each.posted.minor, each.held.minor) for each in found]


def test_a_wallet_is_never_spent_below_its_floor_and_says_what_is_missing(session: Session, books: Books) -> None:
    with pytest.raises(InsufficientFunds) as refused:
        perform(session, Act("post", "tip", {"W:c": -1_001, "W:s": 1_001}), books)
    assert (refused.value.available, refused.value.needed) == (bdt(1_000), bdt(1_001))


def test_money_that_is_held_cannot_be_spent_a_second_time(session: Session, books: Books) -> None:
    perform(session, Act("hold", "hold", {"W:c": 900}, subject="J"), books)
    with pytest.raises(InsufficientFunds) as refused:
        perform(session, Act("post", "tip", {"W:c": -101, "W:s": 101}), books)
    assert refused.value.available == bdt(100)


@pytest.mark.parametrize("legs", [{"W:c": -100, "W:s": 99}, {"W:c": -100}, {"W:c": 0, "W:s": 0}])
def test_legs_that_do_not_balance_are_a_mistake_of_ours(session: Session, books: Books, legs: dict[Place, int]) -> None:
    with pytest.raises(Unbalanced):
        perform(session, Act("post", "tip", legs), books)


def test_an_account_named_twice_is_a_mistake_of_ours(session: Session, books: Books) -> None:
    legs = [Leg(books["W:c"], bdt(-5)), Leg(books["W:s"], bdt(2)), Leg(books["W:s"], bdt(3))]
    with pytest.raises(Unbalanced):
        actions.post(session, uuid7(), "tip", legs, now=NOW)


def test_two_currencies_in_one_transfer_are_a_mistake_of_ours(session: Session, books: Books) -> None:
    legs = [Leg(books["W:c"], bdt(-5)), Leg(books["W:s"], Money(5, "QAR"))]
    with pytest.raises(Unbalanced):
        actions.post(session, uuid7(), "tip", legs, now=NOW)


@pytest.mark.parametrize(
    ("kind", "legs"),
    [
        ("tip", {"W:c": -100, "bank": 100}),
        ("topup", {"W:c": -100, "W:s": 100}),
        ("payout_confirmed", {"W:c": -100, "bank": 100}),
        ("hold", {"W:c": -100, "W:s": 100}),
        ("reversal", {"W:c": -100, "W:s": 100}),
        ("capture", {"clearing": -100, "W:s": 100}),
    ],
)
def test_no_kind_moves_what_it_may_not_touch(
    session: Session, books: Books, kind: TransferCode, legs: dict[Place, int]
) -> None:
    with pytest.raises(KindForbids):
        perform(session, Act("post", kind, legs), books)


def test_a_kind_that_may_not_touch_holds_cannot_close_one(session: Session, books: Books) -> None:
    perform(session, Act("hold", "hold", {"W:c": 100}, subject="J"), books)
    with pytest.raises(KindForbids):
        perform(session, Act("capture", "tip", {"W:c": -100, "W:s": 100}, subject="J"), books)


@pytest.mark.parametrize(
    ("field", "changed"),
    [
        ("kind", {"kind": "correction", "reason": "r", "actor": HOUSE, "approver": SPECIALIST}),
        ("subject", {"subject": SPECIALIST}),
        ("effective_at", {"effective_at": NOW}),
        ("legs", {"amount": 2}),
    ],
)
def test_a_key_used_for_something_else_names_what_differs(
    session: Session, books: Books, field: str, changed: dict[str, object]
) -> None:
    key = uuid7()

    def ask(amount: int = 1, kind: TransferCode = "tip", **facts: object) -> None:
        legs = [Leg(books["W:c"], bdt(-amount)), Leg(books["W:s"], bdt(amount))]
        actions.post(session, key, kind, legs, now=NOW, **facts)  # type: ignore[arg-type]  # facts by name

    ask()
    with pytest.raises(KeyReused) as refused:
        ask(**changed)  # type: ignore[arg-type]  # facts by name
    assert refused.value.field == field


@pytest.mark.parametrize("field", ["amount", "purpose", "account"])
def test_a_hold_repeated_with_another_body_names_what_differs(session: Session, books: Books, field: str) -> None:
    key, subject = uuid7(), uuid7()
    actions.hold(session, key, Leg(books["W:c"], bdt(100)), purpose="job", subject=subject, now=NOW)
    leg = Leg(books["W:s" if field == "account" else "W:c"], bdt(101 if field == "amount" else 100))
    purpose = "dispute" if field == "purpose" else "job"
    with pytest.raises(KeyReused) as refused:
        actions.hold(session, key, leg, purpose=purpose, subject=subject, now=NOW)  # type: ignore[arg-type]  # a Purpose
    assert refused.value.field == field


def test_a_repeat_by_another_person_at_another_time_is_the_same_request(session: Session, books: Books) -> None:
    key, legs = uuid7(), [Leg(books["W:c"], bdt(-1)), Leg(books["W:s"], bdt(1))]
    assert not actions.post(session, key, "tip", legs, now=NOW, actor=HOUSE).replayed
    again = actions.post(session, key, "tip", legs[::-1], now=NOW + timedelta(days=1), actor=SPECIALIST)
    assert again.replayed
    assert cells(session, books, "W:c") == [(999, 0)]


def test_a_repeat_is_answered_although_the_hold_is_closed_by_now(session: Session, books: Books) -> None:
    key = uuid7()
    perform(session, Act("hold", "hold", {"W:c": 100}, subject="J"), books)
    take = Act("capture", "capture", {"W:c": -80, "W:s": 80}, subject="J")
    first = perform(session, take, books, key)
    again = perform(session, take, books, key)
    assert (first and first.replayed, again and again.replayed) == (False, True)
    with pytest.raises(HoldClosed):
        perform(session, take, books)


def test_a_partial_capture_leaves_the_hold_open_and_the_last_returns_the_rest(session: Session, books: Books) -> None:
    hold = uuid7()
    actions.hold(session, hold, Leg(books["W:c"], bdt(500)), purpose="job", subject=uuid7(), now=NOW)
    for amount, last, after in ((200, False, (800, 300)), (100, True, (700, 0))):
        legs = [Leg(books["W:c"], bdt(-amount)), Leg(books["W:s"], bdt(amount))]
        actions.capture(session, uuid7(), "capture", legs, subject=uuid7(), holds=[hold], last=last, now=NOW)
        assert cells(session, books, "W:c") == [after]


def test_a_capture_takes_no_more_than_its_holds_although_the_wallet_has_it(session: Session, books: Books) -> None:
    perform(session, Act("hold", "hold", {"W:c": 100}, subject="J"), books)
    with pytest.raises(HoldTooSmall) as refused:
        perform(session, Act("capture", "capture", {"W:c": -101, "W:s": 101}, subject="J"), books)
    assert (refused.value.available, refused.value.needed) == (bdt(100), bdt(101))


def test_a_hold_that_never_was_cannot_be_released(session: Session, books: Books) -> None:
    with pytest.raises(HoldClosed):
        actions.release(session, uuid7(), holds=[uuid7()], now=NOW)


def test_a_promise_stops_at_the_limit_of_the_debt_and_a_fact_passes_it(session: Session, books: Books) -> None:
    promise = Act("hold", "hold", {"W:s": 5_001}, purpose="commission", subject="J", spill={"W:s": "receivable:s"})
    with pytest.raises(DebtLimitReached) as refused, session.begin_nested():
        perform(session, promise, books)
    assert (refused.value.available, refused.value.needed) == (bdt(5_000), bdt(5_001))
    fact = Act("post", "penalty", {"W:s": -6_000, "fee_income": 6_000}, spill={"W:s": "receivable:s"})
    perform(session, fact, books)
    assert cells(session, books, "receivable:s") == [(-6_000, 0)]
    actions.set_limit(session, books["receivable:s"], limit=11_001)
    perform(session, promise, books)
    assert cells(session, books, "receivable:s") == [(-6_000, 5_001)]


def test_an_expired_hold_says_so(session: Session, books: Books) -> None:
    perform(session, Act("hold", "hold", {"W:c": 100}, subject="J"), books)
    actions.release(session, uuid7(), subject=subject_of("J"), closes="job", kind="expire", now=NOW)
    assert session.scalar(text("SELECT state FROM ledger.hold")) == "expired"


def test_nothing_is_repaid_that_is_not_owed(session: Session, books: Books) -> None:
    legs = [Leg(books["W:c"], bdt(-10)), Leg(books["receivable:c"], bdt(10))]
    with pytest.raises(OverRepaid) as refused:
        actions.post(session, uuid7(), "debt_offset", legs, now=NOW)
    assert (refused.value.available, refused.value.needed) == (bdt(0), bdt(10))


def test_an_offset_with_nothing_to_pay_does_not_spend_its_key(session: Session, books: Books) -> None:
    key = uuid7()
    facts = {"wallet": books["W:c"], "receivable": books["receivable:c"], "currency": "BDT", "now": NOW}
    assert actions.offset(session, key, **facts) is None  # type: ignore[arg-type]  # facts by name
    perform(
        session, Act("post", "chargeback", {"W:c": -1_200, "clearing": 1_200}, spill={"W:c": "receivable:c"}), books
    )
    assert cells(session, books, "W:c", "receivable:c") == [(0, 0), (-200, 0)]
    top_up(session, books, 150)
    for replayed in (False, True):
        paid = actions.offset(session, key, **facts)  # type: ignore[arg-type]  # facts by name
        assert paid is not None
        assert paid.replayed is replayed
    assert cells(session, books, "W:c", "receivable:c") == [(0, 0), (-50, 0)]


def test_a_split_that_would_now_be_another_is_still_the_same_request(session: Session, books: Books) -> None:
    key = uuid7()
    chargeback = Act("post", "chargeback", {"W:c": -1_200, "clearing": 1_200}, spill={"W:c": "receivable:c"})
    perform(session, chargeback, books, key)
    top_up(session, books, 5_000)
    again = perform(session, chargeback, books, key)
    assert again is not None
    assert again.replayed
    assert cells(session, books, "W:c", "receivable:c") == [(5_000, 0), (-200, 0)]


def test_a_reversal_mirrors_everything_once_and_is_not_reversed_itself(session: Session, books: Books) -> None:
    paid = perform(session, Act("post", "tip", {"W:c": -300, "W:s": 300}), books)
    assert paid is not None
    key = uuid7()
    for replayed in (False, True):
        back = actions.reverse(session, key, paid.transfer, reason="wrong person", now=NOW)
        assert back.replayed is replayed
    assert cells(session, books, "W:c", "W:s") == [(1_000, 0), (0, 0)]
    with pytest.raises(AlreadyReversed), session.begin_nested():
        actions.reverse(session, uuid7(), paid.transfer, reason="again", now=NOW)
    with pytest.raises(KindForbids):
        actions.reverse(session, uuid7(), key, reason="back and forth", now=NOW)


def test_reversing_a_capture_takes_the_warranty_hold_and_then_the_wallet_and_then_a_debt(
    session: Session, books: Books
) -> None:
    perform(session, Act("hold", "hold", {"W:c": 500}, subject="J"), books)
    take = Act("capture", "capture", {"W:c": -500, "W:s": 420, "commission": 80}, subject="J", keep={"W:s": 400})
    taken = perform(session, take, books)
    assert taken is not None
    perform(session, Act("hold", "hold", {"W:s": 15}, purpose="payout", subject="P"), books)
    debts = {books["W:s"]: books["receivable:s"]}
    actions.reverse(session, uuid7(), taken.transfer, reason="not done", debts=debts, now=NOW)
    assert cells(session, books, "W:c", "W:s", "receivable:s", "commission") == [
        (1_000, 0),
        (15, 15),
        (-15, 0),
        (0, 0),
    ]


def test_a_hold_is_released_and_not_reversed(session: Session, books: Books) -> None:
    held = perform(session, Act("hold", "hold", {"W:c": 5}, subject="J"), books)
    assert held is not None
    with pytest.raises(KindForbids):
        actions.reverse(session, uuid7(), held.transfer, reason="no", now=NOW)


def test_a_correction_needs_a_reason_and_a_second_person(session: Session, books: Books) -> None:
    legs = [Leg(books["W:c"], bdt(-5)), Leg(books["W:s"], bdt(5))]
    for facts in ({}, {"reason": "typo"}, {"reason": "typo", "actor": HOUSE, "approver": HOUSE}):
        with pytest.raises(SecondPersonNeeded), session.begin_nested():
            actions.post(session, uuid7(), "correction", legs, now=NOW, **facts)
    actions.post(session, uuid7(), "correction", legs, reason="typo", actor=HOUSE, approver=SPECIALIST, now=NOW)


def test_a_closed_account_takes_part_in_nothing_and_only_an_empty_one_is_closed(session: Session, books: Books) -> None:
    with pytest.raises(AccountNotEmpty), session.begin_nested():
        actions.close_account(session, books["W:c"], now=NOW)
    actions.close_account(session, books["W:s"], now=NOW)
    with pytest.raises(AccountClosed):
        perform(session, Act("post", "tip", {"W:c": -5, "W:s": 5}), books)


def test_an_amount_in_another_currency_than_the_account_is_refused(session: Session, books: Books) -> None:
    legs = [Leg(books["W:c"], Money(-5, "QAR")), Leg(books["W:s"], Money(5, "QAR"))]
    with pytest.raises(CurrencyDiffers):
        actions.post(session, uuid7(), "tip", legs, now=NOW)


def test_nothing_is_recorded_with_a_date_in_a_closed_period(session: Session, books: Books) -> None:
    session.execute(text("SELECT ledger.close_period(0, :at)"), {"at": NOW - timedelta(days=1)})
    legs = [Leg(books["W:c"], bdt(-5)), Leg(books["W:s"], bdt(5))]
    actions.post(session, uuid7(), "tip", legs, now=NOW)
    with pytest.raises(PeriodLocked):
        actions.post(session, uuid7(), "tip", legs, now=NOW, effective_at=NOW - timedelta(days=2))


def test_a_period_closed_for_one_account_stops_its_transfers_alone_and_until_it_is_opened_again(
    session: Session, books: Books
) -> None:
    closed = {"bank": books["bank"], "at": NOW}
    session.execute(text("SELECT ledger.close_period(:bank, :at)"), closed)
    perform(session, Act("post", "tip", {"W:c": -5, "W:s": 5}), books)
    with pytest.raises(PeriodLocked), session.begin_nested():
        perform(session, Act("post", "bank_deposit", {"bank": -5, "clearing": 5}), books)
    with pytest.raises(InsufficientFunds), session.begin_nested():
        perform(session, Act("post", "tip", {"W:c": -2_000, "W:s": 2_000}), books)
    session.execute(text("SELECT ledger.reopen_period(:bank, :at)"), closed)
    perform(session, Act("post", "bank_deposit", {"bank": -5, "clearing": 5}), books)
    assert cells(session, books, "W:c", "bank") == [(995, 0), (-5, 0)]


def test_two_legs_are_one_request_by_whichever_function_they_come(session: Session, books: Books) -> None:
    key, legs = uuid7(), [Leg(books["W:s"], bdt(5)), Leg(books["W:c"], bdt(-5))]
    assert not actions.post(session, key, "tip", legs, now=NOW, subject=key, reason="thanks").replayed
    words = {"key": key, "from": books["W:c"], "to": books["W:s"], "now": NOW}
    long_way = text("""
        SELECT ledger.post(:key, 'tip', 'BDT', CAST(ARRAY[:from, :to] AS bigint[]), '{-5,5}', '{NULL,NULL}', :key,
                           NULL, NULL, NULL, NULL, :now, NULL)""")
    assert session.scalar(long_way, words) is True
    assert session.scalar(long_way, words | {"key": uuid7()}) is False
    assert cells(session, books, "W:c", "W:s") == [(990, 0), (10, 0)]


def test_what_a_kind_allows_is_known_to_the_door_from_the_moment_it_is_written(session: Session, books: Books) -> None:
    back = Act("post", "topup", {"W:c": -5, "clearing": 5})
    with pytest.raises(KindForbids), session.begin_nested():
        perform(session, back, books)
    session.execute(text("SET LOCAL ROLE NONE"))
    session.execute(
        text("UPDATE ledger.transfer_kind SET takes_from = '{wallet}', gives_to = '{clearing}' WHERE code = 'topup'")
    )
    session.execute(text("SET LOCAL ROLE karigar_app"))
    perform(session, back, books)
    with pytest.raises(KindForbids), session.begin_nested():
        top_up(session, books, 5)
    assert cells(session, books, "W:c") == [(995, 0)]


def test_many_transfers_go_in_one_call_and_each_key_once(session: Session, books: Books) -> None:
    hold = Leg(books["W:c"], bdt(0), keep=bdt(200))
    subject = uuid7()
    asked = [
        Posting(uuid7(), "tip", (Leg(books["W:c"], bdt(-10)), Leg(books["W:s"], bdt(10)))),
        Posting(uuid7(), "hold", (hold,), subject=subject, keeps_as="job"),
        Posting(uuid7(), "tip", (Leg(books["W:c"], bdt(-20)), Leg(books["W:s"], bdt(20)))),
    ]
    assert [each.replayed for each in actions.post_many(session, asked, now=NOW)] == [False] * 3
    assert [each.replayed for each in actions.post_many(session, [*asked, asked[0]], now=NOW)] == [True] * 4
    back = Posting(uuid7(), "release", (), subject=subject, closes="job")
    assert [each.transfer for each in actions.post_many(session, [back, asked[1]], now=NOW)] == [back.key, asked[1].key]
    assert cells(session, books, "W:c", "W:s") == [(970, 0), (30, 0)]


def test_many_transfers_happen_together_or_not_at_all(session: Session, books: Books) -> None:
    good = Posting(uuid7(), "tip", (Leg(books["W:c"], bdt(-10)), Leg(books["W:s"], bdt(10))))
    bad = Posting(uuid7(), "tip", (Leg(books["W:c"], bdt(-1_000)), Leg(books["W:s"], bdt(1_000))))
    with pytest.raises(InsufficientFunds), session.begin_nested():
        actions.post_many(session, [good, bad], now=NOW)
    assert cells(session, books, "W:c") == [(1_000, 0)]
    assert not queries.recorded(session, good.key)


def test_an_account_is_opened_once_whoever_asks_and_striped_where_many_meet(session: Session, books: Books) -> None:
    name = AccountName("commission", "BDT")
    assert actions.open_account(session, name) == books["commission"]
    rows = session.scalar(text("SELECT count(*) FROM ledger.account WHERE group_id = :id"), {"id": books["commission"]})
    assert rows == 32


def test_what_a_striped_account_holds_is_known_now_and_then(session: Session, books: Books) -> None:
    for amount in range(1, 41):
        top_up(session, books, amount)
    moment = session.scalar(text("SELECT clock_timestamp()"))
    top_up(session, books, 9)
    assert queries.balance(session, books["clearing"]).posted == bdt(-1_829)
    assert queries.balance_as_of(session, books["clearing"], moment).posted == bdt(-1_820)
    assert queries.balance_as_of(session, books["clearing"], NOW - timedelta(days=9_000)).posted == bdt(0)
    assert sum(line.posted.minor for line in queries.trial_balance(session, "BDT", at=moment)) == 0
