"""Signing in: sessions, passwords, and the links that set new ones."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from marketplace.foundation.database import TransactionOpen, transaction
from marketplace.foundation.ids import PersonId
from marketplace.people import actions, hashing, queries
from marketplace.people.rules import LIVES, LinkRefused, PasswordRefused, TooManyTries, WrongSignIn
from marketplace.people.tables import ResetLink, WebSession
from tests.marketplace.people.asking import HOUR, MINUTE, asks_for_a_link
from tests.marketplace.people.conftest import NOON, a_phone, an_address, registers

PASSWORD = "বৃষ্টি-আসছে আজ"
HASH = hashing.hash_password(PASSWORD)


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


def test_a_visitors_session_is_replaced_at_sign_in(session: Session, rahima: PersonId) -> None:
    visitor = actions.start_session(session, person=None, now=NOON)
    seen = actions.touch(session, visitor.token, now=NOON)
    assert seen is not None
    assert seen.person_id is None
    started = actions.start_session(session, person=rahima, now=NOON, replaces=visitor.id)
    assert started.token != visitor.token
    assert actions.touch(session, visitor.token, now=NOON) is None


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


def test_nobodys_password_is_compared_as_long_as_somebodys(slow_passwords: None) -> None:
    hashing.nobodys_hash()
    somebodys = hashing.hash_password(PASSWORD)
    assert somebodys.startswith("$argon2id$v=19$m=65536,t=3,p=4$")

    def seconds(password_hash: str | None) -> float:
        samples = []
        for _ in range(3):
            start = datetime.now()
            assert not hashing.check_password("wrong password", password_hash)
            samples.append((datetime.now() - start).total_seconds())
        return min(samples)

    known, unknown = seconds(somebodys), seconds(None)
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
