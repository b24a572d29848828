"""What the field force's policy (promises.md A.2) promises and stands already."""

import re
from datetime import timedelta
from uuid import UUID

import pytest
from litestar import Litestar
from sqlalchemy import select

from booking.dispatch.bid_tables import BidInvited
from marketplace.foundation import clock, tasks, vault
from marketplace.foundation.database import transaction
from marketplace.foundation.ids import JobId, PersonId, uuid7
from marketplace.privacy import actions as privacy
from marketplace.privacy import queries as policies
from marketplace.privacy.actions import Reader
from marketplace.privacy.rules import CaseNeeded, ContactExpired, EmptySlot, NotReleased, PurposeNotAllowed
from tests.promises.looking import dump, secrets_of, seen_in
from tests.promises.routes import routes_of
from tests.promises.shared import (
    ALL,
    nothing_from_others,
    post_policy,
    the_date_moves_with_the_version,
)
from tests.promises.story import Story
from tests.promises.test_m_accounts import slots, words
from tests.web.conftest import Town, Visitor

AMOUNT = "913.37"
IN_CLEAR = re.compile(r"(?<![0-9A-Za-z])91337(?![0-9A-Za-z])")  # in minor units, and not within an id
AS_BYTES = b"91337".hex()


def test_o5_without_signing_in_no_page_of_the_portal_answers(story: Story, town: Town, app: Litestar) -> None:
    story.booked()
    secrets = secrets_of(town)
    visitor = story.browser(None)
    own = [route for route in routes_of(app, story) if not route.is_open and route.method in ("GET", "POST")]
    before = len(story.kept)
    for route in own:
        answer = visitor.get(route.path) if route.method == "GET" else visitor.post(route.path)
        led_away = answer.status_code == 303 and answer.headers["location"].startswith("/sign-in")
        assert led_away or answer.status_code in (401, 403, 404), (route, answer.status_code)
        assert len(answer.text) < 20_000
    assert [each for each in story.kept[before:] if seen_in(each.text, secrets)] == []


def test_o9_the_export_says_of_each_value_where_it_came_from(story: Story) -> None:
    story.booked()
    story.accepted()
    with transaction() as session:
        values = privacy.export_of(session, person=story.specialist)
    sources = {each.name: each.source for each in values}
    assert (sources["role"], sources["name"], sources["account since"]) == ("company", "person", "system")
    assert {each.source for each in values} >= {"company", "person", "system", "device"}


def test_o30_data_is_read_to_provide_the_service_by_whoever_provides_it(story: Story, town: Town) -> None:
    story.booked()
    story.accepted()
    for role, username in (("finance", "finance"), ("compliance", "compliance"), ("customer", "tanvir")):
        reader = Reader(town.cast.named(username).id, role)
        with transaction() as session, pytest.raises((PurposeNotAllowed, NotReleased)):
            privacy.reveal(
                session, subject=story.rahima.id, field="address", reader=reader, purpose="provide", now=clock.now(),
                job=JobId(story.job),
            )  # fmt: skip


def test_o18_nobody_reads_a_sealed_amount_before_the_close_and_a_late_bid_is_refused(story: Story, town: Town) -> None:
    story.booked()
    manager = story.browser(town.cast.named("manager").id)
    said = {"kind": "sealed", "begins": "0", "minutes": "30", "minimum": "1", "value": "0", "stars": "0"}
    answer = manager.post(f"/dispatch/rounds/for/{story.job}", said | {"decides": "person"})
    round = UUID(answer.headers["location"].rpartition("/")[2])
    with transaction() as session:
        invited = session.scalars(select(BidInvited.specialist_id).where(BidInvited.round_id == round)).all()
    first, second, *_ = sorted(invited)
    page = f"/work/bids/{round}"
    assert story.browser(PersonId(first)).post(f"{page}/bid", {"amount": AMOUNT}).status_code == 303
    assert AMOUNT in story.browser(PersonId(first)).get(page).text
    staff = (town.cast.named(name).id for name in ("manager", "dispatcher", "admin", "compliance"))
    for reader in (PersonId(second), *staff):
        browser = story.browser(reader)
        for path in (page, "/work/bids", f"/dispatch/rounds/{round}", "/dispatch/rounds", f"/api/v1/bids/{round}"):
            shown = browser.get(path).text
            assert AMOUNT not in shown
            assert not IN_CLEAR.search(shown)
    assert [table for table, content in dump(town.url) if IN_CLEAR.search(content) or AS_BYTES in content] == []
    assert story.browser(PersonId(second)).post(f"{page}/bid", {"amount": "901.23"}).status_code == 303
    clock.move(timedelta(minutes=30))
    late = story.browser(PersonId(second)).post(f"{page}/bid", {"amount": "800"})
    assert late.status_code == 409
    assert "too late" in late.text
    clock.move(timedelta(seconds=3))
    tasks.run_all_due()
    assert AMOUNT in story.browser(town.cast.named("manager").id).get(f"/dispatch/rounds/{round}").text
    assert "901.23" not in story.browser(PersonId(first)).get(page).text
    with pytest.raises(vault.Erased):
        vault.seal(round, "bid.sealed_amount", "1")


def test_o33_a_look_for_protection_names_its_case(story: Story, town: Town) -> None:
    officer = Reader(town.cast.named("compliance").id, "compliance")

    def look(purpose: str, case: UUID | None) -> str:
        with transaction() as session:
            return privacy.reveal(
                session, subject=story.rahima.id, field="phone", reader=officer, purpose=purpose, now=clock.now(),
                case=case,
            )  # fmt: skip

    with pytest.raises(CaseNeeded):
        look("protect", None)
    with pytest.raises(PurposeNotAllowed):
        look("provide", uuid7())
    case = uuid7()
    assert look("protect", case) == story.rahima.phone
    with transaction() as session:
        (seen,) = policies.disclosures_of(session, story.rahima.id, now=clock.now())
    assert (seen.case_id, seen.purpose) == (case, "protect")


def test_o42_an_administrator_sees_masks_until_a_grant_that_ends_by_itself(story: Story, town: Town) -> None:
    admin = town.cast.named("admin")
    browser = story.browser(admin.id)
    page = browser.get(f"/admin/people/{story.rahima.id}")
    assert page.status_code == 200
    assert seen_in(page.text, secrets_of(town)) == []
    assert story.rahima.name not in page.text
    grant = JobId(uuid7())

    def look() -> str:
        with transaction() as session:
            return privacy.reveal(
                session, subject=story.rahima.id, field="phone", reader=Reader(admin.id, "administrator"),
                purpose="security", now=clock.now(), job=grant,
            )  # fmt: skip

    with pytest.raises(NotReleased):
        look()
    with transaction() as session:
        privacy.open_window(
            session, subject=story.rahima.id, reader=admin.id, job=grant, fields=("phone",), now=clock.now(),
            until=clock.now() + timedelta(hours=1),
        )  # fmt: skip
    assert look() == story.rahima.phone
    clock.move(timedelta(hours=1))
    with pytest.raises(ContactExpired):
        look()
    with transaction() as session:
        (seen,) = policies.disclosures_of(session, story.rahima.id, now=clock.now())
    assert (seen.reader_id, seen.role) == (admin.id, "administrator")


def test_o44_fifty_contacts_in_a_minute_are_stopped_and_stand_first_on_the_list(story: Story, town: Town) -> None:
    agent = town.cast.named("agent")
    browser = story.browser(agent.id)
    answers = [
        browser.post(f"/desk/customers/{each.id}/looks", {"reason": "job"}).status_code
        for each in town.cast.customers[:50]
    ]
    opened_ones = answers.count(200)
    assert 10 <= opened_ones <= 15
    assert set(answers[opened_ones:]) == {429}
    with transaction() as session:
        busiest = policies.busiest_readers(session, since=clock.now() - timedelta(days=1))
    assert busiest[0] == (agent.id, "agent", opened_ones)
    story.later(minutes=2)
    assert browser.post(f"/desk/customers/{town.cast.customers[-1].id}/looks", {"reason": "job"}).status_code == 200


def test_o48_a_change_of_substance_waits_thirty_days_and_says_where_it_is_posted(visitor: Visitor, town: Town) -> None:
    with transaction() as session, pytest.raises(EmptySlot) as refused:
        privacy.publish(
            session, slots=slots(**{**ALL, "places": words("en")}), change="substantial", by=None, now=clock.now(),
            profiles=("field_force",),
        )  # fmt: skip
    assert refused.value.slot == "places.en"
    posted = post_policy("substantial", "field_force")
    clock.move(timedelta(days=29))
    with transaction() as session:
        governing = policies.current_policy(session, now=clock.now())
    assert governing is not None
    assert governing.number == posted.number - 1
    clock.move(timedelta(days=1))
    with transaction() as session:
        governing = policies.current_policy(session, now=clock.now())
        assert governing is not None
        assert governing.number == posted.number
        assert policies.must_accept(session, town.cast.named("rahima").id, now=clock.now()) is not None


def test_o35_nothing_is_sold_rented_or_lent(story: Story) -> None:
    nothing_from_others(story)


def test_o50_the_day_of_the_last_change_is_shown(visitor: Visitor, town: Town) -> None:
    the_date_moves_with_the_version(visitor)
