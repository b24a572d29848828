"""The home-services policy (promises.md A.4) about names, numbers, places, and who is given them."""

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import text

from booking.availability.rules import SlotTaken
from booking.dispatch import manual
from booking.dispatch.rules import NotACandidate
from booking.jobs import queries
from booking.jobs.rules import Actor
from booking.jobs.words import Event, Role
from marketplace.catalogue import queries as catalogue
from marketplace.foundation import clock, tasks
from marketplace.foundation.database import transaction
from marketplace.people import actions as people
from marketplace.people import queries as people_queries
from marketplace.privacy import queries as privacy
from marketplace.specialists import queries as specialists
from tests.promises.looking import SCRIPTS, in_every_script, plain, secrets_of, seen_in, seen_in_dump
from tests.promises.story import Story, Watched
from tests.web.conftest import Town, Visitor, count


def test_m5_one_number_in_four_scripts_is_one_account(visitor: Visitor, town: Town) -> None:
    rahima = town.cast.named("rahima")
    national = "0" + plain(rahima.phone)[-10:]
    forms = [*in_every_script(national), *in_every_script(rahima.phone), f"{national[:5]}-{national[5:]}"]
    assert len(set(forms)) == 2 * len(SCRIPTS) + 1
    with transaction() as session:
        before = count(session, "person")
        for form in forms:
            made = people.register(session, name="X", contact=form, region="BD", stated_age=30, now=clock.now())
            assert (made.person_id, made.is_new) == (rahima.id, False)
            assert people_queries.find_by_contact(session, form, "BD") == rahima.id
        assert count(session, "person") == before
    for form in forms:
        answer = visitor.post("/sign-in", {"account": form, "password": rahima.password})
        assert (answer.status_code, answer.headers.get("location")) == (303, "/jobs"), form
        visitor.post("/sign-out")


def test_m6_before_acceptance_a_specialist_sees_the_area_only(story: Story, town: Town) -> None:
    story.booked()
    offered = story.browser(story.specialist)
    pages = [offered.get(path) for path in ("/work", "/work/offers", f"/work/offers/{story.offer}")]
    api = offered.get(f"/api/v1/offers/{story.offer}", headers={"accept": "application/json"})
    of_hers = [each for each in secrets_of(town) if each.owner == story.rahima.id]
    assert {each.kind for each in of_hers} == {"phone", "line", "directions", "pin"}
    for answer in (*pages, api):
        assert answer.status_code == 200
        assert seen_in(answer.text, of_hers) == []
        assert str(story.rahima.address) not in answer.text
    zone = next(each for each in town.cast.town.zones if each.key == story.rahima.zone)
    assert zone.name["en"] in pages[2].text


End = Callable[[Story, Watched, Watched], None]


def completes(story: Story, rahima: Watched, browser: Watched) -> None:
    story.done(browser)
    assert rahima.post(f"/jobs/{story.job}/confirmation").status_code == 303
    story.later(hours=25)


def customer_cancels(story: Story, rahima: Watched, browser: Watched) -> None:
    story.fire(Event.CANCEL_BY_CUSTOMER, Actor(Role.CUSTOMER, story.rahima.id))


def worker_gives_back(story: Story, rahima: Watched, browser: Watched) -> None:
    answer = browser.post(f"{story.card}/cancellation", {"reason": "illness"})
    assert answer.status_code == 303, answer.text[:2000]


def operator_cancels(story: Story, rahima: Watched, browser: Watched) -> None:
    story.fire(
        Event.CANCEL_BY_OPERATOR, Actor(Role.DISPATCHER, story.town.cast.named("dispatcher").id), reason="our_fault"
    )


def handed_on(story: Story, rahima: Watched, browser: Watched) -> None:
    dispatcher = Actor(Role.DISPATCHER, story.town.cast.named("dispatcher").id)
    with transaction() as session:
        job = queries.for_desk(session, story.job, dispatcher, now=clock.now())
        assert job.zone is not None
        skills = catalogue.service(session, job.service, now=clock.now()).skills
        able = specialists.candidates(session, skills=skills, zone_id=job.zone, on=story.window[0].date())
    for other in able:
        if other.specialist == story.specialist:
            continue
        with transaction() as session, suppress(SlotTaken, NotACandidate):
            manual.assign(
                session,
                story.job,
                other.specialist,
                actor=dispatcher,
                command_id=uuid4(),
                reason="illness",
                now=clock.now(),
            )
            return
    raise AssertionError("nobody else could take it")


def customer_is_absent(story: Story, rahima: Watched, browser: Watched) -> None:
    clock.travel_to(story.window[0] - timedelta(minutes=30))
    tasks.run_all_due()
    for noun in ("departure", "arrival"):
        story.later(minutes=35)
        assert browser.post(f"{story.card}/{noun}").status_code == 303
    for _ in range(2):
        story.later(minutes=10)
        assert browser.post(f"{story.card}/calls").status_code == 200
    story.later(minutes=5)
    answer = browser.post(f"{story.card}/no-show")
    assert answer.status_code == 303, answer.text[:3000]


@pytest.mark.parametrize(
    "end", [completes, customer_cancels, worker_gives_back, operator_cancels, handed_on, customer_is_absent]
)
def test_m15_name_phone_and_address_go_to_whoever_comes_until_the_visit_is_over(
    story: Story, town: Town, end: End
) -> None:
    secrets = secrets_of(town)
    rahima, browser = story.booked(), story.accepted()
    with transaction() as session:
        windows = privacy.open_windows(session, reader=story.specialist, now=clock.now())
    (window,) = [each for each in windows if each.subject_id == story.rahima.id]
    assert (set(window.fields), window.job_id) == ({"name", "phone", "address"}, story.job)
    seen = browser.post(f"{story.card}/looks")
    assert {(each.owner, each.kind) for each in seen_in(seen.text, secrets, own=story.specialist)} == {
        (story.rahima.id, kind) for kind in ("phone", "line", "directions")
    }
    with transaction() as session:
        looks = privacy.disclosures_of(session, story.rahima.id, now=clock.now())
    assert sorted((each.field, each.reader_id) for each in looks) == sorted(
        (field, story.specialist) for field in ("name", "phone", "address")
    )
    assert story.number in rahima.get("/account/disclosures").text
    assert "the specialist of your visit, saw" in rahima.get("/account/disclosures?language=en").text
    stranger = story.browser(town.cast.named("karim").id)
    assert stranger.post(f"{story.card}/looks").status_code == 404
    end(story, rahima, browser)
    with transaction() as session:
        before = len(privacy.disclosures_of(session, story.rahima.id, now=clock.now()))
    for again in (browser.get(story.card), browser.post(f"{story.card}/looks"), browser.post(f"{story.card}/calls")):
        assert again.status_code == 410, again.text[:2000]
        assert seen_in(again.text, secrets, own=story.specialist) == []
    with transaction() as session:
        assert len(privacy.disclosures_of(session, story.rahima.id, now=clock.now())) == before


def test_m17_a_dump_of_the_database_shows_no_phone_and_no_address(story: Story, town: Town) -> None:
    _, browser = story.booked(), story.accepted()
    browser.post(f"{story.card}/looks")
    needles = {each.needle for each in secrets_of(town)}
    assert len(needles) > 150
    assert seen_in_dump(town.url, needles) == []
    assert seen_in_dump(town.keys_url, needles) == []
    with transaction() as session:  # the search does find: a number that somebody wrote where it must not stand
        session.execute(
            text("UPDATE job SET number = :number WHERE id = :job"),
            {"number": in_every_script("0" + plain(story.rahima.phone)[-10:])[1], "job": story.job},
        )
    assert seen_in_dump(town.url, needles) == [("public.job", plain(story.rahima.phone)[-10:])]
