"""What the database's refusals mean: SQLSTATEs and names of constraints, turned into the classes of `rules.py`."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError

from marketplace.foundation.database import broken_constraint
from marketplace.foundation.errors import Refused
from marketplace.foundation.money import Money
from payments.ledger.rules import (
    AccountClosed,
    AccountNotEmpty,
    AlreadyReversed,
    CurrencyDiffers,
    DebtLimitReached,
    HoldClosed,
    HoldTooSmall,
    InsufficientFunds,
    KeyReused,
    KindForbids,
    OverRepaid,
    PeriodLocked,
    SecondPersonNeeded,
    Unbalanced,
)

SHORT = {
    "account_floor_check": InsufficientFunds,
    "account_hold_floor_check": DebtLimitReached,
    "account_ceil_check": OverRepaid,
    "hold_captured_check": HoldTooSmall,
}
PLAIN = {"LG002": HoldClosed, "LG003": AccountClosed, "LG004": CurrencyDiffers, "LG005": PeriodLocked}


@contextmanager
def refusing() -> Iterator[None]:
    """Run a statement of the ledger; what the database refuses is raised as the class that says so.

    Anything the ledger does not know (a lost connection, a lock waited for too long) passes through as it is.
    """
    try:
        yield
    except DBAPIError as error:
        meaning = _meaning(error)
        if meaning is None:
            raise
        raise meaning from error


def _meaning(error: DBAPIError) -> Refused | Unbalanced | KindForbids | None:
    state = getattr(error.orig, "sqlstate", None)
    facts = _detail(error)
    broken = broken_constraint(error)
    if state == "LG001":
        return KeyReused(str(facts.get("field", "legs")))
    if state in PLAIN:
        return PLAIN[state]()
    if state == "LG006":
        return Unbalanced(str(error.orig))
    if state == "LG007":
        return SecondPersonNeeded() if facts.get("missing") == "second_person" else KindForbids(str(error.orig))
    if broken == "transfer_reverses_key":
        return AlreadyReversed()
    if broken == "account_empty_check":
        return AccountNotEmpty()
    if broken in SHORT and facts:
        currency = str(facts["currency"])
        return SHORT[broken](Money(int(facts["available"]), currency), Money(int(facts["needed"]), currency))
    return None


def _detail(error: DBAPIError) -> dict[str, str | int]:
    diagnosis = getattr(error.orig, "diag", None)
    detail = getattr(diagnosis, "message_detail", None) or ""
    if not detail.startswith("{"):
        return {}
    facts: dict[str, str | int] = json.loads(detail)
    return facts
