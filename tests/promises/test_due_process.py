"""No penalty without notice, evidence, answer, decision by another, appeal to a third, and restoration (D16)."""

from datetime import timedelta

from sqlalchemy import text

from booking.conduct import drafting
from booking.conduct.charter import FIRST_NUMBERS
from booking.conduct.queries import of_specialist
from booking.conduct.rules import Result
from marketplace.foundation import clock, tasks
from marketplace.foundation.database import transaction
from marketplace.organizations.queries import home
from marketplace.specialists import queries as specialists
from marketplace.specialists.rules import Standing
from tests.booking.conduct.office import RULES
from tests.promises.story import Story
from tests.web.conftest import count
from web import invariants


def _rules_in_force(story: Story) -> None:
    cast, then = story.town.cast, clock.now() - timedelta(days=15)
    writer, publisher = (
        next(each.id for each in cast.people if each.role == role) for role in ("manager", "compliance")
    )
    with transaction() as session:
        here = home(session).id
        drafting.begin(session, here, by=writer, now=then)
        drafting.change(session, here, RULES, by=writer, now=then)
        drafting.try_out(session, here, now=then)
        seen = {**FIRST_NUMBERS, **RULES}
        drafting.publish(session, here, seen=seen, words="As agreed with the specialists.", by=publisher, now=then)


def test_d16_who_loses_work_has_notice_evidence_answer_a_second_and_a_third_person_and_all_of_it_back(
    story: Story,
) -> None:
    story.booked()
    story.accepted()
    _rules_in_force(story)
    cast = story.town.cast
    dispatcher, manager, compliance = (
        story.browser(next(each.id for each in cast.people if each.role == role))
        for role in ("dispatcher", "manager", "compliance")
    )
    with transaction() as session:
        number, who = session.execute(
            text("SELECT number, specialist_id FROM job WHERE id = :id"), {"id": story.job}
        ).one()
    rafiq = story.browser(who)
    for browser in (dispatcher, manager, compliance, rafiq):
        browser.get("/?language=en")
    wrong = dispatcher.post("/conduct/safety-pauses", {"number": "K-ZZZZZ", "danger": "A threat."})
    assert wrong.status_code == 422
    assert "A threat." in wrong.text
    page = dispatcher.post("/conduct/safety-pauses", {"number": number, "danger": "A threat."}).headers["location"]
    own = "/work/standing" + page.removeprefix("/conduct")
    assert number in rafiq.get(own).text
    assert "paid" in rafiq.get(own).text
    decision = {"consequence": "pause", "pause_days": "5", "words": "It was serious."}
    early = manager.post(f"{page}/decision", decision)
    assert (early.status_code, "may answer until" in early.text) == (409, True)
    assert rafiq.post(f"{own}/answer", {"words": " "}).status_code == 422
    assert rafiq.post(f"{own}/answer", {"words": "It was another man."}).headers["location"] == own
    assert rafiq.post(f"{own}/answer", {"words": "Again."}).status_code == 409
    assert dispatcher.post(f"{page}/decision", decision).status_code == 404
    assert manager.post(f"{page}/decision", decision | {"pause_days": "31"}).status_code == 422
    assert manager.post(f"{page}/decision", decision).headers["location"] == page
    assert "It was serious." in rafiq.get(own).text
    assert rafiq.post(f"{own}/appeal", {"words": "Look at the door’s camera."}).headers["location"] == own
    verdict = {"verdict": "overturned", "words": "The camera shows another man."}
    assert manager.post(f"{page}/verdict", verdict).status_code == 403
    assert compliance.post(f"{page}/verdict", verdict).headers["location"] == page
    with transaction() as session:
        assert specialists.standing(session, who) is Standing.GOOD
        (ended,) = of_specialist(session, who)
        assert ended.result is Result.OVERTURNED
    tasks.run_all_due()
    with transaction() as session:
        sent = session.scalars(
            text("SELECT letter FROM delivery WHERE letter LIKE 'conduct%' AND person_id = :id"), {"id": who}
        )
        assert {*sent} == {"conduct_rules", "conduct_opened", "conduct_decided", "conduct_over"}
        broken = {name: found for name, found in invariants.figures(session).items() if found}
        assert not {*broken} & {*invariants.OF_CONDUCT}
        assert count(session, "proceeding") == 1
    standing = rafiq.get("/work/standing").text
    assert "overturned and put back" in standing
    for never in ("Offers that you decline", "Ratings, however low", "hide your position", "nobody has rated you"):
        assert never in standing
    assert rafiq.get("/api/v1/standing").json()["proceedings"][0]["result"] == "overturned"
