"""Hours for a season on the pages of the house and of a specialist, and several days away at once."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from litestar import Litestar

from booking.availability.windows import local_day
from marketplace.foundation.database import transaction
from marketplace.foundation.settings import Settings
from marketplace.foundation.tasks import run_all_due
from marketplace.specialists import queries, seasons
from tests.web.conftest import Town
from tests.web.pages.at_work import AtWork, at_work


@pytest.fixture
def day(town: Town, app: Litestar, settings: Settings) -> Iterator[AtWork]:
    with at_work(town, app, settings) as made:
        yield made


def test_a_season_lists_what_is_promised_outside_of_it_and_cancels_nothing(day: AtWork) -> None:
    job = day.assigned()  # tomorrow, two to four in the afternoon
    today = local_day(day.now(), "Asia/Dhaka")
    manager, rafiq = day.browser(day.town.cast.named("manager").id), day.browser(day.rafiq.id)
    asked = {
        "name": "Short days", "first_day": f"{today:%Y-%m-%d}", "last_day": f"{today + timedelta(days=6):%Y-%m-%d}",
        "who": "all", "opens_1": "08:00", "closes_1": "10:00",
    }  # fmt: skip
    backwards = manager.post("/dispatch/seasons", asked | {"last_day": "2020-01-01"})
    assert (backwards.status_code, "Short days" in backwards.text) == (422, True)
    assert manager.post("/dispatch/seasons", asked).status_code == 303
    run_all_due()
    page = manager.get("/dispatch/seasons").text
    assert "Short days" in page
    assert f"/dispatch/jobs/{job}" in page
    assert day.state(job) == "assigned"
    assert "Short days" in rafiq.get("/work/hours").text
    with transaction() as session:
        [season] = seasons.all_of(session, day.works.organization, from_day=today)
    assert rafiq.post(f"/work/hours/seasons/{season.id}/choice").status_code == 409
    assert manager.post(f"/dispatch/seasons/{season.id}/removal").status_code == 303
    run_all_due()
    assert f"/dispatch/jobs/{job}" not in manager.get("/dispatch/seasons").text


def test_a_season_to_choose_is_chosen_and_several_days_are_set_apart_at_once(day: AtWork) -> None:
    today = local_day(day.now(), "Asia/Dhaka")
    manager, rafiq = day.browser(day.town.cast.named("manager").id), day.browser(day.rafiq.id)
    last = today + timedelta(days=20)
    asked = {"name": "Ramadan", "first_day": f"{today}", "last_day": f"{last}", "who": "choice", "off": "on"}
    assert manager.post("/dispatch/seasons", asked).status_code == 303
    with transaction() as session:
        [season] = seasons.all_of(session, day.works.organization, from_day=today)
    assert rafiq.post(f"/work/hours/seasons/{season.id}/choice").status_code == 303
    with transaction() as session:
        assert queries.working_periods(session, day.rafiq.id, today, last, "Asia/Dhaka") == []
    assert rafiq.post(f"/work/hours/seasons/{season.id}/removal").status_code == 303
    away = {"day": f"{today + timedelta(days=3)}", "until": f"{today + timedelta(days=9)}", "off": "on"}
    assert rafiq.post("/work/hours/days", away | {"until": f"{today}"}).status_code == 422
    assert rafiq.post("/work/hours/days", away).status_code == 303
    with transaction() as session:
        assert len(queries.exceptions(session, day.rafiq.id, from_day=today)) == 7
