"""What a crew is paid: one transfer with a leg for each, to the unit; and all of it given back, frozen or tipped."""

from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.jobs import queries, terms
from booking.jobs.rules import SYSTEM, Actor
from booking.jobs.words import Event, Role
from marketplace.foundation.ids import PersonId, derived
from marketplace.foundation.money import Money
from payments import audits
from payments.invoices import actions as invoices
from payments.invoices.rules import Issuer
from payments.invoices.tables import Document
from payments.wallets import queries as wallets
from payments.wallets.tables import Earning
from tests.booking.jobs.crew_town import complete, for_three, people
from tests.booking.jobs.town import Somebody, Town

MONEY = 1_000_000


def of(session: Session, who: PersonId) -> tuple[int, int]:
    """What somebody has, and how much of it is set aside."""
    found = wallets.balance(session, owner=who, owner_kind="specialist", currency="BDT")
    return found.posted.minor, found.held.minor


def _of(session: Session, who: PersonId) -> set[UUID]:
    return set(session.scalars(select(Earning.id).where(Earning.specialist_id == who)))


def done(session: Session, town: Town) -> tuple[UUID, Somebody, list[PersonId]]:
    """A job that three people have done; the odd price does not divide."""
    for_three(session, town)
    crew = people(session, town)
    rahima = town.customer(session, money=MONEY)
    job = town.opened(session, rahima)
    sits = complete(session, town, job)
    town.later(hours=28)
    town.fire(session, job, Event.ARRIVE, crew[0].specialist, reason="by_hand")
    town.fire(session, job, Event.START, crew[0].specialist, waiver="no_phone")
    town.fire(session, job, Event.COMPLETE, crew[0].specialist, final_minor=40_001)
    return job, rahima, sits


def test_everybody_gets_their_part_in_one_transfer(session: Session, town: Town) -> None:
    job, rahima, sits = done(session, town)
    offered = queries.for_finance(session, job).pay
    assert offered is not None
    parts = [pay.minor for pay in offered.net.share([40, 30, 30])]
    town.fire(session, job, Event.CONFIRM, rahima.customer)
    assert [of(session, who) for who in sits] == [(part, part) for part in parts]
    assert sum(parts) == offered.net.minor
    lines = wallets.of_job(session, job)
    assert sum(line.gross.minor for line in lines) == 40_001
    assert {line.net.minor for line in lines} == set(parts)
    town.fire(session, job, Event.TIP, rahima.customer, tip_minor=100)
    assert [of(session, who)[0] - part for who, part in zip(sits, parts, strict=True)] == [34, 33, 33]
    name = dict.fromkeys(("en", "bn", "fa", "ar"), "Karigar")
    issuer = Issuer(town.organization, name, "BD", "Asia/Dhaka")
    (receipt,) = invoices.issue_for(session, derived("job", job, "capture", 1), issuer=issuer, about=None, now=town.now)
    assert session.get_one(Document, receipt).supplier_id == sits[0]
    for who in sits:
        (mine,) = invoices.issue_commission(
            session, specialist=who, currency="BDT", month=town.now.date(), issuer=issuer, words={}, now=town.now
        )
        charged = sum(line.commission.minor + line.tax.minor for line in lines if line.id in _of(session, who))
        assert session.get_one(Document, mine).total == charged
    town.later(days=4)
    town.fire(session, job, Event.RELEASE, SYSTEM)
    assert [of(session, who)[1] for who in sits] == [0, 0, 0]
    assert sum(audits.figures(session, now=town.now).values()) == 0


def test_a_case_freezes_and_takes_from_each_in_proportion_until_nothing_is_left(session: Session, town: Town) -> None:
    job, rahima, sits = done(session, town)
    town.fire(session, job, Event.CONFIRM, rahima.customer)
    full = [of(session, who)[0] for who in sits]
    manager = Actor(Role.MANAGER, town.manager)
    for back in (10_000, 30_001):
        case = uuid4()
        town.fire(session, job, Event.OPEN_CASE, rahima.customer, disputed_minor=back, case_id=case)
        assert [of(session, who)[1] for who in sits] == [of(session, who)[0] for who in sits]  # warranty and frozen
        town.fire(session, job, Event.DECIDE_CASE, manager, case_id=case, customer_minor=back, reason="x")
    assert [of(session, who) for who in sits] == [(0, 0)] * 3
    assert full == sorted(full, reverse=True)
    found = wallets.balance(session, owner=rahima.id, owner_kind="customer", currency="BDT")
    assert (found.posted.minor, found.held.minor) == (MONEY, 0)
    assert sum(audits.figures(session, now=town.now).values()) == 0


def test_a_case_that_is_dismissed_leaves_everybody_theirs(session: Session, town: Town) -> None:
    job, rahima, sits = done(session, town)
    town.fire(session, job, Event.CONFIRM, rahima.customer)
    before, case = [of(session, who) for who in sits], uuid4()
    manager = Actor(Role.MANAGER, town.manager)
    town.fire(session, job, Event.OPEN_CASE, rahima.customer, disputed_minor=9_999, case_id=case)
    town.fire(session, job, Event.DECIDE_CASE, manager, case_id=case, customer_minor=0, reason="x")
    assert [of(session, who) for who in sits] == before


def test_a_crew_shares_what_is_kept_of_a_visit_called_off_late(session: Session, town: Town) -> None:
    for_three(session, town)
    people(session, town)
    rahima = town.customer(session, money=MONEY)
    job = town.opened(session, rahima)
    sits = complete(session, town, job)
    town.later(hours=27, minutes=30)
    mine = queries.for_customer(session, job, rahima.id, now=town.now)
    assert mine.terms is not None
    split = terms.on_cancelling(mine.job, mine.terms, now=town.now)
    assert split.specialist_share
    town.fire(session, job, Event.CANCEL_BY_CUSTOMER, rahima.customer, fee_minor=split.fee.minor)
    got = [of(session, who)[0] for who in sits]
    assert got == [each.minor for each in split.specialist_share.share([40, 30, 30])]
    assert sum(got) == split.specialist_share.minor
    assert Money(sum(got), "BDT") + split.house_share + split.tax == split.fee
