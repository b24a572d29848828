"""What goes back of a paid job: exactly what is disputed is frozen, all refunds together keep to what was paid."""

from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from marketplace.foundation.ids import derived, uuid7
from payments import audits
from payments.ledger import actions as ledger
from payments.ledger import queries as books
from payments.ledger.rules import AccountName, Leg, SecondPersonNeeded
from payments.wallets import actions, gifts, queries, returns
from payments.wallets.rules import GivenBackTooMuch, NothingPaid, Share, split, split_next_refund
from tests.payments.wallets.test_jobs import LATER, NOW, Town, bdt


@pytest.fixture
def paid(session: Session) -> Town:
    """A job of 11 500, of which the specialist has 9 603 under warranty."""
    town = Town(session)
    town.hold(12_000)
    town.capture(11_500)
    return town


def settle(town: Town, case: UUID, back: int) -> None:
    returns.settle(town.session, job=town.job, case=case, back=bdt(back), reason="work undone", now=NOW)


def freeze(town: Town, case: UUID, disputed: int) -> None:
    returns.freeze(town.session, job=town.job, case=case, disputed=bdt(disputed), now=NOW)


def held(town: Town, purpose: str) -> int:
    lines = queries.held_lines(town.session, town.job)
    return sum(line.rest.minor for line in lines if line.purpose == purpose)


def sound(town: Town) -> None:
    assert not {name: count for name, count in audits.figures(town.session, now=NOW).items() if count}


def test_a_dispute_holds_the_specialists_part_of_it_and_nothing_more(paid: Town) -> None:
    case = uuid7()
    freeze(paid, case, 1_000)
    assert (held(paid, "dispute"), held(paid, "warranty")) == (835, 8_768)
    settle(paid, case, 1_000)
    assert paid.cells() == ((9_500, 0), (8_768, 8_768))
    assert held(paid, "dispute") == 0
    sound(paid)


def test_a_case_that_the_specialist_wins_leaves_everything_as_it_was(paid: Town) -> None:
    case = uuid7()
    freeze(paid, case, 11_500)
    assert (held(paid, "dispute"), held(paid, "warranty")) == (9_603, 0)
    settle(paid, case, 0)
    assert (held(paid, "dispute"), held(paid, "warranty")) == (0, 9_603)
    assert paid.cells() == ((8_500, 0), (9_603, 9_603))
    sound(paid)


def test_part_of_what_was_disputed_goes_back_and_the_rest_waits_on_under_warranty(paid: Town) -> None:
    case = uuid7()
    freeze(paid, case, 4_000)
    settle(paid, case, 1_000)
    assert paid.cells() == ((9_500, 0), (8_768, 8_768))
    assert (held(paid, "dispute"), held(paid, "warranty")) == (0, 8_768)
    sound(paid)


def test_a_dispute_after_the_window_holds_what_is_there_and_the_rest_is_owed(session: Session) -> None:
    town, case = Town(session), uuid7()
    town.hold(12_000)
    town.capture(11_500, warranty=None)
    wallet = books.account(session, AccountName("wallet", "BDT", "specialist", town.specialist))
    assert wallet is not None
    ledger.hold(session, uuid7(), Leg(wallet, bdt(9_000)), purpose="refund", subject=uuid7(), now=NOW)
    freeze(town, case, 11_500)
    assert held(town, "dispute") == 603
    settle(town, case, 11_500)
    assert town.cells() == ((20_000, 0), (9_000, 9_000))
    assert town.debt().owed == bdt(9_000)
    sound(town)


def test_a_whole_job_given_back_at_once_is_the_mirror_of_its_payment(paid: Town) -> None:
    settle(paid, uuid7(), 11_500)
    assert paid.cells() == ((20_000, 0), (0, 0))
    with pytest.raises(GivenBackTooMuch) as refused:
        settle(paid, uuid7(), 1)
    assert refused.value.left == bdt(0)
    key = derived("job", paid.job, "refund", 1)
    assert {each.kind for each in books.moved(paid.session, key)} == {"wallet", "commission", "tax"}
    sound(paid)


def test_pieces_add_up_to_the_whole_and_no_further(paid: Town) -> None:
    for piece in (1, 3_333, 8_166):
        settle(paid, uuid7(), piece)
    assert paid.cells() == ((20_000, 0), (0, 0))
    for too_much in (1, 11_500):
        with pytest.raises(GivenBackTooMuch):
            settle(paid, uuid7(), too_much)
    sound(paid)


def test_the_house_gets_its_part_of_a_promotion_back(session: Session) -> None:
    town = Town(session)
    town.hold(4_500)
    town.capture(5_000, promotion=500)
    settle(town, uuid7(), 1_000)
    assert town.cells()[0] == (16_400, 0)
    promo = books.account(session, books.house("promo", "BDT"))
    assert promo is not None
    assert books.balance(session, promo).posted == bdt(-400)
    settle(town, uuid7(), 4_000)
    assert (town.cells()[0], books.balance(session, promo).posted) == ((20_000, 0), bdt(0))
    sound(town)


def test_a_cash_job_is_given_back_by_the_specialist_and_the_house(session: Session) -> None:
    town = Town(session)
    share = split(bdt(6_000), commission_basis_points=1_500, tax_basis_points=1_000)
    actions.capture_cash_commission(
        session, job=town.job, customer=town.customer, specialist=town.specialist, share=share, now=NOW
    )
    settle(town, uuid7(), 2_000)
    assert town.cells()[0] == (22_000, 0)
    assert town.debt().owed == bdt(990 + 1_670)
    sound(town)


def test_what_was_never_paid_cannot_go_back(session: Session) -> None:
    town = Town(session)
    assert returns.freeze(session, job=town.job, case=uuid7(), disputed=bdt(1), now=NOW) is None
    with pytest.raises(NothingPaid):
        settle(town, uuid7(), 1)


def test_the_undisputed_part_is_free_when_the_window_is_over(paid: Town) -> None:
    case, later = uuid7(), LATER + timedelta(minutes=1)
    freeze(paid, case, 1_000)
    actions.release_warranty(paid.session, job=paid.job, specialist=paid.specialist, currency="BDT", now=later)
    assert paid.cells()[1] == (9_603, 835)
    returns.settle(paid.session, job=paid.job, case=case, back=bdt(400), reason="some of it", now=later)
    assert paid.cells()[1] == (9_269, 0)
    sound(paid)


@given(
    gross=st.integers(1, 10**9), commission=st.integers(0, 4_000), tax=st.integers(0, 3_000),
    pieces=st.lists(st.integers(1, 10**9), min_size=1, max_size=6),
)  # fmt: skip
def test_refunds_keep_their_proportion_to_the_unit(gross: int, commission: int, tax: int, pieces: list[int]) -> None:
    share, before = split(bdt(gross), commission_basis_points=commission, tax_basis_points=tax), bdt(0)
    given_back = Share.whole(bdt(0))
    for piece in [*pieces, gross]:
        amount = bdt(min(piece, gross - before.minor))
        part = split_next_refund(amount, share, before=before)
        before += amount
        given_back = Share(
            given_back.gross + part.gross, given_back.commission + part.commission, given_back.tax + part.tax,
            given_back.net + part.net,
        )  # fmt: skip
    assert given_back == share


def gift(town: Town, minor: int, *, command: UUID, by: UUID, above: int = 10_000) -> gifts.GiftView:
    return gifts.give(
        town.session, owner=town.customer, owner_kind="customer", amount=bdt(minor), reason=gifts.GiftReason.LATE,
        subject=town.job, by=by, second_above=above, command_id=command, now=NOW,
    )  # fmt: skip


def test_goodwill_is_given_once_and_a_large_one_by_two(session: Session) -> None:
    town, command, shirin, mina = Town(session), uuid7(), uuid7(), uuid7()
    for _ in range(2):
        gift(town, 500, command=command, by=shirin)
    assert town.cells()[0] == (20_500, 0)
    with pytest.raises(gifts.GiftDiffers):
        gift(town, 501, command=command, by=shirin)
    for minor in (0, -1):
        with pytest.raises(gifts.GiftTooSmall):
            gift(town, minor, command=uuid7(), by=shirin)
    large = gift(town, 10_001, command=uuid7(), by=shirin)
    assert (large.state, town.cells()[0]) == (gifts.GiftState.ASKED, (20_500, 0))
    with pytest.raises(SecondPersonNeeded):
        gifts.approve(session, large.id, by=shirin, now=NOW)
    for _ in range(2):
        gifts.approve(session, large.id, by=mina, now=NOW)
    assert town.cells()[0] == (30_501, 0)
    with pytest.raises(gifts.GiftOver):
        gifts.withdraw(session, large.id)
    with pytest.raises(gifts.GiftNotFound):
        gifts.approve(session, uuid7(), by=mina, now=NOW)
    other = gift(town, 10_001, command=uuid7(), by=shirin)
    gifts.withdraw(session, other.id)
    with pytest.raises(gifts.GiftOver):
        gifts.approve(session, other.id, by=mina, now=NOW)
    sound(town)
