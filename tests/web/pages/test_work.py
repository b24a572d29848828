"""A job on its specialist's pages: each act two taps away, contact behind a look, refusals in words."""

import re
from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from litestar import Litestar

from booking.jobs import queries
from booking.jobs.rules import Actor
from booking.jobs.words import Event, Method, Role
from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from marketplace.foundation.settings import Settings
from marketplace.privacy.queries import disclosures_of
from tests.web.conftest import Town
from tests.web.pages.at_work import NOTES, AtWork, Browser, assert_nothing_personal, at_work


@pytest.fixture
def day(town: Town, app: Litestar, settings: Settings) -> Iterator[AtWork]:
    with at_work(town, app, settings) as made:
        yield made


def looks(day: AtWork) -> list[tuple[str, str, str]]:
    """Who saw Rahima's data since the day began: field, purpose and channel, in order."""
    with transaction() as session:
        found = disclosures_of(session, day.rahima.id, now=clock.now())
    return [(each.field, each.purpose, each.channel) for each in reversed(found) if each.role == "specialist"]


def chosen(page: str, name: str) -> list[str]:
    """The values that a page offers for a radio row or chip."""
    return [part.split('value="')[1].split('"')[0] for part in page.split("<input ") if f'name="{name}"' in part]


def act(rafiq: Browser, job: UUID, noun: str, **data: str) -> None:
    answer = rafiq.post(f"/work/jobs/{job}/{noun}", data)
    assert answer.status_code == 303, answer.text[:3000]


def test_a_visit_from_acceptance_to_done_is_one_button_after_another(day: AtWork) -> None:
    job = day.assigned()
    rafiq = day.browser(day.rafiq.id)
    assert "From " in rafiq.get("/work").text  # too early to set out: the button says from when
    day.later(hours=26)
    for noun, state, said in (
        ("departure", "en_route", "I have arrived"),
        ("arrival", "on_site", "Start with the customer"),
    ):
        assert f"/work/jobs/{job}/{noun}" in rafiq.get("/work").text
        act(rafiq, job, noun)
        assert day.state(job) == state
        assert said in rafiq.get("/work").text
    act(rafiq, job, "start", code=day.code(job))
    assert day.state(job) == "in_progress"
    page = rafiq.get(f"/work/jobs/{job}/completion").text
    assert "It may be less, never more." in page
    act(rafiq, job, "completion", amount=chosen(page, "amount")[0])
    assert day.state(job) == "completed"
    assert "The customer is asked to confirm." in rafiq.get(f"/work/jobs/{job}").text


def test_contact_stands_behind_a_look_and_each_look_is_written_down(day: AtWork) -> None:
    job = day.assigned()
    rafiq, secrets = day.browser(day.rafiq.id), day.personal_values()
    contact = [each for each in secrets if each not in (NOTES, str(day.rahima.address))]
    card = rafiq.get(f"/work/jobs/{job}").text
    assert NOTES in card  # what the customer wrote about the work, for whoever has it
    assert_nothing_personal(card.replace(NOTES, ""), contact)
    assert "Visible to you until" in card
    assert looks(day) == []  # the card itself is no look
    seen = rafiq.post(f"/work/jobs/{job}/looks")
    assert seen.status_code == 200
    assert day.rahima.name in seen.text
    assert f'href="tel:{day.rahima.phone}"' in seen.text
    three = [("name", "provide", "page"), ("phone", "provide", "page"), ("address", "provide", "page")]
    assert looks(day) == three
    rafiq.post(f"/work/jobs/{job}/calls")
    assert looks(day)[3:] == [("name", "contact", "call"), ("phone", "contact", "call")]
    assert rafiq.get(f"/work/jobs/{job}/looks").headers["location"] == f"/work/jobs/{job}"
    assert len(looks(day)) == 5


def test_after_the_window_the_contact_is_gone_and_the_office_calls(day: AtWork) -> None:
    job = day.working()
    rafiq = day.browser(day.rafiq.id)
    act(rafiq, job, "completion", amount="1")
    assert rafiq.post(f"/work/jobs/{job}/looks").status_code == 200
    day.later(hours=25)
    before = len(looks(day))
    answer = rafiq.post(f"/work/jobs/{job}/looks")
    assert answer.status_code == 410
    assert "ask the office to call" in answer.text
    assert_nothing_personal(answer.text.replace(NOTES, ""), [day.rahima.name, day.rahima.phone])
    assert len(looks(day)) == before


def test_a_visit_that_is_over_is_answered_410_with_area_date_and_amount(day: AtWork) -> None:
    job = day.working()
    rafiq = day.browser(day.rafiq.id)
    act(rafiq, job, "completion", amount="500")
    day.fire(job, "confirm", day.actor)
    for answer in (
        rafiq.get(f"/work/jobs/{job}"),
        rafiq.post(f"/work/jobs/{job}/looks"),
        rafiq.post(f"/work/jobs/{job}/departure"),
    ):
        assert answer.status_code == 410
        assert "Gulshan" in answer.text
        assert "ask the office to call" in answer.text
        assert_nothing_personal(answer.text, day.personal_values())


def test_a_job_that_was_given_back_is_no_longer_yours_and_shows_nothing(day: AtWork) -> None:
    job = day.assigned()
    rafiq = day.browser(day.rafiq.id)
    assert "Somebody else is looked for at once." in rafiq.get(f"/work/jobs/{job}/cancellation").text
    assert rafiq.post(f"/work/jobs/{job}/cancellation", {"reason": "lazy"}).status_code == 422
    assert rafiq.post(f"/work/jobs/{job}/cancellation").status_code == 422
    command = {"command_id": str(uuid4()), "reason": "illness"}
    for _ in range(2):
        answer = rafiq.post(f"/work/jobs/{job}/cancellation", command)
        assert (answer.status_code, answer.headers["location"]) == (303, "/work")
    assert day.state(job) == "open"
    gone = rafiq.get(f"/work/jobs/{job}")
    assert gone.status_code == 410
    assert "no longer yours" in gone.text
    assert_nothing_personal(gone.text, day.personal_values())


@pytest.mark.parametrize("path", ["", "/looks", "/calls", "/departure", "/arrival", "/start", "/delay", "/resumption",
                                  "/completion", "/cash", "/no-show", "/cancellation", "/failure"])  # fmt: skip
def test_the_job_of_somebody_else_is_not_there(day: AtWork, path: str) -> None:
    job, secrets = day.assigned(), day.personal_values()
    day.later(hours=5)
    filled = {"reason": "overrun", "amount": "1", "code": "1234"}
    for wrong in (day.karim.id, day.rahima.id):
        browser = day.browser(wrong)
        answers = (
            [browser.get(f"/work/jobs/{job}{path}")] if not path else [browser.post(f"/work/jobs/{job}{path}", filled)]
        )
        for answer in answers:
            assert answer.status_code in (404, 422), answer.text[:500]
            assert_nothing_personal(answer.text, secrets)
    assert day.state(job) == "assigned"
    assert looks(day) == []


def test_wrong_codes_are_counted_and_after_five_only_a_reason_helps(day: AtWork) -> None:
    job = day.at_the_door()
    rafiq, right = day.browser(day.rafiq.id), day.code(job)
    wrong = f"{(int(right) + 1) % 10_000:04d}"
    for left in (4, 3, 2, 1, 0):
        answer = rafiq.post(f"/work/jobs/{job}/start", {"code": wrong})
        assert answer.status_code == 422
        assert f"Tries left: {left}." in re.sub(r"</?bdi[^>]*>|[\u2066-\u2069]", "", answer.text)
        assert f'value="{wrong}"' not in answer.text
    blocked = rafiq.post(f"/work/jobs/{job}/start", {"code": right})
    assert blocked.status_code == 409
    assert "Start with a reason instead of the code." in blocked.text
    assert rafiq.post(f"/work/jobs/{job}/start", {"waiver": "nonsense"}).status_code == 422
    act(rafiq, job, "start", waiver="code_lost")
    assert day.state(job) == "in_progress"


@pytest.mark.parametrize("typed", ["", "12", "abcd", "9" * 500, "-1", "<b>", "১২৩"])
def test_what_is_no_code_is_refused_in_words(day: AtWork, typed: str) -> None:
    job = day.at_the_door()
    answer = day.browser(day.rafiq.id).post(f"/work/jobs/{job}/start", {"code": typed})
    assert answer.status_code == 422
    assert day.state(job) == "on_site"


@pytest.mark.parametrize("zero", ["০", "۰", "٠"])
def test_a_code_may_be_typed_in_any_digits(day: AtWork, zero: str) -> None:
    job = day.at_the_door()
    typed = day.code(job).translate({ord(str(n)): chr(ord(zero) + n) for n in range(10)})
    act(day.browser(day.rafiq.id, "bn"), job, "start", code=typed)
    assert day.state(job) == "in_progress"


def test_the_same_form_twice_is_one_act_and_an_old_page_is_told_so(day: AtWork) -> None:
    job = day.assigned()
    day.later(hours=26)
    rafiq, version = day.browser(day.rafiq.id), day.version(job)
    same = {"command_id": str(uuid4()), "version": str(version)}
    act(rafiq, job, "departure", **same)
    act(rafiq, job, "departure", **same)
    assert day.version(job) == version + 1
    again = rafiq.post(f"/work/jobs/{job}/departure", {"version": str(version)})
    assert again.status_code == 409
    assert "changed while you were looking" in again.text
    assert "I have arrived" in again.text  # the card as it is now, with its next act
    for bad in ("7x", "9" * 40, "-1", "৩"):
        assert rafiq.post(f"/work/jobs/{job}/arrival", {"version": bad}).status_code == 409
    assert day.state(job) == "en_route"


def test_setting_out_too_early_says_from_when(day: AtWork) -> None:
    job = day.assigned()
    answer = day.browser(day.rafiq.id).post(f"/work/jobs/{job}/departure")
    assert answer.status_code == 409
    assert "Not before" in answer.text


def test_two_taps_at_once_set_out_once(day: AtWork) -> None:
    job = day.assigned()
    day.later(hours=26)
    answers = day.all_at_once([(day.rafiq.id, f"/work/jobs/{job}/departure")] * 8)
    assert sorted(answer.status_code for answer in answers) == [303] + [409] * 7
    with transaction() as session:
        happened = queries.timeline(session, job, Actor(Role.SPECIALIST, day.rafiq.id))
        assert [each.event for each in happened].count(Event.DEPART) == 1


@pytest.mark.parametrize("presence", ["by_hand", "no_signal", "", "teleport", "x" * 3000])
def test_arriving_says_how_it_is_known(day: AtWork, presence: str) -> None:
    job = day.assigned()
    day.later(hours=26)
    answer = day.browser(day.rafiq.id).post(f"/work/jobs/{job}/arrival", {"presence": presence})
    known = presence in ("by_hand", "no_signal", "")
    assert answer.status_code == (303 if known else 422)
    assert day.state(job) == ("on_site" if known else "assigned")


def test_the_customer_reads_the_very_words_that_the_delay_page_showed(day: AtWork) -> None:
    job = day.assigned()
    day.later(hours=26)
    rafiq = day.browser(day.rafiq.id)
    page = rafiq.get(f"/work/jobs/{job}/delay").text
    offered = chosen(page, "promised")
    assert len(offered) == 4
    assert page.count("is delayed. New time:") == 4
    day.later(minutes=7)  # the page stood open: what it showed is what is promised
    act(rafiq, job, "delay", reason="overrun", promised=offered[1])
    with transaction() as session:
        window = queries.for_crew(session, job, day.rafiq.id, now=clock.now()).job.window
    assert window is not None
    assert f"{int(window.start.timestamp())}-{int(window.end.timestamp())}" == offered[1]
    assert day.state(job) == "delayed"
    act(rafiq, job, "resumption")
    assert day.state(job) == "assigned"


@pytest.mark.parametrize(
    "promised",
    [
        "",
        "soon",
        "1-2",
        "0-0",
        "99999999999999-99999999999999",
        "999999999999-999999999999",
        "1893456000-1893459600",
        "-5-10",
        "২-৩",
    ],
)
def test_a_new_time_that_nobody_promises_is_refused_with_the_reason_kept(day: AtWork, promised: str) -> None:
    job = day.assigned()
    answer = day.browser(day.rafiq.id).post(f"/work/jobs/{job}/delay", {"reason": "parts", "promised": promised})
    assert answer.status_code == 422
    assert "Please give a new time that lies ahead." in answer.text
    assert 'value="parts" checked' in answer.text
    assert day.state(job) == "assigned"


@pytest.mark.parametrize(("typed", "said"), [
    ("", "Please fill this in."), ("a lot", "Type a number"), ("-5", "not below zero"),
    ("9999999", "is more than that"), ("1" * 60, "Type"), ("500 USD", "Type the amount in"),
])  # fmt: skip
def test_a_final_amount_that_cannot_be_is_refused_and_kept(day: AtWork, typed: str, said: str) -> None:
    job = day.working()
    answer = day.browser(day.rafiq.id).post(f"/work/jobs/{job}/completion", {"amount": typed})
    assert answer.status_code == 422
    assert said in answer.text
    assert f'value="{typed}"' in answer.text
    assert day.state(job) == "in_progress"


def test_less_than_approved_may_be_typed_in_bengali_digits(day: AtWork) -> None:
    job = day.working()
    act(day.browser(day.rafiq.id, "bn"), job, "completion", amount="৫০০.৫০")
    with transaction() as session:
        done = queries.for_crew(session, job, day.rafiq.id, now=clock.now())
    assert done.job.final is not None
    assert done.job.final.minor == 50_050


def test_a_cash_job_asks_for_the_cash_and_tells_what_was_written(day: AtWork) -> None:
    job = day.working(method=Method.CASH)
    rafiq = day.browser(day.rafiq.id)
    assert rafiq.get(f"/work/jobs/{job}/cash").status_code == 200  # not yet: the card
    act(rafiq, job, "completion", amount="600")
    assert f"/work/jobs/{job}/cash" in rafiq.get("/work").text
    assert rafiq.post(f"/work/jobs/{job}/cash", {"amount": "much"}).status_code == 422
    act(rafiq, job, "cash", amount="600")
    assert "You wrote down" in rafiq.get(f"/work/jobs/{job}").text
    with transaction() as session:
        declared = queries.for_crew(session, job, day.rafiq.id, now=clock.now()).job.cash_declared
    assert declared is not None
    assert declared.minor == 60_000


def test_a_job_paid_through_the_wallet_takes_no_cash(day: AtWork) -> None:
    job = day.working()
    rafiq = day.browser(day.rafiq.id)
    act(rafiq, job, "completion", amount="600")
    assert rafiq.post(f"/work/jobs/{job}/cash", {"amount": "600"}).status_code == 409


def test_nobody_is_absent_before_the_wait_is_over_and_two_calls_are_in_the_log(day: AtWork) -> None:
    job = day.at_the_door()
    rafiq = day.browser(day.rafiq.id)
    page = rafiq.get(f"/work/jobs/{job}/no-show").text
    assert "You wait until" in page
    assert rafiq.post(f"/work/jobs/{job}/no-show").status_code == 409
    rafiq.post(f"/work/jobs/{job}/calls")
    rafiq.post(f"/work/jobs/{job}/calls")  # at once again: the same attempt
    day.later(minutes=16)
    lied = rafiq.post(f"/work/jobs/{job}/no-show", {"contact_attempts": "9"})
    assert lied.status_code == 409
    assert "1 more attempt" in lied.text.replace("<bdi>", "").replace("</bdi>", "")
    rafiq.post(f"/work/jobs/{job}/calls")
    assert "You get" in rafiq.get(f"/work/jobs/{job}/no-show").text
    answer = rafiq.post(f"/work/jobs/{job}/no-show")
    assert (answer.status_code, answer.headers["location"]) == (303, "/work")
    assert day.state(job) == "no_show"
    assert rafiq.get(f"/work/jobs/{job}").status_code == 410


def test_work_that_turns_out_impossible_ends_with_a_reason(day: AtWork) -> None:
    job = day.working()
    rafiq = day.browser(day.rafiq.id)
    assert "This cannot be undone." in rafiq.get(f"/work/jobs/{job}/failure").text
    assert rafiq.post(f"/work/jobs/{job}/cancellation", {"reason": "illness"}).status_code == 409  # work has begun
    act(rafiq, job, "failure", reason="not_repairable")
    assert day.state(job) == "failed"


@pytest.mark.parametrize("language", ["en", "bn", "fa", "ar"])
def test_every_page_opens_in_four_languages(day: AtWork, language: str) -> None:
    job = day.at_the_door()
    rafiq = day.browser(day.rafiq.id, language)
    pages = ["/work", "/work/offers", "/work/earnings", "/work/hours", "/work/hours/1", "/work/hours/days", "/work/why"]
    pages += [f"/work/jobs/{job}{each}" for each in ("", "/delay", "/no-show", "/cancellation")]
    for path in pages:
        answer = rafiq.get(path)
        assert answer.status_code == 200, (path, answer.text[:500])
        assert f'lang="{language}"' in answer.text
        assert " style=" not in answer.text
    assert rafiq.post(f"/work/jobs/{job}/looks").status_code == 200


def test_the_page_of_today_asks_only_for_its_live_part_again(day: AtWork) -> None:
    job = day.assigned()
    rafiq = day.browser(day.rafiq.id)
    part = rafiq.get("/work", **{"hx-request": "true"}).text
    assert "<html" not in part
    assert f"/work/jobs/{job}" in part
    assert 'sse-connect="/work/events"' in rafiq.get("/work").text


def test_a_customer_who_is_no_specialist_finds_nothing_below_work(day: AtWork) -> None:
    rahima = day.browser(day.rahima.id)
    for path in ("/work", "/work/offers", "/work/earnings", "/work/hours", "/work/why", "/work/events"):
        assert rahima.get(path).status_code == 404


def test_a_delay_of_tomorrow_keeps_the_hours_on_the_wall(day: AtWork) -> None:
    job = day.assigned()
    with transaction() as session:
        before = queries.for_crew(session, job, day.rafiq.id, now=clock.now()).job.window
    rafiq = day.browser(day.rafiq.id)
    act(
        rafiq, job, "delay", reason="weather", promised=chosen(rafiq.get(f"/work/jobs/{job}/delay").text, "promised")[3]
    )
    with transaction() as session:
        after = queries.for_crew(session, job, day.rafiq.id, now=clock.now()).job.window
    assert before is not None
    assert after is not None
    assert after.start - before.start == timedelta(days=1)
