"""The second factor: an authenticator's six digits, each step used once, and ten recovery codes."""

import secrets
from datetime import datetime
from uuid import UUID

import pyotp
from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from marketplace.foundation import audit, vault
from marketplace.foundation.ids import PersonId, uuid7
from marketplace.foundation.languages import ascii_digits
from marketplace.people.actions.accounts import lock_person
from marketplace.people.actions.limits import count_try, forgive, key_of
from marketplace.people.actions.sessions import mark_second_factor
from marketplace.people.rules import (
    RECOVERY_CODES,
    SECOND_FACTORS,
    TOTP_SECONDS,
    SecondFactorOff,
    SecondFactorOn,
    WrongStep,
)
from marketplace.people.tables import RecoveryCode, Totp

ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # nothing that is read wrongly from paper
WINDOW = 1  # steps of thirty seconds before and after


def begin_totp(session: Session, *, person: PersonId, now: datetime) -> str:
    """A fresh secret (base32) to show once, as text and as a picture; in use after `enable_totp`.

    Refuses SecondFactorOn.
    """
    lock_person(session, person)
    row = session.get(Totp, person, with_for_update=True, populate_existing=True)
    if row is not None and row.enabled_at is not None:
        raise SecondFactorOn()
    secret = pyotp.random_base32()
    sealed = vault.seal(person, vault.place("totp", "secret", person), secret)
    if row is None:
        session.add(Totp(person_id=person, secret=sealed, begun_at=now, last_step=0))
    else:
        row.secret, row.begun_at, row.last_step = sealed, now, 0
    session.flush()
    return secret


def enable_totp(session: Session, *, person: PersonId, typed: str, now: datetime) -> list[str]:
    """Prove the authenticator with its first digits; returns ten recovery codes, shown once.

    Refuses SecondFactorOff before `begin_totp`, SecondFactorOn, WrongStep.
    """
    row = session.get(Totp, person, with_for_update=True, populate_existing=True)
    if row is None:
        raise SecondFactorOff()
    if row.enabled_at is not None:
        raise SecondFactorOn()
    step = _matching_step(row, typed, now)
    if step is None:
        raise WrongStep()
    row.enabled_at, row.last_step = now, step
    session.flush()
    audit.record(session, action="people.second_factor_on", actor=person, subject=person, reason=None, now=now)
    return renew_recovery_codes(session, person=person)


def check_totp(
    session: Session, *, person: PersonId, typed: str, now: datetime, session_id: UUID | None = None
) -> bool:
    """Whether these are the digits of now, half a minute off at most, not used before; then marks the session.

    A wrong one answers False, and the try is kept with the commit. Refuses TooManyTries (5 in 15 minutes),
    SecondFactorOff.
    """
    key = key_of("second_factor", person.bytes)
    count_try(session, "second_factor", key, SECOND_FACTORS, now=now)
    row = session.get(Totp, person, with_for_update=True, populate_existing=True)
    if row is None or row.enabled_at is None:
        raise SecondFactorOff()
    step = _matching_step(row, typed, now)
    if step is None:
        return False
    row.last_step = step
    _passed(session, key, session_id, now)
    return True


def use_recovery_code(
    session: Session, *, person: PersonId, typed: str, now: datetime, session_id: UUID | None = None
) -> bool:
    """One of the ten codes in place of the authenticator; each works once. Limits as `check_totp`."""
    key = key_of("second_factor", person.bytes)
    count_try(session, "second_factor", key, SECOND_FACTORS, now=now)
    unused = update(RecoveryCode).where(
        RecoveryCode.person_id == person, RecoveryCode.digest == _digest(person, typed), RecoveryCode.used_at.is_(None)
    )
    if session.scalar(unused.values(used_at=now).returning(RecoveryCode.id)) is None:
        return False
    _passed(session, key, session_id, now)
    audit.record(session, action="people.recovery_code_used", actor=person, subject=person, reason=None, now=now)
    return True


def renew_recovery_codes(session: Session, *, person: PersonId) -> list[str]:
    """Ten new codes, shown once; the old ones are void."""
    session.execute(delete(RecoveryCode).where(RecoveryCode.person_id == person))
    codes = [
        "-".join("".join(secrets.choice(ALPHABET) for _ in range(5)) for _ in range(2)) for _ in range(RECOVERY_CODES)
    ]
    session.add_all(RecoveryCode(id=uuid7(), person_id=person, digest=_digest(person, code)) for code in codes)
    session.flush()
    return codes


def end_totp(session: Session, *, person: PersonId, by: PersonId, reason: str | None, now: datetime) -> None:
    """Switch the second factor off. Refuses SecondFactorOff."""
    row = session.get(Totp, person, with_for_update=True, populate_existing=True)
    if row is None:
        raise SecondFactorOff()
    session.delete(row)
    session.execute(delete(RecoveryCode).where(RecoveryCode.person_id == person))
    session.flush()
    audit.record(session, action="people.second_factor_off", actor=by, subject=person, reason=reason, now=now)


def _matching_step(row: Totp, typed: str, now: datetime) -> int | None:
    digits = ascii_digits("".join(typed.split()))
    secret = vault.unseal(row.person_id, vault.place("totp", "secret", row.person_id), row.secret)
    generator, current = pyotp.TOTP(secret, interval=TOTP_SECONDS), int(now.timestamp()) // TOTP_SECONDS
    for step in range(current - WINDOW, current + WINDOW + 1):
        if step > row.last_step and pyotp.utils.strings_equal(generator.generate_otp(step), digits):
            return step
    return None


def _passed(session: Session, key: bytes, session_id: UUID | None, now: datetime) -> None:
    session.flush()
    forgive(session, "second_factor", key)
    if session_id is not None:
        mark_second_factor(session, session_id, now=now)


def _digest(person: PersonId, code: str) -> bytes:
    plain = "".join(sign for sign in code.lower() if sign in ALPHABET)
    return vault.blind("recovery code", f"{person}:{plain}")
