"""The whole journey of the product in Chromium: booked, paid at the bank, accepted, done, confirmed, rated, matched."""

import re
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from playwright.sync_api import Browser
from sqlalchemy import select, text

from booking.dispatch.tables import Offer
from booking.jobs import queries
from booking.jobs.queries import CustomerJob
from marketplace.catalogue import queries as catalogue
from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from marketplace.foundation.ids import PersonId
from marketplace.foundation.languages import Formatter, Language
from marketplace.people import queries as people
from payments.reconciliation import queries as reconciliation
from tests.journeys.browsing import DESK, PHONE, Someone, chromium, opens
from tests.journeys.live import Live, living
from tests.promises.looking import SCRIPTS, plain
from tests.web.pages.walking import newest_code, sms_code

pytestmark = [pytest.mark.browser, pytest.mark.slow]

ANSWERS = {"about-type": "split", "about-outdoor": "easy", "about-gas": "no"}


@dataclass(frozen=True)
class Customer:
    """Who books, as they type it."""

    language: Language
    phone: str
    name: str
    line: str
    directions: str
    two: str  # the number of machines, in their digits
    digits: str


CUSTOMERS = {
    "dhaka": Customer("bn", "০১৯১১২২৩৩৪৪", "নাসরিন আক্তার", "বাড়ি ৭, রোড ৩", "সবুজ গেট", "২", SCRIPTS[1]),
    "tehran": Customer("fa", "۰۹۱۲۱۲۳۴۵۶۷", "نسرین احمدی", "خیابان بهار، پلاک ۷", "در سبز", "۲", SCRIPTS[2]),
}


@dataclass
class Journey:
    """One town, one customer, one job."""

    live: Live
    browser: Browser
    customer: Customer
    folder: Path
    job: UUID = field(init=False)
    specialist: PersonId = field(init=False)

    @property
    def contact(self) -> list[str]:
        """What nobody but the crew may see, as `plain` text has it."""
        who = self.customer
        return [plain(who.name), plain(who.phone)[-10:], plain(who.line), plain(who.directions)]

    @property
    def owner(self) -> PersonId:
        with transaction() as session:
            found = people.find_by_contact(session, self.customer.phone, self.live.cast.town.region)
        assert found is not None
        return found

    def of_customer(self, job: UUID) -> CustomerJob:
        with transaction() as session:
            return queries.for_customer(session, job, self.owner, now=clock.now())

    def typed(self, digits: str) -> str:
        """Digits as this customer's people type them."""
        return digits.translate(str.maketrans(SCRIPTS[0], self.customer.digits))

    def opens(
        self, *, width: int = PHONE, scripts: bool = True, person: PersonId | None = None
    ) -> AbstractContextManager[Someone]:
        return opens(self.browser, self.live, self.customer.language, width=width, scripts=scripts, person=person)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as launched:
        yield launched


@pytest.mark.parametrize("town", ["dhaka", "tehran"])
def test_the_whole_journey_and_the_booking_once_more_without_scripts(
    town: str, browser: Browser, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """One test, for each step begins where the one before has ended; the failing step names itself in the trace."""
    like = request.getfixturevalue("town_template") if town == "dhaka" else None
    with living(town, tmp_path, like) as live:
        journey = Journey(live, browser, CUSTOMERS[town], tmp_path)
        a_customer_books_and_tops_up_at_the_banks_page(journey)
        a_specialist_accepts_on_a_phone_and_only_then_learns_who_it_is(journey)
        the_work_is_done_with_the_code_of_the_customer(journey)
        the_customer_confirms_and_rates(journey)
        money_is_where_the_wallet_and_the_earnings_say(journey)
        an_agent_enters_a_request_for_whoever_rings(journey)
        finance_takes_the_banks_file_in_and_sees_the_match(journey)
        without_scripts_a_customer_books_all_the_same(journey)


def a_customer_books_and_tops_up_at_the_banks_page(journey: Journey) -> None:
    with journey.opens() as one:
        journey.job = books(one, journey)
        one.fits()
        one.presses('button[name="way"][value="bank"]')
        assert one.page.url.startswith(journey.live.bank.url)
        one.presses('[name="decision"][value="pay"]')
        assert one.page.url.startswith(journey.live.url)
        journey.live.settle()
        told = one.goes(f"/jobs/{journey.job}")
        one.fits()
        job = journey.of_customer(journey.job)
        assert job.job.funded
        assert plain(job.number) in told
        assert plain(job.number) in one.goes("/wallet")
        one.fits()


def a_specialist_accepts_on_a_phone_and_only_then_learns_who_it_is(journey: Journey) -> None:
    offer = offered(journey)
    with journey.opens(person=journey.specialist) as one:
        one.goes("/work/offers")
        one.follows(f"/work/offers/{offer}*")
        one.fits()
        before = one.sees + plain(one.page.content())
        assert [each for each in journey.contact if each in before] == []
        one.presses(f'form[action="/work/offers/{offer}/acceptance"] button')
        assert one.path == f"/work/jobs/{journey.job}"
        card = plain(one.page.content())
        assert [each for each in journey.contact if each in card] == []
        one.presses(f'form[action="/work/jobs/{journey.job}/looks"] button')
        one.page.wait_for_selector('a[href^="tel:"]')
        seen = one.sees
        assert [each for each in journey.contact if each not in seen] == []
        one.fits()


def the_work_is_done_with_the_code_of_the_customer(journey: Journey) -> None:
    job = journey.of_customer(journey.job)
    assert job.job.window is not None
    with transaction() as session:
        code = queries.start_code(session, journey.job, journey.owner)
    with journey.opens(person=journey.owner) as customer:
        assert code is not None
        assert code in customer.goes(f"/jobs/{journey.job}")
    journey.live.travel_to(job.job.window.start - timedelta(minutes=20))
    card = f"/work/jobs/{journey.job}"
    with journey.opens(person=journey.specialist) as one:
        one.goes(card)
        for noun in ("departure", "arrival"):
            one.presses(f'form[action="{card}/{noun}"] button')
            journey.live.settle()
            one.goes(card)
            one.fits()
        one.types("code", journey.typed(code))
        one.presses('button[form="start"]')
        one.goes(f"{card}/completion")
        one.fits()
        one.presses()
        assert "completion" not in one.path, one.sees
    journey.live.settle()


def the_customer_confirms_and_rates(journey: Journey) -> None:
    with journey.opens(person=journey.owner) as one:
        one.goes(f"/jobs/{journey.job}")
        one.follows(f"/jobs/{journey.job}/confirmation")
        one.presses()
        journey.live.settle()
        one.goes(f"/jobs/{journey.job}/rating")
        one.chooses("matter", "5")
        one.chooses("manner", "4")
        one.fits()
        one.presses()
        one.fits()
    assert journey.of_customer(journey.job).job.approved_at is not None
    with transaction() as session:
        assert session.scalar(text("SELECT count(*) FROM rating WHERE job_id = :id"), {"id": journey.job}) == 1


def money_is_where_the_wallet_and_the_earnings_say(journey: Journey) -> None:
    with transaction() as session:
        job = queries.for_finance(session, journey.job)
    assert job.pay is not None
    with journey.opens(person=journey.owner) as customer:
        assert plain(job.number) in customer.goes("/wallet")
        assert plain(job.number) in customer.goes("/account/disclosures")
        customer.fits()
    with journey.opens(person=journey.specialist) as one:
        assert plain(job.number) in one.goes("/work/earnings")
        one.page.locator("main details:not(.menu) > summary").first.click()
        told, show = one.sees, Formatter(journey.customer.language, journey.live.cast.town.time_zone)
        for part in (job.pay.gross, -job.pay.commission, job.pay.net):
            assert plain(show.money(part)) in told
        one.fits()


def an_agent_enters_a_request_for_whoever_rings(journey: Journey) -> None:
    with journey.opens(width=DESK) as one:
        signs_in(one, "agent")
        assert one.path == "/desk"
        one.types("caller", journey.customer.phone)
        one.presses()
        assert one.path == f"/desk/customers/{journey.owner}"
        assert [each for each in journey.contact[1:] if each in plain(one.page.content())] == []
        one.presses('button[name="reason"][value="booking"]')
        assert plain(journey.customer.phone)[-10:] in one.sees
        fills_the_entry_in(one, journey)
        one.presses('button.button-main[form="entry"]')
        assert re.fullmatch(r"/desk/jobs/[0-9a-f-]{36}", one.path), one.sees
        job = UUID(one.path.rpartition("/")[2])
        journey.live.settle()
        assert journey.of_customer(job).job.funded


def finance_takes_the_banks_file_in_and_sees_the_match(journey: Journey) -> None:
    with transaction() as session:
        row = session.execute(text("SELECT id, txn, financial_day FROM topup_attempt WHERE state = 'paid'")).one()
    journey.live.travel_to(clock.now() + timedelta(days=2))
    report = journey.live.bank.tell("/reports/settlement", {"day": row.financial_day.isoformat()})
    assert row.txn in report.text
    file = journey.folder / "settlement.csv"
    file.write_bytes(report.content)
    with journey.opens(width=DESK) as one:
        signs_in(one, "finance")
        one.goes("/finance/imports")
        one.chooses("source", "settlement")
        one.page.locator('input[name="file"]').set_input_files(file)
        one.presses()
        one.presses()
        journey.live.settle()
        with transaction() as session:
            assert reconciliation.matched_of(session, [row.id]) == {row.id: (True, False)}
        one.goes("/finance/top-ups")
        assert row.txn in one.sees
        one.goes("/finance/exceptions")
        one.goes("/finance/trial-balance")


def without_scripts_a_customer_books_all_the_same(journey: Journey) -> None:
    """Somebody else, for whom the last step of the booking is cash."""
    other = replace(journey, customer=replace(journey.customer, phone=journey.customer.phone[:-1] + journey.typed("9")))
    with other.opens(scripts=False) as one:
        job = books(one, other)
        one.presses('button[name="way"][value="cash"]')
        assert one.path == f"/jobs/{job}"
        assert plain(other.of_customer(job).number) in one.sees
        one.fits()


def books(one: Someone, journey: Journey) -> UUID:
    """From the front page to the page of payment."""
    who = journey.customer
    one.goes(f"/?language={who.language}")
    assert one.page.locator(f'html[lang="{who.language}"]').count() == 1
    for path in ("/services/ac", "/services/ac/ac_service", "/book/ac_service*"):
        one.follows(path)
    while one.path.startswith("/book/"):  # an answer may bring up another question
        for name in unanswered(one):
            one.chooses(name, ANSWERS[name])
        one.types("about-count", who.two)
        one.presses()
    one.page.locator('select[name="area"]').select_option(index=1)
    one.types("line", who.line)
    one.types("directions", who.directions)
    one.presses()
    job = UUID(one.path.split("/")[2])
    day = one.page.locator('a[href*="?day="]').nth(1).get_attribute("href")
    assert day is not None
    one.follows(day)
    one.chooses("window")
    one.presses()
    one.presses()
    one.types("phone", who.phone)
    one.types("name", who.name)
    one.chooses("age")
    one.chooses("policy")
    one.presses()
    one.types("code", journey.typed(sms_code(newest_code())))
    one.presses()
    assert one.path == f"/bookings/{job}/payment", one.sees
    return job


def unanswered(one: Someone) -> list[str]:
    """The questions with fixed answers that stand on the page, open."""
    there = [name for name in ANSWERS if one.page.locator(f'[name="{name}"]').count()]
    return [name for name in there if not one.page.locator(f'[name="{name}"]:checked').count()]


def fills_the_entry_in(one: Someone, journey: Journey) -> None:
    """The request of a caller at the desk, where each change asks for the price again."""
    who, language = journey.customer, journey.customer.language
    entry = f"/desk/customers/{journey.owner}/entry"
    with transaction() as session:
        service = catalogue.service(session, "ac_service", now=clock.now())
    with one.asks_again(entry):
        one.types("service", service.title[language])
        one.page.keyboard.press("Tab")
    with one.asks_again(entry):
        one.types("about-count", who.two)
        one.page.keyboard.press("Tab")
    while asked := unanswered(one):
        with one.asks_again(entry):
            one.chooses(asked[0], ANSWERS[asked[0]])
    for name, value in (("address", ""), ("method", "cash"), ("window", "")):
        if not one.page.locator(f'[name="{name}"]:checked').count():
            with one.asks_again(entry):
                one.chooses(name, value)


def offered(journey: Journey) -> UUID:
    """The offer that somebody has on their screen now."""
    journey.live.settle()
    newest = select(Offer.id, Offer.specialist_id).where(Offer.job_id == journey.job, Offer.state == "sent")
    with transaction() as session:
        row = session.execute(newest.order_by(Offer.rank).limit(1)).one()
    journey.specialist = PersonId(row.specialist_id)
    return UUID(str(row.id))


def signs_in(one: Someone, username: str) -> None:
    one.goes(f"/sign-in?language={one.live.cast.town.language}")
    one.types("account", username)
    one.types("password", one.live.cast.named(username).password or "")
    one.presses()
