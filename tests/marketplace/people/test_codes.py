"""Codes: where and how long each works, how many there are, and that none is stored."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine, select, text
from sqlalchemy.orm import Session

from marketplace.foundation.database import transaction
from marketplace.foundation.ids import PersonId
from marketplace.people import actions, queries
from marketplace.people.rules import NotAContact, TooManyTries, WrongCode
from marketplace.people.tables import Attempt, OneTimeCode, ResetLink
from tests.marketplace.people.asking import HOUR, MINUTE, asks, asks_for_a_link
from tests.marketplace.people.conftest import NOON, a_phone, an_address, registers


def types(
    session: Session, code: actions.CodeRequested, typed: str, browser: UUID, now: datetime = NOON
) -> actions.Confirmed | WrongCode:
    return actions.confirm_code(session, id=code.id, purpose="sign_in", bound_to=browser, typed=typed, now=now)


def wrong(digits: str) -> str:
    return f"{(int(digits) + 1) % 1_000_000:06d}"


def test_the_right_code_works_once_in_any_script(session: Session, browser: actions.Started) -> None:
    phone = a_phone()
    person = registers(session, contact=phone)
    code = asks(session, phone, browser.id)
    digits = actions.code_text(session, code.id, now=NOON)
    assert digits is not None
    assert len(digits) == 6
    bengali = digits.translate(str.maketrans("0123456789", "০১২৩৪৫৬৭৮৯"))
    assert types(session, code, f" {bengali[:3]} {bengali[3:]}", browser.id) == actions.Confirmed(
        person, code.contact_id or uuid4()
    )
    assert types(session, code, digits, browser.id) == WrongCode(0)
    assert actions.code_text(session, code.id, now=NOON) is None
    assert queries.contacts_of(session, person)[0].verified_at == NOON


def test_a_code_works_only_where_it_was_asked_for_and_for_five_minutes(
    session: Session, browser: actions.Started
) -> None:
    phone = a_phone()
    registers(session, contact=phone)
    code = asks(session, phone, browser.id)
    digits = actions.code_text(session, code.id, now=NOON) or ""
    assert types(session, code, digits, uuid4()) == WrongCode(0)
    other_purpose = actions.confirm_code(
        session, id=code.id, purpose="step_up", bound_to=browser.id, typed=digits, now=NOON
    )
    assert other_purpose == WrongCode(0)
    assert types(session, code, digits, browser.id, NOON + 5 * MINUTE) == WrongCode(0)
    assert actions.code_text(session, code.id, now=NOON + 5 * MINUTE) is None


def test_a_code_takes_five_tries(session: Session, browser: actions.Started) -> None:
    phone = a_phone()
    registers(session, contact=phone)
    code = asks(session, phone, browser.id)
    digits = actions.code_text(session, code.id, now=NOON) or ""
    left = [types(session, code, wrong(digits), browser.id) for _ in range(6)]
    assert left == [WrongCode(n) for n in (4, 3, 2, 1, 0, 0)]
    assert types(session, code, digits, browser.id) == WrongCode(0)


def test_twenty_threads_guessing_get_five_tries_together(database: Engine) -> None:
    with transaction() as session:
        browser = actions.start_session(session, person=None, now=NOON).id
        registers(session, contact="01711000001")
        code = asks(session, "01711000001", browser)
        digits = actions.code_text(session, code.id, now=NOON) or ""

    def guess(_: int) -> int:
        with transaction() as session:
            answer = types(session, code, wrong(digits), browser)
        assert isinstance(answer, WrongCode)
        return answer.tries_left

    with ThreadPoolExecutor(20) as pool:
        answers = Counter(pool.map(guess, range(20)))
    assert answers == {4: 1, 3: 1, 2: 1, 1: 1, 0: 16}
    with transaction() as session:
        assert session.get_one(OneTimeCode, code.id).tries == 5
        assert types(session, code, digits, browser) == WrongCode(0)


def test_twenty_threads_with_the_right_code_sign_in_once(database: Engine) -> None:
    with transaction() as session:
        browser = actions.start_session(session, person=None, now=NOON).id
        registers(session, contact="01711000001")
        code = asks(session, "01711000001", browser)
        digits = actions.code_text(session, code.id, now=NOON) or ""

    def use(_: int) -> bool:
        with transaction() as session:
            return isinstance(types(session, code, digits, browser), actions.Confirmed)

    with ThreadPoolExecutor(20) as pool:
        assert sum(pool.map(use, range(20))) == 1


def test_five_codes_an_hour_and_ten_a_day_for_each_phone(session: Session, browser: actions.Started) -> None:
    phone = a_phone()
    registers(session, contact=phone)
    moment, refused, sent = NOON, 0, []
    while moment < NOON + timedelta(hours=23):
        try:
            asks(session, phone, browser.id, now=moment)
            sent.append(moment)
        except TooManyTries:
            refused += 1
        moment += 3 * MINUTE
    assert (len(sent), refused > 300) == (10, True)
    assert len([each for each in sent if each < NOON + HOUR]) == 5
    assert asks(session, phone, browser.id, now=NOON + timedelta(hours=25)).person_id is not None


def test_between_two_codes_pass_thirty_sixty_then_a_hundred_and_twenty_seconds(
    session: Session, browser: actions.Started
) -> None:
    phone, moment = a_phone(), NOON
    for pause in (30, 60, 120, 120):
        asks(session, phone, browser.id, now=moment)
        with pytest.raises(TooManyTries) as refused:
            asks(session, phone, browser.id, now=moment + timedelta(seconds=pause - 1))
        assert refused.value.again_at == moment + timedelta(seconds=pause)
        moment += timedelta(seconds=pause)


def test_a_network_address_gets_thirty_codes_an_hour_over_all_phones(
    session: Session, browser: actions.Started
) -> None:
    for _ in range(30):
        asks(session, a_phone(), browser.id, address="192.0.2.1")
    with pytest.raises(TooManyTries):
        asks(session, a_phone(), browser.id, address="192.0.2.1")
    asks(session, a_phone(), browser.id, address="192.0.2.2")


def test_many_at_once_ask_for_one_phone_and_one_code_is_made(database: Engine) -> None:
    with transaction() as session:
        browser = actions.start_session(session, person=None, now=NOON).id
        registers(session, contact="01711000001")

    def ask(_: int) -> bool:
        try:
            with transaction() as session:
                asks(session, "01711000001", browser)
        except TooManyTries:
            return False
        return True

    with ThreadPoolExecutor(16) as pool:
        assert sum(pool.map(ask, range(16))) == 1


def test_a_second_code_voids_the_first(session: Session, browser: actions.Started) -> None:
    phone = a_phone()
    registers(session, contact=phone)
    first = asks(session, phone, browser.id)
    digits = actions.code_text(session, first.id, now=NOON) or ""
    asks(session, phone, browser.id, now=NOON + MINUTE)
    assert types(session, first, digits, browser.id, NOON + MINUTE) == WrongCode(0)


def test_an_unknown_phone_is_answered_like_a_known_one(session: Session, browser: actions.Started) -> None:
    known = a_phone()
    registers(session, contact=known)
    here, nowhere = asks(session, known, browser.id), asks(session, a_phone(), browser.id)
    assert here.expires_at == nowhere.expires_at
    assert (nowhere.person_id, nowhere.contact_id) == (None, None)
    assert actions.code_text(session, nowhere.id, now=NOON) is None
    digits = actions.code_text(session, here.id, now=NOON) or ""
    answers = [[types(session, each, wrong(digits), browser.id) for _ in range(6)] for each in (here, nowhere)]
    assert answers[0] == answers[1]


def test_another_code_is_asked_for_alike_whether_somebody_has_the_number_or_not(session: Session) -> None:
    def again(code: UUID, here: UUID, seconds: int) -> actions.CodeRequested:
        return actions.request_again(
            session, id=code, purpose="sign_in", bound_to=here, network_address=an_address(),
            now=NOON + timedelta(seconds=seconds),
        )  # fmt: skip

    known = a_phone()
    registers(session, contact=known)
    for contact in (known, a_phone()):
        here = uuid4()
        first = asks(session, contact, here)
        with pytest.raises(TooManyTries):
            again(first.id, here, 29)
        with pytest.raises(NotAContact):
            again(first.id, uuid4(), 31)
        second = again(first.id, here, 31)
        assert second.id != first.id
        assert (second.person_id is not None) is (contact == known)
        with pytest.raises(TooManyTries):
            again(second.id, here, 90)
        assert again(second.id, here, 92).contact_id == first.contact_id


def test_a_code_for_another_persons_contact_is_refused(
    session: Session, rahima: PersonId, browser: actions.Started
) -> None:
    with pytest.raises(NotAContact):
        actions.request_code(
            session, contact=a_phone(), region="BD", purpose="confirm_contact", bound_to=browser.id,
            network_address=an_address(), now=NOON, person=rahima,
        )  # fmt: skip


def test_a_step_up_confirms_the_session_for_five_minutes(session: Session) -> None:
    phone = a_phone()
    person = registers(session, contact=phone)
    started = actions.start_session(session, person=person, now=NOON)
    later = NOON + HOUR
    code = asks(session, phone, started.id, now=later, purpose="step_up")
    digits = actions.code_text(session, code.id, now=later) or ""
    seen = actions.touch(session, started.token, now=later)
    assert seen is not None
    assert not seen.stepped_up
    actions.confirm_code(session, id=code.id, purpose="step_up", bound_to=started.id, typed=digits, now=later)
    for passed, expected in ((0, True), (4, True), (5, False)):
        seen = actions.touch(session, started.token, now=later + passed * MINUTE)
        assert seen is not None
        assert seen.stepped_up is expected


def test_no_code_and_no_token_is_stored(database: Engine) -> None:
    with transaction() as session:
        browser = actions.start_session(session, person=None, now=NOON).id
        registers(session, contact="01711000001")
        code = asks(session, "01711000001", browser)
        link = actions.request_reset(
            session, account="01711000001", region="BD", network_address=an_address(), now=NOON
        )
        digits = actions.code_text(session, code.id, now=NOON) or ""
        token = actions.link_token(session, link.id or uuid4(), now=NOON) or ""
    with database.connect() as connection:
        everything = str(connection.execute(text("select t::text from one_time_code t")).all())
        everything += str(connection.execute(text("select t::text from reset_link t")).all())
        everything += str(connection.execute(text("select t::text from outbox t")).all())
    assert token
    assert token not in everything
    assert token.encode().hex() not in everything
    assert f",{digits}," not in everything
    assert digits.encode().hex() not in everything


def test_what_has_served_its_time_is_swept(session: Session, browser: actions.Started) -> None:
    phone = a_phone()
    registers(session, contact=phone)
    asks(session, phone, browser.id)
    asks_for_a_link(session, phone)
    actions.sweep(session, now=NOON + timedelta(hours=23))
    assert session.scalars(select(Attempt)).all()
    actions.sweep(session, now=NOON + timedelta(hours=25))
    for table in (Attempt, OneTimeCode, ResetLink):
        assert session.scalars(select(table)).all() == []
