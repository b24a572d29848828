"""From nobody to a published visit, in Bengali, without scripts, paid at the real bank."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from booking.jobs.queries import CustomerJob, for_customer
from booking.jobs.words import Method, State
from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from marketplace.foundation.ids import PersonId
from marketplace.people.queries import find_by_contact
from payments.topups.queries import TopUpView, top_ups_of
from payments.wallets.queries import balance, held_for_job
from tests.web.bank.running import RunningBank
from tests.web.conftest import Visitor
from tests.web.pages.walking import Walker, comes_back, offered, words_of

PHONE = "০১৯১১২২৩৩৪৪"
NAME = "নাসরিন আক্তার"


def newcomer() -> PersonId:
    with transaction() as session:
        found = find_by_contact(session, PHONE, "BD")
    assert found is not None
    return found


def job_of(person: PersonId, id: UUID) -> CustomerJob:
    with transaction() as session:
        return for_customer(session, id, person, now=clock.now())


def top_up_of(person: PersonId) -> TopUpView:
    with transaction() as session:
        [found] = top_ups_of(session, person)
    return found


def money_of(person: PersonId, job: UUID) -> tuple[int, int]:
    """What is available, and what is held for the job; in paisa."""
    with transaction() as session:
        there = balance(session, owner=person, owner_kind="customer", currency="BDT")
        return there.available.minor, held_for_job(session, job, "BDT").minor


def books(visitor: Visitor) -> Walker:
    """Until the page of the payment, in Bengali with Bengali digits."""
    visitor.language = "bn"
    walker = Walker(visitor)
    walker.answers(**{"about-count": "২"}).says_where(line="বাড়ি ৭, রোড ৩", unit="৪বি", directions="সবুজ গেট")
    return walker.chooses_time().agrees(leads_to="/number").gives_number(phone=PHONE, name=NAME)


def test_a_visitor_books_in_bengali_tops_up_at_the_bank_and_is_published(
    visitor: Visitor, bank: RunningBank, work_off: Any
) -> None:
    walker = books(visitor)
    person = newcomer()
    page = walker.goes(walker.at("payment"))
    assert 'lang="bn"' in page.text
    assert "১,৪৫০.০০৳" in words_of(page.text)
    at_bank = walker.pays("bank", leads_to=bank.url)
    assert job_of(person, walker.id).job.funded is False

    checking = comes_back(visitor, bank, at_bank, "pay")
    walker.goes(checking)
    assert job_of(person, walker.id).job.funded is False, "a browser's return moves no money"
    work_off()

    job = job_of(person, walker.id)
    assert job.job.state is State.OPEN
    assert job.job.method is Method.WALLET
    assert job.job.price is not None
    assert money_of(person, walker.id) == (0, job.job.price.minor)
    assert [bool(each.txn and each.bank) for each in top_up_of(person).attempts] == [True]
    assert f"/jobs/{walker.booking}" in walker.goes(checking).text
    assert job.number in walker.goes(f"/jobs/{walker.booking}").text
    assert job.number in walker.goes("/wallet").text


def test_declined_at_the_bank_nothing_is_taken_and_the_next_try_books(
    visitor: Visitor, bank: RunningBank, work_off: Any
) -> None:
    walker = books(visitor)
    person = newcomer()
    checking = comes_back(visitor, bank, walker.pays("bank", leads_to=bank.url), "decline")
    work_off()
    assert money_of(person, walker.id) == (0, 0)
    again = walker.sends(f"{checking}/attempts", {"gateway": "sandbox"}, leads_to=bank.url).headers["location"]
    comes_back(visitor, bank, again, "pay")
    work_off()
    assert job_of(person, walker.id).job.state is State.OPEN


def test_money_that_comes_after_the_time_was_kept_stays_in_the_wallet_and_a_new_time_is_chosen(
    visitor: Visitor, bank: RunningBank, work_off: Any
) -> None:
    walker = books(visitor)
    person = newcomer()
    at_bank = walker.pays("bank", leads_to=bank.url)
    price = job_of(person, walker.id).job.price
    assert price is not None
    with clock.moved(timedelta(minutes=45)):  # also what going to the bank has added
        checking = comes_back(visitor, bank, at_bank, "pay")
        work_off()
        assert job_of(person, walker.id).job.funded is False
        assert money_of(person, walker.id) == (price.minor, 0)
        assert f"/bookings/{walker.booking}" in walker.goes(checking).text
        walker.goes(walker.at("time"))
        free = offered(walker.page, "window")
        walker.sends(walker.at("time"), {"window": free[0]}, leads_to="/payment")
        walker.pays("wallet", leads_to=f"/jobs/{walker.booking}")
        work_off()
        assert job_of(person, walker.id).job.state is State.OPEN
