"""The same road by the API: asked, prepared, approved by another, answered; each key once."""

from uuid import uuid4

from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from marketplace.foundation.ids import uuid7
from marketplace.foundation.money import Money
from marketplace.people import actions as people
from payments.wallets import actions as wallets
from tests.web.api.conftest import Opener
from tests.web.conftest import Town

ACCOUNT = {"account": "১৫০১২০১২৩৪৫৬৭", "branch": "060270426", "holder": "রফিকুল ইসলাম"}
TEN = {"amount": {"minor": 100_000, "currency": "BDT"}}


def test_from_the_wish_to_the_banks_answer(program: Opener, town: Town) -> None:
    rafiq, now = town.cast.named("rafiq"), clock.now()
    with transaction() as session:
        people.grant_role(session, person=town.cast.named("manager").id, role="finance", by=None, now=now)
        wallets.open_wallet(session, owner=rafiq.id, owner_kind="specialist", currency="BDT")
    with transaction() as session:
        wallets.credit_topup(
            session, attempt=uuid7(), owner=rafiq.id, owner_kind="specialist", gateway="sandbox",
            amount=Money(300_000, "BDT"), now=now,
        )  # fmt: skip
    mine, other, maker, checker = (program(role) for role in ("specialist", "customer", "finance", "manager"))
    for each in (mine, maker, checker):
        with transaction() as session:
            found = people.touch(session, each.token, now=now)
            assert found is not None
            people.mark_stepped_up(session, found.session_id, now=now)
    assert mine.post("/payouts", TEN).json()["type"] == "NoDestination"
    told = mine.post("/payouts/account", ACCOUNT)
    assert (told.status_code, told.json()["last4"], "1501201234567" in told.text) == (200, "4567", False)
    card = mine.post("/payouts/account", ACCOUNT | {"account": "4111111111111111"})
    assert (card.status_code, card.json()["type"]) == (422, "AccountIsACard")
    for body, status in (
        ({"amount": {"minor": 0, "currency": "BDT"}}, 422),
        ({"amount": {"minor": -100_000, "currency": "BDT"}}, 422),
        ({"amount": {"minor": 100_000, "currency": "QAR"}}, 422),
        ({"amount": {"minor": 300_001, "currency": "BDT"}}, 409),
        ({"amount": {"minor": 1.5, "currency": "BDT"}}, 400),
    ):
        assert mine.post("/payouts", body).status_code == status, body
    key = str(uuid4())
    first, again = mine.post("/payouts", TEN, key=key), mine.post("/payouts", TEN, key=key)
    assert (first.status_code, first.json()) == (201, again.json())
    id = first.json()["id"]
    assert other.get(f"/payouts/{id}").status_code == 404
    assert other.post(f"/payouts/{id}/cancellation").status_code == 404
    assert other.get("/finance/payouts").status_code == 404
    batch = maker.post("/finance/payouts/batches", {"form": "pain.001"}).json()["id"]
    seen = checker.get(f"/finance/payouts/batches/{batch}").json()["batch"]["digest"]
    assert maker.post(f"/finance/payouts/batches/{batch}/approvals", {"digest": seen}).status_code == 403
    assert checker.post(f"/finance/payouts/batches/{batch}/approvals", {"digest": seen}).json()["state"] == "approved"
    refused = maker.post(f"/finance/payouts/batches/{batch}/outcomes", {"outcome": "accepted", "payouts": [id]})
    assert (refused.status_code, refused.json()["type"]) == (409, "PayoutMoved")
    assert mine.post(f"/payouts/{id}/cancellation").json()["state"] == "cancelled"
    assert mine.get("/payouts").json()["payable"]["minor"] == 300_000
    assert [each["state"] for each in maker.get("/finance/payouts").json()] == ["cancelled"]
