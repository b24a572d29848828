"""The second factor: switched on with proof, each step and each recovery code used once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pyotp
import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from marketplace.foundation.database import transaction
from marketplace.foundation.ids import PersonId
from marketplace.people import actions, queries
from marketplace.people.rules import SecondFactorOff, SecondFactorOn, TooManyTries, WrongStep
from tests.marketplace.people.asking import HOUR
from tests.marketplace.people.conftest import NOON, registers


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
