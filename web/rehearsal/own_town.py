"""What a rehearsal does to the database of its own town: everybody may sign in; afterwards, whether all is well."""

import time
from collections.abc import Mapping

from marketplace.foundation import clock, outbox
from marketplace.foundation.database import WORKER_LIMITS, transaction
from marketplace.foundation.settings import read
from marketplace.people import actions as people
from marketplace.people.hashing import hash_password
from web import cast as casting
from web.commands.operate import verified
from web.opening import close_house, open_house
from web.rehearsal.stage import SignIn
from web.towns import PASSWORD

SETTLING_SECONDS = 60.0


def let_everybody_in(environment: Mapping[str, str]) -> list[SignIn]:
    """Give a user name to everybody who works or books; with one password, since hashing is slow on purpose."""
    password = PASSWORD.format(username="rehearsal")
    hashed = hash_password(password)
    open_house(read(environment), connections=2, limits=WORKER_LIMITS)
    try:
        with transaction() as session:
            cast = casting.find(session)
            if cast is None:
                raise LookupError("nobody lives in this town")
            found = [SignIn(one.role, one.username or "", one.password or "") for one in cast.people]
            unnamed = [one for one in (*cast.specialists, *cast.customers) if not one.username]
            now = clock.now()
            for number, one in enumerate(unnamed):
                username = f"{one.role}-{number}"
                people.set_username(session, person=one.id, username=username, now=now)
                people.set_password(session, person=one.id, password_hash=hashed, now=now)
                found.append(SignIn(one.role, username, password))
    finally:
        close_house()
    return found


def settle_and_verify(environment: Mapping[str, str]) -> dict[str, int]:
    """Wait until nothing is left to do, then every invariant with the number of cases that break it."""
    open_house(read(environment), connections=2, limits=WORKER_LIMITS)
    try:
        deadline = time.monotonic() + SETTLING_SECONDS
        while _unfinished_work() and time.monotonic() < deadline:
            time.sleep(0.5)
        return verified() | {"work_left_over": _unfinished_work()}
    finally:
        close_house()


def _unfinished_work() -> int:
    with transaction() as session:
        counts = outbox.counts(session)
    return counts["due"] + counts["sent"]
