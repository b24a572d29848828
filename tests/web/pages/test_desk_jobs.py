"""A job booked by phone: paid with a code that the customer reads out, opened with a reason, called off."""

import re
from uuid import UUID, uuid4

from sqlalchemy import text

from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from marketplace.foundation.ids import PersonId
from marketplace.foundation.money import Money
from marketplace.foundation.scripts import LANGUAGES, native_digits
from marketplace.people.actions import code_text
from payments.wallets import actions as wallets
from tests.web.pages.on_the_phone import Desk, Somebody, jobs, looks_at, rows


def fill_wallet(person: PersonId, taka: int) -> None:
    with transaction() as session:
        wallets.credit_topup(
            session, attempt=uuid4(), owner=person, owner_kind="customer", gateway="sandbox",
            amount=Money(taka * 100, "BDT"), now=clock.now(),
        )  # fmt: skip


# Wallet and code


def test_a_wallet_pays_only_with_the_code_that_the_customer_reads(desk: Desk) -> None:
    fill_wallet(desk.rahima.id, 20_000)
    where = desk.book(method="wallet")
    assert jobs()[0].funded_at is None
    without = desk.agent.post(f"{where}/payment", {"method": "wallet", "code": "123456", "code_id": str(uuid4())})
    assert without.status_code == 422
    asked = desk.agent.post(f"{where}/codes")
    assert asked.status_code == 303
    code = asked.headers["location"].partition("code=")[2]
    with transaction() as session:
        digits = code_text(session, UUID(code), now=clock.now())
    assert digits is not None
    wrong = "000000" if digits != "000000" else "111111"
    refused = desk.agent.post(f"{where}/payment", {"method": "wallet", "code_id": code, "code": wrong})
    assert refused.status_code == 422
    assert jobs()[0].funded_at is None
    assert rows("SELECT tries FROM one_time_code WHERE id = :id", id=code)[0].tries == 1
    right = desk.agent.post(
        f"{where}/payment", {"method": "wallet", "code_id": code, "code": native_digits(digits, "bn")}
    )
    assert right.status_code == 303
    assert jobs()[0].funded_at is not None
    held = rows("SELECT count(*) FROM ledger.hold WHERE state = 'open' AND purpose = 'job'")
    assert held[0][0] == 1


def test_a_code_works_for_its_own_job_and_its_own_agent_only(desk: Desk, somebody: Somebody) -> None:
    fill_wallet(desk.rahima.id, 20_000)
    one, other = desk.book(method="wallet"), desk.book(method="wallet")
    code = desk.agent.post(f"{one}/codes").headers["location"].partition("code=")[2]
    with transaction() as session:
        digits = code_text(session, UUID(code), now=clock.now())
    form = {"method": "wallet", "code_id": code, "code": digits or ""}
    assert desk.agent.post(f"{other}/payment", form).status_code == 422
    assert somebody("agent").post(f"{one}/payment", form).status_code == 422
    assert [each.funded_at for each in jobs()] == [None, None]


def test_the_page_of_a_job_never_tells_the_digits(desk: Desk) -> None:
    fill_wallet(desk.rahima.id, 20_000)
    where = desk.book(method="wallet")
    asked = desk.agent.post(f"{where}/codes").headers["location"]
    with transaction() as session:
        digits = code_text(session, UUID(asked.partition("code=")[2]), now=clock.now())
    assert str(digits) not in desk.agent.get(asked).text


def test_an_empty_wallet_is_offered_cash_instead(desk: Desk) -> None:
    where = desk.book(method="wallet")
    assert "does not hold" in desk.agent.get(where).text
    assert desk.agent.post(f"{where}/payment", {"method": "cash"}).status_code == 303
    assert jobs()[0].method == "cash"
    assert desk.agent.post(f"{where}/payment", {"method": "cash"}).status_code == 303


def test_no_other_way_to_pay_is_taken(desk: Desk) -> None:
    where = desk.book(method="wallet")
    for method in ("", "card", "bitcoin"):
        assert desk.agent.post(f"{where}/payment", {"method": method}).status_code == 422, method


def test_codes_asked_too_fast_are_refused_in_words(desk: Desk) -> None:
    where = desk.book(method="wallet")
    assert desk.agent.post(f"{where}/codes").status_code == 303
    again = desk.agent.post(f"{where}/codes")
    assert again.status_code == 429
    assert "tried too often" in again.text


def test_the_link_is_sent_once(desk: Desk) -> None:
    where = desk.book(method="wallet")
    assert desk.agent.post(f"{where}/letter").status_code == desk.agent.post(f"{where}/letter").status_code == 303
    letters = rows("SELECT letter FROM delivery WHERE person_id = :id", id=desk.rahima.id)
    assert [each.letter for each in letters] == ["booking_by_phone"]


def test_a_time_that_ran_out_can_be_kept_again(desk: Desk) -> None:
    where = desk.book(method="wallet")
    with transaction() as session:
        session.execute(text("UPDATE job SET slot_until = now() - interval '1 minute'"))
        session.execute(text("UPDATE occupation SET expires_at = now() - interval '1 minute'"))
    assert "no longer kept" in desk.agent.get(where).text
    assert desk.agent.post(f"{where}/slot").status_code == 303
    assert "no longer kept" not in desk.agent.get(where).text


# The job


def test_a_job_is_masked_and_opened_with_a_reason(desk: Desk) -> None:
    where = desk.book()
    before = len(looks_at(desk.rahima.id))
    assert desk.rahima.name not in desk.agent.get(where).text
    assert len(looks_at(desk.rahima.id)) == before
    seen = desk.agent.post(f"{where}/looks", {"reason": "job", "whose": "customer"})
    assert desk.rahima.name in seen.text
    written = rows("SELECT job_id, field FROM disclosure WHERE subject_id = :id", id=desk.rahima.id)
    assert {str(each.job_id) for each in written} == {where.rsplit("/", 1)[1]}
    assert desk.agent.post(f"{where}/looks", {"reason": "booking"}).status_code == 422
    assert desk.agent.post(f"{where}/looks", {"reason": "job", "whose": "specialist"}).status_code == 404


def test_a_job_is_found_by_its_number(desk: Desk) -> None:
    where = desk.book()
    (number,) = rows("SELECT number FROM job")
    for said in (number.number, number.number.lower(), number.number.removeprefix("K-")):
        assert desk.look_up(said).headers.get("location") == where, said


def test_calling_off_costs_what_was_read_out(desk: Desk) -> None:
    fill_wallet(desk.rahima.id, 20_000)
    where = desk.book()
    shown = desk.agent.get(f"{where}/cancellation").text
    fee = re.search(r'name="fee" value="(\d+)"', shown)
    assert fee is not None
    wrong = desk.agent.post(f"{where}/cancellation", {"reason": "price", "fee": str(int(fee[1]) + 1)})
    assert wrong.status_code == 409
    assert jobs()[0].state != "cancelled"
    form = {"reason": "price", "fee": fee[1], "command_id": str(uuid4())}
    assert desk.agent.post(f"{where}/cancellation", form).headers["location"] == where
    assert desk.agent.post(f"{where}/cancellation", form).headers["location"] == where
    assert jobs()[0].state == "cancelled"
    assert desk.agent.get(f"{where}/cancellation").status_code == 303


def test_calling_off_needs_a_reason_and_the_fee_that_was_shown(desk: Desk) -> None:
    where = desk.book()
    wrong: list[dict[str, str]] = [{}, {"reason": "price"}, {"reason": "", "fee": "0"}, {"reason": "x", "fee": "0"}]
    wrong += ({"reason": "price", "fee": fee} for fee in ("-1", "1" * 40, "০", "1.5", "free"))
    for form in wrong:
        assert desk.agent.post(f"{where}/cancellation", form).status_code == 422, form
    assert jobs()[0].state != "cancelled"


def test_no_number_and_no_name_stands_in_an_address(desk: Desk) -> None:
    answer = desk.look_up(desk.rahima.phone)
    assert desk.rahima.phone[-6:] not in re.sub(r"\D", "", answer.headers["location"].replace(str(desk.rahima.id), ""))
    where = desk.book()
    assert re.fullmatch(r"/desk/jobs/[0-9a-f-]{36}", where)


def test_every_page_stands_in_every_language(desk: Desk) -> None:
    where = desk.book()
    for language in LANGUAGES:
        for path in ("/desk", desk.page, where, f"{where}/cancellation"):
            assert desk.agent.get(f"{path}?language={language}").status_code == 200, (language, path)
        assert desk.agent.post(f"{desk.page}/looks", {"reason": "booking"}).status_code == 200, language
