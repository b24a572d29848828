"""Signing in: sessions, codes, passwords, links and the second factor."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pyotp
import pytest
from sqlalchemy import Engine, select, text
from sqlalchemy.orm import Session

from marketplace.foundation.database import TransactionOpen, transaction
from marketplace.foundation.ids import PersonId
from marketplace.people import actions, hashing, queries
from marketplace.people.rules import (
    LIVES,
    LinkRefused,
    NotAContact,
    PasswordRefused,
    SecondFactorOff,
    SecondFactorOn,
    TooManyTries,
    WrongCode,
    WrongSignIn,
    WrongStep,
)
from marketplace.people.tables import Attempt, OneTimeCode, ResetLink, WebSession
from tests.marketplace.people.conftest import NOON, a_phone, an_address, registers

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
PASSWORD = "বৃষ্টি-আসছে আজ"
HASH = hashing.hash_password(PASSWORD)


def asks(
    session: Session, phone: str, browser: UUID, *, now: datetime = NOON, purpose: str = "sign_in", address: str = ""
) -> actions.CodeRequested:
    return actions.request_code(
        session, contact=phone, region="BD", purpose=purpose, bound_to=browser, network_address=address or an_address(),
        now=now,
    )  # fmt: skip


def types(
    session: Session, code: actions.CodeRequested, typed: str, browser: UUID, now: datetime = NOON
) -> actions.Confirmed | WrongCode:
    return actions.confirm_code(session, id=code.id, purpose="sign_in", bound_to=browser, typed=typed, now=now)


def wrong(digits: str) -> str:
    return f"{(int(digits) + 1) % 1_000_000:06d}"


# Sessions -----------------------------------------------------------------------------------------------------------


def test_the_cookie_is_known_to_the_database_as_a_digest_only(session: Session, rahima: PersonId) -> None:
    started = actions.start_session(session, person=rahima, now=NOON, device="Phone, Android")
    assert len(started.token) >= 43  # 256 bits
    row = session.get_one(WebSession, started.id)
    assert started.token.encode() not in row.token_hash
    found = actions.touch(session, started.token, now=NOON)
    assert found is not None
    assert (found.person_id, found.role_names, found.second_factor) == (rahima, frozenset({"customer"}), False)
    assert actions.touch(session, started.token + "x", now=NOON) is None
    (device,) = queries.devices_of(session, rahima)
    assert queries.device_of(device) == "Phone, Android"


@pytest.mark.parametrize("role", sorted(LIVES))
def test_a_session_lives_as_long_as_its_strictest_role_allows(session: Session, karim: PersonId, role: str) -> None:
    if role != "customer":
        actions.grant_role(session, person=karim, role=role, by=None, now=NOON)
    life = LIVES[role]
    token = actions.start_session(session, person=karim, now=NOON).token
    just_before = NOON + life.idle - timedelta(seconds=1)
    assert actions.touch(session, token, now=just_before) is not None
    session.expire_all()
    assert actions.touch(session, token, now=just_before + life.idle) is None
    if life.most is not None:
        token, moment = actions.start_session(session, person=karim, now=NOON).token, NOON
        while moment < NOON + life.most - timedelta(minutes=5):
            moment += timedelta(minutes=5)
            if moment < NOON + life.most:
                assert actions.touch(session, token, now=moment) is not None
        assert actions.touch(session, token, now=NOON + life.most) is None


def test_all_sessions_end_at_once(session: Session, rahima: PersonId, karim: PersonId) -> None:
    tokens = [actions.start_session(session, person=rahima, now=NOON) for _ in range(3)]
    other = actions.start_session(session, person=karim, now=NOON)
    actions.end_sessions(session, rahima, because="test", now=NOON, keep=tokens[0].id)
    alive = [actions.touch(session, each.token, now=NOON) is not None for each in [*tokens, other]]
    assert alive == [True, False, False, True]
    assert not actions.end_session(session, other.id, person=rahima, now=NOON)
    assert actions.end_session(session, other.id, person=karim, now=NOON)


def test_disabling_password_and_staff_role_end_sessions(session: Session, rahima: PersonId, karim: PersonId) -> None:
    def ends(act: object) -> bool:
        token = actions.start_session(session, person=rahima, now=NOON).token
        assert callable(act)
        act()
        return actions.touch(session, token, now=NOON) is None

    assert ends(lambda: actions.set_password(session, person=rahima, password_hash=HASH, now=NOON))
    assert ends(lambda: actions.grant_role(session, person=rahima, role="finance", by=karim, now=NOON))
    assert ends(lambda: actions.end_role(session, person=rahima, role="finance", by=karim, now=NOON))
    assert ends(lambda: actions.disable(session, person=rahima, by=karim, reason="left", now=NOON))
    actions.enable(session, person=rahima, by=karim, reason="came back", now=NOON)
    assert queries.person(session, rahima).is_active


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


def test_a_visitors_session_is_replaced_at_sign_in(session: Session, rahima: PersonId) -> None:
    visitor = actions.start_session(session, person=None, now=NOON)
    seen = actions.touch(session, visitor.token, now=NOON)
    assert seen is not None
    assert seen.person_id is None
    started = actions.start_session(session, person=rahima, now=NOON, replaces=visitor.id)
    assert started.token != visitor.token
    assert actions.touch(session, visitor.token, now=NOON) is None


# Codes --------------------------------------------------------------------------------------------------------------


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


# Passwords ----------------------------------------------------------------------------------------------------------


def signs_in(session: Session, account: str, password: str, now: datetime = NOON, address: str = "") -> actions.Started:
    begun = actions.begin_sign_in(
        session, account=account, region="BD", network_address=address or an_address(), now=now
    )
    return actions.finish_sign_in(
        session, begun, matches=hashing.check_password(password, begun.password_hash), now=now
    )


def test_sign_in_by_user_name_email_or_phone(session: Session) -> None:
    phone = a_phone()
    person = registers(session, contact=phone)
    actions.set_username(session, person=person, username="rahima", now=NOON)
    actions.set_password(session, person=person, password_hash=HASH, now=NOON)
    for account in (phone, f"+88{phone}", "rahima", " RAHIMA "):
        assert signs_in(session, account, PASSWORD).person_id == person
    with pytest.raises(WrongSignIn):
        signs_in(session, phone, PASSWORD + " ")


def test_unknown_disabled_and_passwordless_accounts_are_refused_alike(session: Session, karim: PersonId) -> None:
    without = a_phone()
    registers(session, contact=without)
    disabled = a_phone()
    person = registers(session, contact=disabled)
    actions.set_password(session, person=person, password_hash=HASH, now=NOON)
    actions.disable(session, person=person, by=karim, reason="test", now=NOON)
    for account in (without, disabled, a_phone(), "nobody", "nobody@example.com", "", "x" * 500):
        with pytest.raises(WrongSignIn):
            signs_in(session, account, PASSWORD)


def test_nobodys_password_is_compared_as_long_as_somebodys() -> None:
    hashing.nobodys_hash()

    def seconds(password_hash: str | None) -> float:
        samples = []
        for _ in range(3):
            start = datetime.now()
            assert not hashing.check_password("wrong password", password_hash)
            samples.append((datetime.now() - start).total_seconds())
        return min(samples)

    known, unknown = seconds(HASH), seconds(None)
    assert 0.5 < known / unknown < 2


def test_ten_wrong_passwords_close_an_account_for_a_while_known_or_not(session: Session) -> None:
    phone = a_phone()
    person = registers(session, contact=phone)
    actions.set_password(session, person=person, password_hash=HASH, now=NOON)
    for account in (phone, a_phone(), "nobody"):
        for _ in range(10):
            begun = actions.begin_sign_in(session, account=account, region="BD", network_address=an_address(), now=NOON)
            with pytest.raises(WrongSignIn):
                actions.finish_sign_in(session, begun, matches=False, now=NOON)
        with pytest.raises(TooManyTries) as refused:
            actions.begin_sign_in(session, account=account, region="BD", network_address=an_address(), now=NOON)
        assert refused.value.again_at == NOON + timedelta(minutes=15)
    later = NOON + timedelta(minutes=15)
    assert signs_in(session, phone, PASSWORD, now=later).person_id == person
    assert signs_in(session, phone, PASSWORD, now=later).person_id == person


def test_a_password_changed_in_between_does_not_sign_in(session: Session) -> None:
    phone = a_phone()
    person = registers(session, contact=phone)
    actions.set_password(session, person=person, password_hash=HASH, now=NOON)
    begun = actions.begin_sign_in(session, account=phone, region="BD", network_address=an_address(), now=NOON)
    actions.set_password(session, person=person, password_hash=HASH + "x", now=NOON)
    with pytest.raises(WrongSignIn):
        actions.finish_sign_in(session, begun, matches=True, now=NOON)


@pytest.mark.parametrize("password", ["short", "12345678", "Password1", "aaaaaaaaaaaa", "bismillah786", "x" * 201])
def test_a_poor_password_is_refused(password: str) -> None:
    with pytest.raises(PasswordRefused):
        hashing.hash_password(password)


def test_hashing_inside_a_transaction_is_a_mistake(database: Engine) -> None:
    with transaction(), pytest.raises(TransactionOpen):
        hashing.check_password("x", HASH)


# Links --------------------------------------------------------------------------------------------------------------


def asks_for_a_link(session: Session, account: str, now: datetime = NOON) -> actions.ResetRequested:
    return actions.request_reset(session, account=account, region="BD", network_address=an_address(), now=now)


def test_a_link_works_once_and_ends_all_sessions(session: Session) -> None:
    person = registers(session, contact="resets@example.com")
    open_session = actions.start_session(session, person=person, now=NOON)
    link = asks_for_a_link(session, "resets@example.com")
    token = actions.link_token(session, link.id or uuid4(), now=NOON) or ""
    assert actions.link_is_open(session, token, now=NOON)
    assert actions.reset(session, token=token, password_hash=HASH, now=NOON) == person
    assert actions.touch(session, open_session.token, now=NOON) is None
    assert signs_in(session, "resets@example.com", PASSWORD).person_id == person
    with pytest.raises(LinkRefused):
        actions.reset(session, token=token, password_hash=HASH, now=NOON)
    assert actions.link_token(session, link.id or uuid4(), now=NOON) is None


def test_a_second_link_voids_the_first_and_time_voids_both(session: Session) -> None:
    registers(session, contact="twice@example.com")
    first, second = asks_for_a_link(session, "twice@example.com"), asks_for_a_link(session, "twice@example.com")
    token = actions.link_token(session, second.id or uuid4(), now=NOON) or ""
    assert actions.link_token(session, first.id or uuid4(), now=NOON) is None
    assert actions.link_is_open(session, token, now=NOON + 29 * MINUTE)
    for moment in (NOON + 30 * MINUTE, NOON + HOUR):
        with pytest.raises(LinkRefused):
            actions.reset(session, token=token, password_hash=HASH, now=moment)
    with pytest.raises(LinkRefused):
        actions.reset(session, token="", password_hash=HASH, now=NOON)


def test_a_link_for_nobody_is_answered_alike_and_limited_alike(session: Session) -> None:
    registers(session, contact="known@example.com")
    for account in ("known@example.com", "unknown@example.com"):
        for _ in range(3):
            asks_for_a_link(session, account)
        with pytest.raises(TooManyTries):
            asks_for_a_link(session, account)
    assert asks_for_a_link(session, "other@example.com") == actions.ResetRequested(None, None, None)
    assert len(session.scalars(select(ResetLink)).all()) == 3


def test_many_use_one_link_and_one_succeeds(database: Engine) -> None:
    with transaction() as session:
        registers(session, contact="race@example.com")
        link = asks_for_a_link(session, "race@example.com")
        token = actions.link_token(session, link.id or uuid4(), now=NOON) or ""

    def use(n: int) -> bool:
        try:
            with transaction() as session:
                actions.reset(session, token=token, password_hash=f"{HASH}{n}", now=NOON)
        except LinkRefused:
            return False
        return True

    with ThreadPoolExecutor(12) as pool:
        assert sum(pool.map(use, range(12))) == 1


# The second factor --------------------------------------------------------------------------------------------------


def with_authenticator(session: Session, person: PersonId) -> tuple[pyotp.TOTP, list[str]]:
    generator = pyotp.TOTP(actions.begin_totp(session, person=person, now=NOON))
    return generator, actions.enable_totp(session, person=person, typed=generator.at(NOON), now=NOON)


def test_a_step_of_the_authenticator_is_used_once(session: Session, karim: PersonId) -> None:
    generator, _ = with_authenticator(session, karim)
    later = NOON + HOUR
    started = actions.start_session(session, person=karim, now=later)
    digits = generator.at(later)
    assert actions.check_totp(session, person=karim, typed=digits, now=later, session_id=started.id)
    assert not actions.check_totp(session, person=karim, typed=digits, now=later)
    seen = actions.touch(session, started.token, now=later)
    assert seen is not None
    assert seen.second_factor
    assert seen.stepped_up


def test_the_authenticator_may_be_half_a_minute_off_and_no_more(session: Session, karim: PersonId) -> None:
    generator, _ = with_authenticator(session, karim)
    for off, expected in ((-60, False), (-30, True), (60, False), (30, True)):
        later = NOON + HOUR + timedelta(minutes=10 * abs(off))
        typed = generator.at(later + timedelta(seconds=off))
        assert actions.check_totp(session, person=karim, typed=typed, now=later) is expected


def test_guessing_steps_is_limited(session: Session, karim: PersonId) -> None:
    generator, _ = with_authenticator(session, karim)
    later = NOON + HOUR
    for _ in range(5):
        assert not actions.check_totp(session, person=karim, typed="000000x", now=later)
    with pytest.raises(TooManyTries):
        actions.check_totp(session, person=karim, typed=generator.at(later), now=later)


def test_many_use_one_step_and_one_succeeds(database: Engine) -> None:
    with transaction() as session:
        karim = registers(session)
        generator, codes = with_authenticator(session, karim)
    later = NOON + HOUR
    digits = generator.at(later)

    def use(n: int) -> bool:
        try:
            with transaction() as session:
                return actions.check_totp(session, person=karim, typed=digits, now=later)
        except TooManyTries:
            return False

    with ThreadPoolExecutor(12) as pool:
        assert sum(pool.map(use, range(12))) == 1
    assert len(codes) == 10


def test_a_recovery_code_works_once(session: Session, karim: PersonId) -> None:
    _, codes = with_authenticator(session, karim)
    assert len(set(codes)) == 10
    assert actions.use_recovery_code(session, person=karim, typed=f" {codes[0].upper()} ", now=NOON)
    assert not actions.use_recovery_code(session, person=karim, typed=codes[0], now=NOON)
    fresh = actions.renew_recovery_codes(session, person=karim)
    assert not actions.use_recovery_code(session, person=karim, typed=codes[1], now=NOON)
    assert actions.use_recovery_code(session, person=karim, typed=fresh[0], now=NOON)


def test_the_second_factor_is_switched_on_with_proof_and_off_again(session: Session, karim: PersonId) -> None:
    with pytest.raises(SecondFactorOff):
        actions.check_totp(session, person=karim, typed="000000", now=NOON)
    actions.begin_totp(session, person=karim, now=NOON)
    with pytest.raises(WrongStep):
        actions.enable_totp(session, person=karim, typed="no", now=NOON)
    assert not queries.has_second_factor(session, karim)
    with_authenticator(session, karim)
    assert queries.has_second_factor(session, karim)
    with pytest.raises(SecondFactorOn):
        actions.begin_totp(session, person=karim, now=NOON)
    actions.end_totp(session, person=karim, by=karim, reason="new phone", now=NOON)
    assert not queries.has_second_factor(session, karim)


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
