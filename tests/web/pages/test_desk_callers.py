"""The call centre's callers: found by number, and nothing personal of theirs without a reason."""

import re
from uuid import UUID, uuid4

from marketplace.foundation.database import transaction
from marketplace.foundation.scripts import LANGUAGES, native_digits
from marketplace.privacy import actions as privacy
from tests.web.conftest import Town, Visitor
from tests.web.pages.on_the_phone import CARD, Desk, Somebody, looks_at, rows

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
