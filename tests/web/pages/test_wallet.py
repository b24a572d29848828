"""The wallet: amounts in any script, limits, both numbers, and a checking page that never says failed too early."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from marketplace.foundation.database import transaction
from marketplace.foundation.settings import Settings
from tests.web.bank.running import RunningBank, running_bank
from tests.web.conftest import Town, Visitor
from tests.web.pages.walking import comes_back, reading_english, town_with_bank, words_of
from web.paying import RETURN_PATH


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningBank]:
    with running_bank(tmp_path_factory.mktemp("bank")) as bank:
        yield bank


@pytest.fixture
def bank(running: RunningBank) -> Iterator[RunningBank]:
    running.faults()
    yield running
    running.faults()


@pytest.fixture
def settings(town: Town, bank: RunningBank, tmp_path: Path) -> Iterator[Settings]:
    """The application of a town that has a bank."""
    with town_with_bank(town, bank, tmp_path) as made:
        yield made


@pytest.fixture
def customer(somebody: Any) -> Visitor:
    return reading_english(somebody("customer"))


def tops_up(visitor: Visitor, amount: str = "500", **more: str) -> str:
    """To the bank; gives the address of its page."""
    answer = visitor.post("/wallet/top-ups", {"amount": amount, "gateway": "sandbox", **more})
    assert answer.status_code == 303, words_of(answer.text)[:500]
    return answer.headers["location"]


def read_page(visitor: Visitor, path: str) -> str:
    answer = visitor.get(path)
    assert answer.status_code == 200, (path, answer.status_code)
    return words_of(answer.text)


def top_ups_in_all() -> int:
    with transaction() as session:
        return int(session.scalar(text("SELECT count(*) FROM topup")) or 0)


def test_a_top_up_arrives_once_with_both_numbers(customer: Visitor, bank: RunningBank, work_off: Any) -> None:
    page = tops_up(customer, "৫০০")
    checking = comes_back(customer, bank, page, "pay")
    assert "We are asking the bank" in read_page(customer, checking)
    work_off()
    said = read_page(customer, checking)
    assert "Your payment has arrived" in said
    assert "Transaction number" in said
    assert "Tracking number" in said
    wallet = read_page(customer, "/wallet")
    assert "Available ৳500.00" in wallet
    assert "Top-up" in wallet
    customer.get(RETURN_PATH.format(attempt=attempt_of(checking)))
    work_off()
    assert "Available ৳500.00" in read_page(customer, "/wallet")


def attempt_of(checking: str) -> UUID:
    with transaction() as session:
        found = session.scalar(
            text("SELECT id FROM topup_attempt WHERE topup = :id ORDER BY started_at DESC LIMIT 1"),
            {"id": checking.rsplit("/", 1)[1]},
        )
    return UUID(str(found))


@pytest.mark.parametrize(
    "amount", ["", "-5", "0", "0.001", "1", "49", "50001", "9" * 60, "lots", "5e9", "১২৩৪৫৬৭৮৯০", "€20", "<b>5</b>"]
)
def test_amounts_that_make_no_sense_are_refused_beside_the_field(customer: Visitor, amount: str) -> None:
    answer = customer.post("/wallet/top-ups", {"amount": amount, "gateway": "sandbox"})
    assert answer.status_code == 422, words_of(answer.text)[:300]
    assert 'id="amount-error"' in answer.text
    assert top_ups_in_all() == 0


@pytest.mark.parametrize("amount", ["500", "৫০০", "۵۰۰", "٥٠٠", "500.00", "৳500", "500 taka", " 500 "])
def test_an_amount_is_read_in_any_digits(customer: Visitor, bank: RunningBank, amount: str) -> None:
    tops_up(customer, amount)
    with transaction() as session:
        assert session.scalar(text("SELECT amount FROM topup")) == 50_000


def test_an_unknown_bank_is_refused(customer: Visitor) -> None:
    answer = customer.post("/wallet/top-ups", {"amount": "500", "gateway": "piggy"})
    assert answer.status_code == 422
    assert top_ups_in_all() == 0


def test_the_limit_of_a_day_holds(customer: Visitor, bank: RunningBank) -> None:
    for _ in range(2):
        tops_up(customer, "50000")
    answer = customer.post("/wallet/top-ups", {"amount": "50", "gateway": "sandbox"})
    assert answer.status_code == 409
    assert "24 hours" in words_of(answer.text)


def test_the_same_form_sent_twice_is_one_top_up(customer: Visitor, bank: RunningBank) -> None:
    command = str(uuid4())
    tops_up(customer, "500", command_id=command)
    tops_up(customer, "500", command_id=command)
    assert top_ups_in_all() == 1
    answer = customer.post("/wallet/top-ups", {"amount": "600", "gateway": "sandbox", "command_id": command})
    assert answer.status_code == 409


def test_a_refused_card_takes_nothing_and_can_be_tried_again(
    customer: Visitor, bank: RunningBank, work_off: Any
) -> None:
    checking = comes_back(customer, bank, tops_up(customer), "decline")
    work_off()
    assert "Nothing was taken" in read_page(customer, checking)
    answer = customer.post(f"{checking}/attempts", {"gateway": "sandbox"})
    assert answer.status_code == 303
    comes_back(customer, bank, answer.headers["location"], "pay")
    work_off()
    assert "Your payment has arrived" in read_page(customer, checking)
    assert customer.post(f"{checking}/attempts", {"gateway": "sandbox"}).status_code == 409


def test_a_bank_that_does_not_answer_is_never_called_failed(
    customer: Visitor, running: RunningBank, work_off: Any
) -> None:
    running.close()
    try:
        checking = tops_up(customer)
        work_off()
        said = read_page(customer, checking)
    finally:
        running.open()
    assert checking.startswith("/wallet/top-ups/")
    assert "We are asking the bank" in said
    assert "Nothing was taken" not in said


def test_anothers_top_up_is_not_there(customer: Visitor, bank: RunningBank, somebody: Any) -> None:
    checking = comes_back(customer, bank, tops_up(customer), "pay")
    stranger = somebody("specialist")
    assert stranger.get(checking).status_code == 404
    assert stranger.post(f"{checking}/attempts", {"gateway": "sandbox"}).status_code == 404
    assert stranger.get(f"/wallet/top-ups/{uuid4()}").status_code == 404
    assert stranger.get(RETURN_PATH.format(attempt=uuid4())).status_code == 404
    assert stranger.get("/wallet/top-ups/1;DROP TABLE topup").status_code == 404


def test_a_form_of_the_banks_that_comes_without_a_cookie_signs_nobody_out(customer: Visitor, bank: RunningBank) -> None:
    page = tops_up(customer)
    bank.decide(page, "pay")
    with transaction() as session:
        attempt = session.scalar(text("SELECT id FROM topup_attempt"))
    answer = customer.client.post(
        RETURN_PATH.format(attempt=attempt), data={"token": "x"}, headers={"cookie": "", "origin": bank.url}
    )
    assert answer.status_code == 303
    assert "set-cookie" not in answer.headers


def test_a_visitor_is_asked_to_sign_in(visitor: Visitor) -> None:
    assert visitor.get("/wallet").headers["location"].startswith("/sign-in")


def test_an_empty_wallet_says_what_will_be_here(customer: Visitor) -> None:
    page = read_page(customer, "/wallet")
    assert "Here you will see every movement" in page
    assert "From ৳50.00 to ৳50,000.00" in page
    assert read_page(customer, "/wallet?before=-4")
    assert customer.get("/wallet?before=tea").status_code == 400
