"""What a rehearsal does to the database of its own town: the rules of the day, and everybody with a session."""

from collections.abc import Mapping
from typing import Final

from sqlalchemy.orm import Session

from marketplace.foundation import clock
from marketplace.foundation.database import WORKER_LIMITS, transaction
from marketplace.foundation.settings import read
from marketplace.organizations import actions as organizations
from marketplace.organizations import queries as organization_queries
from marketplace.people import actions as people
from marketplace.people.hashing import hash_password
from web import cast as casting
from web.cast import Cast, Member
from web.opening import close_house, open_house
from web.rehearsal.stage import SignIn
from web.towns import PASSWORD

OFFICE: Final = ("finance", "manager", "administrator")  # of whom one prepares, one agrees, and one where two must
SETTINGS: Final[Mapping[str, int]] = {
    "dispute_window_days": 0,  # what is earned today is paid out today
    "cancellation_grace_minutes": 0,  # a day is too short for anybody to have had time to think
    "offer_batch_seconds": 5,
    "payout_wait_hours": 0,
    "payout_weekday": 0,  # whoever wants money asks for it
}
IN_TENTHS: Final[Mapping[str, int]] = {  # of the least that a visit costs
    "second_person_above": 8, "payout_minimum": 1, "payout_second_person_above": 60, "cash_debt_limit": 30,
}  # fmt: skip


def let_everybody_in(environment: Mapping[str, str]) -> list[SignIn]:
    """Give a user name to everybody who works or books, and a session; with one password, since hashing is slow."""
    password = PASSWORD.format(username="rehearsal")
    hashed = hash_password(password)
    open_house(read(environment), connections=2, limits=WORKER_LIMITS)
    try:
        with transaction() as session:
            cast = casting.find(session)
            if cast is None:
                raise LookupError("nobody lives in this town")
            _set_rules(session, cast)
            named = [each for each in cast.people if each.role in (*OFFICE, "customer", "specialist")]
            found = [_begin(session, each, each.username or "", each.password or "") for each in named]
            unnamed = [one for one in (*cast.specialists, *cast.customers) if not one.username]
            for number, one in enumerate(unnamed):
                username = f"{one.role}-{number}"
                people.set_username(session, person=one.id, username=username, now=clock.now())
                people.set_password(session, person=one.id, password_hash=hashed, now=clock.now())
                found.append(_begin(session, one, username, password))
    finally:
        close_house()
    return found


def _begin(session: Session, one: Member, username: str, password: str) -> SignIn:
    started = people.start_session(session, person=one.id, now=clock.now())
    return SignIn(one.role, username, password, one.name, started.token)


def _set_rules(session: Session, cast: Cast) -> None:
    """A day in which everything that has to do with money comes to pass; all of it by the house's own settings."""
    now, here, by = clock.now(), organization_queries.home(session), cast.named("admin")
    for member in cast.people:
        if member.role in OFFICE and member.role != "finance":
            people.grant_role(session, person=member.id, role="finance", by=None, organization=here.id, now=now)
    charge = here.settings["minimum_charge"]
    wanted = {**SETTINGS, **{key: many * charge // 10 for key, many in IN_TENTHS.items()}}
    for key, value in wanted.items():
        organizations.change_setting(session, here.id, key, value, by=by.id, reason="rehearsal", now=now)
