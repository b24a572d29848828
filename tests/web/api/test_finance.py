"""What finance does by the API as by its pages: gifts by two, codes, the tax, a batch with its file and its returns."""

from contextlib import closing
from datetime import timedelta
from uuid import uuid4

from sqlalchemy import text

from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from marketplace.foundation.ids import uuid7
from marketplace.foundation.money import Money
from marketplace.people import actions as people
from payments.gateways import directory
from payments.gateways.stripe import Stripe, StripeAccount
from payments.reconciliation import actions as reconciliation
from payments.wallets import actions as wallets
from tests.payments.gateways.reports import settlement
from tests.web.api.conftest import Opener, Program, Story
from tests.web.conftest import Town

UNTIL = {"until": (clock.now() + timedelta(days=9)).isoformat(), "uses": 5}
NOBODY = str(uuid4())


def taka(minor: int) -> dict[str, object]:
    return {"minor": minor, "currency": "BDT"}


def two_of_finance(town: Town, program: Opener) -> tuple[Program, Program]:
    """The second is the manager, who helps out; both have confirmed a moment ago."""
    with transaction() as session:
        people.grant_role(session, person=town.cast.named("manager").id, role="finance", by=None, now=clock.now())
    return program("finance"), program("manager")


def journal() -> list[str]:
    with transaction() as session:
        return list(session.scalars(text("SELECT action FROM journal WHERE action LIKE 'finance.%' ORDER BY id")))


def test_gifts_codes_and_the_tax(program: Opener, town: Town, story: Story) -> None:
    first, second = two_of_finance(town, program)
    customer = program("customer")
    job = customer.get(f"/jobs/{story.requested(customer)}").json()
    gift = {"number": job["number"], "who": "customer", "reason": "apology", "amount": taka(10_000)}
    for wrong, status in (
        (gift | {"amount": taka(0)}, 422), (gift | {"amount": taka(-1)}, 422), (gift | {"number": "none"}, 404),
        (gift | {"amount": {"minor": 1, "currency": "QAR"}}, 422), (gift | {"who": "specialist"}, 404),
        (gift | {"amount": {"minor": 1.5, "currency": "BDT"}}, 400),
    ):  # fmt: skip
        assert first.post("/finance/goodwill", wrong).status_code == status, wrong
    key = str(uuid4())
    given, again = (first.post("/finance/goodwill", gift, key=key) for _ in range(2))
    assert (given.status_code, given.json()["state"], given.json()) == (201, "given", again.json())
    big = first.post("/finance/goodwill", gift | {"amount": taka(600_000)}).json()
    alone = first.post(f"/finance/goodwill/{big['id']}/approval")
    assert (big["state"], alone.status_code, alone.json()["type"]) == ("asked", 403, "SecondPersonNeeded")
    assert second.post(f"/finance/goodwill/{big['id']}/approval").json()["state"] == "given"
    assert first.post(f"/finance/goodwill/{big['id']}/withdrawal").json()["type"] == "GiftOver"
    assert first.post(f"/finance/goodwill/{NOBODY}/approval").status_code == 404
    assert customer.get("/wallet").json()["available"]["minor"] == 610_000
    assert [each["state"] for each in first.get("/finance/goodwill").json()] == ["given", "given"]

    for wrong, status in (
        ({"code": "NAIVE", "amount": taka(100), "uses": 1, "until": "2030-01-01T00:00:00"}, 400),
        ({"code": "NONE"} | UNTIL, 422), ({"code": "BOTH", "amount": taka(1), "basis_points": 1} | UNTIL, 422),
        ({"code": "LESS", "amount": taka(-1)} | UNTIL, 422), ({"code": "MORE", "basis_points": 10_000} | UNTIL, 400),
        ({"code": "LATE", "amount": taka(1)} | UNTIL | {"until": "2001-01-01T00:00:00Z"}, 422),
    ):  # fmt: skip
        assert first.post("/finance/promotions", wrong).status_code == status, wrong
    made = first.post("/finance/promotions", {"code": "monsoon", "basis_points": 1_000, "at_most": taka(9_000)} | UNTIL)
    twice = first.post("/finance/promotions", {"code": "MONSOON", "amount": taka(100)} | UNTIL)
    assert (made.status_code, twice.status_code, twice.json()["type"]) == (201, 409, "PromotionExists")
    off = customer.post(f"/jobs/{job['id']}/promotion", {"code": "monsoon"}).json()["amount"]["minor"]
    assert 0 < off <= 9_000
    assert first.post(f"/finance/promotions/{made.json()['id']}/end").status_code == 200
    listed = first.get("/finance/promotions").json()[0]
    assert (listed["code"], listed["uses"], listed["ended_at"] is None) == ("MONSOON", 1, False)

    assert first.post("/finance/commission/tax", {"basis_points": 10_001}).status_code == 400
    assert first.post("/finance/commission/tax", {"basis_points": 750}).status_code == 201
    assert first.get("/finance/commission/tax").json()[0]["basis_points"] == 750
    assert {"finance.promotion_published", "finance.tax_published"} <= set(journal())
    for path in ("/finance/goodwill", "/finance/promotions", "/finance/commission/tax"):
        assert customer.get(path).status_code == 404


def test_a_batch_with_its_file_and_what_becomes_of_its_items(program: Opener, town: Town) -> None:
    first, second = two_of_finance(town, program)
    rafiq, mine = town.cast.named("rafiq"), program("specialist")
    with transaction() as session:
        wallets.open_wallet(session, owner=rafiq.id, owner_kind="specialist", currency="BDT")
    with transaction() as session:
        wallets.credit_topup(
            session, attempt=uuid7(), owner=rafiq.id, owner_kind="specialist", gateway="sandbox",
            amount=Money(300_000, "BDT"), now=clock.now(),
        )  # fmt: skip
    account = {"account": "1501201234567", "branch": "060270426", "holder": "Somebody Else"}
    assert mine.post("/payouts/account", account).status_code == 200
    asked = mine.post("/payouts", {"amount": taka(100_000)}).json()
    item = f"/finance/payouts/{asked['id']}"
    assert (asked["state"], first.get(item).json()["findings"]) == ("requested", ["name_differs"])
    wrong = first.post(f"{item}/checks", {"passing": ["debt"]})
    assert (wrong.status_code, wrong.json()["type"]) == (409, "CannotBePassed")
    assert first.post(f"{item}/checks", {"passing": ["name_differs"]}).json()["state"] == "checked"
    batch = f"/finance/payouts/batches/{first.post('/finance/payouts/batches', {'form': 'csv'}).json()['id']}"
    assert first.post(f"{batch}/file").json()["type"] == "NotApproved"
    seen = {"digest": first.get(batch).json()["batch"]["digest"]}
    assert second.post(f"{batch}/review").json()["state"] == "draft"
    assert second.post(f"{batch}/approvals", seen).json()["state"] == "approved"
    assert first.get(f"{batch}/file").status_code == 409
    assert first.post(f"{batch}/file").json()["state"] == "batched"
    assert first.post(f"{item}/removal").json()["type"] == "PayoutMoved"
    assert first.post(f"{batch}/handover").json()["state"] == "sending"
    file = first.get(f"{batch}/file")
    assert asked["reference"] in file.text
    assert second.get(f"{batch}/file").content == file.content
    assert second.post(f"{batch}/outcomes", {"outcome": "accepted"}).status_code == 200
    assert first.post(f"{item}/refusal", {"reason": "case"}).json()["type"] == "PayoutMoved"
    back = first.post(f"{item}/return", {"reason": "account_closed"})
    assert (back.json()["state"], mine.get("/payouts").json()["payable"]["minor"]) == ("returned", 300_000)
    assert mine.get("/payouts").json()["account"]["blocked"]
    assert first.post(f"{item}/account").status_code == 200
    assert not mine.get("/payouts").json()["account"]["blocked"]
    assert journal() == [
        f"finance.payout_{what}"
        for what in ("passed", "batch_prepared", "batch_approved", "batch_filed", "batch_handed_over",
                     "batch_outcome", "returned", "account_found_sound")
    ]  # fmt: skip
    assert mine.get(item).status_code == 404
    assert first.get(f"/finance/payouts/{NOBODY}").status_code == 404
    again = mine.post("/payouts", {"amount": taka(50_000)}).json()
    assert first.post(f"/finance/payouts/{again['id']}/refusal", {"reason": "case"}).json()["reason"] == "case"


def test_a_top_up_is_tried_again_at_another_gateway(program: Opener, town: Town) -> None:
    customer, other, before = program("customer"), program("customer", 1), directory.connected()
    account = StripeAccount("sk_test_0123456789abcdef", ("whsec_0123456789abcdef",), base_url="http://127.0.0.1:9")
    with closing(Stripe(account)) as away:
        directory.connect(away)
        assert customer.get("/gateways").json() == ["stripe"]
        begun = customer.post("/top-ups", {"amount": taka(70_000), "gateway": "stripe"}).json()
        path = f"/top-ups/{begun['id']}/attempts"
        assert customer.post(path, {"gateway": "sandbox"}).status_code == 409
        assert other.post(path, {"gateway": "stripe"}).status_code == 404
        key = str(uuid4())
        more, same = (customer.post(path, {"gateway": "stripe"}, key=key) for _ in range(2))
        directory.connect(*before)
    assert (more.status_code, more.json()["attempt"], more.json()["url"]) == (201, same.json()["attempt"], None)
    assert more.json()["attempt"] != begun["attempt"]
    assert len(customer.get(f"/top-ups/{begun['id']}").json()["attempts"]) == 2


def test_a_moment_without_its_offset_is_refused_and_never_our_fault(program: Opener, town: Town) -> None:
    naive = "2030-01-01T10:00:00"
    delay = {"reason": "parts", "start": naive, "end": "2030-01-01T11:00:00"}
    told = program("specialist").post(f"/work/jobs/{NOBODY}/delay", delay)
    assert (told.status_code, told.json()["type"]) == (400, "http-400")
    for role, path, name in (
        ("specialist", "/earnings", "since"), ("specialist", "/earnings", "until"),
        ("customer", "/documents", "before"), ("finance", "/finance/trial-balance", "at"),
        ("finance", "/finance/top-ups", "before"),
        ("finance", "/finance/payouts", "before"),
    ):  # fmt: skip
        assert program(role).get(path, params={name: naive}).status_code < 500, path


def test_what_is_left_over_is_noted_and_settled(program: Opener, town: Town) -> None:
    first, second = two_of_finance(town, program)
    with transaction() as session:
        by = town.cast.named("finance").id
        body = settlement(("SB9999999999", 70_000), ("SB9999999998", 90_000_000))
        reconciliation.import_settlement(session, gateway="sandbox", body=body, by=by, now=clock.now())
    root = "/finance/exceptions"
    large, small = first.get(root).json()["exceptions"]
    assert (large["kind"], large["value"]["minor"] > small["value"]["minor"]) == ("foreign", True)
    assert first.get(root, params={"kind": "amount"}).json() == {"exceptions": [], "next": None}
    assert first.get(root, params={"kind": "nonsense"}).status_code == 400
    assert first.get(f"{root}/{NOBODY}").status_code == 404
    key, note = str(uuid4()), {"note": "the bank was called"}
    assert [first.post(f"{root}/{small['id']}/notes", note, key=key).status_code for _ in range(2)] == [201, 201]
    whole = first.get(f"{root}/{small['id']}").json()
    assert ([each["what"] for each in whole["history"]], whole["report"][0]["number"]) == (["noted"], "SB9999999999")
    for wrong, status in (
        ({"how": "credit", "reason": "x"}, 409), ({"how": "steal", "reason": "x"}, 400), ({"how": "return"}, 400),
        ({"how": "return", "reason": " "}, 422), ({"how": "return", "reason": "x" * 201}, 400),
    ):  # fmt: skip
        assert first.post(f"{root}/{small['id']}/solutions", wrong).status_code == status, wrong
    back = {"how": "return", "reason": "not ours"}
    assert first.post(f"{root}/{small['id']}/solutions", back).json()["done"] is True
    assert first.post(f"{root}/{small['id']}/solutions", back).json()["type"] == "ExceptionClosed"
    assert first.post(f"{root}/{large['id']}/approval", {"decision": "approve"}).json()["type"] == "NothingProposed"
    assert first.post(f"{root}/{large['id']}/solutions", back).json()["done"] is False
    assert first.get(f"{root}/{large['id']}").json()["proposal"]["how"] == "return"
    alone = first.post(f"{root}/{large['id']}/approval", {"decision": "approve"})
    assert (alone.status_code, alone.json()["type"]) == (403, "SecondPersonNeeded")
    assert second.post(f"{root}/{large['id']}/approval", {"decision": "approve"}).json()["done"] is True
    assert program("customer").get(root).status_code in {403, 404}
