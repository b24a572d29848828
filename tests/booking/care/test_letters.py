"""Who hears what of tips, changes, cases, debts, refunds and charge-backs: the words of a real job, once for each."""

from datetime import date
from importlib import import_module
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.jobs.words import Method
from marketplace.foundation import clock
from marketplace.notices import queries as notices
from marketplace.notices.tables import DeliveryRow
from marketplace.organizations.queries import home
from marketplace.people import actions as people
from payments.gateways import directory
from payments.ledger import actions as ledger
from payments.ledger import queries as books
from payments.ledger.rules import AccountName
from payments.topups import by_letter
from payments.wallets import debts
from tests.booking.care.test_cases import SMALL, decided, dispute, finance, paid
from tests.booking.care.test_region import topped_up
from tests.booking.jobs.test_changes import MORE, propose
from tests.booking.jobs.test_money import MONEY, at_work, price
from tests.booking.jobs.town import Somebody, Town, register
from web import house, opening, reactions
from web.letters.facts import Gone, load_facts, without_loader
from web.letters.rendering import Site, render
from web.respond import formatter_for

SITE = Site("Karigar", "https://karigar.example")


for task in opening.TASKS_OF_THE_EDGE:
    import_module(task)


def test_every_letter_finds_its_facts() -> None:
    assert without_loader() == []


def heard(town: Town, session: Session, who: UUID, *, since: int = 0) -> list[tuple[str, str]]:
    """Each letter to somebody with its SMS in English, in order."""
    rows = session.scalars(select(DeliveryRow).where(DeliveryRow.person_id == who).order_by(DeliveryRow.queued_at))
    found = []
    for row in list(rows)[since:]:
        delivery = notices.delivery(session, row.id)
        assert delivery is not None
        try:
            facts = load_facts(session, delivery, now=town.now)
        except Gone:
            found.append((row.letter, "gone"))
            continue
        found.append((row.letter, render(row.letter, formatter_for("en", home(session)), facts, site=SITE).short))
    return [each for each in found if each[0] in ONES]


ONES = {
    "tip_received", "case_opened", "case_decided", "change_asked", "change_answered", "debt_limit", "debt_lifted",
    "refund_done", "chargeback", "chargeback_back", "topup_checked", "seal_head",
}  # fmt: skip


def test_a_change_and_a_tip_are_told_to_the_other_side(town: Town, session: Session) -> None:
    rahima, karim = town.customer(session, money=MONEY), town.craftsman(session)
    job = at_work(town, session, rahima, karim)
    total = price(session, job)
    propose(town, session, job, karim)
    town.fire(session, job, "refuse_change", karim.specialist)  # taken back by who asked
    propose(town, session, job, karim)
    town.fire(session, job, "approve_change", rahima.customer, change_minor=MORE)
    town.fire(session, job, "complete", karim.specialist)
    town.fire(session, job, "tip", rahima.customer, tip_minor=5_000)
    asked = "Tk 500.00 more? Please answer on the job's page."
    assert heard(town, session, rahima.id) == [("change_asked", asked)] * 2
    now = f"Tk {(total.minor + MORE) // 100:,}.{(total.minor + MORE) % 100:02}"
    assert heard(town, session, karim.id) == [
        ("change_answered", f"Approved: the price is {now} now."),
        ("tip_received", "A tip for you: Tk 50.00, all of it yours."),
    ]


def test_a_case_is_told_to_both_and_a_complaint_without_money_to_its_writer(town: Town, session: Session) -> None:
    job, rahima, karim = paid(town, session)
    complaint = dispute(town, session, job, rahima.customer, 0)
    decided(town, session, complaint, finance(town, session), 0)
    case = dispute(town, session, job, rahima.customer, SMALL)
    decided(town, session, case, finance(town, session, "Mina"), SMALL)
    opened, over = f"Case open: job {case.number}. We look into it.", f"Case of job {case.number}: Tk 200.00 back."
    stays = f"Case of job {case.number}: the price stays."
    assert heard(town, session, rahima.id) == [
        ("case_opened", opened), ("case_decided", stays), ("case_opened", opened), ("case_decided", over),
    ]  # fmt: skip
    assert heard(town, session, karim.id) == [("case_decided", "gone"), ("case_opened", opened), ("case_decided", over)]


def test_a_charge_back_is_told_with_what_is_owed_and_what_it_paid(town: Town, session: Session) -> None:
    rahima = town.customer(session, money=MONEY)
    job = town.held(session, rahima).job_id
    case = topped_up(town, session, rahima)
    town.fire(session, job, "fund", rahima.customer)
    reactions.tell_of_a_bank_case(session, id=str(case.id), turn="1")
    reactions.tell_of_a_bank_case(session, id=str(case.id), turn="1")
    assert heard(town, session, rahima.id) == [("chargeback", "Your bank took back Tk 10,000.00.")]
    row = session.scalars(select(DeliveryRow).where(DeliveryRow.letter == "chargeback")).one()
    delivery = notices.delivery(session, row.id)
    assert delivery is not None
    assert load_facts(session, delivery, now=town.now)["visits"] == 1
    by_letter.decide(session, case.id, won=True, by=uuid4(), now=town.now)
    reactions.tell_of_a_bank_case(session, id=str(case.id), turn="2")
    assert heard(town, session, rahima.id) == [
        ("chargeback", "gone"), ("chargeback_back", "Tk 10,000.00 is in your wallet again."),
    ]  # fmt: skip
    directory.connect()


def test_the_debt_limit_is_told_when_it_is_reached_and_when_it_is_left(town: Town, session: Session) -> None:
    rahima, karim = town.customer(session), town.craftsman(session)
    job = at_work(town, session, rahima, karim, method=Method.CASH)
    owes(town, session, karim)
    assert heard(town, session, karim.id) == []
    narrow(session, karim, 1_000)
    town.fire(session, job, "complete", karim.specialist)
    town.fire(session, job, "declare_cash", karim.specialist, cash_minor=price(session, job).minor)
    town.fire(session, job, "confirm", rahima.customer, cash_minor=price(session, job).minor)
    owes(town, session, karim)
    owes(town, session, karim)
    (told,) = heard(town, session, karim.id)
    assert told == ("debt_limit", "Limit of Tk 10.00 reached: no cash jobs until you top up.")
    narrow(session, karim, 10_000_000)
    owes(town, session, karim)
    letters = heard(town, session, karim.id)
    assert [letter for letter, _ in letters] == ["debt_limit", "debt_lifted"]
    assert letters[1][1].startswith("Cash jobs again: Tk 99,")


def owes(town: Town, session: Session, karim: Somebody) -> None:
    """As the worker does after each change of what is owed."""
    found = debts.look(session, specialist=karim.id, currency="BDT", now=town.now)
    if found is not None:
        reactions.tell_of_debt(session, specialist=str(karim.id), currency="BDT", turn=str(found.turns))


def narrow(session: Session, karim: Somebody, minor: int) -> None:
    account = books.account(session, AccountName("receivable", "BDT", "specialist", karim.id))
    assert account is not None
    ledger.set_limit(session, account, limit=minor)


def test_the_head_of_the_books_is_published_once_a_day_and_told_to_finance(
    town: Town, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    shirin = register(session, "Shirin Akter", town.now)
    people.grant_role(session, person=shirin, role="finance", by=town.manager, now=town.now)
    head = books.Head(7, 1, "99", 12, "ab" * 32, town.now)
    monkeypatch.setattr(books, "head", lambda _session, no=None: head)
    monkeypatch.setattr(ledger, "seal", lambda _session, most=0: 0)
    clock.move(town.now - clock.now())
    for _ in range(2):
        house.publish_seal(session)
    (stored,) = books.published(session)
    assert (stored.no, stored.hash, stored.day) == (7, "ab" * 32, date(2026, 11, 22))
    assert heard(town, session, shirin) == [("seal_head", "Seal 7 of the books: abababababab")]
    assert heard(town, session, town.manager) == []
