"""What we work out about people, and cases, which hold back exactly what is in dispute."""

from booking.care.queries import open_cases
from marketplace.foundation.database import transaction
from marketplace.foundation.money import Money
from marketplace.privacy import actions as privacy
from payments.wallets import queries as wallets
from tests.promises.story import Story
from web import invariants

DISPUTED = Money(20_000, "BDT")


def done_and_confirmed(story: Story) -> None:
    rahima = story.booked()
    story.done(story.accepted())
    assert rahima.post(f"/jobs/{story.job}/confirmation").status_code == 303


def test_k7_what_we_work_out_about_somebody_is_in_their_export_with_its_formula(story: Story) -> None:
    story.booked()
    story.accepted()
    with transaction() as session:
        values = privacy.export_of(session, person=story.specialist)
    worked_out = {each.name: each.formula for each in values if each.source == "derived"}
    assert {"ratings", "marks", "offers shown", "score of an offer", "working hours"} <= worked_out.keys()
    assert all(worked_out.values())
    assert not [each.name for each in values if each.formula and each.source != "derived"]


def test_m13_a_case_opened_on_the_page_of_a_job_carries_the_job_to_those_who_decide(story: Story) -> None:
    done_and_confirmed(story)
    rahima = story.browser(story.rahima.id)
    opened = rahima.post(f"/jobs/{story.job}/case", {"matter": "behaviour", "text": "He shouted at my father."})
    assert opened.status_code == 303
    with transaction() as session:
        (case,) = open_cases(session)
    assert case.job == story.job
    finance = story.browser(story.town.cast.named("finance").id)
    assert f"/finance/cases/{case.id}" in finance.get("/finance/cases").text
    page = finance.get(f"/finance/cases/{case.id}").text
    assert story.number in page
    assert "He shouted at my father." in page
    for stranger in (story.town.cast.named("tanvir").id, story.specialist, None):
        assert story.browser(stranger).get(f"/finance/cases/{case.id}").status_code in (303, 404)


def test_k18_a_complaint_about_money_holds_back_exactly_what_is_in_dispute(story: Story) -> None:
    done_and_confirmed(story)
    rahima = story.browser(story.rahima.id)
    with transaction() as session:
        payment = wallets.payment_of(session, story.job)
        before = wallets.balance(session, owner=story.rahima.id, owner_kind="customer", currency="BDT")
    assert payment is not None
    too_much = str(payment.gross.minor // 100 + 1)
    assert rahima.post(f"/jobs/{story.job}/case", {"matter": "not_done", "disputed": too_much}).status_code == 422
    assert rahima.post(f"/jobs/{story.job}/case", {"matter": "not_done", "disputed": "200"}).status_code == 303
    story.later(days=4)
    with transaction() as session:
        (case,) = open_cases(session)
        kept = wallets.balance(session, owner=story.specialist, owner_kind="specialist", currency="BDT").held
    assert case.disputed == DISPUTED
    share = DISPUTED.minor * payment.net.minor / payment.gross.minor  # of the same part the commission is not earned
    assert abs(kept.minor - share) <= 1
    finance = story.browser(story.town.cast.named("finance").id)
    decided = finance.post(f"/finance/cases/{case.id}/decision", {"back": "200", "ground": "work_undone"})
    assert decided.status_code == 303, decided.text[:2000]
    with transaction() as session:
        after = wallets.balance(session, owner=story.rahima.id, owner_kind="customer", currency="BDT")
        free = wallets.balance(session, owner=story.specialist, owner_kind="specialist", currency="BDT").held
        assert not {name: found for name, found in invariants.figures(session).items() if found}
    assert after.posted - before.posted == DISPUTED
    assert free.minor == 0
