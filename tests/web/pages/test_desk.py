"""The call centre's pages: nothing personal without a reason, bookings as everybody's, codes for wallets."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from marketplace.foundation.ids import PersonId
from marketplace.foundation.money import Money
from marketplace.foundation.scripts import LANGUAGES, native_digits
from marketplace.people.actions import code_text
from marketplace.privacy import actions as privacy
from payments.wallets import actions as wallets
from tests.web.conftest import Town, Visitor
from web.cast import Member

Somebody = Callable[..., Visitor]
CARD = "4111 1111 1111 1111"


@dataclass
class Desk:
    """An agent at work, and the customer who rings."""

    agent: Visitor
    rahima: Member
    town: Town

    @property
    def page(self) -> str:
        return f"/desk/customers/{self.rahima.id}"

    def look_up(self, typed: str) -> Any:
        return self.agent.post("/desk/look-ups", {"caller": typed})

    def entry(self, **changed: str) -> dict[str, str]:
        """A whole entry in the first free time, as the screen would send it, with the price that it shows."""
        form = {
            "service": "Repair a leak", "address": str(self.rahima.address), "method": "cash",
            "asked": "place running shut_off notes", "about-place": "tap", "about-running": "no", **changed,
        }  # fmt: skip
        for name in ("window", "total"):
            seen = self.agent.post(f"{self.page}/entry", form).text
            found = re.search(rf'name="{name}"[^>]*? value="([^"]+)"', seen)
            assert found is not None, seen[:6000]
            form.setdefault(name, found[1])
        return form

    def book(self, **changed: str) -> str:
        """Book by phone; the address of the job's page."""
        answer = self.agent.post(f"{self.page}/bookings", self.entry(**changed))
        assert answer.status_code == 303, answer.text[:6000]
        return str(answer.headers["location"])


@pytest.fixture
def desk(town: Town, somebody: Somebody, work_off: Callable[[], int]) -> Desk:
    work_off()  # the plan of the days ahead is made by tasks
    agent = somebody("agent")
    agent.get("/desk?language=en")
    return Desk(agent, town.cast.named("rahima"), town)


def rows(sql: str, **facts: object) -> list[Any]:
    with transaction() as session:
        return list(session.execute(text(sql), facts))


def looks_at(person: UUID) -> list[tuple[str, str, str]]:
    asked = "SELECT field, purpose, role FROM disclosure WHERE subject_id = :id ORDER BY at, field"
    return [(row.field, row.purpose, row.role) for row in rows(asked, id=person)]


def jobs() -> list[Any]:
    return rows("SELECT id, state, entered_by, customer_id, method, funded_at FROM job ORDER BY created_at")


def fill_wallet(person: PersonId, taka: int) -> None:
    with transaction() as session:
        wallets.credit_topup(
            session, attempt=uuid4(), owner=person, owner_kind="customer", gateway="sandbox",
            amount=Money(taka * 100, "BDT"), now=clock.now(),
        )  # fmt: skip


# Who may


def test_the_desk_is_not_there_for_other_roles(somebody: Somebody, town: Town) -> None:
    rahima = town.cast.named("rahima")
    for role in ("customer", "specialist", "finance", "administrator", "dispatcher", "manager", "compliance"):
        other = somebody(role)
        assert other.get("/desk").status_code == 404, role
        assert other.get(f"/desk/customers/{rahima.id}").status_code == 404, role
        assert other.post("/desk/look-ups", {"caller": rahima.phone}).status_code == 404, role
        assert other.post(f"/desk/customers/{rahima.id}/looks", {"reason": "booking"}).status_code == 404, role
    assert looks_at(rahima.id) == []


def test_a_visitor_is_asked_to_sign_in(visitor: Visitor) -> None:
    assert visitor.get("/desk").headers["location"].startswith("/sign-in")


# Who rings


def test_a_caller_is_found_by_number_in_any_digits(desk: Desk) -> None:
    national = "0" + desk.rahima.phone.removeprefix("+880")
    for language in LANGUAGES:
        answer = desk.look_up(native_digits(national, language))
        assert (answer.status_code, answer.headers["location"]) == (303, desk.page), language
    assert looks_at(desk.rahima.id) == []


def test_last_digits_that_several_have_are_told_apart_without_names(desk: Desk) -> None:
    answer = desk.look_up(desk.rahima.phone[-4:])
    if answer.status_code == 303:
        assert answer.headers["location"] == desk.page
    else:
        assert desk.page in answer.text
    assert desk.rahima.name not in answer.text
    assert desk.rahima.phone[-9:] not in answer.text.replace(" ", "")


def test_a_look_up_stands_in_the_journal_without_what_was_typed(desk: Desk) -> None:
    desk.look_up(desk.rahima.phone)
    found = rows("SELECT facts::text AS facts FROM journal WHERE action = 'desk.looked_up'")
    assert len(found) == 1
    assert desk.rahima.phone[-4:] not in found[0].facts


def test_what_is_no_number_is_refused_beside_the_field(desk: Desk) -> None:
    for typed in ("", "   ", "12", "abc", "+880", "9" * 59, "K-IIIII", "<script>", "১২", "9" * 5_000):
        answer = desk.look_up(typed)
        assert answer.status_code == 422, typed
        assert 'id="caller-error"' in answer.text, typed


def test_an_unknown_job_number_is_not_found(desk: Desk) -> None:
    assert desk.look_up("K-22222").status_code == 404


def test_an_unknown_number_begins_a_new_caller_and_keeps_it(desk: Desk) -> None:
    answer = desk.look_up("০১৭১১ ৯৮৭৬৫৪")
    assert answer.status_code == 200
    assert "০১৭১১ ৯৮৭৬৫৪" in answer.text
    assert "Do you agree" in answer.text or "aloud" in answer.text


def test_a_new_caller_gets_an_account_once_and_accepts_by_phone(desk: Desk) -> None:
    form = {"name": "Nasrin Akhter", "phone": "01711987654", "language": "bn", "policy": "yes", "age": "yes"}
    first, second = desk.agent.post("/desk/customers", form), desk.agent.post("/desk/customers", form)
    assert first.status_code == second.status_code == 303
    assert first.headers["location"] == second.headers["location"]
    id = UUID(first.headers["location"].rsplit("/", 1)[1])
    agent = desk.town.cast.named("agent").id
    assert rows("SELECT entered_by FROM person WHERE id = :id", id=id)[0].entered_by == agent
    accepted = rows("SELECT channel, read_out_by, language FROM acceptance WHERE person_id = :id", id=id)
    assert [tuple(each) for each in accepted] == [("call", agent, "bn")]


def test_a_new_caller_needs_everything_and_keeps_what_was_typed(desk: Desk) -> None:
    form = {"name": "Nasrin Akhter", "phone": "01711987654", "language": "bn", "policy": "yes", "age": "yes"}
    before = rows("SELECT count(*) FROM person")[0][0]
    wrong = [(name, "") for name in form] + [("name", "12345"), ("name", "x" * 500), ("phone", "12"), ("name", CARD)]
    for name, typed in wrong:
        answer = desk.agent.post("/desk/customers", {**form, name: typed})
        assert answer.status_code == 422, (name, typed)
        assert f'href="#{name}"' in answer.text, (name, typed)
        assert all(form[other] in answer.text for other in ("name", "phone") if other != name), (name, typed)
    assert rows("SELECT count(*) FROM person")[0][0] == before


def test_a_new_caller_whose_number_is_known_leads_to_the_account_untouched(desk: Desk) -> None:
    form = {"name": "Somebody Else", "phone": desk.rahima.phone, "language": "bn", "policy": "yes", "age": "yes"}
    assert desk.agent.post("/desk/customers", form).headers["location"] == desk.page
    with transaction() as session:
        assert privacy.own(session, person=desk.rahima.id, field="name") == desk.rahima.name


# Masks and reasons


def test_a_caller_is_masked_until_a_reason_is_chosen(desk: Desk) -> None:
    seen = desk.agent.get(desk.page).text
    assert desk.rahima.name not in seen
    assert desk.rahima.phone[-8:] not in re.sub(r"\D", "", seen)
    assert looks_at(desk.rahima.id) == []


def test_each_reason_opens_so_much_and_writes_it_down(desk: Desk) -> None:
    opens = {
        "booking": ("provide", {"name", "phone", "address"}),
        "job": ("contact", {"name", "phone"}),
        "complaint": ("quality", {"name", "phone"}),
        "privacy": ("support", {"name", "phone"}),
    }
    for reason, (purpose, fields) in opens.items():
        seen = desk.agent.post(f"{desk.page}/looks", {"reason": reason})
        assert seen.status_code == 200, reason
        assert desk.rahima.name in seen.text, reason
        written = [look for look in looks_at(desk.rahima.id) if look[1] == purpose]
        assert {field for field, _, _ in written} == fields, reason
        assert {role for _, _, role in written} == {"agent"}
    why = rows("SELECT facts ->> 'why' AS why FROM journal WHERE action = 'desk.reason_given' ORDER BY number")
    assert [each.why for each in why] == list(opens)


def test_without_one_of_the_reasons_nothing_is_shown(desk: Desk) -> None:
    for reason in ("", "curiosity", "provide"):
        answer = desk.agent.post(f"{desk.page}/looks", {"reason": reason})
        assert answer.status_code == 422, reason
        assert desk.rahima.name not in answer.text, reason
    assert looks_at(desk.rahima.id) == []


def test_a_look_read_again_by_get_is_no_look(desk: Desk) -> None:
    answer = desk.agent.get(f"{desk.page}/looks")
    assert (answer.status_code, answer.headers["location"]) == (303, desk.page)


def test_nobody_of_that_id_is_not_found(desk: Desk) -> None:
    assert desk.agent.get(f"/desk/customers/{uuid4()}").status_code == 404
    assert desk.agent.post(f"/desk/customers/{uuid4()}/looks", {"reason": "booking"}).status_code == 404
    assert desk.agent.get(f"/desk/jobs/{uuid4()}").status_code == 404


# The entry


def test_letters_lead_to_services_and_several_are_asked_back(desk: Desk) -> None:
    seen = desk.agent.post(f"{desk.page}/entry", {"service": "AC"}).text
    assert "AC repair" in seen
    assert "AC gas refill" in seen
    chosen = desk.agent.post(f"{desk.page}/entry", {"service": "AC", "which": "ac_repair"}).text
    assert 'name="about-symptom"' in chosen


def test_an_answer_brings_up_its_question(desk: Desk) -> None:
    form = {"service": "Repair a leak", "about-place": "tap", "about-running": "no"}
    assert 'name="about-shut_off"' not in desk.agent.post(f"{desk.page}/entry", form).text
    form["about-running"] = "yes"
    assert 'name="about-shut_off"' in desk.agent.post(f"{desk.page}/entry", form).text


def test_scripts_are_given_only_the_parts_that_changed(desk: Desk) -> None:
    form = desk.entry()
    parts = desk.agent.post(f"{desk.page}/entry", form, headers={"hx-request": "true"}).text
    assert "<html" not in parts
    assert 'id="price"' in parts
    assert 'id="times"' in parts  # this form came without the times that it shows
    shown = re.search(r'name="grid" value="([^"]+)"', parts)
    known = {**form, "grid": shown[1] if shown else "", "matched": "leak", "asked": "place running notes"}
    again = desk.agent.post(f"{desk.page}/entry", known, headers={"hx-request": "true"}).text
    assert 'id="price"' in again
    assert 'id="times"' not in again
    assert 'id="questions"' not in again


def test_asking_for_times_keeps_nothing(desk: Desk) -> None:
    desk.entry(address="another", area=str(zone_of(desk)), line="House 3, Road 9")
    assert jobs() == []
    assert rows("SELECT count(*) FROM occupation")[0][0] == 0
    assert looks_at(desk.rahima.id) == []


def zone_of(desk: Desk) -> UUID:
    found = rows("SELECT zone_id FROM address WHERE person_id = :id", id=desk.rahima.id)
    id: UUID = found[0].zone_id
    return id


def test_a_booking_by_phone_is_a_booking_and_its_customer_is_told(desk: Desk, work_off: Callable[[], int]) -> None:
    where = desk.book()
    (job,) = jobs()
    assert where == f"/desk/jobs/{job.id}"
    assert (job.state, job.customer_id, job.method) == ("requested", desk.rahima.id, "cash")
    assert job.entered_by == desk.town.cast.named("agent").id
    assert job.funded_at is not None
    letters = rows("SELECT letter FROM delivery WHERE person_id = :id", id=desk.rahima.id)
    assert [each.letter for each in letters] == ["booking_by_phone"]
    acts = rows("SELECT DISTINCT role, on_behalf_of FROM job_event")
    assert [tuple(each) for each in acts] == [("agent", desk.rahima.id)]
    assert work_off() > 0


def test_the_same_form_twice_books_once(desk: Desk) -> None:
    form = {**desk.entry(address="another", area=str(zone_of(desk)), line="House 3"), "command_id": str(uuid4())}
    first = desk.agent.post(f"{desk.page}/bookings", form)
    second = desk.agent.post(f"{desk.page}/bookings", form)
    assert first.status_code == second.status_code == 303
    assert first.headers["location"] == second.headers["location"]
    assert len(jobs()) == 1
    assert len(rows("SELECT 1 FROM address WHERE person_id = :id", id=desk.rahima.id)) == 2


def test_the_same_form_twice_at_once_books_once(desk: Desk) -> None:
    form = {**desk.entry(address="another", area=str(zone_of(desk)), line="House 3"), "command_id": str(uuid4())}
    with ThreadPoolExecutor(2) as both:
        answers = list(both.map(lambda _: desk.agent.post(f"{desk.page}/bookings", form), range(2)))
    assert {answer.status_code for answer in answers} <= {303, 503}  # 503: too busy to wait for the other; send again
    answers.append(desk.agent.post(f"{desk.page}/bookings", form))
    assert len({answer.headers["location"] for answer in answers if answer.status_code == 303}) == 1
    assert len(jobs()) == 1
    assert len(rows("SELECT 1 FROM address WHERE person_id = :id", id=desk.rahima.id)) == 2


def test_a_price_that_was_not_read_out_is_shown_first(desk: Desk) -> None:
    answer = desk.agent.post(f"{desk.page}/bookings", {**desk.entry(), "total": "1"})
    assert answer.status_code == 409
    assert 'name="total"' in answer.text
    assert jobs() == []


WRONG: list[tuple[dict[str, str], str]] = [
    ({"service": ""}, "service"),
    ({"service": "zzzz"}, "service"),
    ({"service": "AC"}, "which"),
    ({"about-place": ""}, "about-place"),
    ({"about-place": "moon"}, "about-place"),
    ({"about-notes": f"my card {CARD}"}, "about-notes"),
    ({"address": str(uuid4())}, "address"),
    ({"address": "another", "area": "", "line": "x"}, "area"),
    ({"address": "another", "area": "moon", "line": "x"}, "area"),
    ({"address": "another", "line": f"House {CARD}"}, "line"),
    ({"window": ""}, "window"),
    ({"window": "2020-01-01.morning"}, "window"),
    ({"window": "never"}, "window"),
    ({"method": ""}, "method"),
    ({"method": "bitcoin"}, "method"),
]


def test_what_is_wrong_is_said_beside_it_and_nothing_is_kept(desk: Desk) -> None:
    good, area = desk.entry(), str(zone_of(desk))
    for wrong, field in WRONG:
        told = {"area": area} if wrong.get("address") == "another" else {}
        answer = desk.agent.post(f"{desk.page}/bookings", {**good, **told, **wrong})
        assert answer.status_code == 422, wrong
        assert f'href="#{field}"' in answer.text, wrong
        assert f'id="{field}-error"' in answer.text, wrong
    assert jobs() == []
    assert len(rows("SELECT 1 FROM address WHERE person_id = :id", id=desk.rahima.id)) == 1


def test_anothers_address_cannot_be_booked_for(desk: Desk) -> None:
    tanvir = desk.town.cast.named("tanvir")
    answer = desk.agent.post(f"{desk.page}/bookings", {**desk.entry(), "address": str(tanvir.address)})
    assert answer.status_code == 422
    assert jobs() == []


def test_a_huge_form_is_refused_without_a_fault(desk: Desk) -> None:
    answer = desk.agent.post(f"{desk.page}/bookings", {**desk.entry(), "service": "x" * 200_000, "line": "y" * 5_000})
    assert answer.status_code == 422


def test_a_time_that_has_gone_is_told_with_the_others_and_the_entry_kept(desk: Desk) -> None:
    form = desk.entry(**{"about-notes": "under the sink"})
    with transaction() as session:
        session.execute(text("DELETE FROM shift"))
    answer = desk.agent.post(f"{desk.page}/bookings", form)
    assert answer.status_code in (409, 422)
    assert "under the sink" in answer.text
    assert jobs() == []


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
