"""The home-services policy (promises.md A.4) about booking: what is asked, for what it is used, who is sent."""

from uuid import uuid4

import pytest
from sqlalchemy import select, text

from booking.dispatch import actions as dispatch
from booking.dispatch import queries as offers
from booking.dispatch.tables import Offer
from booking.jobs import queries
from booking.jobs.rules import SYSTEM
from booking.jobs.words import State
from marketplace.catalogue import queries as catalogue
from marketplace.foundation import clock, tasks
from marketplace.foundation.database import transaction
from marketplace.foundation.ids import JobId, PersonId
from marketplace.foundation.registry import PURPOSES
from marketplace.notices import queries as notices
from marketplace.privacy import actions as privacy
from marketplace.privacy.actions import Reader
from marketplace.privacy.rules import NotReleased, PurposeNotAllowed
from tests.promises.looking import third_parties
from tests.promises.story import Story, likely
from tests.web.conftest import Town, Visitor, count
from tests.web.pages.walking import Walker
from web.assets import build
from web.forms.fields import Missing
from web.home import home
from web.respond import formatter_for
from web.sentences import ANSWERS
from web.templating import Words, plain

LANGUAGES = ("en", "bn", "fa", "ar")
CATEGORIES = {"house_moving", "mason", "plumber", "electrician", "ac", "repairs"}


@pytest.mark.slow
@pytest.mark.parametrize("language", LANGUAGES)
def test_m3_each_of_the_six_categories_is_booked_from_end_to_end(story: Story, town: Town, language: str) -> None:
    with transaction() as session:
        categories = catalogue.categories(session, now=clock.now())
        services = {  # of each what one person does, who may be paid by hand
            each.key: catalogue.service(
                session, next(one.id for one in each.services if one.people == 1), now=clock.now()
            )
            for each in categories
        }
    assert services.keys() == CATEGORIES
    walker = Walker(story.browser(story.rahima.id, language))
    front = walker.goes("/").text
    for category in categories:
        service, typed = services[category.key], likely(services[category.key])
        assert category.title[language] in front
        assert service.title[language] in walker.goes(f"/book/{service.key}").text
        form = {f"about-{key}": value for key, value in typed.items()} | {"asked": " ".join(typed)}
        begun = walker.sends(f"/book/{service.key}", form, leads_to="/place")
        walker.booking = begun.headers["location"].split("/")[2]
        walker.takes_saved_address().chooses_time().agrees(leads_to="/payment").pays("cash", leads_to="/jobs/")
        assert f'lang="{language}"' in walker.goes(f"/jobs/{walker.booking}").text
    tasks.run_all_due()
    with transaction() as session:
        states = session.scalars(text("SELECT state FROM job WHERE customer_id = :id"), {"id": story.rahima.id}).all()
    assert states == ["open"] * len(CATEGORIES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_m7_what_was_not_answered_is_said_in_the_readers_language(visitor: Visitor, language: str) -> None:
    visitor.language = language
    answer = visitor.post("/book/ac_service", {"asked": "type count outdoor gas", "about-count": "2"})
    english = ANSWERS[Missing][1]
    said = plain(Words(formatter_for(language, home())).gettext(english))
    assert answer.status_code == 422
    assert said in plain(answer.text)
    assert (said == english) is (language == "en")
    with transaction() as session:
        asked = catalogue.service(session, "ac_service", now=clock.now()).questions
        assert count(session, "job") == 0
    assert asked[0].title[language] in answer.text


def test_m9_a_persons_data_is_read_for_a_registered_purpose_and_for_no_other(story: Story) -> None:
    story.booked()
    story.accepted()
    reader = Reader(story.specialist, "specialist")
    allowed = set()
    for purpose in (*PURPOSES, "marketing", "curiosity", ""):
        with transaction() as session:
            try:
                privacy.reveal(
                    session, subject=story.rahima.id, field="phone", reader=reader, purpose=purpose, now=clock.now(),
                    job=JobId(story.job),
                )  # fmt: skip
                allowed.add(purpose)
            except PurposeNotAllowed:
                pass
    assert allowed == {"provide", "contact"}
    with transaction() as session, pytest.raises(NotReleased):
        privacy.reveal(
            session, subject=story.town.cast.named("tanvir").id, field="phone", reader=reader, purpose="provide",
            now=clock.now(), job=JobId(story.job),
        )  # fmt: skip


def test_m10_a_booking_by_phone_is_confirmed_by_message_and_ends_when_nobody_pays(story: Story, town: Town) -> None:
    agent = story.browser(town.cast.named("agent").id)
    story.booked_by_phone(agent, method="cash")
    with transaction() as session:
        (letter,) = [each for each in notices.copies(session, limit=50) if each.delivery.letter == "booking_by_phone"]
    assert letter.delivery.person_id == story.rahima.id
    assert letter.delivery.channel == "sms"
    assert f"/jobs/{story.job}" in letter.short
    rahima = story.browser(story.rahima.id)
    assert rahima.get(f"/jobs/{story.job}").status_code == 200
    assert rahima.get(f"/jobs/{story.job}/cancellation").status_code == 200
    story.booked_by_phone(agent, method="wallet")
    with transaction() as session:
        unpaid = queries.for_customer(session, story.job, story.rahima.id, now=clock.now())
    assert (unpaid.job.state, unpaid.job.funded) == (State.REQUESTED, False)
    story.later(minutes=home().settings["phone_confirm_minutes"] - 1)
    with transaction() as session:
        assert queries.for_customer(session, story.job, story.rahima.id, now=clock.now()).job.state is State.REQUESTED
    story.later(minutes=2)
    with transaction() as session:
        ended = queries.for_customer(session, story.job, story.rahima.id, now=clock.now())
        happened = queries.timeline(session, story.job, SYSTEM)
    assert ended.job.state is State.EXPIRED
    assert happened[-1].reason == "unfunded"


def test_m11_whoever_has_not_proved_the_skill_is_never_asked(story: Story, town: Town) -> None:
    story.booked()
    for _ in range(12):
        with transaction() as session:
            live = session.execute(
                select(Offer.id, Offer.specialist_id).where(
                    Offer.job_id == story.job, Offer.state.in_(("sent", "seen"))
                )
            ).all()
            for offer, specialist in live:
                dispatch.decline(
                    session, offer, specialist=PersonId(specialist), command_id=uuid4(), now=clock.now(), reason="busy"
                )
        tasks.run_all_due()
        if not live:
            break
    with transaction() as session:
        asked = {each.specialist for each in offers.offers_for(session, story.job)}
        grants = text("SELECT specialist_id FROM skill_grant WHERE skill = 'ac' AND revoked_at IS NULL")
        able = set(session.scalars(grants))
        others = [each for each in town.cast.specialists if each.id not in able]
        why = {offers.why(session, story.job, each.id, now=clock.now()).excluded_by for each in others[:4]}
    assert len(asked) > 2
    assert asked <= able
    assert why == {"skill"}


def test_m14_no_page_and_no_part_of_a_page_comes_from_anybody_else(story: Story, town: Town) -> None:
    rahima, specialist = story.booked(), story.accepted()
    for path in ("/", "/services/ac/ac_service", "/policy", "/register", "/sign-in", "/help", "/promises"):
        story.browser(None).get(path)
    for path in ("/jobs", f"/jobs/{story.job}", "/wallet", "/account", "/account/disclosures"):
        rahima.get(path)
    for path in ("/work", "/work/offers", story.card, "/work/earnings", "/work/hours"):
        specialist.get(path)
    for path in ("/desk", f"/desk/customers/{story.rahima.id}"):
        story.browser(town.cast.named("agent").id).get(path)
    assert [each.path for each in story.kept if each.status == 200]
    assert {host for each in story.kept for host in third_parties(each.text, "testserver.local")} == set()
    for each in story.kept:
        assert "default-src 'none'" in each.text
    served = [file for file in build.STATIC.rglob("*") if file.suffix in {".css", ".js"}]
    assert served
    assert {host for file in served for host in third_parties(file.read_text(), "testserver.local")} == set()
