"""Charge-backs by letter, payments under review, seals, the manager's way to cases: on their pages and by the API."""

from uuid import uuid4

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from marketplace.foundation.database import transaction
from marketplace.foundation.settings import Settings
from payments.gateways import directory
from payments.gateways.rules import Outcome
from payments.topups import queries as topups
from payments.topups import reviews
from tests.payments.refunds.conftest import AMOUNT, Scripted, said, topped_up
from tests.web.api.conftest import Opener, program
from tests.web.conftest import Town
from tests.web.pages.at_work import at_work
from tests.web.pages.test_money_flows import cast_of, page, sent
from tests.web.pages.walking import hidden_of

__all__ = ["program"]
LETTER = {"reference": "SC0000000001", "amount": "৳ 1,200", "number": "CB/17", "reason": "fraudulent", "fee": "5"}


def test_a_letter_is_written_down_decided_and_shown_where_it_concerns(
    town: Town, app: Litestar, settings: Settings
) -> None:
    with at_work(town, app, settings) as day:
        paid = topped_up(day.rahima.id, Scripted(answers=[said(Outcome.REFUNDED)]))
        finance, manager = day.browser(cast_of(day, "finance")), day.browser(cast_of(day, "manager"))
        assert finance.get("/finance/chargebacks").status_code == 200
        hidden = {**hidden_of(finance.get("/finance/chargebacks").text), "command_id": str(uuid4())}
        for changed, words in (
            ({"reference": "SC0000000009"}, "No payment that we credited has this number"),
            ({"amount": "1,500.01"}, "at most"), ({"amount": "0"}, "at most"), ({"amount": "-5"}, ""),
            ({"amount": "1.001"}, ""), ({"number": "4111111111111111"}, "looks like a card"),
            ({"fee": "2000"}, "at most the payment of"), ({"reason": "spite"}, ""), ({"number": ""}, ""),
        ):  # fmt: skip
            shown = sent(finance, "/finance/chargebacks", {**hidden, **LETTER, **changed}, 422)
            assert words in shown
        sent(finance, "/finance/chargebacks", {**hidden, **LETTER})
        sent(finance, "/finance/chargebacks", {**hidden, **LETTER})  # the same form
        again = {**hidden, "command_id": str(uuid4())}
        assert "written down already" in sent(finance, "/finance/chargebacks", {**again, **LETTER}, 409)
        assert (paid.balance()[0], paid.state()) == (paid.balance()[0], "paid")
        with transaction() as session:
            (case,) = topups.cases(session)
        assert "taken back, open" in page(finance, "/finance/chargebacks")
        decision = f"/finance/chargebacks/{case.id}/decision"
        sent(finance, decision, {**hidden, "outcome": "won"})
        assert "Nothing was changed" in sent(finance, decision, {**hidden, "outcome": "lost"}, 409)
        assert "decided for us" in page(finance, f"/finance/top-ups/{case.topup}")
        assert manager.get("/finance/chargebacks").status_code in (403, 404)
        assert "/finance/cases" in manager.get("/admin").text
        assert manager.get("/finance/cases").status_code == 200
        assert "Nothing has been published yet" in page(finance, "/finance/seals")
    directory.connect()


def test_a_risky_payment_is_looked_at_and_freed(town: Town, app: Litestar, settings: Settings) -> None:
    with at_work(town, app, settings) as day:
        finance = day.browser(cast_of(day, "finance"))
        assert "No payment waits for a look." in page(finance, "/finance/reviews")
        risky = topped_up(day.rahima.id, Scripted(answers=[said(Outcome.REFUNDED)]), review=True)
        assert "1 payment waits for a look." in page(finance, "/finance/reviews")
        hidden, clearance = (
            hidden_of(finance.get("/finance/reviews").text),
            f"/finance/reviews/{risky.attempt}/clearance",
        )
        sent(finance, clearance, {**hidden, "reason": ""}, 422)
        before = risky.balance()
        assert before[1] == AMOUNT
        sent(finance, clearance, {**hidden, "reason": "proof_seen"})
        assert risky.balance() == (before[0], 0)
        assert "waits for a look any more" in sent(finance, clearance, {**hidden, "reason": "proof_seen"}, 409)
        sent(finance, f"/finance/reviews/{uuid4()}/clearance", {**hidden, "reason": "other"}, 404)
    directory.connect()


@pytest.mark.usefixtures("client")
def test_the_same_by_the_api(program: Opener, town: Town, client: TestClient[Litestar]) -> None:
    finance, rahima = program("finance"), program("customer")
    assert rahima.member is not None
    paid = topped_up(rahima.member.id, Scripted(answers=[said(Outcome.REFUNDED)]), review=True)
    (waiting,) = finance.get("/finance/reviews").json()
    assert (waiting["attempt"], waiting["held"]["minor"]) == (str(paid.attempt), AMOUNT)
    clearance = f"/finance/reviews/{paid.attempt}/clearance"
    assert finance.post(clearance, {"reason": "spite"}).status_code == 400
    assert finance.post(clearance, {"reason": "payer_known"}).json() == {"attempt": str(paid.attempt)}
    assert finance.post(clearance, {"reason": "payer_known"}).json()["type"] == "NotUnderReview"
    with transaction() as session:
        assert reviews.under_review(session) == []
    letters, key = f"/finance/attempts/{paid.attempt}/chargebacks", str(uuid4())
    letter = {"number": "CB/17", "amount": {"minor": AMOUNT, "currency": "BDT"}, "reason": "duplicate"}
    for changed, status in (
        ({"amount": {"minor": 0, "currency": "BDT"}}, 422), ({"amount": {"minor": -1, "currency": "BDT"}}, 422),
        ({"amount": {"minor": AMOUNT + 1, "currency": "BDT"}}, 422), ({"amount": {"minor": 1, "currency": "QAR"}}, 422),
        ({"fee": {"minor": -1, "currency": "BDT"}}, 422), ({"reason": "given_back"}, 400), ({"number": "1.5;"}, 422),
    ):  # fmt: skip
        assert finance.post(letters, letter | changed).status_code == status, changed
    assert rahima.post(letters, letter).status_code == 404
    first, again = finance.post(letters, letter, key=key), finance.post(letters, letter, key=key)
    assert (first.status_code, first.json(), paid.state()) == (201, again.json(), "reversed")
    assert finance.post(letters, letter).json()["type"] == "CaseEntered"
    decision = f"/finance/chargebacks/{first.json()['id']}/decision"
    assert finance.post(decision, {"won": False}).json()["state"] == "lost"
    assert [each["away"] for each in finance.get("/finance/chargebacks").json()] == [True]
    directory.connect()
