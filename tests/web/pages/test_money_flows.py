"""Money after the happy road, on its pages: more work, a tip, a case and its decision, money given back."""

from collections.abc import Iterator
from uuid import UUID, uuid4

import pytest
from litestar import Litestar

from booking.care.queries import open_cases
from booking.jobs import queries
from booking.jobs.rules import Actor
from booking.jobs.words import Role
from marketplace.foundation.database import transaction
from marketplace.foundation.ids import PersonId
from marketplace.foundation.settings import Settings
from marketplace.organizations import actions as organizations
from marketplace.organizations.queries import home
from payments.gateways import directory
from payments.gateways.protocol import RefundKey
from payments.gateways.rules import Outcome
from payments.refunds import queries as refund_queries
from payments.topups import queries as topup_queries
from payments.wallets import queries as wallets
from tests.booking.jobs.town import Somebody, top_up
from tests.payments.refunds.conftest import Scripted, said, topped_up
from tests.payments.refunds.conftest import work as refund_work
from tests.web.conftest import Town
from tests.web.pages.at_work import AtWork, Browser, at_work
from tests.web.pages.walking import hidden_of, words_of

LANGUAGES = ("en", "bn", "fa", "ar")


@pytest.fixture
def day(town: Town, app: Litestar, settings: Settings) -> Iterator[AtWork]:
    with at_work(town, app, settings) as made:
        yield made


def page(browser: Browser, path: str, status: int = 200) -> str:
    answer = browser.get(path)
    assert answer.status_code == status, (path, answer.status_code, answer.headers.get("location"), answer.text[:1500])
    return words_of(answer.text)


def sent(browser: Browser, path: str, data: dict[str, str], status: int = 303) -> str:
    answer = browser.post(path, data)
    assert answer.status_code == status, (path, answer.status_code, words_of(answer.text)[:1500])
    return str(answer.headers.get("location", "")) if status == 303 else words_of(answer.text)


def cast_of(day: AtWork, role: str) -> PersonId:
    return next(each.id for each in day.town.cast.people if each.role == role)


def available(day: AtWork) -> int:
    with transaction() as session:
        found = wallets.balance(session, owner=day.rahima.id, owner_kind="customer", currency="BDT")
    return found.available.minor


def price(job: UUID) -> int:
    with transaction() as session:
        found = queries.for_finance(session, job)
    assert found.price is not None
    return found.price.minor


def approved(day: AtWork) -> UUID:
    job = day.working()
    day.fire(job, "complete", Actor(Role.SPECIALIST, day.rafiq.id))
    day.fire(job, "confirm", day.actor)
    return job


def test_more_work_is_proposed_shown_with_its_price_and_answered(day: AtWork) -> None:
    rahima, rafiq, karim = day.browser(day.rahima.id), day.browser(day.rafiq.id), day.browser(day.karim.id)
    job = day.working()
    before, work = price(job), f"/work/jobs/{job}"
    form = {**hidden_of(rafiq.get(f"{work}/change").text), "reason": "parts", "parts": "300", "labour": "200"}
    wrongs = ({"parts": "-3"}, {"parts": "0.001"}, {"parts": "0", "labour": ""}, {"parts": "99999999"}, {"reason": ""})
    for wrong in wrongs:
        assert rafiq.post(f"{work}/change", form | wrong).status_code == 422, wrong
    assert karim.post(f"{work}/change", form).status_code == 404
    sent(rafiq, f"{work}/change", form)
    assert "has not answered" in page(rafiq, work)
    assert "proposes more work" in page(rahima, f"/jobs/{job}")
    with transaction() as session:
        top_up(session, day.rahima.id, 50_000, now=day.now())
    for language in LANGUAGES:
        page(day.browser(day.rahima.id, language), f"/jobs/{job}/change")
    assert "Please look at it again" in sent(rahima, f"/jobs/{job}/change-approval", {"change_minor": "1"}, 409)
    assert karim.post(f"/jobs/{job}/change-approval", {"change_minor": "50000"}).status_code == 404
    sent(rahima, f"/jobs/{job}/change-approval", {"change_minor": "50000"})
    assert price(job) == before + 50_000
    assert "nothing to answer" in sent(rahima, f"/jobs/{job}/change-refusal", {}, 409)
    sent(rafiq, f"{work}/change", form | {"command_id": str(uuid4()), "version": ""})
    sent(rafiq, f"{work}/change-withdrawal", {})
    assert "has not answered" not in page(rafiq, work)


def test_a_tip_a_case_and_its_decision(day: AtWork) -> None:
    rahima, karim = day.browser(day.rahima.id), day.browser(day.karim.id)
    job = approved(day)
    finance, agent = day.browser(cast_of(day, "finance")), day.browser(cast_of(day, "agent"))
    with transaction() as session:
        top_up(session, day.rahima.id, 10_000, now=day.now())
    had, total = available(day), price(job)
    for wrong in ("0", "-1", "0.001", "1000000", "", "4111 1111 1111 1111"):
        assert rahima.post(f"/jobs/{job}/tip", {"amount": wrong}).status_code == 422, wrong
    command = str(uuid4())
    for _ in range(2):
        sent(rahima, f"/jobs/{job}/tip", {"amount": "50", "command_id": command})
    assert available(day) == had - 5_000
    assert karim.post(f"/jobs/{job}/tip", {"amount": "50"}).status_code == 404
    for language in LANGUAGES:
        reader = day.browser(day.rahima.id, language)
        for path in ("tip", "case", "help"):
            page(reader, f"/jobs/{job}/{path}")
    assert "At most" in sent(rahima, f"/jobs/{job}/case", {"matter": "damage", "disputed": "9999999"}, 422)
    sent(rahima, f"/jobs/{job}/case", {"matter": "damage", "disputed": "100", "text": "the pipe leaks again"})
    assert "being looked into" in page(rahima, f"/jobs/{job}/help")
    assert agent.get("/finance/cases").status_code in (403, 404)
    with transaction() as session:
        (waiting,) = open_cases(session)
    case = f"/finance/cases/{waiting.id}"
    assert case in finance.get("/finance/cases").text
    assert "the pipe leaks again" in page(finance, case)
    assert "Only" in sent(finance, f"{case}/decision", {"back": "101", "ground": "damage"}, 422)
    sent(finance, f"{case}/decision", {"back": "60", "ground": "damage"})
    assert available(day) == had - 5_000 + 6_000
    sent(finance, f"{case}/decision", {"back": "50", "ground": "damage"}, 409)
    refunds = f"/finance/jobs/{job}/refunds"
    sent(finance, refunds, {"amount": "40", "ground": "agreed"})
    assert "Nothing was changed" in sent(finance, refunds, {"amount": str(total // 100), "ground": "agreed"}, 409)
    assert available(day) == had + 5_000
    for language in LANGUAGES:
        reader = day.browser(cast_of(day, "finance"), language)
        for path in ("/finance/cases", case, f"/finance/jobs/{job}"):
            page(reader, path)


def test_a_large_refund_waits_for_the_second_person(day: AtWork) -> None:
    job, had = approved(day), available(day)
    with transaction() as session:
        found = wallets.payment_of(session, job)
        organizations.change_setting(
            session, home(session).id, "second_person_above", 100, by=day.rafiq.id, reason="test", now=day.now()
        )
    assert found is not None
    finance, manager = day.browser(cast_of(day, "finance")), day.browser(cast_of(day, "manager"))
    form = {"amount": str(found.gross.decimal), "ground": "our_mistake"}
    where = sent(finance, f"/finance/jobs/{job}/refunds", form)
    assert "Another person has to say the same" in page(finance, where)
    assert available(day) == had
    decision = {"back": form["amount"], "ground": "our_mistake"}
    assert "second person" in sent(finance, f"{where}/decision", decision, 403)
    sent(manager, f"{where}/reopening", {})
    sent(manager, f"{where}/decision", decision)
    sent(finance, f"{where}/decision", decision)
    assert available(day) == had + found.gross.minor


def test_money_goes_back_through_its_gateway_and_goodwill_is_given(day: AtWork) -> None:
    job = approved(day)
    paid = topped_up(day.rahima.id, Scripted(key=RefundKey.NONE, answers=[said(Outcome.UNKNOWN, final=False)]))
    finance = day.browser(cast_of(day, "finance"))
    with transaction() as session:
        top_up = topup_queries.top_up_of(session, paid.attempt)
    where = f"/finance/top-ups/{top_up}/refund"
    assert "At most" in page(finance, where)
    form = {"attempt": str(paid.attempt), "amount": "500", "reason": "customer_wish"}
    for wrong in ({"amount": "0"}, {"amount": "1501"}, {"amount": ""}, {"reason": "so"}, {"attempt": ""}):
        assert finance.post(where, form | wrong).status_code == 422, wrong
    assert finance.post(where, form | {"attempt": str(uuid4())}).status_code == 404
    for _ in range(2):
        sent(finance, where, form | {"command_id": "0193b0d6-6d4e-7cc2-9c0b-6f2d5a8b1e01"})
    assert "on its way" in page(finance, "/finance/refunds")
    refund_work()
    assert "Another person looks" in page(finance, "/finance/refunds")
    with transaction() as session:
        (stuck,) = refund_queries.open_refunds(session)
    outcome = f"/finance/refunds/{stuck.id}/outcome"
    assert "second person" in sent(finance, outcome, {"outcome": "sent"}, 403)
    had, number = available(day), job_number(job)
    gift = {"number": number, "who": "customer", "amount": "20", "reason": "late"}
    for wrong in ({"number": "K-XXXX"}, {"amount": "0"}, {"who": "house"}):
        assert finance.post("/finance/goodwill", gift | wrong).status_code in (404, 422), wrong
    sent(finance, "/finance/goodwill", gift)
    assert available(day) == had + 2_000
    for language in LANGUAGES:
        reader = day.browser(cast_of(day, "finance"), language)
        for path in ("/finance/refunds", "/finance/goodwill", where):
            page(reader, path)
    directory.connect()


def job_number(job: UUID) -> str:
    with transaction() as session:
        return queries.for_finance(session, job).number


def test_a_code_is_published_and_taken_on_the_payment_page(day: AtWork) -> None:
    finance, rahima = day.browser(cast_of(day, "finance")), day.browser(day.rahima.id)
    form = {"code": "EID26", "amount": "100", "uses": "3", "until": "2030-01-01"}
    wrongs = ({"amount": "0"}, {"percent": "5"}, {"amount": ""}, {"uses": "0"}, {"until": "2020-01-01"}, {"code": "x"})
    for wrong in wrongs:
        assert finance.post("/finance/promotions", form | wrong).status_code == 422, wrong
    sent(finance, "/finance/promotions", form)
    with transaction() as session:
        job = day.works.held(session, Somebody(day.rahima.id, day.rahima.address)).job_id
    pay = f"/bookings/{job}/payment"
    assert "We do not know this code" in sent(rahima, f"/bookings/{job}/promotion", {"code": "EID27"}, 422)
    sent(rahima, f"/bookings/{job}/promotion", {"code": "eid 26"})
    assert "takes off" in page(rahima, pay)
    sent(rahima, f"/bookings/{job}/promotion", {"code": ""})
    sent(rahima, f"/bookings/{job}/promotion", {"code": "EID26"})
    for language in LANGUAGES:
        page(day.browser(day.rahima.id, language), pay)
        page(day.browser(cast_of(day, "finance"), language), "/finance/promotions")
    had = available(day)
    sent(rahima, pay, {**hidden_of(rahima.get(pay).text), "way": "wallet"})
    assert available(day) == had - price(job) + 10_000


def test_a_commission_is_tried_on_past_jobs_and_then_published(day: AtWork) -> None:
    approved(day)
    finance = day.browser(cast_of(day, "finance"))
    rule = {"percent": "20", "fixed": "5", "above": "1000", "above_percent": "2", "at_least": "50"}
    for wrong in ({"percent": "101"}, {"fixed": "-1"}, {"above": ""}, {"at_most": "1"}):
        assert finance.post("/finance/commission/simulation", rule | wrong).status_code == 422, wrong
    assert finance.post("/finance/commission/simulation", {}).status_code == 422
    assert "Try the rule on past jobs first" in sent(finance, "/finance/commission", rule, 409)
    tried = finance.post("/finance/commission/simulation", rule)
    assert "On the 1 job of the last 8 weeks" in words_of(tried.text)
    sent(finance, "/finance/commission", hidden_of(tried.text))
    sent(finance, "/finance/commission/tax", {"tax": "5"})
    shown = page(finance, "/finance/commission")
    assert "20%" in shown.replace(" ", "")
    for language in LANGUAGES:
        page(day.browser(cast_of(day, "finance"), language), "/finance/commission")
        assert (
            day.browser(cast_of(day, "finance"), language).post("/finance/commission/simulation", rule).status_code
            == 200
        )
