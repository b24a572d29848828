"""A promotion code from the booking to the capture: the house pays its part, what comes to nothing is free."""

import threading
from datetime import timedelta
from uuid import UUID, uuid4

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from booking.jobs import promoting
from booking.jobs.rules import SYSTEM, AlreadyFunded, JobNotFound
from marketplace.foundation.database import transaction
from payments import audits
from payments.promotions import actions, queries
from payments.promotions.rules import (
    Promotion,
    PromotionExists,
    PromotionImpossible,
    PromotionOver,
    PromotionUnknown,
    PromotionUsedBefore,
    PromotionUsedUp,
    discount,
    plain_code,
)
from payments.wallets import queries as wallets
from tests.booking.care.test_cases import refused
from tests.booking.jobs.test_money import MONEY, held, price, taka, wallet
from tests.booking.jobs.town import SUNDAY, Somebody, Town
from web import invariants

OFF = 10_000


def published(town: Town, session: Session, code: str = "EID26", *, uses: int = 5) -> UUID:
    return actions.publish(
        session, code=code, currency="BDT", amount=taka(OFF), uses_max=uses, since=town.now, by=town.manager,
        until=town.now + timedelta(days=30), now=town.now,
    )  # fmt: skip


def use(town: Town, session: Session, job: UUID, who: Somebody, code: str = "eid-26") -> int:
    return promoting.use_code(session, job, customer=who.id, code=code, now=town.now).minor


def test_the_house_pays_its_part_at_capture_and_nobody_else_notices(town: Town, session: Session) -> None:
    published(town, session)
    rahima, karim = town.customer(session, money=MONEY), town.craftsman(session)
    job = town.held(session, rahima).job_id
    total = price(session, job).minor
    for _ in range(2):
        assert use(town, session, job, rahima) == OFF
    town.fire(session, job, "fund", rahima.customer)
    assert held(session, job) == total - OFF
    refused(session, AlreadyFunded, lambda: use(town, session, job, rahima))
    town.fire(session, job, "publish", SYSTEM)
    town.fire(session, job, "accept", karim.specialist, offer_id=uuid4())
    town.later(hours=26)
    for event, facts in (("depart", {}), ("arrive", {"reason": "by_hand"}), ("start", {"waiver": "no_phone"})):
        town.fire(session, job, event, karim.specialist, **facts)
    town.fire(session, job, "complete", karim.specialist)
    town.fire(session, job, "confirm", rahima.customer)
    paid = wallets.payment_of(session, job)
    assert paid is not None
    assert (paid.gross.minor, paid.promotion.minor) == (total, OFF)
    assert wallet(session, rahima) == (MONEY - total + OFF, 0)
    assert wallet(session, karim, "specialist")[0] == paid.net.minor
    assert not {name: found for name, found in invariants.figures(session).items() if found}
    assert not {name: found for name, found in audits.figures(session, now=town.now).items() if found}


def test_a_code_is_refused_by_name(town: Town, session: Session) -> None:
    published(town, session, uses=1)
    rahima, tanvir = town.customer(session, money=MONEY), town.customer(session, money=MONEY)
    job, other = town.held(session, rahima).job_id, town.held(session, tanvir).job_id
    refused(session, PromotionUnknown, lambda: use(town, session, job, rahima, "EID27"))
    refused(session, JobNotFound, lambda: use(town, session, job, tanvir))
    use(town, session, job, rahima)
    refused(session, PromotionUsedUp, lambda: use(town, session, other, tanvir))
    promoting.drop_code(session, job, customer=rahima.id, now=town.now)
    use(town, session, other, tanvir)
    refused(session, PromotionExists, lambda: published(town, session, "eid 26"))
    for wrong in (0, -1):
        refused(
            session, PromotionImpossible,
            lambda w=wrong: actions.publish(  # type: ignore[misc]  # one of each
                session, code="ZERO", currency="BDT", amount=taka(w), uses_max=1, since=town.now,
                until=town.now + timedelta(days=1), by=town.manager, now=town.now,
            ),
        )  # fmt: skip


def test_one_use_for_each_customer_and_what_comes_to_nothing_is_free(town: Town, session: Session) -> None:
    id = published(town, session)
    rahima = town.customer(session, money=MONEY)
    town.craftsman(session)
    town.craftsman(session)
    first, second = town.held(session, rahima).job_id, town.held(session, rahima).job_id
    use(town, session, first, rahima)
    refused(session, PromotionUsedBefore, lambda: use(town, session, second, rahima))
    town.fire(session, first, "fund", rahima.customer)
    town.fire(session, first, "cancel_by_customer", rahima.customer)
    assert wallet(session, rahima) == (MONEY, 0)
    assert use(town, session, second, rahima) == OFF
    town.fire(session, second, "fund", rahima.customer, method="cash")
    assert queries.promised(session, second) is None
    actions.end(session, id, now=town.now)
    town.later(days=31)
    tanvir = town.customer(session)
    refused(
        session, PromotionOver,
        lambda: actions.take(
            session, code="EID26", customer=tanvir.id, job=uuid4(), price=taka(MONEY), now=town.now
        ),
    )  # fmt: skip


def test_the_last_use_goes_to_one_of_two_who_come_at_once(busy_town: Town) -> None:
    town, told, ready = busy_town, list[str](), threading.Barrier(2)
    with transaction() as session:
        published(town, session, uses=1)

    def take() -> None:
        ready.wait()
        try:
            with transaction() as session:
                actions.take(
                    session, code="EID26", customer=uuid4(), job=uuid4(), price=taka(MONEY), now=town.now
                )  # fmt: skip
            told.append("taken")
        except PromotionUsedUp:
            told.append("refused")

    threads = [threading.Thread(target=take) for _ in range(2)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(told) == ["refused", "taken"]


@given(
    price=st.integers(1, 10**9), points=st.integers(1, 9_999), most=st.one_of(st.none(), st.integers(1, 10**6)),
    fixed=st.one_of(st.none(), st.integers(1, 10**9)),
)  # fmt: skip
def test_a_discount_never_pays_the_whole_price(price: int, points: int, most: int | None, fixed: int | None) -> None:
    made = Promotion(
        id=uuid4(), code="X", currency="BDT", amount=None if fixed is None else taka(fixed),
        basis_points=None if fixed else points, at_most=None if most is None else taka(most), valid_from=SUNDAY,
        valid_until=SUNDAY, uses_max=1, uses=0, ended_at=None,
    )  # fmt: skip
    off = discount(made, taka(price)).minor
    assert 0 <= off < price
    assert most is None or off <= most


def test_a_code_is_read_however_it_is_typed() -> None:
    assert plain_code(" eid-২৬ ") == plain_code("EID 26") == "EID26"
