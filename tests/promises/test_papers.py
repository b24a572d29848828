"""Papers of money and the promises about them: both numbers stay, no card number enters, amounts outlive names."""

import io
from datetime import timedelta
from uuid import uuid4

import pypdf
from openpyxl import load_workbook
from sqlalchemy import text

from booking.jobs.rules import Actor
from booking.jobs.words import Event, Role
from marketplace.foundation import clock, tasks
from marketplace.foundation.database import transaction
from marketplace.foundation.money import Money
from marketplace.people import actions as people
from marketplace.privacy import actions as privacy
from payments import audits
from payments.invoices import queries
from payments.invoices.rules import Kind
from payments.wallets import actions as wallets
from payments.wallets.rules import split_fee
from tests.promises.looking import seen_in_dump
from tests.promises.story import Story, Watched
from tests.web.conftest import Town, Visitor
from tests.web.pages.walking import words_of

CARD = "4111 1111 1111 1111"
NAME = "Rahima Unforgettable"


def pdf_text(content: bytes) -> str:
    return "\n".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(content)).pages)


def test_t29_a_receipt_keeps_its_amounts_and_loses_its_name_with_its_owner(story: Story, town: Town) -> None:
    rahima = story.booked()
    crew = story.accepted()
    story.done(crew)
    customer = Actor(Role.CUSTOMER, story.rahima.id)
    story.fire(Event.CONFIRM, customer)
    with transaction() as session:
        (receipt, *_) = queries.documents_of(session, story.rahima.id, subject=story.job)
        people.change_name(session, person=story.rahima.id, name=NAME, by=story.rahima.id, now=clock.now())
    page = rahima.get(f"/documents/{receipt.id}")
    assert page.status_code == 200
    assert NAME in words_of(page.text)
    paper = rahima.get(f"/documents/{receipt.id}/pdf")
    assert paper.headers["content-type"] == "application/pdf"
    assert {NAME, receipt.reference, story.number} <= {
        each for each in (NAME, receipt.reference, story.number) if each in pdf_text(paper.content)
    }
    assert f"/documents?job={story.job}" in rahima.get(f"/jobs/{story.job}").text
    _others_see_nothing(story, crew, receipt.id)
    with transaction() as session:
        privacy.erase(session, person=story.rahima.id, by=story.rahima.id, reason=None, now=clock.now())
    tasks.run_all_due()
    finance = story.browser(next(each.id for each in town.cast.people if each.role == "finance"))
    seen = finance.get(f"/finance/documents/{receipt.id}")
    assert seen.status_code == 200
    assert NAME not in seen.text
    assert receipt.reference in seen.text
    assert NAME not in pdf_text(finance.get(f"/finance/documents/{receipt.id}/pdf").content)
    assert seen_in_dump(town.url, [NAME]) == []
    with transaction() as session:
        kept = queries.document(session, receipt.id)
        assert (kept.total, kept.kind) == (receipt.total, Kind.RECEIPT)
        assert {name: found for name, found in audits.figures(session).items() if name.startswith("28") and found} == {}


def _others_see_nothing(story: Story, crew: Visitor, receipt: object) -> None:
    for path in (f"/documents/{receipt}", f"/documents/{receipt}/pdf", f"/finance/documents/{receipt}"):
        assert crew.get(path).status_code == 404, path
        assert story.browser(None).get(path).status_code in (303, 401, 404), path


def test_k8_both_numbers_of_a_top_up_stand_on_its_receipt_and_k9_no_card_number_enters_a_paper(
    story: Story, town: Town
) -> None:
    finance = story.browser(next(each.id for each in town.cast.people if each.role == "finance"))
    owner = story.rahima.id
    with transaction() as session:
        started = story.begin_top_up(session)
        session.execute(
            text(
                "UPDATE topup_attempt SET state = 'paid', txn = 'SBX00KARIGAR', bank = '402611210017', paid_at = now()"
            )
        )
        session.execute(text("UPDATE topup SET state = 'paid', paid_at = now()"))
    with transaction() as session:
        wallets.credit_topup(
            session, attempt=started.attempt, owner=owner, owner_kind="customer", gateway="sandbox",
            amount=Money(100_000, "BDT"), now=clock.now(),
        )  # fmt: skip
    job = uuid4()
    with transaction() as session:
        wallets.hold_for_job(session, job=job, customer=owner, amount=Money(80_000, "BDT"), now=clock.now())
    share = split_fee(Money(20_000, "BDT"), specialist_basis_points=0, tax_basis_points=1_000)
    with transaction() as session:
        wallets.charge_cancellation(session, job=job, customer=owner, specialist=None, share=share, now=clock.now())
    tasks.run_all_due()
    rahima = story.browser(owner)
    with transaction() as session:
        cards = {each.kind: each for each in queries.documents_of(session, owner)}
    said = words_of(rahima.get(f"/documents/{cards[Kind.TOP_UP].id}").text)
    assert "SBX00KARIGAR" in said
    assert "402611210017" in said
    _finance_gives_back(finance, cards[Kind.FEE])
    _statement_is_kept(rahima)
    assert words_of(rahima.get("/wallet").text).count("Statement of the wallet") == 1


def _finance_gives_back(finance: Watched, fee: queries.Card) -> None:
    address = f"/finance/documents/{fee.id}"
    found = words_of(finance.get(f"/finance/documents?number={fee.reference}").text)
    assert fee.reference in found
    for typed in ("0", "-5", "0.001", "201", CARD, "", "many"):
        answer = finance.post(f"{address}/credit-notes", {"amount": typed, "reason": "goodwill"})
        assert answer.status_code in (409, 422), (typed, answer.status_code)
        assert CARD not in answer.text
    assert finance.post(f"{address}/credit-notes", {"amount": "5", "reason": "because"}).status_code == 422
    once = {"amount": "50", "reason": "goodwill", "command_id": str(uuid4())}
    first, again = (finance.post(f"{address}/credit-notes", once) for _ in range(2))
    assert (first.status_code, first.headers["location"]) == (303, again.headers["location"])
    note = words_of(finance.get(first.headers["location"]).text)
    assert "Credit note" in note
    assert fee.reference in note
    journal = finance.get(f"/finance/journal?person={finance.who}")
    assert "Refund to the wallet" in words_of(journal.text)
    assert journal.text.count("data-row") == 1
    assert finance.get("/finance/journal.csv").text.count("goodwill") == 1
    assert finance.get("/finance/documents.csv").text.count("\n") == 4  # a heading and three documents


def _statement_is_kept(rahima: Visitor) -> None:
    with transaction() as session:
        recorded = session.execute(text("SELECT clock_timestamp()")).scalar_one().date()
    asked = f"from={recorded - timedelta(days=1)}&to={recorded + timedelta(days=1)}"
    assert rahima.get("/wallet/statement").status_code == 200
    said = words_of(rahima.get(f"/wallet/statement?{asked}").text)
    assert "Fee for cancelling" in said
    assert rahima.get("/wallet/statement?first=nonsense").status_code == 422
    assert rahima.get("/wallet/statement?from=2026-01-02&to=2026-01-01").status_code == 422
    assert rahima.get("/wallet/statement?from=2020-01-02&to=2026-01-01").status_code == 422
    only = words_of(rahima.get(f"/wallet/statement?{asked}&kind=topup").text)
    assert "Only some movements are shown" in only
    paper = rahima.get(f"/wallet/statement/pdf?{asked}")
    assert "Statement of the wallet" in pdf_text(paper.content)
    table = rahima.get(f"/wallet/statement/csv?{asked}").text
    assert table.count("\r\n") == 5  # a heading, a top-up, a hold, a fee, a refund
    sheet = load_workbook(io.BytesIO(rahima.get(f"/wallet/statement/xlsx?{asked}").content)).active
    assert sheet is not None
    amounts = [row[3] for row in sheet.iter_rows(min_row=2, values_only=True)]
    assert [amount for amount in amounts if amount] == [1_000, -200, 50]
    assert rahima.get("/wallet/statement/exe").status_code == 404
    assert rahima.get("/work/earnings/statement").status_code == 404
