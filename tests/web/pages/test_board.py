"""The dispatcher's board without scripts: what it shows, who may see it, giving, refusing, many at once, by forms."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from litestar import Litestar

from booking.jobs import queries as jobs
from booking.jobs.queries import DeskJob
from booking.jobs.rules import SYSTEM
from booking.jobs.words import State
from marketplace.foundation.database import transaction
from marketplace.foundation.ids import PersonId
from marketplace.foundation.settings import Settings
from tests.web.conftest import Town, Visitor
from tests.web.pages.at_work import DHAKA, AtWork, Browser, assert_nothing_personal, at_work
from web.pages.admin.people import mark

BOARD = "/dispatch/board"


@pytest.fixture
def day(town: Town, app: Litestar, settings: Settings) -> Iterator[AtWork]:
    with at_work(town, app, settings) as made:
        yield made


def as_it_stands(day: AtWork, job: UUID) -> DeskJob:
    with transaction() as session:
        return jobs.for_desk(session, job, SYSTEM, now=day.now())


def give(here: Browser, day: AtWork, job: UUID, to: PersonId, **more: str) -> Any:
    """The panel's form, as the page of the job has it."""
    version = str(as_it_stands(day, job).version)
    return here.post(f"/dispatch/jobs/{job}/assignment", {"specialist": str(to), "version": version} | more)


def test_a_day_is_read_jobs_are_given_and_refused_in_words(day: AtWork) -> None:
    (other,) = day.crowd(1)
    job, second = day.open_job(), day.open_job()
    rafiq = day.rafiq.id
    here = day.browser(day.town.cast.named("dispatcher").id)
    tomorrow = (day.now().astimezone(DHAKA) + timedelta(days=1)).date().isoformat()
    number, address = as_it_stands(day, job).number, f"{BOARD}?on={tomorrow}"

    page = here.get(address).text
    assert all(each in page for each in (number, mark(rafiq), mark(other), "Nobody was asked yet.", "Gulshan"))
    panel = here.get(f"/dispatch/jobs/{job}").text
    assert 'Give it to <bdi dir="ltr"' in panel
    assert "way" in panel
    for text in (page, panel):
        assert_nothing_personal(text, day.personal_values())

    stale = here.post(f"/dispatch/jobs/{job}/assignment", {"specialist": str(rafiq), "version": "1"})
    assert (stale.status_code, "changed while you were looking" in stale.text) == (409, True)
    shamima = give(here, day, job, day.town.cast.named("shamima").id)
    assert (shamima.status_code, "not been verified" in shamima.text) == (409, True)
    assert as_it_stands(day, job).job.state is State.OPEN
    promised = as_it_stands(day, job).job.window
    assert promised is not None
    late = promised.end + timedelta(hours=1)
    assert "was promised" in give(here, day, job, rafiq, at=late.isoformat()).text

    assert give(here, day, job, rafiq).headers["location"] == f"{BOARD}#p-{rafiq}"
    assert as_it_stands(day, job).specialist == rafiq
    assert "already" in give(here, day, job, rafiq).text
    unexplained = give(here, day, job, other)
    assert (unexplained.status_code, "choose a reason" in unexplained.text) == (422, True)
    assert give(here, day, job, other, reason="customer_wish").status_code == 303
    assert as_it_stands(day, job).specialist == other

    once = {"act": "best", "job": [str(job), str(second), str(uuid4())], "command_id": str(uuid4())}
    told = here.post(f"{BOARD}/acts?on={tomorrow}", once).text
    assert told.count("tone-leaf") > 0
    assert "Please choose a reason" in told  # of the one that somebody has
    assert "There is no such job here." in told
    assert as_it_stands(day, second).specialist is not None
    assert as_it_stands(day, job).specialist == other
    assert here.post(f"{BOARD}/acts", {"act": "best"}).status_code == 422
    assert here.post(f"{BOARD}/acts", {"act": "everything", "job": str(job)}).status_code == 422
    assert here.post(f"{BOARD}/acts", {"act": "best", "job": "x"}).status_code == 422

    window = "/".join((each + timedelta(days=1)).isoformat() for each in (promised.start, promised.end))
    moved = here.post(f"{BOARD}/acts", {"act": "move", "job": [str(job)], "window": window}).text
    assert "both are told" in moved
    assert as_it_stands(day, job).job.window != promised
    for path in (f"{BOARD}/acts", f"/dispatch/jobs/{job}/assignment", f"/dispatch/jobs/{job}/presence"):
        assert here.get(path).status_code == 303
    for query in ("on=x&area=mars&service=x&state=x", f"on={tomorrow}&state=assigned&area=gulshan", "on=0001-01-01"):
        assert here.get(f"{BOARD}?{query}").status_code == 200
    parts = here.get(f"{BOARD}/parts?on={tomorrow}&since=0&axis=8-18&jobs={second},x&people=x").text
    assert mark(other) in parts
    assert "data-seen" in parts


@pytest.mark.parametrize("role", ["customer", "specialist", "agent", "finance", "administrator"])
def test_nobody_else_sees_or_gives(somebody: Any, role: str) -> None:
    other: Visitor = somebody(role)
    job = uuid4()
    for path in (BOARD, f"{BOARD}/parts", f"{BOARD}/events", f"/dispatch/jobs/{job}"):
        assert other.get(path).status_code == 404
    for path in (f"{BOARD}/acts", *(f"/dispatch/jobs/{job}/{noun}" for noun in ("assignment", "window", "presence"))):
        assert other.post(path, {"act": "best", "job": str(job)}).status_code == 404
