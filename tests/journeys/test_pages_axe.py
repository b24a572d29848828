"""The main pages of every audience in a real browser: nothing that axe finds, nothing sideways, nobody else asked."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import UUID

import httpx
import pytest
from playwright.sync_api import Browser

from booking.jobs.rules import Actor
from booking.jobs.words import Role
from marketplace.catalogue import queries as catalogue
from marketplace.foundation import clock
from marketplace.foundation.database import new_session, transaction
from marketplace.foundation.ids import PersonId
from marketplace.organizations import sites, teams
from payments.topups.queries import top_ups_of
from tests.journeys.browsing import DESK, HIGH, PHONE, Someone, chromium, opens
from tests.journeys.live import Live, living
from tests.web.conftest import Town, Visitor
from tests.web.pages.at_work import AtWork, morning
from tests.web.pages.walking import Walker, hidden_of
from web.assets import build

pytestmark = [pytest.mark.browser, pytest.mark.slow]

AXE = build.MODULES / "axe-core/axe.min.js"
READ = ("en", "fa")  # one language of each direction
# What the colours are does not depend on the words: they are measured in one language and both themes.
LOOK = """(colours) => axe.run(document, {
  resultTypes: ["violations"], preload: false, rules: {"color-contrast": {enabled: colours}}
}).then((found) => found.violations.map((each) => `${each.id} ${each.nodes[0].html.slice(0, 120)}`))"""


@dataclass(frozen=True)
class Audience:
    """Whose pages these are, and which; a selector after a path is pressed there first."""

    name: str
    person: PersonId | None
    pages: tuple[str, ...]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if not AXE.is_file():
        pytest.skip("axe-core is absent: run python -m web.assets.install --tests")
    with chromium() as launched:
        yield launched


def test_every_main_page_is_clean_in_both_directions(
    browser: Browser, town_template: tuple[str, str], tmp_path: Path
) -> None:
    """One town for all, and all that is wrong told at once."""
    axe, wrong = AXE.read_text("utf-8"), []
    with living("dhaka", tmp_path, town_template, works=False) as live:
        for audience in audiences(live):
            for language in ("en", "fa"):
                wrong += looked_at(browser, live, audience, language, axe)
            for turn, language in enumerate(("bn", "ar")):  # each page in one of them: both ways are looked at above
                half = replace(audience, pages=audience.pages[turn::2])
                wrong += looked_at(browser, live, half, language, axe)
    assert wrong == []


def looked_at(browser: Browser, live: Live, audience: Audience, language: str, axe: str) -> list[str]:
    """What is wrong with the audience's pages on a phone in daylight; every second one in English at a dark desk too.

    The parts that pages are made of are looked at in every theme and width in the gallery.
    """
    wrong = []
    with opens(browser, live, language, width=PHONE, person=audience.person) as one:
        one.context.add_cookies([{"name": "language", "value": f"{language}.auto", "url": live.url}])
        for number, page in enumerate(audience.pages):
            path, _, button = page.partition(" ")
            one.goes(path)
            if button:
                one.presses(button)
            if language in READ:
                one.page.evaluate(axe)
            where = f"{audience.name} {page} {language}"
            wrong += [f"{where}: {each}" for each in faults(one, language)]
            if language == "en" and number % 2:
                with at_a_dark_desk(one):
                    wrong += [f"{where} dark: {each}" for each in faults(one, language)]
    return wrong


@contextmanager
def at_a_dark_desk(one: Someone) -> Iterator[None]:
    """The same page, by night and as wide as a desk."""
    one.page.set_viewport_size({"width": DESK, "height": HIGH})
    one.page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    yield
    one.page.set_viewport_size({"width": PHONE, "height": HIGH})
    one.page.emulate_media(color_scheme="light", reduced_motion="reduce")


def faults(one: Someone, language: str) -> list[str]:
    """Colours are looked at once by day and once by night; what turns with the writing, in Persian for all four."""
    found = list(one.page.evaluate(LOOK, language == "en")) if language in READ else []
    sideways = [] if one.is_within() else ["scrolls sideways"]
    said, one.complaints[:] = list(one.complaints), []
    return found + sideways + said


def audiences(live: Live) -> list[Audience]:
    """A town in the middle of its day, with something on every page."""
    cast, customer = live.cast, live.cast.named("rahima")
    with httpx.Client(base_url=live.url, timeout=30, trust_env=False) as client:
        engine = new_session.kw["bind"]
        town = Town(engine, live.settings.database_url, live.settings.keys_database_url, cast)
        day = morning(town, client, live.settings)
        drafts = "/bookings/" + a_draft(day)
        top_up = a_top_up(day)
        done, working, assigned, offer = a_day_of_work(day)
        ticket, team = a_ticket(day)
    compound, home = a_compound(customer.id)
    card, job = f"/work/jobs/{working}", f"/jobs/{assigned}"
    caller = f"/desk/customers/{customer.id}"
    return [
        Audience(
            "public", None,
            ("/", "/services/ac", "/services/ac/ac_service", "/book/ac_service", "/search?q=ac", "/sign-in",
             "/sign-in/code", "/register", "/reset", "/policy", "/help"),
        ),
        Audience(
            "customer", customer.id,
            (f"{drafts}/work", f"{drafts}/place", f"{drafts}/time", f"{drafts}/price", f"{drafts}/payment", "/jobs",
             job, f"{job}/cancellation", f"/jobs/{done}", f"/jobs/{done}/confirmation", "/wallet", top_up, "/account",
             "/account/disclosures", "/plans", "/equipment", f"/plans/new?job={done}", "/tickets/new",
             f"/tickets/{ticket}"),
        ),
        Audience(
            "specialist", cast.named("rafiq").id,
            ("/work", "/work/offers", offer, f"/work/jobs/{assigned}", card, f"{card}/completion", f"{card}/delay",
             "/work/hours", "/work/earnings", "/work/bids", "/work/why/jobs", "/work/sharing", "/work/standing",
             f"/work/teams/{team}", f"/work/tickets/{ticket}"),
        ),
        Audience(
            "desk", cast.named("agent").id,
            ("/desk", caller, f'{caller} button[name="reason"][value="booking"]', f"/desk/jobs/{assigned}"),
        ),
        Audience(
            "dispatcher", cast.named("dispatcher").id,
            ("/dispatch/board", f"/dispatch/jobs/{assigned}", "/dispatch/rules", "/dispatch/batches",
             "/dispatch/plans", "/dispatch/rounds", "/dispatch/seasons", "/dispatch/fairness",
             "/dispatch/responders?area=gulshan"),
        ),
        Audience(
            "finance", cast.named("finance").id,
            ("/finance", "/finance/top-ups", "/finance/imports", "/finance/exceptions", "/finance/trial-balance",
             f"/finance/jobs/{done}", "/finance/days", "/finance/unknown", "/finance/payouts", "/finance/refunds",
             "/finance/chargebacks", "/finance/reviews", "/finance/commission", "/finance/promotions",
             "/finance/goodwill", "/finance/documents", "/finance/journal", "/finance/profiles", "/finance/cases"),
        ),
        Audience(
            "manager", cast.named("manager").id,
            ("/conduct", "/conduct/rules", compound, home, f"{compound}/tickets",
             f"{compound}/tickets/{ticket}", f"{compound}/tickets/{ticket}/cancellation"),
        ),
        Audience(
            "admin", cast.named("admin").id,
            ("/admin", "/admin/people", f"/admin/people/{customer.id}", "/admin/settings", "/admin/services",
             "/admin/health", "/admin/system"),
        ),
    ]  # fmt: skip


def a_draft(day: AtWork) -> str:
    """A booking of Rahima's, up to the payment."""
    with httpx.Client(base_url=day.client.base_url, timeout=30, trust_env=False) as client:
        client.cookies.set("session", day.browser(day.rahima.id).token)
        walker = Walker(Visitor(client, day.settings)).answers().takes_saved_address().chooses_time()
        return walker.agrees(leads_to="/payment").booking


def a_compound(resident: PersonId) -> tuple[str, str]:
    """The compound where somebody lives, and their home."""
    with transaction() as session:
        home = sites.homes(session, resident, at=clock.now())[0]
    compound = f"/compounds/{home.compound}"
    return compound, f"{compound}/units/{home.unit}"


def a_ticket(day: AtWork) -> tuple[UUID, UUID]:
    """What Rahima has reported of her sockets, taken by Rafiq; and his team."""
    rahima, rafiq = day.browser(day.rahima.id), day.browser(day.rafiq.id)
    page = rahima.get("/tickets/new").text
    with transaction() as session:
        fault = catalogue.service(session, "fault", now=clock.now()).id
        team = teams.own_teams(session, day.rafiq.id, at=clock.now())[0].id
    form = hidden_of(page) | {"service": str(fault), "words": "No power in the bedroom", "urgency": "urgent"}
    ticket = UUID(rahima.post("/tickets", form).headers["location"].rpartition("/")[2])
    rafiq.post(f"/work/tickets/{ticket}/taking")
    rafiq.post(f"/work/tickets/{ticket}/looks")
    return ticket, team


def a_top_up(day: AtWork) -> str:
    """One that waits for its bank."""
    day.browser(day.rahima.id).post("/wallet/top-ups", {"amount": "1500", "gateway": "sandbox"})
    with transaction() as session:
        return f"/wallet/top-ups/{top_ups_of(session, day.rahima.id)[0].id}"


def a_day_of_work(day: AtWork) -> tuple[UUID, UUID, UUID, str]:
    """Jobs of Rahima's: one done, one under way, one to come; and the page of an offer."""
    started = [(day.assigned(to=day.karim), day.karim), (day.assigned(), day.rafiq)]
    day.later(hours=27)
    for job, specialist in started:
        crew = Actor(Role.SPECIALIST, specialist.id)
        day.fire(job, "depart", crew)
        day.fire(job, "arrive", crew, reason="by_hand")
        day.fire(job, "start", crew, start_code=day.code(job))
        day.browser(specialist.id).post(f"/work/jobs/{job}/looks")
    (done, karim), (working, _) = started
    day.browser(karim.id).post(f"/work/jobs/{done}/completion", {"amount": "500"})
    coming = day.assigned()
    (offer,) = day.offer(day.open_job(), day.rafiq.id, seconds=7200)
    return done, working, coming, f"/work/offers/{offer}"
