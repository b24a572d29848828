"""The dispatcher's board in Chromium, in English and Arabic: drags, refusals, keys, many at once, news."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import httpx
import pytest
from playwright.sync_api import Browser, Position, expect

from booking.dispatch import board_actions
from booking.jobs import queries as jobs
from booking.jobs.rules import SYSTEM, Actor
from booking.jobs.words import Role, State
from marketplace.foundation import clock
from marketplace.foundation.database import new_session, transaction
from marketplace.foundation.ids import PersonId
from tests.journeys.browsing import Someone, chromium, opens
from tests.journeys.live import Live, living
from tests.journeys.test_pages_axe import AXE, LOOK
from tests.web.conftest import Town
from tests.web.pages.at_work import DHAKA, AtWork, morning
from web.live import Listener
from web.pages.admin.people import mark

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@dataclass
class OnTheBoard:
    """Somebody at the board of tomorrow."""

    one: Someone
    day: AtWork

    def reads(self) -> None:
        tomorrow = (clock.now().astimezone(DHAKA) + timedelta(days=1)).date().isoformat()
        self.one.goes(f"/dispatch/board?on={tomorrow}")
        expect(self.one.page.locator(".board-state.is-live")).to_be_visible()

    def drags(self, job: UUID, to: PersonId, *, hour: float) -> None:
        """The job's line of the list, to that hour of somebody's day."""
        lane = self.one.page.locator(f"#p-{to} .lane")
        box = lane.bounding_box()
        assert box is not None
        first, last = (
            int(each) for each in (self.one.page.locator("#board").get_attribute("data-axis") or "").split("-")
        )
        share = (hour - first) / (last - first)
        if self.one.page.evaluate("document.documentElement.dir") == "rtl":
            share = 1 - share
        target = Position(x=box["width"] * share, y=box["height"] / 2)
        self.one.page.locator(f"#o-{job}").drag_to(lane, source_position=Position(x=90, y=10), target_position=target)

    def is_told(self, *, refused: bool) -> str:
        """What the board says of the act."""
        kind = re.compile("is-refused") if refused else re.compile("^board-said *$")
        said = self.one.page.locator("#board-said")
        expect(said).to_have_class(kind)
        expect(said).not_to_have_text("")
        expect(said).not_to_have_text(self.one.page.locator("#board").get_attribute("data-asks") or "")
        return said.inner_text()

    def waits(self, job: UUID) -> None:
        expect(self.one.page.locator(f"#o-{job}")).to_be_visible()

    def stands_with(self, job: UUID, who: PersonId) -> None:
        """In their row, and in the list no more."""
        expect(self.one.page.locator(f'#p-{who} a.bar.assigned[href$="{job}"]')).to_have_count(1)
        expect(self.one.page.locator(f"#o-{job}")).to_have_count(0)

    def is_clean(self, axe: str) -> None:
        self.one.page.evaluate(axe)
        assert self.one.page.evaluate(LOOK, True) == []
        self.one.fits()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if not AXE.is_file():
        pytest.skip("axe-core is absent: run python -m web.assets.install --tests")
    with chromium() as launched:
        yield launched


@contextmanager
def hears(live: Live) -> Iterator[None]:
    listener = Listener(live.settings.database_url)
    listener.start()
    try:
        yield
    finally:
        listener.leave()


def test_the_board_is_worked_by_two_at_once(browser: Browser, town_template: tuple[str, str], tmp_path: Path) -> None:
    with (
        living("dhaka", tmp_path, town_template, works=False) as live,
        hears(live),
        httpx.Client(base_url=live.url, timeout=30, trust_env=False) as client,
    ):
        town = Town(new_session.kw["bind"], live.settings.database_url, live.settings.keys_database_url, live.cast)
        day = morning(town, client, live.settings)
        day.works.now = clock.now()
        people = [day.rafiq.id, *day.crowd(8)]
        todo = [day.open_job() for _ in range(5)]
        crew = with_nothing_planned(people, todo)
        names = [live.cast.named(each).id for each in ("dispatcher", "manager")]
        with (
            opens(browser, live, "en", person=names[0]) as first,
            opens(browser, live, "ar", person=names[1]) as second,
        ):
            for one, language in ((first, "en"), (second, "ar")):
                one.context.add_cookies([{"name": "language", "value": f"{language}.auto", "url": live.url}])
            walk(OnTheBoard(first, day), OnTheBoard(second, day), crew, todo)


def with_nothing_planned(people: list[PersonId], todo: list[UUID]) -> list[PersonId]:
    """Whose day has room, whichever job it is given."""
    with transaction() as session:
        planned = {jobs.for_desk(session, job, SYSTEM, now=clock.now()).planned for job in todo}
    return [each for each in people if each not in planned]


def walk(here: OnTheBoard, there: OnTheBoard, crew: list[PersonId], todo: list[UUID]) -> None:
    """One town, so that what one does the other sees."""
    axe = AXE.read_text("utf-8")
    for each in (here, there):
        each.reads()
        each.is_clean(axe)
    one, two, three, four, five = todo

    here.drags(one, crew[0], hour=15)
    assert mark(crew[0]) in here.is_told(refused=False)
    for each in (here, there):
        each.stands_with(one, crew[0])

    there.drags(two, crew[1], hour=10.5)  # the customer was promised two to four
    assert there.is_told(refused=True)
    there.waits(two)
    there.drags(two, here.day.town.cast.named("shamima").id, hour=15)
    assert there.is_told(refused=True)
    there.waits(two)
    assert len(there.one.complaints) == 2  # that the server refused, once for each
    assert all("409" in each for each in there.one.complaints)
    there.one.complaints.clear()
    there.drags(two, crew[1], hour=14.5)
    assert mark(crew[1]) in there.is_told(refused=False)
    for each in (here, there):
        each.stands_with(two, crew[1])

    by_keys(here, there, three)
    gone(here, there, four, crew[2])
    many(here, four, five)


def by_keys(here: OnTheBoard, there: OnTheBoard, job: UUID) -> None:
    """To the list, down to the job, open, the first who could; and the other sees who is looking."""
    page = here.one.page
    page.keyboard.press("?")
    expect(page.locator("#board-keys")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("u")
    while page.evaluate("document.activeElement.id") != f"o-{job}":
        page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.locator("#board-job .could button").first).to_be_focused()
    here.is_clean(AXE.read_text("utf-8"))
    me = mark(here.day.town.cast.named("dispatcher").id)
    expect(there.one.page.locator(f"#o-{job}")).to_have_attribute("data-looked", me)
    page.keyboard.press("Enter")
    here.is_told(refused=False)
    expect(page.locator(f"#o-{job}")).to_have_count(0)
    expect(there.one.page.locator(f"#o-{job}")).to_have_count(0)


def gone(here: OnTheBoard, there: OnTheBoard, job: UUID, who: PersonId) -> None:
    """Another session gives a job away: both boards show it, and neither was loaded again."""
    for each in (here, there):
        each.one.page.evaluate("window.stands = true")
    with transaction() as session:
        manager = Actor(Role.MANAGER, here.day.town.cast.named("manager").id)
        board_actions.give(session, job, who, actor=manager, command_id=uuid4(), now=clock.now())
    for each in (here, there):
        each.stands_with(job, who)
        assert each.one.page.evaluate("window.stands")


def many(here: OnTheBoard, taken: UUID, free: UUID) -> None:
    """Of two that were chosen one had gone to somebody meanwhile: each is told by itself."""
    page = here.one.page
    page.locator(f'#o-{free} input[type="checkbox"]').check()
    page.evaluate(
        """(job) => { const box = document.createElement("input"); Object.assign(box, {type: "hidden", name: "job",
        value: job}); document.getElementById("acts").append(box); }""",
        str(taken),
    )
    here.one.presses('button[value="best"]')
    outcomes = page.locator("section[role=status] li")
    expect(outcomes).to_have_count(2)
    expect(outcomes.locator(".tone-leaf")).to_have_count(1)
    expect(outcomes.locator(".tone-red")).to_have_count(1)
    with transaction() as session:
        assert jobs.for_desk(session, free, SYSTEM, now=clock.now()).job.state is State.ASSIGNED
