"""What every address of the API keeps: who may, what is understood, how much, and what the description says."""

import re
from contextlib import closing
from typing import Any
from uuid import uuid4

import pytest
from litestar import Litestar
from litestar.handlers import HTTPRouteHandler
from sqlalchemy import func, select

import web.api
from marketplace.foundation.database import transaction
from marketplace.people import actions as people
from payments.gateways import directory
from payments.gateways.stripe import Stripe, StripeAccount
from payments.gateways.tables import GatewayNotice
from tests.web.api.conftest import AC, Opener
from web.app import routes_of

NOBODY = str(uuid4())
QUESTIONS = {"/api/v1/prices", "/api/v1/desk/callers"}  # a POST that does nothing
WITHOUT_KEY = QUESTIONS | {
    "/api/v1/session", "/api/v1/desk/people/{person:uuid}/disclosures", "/api/v1/finance/commission/simulation",
    "/api/v1/work/positions",
}  # fmt: skip


def handlers() -> list[tuple[str, str, HTTPRouteHandler]]:
    found: list[tuple[str, str, HTTPRouteHandler]] = []
    for handler in routes_of(web.api):
        assert isinstance(handler, HTTPRouteHandler)
        for path in handler.paths:
            if path.startswith("/api/v1"):
                found += [(method, path, handler) for method in sorted(handler.http_methods) if method != "OPTIONS"]
    return found


def address(path: str) -> str:
    return re.sub(r"{\w+:uuid}", NOBODY, path).replace("{service:str}", "ac_service").removeprefix("/api/v1")


def test_the_description_names_every_address_and_no_page(app: Litestar, program: Opener) -> None:
    told = program().get("/openapi.json").json()
    named = {re.sub(r":\w+}", "}", path) for _, path, _ in handlers()}
    assert set(told["paths"]) == named
    assert told["openapi"].startswith("3.")
    amount = told["components"]["schemas"]["Amount"]["properties"]
    assert set(amount) == {"minor", "currency"}
    for item in told["paths"].values():
        for operation in item.values():
            assert operation["description"], operation["operationId"]


def test_the_reference_is_a_page_of_our_own(visitor: Any) -> None:
    page = visitor.get("/api")
    assert page.status_code == 200
    assert "/api/v1/jobs/{id}/cancellation" in page.text
    assert '<script src="http' not in page.text


def test_nobody_gets_in_without_a_token(program: Opener) -> None:
    nobody, wrong = program(), program()
    wrong.token = "x" * 43
    for method, path, handler in handlers():
        if handler.opt["policy"] in ("public.read", "public.ask", "session.token"):
            continue
        for one in (nobody, wrong):
            if method == "DELETE":
                continue
            told = one.get(address(path)) if method == "GET" else one.post(address(path), {})
            assert told.status_code in ((401,) if one is wrong or method == "GET" else (401, 403)), (path, told.text)
            assert told.headers["content-type"].startswith("application/problem+json")


def test_every_role_reads_its_own_nouns_only(program: Opener) -> None:
    nouns = {"specialist": "/offers", "agent": "/desk/jobs", "finance": "/finance/trial-balance"}
    for role in ("customer", "specialist", "agent", "finance", "administrator"):
        one = program(role)
        for owner, path in nouns.items():
            assert one.get(path).status_code == (200 if role == owner else 404), (role, path)
        assert one.get("/me").json()["roles"].count(role) == 1


def test_every_post_that_does_something_wants_a_key(program: Opener) -> None:
    people_by_role = {role: program(role) for role in ("customer", "specialist", "agent", "finance", "manager")}
    bodies: dict[str, dict[str, object]] = {
        "/jobs": {"service": "ac_service", "answers": AC, "address": NOBODY},
        "slot": {"window": "2030-01-01.morning"},
        "funding": {"method": "cash"},
        "rating": {"matter": 1, "manner": 1},
        "proceedings/{id:uuid}/answer": {"words": "It was not so."},
        "proceedings/{id:uuid}/appeal": {"words": "It was not so."},
        "top-ups": {"amount": {"minor": 100_00, "currency": "BDT"}},
        "cash": {"amount": {"minor": 1, "currency": "BDT"}},
        "api/v1/tickets": {"unit": NOBODY, "service": "ac_service", "words": "It leaks", "urgency": "soon"},
        "work/tickets/{id:uuid}/cancellation": {"reason": "illness"}, "failure": {"reason": "parts"},
        "tickets/{ticket:uuid}/assignment": {"to": NOBODY}, "tickets/{ticket:uuid}/cancellation": {"reason": "other"},
        "delay": {"reason": "parts", "start": "2030-01-01T10:00:00Z", "end": "2030-01-01T11:00:00Z"},
        "work/jobs/cancellation": {"reason": "illness"},
        "desk/jobs": {"service": "ac_service", "customer": NOBODY},
        "payouts": {"amount": {"minor": 100_00, "currency": "BDT"}},
        "account": {"account": "1501201234567", "branch": "060270426", "holder": "Rahima"},
        "batches": {"form": "csv"},
        "approvals": {"digest": "0" * 64},
        "outcomes": {"outcome": "accepted"},
        "tip": {"amount": {"minor": 1, "currency": "BDT"}},
        "jobs/{id:uuid}/change": {"approved": False},
        "work/jobs/{id:uuid}/change": {"reason": "parts"},
        "promotion": {"code": "EID26"},
        "cases": {"matter": "other"},
        "decision": {"back": {"minor": 0, "currency": "BDT"}, "ground": "other"},
        "finance/jobs/{id:uuid}/refunds": {"amount": {"minor": 1, "currency": "BDT"}, "ground": "other"},
        "attempts/{id:uuid}/refunds": {"amount": {"minor": 1, "currency": "BDT"}, "reason": "other"},
        "outcome": {"sent": True},
        "commission": {"lines": []},
        "tax": {"basis_points": 0},
        "goodwill": {
            "number": "1", "who": "customer", "amount": {"minor": 1, "currency": "BDT"}, "reason": "other",
        },
        "promotions": {"code": "EID26", "basis_points": 1, "uses": 1, "until": "2030-01-01T10:00:00Z"},
        "payouts/{id:uuid}/refusal": {"reason": "case"},
        "return": {"reason": "other"},
        "chargebacks": {"number": "CB-1", "amount": {"minor": 1, "currency": "BDT"}, "reason": "general"},
        "chargebacks/{id:uuid}/decision": {"won": True},
        "clearance": {"reason": "other"},
        "exceptions/{id:uuid}/notes": {"note": "asked the bank"},
        "solutions": {"how": "credit", "reason": "forgotten"},
        "exceptions/{id:uuid}/approval": {"decision": "approve"},
        "quote-approval": {"shown": "0" * 64}, "quote-refusal": {"shown": "0" * 64},
        "quote-sending": {"shown": "0" * 64}, "warranty-visits": {"words": "It drips"},
        "quote": {
            "lines": [{"sort": "labour", "text": "A wall", "unit": {"minor": 1, "currency": "BDT"}}], "minutes": 60,
        },
        "warranty-verdict": {"verdict": "own_defect", "ground": "own_work"},
        "api/v1/plans": {"job": NOBODY, "every": 1, "unit": "months", "first": "2030-01-01",
                         "shown": {"minor": 1, "currency": "BDT"}},
        "api/v1/equipment": {"kind": "split_ac", "name": "Bedroom"}, "skips": {"due": "2030-01-01"},
        "plans/{plan:uuid}/permission": {"limit": None},
        "plans/{plan:uuid}/price": {"shown": {"minor": 1, "currency": "BDT"}},
        "wish": {"wanted": True}, "sharing": {"switch": "share"}, "bid": {"amount": {"minor": 1, "currency": "BDT"}},
    }  # fmt: skip
    for method, path, handler in handlers():
        if method != "POST" or path in WITHOUT_KEY:
            continue
        roles = {"specialist.write": "specialist", "desk.write": "agent", "compounds.write": "manager"} | dict.fromkeys(
            ("finance.write", "case.write"), "finance"
        )
        role = roles.get(handler.opt["policy"], "customer")
        noun = path.rpartition("/")[2]
        body = bodies.get(noun, {})
        body = bodies["/jobs"] if path == "/api/v1/jobs" else body
        body = bodies["desk/jobs"] if path == "/api/v1/desk/jobs" else body
        body = bodies["work/jobs/cancellation"] if path.endswith("work/jobs/{id:uuid}/cancellation") else body
        longer = [each for each in bodies if "/" in each[1:] and path.endswith(f"/{each}")]
        body = bodies[max(longer, key=len)] if longer else body
        told = people_by_role[role].post(address(path), body, key="")
        assert (told.status_code, told.json()["type"]) == (400, "NoIdempotencyKey"), (path, told.text)


@pytest.mark.parametrize("body", [b"", b"{", b"[1,", b"null", b'{"amount": NaN}', b"\xff\xfe", b'"text"', b"[" * 5000])
def test_what_is_no_json_is_refused(program: Opener, body: bytes) -> None:
    told = program("customer").post("/top-ups", content=body, headers={"content-type": "application/json"})
    assert told.status_code == 400, told.text
    assert told.headers["content-type"].startswith("application/problem+json")


def test_ten_megabytes_are_too_many(program: Opener) -> None:
    body = b'{"service": "' + b"x" * 10_000_000 + b'"}'
    for one in (program("customer"), program()):
        told = one.post("/prices", content=body, headers={"content-type": "application/json"})
        assert told.status_code == 413, told.text


@pytest.mark.parametrize(
    ("amount", "status"),
    [
        ({"minor": 100_00, "currency": "XXX"}, 422),
        ({"minor": 100_00, "currency": "USD"}, 422),
        ({"minor": 100_00, "currency": "taka"}, 400),
        ({"minor": 100.5, "currency": "BDT"}, 400),
        ({"minor": "১০০", "currency": "BDT"}, 400),
        ({"minor": True, "currency": "BDT"}, 400),
        ({"minor": 10**30, "currency": "BDT"}, 400),
        ({"minor": 100_00, "currency": "BDT", "rate": 2}, 400),
        ({"minor": 100_00}, 400),
        (100, 400),
        ("100.00 BDT", 400),
    ],
)
def test_money_is_minor_units_of_the_towns_currency(program: Opener, amount: object, status: int) -> None:
    told = program("customer").post("/top-ups", {"amount": amount})
    assert told.status_code == status, told.text


def test_a_session_begins_with_the_password_and_ends(program: Opener) -> None:
    nobody = program()
    told = nobody.post("/session", {"account": "rahima", "password": "open-sesame-rahima"}, key="")
    assert (told.status_code, told.json()["roles"]) == (201, ["customer"])
    nobody.token = told.json()["token"]
    assert nobody.get("/me").json()["name"] == "রহিমা খাতুন"
    ended = nobody.client.delete("/api/v1/session", headers={"authorization": f"Bearer {nobody.token}"})
    assert ended.status_code == 204
    assert nobody.get("/me").status_code == 401
    nobody.token = ""
    for wrong in ({"account": "rahima", "password": "wrong"}, {"account": "nobody at all", "password": "wrong"}):
        refused = nobody.post("/session", wrong, key="")
        assert (refused.status_code, refused.json()["type"]) == (401, "WrongSignIn"), refused.text


def test_an_authenticator_is_asked_for_its_digits(program: Opener) -> None:
    import pyotp

    from marketplace.foundation import clock

    one = program("customer")
    assert one.member is not None
    with transaction() as session:
        secret = people.begin_totp(session, person=one.member.id, now=clock.now())
    with transaction() as session:
        digits = pyotp.TOTP(secret).at(clock.now())
        codes = people.enable_totp(session, person=one.member.id, typed=digits, now=clock.now())
    account = {"account": one.member.username, "password": one.member.password}
    for digits in ("", "000000"):
        told = one.post("/session", account | {"digits": digits}, key="")
        assert (told.status_code, told.json()["type"]) == (422, "WrongStep"), told.text
    passed = one.post("/session", account | {"digits": codes[0]}, key="")
    assert passed.status_code == 201, passed.text
    one.token = passed.json()["token"]
    assert one.get("/me").status_code == 200


def test_the_price_of_a_service_is_told_line_by_line(program: Opener) -> None:
    told = program().post("/prices", {"service": "ac_service", "answers": AC | {"count": 3}}, key="").json()
    total = sum(line["amount"]["minor"] for line in told["quote"]["lines"])
    assert told["quote"]["total"] == {"minor": total, "currency": "BDT"}
    assert told["minutes"] == 150
    shown = program().get("/services/ac_service").json()
    assert [each["key"] for each in shown["questions"]] == ["type", "count", "outdoor", "gas"]
    assert program().get("/services/time_travel").status_code == 404


def test_a_cookie_needs_the_token_of_a_form(somebody: Any) -> None:
    visitor = somebody("customer")
    told = visitor.client.post("/api/v1/jobs", json={"service": "ac_service"}, headers={"idempotency-key": NOBODY})
    assert told.status_code == 403
    assert visitor.client.get("/api/v1/me").status_code == 200


def test_a_look_at_the_desk_needs_a_reason_and_leaves_a_row(program: Opener) -> None:
    agent, customer = program("agent"), program("customer")
    assert customer.member is not None
    found = agent.post("/desk/callers", {"number": customer.member.phone}, key="").json()
    assert [each["id"] for each in found] == [str(customer.member.id)]
    assert customer.member.name not in str(found)
    path = f"/desk/people/{customer.member.id}/disclosures"
    for wrong in ({}, {"reason": "curiosity"}, {"reason": "job", "fields": ["born_on"]}):
        assert agent.post(path, wrong, key="").status_code == 400
    shown = agent.post(path, {"reason": "complaint"}, key="").json()
    assert (shown["name"], shown["phone"], shown["email"]) == (customer.member.name, customer.member.phone, "")
    assert agent.post(f"/desk/people/{NOBODY}/disclosures", {"reason": "job"}).status_code == 404
    for number in ("", "123", "what", "1" * 41):
        assert agent.post("/desk/callers", {"number": number}, key="").status_code in (400, 422)


def test_an_agent_takes_from_a_wallet_with_the_callers_word_only(program: Opener) -> None:
    agent, customer = program("agent"), program("customer")
    assert customer.member is not None
    wanted = {"service": "ac_service", "answers": AC, "customer": str(customer.member.id)}
    job = agent.post("/desk/jobs", wanted | {"address": str(customer.member.address)}).json()["id"]
    for wrong in ({}, {"digits": "123456"}, {"code": NOBODY, "digits": "123456"}):
        told = agent.post(f"/desk/jobs/{job}/funding", {"method": "wallet", **wrong})
        assert told.json()["type"] == "WrongCode", told.text
    code = agent.post(f"/desk/jobs/{job}/codes").json()["code"]
    told = agent.post(f"/desk/jobs/{job}/funding", {"method": "wallet", "code": code, "digits": "no"})
    assert told.json()["type"] == "WrongCode", told.text


def test_an_agent_books_for_a_caller_and_both_stand_in_the_record(program: Opener) -> None:
    agent, customer = program("agent"), program("customer")
    assert customer.member is not None
    wanted = {"service": "ac_service", "answers": AC, "customer": str(customer.member.id)}
    made = agent.post("/desk/jobs", wanted | {"address": str(customer.member.address)})
    assert made.status_code == 201, made.text
    assert made.json()["customer"] == str(customer.member.id)
    assert agent.member is not None
    assert made.json()["entered_by"] == str(agent.member.id)
    assert customer.get(f"/jobs/{made.json()['id']}").json()["state"] == "requested"
    assert agent.get("/desk/jobs", params={"number": made.json()["number"]}).json()[0]["id"] == made.json()["id"]
    anothers = program("customer", 1).member
    assert anothers is not None
    assert agent.post("/desk/jobs", wanted | {"address": str(anothers.address)}).status_code == 404


def test_a_notice_of_an_unknown_gateway_leads_nowhere(program: Opener) -> None:
    told = program().client.post("/gateways/nobody/notices", content=b"{}")
    assert told.status_code == 404


def test_a_notice_of_a_gateway_that_is_switched_off_is_refused_by_name(program: Opener) -> None:
    client, before = program().client, directory.connected()
    with closing(Stripe(StripeAccount("sk_test_0123456789abcdef", ("whsec_0123456789abcdef",)))) as off:
        directory.connect(off, switches={})
        told = client.post("/gateways/stripe/notices", content=b"{}", headers={"accept": "application/json"})
        page = client.post("/gateways/stripe/notices", content=b"{}")
        directory.connect(*before)
    assert (told.status_code, page.status_code) == (409, 409)
    assert "GatewaySwitchedOff" in told.text
    assert "is switched off here" in page.text
    with transaction() as session:
        assert session.scalar(select(func.count()).where(GatewayNotice.gateway == "stripe")) == 0


def test_the_books_of_finance_sum_to_zero(program: Opener) -> None:
    told = program("finance").get("/finance/trial-balance").json()
    assert told["sum"] == {"minor": 0, "currency": "BDT"}
