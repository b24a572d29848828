"""No phone and no address of anybody before acceptance; afterwards to the crew alone, in its window, written down.

One whole job is played through the pages. Whatever anybody was answered, every log line, every row of the outbox and
a whole dump are searched for the phones and addresses of everybody in the town, in every script of digits.
"""

import io
from collections import Counter

import pytest
from litestar import Litestar

from marketplace.foundation import logs
from marketplace.foundation.database import transaction
from marketplace.privacy import queries as privacy
from tests.promises.looking import Secret, opened, outbox, plain, secrets_of, seen_in, seen_in_dump
from tests.promises.routes import routes_of
from tests.promises.story import Answered, Story
from tests.web.conftest import Town

OTHERS = (
    "tanvir", "rafiq", "karim", "shamima", "agent", "finance", "dispatcher", "manager", "compliance", "admin",
)  # fmt: skip


def names_of(town: Town) -> list[Secret]:
    """The names of the customers: they too are for the crew alone."""
    return [Secret(each.id, "name", plain(each.name)) for each in town.cast.customers]


def leaks(kept: list[Answered], secrets: list[Secret]) -> list[tuple[str, str, str]]:
    """Who read whose secret where."""
    return [
        (f"{each.method} {each.path} as {each.who}", secret.kind, secret.needle)
        for each in kept
        for secret in seen_in(each.text, secrets, own=each.who)
    ]


def careless(phone: str) -> None:
    """Somebody logs what must not be logged, twice."""
    logs.get().info("somebody.called", phone=phone, state="ok")
    try:
        int(phone + "!")
    except ValueError as failure:
        logs.get().error("somebody.failed", exc_info=failure)


@pytest.mark.slow
def test_before_acceptance_nobody_reads_a_phone_an_address_or_a_name_of_a_customer(
    story: Story, town: Town, app: Litestar
) -> None:
    story.booked()
    secrets = secrets_of(town) + names_of(town)
    pages = [route for route in routes_of(app, story) if route.method == "GET" and not route.is_public]
    asked = [story.specialist, None, *(town.cast.named(username).id for username in OTHERS)]
    for who in asked:
        browser = story.browser(who)
        for route in pages:
            browser.get(route.path)
    assert len(pages) > 50
    assert len(story.kept) > len(pages) * len(asked)
    answers = Counter(each.status for each in story.kept)
    assert answers[200] > 100, answers
    assert not [each.path for each in story.kept if each.status >= 500]
    assert leaks(story.kept, secrets) == []


def test_an_offer_is_answered_and_only_then_its_customer_is_known(story: Story, town: Town) -> None:
    rahima = story.booked()
    secrets = secrets_of(town) + names_of(town)
    offered = story.browser(story.specialist)
    for path in ("/work", "/work/offers", f"/work/offers/{story.offer}", "/work/why", story.card):
        offered.get(path)
    for noun in ("looks", "calls"):
        assert offered.post(f"{story.card}/{noun}").status_code == 404
    assert offered.post(f"/work/offers/{story.offer}/sight").status_code == 204
    assert leaks(story.kept, secrets) == []
    story.accepted()
    seen = offered.post(f"{story.card}/looks")
    of_rahima = {each.kind for each in seen_in(seen.text, secrets)}
    assert of_rahima == {"phone", "line", "directions", "name"}
    assert {each.owner for each in seen_in(seen.text, secrets)} == {story.rahima.id}
    with transaction() as session:
        looks = privacy.disclosures_of(session, story.rahima.id)
    assert sorted(each.field for each in looks) == ["address", "name", "phone"]
    assert {each.reader_id for each in looks} == {story.specialist}
    assert rahima.get(f"/jobs/{story.job}").status_code == 200
    number = rahima.post(f"/jobs/{story.job}/contact")
    assert [(each.owner, each.kind) for each in seen_in(number.text, secrets, own=story.rahima.id)] == [
        (story.specialist, "phone")
    ]


@pytest.mark.slow
def test_after_acceptance_nobody_but_the_crew_reads_more_than_before(story: Story, town: Town, app: Litestar) -> None:
    story.booked()
    story.accepted()
    secrets = secrets_of(town) + names_of(town)
    pages = [route for route in routes_of(app, story) if route.method == "GET" and route.names_something]
    strangers = [None, *(each for name in OTHERS if (each := town.cast.named(name).id) != story.specialist)]
    before = len(story.kept)
    for who in strangers:
        browser = story.browser(who)
        for route in pages:
            browser.get(route.path)
        for noun in ("looks", "calls"):
            assert browser.post(f"{story.card}/{noun}").status_code in (303, 404)
    assert leaks(story.kept[before:], secrets) == []
    assert not [each.path for each in story.kept if each.status >= 500]


def test_the_logs_the_outbox_and_a_dump_of_a_whole_job_name_nobody(
    story: Story, town: Town, capfd: pytest.CaptureFixture[str]
) -> None:
    lines = io.StringIO()
    logs.configure("debug", lines)
    secrets = secrets_of(town)
    rahima, browser = story.booked(), story.accepted()
    browser.post(f"{story.card}/looks")
    story.done(browser)
    rahima.get(f"/jobs/{story.job}")
    rahima.post(f"/jobs/{story.job}/confirmation")
    rahima.get(f"/account/disclosures?phone={town.cast.named('tanvir').phone}")
    visitor = story.browser(None)
    visitor.post("/sign-in", {"account": story.rahima.phone, "password": "wrong"})
    visitor.post("/sign-in/code", {"contact": story.rahima.phone})
    careless(story.rahima.phone)
    story.later(days=4)
    with transaction() as session:
        written = outbox(session)
        in_clear = "\n".join(value for _, value in opened(session))
    assert "jobs.release" in written
    assert '"dropped": 1' in lines.getvalue()
    printed = capfd.readouterr()
    for text in (written, lines.getvalue(), printed.out, printed.err):
        assert seen_in(text, [*secrets, *names_of(town)]) == []
    assert {each.owner for each in seen_in(in_clear, secrets)} >= {story.rahima.id}  # so the search does find
    assert seen_in_dump(town.url, [each.needle for each in secrets]) == []
    assert seen_in_dump(town.keys_url, [each.needle for each in secrets]) == []
